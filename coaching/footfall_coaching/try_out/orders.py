"""The orders that could be drawn, and the least chance that a test over them can come to.

Only orders that could have been drawn are looked at: within each group of parts every choice of half of them, so 70 of
one group of eight, and 6 · 6 · 6 of three groups of four.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations, product
from math import comb, prod
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST_CHANCE: Final = 0.05
"""A difference counts as found where chance makes one as large in no more than this share of tests."""

Order = tuple[bool, ...]
"""Of each part whether it is a cued one."""


def count_of(groups: Sequence[int]) -> int:
    """Return how many orders groups of parts have."""
    return prod(comb(count, count // 2) for count in groups)


@lru_cache(maxsize=16)
def orders_of(groups: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return every order, one a row, true for cued parts; not to be written to."""
    of_groups = [
        [tuple(place in cued for place in range(count)) for cued in combinations(range(count), count // 2)]
        for count in groups
    ]
    found = np.array([sum(parts, ()) for parts in product(*of_groups)], dtype=np.bool_)
    found.setflags(write=False)
    return found


def orders_with(groups: tuple[int, ...], known: Sequence[bool]) -> NDArray[np.bool_]:
    """Return the orders whose first parts are as they are known."""
    orders = orders_of(groups)
    fit = (orders[:, : len(known)] == np.array(known, dtype=np.bool_)).all(axis=1)
    found: NDArray[np.bool_] = orders[fit]
    return found


def drawn(groups: Sequence[int], random: Random) -> Order:
    """Draw an order; each is as likely as any other."""
    order: list[bool] = []
    for count in groups:
        cued = set(random.sample(range(count), count // 2))
        order += [place in cued for place in range(count)]
    return tuple(order)


def is_one_of(order: Order, groups: Sequence[int]) -> bool:
    """Tell whether an order could have been drawn."""
    ends = np.cumsum(groups)
    return len(order) == ends[-1] and all(
        sum(order[end - count : end]) == count // 2 for count, end in zip(groups, ends, strict=True)
    )


@lru_cache(maxsize=16)
def _places(groups: tuple[int, ...]) -> dict[bytes, int]:
    return {order.tobytes(): place for place, order in enumerate(orders_of(groups))}


def place_of(order: Order, groups: tuple[int, ...]) -> int:
    """Return which row of `orders_of` an order is."""
    return _places(groups)[np.array(order, dtype=np.bool_).tobytes()]


@lru_cache(maxsize=64)
def least_chances(groups: tuple[int, ...], counted: tuple[bool, ...]) -> NDArray[np.float64]:
    """Return of each order the least chance that its clearest result can come to, from the parts that count.

    It is the share of orders in which these parts are cued as in this one, or just the other way round; 1 where all of
    them are alike.
    """
    kept = orders_of(groups)[:, np.array(counted, dtype=np.bool_)]
    codes = kept @ (1 << np.arange(kept.shape[1], dtype=np.int64))
    others = (1 << kept.shape[1]) - 1 - codes
    found, places, counts = np.unique(codes, return_inverse=True, return_counts=True)
    at = np.minimum(np.searchsorted(found, others), len(found) - 1)
    as_many = counts[places] + np.where(found[at] == others, counts[at], 0)
    alike = (codes == 0) | (others == 0)
    least: NDArray[np.float64] = np.where(alike, 1.0, as_many / len(kept))
    least.setflags(write=False)
    return least


def least_chance(groups: tuple[int, ...]) -> float:
    """Return the least chance that a whole test can come to: 2 of its orders, the drawn one and its opposite."""
    return 2.0 / count_of(groups)
