"""The charts of one run: each metric's course with both legs, what was a pause, and a sentence that says the same."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Final

from footfall_coaching.run import Run
from footfall_coaching.sentence import cool_down_of, pauses_of, warm_up_of
from footfall_dashboards.runner.axes import Axis, distances, minutes, numbers, paces
from footfall_dashboards.runner.charts import Line, Picture, Point, Stretch, line_chart, small_curve
from footfall_dashboards.runner.course import has_way, impact_of, lines_of, middle_of, way_at
from footfall_dashboards.runner.spoken import Spoken
from footfall_processing.metrics.catalogue import CADENCE, CONTACT_TIME, SPEED, STRIKE_ANGLE, Metric

COURSES: Final = (CADENCE, CONTACT_TIME, STRIKE_ANGLE, SPEED)
"""What is drawn after impact."""
JOINED: Final = (CADENCE, SPEED)
"""What belongs to the runner, not to a leg."""
LEAST_SPAN: Final = {CADENCE.name: 20.0, CONTACT_TIME.name: 60.0, STRIKE_ANGLE.name: 12.0}
"""How much an axis spans at the least, in the unit that people read."""
SMALL_POINTS: Final = 24
"""As many as a small curve can show."""


@dataclass(frozen=True, slots=True)
class View:
    """Which part of a run is looked at, and along what.

    Parameters
    ----------
    by_distance
        Along the way rather than the time.
    begin, end
        Session seconds or metres; `None` for from the beginning, or to the end.
    """

    by_distance: bool
    begin: float | None = None
    end: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all of the run is looked at."""
        return self.begin is None and self.end is None


def ends_of(run: Run, view: View) -> tuple[float, float]:
    """Return where the horizontal axis begins and ends: session seconds, or metres."""
    if view.by_distance:
        whole = (0.0, max((m.distance_m or 0.0 for m in run.minutes), default=0.0))
    else:
        whole = (run.minutes[0].begin_s, run.minutes[-1].end_s) if run.minutes else (0.0, run.duration_s)
    begin = whole[0] if view.begin is None else min(max(view.begin, whole[0]), whole[1])
    end = whole[1] if view.end is None else min(max(view.end, whole[0]), whole[1])
    return (begin, end) if end > begin else whole


def course_chart(run: Run, metric: Metric, view: View, spoken: Spoken, *, id: str = "") -> str:
    """Draw a metric's course; empty where no leg has a value in view."""
    view = replace(view, by_distance=view.by_distance and has_way(run))
    begin, end = ends_of(run, view)
    lines = within(lines_of(run, metric, by_distance=view.by_distance, joined=metric in JOINED), begin, end)
    if not lines:
        return ""
    picture = Picture(
        id or f"course-{metric.name}", f"{label_of(metric)} over the run", sentence(metric, lines, spoken)
    )
    return line_chart(
        picture,
        [_scaled(line, metric, view, spoken) for line in lines],
        _x_axis(begin, end, view, spoken),
        y_axis(metric, lines, spoken),
        stretches=stretches_of(run, view, spoken),
    )


def y_axis(metric: Metric, lines: Sequence[Line], spoken: Spoken) -> Axis:
    """Return an axis that holds all lines, in the unit that people read; impact begins at zero."""
    values = [v for line in lines for p in line.points for v in (p.y, p.low, p.high) if v is not None]
    if metric is SPEED:
        return paces(spoken.pace_unit, values, spoken.unit_m)
    shown = [metric.shown(value) for value in values]
    return numbers(
        metric.shown_unit,
        shown,
        least_span=LEAST_SPAN.get(metric.name, 1.0),
        from_zero=metric.is_peak,
    )


def label_of(metric: Metric) -> str:
    """Return what a runner calls a metric: impact is impact, speed is told as pace."""
    if metric.is_peak:
        return "Impact"
    return "Pace" if metric is SPEED else metric.label


def heart_chart(run: Run, view: View, spoken: Spoken) -> str:
    """Draw the heart rate, as a watch has it; empty where there is none in view."""
    view = replace(view, by_distance=view.by_distance and has_way(run))
    begin, end = ends_of(run, view)
    points = [
        Point(middle_of(run, number, by_distance=view.by_distance), minute.heart_rate_bpm)
        for number, minute in enumerate(run.minutes)
    ]
    lines = within([Line("both", "Heart rate", points)], begin, end)
    if not lines:
        return ""
    values = [point.y for line in lines for point in line.points if point.y is not None]
    first, last = thirds(values)
    picture = Picture(
        "course-heart-rate",
        "Heart rate over the run",
        f"Heart rate: {first:.0f} per min in the first third, {last:.0f} in the last.",
    )
    unit = spoken.unit_m if view.by_distance else 1.0
    drawn = [replace(line, points=[replace(p, x=p.x / unit) for p in line.points]) for line in lines]
    y = numbers("per min", values, least_span=30.0)
    return line_chart(picture, drawn, _x_axis(begin, end, view, spoken), y, stretches=stretches_of(run, view, spoken))


def thirds(values: Sequence[float]) -> tuple[float, float]:
    """Return the means of the first and the last third of values."""
    third = max(1, len(values) // 3)
    return fmean(values[:third]), fmean(values[-third:])


def sentence(metric: Metric, lines: Sequence[Line], spoken: Spoken) -> str:
    """Say how each leg was in the first and in the last third of what is in view."""
    told = []
    for line in lines:
        values = [point.y for point in line.points if point.y is not None]
        first, last = thirds(values)
        who = "" if line.leg == "both" else f"{line.name.lower()} "
        a, b = spoken.value(metric, first, with_unit=False), spoken.value(metric, last)
        told.append(
            f"{who}{b} all along"
            if b.startswith(f"{a} ") or a == b
            else f"{who}{a} in the first third, {b} in the last"
        )
    return f"{label_of(metric)}: {'; '.join(told)}."


def within(lines: Sequence[Line], begin: float, end: float) -> list[Line]:
    """Return the parts of lines between two ends; lines without a value there are left out."""
    cut = [replace(line, points=[p for p in line.points if begin <= p.x <= end]) for line in lines]
    return [line for line in cut if any(point.y is not None for point in line.points)]


def stretches_of(run: Run, view: View, spoken: Spoken) -> list[Stretch]:
    """Return pauses, warm-up and cool-down along the axis; a pause takes no way, and is drawn as a thin line."""
    unit = spoken.unit_m if view.by_distance else 1.0
    found = [("warm-up", "easy", warm_up_of(run)), ("cool-down", "easy", cool_down_of(run))]
    named = [(name, kind, stretch) for name, kind, stretch in found if stretch is not None]
    named += [("pause", "pause", pause) for pause in pauses_of(run)]
    drawn = []
    for name, kind, (begin_s, end_s) in named:
        begin, end = (way_at(run, begin_s), way_at(run, end_s)) if view.by_distance else (begin_s, end_s)
        if view.by_distance and kind == "pause":
            end = max(end, begin + 0.004 * (run.distance_m or 1.0))
        drawn.append(Stretch(begin / unit, end / unit, name, kind))
    return drawn


def row_curve(run: Run) -> str:
    """Draw a run's course of impact for a list."""
    metric = impact_of(run)
    lines = lines_of(run, metric, by_distance=False)
    if not lines:
        return ""
    said = sentence(metric, lines, Spoken())
    return small_curve([replace(line, points=_thinned(line.points)) for line in lines], said)


def _thinned(points: Sequence[Point]) -> list[Point]:
    each = max(1, -(-len(points) // SMALL_POINTS))
    thinned = []
    for begin in range(0, len(points), each):
        known = [p.y for p in points[begin : begin + each] if p.y is not None]
        thinned.append(Point(points[begin].x, fmean(known) if known else None))
    return thinned


def _scaled(line: Line, metric: Metric, view: View, spoken: Spoken) -> Line:
    unit = spoken.unit_m if view.by_distance else 1.0
    shown = (lambda value: value) if metric is SPEED else metric.shown
    return replace(
        line,
        points=[replace(p, x=p.x / unit, y=None if p.y is None else shown(p.y)) for p in line.points],
    )


def _x_axis(begin: float, end: float, view: View, spoken: Spoken) -> Axis:
    if view.by_distance:
        return distances(spoken.unit, begin / spoken.unit_m, end / spoken.unit_m)
    return minutes(begin, end)
