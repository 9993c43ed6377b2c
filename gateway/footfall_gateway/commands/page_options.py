"""Where the commands that serve a page serve it, and to whom."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from cyclopts import Parameter

from footfall_dashboards.access import Door, PageError
from footfall_dashboards.live.server import check
from footfall_gateway import console
from footfall_gateway.accounts import AccountsFile
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import (
    PageBehindProxy,
    PageHost,
    PageHttps,
    PageName,
    PagePlainHttp,
    PagePort,
    PageTlsCert,
    PageTlsKey,
)
from footfall_gateway.settings import DEFAULTS, Settings


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
    https
        Serve it by https, with a certificate that Footfall makes; a phone asks about it once. See the page /phone.
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
    name: PageName = ()
    https: PageHttps = False
    tls_cert: PageTlsCert = None
    tls_key: PageTlsKey = None
    behind_proxy: PageBehindProxy = False
    plain_http: PagePlainHttp = False

    def door(self, data_dir: Path, runner: str) -> Door:
        """Return where to serve a runner's page, and to whom.

        Raises
        ------
        FootfallError
            When others could come who do not belong, or nobody is named whose run they would see; says what to do.
        """
        self.check(data_dir)
        door = self._certified(data_dir)
        check(door, runner)
        return _warned(door)

    def door_for_all(self, data_dir: Path) -> Door:
        """Return where to serve the pages of all runners, each to whom they belong.

        Raises
        ------
        FootfallError
            When others could come who do not belong; says what to do.
        """
        self.check(data_dir)
        door = self._certified(data_dir)
        door.check()
        return _warned(door)

    def check(self, data_dir: Path) -> None:
        """Look whether it makes sense, without making anything; `FootfallError` says what to do instead."""
        if self.https and (self.tls_cert is not None or self.tls_key is not None or self.behind_proxy):
            raise PageError(
                "--https makes a certificate; leave it away with --tls-cert and --tls-key, and with --behind-proxy"
            )
        # the certificate is made last, for what makes sense otherwise
        door = self._door(data_dir)
        replace(door, plain_http=door.plain_http or self.https).check()

    def _certified(self, data_dir: Path) -> Door:
        door = self._door(data_dir)
        if not self.https:
            return door
        # imported only where it is asked for: it takes long
        from footfall_gateway.home_certificate import HomeCertificate

        own = HomeCertificate(data_dir, door.certificate_names, SystemClock().utc_now)
        own.renew()
        return replace(door, tls_cert=own.path, tls_key=own.path, own_certificate=own)

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

    @classmethod
    def of(cls, known: Settings) -> Self:
        """Return the options where none is given but the settings."""
        return cls(
            port=known.page_port,
            host=known.page_host,
            name=known.page_name,
            https=known.page_https,
            tls_cert=known.page_tls_cert,
            tls_key=known.page_tls_key,
            behind_proxy=known.page_behind_proxy,
            plain_http=known.page_plain_http,
        )


def _warned(door: Door) -> Door:
    if door.needs_login and not door.is_secure:
        console.remark("Without TLS, passwords and the run cross the network in the clear (--plain-http).")
    return door


ON_THIS_COMPUTER = PageOptions()
