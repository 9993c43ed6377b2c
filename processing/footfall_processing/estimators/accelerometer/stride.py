"""From landings to strides by force alone: those that lie back are followed, and each stride waits for its evidence."""

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
    landing_before,
)
from footfall_processing.estimators.accelerometer.stride_period import UNREST_HALF_WIDTH
from footfall_processing.estimators.activity import CLEAR_STRIDE, lean_to_running, note_stride
from footfall_processing.estimators.outbox import clear, post
from footfall_processing.estimators.shank.impact import IMPACT_GAIN
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import LOOK_BACK, RING_MASK, oldest, peak_between, quality_between, time_at

JERK_LAG: Final = 0.0105 / CELL_S
"""Contact comes this long before the steepest rise: mean of three force-plate subjects (docs/validation.md)."""

STEADIEST_DRIFT: Final = 0.006 / CELL_S
"""The delay from a burst to its front moves by 6 ms a stride at most."""

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

LEAST_FIRST_LIKENESS: Final = 0.75
"""The first burst of a signal may be any; strides that begin with their landing are more alike than so."""

MARKS: Final = 16
ONE_STRIDE: Final = 1.4
"""As many landings at most are followed back at once; those less than 1.4 periods apart have none between them."""


@compiled
def mark_back(acc: Record, ring: Record, outbox: Record, landing: int, later: bool) -> None:
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
        mark(acc, ring, outbox, marks[k], later or k > 0)


@compiled
def _front(acc: Record, cell: int) -> float:
    """The front of the landing whose burst is at a cell; the burst itself where none is seen."""
    front = front_at(acc.jerk_mps3, cell, acc.begin + 1, acc.cursor - 2)
    return float(crest_at(acc.burst_mps3, cell) if math.isnan(front) else front)


@compiled
def mark(acc: Record, ring: Record, outbox: Record, cell: int, later: bool) -> None:
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
