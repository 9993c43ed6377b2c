"""Strides from a sensor on the foot.

1. The pitch rate is the angular rate about the mediolateral axis, smoothed over ±30 ms.
2. A swing is a rise of the foot's pitch by 17° with a peak above 100 °/s; it ends where the rate falls through zero.
   This holds for walking and running, every strike pattern and every mounting.
3. 0.2 s later the new stance is seen far enough to find its slap and its flat foot (`foot_events`).
4. With two stances at hand, the journey between their flat feet gives gravity, stride length and the sense of the axis;
   looking back from each flat foot gives initial contact and strike angle; the push-off between them gives toe-off.

After Falbriard et al. 2018 (doi:10.3389/fphys.2018.00610). Deviations: contact in running is the instant the heel's
edge stops sinking, drawn a quarter of the way to the pitch-rate trough, instead of the trough with a bias correction
fitted on speed; toe-off is the return from the push-off trough, instead of the trough.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.activity import ACTIVITY, NO_STRIDE, STAIR_STRIDE, foot_verdict, note_cell, note_stride
from footfall_processing.alignment import (
    AXES,
    axis_moved,
    dominance,
    learn_from_push_off,
    note_rate,
    reverse_axis,
    update_axis,
)
from footfall_processing.compiled import Record, compiled
from footfall_processing.events import EVENT, clear, copy_event, post, post_impact
from footfall_processing.foot_confidence import forget_what_clipping_spoilt, judge
from footfall_processing.foot_events import (
    FLAT_FROM,
    FLAT_TO,
    HEEL_STOP_WEIGHT,
    SLAP_CELLS,
    calmest,
    falls_through_zero,
    heel_stop,
    push_off,
    shock_onset,
    smoothed_rate,
    strike_angle,
    trough,
)
from footfall_processing.grid import CELL_S
from footfall_processing.pronation import note_roll
from footfall_processing.ring import (
    LOOK_BACK,
    look_back_from,
    oldest,
    peak_between,
    peak_cell_between,
    quality_between,
    rate_along,
    time_at,
)
from footfall_processing.strapdown import JOURNEY, cross, dot, travel

SMOOTHING: Final = 6
"""Half width of the triangle over the pitch rate, cells: 30 ms keeps the swing whole and the shock out."""

SWING_RAD: Final = math.radians(17.0)
SWING_PEAK_RADPS: Final = math.radians(100.0)
RESUMED_RAD: Final = math.radians(10.0)
"""A swing turns the toes up by at least this much at this rate; a rise by 10° after its end means that it goes on."""

DECISION_CELLS: Final = round(0.20 / CELL_S)
LAST_DECISION_CELLS: Final = round(0.08 / CELL_S)
"""How long after the swing's end a stance is judged, and the least at the end of a segment."""

IMPACT_BEFORE: Final = round(0.01 / CELL_S)
IMPACT_AFTER: Final = round(0.06 / CELL_S)
"""The impact reported for cues is the greatest acceleration from 10 ms before the swing's end to 60 ms after it."""

IMPACT_PASSED: Final = round(0.015 / CELL_S)
IMPACT_SHARE: Final = 0.70
"""It is reported as soon as it is this long past, if it reaches this share of what this foot's impacts usually are."""

IMPACT_MEMORY: Final = 0.50
"""Weight of the newest impact in what is usual."""

LONGEST_STRIDE_S: Final = 2.4
SHORTEST_STRIDE_S: Final = 0.40
LONGEST_PAUSE_S: Final = 4.0

LEAST_PUSH_OFF_RADPS: Final = math.radians(60.0)
LEAST_LENGTH_M: Final = 0.15

TELLING_LENGTH_M: Final = 0.5
"""A journey this long shows which way is forward."""

SURE_VOTES: Final = 4.0
WRONG_VOTES: Final = -1.0
"""Journeys forwards less journeys backwards, from 2 on. Once the sense is sure, a journey backwards is a step back."""

BACKWARD_SENSE: Final = -0.5
"""Cosine between where the foot went and forward, below which a step was backwards and not sideways."""

SWINGING_DOMINANCE: Final = 0.6
"""A leg in gait turns mainly about one axis; what turns every way is being handled, and has no sense to try."""

TELLING_CELLS: Final = round(2.5 / CELL_S)
"""With so much movement the right sense has shown strides; with less, that it shows none says nothing."""

LOST_CELLS: Final = round(3.0 / CELL_S)
"""So much movement without a stride means that the sensor sits differently now: the axis is learnt anew."""

SENSOR_HEIGHT_M: Final = 0.03
"""Height of the sensor over the point about which the foot rolls at flat foot: what it moves while it is 'still'."""

WALK_DUTY: Final = 0.50
WALK_DUTY_PER_S: Final = 0.4
WALK_AT_STRIDE_TIME_S: Final = 0.85
WALK_HYSTERESIS: Final = 0.02
"""Walking has double support: duty factor above one half. Slow strides are walked at less, quick ones run at more."""

UNKNOWN_GAIT: Final = -1
WALKING: Final = 1
RUNNING: Final = 0

STANCE: Final = np.dtype(
    [
        ("swing_begin", np.int64),
        ("swing_end", np.int64),
        ("swing_was_cut", np.bool_),
        ("slap", np.int64),
        ("slap_at", np.float64),
        ("slap_radps", np.float64),
        ("flat", np.int64),
        ("initial_contact", np.float64),
        ("contact_is_sure", np.bool_),
        ("gait", np.int64),
    ],
    align=True,
)
"""One stance, in cells; `initial_contact` is NaN until the stride that ends or begins with it is worked out."""

FOOT: Final = np.dtype(
    [
        ("axes", AXES),
        ("activity", ACTIVITY),
        ("forward_votes", np.float64),
        ("look_back_again", np.bool_),
        ("sense_is_sure", np.bool_),
        ("axis_is_proven", np.bool_),
        ("moving_at_stride", np.int64),
        ("cursor", np.int64),
        ("fresh", np.bool_),
        ("swinging", np.bool_),
        ("swing_was_cut", np.bool_),
        ("pitch_rad", np.float64),
        ("least_pitch_rad", np.float64),
        ("least_pitch_cell", np.int64),
        ("peak_radps", np.float64),
        ("swing_end", np.int64),
        ("swing_end_rad", np.float64),
        ("impact_due", np.bool_),
        ("impact_told", np.bool_),
        ("impact_from", np.int64),
        ("usual_impact_mps2", np.float64),
        ("has_stance", np.bool_),
        ("stance", STANCE),
        ("next_stance", STANCE),
        ("journey", JOURNEY),
        ("stride", EVENT),
        ("has_held", np.bool_),
        ("held", EVENT),
        ("posted_until_s", np.float64),
    ],
    align=True,
)
"""A foot sensor's state between cells. `held` is a first stride whose swing was cut, until the next one confirms it."""


@compiled
def start(foot: Record) -> None:
    """Prepare a new sensor."""
    foot.posted_until_s = -math.inf


@compiled
def begin_at(foot: Record, cell: int) -> None:
    """Begin to look for swings at a cell, as at the start of a segment."""
    foot.cursor = cell
    foot.fresh = True
    foot.impact_due = False
    foot.impact_told = False
    foot.impact_from = -1
    foot.has_stance = False
    foot.has_held = False


@compiled
def advance(foot: Record, ring: Record, outbox: Record) -> None:
    """Take note of the newest cell, and follow the gait as far as smoothing allows."""
    newest = ring.end - 1
    note_rate(foot.axes, ring, newest)
    note_cell(foot.activity, ring)
    if foot.axes.known and foot.axes.moving_cells - foot.moving_at_stride > LOST_CELLS:
        if foot.axis_is_proven:
            foot.axes.known = False
        else:
            # learnt, and not one stride made sense with it: its sense was wrong
            reverse_axis(foot.axes)
            foot.axes.known_since = ring.end
            _trust_axis(foot, ring, outbox)
    if not foot.axes.known:
        due = (newest - ring.segment_begin) % 50 == 49 and foot.axes.moving_cells * CELL_S > 1.0
        if not (due and learn_from_push_off(foot.axes, ring, 3)):
            return
        _trust_axis(foot, ring, outbox)
    _catch_up(foot, ring, outbox)
    _watch_impact(foot, ring, outbox)
    if foot.look_back_again:
        foot.look_back_again = False
        begin_at(foot, look_back_from(ring))
        _catch_up(foot, ring, outbox)


@compiled
def _watch_impact(foot: Record, ring: Record, outbox: Record) -> None:
    """Report the landing's impact, once a stance, as soon as it is known not to be surpassed."""
    newest = ring.end - 1
    if foot.impact_told or not foot.swinging:
        return
    # the swing's end shows in the hardly smoothed rate 20 ms before it is sure
    rate = smoothed_rate(ring, foot.axes.mediolateral, newest - 2, 2)
    if foot.swing_end < 0 and rate > 0.0:
        foot.impact_from = -1
        return
    if foot.impact_from < 0:
        foot.impact_from = newest - 2
    begin = foot.impact_from - IMPACT_BEFORE
    if not (foot.impact_due and newest - foot.swing_end >= IMPACT_AFTER):
        peak = peak_cell_between(ring, begin, newest + 1)
        if (
            peak == begin
            or newest - peak < IMPACT_PASSED
            or foot.usual_impact_mps2 <= 0.0
            or peak_between(ring, peak, peak + 1) < IMPACT_SHARE * foot.usual_impact_mps2
        ):
            return
    foot.impact_told = True
    foot.impact_due = False
    post_impact(outbox, ring, begin, newest + 1)


@compiled
def end_segment(foot: Record, ring: Record, outbox: Record) -> None:
    """The signal ends here (for good, or at a loss): work out what can still be told."""
    if not foot.axes.known and learn_from_push_off(foot.axes, ring, 1):
        _trust_axis(foot, ring, outbox)
    judged = foot.cursor - 1
    if foot.axes.known and foot.swinging and foot.swing_end >= 0 and judged - foot.swing_end >= LAST_DECISION_CELLS:
        _judge_stance(foot, ring, outbox, judged)


@compiled
def _trust_axis(foot: Record, ring: Record, outbox: Record) -> None:
    """The axis has just been learnt: look at the kept signal again with it.

    A sprinting foot is never calm enough to tell the sense at first sight. If no stride comes of it, the other sense is
    tried on the same signal; if that gives none either, the first one stands until more is known.
    """
    for attempt in range(3):
        foot.forward_votes = 2.0
        foot.sense_is_sure = False
        foot.axis_is_proven = False
        foot.moving_at_stride = foot.axes.moving_cells
        begin_at(foot, look_back_from(ring))
        _catch_up(foot, ring, outbox)
        telling = foot.axes.moving_cells > TELLING_CELLS and dominance(foot.axes) > SWINGING_DOMINANCE
        if foot.axis_is_proven or attempt == 2 or not telling:
            return
        reverse_axis(foot.axes)


@compiled
def _catch_up(foot: Record, ring: Record, outbox: Record) -> None:
    """Follow the gait as far as smoothing allows."""
    while foot.cursor + SMOOTHING < ring.end:
        _follow(foot, ring, outbox)


@compiled
def _follow(foot: Record, ring: Record, outbox: Record) -> None:
    """One cell of the search for swings."""
    cell = foot.cursor
    foot.cursor += 1
    rate = smoothed_rate(ring, foot.axes.mediolateral, cell, SMOOTHING)
    if foot.fresh:
        # the signal may begin inside a swing, or just after one
        foot.fresh = False
        foot.pitch_rad = 0.0
        foot.least_pitch_rad = math.inf
        foot.swinging = True
        foot.swing_was_cut = True
        foot.swing_end = -1
        foot.least_pitch_cell = cell
        foot.peak_radps = 0.0
    foot.pitch_rad += rate * CELL_S
    foot.peak_radps = max(foot.peak_radps, rate)
    if not foot.swinging:
        if foot.pitch_rad < foot.least_pitch_rad:
            foot.least_pitch_rad = foot.pitch_rad
            foot.least_pitch_cell = cell
            foot.peak_radps = rate
        if foot.pitch_rad - foot.least_pitch_rad > SWING_RAD and foot.peak_radps > SWING_PEAK_RADPS:
            foot.swinging = True
            foot.swing_was_cut = False
            foot.swing_end = -1
            foot.impact_due = False
            foot.impact_told = False
            foot.impact_from = -1
        return
    if foot.swing_end < 0:
        if rate <= 0.0:
            foot.swing_end = cell
            foot.swing_end_rad = foot.pitch_rad
            # what alignment finds looking back is too old for a cue
            foot.impact_due = cell + SMOOTHING + 1 == ring.end
    elif foot.pitch_rad - foot.swing_end_rad > RESUMED_RAD:
        if foot.swing_was_cut:
            foot.swinging = False
            foot.swing_was_cut = False
            foot.least_pitch_rad = foot.swing_end_rad
            foot.least_pitch_cell = foot.swing_end
        foot.swing_end = -1
        foot.impact_due = False
        foot.impact_told = False
        foot.impact_from = -1
    if foot.swing_end >= 0 and cell - foot.swing_end >= DECISION_CELLS:
        _judge_stance(foot, ring, outbox, cell)


@compiled
def _judge_stance(foot: Record, ring: Record, outbox: Record, cell: int) -> None:
    """A swing ended; the signal is followed up to `cell`: find slap and flat foot, and close the stride before."""
    stance = foot.next_stance
    stance.swing_begin = foot.least_pitch_cell
    stance.swing_end = foot.swing_end
    stance.swing_was_cut = foot.swing_was_cut
    stance.initial_contact = math.nan
    stance.contact_is_sure = False
    stance.gait = UNKNOWN_GAIT
    peak_mps2 = peak_between(ring, foot.swing_end - IMPACT_BEFORE, foot.swing_end + IMPACT_AFTER)
    foot.usual_impact_mps2 += IMPACT_MEMORY * (peak_mps2 - foot.usual_impact_mps2)
    foot.swinging = False
    foot.swing_end = -1
    foot.least_pitch_rad = foot.pitch_rad
    foot.least_pitch_cell = cell
    foot.peak_radps = 0.0
    update_axis(foot.axes)

    axis = foot.axes.mediolateral
    begin = max(stance.swing_end - 4, ring.segment_begin + 3)
    last = min(cell + SMOOTHING, ring.end - 1) - 3
    count = last - begin + 1
    if count < 12:
        return
    rate = np.empty(count)
    for k in range(count):
        rate[k] = smoothed_rate(ring, axis, begin + k, 2)
    at = max(stance.swing_end - begin, 0)
    for k in range(at, min(stance.swing_end + SLAP_CELLS, last - 1) - begin + 1):
        if rate[k] < rate[at]:
            at = k
    stance.slap = begin + at
    stance.slap_at = begin + trough(rate, at, count)
    stance.slap_radps = -rate[at]
    flat_from = stance.slap + round(0.05 / CELL_S)
    flat_to = last + 3 - 7
    stance.flat = calmest(ring, flat_from, flat_to) if flat_to >= flat_from else min(stance.slap + 10, cell)

    had_stance = foot.has_stance
    foot.has_stance = True
    if had_stance:
        paused = (cell - foot.stance.swing_end) * CELL_S > LONGEST_PAUSE_S
        too_close = stance.swing_begin - foot.stance.swing_end < round(0.1 / CELL_S)
        if paused or too_close:
            foot.has_held = False
        else:
            _close_stride(foot, ring, outbox)
    _move_on(foot)


@compiled
def _move_on(foot: Record) -> None:
    """The new stance becomes the one that the next stride begins with."""
    old, new = foot.stance, foot.next_stance
    old.swing_begin = new.swing_begin
    old.swing_end = new.swing_end
    old.swing_was_cut = new.swing_was_cut
    old.slap = new.slap
    old.slap_at = new.slap_at
    old.slap_radps = new.slap_radps
    old.flat = new.flat
    old.initial_contact = new.initial_contact
    old.contact_is_sure = new.contact_is_sure
    old.gait = new.gait


@compiled
def _walks(foot: Record, stride_time_s: float, duty: float, push_off_radps: float) -> bool:
    """Tell walking from running, with a little persistence; where the push-off is not understood, keep the gait."""
    before = foot.stance.gait
    persistence = WALK_HYSTERESIS if before == WALKING else -WALK_HYSTERESIS if before == RUNNING else 0.0
    walking = duty - WALK_DUTY + WALK_DUTY_PER_S * (stride_time_s - WALK_AT_STRIDE_TIME_S) + persistence > 0.0
    if before != UNKNOWN_GAIT and (duty < 0.2 or push_off_radps > -LEAST_PUSH_OFF_RADPS):
        walking = before == WALKING
    foot.next_stance.gait = UNKNOWN_GAIT
    if stride_time_s < 1.4:
        foot.next_stance.gait = WALKING if walking else RUNNING
    return bool(walking)


@compiled
def _place_contact(foot: Record, ring: Record, stance: Record, flat: int, at_end: bool, walking: bool) -> None:
    """Initial contact. Walking: the swing's end, as the heel meets the ground. Running: the heel's stop, see above."""
    journey = foot.journey
    up = journey.up_at_end if at_end else journey.up_at_begin
    stop = heel_stop(ring, stance.slap, flat, up, journey.gravity_mps2, foot.axes.mediolateral)
    stance.contact_is_sure = not math.isnan(stop)
    if walking:
        stance.initial_contact = falls_through_zero(ring, foot.axes.mediolateral, stance.swing_end)
    else:
        heel = stop if stance.contact_is_sure else stance.slap_at
        smooth = HEEL_STOP_WEIGHT * heel + (1.0 - HEEL_STOP_WEIGHT) * stance.slap_at
        shock = np.empty(2)
        shock_onset(ring, smooth, shock)
        stance.initial_contact = smooth + shock[1] * (shock[0] - smooth)


@compiled
def _close_stride(foot: Record, ring: Record, outbox: Record) -> None:
    """Work out the stride between two stances."""
    begun, ended, journey, stride = foot.stance, foot.next_stance, foot.journey, foot.stride
    axis = foot.axes.mediolateral
    push_from = max(begun.slap + round(0.07 / CELL_S), begun.flat)
    if ended.swing_begin - push_from < 7 or ended.swing_begin - push_from > LOOK_BACK or push_from < oldest(ring):
        foot.has_held = False
        return
    found = np.empty(2)
    push_off(ring, axis, push_from, ended.swing_begin, found)
    toe_off, push_off_radps = found[0], found[1]

    stance_cells = toe_off - begun.slap_at
    flat_from = max(int(begun.slap_at + FLAT_FROM * stance_cells), begun.slap + 4)
    flat = calmest(ring, flat_from, max(int(begun.slap_at + FLAT_TO * stance_cells), flat_from + 2))
    if ended.flat - flat < 40 or ended.flat - flat > LOOK_BACK:
        foot.has_held = False
        return
    travel(ring, flat, ended.flat, journey)
    upward = dot(journey.displacement_m, journey.up_at_begin)
    ground = np.empty(3)
    for k in range(3):
        ground[k] = journey.displacement_m[k] - upward * journey.up_at_begin[k]
    ground_m = math.sqrt(dot(ground, ground))
    rolling_radps = -0.5 * (rate_along(ring, axis, flat) + rate_along(ring, axis, ended.flat))
    length_m = ground_m + SENSOR_HEIGHT_M * rolling_radps * (ended.flat - flat) * CELL_S

    rough_time_s = (ended.slap_at - begun.slap_at) * CELL_S
    walking = _walks(foot, rough_time_s, stance_cells * CELL_S / rough_time_s, push_off_radps)
    if math.isnan(begun.initial_contact):
        _place_contact(foot, ring, begun, flat, False, walking)
    _place_contact(foot, ring, ended, ended.flat, True, walking)
    stride_time_s = (ended.initial_contact - begun.initial_contact) * CELL_S
    contact_time_s = (toe_off - begun.initial_contact) * CELL_S

    # the foot travels forward, and forward x up is the mediolateral axis with its sense
    across = axis.copy()
    sense = 1.0
    if ground_m > TELLING_LENGTH_M:
        cross(ground, journey.up_at_begin, across)
        for k in range(3):
            across[k] /= ground_m
        sense = dot(across, axis)
    angle = strike_angle(ring, begun.initial_contact, toe_off, flat, journey.up_at_begin, journey.gravity_mps2, across)

    clear(stride)
    stride.running = not walking
    stride.backward = foot.sense_is_sure and sense < BACKWARD_SENSE
    stride.aligned_later = ended.swing_end < foot.axes.known_since
    stride.sample_quality = quality_between(ring, int(begun.initial_contact), ended.flat)
    stride.initial_contact_s = time_at(ring, begun.initial_contact)
    stride.toe_off_s = time_at(ring, toe_off)
    stride.next_contact_s = time_at(ring, ended.initial_contact)
    stride.peak_norm_mps2 = peak_between(ring, int(begun.initial_contact) - 2, int(toe_off) + 1)
    stride.strike_angle_rad = angle
    note_roll(ring, begun.initial_contact, toe_off, journey.up_at_begin, axis, stride)
    stride.length_m = length_m
    judge(ring, stride, journey.gravity_mps2, flat, begun.contact_is_sure and ended.contact_is_sure)
    forget_what_clipping_spoilt(ring, axis, stride, begun.initial_contact, toe_off, flat, ended.flat)

    plausible = (
        SHORTEST_STRIDE_S < stride_time_s < LONGEST_STRIDE_S
        and max(0.08, 0.2 * stride_time_s) < contact_time_s < 0.85 * stride_time_s
        and push_off_radps < -LEAST_PUSH_OFF_RADPS
        and length_m > LEAST_LENGTH_M
    )
    verdict = foot_verdict(ring, flat, journey, upward, ground_m) if plausible else NO_STRIDE
    plausible = note_stride(foot.activity, verdict, not walking)
    stride.stairs = verdict == STAIR_STRIDE
    stride.axis_moved = plausible and axis_moved(foot.axes)
    if plausible and ground_m > TELLING_LENGTH_M and not foot.sense_is_sure:
        foot.forward_votes += sense
        foot.sense_is_sure = foot.forward_votes >= SURE_VOTES
    if begun.swing_was_cut:
        foot.has_held = plausible and begun.slap_radps > LEAST_PUSH_OFF_RADPS and begun.slap > ring.segment_begin + 1
        if foot.has_held:
            copy_event(stride, foot.held)
    elif plausible:
        if foot.has_held and _alike(foot.held, stride):
            _post(foot, outbox, foot.held)
        foot.has_held = False
        _post(foot, outbox, stride)
    else:
        foot.has_held = False
    if foot.forward_votes < WRONG_VOTES:
        reverse_axis(foot.axes)
        foot.forward_votes = 1.0
        foot.look_back_again = True


@compiled
def _alike(first: Record, second: Record) -> bool:
    """True when two strides have about the same stride and contact times, as far as these are known."""
    stride_ratio = (first.next_contact_s - first.initial_contact_s) / (second.next_contact_s - second.initial_contact_s)
    contact_ratio = (first.toe_off_s - first.initial_contact_s) / (second.toe_off_s - second.initial_contact_s)
    return not (abs(stride_ratio - 1.0) >= 0.15 or abs(contact_ratio - 1.0) >= 0.25)


@compiled
def _post(foot: Record, outbox: Record, stride: Record) -> None:
    """Emit a stride once, also when the signal is looked at again with the axis turned round."""
    if stride.initial_contact_s > foot.posted_until_s - 0.1:
        post(outbox, stride)
        foot.posted_until_s = stride.next_contact_s
        foot.moving_at_stride = foot.axes.moving_cells
        foot.axis_is_proven = True
