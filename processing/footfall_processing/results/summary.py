"""What a session comes to: per leg, and left against right."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import fsum
from statistics import fmean, median
from types import MappingProxyType
from typing import Final

import numpy as np

from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.metrics.catalogue import STRIDE_METRICS, metric_values
from footfall_processing.metrics.drift import Drift, drift
from footfall_processing.metrics.shock import shock_index
from footfall_processing.metrics.symmetry import left_share_percent, step_times_s, symmetry_index_percent
from footfall_processing.results.sides import SideGuess, guess_side, may_be_swapped
from footfall_processing.session import Placement, Sensor, Side

MIN_STRIDES: Final = 10
"""Fewer strides than this say little of a leg: averages and balance stay empty."""

NOT_AVERAGED: Final = frozenset({StrideFlag.LOW_CONFIDENCE, StrideFlag.BACKWARD, StrideFlag.STAIRS})
"""Strides with one of these flags are counted, and left out of averages and balance."""

STEP_TIME: Final = "step_time_s"
PEAK_METRICS: Final = ("peak_acc_g", "peak_tibial_acc_g")
BALANCED_METRICS: Final = (
    "contact_time_s",
    "flight_time_s",
    "swing_time_s",
    *PEAK_METRICS,
    "pronation_excursion_deg",
    "vertical_stiffness_kn_per_m",
    "leg_stiffness_kn_per_m",
)
"""Metrics of which left and right have shares; step time joins them where both feet have it."""

COMPARED_ANGLES: Final = ("foot_strike_angle_deg", "shank_tilt_deg")
"""Metrics of which left and right have a difference, but no share."""

DRIFTING_METRICS: Final = (*PEAK_METRICS, "contact_time_s", "cadence_spm", "foot_strike_angle_deg", "speed_mps")
"""Metrics whose change over the session tells of fatigue; speed, because it moves all the others."""

_TOLD_STRIKES: Final[Mapping[Placement, tuple[Strike, ...]]] = MappingProxyType(
    {
        Placement.FOOT: (Strike.REARFOOT, Strike.MIDFOOT, Strike.FOREFOOT),
        Placement.SHANK: (Strike.REARFOOT, Strike.NON_REARFOOT),
    }
)
"""Strike patterns that a site can tell."""


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """The middle and spread of one metric over strides, in its outside unit.

    Parameters
    ----------
    sd
        Standard deviation from stride to stride (n - 1).
    cv_percent
        Coefficient of variation, 100 sd / mean; `None` for angles, whose zero is a convention, and where the mean is 0.
    """

    n: int
    median: float
    mean: float
    p10: float
    p90: float
    sd: float
    cv_percent: float | None


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
    distance_m
        Sum of the lengths of the strides found; `None` where the sensor gives no lengths.
    shock_index_g
        For each peak metric that the sensor gives, the cumulative shock index of all strides.
    drift
        For each of `DRIFTING_METRICS` that has enough running strides, its change over the session.
    peak_sum_g
        For each peak metric that the sensor gives, the sum over all strides; clipped ones count as what was read.
    moving_s
        Sum of the strides' times; 0 in a summary that an older Footfall stored.
    """

    sensor_id: str
    side: Side | None
    activity: Activity
    strides: int
    metrics: Mapping[str, MetricSummary]
    strikes: Mapping[Strike, float]
    clipped_strides: int
    distance_m: float | None
    shock_index_g: Mapping[str, float]
    drift: Mapping[str, Drift]
    peak_sum_g: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    moving_s: float = 0.0


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
        sensors on feet and shins, from the feet if they have it. Also for `"step_time_s"`.
    symmetry_index_percent
        For the same metrics, 100 (left - right) / mean of both; 0 is even.
    left_minus_right
        For the same metrics and for angles, the difference of the medians in the metric's outside unit.
    step_times
        For each activity, each foot's time from the other foot's contact to its own.
    side_guesses
        By sensor, the side that its movement speaks for, whatever was said; absent where it does not tell.
    sides_may_be_swapped
        Both sensors of a pair move as if they were on the other leg. Nothing is relabelled.
    """

    duration_s: float
    sensors: tuple[SensorSummary, ...]
    balance: Mapping[str, float]
    symmetry_index_percent: Mapping[str, float]
    left_minus_right: Mapping[str, float]
    step_times: Mapping[Activity, Mapping[Side, MetricSummary]]
    side_guesses: Mapping[str, SideGuess]
    sides_may_be_swapped: bool


def summarize(strides: Sequence[Stride], sensors: Sequence[Sensor]) -> SessionSummary:
    """Summarise a session's strides; their order does not matter."""
    ordered = sorted(strides, key=lambda stride: (stride.initial_contact_s, stride.sensor_id))
    by_sensor = {sensor.id: [s for s in ordered if s.sensor_id == sensor.id] for sensor in sensors}
    summaries = [
        summarize_sensor(sensor, activity, chosen, MIN_STRIDES, _drifts(by_sensor[sensor.id], activity))
        for sensor in sensors
        for activity in Activity
        if (chosen := [s for s in by_sensor[sensor.id] if s.activity is activity])
    ]
    duration_s = max(s.next_contact_s for s in ordered) - ordered[0].initial_contact_s if ordered else 0.0
    step_times = _step_times(sensors, by_sensor)
    guesses = _side_guesses(sensors, by_sensor)
    left, right = _legs(sensors, summaries)
    if Activity.RUN in step_times:
        left[STEP_TIME], right[STEP_TIME] = (step_times[Activity.RUN][side].median for side in Side)
    return SessionSummary(
        duration_s=duration_s,
        sensors=tuple(summaries),
        balance=_compared(left, right, (*BALANCED_METRICS, STEP_TIME), left_share_percent),
        symmetry_index_percent=_compared(left, right, (*BALANCED_METRICS, STEP_TIME), symmetry_index_percent),
        left_minus_right=_compared(
            left, right, (*BALANCED_METRICS, STEP_TIME, *COMPARED_ANGLES), lambda left, right: left - right
        ),
        step_times=step_times,
        side_guesses=guesses,
        sides_may_be_swapped=may_be_swapped(sensors, guesses),
    )


def summarize_sensor(
    sensor: Sensor,
    activity: Activity,
    strides: Sequence[Stride],
    min_strides: int,
    drifts: Mapping[str, Drift] = MappingProxyType({}),
) -> SensorSummary:
    """Summarise strides of one sensor and one activity; metrics with fewer values than `min_strides` stay out."""
    trusted = [stride for stride in strides if is_trusted(stride)]
    values: dict[str, list[float]] = {name: [] for name in STRIDE_METRICS}
    for stride in trusted:
        clipped = StrideFlag.ACC_CLIPPED in stride.quality
        for name, value in metric_values(stride).items():
            if value is not None and not (clipped and name in PEAK_METRICS):
                values[name].append(value)
    struck = [stride.strike for stride in trusted if stride.strike is not None]
    lengths_m = [stride.stride_length_m for stride in strides if stride.stride_length_m is not None]
    # clipped peaks count for what they are at least: leaving them out would make the hardest sessions look soft
    peaks = {name: [v for s in strides if (v := STRIDE_METRICS[name].value(s)) is not None] for name in PEAK_METRICS}
    return SensorSummary(
        sensor_id=sensor.id,
        side=sensor.side,
        activity=activity,
        strides=len(strides),
        metrics=MappingProxyType(
            {
                name: middle_and_spread(sorted(v), ratio_scale=STRIDE_METRICS[name].ratio_scale)
                for name, v in values.items()
                if len(v) >= min_strides
            }
        ),
        strikes=MappingProxyType(_shares(struck, sensor.placement) if len(struck) >= min_strides else {}),
        clipped_strides=sum(StrideFlag.ACC_CLIPPED in stride.quality for stride in strides),
        distance_m=sum(lengths_m) if lengths_m else None,
        shock_index_g=MappingProxyType({name: shock_index(found) for name, found in peaks.items() if found}),
        drift=MappingProxyType(dict(drifts)),
        peak_sum_g=MappingProxyType({name: fsum(found) for name, found in peaks.items() if found}),
        moving_s=fsum(stride.stride_time_s for stride in strides),
    )


def _shares(struck: Sequence[Strike], placement: Placement) -> dict[Strike, float]:
    """Share of each strike pattern that the sensor's site can tell."""
    return {strike: struck.count(strike) / len(struck) for strike in _TOLD_STRIKES[placement]}


def is_trusted(stride: Stride) -> bool:
    """Whether a stride enters averages."""
    return not NOT_AVERAGED & set(stride.quality)


def middle_and_spread(ordered: Sequence[float], *, ratio_scale: bool) -> MetricSummary:
    """Summarise at least two values in rising order."""
    last = len(ordered) - 1
    mean, sd = fmean(ordered), float(np.std(ordered, ddof=1))
    return MetricSummary(
        n=len(ordered),
        median=median(ordered),
        mean=mean,
        p10=ordered[round(0.1 * last)],
        p90=ordered[round(0.9 * last)],
        sd=sd,
        cv_percent=100.0 * sd / mean if ratio_scale and mean > 0.0 else None,
    )


def _drifts(strides: Sequence[Stride], activity: Activity) -> Mapping[str, Drift]:
    """Return the drifts of a sensor's running strides; the way covered counts all its strides."""
    if activity is not Activity.RUN:
        return {}
    way_m = accumulate((stride.stride_length_m or 0.0 for stride in strides), initial=0.0)
    running = [(s, m) for s, m in zip(strides, way_m, strict=False) if s.activity is Activity.RUN and is_trusted(s)]
    with_lengths = any(stride.stride_length_m is not None for stride, _ in running)
    drifts = {}
    for name in DRIFTING_METRICS:
        points = [
            (stride.initial_contact_s, value, distance_m)
            for stride, distance_m in running
            if (value := STRIDE_METRICS[name].value(stride)) is not None
            and not (name in PEAK_METRICS and StrideFlag.ACC_CLIPPED in stride.quality)
        ]
        times_s, values, distances_m = zip(*points, strict=True) if points else ((), (), ())
        found = drift(times_s, values, distances_m if with_lengths else None)
        if found is not None:
            drifts[name] = found
    return drifts


def stance_rolls_rad(strides: Iterable[Stride]) -> list[float]:
    """Return the rolls from which `sides` tells a sensor's side."""
    return [s.stance_roll_rad for s in strides if s.stance_roll_rad is not None and is_trusted(s)]


def _side_guesses(sensors: Sequence[Sensor], strides: Mapping[str, Sequence[Stride]]) -> Mapping[str, SideGuess]:
    guesses = {s.id: guess_side(s.placement, stance_rolls_rad(strides[s.id])) for s in sensors}
    return MappingProxyType({sensor_id: guess for sensor_id, guess in guesses.items() if guess is not None})


def _pair(sensors: Sequence[Sensor], placement: Placement) -> tuple[Sensor, Sensor] | None:
    """Return the left and the right sensor of a placement, where there is exactly one of each."""
    sides = [[s for s in sensors if s.placement is placement and s.side is side] for side in (Side.LEFT, Side.RIGHT)]
    return (sides[0][0], sides[1][0]) if [len(side) for side in sides] == [1, 1] else None


def _step_times(
    sensors: Sequence[Sensor], strides: Mapping[str, Sequence[Stride]]
) -> Mapping[Activity, Mapping[Side, MetricSummary]]:
    pair = _pair(sensors, Placement.FOOT) or _pair(sensors, Placement.SHANK)
    if pair is None:
        return MappingProxyType({})
    found = {}
    for activity in Activity:
        left, right = (
            [stride for stride in strides[sensor.id] if stride.activity is activity and is_trusted(stride)]
            for sensor in pair
        )
        left_steps_s, right_steps_s = step_times_s(left, right)
        if len(left_steps_s) >= MIN_STRIDES:
            found[activity] = MappingProxyType(
                {
                    Side.LEFT: middle_and_spread(sorted(left_steps_s), ratio_scale=True),
                    Side.RIGHT: middle_and_spread(sorted(right_steps_s), ratio_scale=True),
                }
            )
    return MappingProxyType(found)


def _legs(sensors: Sequence[Sensor], summaries: Iterable[SensorSummary]) -> tuple[dict[str, float], dict[str, float]]:
    """Return each leg's medians while running, of the metrics that both legs have from sensors of one placement."""
    running = {summary.sensor_id: summary for summary in summaries if summary.activity is Activity.RUN}
    left: dict[str, float] = {}
    right: dict[str, float] = {}
    for placement in Placement:
        pair = _pair(sensors, placement)
        if pair is None or not all(sensor.id in running for sensor in pair):
            continue
        lefts, rights = (running[sensor.id].metrics for sensor in pair)
        for name in lefts.keys() & rights.keys() - left.keys():
            left[name], right[name] = lefts[name].median, rights[name].median
    return left, right


def _compared(
    left: Mapping[str, float],
    right: Mapping[str, float],
    names: Iterable[str],
    compare: Callable[[float, float], float | None],
) -> Mapping[str, float]:
    return MappingProxyType(
        {name: value for name in names if name in left and (value := compare(left[name], right[name])) is not None}
    )


class RunningSummary:
    """SHIM until merge."""

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self._sensors = sensors
        self._strides: list[Stride] = []

    def push(self, stride: Stride) -> None:
        self._strides.append(stride)

    def summary(self) -> SessionSummary:
        return summarize(self._strides, self._sensors)
