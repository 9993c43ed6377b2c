"""Addresses as QR codes, to be read by a phone's camera: for pages and for terminals."""

from collections.abc import Iterator
from html import escape
from itertools import zip_longest
from typing import Final

import segno

_QUIET: Final = 4
"""How many modules of light stand around it, as readers ask for."""
_HALVES: Final = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def qr_svg(address: str, title: str) -> str:
    """Return it as SVG for a page, black on white in light and dark; `title` is what is read aloud."""
    drawn = segno.make_qr(address, error="m").svg_inline(
        omitsize=True, border=_QUIET, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)


def qr_lines(address: str) -> Iterator[str]:
    """Yield it as lines of half blocks, two rows of it in each, to be drawn in black on white."""
    rows = [[bool(module) for module in row] for row in segno.make_qr(address, error="l").matrix_iter(border=_QUIET)]
    for upper, lower in zip_longest(rows[::2], rows[1::2], fillvalue=[False] * len(rows[0])):
        yield "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
