"""The report as PDF, and its two main pictures as PNG: for who can't pass on a page. Needs the extra `report`."""

import re
from functools import cache
from pathlib import Path
from typing import Final

from footfall_dashboards.runner.charts import LEFT, WIDTH
from footfall_dashboards.runner.report import Report, colours
from footfall_processing.errors import FootfallError
from footfall_processing.metrics.catalogue import PEAKS

MISSING: Final = (
    "PDF and PNG need packages of their own; install them with: pip install 'footfall[report]'. HTML needs none"
)
PNG_WIDTH: Final = 1600
_DRAWN: Final = frozenset(
    {
        "fill",
        "fill-opacity",
        "stroke",
        "stroke-width",
        "stroke-dasharray",
        "stroke-linejoin",
        "stroke-linecap",
        "font-weight",
    }
)
_CHARTS: Final = Path(__file__).parent / "static" / "charts.css"
_SVG: Final = re.compile(r'<svg viewBox="0 0 ([\d.]+) ([\d.]+)" role="img"[^>]*>(.*?)</svg>', re.DOTALL)
_ANY_SVG: Final = re.compile(r"<svg .*?</svg>", re.DOTALL)
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title>")
_IMPACTS: Final = "|".join(f"trend-{metric.name}" for metric in PEAKS)
_SHOWN: Final = re.compile(rf'<figure class="chart" id="(load|{_IMPACTS})">.*?</figure>', re.DOTALL)
_VARIABLE: Final = re.compile(r"var\((--[a-z-]+)\)")
_RULE: Final = re.compile(r"([^{}]+)\{([^{}]*)\}")
_CLASSES: Final = re.compile(r' class="([a-z -]+)"')
_RAW: Final = re.compile(r'<span class="raw">.*?</span>')
_NOTE: Final = re.compile(r"<li><b>(\w)</b> (.*?)</li>")


class MissingExtraError(FootfallError):
    """What the extra `report` brings is not installed; the message says how to get it."""


def as_pdf(report: Report) -> bytes:
    """Return the report as PDF, two pages of A4; nothing is fetched from anywhere.

    Raises
    ------
    MissingExtraError
        When the extra is not installed, or the system's libraries that it rests on are not.
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:  # OSError: without Pango
        raise MissingExtraError(MISSING) from error
    html = _RAW.sub("in the two files beside this one", report.html)
    html = _ANY_SVG.sub(lambda found: plain(found[0].replace("<svg", '<svg font-size="8"', 1)), html)
    pdf: bytes = HTML(string=html, url_fetcher=_fetch_nothing).write_pdf()
    return pdf


def as_png(report: Report) -> bytes:
    """Return impact at the usual speed, and load over pain, as one picture.

    Raises
    ------
    MissingExtraError
        When the extra is not installed.
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise MissingExtraError(MISSING) from error
    drawn, top = [], 8.0
    for figure in _SHOWN.finditer(report.html):
        picture = _SVG.search(figure[0])
        if picture is None:
            continue
        width, height, content = picture.groups()
        title = _TITLE.search(content)
        drawn.append(f'<text class="letter" font-size="12" x="8" y="{top + 10:g}">{title[1] if title else ""}</text>')
        if 'class="left' in content:
            drawn.append(f'<text x="{WIDTH - 12:g}" y="{top + 10:g}" text-anchor="end">● left, ◇ right</text>')
        drawn.append(f'<svg y="{top + 16:g}" width="{width}" height="{height}" viewBox="0 0 {width} {height}">')
        drawn.append(f"{content}</svg>")
        top += float(height) + 28.0
        for letter, words in _NOTE.findall(figure[0]):
            drawn.append(f'<text x="{LEFT:g}" y="{top:g}">{letter} {words}</text>')
            top += 14.0
    whole = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {top:g}" font-size="10" '
        f'font-family="DejaVu Sans, sans-serif"><rect width="{WIDTH:g}" height="{top:g}" fill="#fff"/>'
        f"{''.join(drawn)}</svg>"
    )
    return bytes(svg_to_bytes(svg_string=plain(whole), width=PNG_WIDTH))


def plain(svg: str) -> str:
    """Return a drawing with its looks as attributes in place of classes, in the light colours."""
    outermost, end, content = svg.partition(">")  # its own class says how large it is
    return outermost + end + _CLASSES.sub(lambda found: _attributes(frozenset(found[1].split())), content)


@cache
def _attributes(classes: frozenset[str]) -> str:
    found: dict[str, str] = {}
    for wanted, looks in _rules():
        if wanted <= classes:
            found |= looks
    return "".join(f' {name}="{value}"' for name, value in found.items())


@cache
def _rules() -> list[tuple[frozenset[str], dict[str, str]]]:
    """Return the looks of classes that charts.css has, those of single classes first."""
    named = dict(re.findall(r"(--[a-z-]+): ([^;]+);", colours().partition("@media")[0]))
    style = _VARIABLE.sub(lambda found: named[found[1]], _CHARTS.read_text("utf-8").partition("@media")[0])
    rules = []
    for selectors, content in _RULE.findall(re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)):
        looks = {name: value for name, value in re.findall(r"([a-z-]+): ([^;]+);", content) if name in _DRAWN}
        for selector in selectors.split(","):
            own = selector.strip().removeprefix(".chart ")
            if looks and re.fullmatch(r"(\.[a-z-]+)+", own):
                rules.append((frozenset(own.split(".")[1:]), looks))
    return sorted(rules, key=lambda rule: len(rule[0]))


def _fetch_nothing(url: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"{url}: a report needs nothing from elsewhere")
