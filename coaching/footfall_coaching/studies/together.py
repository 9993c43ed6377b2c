"""The test over all runners of a study: how often the drawing alone makes a difference as large as the one found.

It is the try-out's test (`try_out.permutation`) in several strata. Had the condition changed nothing in anybody, each
run would have come out as it did whatever was drawn, so every order that could have been drawn is as good as the one
that was: within each runner, and within each block of a runner's runs, as it was drawn (of a parallel study within each
block of runners). Up to 2,000 orders all are looked at; of more, 9,999 are drawn, and the drawn one counts among them,
by which the chance is never told too small (Phipson and Smyth 2010, doi:10.2202/1544-6115.1585).

Each runner's level is taken off, so runners are never held against one another in an alternating study; runners with
more runs count for more. The interval has every difference that the test would not refuse, if it were the same in all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from footfall_coaching.try_out.orders import MOST_CHANCE, Order, count_of, orders_of, place_of
from footfall_coaching.try_out.permutation import EXPECTED_RISE, SAME, Array, Difference, interval, metric_of
from footfall_coaching.try_out.plan import MOST_ORDERS

DRAWS: Final = 9999


@dataclass(frozen=True, slots=True)
class Stratum:
    """Parts that are held against one another: a runner's runs, or the runners of a parallel study.

    Parameters
    ----------
    values
        `None` for a part that does not count.
    order, groups
        Whether each part is in the condition tried, and the blocks in which that was drawn.
    rise
        What is expected of the values as they go on, as in `permutation.metric_of`; 0 where parts have no order of
        time.
    """

    values: tuple[float | None, ...]
    order: Order
    groups: tuple[int, ...]
    rise: float = EXPECTED_RISE

    @property
    def counts(self) -> bool:
        """Whether it has parts in both conditions."""
        kept = {is_tried for is_tried, value in zip(self.order, self.values, strict=True) if value is not None}
        return len(kept) == 2


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of each order: what the values come to, what a difference of 1 comes to, and by what both are scaled."""

    found: Array
    unit: Array
    length: Array

    def scaled(self) -> tuple[Array, Array]:
        some = self.length > SAME
        scale = np.where(some, 1.0 / np.where(some, self.length, 1.0), 0.0)
        return self.found * scale, self.unit * scale


def together(strata: Sequence[Stratum], seed: str) -> Difference | None:
    """Compare the condition tried with the usual one, over all strata.

    Parameters
    ----------
    seed
        What orders are drawn from where there are more than can be looked at: the study's seal, so that nobody can
        choose them, and everybody can draw them again.

    Returns
    -------
    Difference or None
        `None` where no stratum has values in both conditions.
    """
    if not any(one.counts for one in strata):
        return None
    place, labels = _orders(tuple(one.order for one in strata), tuple(one.groups for one in strata), seed)
    sums = _Sums(*np.zeros((3, len(labels[0]))))
    left, freedom = 0.0, -1
    for stratum, ways in zip(strata, labels, strict=True):
        if not stratum.counts:
            continue
        counted = [value is not None for value in stratum.values]
        metric = metric_of(counted, stratum.rise)
        values = np.array([value for value in stratum.values if value is not None])
        own = np.array(stratum.order, dtype=np.float64)[counted]
        kept = ways[:, counted].astype(np.float64)
        weights = kept @ metric
        sums.found[:] += weights @ values
        sums.unit[:] += weights @ own
        sums.length[:] += np.einsum("ij,ij->i", weights, kept)
        left += float(values @ metric @ values)
        freedom += len(values) - 1
    length = float(sums.length[place])
    mean = float(sums.found[place]) / length
    sums.length[:] = np.sqrt(np.maximum(sums.length, 0.0))
    found, unit = sums.scaled()
    large = np.abs(found) >= abs(float(found[place])) - SAME * max(1.0, float(np.abs(found).max()))
    clearest = np.abs(unit) >= float(unit[place]) * (1.0 - SAME)
    low, high = interval(found, unit, place)
    scatter = math.sqrt(max(0.0, left - mean**2 * length) / freedom) if freedom > 0 else 0.0
    return Difference(mean, low, high, float(large.mean()), float(clearest.mean()), scatter)


@lru_cache(maxsize=1)
def _orders(
    own: tuple[Order, ...], groups: tuple[tuple[int, ...], ...], seed: str
) -> tuple[int, list[NDArray[np.bool_]]]:
    """Return which row is the drawn order, and of each stratum its rows: all there are, or the drawn one and others."""
    if count_of([size for one in groups for size in one]) <= MOST_ORDERS:
        every = sum(groups, ())
        ends = np.cumsum([len(one) for one in own])
        return place_of(sum(own, ()), every), np.split(orders_of(every), ends[:-1], axis=1)
    random = Random(seed)
    return 0, [
        np.vstack([np.array(order, dtype=np.bool_), drawn_labels(sizes, random, DRAWS)])
        for order, sizes in zip(own, groups, strict=True)
    ]


def drawn_labels(groups: Sequence[int], random: Random, count: int) -> NDArray[np.bool_]:
    """Draw orders, one a row; of `Random.random` alone, which Python promises to give the same for ever."""
    found = []
    for size in groups:
        orders = orders_of((size,))
        found.append(orders[[int(random.random() * len(orders)) for _ in range(count)]])
    return np.hstack(found)


# ---- what a study can see

MOST_STUDIES: Final = 400
MOST_VALUES: Final = 1_000_000
"""Made-up values in all: of large studies fewer are played."""
OTHERS: Final = 999
RISE_SDS: Final = 0.5
"""Made-up values rise by so much from the middle of a runner's runs to the end, in standard deviations of a run."""


def found_of_100(groups: tuple[int, ...], strata: int, sds: float, rise: float = EXPECTED_RISE) -> int:
    """Return in how many of 100 studies a change is found, by playing made-up ones through the test.

    Parameters
    ----------
    groups, strata
        The blocks of a stratum, and how many strata there are.
    sds
        The change in standard deviations of a part.
    """
    made_up = _made_up(groups, strata, rise)
    own = np.abs(made_up.own_noise + sds * made_up.own_change)
    others = np.abs(made_up.noise + sds * made_up.change)
    as_large = (others >= own[:, None] * (1.0 - SAME)).sum(axis=1)
    count = others.shape[1]
    chances = as_large / count if made_up.are_all else (1.0 + as_large) / (1.0 + count)
    return round(100.0 * float((chances <= MOST_CHANCE).mean()))


@dataclass(frozen=True, slots=True)
class _MadeUp:
    """What noise alone, and a change of 1, come to in made-up studies.

    Parameters
    ----------
    own_noise, own_change
        With the order that was drawn, of each study.
    noise, change
        With the other orders, a study each row.
    are_all
        Whether these are all orders, the drawn one among them.
    """

    own_noise: Array
    own_change: Array
    noise: Array
    change: Array
    are_all: bool


@lru_cache(maxsize=4)
def _made_up(groups: tuple[int, ...], strata: int, rise: float) -> _MadeUp:
    random, normal, count = Random(1), NormalDist(), sum(groups)
    studies = min(MOST_STUDIES, max(1, MOST_VALUES // (count * strata)))
    metric = metric_of((True,) * count, rise)
    course = RISE_SDS * np.linspace(-1.0, 1.0, count) if rise else np.zeros(count)
    are_all = count_of(groups * strata) <= MOST_ORDERS
    others = _others(groups, strata, random)
    own_noise, own_length = np.zeros(studies), np.zeros(studies)
    noise, change, length = *np.zeros((2, studies, len(others[0]))), np.zeros(len(others[0]))
    for ways in others:
        even = [min(max(random.random(), 1e-12), 1.0 - 1e-12) for _ in range(studies * count)]
        values = np.array([normal.inv_cdf(one) for one in even]).reshape(studies, count) + course
        drawn = drawn_labels(groups, random, studies).astype(np.float64)
        own_noise += np.einsum("ij,ij->i", values @ metric, drawn)
        own_length += np.einsum("ij,ij->i", drawn @ metric, drawn)
        weights = metric @ ways.T
        noise += values @ weights
        change += drawn @ weights
        length += np.einsum("ij,ji->i", ways, weights)
    own_length, length = np.sqrt(own_length), np.sqrt(length)
    return _MadeUp(own_noise / own_length, own_length, noise / length, change / length, are_all)


def _others(groups: tuple[int, ...], strata: int, random: Random) -> list[Array]:
    """Return orders to hold a drawn one against, of each stratum: all that there are, or some."""
    if count_of(groups * strata) <= MOST_ORDERS:
        return [one.astype(np.float64) for one in np.split(orders_of(groups * strata), strata, axis=1)]
    return [drawn_labels(groups, random, OTHERS).astype(np.float64) for _ in range(strata)]
