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
from footfall_processing.estimators.accelerometer.landing_bursts import (
    greatest_burst,
    is_other_phase,
    landing_before,
    landing_likelihood,
    smooth_jerk,
)
from footfall_processing.estimators.accelerometer.stride import ENOUGH, WAITING, mark, mark_back
from footfall_processing.estimators.accelerometer.stride_period import (
    EVERY,
    LEAST_UNREST_MPS2,
    LEAST_WINDOW,
    STEP,
    UNREST_HALF_WIDTH,
    UNREST_LENGTH,
    WINDOW,
    mean_unrest,
    smooth,
    stride_likeness,
    stride_period,
    unrest_at,
)
from footfall_processing.estimators.activity import ACTIVITY, note_cell
from footfall_processing.estimators.outbox import EVENT, post_impact
from footfall_processing.estimators.shank.impact import IMPACT_OVER, IMPACT_SHARE
from footfall_processing.estimators.shank.swing import SMOOTHING
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import (
    RING_LENGTH,
    RING_MASK,
    oldest,
    peak_between,
    peak_cell_between,
)
from footfall_processing.units import STANDARD_GRAVITY_MPS2

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

IMPACT_EARLY: Final = 0.05
IMPACT_LATE: Final = 0.12
REFRACTORY: Final = 0.53
"""Impacts lie near the expected burst, in shares of a stride, and 375 ms (of a 0.7 s stride) apart.

The swing's own peak comes some 10 % of a stride before the landing.
"""

FIRST_IMPACT_MPS2: Final = 2.0 * STANDARD_GRAVITY_MPS2

ACCELEROMETER: Final = np.dtype(
    [
        ("activity", ACTIVITY),
        ("unrest_mps2", np.float64, (RING_LENGTH,)),
        ("smooth_unrest_mps2", np.float32, (UNREST_LENGTH,)),
        ("jerk_mps3", np.float32, (RING_LENGTH,)),
        ("burst_mps3", np.float32, (RING_LENGTH,)),
        ("cursor", np.int64),
        ("taken_until", np.int64),
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

SEEN: Final = UNREST_HALF_WIDTH // 2
"""Where the signal ends, a crest shows its height with so many cells after it."""


@compiled
def begin_at(acc: Record, cell: int) -> None:
    """Begin to look for strides at a cell, as at the start of a segment."""
    acc.cursor = cell
    acc.taken_until = cell
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
    while acc.taken_until <= cell + UNREST_HALF_WIDTH:
        acc.jerk_mps3[acc.taken_until & RING_MASK] = smooth_jerk(ring, acc.taken_until)
        acc.unrest_mps2[acc.taken_until & RING_MASK] = unrest_at(ring, acc.taken_until)
        acc.taken_until += 1
    acc.burst_mps3[cell & RING_MASK] = smooth(acc.jerk_mps3, cell, oldest(ring))
    if cell % STEP == 0:
        acc.smooth_unrest_mps2[(cell // STEP) % UNREST_LENGTH] = smooth(acc.unrest_mps2, cell, oldest(ring))
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
    if mean_unrest(acc.smooth_unrest_mps2, last, count) < LEAST_UNREST_MPS2:
        if not math.isnan(acc.period) and cell - acc.last > round(2.0 / CELL_S):
            _forget(acc, cell)
            acc.evidence = 0.0
            acc.waiting = 0
        return
    period = stride_period(acc.smooth_unrest_mps2, last, count)
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
        mark_back(acc, ring, outbox, burst, True)
    acc.last = acc.burst
    acc.misses = 0
    acc.due = round(acc.last + acc.period) + SOONEST


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
            mark_back(acc, ring, outbox, burst, False)
        elif _is_another_gait(acc, burst):
            _lose(acc, int(acc.last))
            return
        else:
            mark(acc, ring, outbox, burst, False)
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
    return bool(stride_likeness(acc.smooth_unrest_mps2, landing // STEP, length) < LEAST_LIKENESS)
