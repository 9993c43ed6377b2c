"""The exact test: how often chance alone, the drawing of the order, makes a difference as large as the one found.

Had the cue changed nothing, each part would have come out as it did whatever it was, so the difference can be worked
out for every order that could have been drawn (Edgington 1980, doi:10.3102/10769986005003235). The chance is the share
of orders whose difference, to either side, is as large as that of the drawn one; ties count. It holds whatever the
values, their scatter or their course; only how small a change is seen depends on these.

A part counts by its median (impact, cadence) or the level told (pain). Impact and pain rise as a run goes on, so the
difference is that of least squares where a steady rise or fall is expected which from the middle to the ends is as
large as parts scatter. Plain means see less where there is a rise, and with any rise taken off in full less is seen
where there is none: `python scripts/try_out_power.py`.

The interval has every difference that the test would not refuse. Each order is as good as the drawn one for differences
between two bounds, which have a closed form, so it is exact too. Of eight blocks it is wide.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from footfall_coaching.try_out.orders import MOST_CHANCE, Order, least_chances, orders_of, place_of

Array = NDArray[np.float64]

EXPECTED_RISE: Final = 1.0
"""From the middle of a test to its end, in standard deviations of a part."""
SAME: Final = 1e-9
"""Differences that are closer than this share of the largest are the same."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Cued parts less usual ones, in the unit of the values.

    Parameters
    ----------
    mean
        How much higher cued parts are.
    low, high
        Its 95 % interval, infinite where the parts can't bound it.
    chance
        The share of orders that make a difference as large.
    least_chance
        The least that this share could have come to.
    scatter
        Standard deviation of a part about that; 0 where there are too few to tell.
    """

    mean: float
    low: float
    high: float
    chance: float
    least_chance: float
    scatter: float

    @property
    def is_found(self) -> bool:
        """Whether chance is an unlikely reason for it."""
        return self.chance <= MOST_CHANCE

    @property
    def could_be_found(self) -> bool:
        """Whether even the clearest difference could have been found."""
        return self.least_chance <= MOST_CHANCE


@dataclass(frozen=True, slots=True)
class Weighing:
    """How differences are made of the parts that count.

    Parameters
    ----------
    metric
        Square of as many rows as parts: inner products of values and orders, level and expected rise taken off.
    rows
        Of each order what its difference is made with, scaled so that none favours an order (as in a t-test).
    """

    metric: Array
    rows: Array


@lru_cache(maxsize=64)
def weighing(groups: tuple[int, ...], counted: tuple[bool, ...], rise: float = EXPECTED_RISE) -> Weighing:
    """Return how differences are made, of the parts that count."""
    metric = metric_of(counted, rise)
    labels = orders_of(groups)[:, np.array(counted, dtype=np.bool_)].astype(np.float64)
    rows = labels @ metric
    lengths = np.sqrt(np.maximum(np.einsum("ij,ij->i", rows, labels), 0.0))
    some = lengths > SAME
    rows[some] /= lengths[some, None]
    rows[~some] = 0.0
    return Weighing(metric, rows)


def metric_of(counted: Sequence[bool], rise: float = EXPECTED_RISE) -> Array:
    """Return the metric of `Weighing` for the parts that count, one at least."""
    keep = np.array(counted, dtype=np.bool_)
    time = np.linspace(-1.0, 1.0, len(counted))[keep]
    inverse = np.linalg.inv(np.eye(len(time)) + rise**2 * np.outer(time, time))
    level = inverse.sum(axis=1)
    metric: Array = inverse - np.outer(level, level) / level.sum()
    return metric


def difference(values: Sequence[float | None], order: Order, groups: tuple[int, ...]) -> Difference | None:
    """Compare cued parts with usual ones.

    Parameters
    ----------
    values
        One for each part; `None` for a part that does not count.
    order, groups
        The order that was drawn, and what it was drawn of.

    Returns
    -------
    Difference or None
        `None` where no cued part counts, or no usual one.
    """
    counted = tuple(value is not None for value in values)
    kept = np.array([value for value in values if value is not None], dtype=np.float64)
    label = np.array([is_cued for is_cued, counts in zip(order, counted, strict=True) if counts], dtype=np.float64)
    if not 0.0 < label.sum() < len(label):
        return None
    ways = weighing(groups, counted)
    place = place_of(order, groups)
    length = math.sqrt(float(label @ ways.metric @ label))
    found, unit = ways.rows @ kept, ways.rows @ label
    mean = float(found[place]) / length
    large = np.abs(found) >= abs(float(found[place])) - SAME * max(1.0, float(np.abs(found).max()))
    low, high = interval(found, unit, place)
    left = float(kept @ ways.metric @ kept) - mean**2 * length**2
    freedom = len(kept) - 2
    scatter = math.sqrt(max(0.0, left) / freedom) if freedom > 0 else 0.0
    least = float(least_chances(groups, counted)[place])
    return Difference(mean, low, high, float(large.mean()), least, scatter)


def interval(found: Array, unit: Array, place: int) -> tuple[float, float]:
    """Return the bounds between which more than `MOST_CHANCE` of the orders are as good as the drawn one.

    Parameters
    ----------
    found, unit
        Of each order what values come to, and what a difference of 1 with the drawn order comes to.
    place
        Which of them is the drawn one.

    Once a difference d is taken off the cued parts, order a makes found[a] - d · unit[a], and is as good as the drawn
    one while that is as far from 0: between the two values of d at which both are equally far.
    """
    own, length = float(found[place]), float(unit[place])
    allowed = math.floor(MOST_CHANCE * len(found) + SAME)
    bounds = []
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (own - found) / (length - unit), (own + found) / (length + unit)
    for sign in (-1.0, 1.0):
        one_end = np.where(length - unit <= SAME * length, np.inf, sign * one)
        other_end = np.where(length + unit <= SAME * length, np.inf, sign * other)
        reach = np.sort(np.maximum(one_end, other_end))[::-1]
        bounds.append(sign * float(reach[allowed]))
    return bounds[0], bounds[1]
