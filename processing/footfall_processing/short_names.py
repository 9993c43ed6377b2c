"""Long names cut for tables and pages, without two of them becoming the same."""

from collections.abc import Iterable
from typing import Final

MOST_CHARACTERS: Final = 24
"""Of a name in a table or on a page; as many as fit beside another one on a phone."""

_TAIL: Final = 8
"""Characters kept at the end, where numbered names differ."""


def short_names(names: Iterable[str], most: int = MOST_CHARACTERS) -> dict[str, str]:
    """Return each name, cut in its middle where it has more characters than `most`; a number tells equal ones apart."""
    shown: dict[str, str] = {}
    distinct = list(dict.fromkeys(names))
    taken = {name for name in distinct if len(name) <= most}
    for name in distinct:
        cut, number = name, 1
        while len(name) > most and (cut == name or cut in taken):
            middle = "…" if number == 1 else f"…{number}…"
            cut = f"{name[: most - _TAIL - len(middle)]}{middle}{name[-_TAIL:]}"
            number += 1
        taken.add(cut)
        shown[name] = cut
    return shown
