"""The shank's pitch rate over a stride: when a swing ends, and when the foot pushes off.

Angular rate about the mediolateral axis, smoothed over ±15 ms; the swing is positive.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING_MASK, oldest, rate_along

_COSINES: Final = np.cos(np.linspace(-0.5 * np.pi, 0.5 * np.pi, 9)[1:-1]) ** 2
SMOOTHING_TAPS: Final = _COSINES / _COSINES.sum()
SMOOTHING: Final = 3
"""Squared-cosine window over ±15 ms (half width 3 cells): zero phase, no overshoot."""

SHORTEST_STRIDE: Final = round(0.42 / CELL_S)
LONGEST_STRIDE: Final = round(2.2 / CELL_S)

SWING: Final = np.dtype(
    [
        ("end", np.float64),
        ("peak_radps", np.float64),
        ("contact", np.float64),
        ("certainty", np.float64),
        ("half_fall", np.float64),
        ("trough", np.float64),
        ("stance_force_mps2", np.float64),
        ("judged", np.bool_),
        ("has_stance", np.bool_),
    ],
    align=True,
)
"""A swing's end and the stance that follows it, in cells; `contact` is NaN until it is placed."""


@compiled
def open_swing(swing: Record, end: float, peak_radps: float) -> None:
    """Note a swing whose contact and stance are still to come."""
    swing.end = end
    swing.peak_radps = peak_radps
    swing.judged = False
    swing.contact = math.nan
    swing.certainty = 0.0
    swing.has_stance = False


@compiled
def smoothed_rate(ring: Record, axis: FloatArray, cell: int) -> float:
    """Angular rate about a unit vector, smoothed; beyond the ends of what is kept it stays as it was there, rad/s."""
    first, last = oldest(ring), ring.end - 1
    total = 0.0
    for k in range(2 * SMOOTHING + 1):
        total += SMOOTHING_TAPS[k] * rate_along(ring, axis, min(max(cell + k - SMOOTHING, first), last))
    return total


@compiled
def rate_at(rate_radps: FloatArray, cell: int) -> float:
    """Value of a ring of smoothed rates at a cell, rad/s."""
    return float(rate_radps[cell & RING_MASK])


@compiled
def find_swing_end(rate_radps: FloatArray, start: int, first_end: float, period: float) -> float:
    """Cell at which a swing ended one period before another did; NaN where it can't be seen, or none fits.

    At the start of a signal the swing may lie before the first cell, or be cut by it.
    """
    expected = first_end - period
    at_first = int(first_end)
    slope = rate_at(rate_radps, at_first) - rate_at(rate_radps, at_first + 1)
    end = math.nan
    nearest = math.inf
    for cell in range(max(int(expected - 0.12 * period), start + 1), int(expected + 0.12 * period)):
        before, rate = rate_at(rate_radps, cell - 1), rate_at(rate_radps, cell)
        falls = before > 0.0 >= rate and before - rate > 0.4 * slope
        if falls and abs(cell - expected) < nearest:
            nearest = abs(cell - expected)
            end = cell - 1 + before / (before - rate)
    if math.isnan(end) and expected <= start + round(0.03 / CELL_S):
        return expected
    return end


@compiled
def measure_push_off(rate_radps: FloatArray, swing: Record, rise_begin: int, next_end: float) -> None:
    """Find push-off between two swings' ends: the trough before the next swing, and half the fall to it."""
    period = next_end - swing.end
    lowest_from = int(swing.end + 0.30 * period)
    lowest = lowest_from
    for cell in range(lowest_from, max(rise_begin, lowest_from + 3) + 1):
        if rate_at(rate_radps, cell) < rate_at(rate_radps, lowest):
            lowest = cell
    highest = int(swing.end + 0.045 / CELL_S + 0.12 * period)
    for cell in range(highest, lowest + 1):
        if rate_at(rate_radps, cell) > rate_at(rate_radps, highest):
            highest = cell
    half = 0.5 * (rate_at(rate_radps, highest) + rate_at(rate_radps, lowest))
    cell = highest
    while cell < lowest and rate_at(rate_radps, cell) > half:
        cell += 1
    before, after = rate_at(rate_radps, cell - 1), rate_at(rate_radps, cell)
    swing.half_fall = cell - 1 + ((before - half) / (before - after) if before > after else 0.5)
    swing.trough = float(lowest)
    swing.has_stance = True
