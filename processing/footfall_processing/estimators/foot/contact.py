"""When a foot meets the ground: the choices there are, each one function.

In walking, contact is the swing's end, as the heel meets the ground. In running the foot's pitch rate has no such clear
mark, and the choices differ.

Each sets a stance's `initial_contact` (in cells) and `contact_is_sure`. Given are the stance (`stride.STANCE`), its
flat foot's cell, up there as a unit vector and gravity in m/s², the mediolateral axis, the ring, and whether the stride
is of walking.
"""

import math

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.foot.events import (
    CONTACT_DELAY_S,
    FALL_S_PER_RAD,
    HEEL_STOP_WEIGHT,
    falls_through_zero,
    heel_stop,
    shock_onset,
)
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S


@compiled
def by_heel_stop(
    stance: Record, flat: int, up: FloatArray, gravity_mps2: float, axis: FloatArray, ring: Record, walking: bool
) -> None:
    """Running: counted back from the slap and the heel's stop by how far the foot still falls; then the shock's onset.

    A foot that lands on its heel turns about it until it is flat, and is turned fastest (the slap's trough) on the way.
    The steeper it lands the longer the ground has borne it by then: that shows in how far it falls after the trough.
    """
    stop = heel_stop(ring, stance.slap, flat, up, gravity_mps2, axis)
    stance.contact_is_sure = not math.isnan(stop)
    if walking:
        stance.initial_contact = falls_through_zero(ring, axis, stance.swing_end)
    else:
        heel = stop if stance.contact_is_sure else stance.slap_at
        smooth = HEEL_STOP_WEIGHT * heel + (1.0 - HEEL_STOP_WEIGHT) * stance.slap_at
        smooth += (CONTACT_DELAY_S - FALL_S_PER_RAD * stance.fall_rad) / CELL_S
        shock, weight = shock_onset(ring, smooth)
        stance.initial_contact = smooth + weight * (shock - smooth)


@compiled
def by_slap(
    stance: Record, flat: int, up: FloatArray, gravity_mps2: float, axis: FloatArray, ring: Record, walking: bool
) -> None:
    """Running: the trough of the pitch rate as the foot slaps down.

    Falbriard et al. 2018 (doi:10.3389/fphys.2018.00610). Deviation: their correction of the bias, fitted on speed, is
    left out; so contact comes late by some 10 to 20 ms.
    """
    stance.contact_is_sure = True
    stance.initial_contact = falls_through_zero(ring, axis, stance.swing_end) if walking else stance.slap_at
