"""The unit of data that flows through Footfall: a block of samples of one IMU."""

from dataclasses import dataclass
from enum import IntFlag
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from footfall_processing.errors import InputError

FloatArray: TypeAlias = NDArray[np.float64]
FlagArray: TypeAlias = NDArray[np.uint8]


class SampleQuality(IntFlag):
    """What is known to be wrong with a sample; bits, so several can hold at once."""

    GOOD = 0
    ACC_CLIPPED = 1
    """At least one accelerometer axis stood at the end of its range."""
    GYR_CLIPPED = 2
    """At least one gyroscope axis stood at the end of its range."""
    AFTER_LOSS = 4
    """Samples are missing between the sample before and this one."""


@dataclass(frozen=True, slots=True, eq=False)
class ImuBlock:
    """Consecutive samples of one sensor, in the sensor's own frame.

    Parameters
    ----------
    sensor_id
        Which sensor of the session.
    t_s
        Sample times, seconds on the session's axis, from the sensor's own clock; shape (n,), n >= 1, increasing.
    acc_mps2
        Specific force, gravity included (a resting sensor reads +1 g upwards), m/s²; shape (n, 3).
    gyr_radps
        Angular rate, rad/s; shape (n, 3); `None` for an accelerometer-only sensor.
    quality
        `SampleQuality` bits of each sample; shape (n,), uint8.

    Raises
    ------
    InputError
        When a shape, the order of time or a value (NaN, infinity) breaks this contract.

    Notes
    -----
    The arrays are made read-only: a block is shared by all its readers.
    """

    sensor_id: str
    t_s: FloatArray
    acc_mps2: FloatArray
    gyr_radps: FloatArray | None
    quality: FlagArray

    def __post_init__(self) -> None:
        n = len(self.t_s)
        if n == 0:
            raise InputError(f"block of sensor {self.sensor_id!r} holds no samples")
        for name, array, shape in (
            ("t_s", self.t_s, (n,)),
            ("acc_mps2", self.acc_mps2, (n, 3)),
            ("gyr_radps", self.gyr_radps, (n, 3)),
            ("quality", self.quality, (n,)),
        ):
            if array is None:
                continue
            if array.shape != shape:
                raise InputError(f"block of sensor {self.sensor_id!r}: {name} has shape {array.shape}, not {shape}")
            if name != "quality" and not np.logical_and.reduce(np.isfinite(array), axis=None):
                raise InputError(f"block of sensor {self.sensor_id!r}: {name} holds NaN or infinity")
            array.flags.writeable = False
        if n > 1 and not np.logical_and.reduce(self.t_s[1:] > self.t_s[:-1]):
            raise InputError(f"block of sensor {self.sensor_id!r}: t_s does not increase from sample to sample")

    def __len__(self) -> int:
        return len(self.t_s)
