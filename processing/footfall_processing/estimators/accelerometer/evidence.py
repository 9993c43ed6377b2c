"""Whether strides by force alone are gait: each gives evidence, and those that follow each other add it up.

Cycling, shaking or a jump have a rhythm too, and now and then one of their turns looks like a stride; but not turn
after turn. So no stride is judged by itself: this is Wald's sequential test (1945, doi:10.1214/aoms/1177731118). What
tells a leg that walks or runs from other movement, whatever the mounting, the shoe and the sensor's range:

* The leg swings about hip and knee, which pulls the sensor outwards. What only goes to and fro without turning has a
  mean force of gravity alone, by Newton; a pedal turns a foot by little.
* A leg is never thrown up and left to fall, as by a jump.
* Each stride is like the one before it.
* Its jerk is uneven, but goes on all the time; in a single jolt of a wheel there is little else. And it has a rest, the
  longer the slower the gait: the foot that stands.
* A step has many harmonics; what goes round or to and fro has one.
* In a stride the leg stands once and swings once: no part of it is like another, as of two shakes taken for a stride.
* Knee and hip turn the force about; a hand shakes along a line.
* What swings to and fro feels the same force played backwards. A landing is no push-off.
* A leg is heavy: the slow harmonics hold much of its force, while a machine or a wheel vibrates.

Weights are the coefficients of a logistic regression on strides and turns of many kinds, each kind counting alike
(docs/adr/0016).
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING_MASK, force_norm
from footfall_processing.units import STANDARD_GRAVITY_MPS2

OFFSET: Final = -3.9
PULL_WEIGHT: Final = 7.5
WEIGHTLESS_WEIGHT: Final = -100.0
REPETITION_WEIGHT: Final = 4.0
EVENNESS_WEIGHT: Final = 33.0
REST_WEIGHT: Final = -6.0
HARMONICS_WEIGHT: Final = 4.6
REPEATED_WEIGHT: Final = -30.0
STRAIGHT_WEIGHT: Final = -50.0
MIRRORED_WEIGHT: Final = -60.0
SLOW_WEIGHT: Final = 40.0
"""Natural log-odds for gait a unit of each sign."""

GREATEST_EVIDENCE: Final = 3.0
"""One stride, however clear, is not enough; nor does one odd one undo a walk."""

WEIGHTLESS_MPS2: Final = 0.5 * STANDARD_GRAVITY_MPS2
USUALLY_WEIGHTLESS: Final = 0.12
"""Gait is below half of gravity for less than an eighth of the stride; jumping and skipping for a quarter."""

USUALLY_REPEATED: Final = 0.3
USUALLY_STRAIGHT: Final = 0.79
USUALLY_MIRRORED: Final = 0.85
USUALLY_SLOW: Final = 0.35
"""Correlation of a stride's force with itself, shifted by a fifth to a half, and played backwards; the sum of squares
of the shares that three axes at right angles have of its variance; the share of the slow harmonics. Of 99 strides in
100 of every person and runner the first three are less, and the last more.
"""

LEAST_BURST_MPS3: Final = 2.0 * STANDARD_GRAVITY_MPS2
LEAST_LIKENESS: Final = -0.6
GREATEST_LIKENESS: Final = 0.98
UNKNOWN_REPETITION: Final = 1.0
"""Strides are compared by the logarithm of their bursts, lest one shock outweigh the rest. The correlation counts as
its inverse hyperbolic tangent, and that of a first stride as this.
"""

REST: Final = round(0.08 / CELL_S)
"""Even in a sprint the foot stands for so long."""

STEP: Final = 4
"""What is smooth is looked at in every fourth cell."""

HARMONICS: Final = 6
"""The strongest harmonic of a stride, or of two turns taken for one, is among these, the slow ones."""

PARTS: Final = 32
SOONEST_REPETITION: Final = 6
"""The stride's shape is that of its force in so many parts, a power of two; repetition is sought from a fifth on."""


@compiled
def stride_evidence(
    ring: Record, jerk_mps3: FloatArray, burst_mps3: FloatArray, before: int, begin: int, end: int
) -> float:
    """Log-odds that cells begin to end - 1 are a stride; the one before it began at `before`, -1 if there is none."""
    count = end - begin
    weightless_cells = 0
    mean = np.zeros(3)
    for cell in range(begin, end):
        for axis in range(3):
            mean[axis] += ring.imu[cell & RING_MASK, axis]
        if force_norm(ring, cell) < WEIGHTLESS_MPS2:
            weightless_cells += 1
    mean /= count
    pull = math.sqrt(mean[0] * mean[0] + mean[1] * mean[1] + mean[2] * mean[2]) / STANDARD_GRAVITY_MPS2
    evenness, rest = _evenness_and_rest(jerk_mps3, begin, end)
    strongest, slow = _harmonics(ring, mean, begin, end)
    repeated, straight, mirrored = _shape(ring, mean, begin, end)
    repetition = UNKNOWN_REPETITION
    if before >= 0:
        similar = likeness(burst_mps3, before, begin, end)
        repetition = math.atanh(min(max(similar, LEAST_LIKENESS), GREATEST_LIKENESS))
    evidence = (
        OFFSET
        + PULL_WEIGHT * math.log(max(pull, 0.3))
        + WEIGHTLESS_WEIGHT * max(weightless_cells / count - USUALLY_WEIGHTLESS, 0.0)
        + REPETITION_WEIGHT * repetition
        + EVENNESS_WEIGHT * math.log(evenness)
        + REST_WEIGHT * math.log(max(rest, 0.02))
        + HARMONICS_WEIGHT * math.log(1.02 - strongest)
        + REPEATED_WEIGHT * max(repeated - USUALLY_REPEATED, 0.0)
        + STRAIGHT_WEIGHT * max(straight - USUALLY_STRAIGHT, 0.0)
        + MIRRORED_WEIGHT * max(mirrored - USUALLY_MIRRORED, 0.0)
        + SLOW_WEIGHT * min(slow - USUALLY_SLOW, 0.0)
    )
    return min(max(evidence, -GREATEST_EVIDENCE), GREATEST_EVIDENCE)


@compiled
def _evenness_and_rest(jerk_mps3: FloatArray, begin: int, end: int) -> tuple[float, float]:
    """The squared mean root of the jerk over its mean, and its least mean over 80 ms over its mean."""
    count = end - begin
    total = roots = moving = 0.0
    least = math.inf
    for cell in range(begin, end):
        jerk = float(jerk_mps3[cell & RING_MASK])
        total += jerk
        roots += math.sqrt(jerk)
        moving += jerk
        if cell >= begin + REST:
            moving -= float(jerk_mps3[(cell - REST) & RING_MASK])
        if cell >= begin + REST - 1:
            least = min(least, moving)
    mean = max(total / count, 1e-3)
    return max(roots / count * roots / count / mean, 1e-3), least / REST / mean


@compiled
def likeness(burst_mps3: FloatArray, before: int, begin: int, end: int) -> float:
    """Correlation of a stride's log bursts with those of the stride from `before` to `begin`, at the same phase."""
    stretch = (begin - before) / (end - begin)
    count = (end - begin) // STEP
    mean = mean_before = product = square = square_before = 0.0
    for k in range(count):
        at = before + int(k * STEP * stretch)
        now = math.log(burst_mps3[(begin + k * STEP) & RING_MASK] + LEAST_BURST_MPS3)
        then = math.log(burst_mps3[at & RING_MASK] + LEAST_BURST_MPS3)
        mean += now / count
        mean_before += then / count
        product += now * then / count
        square += now * now / count
        square_before += then * then / count
    variances = (square - mean * mean) * (square_before - mean_before * mean_before)
    return float((product - mean * mean_before) / math.sqrt(max(variances, 1e-12)))


@compiled
def _harmonics(ring: Record, mean: FloatArray, begin: int, end: int) -> tuple[float, float]:
    """Which share of the force's variance its strongest harmonic has, and all slow ones together."""
    count = (end - begin) // STEP
    variance = 0.0
    for k in range(count):
        for axis in range(3):
            off = ring.imu[(begin + k * STEP) & RING_MASK, axis] - mean[axis]
            variance += off * off
    strongest = slow = 0.0
    for harmonic in range(1, HARMONICS + 1):
        turn_cosine, turn_sine = math.cos(2.0 * math.pi * harmonic / count), math.sin(2.0 * math.pi * harmonic / count)
        cosine, sine = 1.0, 0.0
        cosine_x = cosine_y = cosine_z = sine_x = sine_y = sine_z = 0.0
        for k in range(count):
            at = (begin + k * STEP) & RING_MASK
            x, y, z = ring.imu[at, 0] - mean[0], ring.imu[at, 1] - mean[1], ring.imu[at, 2] - mean[2]
            cosine_x += x * cosine
            cosine_y += y * cosine
            cosine_z += z * cosine
            sine_x += x * sine
            sine_y += y * sine
            sine_z += z * sine
            cosine, sine = cosine * turn_cosine - sine * turn_sine, sine * turn_cosine + cosine * turn_sine
        power = cosine_x**2 + cosine_y**2 + cosine_z**2 + sine_x**2 + sine_y**2 + sine_z**2
        strongest = max(strongest, power)
        slow += power
    share = 2.0 / (count * max(variance, 1e-9))
    return min(share * strongest, 1.0), min(share * slow, 1.0)


@compiled
def _shape(ring: Record, mean: FloatArray, begin: int, end: int) -> tuple[float, float, float]:
    """How far a stride repeats itself, goes along a line, and is the same played backwards (`USUALLY_REPEATED`)."""
    # twice over, so that the parts from any one on follow each other
    part = np.zeros((3, 2 * PARTS))
    covariance = np.zeros((3, 3))
    for k in range(PARTS):
        first = begin + (end - begin) * k // PARTS
        last = begin + (end - begin) * (k + 1) // PARTS
        x = y = z = 0.0
        for cell in range(first, last):
            at = cell & RING_MASK
            x += ring.imu[at, 0] - mean[0]
            y += ring.imu[at, 1] - mean[1]
            z += ring.imu[at, 2] - mean[2]
        cells = last - first
        part[0, k], part[1, k], part[2, k] = x / cells, y / cells, z / cells
        part[:, k + PARTS] = part[:, k]
        for axis in range(3):
            for other in range(3):
                covariance[axis, other] += part[axis, k] * part[other, k]
    variance = max(covariance[0, 0] + covariance[1, 1] + covariance[2, 2], 1e-9)
    straight = 0.0
    for axis in range(3):
        for other in range(3):
            straight += (covariance[axis, other] / variance) ** 2
    # products with the parts from each shift on, forwards and backwards; all shifts at once, several in one step
    forwards, backwards = np.zeros(PARTS // 2 + 1 - SOONEST_REPETITION), np.zeros(PARTS)
    for k in range(PARTS):
        x, y, z = part[0, k], part[1, k], part[2, k]
        ahead, behind = part[:, SOONEST_REPETITION + k :], part[:, PARTS - k :]
        for shift in range(len(forwards)):
            forwards[shift] += x * ahead[0, shift] + y * ahead[1, shift] + z * ahead[2, shift]
        for shift in range(len(backwards)):
            backwards[shift] += x * behind[0, shift] + y * behind[1, shift] + z * behind[2, shift]
    return forwards.max() / variance, straight, backwards.max() / variance
