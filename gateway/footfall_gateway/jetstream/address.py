"""Where the nodes of a cluster are, and who we are to them."""

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Final, Self
from urllib.parse import urlsplit

from footfall_gateway.errors import GatewayError

PORT: Final = 4222
_SCHEMES: Final = ("nats", "tls")
_EXAMPLE: Final = "nats://localhost:4222, or tls://one:4222,tls://two:4222,tls://three:4222"


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """The nodes of a cluster, any of which may be away.

    Parameters
    ----------
    servers
        As URLs, without who we are.
    """

    servers: tuple[str, ...]
    tls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str, *, user: str | None = None, password: str | None = None) -> Self:
        """Read addresses such as `nats://one:4222,nats://two:4222`, or `tls://` with TLS.

        Raises
        ------
        GatewayError
            When one is none, when not all have the same scheme, or when one holds a password, which other users of the
            computer could read.
        """
        found = [_server(part.strip()) for part in text.split(",")]
        schemes = {scheme for scheme, _, _ in found}
        if len(schemes) > 1:
            raise GatewayError("some nodes are given as nats:// and some as tls://: give all as one of the two")
        names = {name for _, _, name in found if name}
        if len(names) > 1:
            raise GatewayError("the nodes' addresses name different users; set FOOTFALL_NATS_USER instead")
        servers = tuple(f"{scheme}://{host}" for scheme, host, _ in found)
        return cls(servers, schemes == {"tls"}, next(iter(names), user), password)

    def __str__(self) -> str:
        return ", ".join(server.split("://")[1] for server in self.servers)


def require_library() -> None:
    """See that the extra is there, before anything is imported that needs it; `GatewayError` when it is not."""
    if find_spec("nats") is None:
        raise GatewayError("a NATS cluster needs the extra: pip install 'footfall[nats]'")


def _server(url: str) -> tuple[str, str, str]:
    """Return scheme, host with port, and user."""
    named = f"…@{url.rpartition('@')[2]}" if "@" in url else url  # a password may have anything in it
    try:
        parts = urlsplit(url)
        port = PORT if parts.port is None else parts.port
    except ValueError:
        parts, port = urlsplit(""), 0
    if (
        parts.scheme not in _SCHEMES
        or not parts.hostname
        or not port
        or parts.query
        or parts.fragment
        or parts.path not in ("", "/")
    ):
        raise GatewayError(f"{named!r} is no address of a NATS server: give one such as {_EXAMPLE}")
    if parts.password is not None:
        raise GatewayError("a password does not belong in the address: set FOOTFALL_NATS_PASSWORD_FILE")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return parts.scheme, f"{host}:{port}", parts.username or ""
