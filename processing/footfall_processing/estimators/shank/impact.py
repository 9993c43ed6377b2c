"""The provisional path of a shank sensor: a landing's first high peak, reported within 20 ms of signal, for live cues.

It runs at the newest cell and does not wait for smoothing: a landing begins when the unsmoothed pitch rate has fallen
through zero at the end of a swing. What comes later than 20 ms after its peak would be no cue any more and is left to
the stride, which is the record.
"""

from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.outbox import post_impact
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING_MASK, peak_between, peak_cell_between
from footfall_processing.units import STANDARD_GRAVITY_MPS2

LANDING: Final = np.dtype(
    [
        ("begin", np.int64),
        ("of_rise", np.int64),
        ("open", np.bool_),
        ("reported", np.bool_),
        ("usual_mps2", np.float64),
    ],
    align=True,
)
"""The landing that may be going on: its first cell, the beginning of the swing before it, and the usual peak."""

WINDOW: Final = round(0.115 / CELL_S)

IMPACT_OVER: Final = 2
"""A peak is confirmed by two cells without a higher sample: 15 ms of signal at 200 Hz, 20 ms at 100 Hz."""

LATEST: Final = 3
"""Cells after its peak at which an impact can still be told within 20 ms of signal."""

FIRST_MPS2: Final = 3.0 * STANDARD_GRAVITY_MPS2
IMPACT_SHARE: Final = 0.6
LAST_SHARE: Final = 0.3
IMPACT_GAIN: Final = 0.2
"""A peak counts from 3 g on (Van den Berghe et al. 2021, bio-protocol 11(23)), later from a share of the usual peak on.

The share falls over the landing: what comes early may be the swing's end, what comes late is a soft landing.
"""


@compiled
def begin_landing(landing: Record, cell: int, rise_begin: int) -> None:
    """Expect the impact after the swing that began to rise at `rise_begin`, from `cell` on."""
    landing.begin = cell
    landing.of_rise = rise_begin
    landing.open = True
    landing.reported = False


@compiled
def no_landing(landing: Record) -> None:
    """Expect no impact until the next swing; the usual peak stays known."""
    landing.open = False
    landing.of_rise = -1


@compiled
def seek_impact(landing: Record, ring: Record, outbox: Record) -> None:
    """Look at the newest cell: report the peak once it is over, and learn the usual one when the landing is."""
    if not landing.open:
        return
    elapsed = ring.end - landing.begin
    peak_mps2 = peak_between(ring, landing.begin, ring.end)
    at = peak_cell_between(ring, landing.begin, ring.end)
    if not landing.reported:
        if at == landing.begin and max(_peak_at(ring, at - 1), _peak_at(ring, at - 2)) > peak_mps2:
            # still falling from the swing
            landing.begin += 1
        elif IMPACT_OVER < ring.end - at <= LATEST + 1:
            share = IMPACT_SHARE + (LAST_SHARE - IMPACT_SHARE) * elapsed / WINDOW
            least_mps2 = share * landing.usual_mps2 if landing.usual_mps2 > 0.0 else FIRST_MPS2
            if peak_mps2 >= least_mps2:
                landing.reported = True
                post_impact(outbox, ring, landing.begin, ring.end)
    if elapsed >= WINDOW:
        landing.open = False
        gain = IMPACT_GAIN if landing.usual_mps2 > 0.0 else 1.0
        landing.usual_mps2 += gain * (peak_mps2 - landing.usual_mps2)


@compiled
def _peak_at(ring: Record, cell: int) -> float:
    return float(ring.peak_norm_mps2[cell & RING_MASK])
