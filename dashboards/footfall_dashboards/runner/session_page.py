"""The exercises of today, one after the other, with two questions after each; what was told is kept at once."""

from collections.abc import Callable, Mapping
from datetime import datetime
from html import unescape
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from footfall_coaching.exercises.events import Done, ExercisesDone
from footfall_coaching.exercises.exercise import Measure
from footfall_coaching.exercises.session import ExercisesToday, Item, Session
from footfall_dashboards.access.login import SEE_OTHER
from footfall_dashboards.runner.answers_sent import number_of
from footfall_dashboards.runner.asking import NOT_YOURS, may_note, noted_form, runner_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.exercise_page import how_part
from footfall_dashboards.runner.fields import choices, hidden, level_buttons
from footfall_dashboards.runner.html import link, page, said, section, text
from footfall_dashboards.runner.plan_sent import Sent
from footfall_dashboards.runner.plan_words import dose_text, why_link
from footfall_dashboards.runner.planning import Planning, planning_of
from footfall_dashboards.runner.token import token_field
from footfall_processing.errors import InputError

WHOLE_WORDS: Final = {"yes": "As planned", "no": "Less than planned"}
RESERVE_WORDS: Final = {"0": "None", "1": "1", "2": "2", "3": "3", "4": "4 or more"}


def routes(diary: Diary, now: Callable[[], datetime]) -> list[Route]:
    """Return the page's route; `now` gives the moment on the runner's clock."""

    async def session_page(request: Request) -> Response:
        runner = runner_of(request)
        if request.method != "POST":
            return _page(request, await planning_of(request, diary, runner, now()), runner, Sent())
        fields = await noted_form(request, runner)
        planning = await planning_of(request, diary, runner, now())
        session = planning.exercises_of_day
        keys = [] if session is None else [item.exercise.key for item in session.items]
        if fields.get("do") not in keys:
            raise HTTPException(400, "This exercise is not among today’s.")
        try:
            event = _event(fields, planning)
        except InputError as error:
            words = f"{str(error)[:1].upper()}{str(error)[1:]}."
            return _page(request, planning, runner, Sent(fields["do"], fields, words), status=400)
        await diary.note_plan(runner, event)
        return RedirectResponse(unescape(link("/plan/session", runner)), SEE_OTHER)

    return [Route("/plan/session", session_page, methods=["GET", "POST"])]


def _event(fields: Mapping[str, str], planning: Planning) -> ExercisesDone:
    """Return the session of today with one more exercise told, or one told again."""
    pain = number_of(fields, "level", "how much it hurt")
    if pain is None:
        raise InputError("choose how much it hurt, from 0 to 10")
    if fields.get("whole") not in WHOLE_WORDS:
        raise InputError("say whether you did it as planned")
    told = Done(fields["whole"] == "yes", pain, number_of(fields, "reserve", "how many you could have done"))
    before = planning.done_today
    at_utc, done = (planning.now, {}) if before is None else (before.at_utc, dict(before.done))
    return ExercisesDone(at_utc, planning.session_id, {**done, fields["do"]: told})


def _page(request: Request, planning: Planning, runner: str, sent: Sent, status: int = 200) -> HTMLResponse:
    session = planning.exercises_of_day
    back = f'<p class="onward"><a href="{link("/plan", runner)}">To the plan</a></p>'
    if session is None:
        words = [rule.words for rule in planning.plan.rules if isinstance(rule, ExercisesToday)]
        told = words[0] if words else "No exercises are followed. They can be begun on the page Plan."
        return page("Exercises", "plan", said(told, "lead") + back, runner=runner, status=status)
    done = {} if planning.done_today is None else planning.done_today.done
    keys = [item.exercise.key for item in session.items]
    asked = sent.do or request.query_params.get("at", "")
    here = asked if asked in keys else next((key for key in keys if key not in done), "")
    body = said(sent.trouble, "trouble")
    if here:
        number = keys.index(here)
        item = session.items[number]
        body += (
            said(f"{number + 1} of {len(keys)}: {item.exercise.name} ({item.level.name.lower()})", "lead")
            + (_warm_up(session, runner) if not done and number == 0 else "")
            + how_part(item.exercise, item.place, number + 1, "Today")
            + why_link(item.exercise.card, runner)
            + _questions(request, item, done.get(here), runner, sent)
        )
        later = [key for key in keys[number + 1 :] if key not in done]
        if here not in done and later:
            body += (
                f'<p class="onward"><a href="{link("/plan/session", runner, at=later[0])}">Leave it for later</a></p>'
            )
    else:
        body += said("All of today’s exercises are told.", "done")
    body += section("Today’s exercises", f'<ol class="of-day">{_rows(session, done, here, runner)}</ol>', id="all")
    return page("Exercises", "plan", body + back, runner=runner, status=status)


def _warm_up(session: Session, runner: str) -> str:
    rows = "".join(
        f'<li><a href="{link(f"/plan/exercises/{one.key}", runner)}">{text(one.name)}</a></li>'
        for one in session.warm_up
    )
    return f'<div class="warm-up"><p>Warm up first:</p><ul class="lines">{rows}</ul></div>'


def _rows(session: Session, done: Mapping[str, Done], here: str, runner: str) -> str:
    rows = ""
    for item in session.items:
        key = item.exercise.key
        told = f"<small>{text(_told(done[key]))}</small>" if key in done else ""
        mark = ' aria-current="step"' if key == here else ""
        rows += f'<li{mark}><a href="{link("/plan/session", runner, at=key)}">{dose_text(item.words)}</a>{told}</li>'
    return rows


def _told(done: Done) -> str:
    left = "" if done.in_reserve is None else f", {RESERVE_WORDS[str(min(4, done.in_reserve))].lower()} in reserve"
    return f"Told: {WHOLE_WORDS['yes' if done.whole else 'no'].lower()}, pain {done.pain} of 10{left}"


def _questions(request: Request, item: Item, told: Done | None, runner: str, sent: Sent) -> str:
    if not may_note(request, runner):
        return said(NOT_YOURS)
    key = item.exercise.key
    given = sent.given(key) or {"whole": "yes"}
    if told is not None and not sent.given(key):
        given = {"whole": "yes" if told.whole else "no"}
        if told.in_reserve is not None:
            given["reserve"] = str(min(4, told.in_reserve))
    reserve = (
        choices("reserve", "How many more could you have done in the last set?", RESERVE_WORDS, given)
        if item.exercise.measure is Measure.REPETITIONS
        else ""
    )
    return section(
        "How was it?" if told is None else "Tell it again",
        f'<form method="post" action="{link("/plan/session", runner)}">{token_field(request)}{hidden("do", key)}'
        f"{choices('whole', 'How much did you do?', WHOLE_WORDS, given)}{reserve}"
        f"{level_buttons('How much did it hurt? A touch keeps it.')}</form>",
        id="questions",
    )
