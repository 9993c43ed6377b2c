"""What next, and why: today's session, the week, and the next twelve weeks as items for a calendar."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from footfall_coaching.answers import Pain, SignNote
from footfall_coaching.exercises.backward import next_walks
from footfall_coaching.exercises.events import Event as ExerciseEvent
from footfall_coaching.exercises.events import ExercisesBegun, ExercisesDone
from footfall_coaching.exercises.from_log import walks_of
from footfall_coaching.exercises.session import NAMES as TRACK_NAMES
from footfall_coaching.exercises.session import ExercisesToday, Session, exercises_today, next_sessions, session_on
from footfall_coaching.exercises.state import WEEK, WEEKS
from footfall_coaching.exercises.state import State as Exercises
from footfall_coaching.exercises.state import state_of as exercises_of
from footfall_coaching.light import light_of
from footfall_coaching.light_rule import Colour
from footfall_coaching.programme.afterwards import Found, Reminder, checks_after, open_check
from footfall_coaching.programme.events import Kept, LightTold
from footfall_coaching.programme.from_log import JUST_BEFORE, events_of, lights_of, stopped_at
from footfall_coaching.programme.rule import NAMES as PROGRAMME_NAMES
from footfall_coaching.programme.rule import ProgrammeToday, next_days, programme_today
from footfall_coaching.programme.sessions import SessionPlan
from footfall_coaching.programme.state import Hold, State
from footfall_coaching.programme.state import state_of as programme_of
from footfall_coaching.room import Room
from footfall_coaching.run import Run
from footfall_coaching.told import Rule

DAYS_OF_WEEK: Final = 7
AHEAD_DAYS: Final = 84
CHECK_MINUTES: Final = 15
"""Two blocks of three minutes, with the warm-up and a pause."""


class ItemKind(StrEnum):
    """What an item of the plan is."""

    PROGRAMME = "programme"
    EXERCISES = "exercises"
    WALK = "walk"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class PlanItem:
    """Something to do on a day.

    Parameters
    ----------
    key
        The same for the same item, so that a calendar which takes it again shows the newer one.
    minutes
        How long it takes, warm-up included.
    words
        What to do.
    card
        Name of the evidence card that it rests on.
    """

    key: str
    kind: ItemKind
    day: date
    title: str
    minutes: int
    words: str
    card: str


@dataclass(frozen=True, slots=True)
class DayPlan:
    """A day, and what is to be done on it; nothing on a day of rest."""

    day: date
    items: tuple[PlanItem, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What stands on the page.

    Parameters
    ----------
    programme, exercises
        Where each stands; `None` where none was begun.
    session
        The programme's session of today; `None` where there is none.
    exercise_session
        The exercises of today; `None` where there are none.
    rules
        What is told today, each for the ledger: the session, or what holds it and why.
    week
        Today and the six days after.
    ahead
        The next twelve weeks, the earliest first, if all is done and the light stays green.
    """

    programme: State | None
    exercises: Exercises | None
    session: SessionPlan | None
    exercise_session: Session | None
    rules: tuple[Rule, ...]
    week: tuple[DayPlan, ...]
    ahead: tuple[PlanItem, ...]


def plan_of(
    kept: Iterable[Kept],
    exercise_events: Iterable[ExerciseEvent],
    runs: Iterable[Run],
    pains: Iterable[Pain],
    signs: Iterable[SignNote],
    now: datetime,
    found: Mapping[int, Found] | None = None,
    last_reminded: date | None = None,
) -> Plan:
    """Return the plan of a day; days begin at the midnights of `now`'s zone.

    Parameters
    ----------
    kept, exercise_events
        What was kept of programmes and of exercises; lights, pain, landing and walks that a sensor saw follow from the
        log.
    found
        What each check after the programme found, by its months.
    last_reminded
        The day of the last reminder; `None` for never.
    """
    all_runs, all_pains, all_signs = list(runs), list(pains), list(signs)
    zone, today = now.tzinfo, now.date()
    assert zone is not None, "days need a zone"
    known: dict[datetime, Colour] = {}
    programme = programme_of(events_of(kept, all_runs, all_pains, all_signs, now, known), zone)
    exercises = exercises_of(_with_log(exercise_events, all_runs, all_pains, all_signs, now, known), zone)
    results = {} if found is None else found
    rules: list[Rule] = []
    items: list[PlanItem] = []
    session: SessionPlan | None = None
    exercise_session: Session | None = None
    last = today + timedelta(days=AHEAD_DAYS - 1)
    if programme is not None:
        room = Room(programme.begun.baseline.speed_mps, all_runs, now)
        told = programme_today(programme, today, room.minutes_on(today))
        session = told.plan
        rules.append(told)
        if light_of(all_runs, all_pains, all_signs, now).colour not in (Colour.AMBER, Colour.RED):
            rules += _reminder(programme, results, last_reminded, today)
        items += _of_programme(programme, today, last, room, results)
    if exercises is not None:
        of_today = session_on(exercises, today)
        exercise_session = of_today if isinstance(of_today, Session) else None
        rules.append(exercises_today(exercises, today))
        items += _of_exercises(exercises, today, last)
    items.sort(key=lambda item: (item.day, list(ItemKind).index(item.kind)))
    days = [today + timedelta(days=number) for number in range(DAYS_OF_WEEK)]
    week = tuple(DayPlan(day, tuple(item for item in items if item.day == day)) for day in days)
    return Plan(programme, exercises, session, exercise_session, tuple(rules), week, tuple(items))


def _with_log(
    events: Iterable[ExerciseEvent],
    runs: Sequence[Run],
    pains: Sequence[Pain],
    signs: Sequence[SignNote],
    now: datetime,
    known: dict[datetime, Colour],
) -> list[ExerciseEvent]:
    own = [event for event in events if event.at_utc <= now]
    begun = max((event.at_utc for event in own if isinstance(event, ExercisesBegun)), default=None)
    if begun is None:
        return []
    until = min(now, begun.astimezone(now.tzinfo) + WEEKS * WEEK + timedelta(days=1))  # they are over then
    done = [event.at_utc - JUST_BEFORE for event in own if isinstance(event, ExercisesDone)]
    lights = lights_of(begun, runs, pains, signs, until, known=known, also=done)
    if stopped_at(begun.astimezone(now.tzinfo), runs, pains, signs) is not None:
        lights.insert(0, LightTold(begun, Colour.RED))  # begun anew, they wait as long as those that went on
    return [*(event for event in own if event.at_utc >= begun), *lights, *walks_of(begun, runs, now)]


def _reminder(
    state: State, found: Mapping[int, Found], last_reminded: date | None, today: date
) -> tuple[Reminder, ...]:
    if state.over is not Hold.DONE:
        return ()
    last_found = found[max(found)] if found else None
    since = None if last_reminded is None else (today - last_reminded).days
    rule = Reminder(state.begun.kind, last_found, since)
    return (rule,) if rule.words else ()


def _of_programme(state: State, first: date, last: date, room: Room, found: Mapping[int, Found]) -> list[PlanItem]:
    name, card = (
        PROGRAMME_NAMES[state.begun.kind],
        ProgrammeToday(state.begun.kind, state.begun.percent, None, 1, 0).card,
    )
    begun = f"{state.begun.kind.value}-{state.begun_on:%Y%m%d}"
    sessions = [
        PlanItem(
            f"{begun}-{plan.step}",
            ItemKind.PROGRAMME,
            day,
            f"{name}: session {plan.step}",
            plan.warm_up_minutes + plan.minutes,
            f"{plan.words[0].upper()}{plan.words[1:]}.",
            card,
        )
        for day, plan in next_days(state, first, last, room.minutes_on)
    ]
    if state.over is not Hold.DONE or state.over_on is None:
        return sessions
    open_now = open_check(state.over_on, found, first)
    return [
        PlanItem(
            f"{begun}-check-{check.months}",
            ItemKind.CHECK,
            max(first, check.due),
            f"{name}: check",
            CHECK_MINUTES,
            check.words,
            "recall",
        )
        for check in checks_after(state.over_on)
        if check.months not in found and (check == open_now or first < check.due <= last)
    ]


def _of_exercises(state: Exercises, first: date, last: date) -> list[PlanItem]:
    begun, name = f"exercises-{state.begun_on:%Y%m%d}", TRACK_NAMES[state.begun.track]
    card = ExercisesToday(state.begun.track, None, 1).card
    sessions = [
        PlanItem(
            f"{begun}-{day:%Y%m%d}",
            ItemKind.EXERCISES,
            day,
            name,
            session.minutes,
            f"{'; '.join(item.words for item in session.items)}.",
            card,
        )
        for day, session in next_sessions(state, first, last)
    ]
    walks = [
        PlanItem(
            f"{begun}-walk-{day:%Y%m%d}",
            ItemKind.WALK,
            day,
            "Walk backwards",
            minutes,
            f"{minutes} min at a comfortable speed, on a treadmill with a rail or with somebody beside you.",
            "backward-walking",
        )
        for day, minutes in next_walks(state, first, last)
    ]
    return [*sessions, *walks]
