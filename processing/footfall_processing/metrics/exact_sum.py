"""Sums without rounding, in a few numbers however much is added."""

import math
from array import array
from collections.abc import Iterable
from fractions import Fraction
from typing import Final

_MOST_PARTS: Final = 64
"""Added values are kept as they are up to this many; then they are put together."""


class ExactSum:
    """The exact sum of finite numbers: order, cuts and merging change nothing, to the last bit.

    What is stored is the sum rounded to a number, what that leaves rounded to a number, and so on until nothing is
    left: two or three numbers for values of one kind, some forty at the most.
    """

    def __init__(self, parts: Iterable[float] = ()) -> None:
        self._parts = array("d", parts)

    def add(self, value: float) -> None:
        """Add one number."""
        self._parts.append(value)
        if len(self._parts) > _MOST_PARTS:
            self._parts = array("d", self.parts())

    def add_all(self, values: Iterable[float]) -> None:
        """Add numbers."""
        self._parts.extend(values)
        self._parts = array("d", self.parts())

    def parts(self) -> list[float]:
        """Return the sum as numbers, each the rounded rest of those before it: what can be stored."""
        rest, parts = self._parts.tolist(), []
        while (rounded := math.fsum(rest)) != 0.0:
            parts.append(rounded)
            rest.append(-rounded)
        return parts

    def rounded(self) -> float:
        """Return the number that lies nearest to the sum, as `math.fsum` does."""
        return math.fsum(self._parts)

    def fraction(self) -> Fraction:
        """Return the sum itself."""
        return sum(map(Fraction, self.parts()), Fraction())
