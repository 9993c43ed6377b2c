"""Instants and angles of one stance of a foot sensor: the slap, flat foot, initial contact, toe-off, strike angle.

The foot's pitch rate (toes up positive) tells the story of a stride: a great positive lobe in swing; a short negative
spike when the foot slaps down after contact; near zero while it is flat; a deep negative lobe as the heel rises until
push-off ends at toe-off; then the next swing.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray
from footfall_processing.signal.alignment import UNREST_RADPS_PER_MPS2
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import (
    RING_LENGTH,
    RING_MASK,
    force_norm,
    oldest,
    rate_along,
    rate_norm,
)
from footfall_processing.signal.strapdown import carry, cross, dot
from footfall_processing.units import STANDARD_GRAVITY_MPS2

HEEL_FORWARD_M: Final = -0.20
HEEL_UP_M: Final = -0.07
"""A point behind the heel, seen from a sensor on the instep: so far out, it matters little where the sensor sits."""

HEEL_STOP_WEIGHT: Final = 0.25
FALL_S_PER_RAD: Final = 0.050
CONTACT_DELAY_S: Final = 0.003
"""Initial contact lies before the slap's middle: by this time for each radian that the foot still falls after it."""

SHOCK_BEFORE: Final = round(0.040 / CELL_S)
SHOCK_AFTER: Final = round(0.025 / CELL_S)
"""Where a shock is looked for about the heel's stop."""

FAINT_SHOCK_MPS2: Final = 4.0 * STANDARD_GRAVITY_MPS2
SHARP_SHOCK_MPS2: Final = 6.5 * STANDARD_GRAVITY_MPS2
"""Rise of the resultant within one cell (5 ms). Legs alone reach the first in fast running; from the second on the
ground is the only cause left, and contact is where the rise begins."""

FIRST_SHOCK_SHARE: Final = 0.70
"""A landing may ring: contact is the first rise at least this large against the largest."""

SLAP_CELLS: Final = round(0.10 / CELL_S)
"""The slap comes at most this long after the swing lobe's end."""

CALM_HALF_WIDTH: Final = round(0.030 / CELL_S)
FLAT_FROM: Final = 0.25
FLAT_TO: Final = 0.60
"""Share of stance in which the foot is flat, whatever the strike."""

PUSH_OFF_SHARE: Final = 0.70
TOE_OFF_LEVEL: Final = 0.90
"""Push-off is the first trough at least 70 % as deep as the deepest; the toe leaves as the rate is back at 90 %."""

COASTING_FROM: Final = 0.3
COASTING_TO: Final = 0.8
"""As the toe leaves, the foot moves forward at such a share of the speed of running: at 0.4 to 0.65 wherever worn."""

DRAWING_CELLS: Final = round(0.085 / CELL_S)
"""The leg brings the foot from the push's end to the upper share in 20 to 85 ms, whatever the speed of running."""

PUSH_HALF_WIDTH: Final = 5

RETURN_WEIGHT: Final = 0.4
PUSH_END_DELAY_S: Final = 0.010
"""Toe-off in running lies this far from the push's end to the rate's return, and before both by the delay."""

FLAT_REFERENCE: Final = 0.21
"""Share of contact time after which the foot is down whatever the strike; the strike angle is counted from there."""

ANGLE_HALF_WIDTH: Final = 3
"""The pitch at contact is a triangular mean over ±20 ms: a contact's shock is no rotation of the foot."""


@compiled
def smoothed_rate(ring: Record, axis: FloatArray, cell: int, half_width: int) -> float:
    """Rate about an axis, rad/s, in a triangular window; the ends of the kept signal are continued as constants."""
    first, last = oldest(ring), ring.end - 1
    total = 0.0
    for offset in range(-half_width, half_width + 1):
        weight = half_width + 1 - abs(offset)
        total += weight * rate_along(ring, axis, min(max(cell + offset, first), last))
    return total / ((half_width + 1) * (half_width + 1))


@compiled
def unrest(ring: Record, cell: int) -> float:
    """How far the foot is from standing still: mean over ±30 ms of rate and of force off 1 g, rad/s."""
    total = 0.0
    for k in range(cell - CALM_HALF_WIDTH, cell + CALM_HALF_WIDTH + 1):
        total += _unrest_at(ring, k)
    return total / (2 * CALM_HALF_WIDTH + 1)


@compiled
def _unrest_at(ring: Record, cell: int) -> float:
    """One cell's part in `unrest`; the ends of the kept signal are continued as constants."""
    k = min(max(cell, oldest(ring)), ring.end - 1)
    return rate_norm(ring, k) + UNREST_RADPS_PER_MPS2 * abs(force_norm(ring, k) - STANDARD_GRAVITY_MPS2)


@compiled
def calmest(ring: Record, begin: int, end: int) -> int:
    """The cell of least unrest from begin to end, both included."""
    if end < begin:
        return begin
    # each cell's part is worked out once, not once for each of the cells that it is near
    parts = np.empty(end - begin + 1 + 2 * CALM_HALF_WIDTH)
    for k in range(len(parts)):
        parts[k] = _unrest_at(ring, begin - CALM_HALF_WIDTH + k)
    best = begin
    least = math.inf
    for cell in range(begin, end + 1):
        total = 0.0
        for k in range(cell - begin, cell - begin + 2 * CALM_HALF_WIDTH + 1):
            total += parts[k]
        if total < least:
            least = total
            best = cell
    return best


@compiled
def trough(values: FloatArray, at: int, count: int) -> float:
    """Sub-cell position of a minimum of equally spaced values, by a parabola."""
    if at <= 0 or at >= count - 1:
        return float(at)
    curvature = values[at - 1] - 2.0 * values[at] + values[at + 1]
    return at + 0.5 * (values[at - 1] - values[at + 1]) / curvature if curvature > 0.0 else float(at)


@compiled
def falls_through_zero(ring: Record, axis: FloatArray, cell: int) -> float:
    """Where the rate near `cell` falls through zero, sub-cell; `cell` itself where it does not."""
    begin = max(cell - 6, oldest(ring))
    before = smoothed_rate(ring, axis, begin, 2)
    for k in range(begin + 1, min(cell + 9, ring.end)):
        after = smoothed_rate(ring, axis, k, 2)
        if before > 0.0 >= after:
            return k - 1 + before / (before - after)
        before = after
    return float(cell)


@compiled
def look_back_from_flat(
    ring: Record,
    flat: int,
    begin: int,
    up_at_flat: FloatArray,
    gravity_mps2: float,
    mediolateral: FloatArray,
    point_forward_m: float,
    point_up_m: float,
    sinking_mps: FloatArray,
    pitch_sine: FloatArray,
) -> None:
    """Follow the foot backwards in time from flat foot, where it stands still, to cell `begin`.

    Integrating backwards over the few tens of ms since contact leaves no time for drift (after Falbriard et al. 2020,
    doi:10.3389/fbioe.2020.00065). Fills, for cells begin to flat: the vertical speed (up positive) of a point given in
    the foot's own forward and up directions from the sensor, and the sine of the foot's pitch against flat foot.
    """
    forward = np.empty(3)
    cross(up_at_flat, mediolateral, forward)
    length = math.sqrt(dot(forward, forward))
    arm = np.empty(3)
    up = np.empty(3)
    for k in range(3):
        forward[k] /= length
        arm[k] = point_forward_m * forward[k] + point_up_m * up_at_flat[k]
        up[k] = up_at_flat[k]
    speed_mps = 0.0
    later_mps2 = 0.0
    for cell in range(flat, begin - 1, -1):
        at = cell & RING_MASK
        rise_mps2 = ring.imu[at, 0] * up[0] + ring.imu[at, 1] * up[1] + ring.imu[at, 2] * up[2] - gravity_mps2
        if cell < flat:
            speed_mps -= 0.5 * (rise_mps2 + later_mps2) * CELL_S
        later_mps2 = rise_mps2
        wx, wy, wz = ring.imu[at, 3], ring.imu[at, 4], ring.imu[at, 5]
        pitch_sine[cell - begin] = dot(up, forward)
        sinking_mps[cell - begin] = (
            speed_mps
            + (wy * arm[2] - wz * arm[1]) * up[0]
            + (wz * arm[0] - wx * arm[2]) * up[1]
            + (wx * arm[1] - wy * arm[0]) * up[2]
        )
        if cell > begin:
            carry(ring, up, cell, cell - 1)


@compiled
def heel_stop(
    ring: Record, slap: int, flat: int, up_at_flat: FloatArray, gravity_mps2: float, mediolateral: FloatArray
) -> float:
    """Cell at which the heel's edge stops sinking, near the slap; NaN where it can't be told."""
    begin = max(slap - 12, oldest(ring))
    count = flat - begin + 1
    if slap <= begin or flat <= slap or count > RING_LENGTH:
        return math.nan
    speed_mps = np.empty(count)
    pitch = np.empty(count)
    look_back_from_flat(
        ring, flat, begin, up_at_flat, gravity_mps2, mediolateral, HEEL_FORWARD_M, HEEL_UP_M, speed_mps, pitch
    )
    k = slap - begin
    if speed_mps[k] > 0.0:
        while k > 0 and speed_mps[k] > 0.0:
            k -= 1
        if speed_mps[k] > 0.0:
            return math.nan
        return float(begin + k + speed_mps[k] / (speed_mps[k] - speed_mps[k + 1]))
    for q in range(k, min(k + 3, count - 1)):
        if speed_mps[q] <= 0.0 < speed_mps[q + 1]:
            return float(begin + q + speed_mps[q] / (speed_mps[q] - speed_mps[q + 1]))
    return math.nan


@compiled
def shock_onset(ring: Record, near: float) -> tuple[float, float]:
    """Where the shock of a landing begins, and its weight from 0 (none) to 1 (sharp).

    The steepest rise of the resultant is drawn back to what the resultant was before it.
    """
    begin = max(int(near) - SHOCK_BEFORE, oldest(ring) + 4)
    end = min(int(near) + SHOCK_AFTER, ring.end - 1)
    largest = 0.0
    for cell in range(begin, end + 1):
        largest = max(largest, force_norm(ring, cell) - force_norm(ring, cell - 1))
    weight = (largest - FAINT_SHOCK_MPS2) / (SHARP_SHOCK_MPS2 - FAINT_SHOCK_MPS2)
    if weight <= 0.0:
        return near, 0.0
    steepest = begin
    while force_norm(ring, steepest) - force_norm(ring, steepest - 1) < FIRST_SHOCK_SHARE * largest:
        steepest += 1
    while steepest < end and (
        force_norm(ring, steepest + 1) - force_norm(ring, steepest)
        > force_norm(ring, steepest) - force_norm(ring, steepest - 1)
    ):
        steepest += 1
    below, above = force_norm(ring, steepest - 1), force_norm(ring, steepest)
    before = steepest - 1
    while before > steepest - 4 and force_norm(ring, before - 1) < force_norm(ring, before):
        before -= 1
    onset = steepest - 0.5 - (0.5 * (below + above) - force_norm(ring, before)) / (above - below)
    return onset, min(weight, 1.0)


@compiled
def push_off(ring: Record, axis: FloatArray, begin: int, end: int) -> tuple[float, float]:
    """Toe-off between flat foot and the next swing: its cell and the push-off's pitch rate, rad/s."""
    count = end - begin + 3
    rate = np.empty(count)
    for k in range(count):
        rate[k] = smoothed_rate(ring, axis, begin + k, 3)
    deepest = 0
    for k in range(count - 2):
        if rate[k] < rate[deepest]:
            deepest = k
    at = deepest
    for k in range(1, deepest):
        if rate[k] < PUSH_OFF_SHARE * rate[deepest] and rate[k] <= rate[k - 1] and rate[k] < rate[k + 1]:
            at = k
            break
    level = TOE_OFF_LEVEL * rate[at]
    after = at
    while after < count - 1 and rate[after] < level:
        after += 1
    toe_off = float(begin + after)
    if after > 0 and rate[after] != rate[after - 1]:
        toe_off += (level - rate[after]) / (rate[after] - rate[after - 1])
    return toe_off, rate[at]


@compiled
def push_end(
    ring: Record, flat: int, end: int, up_at_flat: FloatArray, mediolateral: FloatArray, speed_mps: float
) -> float:
    """Cell at which nothing pushes the foot forward: the ground no longer, the leg not yet; NaN where it can't be told.

    The ground's push carries the foot forward until the toe leaves; then the leg draws it on. Between the two the
    forward acceleration is least. It is followed from flat foot up to cell `end`, where the foot moves forward at
    between 0.3 and 0.8 of the mean speed of the stride. A foot may brake as deep in the middle of its push; if the
    least lies too early to be the end, the last trough is.
    """
    last = min(end, ring.end - 1) - PUSH_HALF_WIDTH
    count = last - flat + 1 + PUSH_HALF_WIDTH
    if last - flat < 2 * PUSH_HALF_WIDTH or count > RING_LENGTH:
        return math.nan
    push_mps2 = np.empty(count)
    speeds_mps = np.empty(count)
    forward = np.empty(3)
    cross(up_at_flat, mediolateral, forward)
    length = math.sqrt(dot(forward, forward))
    for k in range(3):
        forward[k] /= length
    speed = 0.0
    first = count - PUSH_HALF_WIDTH
    for k in range(count):
        slot = (flat + k) & RING_MASK
        push_mps2[k] = ring.imu[slot, 0] * forward[0] + ring.imu[slot, 1] * forward[1] + ring.imu[slot, 2] * forward[2]
        if k > 0:
            speed += 0.5 * (push_mps2[k - 1] + push_mps2[k]) * CELL_S
        speeds_mps[k] = speed
        if PUSH_HALF_WIDTH <= k < first and speed >= COASTING_FROM * speed_mps:
            first = k
        if k - PUSH_HALF_WIDTH > first and speeds_mps[k - PUSH_HALF_WIDTH] >= COASTING_TO * speed_mps:
            count = k + 1
            break
        carry(ring, forward, flat + k, flat + k + 1)
    smooth = np.full(count, math.inf)
    end_of_band = first
    while end_of_band < count - PUSH_HALF_WIDTH and (
        end_of_band == first or speeds_mps[end_of_band] < COASTING_TO * speed_mps
    ):
        total = 0.0
        for offset in range(-PUSH_HALF_WIDTH, PUSH_HALF_WIDTH + 1):
            total += (PUSH_HALF_WIDTH + 1 - abs(offset)) * push_mps2[end_of_band + offset]
        smooth[end_of_band] = total
        end_of_band += 1
    if end_of_band == first:
        return math.nan
    at = first
    for k in range(first + 1, end_of_band):
        if smooth[k] < smooth[at]:
            at = k
    if end_of_band - at > DRAWING_CELLS:
        # so early the foot but brakes in the middle of its push: what counts is the trough from which the swing rises
        at = end_of_band - 1
        while at > first and smooth[at - 1] < smooth[at]:
            at -= 1
    if first < at < end_of_band - 1:
        return flat + trough(smooth, at, count)
    return float(flat + at)


@compiled
def strike_angle(
    ring: Record,
    initial_contact: float,
    toe_off: float,
    flat: int,
    up_at_flat: FloatArray,
    gravity_mps2: float,
    mediolateral: FloatArray,
) -> float:
    """Pitch of the foot at contact against the foot on the ground, rad, toes up positive; NaN if it can't be told."""
    begin = max(int(initial_contact) - ANGLE_HALF_WIDTH, oldest(ring))
    count = flat - begin + 1
    offset = initial_contact - begin
    if count < ANGLE_HALF_WIDTH + 2 or count > RING_LENGTH or offset < 0.0:
        return math.nan
    speed_mps = np.empty(count)
    pitch = np.empty(count)
    look_back_from_flat(ring, flat, begin, up_at_flat, gravity_mps2, mediolateral, 0.0, 0.0, speed_mps, pitch)
    total = weights = 0.0
    for k in range(min(int(offset) + ANGLE_HALF_WIDTH + 2, count)):
        weight = max(0.0, ANGLE_HALF_WIDTH + 1 - abs(k - offset))
        total += weight * pitch[k]
        weights += weight
    if weights <= 0.0:
        return math.nan
    reference = round(initial_contact + FLAT_REFERENCE * (toe_off - initial_contact))
    reference = min(max(reference, begin), flat)
    return float(math.asin(min(1.0, max(-1.0, total / weights))) - pitch[reference - begin])
