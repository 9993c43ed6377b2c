"""Reads a stored state back, field by field: nothing in it is believed before it was looked at."""

import math
from typing import Final

import numpy as np

from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray
from footfall_processing.state import PlainState

LARGEST: Final = 2**64 - 1
"""The largest whole number that MessagePack holds."""


class Stored:
    """One part of a stored state: a dict whose `kind` tells what it is of, and in which layout.

    Every method raises `InputError` when a field is missing, of another type, or out of its bounds.

    Parameters
    ----------
    state
        What was stored.
    kind
        What it must be, such as `"device clock 1"`; the number changes with the layout.

    Raises
    ------
    InputError
        When it is something else.
    """

    def __init__(self, state: PlainState, kind: str) -> None:
        self._kind = kind
        if not isinstance(state, dict) or state.get("kind") != kind:
            raise InputError(
                f"the stored state is no {kind!r}: another version or another sensor left it; compute the session anew"
            )
        self._fields = state

    def part(self, name: str) -> PlainState:
        """Return a field as it is."""
        if name not in self._fields:
            raise self.refusal(name)
        return self._fields[name]

    def number(self, name: str) -> float:
        """Return any number, NaN and infinity included."""
        found = self.part(name)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise self.refusal(name)
        return float(found)

    def finite(self, name: str) -> float:
        """Return a number that is neither NaN nor infinite."""
        found = self.number(name)
        if not math.isfinite(found):
            raise self.refusal(name)
        return found

    def whole(self, name: str, *, least: int = 0, most: int = LARGEST) -> int:
        """Return a whole number from `least` to `most`."""
        found = self.part(name)
        if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= most:
            raise self.refusal(name)
        return found

    def flag(self, name: str) -> bool:
        """Return yes or no."""
        found = self.part(name)
        if not isinstance(found, bool):
            raise self.refusal(name)
        return found

    def data(self, name: str, *, most: int) -> bytes:
        """Return up to `most` bytes."""
        found = self.part(name)
        if not isinstance(found, bytes) or len(found) > most:
            raise self.refusal(name)
        return found

    def table(self, name: str, *, columns: int, most: int) -> FloatArray:
        """Return up to `most` rows of numbers that `packed` wrote, shape (n, columns)."""
        found = self.data(name, most=8 * columns * most)
        if len(found) % (8 * columns):
            raise self.refusal(name)
        return np.frombuffer(found, dtype="<f8").reshape(-1, columns).astype(np.float64)

    def has(self, name: str) -> bool:
        """Tell whether a field is not `None`."""
        return self.part(name) is not None

    def refusal(self, name: str) -> InputError:
        """Make the error to raise when a field makes no sense."""
        return InputError(f"the stored state of a {self._kind!r} has no sensible {name!r}; compute the session anew")


def packed(table: FloatArray) -> bytes:
    """Write a table of numbers, for `Stored.table`: float64, little-endian, row after row."""
    return np.ascontiguousarray(table, dtype="<f8").tobytes()
