"""`/healthz`: how a service is doing, for whoever watches it. No names, no places; on loopback unless told otherwise.

`/healthz` and `/healthz/ready` answer 200 when it lacks nothing and 503 when it does; `/healthz/live` answers 200 as
long as its loops turn. Each answers the same JSON, `vitals.Report`.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall_gateway.errors import GatewayError
from footfall_gateway.own_files import create_own
from footfall_gateway.service.vitals import READY, Vitals, address_file

LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
LIVE: Final = f"{READY}/live"
MOST_CONNECTIONS: Final = 32
IDLE_S: Final = 5
"""A connection over which nothing more is asked is closed."""
FAREWELL_S: Final = 1.0


def app(vitals: Vitals, allowed_hosts: tuple[str, ...]) -> Starlette:
    """Return the answers as an ASGI application; `allowed_hosts` are the names under which they may be asked for."""

    async def answer(request: Request) -> Response:
        report = await vitals.report()
        good = report.live if request.url.path == LIVE else report.ready
        return Response(
            msgspec.json.encode(report),
            status_code=200 if good else 503,
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    return Starlette(
        routes=[Route(path, answer, methods=["GET"]) for path in (READY, f"{READY}/ready", LIVE)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts, www_redirect=False)],
    )


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: Ctrl-C belongs to the command line."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def served(vitals: Vitals, folder: Path, host: str, port: int) -> AsyncIterator[str]:
    """Serve `/healthz` in the running event loop; give its address, which is noted in the data folder meanwhile.

    Raises
    ------
    GatewayError
        When the address can't be had.
    """
    with _listening(host, port) as listener:
        asked = {"0.0.0.0": LOOPBACK_NAMES[0], "": LOOPBACK_NAMES[0], "::": "::1"}.get(host, host)
        name = f"[{asked}]" if ":" in asked else asked
        url = f"http://{name}:{listener.getsockname()[1]}{READY}"
        is_local = host in ("127.0.0.1", "::1", "localhost")
        server = _Server(
            uvicorn.Config(
                app(vitals, LOOPBACK_NAMES if is_local else ("*",)),
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                limit_concurrency=MOST_CONNECTIONS,
                timeout_keep_alive=IDLE_S,
            )
        )
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="health")
        file = address_file(folder, vitals.service)
        _note(file, url)
        try:
            yield url
        finally:
            file.unlink(missing_ok=True)
            server.should_exit = True
            ended, _ = await asyncio.wait({serving}, timeout=FAREWELL_S)
            if not ended:
                for connection in list(server.server_state.connections):
                    connection.transport.abort()
            await serving


def _note(file: Path, url: str) -> None:
    """Note where the answers are; a data folder that can't be written is told of by what is asked there."""
    with contextlib.suppress(OSError):
        file.unlink(missing_ok=True)
        with create_own(file) as written:
            written.write(f"{url}\n".encode())


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = str(error.strerror or error).partition(" (while ")[0]  # the library says the address once more
        raise GatewayError(
            f"port {port} on {host} can't be opened for /healthz ({why}); choose another with --health-port, or 0 for "
            "any; health_host is an address of this computer"
        ) from error
