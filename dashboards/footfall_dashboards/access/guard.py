"""What every request passes first: it must ask by a name of ours, come from our own pages, and be small."""

import ipaddress
import re
from collections.abc import Collection, MutableMapping
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES: Final = 16 * 1024

_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?")
_TOO_LARGE: Final = "This request is too large."
_READING: Final = ("GET", "HEAD")
_FORWARDED: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
_HEADERS: Final = (
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    # not no-referrer: by that, browsers send forms with `Origin: null`, and nobody could tell whose form it was
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
)
"""On each response that does not say otherwise itself."""


class Guard:
    """Lets through what browsers ask by a name of this computer, from its own pages, and no more than fits.

    Host names keep out a foreign site that points its own name here (DNS rebinding); `Sec-Fetch-Site` and `Origin`
    keep out what a foreign site makes a browser send (CSRF), and reading our pages from within theirs.

    Parameters
    ----------
    app
        What it guards.
    names
        By which names it may be asked, in lower case; also by the address that a browser connected to.
    is_secure
        Whether browsers reach it by https.
    behind_proxy
        Whether requests come by way of a proxy; if not, one that did is refused, as nobody would be asked to log in.
    """

    def __init__(self, app: ASGIApp, names: Collection[str], *, is_secure: bool, behind_proxy: bool) -> None:
        self._app = app
        self._names = frozenset(names)
        self._scheme = "https" if is_secure else "http"
        self._behind_proxy = behind_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        read_bytes = 0

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message)
            await send(message)

        async def receive_bounded() -> Message:
            nonlocal read_bytes
            message = await receive()
            read_bytes += len(message.get("body", b""))
            if read_bytes > MOST_BODY_BYTES:
                raise HTTPException(413, _TOO_LARGE)
            return message

        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive_bounded, send_with_headers)
        else:
            await refusal(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if not self._is_our_name(headers.get("host", ""), scope):
            return _refused(
                400,
                "This computer does not go by this name here. If it should: start its page with --name, then the name, "
                "or set page_name.",
            )
        if not self._behind_proxy and any(name in headers for name in _FORWARDED):
            return _refused(
                403, "This came by way of a proxy, which its page is to be told: start it with --behind-proxy."
            )
        if self._is_foreign(scope["method"], headers):
            return _refused(403, "Another site asked for this; it gets nothing.")
        length = headers.get("content-length", "0")
        if len(length) > 9 or int(length) > MOST_BODY_BYTES:
            return _refused(413, _TOO_LARGE)
        return None

    def _is_our_name(self, host: str, scope: Scope) -> bool:
        match = _HOST.fullmatch(host.lower())
        if match is None:
            return False
        name = match[1].strip("[]")
        if name in self._names:
            return True
        return not self._behind_proxy and scope["server"] is not None and _same_address(name, scope["server"][0])

    def _is_foreign(self, method: str, headers: Headers) -> bool:
        own = f"{self._scheme}://{headers['host'].lower()}"
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if method not in _READING:
            return origin != own and not (site == "same-origin" and origin in (None, "null"))
        if site in ("cross-site", "same-site"):
            # a link may lead here; nothing of ours may be loaded into what is theirs
            return headers.get("sec-fetch-mode") != "navigate" or headers.get("sec-fetch-dest") != "document"
        return origin is not None and origin != own


def _same_address(name: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(address)
    except ValueError:
        return False


def _add_headers(message: MutableMapping[str, Any]) -> None:
    there = {name.lower() for name, _ in message["headers"]}
    message["headers"] = [
        *message["headers"],
        *((name.encode(), value.encode()) for name, value in _HEADERS if name.encode() not in there),
    ]


def _refused(status: int, text: str) -> PlainTextResponse:
    return PlainTextResponse(f"{text}\n", status)
