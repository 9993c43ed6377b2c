"""The frame of the runner's own pages: head, navigation, foot; and small pieces that they share."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import quote, urlencode

from starlette.responses import HTMLResponse

from footfall_dashboards.access.forms import head_of
from footfall_dashboards.runner import style
from footfall_dashboards.runner.scripts import script
from footfall_dashboards.runner.token import FIELD, token_of
from footfall_processing.plain_text import shown

PAGES: Final = {
    "today": "Today",
    "live": "Live",
    "runs": "Runs",
    "trends": "Trends",
    "plan": "Plan",
    "log": "Log",
    "sensors": "Sensors",
}
"""The navigation, by path."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is played on the pages just now.

    Parameters
    ----------
    number
        From 1; another one for each.
    when, words
        On which day it is, and what happens.
    path
        Which page shows it.
    """

    number: int
    when: str
    words: str
    path: str = "/plan"


@dataclass(frozen=True, slots=True)
class Around:
    """What surrounds a page for the one who asks.

    Parameters
    ----------
    runners
        Whose runs may be shown; the unnamed runner has an empty name.
    is_live
        Whether a run of the chosen runner goes on.
    visitor
        The account's name; empty for whoever uses this computer.
    remark
        A line above every page, such as what a demo is.
    address
        Path and query of the page, to come back to.
    is_miles
        Whether distances are told in miles.
    scene
        What is played, where a demo plays days.
    """

    runners: Sequence[str] = ()
    is_live: bool = False
    visitor: str = ""
    remark: str = ""
    address: str = "/today"
    is_miles: bool = False
    scene: Scene | None = None


_NOTHING: Final = Around()
AROUND: Final = ContextVar("AROUND", default=_NOTHING)
"""Set for each request before a page is made."""


def page(
    title: str,
    current: str,
    body: str,
    *,
    runner: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return a page.

    Parameters
    ----------
    title
        Plain text: the page's heading, and the window's title.
    current
        Which of `PAGES` it belongs to; empty for none.
    body
        HTML below the heading, whatever stands in it from outside escaped by who made it.
    runner
        Whose page it is; links of the navigation keep it.
    """
    around = AROUND.get()
    return HTMLResponse(
        f"""{head_of(shown(title), style.PATH)}<body>
  <a class="skip" href="#content">To the content</a>
  <header>
    <p class="brand"><a href="{link("/today", runner)}">Footfall</a></p>
{_whose(around, current, runner)}
    <nav aria-label="Pages"><ul>{_navigation(around, current, runner)}</ul></nav>
  </header>
  <main id="content">
{_remark(around)}{_scene(around)}    <h1>{text(title)}</h1>
{body}
  </main>
  <footer>
    <p>Footfall is not a medical device. If pain stays, see a physiotherapist or a doctor.</p>
    <p><a href="/phone">On your phone</a></p>
{_unit(around)}{_leave(around)}  </footer>
</body>
</html>
""",
        status,
        headers,
    )


def text(words: str) -> str:
    """Return text from anywhere as HTML: one line of printable characters, escaped."""
    return escape(shown(words))


def link(path: str, runner: str = "", **query: str) -> str:
    """Return a path with the runner and other values in its query, ready for an attribute; empty values are left out.

    Parameters
    ----------
    path
        Of ours; what stands in it from outside goes through `part` first.
    """
    values = {key: value for key, value in {"runner": runner, **query}.items() if value}
    return escape(f"{path}?{urlencode(values)}" if values else path)


def part(name: str) -> str:
    """Return a name as one part of a path."""
    return quote(name, safe="")


def section(title: str, *parts: str, id: str = "") -> str:
    """Return a section with its heading; `title` is plain text, the parts are HTML."""
    named = f' id="{escape(id)}"' if id else ""
    return f"<section{named}><h2>{text(title)}</h2>{''.join(parts)}</section>\n"


def said(words: str, kind: str = "hint") -> str:
    """Return a paragraph of plain text; `kind` is a class of `runner.css`: `lead`, `hint`, `trouble` or `done`."""
    role = {"trouble": ' role="alert"', "done": ' role="status"'}.get(kind, "")
    return f'<p class="{kind}"{role}>{text(words)}</p>\n' if words else ""


def called(runner: str) -> str:
    """Return what a runner is called on a page, as plain text."""
    return runner or "You"


def _navigation(around: Around, current: str, runner: str) -> str:
    entries = []
    for path, title in PAGES.items():
        if path == "live" and not around.is_live and current != "live":
            continue
        here = ' aria-current="page"' if path == current else ""
        entries.append(f'<li><a href="{link(f"/{path}", runner)}"{here}>{title}</a></li>')
    return "".join(entries)


def _whose(around: Around, current: str, runner: str) -> str:
    if len(around.runners) < 2:
        return f'    <p class="whose">{text(runner)}</p>' if runner else ""
    options = "".join(
        f'<option value="{escape(name)}"{" selected" if name == runner else ""}>{text(called(name))}</option>'
        for name in around.runners
    )
    path = current if current in PAGES else "today"
    return (
        f'    <form class="whose" method="get" action="/{path}"><label for="whose">Runner</label>'
        f'<select id="whose" name="runner">{options}</select><button>Show</button></form>'
    )


def _remark(around: Around) -> str:
    return f'    <p class="remark">{text(around.remark)}</p>\n' if around.remark else ""


def _scene(around: Around) -> str:
    scene = around.scene
    if scene is None:
        return ""
    return (
        f'    <div class="scene" data-scene="{scene.number}"><p><strong>{text(scene.when)}</strong></p>'
        f"<p>{text(scene.words)}</p><noscript><p>Load the page again to follow.</p></noscript></div>\n"
        f"    {script('following')}\n"
    )


def _unit(around: Around) -> str:
    unit, title = ("km", "Show kilometres") if around.is_miles else ("mile", "Show miles")
    return (
        '    <form method="post" action="/unit" class="unit">'
        f'<input type="hidden" name="{FIELD}" value="{token_of(around.visitor)}">'
        f'<input type="hidden" name="back" value="{escape(around.address)}">'
        f'<button name="unit" value="{unit}">{title}</button></form>\n'
    )


def _leave(around: Around) -> str:
    if not around.visitor:
        return ""
    return (
        f'    <form method="post" action="/logout" class="leave"><span>{text(around.visitor)}</span> '
        '<a href="/account">Your account</a> <button>Log out</button></form>\n'
    )
