"""The course of a run by sensor: minutes of running with strides enough, each with its speed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from footfall_coaching.run import DistanceSource, LegPart, Minute, Run
from footfall_processing.gait import Activity
from footfall_processing.metrics.catalogue import CADENCE, PEAKS, SPEED
from footfall_processing.session import Placement, Side

LEAST_STRIDES: Final = 20
"""A minute's median of fewer strides than these is not taken for the minute's; of a shorter piece in proportion."""
MINUTE_S: Final = 60.0
MOST_CLIPPED: Final = 0.1
"""Where more of a minute's strides were beyond the range, the median of the others is too low."""
MOST_SLOPE_PERCENT: Final = 1.0
"""What is run steeper, up or down, is not held against what was run on the level: at one speed a slope changes how hard
the foot lands. Many set 1 % for the wind that a treadmill lacks."""
OTHERS: Final = (DistanceSource.TREADMILL, DistanceSource.WATCH)
"""Who tells a minute's speed where the runner's own sensors don't, the more trusted first."""
MOST_RUNS: Final = 300
"""As many as pages of 90 days, a year and all years ask for together; an hour's run takes 40 kB."""
_PEAK_NAMES: Final = frozenset(metric.name for metric in PEAKS)


class Stream(NamedTuple):
    """A sensor's place on the body, of which the values of several runs can be compared."""

    side: Side | None
    placement: Placement


class Piece(NamedTuple):
    """A minute of a leg's running, or less of a short run: its median of a metric, its speed and its strides.

    The speed is `None` on a slope, and where none is known.
    """

    begin_s: float
    end_s: float
    value: float
    speed_mps: float | None
    strides: int


class Courses:
    """The courses of runs, each found once however often it is asked for; of the `MOST_RUNS` last asked for."""

    def __init__(self) -> None:
        self._runs: dict[int, tuple[Run, list[_Running], dict[str, dict[Stream, list[Piece]]]]] = {}

    def of(self, run: Run, metric_name: str) -> dict[Stream, list[Piece]]:
        """Return the course of a metric in running, of each sensor that has it."""
        kept = self._runs.pop(id(run), None)
        if kept is None:  # which holds the run too, so that no other one gets its identity
            while len(self._runs) >= MOST_RUNS:
                del self._runs[next(iter(self._runs))]
            kept = (run, _running_of(run), {})
        self._runs[id(run)] = kept
        _, running, found = kept
        if metric_name not in found:
            found[metric_name] = _courses(running, metric_name)
        return found[metric_name]


def speeds(run: Run) -> list[float | None]:
    """Return each minute's speed while running: as `told_speed`, else of the way over the time."""
    found: list[float | None] = []
    before_m: float | None = 0.0
    for minute in run.minutes:
        told = told_speed(minute)
        found.append(_speed_by_way(minute, before_m) if told is None else told[0])
        before_m = minute.distance_m
    return found


def told_speed(minute: Minute) -> tuple[float, DistanceSource] | None:
    """Return how fast the running of a minute was, and by whom: own sensors before a treadmill before a watch."""
    own = _own_speed(minute.legs)
    if own is not None:
        return own, DistanceSource.SENSORS
    return next(((minute.speeds_mps[one], one) for one in OTHERS if minute.speeds_mps.get(one, 0.0) > 0.0), None)


def speeds_beside(run: Run, source: DistanceSource) -> tuple[float, float] | None:
    """Return a run's mean speed by its own sensors and by another, over the minutes that both tell; `None` for none."""
    both = [
        (own, other)
        for minute in run.minutes
        if (own := _own_speed(minute.legs)) is not None and (other := minute.speeds_mps.get(source, 0.0)) > 0.0
    ]
    if not both:
        return None
    return sum(own for own, _ in both) / len(both), sum(other for _, other in both) / len(both)


def is_level(minute: Minute) -> bool:
    """Whether a minute may be held against others at its speed; where nobody tells the slope it is taken for level."""
    return minute.slope_percent is None or abs(minute.slope_percent) <= MOST_SLOPE_PERCENT


def speed_of(run: Run) -> float | None:
    """Return a run's speed while running; `None` where it is not known."""
    own = _own_speed(run.legs)
    if own is not None:
        return own
    return run.distance_m / run.running_s if run.distance_m and run.running_s > 0.0 else None


def runs_in(minute: Minute) -> bool:
    """Whether there was running in a minute, by the sensors, or by the watch where these saw nothing."""
    if not minute.legs:
        return DistanceSource.WATCH in minute.speeds_mps
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
    strides: int


def _running_of(run: Run) -> list[_Running]:
    running, found = Activity.RUN, []
    for minute, speed_mps in zip(run.minutes, speeds(run), strict=True):
        least = LEAST_STRIDES * min(1.0, _length_s(minute) / MINUTE_S)
        comparable_mps = speed_mps if is_level(minute) else None
        found += [
            _Running(
                Stream(leg.side, leg.placement),
                minute.begin_s,
                minute.end_s,
                comparable_mps,
                leg.medians,
                leg.clipped_strides > MOST_CLIPPED * leg.strides,
                leg.strides,
            )
            for leg in minute.legs
            if leg.activity is running and leg.strides >= least
        ]
    return found


def _courses(running: Sequence[_Running], metric_name: str) -> dict[Stream, list[Piece]]:
    found: dict[Stream, list[Piece]] = defaultdict(list)
    is_peak = metric_name in _PEAK_NAMES
    for stream, begin_s, end_s, speed_mps, medians, is_clipped, strides in running:
        value = medians.get(metric_name)
        if value is not None and not (is_peak and is_clipped):
            found[stream].append(Piece(begin_s, end_s, value, speed_mps, strides))
    return dict(found)


def _length_s(minute: Minute) -> float:
    return minute.end_s - minute.begin_s


def _speed_by_way(minute: Minute, before_m: float | None) -> float | None:
    if before_m is None or minute.distance_m is None:
        return None
    running_s = _strides_s(minute)
    way_m = minute.distance_m - before_m
    return way_m / running_s if running_s > 0.0 and way_m > 0.0 else None


def _strides_s(minute: Minute) -> float:
    running_s = max((_running_s(leg) for leg in minute.legs if leg.activity is Activity.RUN), default=0.0)
    return min(running_s, minute.end_s - minute.begin_s)


def _own_speed(legs: Sequence[LegPart]) -> float | None:
    name, running = SPEED.name, Activity.RUN
    total, count = 0.0, 0
    for leg in legs:
        if leg.activity is running and (speed := leg.medians.get(name)) is not None:
            if speed <= 0.0:
                return None
            total += speed
            count += 1
    return total / count if count else None


def _running_s(leg: LegPart) -> float:
    cadence_spm = leg.medians.get(CADENCE.name)
    return 0.0 if not cadence_spm else leg.strides * 120.0 / cadence_spm
