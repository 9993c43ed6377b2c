"""Compile the signal processing, or load what was compiled before, ahead of the first sample."""

from collections.abc import Iterable

import numpy as np

from footfall_processing.estimators.base import Estimator
from footfall_processing.estimators.registry import registered
from footfall_processing.pipeline import SensorPipeline
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor
from footfall_processing.units import STANDARD_GRAVITY_MPS2


def warm_up(estimators: Iterable[Estimator] | None = None) -> None:
    """Send a second of a resting sensor through each estimator (all registered ones): every kernel is then ready."""
    rate_hz = 200.0
    t_s = np.arange(int(rate_hz)) / rate_hz
    acc_mps2 = np.tile([0.0, 0.0, STANDARD_GRAVITY_MPS2], (len(t_s), 1))
    block = ImuBlock("resting", t_s, acc_mps2, np.zeros((len(t_s), 3)), np.zeros(len(t_s), np.uint8))
    for estimator in registered() if estimators is None else estimators:
        pipeline = SensorPipeline(Sensor("resting", estimator.placements[0], None, rate_hz), estimator=estimator)
        pipeline.push(block)
        pipeline.flush()
