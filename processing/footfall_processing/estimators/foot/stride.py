"""One stride of a foot, worked out between two stances.

A stance is described by its slap and its flat foot. With two of them at hand, the journey between their flat feet gives
gravity, stride length and the sense of the axis; looking back from each flat foot gives initial contact and strike
angle; the push-off between them gives toe-off.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.activity import (
    CLEAR_STRIDE,
    DOUBTFUL,
    NO_STRIDE,
    RUNNING,
    STAIR_STRIDE,
    STEEP,
    UNKNOWN,
    WALKING,
    foot_verdict,
)
from footfall_processing.estimators.foot.confidence import forget_what_clipping_spoilt, judge
from footfall_processing.estimators.foot.contact import by_heel_stop
from footfall_processing.estimators.foot.events import (
    FLAT_FROM,
    FLAT_TO,
    PUSH_END_DELAY_S,
    RETURN_WEIGHT,
    SLAP_CELLS,
    calmest,
    push_end,
    push_off,
    smoothed_rate,
    strike_angle,
    trough,
)
from footfall_processing.estimators.foot.length import length_of
from footfall_processing.estimators.foot.pronation import note_roll
from footfall_processing.estimators.outbox import clear
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import LOOK_BACK, oldest, peak_between, quality_between, rate_along, time_at
from footfall_processing.signal.strapdown import carry, cross, dot, travel
from footfall_processing.units import STANDARD_GRAVITY_MPS2

LONGEST_STRIDE_S: Final = 2.4
SHORTEST_STRIDE_S: Final = 0.40

LEAST_PUSH_OFF_RADPS: Final = math.radians(60.0)
LEAST_TURN_RADPS: Final = math.radians(20.0) / CELL_S
"""A foot that turns by less than 20° tells nothing by that; as a sum of rates over cells."""
LEAST_LENGTH_M: Final = 0.15

TELLING_LENGTH_M: Final = 0.5
"""A journey this long shows which way is forward."""

BACKWARD_SENSE: Final = -0.5
"""Cosine between where the foot went and forward, below which a step was backwards and not sideways."""

BENT: Final = 0.3
"""A foot that walks or runs, whichever way, turns its toes down far more than up: by 50 to 120° against 0 to 35°. How
far down less how far up, over both together, is 0.35 to 1; beyond this, either way, it tells the sense of the axis.
"""

UNSTEADY_RAD: Final = math.radians(4.0)
UNSTEADY_MEMORY: Final = 0.5
"""The mean force of a journey is up, if the foot is as fast at both its ends. Where journeys that meet in one flat foot
disagree by more than this about up (weight of the newest in the mean: a half), it was not: the ground itself moves, as
a treadmill's belt does that each step slows, or force is missing; and the length can't be told.
"""

WALK_DUTY: Final = 0.50
WALK_DUTY_PER_S: Final = 0.4
WALK_AT_STRIDE_TIME_S: Final = 0.85
WALK_HYSTERESIS: Final = 0.02
"""Walking has double support: duty factor above one half. Slow strides are walked at less, quick ones run at more."""

STANCE: Final = np.dtype(
    [
        ("swing_begin", np.int64),
        ("swing_end", np.int64),
        ("swing_was_cut", np.bool_),
        ("slap", np.int64),
        ("slap_at", np.float64),
        ("slap_radps", np.float64),
        ("fall_rad", np.float64),
        ("flat", np.int64),
        ("flat_is_seen", np.bool_),
        ("up", np.float64, (3,)),
        ("pace_mps", np.float64),
        ("unsteady_rad", np.float64),
        ("initial_contact", np.float64),
        ("contact_is_sure", np.bool_),
        ("gait", np.int64),
    ],
    align=True,
)
"""One stance and the swing before it, in cells; `initial_contact` is NaN until a stride with it is worked out.

`fall_rad` is how far the foot falls after the slap. `flat_is_seen` tells that the signal goes on to flat foot.
Known from the stride that ends with it, or 0: `gait` (`activity.WALKING`, `RUNNING`, or `UNKNOWN`), its mean speed, up
as it shows at `flat`, and by how far journeys that meet in one flat foot disagree about up (`UNSTEADY_RAD`).
"""


@compiled
def describe_stance(stance: Record, swing: Record, axis: FloatArray, ring: Record, newest: int) -> bool:
    """Find slap and flat foot after a swing, in the signal up to cell `newest`; False where it is too short."""
    stance.swing_begin = swing.least_pitch_cell
    stance.swing_end = swing.end
    stance.swing_was_cut = swing.was_cut
    stance.initial_contact = math.nan
    stance.contact_is_sure = False
    stance.gait = UNKNOWN
    stance.pace_mps = 0.0
    stance.unsteady_rad = 0.0
    for k in range(3):
        stance.up[k] = 0.0
    begin = max(stance.swing_end - 4, ring.segment_begin + 3)
    last = newest - 2
    count = last - begin + 1
    if count < 10:
        return False
    rate = np.empty(count)
    for k in range(count):
        rate[k] = smoothed_rate(ring, axis, begin + k, 2)
    at = max(stance.swing_end - begin, 0)
    end = min(stance.swing_end + SLAP_CELLS, last) - begin
    for k in range(at, end + 1):
        if rate[k] < rate[at]:
            at = k
    if begin + at == last:
        return False
    stance.slap = begin + at
    stance.slap_at = begin + trough(rate, at, count)
    stance.slap_radps = -rate[at]
    stance.fall_rad = _fall(rate, at, count, stance.slap_at - begin)
    flat_from = stance.slap + round(0.05 / CELL_S)
    flat_to = newest - 7
    stance.flat_is_seen = flat_to >= flat_from
    stance.flat = calmest(ring, flat_from, flat_to) if stance.flat_is_seen else min(stance.slap + 10, newest - 6)
    return True


@compiled
def _fall(rate: FloatArray, at: int, count: int, trough_at: float) -> float:
    """Angle that the foot still falls after the slap's trough: its rate there for as long as it takes to halve."""
    half = 0.5 * rate[at]
    after = at + 1
    while after < count - 1 and rate[after] < half:
        after += 1
    halved_at = after - (rate[after] - half) / (rate[after] - rate[after - 1]) if rate[after] >= half else float(after)
    return float(max(-rate[at], 0.0) * (halved_at - trough_at) * CELL_S)


@compiled
def close_stride(
    begun: Record, ended: Record, axis: FloatArray, sense_is_sure: bool, ring: Record, journey: Record, stride: Record
) -> tuple[bool, int, float, float]:
    """Work out the stride between two stances into `stride`.

    Returns
    -------
    whether there was one to work out; what its shape says (`activity`); the cosine between where the foot went and
    forward, 0 where it did not go far enough to tell; and how far the toes turned down rather than up (`BENT`), 0 where
    the signal ends before the next flat foot.
    """
    push_from = max(begun.slap + round(0.07 / CELL_S), begun.flat)
    if ended.swing_begin - push_from < 7 or ended.swing_begin - push_from > LOOK_BACK or push_from < oldest(ring):
        return False, NO_STRIDE, 0.0, 0.0
    toe_off, push_off_radps = push_off(ring, axis, push_from, ended.swing_begin)
    stance_cells = toe_off - begun.slap_at
    flat_from = max(int(begun.slap_at + FLAT_FROM * stance_cells), begun.slap + 4)
    flat = calmest(ring, flat_from, max(int(begun.slap_at + FLAT_TO * stance_cells), flat_from + 2))
    if ended.flat - flat < 40 or ended.flat - flat > LOOK_BACK:
        return False, NO_STRIDE, 0.0, 0.0
    if not _go(begun, ended, flat, ring, journey) and begun.pace_mps == 0.0:
        return False, NO_STRIDE, 0.0, 0.0

    rough_time_s = (ended.slap_at - begun.slap_at) * CELL_S
    walking = _walks(begun, ended, rough_time_s, stance_cells * CELL_S / rough_time_s, push_off_radps)
    if math.isnan(begun.initial_contact):
        by_heel_stop(begun, flat, journey.up_at_begin, journey.gravity_mps2, axis, ring, walking)
    by_heel_stop(ended, ended.flat, journey.up_at_end, journey.gravity_mps2, axis, ring, walking)
    stride_time_s = (ended.initial_contact - begun.initial_contact) * CELL_S
    if not walking:
        speed_mps = ended.pace_mps if ended.flat_is_seen else begun.pace_mps
        unpushed = push_end(ring, flat, ended.swing_end, journey.up_at_begin, axis, speed_mps)
        if not math.isnan(unpushed):
            toe_off = min(toe_off, unpushed + RETURN_WEIGHT * (toe_off - unpushed) - PUSH_END_DELAY_S / CELL_S)
    contact_time_s = (toe_off - begun.initial_contact) * CELL_S
    length_m = math.nan
    if ended.flat_is_seen:
        length_m = length_of(begun, ended, flat, toe_off - begun.initial_contact, axis, ring, journey, walking)

    # the foot travels forward, and forward x up is the mediolateral axis with its sense
    across = axis.copy()
    sense = 0.0
    if journey.distance_m > TELLING_LENGTH_M:
        cross(journey.level_m, journey.up_at_begin, across)
        for k in range(3):
            across[k] /= journey.distance_m
        sense = dot(across, axis)

    bent = _bent(ring, axis, flat, ended.flat) if ended.flat_is_seen else 0.0
    clear(stride)
    stride.running = not walking
    stride.backward = sense_is_sure and sense < BACKWARD_SENSE
    stride.sample_quality = quality_between(ring, int(begun.initial_contact), ended.flat)
    stride.initial_contact_s = time_at(ring, begun.initial_contact)
    stride.toe_off_s = time_at(ring, toe_off)
    stride.next_contact_s = time_at(ring, ended.initial_contact)
    stride.peak_norm_mps2 = peak_between(ring, int(begun.initial_contact) - 2, int(toe_off) + 1)
    # without a journey to the next flat foot, what is up is known too roughly for angles
    if ended.flat_is_seen:
        stride.strike_angle_rad = strike_angle(
            ring, begun.initial_contact, toe_off, flat, journey.up_at_begin, journey.gravity_mps2, across
        )
        note_roll(ring, begun.initial_contact, toe_off, journey.up_at_begin, axis, stride)
    stride.length_m = length_m
    if ended.unsteady_rad > UNSTEADY_RAD:
        stride.length_m = math.nan
    judge(ring, stride, journey.gravity_mps2, flat, begun.contact_is_sure and ended.contact_is_sure)
    forget_what_clipping_spoilt(ring, axis, stride, begun.initial_contact, toe_off, flat, ended.flat)

    plausible = (
        SHORTEST_STRIDE_S < stride_time_s < LONGEST_STRIDE_S
        and max(0.08, 0.2 * stride_time_s) < contact_time_s < 0.85 * stride_time_s
        and push_off_radps < -LEAST_PUSH_OFF_RADPS
        and not length_m <= LEAST_LENGTH_M
    )
    verdict = NO_STRIDE
    if plausible and ended.flat_is_seen:
        verdict = foot_verdict(ring, flat, journey, journey.rise_m, journey.distance_m)
        if verdict != STAIR_STRIDE and abs(journey.rise_m) > STEEP * journey.distance_m:
            stride.length_m = math.nan
    elif plausible:
        verdict = DOUBTFUL
    stride.stairs = verdict == STAIR_STRIDE
    # how the toes turned tells the sense of a clear stride before those before it made it sure
    stride.backward |= verdict == CLEAR_STRIDE and bent > BENT and sense < BACKWARD_SENSE
    return True, verdict, sense, bent


@compiled
def _bent(ring: Record, axis: FloatArray, flat: int, next_flat: int) -> float:
    """How far the toes turn down rather than up from one flat foot to the next, where they are as before: `BENT`."""
    turned = 0.0
    for cell in range(flat, next_flat):
        turned += rate_along(ring, axis, cell)
    drift = turned / (next_flat - flat)
    pitch = least = greatest = 0.0
    for cell in range(flat, next_flat):
        pitch += rate_along(ring, axis, cell) - drift
        least = min(least, pitch)
        greatest = max(greatest, pitch)
    return -(greatest + least) / max(greatest - least, LEAST_TURN_RADPS)


@compiled
def _go(begun: Record, ended: Record, flat: int, ring: Record, journey: Record) -> bool:
    """Travel from `flat` to the next flat foot; False where the signal ends before it.

    Then the journey has only what the one before it told: up at its begin.
    """
    up = begun.up.copy()
    if not ended.flat_is_seen:
        carry(ring, up, begun.flat, flat)
        for k in range(3):
            journey.up_at_begin[k] = up[k]
        journey.gravity_mps2 = STANDARD_GRAVITY_MPS2
        journey.distance_m = 0.0
        journey.turned_rad = 0.0
        return False
    travel(ring, flat, ended.flat, journey)
    if begun.pace_mps > 0.0:
        carry(ring, up, begun.flat, flat)
        off_rad = math.acos(min(max(dot(up, journey.up_at_begin), -1.0), 1.0))
        ended.unsteady_rad = begun.unsteady_rad + UNSTEADY_MEMORY * (off_rad - begun.unsteady_rad)
    for k in range(3):
        ended.up[k] = journey.up_at_end[k]
    ended.pace_mps = journey.distance_m / ((ended.flat - flat) * CELL_S)
    return True


@compiled
def _walks(begun: Record, ended: Record, stride_time_s: float, duty: float, push_off_radps: float) -> bool:
    """Tell walking from running, with a little persistence; where the push-off is not understood, keep the gait."""
    before = begun.gait
    persistence = WALK_HYSTERESIS if before == WALKING else -WALK_HYSTERESIS if before == RUNNING else 0.0
    walking = duty - WALK_DUTY + WALK_DUTY_PER_S * (stride_time_s - WALK_AT_STRIDE_TIME_S) + persistence > 0.0
    if before != UNKNOWN and (duty < 0.2 or push_off_radps > -LEAST_PUSH_OFF_RADPS):
        walking = before == WALKING
    ended.gait = UNKNOWN
    if stride_time_s < 1.4:
        ended.gait = WALKING if walking else RUNNING
    return bool(walking)


@compiled
def alike(first: Record, second: Record) -> bool:
    """True when two strides have about the same stride and contact times, as far as these are known."""
    stride_ratio = (first.next_contact_s - first.initial_contact_s) / (second.next_contact_s - second.initial_contact_s)
    contact_ratio = (first.toe_off_s - first.initial_contact_s) / (second.toe_off_s - second.initial_contact_s)
    return not (abs(stride_ratio - 1.0) >= 0.15 or abs(contact_ratio - 1.0) >= 0.25)
