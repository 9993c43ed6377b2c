"""How a segment rolls over its long axis in stance: what tells left legs from right ones (`sides`)."""

import math
from typing import Final

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import oldest, rate_along

UNKNOWN_ROLL: Final = -128
"""Stands where the signal is gone, in the events' one byte."""

MOST_DEG: Final = 127.0


@compiled
def stance_roll_deg(ring: Record, initial_contact: float, toe_off: float, ahead: FloatArray) -> int:
    """Roll to the right in the second half of stance less that in the first, in whole degrees.

    `ahead` is the segment's long axis (foot) or the axis that points forward (shank), as a unit vector. Both halves
    are of equal length, so that the drift of the angular rate falls out.
    """
    begin, end = math.floor(initial_contact), math.floor(toe_off)
    half = (end - begin) // 2
    if half < 2 or begin < oldest(ring) or begin + 2 * half > ring.end:
        return UNKNOWN_ROLL
    roll_rad = 0.0
    for cell in range(begin, begin + half):
        roll_rad += (rate_along(ring, ahead, cell + half) - rate_along(ring, ahead, cell)) * CELL_S
    roll_deg = math.floor(math.degrees(roll_rad) + 0.5)
    return int(min(max(roll_deg, -MOST_DEG), MOST_DEG))
