"""Rearfoot strike or not, from the shank's turn over the foot in running.

From contact on the shank turns forwards ever faster until the foot stands flat: then knee and calf begin to slow it. A
foot that lands flat or on its ball stands within some 20 ms. A heel that lands first has a lever behind the ankle: the
foot slaps down before the shank is pushed on, and a strike angle of 15° at the 400 °/s of a slap takes some 40 ms. So
the time from contact to the shank's greatest forward rate tells the two apart. Where the rate hardly rises, it tells
nothing.

Virtual sensors of three runners with a marker angle (10 legs and speeds): 15 to 26 ms at angles below 6°, 34 ms at 6 to
8°, 40 to 58 ms at 14° and more. These three set the limit too, hardly land on the forefoot, and the synthetic shank
turns alike whatever the strike; so the confidence is kept below what a network reached on tibial acceleration of 58
runners (Mahoney et al. 2024, 89.9 % of three classes).
"""

import math
from typing import Final

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.shank.swing import rate_at
from footfall_processing.gait import Strike
from footfall_processing.samples import FloatArray, SampleQuality
from footfall_processing.signal.grid import CELL_S, parabola_shift
from footfall_processing.signal.ring import quality_between

REARFOOT_FROM_S: Final = 0.037
SURGE_SD_S: Final = 0.010
"""The time at a strike angle of 8°, and how far it is trusted: contact is known to 5 ms, and runners differ."""

LEAST_CONFIDENCE: Final = 0.65
MOST_CONFIDENCE: Final = 0.9
"""With less there is no class: strike angles of some 6 to 10°. There is never more."""

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
    """Classify by the time to the surge; the second value is the chance that the strike is of that class."""
    rearfoot = 0.5 * math.erfc((REARFOOT_FROM_S - time_to_surge_s) / (SURGE_SD_S * math.sqrt(2.0)))
    confidence = max(rearfoot, 1.0 - rearfoot)
    if confidence < LEAST_CONFIDENCE:
        return None, None
    strike = Strike.REARFOOT if rearfoot > 0.5 else Strike.NON_REARFOOT
    return strike, min(confidence, MOST_CONFIDENCE)
