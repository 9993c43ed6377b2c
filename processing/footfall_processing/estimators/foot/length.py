"""The length of a stride: a journey between two flat feet, each of which still moves a little.

Over mid-stance the foot rolls on, and a sensor on top of it goes forward with its height times the rate. No single
instant is still: the belt of a treadmill slows as each step brakes it, a shoe shears. So the foot is not taken to be at
rest at the journey's ends, but to roll and nothing else in the mean over the middle of stance.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING_MASK, oldest, rate_along
from footfall_processing.signal.strapdown import carry, cross, dot

SENSOR_HEIGHT_M: Final = 0.06
"""Height over the ground of a sensor on a shoe's instep: the lever by which it goes forward as the foot rolls."""

ROLLING_FROM: Final = 0.30
ROLLING_TO: Final = 0.50
"""Share of a running contact in which the foot rolls on the ground: it is down, and the heel does not rise yet."""


@compiled
def length_of(
    begun: Record,
    ended: Record,
    flat: int,
    contact_cells: float,
    axis: FloatArray,
    ring: Record,
    journey: Record,
    walking: bool,
) -> float:
    """Length, m, of the stride whose journey goes from `flat` to the flat foot of the stance `ended`.

    Given are the stances at its ends (`stride.STANCE`, contacts known), the contact time and the mediolateral axis.
    """
    if journey.distance_m <= 0.0:
        return 0.0
    across = np.empty(3)
    cross(journey.level_m, journey.up_at_begin, across)
    # cosine between where the foot went and forward: what it rolls on makes a step backwards shorter
    sense = dot(across, axis) / journey.distance_m
    speed_mps = 0.5 * (
        _speed_at(flat, begun.initial_contact, contact_cells, journey.up_at_begin, axis, ring, walking)
        + _speed_at(ended.flat, ended.initial_contact, contact_cells, journey.up_at_end, axis, ring, walking)
    )
    return float(journey.distance_m + sense * speed_mps * (ended.flat - flat) * CELL_S)


@compiled
def _speed_at(
    flat: int,
    contact: float,
    contact_cells: float,
    up_at_flat: FloatArray,
    axis: FloatArray,
    ring: Record,
    walking: bool,
) -> float:
    """Forward speed, m/s, of the sensor at cell `flat` of a stance, such that the foot but rolls over mid-stance.

    In walking the foot stands for long: it is taken to roll and nothing else at `flat` itself.
    """
    begin = end = flat
    if not walking:
        begin = max(round(contact + ROLLING_FROM * contact_cells), oldest(ring))
        end = min(round(contact + ROLLING_TO * contact_cells), ring.end - 1)
        if end < begin:
            begin = end = flat
    forward = np.empty(3)
    cross(up_at_flat, axis, forward)
    norm = math.sqrt(dot(forward, forward))
    for k in range(3):
        forward[k] /= norm
    first, last = min(begin, flat), max(end, flat)
    carry(ring, forward, flat, first)
    speed_mps = at_flat_mps = before_mps2 = short_mps = 0.0
    for cell in range(first, last + 1):
        slot = cell & RING_MASK
        push_mps2 = ring.imu[slot, 0] * forward[0] + ring.imu[slot, 1] * forward[1] + ring.imu[slot, 2] * forward[2]
        if cell > first:
            speed_mps += 0.5 * (before_mps2 + push_mps2) * CELL_S
        before_mps2 = push_mps2
        if cell == flat:
            at_flat_mps = speed_mps
        if begin <= cell <= end:
            short_mps -= SENSOR_HEIGHT_M * rate_along(ring, axis, cell) + speed_mps
        if cell < last:
            carry(ring, forward, cell, cell + 1)
    return at_flat_mps + short_mps / (end - begin + 1)
