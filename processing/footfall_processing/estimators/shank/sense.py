"""Which way round the shank's axis points: so that the swing, the brief quick phase of the gait, is positive.

The sense is that of the rate's third moment about the axis. A landing throws the shank forward, in hard heel strikes
faster than it swings; so what follows a jolt within a tenth of a second does not count. A jolt is a change of force
far above the mean one: when a landing shows none, it throws nothing either, and all counts.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray
from footfall_processing.signal.alignment import FORGETTING_S
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING_MASK, oldest

JOLT: Final = 5.0
"""A jolt is a change of force from cell to cell of so many times the mean one while moving."""

THROW: Final = round(0.1 / CELL_S)
"""Cells after a jolt in which the shank is thrown rather than swung."""

SENSE: Final = np.dtype(
    [
        ("third", np.float64, (3,)),
        ("second", np.float64),
        ("change_mps2", np.float64),
        ("cells", np.int64),
        ("thrown_until", np.int64),
    ],
    align=True,
)
"""Moments of the angular rate over so many cells, the mean change of force, and where the last jolt's throw ends."""


@compiled
def note_sense(sense: Record, axes: Record, ring: Record, cell: int) -> None:
    """Enter one cell of movement into the moments."""
    at, before = cell & RING_MASK, (cell - 1) & RING_MASK
    if cell > oldest(ring):
        square = 0.0
        for axis in range(3):
            step = float(ring.imu[at, axis]) - float(ring.imu[before, axis])
            square += step * step
        change = math.sqrt(square)
        sense.change_mps2 += max(1.0 / axes.moving_cells, CELL_S / FORGETTING_S) * (change - sense.change_mps2)
        if change > JOLT * sense.change_mps2:
            sense.thrown_until = cell + THROW
    if cell < sense.thrown_until:
        return
    sense.cells += 1
    gain = max(1.0 / sense.cells, CELL_S / FORGETTING_S)
    x, y, z = float(ring.imu[at, 3]), float(ring.imu[at, 4]), float(ring.imu[at, 5])
    square = x * x + y * y + z * z
    sense.second += gain * (square - sense.second)
    sense.third[0] += gain * (square * x - sense.third[0])
    sense.third[1] += gain * (square * y - sense.third[1])
    sense.third[2] += gain * (square * z - sense.third[2])


@compiled
def skewness(sense: Record, axis: FloatArray) -> float:
    """Third moment of the rate about a unit vector over the 3/2 power of its second."""
    third = 0.0
    for k in range(3):
        third += sense.third[k] * axis[k]
    return float(third / sense.second**1.5) if sense.second > 0.0 else 0.0
