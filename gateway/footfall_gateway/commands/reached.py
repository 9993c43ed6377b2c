"""What a terminal says of how others reach the pages: their addresses, and a code for a phone's camera."""

from typing import Final
from urllib.parse import urlsplit

from rich.console import Console
from rich.style import Style
from rich.text import Text

from footfall_dashboards.access import Door
from footfall_dashboards.access.phone import fingerprint
from footfall_dashboards.access.qr import qr_lines

_PAPER: Final = Style(color="#000000", bgcolor="#ffffff")


def urls_for_others(door: Door, url: str) -> list[str]:
    """Return by which addresses others reach a page, the best first; empty where none can.

    Parameters
    ----------
    url
        The page, as it is opened on this computer.
    """
    asked = urlsplit(url)
    path = f"{asked.path.removeprefix('/')}{f'?{asked.query}' if asked.query else ''}"
    return [f"{begin}{path}" for begin in door.urls_for_others(asked.port or 443)]


def tell_others(out: Console, door: Door, url: str, authority: bytes = b"") -> None:
    """Print how a phone gets to a page; nothing where no other computer can reach it.

    Parameters
    ----------
    authority
        The certificate of the authority that signed the pages' own, where there is one.
    """
    addresses = urls_for_others(door, url)
    if not addresses:
        return
    others = f" (or {', '.join(addresses[1:])})" if addresses[1:] else ""
    out.print(f"On your phone, in the same network: {addresses[0]}{others}", soft_wrap=True)
    if out.is_terminal:
        _draw(out, addresses[0])
    if authority:
        out.print(
            "The phone warns once, as Footfall made the certificate itself; the page /phone says what to do. "
            f"Its authority has SHA-256 {fingerprint(authority)}",
            soft_wrap=True,
        )


def _draw(out: Console, address: str) -> None:
    """Draw the code in black on white, whatever the terminal's own colours; not where it is too narrow, or has none."""
    lines = list(qr_lines(address))
    if out.color_system is None or out.width < len(lines[0]):
        return
    for line in lines:
        out.print(Text(line, _PAPER, no_wrap=True))
