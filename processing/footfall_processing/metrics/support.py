"""Which metrics a sensor can carry, and why not the others."""

from footfall_processing.metrics.catalogue import Metric
from footfall_processing.session import Sensor


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
