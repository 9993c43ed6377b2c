"""The page that says how a phone gets here, and the authority that a phone may be told to trust."""

import asyncio
import logging
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from footfall_dashboards.access.door import Door
from footfall_dashboards.access.forms import page
from footfall_dashboards.access.login import AUTHORITY_PATH
from footfall_dashboards.access.qr import qr_svg
from footfall_processing.errors import FootfallError

_logger: Final = logging.getLogger(__name__)


class PhonePage:
    """Shows where these pages are for a phone, and what that needs.

    Parameters
    ----------
    door
        Where, and to whom, they are served.
    port
        Where they listen.
    """

    def __init__(self, door: Door, port: int) -> None:
        self._door = door
        self._port = port

    async def answer(self, _: Request) -> Response:
        """Show the page."""
        addresses = await asyncio.to_thread(self._door.urls_for_others, self._port)
        parts = [_addresses(addresses), _login()] if addresses else [_nobody_comes()]
        if addresses and not self._door.is_secure:
            parts.append(_said("By http:// all of this crosses the network in the clear: --https is better."))
        if (authority := await self._authority()) is not None:
            parts.append(_warning(fingerprint(authority)))
        parts.append(_as_app(is_secure=self._door.is_secure))
        parts.append('<p class="hint"><a href="/">Back to the pages</a></p>')
        return page("On your phone", "\n".join(parts))

    async def authority(self, _: Request) -> Response:
        """Hand out the certificate of the authority that signed the pages' own, where there is one."""
        content = await self._authority()
        if content is None:
            return PlainTextResponse("There is no authority of Footfall's own here.\n", 404)
        return Response(content, media_type="application/x-x509-ca-cert")

    async def _authority(self) -> bytes | None:
        """Return its certificate; `None` where there is none, or its file can't be read, which the log says."""
        if self._door.own_certificate is None:
            return None
        try:
            return await asyncio.to_thread(self._door.own_certificate.authority)
        except FootfallError as error:
            _logger.error("%s", error)
            return None


def fingerprint(certificate: bytes) -> str:
    """Return a certificate's SHA-256 as phones show it, in pairs of digits."""
    return sha256(certificate).digest().hex(" ").upper()


def _addresses(addresses: Iterable[str]) -> str:
    first, *others = addresses
    drawn = qr_svg(first, f"QR code of {first}")
    more = "".join(f"<li><code>{escape(other)}</code></li>" for other in others)
    return (
        "<p>Point the phone's camera at this, or type the address. The phone has to be in the same network.</p>"
        f'{drawn}<p class="address"><code>{escape(first)}</code></p>'
        + (f"<p>Or, where that leads nowhere:</p><ul>{more}</ul>" if more else "")
    )


def _login() -> str:
    return _said("Log in there with your name and password; footfall login add NAME makes an account.")


def _nobody_comes() -> str:
    return (
        "<p>Only this computer can reach these pages now. To let your phone in, end them, and call:</p>"
        "<pre>footfall login add YOUR-NAME --role runner\nfootfall serve --host 0.0.0.0 --https</pre>"
        + _said("The second one shows the address, and a code for the phone's camera.")
        + _said(
            "Your name is the one that your runs have: footfall sessions list shows it. Runs that have none get it "
            "with footfall sessions runner, or each on its own page, and new ones with --runner."
        )
    )


def _warning(digits: str) -> str:
    return (
        "<h2>The phone warns once</h2>"
        "<p>Footfall made its certificate itself, and no phone knows who signed it. Either go on past the warning "
        "(Details or Advanced, then on to the page), or let the phone trust this home's own authority; then it never "
        "warns again, and the page can be installed as an app.</p>"
        f'<p><a class="button" href="{AUTHORITY_PATH}" download>Get the authority\'s certificate</a></p>'
        "<p><b>iPhone:</b> open it in Safari and allow the profile; then Settings, <i>Profile Downloaded</i>, Install; "
        "then Settings, General, About, <i>Certificate Trust Settings</i>, and switch it on.</p>"
        "<p><b>Android:</b> Settings, search for <i>CA certificate</i>, install it anyway, and choose the file.</p>"
        "<p>It can vouch for this computer's names and for addresses within home networks, for no other site. "
        "Footfall's terminal shows the same SHA-256, if it is the right one.</p>"
        f'<p class="digits"><code>{digits}</code></p>'
    )


def _as_app(*, is_secure: bool) -> str:
    lead = (
        "<p>Android: the browser's menu, <i>Install app</i>. iPhone: Share, <i>Add to Home Screen</i>. It needs this "
        "computer all the same: nothing is kept on the phone.</p>"
    )
    awake = "<p>While a run goes on, the live page keeps the phone's screen on.</p>"
    needs = (
        ""
        if is_secure
        else _said(
            "On a phone, only pages by https:// are installed, keep the screen on and make sounds: start with --https."
        )
    )
    return f"<h2>As an app</h2>{lead}{awake}{needs}"


def _said(words: str) -> str:
    return f"<p>{escape(words)}</p>"
