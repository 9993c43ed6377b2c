"""Strides from a sensor on the shin.

1. The shank's pitch rate is the angular rate about the mediolateral axis, smoothed over ±15 ms; its sense is set so
   that the swing, the brief quick phase of the gait, is positive (positive third moment).
2. A swing is a positive lobe of at least 12° and 100 °/s, and near half the usual peak; it ends where the rate falls
   through zero. (Of the gyroscope methods compared by Kiernan et al. 2023, PMC10255839, the one named Fadillioglu takes
   this instant itself as contact.)
3. Initial contact is the first strong rise of the force along the tibia in the 115 ms after that. Without an impact
   shock the rise is the loading of the leg, with one it is the shock's front; both give the same instant within ms.
4. Toe-off in running is a fixed time before the rate has fallen half-way from its late-stance greatest value to the
   trough before swing; in walking it is that trough.
5. Contact is read along the mean force from early to late stance, made orthogonal to the mediolateral axis: the way
   the leg is loaded. It leans against the tibia by up to 25°, with the speed.
6. The tibia itself stands upright when the wearer does: its long axis is gravity in quiet standing. Without a stand it
   is the vertical at contact, which the gait gives, leant by the tilt that is usual at contact; then there is no tilt
   to be reported.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.activity import ACTIVITY, note_cell, note_stride, shank_verdict
from footfall_processing.alignment import (
    AXES,
    axis_moved,
    dominance,
    note_rate,
    reverse_axis,
    skewness,
    update_axis,
)
from footfall_processing.compiled import Record, compiled
from footfall_processing.events import EVENT, clear, post, post_impact
from footfall_processing.grid import CELL_S
from footfall_processing.ring import (
    RING_LENGTH,
    force_along,
    force_norm,
    look_back_from,
    oldest,
    peak_along_between,
    peak_between,
    peak_cell_between,
    quality_between,
    rate_along,
    rate_norm,
    time_at,
)
from footfall_processing.samples import FloatArray, SampleQuality
from footfall_processing.stance_roll import stance_roll_deg
from footfall_processing.strapdown import JOURNEY, dot
from footfall_processing.units import STANDARD_GRAVITY_MPS2

_MASK: Final = RING_LENGTH - 1
_AFTER_LOSS: Final = int(SampleQuality.AFTER_LOSS)

_COSINES: Final = np.cos(np.linspace(-0.5 * np.pi, 0.5 * np.pi, 9)[1:-1]) ** 2
SMOOTHING_TAPS: Final = _COSINES / _COSINES.sum()
SMOOTHING: Final = 3
"""Squared-cosine window over ±15 ms (half width 3 cells): zero phase, no overshoot."""

AXIS_AFTER_CELLS: Final = round(1.6 / CELL_S)
AXIS_AT_END_CELLS: Final = round(0.8 / CELL_S)
LEAST_DOMINANCE: Final = 0.55
REVERSED_SKEWNESS: Final = -0.08
"""Movement needed before the axis counts as known, and the skewness at which its sense is admitted to be wrong."""

SWING_PEAK_RADPS: Final = math.radians(100.0)
SWING_SHARE: Final = 0.45
SWING_RAD: Final = math.radians(12.0)
PEAK_GAIN: Final = 0.15

SHORTEST_STRIDE: Final = round(0.42 / CELL_S)
LONGEST_STRIDE: Final = round(2.2 / CELL_S)

CONTACT_WINDOW: Final = round(0.115 / CELL_S)
CONTACT_USUAL: Final = 0.038 / CELL_S
CONTACT_SPREAD: Final = 0.025 / CELL_S
JERK_LAG: Final = 0.0105 / CELL_S
"""Contact usually comes 38 ± 25 ms after the swing's end; the force's steepest rise lags it by 10.5 ms.

Means of three force-plate subjects (docs/validation.md); leaving one subject out moves them by up to 10 ms.
"""

FIRST_RISE_SHARE: Final = 0.5
USUAL_WEIGHT: Final = 0.2
"""Contact is drawn by a fifth to the usual delay: the inverse-variance weight of delay (13 ms) and jerk mark (6 ms)."""

LEAST_JERK_MPS3: Final = 8.0 * STANDARD_GRAVITY_MPS2
SURE_JERK_MPS3: Final = 60.0 * STANDARD_GRAVITY_MPS2

TOE_OFF_LEAD: Final = 0.0215 / CELL_S
"""Toe-off comes this long before half-fall: mean of the same three subjects."""

LOADING_FROM: Final = round(0.12 / CELL_S)
LOADING_AFTER: Final = round(0.02 / CELL_S)
LOADING_STRIDES: Final = 20

STILL_RADPS: Final = math.radians(12.0)
STILL_MPS2: Final = 0.06 * STANDARD_GRAVITY_MPS2
STILL_CELLS: Final = round(1.0 / CELL_S)
STILL_GAIN: Final = CELL_S / 10.0
"""Standing still: for a second, turning slower than 12 °/s, the force within 0.06 g of gravity; 10 s of it count."""

SAME_STAND_COSINE: Final = math.cos(math.radians(25.0))
"""A stand that differs by more was none: the sensor lay on a table, or the wearer sat with a stretched leg."""

RUN_TILT_RAD: Final = math.radians(7.0)
WALK_TILT_RAD: Final = math.radians(17.0)
"""How far the ankle usually is ahead of the knee at contact: the guess where no stand was seen, good to some 5°."""

RUN_STRIDE_TIME_S: Final = 0.92
RUN_STANCE_FORCE_MPS2: Final = 1.20 * STANDARD_GRAVITY_MPS2
RUN_DUTY: Final = 0.53
"""Running if two of three hold: a short stride, a stance force well above body weight (impulse balance), flight."""

PEAK_BEFORE: Final = 2
PEAK_AFTER: Final = round(0.1 / CELL_S)

IMPACT_OVER: Final = 2
"""An impact is confirmed by two cells without a higher sample: 15 ms of signal at 200 Hz, 20 ms at 100 Hz."""

FIRST_IMPACT_MPS2: Final = 3.0 * STANDARD_GRAVITY_MPS2
IMPACT_SHARE: Final = 0.6
IMPACT_GAIN: Final = 0.2
"""A peak counts from 3 g on (Van den Berghe et al. 2021, bio-protocol 11(23)), later from 60 % of the usual peak on."""

OPEN_SWINGS: Final = 8

SWING: Final = np.dtype(
    [
        ("end", np.float64),
        ("peak_radps", np.float64),
        ("judged", np.bool_),
        ("contact", np.float64),
        ("certainty", np.float64),
        ("has_stance", np.bool_),
        ("half_fall", np.float64),
        ("trough", np.float64),
        ("stance_force_mps2", np.float64),
    ],
    align=True,
)
"""A swing's end and the stance that follows it, in cells; `contact` is NaN until it is placed."""

SHANK: Final = np.dtype(
    [
        ("axes", AXES),
        ("activity", ACTIVITY),
        ("journey", JOURNEY),
        ("loading_mps2", np.float64, (3,)),
        ("loading_strides", np.int64),
        ("still_cells", np.int64),
        ("still_mps2", np.float64, (3,)),
        ("stood_cells", np.int64),
        ("stood_mps2", np.float64, (3,)),
        ("gait_axis", np.float64, (3,)),
        ("gait_strides", np.int64),
        ("rate_radps", np.float32, (RING_LENGTH,)),
        ("cursor", np.int64),
        ("start", np.int64),
        ("rise_begin", np.int64),
        ("lobe_peak_radps", np.float64),
        ("lobe_rad", np.float64),
        ("usual_peak_radps", np.float64),
        ("usual_impact_mps2", np.float64),
        ("impact_due", np.bool_),
        ("may_complete_first", np.bool_),
        ("open", np.int64),
        ("swings", SWING, (OPEN_SWINGS,)),
        ("stride", EVENT),
        ("posted_until_s", np.float64),
    ],
    align=True,
)
"""A shank sensor's state between cells: the smoothed rate, and the swings whose strides are still open."""


@compiled
def start(shank: Record) -> None:
    """Prepare a new sensor."""
    shank.posted_until_s = -math.inf


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


@compiled
def advance(shank: Record, ring: Record, outbox: Record) -> None:
    """Take note of the newest cell, and follow the gait as far as smoothing allows."""
    note_cell(shank.activity, ring)
    _note_stillness(shank, ring, ring.end - 1)
    if note_rate(shank.axes, ring, ring.end - 1) and shank.axes.moving_cells % 20 == 0:
        _learn_axis(shank, ring, AXIS_AFTER_CELLS)
    if not shank.axes.known:
        return
    while shank.cursor + SMOOTHING < ring.end:
        _follow(shank, ring, outbox)


@compiled
def end_segment(shank: Record, ring: Record, outbox: Record) -> None:
    """The signal ends here (for good, or at a loss): work out what can still be told."""
    if not shank.axes.known and shank.axes.moving_cells > 0:
        _learn_axis(shank, ring, AXIS_AT_END_CELLS)
    if not shank.axes.known:
        return
    while shank.cursor < ring.end:
        _follow(shank, ring, outbox)
    if shank.loading_strides > 0:
        for k in range(shank.open):
            swing = shank.swings[k]
            seen = k < shank.open - 1 or ring.end - swing.end > round(0.06 / CELL_S)
            if math.isnan(swing.contact) and seen:
                swing.judged = True
                _place_contact(shank, ring, swing)
    _emit_closed(shank, ring, outbox)


@compiled
def _learn_axis(shank: Record, ring: Record, least_cells: int) -> None:
    axes = shank.axes
    update_axis(axes)
    skew = skewness(axes)
    if skew < 0.0 and not axes.known:
        reverse_axis(axes)
    elif skew < REVERSED_SKEWNESS:
        reverse_axis(axes)
        shank.loading_strides = 0
        shank.gait_strides = 0
        begin_at(shank, look_back_from(ring))
    if not axes.known and axes.moving_cells >= least_cells and dominance(axes) > LEAST_DOMINANCE:
        axes.known = True
        axes.known_since = ring.end
        begin_at(shank, look_back_from(ring))


@compiled
def _smoothed_rate(ring: Record, axis: FloatArray, cell: int) -> float:
    first, last = oldest(ring), ring.end - 1
    total = 0.0
    for k in range(2 * SMOOTHING + 1):
        total += SMOOTHING_TAPS[k] * rate_along(ring, axis, min(max(cell + k - SMOOTHING, first), last))
    return total


@compiled
def _smoothed_force(ring: Record, axis: FloatArray, cell: int) -> float:
    first, last = oldest(ring), ring.end - 1
    total = 0.0
    for k in range(2 * SMOOTHING + 1):
        total += SMOOTHING_TAPS[k] * force_along(ring, axis, min(max(cell + k - SMOOTHING, first), last))
    return total


@compiled
def _rate(shank: Record, cell: int) -> float:
    return float(shank.rate_radps[cell & _MASK])


@compiled
def _follow(shank: Record, ring: Record, outbox: Record) -> None:
    """One cell of the search for swings."""
    cell = shank.cursor
    shank.cursor += 1
    shank.rate_radps[cell & _MASK] = _smoothed_rate(ring, shank.axes.mediolateral, cell)
    rate = _rate(shank, cell)
    before = _rate(shank, cell - 1) if cell > shank.start else rate
    if rate > 0.0:
        if before <= 0.0 or cell == shank.start:
            shank.rise_begin = max(cell - 1, shank.start)
            shank.lobe_peak_radps = 0.0
            shank.lobe_rad = 0.0
        shank.lobe_peak_radps = max(shank.lobe_peak_radps, rate)
        shank.lobe_rad += rate * CELL_S
    elif before > 0.0 and cell > shank.start:
        least = max(SWING_PEAK_RADPS, SWING_SHARE * shank.usual_peak_radps)
        if shank.lobe_peak_radps > least and shank.lobe_rad > SWING_RAD:
            if shank.usual_peak_radps == 0.0:
                shank.usual_peak_radps = shank.lobe_peak_radps
            shank.usual_peak_radps += PEAK_GAIN * (shank.lobe_peak_radps - shank.usual_peak_radps)
            _swing_ended(shank, ring, outbox, cell - 1 + before / (before - rate))
    if shank.open > 0:
        latest = shank.swings[shank.open - 1]
        if not latest.judged:
            _seek_impact(shank, ring, outbox, latest, cell)
        if not latest.judged and cell >= latest.end + CONTACT_WINDOW + SMOOTHING + 2:
            latest.judged = True
            if shank.loading_strides >= 2:
                _place_contact(shank, ring, latest)
                _emit_closed(shank, ring, outbox)
        if cell - latest.end > LONGEST_STRIDE:
            shank.open = 0
    elif shank.usual_peak_radps > 0.0 and cell - shank.rise_begin > round(3.0 / CELL_S):
        shank.usual_peak_radps *= 0.995


@compiled
def _seek_impact(shank: Record, ring: Record, outbox: Record, swing: Record, cell: int) -> None:
    """Report the landing's first high peak as soon as it is over; at the latest, the highest once the landing is."""
    begin, end = int(swing.end), int(swing.end) + CONTACT_WINDOW
    over = ring.end >= end + SMOOTHING
    if not (shank.impact_due or over):
        return
    peak_mps2 = peak_between(ring, begin, min(end, ring.end))
    least_mps2 = IMPACT_SHARE * shank.usual_impact_mps2 if shank.usual_impact_mps2 > 0.0 else FIRST_IMPACT_MPS2
    settled = peak_mps2 >= least_mps2 and ring.end > peak_cell_between(ring, begin, ring.end) + IMPACT_OVER
    # what alignment finds looking back is too old for a cue
    if shank.impact_due and (settled or over) and cell + SMOOTHING + 1 == ring.end:
        shank.impact_due = False
        post_impact(outbox, ring, begin, min(end, ring.end))
    if cell == end - 1:
        gain = IMPACT_GAIN if shank.usual_impact_mps2 > 0.0 else 1.0
        shank.usual_impact_mps2 += gain * (peak_mps2 - shank.usual_impact_mps2)


@compiled
def _copy_swing(source: Record, target: Record) -> None:
    target.end = source.end
    target.peak_radps = source.peak_radps
    target.judged = source.judged
    target.contact = source.contact
    target.certainty = source.certainty
    target.has_stance = source.has_stance
    target.half_fall = source.half_fall
    target.trough = source.trough
    target.stance_force_mps2 = source.stance_force_mps2


@compiled
def _clear_swing(swing: Record, end: float, peak_radps: float) -> None:
    swing.end = end
    swing.peak_radps = peak_radps
    swing.judged = False
    swing.contact = math.nan
    swing.certainty = 0.0
    swing.has_stance = False


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
    _clear_swing(shank.swings[shank.open], end, shank.lobe_peak_radps)
    shank.open += 1
    shank.impact_due = True
    if shank.may_complete_first and shank.open >= 2:
        _complete_first(shank, ring, outbox)


@compiled
def _drop_first(shank: Record) -> None:
    for k in range(1, shank.open):
        _copy_swing(shank.swings[k], shank.swings[k - 1])
    shank.open -= 1


@compiled
def _complete_first(shank: Record, ring: Record, outbox: Record) -> None:
    """The first whole stride of a segment: its opening swing may lie before the first cell, or be cut by it."""
    shank.may_complete_first = False
    first_end = shank.swings[0].end
    period = shank.swings[1].end - first_end
    expected = first_end - period
    if not (shank.start - round(0.045 / CELL_S) <= expected and SHORTEST_STRIDE < period < LONGEST_STRIDE):
        return
    end = math.nan
    nearest = math.inf
    at_first = int(first_end)
    slope = _rate(shank, at_first) - _rate(shank, at_first + 1)
    for cell in range(max(int(expected - 0.12 * period), shank.start + 1), int(expected + 0.12 * period)):
        before, rate = _rate(shank, cell - 1), _rate(shank, cell)
        falls = before > 0.0 >= rate and before - rate > 0.4 * slope
        if falls and abs(cell - expected) < nearest:
            nearest = abs(cell - expected)
            end = cell - 1 + before / (before - rate)
    if math.isnan(end):
        if expected > shank.start + round(0.03 / CELL_S):
            return
        end = expected
    if shank.open == OPEN_SWINGS:
        return
    for k in range(shank.open, 0, -1):
        _copy_swing(shank.swings[k - 1], shank.swings[k])
    shank.open += 1
    opening = shank.swings[0]
    _clear_swing(opening, end, shank.swings[1].peak_radps)
    opening.judged = True
    rise = at_first
    while rise > shank.start and _rate(shank, rise) > 0.0:
        rise -= 1
    _measure_stance(shank, ring, outbox, opening, rise, first_end)
    if math.isnan(opening.contact) and not math.isnan(shank.swings[1].contact):
        _place_contact(shank, ring, opening)


@compiled
def _measure_stance(
    shank: Record, ring: Record, outbox: Record, swing: Record, rise_begin: int, next_end: float
) -> None:
    """Push-off in the pitch rate between two swings' ends; the stance's mean force teaches the loading axis."""
    period = next_end - swing.end
    lowest_from = int(swing.end + 0.30 * period)
    lowest = lowest_from
    for cell in range(lowest_from, max(rise_begin, lowest_from + 3) + 1):
        if _rate(shank, cell) < _rate(shank, lowest):
            lowest = cell
    highest = int(swing.end + 0.045 / CELL_S + 0.12 * period)
    for cell in range(highest, lowest + 1):
        if _rate(shank, cell) > _rate(shank, highest):
            highest = cell
    half = 0.5 * (_rate(shank, highest) + _rate(shank, lowest))
    cell = highest
    while cell < lowest and _rate(shank, cell) > half:
        cell += 1
    fall = _rate(shank, cell - 1) - _rate(shank, cell)
    swing.half_fall = cell - 1 + ((_rate(shank, cell - 1) - half) / fall if fall > 0.0 else 0.5)
    swing.trough = float(lowest)
    swing.has_stance = True
    swing.stance_force_mps2 = 0.0
    begin = int(max(swing.end, shank.start)) + LOADING_FROM
    end = int(swing.half_fall) + LOADING_AFTER
    if end - begin < 6:
        return
    mean = np.zeros(3)
    for k in range(begin, end):
        for axis in range(3):
            mean[axis] += ring.imu[k & _MASK, axis] / (end - begin)
    swing.stance_force_mps2 = math.sqrt(dot(mean, mean))
    shank.loading_strides += 1
    gain = max(1.0 / shank.loading_strides, 1.0 / LOADING_STRIDES)
    for axis in range(3):
        shank.loading_mps2[axis] += gain * (mean[axis] - shank.loading_mps2[axis])
    waiting = shank.open > 0 and math.isnan(shank.swings[0].contact)
    if shank.loading_strides == 2 or (shank.loading_strides > 2 and waiting):
        for k in range(shank.open):
            if shank.swings[k].judged and math.isnan(shank.swings[k].contact):
                _place_contact(shank, ring, shank.swings[k])
        _emit_closed(shank, ring, outbox)


@compiled
def _note_stillness(shank: Record, ring: Record, cell: int) -> None:
    """Learn the upright tibia from quiet standing."""
    if rate_norm(ring, cell) > STILL_RADPS or abs(force_norm(ring, cell) - STANDARD_GRAVITY_MPS2) > STILL_MPS2:
        shank.still_cells = 0
        return
    shank.still_cells += 1
    at = cell & _MASK
    for axis in range(3):
        shank.still_mps2[axis] += (ring.imu[at, axis] - shank.still_mps2[axis]) / shank.still_cells
    if shank.still_cells < STILL_CELLS:
        return
    now, before = shank.still_mps2, shank.stood_mps2
    lengths = math.sqrt(dot(now, now) * dot(before, before))
    if lengths == 0.0 or dot(now, before) < SAME_STAND_COSINE * lengths:
        shank.stood_cells = 0
    shank.stood_cells += 1
    gain = max(1.0 / shank.stood_cells, STILL_GAIN)
    for axis in range(3):
        shank.stood_mps2[axis] += gain * (now[axis] - shank.stood_mps2[axis])


@compiled
def _tibia_axis(shank: Record, out: FloatArray) -> bool:
    """Unit vector up the tibia; whether a stand told it."""
    if shank.gait_strides == 0:
        _loading_axis(shank, out)
        return False
    _upright(shank, shank.stood_mps2, out)
    if shank.stood_cells > 0 and dot(out, shank.gait_axis) > SAME_STAND_COSINE:
        return True
    _upright(shank, shank.gait_axis, out)
    return False


@compiled
def _learn_gait_axis(shank: Record, loading: FloatArray, leant: float, running: bool) -> None:
    """From a stride's tilt of the loading axis at contact: the tibia leans by what is usual instead."""
    ahead = np.empty(3)
    _ahead(shank, loading, ahead)
    turn = leant - (RUN_TILT_RAD if running else WALK_TILT_RAD)
    shank.gait_strides += 1
    gain = max(1.0 / shank.gait_strides, 1.0 / LOADING_STRIDES)
    for k in range(3):
        now = math.cos(turn) * loading[k] + math.sin(turn) * ahead[k]
        shank.gait_axis[k] += gain * (now - shank.gait_axis[k])


@compiled
def _ahead(shank: Record, up: FloatArray, out: FloatArray) -> None:
    across = shank.axes.mediolateral
    for k in range(3):
        out[k] = up[(k + 1) % 3] * across[(k + 2) % 3] - up[(k + 2) % 3] * across[(k + 1) % 3]


@compiled
def _loading_axis(shank: Record, out: FloatArray) -> None:
    """Unit vector along which the stance loads the shank, upwards."""
    _upright(shank, shank.loading_mps2, out)


@compiled
def _upright(shank: Record, vector: FloatArray, out: FloatArray) -> None:
    """The unit vector nearest to `vector` that is orthogonal to the mediolateral axis."""
    across = shank.axes.mediolateral
    along = dot(vector, across)
    for k in range(3):
        out[k] = vector[k] - along * across[k]
    length = math.sqrt(dot(out, out))
    if length > 0.0:
        for k in range(3):
            out[k] /= length


@compiled
def _place_contact(shank: Record, ring: Record, swing: Record) -> None:
    """Initial contact: the first strong rise of the force along the tibia after the swing's end."""
    usual = swing.end + CONTACT_USUAL
    begin = max(int(swing.end), shank.start)
    count = min(int(swing.end + CONTACT_WINDOW), ring.end - 2) - begin + 2
    if count < 5:
        swing.contact = usual
        swing.certainty = 0.3
        return
    up = np.empty(3)
    _loading_axis(shank, up)
    force = np.empty(count + 2)
    for k in range(count + 2):
        force[k] = _smoothed_force(ring, up, begin - 1 + k)
    jerk = np.empty(count)
    for k in range(count):
        jerk[k] = 0.5 * (force[k + 2] - force[k]) / CELL_S
    steepest = likeliest = 0.0
    likely = np.zeros(count)
    for k in range(1, count - 1):
        steepest = max(steepest, jerk[k])
        if jerk[k] >= jerk[k - 1] and jerk[k] > jerk[k + 1]:
            late = (begin + k - swing.end - CONTACT_USUAL - JERK_LAG) / CONTACT_SPREAD
            likely[k] = jerk[k] * math.exp(-0.5 * late * late)
            likeliest = max(likeliest, likely[k])
    at = 0
    for k in range(1, count - 1):
        if likely[k] > 0.0 and likely[k] >= FIRST_RISE_SHARE * likeliest:
            at = k
            break
    if at == 0 or steepest < LEAST_JERK_MPS3:
        swing.contact = usual
        swing.certainty = 0.4
        return
    curvature = jerk[at - 1] - 2.0 * jerk[at] + jerk[at + 1]
    shift = 0.5 * (jerk[at - 1] - jerk[at + 1]) / curvature if curvature != 0.0 else 0.0
    mark = begin + at + shift - JERK_LAG
    swing.contact = mark + USUAL_WEIGHT * (usual - mark)
    swing.certainty = 0.6 + 0.4 * min(1.0, steepest / SURE_JERK_MPS3)


@compiled
def _tilt_at_contact(shank: Record, ring: Record, up: FloatArray, contact: float, next_contact: float) -> float:
    """Angle of an axis to the vertical at contact, ankle ahead of the knee positive.

    Over a stride of even speed the body gains no velocity, so the mean specific force, turned back to the pose at
    contact by the integrated pitch rate, is gravity. The rate's mean over the stride is its drift.
    """
    begin, end = max(math.floor(contact + 0.5), oldest(ring)), math.floor(next_contact + 0.5)
    if begin > contact + 1.0 or end - begin < SHORTEST_STRIDE // 2:
        return math.nan
    ahead = np.empty(3)
    _ahead(shank, up, ahead)
    drift = 0.0
    for cell in range(begin, end):
        drift += _rate(shank, cell) / (end - begin)
    turned = forwards = upwards = 0.0
    for cell in range(begin, end):
        along, aloft = force_along(ring, ahead, cell), force_along(ring, up, cell)
        forwards += math.cos(turned) * along - math.sin(turned) * aloft
        upwards += math.sin(turned) * along + math.cos(turned) * aloft
        turned += (_rate(shank, cell) - drift) * CELL_S
    return math.atan2(forwards, upwards)


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
    if begun.contact < ring.segment_begin - 4 or time_at(ring, begun.contact) <= shank.posted_until_s - 0.1:
        return
    running = (
        int(period * CELL_S < RUN_STRIDE_TIME_S)
        + int(begun.stance_force_mps2 > RUN_STANCE_FORCE_MPS2)
        + int((begun.trough - begun.contact) / period < RUN_DUTY)
    ) >= 2
    verdict = shank_verdict(ring, shank.rate_radps, int(begun.contact), int(ended.contact), shank.journey)
    if not note_stride(shank.activity, verdict, running):
        return
    toe_off = begun.half_fall - TOE_OFF_LEAD if running else begun.trough
    contact = toe_off - begun.contact
    stride = shank.stride
    clear(stride)
    stride.running = running
    stride.axis_moved = axis_moved(shank.axes)
    stride.aligned_later = ended.end < shank.axes.known_since
    stride.initial_contact_s = time_at(ring, begun.contact)
    stride.next_contact_s = time_at(ring, ended.contact)
    # who walks is never in the air: a stance below half the stride is a trough mistaken
    if max(round(0.08 / CELL_S), 0.0 if running else 0.5 * period) < contact < 0.75 * period:
        stride.toe_off_s = time_at(ring, toe_off)
    up, loading = np.empty(3), np.empty(3)
    _loading_axis(shank, loading)
    leant = _tilt_at_contact(shank, ring, loading, begun.contact, ended.contact)
    if not math.isnan(leant):
        _learn_gait_axis(shank, loading, leant, running)
    if _tibia_axis(shank, up) and not math.isnan(leant):
        ahead = np.empty(3)
        _ahead(shank, loading, ahead)
        stride.tilt_rad = leant - math.atan2(dot(up, ahead), dot(up, loading))
    forward = np.empty(3)
    _ahead(shank, loading, forward)
    stride.stance_roll_deg = stance_roll_deg(ring, begun.contact, toe_off, forward)
    peak_from, peak_to = int(begun.contact) - PEAK_BEFORE, int(begun.contact) + PEAK_AFTER
    stride.peak_norm_mps2 = peak_between(ring, peak_from, int(max(toe_off, peak_to)))
    stride.peak_axial_mps2 = peak_along_between(ring, up, peak_from, peak_to)
    stride.sample_quality = quality_between(ring, int(begun.contact), int(ended.contact))
    stride.confidence = min(begun.certainty, ended.certainty)
    if stride.sample_quality & _AFTER_LOSS:
        stride.confidence *= 0.7
    post(outbox, stride)
    shank.posted_until_s = stride.next_contact_s
