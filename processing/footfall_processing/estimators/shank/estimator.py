"""Strides from a sensor on the shin.

1. The shank's pitch rate (`shank_swing`) gets its sense so that the swing, the brief quick phase of the gait, is
   positive (`shank_sense`).
2. A swing is a positive lobe of at least 12° and 100 °/s, and near half the usual peak; it ends where the rate falls
   through zero. (Of the gyroscope methods compared by Kiernan et al. 2023, PMC10255839, the one named Fadillioglu takes
   this instant itself as contact.)
3. Initial contact is the first strong rise of the force along the leg in the 115 ms after that (`shank_contact`).
4. Toe-off in running is told by the rate's fall from late stance to the trough before swing, and by how freely the leg
   then moves (`shank_toe_off`). In walking it is that trough, which showed no significant error against foot switches
   (Aminian et al. 2002, doi:10.1016/S0021-9290(02)00008-8) and 4 ± 29 ms against a walkway (Greene et al. 2012,
   doi:10.1123/jab.28.3.349).
5. Peaks and tilt refer to the tibia (`shank_tibia`), which also tells steps backwards.
6. Rearfoot strikes are told, where they can be, by how the shank turns over the foot (`shank_strike`).
7. Landings are told at once, and provisionally, by `shank_impact`.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.activity import (
    ACTIVITY,
    CLEAR_STRIDE,
    DOUBTFUL,
    NO_STRIDE,
    OTHER_CELLS,
    STILL_CELLS,
    note_cell,
    note_stride,
)
from footfall_processing.estimators.outbox import clear
from footfall_processing.estimators.shank.contact import CONTACT_WINDOW, by_first_rise
from footfall_processing.estimators.shank.impact import LANDING, begin_landing, no_landing, seek_impact
from footfall_processing.estimators.shank.row import ROW, pass_by, runs_on
from footfall_processing.estimators.shank.sense import SENSE, note_sense, skewness
from footfall_processing.estimators.shank.signs import shank_verdict
from footfall_processing.estimators.shank.strike import time_to_surge
from footfall_processing.estimators.shank.swing import (
    LONGEST_STRIDE,
    SHORTEST_STRIDE,
    SMOOTHING,
    SWING,
    find_swing_end,
    measure_push_off,
    open_swing,
    rate_at,
    smoothed_rate,
)
from footfall_processing.estimators.shank.tibia import (
    TIBIA,
    ahead_of,
    forget_gait,
    lean_between,
    lean_over_stride,
    leans_backward,
    learn_gait_axis,
    note_stance,
    note_stillness,
    tibia_axis,
    upright,
)
from footfall_processing.estimators.shank.toe_off import running_toe_off
from footfall_processing.estimators.stance_roll import stance_roll_deg
from footfall_processing.samples import SampleQuality
from footfall_processing.signal.alignment import (
    AXES,
    axis_moved,
    dominance,
    note_rate,
    reverse_axis,
    update_axis,
)
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import (
    RING_LENGTH,
    RING_MASK,
    look_back_from,
    peak_along_between,
    peak_between,
    quality_between,
    rate_along,
    time_at,
)
from footfall_processing.signal.strapdown import JOURNEY
from footfall_processing.units import STANDARD_GRAVITY_MPS2

_AFTER_LOSS: Final = int(SampleQuality.AFTER_LOSS)

AXIS_AFTER_CELLS: Final = round(1.6 / CELL_S)
AXIS_AT_END_CELLS: Final = round(0.8 / CELL_S)
LEAST_DOMINANCE: Final = 0.55
REVERSED_SKEWNESS: Final = -0.08
"""Movement needed before the axis counts as known, and the skewness at which its sense is admitted to be wrong."""

SWING_PEAK_RADPS: Final = math.radians(100.0)
SWING_SHARE: Final = 0.45
SWING_RAD: Final = math.radians(12.0)
PEAK_GAIN: Final = 0.15

RUN_STRIDE_TIME_BY_GYRO_S: Final = 0.92
RUN_STANCE_FORCE_MPS2: Final = 1.25 * STANDARD_GRAVITY_MPS2
RUN_DUTY: Final = 0.53
RUN_WAY_M: Final = 0.7
"""Running: a stance force well above body weight (impulse balance: it carries the flight too), a short stride or a
short stance, and some way; down stairs a walker's strides are short too, and his landings hard.
"""

CONTACT_SEEN: Final = round(0.04 / CELL_S)
"""A contact at the end of the signal is told where so much follows the swing; contact usually comes after 27 ms."""

PEAK_BEFORE: Final = 2
PEAK_AFTER: Final = round(0.1 / CELL_S)

OPEN_SWINGS: Final = 5

SHANK: Final = np.dtype(
    [
        ("axes", AXES),
        ("sense", SENSE),
        ("activity", ACTIVITY),
        ("journey", JOURNEY),
        ("tibia", TIBIA),
        ("landing", LANDING),
        ("rate_radps", np.float32, (RING_LENGTH,)),
        ("cursor", np.int64),
        ("start", np.int64),
        ("rise_begin", np.int64),
        ("lobe_peak_radps", np.float64),
        ("lobe_rad", np.float64),
        ("usual_peak_radps", np.float64),
        ("may_complete_first", np.bool_),
        ("open", np.int64),
        ("swings", SWING, (OPEN_SWINGS,)),
        ("posted_until_s", np.float64),
        ("row", ROW),
        ("look_again", np.bool_),
    ],
    align=True,
)
"""A shank sensor's state between cells: the smoothed rate, and the swings whose strides are still open."""


def start(shank: Record) -> None:
    """Prepare a new sensor."""
    shank["posted_until_s"] = -math.inf


@compiled
def begin_at(shank: Record, cell: int) -> None:
    """Begin to look for swings at a cell, as at the start of a segment."""
    shank.cursor = cell
    shank.start = cell
    shank.rise_begin = cell
    shank.lobe_peak_radps = 0.0
    shank.lobe_rad = 0.0
    shank.usual_peak_radps = 0.0
    shank.may_complete_first = True
    shank.open = 0
    shank.look_again = False
    no_landing(shank.landing)


@compiled
def advance(shank: Record, ring: Record, outbox: Record) -> None:
    """Take note of the newest cell, and follow the gait as far as smoothing allows."""
    note_cell(shank.activity, ring)
    note_stillness(shank.tibia, ring, ring.end - 1)
    if shank.axes.known and shank.activity.still_cells == STILL_CELLS:
        # who has stood may go the other way
        shank.sense.cells = 0
    if note_rate(shank.axes, ring, ring.end - 1):
        note_sense(shank.sense, shank.axes, ring, ring.end - 1)
        if shank.axes.moving_cells % 20 == 0:
            _learn_axis(shank, ring, AXIS_AFTER_CELLS)
    if not shank.axes.known:
        return
    _follow_until(shank, ring, outbox, ring.end - SMOOTHING)
    if _lands(shank, ring):
        begin_landing(shank.landing, ring.end - 1, shank.rise_begin)
    seek_impact(shank.landing, ring, outbox)


@compiled
def end_segment(shank: Record, ring: Record, outbox: Record) -> None:
    """The signal ends here (for good, or at a loss): work out what can still be told."""
    if not shank.axes.known and shank.axes.moving_cells > 0:
        _learn_axis(shank, ring, AXIS_AT_END_CELLS)
    if not shank.axes.known:
        return
    _follow_until(shank, ring, outbox, ring.end)
    if shank.tibia.loading_strides > 0:
        for k in range(shank.open):
            swing = shank.swings[k]
            seen = k < shank.open - 1 or ring.end - swing.end > CONTACT_SEEN
            if math.isnan(swing.contact) and seen:
                swing.judged = True
                _place_contact(shank, ring, swing)
    _emit_closed(shank, ring, outbox)


@compiled
def _learn_axis(shank: Record, ring: Record, least_cells: int) -> None:
    axes = shank.axes
    update_axis(axes)
    if shank.activity.moving_cells > OTHER_CELLS and shank.sense.cells > OTHER_CELLS:
        # what makes no strides may be gait the other way round: only what is seen from here on counts
        shank.sense.cells = 0
    skew = skewness(shank.sense, axes.mediolateral)
    if skew < 0.0 and not axes.known:
        reverse_axis(axes)
    elif skew < REVERSED_SKEWNESS and shank.sense.cells >= least_cells and shank.activity.moving_cells > OTHER_CELLS:
        reverse_axis(axes)
        axes.known_since = ring.end
        forget_gait(shank.tibia)
        begin_at(shank, look_back_from(ring))
    if not axes.known and axes.moving_cells >= least_cells and dominance(axes) > LEAST_DOMINANCE:
        axes.known = True
        axes.known_since = ring.end
        begin_at(shank, look_back_from(ring))


@compiled
def _is_swing(shank: Record) -> bool:
    least = max(SWING_PEAK_RADPS, SWING_SHARE * shank.usual_peak_radps)
    return bool(shank.lobe_peak_radps > least and shank.lobe_rad > SWING_RAD)


@compiled
def _lands(shank: Record, ring: Record) -> bool:
    """Tell whether the newest cell is the first at the end of a swing, by what smoothing has not yet seen."""
    if shank.rise_begin == shank.landing.of_rise or not _is_swing(shank):
        return False
    slowing = rate_at(shank.rate_radps, shank.cursor - 1) < 0.5 * shank.lobe_peak_radps
    return slowing and rate_along(ring, shank.axes.mediolateral, ring.end - 1) <= 0.0


@compiled
def _follow_until(shank: Record, ring: Record, outbox: Record, end: int) -> None:
    """Search for swings up to a cell; and once more from the first of the strides that tell together what they are."""
    while shank.cursor < end:
        _follow(shank, ring, outbox)
        if shank.look_again:
            shank.axes.known_since = ring.end
            begin_at(shank, max(shank.row.begin, look_back_from(ring)))


@compiled
def _follow(shank: Record, ring: Record, outbox: Record) -> None:
    """One cell of the search for swings."""
    cell = shank.cursor
    shank.cursor += 1
    shank.rate_radps[cell & RING_MASK] = smoothed_rate(ring, shank.axes.mediolateral, cell)
    rate = rate_at(shank.rate_radps, cell)
    before = rate_at(shank.rate_radps, cell - 1) if cell > shank.start else rate
    if rate > 0.0:
        if before <= 0.0 or cell == shank.start:
            shank.rise_begin = max(cell - 1, shank.start)
            shank.lobe_peak_radps = 0.0
            shank.lobe_rad = 0.0
        shank.lobe_peak_radps = max(shank.lobe_peak_radps, rate)
        shank.lobe_rad += rate * CELL_S
    elif before > 0.0 and cell > shank.start and _is_swing(shank):
        if shank.usual_peak_radps == 0.0:
            shank.usual_peak_radps = shank.lobe_peak_radps
        shank.usual_peak_radps += PEAK_GAIN * (shank.lobe_peak_radps - shank.usual_peak_radps)
        _swing_ended(shank, ring, outbox, cell - 1 + before / (before - rate))
    if shank.open > 0:
        latest = shank.swings[shank.open - 1]
        if not latest.judged and cell >= latest.end + CONTACT_WINDOW + SMOOTHING + 2:
            latest.judged = True
            if shank.tibia.loading_strides >= 2:
                _place_contact(shank, ring, latest)
                _emit_closed(shank, ring, outbox)
        if cell - latest.end > LONGEST_STRIDE:
            shank.open = 0
    elif shank.usual_peak_radps > 0.0 and cell - shank.rise_begin > round(3.0 / CELL_S):
        shank.usual_peak_radps *= 0.995


@compiled
def _swing_ended(shank: Record, ring: Record, outbox: Record, end: float) -> None:
    """A swing lobe is over: it closes the stance before it, and opens one."""
    if shank.open > 0:
        latest = shank.swings[shank.open - 1]
        if end - latest.end < SHORTEST_STRIDE:
            if shank.lobe_peak_radps <= 1.3 * latest.peak_radps:
                return
            shank.open -= 1
        else:
            _measure_stance(shank, ring, outbox, latest, shank.rise_begin, end)
    if shank.open == OPEN_SWINGS:
        _drop_first(shank)
    open_swing(shank.swings[shank.open], end, shank.lobe_peak_radps)
    shank.open += 1
    if shank.may_complete_first and shank.open >= 2:
        _complete_first(shank, ring, outbox)


@compiled
def _drop_first(shank: Record) -> None:
    for k in range(1, shank.open):
        shank.swings[k - 1] = shank.swings[k]
    shank.open -= 1


@compiled
def _complete_first(shank: Record, ring: Record, outbox: Record) -> None:
    """The first whole stride of a segment: its opening swing may lie before the first cell, or be cut by it."""
    shank.may_complete_first = False
    first_end = shank.swings[0].end
    period = shank.swings[1].end - first_end
    at_start = shank.start - round(0.045 / CELL_S) <= first_end - period
    if not (at_start and SHORTEST_STRIDE < period < LONGEST_STRIDE) or shank.open == OPEN_SWINGS:
        return
    end = find_swing_end(shank.rate_radps, shank.start, first_end, period)
    if math.isnan(end):
        return
    for k in range(shank.open, 0, -1):
        shank.swings[k] = shank.swings[k - 1]
    shank.open += 1
    opening = shank.swings[0]
    open_swing(opening, end, shank.swings[1].peak_radps)
    opening.judged = True
    rise = int(first_end)
    while rise > shank.start and rate_at(shank.rate_radps, rise) > 0.0:
        rise -= 1
    _measure_stance(shank, ring, outbox, opening, rise, first_end)
    if math.isnan(opening.contact) and not math.isnan(shank.swings[1].contact):
        _place_contact(shank, ring, opening)


@compiled
def _measure_stance(
    shank: Record, ring: Record, outbox: Record, swing: Record, rise_begin: int, next_end: float
) -> None:
    """Push-off after a swing; once the leg's loading is known from two stances, the contacts that waited for it."""
    measure_push_off(shank.rate_radps, swing, rise_begin, next_end)
    if not note_stance(shank.tibia, ring, shank.start, swing):
        return
    waiting = shank.open > 0 and math.isnan(shank.swings[0].contact)
    if shank.tibia.loading_strides == 2 or (shank.tibia.loading_strides > 2 and waiting):
        for k in range(shank.open):
            if shank.swings[k].judged and math.isnan(shank.swings[k].contact):
                _place_contact(shank, ring, shank.swings[k])
        _emit_closed(shank, ring, outbox)


@compiled
def _place_contact(shank: Record, ring: Record, swing: Record) -> None:
    loading = np.empty(3)
    upright(shank.axes.mediolateral, shank.tibia.loading_mps2, loading)
    by_first_rise(ring, loading, shank.start, swing)


@compiled
def _emit_closed(shank: Record, ring: Record, outbox: Record) -> None:
    """Emit the strides whose two contacts are placed."""
    while shank.open >= 2 and not math.isnan(shank.swings[0].contact) and not math.isnan(shank.swings[1].contact):
        _emit(shank, ring, outbox, shank.swings[0], shank.swings[1])
        _drop_first(shank)


@compiled
def _emit(shank: Record, ring: Record, outbox: Record, begun: Record, ended: Record) -> None:
    period = ended.contact - begun.contact
    if not (SHORTEST_STRIDE <= period <= LONGEST_STRIDE and begun.has_stance):
        return
    if begun.contact < ring.segment_begin - 4:
        return
    if time_at(ring, begun.contact) <= shank.posted_until_s - 0.1:
        pass_by(shank.row, begun, ended)
        return
    tibia, across = shank.tibia, shank.axes.mediolateral
    up, loading, ahead = np.empty(3), np.empty(3), np.empty(3)
    upright(across, tibia.loading_mps2, loading)
    ahead_of(across, loading, ahead)
    leant, most, least = lean_over_stride(ring, shank.rate_radps, across, loading, begun.contact, ended.contact)
    backward = leans_backward(tibia, across, loading, most, least)
    first, last = int(begun.contact), int(ended.contact)
    verdict = shank_verdict(ring, shank.rate_radps, first, last, backward, shank.journey)
    short = period * CELL_S < RUN_STRIDE_TIME_BY_GYRO_S or begun.trough - begun.contact < RUN_DUTY * period
    carried = backward or shank.journey.distance_m > RUN_WAY_M
    running = bool(short and carried and begun.stance_force_mps2 > RUN_STANCE_FORCE_MPS2)
    if runs_on(shank.row, begun, ended, running and not backward and verdict != NO_STRIDE) and verdict == DOUBTFUL:
        shank.look_again = shank.activity.trust == 0
        verdict = CLEAR_STRIDE
    if not note_stride(shank.activity, verdict, running):
        return
    toe_off = running_toe_off(ring, begun) if running else begun.trough
    contact = toe_off - begun.contact
    stride = outbox.events[outbox.count]
    clear(stride)
    stride.running = running
    stride.axis_moved = axis_moved(shank.axes)
    stride.aligned_later = ended.end < shank.axes.known_since
    stride.initial_contact_s = time_at(ring, begun.contact)
    stride.next_contact_s = time_at(ring, ended.contact)
    # who walks is never in the air: a stance below half the stride is a trough mistaken
    if max(round(0.08 / CELL_S), 0.0 if running else 0.5 * period) < contact < 0.75 * period:
        stride.toe_off_s = time_at(ring, toe_off)
    if running and not backward:
        stride.surge_s = time_to_surge(ring, shank.rate_radps, begun.contact)
    stride.backward = backward
    if not backward:
        stride.stance_roll_deg = stance_roll_deg(ring, begun.contact, toe_off, ahead)
        if not math.isnan(leant):
            learn_gait_axis(tibia, across, leant, running)
    if tibia_axis(tibia, across, up) and not backward:
        stride.tilt_rad = leant - lean_between(across, loading, up)
    peak_from, peak_to = int(begun.contact) - PEAK_BEFORE, int(begun.contact) + PEAK_AFTER
    stride.peak_norm_mps2 = peak_between(ring, peak_from, int(max(toe_off, peak_to)))
    stride.peak_axial_mps2 = peak_along_between(ring, up, peak_from, peak_to)
    stride.sample_quality = quality_between(ring, int(begun.contact), int(ended.contact) + 2)
    stride.confidence = min(begun.certainty, ended.certainty)
    if stride.sample_quality & _AFTER_LOSS:
        stride.confidence *= 0.7
    outbox.count += 1
    shank.posted_until_s = stride.next_contact_s
