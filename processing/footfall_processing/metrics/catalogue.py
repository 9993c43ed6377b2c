"""The metric catalogue: the one place that knows each metric's name, unit, source, sites, range, rate and error.

What strides carry and why not, averages, balance and drift, JSON output, the embedded store's columns, InfluxDB's
fields, the live page, the command-line tables and `docs/metrics.md` are all made from `STRIDE_METRICS`. Who means one
metric imports its row; names stand nowhere else.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from footfall_processing.gait import Stride
from footfall_processing.metrics.metric import Comparison, Metric
from footfall_processing.metrics.rows.angles import EVERSION_RATE, PRONATION, SHANK_TILT, STRIKE_ANGLE
from footfall_processing.metrics.rows.impacts import PEAK_ACC, PEAK_TIBIAL_ACC
from footfall_processing.metrics.rows.lengths import SPEED, STRIDE_LENGTH
from footfall_processing.metrics.rows.springs import LEG_STIFFNESS, OSCILLATION, VERTICAL_STIFFNESS
from footfall_processing.metrics.rows.times import (
    CADENCE,
    CONTACT_TIME,
    DUTY_FACTOR,
    FLIGHT_TIME,
    STRIDE_TIME,
    SWING_TIME,
)

_ROWS: Final = (
    STRIDE_TIME,
    CADENCE,
    CONTACT_TIME,
    SWING_TIME,
    FLIGHT_TIME,
    DUTY_FACTOR,
    PEAK_ACC,
    PEAK_TIBIAL_ACC,
    STRIKE_ANGLE,
    SHANK_TILT,
    PRONATION,
    EVERSION_RATE,
    STRIDE_LENGTH,
    SPEED,
    OSCILLATION,
    VERTICAL_STIFFNESS,
    LEG_STIFFNESS,
)

STRIDE_METRICS: Final[Mapping[str, Metric]] = MappingProxyType({metric.name: metric for metric in _ROWS})
"""Every metric of a stride by its name, in the order in which people read them."""

PEAKS: Final = tuple(metric for metric in _ROWS if metric.is_peak)
SHARED: Final = tuple(metric for metric in _ROWS if metric.compared is Comparison.SHARE)
"""Metrics of which left and right have shares; step time joins them where both feet have it."""
COMPARED: Final = tuple(metric for metric in _ROWS if metric.compared is not None)
"""Metrics of which left and right have a difference."""
DRIFTING: Final = tuple(metric for metric in _ROWS if metric.drifts)

STRIKE_RATE_HZ: Final = 50.0
"""Sampling rate below which a stride has no strike pattern."""
STANCE_ROLL_RATE_HZ: Final = 90.0
"""Sampling rate below which a stride's roll does not tell the sensor's side."""

__all__ = [
    "CADENCE",
    "COMPARED",
    "CONTACT_TIME",
    "DRIFTING",
    "DUTY_FACTOR",
    "EVERSION_RATE",
    "FLIGHT_TIME",
    "LEG_STIFFNESS",
    "OSCILLATION",
    "PEAKS",
    "PEAK_ACC",
    "PEAK_TIBIAL_ACC",
    "PRONATION",
    "SHANK_TILT",
    "SHARED",
    "SPEED",
    "STANCE_ROLL_RATE_HZ",
    "STRIDE_LENGTH",
    "STRIDE_METRICS",
    "STRIDE_TIME",
    "STRIKE_ANGLE",
    "STRIKE_RATE_HZ",
    "SWING_TIME",
    "VERTICAL_STIFFNESS",
    "Metric",
    "metric_values",
]


def metric_values(stride: Stride) -> dict[str, float | None]:
    """All catalogue metrics of a stride, by name, in outside units; `None` where the stride does not carry one."""
    return {name: metric.value(stride) for name, metric in STRIDE_METRICS.items()}
