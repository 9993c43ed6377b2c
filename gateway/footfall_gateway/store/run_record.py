"""The record of a run, made from what the store has of a session that is over, and how it is written and read.

It follows from the header, the windows of a minute, the summary and the strides that were walked backwards alone, so it
can be made again at any time.
What the runner may change afterwards is no part of it (`RunLog`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final, NamedTuple
from zlib import crc32

import msgspec

from footfall_coaching.edits import FARTHEST_M
from footfall_coaching.exercises.backward import backward_minutes
from footfall_coaching.run import DistanceSource, LegPart, Minute, Run
from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import check_moment, check_session_s, parse_json, parse_msgpack
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.store.run_belt import BeltMinute, Belts, way_m
from footfall_gateway.store.run_course import KeptMinutes, written_minutes
from footfall_processing.belt import BeltCourse
from footfall_processing.gait import Activity, Stride, Strike
from footfall_processing.metrics.catalogue import STRIDE_TIME
from footfall_processing.results.axes import without_orientation
from footfall_processing.results.windows import Window
from footfall_processing.session import Sensor

VERSION: Final = 4
"""Raised when records are made otherwise; those of an earlier one are made anew when the store is opened."""
MINUTE: Final = "1min"
"""The windows that a run's course is made from."""
CLOSER: Final = "10s"
"""The windows that a short run's course is drawn from."""
SHORT_S: Final = 300.0
"""Running for less than this has too few minutes to have a course."""
LEAST_MEASURED: Final = 0.5
"""Share of strides with a length below which a sum of lengths is no distance."""


class _Metric(msgspec.Struct):
    median: float


class _Part(msgspec.Struct):
    sensor_id: str = ""
    activity: Activity | None = None
    strides: int = 0
    clipped_strides: int = 0
    metrics: dict[str, _Metric] = {}
    strike_shares: dict[Strike, float] = {}
    distance_m: float | None = None
    distance_strides: int = 0


class _Summary(msgspec.Struct):
    metrics_version: int = 0
    duration_s: float = 0.0
    sensors: list[_Part] = []
    axes_disagree: dict[str, str] = {}
    treadmills: dict[str, BeltCourse] = {}


@dataclass(frozen=True, slots=True)
class RunRow:
    """A record as the store has it: `stamp` tells one that was made anew."""

    stamp: int
    runner_name: str
    digest: bytes
    minutes: bytes


def run_of(header: RecordingHeader, windows: Iterable[Window], summary: str, backward: Iterable[Stride] = ()) -> Run:
    """Make the record of a session that is over.

    Parameters
    ----------
    windows
        Its windows of a minute.
    summary
        As JSON, as the store keeps it.
    backward
        Its strides that were walked backwards; others don't count.

    Raises
    ------
    OutsideError
        When the summary says something else than a summary does.
    """
    told = parse_json(summary, _Summary, "a summary")
    sensors = {sensor.id: sensor for sensor in header.session.sensors}
    parts = [part for part in told.sensors if part.sensor_id in sensors and part.activity is not None]
    course = sorted(
        (without_orientation(one, told.axes_disagree) for one in windows if one.summary.sensor_id in sensors),
        key=lambda one: (one.begin_s, one.summary.sensor_id, one.summary.activity),
    )
    distance_m, farthest_id = _way(parts, Activity.RUN)
    source = None if distance_m is None else DistanceSource.SENSORS
    together = _together(course, Belts(told.treadmills))
    backwards = [stride for stride in backward if stride.sensor_id in sensors]
    if distance_m is None:
        distance_m = way_m((minute.running_s, minute.belt) for minute in together)
        source = None if distance_m is None else DistanceSource.TREADMILL
    return Run(
        session_id=header.session.id,
        started_utc=header.session.started_utc,
        duration_s=told.duration_s,
        running_s=_moved_s(course, Activity.RUN),
        walking_s=_moved_s(course, Activity.WALK),
        distance_m=distance_m,
        distance_source=source,
        walking_m=_way(parts, Activity.WALK)[0],
        runner_name=header.session.runner_name,
        shoe=header.session.shoe,
        title="",
        is_demo=header.is_demo,
        legs=[_leg(part, sensors[part.sensor_id]) for part in parts],
        minutes=list(_minutes(together, sensors, farthest_id, source, backwards)),
        backward_s=60.0 * backward_minutes(backwards),
        metrics_version=told.metrics_version,
    )


def version_told(summary: Mapping[str, object]) -> int:
    """Return by which version of the metrics a summary says that its session was worked out; 0 where it does not."""
    told = summary.get("metrics_version")
    return told if isinstance(told, int) else 0


def written(run: Run) -> RunRow:
    """Return what the store keeps of a record."""
    digest = msgspec.msgpack.encode(replace(run, minutes=[]), enc_hook=dict)
    minutes = written_minutes(run.minutes)
    return RunRow(crc32(minutes, crc32(digest)), run.runner_name, digest, minutes)


def read(digest: bytes, minutes: bytes) -> Run:
    """Return the record that the store keeps; `OutsideError` when it can't be read, or no run is like that."""
    run = replace(parse_msgpack(digest, Run, "a run"), minutes=KeptMinutes(minutes))
    if run.started_utc is not None:
        check_moment(run.started_utc, "a run's date")
    for time_s in (run.duration_s, run.running_s, run.walking_s):
        check_session_s(time_s, "a run's end")
    ways_m = [run.distance_m, run.walking_m]
    numbers = [value for leg in run.legs for value in (*leg.medians.values(), *leg.strikes.values())]
    if run.watch is not None:
        ways_m += [run.watch.distance_m, run.watch.beside_m]
        numbers += [run.watch.covers, run.watch.heart_rate_bpm or 0.0, run.watch.most_heart_rate_bpm or 0.0]
    if not all(way_m is None or 0.0 <= way_m <= FARTHEST_M for way_m in ways_m) or not all(map(isfinite, numbers)):
        raise OutsideError("a run has numbers that no run has")
    return run


def _way(parts: Sequence[_Part], activity: Activity) -> tuple[float | None, str]:
    """Return how far it was, by the sensor that saw most of it, and which that is."""
    ways = [
        (part.distance_m, part.sensor_id)
        for part in parts
        if part.activity is activity
        and part.distance_m is not None
        and tells_distance(part.strides, part.distance_strides)
    ]
    return max(ways, default=(None, ""), key=lambda way: way[0] or 0.0)


def tells_distance(strides: int, with_length: int) -> bool:
    """Tell whether so many of a sensor's strides have a length that their sum is a distance.

    An older Footfall's summary does not say how many (0), and is believed.
    """
    return with_length == 0 or with_length >= LEAST_MEASURED * strides


def _moved_s(course: Iterable[Window], activity: Activity) -> float:
    """Return for how long there were strides, by the sensor that saw most of them."""
    moved_s: dict[str, float] = {}
    for window in course:
        part = window.summary
        if part.activity is activity:
            stride_s = part.metrics.get(STRIDE_TIME.name)
            # an older Footfall's windows do not say it
            this_s = part.moving_s or (0.0 if stride_s is None else part.strides * stride_s.mean)
            moved_s[part.sensor_id] = moved_s.get(part.sensor_id, 0.0) + this_s
    return max(moved_s.values(), default=0.0)


class _Together(NamedTuple):
    """The windows of a minute, how long there was running in it, and what a treadmill told of that."""

    windows: Sequence[Window]
    running_s: float
    belt: BeltMinute | None


def _together(course: Iterable[Window], belts: Belts) -> list[_Together]:
    by_time: dict[int, list[Window]] = {}
    for window in course:
        by_time.setdefault(window.index, []).append(window)
    found = []
    for index in sorted(by_time):
        windows = by_time[index]
        begin_s, end_s = windows[0].begin_s, windows[0].end_s
        running_s = min(_moved_s(windows, Activity.RUN), end_s - begin_s)
        found.append(_Together(windows, running_s, belts.minute(begin_s, end_s, running_s)))
    return found


def _leg(part: _Part, sensor: Sensor) -> LegPart:
    assert part.activity is not None
    return LegPart(
        sensor.side,
        sensor.placement,
        part.activity,
        part.strides,
        part.clipped_strides,
        {name: metric.median for name, metric in part.metrics.items()},
        part.strike_shares,
    )


def _minutes(
    together: Iterable[_Together],
    sensors: Mapping[str, Sensor],
    farthest_id: str,
    source: DistanceSource | None,
    backward: Sequence[Stride],
) -> Iterator[Minute]:
    so_far_m = 0.0
    for windows, running_s, belt in together:
        begin_s, end_s = windows[0].begin_s, windows[0].end_s
        for window in windows:
            part = window.summary
            if part.sensor_id == farthest_id and part.activity is Activity.RUN:
                so_far_m += part.distance_m or 0.0
        if source is DistanceSource.TREADMILL and belt is not None:
            so_far_m += running_s * belt.speed_mps
        yield Minute(
            begin_s,
            end_s,
            None if source is None else so_far_m,
            [_minute_leg(window, sensors[window.summary.sensor_id]) for window in windows],
            {} if belt is None else {DistanceSource.TREADMILL: belt.speed_mps},
            None if belt is None else belt.slope_percent,
            backward_s=60.0 * backward_minutes(s for s in backward if begin_s <= s.initial_contact_s < end_s),
        )


def _minute_leg(window: Window, sensor: Sensor) -> LegPart:
    part = window.summary
    medians = {name: metric.median for name, metric in part.metrics.items()}
    return LegPart(
        sensor.side, sensor.placement, part.activity, part.strides, part.clipped_strides, medians, dict(part.strikes)
    )
