"""Long names cut for tables and pages, without two of them becoming the same."""

from collections.abc import Iterable
from typing import Final

from footfall_processing.plain_text import shown

MOST_CHARACTERS: Final = 24
"""Of a name in a table or on a page; as many as fit beside another one on a phone."""

_TAIL: Final = 8
"""Characters kept at the end, where numbered names differ."""


def short_names(names: Iterable[str], most: int = MOST_CHARACTERS) -> dict[str, str]:
    """Return how each name is shown: as plain text, cut in its middle where it has more characters than `most`.

    A number tells equal ones apart.
    """
    short: dict[str, str] = {}
    plain = {name: shown(name) for name in names}
    taken = {name for name in plain if plain[name] == name and len(name) <= most}
    for name, text in plain.items():
        cut, number = text, 1
        while name not in taken and (len(cut) > most or cut in taken):
            middle = "…" if number == 1 else f"…{number}…"
            cut = f"{text[: most - _TAIL - len(middle)]}{middle}{text[-_TAIL:]}"
            number += 1
        taken.add(cut)
        short[name] = cut
    return short
