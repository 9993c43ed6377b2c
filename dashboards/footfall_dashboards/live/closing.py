"""The end of a session on the page: its summary, leg by leg."""

from dataclasses import dataclass

from footfall_dashboards.live.readings import (
    NOTHING,
    ROWS,
    STRIKE_WORDS,
    LegSensors,
    Reading,
    Source,
    format_metric,
    format_number,
    no_reading,
)
from footfall_processing.gait import Activity
from footfall_processing.metrics.catalogue import PEAK_TIBIAL_ACC, SPEED, STRIDE_LENGTH, STRIKE_ANGLE
from footfall_processing.results.summary import MIN_STRIDES, Missing, SensorSummary, SessionSummary

ACTIVITY_NAMES = {Activity.RUN: "Running", Activity.WALK: "Walking"}


AXES_DISAGREE = no_reading("its axes disagree: see the sensor")


@dataclass(frozen=True, slots=True)
class Balance:
    """Left against right in one metric.

    Parameters
    ----------
    label
        The metric's.
    left_percent
        The left leg's share of left + right; 50 is even.
    left, right, words
        The shares as people read them, and what they mean: even where the measurement can't tell the legs apart.
    """

    label: str
    left_percent: float
    left: str
    right: str
    words: str


@dataclass(frozen=True, slots=True)
class ActivityTable:
    """The medians of one activity: each leg's strides, and its cells by row key."""

    name: str
    strides: dict[str, int]
    cells: dict[str, dict[str, Reading]]


@dataclass(frozen=True, slots=True)
class Closing:
    """The session's summary, ready to show.

    `recording` is where it lies, empty when nowhere; `page` the path of the run's own page, empty where there is none.
    """

    duration: str
    activities: tuple[ActivityTable, ...]
    balance: tuple[Balance, ...]
    recording: str
    page: str


def format_duration(seconds: float) -> str:
    """Return minutes and seconds, with hours where there are any: `4:05`, `1:02:03`."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def balances(summary: SessionSummary) -> tuple[Balance, ...]:
    """Return the balance of contact time and impact, for those that the summary has."""
    shown = [row.metrics for row in ROWS if row.key in ("contact_time", "impact")]
    found = []
    for metrics in shown:
        metric = next((metric for metric in metrics if metric.name in summary.balance), None)
        if metric is None:
            continue
        left_percent = summary.balance[metric.name]
        left = format_number(left_percent, 1)
        right = format_number(100.0 - float(f"{left_percent:.1f}"), 1)
        more = "harder" if metric.is_peak else "longer"
        words = "Even" if summary.is_even(metric.name) else f"{'Left' if left_percent > 50.0 else 'Right'} {more}"
        found.append(Balance(metric.label, round(left_percent, 1), left, right, words))
    return tuple(found)


def close(summary: SessionSummary, legs: tuple[LegSensors, ...], recording: str, page: str = "") -> Closing:
    """Arrange a session's summary for the page; beside an activity with numbers, one without any has no table."""
    tables = [_table(activity, summary, legs) for activity in ACTIVITY_NAMES]
    tables = [table for table in tables if any(table.strides.values())]
    return Closing(
        duration=format_duration(summary.duration_s),
        activities=tuple(table for table in tables if _says_something(table)) or tuple(tables),
        balance=balances(summary),
        recording=recording,
        page=page,
    )


def _says_something(table: ActivityTable) -> bool:
    return any(reading.text != NOTHING for cells in table.cells.values() for reading in cells.values())


def _table(activity: Activity, summary: SessionSummary, legs: tuple[LegSensors, ...]) -> ActivityTable:
    found = {entry.sensor_id: entry for entry in summary.sensors if entry.activity is activity}
    return ActivityTable(
        name=ACTIVITY_NAMES[activity],
        strides={
            leg.key: max((found[id_].strides for id_ in leg.sensor_ids if id_ in found), default=0) for leg in legs
        },
        cells={
            leg.key: {
                key: AXES_DISAGREE
                if source.sensor_id in summary.axes_disagree and _is_withheld(source, found.get(source.sensor_id))
                else _cell(source, found.get(source.sensor_id))
                for key, source in leg.sources.items()
            }
            for leg in legs
        },
    )


def _is_withheld(source: Source, entry: SensorSummary | None) -> bool:
    return not source.reason and (entry is None or source.metric.name not in entry.metrics)


def _cell(source: Source, entry: SensorSummary | None) -> Reading:
    if source.reason:
        return no_reading(source.reason)
    metric = source.metric
    found = None if entry is None else entry.metrics.get(metric.name)
    if entry is None or found is None:
        reason = Missing.FEW_STRIDES if entry is None else entry.missing.get(metric.name, Missing.FEW_STRIDES)
        return no_reading(f"fewer than {MIN_STRIDES} strides" if reason is Missing.FEW_STRIDES else reason.words)
    middle = format_metric(metric, found.median)
    if metric is STRIKE_ANGLE and entry.strikes:
        strike, share = max(entry.strikes.items(), key=lambda item: item[1])
        return Reading(STRIKE_WORDS[strike], f"{100.0 * share:.0f} % of strides, {middle}{metric.shown_unit}")
    spread = f"{format_metric(metric, found.p10)} to {format_metric(metric, found.p90)}"
    if metric is PEAK_TIBIAL_ACC:
        spread += ", along the shin"
    if metric.is_peak and entry.clipped_strides:
        return Reading(middle, spread, f"{entry.clipped_strides} strides beyond the sensor's range left out")
    if metric in (STRIDE_LENGTH, SPEED) and entry.clipped_strides:
        return Reading(middle, spread, f"{entry.clipped_strides} strides beyond the sensor's range: read short")
    return Reading(middle, spread)
