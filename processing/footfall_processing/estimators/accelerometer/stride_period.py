"""The stride period from force alone: the autocorrelation of unrest, which is how far the force is from 1 g.

Unrest needs no axis and no phase. It is smoothed over ±60 ms, kept at 50 Hz, and compared with itself four times a
second over the last 3 s.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S, parabola_shift
from footfall_processing.signal.ring import RING_MASK, force_norm
from footfall_processing.units import STANDARD_GRAVITY_MPS2

_COSINES: Final = np.cos(np.linspace(-0.5 * np.pi, 0.5 * np.pi, 27)[1:-1]) ** 2
UNREST_TAPS: Final = _COSINES / _COSINES.sum()
UNREST_HALF_WIDTH: Final = 12
UNREST_CAP_MPS2: Final = 5.0 * STANDARD_GRAVITY_MPS2
"""Squared-cosine window over ±60 ms; a hard landing counts no more than 5 g, so that it does not outshout the rest."""

UNREST_LENGTH: Final = 256
STEP: Final = 4
"""Unrest is kept for every fourth cell, 256 of them: 5.12 s."""

EVERY: Final = 50
WINDOW: Final = 600
LEAST_WINDOW: Final = 440
SHORTEST_LAG: Final = 27
LONGEST_LAG: Final = 80
"""The period is sought every 0.25 s in 3 s (at least 2.2 s) of unrest at 50 Hz, between 0.54 and 1.6 s."""

LEAST_UNREST_MPS2: Final = 0.12 * STANDARD_GRAVITY_MPS2
LEAST_CORRELATION: Final = 0.4
FIRST_PEAK_SHARE: Final = 0.85
"""The first peak of the autocorrelation that is 85 % as high as the highest: a stride, not two."""


@compiled
def unrest_at(ring: Record, cell: int) -> float:
    """How far the force's magnitude is from 1 g at a cell, m/s²; after the newest cell it is as there."""
    norm = force_norm(ring, min(cell, ring.end - 1))
    return min(abs(norm - STANDARD_GRAVITY_MPS2), UNREST_CAP_MPS2)


@compiled
def smooth(values: FloatArray, cell: int, first: int) -> float:
    """Mean round a cell of what is kept as long as the ring; before `first` it is as at `first`."""
    total = 0.0
    for k in range(2 * UNREST_HALF_WIDTH + 1):
        total += UNREST_TAPS[k] * values[max(cell + k - UNREST_HALF_WIDTH, first) & RING_MASK]
    return float(total)


@compiled
def mean_unrest(unrest_mps2: FloatArray, last: int, count: int) -> float:
    """Mean of the `count` values before the one numbered `last`, m/s²."""
    total = 0.0
    for k in range(count):
        total += unrest_mps2[(last - count + k) % UNREST_LENGTH]
    return total / count


@compiled
def stride_period(unrest_mps2: FloatArray, last: int, count: int) -> float:
    """Cells from stride to stride, by the `count` values before the one numbered `last`; NaN if unclear."""
    mean = mean_unrest(unrest_mps2, last, count)
    longest = min(LONGEST_LAG, count - round(0.8 / (STEP * CELL_S)))
    nearest = SHORTEST_LAG - 1
    lags = longest - nearest + 1
    # after the last value come zeros, for lags that reach beyond it
    values = np.zeros(count + lags + 3)
    # sums of squares of the first values
    square_sums = np.zeros(count + 1)
    for k in range(count):
        values[k] = unrest_mps2[(last - count + k) % UNREST_LENGTH] - mean
        square_sums[k + 1] = square_sums[k] + values[k] * values[k]
    products, later_squares = np.zeros(lags), np.zeros(lags)
    # one lag after the other each sum would wait for itself; all lags at once, several are added in one step,
    # and by four values at a time each sum is fetched and put back a quarter as often
    for k in range(0, count - nearest, 4):
        a, b, c, d = values[k], values[k + 1], values[k + 2], values[k + 3]
        later = values[k + nearest :]
        for lag in range(lags):
            w, x, y, z = later[lag], later[lag + 1], later[lag + 2], later[lag + 3]
            products[lag] = products[lag] + a * w + b * x + c * y + d * z
            later_squares[lag] = later_squares[lag] + w * w + x * x + y * y + z * z
    likeness = np.zeros(longest + 2)
    for lag in range(nearest, longest + 1):
        squares = square_sums[count - lag] * later_squares[lag - nearest]
        likeness[lag] = products[lag - nearest] / math.sqrt(squares + 1e-9)
    best = SHORTEST_LAG
    for lag in range(SHORTEST_LAG, longest):
        if likeness[lag] > likeness[best]:
            best = lag
    if likeness[best] < LEAST_CORRELATION or max(likeness[best - 1], likeness[best + 1]) > likeness[best]:
        return math.nan
    for lag in range(SHORTEST_LAG, best):
        is_peak = likeness[lag] >= likeness[lag - 1] and likeness[lag] > likeness[lag + 1]
        if is_peak and likeness[lag] > FIRST_PEAK_SHARE * likeness[best]:
            best = lag
            break
    return float((best + parabola_shift(likeness[best - 1], likeness[best], likeness[best + 1])) * STEP)


@compiled
def stride_likeness(unrest_mps2: FloatArray, end: int, length: int) -> float:
    """How like the stride before it a stride is: the correlation of the last two times `length` values before `end`."""
    now = mean_unrest(unrest_mps2, end, length)
    before = mean_unrest(unrest_mps2, end - length, length)
    product = left = right = 0.0
    for k in range(end - length, end):
        a = unrest_mps2[k % UNREST_LENGTH] - now
        b = unrest_mps2[(k - length) % UNREST_LENGTH] - before
        product += a * b
        left += a * a
        right += b * b
    return float(product / math.sqrt(left * right + 1e-9))
