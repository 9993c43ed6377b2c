"""The documents as a site: built without a warning, whole, and read without a network."""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import sync_playwright

from conftest import REPOSITORY

LOADED = {"script": "src", "img": "src", "source": "srcset", "iframe": "src", "link": "href", "object": "data"}
IN_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)""")


@dataclass
class Page(HTMLParser):
    """What a page loads, what it links to, and what can be linked to in it."""

    text: str
    loads: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value is not None}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in LOADED and LOADED[tag] in values:
            self.loads.append(values[LOADED[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"]
    built = subprocess.run(
        [*command, "--doctree-dir", tmp_path_factory.mktemp("doctrees"), REPOSITORY / "docs", folder],
        capture_output=True,
        text=True,
    )
    assert (built.returncode, built.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    # a fragment of the theme's own build, no page
    files = [path for path in site.rglob("*.html") if path.name != "webpack-macros.html"]
    return {path: Page(path.read_text("utf-8")) for path in files}


def test_every_document_is_a_page(site: Path, pages: dict[Path, Page]) -> None:
    documents = {path.relative_to(REPOSITORY / "docs").with_suffix("") for path in REPOSITORY.glob("docs/**/*.md")}
    assert {path.relative_to(site).with_suffix("") for path in pages} >= documents


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    loaded = [(path, target) for path, page in pages.items() for target in page.loads]
    assert len(loaded) > 100
    assert [(path, target) for path, target in loaded if urlsplit(target).netloc] == []
    styles = [*site.rglob("*.css"), *site.rglob("*.svg"), *pages]
    assert [(path, found) for path in styles for found in IN_STYLES.findall(path.read_text("utf-8"))] == []


def test_every_link_within_the_site_leads_somewhere(pages: dict[Path, Page]) -> None:
    broken = []
    for path, page in pages.items():
        for target in page.links + page.loads:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = file.is_file() and (
                not parts.fragment or file not in pages or unquote(parts.fragment) in pages[file].anchors
            )
            if not there:
                broken.append((path.name, target))
    assert broken == []


def test_the_interface_is_documented_by_name(site: Path, pages: dict[Path, Page]) -> None:
    import footfall

    without_entry = {"ExportFormat", "WindowName"}  # names of choices, spelt out in the signatures
    anchors = pages[site / "api.html"].anchors
    assert {name for name in footfall.__all__ if f"footfall.{name}" not in anchors} == without_entry


@pytest.mark.browser
def test_it_reads_and_searches_without_a_network(site: Path, chromium: str) -> None:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        asked: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for name in ("index", "for-researchers", "api", "frames-and-signs", "metrics", "adr/index"):
            page.goto((site / f"{name}.html").as_uri())
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 390, f"{name} is {width} px wide on a phone"
        page.goto((site / "search.html").as_uri() + "?q=pronation")
        found = page.locator("#search-results li a").first
        found.wait_for()
        assert "Metrics" in page.locator("#search-results").inner_text()
        browser.close()
    assert complaints == []
    assert {urlsplit(url).scheme for url in asked} <= {"file", "data"}
