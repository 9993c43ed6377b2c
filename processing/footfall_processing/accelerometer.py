"""Strides from an accelerometer alone, on foot or shank: stride time, walking or running, impact; nothing more.

1. Unrest is how far the force's magnitude is from 1 g, smoothed over ±60 ms. The stride period comes from the
   autocorrelation of its last 3 s, four times a second.
2. Landing is the phase of the stride at which the jerk bursts highest and calm follows: the foot is put down and
   stays, while a push-off comes out of calm and a swing has calm on neither side. The jerk of the last strides, folded
   by the period, tells; should another phase win clearly later on, the search starts anew from there.
3. From a landing's burst of jerk the next is looked for one period on; two misses, or a standstill, and the search
   starts anew. Stride time runs from burst to burst, which is steadier than any single instant. The contact is put at
   the burst plus the usual delay from the burst to the first strong jerk.
4. An impact is a peak of the raw magnitude near the expected landing, with nothing higher in the 15 ms after it
   (after Van den Berghe et al. 2021, bio-protocol 11(23)).

Without angular rate there is no honest contact time, angle or length: they are not given.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.activity import ACTIVITY, note_cell, note_stride, shock_verdict
from footfall_processing.compiled import Record, compiled
from footfall_processing.events import EVENT, clear, post, post_impact
from footfall_processing.grid import CELL_S
from footfall_processing.ring import (
    RING_LENGTH,
    force_norm,
    oldest,
    peak_between,
    peak_cell_between,
    quality_between,
    time_at,
)
from footfall_processing.samples import FloatArray
from footfall_processing.shank import IMPACT_GAIN, IMPACT_OVER, IMPACT_SHARE, JERK_LAG, SMOOTHING, SMOOTHING_TAPS
from footfall_processing.units import STANDARD_GRAVITY_MPS2

_MASK: Final = RING_LENGTH - 1

_COSINES: Final = np.cos(np.linspace(-0.5 * np.pi, 0.5 * np.pi, 27)[1:-1]) ** 2
UNREST_TAPS: Final = _COSINES / _COSINES.sum()
UNREST_HALF_WIDTH: Final = 12
UNREST_CAP_MPS2: Final = 5.0 * STANDARD_GRAVITY_MPS2
"""Squared-cosine window over ±60 ms; a hard landing counts no more than 5 g, so that it does not outshout the rest."""

DELAY: Final = SMOOTHING + 1 + UNREST_HALF_WIDTH
"""Cells by which unrest and bursts lag the newest cell."""

UNREST_LENGTH: Final = 256

EVERY: Final = 50
STEP: Final = 4
WINDOW: Final = 600
LEAST_WINDOW: Final = 440
SHORTEST_LAG: Final = 27
LONGEST_LAG: Final = 80
"""The period is sought every 0.25 s in 3 s (at least 2.2 s) of unrest at 50 Hz, between 0.54 and 1.6 s."""

LEAST_UNREST_MPS2: Final = 0.12 * STANDARD_GRAVITY_MPS2
LEAST_CORRELATION: Final = 0.4
FIRST_PEAK_SHARE: Final = 0.85
"""The first peak of the autocorrelation that is 85 % as high as the highest: a stride, not two."""

CALM_FROM: Final = 0.12
CALM_TO: Final = 0.42
CALM_WEIGHT: Final = 0.5
"""Calm is looked for from 12 to 42 % of a stride after the burst, the part of stance that gaits have in common."""

OTHER_PHASE: Final = 0.08
CLEARLY: Final = 0.3
"""Another phase is more than 8 % of a stride away, and clearly better when its burst is e^0.3 as high (or as calm)."""

SAME_PERIOD: Final = 0.15
BURST_SHARE: Final = 0.25
JERK_SHARE: Final = 0.6
IMPACT_EARLY: Final = 0.05
IMPACT_LATE: Final = 0.12
REFRACTORY: Final = 0.53
"""Impacts lie near the expected burst, in shares of a stride, and 375 ms (of a 0.7 s stride) apart.

The swing's own peak comes some 10 % of a stride before the landing.
"""

FIRST_IMPACT_MPS2: Final = 2.0 * STANDARD_GRAVITY_MPS2

STEADIEST_DRIFT: Final = 0.006 / CELL_S

RUN_STRIDE_TIME_S: Final = 0.92
RUN_FORCE_MPS2: Final = 1.4 * STANDARD_GRAVITY_MPS2

CONFIDENCE: Final = 0.7
"""An accelerometer's stride is as good as its period; its instant of contact is not."""

ACCELEROMETER: Final = np.dtype(
    [
        ("activity", ACTIVITY),
        ("unrest_mps2", np.float32, (UNREST_LENGTH,)),
        ("jerk_mps3", np.float32, (RING_LENGTH,)),
        ("burst_mps3", np.float32, (RING_LENGTH,)),
        ("cursor", np.int64),
        ("jerk_until", np.int64),
        ("begin", np.int64),
        ("period", np.float64),
        ("last", np.float64),
        ("usual_mps3", np.float64),
        ("misses", np.int64),
        ("disagreements", np.int64),
        ("doubts", np.int64),
        ("delay", np.float64),
        ("contact", np.float64),
        ("burst", np.float64),
        ("usual_impact_mps2", np.float64),
        ("impact", np.int64),
        ("stride", EVENT),
    ],
    align=True,
)
"""An accelerometer's state between cells; periods, bursts and contacts in cells, NaN when there is none."""

MARKS: Final = 16


@compiled
def begin_at(acc: Record, cell: int) -> None:
    """Begin to look for strides at a cell, as at the start of a segment."""
    acc.cursor = cell
    acc.jerk_until = cell
    acc.impact = cell - RING_LENGTH
    acc.usual_impact_mps2 = 0.0
    acc.usual_mps3 = 0.0
    acc.disagreements = 0
    _forget(acc, cell)


@compiled
def _forget(acc: Record, cell: int) -> None:
    acc.begin = cell
    acc.period = math.nan
    acc.last = math.nan
    acc.misses = 0
    acc.doubts = 0
    acc.delay = math.nan
    acc.contact = math.nan
    acc.burst = math.nan


@compiled
def advance(acc: Record, ring: Record, outbox: Record) -> None:
    """Follow the gait up to the newest cell, as far as smoothing allows."""
    note_cell(acc.activity, ring)
    while acc.cursor + DELAY < ring.end:
        _follow(acc, ring, outbox)
    _seek_impact(acc, ring, outbox)


@compiled
def end_segment(acc: Record, ring: Record, outbox: Record) -> None:
    """The signal ends here: go on until the last burst has been judged."""
    until = ring.end + round(0.17 / CELL_S)
    while acc.cursor < until:
        _follow(acc, ring, outbox)


@compiled
def _burst(acc: Record, cell: int) -> float:
    return float(acc.burst_mps3[cell & _MASK])


@compiled
def _jerk(acc: Record, cell: int) -> float:
    return float(acc.jerk_mps3[cell & _MASK])


@compiled
def _smooth_jerk(ring: Record, cell: int) -> float:
    """Magnitude of the derivative of the smoothed force, m/s³."""
    first, last = oldest(ring), ring.end - 1
    square = 0.0
    for axis in range(3):
        change = 0.0
        for k in range(2 * SMOOTHING + 1):
            after = min(max(cell + k - SMOOTHING + 1, first), last) & _MASK
            before = min(max(cell + k - SMOOTHING - 1, first), last) & _MASK
            change += SMOOTHING_TAPS[k] * (ring.imu[after, axis] - ring.imu[before, axis])
        square += change * change
    return 0.5 * math.sqrt(square) / CELL_S


@compiled
def _smooth_unrest(ring: Record, cell: int) -> float:
    first, last = oldest(ring), ring.end - 1
    total = 0.0
    for k in range(2 * UNREST_HALF_WIDTH + 1):
        norm = force_norm(ring, min(max(cell + k - UNREST_HALF_WIDTH, first), last))
        total += UNREST_TAPS[k] * min(abs(norm - STANDARD_GRAVITY_MPS2), UNREST_CAP_MPS2)
    return total


@compiled
def _seek_impact(acc: Record, ring: Record, outbox: Record) -> None:
    """Report a peak near the expected landing as soon as two cells have passed without a higher one."""
    cell = ring.end - 1 - IMPACT_OVER
    late = (cell - acc.last) / acc.period - 1.0
    if math.isnan(late) or late < -IMPACT_EARLY or late > IMPACT_LATE:
        return
    if cell - acc.impact < REFRACTORY * acc.period:
        return
    least_mps2 = max(IMPACT_SHARE * acc.usual_impact_mps2, FIRST_IMPACT_MPS2)
    begin = cell - IMPACT_OVER - 1
    if peak_between(ring, cell, cell + 1) >= least_mps2 and peak_cell_between(ring, begin, ring.end) == cell:
        acc.impact = cell
        post_impact(outbox, ring, cell, cell + 1)


@compiled
def _smooth_burst(acc: Record, ring: Record, cell: int) -> float:
    first = oldest(ring)
    total = 0.0
    for k in range(2 * UNREST_HALF_WIDTH + 1):
        total += UNREST_TAPS[k] * _jerk(acc, max(cell + k - UNREST_HALF_WIDTH, first))
    return total


@compiled
def _follow(acc: Record, ring: Record, outbox: Record) -> None:
    cell = acc.cursor
    acc.cursor += 1
    while acc.jerk_until <= cell + UNREST_HALF_WIDTH:
        acc.jerk_mps3[acc.jerk_until & _MASK] = _smooth_jerk(ring, acc.jerk_until)
        acc.jerk_until += 1
    acc.burst_mps3[cell & _MASK] = _smooth_burst(acc, ring, cell)
    if cell % STEP == 0:
        acc.unrest_mps2[(cell // STEP) % UNREST_LENGTH] = _smooth_unrest(ring, cell)
    if (cell - ring.segment_begin) % EVERY == EVERY - 1:
        _seek_period(acc, ring, outbox, cell)
    if not math.isnan(acc.period):
        _seek_burst(acc, ring, outbox, cell)


@compiled
def _seek_period(acc: Record, ring: Record, outbox: Record, cell: int) -> None:
    """Autocorrelation of unrest: start, follow or replace the period."""
    last = cell // STEP
    count = last - (max(cell - WINDOW, acc.begin) + STEP - 1) // STEP
    if count < LEAST_WINDOW // STEP:
        return
    begin = (last - count) * STEP
    values = np.empty(count)
    mean = 0.0
    for k in range(count):
        values[k] = acc.unrest_mps2[(last - count + k) % UNREST_LENGTH]
        mean += values[k] / count
    if mean < LEAST_UNREST_MPS2:
        if not math.isnan(acc.period) and cell - acc.last > round(2.0 / CELL_S):
            _forget(acc, cell)
        return
    for k in range(count):
        values[k] -= mean
    longest = min(LONGEST_LAG, count - round(0.8 / (STEP * CELL_S)))
    likeness = np.zeros(longest + 2)
    for lag in range(SHORTEST_LAG - 1, longest + 1):
        product = left = right = 0.0
        for k in range(count - lag):
            product += values[k] * values[k + lag]
            left += values[k] * values[k]
            right += values[k + lag] * values[k + lag]
        likeness[lag] = product / math.sqrt(left * right + 1e-9)
    best = SHORTEST_LAG
    for lag in range(SHORTEST_LAG, longest):
        if likeness[lag] > likeness[best]:
            best = lag
    if likeness[best] < LEAST_CORRELATION or likeness[best - 1] > likeness[best]:
        return
    for lag in range(SHORTEST_LAG, best):
        is_peak = likeness[lag] >= likeness[lag - 1] and likeness[lag] > likeness[lag + 1]
        if is_peak and likeness[lag] > FIRST_PEAK_SHARE * likeness[best]:
            best = lag
            break
    curvature = likeness[best - 1] - 2.0 * likeness[best] + likeness[best + 1]
    shift = 0.5 * (likeness[best - 1] - likeness[best + 1]) / curvature if curvature != 0.0 else 0.0
    period = (best + shift) * STEP
    if math.isnan(acc.period):
        acc.period = period
        _anchor(acc, ring, outbox, cell, begin)
    elif abs(period / acc.period - 1.0) < SAME_PERIOD:
        acc.period += 0.3 * (period - acc.period)
        acc.disagreements = 0
        acc.doubts = acc.doubts + 1 if _doubts_phase(acc, cell, begin) else 0
        if acc.doubts >= 2:
            begin = max(begin, int(acc.last))
            _forget(acc, begin)
            acc.period = period
            _anchor(acc, ring, outbox, cell, begin)
    else:
        acc.disagreements += 1
        if acc.disagreements >= 2 or acc.misses > 0:
            acc.period = period
            acc.disagreements = 0
            _anchor(acc, ring, outbox, cell, max(begin, int(acc.last + 0.3 * period)))


@compiled
def _landing_likelihood(acc: Record, cell: int, begin: int) -> FloatArray:
    """How like a landing each phase of the stride is, backwards from `cell` in steps, by the jerk of the last strides.

    The logarithm of the jerk at that phase over the root of that in the calm that should follow.
    """
    phases = math.floor(acc.period / STEP + 0.5)
    folded = np.zeros(phases)
    for phase in range(phases):
        strides = 0
        at = cell - phase * STEP
        while at - STEP >= begin and strides < 2:
            for k in range(STEP):
                folded[phase] += _jerk(acc, at - k)
            strides += 1
            at = cell - math.floor(phase * STEP + strides * acc.period + 0.5)
        folded[phase] /= max(STEP * strides, 1)
    calm_from, calm_to = math.floor(CALM_FROM * phases + 0.5), math.floor(CALM_TO * phases + 0.5)
    likelihood = np.empty(phases)
    for phase in range(phases):
        burst = folded[(phase + 1) % phases] + folded[phase] + folded[(phase - 1) % phases]
        calm = 0.0
        for k in range(calm_from, calm_to + 1):
            calm += folded[(phase - k) % phases] / (calm_to + 1 - calm_from)
        likelihood[phase] = math.log(burst + 1e-3) - CALM_WEIGHT * math.log(calm + 1e-3)
    return likelihood


@compiled
def _doubts_phase(acc: Record, cell: int, begin: int) -> bool:
    """Whether another phase than that of the last burst is clearly more like a landing."""
    likelihood = _landing_likelihood(acc, cell, begin)
    phases = len(likelihood)
    best = int(np.argmax(likelihood))
    present = -math.inf
    for phase in range(phases):
        off = ((cell - phase * STEP - acc.last) / acc.period + 0.5) % 1.0 - 0.5
        if abs(off) < OTHER_PHASE:
            present = max(present, likelihood[phase])
    return bool(likelihood[best] > present + CLEARLY)


@compiled
def _greatest_burst(acc: Record, begin: int, end: int, centre: float, spread: float) -> int:
    """The greatest burst in cells begin to end - 1, weighted by its distance from `centre`; -1 if none."""
    found = -1
    best = 0.0
    for cell in range(max(begin, acc.begin + 1), end):
        value = _burst(acc, cell)
        if value >= _burst(acc, cell - 1) and value > _burst(acc, cell + 1):
            off = (cell - centre) / spread
            weighted = value * math.exp(-0.5 * off * off)
            if weighted > best:
                best = weighted
                found = cell
    return found


@compiled
def _anchor(acc: Record, ring: Record, outbox: Record, cell: int, begin: int) -> None:
    """Find the latest landing's burst, and those before it one period apart each, back to `begin`."""
    period = acc.period
    landing = cell - int(np.argmax(_landing_likelihood(acc, cell, begin))) * STEP
    # a burst that is still going on may rise yet
    if landing > cell - UNREST_HALF_WIDTH:
        landing -= math.floor(period + 0.5)
    reach = int(0.15 * period)
    burst = _greatest_burst(acc, landing - reach, min(landing + reach, cell), landing, 0.15 * period)
    if burst < 0:
        acc.period = math.nan
        return
    marks = np.empty(MARKS, np.int64)
    marks[0] = burst
    count = 1
    acc.usual_mps3 = _burst(acc, burst)
    while count < MARKS and marks[count - 1] - period > max(begin, acc.begin) - 0.1 * period:
        latest = marks[count - 1]
        before = _greatest_burst(
            acc, int(max(latest - 1.35 * period, begin)), int(latest - 0.65 * period), latest - period, 0.15 * period
        )
        if before < 0 or _burst(acc, before) < BURST_SHARE * acc.usual_mps3:
            break
        marks[count] = before
        count += 1
    continues = not math.isnan(acc.last)
    if continues:
        while count > 0 and marks[count - 1] <= acc.last + 0.6 * period:
            count -= 1
        if count == 0:
            return
    if not continues or marks[count - 1] - acc.last > 1.45 * period:
        acc.contact = math.nan
    acc.misses = 0
    for k in range(count - 1, -1, -1):
        _mark(acc, ring, outbox, marks[k])


@compiled
def _seek_burst(acc: Record, ring: Record, outbox: Record, cell: int) -> None:
    """Judge the burst expected one period after the last, once it has wholly passed."""
    if math.isnan(acc.last):
        return
    expected = acc.last + acc.period
    reach = min(0.30 * acc.period, 0.12 / CELL_S)
    if cell < expected + reach + 1:
        return
    earlier = 0.1 * acc.period if acc.misses else 0.0
    burst = _greatest_burst(acc, int(expected - reach - earlier), int(expected + reach), expected, 0.2 * acc.period)
    if burst >= 0 and _burst(acc, burst) > BURST_SHARE * acc.usual_mps3:
        acc.misses = 0
        _mark(acc, ring, outbox, burst)
        return
    acc.misses += 1
    acc.last = expected
    acc.contact = math.nan
    if acc.misses >= 2:
        _forget(acc, int(expected))


@compiled
def _mark(acc: Record, ring: Record, outbox: Record, cell: int) -> None:
    """A burst: its contact closes the stride before it."""
    acc.last = float(cell)
    impact_mps2 = peak_between(ring, cell - UNREST_HALF_WIDTH, cell + UNREST_HALF_WIDTH)
    acc.usual_impact_mps2 += (IMPACT_GAIN if acc.usual_impact_mps2 > 0.0 else 1.0) * (
        impact_mps2 - acc.usual_impact_mps2
    )
    acc.usual_mps3 += 0.2 * (_burst(acc, cell) - acc.usual_mps3)
    before, at, after = _burst(acc, cell - 1), _burst(acc, cell), _burst(acc, cell + 1)
    curvature = before - 2.0 * at + after
    burst = cell + (0.5 * (before - after) / curvature if curvature != 0.0 else 0.0)
    begin = max(cell - round(0.05 / CELL_S), acc.begin + 1)
    end = min(cell + round(0.13 / CELL_S), acc.cursor - 2)
    strongest = 0.0
    for k in range(begin, end):
        strongest = max(strongest, _jerk(acc, k))
    front = burst
    for k in range(begin, end):
        value = _jerk(acc, k)
        if value >= _jerk(acc, k - 1) and value > _jerk(acc, k + 1) and value > JERK_SHARE * strongest:
            bend = _jerk(acc, k - 1) - 2.0 * value + _jerk(acc, k + 1)
            front = k + (0.5 * (_jerk(acc, k - 1) - _jerk(acc, k + 1)) / bend if bend != 0.0 else 0.0)
            break
    if math.isnan(acc.delay):
        acc.delay = front - burst
    else:
        acc.delay += min(max(0.25 * (front - burst - acc.delay), -STEADIEST_DRIFT), STEADIEST_DRIFT)
    contact = burst + acc.delay - JERK_LAG
    if not math.isnan(acc.contact):
        _emit(acc, ring, outbox, contact, (burst - acc.burst) * CELL_S)
    acc.contact = contact
    acc.burst = burst


@compiled
def _emit(acc: Record, ring: Record, outbox: Record, contact: float, stride_time_s: float) -> None:
    if not 0.4 < stride_time_s < 2.2 or acc.contact < ring.segment_begin:
        return
    begin, end = int(acc.contact), int(contact)
    if begin < oldest(ring) or end <= begin:
        return
    mean_mps2 = 0.0
    for cell in range(begin, min(end, ring.end)):
        mean_mps2 += force_norm(ring, cell) / (end - begin)
    running = stride_time_s < RUN_STRIDE_TIME_S and mean_mps2 > RUN_FORCE_MPS2
    verdict = shock_verdict(acc.jerk_mps3, acc.burst_mps3, begin, min(end, acc.cursor))
    if not note_stride(acc.activity, verdict, running):
        return
    stride = acc.stride
    clear(stride)
    stride.running = running
    stride.initial_contact_s = time_at(ring, acc.contact)
    stride.next_contact_s = time_at(ring, contact)
    stride.peak_norm_mps2 = peak_between(ring, begin - 4, begin + round(0.15 / CELL_S))
    stride.sample_quality = quality_between(ring, begin, end)
    stride.confidence = CONFIDENCE
    post(outbox, stride)
