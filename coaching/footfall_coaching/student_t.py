"""Student's t distribution, for any number of degrees of freedom above 0: how often chance makes a t as large."""

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from typing import Final

_SMALL: Final = 1e-15


def tail(t: float, freedom: float) -> float:
    """Return the probability that a value of this distribution is above `t`, which is 0 or more."""
    squared = t * t / freedom
    if math.isinf(squared):
        return 0.0
    return 0.5 * _incomplete_beta(1.0 / (1.0 + squared), squared / (1.0 + squared), 0.5 * freedom, 0.5)


@lru_cache(maxsize=256)
def quantile(share: float, freedom: float) -> float:
    """Return the t above which this share of the values lies: more than 0, and half of them at most."""
    low, high = 0.0, 1.0
    while tail(high, freedom) > share:
        low, high = high, 2.0 * high
    while low < (middle := 0.5 * (low + high)) < high:
        low, high = (middle, high) if tail(middle, freedom) > share else (low, middle)
    return high


def _incomplete_beta(x: float, rest: float, a: float, b: float) -> float:
    """Return the regularized incomplete beta function at `x`; `rest` is 1 - x, told apart so that it keeps its digits.

    Its continued fraction is DLMF 8.17.22. It converges fast up to about the mean; beyond, 8.17.4 turns it round.
    """
    if x == 0.0 or rest == 0.0:
        return 1.0 if rest == 0.0 else 0.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _incomplete_beta(rest, x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a + 1.0) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    fraction = above = 1.0
    below = 0.0
    for term in _terms(x, a, b):  # Lentz's way, from the front: doi:10.1364/AO.15.000668
        below = 1.0 / (1.0 + term * below)
        above = 1.0 + term / above
        fraction *= above * below
        if abs(above * below - 1.0) <= _SMALL:
            break
    return math.exp(front) / fraction


def _terms(x: float, a: float, b: float) -> Iterator[float]:
    for m in count():
        yield -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        yield (m + 1) * (b - m - 1) * x / ((a + 2 * m + 1) * (a + 2 * m + 2))
