"""Two runs side by side, or one against a group of like runs: what differs, in words first."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from statistics import fmean
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from footfall_coaching.alike import versions_note
from footfall_coaching.run import Run
from footfall_coaching.sentence import differences, like_runs
from footfall_dashboards.runner.asking import require_seen, runner_of
from footfall_dashboards.runner.axes import Axis, distances, minutes
from footfall_dashboards.runner.charts import Line, Picture, Point, leg_mark, line_chart
from footfall_dashboards.runner.course import (
    has_way,
    impact_of,
    leg_of,
    lines_of,
    name_of,
    parts_of,
    placement_of,
    sides_of,
    value_of,
)
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.html import link, page, part, said, section, text
from footfall_dashboards.runner.run_charts import label_of, sentence, y_axis
from footfall_dashboards.runner.spoken import Spoken, how_long, speed_of, spoken_to
from footfall_processing.metrics.catalogue import CADENCE, CONTACT_TIME, SPEED, STRIKE_ANGLE, Metric
from footfall_processing.session import Side

MOST_RUNS: Final = 20
"""In one comparison."""
MOST_LIKE: Final = 10
"""Runs like one that it is held against: the latest."""
GROUP_STEP_M: Final = 500.0
"""The course of a group is its mean over parts of this length, or over minutes where the way is not known."""
JOINED: Final = (CADENCE, SPEED)


def routes(diary: Diary, local_now: Callable[[], datetime]) -> list[BaseRoute]:
    """Return the comparison of runs."""

    async def shown(request: Request) -> Response:
        runner = runner_of(request)
        spoken = spoken_to(request, local_now().tzinfo or UTC)
        a, b = await _chosen(request, diary)
        if not a or not b:
            words = "Choose at least two runs in the list, then compare them."
            body = said(words, "lead") + f'<p><a class="button" href="{link("/runs", runner)}">To the runs</a></p>'
            return page("Compare runs", "runs", body, runner=runner, status=200)
        return page("Compare runs", "runs", _body(a, b, spoken), runner=a[0].runner_name)

    return [Route("/runs/compare", shown)]


async def _chosen(request: Request, diary: Diary) -> tuple[list[Run], list[Run]]:
    """Return the two sides: `a` and `b` of the address, or of the chosen `run`s the newest against the others."""
    query = request.query_params
    a = await _runs(request, diary, query.getlist("a"))
    if a and query.get("b") == "like":
        return a, like_runs(a[0], await diary.runs(a[0].runner_name))[:MOST_LIKE]
    b = await _runs(request, diary, query.getlist("b"))
    chosen = await _runs(request, diary, query.getlist("run"))
    if chosen and not a:
        newest = max(chosen, key=lambda run: run.started_utc or datetime.min.replace(tzinfo=UTC))
        a, b = [newest], b or [run for run in chosen if run is not newest]
    return a, b


async def _runs(request: Request, diary: Diary, ids: Sequence[str]) -> list[Run]:
    if len(ids) > MOST_RUNS:
        raise HTTPException(400, f"At most {MOST_RUNS} runs are compared at once. Choose fewer.")
    found = []
    for id in dict.fromkeys(ids):
        run = await diary.run(id)
        if run is None:
            raise HTTPException(404, "One of these runs is not there. It may have been removed for good.")
        await require_seen(request, run.runner_name)
        found.append(run)
    return found


def _body(a: Sequence[Run], b: Sequence[Run], spoken: Spoken) -> str:
    told = differences(b, a, spoken.distance)
    items = "".join(f"<li><b>{text(one.label)}</b> {text(one.words)}</li>" for one in told)
    words = (
        f'<ul class="differences">{items}</ul>' if items else said("Nothing that both have can be compared.", "lead")
    )
    metrics = (impact_of(a[0]), CADENCE, CONTACT_TIME, STRIKE_ANGLE, SPEED)
    by_distance = all(has_way(run) for run in (*a, *b))
    sides = [("a", a), ("b", b)]
    charts = "".join(_charts(metric, sides, spoken, by_distance=by_distance) for metric in metrics)
    return words + said(versions_note((*a, *b))) + _table(a, b, metrics, spoken) + charts


def _charts(metric: Metric, sides: Sequence[tuple[str, Sequence[Run]]], spoken: Spoken, *, by_distance: bool) -> str:
    """Draw a metric of both sides with the same axes."""
    lines = {name: _lines(runs, metric, by_distance=by_distance) for name, runs in sides}
    if not all(lines.values()):
        return ""
    every = [line for own in lines.values() for line in own]
    y = y_axis(metric, every, spoken)
    unit = spoken.unit_m if by_distance else 1.0
    end = max(point.x for line in every for point in line.points) / unit
    x: Axis = distances(spoken.unit, 0.0, end) if by_distance else minutes(0.0, end)
    drawn = []
    for name, runs in sides:
        shown = [_scaled(line, metric, unit) for line in lines[name]]
        who = _who(runs, spoken)
        picture = Picture(
            f"{name}-{metric.name}", f"{label_of(metric)}, {who}", f"{who}. {sentence(metric, lines[name], spoken)}"
        )
        drawn.append(line_chart(picture, shown, x, y))
    return section(label_of(metric), f'<div class="pair">{"".join(drawn)}</div>')


def _lines(runs: Sequence[Run], metric: Metric, *, by_distance: bool) -> list[Line]:
    if len(runs) == 1:
        return lines_of(runs[0], metric, by_distance=by_distance, joined=metric in JOINED)
    held: dict[tuple[str, str], dict[int, list[float]]] = {}
    step = GROUP_STEP_M if by_distance else 60.0
    for run in runs:
        for number, one in enumerate(parts_of(run, (metric,), GROUP_STEP_M if by_distance else None)):
            place = number if by_distance else int(one.begin_s // 60.0)
            for side in sides_of(run):
                value = one.values.get((metric.name, side))
                leg = ("both", "Both legs") if metric in JOINED else (leg_of(side), name_of(side))
                if value is not None:
                    held.setdefault(leg, {}).setdefault(place, []).append(value)
    return [
        Line(leg, name, [Point((place + 0.5) * step, fmean(values)) for place, values in sorted(own.items())])
        for (leg, name), own in held.items()
    ]


def _scaled(line: Line, metric: Metric, unit: float) -> Line:
    points = [
        replace(p, x=p.x / unit, y=p.y if p.y is None or metric is SPEED else metric.shown(p.y)) for p in line.points
    ]
    return replace(line, points=points)


def _who(runs: Sequence[Run], spoken: Spoken) -> str:
    if len(runs) > 1:
        return f"Mean of {len(runs)} runs"
    (run,) = runs
    day = spoken.day(run.started_utc)
    return f"{run.title}, {day}" if run.title else day


def _table(a: Sequence[Run], b: Sequence[Run], metrics: Sequence[Metric], spoken: Spoken) -> str:
    def head(runs: Sequence[Run]) -> str:
        if len(runs) > 1:
            return f"{len(runs)} runs, mean"
        address = link(f"/runs/{part(runs[0].session_id)}", runs[0].runner_name)
        return f'<a href="{address}">{text(_who(runs, spoken))}</a>'

    rows = [
        ("Distance", *(spoken.distance(_mean([run.distance_m for run in side])) for side in (a, b))),
        ("Time in all", *(how_long(fmean(run.duration_s for run in side)) for side in (a, b))),
        ("Pace", *(spoken.pace(_mean([speed_of(run) for run in side])) for side in (a, b))),
    ]
    cells = "".join(
        f'<tr><th scope="row">{name}</th><td>{text(one)}</td><td>{text(other)}</td></tr>' for name, one, other in rows
    )
    for metric in metrics:
        if metric is SPEED or all(placement_of(run, metric) is None for run in (*a, *b)):
            continue
        cells += (
            f'<tr><th scope="row">{label_of(metric)} <small>{spoken.unit_of(metric)}</small></th>'
            f"<td>{_values(a, metric, spoken)}</td><td>{_values(b, metric, spoken)}</td></tr>"
        )
    return (
        '<div class="wide" tabindex="0" role="region" aria-label="Both in numbers"><table class="both-runs"><thead><tr>'
        f'<th scope="col"><span class="unseen">What</span></th><th scope="col">{head(a)}</th>'
        f'<th scope="col">{head(b)}</th></tr></thead><tbody>{cells}</tbody></table></div>'
        + said("As it was run, at whatever speed. Pace is the way over the running time, the rest medians of strides.")
    )


def _values(runs: Sequence[Run], metric: Metric, spoken: Spoken) -> str:
    told = []
    for side in (Side.LEFT, Side.RIGHT, None):
        value = _mean([value_of(run, metric, side) for run in runs if side in sides_of(run)])
        if value is not None:
            leg = leg_of(side)
            told.append(
                f'<span class="{leg}">{leg_mark(leg)}<span class="unseen">{name_of(side)} </span>'
                f"{text(spoken.value(metric, value, with_unit=False))}</span>"
            )
    return " ".join(told) or "–"


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
