r"""Texts from outside as a person may see them: names are text, and never move a cursor, forge a line or turn it round.

A name comes over the air, in a file or in a message, from whoever chose it. Control characters, ends of lines, lone
surrogates, what changes the direction of writing and what is not seen are written as `\n`, `\x1b`, `\u202e`; letters
of all scripts stay as they are, with the joiners U+200C and U+200D that belong to them.
"""

import re
from typing import Final

UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""One character that is escaped."""


def shown(text: str) -> str:
    r"""Return a text as it is written where a person reads it: on one line, all that is not seen escaped."""
    return text if text.isprintable() else UNSEEN.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
