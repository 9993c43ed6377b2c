"""Physical constants and the conversions done once, at the edges. Inside Footfall everything is SI."""

import math
from typing import Final

STANDARD_GRAVITY_MPS2: Final = 9.80665
"""Standard acceleration of free fall; 1 g in every Footfall number (CODATA, exact)."""

RADIANS_PER_DEGREE: Final = math.pi / 180.0
