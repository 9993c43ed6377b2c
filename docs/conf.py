"""How the documents become a site: `make docs`. Nothing in it is fetched, neither while building nor while reading."""

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
BESIDE = {"changelog": "CHANGELOG.md", "contributing": "CONTRIBUTING.md", "reporting": "SECURITY.md"}
"""Pages of the site whose text lies beside docs/."""

project = "Footfall"
author = "The Footfall developers"
project_copyright = "The Footfall developers, Apache-2.0"
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
root_doc = "index"
default_role = "code"

myst_heading_anchors = 4
# csv and hex, which editors know and Pygments does not
suppress_warnings = ["misc.highlighting_failure"]

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "pydata_sphinx_theme"
html_title = "Footfall"
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False
# a result's summary would be fetched, which browsers refuse to pages that are files
html_show_search_summary = False
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_sidebars = {"**": ["sidebar-nav-bs"], "index": [], "changelog": []}
html_theme_options = {
    "navbar_align": "left",
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}


def take_what_lies_beside(app: "Sphinx", page: str, text: list[str]) -> None:
    """Put the texts of `BESIDE` into their pages, and lead links to them there."""
    if page in BESIDE:
        text[0] = (ROOT / BESIDE[page]).read_text("utf-8").replace("](docs/", "](/")
        app.env.note_dependency(ROOT / BESIDE[page], docname=page)
    for other, file in BESIDE.items():
        text[0] = re.sub(rf"\]\((\.\./)*{file}\)", f"](/{other}.md)", text[0])


def shorten_arrays(
    app: "Sphinx", kind: str, name: str, what: object, options: object, signature: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """Call an array what its annotation calls it."""
    array = "ndarray[tuple[Any, ...], dtype[float64]]"
    return signature and signature.replace(array, "NDArray[float64]"), returned


def setup(app: "Sphinx") -> None:
    """Called by Sphinx."""
    app.connect("source-read", take_what_lies_beside)
    app.connect("autodoc-process-signature", shorten_arrays)
