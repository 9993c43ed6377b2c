"""Numbers as people type them: digits with a comma or a point, and nothing else that Python takes for a number."""

import re
from typing import Final

_TYPED: Final = re.compile(r"[+-]?([0-9]{1,15}([.,][0-9]{0,15})?|[.,][0-9]{1,15})")


def plain_number(text: str) -> float | None:
    """Return the number that a text is, spaces around it left out; `None` where it is none.

    Python's own `float` also takes `1_0`, `1e2`, `inf` and the digits of all scripts, of which nobody sees at a glance
    what they come to.
    """
    match = _TYPED.fullmatch(text.strip())
    return None if match is None else float(match[0].replace(",", "."))
