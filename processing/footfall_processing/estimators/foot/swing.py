"""The swings of a foot: where the toes turn up, and where the next stance begins.

The pitch rate is the angular rate about the mediolateral axis, smoothed over ±30 ms. A swing is a rise of the foot's
pitch by 17° with a peak above 100 °/s; it ends where the rate falls through zero. This holds for walking and running,
every strike pattern and every mounting.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.foot.events import smoothed_rate
from footfall_processing.signal.grid import CELL_S

SMOOTHING: Final = 6
"""Half width of the triangle over the pitch rate, cells: 30 ms keeps the swing whole and the shock out."""

SWING_RAD: Final = math.radians(17.0)
SWING_PEAK_RADPS: Final = math.radians(100.0)
RESUMED_RAD: Final = math.radians(10.0)
"""A swing turns the toes up by at least this much at this rate; a rise by 10° after its end means that it goes on."""

STANCE_CELLS: Final = round(0.20 / CELL_S)
"""How long after the swing's end the new stance is seen far enough to be judged."""

SWING: Final = np.dtype(
    [
        ("cursor", np.int64),
        ("fresh", np.bool_),
        ("under_way", np.bool_),
        ("was_cut", np.bool_),
        ("pitch_rad", np.float64),
        ("least_pitch_rad", np.float64),
        ("least_pitch_cell", np.int64),
        ("peak_radps", np.float64),
        ("end", np.int64),
        ("end_rad", np.float64),
    ],
    align=True,
)
"""The search for swings: `cursor` is the next cell, `least_pitch_cell` where the present or next swing begins.

`end` is the present swing's end, -1 before it; the swing stays under way until its stance is judged.
`was_cut` tells that the signal began inside it.
"""


@compiled
def begin_at(swing: Record, cell: int) -> None:
    """Begin to look for swings at a cell, as at the start of a segment."""
    swing.cursor = cell
    swing.fresh = True


@compiled
def follow(swing: Record, axes: Record, ring: Record) -> bool:
    """Take the next cell; True when a swing has ended so long ago that its stance can be judged."""
    cell = swing.cursor
    swing.cursor += 1
    rate = smoothed_rate(ring, axes.mediolateral, cell, SMOOTHING)
    if swing.fresh:
        # the signal may begin inside a swing, or just after one
        swing.fresh = False
        swing.pitch_rad = 0.0
        swing.least_pitch_rad = math.inf
        swing.under_way = True
        swing.was_cut = True
        swing.end = -1
        swing.least_pitch_cell = cell
        swing.peak_radps = 0.0
    swing.pitch_rad += rate * CELL_S
    swing.peak_radps = max(swing.peak_radps, rate)
    if not swing.under_way:
        if swing.pitch_rad < swing.least_pitch_rad:
            swing.least_pitch_rad = swing.pitch_rad
            swing.least_pitch_cell = cell
            swing.peak_radps = rate
        if swing.pitch_rad - swing.least_pitch_rad > SWING_RAD and swing.peak_radps > SWING_PEAK_RADPS:
            swing.under_way = True
            swing.was_cut = False
            swing.end = -1
        return False
    if swing.end < 0:
        if rate <= 0.0:
            swing.end = cell
            swing.end_rad = swing.pitch_rad
    elif swing.pitch_rad - swing.end_rad > RESUMED_RAD:
        if swing.was_cut:
            swing.under_way = False
            swing.was_cut = False
            swing.least_pitch_rad = swing.end_rad
            swing.least_pitch_cell = swing.end
        swing.end = -1
    return bool(swing.end >= 0 and cell - swing.end >= STANCE_CELLS)


@compiled
def finish(swing: Record, cell: int) -> None:
    """The stance was judged as seen up to `cell`: look for the next swing from there."""
    swing.under_way = False
    swing.end = -1
    swing.least_pitch_rad = swing.pitch_rad
    swing.least_pitch_cell = cell
    swing.peak_radps = 0.0
