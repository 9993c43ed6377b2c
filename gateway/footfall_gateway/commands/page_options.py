"""Where the commands that serve a page serve it, and to whom."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from footfall_dashboards.access import Door
from footfall_dashboards.live.server import check
from footfall_gateway import console
from footfall_gateway.accounts import AccountsFile
from footfall_gateway.commands.options import PageHost, PagePort
from footfall_gateway.settings import DEFAULTS


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class PageOptions:
    """Options of commands that serve a page.

    Parameters
    ----------
    port
        The page's port; 0 takes any free one.
    host
        Where it can be reached from; by default this computer alone. From others: log in (footfall login add), and TLS.
    name
        By which name browsers reach it, where that is not this computer's own; others are refused.
    tls_cert
        For TLS: the certificate, a PEM file.
    tls_key
        For TLS: its key, a PEM file.
    behind_proxy
        A proxy on this computer ends TLS and passes on to the page: whoever comes must log in. Needs --name.
    plain_http
        Without TLS all the same: passwords and runs cross the network in the clear, unless that is a VPN.
    """

    port: PagePort = DEFAULTS.page_port
    host: PageHost = DEFAULTS.page_host
    name: Annotated[tuple[str, ...], Parameter(name="--name", show_default=False)] = ()
    tls_cert: Annotated[Path | None, Parameter(name="--tls-cert")] = None
    tls_key: Annotated[Path | None, Parameter(name="--tls-key")] = None
    behind_proxy: Annotated[bool, Parameter(name="--behind-proxy")] = False
    plain_http: Annotated[bool, Parameter(name="--plain-http")] = False

    def door(self, data_dir: Path, runner: str) -> Door:
        """Return where to serve a runner's page, and to whom.

        Raises
        ------
        FootfallError
            When others could come who do not belong, or nobody is named whose run they would see; says what to do.
        """
        door = self._door(data_dir)
        check(door, runner)
        return _warned(door)

    def door_for_all(self, data_dir: Path) -> Door:
        """Return where to serve the pages of all runners, each to whom they belong.

        Raises
        ------
        FootfallError
            When others could come who do not belong; says what to do.
        """
        door = self._door(data_dir)
        door.check()
        return _warned(door)

    def _door(self, data_dir: Path) -> Door:
        return Door(
            host=self.host,
            port=self.port,
            names=self.name,
            tls_cert=self.tls_cert,
            tls_key=self.tls_key,
            behind_proxy=self.behind_proxy,
            plain_http=self.plain_http,
            accounts=AccountsFile(data_dir),
        )


def _warned(door: Door) -> Door:
    if door.needs_login and not door.is_secure:
        console.remark("Without TLS, passwords and the run cross the network in the clear (--plain-http).")
    return door


ON_THIS_COMPUTER = PageOptions()
