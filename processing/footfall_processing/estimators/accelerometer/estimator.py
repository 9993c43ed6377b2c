"""Strides from an accelerometer alone, on foot or shank: stride time, walking or running, impact; nothing more.

1. The stride period comes from the force's unrest (`stride_period`), four times a second.
2. Landing is the phase of the stride at which the jerk bursts highest and calm follows (`landing_bursts`). The jerk of
   the last strides, folded by the period, tells; should another phase win clearly later on, the search starts anew
   from there. From the landing found, those before it are followed back, one by one, to the last that was known: so
   where the gait changes no stride is lost.
3. From a landing's burst of jerk the next is looked for one period on; two misses, or a standstill, and the period is
   sought anew. Stride time runs from burst to burst, which is steadier than any single instant. The contact is put at
   the burst plus the usual delay from the burst to the first strong jerk.
4. An impact is a peak of the raw magnitude near the expected landing, with nothing higher in the 15 ms after it
   (after Van den Berghe et al. 2021, bio-protocol 11(23)).

Without angular rate there is no honest contact time, angle or length: they are not given.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.accelerometer.evidence import likeness, stride_evidence
from footfall_processing.estimators.accelerometer.landing_bursts import (
    GREATEST_RATIO,
    LEAST_RATIO,
    crest_at,
    front_at,
    greatest_burst,
    is_other_phase,
    landing_before,
    landing_likelihood,
    smooth_burst,
    smooth_jerk,
)
from footfall_processing.estimators.accelerometer.stride_period import (
    EVERY,
    LEAST_UNREST_MPS2,
    LEAST_WINDOW,
    STEP,
    UNREST_HALF_WIDTH,
    UNREST_LENGTH,
    WINDOW,
    mean_unrest,
    smooth_unrest,
    stride_likeness,
    stride_period,
)
from footfall_processing.estimators.activity import ACTIVITY, CLEAR_STRIDE, lean_to_running, note_cell, note_stride
from footfall_processing.estimators.outbox import EVENT, clear, post, post_impact
from footfall_processing.estimators.shank.impact import IMPACT_GAIN, IMPACT_OVER, IMPACT_SHARE
from footfall_processing.estimators.shank.swing import SMOOTHING
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import (
    LOOK_BACK,
    RING_LENGTH,
    RING_MASK,
    oldest,
    peak_between,
    peak_cell_between,
    quality_between,
    time_at,
)
from footfall_processing.units import STANDARD_GRAVITY_MPS2

JERK_LAG: Final = 0.0105 / CELL_S
"""Contact comes this long before the steepest rise: mean of three force-plate subjects (docs/validation.md)."""

DELAY: Final = SMOOTHING + 1 + UNREST_HALF_WIDTH
"""Cells by which unrest and bursts lag the newest cell."""

SAME_PERIOD: Final = 0.15
BURST_SHARE: Final = 0.4
"""A period within 15 % goes on; a burst of two fifths of the usual one counts."""

REACH: Final = 0.3
FARTHEST: Final = 0.12 / CELL_S
PASSED: Final = round(0.08 / CELL_S)
SOONEST: Final = round(0.04 / CELL_S)
CLEAR_SHARE: Final = 0.6
"""A landing comes within 30 % of a period and 120 ms of when it is expected.

A burst of 60 % of the usual one is it as soon as 80 ms have brought none higher, and 40 ms after it was expected.
"""

LEAST_LIKENESS: Final = 0.4
"""Strides of one gait correlate by 0.9; one of less than this with the stride before it is of another gait."""

STEADIEST_DRIFT: Final = 0.006 / CELL_S
"""The delay from a burst to its front moves by 6 ms a stride at most."""

IMPACT_EARLY: Final = 0.05
IMPACT_LATE: Final = 0.12
REFRACTORY: Final = 0.53
"""Impacts lie near the expected burst, in shares of a stride, and 375 ms (of a 0.7 s stride) apart.

The swing's own peak comes some 10 % of a stride before the landing.
"""

FIRST_IMPACT_MPS2: Final = 2.0 * STANDARD_GRAVITY_MPS2

SHORTEST_STRIDE_S: Final = 0.4
LONGEST_STRIDE_S: Final = 2.2

CONFIDENCE: Final = 0.7
"""An accelerometer's stride is as good as its period; its instant of contact is not."""

ENOUGH: Final = 5.0
MOST_EVIDENCE: Final = 10.0
KEPT_EVIDENCE: Final = 0.5
WAITING: Final = 6
"""Strides count from odds of e^5 on, those before them with them, but 6 at most; from there on they have e^5 to lose.

Where strides don't follow each other, there must be new evidence for the next.
"""

ACCELEROMETER: Final = np.dtype(
    [
        ("activity", ACTIVITY),
        ("unrest_mps2", np.float32, (UNREST_LENGTH,)),
        ("jerk_mps3", np.float32, (RING_LENGTH,)),
        ("burst_mps3", np.float32, (RING_LENGTH,)),
        ("cursor", np.int64),
        ("jerk_until", np.int64),
        ("begin", np.int64),
        ("period_from", np.int64),
        ("period", np.float64),
        ("last", np.float64),
        ("due", np.int64),
        ("usual_mps3", np.float64),
        ("misses", np.int64),
        ("disagreements", np.int64),
        ("doubts", np.int64),
        ("delay", np.float64),
        ("before", np.float64),
        ("contact", np.float64),
        ("burst", np.float64),
        ("evidence", np.float64),
        ("leaning", np.float64),
        ("usual_impact_mps2", np.float64),
        ("impact", np.int64),
        ("waiting", np.int64),
        ("strides", EVENT, (WAITING + 1,)),
    ],
    align=True,
)
"""An accelerometer's state between cells; periods, bursts and contacts in cells, NaN when there is none.

`last` is where the newest landing was, or should have been; `burst` and `contact` are of the newest that was found.
Landings are followed back to `begin` at most, the period is sought in what came after `period_from`.
"""

LEAST_FIRST_LIKENESS: Final = 0.75
"""The first burst of a signal may be any; strides that begin with their landing are more alike than so."""

SEEN: Final = UNREST_HALF_WIDTH // 2
"""Where the signal ends, a crest shows its height with so many cells after it."""

MARKS: Final = 16
ONE_STRIDE: Final = 1.4
"""As many landings at most are followed back at once; those less than 1.4 periods apart have none between them."""


@compiled
def begin_at(acc: Record, cell: int) -> None:
    """Begin to look for strides at a cell, as at the start of a segment."""
    acc.cursor = cell
    acc.jerk_until = cell
    acc.impact = cell - RING_LENGTH
    acc.usual_impact_mps2 = 0.0
    acc.usual_mps3 = 0.0
    acc.disagreements = 0
    acc.evidence = 0.0
    acc.waiting = 0
    acc.leaning = 0.0
    _forget(acc, cell)


@compiled
def _forget(acc: Record, cell: int) -> None:
    """Begin anew at a cell: nothing before it has to do with what follows."""
    acc.begin = cell
    acc.delay = math.nan
    acc.contact = math.nan
    acc.before = math.nan
    acc.burst = math.nan
    acc.last = math.nan
    _lose(acc, cell)


@compiled
def _lose(acc: Record, cell: int) -> None:
    """The period holds no more: seek it in what comes after a cell."""
    acc.period_from = cell
    acc.period = math.nan
    acc.misses = 0
    acc.doubts = 0


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
def _seek_impact(acc: Record, ring: Record, outbox: Record) -> None:
    """Report a peak near the expected landing as soon as two cells have passed without a higher one."""
    if acc.evidence < ENOUGH:
        return
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
def _follow(acc: Record, ring: Record, outbox: Record) -> None:
    cell = acc.cursor
    acc.cursor += 1
    while acc.jerk_until <= cell + UNREST_HALF_WIDTH:
        acc.jerk_mps3[acc.jerk_until & RING_MASK] = smooth_jerk(ring, acc.jerk_until)
        acc.jerk_until += 1
    acc.burst_mps3[cell & RING_MASK] = smooth_burst(acc.jerk_mps3, cell, oldest(ring))
    if cell % STEP == 0:
        acc.unrest_mps2[(cell // STEP) % UNREST_LENGTH] = smooth_unrest(ring, cell)
    if (cell - ring.segment_begin) % EVERY == EVERY - 1:
        _seek_period(acc, ring, outbox, cell)
    if not math.isnan(acc.period):
        _seek_burst(acc, ring, outbox, cell)


@compiled
def _seek_period(acc: Record, ring: Record, outbox: Record, cell: int) -> None:
    """Start, follow or replace the period."""
    last = cell // STEP
    count = last - (max(cell - WINDOW, acc.period_from) + STEP - 1) // STEP
    if count < LEAST_WINDOW // STEP:
        return
    begin = (last - count) * STEP
    if mean_unrest(acc.unrest_mps2, last, count) < LEAST_UNREST_MPS2:
        if not math.isnan(acc.period) and cell - acc.last > round(2.0 / CELL_S):
            _forget(acc, cell)
            acc.evidence = 0.0
            acc.waiting = 0
        return
    period = stride_period(acc.unrest_mps2, last, count)
    if math.isnan(period):
        return
    if math.isnan(acc.period):
        _anchor(acc, ring, outbox, cell, begin, period)
    elif abs(period / acc.period - 1.0) < SAME_PERIOD:
        acc.period += 0.3 * (period - acc.period)
        acc.disagreements = 0
        likelihood = landing_likelihood(acc.jerk_mps3, acc.period, cell, begin)
        acc.doubts = acc.doubts + 1 if is_other_phase(likelihood, acc.period, cell - acc.last) else 0
        if acc.doubts >= 2:
            begin = max(begin, int(acc.last))
            _forget(acc, begin)
            _anchor(acc, ring, outbox, cell, begin, period)
    else:
        acc.disagreements += 1
        if acc.disagreements >= 2 or acc.misses > 0:
            _anchor(acc, ring, outbox, cell, begin, period)


@compiled
def _anchor(acc: Record, ring: Record, outbox: Record, cell: int, begin: int, period: float) -> None:
    """Take up a period with the latest landing by the strides since `begin`, and those before it."""
    acc.period = period
    acc.disagreements = 0
    likelihood = landing_likelihood(acc.jerk_mps3, period, cell, begin)
    landing = cell - int(np.argmax(likelihood)) * STEP
    # a burst that is still going on may rise yet
    if landing > cell - UNREST_HALF_WIDTH:
        landing -= math.floor(period + 0.5)
    reach = int(0.15 * period)
    burst = greatest_burst(
        acc.burst_mps3, max(landing - reach, acc.begin + 1), min(landing + reach, cell), landing, 0.15 * period
    )
    if burst < 0:
        acc.period = math.nan
        return
    before = landing_before(acc.jerk_mps3, acc.burst_mps3, burst, period, acc.begin + 1)
    if before >= 0 and acc.burst_mps3[burst & RING_MASK] < BURST_SHARE * acc.burst_mps3[before & RING_MASK]:
        burst = before
    if math.isnan(acc.burst) or burst > acc.burst + 0.5 * period:
        acc.usual_mps3 = acc.burst_mps3[burst & RING_MASK]
        _mark_back(acc, ring, outbox, burst, True)
    acc.last = acc.burst
    acc.misses = 0
    acc.due = round(acc.last + acc.period) + SOONEST


@compiled
def _mark_back(acc: Record, ring: Record, outbox: Record, landing: int, later: bool) -> None:
    """Mark a landing, and before it those since the last one known."""
    marks = np.empty(MARKS, np.int64)
    marks[0] = landing
    count = 1
    step = acc.period
    nearest = LEAST_RATIO
    known = max(acc.begin + 1, landing - LOOK_BACK + 2 * UNREST_HALF_WIDTH, oldest(ring))
    if not math.isnan(acc.burst):
        nearest = ONE_STRIDE
        known = max(known, int(acc.burst))
    while count < MARKS and marks[count - 1] - known > nearest * step:
        before = landing_before(acc.jerk_mps3, acc.burst_mps3, marks[count - 1], step, known - 1)
        if before < 0:
            break
        step = 0.5 * (step + marks[count - 1] - before)
        if before == known:
            break
        marks[count] = before
        count += 1
    # where the signal begins amid a stride, only being like the next tells that the first burst was a landing
    if math.isnan(acc.burst) and count > 2 and marks[count - 1] - ring.segment_begin < step:
        first = likeness(acc.burst_mps3, marks[count - 1], marks[count - 2], marks[count - 3])
        if first < LEAST_FIRST_LIKENESS:
            count -= 1
    if math.isnan(acc.delay):
        delays = np.empty(count)
        for k in range(count):
            delays[k] = _front(acc, marks[k]) - crest_at(acc.burst_mps3, marks[k])
        acc.delay = float(np.median(delays))
    if marks[count - 1] - acc.burst > GREATEST_RATIO * step:
        acc.contact = math.nan
        acc.before = math.nan
    for k in range(count - 1, -1, -1):
        _mark(acc, ring, outbox, marks[k], later or k > 0)


@compiled
def _seek_burst(acc: Record, ring: Record, outbox: Record, cell: int) -> None:
    """Judge the burst expected one period after the last, once it has passed."""
    if cell < acc.due:
        return
    expected = acc.last + acc.period
    reach = min(REACH * acc.period, FARTHEST)
    earlier = 0.1 * acc.period if acc.misses else 0.0
    # of a crest nearer to the signal's end the other side isn't seen
    seen = min(cell, ring.end - SEEN)
    begin, end = int(expected - reach - earlier), min(int(expected + reach), seen)
    burst = greatest_burst(acc.burst_mps3, max(begin, acc.begin + 1), end, expected, 0.2 * acc.period)
    height_mps3 = acc.burst_mps3[burst & RING_MASK] if burst >= 0 else 0.0
    if cell < expected + reach + 1:
        clear = height_mps3 > CLEAR_SHARE * acc.usual_mps3
        if not clear or cell < burst + PASSED:
            acc.due = burst + PASSED if clear else math.ceil(expected + reach + 1)
            return
    if height_mps3 > (BURST_SHARE if seen > expected + reach else CLEAR_SHARE) * acc.usual_mps3:
        if acc.misses:
            _mark_back(acc, ring, outbox, burst, False)
        elif _is_another_gait(acc, burst):
            _lose(acc, int(acc.last))
            return
        else:
            _mark(acc, ring, outbox, burst, False)
        acc.misses = 0
        acc.due = round(acc.last + acc.period) + SOONEST
        return
    acc.misses += 1
    acc.last = expected
    acc.due = round(acc.last + acc.period) + SOONEST
    if acc.misses >= 2:
        _lose(acc, int(expected))


@compiled
def _is_another_gait(acc: Record, landing: int) -> bool:
    """Whether the stride that this landing would end is unlike the one before."""
    length = math.floor((landing - acc.last) / STEP + 0.5)
    return bool(stride_likeness(acc.unrest_mps2, landing // STEP, length) < LEAST_LIKENESS)


@compiled
def _front(acc: Record, cell: int) -> float:
    """The front of the landing whose burst is at a cell; the burst itself where none is seen."""
    front = front_at(acc.jerk_mps3, cell, acc.begin + 1, acc.cursor - 2)
    return float(crest_at(acc.burst_mps3, cell) if math.isnan(front) else front)


@compiled
def _mark(acc: Record, ring: Record, outbox: Record, cell: int, later: bool) -> None:
    """A burst: its contact closes the stride before it."""
    acc.last = float(cell)
    impact_mps2 = peak_between(ring, cell - UNREST_HALF_WIDTH, cell + UNREST_HALF_WIDTH)
    acc.usual_impact_mps2 += (IMPACT_GAIN if acc.usual_impact_mps2 > 0.0 else 1.0) * (
        impact_mps2 - acc.usual_impact_mps2
    )
    acc.usual_mps3 += 0.2 * (acc.burst_mps3[cell & RING_MASK] - acc.usual_mps3)
    burst = crest_at(acc.burst_mps3, cell)
    acc.delay += min(max(0.25 * (_front(acc, cell) - burst - acc.delay), -STEADIEST_DRIFT), STEADIEST_DRIFT)
    contact = burst + acc.delay - JERK_LAG
    if not math.isnan(acc.contact):
        _judge(acc, ring, outbox, contact, (burst - acc.burst) * CELL_S, later)
    acc.before = acc.contact
    acc.contact = contact
    acc.burst = burst


@compiled
def _judge(acc: Record, ring: Record, outbox: Record, contact: float, stride_time_s: float, later: bool) -> None:
    """Take what a stride is evidence of; emit it, and those that wait, as soon as there is enough."""
    begin, end = int(acc.contact), int(contact)
    if math.isnan(acc.before):
        acc.evidence = min(acc.evidence, KEPT_EVIDENCE)
        acc.waiting = 0
    in_signal = acc.contact >= ring.segment_begin and begin >= oldest(ring) and end > begin
    if not in_signal or not SHORTEST_STRIDE_S < stride_time_s < LONGEST_STRIDE_S:
        acc.evidence = min(acc.evidence, KEPT_EVIDENCE)
        return
    # the contact may come after the newest burst
    last = min(end, acc.cursor)
    before = -1 if math.isnan(acc.before) or acc.before < oldest(ring) else int(acc.before)
    evidence = stride_evidence(ring, acc.jerk_mps3, acc.burst_mps3, before, begin, last)
    acc.evidence = min(acc.evidence + evidence, MOST_EVIDENCE)
    if acc.evidence <= 0.0:
        acc.evidence = 0.0
        acc.waiting = 0
        return
    stride = acc.strides[acc.waiting]
    clear(stride)
    acc.leaning = lean_to_running(acc.leaning, ring, begin, end, stride_time_s)
    stride.running = acc.leaning > 0.0
    stride.aligned_later = later
    stride.initial_contact_s = time_at(ring, acc.contact)
    stride.next_contact_s = time_at(ring, contact)
    stride.peak_norm_mps2 = peak_between(ring, begin - 4, begin + round(0.15 / CELL_S))
    stride.sample_quality = quality_between(ring, begin, end)
    stride.confidence = CONFIDENCE
    if acc.evidence < ENOUGH:
        _wait(acc)
        return
    note_stride(acc.activity, CLEAR_STRIDE, stride.running)
    for k in range(acc.waiting + 1):
        # what is known now holds for those before it
        acc.strides[k].running = stride.running
        post(outbox, acc.strides[k])
    acc.waiting = 0


@compiled
def _wait(acc: Record) -> None:
    """Let the newest stride wait; the oldest goes where there is no room."""
    acc.strides[acc.waiting].aligned_later = True
    if acc.waiting < WAITING:
        acc.waiting += 1
        return
    for k in range(WAITING):
        acc.strides[k] = acc.strides[k + 1]
