"""Windows as people read them: one row for a minute or kilometre, with both legs in it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from types import MappingProxyType
from typing import Final

from footfall_processing.gait import Activity
from footfall_processing.metrics.catalogue import CADENCE, CONTACT_TIME, PEAK_ACC, PEAK_TIBIAL_ACC, SPEED, Metric
from footfall_processing.results.windows import Window
from footfall_processing.session import Sensor, Side

OF_BOTH_LEGS: Final = (SPEED, CADENCE)
"""Metrics that belong to the runner: the mean of the sensors that have them."""

OF_EACH_LEG: Final = (CONTACT_TIME, PEAK_TIBIAL_ACC, PEAK_ACC)
"""Metrics that belong to a leg: one value for each sensor."""

SPLIT_METRICS: Final = (*OF_BOTH_LEGS, *OF_EACH_LEG)

_SIDE_ORDER: Final[tuple[Side | None, ...]] = (Side.LEFT, Side.RIGHT, None)


@dataclass(frozen=True, slots=True)
class Split:
    """One window of one activity, all sensors together.

    Parameters
    ----------
    index
        0 for the session's first window.
    begin_s, end_s
        Session seconds; of a window of distance, those of the first sensor.
    strides
        The most that any sensor has.
    medians
        By metric name, in outside units: one value for `OF_BOTH_LEGS`, for `OF_EACH_LEG` one for each sensor with a
        value for it in some window, left before right, and `None` where it has none in this one.
    missing
        By metric name, why values are missing of sensors that have one in some other window, in a reader's words.
    """

    kind: str
    index: int
    activity: Activity
    begin_s: float
    end_s: float
    strides: int
    medians: Mapping[str, tuple[float | None, ...]]
    missing: Mapping[str, frozenset[str]]


def splits(windows: Iterable[Window], sensors: Sequence[Sensor]) -> list[Split]:
    """Join the sensors' windows of one kind into rows, in order of time."""
    ordered = sorted(sensors, key=lambda sensor: (_SIDE_ORDER.index(sensor.side), sensor.id))
    grouped: dict[tuple[int, Activity], dict[str, Window]] = {}
    for window in windows:
        grouped.setdefault((window.index, window.summary.activity), {})[window.summary.sensor_id] = window
    carried = {
        metric.name: [
            sensor.id
            for sensor in ordered
            if any(metric.name in found[sensor.id].summary.metrics for found in grouped.values() if sensor.id in found)
        ]
        for metric in SPLIT_METRICS
    }
    rows = [
        _split([found[sensor.id] for sensor in ordered if sensor.id in found], carried) for found in grouped.values()
    ]
    return sorted(rows, key=lambda row: (row.begin_s, row.activity))


def _split(windows: Sequence[Window], carried: Mapping[str, Sequence[str]]) -> Split:
    first = windows[0]
    summaries = {window.summary.sensor_id: window.summary.metrics for window in windows}
    reasons = {window.summary.sensor_id: window.summary.missing for window in windows}
    missing: dict[str, frozenset[str]] = {}
    medians: dict[str, tuple[float | None, ...]] = {}
    for metric in SPLIT_METRICS:
        values = [
            summaries[sensor_id][metric.name].median
            if sensor_id in summaries and metric.name in summaries[sensor_id]
            else None
            for sensor_id in carried[metric.name]
        ]
        known = [value for value in values if value is not None]
        missing[metric.name] = frozenset(
            reasons[sensor_id][metric.name].words if sensor_id in reasons else "no strides"
            for sensor_id, value in zip(carried[metric.name], values, strict=True)
            if value is None and (metric in OF_EACH_LEG or not known)
            if sensor_id not in reasons or metric.name in reasons[sensor_id]
        )
        medians[metric.name] = tuple(values) if metric in OF_EACH_LEG else (fmean(known),) if known else ()
    return Split(
        kind=first.kind,
        index=first.index,
        activity=first.summary.activity,
        begin_s=first.begin_s,
        end_s=first.end_s,
        strides=max(window.summary.strides for window in windows),
        medians=MappingProxyType(medians),
        missing=MappingProxyType(missing),
    )


def shown_metrics(rows: Iterable[Split]) -> tuple[Metric, ...]:
    """Return the metrics that some row has; the impact along the shin stands in for that of any direction."""
    present = {name for row in rows for name, values in row.medians.items() if any(v is not None for v in values)}
    if PEAK_TIBIAL_ACC.name in present:
        present.discard(PEAK_ACC.name)
    return tuple(metric for metric in SPLIT_METRICS if metric.name in present)


def shown_reasons(rows: Sequence[Split]) -> list[str]:
    """Say why values are missing in rows, a line for each metric and reason: `Impact: too few strides in 2 rows.`."""
    counts = Counter(
        (metric.label, reason)
        for metric in shown_metrics(rows)
        for row in rows
        for reason in sorted(row.missing[metric.name])
    )
    return [
        f"{label}, –: {reason}, in {count} {'row' if count == 1 else 'rows'}."
        for (label, reason), count in counts.items()
    ]


def rows_left_out(rows: Sequence[Split]) -> list[tuple[int, int]]:
    """Return the stretches of windows without a stride before the last row, by first and last index.

    Kilometres have none.
    """
    indexes = sorted({row.index for row in rows})
    if not indexes or rows[0].kind == "1km":
        return []
    return [(before + 1, after - 1) for before, after in pairwise([-1, *indexes]) if after - before > 1]


def shown_label(row: Split) -> str:
    """Name a row: its kilometre or minute, or from when to when where there are many of them."""
    return shown_stretch(row, row.index, row.index)


def shown_stretch(row: Split, first: int, last: int) -> str:
    """Name the windows from one index to another, of the kind that a row is of."""
    if row.kind in ("1km", "1min"):
        return f"{first + 1}" if first == last else f"{first + 1}–{last + 1}"
    length_s = row.end_s - row.begin_s  # counted from the first sample, as the index is
    return f"{_clock(first * length_s)}–{_clock((last + 1) * length_s)}"


def shown_medians(row: Split, metric: Metric) -> str:
    """Write a row's values with the catalogue's decimals: `241 / 247`, a dash where there are too few strides."""
    values = row.medians[metric.name]
    texts = ["–" if value is None else f"{metric.shown(value):.{metric.decimals}f}" for value in values]
    return " / ".join(texts) if any(value is not None for value in values) else "–"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
