"""Today's part of the plan: the session, or what holds it and why, and the forms to tell that it was done."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from starlette.requests import Request

from footfall_coaching.exercises.backward import walk_minutes_on
from footfall_coaching.exercises.session import ExercisesToday
from footfall_coaching.exercises.state import Hold as ExerciseHold
from footfall_coaching.plan import ItemKind
from footfall_coaching.programme.afterwards import Reminder
from footfall_coaching.programme.rule import ProgrammeToday
from footfall_coaching.programme.state import OVER, Hold
from footfall_coaching.run import Run
from footfall_coaching.told import Rule
from footfall_dashboards.runner.asking import may_note
from footfall_dashboards.runner.fields import choices, hidden
from footfall_dashboards.runner.html import link, section, text
from footfall_dashboards.runner.plan_sent import Sent
from footfall_dashboards.runner.plan_words import aim_words, dose_text, why_link
from footfall_dashboards.runner.planning import Planning
from footfall_dashboards.runner.spoken import Spoken, how_long
from footfall_dashboards.runner.today_page import day_words
from footfall_dashboards.runner.token import token_field

TOLD_WITHIN: Final = timedelta(days=2)
"""How long after a run it can be told that it was a session."""
MOST_MINUTES: Final = 180
ONE_WITHOUT: Final = "none"
"""What the form says of a session without a run in the log."""


def today_parts(request: Request, planning: Planning, spoken: Spoken, runner: str, sent: Sent) -> str:
    """Return what is told of today, of each part of the plan that was begun."""
    rules = planning.plan.rules
    first = [rule for rule in rules if isinstance(rule, ProgrammeToday)]
    others = [rule for rule in rules if not isinstance(rule, ProgrammeToday)]
    programme, beside = (
        "".join(_panel(request, rule, planning, spoken, runner, sent) for rule in part) for part in (first, others)
    )
    return programme + _check(planning, runner) + beside


def _panel(request: Request, rule: Rule, planning: Planning, spoken: Spoken, runner: str, sent: Sent) -> str:
    if isinstance(rule, ProgrammeToday):
        form = _session_told(request, planning, spoken, runner, sent) if may_note(request, runner) else ""
        is_held = rule.hold not in (None, Hold.DONE, Hold.REST)
        words = _words(rule.words, is_held=is_held) + (_pace(planning, spoken) if rule.plan is not None else "")
        return _told("The programme today", words, rule.card, runner, form)
    if isinstance(rule, ExercisesToday):
        below = _exercises_below(request, planning, runner, sent)
        so_far = planning.exercises_so_far
        words = _words(so_far) if so_far else _exercise_words(rule)
        return _told("Exercises today", words, rule.card, runner, below)
    assert isinstance(rule, Reminder)
    return _told("A reminder", _words(rule.words), rule.card, runner)


def _pace(planning: Planning, spoken: Spoken) -> str:
    """Return at which pace a session is run: impact and cadence rise with speed, and the target is for one."""
    state = planning.plan.programme
    if state is None:
        return ""
    return f"<p>{text(aim_words(state, spoken))}</p>"


def _told(title: str, words: str, card: str, runner: str, below: str = "") -> str:
    return section(title, f'<div class="planned">{words}{why_link(card, runner)}{below}</div>')


def _words(words: str, *, is_held: bool = False) -> str:
    return f'<p class="{"held" if is_held else "lead"}">{text(words)}</p>'


def _exercise_words(rule: ExercisesToday) -> str:
    """Return the rule's words, the exercises among them as a list."""
    before, found, after = rule.words.partition(f"{'; '.join(rule.exercises)}.")
    if not rule.exercises or not found:
        return _words(rule.words, is_held=rule.hold is ExerciseHold.RED)
    listed = "".join(f"<li>{dose_text(one)}</li>" for one in rule.exercises)
    return f'{_words(before)}<ul class="lines">{listed}</ul><p>{text(after)}</p>'


def _check(planning: Planning, runner: str) -> str:
    """Return the check that is due, which is no rule's."""
    due = [item for item in planning.plan.week[0].items if item.kind is ItemKind.CHECK]
    to = f'<p><a class="button" href="{link("/plan/try-out", runner, show="check")}">To the check</a></p>'
    return "".join(_told(item.title, _words(item.words), item.card, runner, to) for item in due)


def _exercises_below(request: Request, planning: Planning, runner: str, sent: Sent) -> str:
    parts = ""
    session, done = planning.exercises_of_day, planning.done_today
    if session is not None:
        words = "Do the exercises"
        if done is not None:
            left = [item for item in session.items if item.exercise.key not in done.done]
            words = "Go on with the exercises" if left else "Look at what you told of them"
        parts += f'<p><a class="button" href="{link("/plan/session", runner)}">{words}</a></p>'
    state = planning.plan.exercises
    if state is not None and may_note(request, runner):
        minutes = walk_minutes_on(state, planning.now.date())
        if minutes is not None or sent.do == "walked":
            parts += _walk_told(request, runner, minutes, sent)
    return parts


def _walk_told(request: Request, runner: str, minutes: int | None, sent: Sent) -> str:
    given = sent.given("walked").get("minutes", "" if minutes is None else str(minutes))
    return (
        f"<details{sent.opens('walked')}><summary>Tell that you walked backwards</summary>"
        f'<form method="post" action="{link("/plan", runner)}">{token_field(request)}{hidden("do", "walked")}'
        f"{_minutes('walk-minutes', 'minutes', 'Minutes', given)}"
        "<button>Keep the walk</button></form></details>"
    )


def _session_told(request: Request, planning: Planning, spoken: Spoken, runner: str, sent: Sent) -> str:
    """Return the form that says a session was run; empty where there is neither a session nor a run that was one."""
    state, plan = planning.plan.programme, planning.plan.session
    runs = recent_runs(planning)
    if state is None or state.over in OVER or not (runs or plan):
        return ""
    offered = {run.session_id: _run_words(run, planning, spoken) for run in runs}
    if plan is not None:
        offered[ONE_WITHOUT] = "Today, without sensors"
    usual = next(iter(offered))
    given = sent.given("ran") or {
        "run": usual,
        "minutes": "" if plan is None else str(plan.minutes),
        "cued": "" if plan is None else f"{plan.cued_minutes:.0f}",
    }
    return (
        f"<details{sent.opens('ran')}><summary>Tell that you ran a session</summary>"
        f'<form method="post" action="{link("/plan", runner)}">{token_field(request)}{hidden("do", "ran")}'
        f"{choices('run', 'Which run was it?', offered, given)}"
        f"{_minutes('ran-minutes', 'minutes', 'Minutes of running, without the warm-up', given.get('minutes', ''))}"
        f"{_minutes('ran-cued', 'cued', 'Minutes of them with the sound on', given.get('cued', ''))}"
        "<button>Keep the session</button></form></details>"
    )


def recent_runs(planning: Planning) -> Sequence[Run]:
    """Return the runs that can be told to have been a session: of the last two days, and since the programme began."""
    state = planning.plan.programme
    if state is None:
        return []
    since = max(state.begun.at_utc, planning.now - TOLD_WITHIN)
    return [
        run
        for run in planning.runs
        if run.started_utc is not None and since < run.started_utc <= planning.now and not run.is_demo
    ]


def _run_words(run: Run, planning: Planning, spoken: Spoken) -> str:
    assert run.started_utc is not None
    started = run.started_utc.astimezone(planning.now.tzinfo)
    known = "" if run.distance_m is None else f"{spoken.distance(run.distance_m)} in "
    return f"{day_words(started, planning.now)}, {started:%H:%M}: {known}{how_long(run.running_s)}"


def _minutes(id: str, name: str, label: str, value: str) -> str:
    return (
        f'<label for="{id}">{label}</label><input id="{id}" name="{name}" type="number" inputmode="numeric" min="0" '
        f'max="{MOST_MINUTES}" required autocomplete="off" value="{text(value)}">'
    )
