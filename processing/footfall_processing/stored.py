"""Reads a stored state back, field by field: nothing in it is believed before it was looked at."""

import math
from typing import Final, Self

import numpy as np

from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray
from footfall_processing.state import PlainState

LARGEST: Final = 2**64 - 1
"""The largest whole number that MessagePack holds."""
MOST_MEASURED: Final = 1e30
"""No measured number is beyond, so that what is worked out from them stays finite."""
MOST_SUMMED: Final = 1e250
"""No sum is beyond, so that sums of them stay finite."""


class Stored:
    """One part of a stored state, a mapping.

    Every method returns a field, and raises `InputError` when it is missing, of another type, or out of its bounds.

    Parameters
    ----------
    state
        What was stored.
    what
        What it is of, for the error's text.

    Raises
    ------
    InputError
        When it is no mapping.
    """

    def __init__(self, state: PlainState, what: str) -> None:
        self._what = what
        if not isinstance(state, dict):
            raise InputError(f"the stored state of {what} can't be read; compute the session anew")
        self._fields = state

    @classmethod
    def of_kind(cls, state: PlainState, kind: str) -> Self:
        """Read a part whose field `kind` tells what it is of, and in which layout, such as `"device clock 1"`.

        Raises
        ------
        InputError
            When it is of another kind.
        """
        if not isinstance(state, dict) or state.get("kind") != kind:
            raise InputError(
                f"the stored state is no {kind!r}: another version or another sensor left it; compute the session anew"
            )
        return cls(state, repr(kind))

    def part(self, name: str) -> PlainState:
        """Return a field as it is."""
        if name not in self._fields:
            raise self.refusal(name)
        return self._fields[name]

    def names(self) -> set[str]:
        """Return the names of all fields."""
        return set(self._fields)

    def has(self, name: str) -> bool:
        """Tell whether a field is not `None`."""
        return self.part(name) is not None

    def check(self, good: bool) -> None:
        """Refuse the state unless this holds of its fields together."""
        if not good:
            raise InputError(f"the stored state of {self._what} contradicts itself; compute the session anew")

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

    def ordered(self, name: str) -> float:
        """Return a number that may be infinite, but not NaN."""
        found = self.number(name)
        if math.isnan(found):
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

    def text(self, name: str) -> str:
        """Return a text."""
        found = self.part(name)
        if not isinstance(found, str):
            raise self.refusal(name)
        return found

    def data(self, name: str, *, most: int) -> bytes:
        """Return up to `most` bytes."""
        found = self.part(name)
        if not isinstance(found, bytes) or len(found) > most:
            raise self.refusal(name)
        return found

    def elements(self, name: str, *, most: int) -> list[PlainState]:
        """Return up to `most` elements of a list."""
        found = self.part(name)
        if not isinstance(found, list) or len(found) > most:
            raise self.refusal(name)
        return found

    def wholes(self, name: str, *, most: int, least_value: int) -> list[int]:
        """Return up to `most` whole numbers."""
        elements = self.elements(name, most=most)
        found = [value for value in elements if isinstance(value, int) and not isinstance(value, bool)]
        if len(found) != len(elements) or any(value < least_value for value in found):
            raise self.refusal(name)
        return found

    def floats(self, name: str, *, most: int = 64, exactly: int | None = None, finite: bool = True) -> list[float]:
        """Return up to `most` numbers, or exactly so many, without NaN; finite ones are at most `MOST_SUMMED`."""
        elements = self.elements(name, most=most)
        found = [value for value in elements if isinstance(value, float) and not math.isnan(value)]
        if len(found) != len(elements) or (exactly is not None and len(found) != exactly):
            raise self.refusal(name)
        if finite and any(abs(value) > MOST_SUMMED for value in found):
            raise self.refusal(name)
        return found

    def table(self, name: str, *, columns: int, most: int) -> FloatArray:
        """Return up to `most` rows of numbers that `packed` wrote, shape (n, columns); NaN and infinity included."""
        found = self.data(name, most=8 * columns * most)
        if len(found) % (8 * columns):
            raise self.refusal(name)
        return np.frombuffer(found, dtype="<f8").reshape(-1, columns).astype(np.float64)

    def measured(self, name: str, *, columns: int, most: int, gaps: bool = False) -> FloatArray:
        """Return such rows of numbers up to `MOST_MEASURED`; NaN only where there may be `gaps`."""
        found = self.table(name, columns=columns, most=most)
        if not ((abs(found) <= MOST_MEASURED) | (gaps & np.isnan(found))).all():
            raise self.refusal(name)
        return found

    def refusal(self, name: str) -> InputError:
        """Make the error to raise when a field makes no sense."""
        return InputError(f"the stored state of {self._what} has no sensible {name!r}; compute the session anew")


def packed(table: FloatArray) -> bytes:
    """Write a table of numbers, for `Stored.table`: float64, little-endian, row after row."""
    return np.ascontiguousarray(table, dtype="<f8").tobytes()
