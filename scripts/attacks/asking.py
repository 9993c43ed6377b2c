"""Asks a web server by hand, so that also what no browser sends can be sent, from any address of this computer."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

PATIENCE_S: Final = 60.0
_MOST_BYTES: Final = 8 << 20


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 for nothing."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    raw: bytes = b""

    @property
    def cookie(self) -> str:
        """The cookie that it sets, as browsers send it back; empty when there is none."""
        return self.headers.get("set-cookie", "").partition(";")[0]


@dataclass(frozen=True)
class Asked:
    """A server to ask, and how.

    Parameters
    ----------
    port
        On 127.0.0.1.
    trusting
        For TLS; `None` for plain HTTP.
    """

    port: int
    trusting: ssl.SSLContext | None = None

    @property
    def host(self) -> str:
        """What browsers send as `Host`."""
        return f"localhost:{self.port}"

    @property
    def origin(self) -> str:
        """What browsers send as `Origin`."""
        return f"{'http' if self.trusting is None else 'https'}://{self.host}"

    async def connect(self, source: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection from an address of loopback."""
        async with asyncio.timeout(PATIENCE_S):
            return await asyncio.open_connection(
                "127.0.0.1",
                self.port,
                ssl=self.trusting,
                server_hostname=None if self.trusting is None else "localhost",
                local_addr=(source, 0),
            )

    async def send(self, request: bytes, source: str = "127.0.0.1", *, head_only: bool = False) -> Answer:
        """Send bytes, and return what comes back until the server hangs up, or its head alone."""
        try:
            reader, writer = await self.connect(source)
        except (OSError, EOFError):
            return Answer(0)
        try:
            async with asyncio.timeout(PATIENCE_S):
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                return _parsed(head, b"" if head_only else await reader.read(_MOST_BYTES))
        except (OSError, EOFError, asyncio.LimitOverrunError):
            return Answer(0)
        finally:
            writer.transport.abort()

    async def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        cookie: str = "",
        form: Mapping[str, str] | None = None,
        source: str = "127.0.0.1",
        head_only: bool = False,
        more: Mapping[str, str | None] = MappingProxyType({}),
        **headers: str | None,
    ) -> Answer:
        """Ask for a path, as a browser would.

        Parameters
        ----------
        form
            Fields to send; it is a POST then.
        more, headers
            More of them, and other than usual ones, with `_` for `-`; `None` leaves one away.
        """
        body = b"" if form is None else urlencode(form).encode()
        sent: dict[str, str | None] = {"host": self.host, "connection": "close"}
        if cookie:
            sent["cookie"] = cookie
        if form is not None:
            method = "POST"
            sent |= {"content-type": "application/x-www-form-urlencoded", "content-length": str(len(body))}
            sent["origin"] = self.origin
        sent |= {name.replace("_", "-"): value for name, value in {**more, **headers}.items()}
        lines = [
            f"{method} {path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in sent.items() if value is not None),
        ]
        request = "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body
        return await self.send(request, source, head_only=head_only)

    async def log_in(
        self, name: str, password: str, source: str = "127.0.0.1", cookie: str = "", **more: str
    ) -> Answer:
        """Log in; the answer's cookie is empty when that was refused."""
        return await self.ask("/login", form={"name": name, "password": password, **more}, source=source, cookie=cookie)


def _parsed(head: bytes, body: bytes) -> Answer:
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    return Answer(status, headers, body.decode("utf-8", "replace"), head + body)
