"""The plan of a day from what is kept of a runner: events, the log, and the ledger of what was told."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from footfall_coaching.answers import Pain, SignNote
from footfall_coaching.exercises.events import ExercisesDone
from footfall_coaching.exercises.session import Session
from footfall_coaching.ledger import rule_of
from footfall_coaching.message import Message
from footfall_coaching.plan import Plan, plan_of
from footfall_coaching.plan_events import ExerciseEvent, PlanEvent, exercise_events, programme_events, try_outs
from footfall_coaching.programme.afterwards import Found, Reminder
from footfall_coaching.programme.events import Begun
from footfall_coaching.programme.from_log import events_of
from footfall_coaching.programme.state import State, state_of
from footfall_coaching.run import Run
from footfall_coaching.try_out.progress import Progress, kept_progress
from footfall_coaching.try_out.recall import RecallCheck, Verdict, Wanted
from footfall_processing.errors import InputError

FOUND: Final = {
    Verdict.KEPT: Found.KEPT,
    Verdict.RECALLED: Found.RECALLED,
    Verdict.LOST: Found.LOST,
    None: Found.UNSURE,
}

PLANNED_BY: Final = (RecallCheck.NAME, Reminder.NAME)
"""The rules whose messages a plan follows from."""


def plan_from(
    events: Iterable[PlanEvent],
    runs: Iterable[Run],
    pains: Iterable[Pain],
    signs: Iterable[SignNote],
    told: Iterable[Message],
    now: datetime,
) -> Plan:
    """Return the plan of a day; days begin at the midnights of `now`'s zone.

    Parameters
    ----------
    told
        The runner's ledger; the messages of `PLANNED_BY` are enough.
    """
    own, ledger = list(events), list(told)
    kept = programme_events(own)
    begun = max((event.at_utc for event in kept if isinstance(event, Begun) and event.at_utc <= now), default=now)
    found, reminded = checks_found(ledger, begun), last_reminded(ledger, now)
    return plan_of(kept, exercise_events(own), runs, pains, signs, now, found, reminded)


def tests_of(events: Iterable[PlanEvent]) -> list[Progress]:
    """Return where each try-out and check stands, the latest last."""
    return [kept_progress(test) for test in try_outs(events)]


def programme_from(
    events: Iterable[PlanEvent], runs: Iterable[Run], pains: Iterable[Pain], signs: Iterable[SignNote], now: datetime
) -> State | None:
    """Return where the latest programme stands at a moment; `None` where none was begun."""
    zone = now.tzinfo
    assert zone is not None, "days need a zone"
    return state_of(events_of(programme_events(events), runs, pains, signs, now), zone)


def checks_found(told: Iterable[Message], since: datetime) -> dict[int, Found]:
    """Return what each check after a programme found, by its months; one that wants more blocks, or a day, is open."""
    found: dict[int, Found] = {}
    for message in told:
        if message.rule == RecallCheck.NAME and message.told_utc >= since:
            try:
                rule = rule_of(message)
                if isinstance(rule, RecallCheck) and rule.wanted is Wanted.NOTHING:
                    found[rule.month] = FOUND[rule.verdict]
            except (InputError, ArithmeticError, ValueError):
                continue  # the page of what was told says so
    return found


def last_reminded(told: Iterable[Message], now: datetime) -> date | None:
    """Return the day of the last weekly reminder before today, whose own stays all day; `None` for never."""
    days = [one.told_utc.astimezone(now.tzinfo).date() for one in told if one.rule == Reminder.NAME]
    return max((day for day in days if day < now.date()), default=None)


def session_id_on(day: date) -> str:
    """Return under which id the exercises of a day are kept."""
    return f"exercises-{day:%Y%m%d}"


def done_on(events: Iterable[ExerciseEvent], day: date) -> ExercisesDone | None:
    """Return what was told of a day's exercises so far."""
    own = [one for one in events if isinstance(one, ExercisesDone) and one.session_id == session_id_on(day)]
    return own[-1] if own else None


def exercises_of_day(
    events: Sequence[PlanEvent], runs: Iterable[Run], pains: Iterable[Pain], signs: Iterable[SignNote], now: datetime
) -> Session | None:
    """Return today's exercises, also when some of them, or all, are done; `None` on a day without."""
    of_today = done_on(exercise_events(events), now.date())
    before = [one for one in exercise_events(events) if one is not of_today]
    return plan_of([], before, runs, pains, signs, now).exercise_session
