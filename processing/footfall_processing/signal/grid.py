"""From raw samples to a uniform 200 Hz grid, so that every later stage has one rate and one set of constants.

A grid cell's value is the mean over the cell of the straight lines through the raw samples. That keeps the integral of
the signal (what strapdown integration needs), damps what the grid could not represent at higher raw rates, and bridges
jitter and short losses. Peaks would suffer, so each cell also carries the acceleration where its magnitude is
greatest, refined by a parabola between raw samples.

A loss longer than `BRIDGED_LOSS_S` starts a new segment; nothing is ever interpolated across it.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray, SampleQuality
from footfall_processing.session import Sensor
from footfall_processing.signal.held import HELD, is_held, may_be_held, start_held
from footfall_processing.signal.limits import LIMITS, clipped_bits, has_to_tell, start_limits

GRID_RATE_HZ: Final = 200.0
"""Enough for contact events and tibial peaks (Mitschke et al. 2017, doi:10.1080/10255842.2017.1382482)."""

CELL_S: Final = 1.0 / GRID_RATE_HZ

BRIDGED_LOSS_S: Final = 0.060
"""The longest stretch without samples that is bridged by a straight line: half of the shortest stance."""

LOSS_FACTOR: Final = 1.6
"""An interval longer than this many nominal ones means that samples are missing."""

GRID_STATE: Final = np.dtype(
    [
        ("nominal_interval_s", np.float64),
        ("started", np.bool_),
        ("origin_s", np.float64),
        ("cell_index", np.int64),
        ("position_s", np.float64),
        ("covered_s", np.float64),
        ("integral", np.float64, (6,)),
        ("previous_t_s", np.float64),
        ("previous", np.float64, (6,)),
        ("t_s", np.float64),
        ("raw", np.float64, (6,)),
        ("norm_before", np.float64),
        ("norm", np.float64),
        ("norm_is_clipped", np.bool_),
        ("bridging", np.bool_),
        ("peak_norm_mps2", np.float64),
        ("peak_acc_mps2", np.float64, (3,)),
        ("quality", np.uint8),
        ("cell", np.float64, (6,)),
        ("cell_peak_norm_mps2", np.float64),
        ("cell_peak_acc_mps2", np.float64, (3,)),
        ("cell_quality", np.uint8),
        ("limits", LIMITS),
        ("held", HELD),
    ]
)
"""One sensor's grid: the open cell, the last raw samples, the cell closed last, and what is known of the samples.

`cell` holds acceleration (m/s²) then angular rate (rad/s); `cell_peak_norm_mps2` is 0 where no raw sample fell in.
"""

_ACC_CLIPPED: Final = int(SampleQuality.ACC_CLIPPED)
_GYR_CLIPPED: Final = int(SampleQuality.GYR_CLIPPED)
_AFTER_LOSS: Final = int(SampleQuality.AFTER_LOSS)


@compiled
def parabola_shift(before: float, middle: float, after: float) -> float:
    """Where the parabola through three equally spaced values is highest, in intervals from `middle`.

    0 unless `middle` is the greatest.
    """
    curvature = before - 2.0 * middle + after
    if curvature >= 0.0 or middle < before or middle < after:
        return 0.0
    return 0.5 * (before - after) / curvature


@compiled
def parabola_at(before: float, middle: float, after: float, shift: float) -> float:
    """Value of the parabola through three equally spaced values, `shift` intervals from `middle`."""
    if shift == 0.0:
        return middle
    return middle + 0.5 * shift * (after - before) + 0.5 * shift * shift * (before - 2.0 * middle + after)


@compiled
def _note_peak(grid: Record, raw_after: FloatArray, norm_after: float) -> None:
    """Enter the last raw sample, refined between samples unless clipped, into the open cell if it is the greatest."""
    shift = 0.0 if grid.norm_is_clipped else parabola_shift(grid.norm_before, grid.norm, norm_after)
    height = parabola_at(grid.norm_before, grid.norm, norm_after, shift)
    if height > grid.peak_norm_mps2:
        grid.peak_norm_mps2 = height
        for axis in range(3):
            grid.peak_acc_mps2[axis] = parabola_at(grid.previous[axis], grid.raw[axis], raw_after[axis], shift)


def start_grid(grid: Record, sensor: Sensor) -> None:
    """Prepare the zeroed memory of a new sensor. Plain Python."""
    grid["nominal_interval_s"] = 1.0 / sensor.sampling_rate_hz
    start_limits(grid["limits"], sensor)
    start_held(grid["held"])


def said_of(grid: Record) -> FloatArray:
    """Return what was said of the sensor: interval and ranges. Plain Python."""
    limits = grid["limits"]
    return np.array([grid["nominal_interval_s"], limits["acc_range_mps2"], limits["gyr_range_radps"]])


@compiled
def sampling_interval_s(grid: Record) -> float:
    """From one measured sample to the next: of a held stream more than was said."""
    return float(grid.held.factor * grid.nominal_interval_s)


@compiled
def feed(grid: Record, t_s: float, raw: FloatArray, quality: int) -> bool:
    """Take the next raw sample (acceleration then angular rate, SI); True when it starts a new segment.

    Call `next_cell` until it returns False before feeding the next sample.
    """
    norm = math.sqrt(raw[0] * raw[0] + raw[1] * raw[1] + raw[2] * raw[2])
    interval_s = t_s - grid.t_s
    longest_s = LOSS_FACTOR * sampling_interval_s(grid)
    lost = grid.started and (interval_s > longest_s or quality & _AFTER_LOSS != 0)
    new_segment = not grid.started or (lost and interval_s > max(BRIDGED_LOSS_S, longest_s))
    beside_loss = lost or new_segment
    if may_be_held(grid.held, raw, grid.raw, beside_loss) and is_held(grid.held, raw, grid.raw, beside_loss):
        return False
    if grid.held.idle or grid.held.repeats[0] == 0 or grid.held.repeats[1] == 0:
        at_end = 0
        if has_to_tell(grid.limits, raw, grid.raw, beside_loss):
            at_end = clipped_bits(grid.limits, raw, grid.raw, grid.previous, beside_loss)
        grid.limits.bits = at_end
    if new_segment:
        grid.started = True
        grid.origin_s = t_s
        grid.cell_index = 0
        grid.position_s = t_s
        grid.covered_s = 0.0
        grid.integral[:] = 0.0
        grid.peak_norm_mps2 = 0.0
        grid.peak_acc_mps2[:] = 0.0
        grid.quality = 0
        grid.norm_before = math.inf
        grid.previous_t_s = t_s
        for axis in range(6):
            grid.previous[axis] = raw[axis]
    else:
        # beside a loss, samples are not equally spaced and a parabola would invent height
        if lost:
            grid.norm_is_clipped = True
        _note_peak(grid, raw, norm)
        grid.norm_before = math.inf if lost else grid.norm
        grid.previous_t_s = grid.t_s
        for axis in range(6):
            grid.previous[axis] = grid.raw[axis]
    grid.bridging = lost and not new_segment
    grid.t_s = t_s
    for axis in range(6):
        grid.raw[axis] = raw[axis]
    grid.norm = norm
    told = quality & (_ACC_CLIPPED | _GYR_CLIPPED)
    bits = told | grid.limits.bits
    if bits != told:
        grid.limits.found += 1
    grid.norm_is_clipped = bits & _ACC_CLIPPED != 0
    grid.quality |= bits
    return bool(new_segment)


@compiled
def next_cell(grid: Record) -> bool:
    """Advance towards the last raw sample; True each time a cell was completed and stands in `cell…`."""
    if grid.bridging:
        grid.quality |= _AFTER_LOSS
    end_s = grid.origin_s + (grid.cell_index + 0.5) * CELL_S
    completes = end_s <= grid.t_s
    until_s = end_s if completes else grid.t_s
    width_s = until_s - grid.position_s
    span_s = grid.t_s - grid.previous_t_s
    if width_s > 0.0 and span_s > 0.0:
        middle = (0.5 * (until_s + grid.position_s) - grid.previous_t_s) / span_s
        for axis in range(6):
            grid.integral[axis] += width_s * (grid.previous[axis] + middle * (grid.raw[axis] - grid.previous[axis]))
        grid.covered_s += width_s
        grid.position_s = until_s
    if not completes:
        return False
    for axis in range(6):
        grid.cell[axis] = grid.integral[axis] / grid.covered_s
        grid.integral[axis] = 0.0
    for axis in range(3):
        grid.cell_peak_acc_mps2[axis] = grid.peak_acc_mps2[axis]
        grid.peak_acc_mps2[axis] = 0.0
    grid.cell_peak_norm_mps2 = grid.peak_norm_mps2
    grid.cell_quality = grid.quality
    grid.peak_norm_mps2 = 0.0
    grid.quality = 0
    grid.covered_s = 0.0
    grid.cell_index += 1
    return True
