"""Today: may I run, and how far."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from footfall_coaching.answers import Pain, Phase
from footfall_coaching.counted import counted
from footfall_coaching.ledger import told_again
from footfall_coaching.load import Ceiling
from footfall_coaching.message import Message
from footfall_coaching.programme.rule import ProgrammeToday
from footfall_coaching.run import Run
from footfall_coaching.today import Question
from footfall_dashboards.runner.answers_sent import PHASE_WORDS, place_value, place_words
from footfall_dashboards.runner.asking import may_note, runner_of
from footfall_dashboards.runner.calendar_part import calendar_part
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.fields import hidden, level_buttons
from footfall_dashboards.runner.html import link, page, part, said, section, text
from footfall_dashboards.runner.lamps import light_panel
from footfall_dashboards.runner.planning import Planning, planning_of
from footfall_dashboards.runner.questions import place_told
from footfall_dashboards.runner.spoken import Spoken, spoken_to
from footfall_dashboards.runner.token import token_field
from footfall_dashboards.runner.told_page import way_to as way_to_told

STALE: Final = timedelta(days=7)
"""Without a run for longer than this, the page says so."""


def routes(diary: Diary, now: Callable[[], datetime]) -> list[Route]:
    """Return the page's route; `now` gives the moment on the runner's clock."""

    async def today_page(request: Request) -> HTMLResponse:
        runner, moment = runner_of(request), now()
        planning = await planning_of(request, diary, runner, moment)
        today, runs, pains = planning.today, planning.runs, planning.pains
        spoken = spoken_to(request, moment.tzinfo or UTC)
        body = (
            light_panel(today.light, runs)
            + ceiling_panel(today.ceiling, spoken, runner)
            + _plan(planning, runner)
            + _messages(today.messages, spoken)
            + _questions(request, today.questions, runs, pains, runner)
            + _last_run(runs, spoken, moment, runner)
            + way_to_told(runner)
            + calendar_part(request, runner)
        )
        return page("Today", "today", body, runner=runner)

    return [Route("/today", today_page)]


def ceiling_panel(ceiling: Ceiling, spoken: Spoken, runner: str) -> str:
    """Return the longest run for today, in large, and where it comes from; or that it is none, or not known."""
    longest = ""
    if ceiling.longest_session_id:
        to = link(f"/runs/{part(ceiling.longest_session_id)}", runner)
        longest = f' <a href="{to}">That run</a>'
    number = "Unknown" if ceiling.limit_m is None else spoken.distance(ceiling.limit_m)
    number = "No run" if ceiling.is_stop else number
    return (
        '<section class="ceiling" aria-labelledby="ceiling"><h2 id="ceiling">Ceiling for today’s run</h2>'
        f'<p class="number{" none" if ceiling.limit_m is None else ""}">{escape(number)}</p>'
        f"<p>{text(ceiling.told(spoken.distance))}{longest}</p></section>\n"
    )


def _plan(planning: Planning, runner: str) -> str:
    """Return what the plan has for today, in its words, and the way there; empty where nothing is followed."""
    if not (planning.follows_programme or planning.follows_exercises):
        return ""
    rows = "".join(f"<li>{text(item.title)}, {item.minutes} min</li>" for item in planning.plan.week[0].items)
    held = [rule.words for rule in planning.plan.rules if isinstance(rule, ProgrammeToday) and rule.hold is not None]
    so_far = planning.exercises_so_far
    rows += f"<li>{text(so_far)}</li>" if so_far else ""
    told = f'<ul class="lines">{rows}</ul>' if rows else said(held[0] if held else "Nothing is planned for today.", "")
    return section(
        "Today’s part of the plan", told, f'<p><a class="button" href="{link("/plan", runner)}">To the plan</a></p>'
    )


def _messages(messages: Sequence[Message], spoken: Spoken) -> str:
    return "".join(f'<p class="message">{text(told_again(message, spoken.way))}</p>\n' for message in messages)


def _questions(
    request: Request, asked: Sequence[Question], runs: Sequence[Run], pains: Sequence[Pain], runner: str
) -> str:
    if not may_note(request, runner):
        return ""
    by_id = {run.session_id: run for run in runs}
    return "".join(
        _morning(request, by_id[one.session_id], pains, runner)
        if one.phase is Phase.MORNING
        else _after(by_id[one.session_id], one.phase, runner)
        for one in asked
        if one.session_id in by_id
    )


def _morning(request: Request, run: Run, pains: Sequence[Pain], runner: str) -> str:
    own = [pain for pain in pains if pain.session_id == run.session_id and pain.level > 0]
    worst = max(own, key=lambda pain: pain.level, default=None)
    place = None if worst is None else place_told(worst)
    start = f'<form method="post" action="{link("/log", runner)}">{token_field(request)}'
    sent = f"{hidden('do', 'pain')}{hidden('run', run.session_id)}{hidden('phase', Phase.MORNING.value)}"
    back = hidden("back", "/today")
    if place is None:
        answer = (
            f"{start}{sent}{back}{hidden('place', 'nowhere')}"
            f'<button name="level" value="0">Nothing hurts</button></form>'
            f'<p><a class="button second" href="{link("/log", runner, phase="morning")}">Something hurts</a></p>'
        )
    else:
        legend = f"Pain of the {place_words(place)} this morning"
        answer = f"{start}{sent}{back}{hidden('place', place_value(place))}{level_buttons(legend)}</form>"
    return section("This morning, after your run", answer, id="morning")


def _after(run: Run, phase: Phase, runner: str) -> str:
    to = f"{link(f'/runs/{part(run.session_id)}', runner)}#questions"
    return section(
        "Three questions are open",
        f"<p>How was it {PHASE_WORDS[phase]}?</p>",
        f'<p><a class="button" href="{to}">Answer them</a></p>',
    )


def _last_run(runs: Sequence[Run], spoken: Spoken, now: datetime, runner: str) -> str:
    real = counted(runs)
    if not real:
        return section(
            "No run yet",
            said(
                "No run is in the log. Start with footfall live on the computer that your sensors are paired with, "
                "or bring in what you have with footfall add FILE."
            ),
            f'<p>What hurts can be told without a run (<a href="{link("/log", runner)}">Log</a>), and exercises can '
            f'begin (<a href="{link("/plan", runner)}">Plan</a>).</p>',
        )
    started, last = real[-1]
    ago = now - started
    stale = said(f"No run for {ago.days} days; what stands here is from then.") if ago > STALE else ""
    to = link(f"/runs/{part(last.session_id)}", runner)
    what = spoken.went(last)
    when = day_words(started.astimezone(now.tzinfo), now)
    return section("Last run", stale, f'<p><a class="button" href="{to}">{text(f"{when}: {what}")}</a></p>')


def day_words(when: datetime, now: datetime) -> str:
    """Return a day, both moments being on the runner's clock: Today, Yesterday, a weekday within a week, or a date."""
    days = (now.date() - when.date()).days
    if days in (0, 1):
        return ("Today", "Yesterday")[days]
    if 1 < days < 7:
        return f"{when:%A}"
    return f"{when:%a} {when.day} {when:%b}" + ("" if when.year == now.year else f" {when.year}")
