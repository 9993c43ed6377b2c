"""What analogue to digital converters do to samples."""

import numpy as np
from numpy.typing import NDArray

from footfall_processing.samples import FloatArray


def to_codes(values: FloatArray, full_scale: float) -> NDArray[np.int16]:
    """Turn values into 16-bit codes, 32,768 of them from zero to full scale; what is beyond stays at the end."""
    return np.clip(np.rint(values * (32768.0 / full_scale)), -32768, 32767).astype(np.int16)
