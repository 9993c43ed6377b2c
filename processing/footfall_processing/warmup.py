"""Compile the signal processing, or load what was compiled before: `python -m footfall_processing.warmup`.

Compiling takes half a minute once a machine and version; set-up does it, so that no run waits for it.
"""

import numpy as np

from footfall_processing.compiled import remove_unused
from footfall_processing.pipeline import GaitPipeline
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Placement, Sensor
from footfall_processing.units import STANDARD_GRAVITY_MPS2


def warm_up() -> None:
    """Send a second of a resting sensor of each kind through the pipeline: every kernel is then ready.

    Machine code that other versions left behind is removed.
    """
    rate_hz = 200.0
    t_s = np.arange(int(rate_hz)) / rate_hz
    acc_mps2 = np.tile([0.0, 0.0, STANDARD_GRAVITY_MPS2], (len(t_s), 1))
    sensors = [
        Sensor(f"{placement}-{has_gyro}", placement, None, rate_hz, has_gyro=has_gyro)
        for placement in Placement
        for has_gyro in (True, False)
    ]
    pipeline = GaitPipeline(sensors)
    for sensor in sensors:
        gyr_radps = np.zeros((len(t_s), 3)) if sensor.has_gyro else None
        pipeline.push(ImuBlock(sensor.id, t_s, acc_mps2, gyr_radps, np.zeros(len(t_s), np.uint8)))
    pipeline.flush()
    remove_unused()


if __name__ == "__main__":
    warm_up()
