"""From strides to the numbers on the page: the one place that smooths, chooses a sensor and rounds.

The number shown for a leg is the median of its last `SMOOTHED_STRIDES` trusted strides of the present activity:
it follows a change within a few seconds, and one odd stride does not move it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from footfall_processing.gait import Stride, StrideFlag, Strike
from footfall_processing.metrics.catalogue import CADENCE, CONTACT_TIME, PEAK_ACC, PEAK_TIBIAL_ACC, STRIKE_ANGLE, Metric
from footfall_processing.metrics.support import why_unsupported
from footfall_processing.results.summary import NOT_AVERAGED
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.short_names import short_names

SMOOTHED_STRIDES: Final = 5
"""Strides whose median is shown."""

LEAST_STRIDES: Final = 3
"""Fewer than these are not shown: the median of three is the first that one odd stride does not make."""

NOTHING: Final = "–"
"""Stands where there is no number."""

STRIKE_WORDS: Final = {
    Strike.REARFOOT: "Rearfoot",
    Strike.MIDFOOT: "Midfoot",
    Strike.FOREFOOT: "Forefoot",
    Strike.NON_REARFOOT: "Mid- or forefoot",
}

SEGMENT_NAMES: Final = {Placement.FOOT: "foot", Placement.SHANK: "shin"}
"""The placements in a runner's words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One cell of the page.

    Parameters
    ----------
    text
        The number or word, rounded as the catalogue says; `NOTHING` where there is none.
    detail
        A second, smaller line; empty where there is none.
    note
        Why there is no number, or what to know about it; empty where there is nothing to say.
    """

    text: str
    detail: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of number on the page.

    Parameters
    ----------
    metrics
        Which may stand for it, all of one unit: the first that one of the leg's sensors supports.
    unit
        Shown beside the label; empty where the row shows words.
    """

    key: str
    label: str
    unit: str
    metrics: tuple[Metric, ...]


ROWS: Final = (
    Row("cadence", CADENCE.label, CADENCE.shown_unit, (CADENCE,)),
    Row("contact_time", CONTACT_TIME.label, CONTACT_TIME.shown_unit, (CONTACT_TIME,)),
    Row("impact", PEAK_ACC.label, PEAK_ACC.shown_unit, (PEAK_TIBIAL_ACC, PEAK_ACC)),
    Row("strike", "Foot strike", "", (STRIKE_ANGLE,)),
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a leg's row comes from; `reason` says why it can't, and is empty where it can."""

    sensor_id: str
    metric: Metric
    reason: str


@dataclass(frozen=True, slots=True)
class LegSensors:
    """One leg, and which of its sensors gives which row.

    Parameters
    ----------
    key, title
        `"left"`, `"right"`, `"unknown"`, or `"unknown-1"` and so on, and how it is headed.
    worn
        Where its sensors are, in a runner's words.
    sources
        For each row's key.
    """

    key: str
    title: str
    worn: str
    sensor_ids: tuple[str, ...]
    sources: dict[str, Source]


def legs_of(sensors: Sequence[Sensor]) -> tuple[LegSensors, ...]:
    """Return the legs that wear a sensor: left, right, then those whose side nobody said.

    Sensors without a side share a leg only if they may be on the same one: two on feet are on different legs.
    """
    ordered = sorted(sensors, key=lambda s: (s.placement.value, s.id))
    groups: dict[str, list[Sensor]] = {side.value: [s for s in ordered if s.side is side] for side in Side}
    unsaid = [s for s in ordered if s.side is None]
    alone = len({s.placement for s in unsaid}) == len(unsaid)
    if alone:
        groups["unknown"] = unsaid
    else:
        groups |= {f"unknown-{n}": [s] for n, s in enumerate(unsaid, start=1)}
    names = short_names(sensor.id for sensor in sensors)
    return tuple(_leg(key, worn, names, alone=alone) for key, worn in groups.items() if worn)


def _leg(key: str, worn: Sequence[Sensor], names: Mapping[str, str], *, alone: bool) -> LegSensors:
    segments = " and ".join(dict.fromkeys(SEGMENT_NAMES[sensor.placement] for sensor in worn))
    side = worn[0].side
    if side is not None:
        title = side.value.capitalize()
    elif alone:
        title = "Side not set"
    else:
        title, segments = names[worn[0].id], f"{segments}, side not set"
    return LegSensors(
        key=key,
        title=title,
        worn=segments,
        sensor_ids=tuple(sensor.id for sensor in worn),
        sources={row.key: _source(row, worn) for row in ROWS},
    )


def _source(row: Row, worn: Sequence[Sensor]) -> Source:
    choices = [Source(sensor.id, metric, _why_not(metric, sensor)) for metric in row.metrics for sensor in worn]
    # Where nothing fits, the reason that counts is the last metric's: it asks for the least.
    return next((choice for choice in choices if not choice.reason), choices[-1])


def _why_not(metric: Metric, sensor: Sensor) -> str:
    if metric is STRIKE_ANGLE and sensor.placement is Placement.SHANK:
        return "a shin can't tell the three patterns apart: needs a foot sensor"
    return why_unsupported(metric, sensor) or ""


def trusted(stride: Stride) -> bool:
    """Whether a stride may enter the numbers and the chart."""
    return not NOT_AVERAGED & set(stride.quality)


def recent_strides(strides: Sequence[Stride]) -> list[Stride]:
    """Return the strides that the shown number is made of, oldest first.

    The last `SMOOTHED_STRIDES` trusted ones, back to the last change between walking and running.
    """
    recent: list[Stride] = []
    for stride in reversed(strides):
        if not trusted(stride):
            continue
        if recent and stride.activity is not recent[0].activity:
            break
        recent.insert(0, stride)
        if len(recent) == SMOOTHED_STRIDES:
            break
    return recent


def smoothed(metric: Metric, recent: Sequence[Stride]) -> float | None:
    """Return the median of a metric over the strides that carry it, in its outside unit; `None` of too few of them."""
    values = [value for stride in recent if (value := metric.value(stride)) is not None]
    return median(values) if len(values) >= LEAST_STRIDES else None


def format_metric(metric: Metric, value: float) -> str:
    """Write a metric's value in the unit that people read, rounded as the catalogue says."""
    return format_number(metric.shown(value), metric.decimals)


def format_number(value: float, decimals: int) -> str:
    """Round as people read it, with a true minus sign and no negative zero."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")


def read_leg(leg: LegSensors, strides: Mapping[str, Sequence[Stride]]) -> dict[str, Reading]:
    """Return a leg's cells by row key, given each sensor's last strides, oldest first."""
    return {row.key: _read(leg.sources[row.key], strides) for row in ROWS}


def no_reading(note: str) -> Reading:
    """Stand in for a number, saying why there is none."""
    return Reading(NOTHING, note=note[:1].upper() + note[1:])


def _read(source: Source, strides: Mapping[str, Sequence[Stride]]) -> Reading:
    if source.reason:
        return no_reading(source.reason)
    recent = recent_strides(strides[source.sensor_id])
    if len(recent) < LEAST_STRIDES:
        return no_reading("waiting for strides")
    metric = source.metric
    value = smoothed(metric, recent)
    if value is None:
        return no_reading("not clear in the last strides")
    number = format_metric(metric, value)
    if metric is STRIKE_ANGLE:
        strike = _commonest_strike(recent)
        return Reading(NOTHING if strike is None else STRIKE_WORDS[strike], number + metric.shown_unit)
    detail = "along the shin" if metric is PEAK_TIBIAL_ACC else ""
    if metric.is_peak and any(StrideFlag.ACC_CLIPPED in stride.quality for stride in recent):
        return Reading(f"≥{number}", detail, "over the range")
    return Reading(number, detail)


def _commonest_strike(recent: Sequence[Stride]) -> Strike | None:
    struck = [stride.strike for stride in reversed(recent) if stride.strike is not None]
    # max keeps the first of equals, and the newest stride comes first
    return max(struck, key=struck.count) if struck else None
