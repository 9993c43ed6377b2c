"""Try-out: does this help my knee? What will happen, then block by block, then the result with its chance."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from footfall_coaching.answers import Pain
from footfall_coaching.light import Colour
from footfall_coaching.plan_kept import tests_of
from footfall_coaching.try_out.beforehand import why_not_today
from footfall_coaching.try_out.measured import run_scatter
from footfall_coaching.try_out.plan import Cue, Kind, Plan, across_runs, eight_blocks, ten_blocks
from footfall_coaching.try_out.progress import Progress, Step
from footfall_coaching.try_out.recall import RecallCheck
from footfall_dashboards.access.login import SEE_OTHER
from footfall_dashboards.runner.answers_sent import place_of, place_value
from footfall_dashboards.runner.asking import NOT_YOURS, may_note, noted_form, runner_of
from footfall_dashboards.runner.day import day_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.html import link, page, said
from footfall_dashboards.runner.plan_words import why_link
from footfall_dashboards.runner.questions import place_told
from footfall_dashboards.runner.spoken import Spoken, spoken_to
from footfall_dashboards.runner.try_out_check import check_beforehand, check_result, due_check
from footfall_dashboards.runner.try_out_course import Course, place_in
from footfall_dashboards.runner.try_out_days import days_part
from footfall_dashboards.runner.try_out_parts import (
    MOST_NAME_CHARACTERS,
    PATH,
    USUAL,
    beforehand,
    begun_before,
    now_part,
    opened,
    plan_form,
    result,
    so_far,
)
from footfall_processing.errors import InputError

MARGIN_S: Final = 1.0
"""After the end of a block its page is loaded anew so much later."""

RUNS: Final = {"12": 3, "16": 4}
"""Groups of four runs, by what the form says."""


def routes(diary: Diary, now: Callable[[], datetime]) -> list[Route]:
    """Return the page's routes; `now` gives the moment on the runner's clock."""
    pages = _TryOutPage(diary, now)
    return [
        Route(PATH, pages.answer, methods=["GET", "POST"]),
        Route(f"{PATH}/sealed.txt", pages.sealed),
    ]


class _TryOutPage:
    """Shows a try-out, and takes its steps."""

    def __init__(self, diary: Diary, now: Callable[[], datetime]) -> None:
        self._diary = diary
        self._now = now
        self._course = Course(diary, now)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        runner = runner_of(request)
        if request.method != "POST":
            return await self._shown(request, runner)
        fields = await noted_form(request, runner)
        do = fields.get("do", "")
        try:
            if do in ("begin", "check"):
                plan = plan_in(fields) if do == "begin" else await self._check_plan(runner)
                await self._require_today(request, runner, plan)
                await self._course.begin(runner, plan)
            else:
                progress = await self._course.stands(runner)
                if do == "part" and progress is not None:
                    await self._require_part(request, runner, progress.plan)
                await self._course.take(runner, do, fields)
        except InputError as error:
            words = f"{str(error)[:1].upper()}{str(error)[1:]}."
            return await self._shown(request, runner, words, status=400)
        return RedirectResponse(unescape(link(PATH, runner)), SEE_OTHER)

    async def sealed(self, request: Request) -> Response:
        """Answer with the text that was sealed, once it is opened."""
        progress = await self._course.stands(runner_of(request))
        if progress is None or progress.opening is None:
            raise HTTPException(404, "No seal is opened here.")
        return PlainTextResponse(progress.opening.text)

    async def _shown(self, request: Request, runner: str, trouble: str = "", status: int = 200) -> HTMLResponse:
        progress = await self._course.stands(runner)
        if progress is not None and progress.ended is None:
            return await self._going_on(request, runner, progress, trouble, status)
        given = dict(request.query_params)
        shows = given.get("show")
        body = ""
        if progress is not None and shows is None:
            body = await self._over(runner, progress) + so_far(progress)
        why = why_link("try-out", runner)
        if not may_note(request, runner):
            body += why + said(NOT_YOURS) + _back(runner)
            return page("Try-out", "plan", body, runner=runner, status=status)
        due = await due_check(self._diary, runner, self._now())
        if due is not None:
            why_not = due.why_not(self._now()) or await self._why_not(request, runner, due.plan)
            body = check_beforehand(request, runner, due, self._spoken(request), why_not) + body
            if shows == "check":
                return page(
                    "Check", "plan", said(trouble, "trouble") + body + _back(runner), runner=runner, status=status
                )
        is_again = (progress is not None and shows is None) or due is not None
        body += why
        if shows == "plan" and not trouble:
            try:
                plan = plan_in(given)
            except InputError as error:
                trouble = f"{str(error)[:1].upper()}{str(error)[1:]}."
            else:
                is_again = True
                scatter = run_scatter(await self._diary.runs(runner), self._now()) if plan.kind is Kind.RUNS else None
                why_not = await self._why_not(request, runner, plan)
                body += beforehand(request, runner, plan, given, why_not, scatter)
                body += begun_before(plan, tests_of(await self._diary.plan_events(runner)))
        given = {**await self._usual(runner), **given}
        body += plan_form(runner, given, trouble, is_again=is_again and not trouble) + _back(runner)
        return page("Try-out", "plan", body, runner=runner, status=status)

    async def _over(self, runner: str, progress: Progress) -> str:
        if progress.plan.kind is not Kind.RECALL:
            return result(progress, tests_of(await self._diary.plan_events(runner))[:-1], runner)
        seal = "" if progress.opening is None else opened(progress.opening, runner)
        return check_result(await self._diary.told(runner, RecallCheck.NAME), runner) + seal

    async def _going_on(
        self, request: Request, runner: str, progress: Progress, trouble: str, status: int
    ) -> HTMLResponse:
        stretch = None if progress.plan.kind is Kind.RUNS else self._course.stretch(runner, progress)
        left_s = None if stretch is None else stretch.left_s(self._now())
        headers = {"refresh": f"{left_s + MARGIN_S:.0f}"} if left_s else None
        if not may_note(request, runner):
            now = said(NOT_YOURS)
        elif progress.plan.kind is Kind.RUNS:
            now = await self._today(request, runner, progress)
        else:
            is_asked = progress.plan.kind is Kind.RECALL and progress.step is Step.WARM_UP
            pace = await self._pace(request, runner) if is_asked else ""
            now = now_part(request, runner, progress, stretch, left_s, pace)
        body = said(trouble, "trouble") + now + so_far(progress) + _back(runner)
        title = "Check" if progress.plan.kind is Kind.RECALL else "Try-out"
        return page(title, "plan", body, runner=runner, status=status, headers=headers)

    async def _today(self, request: Request, runner: str, progress: Progress) -> str:
        today, runs, pains = await day_of(request, self._diary, runner, self._now())
        why_not = why_not_today(progress.plan, today.light.colour, None)
        spoken, at = self._spoken(request), place_in(progress)
        return days_part(request, runner, progress, at, runs, pains, spoken, self._now(), why_not)

    async def _pace(self, request: Request, runner: str) -> str:
        due = await due_check(self._diary, runner, self._now())
        return "" if due is None else self._spoken(request).pace(due.state.begun.baseline.speed_mps)

    def _spoken(self, request: Request) -> Spoken:
        return spoken_to(request, self._now().tzinfo or UTC)

    async def _check_plan(self, runner: str) -> Plan:
        due = await due_check(self._diary, runner, self._now())
        why_not = "No check is due today." if due is None else due.why_not(self._now())
        if due is None or why_not:
            raise InputError(why_not.rstrip("."))
        return due.plan

    async def _require_today(self, request: Request, runner: str, plan: Plan) -> None:
        why_not = await self._why_not(request, runner, plan)
        if why_not:
            raise InputError(why_not.rstrip("."))

    async def _require_part(self, request: Request, runner: str, plan: Plan) -> None:
        """Refuse a run of a test on a day that is not for it, and a block on red: what was paused may go on later."""
        if plan.kind is Kind.RUNS:
            await self._require_today(request, runner, plan)
            return
        today, _, _ = await day_of(request, self._diary, runner, self._now())
        if today.light.colour is Colour.RED:
            raise InputError(why_not_today(plan, Colour.RED, None).rstrip("."))

    async def _why_not(self, request: Request, runner: str, plan: Plan) -> str:
        today, runs, _ = await day_of(request, self._diary, runner, self._now())
        dated = [run for run in runs if run.started_utc is not None and not run.is_demo]
        return why_not_today(plan, today.light.colour, dated[0].running_s if dated else None)

    async def _usual(self, runner: str) -> Mapping[str, str]:
        """Return what the form is filled with: the place that hurt last."""
        hurt = next((pain for pain in reversed(await self._diary.pains(runner)) if _is_place(pain)), None)
        place = None if hurt is None else place_told(hurt)
        usual = {"cue": Cue.IMPACT.value, "blocks": USUAL}
        return usual if place is None else usual | {"place": place_value(place)}


def plan_in(fields: Mapping[str, str]) -> Plan:
    """Return the test that a form asks for; `InputError` in words where it can't be."""
    if fields.get("cue") not in list(Cue):
        raise InputError("choose what you want to try")
    cue, name, place = Cue(fields["cue"]), fields.get("name", "").strip(), place_of(fields)
    if place is None:
        raise InputError("choose where it hurts: the test compares the pain of one place")
    if cue is Cue.CONDITION and not name:
        raise InputError("say in a word or two what else you want to try")
    if len(name) > MOST_NAME_CHARACTERS:
        raise InputError(f"say it in {MOST_NAME_CHARACTERS} characters at most")
    how = fields.get("blocks")
    if how in RUNS:
        if cue is not Cue.CONDITION:
            raise InputError(
                "over whole runs only something that you wear can be tried, such as tape or shoes: choose something "
                "else, and say what"
            )
        return across_runs(name, *place, RUNS[how])
    blocks = ten_blocks if how == "10" or (how != "8" and cue is Cue.CONDITION) else eight_blocks
    return blocks(cue, *place, name if cue is Cue.CONDITION else "")


def _is_place(pain: Pain) -> bool:
    return place_told(pain) is not None


def _back(runner: str) -> str:
    return f'<p class="onward"><a href="{link("/plan", runner)}">To the plan</a></p>'
