"""How much the tests of faults try, and what they tell of it: little in `make test`, all in scripts/reliability.py."""

import os
from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar

FULL: Final = "FOOTFALL_FULL_FAULTS"
"""Set, they try everything."""

T = TypeVar("T")

Tell: TypeAlias = Callable[[str, object], None]
"""pytest's `record_property`."""


def effort(quick: T, full: T) -> T:
    """Choose how much to try."""
    return full if os.environ.get(FULL) else quick


def tell(record: Tell, *, tries: int, items: int, lost: int, doubled: int, note: str = "") -> None:
    """Have the table tell what came of it, and hold that nothing was lost or doubled.

    Parameters
    ----------
    tries
        How often the fault was made.
    items
        What went through: strides, points, packets or batches.
    note
        A figure more.
    """
    record("tries", tries)
    record("items", items)
    record("lost", lost)
    record("doubled", doubled)
    if note:
        record("note", note)
    assert items > 0, "nothing went through"
    assert (lost, doubled) == (0, 0)
