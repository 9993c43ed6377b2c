"""The course of a run by sensor: minutes of running with strides enough, each with its speed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from footfall_coaching.run import LegPart, Minute, Run
from footfall_processing.gait import Activity
from footfall_processing.metrics.catalogue import CADENCE, PEAKS, SPEED
from footfall_processing.session import Placement, Side

LEAST_STRIDES: Final = 20
"""A minute's median of fewer strides than these is not taken for the minute's."""
MOST_CLIPPED: Final = 0.1
"""Where more of a minute's strides were beyond the range, the median of the others is too low."""
_PEAK_NAMES: Final = frozenset(metric.name for metric in PEAKS)


class Stream(NamedTuple):
    """A sensor's place on the body, of which the values of several runs can be compared."""

    side: Side | None
    placement: Placement


class Piece(NamedTuple):
    """A minute of a leg's running: its median of a metric, and the speed, `None` where it is not known."""

    begin_s: float
    end_s: float
    value: float
    speed_mps: float | None


class Courses:
    """The courses of runs, each found once however often it is asked for; kept for one page or one day's messages."""

    def __init__(self) -> None:
        self._runs: dict[int, tuple[Run, list[_Running], dict[str, dict[Stream, list[Piece]]]]] = {}

    def of(self, run: Run, metric_name: str) -> dict[Stream, list[Piece]]:
        """Return the course of a metric in running, of each sensor that has it."""
        kept = self._runs.get(id(run))
        if kept is None:  # which holds the run too, so that no other one gets its identity
            kept = self._runs[id(run)] = (run, _running_of(run), {})
        _, running, found = kept
        if metric_name not in found:
            found[metric_name] = _courses(running, metric_name)
        return found[metric_name]


def courses(run: Run, metric_name: str) -> dict[Stream, list[Piece]]:
    """Return the course of a metric in running, of each sensor that has it."""
    return _courses(_running_of(run), metric_name)


def speeds(run: Run) -> list[float | None]:
    """Return each minute's speed while running: the strides', else the watch's, else that of the way over the time."""
    found: list[float | None] = []
    before_m: float | None = 0.0
    for minute in run.minutes:
        found.append(_speed(minute, before_m))
        before_m = minute.distance_m
    return found


def speed_of(run: Run) -> float | None:
    """Return a run's speed while running; `None` where it is not known."""
    own = _own_speed(run.legs)
    if own is not None:
        return own
    return run.distance_m / run.running_s if run.distance_m and run.running_s > 0.0 else None


def runs_in(minute: Minute) -> bool:
    """Whether there was running in a minute, by the sensors, or by the watch where these saw nothing."""
    if not minute.legs:
        return minute.speed_mps is not None
    return any(leg.activity is Activity.RUN for leg in minute.legs)


def running_s_of(minute: Minute) -> float:
    """Return for how long of a minute with running was run: by the strides, or all of it where these don't tell."""
    return _strides_s(minute) or minute.end_s - minute.begin_s


class _Running(NamedTuple):
    """A leg's minute of running with strides enough, whatever the metric."""

    stream: Stream
    begin_s: float
    end_s: float
    speed_mps: float | None
    medians: Mapping[str, float]
    is_clipped: bool


def _running_of(run: Run) -> list[_Running]:
    running = Activity.RUN
    return [
        _Running(
            Stream(leg.side, leg.placement),
            minute.begin_s,
            minute.end_s,
            speed_mps,
            leg.medians,
            leg.clipped_strides > MOST_CLIPPED * leg.strides,
        )
        for minute, speed_mps in zip(run.minutes, speeds(run), strict=True)
        for leg in minute.legs
        if leg.activity is running and leg.strides >= LEAST_STRIDES
    ]


def _courses(running: Sequence[_Running], metric_name: str) -> dict[Stream, list[Piece]]:
    found: dict[Stream, list[Piece]] = defaultdict(list)
    is_peak = metric_name in _PEAK_NAMES
    for stream, begin_s, end_s, speed_mps, medians, is_clipped in running:
        value = medians.get(metric_name)
        if value is not None and not (is_peak and is_clipped):
            found[stream].append(Piece(begin_s, end_s, value, speed_mps))
    return dict(found)


def _speed(minute: Minute, before_m: float | None) -> float | None:
    own = _own_speed(minute.legs)
    if own is None and runs_in(minute):
        own = minute.speed_mps
    if own is not None or before_m is None or minute.distance_m is None:
        return own
    running_s = _strides_s(minute)
    way_m = minute.distance_m - before_m
    return way_m / running_s if running_s > 0.0 and way_m > 0.0 else None


def _strides_s(minute: Minute) -> float:
    running_s = max((_running_s(leg) for leg in minute.legs if leg.activity is Activity.RUN), default=0.0)
    return min(running_s, minute.end_s - minute.begin_s)


def _own_speed(legs: Sequence[LegPart]) -> float | None:
    name, running = SPEED.name, Activity.RUN
    found = [speed for leg in legs if leg.activity is running and (speed := leg.medians.get(name)) is not None]
    return sum(found) / len(found) if found and min(found) > 0.0 else None


def _running_s(leg: LegPart) -> float:
    cadence_spm = leg.medians.get(CADENCE.name)
    return 0.0 if not cadence_spm else leg.strides * 120.0 / cadence_spm
