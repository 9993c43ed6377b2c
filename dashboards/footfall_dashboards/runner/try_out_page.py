"""Try-out: does this help my knee? What will happen, then block by block, then the result with its chance."""

from collections.abc import Callable, Mapping
from datetime import datetime
from html import unescape
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from footfall_coaching.answers import Pain
from footfall_coaching.try_out.beforehand import why_not_today
from footfall_coaching.try_out.plan import Cue, Plan, eight_blocks, ten_blocks
from footfall_coaching.try_out.progress import Progress
from footfall_dashboards.access.login import SEE_OTHER
from footfall_dashboards.runner.answers_sent import place_of, place_value
from footfall_dashboards.runner.asking import NOT_YOURS, may_note, noted_form, runner_of
from footfall_dashboards.runner.day import day_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.html import link, page, said
from footfall_dashboards.runner.plan_words import why_link
from footfall_dashboards.runner.questions import place_told
from footfall_dashboards.runner.try_out_course import Course
from footfall_dashboards.runner.try_out_parts import (
    BLOCK_WORDS,
    MOST_NAME_CHARACTERS,
    PATH,
    beforehand,
    now_part,
    plan_form,
    result,
    so_far,
)
from footfall_processing.errors import InputError

MARGIN_S: Final = 1.0
"""After the end of a block its page is loaded anew so much later."""


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
            if do == "begin":
                plan = plan_in(fields)
                why_not = await self._why_not(request, runner, plan)
                if why_not:
                    raise InputError(why_not.rstrip("."))
                await self._course.begin(runner, plan)
            else:
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
            return self._going_on(request, runner, progress, trouble, status)
        body = why_link("try-out", runner)
        given = dict(request.query_params)
        is_again = progress is not None and given.get("show") is None
        if progress is not None and is_again:
            body = result(progress, runner) + so_far(progress) + body
        if not may_note(request, runner):
            return page("Try-out", "plan", body + said(NOT_YOURS) + _back(runner), runner=runner, status=status)
        if given.get("show") == "plan" and not trouble:
            try:
                plan = plan_in(given)
            except InputError as error:
                trouble = f"{str(error)[:1].upper()}{str(error)[1:]}."
            else:
                is_again = True
                body += beforehand(request, runner, plan, given, await self._why_not(request, runner, plan))
        given = {**await self._usual(runner), **given}
        body += plan_form(runner, given, trouble, is_again=is_again and not trouble) + _back(runner)
        return page("Try-out", "plan", body, runner=runner, status=status)

    def _going_on(self, request: Request, runner: str, progress: Progress, trouble: str, status: int) -> HTMLResponse:
        stretch = self._course.stretch(runner, progress)
        left_s = None if stretch is None else stretch.left_s(self._now())
        headers = {"refresh": f"{left_s + MARGIN_S:.0f}"} if left_s else None
        told = said(trouble, "trouble")
        now = now_part(request, runner, progress, stretch, left_s) if may_note(request, runner) else said(NOT_YOURS)
        body = told + now + so_far(progress) + _back(runner)
        return page("Try-out", "plan", body, runner=runner, status=status, headers=headers)

    async def _why_not(self, request: Request, runner: str, plan: Plan) -> str:
        today, runs, _ = await day_of(request, self._diary, runner, self._now())
        dated = [run for run in runs if run.started_utc is not None and not run.is_demo]
        return why_not_today(plan, today.light.colour, dated[0].running_s if dated else None)

    async def _usual(self, runner: str) -> Mapping[str, str]:
        """Return what the form is filled with: the place that hurt last."""
        hurt = next((pain for pain in reversed(await self._diary.pains(runner)) if _is_place(pain)), None)
        place = None if hurt is None else place_told(hurt)
        usual = {"cue": Cue.IMPACT.value, "blocks": next(iter(BLOCK_WORDS))}
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
    blocks = ten_blocks if fields.get("blocks") == "10" else eight_blocks
    return blocks(cue, *place, name if cue is Cue.CONDITION else "")


def _is_place(pain: Pain) -> bool:
    return place_told(pain) is not None


def _back(runner: str) -> str:
    return f'<p class="onward"><a href="{link("/plan", runner)}">To the plan</a></p>'
