"""The pictures of Trends, each with its sentence: what changed from run to run, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import Final

from footfall_coaching.answers import Pain, Shoe
from footfall_coaching.counted import counted
from footfall_coaching.run import Run
from footfall_coaching.shoes import use_of
from footfall_coaching.spread import signed
from footfall_dashboards.runner import why_none
from footfall_dashboards.runner.axes import Axis, dates, numbers
from footfall_dashboards.runner.charts import Line, Note, Picture, Point, line_chart
from footfall_dashboards.runner.course import mean_of_legs
from footfall_dashboards.runner.history import (
    GAP_S,
    AtUsual,
    balance_line,
    by_week,
    impact_metric,
    matched_lines,
    shock_lines,
    strike_lines,
    sums,
    worst_by_day,
)
from footfall_dashboards.runner.html import said, text
from footfall_dashboards.runner.load_chart import load_and_pain
from footfall_dashboards.runner.run_charts import LEAST_SPAN, label_of
from footfall_dashboards.runner.spoken import Spoken
from footfall_processing.metrics.catalogue import Metric

DAYS_DIFFER: Final = (
    "how much one runner differs from day to day, some 8 % in impact, is not in it, nor is the sensor's own error: "
    "look at several runs."
)


@dataclass(frozen=True, slots=True)
class Window:
    """Which time is looked at.

    Parameters
    ----------
    begin, now
        From when to when; `now` carries the runner's zone.
    whose
        What is usual: "your" to the runner, "the" to somebody else.
    """

    begin: datetime
    now: datetime
    spoken: Spoken
    whose: str = "your"

    @property
    def axis(self) -> Axis:
        """The horizontal axis of all its pictures."""
        return dates(self.begin, self.now, self.spoken.zone)


def load(runs: Sequence[Run], pains: Sequence[Pain], shoes: Sequence[Shoe], window: Window) -> str:
    """Draw load with pain below it."""
    return load_and_pain(
        "load",
        sums(runs, window.begin, window.now),
        worst_by_day(runs, pains, window.begin, window.now),
        window.begin,
        window.now,
        window.spoken,
        notes_of(shoes, runs, window),
    )


def notes_of(shoes: Sequence[Shoe], runs: Sequence[Run], window: Window) -> list[Note]:
    """Return what happened in the time that is looked at: pairs of shoes that are new, or were changed to."""
    since = {use.shoe.name: use.since for use in use_of(shoes, runs)}
    worn = [shoe for shoe in shoes if window.begin < shoe.since_utc <= window.now]
    return [
        Note(
            shoe.since_utc.timestamp(),
            f"{window.spoken.short_day(shoe.since_utc, window.now)}: "
            + (f"{shoe.name} from then on" if since[shoe.name] < shoe.since_utc else f"new shoes, {shoe.name}"),
        )
        for shoe in sorted(worn, key=lambda shoe: shoe.since_utc)
    ]


def at_usual_speed(
    runs: Sequence[Run], metric: Metric, window: Window, usual: AtUsual, notes: Sequence[Note] = ()
) -> str:
    """Draw a metric at the runner's usual speed, with its interval; where speed is unknown, as it was."""
    lines = matched_lines(usual.found(metric), metric)
    if lines:
        title = f"{label_of(metric)} at {window.whose} usual speed"
        pace = window.spoken.pace(usual.speed_mps)
        words = f"At {window.whose} usual speed, {pace}: {change_words(lines, metric.shown_unit, metric.decimals)} "
        words += "The shading is the 95 % interval of each run's own mean" + (
            f"; {DAYS_DIFFER}" if metric.is_peak else "."
        )
        words += _by_treadmill(usual.by_treadmill)
        words += f" Of the many runs, {len(lines[0].points)} are shown, evenly spread." if usual.is_thinned else ""
    else:
        lines = _plain_lines(runs, metric, window)
        if not lines:
            name = "impact" if metric.is_peak else metric.label.lower()
            return _nothing(label_of(metric), f"No {name}: {why_none.no_value(runs, window.begin)}.")
        title = label_of(metric)
        words = f"{why_none.no_usual_speed(runs, window.begin)}, so this holds faster and slower runs alike: "
        words += change_words(lines, metric.shown_unit, metric.decimals)
    values = [v for line in lines for p in line.points for v in (p.y, p.low, p.high) if v is not None]
    y = numbers(
        metric.shown_unit,
        values,
        least_span=LEAST_SPAN.get(metric.name, 4.0),
        from_zero=metric.is_peak,
    )
    return line_chart(Picture(f"trend-{metric.name}", title, words), lines, window.axis, y, notes=notes, gap=GAP_S)


def _by_treadmill(runs: int) -> str:
    """Say in how many runs the treadmill told the speed."""
    if not runs:
        return ""
    which = "one run is the treadmill's" if runs == 1 else f"{runs} runs is the treadmill's"
    return f" The speed of {which}, whose error nobody knows."


def strike_mix(runs: Sequence[Run], window: Window) -> str:
    """Draw which share of strides landed on the heel first."""
    lines = strike_lines(runs, window.begin)
    if not lines:
        return _nothing("Foot strike", f"Foot strike: unknown; {why_none.no_strikes(runs, window.begin)}.")
    words = f"Strides that land on the heel first: {change_words(lines, '%', 0)} The others land on mid- or forefoot."
    y = Axis("%", 0.0, 100.0, [(0.0, "0"), (50.0, "50"), (100.0, "100")])
    return line_chart(Picture("trend-strike", "Foot strike", words), lines, window.axis, y, gap=GAP_S, height=150.0)


def left_and_right(runs: Sequence[Run], window: Window, usual: AtUsual) -> str:
    """Draw the left leg's impact over the right's, against what is usual for the runner."""
    line, middle = balance_line(runs, impact_metric(runs), window.begin, usual.courses)
    if line is None or middle is None:
        why = why_none.no_balance(runs, impact_metric(runs), window.begin)
        return _nothing("Left and right", f"Left and right: unknown; {why}.")
    values = [v for p in line.points for v in (p.y, p.low, p.high) if v is not None]
    last = line.points[-1]
    assert last.y is not None
    words = f"The left leg's impact over the right's: usually {signed(middle)} %, in the last run {signed(last.y)} %"
    if last.low is not None and last.high is not None:
        inside = last.low <= middle <= last.high
        words += ", no more apart than the measurement's error." if inside else ", apart from the usual."
    else:
        words += "."
    words += " Above zero the left lands harder."
    y = numbers("%", [*values, 0.0], least_span=20.0)
    return line_chart(
        Picture("trend-balance", "Left and right, impact", words),
        [line],
        window.axis,
        y,
        gap=GAP_S,
        level=(middle, f"{window.whose.capitalize()} usual"),
        height=170.0,
    )


def shock(runs: Sequence[Run], window: Window) -> str:
    """Draw the shock index of each run."""
    lines = shock_lines(runs, window.begin)
    if not lines:
        return ""
    words = f"Shock index of each run: {change_words(lines, 'g', 0)} It adds up a run's landings, hard ones counting "
    words += "far more (the fourth root of the sum of fourth powers of each minute's impact); it ranks runs, and says "
    words += "nothing of tissue or injury."
    values = [p.y for line in lines for p in line.points if p.y is not None]
    y = numbers("g", values, least_span=10.0, from_zero=True)
    return line_chart(Picture("trend-shock", "Shock index", words), lines, window.axis, y, gap=GAP_S, height=170.0)


def change_words(lines: Sequence[Line], unit: str, decimals: int) -> str:
    """Say how each leg was in the first and the last third of the runs in view, and that it is these."""
    told = []
    for line in lines:
        values = [p.y for p in line.points if p.y is not None]
        third = max(1, len(values) // 3)
        a, b = (f"{fmean(part):.{decimals}f}" for part in (values[:third], values[-third:]))
        unit_said = f" {unit}"
        who = "" if line.leg == "both" else f"{line.name.lower()} "
        if len(values) == 1:
            told.append(f"{who}{b}{unit_said} in one run")
        else:
            told.append(f"{who}{b}{unit_said} as before" if a == b else f"{who}from {a} to {b}{unit_said}")
    most = max(len(line.points) for line in lines)
    of = " (means of the first and the last third of these runs)" if most > 1 else ""
    return f"{'; '.join(told)}{of}."


def _plain_lines(runs: Sequence[Run], metric: Metric, window: Window) -> list[Line]:
    points = []
    for when, run in counted(runs):
        value = mean_of_legs(run, metric)
        if when >= window.begin and value is not None:
            points.append(Point(when.timestamp(), metric.shown(value)))
    return [Line("both", "Both legs", by_week(points))] if points else []


def _nothing(title: str, words: str) -> str:
    return f'<div class="nothing"><h3>{text(title)}</h3>{said(words)}</div>'
