"""What a session comes to: per leg, and left against right."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from types import MappingProxyType
from typing import Final

from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.metrics.catalogue import STRIDE_METRICS, metric_values
from footfall_processing.session import Placement, Sensor, Side

MIN_STRIDES: Final = 10
"""Fewer strides than this say little of a leg: averages and balance stay empty."""


NOT_AVERAGED: Final = frozenset({StrideFlag.LOW_CONFIDENCE, StrideFlag.BACKWARD})
"""Strides with one of these flags are counted, and left out of averages and balance."""


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """The middle and spread of one metric over strides."""

    n: int
    median: float
    mean: float
    p10: float
    p90: float


@dataclass(frozen=True, slots=True)
class SensorSummary:
    """One sensor's strides of one activity.

    Parameters
    ----------
    strides
        All strides found, also those left out of the averages.
    metrics
        By catalogue name; only metrics with at least `MIN_STRIDES` values. Clipped strides are left out of the peaks.
    strikes
        Share of strides of each strike pattern, among those that carry one.
    clipped_strides
        Strides whose accelerometer reached the end of its range: their true peak is higher.
    """

    sensor_id: str
    side: Side | None
    activity: Activity
    strides: int
    metrics: Mapping[str, MetricSummary]
    strikes: Mapping[Strike, float]
    clipped_strides: int


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """All sensors, and left against right.

    Parameters
    ----------
    duration_s
        From the first contact to the last.
    sensors
        One entry for each sensor and activity that has strides.
    balance
        For each metric, the left leg's share of left + right in percent, from the legs' running medians; 50 is even.
        Present where both legs have the metric in running strides, each from one sensor of the same placement; with
        sensors on feet and shins, from the feet if they have it.
    """

    duration_s: float
    sensors: tuple[SensorSummary, ...]
    balance: Mapping[str, float]


PEAK_METRICS: Final = ("peak_acc_g", "peak_tibial_acc_g")
BALANCED_METRICS: Final = ("contact_time_s", "flight_time_s", *PEAK_METRICS)


def summarize(strides: Sequence[Stride], sensors: Sequence[Sensor]) -> SessionSummary:
    """Summarise a session's strides; their order does not matter."""
    ordered = sorted(strides, key=lambda stride: (stride.initial_contact_s, stride.sensor_id))
    summaries = [
        _summarize_sensor(sensor, activity, chosen)
        for sensor in sensors
        for activity in Activity
        if (chosen := [s for s in ordered if s.sensor_id == sensor.id and s.activity is activity])
    ]
    duration_s = max(s.next_contact_s for s in ordered) - ordered[0].initial_contact_s if ordered else 0.0
    return SessionSummary(duration_s, tuple(summaries), _balance(sensors, summaries))


def _summarize_sensor(sensor: Sensor, activity: Activity, strides: Sequence[Stride]) -> SensorSummary:
    trusted = [stride for stride in strides if not NOT_AVERAGED & set(stride.quality)]
    values: dict[str, list[float]] = {name: [] for name in STRIDE_METRICS}
    for stride in trusted:
        clipped = StrideFlag.ACC_CLIPPED in stride.quality
        for name, value in metric_values(stride).items():
            if value is not None and not (clipped and name in PEAK_METRICS):
                values[name].append(value)
    struck = [stride.strike for stride in trusted if stride.strike is not None]
    return SensorSummary(
        sensor_id=sensor.id,
        side=sensor.side,
        activity=activity,
        strides=len(strides),
        metrics=MappingProxyType(
            {name: _middle_and_spread(sorted(v)) for name, v in values.items() if len(v) >= MIN_STRIDES}
        ),
        strikes=MappingProxyType(
            {strike: struck.count(strike) / len(struck) for strike in Strike} if len(struck) >= MIN_STRIDES else {}
        ),
        clipped_strides=sum(StrideFlag.ACC_CLIPPED in stride.quality for stride in strides),
    )


def _middle_and_spread(ordered: Sequence[float]) -> MetricSummary:
    last = len(ordered) - 1
    return MetricSummary(
        n=len(ordered),
        median=median(ordered),
        mean=fmean(ordered),
        p10=ordered[round(0.1 * last)],
        p90=ordered[round(0.9 * last)],
    )


def _balance(sensors: Sequence[Sensor], summaries: Iterable[SensorSummary]) -> Mapping[str, float]:
    running = {summary.sensor_id: summary for summary in summaries if summary.activity is Activity.RUN}
    balance = {}
    for placement in Placement:
        legs = [
            [running[s.id].metrics for s in sensors if s.placement is placement and s.side is side and s.id in running]
            for side in (Side.LEFT, Side.RIGHT)
        ]
        if [len(leg) for leg in legs] != [1, 1]:
            continue
        left, right = legs[0][0], legs[1][0]
        for name in BALANCED_METRICS:
            if name not in balance and name in left and name in right and left[name].median + right[name].median > 0.0:
                balance[name] = 100.0 * left[name].median / (left[name].median + right[name].median)
    return MappingProxyType({name: balance[name] for name in BALANCED_METRICS if name in balance})
