"""What a test can see: in how many of 100 tests a change of a given size is found, if values vary as they are said to.

Worked out by playing made-up tests through the exact test. They are made of `Random.random`, which Python promises to
give the same numbers for ever, so words that say what is seen can be made again.
"""

from functools import lru_cache
from random import Random
from statistics import NormalDist
from typing import Final

import numpy as np

from footfall_coaching.try_out.orders import MOST_CHANCE, orders_of
from footfall_coaching.try_out.permutation import SAME, Array, weighing

TESTS: Final = 1000
AT_ONCE: Final = 200
RISE_SDS: Final = 0.5
"""Made-up values rise by so much from the middle of a test to its end, in standard deviations of a part."""
LEAST_SCATTER: Final = 0.3
"""Whole numbers alone scatter by so much: one over the root of 12."""
WORST: Final = 10.0


def found_of_100(groups: tuple[int, ...], change: float, scatter: float) -> int:
    """Return in how many of 100 tests a change is found.

    Parameters
    ----------
    change, scatter
        Of cued parts, and the standard deviation of a part, both in the unit of the values.
    """
    return _found(groups, round(abs(change) / max(scatter, SAME), 2))


def pain_found_of_100(groups: tuple[int, ...], change: float, scatter: float, usual: float) -> int:
    """Return the same for pain, which is told in whole numbers from 0 to 10.

    Parameters
    ----------
    usual
        The mean of usual parts.
    """
    return _pain_found(groups, round(change, 2), round(max(scatter, LEAST_SCATTER), 2), round(usual, 1))


@lru_cache(maxsize=64)
def _found(groups: tuple[int, ...], sds: float) -> int:
    noise, labels, places = _made_up(groups)
    return _share(groups, noise - sds * labels, places)


@lru_cache(maxsize=64)
def _pain_found(groups: tuple[int, ...], change: float, scatter: float, usual: float) -> int:
    noise, labels, places = _made_up(groups)
    return _share(groups, np.clip(np.rint(usual + scatter * noise + change * labels), 0.0, WORST), places)


@lru_cache(maxsize=4)
def _made_up(groups: tuple[int, ...]) -> tuple[Array, Array, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return noise of parts, a test each row, and the order of each test by its labels and place."""
    random, normal, orders = Random(1), NormalDist(), orders_of(groups)
    count = sum(groups)
    drawn = [normal.inv_cdf(min(max(random.random(), 1e-12), 1.0 - 1e-12)) for _ in range(TESTS * count)]
    noise = np.array(drawn).reshape(TESTS, count) + RISE_SDS * np.linspace(-1.0, 1.0, count)
    places = np.array([int(random.random() * len(orders)) for _ in range(TESTS)])
    return noise, orders[places].astype(np.float64), places


def _share(groups: tuple[int, ...], values: Array, places: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int:
    rows = weighing(groups, (True,) * sum(groups)).rows
    found = 0
    for begin in range(0, TESTS, AT_ONCE):
        differences = np.abs(values[begin : begin + AT_ONCE] @ rows.T)
        own = differences[np.arange(len(differences)), places[begin : begin + AT_ONCE]]
        chances = (differences >= own[:, None] - SAME * np.maximum(1.0, differences.max(axis=1))[:, None]).mean(axis=1)
        found += int((chances <= MOST_CHANCE).sum())
    return round(100.0 * found / TESTS)
