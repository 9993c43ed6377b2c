"""How a metric changes over a session: a robust slope with its confidence interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, median
from typing import Final

import numpy as np

BLOCK_S: Final = 30.0
"""Strides are taken together over this long: what is left between blocks is little correlated."""

MIN_BLOCK_VALUES: Final = 5
MIN_BLOCKS: Final = 10
"""A block needs this many values, and a drift this many blocks: five minutes of running."""

Z_OF_INTERVAL: Final = NormalDist().inv_cdf(0.975)
"""Standard normal quantile of a 95 % confidence interval."""

MOST_BLOCKS: Final = 500
"""Beyond four hours blocks grow longer, so that the number of pairs stays bounded."""


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


def drift(times_s: Sequence[float], values: Sequence[float], distances_m: Sequence[float] | None) -> Drift | None:
    """Return the Theil-Sen slope of the medians of successive blocks; `None` where there are too few.

    Theil-Sen (Sen 1968, J Am Stat Assoc 63:1379-1389) is the median of the slopes of all pairs: a stretch of hills or a
    stop does not move it. The confidence interval takes the blocks as independent of each other.

    Parameters
    ----------
    times_s, values
        One for each stride, in order of time.
    distances_m
        Way covered up to each stride; `None` where it is not known.
    """
    if not times_s or times_s[-1] - times_s[0] < BLOCK_S * (MIN_BLOCKS - 1):
        return None
    block_s = max(BLOCK_S, (times_s[-1] - times_s[0]) / MOST_BLOCKS)
    members: dict[int, list[int]] = {}
    for index, time_s in enumerate(times_s):
        members.setdefault(int((time_s - times_s[0]) / block_s), []).append(index)
    blocks = [block for block in members.values() if len(block) >= MIN_BLOCK_VALUES]
    if len(blocks) < MIN_BLOCKS:
        return None
    middles = [median(values[index] for index in block) for block in blocks]
    per_10_min = _slope([median(times_s[index] for index in block) for block in blocks], middles, 600.0)
    per_km = None
    if distances_m is not None and distances_m[-1] > distances_m[0]:
        per_km = _slope([median(distances_m[index] for index in block) for block in blocks], middles, 1000.0)
    return Drift(len(blocks), per_10_min, per_km)


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
