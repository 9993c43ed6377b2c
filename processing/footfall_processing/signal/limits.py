"""Where a sensor's values end: at its stated range, or at the end that the session itself shows.

Sensors end below what is said of them (a range set wrongly, a scale that was calibrated, a limit in the firmware), and
not alike on all axes nor to both sides. So each end of each axis is judged by itself: the greatest value so far is
where the axis ends if the signal stops there again and again as no movement does. Each stop is weighed by how likely
movement alone would make it (Wald 1945, doi:10.1214/aoms/1177731118):

- A smooth peak that rises and falls by `steepness` a sample stays within one step of the sensor's resolution of its
  top for `m` samples with a chance of about √(4 step / steepness) · (step / steepness)^(m - 1).
- At an end, about half of the peaks that come near it stop there.

So a fine sensor's flat top is told at once, single samples after a handful, and a coarse sensor's equal neighbours
mean nothing: where a step is large, equal values are what movement makes.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled, inlined
from footfall_processing.samples import FloatArray, SampleQuality
from footfall_processing.session import Sensor
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

RANGE_MARGIN: Final = 0.995
"""A value this close to the end of the stated range is clipped."""

LEAST_END_MPS2: Final = 1.9 * STANDARD_GRAVITY_MPS2
LEAST_END_RADPS: Final = 120.0 * RADIANS_PER_DEGREE
"""No sensor's range is narrower: ±2 g and ±125 °/s are the least that there are."""

NEAR: Final = 0.05
"""A peak that comes within this share of the greatest value, and stops elsewhere, speaks against an end."""

FINEST_STEP: Final = 2.0**-12
"""Share of a value that is told apart at best: floating-point formats of 16 bits are as coarse towards their ends."""

NOISE_MPS2: Final = 0.2
NOISE_RADPS: Final = 0.01
"""What is told apart at best where noise was added over an end: six standard deviations, 3 mg and 0.1 °/s of them."""

ROUNDING: Final = 1e-6
"""A smaller change, in m/s² or rad/s, comes of the computation: no sensor's step is as small."""

CERTAIN: Final = 12.0
"""Natural logarithm of the odds from which an end is known: one error in 160,000 greatest values."""

COMPANIES: Final = 4
"""Stops of each end that are remembered, to know a recording that is played again."""

_MISS: Final = math.log(0.5)

LIMITS: Final = np.dtype(
    [
        ("acc_range_mps2", np.float64),
        ("gyr_range_radps", np.float64),
        ("step", np.float64, (6,)),
        ("end", np.float64, (12,)),
        ("near_from", np.float64, (12,)),
        ("watch_from", np.float64, (12,)),
        ("near_ends", np.int64),
        ("evidence", np.float64, (12,)),
        ("known", np.uint8, (12,)),
        ("is_near", np.uint8, (12,)),
        ("has_stopped", np.uint8, (12,)),
        ("is_first", np.uint8, (12,)),
        ("is_exact", np.uint8, (12,)),
        ("at_end", np.int64, (12,)),
        ("stood", np.int64, (12,)),
        ("rise", np.float64, (12,)),
        ("company", np.float64, (12,)),
        ("told_companies", np.float64, (12, COMPANIES)),
        ("told", np.int64, (12,)),
        ("stops", np.int64, (12,)),
        ("learnt", np.bool_),
        ("bits", np.int64),
        ("found", np.int64),
    ],
    align=True,
)
"""The stated ranges, and of each end of each axis (positive ones first) what the session shows.

`step` is the smallest change seen, `end` the greatest value, `at_end` for how many samples the signal has stood there
now, `stood` for how many it did before the last sample, `rise` how far it came a sample to get there. A stop `is_exact`
where the sensor tells none of its values from the end. `company` is the sum of what the other channels measured then: a
stop that is the same in all channels is a recording played again, and no second stop. `told` counts the stops that were
weighed, `told_companies` holds the last ones' company. `stops` counts the samples that stood at the end. `learnt` is
set when an end became known, `bits` is what was said of the newest sample, `found` counts the samples at an end that
nobody else had told. Nearer to zero than `watch_from` an axis has nothing to tell while there are no `near_ends`, the
number of ends that `is_near`.
"""

_ACC_CLIPPED: Final = int(SampleQuality.ACC_CLIPPED)
_GYR_CLIPPED: Final = int(SampleQuality.GYR_CLIPPED)


def start_limits(limits: Record, sensor: Sensor) -> None:
    """Prepare the zeroed memory of a new sensor. Plain Python."""
    acc_range_mps2 = math.inf if sensor.acc_range_mps2 is None else sensor.acc_range_mps2
    gyr_range_radps = math.inf if sensor.gyro_range_radps is None else sensor.gyro_range_radps
    least_ends = 2 * [*3 * [LEAST_END_MPS2], *3 * [LEAST_END_RADPS]]
    stated = np.array(2 * [*3 * [acc_range_mps2], *3 * [gyr_range_radps]])
    limits["acc_range_mps2"] = acc_range_mps2
    limits["gyr_range_radps"] = gyr_range_radps
    limits["step"] = math.inf
    limits["near_from"] = least_ends
    limits["watch_from"] = np.minimum(least_ends, RANGE_MARGIN * stated)


@compiled
def _fine_step(limits: Record, end: int) -> float:
    """How far values towards an end must be apart to be two, as the sensor tells them."""
    return float(max(limits.step[end % 6], FINEST_STEP * limits.end[end]))


@compiled
def _step(limits: Record, end: int) -> float:
    """How far they must be apart where noise was added."""
    return max(_fine_step(limits, end), NOISE_MPS2 if end % 6 < 3 else NOISE_RADPS)


@compiled
def _weigh(limits: Record, end: int, fall: float) -> None:
    """A stop is over: add what it says of the end. `fall` is how far the signal went down a sample."""
    samples = limits.stood[end]
    steepness = min(limits.rise[end], fall)
    step = _fine_step(limits, end) if limits.is_exact[end] != 0 else _step(limits, end)
    if not step < steepness:
        return
    for i in range(min(limits.told[end], COMPANIES)):
        if limits.company[end] == limits.told_companies[end, i]:
            return
    limits.told_companies[end, limits.told[end] % COMPANIES] = limits.company[end]
    limits.told[end] += 1
    chance = (step / steepness) ** (samples - 1)
    if limits.is_first[end] != 0:
        limits.is_first[end] = 0
    else:
        chance *= math.sqrt(4.0 * step / steepness)
    limits.evidence[end] += math.log(0.5 / min(chance, 0.9))
    if limits.evidence[end] >= CERTAIN and limits.known[end] == 0:
        limits.known[end] = 1
        limits.learnt = True
        stated = limits.acc_range_mps2 if end % 6 < 3 else limits.gyr_range_radps
        if limits.end[end] < RANGE_MARGIN * stated:
            limits.found += limits.stops[end] - 1  # the newest sample is counted for it


@compiled
def _note(limits: Record, end: int, value: float, two_before: float, company: float) -> None:
    """Take the next value of a channel towards one of its ends (negative ones with the sign turned)."""
    step = _step(limits, end)
    greatest = limits.end[end]
    known = limits.known[end] != 0
    fine_step = _fine_step(limits, end)
    if value > greatest + 0.5 * fine_step or greatest == 0.0:
        limits.is_exact[end] = 0
        limits.end[end] = value
        limits.near_from[end] = max(
            LEAST_END_MPS2 if end % 6 < 3 else LEAST_END_RADPS, value - max(NEAR * value, 4.0 * limits.step[end % 6])
        )
    # noise over a known end is no value beyond it
    if limits.end[end] > greatest + (step if known else 0.5 * step) or greatest == 0.0:
        known = False
        limits.is_exact[end] = 1
        limits.evidence[end] = 0.0
        limits.known[end] = 0
        limits.is_first[end] = 1
        limits.told[end] = 0
        limits.stops[end] = 0
        limits.at_end[end] = 0
        limits.stood[end] = 0
    if value >= limits.end[end] - (step if known else 0.5 * step):
        if limits.at_end[end] == 0:
            limits.is_exact[end] = limits.end[end] <= greatest or limits.is_first[end] != 0
            limits.rise[end] = 0.5 * (value - two_before)
            limits.company[end] = company
        limits.is_exact[end] &= value >= limits.end[end] - 0.5 * fine_step
        limits.at_end[end] += 1
        limits.stops[end] += 1
        limits.stood[end] = 0
        limits.is_near[end] = 1
        limits.has_stopped[end] = 1
        return
    if limits.at_end[end] > 0:
        limits.stood[end] = limits.at_end[end]
        limits.at_end[end] = 0
        return
    if limits.stood[end] > 0:
        _weigh(limits, end, 0.5 * (limits.end[end] - value))
        limits.stood[end] = 0
    if value >= limits.near_from[end]:
        limits.is_near[end] = 1
    else:
        if limits.has_stopped[end] == 0:
            limits.evidence[end] = max(0.0, limits.evidence[end] + _MISS)
        limits.is_near[end] = 0
        limits.has_stopped[end] = 0


@inlined
def has_to_tell(limits: Record, raw: FloatArray, before: FloatArray, beside_loss: bool) -> bool:
    """Take the next raw sample's steps; True where it comes near an end, and `clipped_bits` must look at it."""
    near = limits.near_ends > 0
    for axis in range(6):
        change = abs(raw[axis] - before[axis])
        if ROUNDING < change < limits.step[axis] and not beside_loss:
            limits.step[axis] = change
        near |= raw[axis] >= limits.watch_from[axis] or -raw[axis] >= limits.watch_from[axis + 6]
    return bool(near)


@compiled
def clipped_bits(limits: Record, raw: FloatArray, before: FloatArray, two_before: FloatArray, beside_loss: bool) -> int:
    """Take the next raw sample (acceleration then angular rate, SI), and say which of its signals stands at an end.

    For samples that have something to tell; of others nothing stands at an end. `before` and `two_before` are the
    samples before, from which this one differs; beside a loss they are no neighbours.
    """
    bits = near_ends = 0
    company = raw[0] + raw[1] + raw[2] + raw[3] + raw[4] + raw[5]
    acc_repeats = raw[0] == before[0] and raw[1] == before[1] and raw[2] == before[2]
    gyr_repeats = raw[3] == before[3] and raw[4] == before[4] and raw[5] == before[5]
    for axis in range(6):
        value = raw[axis]
        stated = limits.acc_range_mps2 if axis < 3 else limits.gyr_range_radps
        at_end = abs(value) >= RANGE_MARGIN * stated
        for end in range(axis, 12, 6):
            towards = value if end < 6 else -value
            if beside_loss:
                limits.at_end[end] = 0
                limits.stood[end] = 0
            if limits.is_near[end] != 0 or towards >= limits.near_from[end]:
                earlier = two_before[axis] if end < 6 else -two_before[axis]
                known = limits.known[end] != 0
                # all three the same are a sample that is held, and no stop
                if beside_loss or not (acc_repeats if axis < 3 else gyr_repeats):
                    _note(limits, end, towards, towards if beside_loss else earlier, company - value)
                # the sample before stood there, if it is the one that told
                if limits.known[end] != 0 and (limits.at_end[end] > 0 or not known):
                    at_end = True
            near_ends += limits.is_near[end]
            limits.watch_from[end] = min(limits.near_from[end], RANGE_MARGIN * stated)
        if at_end:
            bits |= _ACC_CLIPPED if axis < 3 else _GYR_CLIPPED
    limits.near_ends = near_ends
    return bits


@compiled
def clipped_bits_of_cell(limits: Record, cell: FloatArray, peak_acc_mps2: FloatArray) -> int:
    """Say which signals of a cell stood at an end that is known by now: its mean, or its greatest acceleration."""
    bits = 0
    for end in range(12):
        if limits.known[end] != 0:
            axis = end % 6
            sign = 1.0 if end < 6 else -1.0
            reached = sign * cell[axis]
            if axis < 3:
                reached = max(reached, sign * peak_acc_mps2[axis])
            if reached >= limits.end[end] - _step(limits, end):
                bits |= _ACC_CLIPPED if axis < 3 else _GYR_CLIPPED
    return bits
