"""Strides from a sensor on the foot.

1. A swing ends where the foot's pitch rate falls through zero (`foot_swing`).
2. The landing's impact is told at once, for cues (`foot_impact`).
3. 0.2 s later the new stance is seen far enough to find its slap and its flat foot.
4. With two stances at hand the stride between them is worked out (`foot_stride`, `foot_events`).

Here is what goes from stride to stride: the axis and its sense, first strides that wait for confirmation, and what is
emitted.

After Falbriard et al. 2018 (doi:10.3389/fphys.2018.00610). Deviations: contact in running is counted back from the
pitch-rate trough by how far the foot still falls after it, instead of a bias correction fitted on speed; toe-off is the
return from the push-off trough or, in running, where the ground's push forward ends before that, instead of the trough.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.activity import ACTIVITY, note_cell, note_stride
from footfall_processing.estimators.foot import impact as foot_impact
from footfall_processing.estimators.foot import swing as foot_swing
from footfall_processing.estimators.foot.stride import (
    BENT,
    LEAST_PUSH_OFF_RADPS,
    STANCE,
    alike,
    close_stride,
    describe_stance,
)
from footfall_processing.estimators.foot.swing import SMOOTHING
from footfall_processing.estimators.outbox import EVENT, post
from footfall_processing.signal.alignment import (
    AXES,
    axis_moved,
    dominance,
    learn_from_push_off,
    note_rate,
    reverse_axis,
    update_axis,
)
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import look_back_from
from footfall_processing.signal.strapdown import JOURNEY

LONGEST_PAUSE_S: Final = 4.0
SHORTEST_SWING_CELLS: Final = round(0.1 / CELL_S)

SURE_VOTES: Final = 4.0
WRONG_VOTES: Final = -1.0
"""Strides for the sense of the axis less strides against it, from 2 on: by how the toes turned, else by the journey.

Once the sense is sure, a journey backwards is a step back.
"""

SWINGING_DOMINANCE: Final = 0.6
"""A leg in gait turns mainly about one axis; what turns every way is being handled, and has no sense to try."""

TELLING_CELLS: Final = round(2.5 / CELL_S)
"""With so much movement the right sense has shown strides; with less, that it shows none says nothing."""

LOST_CELLS: Final = round(3.0 / CELL_S)
"""So much movement without a stride means that the sensor sits differently now: the axis is learnt anew."""

TURNING_RAD: Final = math.radians(15.0)
TURNING_MEMORY: Final = 0.125
"""In a tight curve the leg leans and the foot turns about the vertical: the axis is then none of the mounting.

Turn of a stride, and the weight of the newest in its mean: the axis looks back about as far.
"""

FOOT: Final = np.dtype(
    [
        ("axes", AXES),
        ("activity", ACTIVITY),
        ("forward_votes", np.float64),
        ("look_back_again", np.bool_),
        ("sense_is_sure", np.bool_),
        ("axis_is_proven", np.bool_),
        ("moving_at_stride", np.int64),
        ("turning_rad", np.float64),
        ("swing", foot_swing.SWING),
        ("landing", foot_impact.LANDING),
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


def start(foot: Record) -> None:
    """Prepare a new sensor."""
    foot["posted_until_s"] = -math.inf


@compiled
def begin_at(foot: Record, cell: int) -> None:
    """Begin to look for swings at a cell, as at the start of a segment."""
    foot_swing.begin_at(foot.swing, cell)
    foot_impact.forget(foot.landing)
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
    foot_impact.watch(foot.landing, foot.swing, foot.axes, ring, outbox)
    if foot.look_back_again:
        foot.look_back_again = False
        foot.axes.known_since = ring.end
        begin_at(foot, look_back_from(ring))
        _catch_up(foot, ring, outbox)


@compiled
def end_segment(foot: Record, ring: Record, outbox: Record) -> None:
    """The signal ends here (for good, or at a loss): work out what can still be told."""
    if not foot.axes.known and learn_from_push_off(foot.axes, ring, 1):
        _trust_axis(foot, ring, outbox)
    if not foot.axes.known:
        return
    swing = foot.swing
    while swing.cursor < ring.end:
        if foot_swing.follow(swing, foot.axes, ring):
            _judge_stance(foot, ring, outbox, swing.cursor - 1)
    if swing.under_way and swing.end >= 0:
        _judge_stance(foot, ring, outbox, ring.end - 1)


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
    swing = foot.swing
    while swing.cursor + SMOOTHING < ring.end:
        cell = swing.cursor
        if foot_swing.follow(swing, foot.axes, ring):
            _judge_stance(foot, ring, outbox, cell)


@compiled
def _judge_stance(foot: Record, ring: Record, outbox: Record, cell: int) -> None:
    """A swing ended, and the search for swings has come to `cell`: look at the new stance, and close the stride."""
    foot_impact.note_usual(foot.landing, ring, foot.swing.end)
    update_axis(foot.axes)
    newest = min(cell + SMOOTHING, ring.end - 1)
    described = describe_stance(foot.next_stance, foot.swing, foot.axes.mediolateral, ring, newest)
    foot_swing.finish(foot.swing, cell)
    if not described:
        return
    if foot.has_stance:
        paused = (cell - foot.stance.swing_end) * CELL_S > LONGEST_PAUSE_S
        if paused or foot.next_stance.swing_begin - foot.stance.swing_end < SHORTEST_SWING_CELLS:
            foot.has_held = False
        else:
            _close_stride(foot, ring, outbox)
    foot.has_stance = True
    foot.stance = foot.next_stance


@compiled
def _close_stride(foot: Record, ring: Record, outbox: Record) -> None:
    """Work out the stride between two stances, and emit it if it is one."""
    begun, stride, journey = foot.stance, foot.stride, foot.journey
    measured, verdict, sense, bent = close_stride(
        begun, foot.next_stance, foot.axes.mediolateral, foot.sense_is_sure, ring, journey, stride
    )
    if not measured:
        foot.has_held = False
        return
    stride.aligned_later = foot.next_stance.swing_end < foot.axes.known_since
    plausible = note_stride(foot.activity, verdict, stride.running)
    if plausible:
        foot.turning_rad += TURNING_MEMORY * (abs(journey.turned_rad) - foot.turning_rad)
        stride.axis_moved = foot.turning_rad < TURNING_RAD and axis_moved(foot.axes)
        if not foot.sense_is_sure:
            foot.forward_votes += abs(sense) if bent > BENT else -abs(sense) if bent < -BENT else sense
            foot.sense_is_sure = foot.forward_votes >= SURE_VOTES
    else:
        # the contact that closes what is no stride is placed by the gait of the stride that it opens
        foot.next_stance.initial_contact = math.nan
    if begun.swing_was_cut:
        foot.has_held = plausible and begun.slap_radps > LEAST_PUSH_OFF_RADPS and begun.slap > ring.segment_begin + 1
        foot.held = stride
    else:
        if plausible:
            if foot.has_held and alike(foot.held, stride):
                _post(foot, outbox, foot.held)
            _post(foot, outbox, stride)
        foot.has_held = False
    if foot.forward_votes < WRONG_VOTES:
        reverse_axis(foot.axes)
        foot.forward_votes = 1.0
        foot.look_back_again = True


@compiled
def _post(foot: Record, outbox: Record, stride: Record) -> None:
    """Emit a stride once, also when the signal is looked at again with the axis turned round."""
    if stride.initial_contact_s > foot.posted_until_s - 0.1:
        post(outbox, stride)
        foot.posted_until_s = stride.next_contact_s
        foot.moving_at_stride = foot.axes.moving_cells
        foot.axis_is_proven = True
