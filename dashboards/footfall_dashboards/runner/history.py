"""A runner's history for pictures: runs by week and month, pain by day, each leg's numbers from run to run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from statistics import fmean, median
from typing import Final

from footfall_coaching.answers import Pain
from footfall_coaching.counted import counted
from footfall_coaching.course import Courses
from footfall_coaching.felt_when import FeltWhen
from footfall_coaching.matched import Matched, matched, usual_speed_mps
from footfall_coaching.run import DistanceSource, Run
from footfall_dashboards.runner.charts import Line, Point
from footfall_dashboards.runner.course import balance, impact_of, leg_of, name_of
from footfall_processing.gait import Activity, Strike
from footfall_processing.metrics.catalogue import CADENCE, PEAK_ACC, PEAK_TIBIAL_ACC, Metric
from footfall_processing.metrics.shock import shock_index, shock_of
from footfall_processing.session import Side

MOST_POINTS: Final = 120
"""With more runs than this, a picture shows the mean of each week, or as many of them, evenly spread."""
GAP_S: Final = 21.0 * 86400.0
"""Runs farther apart are not joined by a line."""
MOST_WEEKS: Final = 60
"""Beyond this, sums are of months."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What was run in a week or month.

    Parameters
    ----------
    begin, end
        The days from which and before which.
    distance_m
        Of the runs whose distance is known.
    longest_m
        The longest of them.
    runs, without_distance
        How many runs, and how many of them have no known distance.
    running_s
        How long.
    """

    begin: date
    end: date
    distance_m: float
    longest_m: float
    runs: int
    without_distance: int
    running_s: float


class AtUsual:
    """The runs of a time at the speed that is usual in it; of very many, as many as a picture can show.

    Parameters
    ----------
    runs
        All of the runner's.
    begin
        Since when.
    known
        Where courses are kept that the page asks for again.
    """

    def __init__(self, runs: Iterable[Run], begin: datetime, known: Courses | None = None) -> None:
        shown = spread_out(runs, begin)
        self.is_thinned = len(shown) < sum(when >= begin for when, _ in counted(runs))
        self._runs = [run for _, run in shown]
        self._found: dict[str, list[Matched]] = {}
        self.courses = Courses() if known is None else known
        self.speed_mps = usual_speed_mps(self._runs)
        self.by_treadmill = sum(run.distance_source is DistanceSource.TREADMILL for run in self._runs)
        """Runs whose speed the treadmill told, and nobody else."""

    def found(self, metric: Metric) -> list[Matched]:
        """Return each run's value of each leg at that speed, the earliest first; none where no speed is known."""
        if metric.name not in self._found:
            no_speed = self.speed_mps is None
            self._found[metric.name] = [] if no_speed else matched(self._runs, metric.name, self.courses)
        return self._found[metric.name]


def spread_out(runs: Iterable[Run], begin: datetime) -> list[tuple[datetime, Run]]:
    """Return the runs since `begin` that count, the earliest first; of very many, `MOST_POINTS` evenly spread."""
    there = [(when, run) for when, run in counted(runs) if when >= begin]
    return there[:: max(1, -(-len(there) // MOST_POINTS))]


def sums(runs: Iterable[Run], begin: datetime, now: datetime) -> list[Sum]:
    """Return what was run in each week since `begin`, or in each month of a long time; weeks begin on Mondays."""
    zone = _zone(now)
    by_month = (now - begin).days > 7 * MOST_WEEKS
    day = begin.astimezone(zone).date()
    edges = [day.replace(day=1) if by_month else day - timedelta(days=day.weekday())]
    last = now.astimezone(zone).date()
    while edges[-1] <= last:
        edges.append(_next_month(edges[-1]) if by_month else edges[-1] + timedelta(days=7))
    held: list[list[Run]] = [[] for _ in edges[1:]]
    place = 0
    for when, run in counted(runs):
        own = when.astimezone(zone).date()
        if own < edges[0] or own > last:
            continue
        while own >= edges[place + 1]:
            place += 1
        held[place].append(run)
    return [_sum(edges[number], edges[number + 1], own) for number, own in enumerate(held)]


def worst_by_day(runs: Iterable[Run], pains: Iterable[Pain], begin: datetime, now: datetime) -> dict[date, int]:
    """Return the worst pain that was felt on each day that was told of, also where nothing hurt."""
    zone = _zone(now)
    felt, first, last = FeltWhen(runs, zone), begin.astimezone(zone).date(), now.astimezone(zone).date()
    worst: dict[date, int] = {}
    for pain in pains:
        day = felt.day(pain)
        if felt.counts(pain) and first <= day <= last:
            worst[day] = max(worst.get(day, 0), pain.level)
    return worst


def impact_metric(runs: Sequence[Run]) -> Metric:
    """Return the impact that most of the latest runs have."""
    latest = [impact_of(run) for _, run in counted(runs)[-20:]]
    return PEAK_TIBIAL_ACC if latest.count(PEAK_TIBIAL_ACC) > len(latest) / 2 else PEAK_ACC


def matched_lines(found: Iterable[Matched], metric: Metric) -> list[Line]:
    """Return each leg's values at the usual speed, in the unit that people read, with their intervals."""
    by_side: dict[Side | None, list[Point]] = {}
    for one in found:
        y, low, high = (metric.shown(value) for value in (one.value, one.low, one.high))
        by_side.setdefault(one.side, []).append(Point(one.started_utc.timestamp(), y, low, high))
    if metric is CADENCE and by_side:  # of both feet, whichever it was read from
        return [Line("both", "Both legs", max(by_side.values(), key=len))]
    return [Line(leg_of(side), name_of(side), by_side[side]) for side in _in_order(by_side)]


def strike_lines(runs: Iterable[Run], begin: datetime) -> list[Line]:
    """Return each leg's share of rearfoot strikes of each run, in percent."""
    by_side: dict[Side | None, list[Point]] = {}
    for when, run in counted(runs):
        if when < begin:
            continue
        for leg in run.legs:
            if leg.activity is Activity.RUN and leg.strikes:
                share = 100.0 * leg.strikes.get(Strike.REARFOOT, 0.0)
                by_side.setdefault(leg.side, []).append(Point(when.timestamp(), share))
    return [Line(leg_of(side), name_of(side), by_week(by_side[side])) for side in _in_order(by_side)]


def shock_lines(runs: Iterable[Run], begin: datetime) -> list[Line]:
    """Return each leg's shock index of each run, from its minutes' strides and median impacts, in g."""
    by_side: dict[Side | None, list[Point]] = {}
    for when, run in spread_out(runs, begin):
        name = impact_of(run).name
        totals: dict[Side | None, float] = {}
        for minute in run.minutes:
            for leg in minute.legs:
                if leg.activity is Activity.RUN and name in leg.medians:
                    totals[leg.side] = totals.get(leg.side, 0.0) + leg.strides * shock_of(leg.medians[name])
        for side, total in totals.items():
            by_side.setdefault(side, []).append(Point(when.timestamp(), shock_index(total)))
    return [Line(leg_of(side), name_of(side), by_week(by_side[side])) for side in _in_order(by_side)]


def balance_line(
    runs: Iterable[Run], metric: Metric, begin: datetime, known: Courses
) -> tuple[Line | None, float | None]:
    """Return by how many percent the left leg lands harder in each run, and what is usual: their median.

    Parameters
    ----------
    known
        Where courses are kept that the page asks for again.
    """
    points, values = [], []
    for when, run in spread_out(runs, begin):
        found = balance(run, metric, known)
        if found is not None:
            values.append(found.percent)
            low, high = found.percent - found.error_percent, found.percent + found.error_percent
            points.append(Point(when.timestamp(), found.percent, low, high))
    if not points:
        return None, None
    return Line("both", "Left over right", points), median(values)


def by_week(points: Sequence[Point]) -> list[Point]:
    """Return points as they are, or of very many the mean of each week; intervals become those of the mean."""
    if len(points) <= MOST_POINTS:
        return list(points)
    weeks: dict[int, list[Point]] = {}
    for point in points:
        weeks.setdefault(int(point.x // (7.0 * 86400.0)), []).append(point)
    return [_mean_point(own) for own in weeks.values()]


def _mean_point(points: Sequence[Point]) -> Point:
    values = [point.y for point in points if point.y is not None]
    if not values:
        return Point(points[0].x, None)
    y, halves = fmean(values), [(p.high - p.low) / 2.0 for p in points if p.low is not None and p.high is not None]
    half = sum(h * h for h in halves) ** 0.5 / len(halves) if halves else None
    x = fmean(point.x for point in points)
    return Point(x, y) if half is None else Point(x, y, y - half, y + half)


def _in_order(by_side: Mapping[Side | None, object]) -> list[Side | None]:
    return [side for side in (Side.LEFT, Side.RIGHT, None) if side in by_side]


def _sum(begin: date, end: date, runs: Sequence[Run]) -> Sum:
    ways = [run.distance_m for run in runs if run.distance_m is not None]
    return Sum(
        begin, end, sum(ways), max(ways, default=0.0), len(runs), len(runs) - len(ways), sum(r.running_s for r in runs)
    )


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _zone(now: datetime) -> tzinfo:
    assert now.tzinfo is not None, "the runner's clock knows its zone"
    return now.tzinfo
