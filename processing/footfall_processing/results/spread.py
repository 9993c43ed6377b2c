"""The middle and spread of many values in bounded memory: values one by one, or counts on a grid."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from math import ceil, floor, log2, sqrt
from statistics import fmean, median
from typing import Final

import numpy as np

from footfall_processing.metrics.exact_sum import ExactSum
from footfall_processing.samples import FloatArray
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

FINEST_STEPS: Final = 1 << 16
"""The grid's finest steps in thrice the plausible range: whole numbers of two bytes."""

HELD: Final = 540
"""Up to so many strides, and values of them, are held one by one: five minutes at 216 steps a minute."""

MOST_STEPS: Final = 128
"""Where values lie on more steps than this, steps grow to twice their length."""


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """The middle and spread of one metric over strides, in its outside unit.

    Parameters
    ----------
    sd
        Standard deviation from stride to stride (n - 1).
    cv_percent
        Coefficient of variation, 100 sd / mean; `None` for angles, whose zero is a convention, and where the mean is 0.
    """

    n: int
    median: float
    mean: float
    p10: float
    p90: float
    sd: float
    cv_percent: float | None


def finest_step(valid_range: tuple[float, float]) -> float:
    """Return the shortest step on which values of such a range are counted: a power of two."""
    low, high = valid_range
    return float(2.0 ** ceil(log2(3.0 * (high - low) / FINEST_STEPS)))


class Spread:
    """Values whose middle and spread are asked for.

    They are held one by one until `count` is called, and then counted on a grid whose steps start at `finest_step` and
    double while the values lie on more than `MOST_STEPS` of them. Counts, and so every result, depend on the values
    alone: not on their order, nor on when they were counted or put together from parts.

    Held one by one, everything is exact. Counted, so are number, mean and standard deviation; median and percentiles
    lie within one step of the exact ones. For values that scatter normally a step is at most 13 % of the standard
    deviation, and the error mostly below 1 % of it, since values are taken to lie evenly within a step. Values further
    outside the plausible range than it is wide count as that far outside in median and
    percentiles, and in full in the mean.
    """

    def __init__(self, valid_range: tuple[float, float]) -> None:
        low, high = valid_range
        self._finest = finest_step(valid_range)
        self._base = floor((2.0 * low - high) / self._finest)
        self._held: list[float] = []
        self._counts: Counter[int] = Counter()
        self._doublings = 0
        self._total, self._squares = ExactSum(), ExactSum()
        self._least, self._greatest = float("inf"), float("-inf")

    def add(self, values: Iterable[float]) -> None:
        """Take finite values."""
        self._held.extend(values)

    @property
    def n(self) -> int:
        """How many values there are."""
        return len(self._held) + self._counts.total()

    @property
    def held(self) -> int:
        """How many of them are held one by one."""
        return len(self._held)

    @property
    def step(self) -> float:
        """How long the grid's steps are now, in the values' unit."""
        return float(self._finest * 2.0**self._doublings)

    def count(self) -> None:
        """Count all values that are held one by one."""
        if not self._held:
            return
        values = np.asarray(self._held)
        codes = np.clip(np.floor(values / self._finest) - self._base, 0, FINEST_STEPS - 1).astype(np.int64)
        self._counts.update((codes >> self._doublings).tolist())
        self._total.add_all(self._held)
        self._squares.add_all(_squares(values).tolist())
        self._least = min(self._least, float(values.min()))
        self._greatest = max(self._greatest, float(values.max()))
        self._held = []
        self._widen()

    def merge(self, other: "Spread") -> None:
        """Take in the values of another spread of the same range."""
        self._held += other._held
        if not self._counts and not other._counts:
            return
        doublings = max(self._doublings, other._doublings)
        self._counts = self._doubled(doublings - self._doublings) + other._doubled(doublings - other._doublings)
        self._doublings = doublings
        self._total.add_all(other._total.parts())
        self._squares.add_all(other._squares.parts())
        self._least = min(self._least, other._least)
        self._greatest = max(self._greatest, other._greatest)
        self._widen()
        self.count()

    def summary(self, *, ratio_scale: bool) -> MetricSummary:
        """Summarise at least two values."""
        if not self._counts:
            return middle_and_spread(sorted(self._held), ratio_scale=ratio_scale)
        self.count()
        n = self.n
        mean = self._total.rounded() / n
        variance = (n * self._squares.fraction() - self._total.fraction() ** 2) / (n * (n - 1))
        sd = sqrt(variance) if variance > 0 else 0.0
        low, high, p10, p90 = self._at(((n - 1) // 2, n // 2, round(0.1 * (n - 1)), round(0.9 * (n - 1))))
        return MetricSummary(n, 0.5 * (low + high), mean, p10, p90, sd, _cv_percent(mean, sd, ratio_scale=ratio_scale))

    def middle(self) -> float:
        """Return the median of at least one value."""
        if not self._counts:
            return median(self._held)
        self.count()
        n = self.n
        return 0.5 * sum(self._at(((n - 1) // 2, n // 2)))

    def state(self) -> PlainState:
        """What can be stored: values, or the counts as pairs of the way from the step before and how many."""
        if not self._counts:
            return {"held": np.sort(self._held).astype("<f8").tobytes()}
        self.count()
        codes = sorted(self._counts)
        ways = (later - before for before, later in zip(chain((0,), codes), codes, strict=False))
        return {
            "doublings": self._doublings,
            "counts": [number for way, code in zip(ways, codes, strict=True) for number in (way, self._counts[code])],
            "total": [*self._total.parts()],
            "squares": [*self._squares.parts()],
            "ends": [self._least, self._greatest],
        }

    def restore(self, state: PlainState) -> None:
        """Take up what `state` returned.

        Raises
        ------
        InputError
            When it is not such a state.
        """
        stored = Stored(state, "a metric's values")
        self._held, self._counts = [], Counter()
        if "held" in stored.names():
            values = stored.measured("held", columns=1, most=HELD)
            self._held = values[:, 0].tolist()
            return
        pairs = stored.wholes("counts", most=2 * MOST_STEPS, least_value=0)
        self._doublings = stored.whole("doublings", most=FINEST_STEPS.bit_length())
        codes = list(accumulate(pairs[::2]))
        stored.check(len(pairs) % 2 == 0 and bool(codes) and all(pairs[1::2]) and len(set(codes)) == len(codes))
        stored.check(codes[-1] <= (FINEST_STEPS - 1) >> self._doublings)
        self._counts = Counter(dict(zip(codes, pairs[1::2], strict=True)))
        self._total = ExactSum(stored.floats("total"))
        self._squares = ExactSum(stored.floats("squares"))
        self._least, self._greatest = stored.floats("ends", exactly=2)

    def _widen(self) -> None:
        while len(self._counts) > MOST_STEPS:
            self._counts = self._doubled(1)
            self._doublings += 1

    def _doubled(self, times: int) -> Counter[int]:
        """Return the counts on steps that are doubled so many times."""
        doubled: Counter[int] = Counter()
        for code, count in self._counts.items():
            doubled[code >> times] += count
        return doubled

    def _at(self, ranks: Iterable[int]) -> Iterator[float]:
        """Return the values of some ranks, 0 the least: those of a step lie evenly within it."""
        codes = sorted(self._counts)
        below = [0, *accumulate(self._counts[code] for code in codes)]
        for rank in ranks:
            place = int(np.searchsorted(below, rank, side="right")) - 1
            code = codes[place]
            within = (rank - below[place] + 0.5) / self._counts[code]
            value = (self._base + (code + within) * 2.0**self._doublings) * self._finest
            yield min(max(value, self._least), self._greatest)


def middle_and_spread(ordered: Sequence[float], *, ratio_scale: bool) -> MetricSummary:
    """Summarise at least two values in rising order."""
    last = len(ordered) - 1
    mean, sd = fmean(ordered), _sd(np.array(ordered))
    return MetricSummary(
        n=len(ordered),
        median=median(ordered),
        mean=mean,
        p10=ordered[round(0.1 * last)],
        p90=ordered[round(0.9 * last)],
        sd=sd,
        cv_percent=_cv_percent(mean, sd, ratio_scale=ratio_scale),
    )


def _squares(values: FloatArray) -> FloatArray:
    """Return numbers whose exact sum is that of the squares: each square, and what it was rounded by (Dekker 1971)."""
    squares, shifted = values * values, values * (2.0**27 + 1.0)
    high = shifted - (shifted - values)
    low = values - high
    return np.concatenate((squares, ((high * high - squares) + 2.0 * high * low) + low * low))


def _sd(values: FloatArray) -> float:
    """Return what `np.std(values, ddof=1)` does, in a quarter of its time."""
    apart = values - np.add.reduce(values) / len(values)
    return sqrt(np.add.reduce(apart * apart) / (len(values) - 1))


def _cv_percent(mean: float, sd: float, *, ratio_scale: bool) -> float | None:
    return 100.0 * sd / mean if ratio_scale and mean > 0.0 else None
