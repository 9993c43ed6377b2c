"""Which way the sensor sits on the segment, learnt from the gait itself.

The mediolateral axis is the direction about which foot and shank turn most: the main eigenvector of the covariance of
angular rate. Its sign is set so that a positive rate turns the toes (the front of the shin) upwards: `foot` and `shank`
each know how to tell.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import (
    LOOK_BACK,
    RING_MASK,
    force_norm,
    look_back_from,
    rate_along,
    rate_norm,
)
from footfall_processing.units import STANDARD_GRAVITY_MPS2

MOVING_RADPS: Final = math.radians(80.0)
"""Below this rate a segment is not swinging and says nothing of its axis; standing sway stays well under it."""

FORGETTING_S: Final = 8.0
"""Moving time over which older movement counts less, so that a strap that slips is followed."""

UNREST_RADPS_PER_MPS2: Final = math.radians(60.0) / STANDARD_GRAVITY_MPS2
"""One g of acceleration counts as much unrest as 60 °/s."""

SLOW_STRIDES: Final = 40
MOVED_RAD: Final = math.radians(12.0)
USUAL_AFTER_STRIDES: Final = 10
"""A strap slips when the axis leaves its mean over some 40 strides by more than this, once there are 10 of them."""

_POWER_STEPS: Final = 30

AXES: Final = np.dtype(
    [
        ("covariance", np.float64, (6,)),
        ("moving_cells", np.int64),
        ("mediolateral", np.float64, (3,)),
        ("usual_mediolateral", np.float64, (3,)),
        ("strides", np.int64),
        ("known", np.bool_),
        ("known_since", np.int64),
    ],
    align=True,
)
"""Second moments of angular rate while moving (xx, xy, xz, yy, yz, zz), and the axis.

`usual_mediolateral` is the axis' mean over the last strides, `strides` how many there were since it was learnt.
`known_since` is the cell at which axis and sign became known; strides before it were found looking back.
"""


@compiled
def note_rate(axes: Record, ring: Record, cell: int) -> bool:
    """Enter one cell into the moments; True when it counted as movement."""
    at = cell & RING_MASK
    x, y, z = float(ring.imu[at, 3]), float(ring.imu[at, 4]), float(ring.imu[at, 5])
    square = x * x + y * y + z * z
    if square < MOVING_RADPS * MOVING_RADPS:
        return False
    axes.moving_cells += 1
    gain = max(1.0 / axes.moving_cells, CELL_S / FORGETTING_S)
    axes.covariance[0] += gain * (x * x - axes.covariance[0])
    axes.covariance[1] += gain * (x * y - axes.covariance[1])
    axes.covariance[2] += gain * (x * z - axes.covariance[2])
    axes.covariance[3] += gain * (y * y - axes.covariance[3])
    axes.covariance[4] += gain * (y * z - axes.covariance[4])
    axes.covariance[5] += gain * (z * z - axes.covariance[5])
    return True


@compiled
def _times_covariance(axes: Record, vector: FloatArray, out: FloatArray) -> None:
    c = axes.covariance
    out[0] = c[0] * vector[0] + c[1] * vector[1] + c[2] * vector[2]
    out[1] = c[1] * vector[0] + c[3] * vector[1] + c[4] * vector[2]
    out[2] = c[2] * vector[0] + c[4] * vector[1] + c[5] * vector[2]


@compiled
def update_axis(axes: Record) -> None:
    """Bring the mediolateral axis to the main eigenvector, keeping its sense (power iteration from the last one)."""
    axis = axes.mediolateral
    product = np.empty(3)
    if axis[0] == 0.0 and axis[1] == 0.0 and axis[2] == 0.0:
        # the covariance's longest column can't be orthogonal to its main eigenvector
        c = axes.covariance
        first = c[0] * c[0] + c[1] * c[1] + c[2] * c[2]
        second = c[1] * c[1] + c[3] * c[3] + c[4] * c[4]
        third = c[2] * c[2] + c[4] * c[4] + c[5] * c[5]
        axis[0 if first >= second and first >= third else 1 if second >= third else 2] = 1.0
    for _ in range(_POWER_STEPS):
        _times_covariance(axes, axis, product)
        length = math.sqrt(product[0] * product[0] + product[1] * product[1] + product[2] * product[2])
        if length <= 0.0:
            return
        settled = True
        for k in range(3):
            component = product[k] / length
            settled &= component == axis[k]
            axis[k] = component
        if settled:
            return


@compiled
def dominance(axes: Record) -> float:
    """Share of all rotation that is about the mediolateral axis, 1/3 to 1."""
    product = np.empty(3)
    _times_covariance(axes, axes.mediolateral, product)
    along = product[0] * axes.mediolateral[0] + product[1] * axes.mediolateral[1] + product[2] * axes.mediolateral[2]
    total = axes.covariance[0] + axes.covariance[3] + axes.covariance[5]
    return float(along / total) if total > 0.0 else 0.0


@compiled
def reverse_axis(axes: Record) -> None:
    """Turn the mediolateral axis round."""
    for k in range(3):
        axes.mediolateral[k] = -axes.mediolateral[k]


@compiled
def axis_moved(axes: Record) -> bool:
    """Note one more stride with the present axis; True while the sensor is turning on its segment."""
    usual, axis = axes.usual_mediolateral, axes.mediolateral
    along = usual[0] * axis[0] + usual[1] * axis[1] + usual[2] * axis[2]
    if along <= 0.0:
        # turned right round, or the first stride: nothing to compare with
        axes.strides = 0
    axes.strides += 1
    gain = max(1.0 / axes.strides, 1.0 / SLOW_STRIDES)
    length = 0.0
    for k in range(3):
        usual[k] += gain * (axis[k] - usual[k])
        length += usual[k] * usual[k]
    along = 0.0
    for k in range(3):
        usual[k] /= math.sqrt(length)
        along += usual[k] * axis[k]
    return bool(axes.strides > USUAL_AFTER_STRIDES and along < math.cos(MOVED_RAD))


@compiled
def learn_from_push_off(axes: Record, ring: Record, least_votes: int) -> bool:
    """Find a foot's axis, and its sense: after its calmest instants the foot rolls toes down, as the heel rises.

    True once `least_votes` calm instants agree, or when the ring is full of movement and no more can be learnt.
    """
    update_axis(axes)
    half = 12
    begin = look_back_from(ring)
    count = ring.end - begin
    if count < 120 or axes.moving_cells == 0:
        return False
    unrest = np.empty(count)
    for i in range(count):
        cell = begin + i
        unrest[i] = rate_norm(ring, cell) + UNREST_RADPS_PER_MPS2 * abs(force_norm(ring, cell) - STANDARD_GRAVITY_MPS2)
    calm = np.empty(count)
    moving = 0
    mean = 0.0
    for i in range(half, count - half):
        total = 0.0
        for k in range(i - half, i + half + 1):
            total += unrest[k]
        calm[i] = total / (2 * half + 1)
        if calm[i] > MOVING_RADPS:
            moving += 1
            mean += calm[i]
    if moving < 100:
        return False
    mean /= moving
    sense = weights = 0.0
    votes = 0
    for i in range(half + 10, count - half - 10):
        if calm[i] >= 0.7 * mean:
            continue
        lowest = True
        for q in range(max(half, i - 40), min(count - half, i + 41)):
            if calm[q] < calm[i]:
                lowest = False
                break
        if not lowest:
            continue
        turned = 0.0
        for q in range(i, min(i + 120, count)):
            turned += rate_along(ring, axes.mediolateral, begin + q) * CELL_S
            if abs(turned) > math.radians(15.0):
                weight = min((mean / max(calm[i], 0.017)) ** 2, 100.0)
                sense -= math.copysign(weight, turned)
                weights += weight
                votes += 1
                break
    if votes == 0:
        return False
    agreed = abs(sense) > 0.5 * weights
    out_of_time = count >= LOOK_BACK - 10 and axes.moving_cells * CELL_S > 2.5
    if least_votes <= 1 or (votes >= least_votes and (agreed or out_of_time)):
        if sense < 0.0:
            reverse_axis(axes)
        axes.known = True
        axes.known_since = ring.end
        return True
    return False
