"""The live page's web server: static files, and one stream of server-sent events for each browser.

::

    FootfallError
    └── LiveServerError      the page can't be served where it was asked for
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from footfall_dashboards.live.view import LiveView
from footfall_processing.errors import FootfallError

LOOPBACK: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8420

HEARTBEAT_S: Final = 4.0
"""A browser that hears nothing for three of these takes the connection for lost."""

MIN_INTERVAL_S: Final = 0.1
"""A browser gets at most ten updates a second, also when a recording is replayed faster than it was run."""

FAREWELL_S: Final = 1.0
"""Browsers have this long to take the last update; those that do not read, such as a sleeping phone, are cut off."""

_STATIC: Final = Path(__file__).parent / "static"
_PLOTLY: Final = Path(str(distribution("plotly").locate_file("plotly/package_data")))
_LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")

_HEADERS: Final = (
    # Plotly sets styles from script and draws icons from data: addresses; nothing else comes from anywhere else.
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    # Browsers ask each time whether a file has changed, so that an upgrade shows at once.
    (b"cache-control", b"no-cache"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class LiveServerError(FootfallError):
    """The page can't be served where it was asked for."""


class _SafeHeaders:
    """Adds `_HEADERS` to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def app(shown: Callable[[], LiveView], allowed_hosts: tuple[str, ...] = _LOOPBACK_NAMES) -> Starlette:
    """Return the live page as an ASGI application; `shown` tells a browser that asks which view it is of.

    `allowed_hosts` are the names under which browsers may ask for it; others are refused, so that no foreign site
    can read the run by pointing its own name at this machine.
    """

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"service": "page", "live": True, "ready": True, "run_is_over": shown().is_over})

    async def events(request: Request) -> StreamingResponse:
        return StreamingResponse(_event_stream(shown()), media_type="text/event-stream")

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/events", events),
            Mount("/plotly", StaticFiles(directory=_PLOTLY)),
            Mount("/", StaticFiles(directory=_STATIC, html=True)),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts, www_redirect=False),
            Middleware(_SafeHeaders),
        ],
    )


async def _event_stream(view: LiveView) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    async for update in view.updates(HEARTBEAT_S):
        if update is None:
            yield b"event: heartbeat\ndata:\n\n"
        else:
            yield b"data: " + update + b"\n\n"
            await asyncio.sleep(MIN_INTERVAL_S)


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: Ctrl-C belongs to the command line."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class LiveServer:
    """Serves a view's page inside the running event loop, from entering the context to leaving it.

    Parameters
    ----------
    view
        What to show at first; it is ended when the server stops.
    host, port
        Where to listen; only this machine unless told otherwise. Port 0 takes any free one.

    Raises
    ------
    LiveServerError
        On entering, when the address can't be had.
    """

    def __init__(self, view: LiveView, host: str = LOOPBACK, port: int = DEFAULT_PORT) -> None:
        self._view = view
        self._host = host
        self._port = port
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where to point a browser; valid within the context."""
        host = {"0.0.0.0": LOOPBACK, "": LOOPBACK, "::": "::1"}.get(self._host, self._host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}/"

    def show(self, view: LiveView) -> None:
        """Show another view: browsers get the last state of the one before, ask again, and then follow this one."""
        before, self._view = self._view, view
        before.end()

    async def __aenter__(self) -> Self:
        listener = self._listen()
        self._port = listener.getsockname()[1]
        local = self._host in ("127.0.0.1", "::1", "localhost")
        config = uvicorn.Config(
            app(lambda: self._view, _LOOPBACK_NAMES if local else ("*",)),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="live page")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is None or self._serving is None:
            return
        self._view.end()
        self._server.should_exit = True
        ended, _ = await asyncio.wait({self._serving}, timeout=FAREWELL_S)
        if not ended:
            for connection in list(self._server.server_state.connections):
                connection.transport.abort()
        await self._serving

    def _listen(self) -> socket.socket:
        if not 0 <= self._port <= 65535:
            raise LiveServerError(f"port {self._port} does not exist; choose one from 1 to 65535 with --port")
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            return socket.create_server((self._host, self._port), family=family)
        except OSError as error:
            where = f"port {self._port} on {self._host}"
            if error.errno == errno.EADDRINUSE:
                raise LiveServerError(f"{where} is already in use; choose another with --port") from error
            if error.errno == errno.EACCES:
                raise LiveServerError(
                    f"{where} is not allowed for this user; choose one above 1023 with --port"
                ) from error
            raise LiveServerError(
                f"{where} can't be opened ({error.strerror or error}); check --host and --port"
            ) from error
