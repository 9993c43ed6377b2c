"""A made-up runner who follows a plan: runs, tells how it felt, exercises, tests; all kept as a real runner's is.

What the runner does is up to the story (`story`); what comes of it is up to the rules, as for anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from footfall_coaching.answers import Effort, Pain, PainSite, Phase
from footfall_coaching.check_kept import CUES, check_due, check_of, is_clear
from footfall_coaching.exercises.events import Done, ExercisesBegun, ExercisesDone, ExercisesGivenUp, WalkedBackwards
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.exercises.session import Session
from footfall_coaching.plan import Plan
from footfall_coaching.plan_events import PlanEvent, try_outs
from footfall_coaching.plan_kept import PLANNED_BY, checks_found, session_id_on
from footfall_coaching.programme.beginning import NotYet, beginning_of
from footfall_coaching.programme.events import GivenUp, Ran
from footfall_coaching.programme.kind import ProgrammeKind
from footfall_coaching.programme.sessions import WARM_UP_MINUTES
from footfall_coaching.told import message_of
from footfall_coaching.try_out.events import (
    AnyEvent,
    Begun,
    Ended,
    Opened,
    PainTold,
    PartBegun,
    PartDone,
    WarmedUp,
    Why,
)
from footfall_coaching.try_out.plan import Plan as TestPlan
from footfall_coaching.try_out.plan import recall_check
from footfall_coaching.try_out.progress import Progress, Step, after, progress_of
from footfall_coaching.try_out.recall import RecallCheck
from footfall_coaching.try_out.seal import draw
from footfall_gateway.store.database import Store
from footfall_gateway.store.programmes import tell_programme
from footfall_gateway.store.standing import plan_for
from footfall_gateway.virtual.made_up_sessions import keep_months, keep_runs
from footfall_gateway.virtual.months import WEEKS, Form, Months, made_up_months, made_up_run
from footfall_processing.errors import InputError
from footfall_processing.session import Side

EASY_MINUTES: Final = 15.0
SPEED_MPS: Final = 2.875
OWN: Final = Form(left_g=8.8, right_g=8.1, cadence_spm=163.0, left_rises_by=0.0)
KNEE: Final = (PainSite.KNEE, Side.LEFT)
CALF: Final = (PainSite.CALF, Side.RIGHT)
Place = tuple[PainSite, Side]


@dataclass(frozen=True, slots=True)
class Scene:
    """A moment of what is played.

    Parameters
    ----------
    at
        When it is, on the runner's clock.
    words
        What happens.
    path
        Which page shows it.
    """

    at: datetime
    words: str
    path: str = "/plan"


class Follower:
    """The runner.

    Parameters
    ----------
    store
        Where everything is kept.
    begins
        Midnight of the day on which the story begins; it says what the runner's clock is.
    software
        What the made-up sessions say that they were made by.
    weeks_before
        How many weeks of running there are before the story, 13 at most.
    """

    def __init__(
        self, store: Store, runner_name: str, begins: datetime, software: str, weeks_before: int = WEEKS
    ) -> None:
        self._store = store
        self._name = runner_name
        self._begins = begins
        self._software = software
        self._weeks_before = weeks_before
        self._dice = Random(11)
        self.now = begins

    def past(self) -> None:
        """Run and tell what came before the story."""
        months = made_up_months(self._begins, self._name, gets_softer=False)
        since = self._begins - timedelta(weeks=self._weeks_before)
        runs = [run for run in months.runs if run.started_utc is not None and run.started_utc >= since]
        own = {run.session_id for run in runs}
        kept = replace(
            months,
            runs=runs,
            pains=[pain for pain in months.pains if pain.session_id in own],
            efforts=[effort for effort in months.efforts if effort.session_id in own],
            told=[message for message in months.told if message.told_utc >= since],
        )
        keep_months(self._store, kept, self._software)

    def at(self, day: int, hour: int, minute: int = 0) -> datetime:
        """Go on to a moment, given by days since the story began; return it."""
        local = self._begins + timedelta(days=day)
        self.now = local.replace(hour=hour, minute=minute)
        return self.now

    def day_of(self, day: date) -> int:
        """Return how many days after the story's begin a day is."""
        return (day - self._begins.date()).days

    def later(self, minutes: float) -> datetime:
        """Go on by so many minutes."""
        self.now += timedelta(minutes=minutes)
        return self.now

    def looks(self) -> Plan:
        """Look at the plan of this moment; what it tells is kept in the ledger, as when a page is seen."""
        plan = plan_for(self._store, self._name, self.now)
        self._store.answers.tell(*(message_of(rule, self._name, "", self.now) for rule in plan.rules))
        return plan

    def begins_programme(self, kind: ProgrammeKind) -> str:
        """Begin a programme; return why it can't begin, empty where it does."""
        answers = self._store.answers
        found = beginning_of(
            kind, self._store.log.runs(self._name), answers.pains(self._name), answers.signs(self._name), self.now
        )
        if isinstance(found, NotYet):
            return found.words
        self._note(found)
        return ""

    def ends_programme(self) -> None:
        """Give the programme up."""
        self._note(GivenUp(self.now))

    def begins_exercises(self) -> None:
        """Begin exercises for hip and knee, with all that goes with them."""
        self._note(ExercisesBegun(self.now, Track.COMBINED, with_backward_walking=True, with_knees_over_toes=True))

    def ends_exercises(self) -> None:
        """Give the exercises up."""
        self._note(ExercisesGivenUp(self.now))

    def exercises_on(self, day: int, hurts: Mapping[str, int] | None = None) -> Session | None:
        """Do a morning's exercises, all sets; `None` where there are none. It then is nine on that day.

        Parameters
        ----------
        hurts
            Pain in an exercise, by its key.
        """
        self.at(day, 8, 15)
        session = self.looks().exercise_session
        self.at(day, 9)
        if session is None:
            return None
        pains = {} if hurts is None else hurts
        done = {item.exercise.key: Done(True, pains.get(item.exercise.key, 0), 3) for item in session.items}
        self._note(ExercisesDone(self.now, session_id_on(self.now.date()), done))
        return session

    def walks_backwards(self, minutes: float) -> None:
        """Walk backwards, and tell it."""
        self._note(WalkedBackwards(self.now, minutes))

    def runs_session(self, softer: float, *, rearfoot: float = OWN.rearfoot) -> tuple[str, int]:
        """Run today's session of the programme with its cue; return the run's id, and which session it is.

        It is 0, and an easy run, where none is due: whoever looks on may have changed the plan on its page.

        Parameters
        ----------
        softer
            Impact in the session, as a share of the own one.
        rearfoot
            Share of strides that land on the heel.
        """
        plan = self.looks().session
        if plan is None:
            return self.runs(EASY_MINUTES), 0
        form = replace(OWN, left_g=OWN.left_g * softer, right_g=OWN.right_g * softer, rearfoot=rearfoot)
        begun_utc, minutes = self.now, float(plan.minutes)
        session_id = self.runs(minutes, form, warm_up_minutes=WARM_UP_MINUTES)
        self._note(Ran(begun_utc, session_id, minutes, minutes, plan.cued_minutes))
        return session_id, plan.step

    def runs(self, minutes: float, form: Form = OWN, *, warm_up_minutes: int = 2) -> str:
        """Run for so long at the own easy pace; return the run's id. It then is so much later."""
        run = made_up_run(self.now, _km(minutes), form, self._name, self._dice, warm_up_minutes=warm_up_minutes)
        keep_runs(self._store, [run], self._software)
        self.now += timedelta(seconds=run.duration_s + 60.0)
        tell_programme(self._store, run.session_id, self.now, self.now.tzinfo)
        return run.session_id

    def tells(self, session_id: str, level: int, place: Place = KNEE) -> None:
        """Tell how much a place hurt in a run, and that it had settled afterwards."""
        after_it = max(0, min(level, 2) - 1)
        self._store.answers.note(
            self._pain(session_id, Phase.DURING, level, place),
            self._pain(session_id, Phase.AFTER, after_it, place),
            Effort(session_id, 4, 4),
        )

    def tells_morning(self) -> None:
        """Tell that nothing hurts this morning, of a day without a run."""
        self._store.answers.note(self._pain("", Phase.MORNING, 0, KNEE))

    def _pain(self, session_id: str, phase: Phase, level: int, place: Place) -> Pain:
        site, side = place if level else (None, None)
        return Pain(self._name, session_id, self.now, phase, site, side, level)

    def weeks(self, first: int, count: int) -> None:
        """Run as usual for weeks that nobody looks at: once a week, without pain."""
        runs, answers = [], []
        for week in range(count):
            started = self.at(first + 7 * week + 3, 17, 30)
            run = made_up_run(started, _km(30.0), OWN, self._name, self._dice)
            told = started + timedelta(seconds=run.duration_s + 300.0)
            runs.append(run)
            answers.append(Pain(self._name, run.session_id, told, Phase.DURING, None, None, 0))
        keep_months(self._store, Months(runs, answers, [], []), self._software)

    def begins_test(self, plan: TestPlan) -> None:
        """Draw and seal the order of a try-out or check, and begin it."""
        opening = draw(plan, self._dice, self._dice.randbytes(32))
        self._store.plans.note_opening(self._name, opening)
        self._note(Begun(plan, opening.seal))

    def warms_up(self, pain: int) -> None:
        """Run the warm-up of a test, and tell how much it hurt."""
        self._take(WarmedUp(SPEED_MPS))
        self.later(6.0)
        self._take(PainTold(pain))

    def runs_block(self, usual: Form, cued: Form, pains: tuple[Sequence[int], Sequence[int]] = ((0,), (0,))) -> bool:
        """Run the next block of a test; return whether there was one.

        Parameters
        ----------
        usual, cued
            How the runner lands in a block of each kind.
        pains
            What is told after usual blocks and after cued ones, in turn.
        """
        progress = self._test()
        opening = None if progress is None else self._store.plans.opening_of(self._name, progress.seal)
        if progress is None or opening is None or progress.step is not Step.BEGIN_PART:
            return False
        is_cued, part = progress.cue_of_next(opening), len(progress.parts)
        form = cued if is_cued else usual
        self._take(PartBegun(part, is_cued))
        self.later(progress.plan.part_s / 60.0)
        left, right = (one * self._dice.gauss(1.0, 0.02) for one in (form.left_g, form.right_g))
        cadence = form.cadence_spm * self._dice.gauss(1.0, 0.004)
        self._take(PartDone(part, {"left": left, "right": right}, cadence, SPEED_MPS))
        own = pains[is_cued]
        before = sum(one.is_cued is is_cued for one in progress.parts)
        self._take(PainTold(own[before % len(own)]))
        return True

    def ends_test(self, why: Why | None = None) -> None:
        """End a test, and open its seal."""
        progress = self._test()
        if progress is None or progress.ended is not None:
            return
        self._take(Ended(progress.over or why or Why.LEFT))
        test = self._test()
        if test is None or test.step is not Step.OPEN:
            return
        opening = self._store.plans.opening_of(self._name, progress.seal)
        if opening is not None:
            self._take(Opened(opening.order, opening.nonce))

    def checks(self, now: Form, at_the_end: Form) -> RecallCheck | None:
        """Do the check that is due: pairs of blocks until it is clear for today; return what it tells.

        Parameters
        ----------
        now, at_the_end
            How the runner lands as usual, and when asked to run as at the programme's end.
        """
        state = self.looks().programme
        told = self._store.answers.told(self._name, *PLANNED_BY)
        check = None if state is None else check_due(state, checks_found(told, state.begun.at_utc), self.now)
        if state is None or check is None:
            return None
        self.begins_test(recall_check(CUES[state.begun.kind]))
        self.warms_up(0)
        rule: RecallCheck | None = None
        while not is_clear(rule) and self.runs_block(now, at_the_end) and self.runs_block(now, at_the_end):
            test = self._test()
            runs = self._store.log.runs(self._name)
            rule = None if test is None else check_of(test, state, check.months, runs, told)
        self.ends_test(Why.SURE)
        if rule is not None:
            self._store.answers.tell(message_of(rule, self._name, "", self.now))
        return rule

    def _test(self) -> Progress | None:
        tests = try_outs(self._store.plans.events(self._name))
        return progress_of(tests[-1]) if tests else None

    def _take(self, event: AnyEvent) -> None:
        """Keep an event of the test that goes on, where it can come: whoever looks on may have taken it already."""
        progress = self._test()
        try:
            if progress is not None:
                after(progress, event)
                self._note(event)
        except InputError:
            return

    def _note(self, event: PlanEvent) -> None:
        self._store.plans.note(self._name, self.now, event)


def _km(minutes: float) -> float:
    return minutes * 60.0 * SPEED_MPS / 1000.0
