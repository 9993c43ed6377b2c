"""Where pages are served, and to whom: what is refused before anything listens.

::

    FootfallError
    └── PageError      pages can't be served as they were asked for
"""

import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from footfall_dashboards.access.home_network import own_addresses, own_names
from footfall_dashboards.access.visitor import Accounts
from footfall_processing.errors import FootfallError
from footfall_processing.plain_text import shown

LOOPBACK: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8420
LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})

_EVERYWHERE: Final = ("0.0.0.0", "::", "")
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")


class PageError(FootfallError):
    """Pages can't be served as they were asked for; the message says what to do."""


class OwnCertificate(Protocol):
    """A certificate that was made for these pages, by an authority of this computer's own.

    Its methods wait for the disk, and raise `FootfallError` when files can't be read or written.
    """

    def renew(self) -> bool:
        """Make it anew where it ends soon, or names and addresses have changed; tell whether it was."""

    def authority(self) -> bytes:
        """Return the authority's own certificate (DER, without its key), for phones to trust."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where pages are served, and who is let in.

    Parameters
    ----------
    host, port
        Where to listen; port 0 takes any free one.
    names
        Under which names browsers reach it, besides those that this computer knows of itself.
    tls_cert, tls_key
        PEM files of a certificate and its key; both or neither.
    own_certificate
        Keeps these files, where they were made for the pages.
    behind_proxy
        A proxy on this computer ends TLS and passes on to the pages, so that others come by way of it.
    plain_http
        Let passwords and runs cross the network in the clear: it is encrypted by something else.
    accounts
        Who may log in; needed when others can come.
    """

    host: str = LOOPBACK
    port: int = DEFAULT_PORT
    names: tuple[str, ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    own_certificate: OwnCertificate | None = None
    behind_proxy: bool = False
    plain_http: bool = False
    accounts: Accounts | None = None

    @property
    def needs_login(self) -> bool:
        """Whether others than this computer's users can come."""
        return self.behind_proxy or not is_loopback(self.host)

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it by https."""
        return self.behind_proxy or self.tls_cert is not None

    @property
    def how_others_come(self) -> str:
        """By which option others come, which may be set elsewhere."""
        return "--behind-proxy" if self.behind_proxy else f"--host {shown(self.host)}"

    def check(self) -> None:
        """Refuse what would let in somebody who does not belong.

        Raises
        ------
        PageError
            With what to do instead.
        """
        if not 0 <= self.port <= 65535:
            raise PageError(f"port {self.port} does not exist; choose one from 1 to 65535 with --port")
        for name in self.names:
            if not _NAME.fullmatch(name):
                raise PageError(f"{shown(name)!r} is no name of a computer; give --name without http:// and port")
        self._check_certificate()
        if self.behind_proxy:
            self._check_proxy()
        elif self.needs_login and not self.is_secure and not self.plain_http:
            raise PageError(
                f"--host {shown(self.host)} lets others reach the page, and without TLS they would send passwords in "
                "the clear: give --https, which makes a certificate, or your own with --tls-cert and --tls-key, or "
                "--behind-proxy with a proxy on this computer; where the network itself is encrypted, such as a VPN, "
                "--plain-http. See docs/security.md"
            )
        if self.needs_login and (self.accounts is None or not self.accounts.all()):
            raise PageError(
                f"others would reach the page ({self.how_others_come}), and nobody could log in: make an account with "
                "`footfall login add NAME --role runner`, in the same --data-dir"
            )

    def known_names(self) -> frozenset[str]:
        """Return the names by which browsers may ask, in lower case; beside them the address that they connected to."""
        given = frozenset(name.lower() for name in self.names)
        if self.behind_proxy:
            return given
        if not self.needs_login:
            return given | LOOPBACK_NAMES | {self.host}
        # never the address that means all: browsers take 0.0.0.0 for this computer, from whichever site
        host = frozenset({self.host.lower()}) - frozenset(_EVERYWHERE)
        return given | LOOPBACK_NAMES | host | frozenset(own_names())

    def certificate_names(self) -> tuple[str, ...]:
        """Return the names and addresses that a certificate for these pages has to hold, now."""
        wanted = {*self.known_names(), *LOOPBACK_NAMES, *own_names(), *own_addresses()}
        return tuple(sorted(name for name in wanted if _NAME.fullmatch(name)))

    def url(self, port: int) -> str:
        """Return where to point a browser, once `port` is listened to."""
        if self.behind_proxy:
            return f"https://{_in_url(self.names[0])}/"
        if self.names:
            host = self.names[0]
        elif self.host not in _EVERYWHERE:
            host = self.host
        else:
            host = socket.gethostname()
        return self._url(host, port)

    def urls_for_others(self, port: int) -> tuple[str, ...]:
        """Return by which addresses others reach it once `port` is listened to, the best first; empty where none can.

        The port of a proxy is not known: its standard one is taken.
        """
        if self.behind_proxy:
            return tuple(f"https://{_in_url(name)}/" for name in self.names)
        if not self.needs_login:
            return ()
        hosts = [*self.names]
        if self.host in _EVERYWHERE:
            is_of_six = ":" in self.host
            hosts += [address for address in own_addresses() if (":" in address) is is_of_six]
            hosts += [name for name in own_names() if name.endswith(".local")]
        else:
            hosts.append(self.host)
        return tuple(self._url(host, port) for host in dict.fromkeys(hosts))

    def _url(self, host: str, port: int) -> str:
        return f"{'https' if self.is_secure else 'http'}://{_in_url(host)}:{port}/"

    def _check_proxy(self) -> None:
        if not is_loopback(self.host):
            raise PageError(
                "--behind-proxy listens for a proxy on this computer alone; leave --host away, or give the page a "
                "certificate of its own with --tls-cert and --tls-key"
            )
        if not self.names:
            raise PageError(
                "--behind-proxy needs --name: by which name browsers reach the proxy, such as run.club.example"
            )

    def _check_certificate(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise PageError("TLS needs a certificate and its key: give both --tls-cert and --tls-key")
        if self.tls_cert is None or self.tls_key is None:
            return
        if self.behind_proxy:
            raise PageError("--behind-proxy says that the proxy ends TLS: leave --tls-cert and --tls-key away")
        for path in (self.tls_cert, self.tls_key):
            if not path.is_file():
                raise PageError(f"{path}: is not there, or no file; give PEM files with --tls-cert and --tls-key")
        try:
            # a key with a passphrase would be asked for on the terminal
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.tls_cert, self.tls_key, lambda: "")
        except (OSError, ValueError) as error:
            raise PageError(
                f"{self.tls_cert} and {self.tls_key}: are no certificate and its key, in PEM and without a passphrase "
                f"({getattr(error, 'reason', None) or error.strerror if isinstance(error, OSError) else error})"
            ) from error


def is_loopback(host: str) -> bool:
    """Tell whether a host can be reached from this computer alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback and "ffff" not in host.lower()
    except ValueError:
        return False


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
