"""Whatever happens in a programme: no way leads on over amber or red, no day of rest is skipped, nothing is lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from coaching.programme_history import BEGUN, START
from footfall_coaching.light_rule import Colour
from footfall_coaching.programme.events import (
    Event,
    GivenUp,
    LightTold,
    LowerLegTold,
    Ran,
    StrikeSeen,
    event_of,
    kept_as,
)
from footfall_coaching.programme.rule import ProgrammeToday, next_days, programme_today
from footfall_coaching.programme.sessions import LEAST_MINUTES, MOST_GROWTH_MINUTES, SESSION_MINUTES, SessionPlan
from footfall_coaching.programme.state import OVER, Hold, State, after, state_of

HOURS = timedelta(hours=1)


class Runner(RuleBasedStateMachine):
    """A runner who does what the plan says, more, less, or something else; and tells, or not."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = START
        self.events: list[Event] = []
        self.state: State
        self.sessions = 0
        self.colours: list[Colour] = []
        """What was told since the last session that counts."""
        self.is_hurt_on: object = None

    @initialize()
    def begin(self) -> None:
        self.take(BEGUN)

    def take(self, event: Event) -> None:
        """Let something happen, an hour on."""
        self.events.append(event)
        state = after(self.state if len(self.events) > 1 else None, event, UTC)
        assert state is not None
        self.state = state
        self.now += HOURS

    @rule(
        days=st.sampled_from([1, 2, 2, 2, 3]),
        share=st.sampled_from([1.0, 1.0, 1.0, 0.3]),
        told=st.lists(st.sampled_from([Colour.GREEN, Colour.GREEN, Colour.AMBER, Colour.RED]), max_size=3),
    )
    def follow(self, days: int, share: float, told: list[Colour]) -> None:
        self.wait(days)
        self.run_a_session(share, 1.0)
        for colour in told:
            self.tell(colour)

    @rule(days=st.sampled_from([2, 2, 3]))
    def have_a_good_day(self, days: int) -> None:
        self.follow(days, 1.0, [Colour.GREEN])

    @rule(days=st.integers(1, 3))
    def wait(self, days: int) -> None:
        self.now = (self.now + timedelta(days=days)).replace(hour=8)

    @rule()
    def be_away(self) -> None:
        self.now = (self.now + timedelta(days=9)).replace(hour=8)

    @rule(share=st.sampled_from([0.3, 1.0, 1.0, 1.0, 3.0]), claimed=st.sampled_from([1.0, 1.0, 4.0]))
    def run_a_session(self, share: float, claimed: float) -> None:
        before, day = self.state, self.now.date()
        plan = before.plan_on(day)
        minutes = plan.minutes if isinstance(plan, SessionPlan) else 20.0
        self.sessions += 1
        self.take(Ran(self.now, f"s{self.sessions}", claimed * minutes, share * minutes, minutes))
        counted = len(self.state.counted) > len(before.counted)
        assert counted == isinstance(plan, SessionPlan)
        if not isinstance(plan, SessionPlan):
            assert self.state.step == before.step
            return
        assert plan.step <= before.step + 1
        if before.counted:
            assert (day - before.counted[-1].day).days >= 2
        steps_on = bool(before.counted) and plan.step > before.counted[-1].step
        longer = bool(before.counted) and plan.minutes > before.counted[-1].planned_minutes
        if steps_on or longer:
            told = [colour for colour in self.colours if colour is not Colour.UNKNOWN]
            assert told[-1] is Colour.GREEN
        if steps_on:
            assert Colour.AMBER not in self.colours
            assert Colour.RED not in self.colours
            assert before.counted[-1].is_whole
        longest = max((held.minutes for held in before.counted), default=0.0)
        assert plan.minutes <= max(SESSION_MINUTES[0], longest + MOST_GROWTH_MINUTES)
        assert self.is_hurt_on is None
        self.colours = []

    @rule(colour=st.sampled_from([Colour.GREEN, Colour.GREEN, Colour.GREEN, Colour.AMBER, Colour.RED, Colour.UNKNOWN]))
    def tell(self, colour: Colour) -> None:
        self.take(LightTold(self.now, colour))
        self.colours.append(colour)
        if colour is Colour.RED and self.state.over is None:
            assert self.state.plan_on(self.now.date()) is Hold.RED or self.state.hold_on(self.now.date()) is Hold.LAPSED

    @rule(hurts=st.booleans())
    def tell_of_the_lower_leg(self, hurts: bool) -> None:
        is_later = self.is_hurt_on != self.now.date()
        self.take(LowerLegTold(self.now, "left calf, 2 of 10" if hurts else ""))
        if hurts:
            self.is_hurt_on = self.events[-1].at_utc.date()
        elif is_later:
            self.is_hurt_on = None

    @rule(share=st.sampled_from([90.0, 75.0, 60.0]))
    def land(self, share: float) -> None:
        self.take(StrikeSeen(self.now, share))

    @invariant()
    def held_is_held(self) -> None:
        if not self.events:
            return
        day = self.now.date()
        plan, today = self.state.plan_on(day), programme_today(self.state, day)
        assert today.words
        assert isinstance(plan, SessionPlan) == (today.hold is None)
        if self.is_hurt_on is not None and self.state.over is None:
            assert plan in (Hold.LOWER_LEG, Hold.RED, Hold.LAPSED)
        if isinstance(plan, SessionPlan):
            assert LEAST_MINUTES <= plan.minutes <= SESSION_MINUTES[plan.step - 1]

    def teardown(self) -> None:
        if not self.events:
            return
        assert state_of(self.events, UTC) == self.state
        cut = len(self.events) // 2 or 1
        kept = [event_of(*kept_as(event)) for event in self.events]
        again = state_of(kept[:cut], UTC)  # before a kill
        for event in kept[cut:]:
            again = after(again, event, UTC)
        assert again == self.state


def live(seed: int) -> Runner:
    """Let a runner live two months, mostly as planned; what happens follows from the seed."""
    luck, runner = Random(seed), Runner()
    runner.begin()
    for _ in range(24):
        runner.wait(luck.choice([1, 2, 2, 2, 3]))
        runner.run_a_session(luck.choice([1.0, 1.0, 1.0, 1.0, 0.3]), luck.choice([1.0, 1.0, 1.0, 4.0]))
        told = luck.choices(list(Colour), [9, 2, 0.2, 1], k=luck.choice([0, 1, 1, 2, 3]))
        for colour in told:
            runner.tell(colour)
        if luck.random() < 0.1:
            runner.tell_of_the_lower_leg(luck.random() < 0.4)
        if luck.random() < 0.1:
            runner.land(luck.choice([90.0, 80.0, 60.0]))
        if luck.random() < 0.02:
            runner.be_away()
        runner.held_is_held()
    return runner


def test_the_laws_hold_in_many_lives() -> None:
    lives = [live(seed) for seed in range(60)]
    for runner in lives:
        runner.teardown()
    done = [runner.state for runner in lives if runner.state.over is Hold.DONE]
    assert len(done) >= 5  # so the laws are not kept by standing still
    assert all({held.step for held in state.counted if held.is_whole} == set(range(1, 9)) for state in done)


Runner.TestCase.settings = settings(max_examples=12, stateful_step_count=30, deadline=None)
TestRunner = Runner.TestCase


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(Colour)), max_size=12), st.integers(0, 45))
@settings(max_examples=60, deadline=None)
def test_what_may_come_has_days_of_rest_and_grows_by_steps(told: list[tuple[int, Colour]], day: int) -> None:
    events: list[Event] = [BEGUN, *(LightTold(START + timedelta(days=days, hours=1), colour) for days, colour in told)]
    state = state_of(events, UTC)
    assert state is not None
    first = START.date() + timedelta(days=day)
    ahead = next_days(state, first, first + timedelta(days=84))
    assert all((later - earlier).days >= 2 for (earlier, _), (later, _) in pairwise(ahead))
    assert all(b.step - a.step <= 1 for (_, a), (_, b) in pairwise(ahead))
    planned = state.plan_on(first)
    if planned is Hold.AMBER:  # it may be green the day after
        assert not any(day == first for day, _ in ahead)
        planned = replace(state, colour=Colour.GREEN).plan_on(first + timedelta(days=1))
    assert bool(ahead) == isinstance(planned, SessionPlan)


def test_over_stays_over_until_one_is_begun_anew() -> None:
    given_up = state_of([BEGUN, GivenUp(START + HOURS)], UTC)
    assert given_up is not None
    for event in (LightTold(START + 2 * HOURS, Colour.GREEN), Ran(START + 2 * HOURS, "s", 15.0, 15.0, 15.0)):
        assert after(given_up, event, UTC) == given_up
    assert given_up.over in OVER
    begun = after(given_up, BEGUN, UTC)
    assert begun is not None
    assert begun.over is None


@given(st.sampled_from(list(Hold)), st.integers(1, 8), st.sampled_from(Colour), st.booleans())
@settings(max_examples=40, deadline=None)
def test_words_can_be_made_again_from_plain_inputs(hold: Hold, step: int, colour: Colour, repeated: bool) -> None:
    for rule_told in (
        ProgrammeToday(BEGUN.kind, 80.0, hold, step, 0, colour, repeated),
        ProgrammeToday(BEGUN.kind, 80.0, None, step, 15, colour, repeated, 3),
    ):
        again = msgspec.convert(msgspec.json.decode(msgspec.json.encode(rule_told)), ProgrammeToday)
        assert again.words == rule_told.words
        assert rule_told.words
