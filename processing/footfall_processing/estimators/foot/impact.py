"""The impact of a foot's landing, told for cues within 20 ms of signal as soon as it is known not to be surpassed.

What comes later than 20 ms after its peak would be no cue any more and is left to the stride, which is the record.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.foot.events import smoothed_rate
from footfall_processing.estimators.foot.swing import SMOOTHING
from footfall_processing.estimators.outbox import post_impact
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING_MASK, oldest

BEFORE: Final = round(0.010 / CELL_S)
AFTER: Final = round(0.060 / CELL_S)
"""The impact is the greatest rise of acceleration from 10 ms before the swing's end to 60 ms after it.

What only comes down there is the swing's: a leg that is slowed before a forefoot lands reaches 8 g.
"""

PASSED: Final = 2
LATEST: Final = 3
"""It is told once two cells have brought nothing higher: 15 ms after it at 200 Hz, 20 ms at 100 Hz.

At three cells it is still within 20 ms, then too late.
"""

WINDOW: Final = round(0.100 / CELL_S)
"""A landing without a shock is still being loaded 60 ms after the swing's end."""

SHARE: Final = 0.60
LAST_SHARE: Final = 0.30
"""It must rise by this share of what this foot's impacts usually do: the first of them as the swing ends, falling to
the second. What comes early may be surpassed yet; what comes late is a soft landing.
"""

MEMORY: Final = 0.50
"""Weight of the newest impact in what is usual."""

LANDING: Final = np.dtype(
    [
        ("begin", np.int64),
        ("swing_end", np.int64),
        ("is_fresh", np.bool_),
        ("told", np.bool_),
        ("usual_rise_mps2", np.float64),
    ],
    align=True,
)
"""The watch for an impact: `begin` is where the present swing seems to end, -1 before that.

`swing_end` is what the search for swings, which looks through a wider window, makes of it; `is_fresh` tells that it was
seen as it happened and not looking back, which is too late for a cue.
"""


@compiled
def forget(landing: Record) -> None:
    """Wait for the next swing's end."""
    landing.begin = -1
    landing.swing_end = -1
    landing.is_fresh = False
    landing.told = False


@compiled
def watch(landing: Record, swing: Record, axes: Record, ring: Record, outbox: Record) -> None:
    """Report the landing's impact, at most once a stance."""
    newest = ring.end - 1
    if swing.end != landing.swing_end:
        if swing.end < 0:
            forget(landing)
        landing.swing_end = swing.end
        landing.is_fresh = swing.end == newest - SMOOTHING
    if landing.told or not swing.under_way or (swing.end >= 0 and not landing.is_fresh):
        return
    # the swing's end shows in the hardly smoothed rate 20 ms before it is sure
    if swing.end < 0 and smoothed_rate(ring, axes.mediolateral, newest - 2, 2) > 0.0:
        landing.begin = -1
        return
    if landing.begin < 0:
        landing.begin = newest - 2
    elapsed = newest - landing.begin
    if elapsed > WINDOW or landing.usual_rise_mps2 <= 0.0:
        return
    lowest, peak, rise_mps2 = _greatest_rise(ring, landing.begin - BEFORE, newest + 1)
    share = SHARE + (LAST_SHARE - SHARE) * min(elapsed / AFTER, 1.0)
    if PASSED <= newest - peak <= LATEST and rise_mps2 >= share * landing.usual_rise_mps2:
        landing.told = True
        post_impact(outbox, ring, lowest, newest + 1)


@compiled
def note_usual(landing: Record, ring: Record, swing_end: int) -> None:
    """Enter the impact of a stance that has been seen whole into what is usual."""
    _, _, rise_mps2 = _greatest_rise(ring, swing_end - BEFORE, swing_end + AFTER)
    landing.usual_rise_mps2 += MEMORY * (rise_mps2 - landing.usual_rise_mps2)


@compiled
def _greatest_rise(ring: Record, begin: int, end: int) -> tuple[int, int, float]:
    """From which cell to which cell before `end` the acceleration rises most, and by how much."""
    first = max(begin, oldest(ring))
    lowest = from_cell = to_cell = first
    lowest_mps2 = math.inf
    most_mps2 = 0.0
    for cell in range(first, min(end, ring.end)):
        peak_mps2 = float(ring.peak_norm_mps2[cell & RING_MASK])
        # a cell without a raw sample reads 0
        if 0.0 < peak_mps2 < lowest_mps2:
            lowest = cell
            lowest_mps2 = peak_mps2
        if peak_mps2 - lowest_mps2 > most_mps2:
            most_mps2 = peak_mps2 - lowest_mps2
            from_cell, to_cell = lowest, cell
    return from_cell, to_cell, most_mps2
