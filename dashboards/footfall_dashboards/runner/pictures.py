"""The drawings of exercises, as a part of the page: so they are drawn in the colour of its text, also in the dark."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "static" / "exercises"
_HEAD: Final = re.compile(r'<svg xmlns="[^"]*" ([^>]*)role="img"([^>]*)><title>([^<]*)</title><desc>([^<]*)</desc>')


def _read() -> Mapping[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.svg"))}


_PICTURES: Final = _read()


def picture(name: str, number: int = 0) -> str:
    """Return a drawing as HTML, with its name and its description for who can't see it.

    Parameters
    ----------
    name
        As an exercise's level has it.
    number
        Another one for each drawing of a page, so that ids are unique.
    """
    id = f"picture-{number}"
    return _HEAD.sub(
        rf'<svg class="exercise" \1role="img" aria-labelledby="{id}-title {id}-desc"\2>'
        rf'<title id="{id}-title">\3</title><desc id="{id}-desc">\4</desc>',
        _PICTURES[name],
        count=1,
    )


def described(name: str) -> str:
    """Return a drawing's description, as HTML."""
    found = _HEAD.match(_PICTURES[name])
    return "" if found is None else found[4]
