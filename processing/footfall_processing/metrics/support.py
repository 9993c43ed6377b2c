"""Which metrics a sensor can carry, and why not the others."""

from typing import Final

from footfall_processing.metrics.catalogue import Metric
from footfall_processing.session import Sensor
from footfall_processing.units import STANDARD_GRAVITY_MPS2

IMPACT_RATE_HZ: Final = 200.0
"""A peak is under-read by a few percent at this rate, and by more below it; docs/validation.md has the figures."""
SLOW_RATE_HZ: Final = 100.0
IMPACT_RANGE_G: Final = 16.0
"""Runners' peaks reach 5 to 15 g at the shank (Sheerin et al. 2019, doi:10.1016/j.gaitpost.2018.11.007)."""


def why_unsupported(metric: Metric, sensor: Sensor) -> str | None:
    """Say in a few words why `sensor` can't carry `metric`, or `None` when it can."""
    if sensor.placement not in metric.sites:
        return f"needs a {' or '.join(sorted(metric.sites))} sensor"
    if metric.needs_gyro and not sensor.has_gyro:
        return "needs a gyroscope"
    if metric.needs_side and sensor.side is None:
        return "needs to know its side, left or right"
    if sensor.sampling_rate_hz < metric.min_rate_hz:
        return f"needs {metric.min_rate_hz:.0f} Hz or more; this sensor gives {sensor.sampling_rate_hz:.0f} Hz"
    return None


def impact_fitness(sensor: Sensor) -> str:
    """Say in a few words how fit a sensor is to measure impacts: good, fair or not, and why."""
    rate_hz = sensor.sampling_rate_hz
    if rate_hz < SLOW_RATE_HZ:
        return f"no: {rate_hz:.0f} Hz is too slow"
    doubts = [] if rate_hz >= 0.99 * IMPACT_RATE_HZ else [f"{rate_hz:.0f} Hz under-reads peaks"]
    if sensor.acc_range_mps2 is None:
        doubts.append("its range is not known")
    elif sensor.acc_range_mps2 < 0.99 * IMPACT_RANGE_G * STANDARD_GRAVITY_MPS2:
        doubts.append(f"hard landings clip at {sensor.acc_range_mps2 / STANDARD_GRAVITY_MPS2:.0f} g")
    return f"fair: {', '.join(doubts)}" if doubts else "good"
