"""Where in the stride the landing is, from force alone: the burst of jerk that calm follows.

The foot is put down and stays, while a push-off comes out of calm and a swing has calm on neither side. A burst is the
jerk's magnitude smoothed over ±60 ms, which is steadier than any single instant of it. Arrays of jerk and bursts are
kept by cell, modulo the ring's length.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.accelerometer.stride_period import STEP
from footfall_processing.estimators.shank.swing import SMOOTHING, SMOOTHING_TAPS
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S, parabola_shift
from footfall_processing.signal.ring import RING_MASK, oldest

_PADDED: Final = np.concatenate([[0.0, 0.0], SMOOTHING_TAPS, [0.0, 0.0]])
JERK_TAPS: Final = 0.5 * (_PADDED[:-2] - _PADDED[2:]) / CELL_S
JERK_HALF_WIDTH: Final = SMOOTHING + 1
"""Smoothing over ±15 ms and the central difference in one."""

CALM_FROM: Final = 0.12
CALM_TO: Final = 0.42
CALM_WEIGHT: Final = 0.2
"""Calm is looked for from 12 to 42 % of a stride after the burst, the part of stance that gaits have in common."""

OTHER_PHASE: Final = 0.08
CLEARLY: Final = 0.3
"""Another phase is more than 8 % of a stride away, and clearly better when its burst is e^0.3 as high."""

LEAST_RATIO: Final = 0.52
GREATEST_RATIO: Final = 1.9
CHANGE: Final = 0.22
LANDING_SHARE: Final = 0.15
"""From one stride to the next: the time's least and greatest ratio and the usual size of its logarithm, and the least
share of a burst of the one after it. From a walk into a run strides shorten by a third."""


JERK_SHARE: Final = 0.6
FRONT_FROM: Final = round(-0.05 / CELL_S)
FRONT_TO: Final = round(0.13 / CELL_S)
"""A landing's front is the first jerk of 60 % of the strongest from 50 ms before to 130 ms after its burst."""


@compiled
def smooth_jerk(ring: Record, cell: int) -> float:
    """Magnitude of the derivative of the smoothed force, m/s³."""
    first, last = oldest(ring), ring.end - 1
    change_x = change_y = change_z = 0.0
    for k in range(2 * JERK_HALF_WIDTH + 1):
        at = min(max(cell + k - JERK_HALF_WIDTH, first), last) & RING_MASK
        change_x += JERK_TAPS[k] * ring.imu[at, 0]
        change_y += JERK_TAPS[k] * ring.imu[at, 1]
        change_z += JERK_TAPS[k] * ring.imu[at, 2]
    return math.sqrt(change_x * change_x + change_y * change_y + change_z * change_z)


@compiled
def is_crest(burst_mps3: FloatArray, cell: int) -> bool:
    """Whether the burst is highest at this cell, among its neighbours."""
    value = burst_mps3[cell & RING_MASK]
    return bool(value >= burst_mps3[(cell - 1) & RING_MASK] and value > burst_mps3[(cell + 1) & RING_MASK])


@compiled
def crest_at(values: FloatArray, cell: int) -> float:
    """Where round a crest the values are highest, between cells."""
    return cell + parabola_shift(
        values[(cell - 1) & RING_MASK], values[cell & RING_MASK], values[(cell + 1) & RING_MASK]
    )


@compiled
def front_at(jerk_mps3: FloatArray, burst: int, earliest: int, latest: int) -> float:
    """The first strong jerk round a burst, between cells; NaN when none lies from `earliest` to before `latest`."""
    begin, end = max(burst + FRONT_FROM, earliest), min(burst + FRONT_TO, latest)
    strongest = 0.0
    for cell in range(begin, end):
        strongest = max(strongest, float(jerk_mps3[cell & RING_MASK]))
    for cell in range(begin, end):
        if is_crest(jerk_mps3, cell) and jerk_mps3[cell & RING_MASK] > JERK_SHARE * strongest:
            return float(crest_at(jerk_mps3, cell))
    return math.nan


@compiled
def greatest_burst(burst_mps3: FloatArray, begin: int, end: int, centre: float, spread: float) -> int:
    """The greatest burst in cells begin to end - 1, weighted by its distance from `centre`; -1 if none."""
    found = -1
    best = 0.0
    for cell in range(begin, end):
        if is_crest(burst_mps3, cell):
            off = (cell - centre) / spread
            weighted = burst_mps3[cell & RING_MASK] * math.exp(-0.5 * off * off)
            if weighted > best:
                best = weighted
                found = cell
    return found


@compiled
def landing_before(jerk_mps3: FloatArray, burst_mps3: FloatArray, landing: int, period: float, begin: int) -> int:
    """The landing before this one, where the stride between took about `period` cells; -1 if none, or before `begin`.

    The likeliest burst by its height, the calm that follows it, and how little the stride's time changes.
    """
    found = -1
    best = -math.inf
    least = LANDING_SHARE * burst_mps3[landing & RING_MASK]
    for cell in range(max(begin, int(landing - GREATEST_RATIO * period)), int(landing - LEAST_RATIO * period)):
        if not is_crest(burst_mps3, cell) or burst_mps3[cell & RING_MASK] < least:
            continue
        calm = 0.0
        calm_from, calm_to = cell + int(CALM_FROM * period), cell + int(CALM_TO * period)
        for k in range(calm_from, calm_to):
            calm += jerk_mps3[k & RING_MASK] / (calm_to - calm_from)
        change = math.log((landing - cell) / period) / CHANGE
        likelihood = (
            math.log(burst_mps3[cell & RING_MASK] + 1e-3) - CALM_WEIGHT * math.log(calm + 1e-3) - 0.5 * change * change
        )
        if likelihood > best:
            best = likelihood
            found = cell
    return found


@compiled
def landing_likelihood(jerk_mps3: FloatArray, period: float, cell: int, begin: int) -> FloatArray:
    """How like a landing each phase of the stride is, backwards from `cell` in steps, by the jerk of the last strides.

    The logarithm of the jerk at that phase over the root of that in the calm that should follow.
    """
    phases = math.floor(period / STEP + 0.5)
    folded = np.empty(phases)
    for phase in range(phases):
        strides = 0
        total = 0.0
        at = cell - phase * STEP
        while at - STEP >= begin and strides < 2:
            for k in range(STEP):
                total += jerk_mps3[(at - k) & RING_MASK]
            strides += 1
            at = cell - math.floor(phase * STEP + strides * period + 0.5)
        folded[phase] = total / max(STEP * strides, 1)
    calm_from, calm_to = math.floor(CALM_FROM * phases + 0.5), math.floor(CALM_TO * phases + 0.5)
    likelihood = np.empty(phases)
    for phase in range(phases):
        burst = folded[(phase + 1) % phases] + folded[phase] + folded[phase - 1]
        calm = 0.0
        for k in range(calm_from, calm_to + 1):
            # a phase before the first is the last's neighbour, as Python counts from the end
            calm += folded[phase - k]
        calm /= calm_to + 1 - calm_from
        likelihood[phase] = math.log(burst + 1e-3) - CALM_WEIGHT * math.log(calm + 1e-3)
    return likelihood


@compiled
def is_other_phase(likelihood: FloatArray, period: float, ago: float) -> bool:
    """Whether another phase than that of the landing `ago` cells ago is clearly more like a landing."""
    phases = len(likelihood)
    present = -math.inf
    for phase in range(phases):
        off = ((ago - phase * STEP) / period + 0.5) % 1.0 - 0.5
        if abs(off) < OTHER_PHASE:
            present = max(present, likelihood[phase])
    return bool(likelihood[np.argmax(likelihood)] > present + CLEARLY)
