"""Small pages of text and forms, which work without any script, and what browsers send back of them."""

import asyncio
from collections.abc import Mapping
from html import escape
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse

MOST_FIELDS: Final = 16
PATIENCE_S: Final = 10.0
"""How long a browser may take to send a form."""


_AS_APP: Final = """  <link rel="manifest" href="/access/footfall.webmanifest">
  <link rel="apple-touch-icon" href="/access/icon-192.png">
"""
"""In the head of a page, so that a phone can install it as an app."""


def head_of(title: str, *styles: str) -> str:
    """Return a page's beginning, down to its body, as HTML.

    Parameters
    ----------
    title
        Of the window, plain text.
    styles
        The paths of its style sheets.
    """
    links = "".join(f'  <link rel="stylesheet" href="{style}">\n' for style in styles)
    return f"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{escape(title)} · Footfall</title>
  <link rel="icon" href="/access/favicon.svg" type="image/svg+xml">
{_AS_APP}{links}</head>
"""


def page(title: str, body: str, status: int = 200, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """Return a page; `body` is HTML, whatever stands in it from outside escaped by who made it."""
    return HTMLResponse(
        f"""{head_of(title, "/access/colours.css", "/access/forms.css")}<body>
  <main>
    <p class="brand">Footfall</p>
    <h1>{escape(title)}</h1>
{body}
  </main>
</body>
</html>
""",
        status,
        headers,
    )


def told(text: str, *, is_trouble: bool = True) -> str:
    """Return a line that says what went wrong, or what was done."""
    if not text:
        return ""
    kind, role = ("trouble", "alert") if is_trouble else ("done", "status")
    return f'<p class="{kind}" role="{role}">{escape(text)}</p>'


def password_field(label: str, id: str, name: str, autocomplete: str) -> str:
    """Return a field to type a password into; `autocomplete` tells browsers what it is for."""
    return (
        f'<label for="{id}">{escape(label)}</label>'
        f'<input id="{id}" name="{name}" type="password" autocomplete="{autocomplete}" maxlength="256" required>'
    )


async def sent_form(request: Request) -> dict[str, str]:
    """Return the fields of a form that a browser sent, the last one of each name; none of what is no form.

    Raises
    ------
    TimeoutError
        When it takes too long.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return {}
    async with asyncio.timeout(PATIENCE_S):
        body = await request.body()
    return form_fields(body)


def form_fields(body: bytes) -> dict[str, str]:
    """Return the fields of a form as it is sent, the last one of each name; none where there are too many."""
    try:
        return dict(parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}
