"""When a runner's foot leaves the ground, from the shank alone: by how it starts to turn over, and by how free it is.

At the end of stance the shank hardly turns. Once the foot is off, the knee bends and the rate falls to its trough:
toe-off comes a little before the fall is half done. That is so where the leg is thrown off the ground. The slower one
runs, the more the knee bends beforehand, as it does in walking, and the fall says less and less of toe-off. What is
left then is that nothing carries the leg any more but the hip: a little after toe-off its specific force is least.

So the two are mixed by how far the stance carries more than the body's weight, which is what a flight asks for.
"""

from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import force_norm, oldest
from footfall_processing.units import STANDARD_GRAVITY_MPS2

FALL_SHARE: Final = 0.076
FREE_SHARE: Final = 0.062
"""Toe-off comes before half-fall, and before the leg is freest, by these shares of the time since the swing's end.

All that a leg does is the quicker, the shorter it stands: a fixed time would be 10 ms too long for a runner who stands
for 200 ms. Of eight force-plate subjects, each with the same weight, half-fall is late by 7.2 % (leaving one out, 6.8
to 7.5), of the three whose force is unfiltered by 8.2. Where the leg is freest is late by 6.9 % (of five; 6.5 to 7.5),
at 2 m/s by 5.
"""

THROWN_MPS2: Final = 2.2 * STANDARD_GRAVITY_MPS2
CARRIED_MPS2: Final = 1.7 * STANDARD_GRAVITY_MPS2
"""Mean force of a stance that ends in a throw, and of one that hardly ends in a flight."""

EARLIEST: Final = round(0.04 / CELL_S)
LATEST: Final = round(0.06 / CELL_S)
"""From so long before half-fall to so long after it the leg is freest."""

_SINES: Final = np.hanning(11)[1:-1]
TAPS: Final = _SINES / _SINES.sum()
HALF_TAPS: Final = 4
"""Smoothing of the force, over ±20 ms."""


@compiled
def _freest(ring: Record, half_fall: float) -> float:
    """Cell of the middle of the valley of specific force around half-fall: the centroid of what is below half-way up.

    A shallow valley has no sharp bottom, but a middle.
    """
    middle = int(half_fall + 0.5)
    begin = max(middle - EARLIEST, oldest(ring) + HALF_TAPS)
    count = min(middle + LATEST, ring.end - 1 - HALF_TAPS) + 1 - begin
    if count < 2:
        return half_fall
    force = np.zeros(count)
    for k in range(count):
        for tap in range(2 * HALF_TAPS + 1):
            force[k] += TAPS[tap] * force_norm(ring, begin + k + tap - HALF_TAPS)
    shore = 0.5 * (force.min() + force.max())
    total = moment = 0.0
    for k in range(count):
        depth = max(shore - force[k], 0.0)
        total += depth
        moment += k * depth
    return begin + moment / total if total > 0.0 else half_fall


@compiled
def running_toe_off(ring: Record, swing: Record) -> float:
    """Cell at which the foot leaves the ground in the stance after a swing, which `measure_push_off` has measured."""
    by_fall = float(swing.half_fall - FALL_SHARE * (swing.half_fall - swing.end))
    carried = (THROWN_MPS2 - swing.stance_force_mps2) / (THROWN_MPS2 - CARRIED_MPS2)
    weight = min(max(carried, 0.0), 1.0)
    if weight == 0.0:
        return by_fall
    freest = _freest(ring, swing.half_fall)
    return float(by_fall + weight * (freest - FREE_SHARE * (freest - swing.end) - by_fall))
