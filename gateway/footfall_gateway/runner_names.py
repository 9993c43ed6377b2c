"""Names of runners, as people compare them."""

import unicodedata


def as_compared(name: str) -> str:
    """Return a name so that equal names are equal texts.

    Letters that are written in two ways in Unicode (`é` as one character, or as `e` and an accent) are the same, and so
    is space before, after and between. `anna` and `Anna` are two: they may be two people, and what is removed of one is
    not to be the other's.
    """
    return " ".join(unicodedata.normalize("NFC", name).split())
