"""How a metric went in a run, leg by leg: over the same minutes, or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median
from typing import Final

import numpy as np

from footfall_coaching.course import MINUTE_S, Courses, Piece, Stream
from footfall_coaching.run import Run
from footfall_processing.metrics.metric import Metric
from footfall_processing.session import Placement, Side

LEAST_PAIRS: Final = 3
"""Left and right are compared over no fewer minutes that both have."""
MOST_UNPAIRED: Final = 0.1
"""Share of a leg's strides of a minute that may be missing of the other: with more, they are not of the same steps."""
SURE: Final = 1.96
SHORT_RUN_CHANGE: Final = 0.15
"""Of two minutes the scatter is not known; this is twice what blocks of 4 % and strides of 17 % make of it."""


@dataclass(frozen=True, slots=True)
class Course:
    """A leg's first and last third, medians of their minutes, and whether the change is beyond the minutes' scatter."""

    first: float
    last: float
    is_change: bool


@dataclass(frozen=True, slots=True)
class Balance:
    """The symmetry index, left less right in percent of their mean, and how far it may be off."""

    index_percent: float
    error_percent: float

    @property
    def is_even(self) -> bool:
        """Whether the legs differ by no more than the measurement may be off."""
        return abs(self.index_percent) <= self.error_percent


def legs_of(run: Run, metric: Metric, known: Courses | None = None) -> dict[Side | None, list[Piece]]:
    """Return each leg's course of a metric, of the placement that has the most minutes of it.

    Parameters
    ----------
    known
        Where courses are kept that are asked for again.
    """
    found = (Courses() if known is None else known).of(run, metric.name)
    if not found:
        return {}
    placement = max(Placement, key=lambda one: sum(len(p) for stream, p in found.items() if stream.placement is one))
    return {stream.side: pieces for stream, pieces in found.items() if stream.placement is placement}


def together(legs: Mapping[Side | None, Sequence[Piece]]) -> dict[Side | None, list[Piece]]:
    """Return the pieces of the minutes that all legs have."""
    begins = [{piece.begin_s for piece in pieces} for pieces in legs.values()]
    shared = set.intersection(*begins) if begins else set()
    return {side: [piece for piece in pieces if piece.begin_s in shared] for side, pieces in legs.items()}


def balance_of(run: Run, metric: Metric, known: Courses | None = None) -> Balance | None:
    """Compare left with right over the minutes that have the same steps of both; `None` where these are too few.

    In a minute of running the legs take turns: where one has clearly fewer strides, those are of other steps.

    Parameters
    ----------
    known
        Where courses are kept that are asked for again.
    """
    both = together({side: pieces for side, pieces in legs_of(run, metric, known).items() if side is not None})
    if set(both) != set(Side) or not metric.legs_error_percent:
        return None
    indices = [
        difference_of(left, right)
        for left, right in zip(both[Side.LEFT], both[Side.RIGHT], strict=True)
        if left.value + right.value > 0.0 and _of_same_steps(left, right)
    ]
    if len(indices) < LEAST_PAIRS:
        return None
    scatter = float(np.std(indices, ddof=1)) / len(indices) ** 0.5
    return Balance(median(indices), SURE * (metric.legs_error_percent**2 + scatter**2) ** 0.5)


def _of_same_steps(left: Piece, right: Piece) -> bool:
    return abs(left.strides - right.strides) <= max(1.0, MOST_UNPAIRED * max(left.strides, right.strides))


def course_of(pieces: Sequence[Piece], least: float) -> Course | None:
    """Compare the first third of a leg's pieces with the last, where there are but two these; `None` of less.

    Parameters
    ----------
    least
        A change by less than this share is none.
    """
    if len(pieces) < 2:
        return None
    values = [piece.value for piece in pieces]
    if len(values) < LEAST_PAIRS:
        begin, end = values
        return Course(begin, end, abs(end - begin) >= max(least, SHORT_RUN_CHANGE) * abs(begin))
    # of the few pieces of a short run each counts
    middle = fmean if pieces[0].end_s - pieces[0].begin_s < MINUTE_S else median
    first, last, error = thirds_of(values)
    begin, end = middle(first), middle(last)
    return Course(begin, end, abs(end - begin) >= max(least * abs(begin), 2.0 * error))


def thirds_of(values: Sequence[float]) -> tuple[Sequence[float], Sequence[float], float]:
    """Return the first and the last third of three values or more, and the standard error of their difference."""
    third = max(1, len(values) // 3)
    scatter = fmean(abs(b - a) for a, b in pairwise(values)) / 1.128  # of neighbours: trend-free
    return values[:third], values[-third:], scatter * (2.0 / third) ** 0.5


def difference_of(left: Piece, right: Piece) -> float:
    """Return the symmetry index of a piece that both legs have: left less right, in percent of their mean."""
    return 200.0 * (left.value - right.value) / (left.value + right.value)


__all__ = [
    "Balance",
    "Course",
    "Stream",
    "balance_of",
    "course_of",
    "difference_of",
    "legs_of",
    "thirds_of",
    "together",
]
