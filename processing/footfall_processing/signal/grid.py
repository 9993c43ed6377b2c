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

GRID_RATE_HZ: Final = 200.0
"""Enough for contact events and tibial peaks (Mitschke et al. 2017, doi:10.1080/10255842.2017.1382482)."""

CELL_S: Final = 1.0 / GRID_RATE_HZ

BRIDGED_LOSS_S: Final = 0.060
"""The longest stretch without samples that is bridged by a straight line: half of the shortest stance."""

LOSS_FACTOR: Final = 1.6
"""An interval longer than this many nominal ones means that samples are missing."""

FLAT_TOP_ACC_MPS2: Final = 30.0
FLAT_TOP_GYR_RADPS: Final = 5.0
"""Three equal raw values in a row beyond these are a clipped peak, whatever the stated range says."""

RANGE_MARGIN: Final = 0.995
"""A value this close to the end of the stated range is clipped."""

GRID_STATE: Final = np.dtype(
    [
        ("nominal_interval_s", np.float64),
        ("acc_limit_mps2", np.float64),
        ("gyr_limit_radps", np.float64),
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
        ("equal_run", np.int64, (6,)),
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
    ]
)
"""One sensor's grid: the open cell, the last raw samples, and the cell closed last.

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
def _clipped_bits(grid: Record) -> int:
    bits = 0
    for axis in range(6):
        value = abs(grid.raw[axis])
        limit = grid.acc_limit_mps2 if axis < 3 else grid.gyr_limit_radps
        flat_top = FLAT_TOP_ACC_MPS2 if axis < 3 else FLAT_TOP_GYR_RADPS
        if value >= RANGE_MARGIN * limit or (grid.equal_run[axis] >= 2 and value > flat_top):
            bits |= _ACC_CLIPPED if axis < 3 else _GYR_CLIPPED
    return bits


@compiled
def _note_peak(grid: Record, raw_after: FloatArray, norm_after: float) -> None:
    """Enter the last raw sample, refined between samples unless clipped, into the open cell if it is the greatest."""
    shift = 0.0 if grid.norm_is_clipped else parabola_shift(grid.norm_before, grid.norm, norm_after)
    height = parabola_at(grid.norm_before, grid.norm, norm_after, shift)
    if height > grid.peak_norm_mps2:
        grid.peak_norm_mps2 = height
        for axis in range(3):
            grid.peak_acc_mps2[axis] = parabola_at(grid.previous[axis], grid.raw[axis], raw_after[axis], shift)


@compiled
def feed(grid: Record, t_s: float, raw: FloatArray, quality: int) -> bool:
    """Take the next raw sample (acceleration then angular rate, SI); True when it starts a new segment.

    Call `next_cell` until it returns False before feeding the next sample.
    """
    norm = math.sqrt(raw[0] * raw[0] + raw[1] * raw[1] + raw[2] * raw[2])
    interval_s = t_s - grid.t_s
    lost = grid.started and (interval_s > LOSS_FACTOR * grid.nominal_interval_s or quality & _AFTER_LOSS != 0)
    new_segment = not grid.started or (lost and interval_s > max(BRIDGED_LOSS_S, LOSS_FACTOR * grid.nominal_interval_s))
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
            grid.equal_run[axis] = 0
    else:
        # beside a loss, samples are not equally spaced and a parabola would invent height
        if lost:
            grid.norm_is_clipped = True
        _note_peak(grid, raw, norm)
        grid.norm_before = math.inf if lost else grid.norm
        grid.previous_t_s = grid.t_s
        for axis in range(6):
            grid.equal_run[axis] = grid.equal_run[axis] + 1 if raw[axis] == grid.raw[axis] else 0
            grid.previous[axis] = grid.raw[axis]
    grid.bridging = lost and not new_segment
    grid.t_s = t_s
    for axis in range(6):
        grid.raw[axis] = raw[axis]
    grid.norm = norm
    bits = (quality & (_ACC_CLIPPED | _GYR_CLIPPED)) | _clipped_bits(grid)
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
