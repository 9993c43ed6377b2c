"""Reading a stored state field by field; nothing that is in it is believed unseen."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray
from footfall_processing.state import PlainState

_MOST_MEASURED: Final = 1e30
"""No measured number is beyond, so that what is worked out from them stays finite."""
_MOST: Final = 1e250
"""No finite number is beyond, so that sums of them stay finite."""


class Stored:
    """A stored state, a mapping; each method returns one field, or raises `InputError` where it is not as promised.

    Parameters
    ----------
    state
        What was stored.
    what
        What it is of, for the error's text.
    """

    def __init__(self, state: PlainState, what: str) -> None:
        self._what = what
        self.check(isinstance(state, dict))
        self._state = state if isinstance(state, dict) else {}

    def check(self, good: bool) -> None:
        """Refuse the state unless this holds."""
        if not good:
            raise InputError(f"the stored state of {self._what} can't be read: compute the session anew")

    def value(self, name: str) -> PlainState:
        """Return a field that is itself a state."""
        self.check(name in self._state)
        return self._state[name]

    def items(self) -> Iterator[tuple[str, PlainState]]:
        """Return all fields."""
        yield from self._state.items()

    def names(self) -> set[str]:
        """Return the names of all fields."""
        return set(self._state)

    def integer(self, name: str, least: int = 0, most: int = 2**63 - 1) -> int:
        """Return a whole number within two bounds, both included."""
        value = self.value(name)
        self.check(isinstance(value, int) and not isinstance(value, bool) and least <= value <= most)
        return value if isinstance(value, int) else 0

    def number(self, name: str) -> float:
        """Return a number, which may be infinite."""
        value = self.value(name)
        self.check(isinstance(value, float) and value == value)
        return value if isinstance(value, float) else 0.0

    def text(self, name: str) -> str:
        """Return a text."""
        value = self.value(name)
        self.check(isinstance(value, str))
        return value if isinstance(value, str) else ""

    def bytes(self, name: str) -> bytes:
        """Return bytes; their length is the caller's to check."""
        value = self.value(name)
        self.check(isinstance(value, bytes))
        return value if isinstance(value, bytes) else b""

    def elements(self, name: str, most: int) -> list[PlainState]:
        """Return a list of at most so many."""
        value = self.value(name)
        self.check(isinstance(value, list) and len(value) <= most)
        return value if isinstance(value, list) else []

    def integers(self, name: str, most: int, least_value: int) -> list[int]:
        """Return a list of at most so many whole numbers."""
        found = [value for value in self.elements(name, most) if isinstance(value, int) and not isinstance(value, bool)]
        self.check(len(found) == len(self.elements(name, most)) and all(value >= least_value for value in found))
        return found

    def floats(self, name: str, most: int = 64, exactly: int | None = None, *, finite: bool = True) -> list[float]:
        """Return a list of numbers, without NaN."""
        found = [value for value in self.elements(name, most) if isinstance(value, float) and value == value]
        self.check(len(found) == len(self.elements(name, most)) and (exactly is None or len(found) == exactly))
        self.check(not finite or all(abs(value) <= _MOST for value in found))
        return found

    def table(self, name: str, columns: int, most: int, *, gaps: bool = False) -> FloatArray:
        """Return a table of 64-bit numbers (rows, columns), stored row by row, of at most so many; NaN only in gaps."""
        value = self.value(name)
        self.check(isinstance(value, bytes) and len(value) % (8 * columns) == 0 and len(value) <= 8 * columns * most)
        table = np.frombuffer(value if isinstance(value, bytes) else b"", "<f8").reshape(-1, columns)
        self.check(bool(((abs(table) <= _MOST_MEASURED) | (gaps & np.isnan(table))).all()))
        return table
