"""The last five seconds of one sensor on the 200 Hz grid: all that the estimators may look back at."""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S

RING_LENGTH: Final = 1024
"""Cells kept, a power of two: 5.12 s, two strides of the slowest walk, and the time that alignment may take."""

LOOK_BACK: Final = 900
"""Cells that alignment may look back: the ring less a margin for smoothing."""

RING_MASK: Final = RING_LENGTH - 1
"""Cell k stands at k & RING_MASK in whatever is kept as long as the ring."""

RING: Final = np.dtype(
    [
        ("end", np.int64),
        ("segment_begin", np.int64),
        ("segment_origin_s", np.float64),
        ("imu", np.float32, (RING_LENGTH, 6)),
        ("peak_norm_mps2", np.float32, (RING_LENGTH,)),
        ("peak_acc_mps2", np.float32, (RING_LENGTH, 3)),
        ("quality", np.uint8, (RING_LENGTH,)),
    ],
    align=True,
)
"""Cells are counted from 0 over the whole session, `end` is the count so far; cell k stands at k modulo the length.

`imu` holds specific force (m/s²) then angular rate (rad/s). A segment is a stretch without an unbridged loss.
"""


@compiled
def begin_segment(ring: Record, origin_s: float) -> None:
    """Start a segment whose first cell is centred at `origin_s`."""
    ring.segment_begin = ring.end
    ring.segment_origin_s = origin_s


@compiled
def append(ring: Record, grid: Record) -> None:
    """Keep the cell that the grid has just completed."""
    at = ring.end & RING_MASK
    for axis in range(6):
        ring.imu[at, axis] = grid.cell[axis]
    for axis in range(3):
        ring.peak_acc_mps2[at, axis] = grid.cell_peak_acc_mps2[axis]
    ring.peak_norm_mps2[at] = grid.cell_peak_norm_mps2
    ring.quality[at] = grid.cell_quality
    ring.end += 1


@compiled
def time_at(ring: Record, cell: float) -> float:
    """Session seconds at a (fractional) cell of the present segment."""
    return float(ring.segment_origin_s + (cell - ring.segment_begin) * CELL_S)


@compiled
def oldest(ring: Record) -> int:
    """The first cell of the present segment that is still kept."""
    return int(max(ring.segment_begin, ring.end - RING_LENGTH))


@compiled
def look_back_from(ring: Record) -> int:
    """The cell from which the present segment is looked at again once the axis is known."""
    return int(max(ring.segment_begin, ring.end - LOOK_BACK))


@compiled
def rate_along(ring: Record, axis: FloatArray, cell: int) -> float:
    """Angular rate about a unit vector, rad/s."""
    at = cell & RING_MASK
    return float(ring.imu[at, 3] * axis[0] + ring.imu[at, 4] * axis[1] + ring.imu[at, 5] * axis[2])


@compiled
def force_along(ring: Record, axis: FloatArray, cell: int) -> float:
    """Specific force along a unit vector, m/s²."""
    at = cell & RING_MASK
    return float(ring.imu[at, 0] * axis[0] + ring.imu[at, 1] * axis[1] + ring.imu[at, 2] * axis[2])


@compiled
def rate_norm(ring: Record, cell: int) -> float:
    """Magnitude of the angular rate, rad/s."""
    at = cell & RING_MASK
    return math.sqrt(ring.imu[at, 3] ** 2 + ring.imu[at, 4] ** 2 + ring.imu[at, 5] ** 2)


@compiled
def force_norm(ring: Record, cell: int) -> float:
    """Magnitude of the specific force, m/s²."""
    at = cell & RING_MASK
    return math.sqrt(ring.imu[at, 0] ** 2 + ring.imu[at, 1] ** 2 + ring.imu[at, 2] ** 2)


@compiled
def quality_between(ring: Record, begin: int, end: int) -> int:
    """All quality bits that occur in cells begin to end - 1."""
    bits = 0
    for cell in range(max(begin, oldest(ring)), min(end, ring.end)):
        bits |= ring.quality[cell & RING_MASK]
    return bits


@compiled
def peak_between(ring: Record, begin: int, end: int) -> float:
    """Greatest raw magnitude of specific force in cells begin to end - 1, m/s²; 0 where there was no raw sample."""
    peak = 0.0
    for cell in range(max(begin, oldest(ring)), min(end, ring.end)):
        peak = max(peak, float(ring.peak_norm_mps2[cell & RING_MASK]))
    return peak


@compiled
def peak_cell_between(ring: Record, begin: int, end: int) -> int:
    """The cell of the greatest raw magnitude in cells begin to end - 1."""
    best = max(begin, oldest(ring))
    for cell in range(best, min(end, ring.end)):
        if ring.peak_norm_mps2[cell & RING_MASK] > ring.peak_norm_mps2[best & RING_MASK]:
            best = cell
    return int(best)


@compiled
def peak_along_between(ring: Record, axis: FloatArray, begin: int, end: int) -> float:
    """Greatest specific force along a unit vector among the raw samples kept in cells begin to end - 1, m/s²."""
    peak = -math.inf
    for cell in range(max(begin, oldest(ring)), min(end, ring.end)):
        at = cell & RING_MASK
        if ring.peak_norm_mps2[at] > 0.0:
            along = (
                ring.peak_acc_mps2[at, 0] * axis[0]
                + ring.peak_acc_mps2[at, 1] * axis[1]
                + ring.peak_acc_mps2[at, 2] * axis[2]
            )
            peak = max(peak, float(along))
    return peak if peak > -math.inf else math.nan
