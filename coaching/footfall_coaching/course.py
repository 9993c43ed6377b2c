"""The course of a run by sensor: minutes of running with strides enough, each with its speed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from footfall_coaching.run import DistanceSource, LegPart, Minute, Run
from footfall_processing.gait import Activity
from footfall_processing.metrics.catalogue import CADENCE, PEAKS, SPEED
from footfall_processing.session import Placement, Side

LEAST_STRIDES: Final = 20
"""A minute's median of fewer strides than these is not taken for the minute's."""
MOST_CLIPPED: Final = 0.1
"""Where more of a minute's strides were beyond the range, the median of the others is too low."""
MOST_SLOPE_PERCENT: Final = 1.0
"""What is run steeper, up or down, is not held against what was run on the level: at one speed a slope changes how hard
the foot lands. Many set 1 % for the wind that a treadmill lacks."""
OTHERS: Final = (DistanceSource.TREADMILL, DistanceSource.WATCH)
"""Who tells a minute's speed where the runner's own sensors don't, the more trusted first."""
_PEAK_NAMES: Final = frozenset(metric.name for metric in PEAKS)


class Stream(NamedTuple):
    """A sensor's place on the body, of which the values of several runs can be compared."""

    side: Side | None
    placement: Placement


@dataclass(frozen=True, slots=True)
class Piece:
    """A minute of a leg's running: its median of a metric, and the speed; `None` on a slope, or where none is known."""

    begin_s: float
    end_s: float
    value: float
    speed_mps: float | None


def courses(run: Run, metric_name: str) -> dict[Stream, list[Piece]]:
    """Return the course of a metric in running, of each sensor that has it."""
    found: dict[Stream, list[Piece]] = {}
    is_peak = metric_name in _PEAK_NAMES
    for minute, speed_mps in zip(run.minutes, speeds(run), strict=True):
        for leg in minute.legs:
            value = leg.medians.get(metric_name)
            if value is None or leg.activity is not Activity.RUN or leg.strides < LEAST_STRIDES:
                continue
            if is_peak and leg.clipped_strides > MOST_CLIPPED * leg.strides:
                continue
            piece = Piece(minute.begin_s, minute.end_s, value, speed_mps if is_level(minute) else None)
            found.setdefault(Stream(leg.side, leg.placement), []).append(piece)
    return found


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
    """Whether there was running in a minute."""
    return any(leg.activity is Activity.RUN for leg in minute.legs)


def _speed_by_way(minute: Minute, before_m: float | None) -> float | None:
    if before_m is None or minute.distance_m is None:
        return None
    running_s = max((_running_s(leg) for leg in minute.legs if leg.activity is Activity.RUN), default=0.0)
    running_s = min(running_s, minute.end_s - minute.begin_s)
    way_m = minute.distance_m - before_m
    return way_m / running_s if running_s > 0.0 and way_m > 0.0 else None


def _own_speed(legs: Sequence[LegPart]) -> float | None:
    found = [leg.medians[SPEED.name] for leg in legs if leg.activity is Activity.RUN and SPEED.name in leg.medians]
    return sum(found) / len(found) if found and min(found) > 0.0 else None


def _running_s(leg: LegPart) -> float:
    cadence_spm = leg.medians.get(CADENCE.name)
    return 0.0 if not cadence_spm else leg.strides * 120.0 / cadence_spm
