"""A run's course, leg by leg: which sensor gives which number, minute by minute and kilometre by kilometre."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Final

from footfall_coaching.course import Courses, running_s_of, runs_in, speeds
from footfall_coaching.legs import balance_of
from footfall_coaching.run import LegPart, Minute, Run
from footfall_dashboards.runner.charts import Line, Point
from footfall_processing.gait import Activity
from footfall_processing.metrics.catalogue import PEAK_ACC, PEAK_TIBIAL_ACC, SPEED, STRIDE_METRICS, Metric
from footfall_processing.session import Placement, Side

CLIPPED_SHARE: Final = 0.05
"""From this share of a minute's landings beyond the range on, its impact is marked."""

_LEGS: Final[Mapping[Side | None, str]] = {Side.LEFT: "left", Side.RIGHT: "right", None: "both"}
_NAMES: Final = {"left": "Left", "right": "Right", "both": "Side not set"}


@dataclass(frozen=True, slots=True)
class Balance:
    """Left against right over the minutes that have the same steps of both.

    Parameters
    ----------
    percent
        How much higher the left is, of the mean of both.
    error_percent
        How far that may be off, with 95 % confidence, by the sensors' difference and the minutes' scatter.
    """

    percent: float
    error_percent: float

    @property
    def is_even(self) -> bool:
        """Whether the measurement can't tell the legs apart."""
        return abs(self.percent) <= self.error_percent

    def words(self, more: str = "higher") -> str:
        """Say which leg has more."""
        if self.is_even:
            return f"Even, within the error of the measurement (±{self.error_percent:.0f} %)."
        which = "Left" if self.percent > 0.0 else "Right"
        return f"{which} {abs(self.percent):.0f} % {more} (±{self.error_percent:.0f} %)."


def impact_of(run: Run) -> Metric:
    """Return the metric that stands for impact: along the shin where that is known."""
    return PEAK_TIBIAL_ACC if any(PEAK_TIBIAL_ACC.name in leg.medians for leg in run.legs) else PEAK_ACC


def sides_of(run: Run) -> list[Side | None]:
    """Return the sides that ran with a sensor, left first."""
    there = {leg.side for leg in run.legs if leg.activity is Activity.RUN}
    return [side for side in _LEGS if side in there]


def leg_of(side: Side | None) -> str:
    """Return what charts call a side."""
    return _LEGS[side]


def name_of(side: Side | None) -> str:
    """Return what people call a side."""
    return _NAMES[_LEGS[side]]


def placement_of(run: Run, metric: Metric) -> Placement | None:
    """Return where the sensors are worn that give a run's values of a metric; feet before shins."""
    there = {leg.placement for leg in run.legs if metric.name in leg.medians and leg.activity is Activity.RUN}
    return next((placement for placement in Placement if placement in there), None)


def whole_leg(run: Run, side: Side | None, placement: Placement | None, activity: Activity) -> LegPart | None:
    """Return a leg's part over the whole run."""
    return _leg(run.legs, side, placement, activity)


def value_of(run: Run, metric: Metric, side: Side | None) -> float | None:
    """Return a leg's median of the running strides of the whole run."""
    leg = whole_leg(run, side, placement_of(run, metric), Activity.RUN)
    return None if leg is None else leg.medians.get(metric.name)


def mean_of_legs(run: Run, metric: Metric) -> float | None:
    """Return the mean of the legs' medians; `None` where no leg has one."""
    values = [value for side in sides_of(run) if (value := value_of(run, metric, side)) is not None]
    return fmean(values) if values else None


def lines_of(run: Run, metric: Metric, *, by_distance: bool, joined: bool = False) -> list[Line]:
    """Return the course of a metric, a line for each leg that has some value; both legs' mean where `joined`.

    A speed that no leg has is that of whoever else told it.
    """
    placement = placement_of(run, metric)
    if placement is None:
        return _told_by_others(run, by_distance=by_distance) if metric is SPEED else []
    lines = []
    for side in sides_of(run):
        points = _points(run, metric, side, placement, by_distance=by_distance)
        if any(point.y is not None for point in points):
            lines.append(Line(leg_of(side), name_of(side), points))
    return _joined(lines) if joined and len(lines) > 1 else lines


def middle_of(run: Run, number: int, *, by_distance: bool) -> float:
    """Return where a minute stands on the horizontal axis: session seconds, or metres run."""
    minute = run.minutes[number]
    if not by_distance:
        return (minute.begin_s + minute.end_s) / 2.0
    before = run.minutes[number - 1].distance_m if number else 0.0
    return ((before or 0.0) + (minute.distance_m or 0.0)) / 2.0


def has_way(run: Run) -> bool:
    """Whether every minute says how far the run had come."""
    return bool(run.minutes) and all(minute.distance_m is not None for minute in run.minutes)


def way_at(run: Run, t_s: float) -> float:
    """Return how far a run had come at a session second, between its minutes' ends."""
    before_m = 0.0
    for minute in run.minutes:
        now_m = before_m if minute.distance_m is None else minute.distance_m
        if t_s <= minute.begin_s:
            return before_m
        if t_s <= minute.end_s:
            return before_m + (now_m - before_m) * (t_s - minute.begin_s) / (minute.end_s - minute.begin_s)
        before_m = now_m
    return before_m


def balance(run: Run, metric: Metric, known: Courses | None = None) -> Balance | None:
    """Compare the legs over the minutes that have the same steps of both; `None` where there are too few of them.

    Parameters
    ----------
    known
        Where courses are kept that the page asks for again.
    """
    found = balance_of(run, metric, known)
    return None if found is None else Balance(found.index_percent, found.error_percent)


def clipped_strides(run: Run) -> dict[Side | None, tuple[int, int]]:
    """Return how many running strides of a leg landed beyond the range, and of how many; only legs that have such."""
    found: dict[Side | None, tuple[int, int]] = {}
    for leg in run.legs:
        if leg.activity is Activity.RUN and leg.clipped_strides:
            found[leg.side] = max(found.get(leg.side, (0, 0)), (leg.clipped_strides, leg.strides))
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """A minute, or a kilometre or mile, of a run.

    Speed is the way over the running time, as of the whole run. Of a part without a way, and of other metrics, it is
    the mean of the minutes' medians, each weighing as many strides as lie in the part: about the median of these. Of a
    part that is all of the run it is the median of the whole run itself.

    Parameters
    ----------
    label
        Its number, or how far the last one goes.
    length_m, running_s
        How far was run in it, `None` where that is not known; and for how long.
    values
        By metric name and side; a value that is missing is not in it.
    """

    label: str
    begin_s: float
    end_s: float
    length_m: float | None
    running_s: float
    values: Mapping[tuple[str, Side | None], float]


def parts_of(run: Run, metrics: Sequence[Metric], unit_m: float | None) -> list[Part]:
    """Cut a run into minutes with running in them, or into lengths of `unit_m`."""
    if unit_m is None:
        own = [minute for minute in run.minutes if runs_in(minute)]
        return [
            _part(
                run,
                metrics,
                f"{round(minute.begin_s / 60.0) + 1}",
                minute.begin_s,
                minute.end_s,
                is_whole=len(own) == 1,
            )
            for minute in own
        ]
    total_m = max((minute.distance_m or 0.0 for minute in run.minutes), default=0.0)
    cuts_m = [number * unit_m for number in range(int(total_m // unit_m) + 1)]
    if total_m - cuts_m[-1] >= 0.02 * unit_m:
        cuts_m.append(total_m)
    parts = []
    for number, (begin_m, end_m) in enumerate(pairwise(cuts_m), start=1):
        is_whole = end_m - begin_m > 0.999 * unit_m
        label = f"{number}" if is_whole else f"+{(end_m - begin_m) / unit_m:.2f}"
        begin_s, end_s = time_at(run, begin_m, last=True), time_at(run, end_m)
        parts.append(_part(run, metrics, label, begin_s, end_s, is_whole=len(cuts_m) == 2))
    return parts


def time_at(run: Run, way_m: float, *, last: bool = False) -> float:
    """Return the session second at which a run had come so far: the first such, or the last before it went on."""
    before_m = 0.0
    found = run.minutes[0].begin_s if run.minutes else 0.0
    for minute in run.minutes:
        now_m = before_m if minute.distance_m is None else minute.distance_m
        if now_m > before_m and (now_m > way_m if last else now_m >= way_m):
            return minute.begin_s + (minute.end_s - minute.begin_s) * max(0.0, way_m - before_m) / (now_m - before_m)
        before_m = now_m
        found = minute.end_s
    return found


def _part(run: Run, metrics: Sequence[Metric], label: str, begin_s: float, end_s: float, *, is_whole: bool) -> Part:
    weighed: dict[tuple[str, Side | None], list[tuple[float, float]]] = {}
    running_s = 0.0
    placements = {metric.name: placement_of(run, metric) for metric in metrics}
    sides = sides_of(run) or [None]
    for minute, speed_mps in zip(run.minutes, speeds(run), strict=True):
        inside_s = min(end_s, minute.end_s) - max(begin_s, minute.begin_s)
        if inside_s <= 0.0 or not runs_in(minute):
            continue
        share = inside_s / (minute.end_s - minute.begin_s)
        running_s += share * running_s_of(minute)
        for metric in metrics:
            for side in sides:
                leg = _leg(minute.legs, side, placements[metric.name], Activity.RUN)
                if metric is SPEED and placements[metric.name] is None and speed_mps is not None:
                    weighed.setdefault((metric.name, side), []).append((inside_s, speed_mps))
                elif leg is not None and metric.name in leg.medians:
                    weighed.setdefault((metric.name, side), []).append((share * leg.strides, leg.medians[metric.name]))
    values = {key: sum(w * v for w, v in pairs) / sum(w for w, _ in pairs) for key, pairs in weighed.items()}
    length_m = way_at(run, end_s) - way_at(run, begin_s) if has_way(run) else None
    for name, side in values:
        if name == SPEED.name and length_m and running_s > 0.0:
            values[name, side] = length_m / running_s
        elif is_whole and (value := value_of(run, STRIDE_METRICS[name], side)) is not None:
            values[name, side] = value
    return Part(label, begin_s, end_s, length_m, running_s, values)


def _points(run: Run, metric: Metric, side: Side | None, placement: Placement, *, by_distance: bool) -> list[Point]:
    points: list[Point] = []
    before: Minute | None = None
    for number, minute in enumerate(run.minutes):
        x = middle_of(run, number, by_distance=by_distance)
        if _has_gap(minute, before):
            points.append(Point(x, None))
        before = minute
        leg = _leg(minute.legs, side, placement, Activity.RUN)
        value = None if leg is None else leg.medians.get(metric.name)
        doubt = ""
        if leg is not None and metric.is_peak and leg.clipped_strides >= max(1.0, CLIPPED_SHARE * leg.strides):
            doubt = "clipped"
        elif value is None and runs_in(minute):
            doubt = "few"
        points.append(Point(x, value, doubt=doubt))
    return points


def _told_by_others(run: Run, *, by_distance: bool) -> list[Line]:
    """Return the course of speed where the runner's own sensors tell none; nothing where nobody does."""
    points: list[Point] = []
    before: Minute | None = None
    for number, (minute, speed_mps) in enumerate(zip(run.minutes, speeds(run), strict=True)):
        x = middle_of(run, number, by_distance=by_distance)
        if _has_gap(minute, before):
            points.append(Point(x, None))
        before = minute
        points.append(Point(x, speed_mps))
    return [Line("both", "Both legs", points)] if any(point.y is not None for point in points) else []


def _joined(lines: Sequence[Line]) -> list[Line]:
    points = []
    for both in zip(*(line.points for line in lines), strict=True):
        known = [point.y for point in both if point.y is not None]
        points.append(Point(both[0].x, fmean(known) if known else None))
    return [Line("both", "Both legs", points)]


def _leg(legs: Iterable[LegPart], side: Side | None, placement: Placement | None, activity: Activity) -> LegPart | None:
    return next(
        (leg for leg in legs if leg.side is side and leg.placement is placement and leg.activity is activity), None
    )


def _has_gap(minute: Minute, before: Minute | None) -> bool:
    """Whether there is a gap before a minute."""
    return before is not None and minute.begin_s - before.end_s > 1.0
