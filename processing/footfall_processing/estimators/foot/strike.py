"""From the foot's angle at contact to the strike pattern, and how sure that is."""

import math
from typing import Final

from footfall_processing.gait import Strike
from footfall_processing.units import RADIANS_PER_DEGREE

REARFOOT_FROM_RAD: Final = 8.0 * RADIANS_PER_DEGREE
MIDFOOT_FROM_RAD: Final = -1.6 * RADIANS_PER_DEGREE
"""Altman & Davis 2012, doi:10.1016/j.gaitpost.2011.09.104: rearfoot above 8.0°, forefoot below -1.6°."""

ANGLE_SD_RAD: Final = 2.5 * RADIANS_PER_DEGREE
"""Standard deviation of the measured angle that the confidence reckons with (docs/validation.md)."""

_SPREAD_RAD: Final = ANGLE_SD_RAD * math.sqrt(2.0)


def strike_pattern(foot_strike_angle_rad: float) -> tuple[Strike, float]:
    """Classify a foot strike angle; the second value is the chance that the true angle is of the same class."""
    if foot_strike_angle_rad > REARFOOT_FROM_RAD:
        return Strike.REARFOOT, 1.0 - _chance_below(REARFOOT_FROM_RAD, foot_strike_angle_rad)
    below_midfoot = _chance_below(MIDFOOT_FROM_RAD, foot_strike_angle_rad)
    if foot_strike_angle_rad >= MIDFOOT_FROM_RAD:
        return Strike.MIDFOOT, _chance_below(REARFOOT_FROM_RAD, foot_strike_angle_rad) - below_midfoot
    return Strike.FOREFOOT, below_midfoot


def _chance_below(limit_rad: float, angle_rad: float) -> float:
    return 0.5 * math.erfc((angle_rad - limit_rad) / _SPREAD_RAD)
