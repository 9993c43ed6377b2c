"""What the pages of the plan read of a runner, sorted by what it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from footfall_coaching.answers import Pain, SignNote
from footfall_coaching.course import Courses
from footfall_coaching.exercises.events import ExercisesDone
from footfall_coaching.exercises.session import Session
from footfall_coaching.message import Message
from footfall_coaching.plan import Plan
from footfall_coaching.plan_events import PlanEvent, exercise_events, try_outs
from footfall_coaching.plan_kept import PLANNED_BY, done_on, exercises_of_day, plan_from, session_id_on
from footfall_coaching.programme.events import Ran
from footfall_coaching.programme.sessions import SessionPlan
from footfall_coaching.programme.state import OVER
from footfall_coaching.run import Run
from footfall_coaching.today import Today
from footfall_coaching.told import message_of
from footfall_coaching.try_out.progress import Progress, kept_progress
from footfall_dashboards.runner.asking import may_note
from footfall_dashboards.runner.day import day_of
from footfall_dashboards.runner.diary import Diary


@dataclass(frozen=True, slots=True)
class Planning:
    """A runner's day, and the plan for it.

    Parameters
    ----------
    now
        On the runner's clock.
    events
        What was told of programmes, exercises and try-outs, in the order in which it was told.
    told
        What of the ledger plans follow from, as it stood before this day's plan was told.
    try_out
        Where the latest one, or check, stands.
    courses
        Where courses of runs are kept that are asked for again.
    """

    now: datetime
    today: Today
    runs: Sequence[Run]
    pains: Sequence[Pain]
    signs: Sequence[SignNote]
    events: Sequence[PlanEvent]
    told: Sequence[Message]
    plan: Plan
    try_out: Progress | None
    courses: Courses

    @property
    def follows_programme(self) -> bool:
        """Whether a programme was begun that is not over."""
        state = self.plan.programme
        return state is not None and state.hold_on(self.now.date()) not in OVER

    @property
    def follows_exercises(self) -> bool:
        """Whether a plan of exercises was begun that is not over."""
        state = self.plan.exercises
        return state is not None and state.over is None and self.now.date() < state.ends_on

    @property
    def session_id(self) -> str:
        """Under which the exercises of today are kept."""
        return session_id_on(self.now.date())

    @property
    def done_today(self) -> ExercisesDone | None:
        """What was told of today's exercises so far."""
        return done_on(exercise_events(self.events), self.now.date())

    @property
    def exercises_of_day(self) -> Session | None:
        """Today's exercises, also when some of them, or all, are done; `None` on a day without."""
        if self.done_today is None:
            return self.plan.exercise_session
        return exercises_of_day(self.events, self.runs, self.pains, self.signs, self.now)

    def planned_minutes(self, moment: datetime, session_id: str) -> float | None:
        """Return how long the programme's session was to be at a moment, with nothing told of this one yet.

        Where the ceiling left no room for one, it is what the session would have been: less is none. `None` where there
        was none for another reason.
        """
        events = [one for one in self.events if not (isinstance(one, Ran) and one.session_id == session_id)]
        plan = plan_from(events, self.runs, self.pains, self.signs, self.told, moment)
        free = None if plan.programme is None else plan.programme.plan_on(moment.date())
        session = free if plan.session is None else plan.session
        return float(session.minutes) if isinstance(session, SessionPlan) else None

    @property
    def exercises_so_far(self) -> str:
        """How far a session of today is that was begun and is not whole; empty without one."""
        session, done = self.exercises_of_day, self.done_today
        if session is None or done is None:
            return ""
        keys = [item.exercise.key for item in session.items]
        told = sum(key in done.done for key in keys)
        return "" if told == len(keys) else f"{told} of {len(keys)} exercises are told of today."


async def planning_of(request: Request, diary: Diary, runner: str, now: datetime) -> Planning:
    """Read a runner's day and plan, and keep in the ledger what the runner is told."""
    today, runs, pains = await day_of(request, diary, runner, now)
    signs, events, told = (
        await diary.signs(runner),
        await diary.plan_events(runner),
        await diary.told(runner, *PLANNED_BY),
    )
    plan = plan_from(events, runs, pains, signs, told, now)
    if plan.rules and may_note(request, runner):
        await diary.tell(*(message_of(rule, runner, "", now) for rule in plan.rules))
    return Planning(now, today, runs, pains, signs, events, told, plan, stands_of(events), diary.courses)


def stands_of(events: Sequence[PlanEvent]) -> Progress | None:
    """Return where the latest try-out or check stands; `None` where none was begun."""
    tests = try_outs(events)
    return kept_progress(tests[-1]) if tests else None
