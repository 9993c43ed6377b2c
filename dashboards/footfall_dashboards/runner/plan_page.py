"""Plan: what next, and why: today's part, the week, how it goes, and what can be begun."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from footfall_coaching.counted import counted
from footfall_coaching.light import Colour
from footfall_coaching.run import Run
from footfall_coaching.try_out.plan import Kind
from footfall_dashboards.access.login import SEE_OTHER
from footfall_dashboards.runner.asking import noted_form, runner_of
from footfall_dashboards.runner.calendar_part import calendar_part
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.html import link, page, part, said, section, text
from footfall_dashboards.runner.lamps import light_panel
from footfall_dashboards.runner.plan_ahead import week, weeks_ahead
from footfall_dashboards.runner.plan_choices import begin, stop
from footfall_dashboards.runner.plan_keep import DONE, event_of
from footfall_dashboards.runner.plan_progress import checks_told, progress
from footfall_dashboards.runner.plan_sent import Sent
from footfall_dashboards.runner.plan_today import today_parts
from footfall_dashboards.runner.planning import Planning, planning_of
from footfall_dashboards.runner.spoken import Spoken, spoken_to
from footfall_dashboards.runner.today_page import ceiling_panel
from footfall_dashboards.runner.try_out_parts import PART_WORDS
from footfall_processing.errors import InputError

WEEKS: Final = 6


def routes(diary: Diary, now: Callable[[], datetime]) -> list[Route]:
    """Return the page's route; `now` gives the moment on the runner's clock."""

    async def plan_page(request: Request) -> Response:
        if request.method == "POST":
            return await kept(request)
        return await shown(request, Sent())

    async def kept(request: Request) -> Response:
        runner = runner_of(request)
        fields = await noted_form(request, runner)
        do = fields.get("do", "")
        if do not in DONE or do == "session":
            raise HTTPException(400, "This is no form of the plan.")
        planning = await planning_of(request, diary, runner, now())
        try:
            event = event_of(do, fields, planning)
        except InputError as error:
            words = f"{str(error)[:1].upper()}{str(error)[1:]}."
            return await shown(request, Sent(do, fields, words), status=400)
        await diary.note_plan(runner, event)
        return RedirectResponse(unescape(link("/plan", runner, done=do)), SEE_OTHER)

    async def shown(request: Request, sent: Sent, status: int = 200) -> HTMLResponse:
        runner, moment = runner_of(request), now()
        planning = await planning_of(request, diary, runner, moment)
        plan, spoken, today = planning.plan, spoken_to(request, moment.tzinfo or UTC), moment.date()
        followed = today_parts(request, planning, spoken, runner, sent)
        offered = begin(request, planning, runner, sent)
        light, is_red = light_panel(planning.today.light, planning.runs), planning.today.light.colour is Colour.RED
        body = (
            said(DONE.get(request.query_params.get("done", ""), ""), "done")
            + said(sent.trouble, "trouble")
            + (light if is_red else "")
            + _try_out_goes_on(planning, runner)
            + (followed or offered)
            + (week(plan, today, runner) + weeks_ahead(plan, today) if plan.ahead else "")
            + progress(plan, planning.runs, checks_told(planning.told, plan), planning.courses)
            + ("" if is_red else light)
            + ceiling_panel(planning.today.ceiling, spoken, runner)
            + (offered if followed else "")
            + _behind(planning.runs, spoken, moment, runner)
            + calendar_part(request, runner)
            + f'<p class="onward"><a href="{link("/plan/try-out", runner)}">{_try_out_words(planning)}</a></p>'
            + f'<p class="onward"><a href="{link("/plan/cards", runner)}">What is known of all this: the cards</a></p>'
            + stop(request, planning, runner, sent)
        )
        return page("Plan", "plan", body, runner=runner, status=status)

    return [Route("/plan", plan_page, methods=["GET", "POST"])]


def _try_out_goes_on(planning: Planning, runner: str) -> str:
    progress = planning.try_out
    if progress is None or progress.ended is not None:
        return ""
    part = PART_WORDS[progress.plan.kind][0]
    told = said(f"{len(progress.parts)} of {progress.plan.parts} {part}s are over.", "lead")
    to = f'<p><a class="button" href="{link("/plan/try-out", runner)}">Go on with it</a></p>'
    title = "A check goes on" if progress.plan.kind is Kind.RECALL else "A try-out goes on"
    return section(title, f'<div class="planned">{told}{to}</div>')


def _try_out_words(planning: Planning) -> str:
    progress = planning.try_out
    if progress is None or progress.ended is None:
        return "Try-out: does a change help my knee?"
    return f"What came of your last {'check' if progress.plan.kind is Kind.RECALL else 'try-out'}"


def _behind(runs: Sequence[Run], spoken: Spoken, now: datetime, runner: str) -> str:
    return _week(runs, spoken, now, runner) + _weeks(runs, spoken, now) if runs else ""


def _days(runs: Sequence[Run], now: datetime) -> list[tuple[date, Run]]:
    return [(started.astimezone(now.tzinfo).date(), run) for started, run in reversed(counted(runs))]


def _week(runs: Sequence[Run], spoken: Spoken, now: datetime, runner: str) -> str:
    own_days = _days(runs, now)
    rows = []
    for days in range(7):
        day = now.date() - timedelta(days=days)
        own = [run for when, run in own_days if when == day]
        ran = ", ".join(
            f'<a href="{link(f"/runs/{part(run.session_id)}", runner)}">{text(spoken.went(run))}</a>' for run in own
        )
        rows.append(f'<tr><th scope="row">{day:%A}</th><td>{ran or "–"}</td></tr>')
    return section("The week behind", f'<table class="week"><tbody>{"".join(rows)}</tbody></table>')


def _weeks(runs: Sequence[Run], spoken: Spoken, now: datetime) -> str:
    own_days = _days(runs, now)
    monday = now.date() - timedelta(days=now.weekday())
    rows = []
    for number in range(WEEKS):
        begin = monday - timedelta(days=7 * number)
        own = [run for when, run in own_days if begin <= when < begin + timedelta(days=7)]
        known = [run.distance_m for run in own if run.distance_m is not None]
        unknown = len(own) - len(known)
        whole = spoken.distance(sum(known)) if known else "–"
        more = f"<small>and {unknown} of unknown distance</small>" if unknown else ""
        longest = spoken.distance(max(known)) if known else "–"
        name = "This week" if number == 0 else f"{begin:%a} {begin.day} {begin:%b}"
        rows.append(
            f'<tr><th scope="row">{name}</th><td>{len(own) or "–"}</td><td>{whole}{more}</td><td>{longest}</td></tr>'
        )
    head = (
        '<tr><th scope="col">Week from</th><th scope="col">Runs</th><th scope="col">Run in all</th>'
        '<th scope="col">Longest</th></tr>'
    )
    return section("The weeks behind", f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>")
