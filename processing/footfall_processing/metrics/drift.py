"""How a metric changes over a session: a robust slope with its confidence interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, median
from typing import Final

import numpy as np

from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

BLOCK_S: Final = 30.0
"""Strides are taken together over this long: what is left between blocks is little correlated."""

MIN_BLOCK_VALUES: Final = 5
MIN_BLOCKS: Final = 10
"""A block needs this many values, and a drift this many blocks: five minutes of running."""

Z_OF_INTERVAL: Final = NormalDist().inv_cdf(0.975)
"""Standard normal quantile of a 95 % confidence interval."""

MOST_BLOCKS: Final = 240
"""Beyond two hours blocks grow longer, so that their number stays bounded."""

MOST_BLOCK_VALUES: Final = 100
"""More than anybody's strides in 30 s; further ones would not enter a block's medians."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope and the ends of its 95 % confidence interval."""

    slope: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Drift:
    """How a metric changes, in its outside unit.

    Parameters
    ----------
    blocks
        How many stretches of the session it rests on.
    per_10_min
        Change in ten minutes of session time.
    per_km
        Change in a kilometre; `None` where the distance is not known.
    """

    blocks: int
    per_10_min: Slope
    per_km: Slope | None


class DriftBlocks:
    """The blocks of one metric, as its values come in order of time.

    Theil-Sen (Sen 1968, J Am Stat Assoc 63:1379-1389) is the median of the slopes of all pairs of blocks: a stretch of
    hills or a stop does not move it. The confidence interval takes the blocks as independent of each other.

    A block is a stretch of `BLOCK_S` and has the medians of its values, times and ways. Beyond `MOST_BLOCKS` blocks,
    two hours, neighbours are taken together and have the means of their stretches' medians; beyond four hours four of
    them, and so on.
    """

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None
        self._last = (0.0, 0.0)
        self._open_index = 0
        self._open: list[tuple[float, float, float]] = []
        self._doublings = 0
        self._blocks: dict[int, _Block] = {}

    @property
    def empty(self) -> bool:
        """True before the first value."""
        return self._first is None

    def push(self, time_s: float, value: float, way_m: float) -> None:
        """Take the next value, its time and the way covered up to it."""
        if self._first is None:
            self._first = (time_s, way_m)
        self._last = (time_s, way_m)
        index = max(int((time_s - self._first[0]) / BLOCK_S), self._open_index)
        if index != self._open_index:
            self._close(self._blocks)
            self._open_index, self._open = index, []
            if len(self._blocks) > MOST_BLOCKS:
                self._double()
        if len(self._open) < MOST_BLOCK_VALUES:
            self._open.append((time_s, value, way_m))

    def drift(self, *, with_ways: bool) -> Drift | None:
        """Return the slope so far, in kilometres too where ways are known; `None` where there are too few blocks."""
        if self._first is None or self._last[0] - self._first[0] < BLOCK_S * (MIN_BLOCKS - 1):
            return None
        blocks = dict(self._blocks)
        self._close(blocks)
        if len(blocks) < MIN_BLOCKS:
            return None
        times_s, values, ways_m = zip(*(block.middles for block in blocks.values()), strict=True)
        per_km = _slope(ways_m, values, 1000.0) if with_ways and self._last[1] > self._first[1] else None
        return Drift(len(blocks), _slope(times_s, values, 600.0), per_km)

    def _close(self, blocks: "dict[int, _Block]") -> None:
        """Add the open block to these."""
        if len(self._open) < MIN_BLOCK_VALUES:
            return
        index = self._open_index >> self._doublings
        block = _Block(1, *(median(column) for column in zip(*self._open, strict=True)))
        blocks[index] = blocks[index] + block if index in blocks else block

    def _double(self) -> None:
        doubled: dict[int, _Block] = {}
        for index, block in self._blocks.items():
            doubled[index >> 1] = doubled[index >> 1] + block if index >> 1 in doubled else block
        self._blocks = doubled
        self._doublings += 1

    def state(self) -> PlainState:
        """What can be stored."""
        sums = [(b.time_s, b.value, b.way_m) for b in self._blocks.values()]
        return {
            "first": None if self._first is None else [*self._first],
            "last": [*self._last],
            "open_index": self._open_index,
            "open": np.array(self._open, dtype="<f8").tobytes(),
            "doublings": self._doublings,
            "indexes": [*self._blocks],
            "stretches": [block.stretches for block in self._blocks.values()],
            "sums": np.array(sums, dtype="<f8").tobytes(),
        }

    def restore(self, state: PlainState) -> None:
        """Take up what `state` returned.

        Raises
        ------
        InputError
            When it is not such a state.
        """
        stored = Stored(state, "a drift")
        first = None if stored.part("first") is None else stored.floats("first", exactly=2)
        last = stored.floats("last", exactly=2)
        self._first = None if first is None else (first[0], first[1])
        self._last = (last[0], last[1])
        self._open_index = stored.whole("open_index")
        self._open = [(t, v, w) for t, v, w in stored.measured("open", columns=3, most=MOST_BLOCK_VALUES).tolist()]
        self._doublings = stored.whole("doublings", most=62)
        indexes = stored.wholes("indexes", most=MOST_BLOCKS + 1, least_value=0)
        stretches = stored.wholes("stretches", most=MOST_BLOCKS + 1, least_value=1)
        sums = stored.measured("sums", columns=3, most=MOST_BLOCKS + 1)
        stored.check(len(indexes) == len(stretches) == len(sums) and indexes == sorted(set(indexes)))
        rows = zip(indexes, stretches, sums.tolist(), strict=True)
        self._blocks = {index: _Block(count, *row) for index, count, row in rows}


@dataclass(frozen=True, slots=True)
class _Block:
    """How many stretches a block has, and the sums of their medians."""

    stretches: int
    time_s: float
    value: float
    way_m: float

    def __add__(self, other: "_Block") -> "_Block":
        return _Block(
            self.stretches + other.stretches,
            self.time_s + other.time_s,
            self.value + other.value,
            self.way_m + other.way_m,
        )

    @property
    def middles(self) -> tuple[float, float, float]:
        """Time, value and way in the middle."""
        return self.time_s / self.stretches, self.value / self.stretches, self.way_m / self.stretches


def _slope(positions: Sequence[float], values: Sequence[float], unit: float) -> Slope:
    """Return the Theil-Sen slope; `scipy.stats.theilslopes` gives the same, but takes a second to import.

    The interval is that of Sen's equation 2.6 without its correction for equal values, which would narrow it.
    """
    x, y = np.asarray(positions), np.asarray(values)
    first, second = np.triu_indices(len(x), 1)
    run = x[second] - x[first]
    slopes = np.sort((y[second] - y[first])[run > 0.0] / run[run > 0.0]) * unit
    count = len(x)
    reach = Z_OF_INTERVAL * math.sqrt(count * (count - 1) * (2 * count + 5) / 18.0)
    low = max(round((len(slopes) - reach) / 2.0) - 1, 0)
    high = min(round((len(slopes) + reach) / 2.0), len(slopes) - 1)
    return Slope(float(np.median(slopes)), float(slopes[low]), float(slopes[high]))
