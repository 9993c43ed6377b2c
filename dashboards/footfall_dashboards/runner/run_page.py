"""Run: where did it change, and can I believe it? One run from its sentence to its sensors."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from footfall_coaching.answers import Pain
from footfall_coaching.light import Light, light_of_run
from footfall_coaching.run import Run
from footfall_coaching.sentence import like_runs, sentence_of
from footfall_dashboards.runner import run_forms
from footfall_dashboards.runner.asking import require_seen
from footfall_dashboards.runner.compare_page import MOST_LIKE
from footfall_dashboards.runner.course import has_way, impact_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.downloads import downloads
from footfall_dashboards.runner.html import link, page, part, said, section, text
from footfall_dashboards.runner.questions import questions
from footfall_dashboards.runner.run_charts import COURSES, View, course_chart, ends_of, heart_chart
from footfall_dashboards.runner.run_parts import doubts, facts, numbers, phases, sensors_part, splits_table
from footfall_dashboards.runner.runs_page import light_mark
from footfall_dashboards.runner.shelf import BareShelf, Shelf, Worn
from footfall_dashboards.runner.spoken import Spoken, spoken_to
from footfall_dashboards.runner.watch_words import is_alone
from footfall_processing.plain_number import plain_number

MOST_CHOICES: Final = 6
"""Stretches that are offered to look at more closely."""
GONE: Final = "There is no such run. It may have been removed for good."


def routes(diary: Diary, local_now: Callable[[], datetime], shelf: Shelf | None = None) -> list[BaseRoute]:
    """Return the page of a run, and what its forms change."""
    sensors = BareShelf() if shelf is None else shelf

    async def shown(request: Request) -> Response:
        run = await diary.run(request.path_params["id"])
        if run is None:
            raise HTTPException(404, GONE)
        await require_seen(request, run.runner_name)
        runs = await diary.runs(run.runner_name)
        spoken = spoken_to(request, local_now().tzinfo or UTC)
        pains, signs = await diary.pains(run.runner_name), await diary.signs(run.runner_name)
        efforts = await diary.efforts(run.runner_name)
        is_binned = not any(one.session_id == run.session_id for one in runs)
        asked = "" if is_binned else questions(request, run, pains, efforts, signs)
        body = _body(
            request,
            run,
            runs,
            spoken,
            closer=await diary.closer(run),
            light="" if run.is_demo or not run.is_run else _light(light_of_run(run, pains, signs)),
            asked=_asked(run, pains, asked),
            worn=await sensors.worn(run.session_id),
            forms=await run_forms.forms(request, diary, run, is_binned=is_binned, spoken=spoken),
            is_binned=is_binned,
        )
        return page(spoken.title(run), "runs", body, runner=run.runner_name)

    return [Route("/runs/{id}", shown), *run_forms.routes(diary, local_now)]


def _light(light: Light) -> str:
    see = said(light.see_somebody, "doubtful") if light.see_somebody else ""
    return f'<p class="light-line">{light_mark(light)} {text(light.reason)}</p>{see}'


def _asked(run: Run, pains: Sequence[Pain], form: str) -> str:
    """Return the questions, open until they are answered."""
    if not form:
        return ""
    is_told = any(pain.session_id == run.session_id for pain in pains)
    words = "What you told of it" if is_told else "How was it?"
    return f'<details class="asked"{"" if is_told else " open"}><summary>{words}</summary>{form}</details>'


def view_of(request: Request, run: Run, spoken: Spoken) -> View:
    """Return what the address asks to look at; from and to are minutes, or kilometres or miles."""
    query = request.query_params
    by_distance = has_way(run) and query.get("by") != "time"
    unit = spoken.unit_m if by_distance else 60.0
    begin, end = _number(query.get("from", "")), _number(query.get("to", ""))
    if begin is not None and end is not None and end <= begin:
        begin = end = None
    return View(by_distance, None if begin is None else begin * unit, None if end is None else end * unit)


def _number(given: str) -> float | None:
    value = plain_number(given)
    return value if value is not None and 0.0 <= value < 1e5 else None


def _body(
    request: Request,
    run: Run,
    runs: Sequence[Run],
    spoken: Spoken,
    *,
    closer: Run,
    light: str,
    asked: str,
    worn: Sequence[Worn],
    forms: run_forms.Forms,
    is_binned: bool,
) -> str:
    view = view_of(request, run, spoken)
    top = []
    if is_binned:
        top.append(said("This run lies in the bin: it counts nowhere.", "trouble") + forms.back)
    if run.is_demo:
        top.append(said("A demo: it counts in no sum, and no advice is made of it."))
    top.append(said(sentence_of(run, runs, closer), "lead"))
    top += [said(f"{one}", "doubtful") for one in doubts(run)]
    impact = course_chart(closer, impact_of(run), view, spoken, id="impact")
    top.append(
        impact or ("" if is_alone(run) or not run.is_run else said("No course of impact: too few strides carry one."))
    )
    top.append((_zoom(run, view, spoken) if run.is_run else "") + phases(run))
    others = [*(course_chart(closer, metric, view, spoken) for metric in COURSES), heart_chart(run, view, spoken)]
    splits = splits_table(run, view, spoken)
    first = [*top, asked, light, facts(run, spoken)]
    then = [
        section("How it went on", *others) if any(others) else "",
        section("Splits", splits, id="splits") if splits else "",
    ]
    measured = numbers(run, spoken)
    last = [
        section(
            "Numbers",
            said("Medians of all running strides of a leg. Open one for what it is and how far it may be off."),
            measured,
        )
        if measured
        else "",
        sensors_part(run, worn),
    ]
    columns = (("first", first), ("then", then), ("last", last))
    drawn = "".join(f'<div class="{name}">{"".join(parts)}</div>' for name, parts in columns)
    below = [_beside(run, runs), downloads(run), forms.changes, _neighbours(run, runs, spoken)]
    return f'<div class="two">{drawn}</div>{"".join(below)}'


def _zoom(run: Run, view: View, spoken: Spoken) -> str:
    """Return links and a form that show a part of the run, and along what it is drawn."""
    path, runner = f"/runs/{part(run.session_id)}", run.runner_name
    by = "" if view.by_distance or not has_way(run) else "time"
    whole = ends_of(run, View(view.by_distance))
    unit, name = (spoken.unit_m, spoken.unit) if view.by_distance else (60.0, "min")
    length = (whole[1] - whole[0]) / unit
    step = next((s for s in (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0) if length / s <= MOST_CHOICES), 120.0)
    choices = []
    if length > step:
        number = 0
        while number * step < length - 0.05 * step:
            begin, end = number * step, min((number + 1) * step, length)
            here = view.begin is not None and abs(view.begin / unit - begin) < 0.01
            current = ' aria-current="true"' if here else ""
            address = link(path, runner, by=by, **{"from": f"{begin:g}", "to": f"{end:.2f}".rstrip("0").rstrip(".")})
            choices.append(f'<a href="{address}#impact"{current}>{begin:g}–{end:.3g}</a>')
            number += 1
    if not view.is_whole:
        choices.append(f'<a href="{link(path, runner, by=by)}#impact">Whole run</a>')
    hidden = "".join(
        f'<input type="hidden" name="{key}" value="{escape(value)}">'
        for key, value in (("runner", runner), ("by", by))
        if value
    )
    shown = ends_of(run, view)
    field = '<input name="{0}" id="{0}" inputmode="decimal" size="4" value="{1:.4g}">'
    form = (
        f'<form class="zoom" method="get" action="{path}#impact">{hidden}<label for="from">From</label>'
        f'{field.format("from", shown[0] / unit)}<label for="to">to</label>{field.format("to", shown[1] / unit)}'
        f"<span>{name}</span><button>Show</button></form>"
    )
    other = ""
    if has_way(run):
        way, words = ("time", "By time") if view.by_distance else ("", "By distance")
        other = f'<a href="{link(path, runner, by=way)}#impact">{words}</a>'
    links = f'<p class="choices">{name}: {" ".join(choices)}</p>' if choices else ""
    return (
        f'<details class="closer"{"" if view.is_whole else " open"}><summary>Look closer, or along '
        f"{'time' if view.by_distance else 'the way'}</summary>{links}{form}<p>{other}</p></details>"
    )


def _beside(run: Run, runs: Sequence[Run]) -> str:
    like = like_runs(run, runs)[:MOST_LIKE]
    if run.is_demo or not like:
        return ""
    address = link("/runs/compare", run.runner_name, a=run.session_id, b="like")
    many = "1 run" if len(like) == 1 else f"{len(like)} runs"
    return f'<p><a class="button" href="{address}">Beside {many} like it</a></p>'


def _neighbours(run: Run, runs: Sequence[Run], spoken: Spoken) -> str:
    own = [one for one in runs if not one.is_demo]
    places = [number for number, one in enumerate(own) if one.session_id == run.session_id]
    if not places:
        return ""
    (place,) = places

    def to(number: int, rel: str, words: str) -> str:
        if not 0 <= number < len(own):
            return "<span></span>"
        other = own[number]
        address = link(f"/runs/{part(other.session_id)}", run.runner_name)
        return f'<a rel="{rel}" href="{address}">{words} <small>{text(spoken.title(other))}</small></a>'

    before, after = to(place + 1, "prev", "← The run before"), to(place - 1, "next", "The run after →")
    return f'<nav class="paging" aria-label="Other runs">{before}{after}</nav>'
