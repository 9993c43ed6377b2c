"""Rearfoot strike or not, from the shank's turn over the foot in running.

From contact on the shank turns forwards ever faster until the foot stands flat: then knee and calf begin to slow it. A
foot that lands flat or on its ball stands within some 20 ms. A heel that lands first has a lever behind the ankle: the
foot slaps down before the shank is pushed on, and a strike angle of 15° at the 400 °/s of a slap takes some 40 ms. So
the time from contact to the shank's greatest forward rate tells the two apart. Where the rate hardly rises, it tells
nothing.

It tells it one way only. Of eight runners with a marker angle (41 legs and speeds) no leg that landed below 8° took
longer than 37 ms, and six of the seven runners who landed above took 37 to 58 ms. The seventh, at 9 to 17°, took 33: a
heel that lands with the shank hardly turning yet surges as early as a flat foot does. So an early surge is no answer. A
late one is a rearfoot strike, with a confidence that is never more than what six right runners of six allow (Laplace's
rule of succession: 7 of 8).
"""

import math
from typing import Final

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.shank.swing import rate_at
from footfall_processing.gait import Strike
from footfall_processing.samples import FloatArray, SampleQuality
from footfall_processing.signal.grid import CELL_S, parabola_shift
from footfall_processing.signal.ring import quality_between

REARFOOT_FROM_S: Final = 0.036
SURGE_SD_S: Final = 0.005
"""The latest surge of a leg that lands below 8°, and how far it is trusted: contact is known to 5 ms."""

LEAST_CONFIDENCE: Final = 0.8
MOST_CONFIDENCE: Final = 0.88
"""With less there is no class: a surge before 40 ms. There is never more."""

SOUGHT: Final = round(0.1 / CELL_S)
LEAST_SURGE: Final = 0.2
"""The rate must rise by this share of its greatest value."""

_GYR_CLIPPED: Final = int(SampleQuality.GYR_CLIPPED)


@compiled
def time_to_surge(ring: Record, rate_radps: FloatArray, contact: float) -> float:
    """Seconds from contact to the shank's greatest forward rate; NaN where there is no surge, or it was clipped."""
    first = math.floor(contact)
    if quality_between(ring, first, first + SOUGHT) & _GYR_CLIPPED:
        return math.nan
    greatest = first + 1
    for cell in range(first + 2, first + SOUGHT):
        if rate_at(rate_radps, cell) < rate_at(rate_radps, greatest):
            greatest = cell
    peak = -rate_at(rate_radps, greatest)
    after = contact - first
    at_contact = -((1.0 - after) * rate_at(rate_radps, first) + after * rate_at(rate_radps, first + 1))
    if peak <= 0.0 or peak - at_contact < LEAST_SURGE * peak:
        return math.nan
    shift = parabola_shift(-rate_at(rate_radps, greatest - 1), peak, -rate_at(rate_radps, greatest + 1))
    return (greatest + shift - contact) * CELL_S


def rearfoot_or_not(time_to_surge_s: float) -> tuple[Strike | None, float | None]:
    """Rearfoot, and the chance that it is right, where the surge is late enough; else it can't be known."""
    confidence = 0.5 * math.erfc((REARFOOT_FROM_S - time_to_surge_s) / (SURGE_SD_S * math.sqrt(2.0)))
    if confidence < LEAST_CONFIDENCE:
        return None, None
    return Strike.REARFOOT, min(confidence, MOST_CONFIDENCE)
