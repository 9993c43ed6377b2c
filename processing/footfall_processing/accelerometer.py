"""Strides from an accelerometer alone, on foot or shank: stride time, walking or running, impact; nothing more.

1. Unrest is how far the force's magnitude is from 1 g, smoothed over ±60 ms: one hump for each contact of this foot.
2. The stride period comes from the autocorrelation of the last 3 s of unrest, four times a second.
3. From a hump the next is looked for one period on; two misses, or a standstill, and the search starts anew.
4. Stride time runs from hump to hump, which is steadier than any single instant. The contact is put at the hump plus
   the usual delay from the hump to the first strong jerk.

Without angular rate there is no honest contact time, angle or length: they are not given.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.events import EVENT, clear, post
from footfall_processing.grid import CELL_S
from footfall_processing.ring import RING_LENGTH, force_norm, oldest, peak_between, quality_between, time_at
from footfall_processing.shank import JERK_LAG, SMOOTHING, SMOOTHING_TAPS
from footfall_processing.units import STANDARD_GRAVITY_MPS2

_MASK: Final = RING_LENGTH - 1

_COSINES: Final = np.cos(np.linspace(-0.5 * np.pi, 0.5 * np.pi, 27)[1:-1]) ** 2
UNREST_TAPS: Final = _COSINES / _COSINES.sum()
UNREST_HALF_WIDTH: Final = 12
UNREST_CAP_MPS2: Final = 5.0 * STANDARD_GRAVITY_MPS2
"""Squared-cosine window over ±60 ms; a hard landing counts no more than 5 g, so that it does not outshout the rest."""

DELAY: Final = SMOOTHING + 1 + UNREST_HALF_WIDTH
"""Cells by which unrest lags the newest cell."""

EVERY: Final = 50
STEP: Final = 4
WINDOW: Final = 600
LEAST_WINDOW: Final = 440
SHORTEST_LAG: Final = 25
LONGEST_LAG: Final = 80
"""The period is sought every 0.25 s in 3 s (at least 2.2 s) of unrest at 50 Hz, between 0.5 and 1.6 s."""

LEAST_UNREST_MPS2: Final = 0.12 * STANDARD_GRAVITY_MPS2
LEAST_CORRELATION: Final = 0.4
FIRST_PEAK_SHARE: Final = 0.85
"""The first peak of the autocorrelation that is 85 % as high as the highest: a stride, not two."""

SAME_PERIOD: Final = 0.15
HUMP_SHARE: Final = 0.25
JERK_SHARE: Final = 0.6
STEADIEST_DRIFT: Final = 0.006 / CELL_S

RUN_STRIDE_TIME_S: Final = 0.92
RUN_FORCE_MPS2: Final = 1.4 * STANDARD_GRAVITY_MPS2

CONFIDENCE: Final = 0.7
"""An accelerometer's stride is as good as its period; its instant of contact is not."""

ACCELEROMETER: Final = np.dtype(
    [
        ("unrest_mps2", np.float32, (RING_LENGTH,)),
        ("jerk_mps3", np.float32, (RING_LENGTH,)),
        ("cursor", np.int64),
        ("begin", np.int64),
        ("period", np.float64),
        ("last", np.float64),
        ("usual_mps2", np.float64),
        ("misses", np.int64),
        ("disagreements", np.int64),
        ("delay", np.float64),
        ("contact", np.float64),
        ("hump", np.float64),
        ("stride", EVENT),
    ],
    align=True,
)
"""An accelerometer's state between cells; periods, humps and contacts in cells, NaN when there is none."""

MARKS: Final = 16


@compiled
def begin_at(acc: Record, cell: int) -> None:
    """Begin to look for strides at a cell, as at the start of a segment."""
    acc.cursor = cell
    acc.usual_mps2 = 0.0
    acc.disagreements = 0
    _forget(acc, cell)


@compiled
def _forget(acc: Record, cell: int) -> None:
    acc.begin = cell
    acc.period = math.nan
    acc.last = math.nan
    acc.misses = 0
    acc.delay = math.nan
    acc.contact = math.nan
    acc.hump = math.nan


@compiled
def advance(acc: Record, ring: Record, outbox: Record) -> None:
    """Follow the gait up to the newest cell, as far as smoothing allows."""
    while acc.cursor + DELAY < ring.end:
        _follow(acc, ring, outbox)


@compiled
def end_segment(acc: Record, ring: Record, outbox: Record) -> None:
    """The signal ends here: go on until the last hump has been judged."""
    until = ring.end + round(0.17 / CELL_S)
    while acc.cursor < until:
        _follow(acc, ring, outbox)


@compiled
def _unrest(acc: Record, cell: int) -> float:
    return float(acc.unrest_mps2[cell & _MASK])


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
def _follow(acc: Record, ring: Record, outbox: Record) -> None:
    cell = acc.cursor
    acc.cursor += 1
    acc.unrest_mps2[cell & _MASK] = _smooth_unrest(ring, cell)
    acc.jerk_mps3[cell & _MASK] = _smooth_jerk(ring, cell)
    if (cell - ring.segment_begin) % EVERY == EVERY - 1:
        _seek_period(acc, ring, outbox, cell)
    if not math.isnan(acc.period):
        _seek_hump(acc, ring, outbox, cell)


@compiled
def _seek_period(acc: Record, ring: Record, outbox: Record, cell: int) -> None:
    """Autocorrelation of unrest: start, follow or replace the period."""
    begin = max(cell - WINDOW, acc.begin)
    count = (cell - begin) // STEP
    if count < LEAST_WINDOW // STEP:
        return
    values = np.empty(count)
    mean = 0.0
    for k in range(count):
        values[k] = _unrest(acc, begin + k * STEP)
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
    if likeness[best] < LEAST_CORRELATION:
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
    else:
        acc.disagreements += 1
        if acc.disagreements >= 2 or acc.misses > 0:
            acc.period = period
            acc.disagreements = 0
            _anchor(acc, ring, outbox, cell, max(begin, int(acc.last + 0.3 * period)))


@compiled
def _greatest_hump(acc: Record, begin: int, end: int, centre: float, spread: float) -> int:
    """The hump in cells begin to end - 1 that is greatest after weighting by its distance from `centre`; -1 if none."""
    found = -1
    best = 0.0
    for cell in range(max(begin, acc.begin + 1), end):
        value = _unrest(acc, cell)
        if value >= _unrest(acc, cell - 1) and value > _unrest(acc, cell + 1):
            off = (cell - centre) / spread
            weighted = value * math.exp(-0.5 * off * off)
            if weighted > best:
                best = weighted
                found = cell
    return found


@compiled
def _anchor(acc: Record, ring: Record, outbox: Record, cell: int, begin: int) -> None:
    """Find the latest hump, and those before it one period apart each, back to `begin`."""
    period = acc.period
    hump = _greatest_hump(acc, int(cell - 1.3 * period), cell - int(0.3 * period), cell - 0.8 * period, 10.0 * period)
    if hump < 0:
        acc.period = math.nan
        return
    marks = np.empty(MARKS, np.int64)
    marks[0] = hump
    count = 1
    acc.usual_mps2 = _unrest(acc, hump)
    while count < MARKS and marks[count - 1] - period > max(begin, acc.begin) - 0.1 * period:
        latest = marks[count - 1]
        before = _greatest_hump(
            acc, int(max(latest - 1.35 * period, begin)), int(latest - 0.65 * period), latest - period, 0.15 * period
        )
        if before < 0 or _unrest(acc, before) < HUMP_SHARE * acc.usual_mps2:
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
def _seek_hump(acc: Record, ring: Record, outbox: Record, cell: int) -> None:
    """Judge the hump expected one period after the last, once it has wholly passed."""
    if math.isnan(acc.last):
        return
    expected = acc.last + acc.period
    reach = min(0.30 * acc.period, 0.12 / CELL_S)
    if cell < expected + reach + 1:
        return
    earlier = 0.1 * acc.period if acc.misses else 0.0
    hump = _greatest_hump(acc, int(expected - reach - earlier), int(expected + reach), expected, 0.2 * acc.period)
    if hump >= 0 and _unrest(acc, hump) > HUMP_SHARE * acc.usual_mps2:
        acc.misses = 0
        _mark(acc, ring, outbox, hump)
        return
    acc.misses += 1
    acc.last = expected
    acc.contact = math.nan
    if acc.misses >= 2:
        _forget(acc, int(expected))


@compiled
def _mark(acc: Record, ring: Record, outbox: Record, cell: int) -> None:
    """A hump: its contact closes the stride before it."""
    acc.last = float(cell)
    acc.usual_mps2 += 0.2 * (_unrest(acc, cell) - acc.usual_mps2)
    before, at, after = _unrest(acc, cell - 1), _unrest(acc, cell), _unrest(acc, cell + 1)
    curvature = before - 2.0 * at + after
    hump = cell + (0.5 * (before - after) / curvature if curvature != 0.0 else 0.0)
    begin = max(cell - round(0.05 / CELL_S), acc.begin + 1)
    end = min(cell + round(0.13 / CELL_S), acc.cursor - 2)
    strongest = 0.0
    for k in range(begin, end):
        strongest = max(strongest, _jerk(acc, k))
    front = hump
    for k in range(begin, end):
        value = _jerk(acc, k)
        if value >= _jerk(acc, k - 1) and value > _jerk(acc, k + 1) and value > JERK_SHARE * strongest:
            bend = _jerk(acc, k - 1) - 2.0 * value + _jerk(acc, k + 1)
            front = k + (0.5 * (_jerk(acc, k - 1) - _jerk(acc, k + 1)) / bend if bend != 0.0 else 0.0)
            break
    if math.isnan(acc.delay):
        acc.delay = front - hump
    else:
        acc.delay += min(max(0.25 * (front - hump - acc.delay), -STEADIEST_DRIFT), STEADIEST_DRIFT)
    contact = hump + acc.delay - JERK_LAG
    if not math.isnan(acc.contact):
        _emit(acc, ring, outbox, contact, (hump - acc.hump) * CELL_S)
    acc.contact = contact
    acc.hump = hump


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
    stride = acc.stride
    clear(stride)
    stride.running = stride_time_s < RUN_STRIDE_TIME_S and mean_mps2 > RUN_FORCE_MPS2
    stride.initial_contact_s = time_at(ring, acc.contact)
    stride.next_contact_s = time_at(ring, contact)
    stride.peak_norm_mps2 = peak_between(ring, begin - 4, begin + round(0.15 / CELL_S))
    stride.sample_quality = quality_between(ring, begin, end)
    stride.confidence = CONFIDENCE
    post(outbox, stride)
