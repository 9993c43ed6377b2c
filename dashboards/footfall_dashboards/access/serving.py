"""Serves pages inside the running event loop, within bounds: how many connections, and how long one may say nothing."""

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from weakref import WeakKeyDictionary

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from footfall_dashboards.access.account import AccountPage
from footfall_dashboards.access.door import Door, PageError, is_loopback
from footfall_dashboards.access.guard import Guard
from footfall_dashboards.access.login import AUTHORITY_PATH, Login, RequireLogin
from footfall_dashboards.access.phone import PhonePage
from footfall_dashboards.access.refusals import RefusalsAsPages
from footfall_dashboards.access.tries import network_of
from footfall_dashboards.access.visitor import OWNER, let_in
from footfall_processing.errors import FootfallError

MOST_CONNECTIONS: Final = 256
"""Of all; a process has 1024 files by default, and needs some for its own."""
MOST_CONNECTIONS_OF_ONE: Final = 32
"""Of one household elsewhere, as `network_of` tells it from its address; a browser makes six."""
MOST_HEAD_BYTES: Final = 16 * 1024
HEAD_PATIENCE_S: Final = 10.0
"""A browser that says no more for so long before its request is whole is hung up on."""
FAREWELL_S: Final = 1.0
"""Browsers have this long to take the last of a page; those that do not read, such as a sleeping phone, are cut off."""

RENEWAL_S: Final = 300.0
"""How often it is looked whether the pages' own certificate still fits: an address may have changed meanwhile."""

_STATIC: Final = Path(__file__).parent / "static"
_logger: Final = logging.getLogger(__name__)


def guarded(app: ASGIApp, door: Door, port: int) -> Starlette:
    """Return pages as they are let out of the house: behind `Guard`, and behind the login where others can come.

    Parameters
    ----------
    app
        The pages; `visitor_of` tells them who asks.
    door
        To whom they are served; checked before.
    port
        Where they are served.
    """
    phone = PhonePage(door, port)
    routes: list[BaseRoute] = [
        Route("/healthz", _healthz),
        Route(AUTHORITY_PATH, phone.authority),
        Mount("/access", StaticFiles(directory=_STATIC)),
    ]
    app = Starlette(routes=[Route("/phone", phone.answer), Mount("/", app)])
    if door.needs_login:
        assert door.accounts is not None
        login = Login(
            door.accounts, is_secure=door.is_secure, port=port, has_authority=door.own_certificate is not None
        )
        routes += [
            Route("/login", login.ask, methods=["GET", "POST"]),
            Route("/logout", login.leave, methods=["POST"]),
            Mount("/", RequireLogin(_behind_login(app, login), login)),
        ]
    else:
        routes.append(Mount("/", _AsOwner(app)))
    guard = Middleware(Guard, door.known_names(), is_secure=door.is_secure, behind_proxy=door.behind_proxy)
    middleware = [Middleware(RefusalsAsPages), guard]
    return Starlette(routes=routes, middleware=middleware, exception_handlers={FootfallError: _failed})


async def _healthz(_: Request) -> JSONResponse:
    """Tell whoever watches that the pages are there, without a login and nothing else."""
    return JSONResponse({"service": "page", "live": True, "ready": True})


class PageServer:
    """Serves pages inside the running event loop, from entering the context to leaving it.

    Parameters
    ----------
    app
        The pages; `visitor_of` tells them who asks.
    door
        Where, and to whom.

    Raises
    ------
    PageError
        On entering, when they can't be served there.
    """

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door
        self._port = door.port
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._config: uvicorn.Config | None = None

    @property
    def url(self) -> str:
        """Where to point a browser; valid within the context."""
        return self._door.url(self._port)

    @property
    def port(self) -> int:
        """Where they are served; valid within the context."""
        return self._port

    async def renew_certificate(self) -> bool:
        """Make the pages' own certificate anew where it no longer fits, and use it from now on; tell whether it was."""
        door, config = self._door, self._config
        if door.own_certificate is None or config is None or config.ssl is None or door.tls_cert is None:
            return False
        if not await asyncio.to_thread(door.own_certificate.renew):
            return False
        await asyncio.to_thread(config.ssl.load_cert_chain, door.tls_cert, door.tls_key)
        return True

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._door.check)
        listener = self._listen()
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(
            guarded(self._app, self._door, self._port),
            http=_Connection,
            ws="none",
            ssl_certfile=self._door.tls_cert,
            ssl_keyfile=self._door.tls_key,
            proxy_headers=self._door.behind_proxy,
            forwarded_allow_ips="127.0.0.1,::1",
            h11_max_incomplete_event_size=MOST_HEAD_BYTES,
            log_config=None,
            # what is no HTTP is answered, and not worth a line each time
            log_level="error",
            access_log=False,
            lifespan="off",
            server_header=False,
        )
        config.load()
        self._config = config
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="pages")
        if self._door.own_certificate is not None:
            self._renewing = asyncio.create_task(self._renew(), name="pages' certificate")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is None or self._serving is None:
            return
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait({self._renewing})
        self._server.should_exit = True
        ended, _ = await asyncio.wait({self._serving}, timeout=FAREWELL_S)
        if not ended:
            for connection in list(self._server.server_state.connections):
                connection.transport.abort()
        await self._serving

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL_S)
            try:
                await self.renew_certificate()
            except (FootfallError, OSError) as error:
                _logger.error("%s", error)

    def _listen(self) -> "_Listener":
        host, port = self._door.host, self._port
        try:
            return _Listener.at(host, port)
        except OSError as error:
            where = f"port {port} on {host}"
            if error.errno == errno.EADDRINUSE:
                raise PageError(f"{where} is already in use; choose another with --port") from error
            if error.errno == errno.EACCES:
                raise PageError(f"{where} is not allowed for this user; choose one above 1023 with --port") from error
            why = str(error.strerror or error).partition(" (while ")[0]  # the library says the address once more
            raise PageError(f"{where} can't be opened ({why}); check --host and --port") from error


class _AsOwner:
    """Takes everybody for who uses this computer: nobody else can come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(let_in(scope, OWNER), receive, send)


def _behind_login(app: ASGIApp, login: Login) -> Starlette:
    account = AccountPage(login)
    return Starlette(
        routes=[Route("/account", account.answer, methods=["GET", "POST"]), Mount("/", app)],
        exception_handlers={FootfallError: _failed},
    )


def _failed(_: Request, error: Exception) -> Response:
    _logger.error("%s", error)
    return PlainTextResponse("Accounts can't be read here; whoever runs this Footfall sees why in its log.\n", 503)


class _Listener(socket.socket):
    """A listening socket that takes no more connections than fit; more are closed as they come."""

    @classmethod
    def at(cls, host: str, port: int) -> Self:
        """Listen; `OSError` when refused."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return cls(fileno=socket.create_server((host, port), family=family).detach())

    def __init__(self, fileno: int) -> None:
        super().__init__(fileno=fileno)
        self._open: WeakKeyDictionary[socket.socket, str] = WeakKeyDictionary()

    def accept(self) -> tuple[socket.socket, Any]:
        connection, address = super().accept()
        there = [known for one, known in self._open.items() if one.fileno() != -1]
        whose = network_of(address[0])
        of_one = there.count(whose)
        if len(there) >= MOST_CONNECTIONS or (of_one >= MOST_CONNECTIONS_OF_ONE and not is_loopback(address[0])):
            connection.close()
            raise BlockingIOError  # as if nobody had come
        self._open[connection] = whose
        return connection, address


class _Connection(H11Protocol):
    """A connection that hangs up on who does not get a request's head together."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvicorn's own override takes a narrower type than asyncio's protocol says
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._have_patience()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait_for_head()

    def _wait_for_head(self) -> None:
        self._have_patience()
        self._patience = self.loop.call_later(HEAD_PATIENCE_S, self._hang_up)

    def _have_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _hang_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: Ctrl-C belongs to the command line."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
