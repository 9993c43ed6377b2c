"""Refusals as people's browsers show them: a page that says what is wrong, where programs get a line of text."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from footfall_dashboards.access.forms import page, told

_TITLES: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "Not by this name",
        403: "Not let in",
        404: "No such page",
        405: "Not to be done here",
        408: "Too slow",
        413: "Too large",
        429: "Too many",
        503: "Not now",
    }
)
_TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Not Found": "There is nothing at this address.",
        "Method Not Allowed": "This address takes nothing that is sent to it.",
    }
)
"""What the library says, in our words."""
_LEAD_BACK: Final = frozenset({404, 405, 408, 413, 429})
"""After these, the address's first page answers."""


class RefusalsAsPages:
    """Makes a page of each refusal in plain text, for who asks for pages.

    Parameters
    ----------
    app
        Who refuses.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asks_for_page = scope["type"] == "http" and scope["method"] != "HEAD"
        if asks_for_page and "text/html" in Headers(scope=scope).get("accept", ""):
            await self._app(scope, receive, _Dressing(send))
        else:
            await self._app(scope, receive, send)


class _Dressing:
    """Passes an answer on; a refusal in plain text is held until it is whole, and goes on as a page."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._held: Message | None = None
        self._text = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_plain_refusal(message):
            self._held = message
        elif self._held is None:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._text += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_page(self._held)

    async def _send_page(self, start: Message) -> None:
        status = start["status"]
        text = self._text.decode("utf-8", "replace").strip()
        back = '<p class="hint"><a href="/">To the first page</a></p>' if status in _LEAD_BACK else ""
        answer = page(_TITLES.get(status, "Refused"), f"    {told(_TEXTS.get(text, text))}\n    {back}", status)
        headers = MutableHeaders(raw=list(start["headers"]))
        headers.update({name: answer.headers[name] for name in ("content-type", "content-length")})
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": answer.body})


def _is_plain_refusal(start: Message) -> bool:
    return start["status"] >= 400 and Headers(raw=start["headers"]).get("content-type", "").startswith("text/plain")
