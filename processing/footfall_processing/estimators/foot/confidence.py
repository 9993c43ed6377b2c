"""How far a stride of a foot sensor can be trusted: what clipping has spoilt becomes unknown, the rest gets a number.

The limits were read off running whose angular rate was clipped on purpose at 400 to 750 °/s: within them toe-off moves
by about 5 ms, the length by 3 %, and the strike angle by 1.4° from 600 °/s on. Below that it is off by 3 to 9° in some
fast strides, most of them on the forefoot: at 500 °/s in up to 1.2 % of them, at 400 °/s in up to 8 %.
"""

import math
from typing import Final

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.foot.events import unrest
from footfall_processing.samples import FloatArray, SampleQuality
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import quality_between, rate_along
from footfall_processing.units import STANDARD_GRAVITY_MPS2

LENGTH_GRAVITY_TOLERANCE: Final = 0.05
"""The mean force of a journey is gravity; where it is further from 1 g, the length can't be told."""

RESTLESS_FLAT_RADPS: Final = math.radians(280.0)
"""More than this is no flat foot: fast and forefoot running reach 250 °/s without harm to any number."""

MOST_CLIPPED_PUSH_OFF: Final = round(0.030 / CELL_S)
MOST_CLIPPED_LANDING: Final = round(0.020 / CELL_S)
MOST_CLIPPED_JOURNEY: Final = round(0.200 / CELL_S)
PITCH_TOLERANCE_RAD: Final = math.radians(2.5)
"""From flat foot to flat foot the pitch comes back to what it was; each degree it misses costs 2 cm of length."""

DOUBT: Final = 0.25
"""What each doubt takes from the confidence; two of them make a stride that is left out of averages."""

MOST_CLIPPED_FORCE: Final = round(0.040 / CELL_S)
"""A clipped impact lacks some momentum; a force clipped for longer lacks the swing's too, and errors may cancel."""

_ACC_CLIPPED: Final = int(SampleQuality.ACC_CLIPPED)
_GYR_CLIPPED: Final = int(SampleQuality.GYR_CLIPPED)


@compiled
def cells_with(ring: Record, bits: int, begin: int, end: int) -> int:
    """Count the cells from begin to end - 1 that have one of these quality bits."""
    count = 0
    for cell in range(begin, end):
        if quality_between(ring, cell, cell + 1) & bits != 0:
            count += 1
    return count


@compiled
def forget_what_clipping_spoilt(
    ring: Record, axis: FloatArray, stride: Record, contact: float, toe_off: float, flat: int, next_flat: int
) -> None:
    """Make toe-off, strike angle or length of `stride` unknown where the signal was clipped for too long."""
    if stride.sample_quality & _ACC_CLIPPED != 0 and (
        cells_with(ring, _ACC_CLIPPED, flat, next_flat) > MOST_CLIPPED_FORCE
    ):
        stride.length_m = math.nan
    if stride.sample_quality & _GYR_CLIPPED == 0:
        return
    if cells_with(ring, _GYR_CLIPPED, flat, int(toe_off) + 3) > MOST_CLIPPED_PUSH_OFF:
        stride.toe_off_s = math.nan
    if cells_with(ring, _GYR_CLIPPED, int(contact) - 3, flat) > MOST_CLIPPED_LANDING:
        stride.strike_angle_rad = math.nan
    pitch_rad = 0.0
    for cell in range(flat, next_flat):
        pitch_rad += rate_along(ring, axis, cell) * CELL_S
    clipped = cells_with(ring, _GYR_CLIPPED, flat, next_flat)
    if clipped > MOST_CLIPPED_JOURNEY or (clipped > 0 and abs(pitch_rad) > PITCH_TOLERANCE_RAD):
        stride.length_m = math.nan


@compiled
def judge(ring: Record, stride: Record, gravity_mps2: float, flat: int, contacts_are_sure: bool) -> None:
    """Give `stride` its confidence, and leave its length unknown where gravity did not come out as such.

    A heel that never stops on the ground is normal in running, where forefoot runners land; in walking it is a doubt.
    """
    doubts = 0
    if abs(gravity_mps2 / STANDARD_GRAVITY_MPS2 - 1.0) > LENGTH_GRAVITY_TOLERANCE:
        stride.length_m = math.nan
        doubts += 1
    if unrest(ring, flat) > RESTLESS_FLAT_RADPS:
        doubts += 1
    if not (stride.running or contacts_are_sure):
        doubts += 1
    stride.confidence = 1.0 - DOUBT * doubts
