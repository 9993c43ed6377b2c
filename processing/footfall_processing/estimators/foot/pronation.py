"""How far and how fast the foot rolls over its long axis in the first half of stance.

From the outer edge of the heel the foot rolls inwards (everts) as it takes the load. A sensor on the shoe sees the
roll of the shoe against the ground: not the heel bone within the shoe, and not the heel against the shin.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.foot.events import smoothed_rate
from footfall_processing.estimators.stance_roll import stance_roll_deg
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import oldest
from footfall_processing.signal.strapdown import cross, dot

SMOOTHING: Final = 3
"""Half width of the triangle over the roll rate, cells: ±20 ms (a low-pass of about 16 Hz) leaves the shock out."""

LOADING_SHARE: Final = 0.5
"""The roll inwards is over by the middle of stance; what follows is push-off."""


@compiled
def note_roll(
    ring: Record,
    initial_contact: float,
    toe_off: float,
    up_at_flat: FloatArray,
    mediolateral: FloatArray,
    event: Record,
) -> None:
    """Write the foot's roll from initial contact to mid-stance into an event, to its left and to its right.

    The roll is the integral of the angular rate about the foot's long axis: horizontal at flat foot and square to
    `mediolateral` (which points to the runner's right), so that the pitch of the foot does not enter. Over some
    130 ms the drift of the rate is of no account. Each extreme is counted from contact and never negative; which of
    the two is eversion depends on the side, which this stage does not know. Fields stay NaN where the signal is gone.
    The roll that tells the side goes with them.
    """
    begin = math.floor(initial_contact)
    middle = math.floor(initial_contact + LOADING_SHARE * (toe_off - initial_contact))
    if begin < oldest(ring) or middle >= ring.end or middle <= begin:
        return
    ahead = np.empty(3)
    cross(up_at_flat, mediolateral, ahead)
    length = math.sqrt(dot(ahead, ahead))
    for k in range(3):
        ahead[k] /= length
    late = initial_contact - begin
    before = (1.0 - late) * smoothed_rate(ring, ahead, begin, SMOOTHING)
    before += late * smoothed_rate(ring, ahead, begin + 1, SMOOTHING)
    step_s = (1.0 - late) * CELL_S
    roll_rad = most_right_rad = most_left_rad = 0.0
    fastest_right, fastest_left = max(before, 0.0), max(-before, 0.0)
    for cell in range(begin + 1, middle + 1):
        rate = smoothed_rate(ring, ahead, cell, SMOOTHING)
        roll_rad += 0.5 * (before + rate) * step_s
        before = rate
        step_s = CELL_S
        most_right_rad = max(most_right_rad, roll_rad)
        most_left_rad = max(most_left_rad, -roll_rad)
        fastest_right = max(fastest_right, rate)
        fastest_left = max(fastest_left, -rate)
    event.stance_roll_deg = stance_roll_deg(ring, initial_contact, toe_off, ahead)
    event.roll_right_rad = most_right_rad
    event.roll_left_rad = most_left_rad
    event.roll_right_radps = fastest_right
    event.roll_left_radps = fastest_left
