"""Signs of a shank's stride, which other movement lacks: a quick swing, a long one, a shock at contact, a journey.

A shank never stands still as a foot does, but turns over the ankle. In running it moves least just after the landing;
in walking later, up to a quarter of the stride, when the foot stands flat and the knee is over it. From that instant to
the same one of the next stride it is carried on, along the road or up and down the steps of a stair.

The shock is told by what stands out of the stride's own jerk. How high it is says little: a soft landing, a low
sampling rate or a sensor's own filter take from it, and walking needs nothing above 10 Hz.

On stairs the knee stays bent: the swing is short, and no quicker than the turn back. Down a step the leg falls, and the
shock is so sharp that it tells by itself that the turn before it was a swing.
"""

import math
from typing import Final

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.activity import CLEAR_STRIDE, DOUBTFUL, NO_STRIDE
from footfall_processing.estimators.foot.events import calmest
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING_MASK, oldest
from footfall_processing.signal.strapdown import travel
from footfall_processing.units import STANDARD_GRAVITY_MPS2

LEAST_SKEWNESS: Final = 0.33
LEAST_RANGE_RAD: Final = math.radians(50.0)
LEAST_JERK_CREST: Final = 2.0
LEAST_JERK_MPS3: Final = 20.0 * STANDARD_GRAVITY_MPS2
LEAST_WAY_M: Final = 0.25
STEEPEST: Final = 0.8
"""The way of two steps of a stair, less what the shank itself moves; rise over way, which stairs have up to 0.7."""

SIGNS: Final = 4

STAIRS_RANGE_RAD: Final = math.radians(33.0)
STAIRS_JERK_CREST: Final = 4.0
"""A swing and the shock after it that count as quick and long: pedals turn a shank farther, and jolt it far less."""

LANDED: Final = round(0.05 / CELL_S)
SETTLED: Final = round(0.10 / CELL_S)
STANDS_SHARE: Final = 0.25
"""From 50 ms after contact to 100 ms, or to this share of the stride if that is later, a shank moves least."""


@compiled
def _jerk_mps3(ring: Record, cell: int) -> float:
    """Magnitude of the derivative of force over ±20 ms."""
    first, last = oldest(ring), ring.end - 1
    square = 0.0
    for axis in range(3):
        change = 0.0
        for offset in range(1, 5):
            after, before = min(cell + offset, last) & RING_MASK, max(cell - offset, first) & RING_MASK
            change += 0.25 * (ring.imu[after, axis] - ring.imu[before, axis])
        square += change * change
    return math.sqrt(square) / (5.0 * CELL_S)


@compiled
def shank_verdict(ring: Record, rate_radps: FloatArray, begin: int, end: int, backward: bool, journey: Record) -> int:
    """Judge a shank's stride from contact to contact by its signs; `rate_radps` is the smoothed rate, by cell.

    Backwards the heel rises from contact on and the journey can't be told; the way the knee bends stands in for it.
    What is skewed the other way swings the other way: it may be a stride, but not in this sense of the axis.
    """
    first = max(begin, oldest(ring) + 8)
    last = min(end, ring.end - 8)
    count = last - first
    if count < 40:
        return DOUBTFUL
    second = third = turned = least = greatest = 0.0
    after_landing = count - SETTLED
    for cell in range(first, last):
        rate = float(rate_radps[cell & RING_MASK])
        if cell >= first + SETTLED:
            second += rate * rate / after_landing
            third += rate * rate * rate / after_landing
        turned += rate * CELL_S
        least = min(least, turned)
        greatest = max(greatest, turned)
    if third < -LEAST_SKEWNESS * second**1.5:
        return NO_STRIDE
    signs = int(third > LEAST_SKEWNESS * second**1.5) + int(greatest - least > LEAST_RANGE_RAD)

    shock = mean = 0.0
    for cell in range(first - 8, last + 8):
        jerk = _jerk_mps3(ring, cell)
        mean += jerk / (count + 16)
        if cell < first + 16:
            shock = max(shock, jerk)
    if shock > STAIRS_JERK_CREST * mean and STAIRS_RANGE_RAD < greatest - least <= LEAST_RANGE_RAD:
        signs = 2
    signs += int(shock > LEAST_JERK_MPS3 and shock > LEAST_JERK_CREST * mean)

    depart = calmest(ring, first + LANDED, first + max(SETTLED, int(STANDS_SHARE * count)))
    travel(ring, depart, min(depart + end - first, ring.end - 1), journey)
    level = journey.distance_m > LEAST_WAY_M and abs(journey.rise_m) < STEEPEST * journey.distance_m
    signs += int(backward or level)
    return CLEAR_STRIDE if signs == SIGNS else DOUBTFUL if signs == SIGNS - 1 else NO_STRIDE
