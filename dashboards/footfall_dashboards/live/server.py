"""The live page: static files, and one stream of server-sent events for each browser."""

import asyncio
from collections.abc import AsyncIterator, Callable
from importlib.metadata import distribution
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from footfall_dashboards.access import Door, PageError, PageServer, Visitor, visitor_of
from footfall_dashboards.access.streams import Streams
from footfall_dashboards.live.pace import is_miles
from footfall_dashboards.live.view import LiveView

HEARTBEAT_S: Final = 4.0
"""A browser that hears nothing for three of these takes the connection for lost."""

MIN_INTERVAL_S: Final = 0.1
"""A browser gets ten updates a second at most, also of a recording that is played fast; a cue goes at once."""

ASK_AGAIN_S: Final = 2.0
"""How long an open stream may go on before it is asked anew whether its reader may see the run."""

_MUTING: Final = {"on": True, "off": False}

_STATIC: Final = Path(__file__).parent / "static"
_PLOTLY: Final = Path(str(distribution("plotly").locate_file("plotly/package_data")))

_FILE_HEADERS: Final = (
    # Plotly makes two style sheets, whose hashes stand here: an empty one, filled from script, and one for maps.
    # It draws icons from data: addresses. Nothing comes from anywhere else.
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; "
        b"style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
        b"'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='; "
        b"img-src 'self' data:; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        b"frame-ancestors 'none'",
    ),
    # Browsers ask each time whether a file has changed, so that an upgrade shows at once.
    (b"cache-control", b"no-cache"),
)


class _FileHeaders:
    """Adds `_FILE_HEADERS` to the page's files; they hold nothing of anybody's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_FILE_HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def app(shown: Callable[[], LiveView], runner: str = "") -> Starlette:
    """Return the live page as an ASGI application, to be served behind a login by `PageServer`.

    Parameters
    ----------
    shown
        Tells a browser that asks which view it is of.
    runner
        Whose runs it shows; nobody else sees them, but for whoever that runner let.
    """
    streams = Streams()

    async def events(request: Request) -> Response:
        visitor = visitor_of(request.scope)
        if not await visitor.may_see(runner):
            return PlainTextResponse("These runs are not shown to you.\n", 403)
        if not streams.is_room(visitor.name):
            return PlainTextResponse("Too many pages are open; close some.\n", 429)
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")

        async def counted() -> AsyncIterator[bytes]:
            with streams.opened(visitor.name):
                async for piece in _event_stream(shown(), visitor, runner, miles=is_miles(request)):
                    yield piece

        return StreamingResponse(counted(), media_type="text/event-stream")

    async def mute(request: Request) -> Response:
        visitor = visitor_of(request.scope)
        if not await visitor.may_see(runner):
            return PlainTextResponse("These runs are not shown to you.\n", 403)
        if visitor.name not in ("", runner):
            return PlainTextResponse("Only the runner mutes a run. You may watch it.\n", 403)
        wanted = (await request.body()).decode("ascii", "replace")
        if wanted not in _MUTING:
            return PlainTextResponse("Say on or off.\n", 400)
        view = shown()
        if view.mute is None:
            return PlainTextResponse("This run has no cues.\n", 409)
        view.mute(on=_MUTING[wanted])
        return Response(status_code=204)

    files = [Mount("/plotly", StaticFiles(directory=_PLOTLY)), Mount("/", StaticFiles(directory=_STATIC, html=True))]
    return Starlette(
        routes=[
            Route("/events", events),
            Route("/mute", mute, methods=["POST"]),
            Mount("/", Starlette(routes=files, middleware=[Middleware(_FileHeaders)])),
        ]
    )


async def _event_stream(view: LiveView, visitor: Visitor, runner: str, *, miles: bool) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    if visitor.name:
        yield b"event: login\ndata:\n\n"
    loop = asyncio.get_running_loop()
    asked_s = loop.time()
    async for update in view.updates(HEARTBEAT_S, miles=miles):
        if loop.time() - asked_s >= ASK_AGAIN_S:
            if not await visitor.may_see(runner):
                return
            asked_s = loop.time()
        if update is None:
            yield b"event: heartbeat\ndata:\n\n"
        else:
            number = view.cue_number
            yield b"data: " + update + b"\n\n"
            await view.rest(MIN_INTERVAL_S, number)


class LiveServer:
    """Serves a view's page inside the running event loop, from entering the context to leaving it.

    Parameters
    ----------
    view
        What to show at first; it is ended when the server stops.
    door
        Where, and to whom; only on this computer unless told otherwise.
    runner
        Whose runs are shown.

    Raises
    ------
    PageError
        On entering, when it can't be served there, or others could come and nobody is named whose runs they are.
    """

    def __init__(self, view: LiveView, door: Door | None = None, runner: str = "") -> None:
        self._view = view
        self._door = Door() if door is None else door
        self._runner = runner
        self._pages = PageServer(app(lambda: self._view, runner), self._door)

    @property
    def url(self) -> str:
        """Where to point a browser; valid within the context."""
        return self._pages.url

    @property
    def port(self) -> int:
        """Where it listens; valid within the context."""
        return self._pages.port

    def show(self, view: LiveView) -> None:
        """Show another view: browsers get the last state of the one before, ask again, and then follow this one."""
        before, self._view = self._view, view
        before.end()

    async def __aenter__(self) -> Self:
        _require_runner(self._door, self._runner)
        await self._pages.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._view.end()
        await self._pages.__aexit__(kind, error, trace)


def check(door: Door, runner: str) -> None:
    """Refuse to serve a runner's runs to whom they are not; `PageError` says what to do instead."""
    door.check()
    _require_runner(door, runner)


def _require_runner(door: Door, runner: str) -> None:
    if door.needs_login and not runner:
        raise PageError(
            f"others would reach the page ({door.how_others_come}), and nobody is named whose run it is: give the "
            "runner's name (--runner; with process, --show), which is also the name of an account; others see it if "
            "that runner agreed (footfall login agree)"
        )
