"""Where a programme stands, remade from its events: so it can be left and taken up again at any time.

What holds a programme, in the order in which it is told:

- it is over: all sessions done, given up, or no session for more than four weeks;
- red: no session until the light has been green on two days, then one step back;
- amber before the first session, which brings something new: it waits for a green day;
- new pain of a calf, an Achilles tendon or a foot, or a move of the landing towards the forefoot that nobody asked for
  (20 points fewer heel landings than before): no session until it is gone, then the same one again;
- a session the day before: there is a day between any two.

A step is taken only after a session was done whole, and the light was green since. After amber, or where nothing was
told, the same session comes again; after a second amber in a row it is shorter. More than seven days after the last
session it comes again too. How long a session is never grows by more than three minutes over the longest before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from enum import StrEnum
from typing import Final

from footfall_coaching.after_red import Stop, stop_after
from footfall_coaching.light_rule import Colour
from footfall_coaching.programme.events import Begun, Event, GivenUp, LightTold, LowerLegTold, Ran, StrikeSeen
from footfall_coaching.programme.sessions import (
    LEAST_MINUTES,
    MOST_GROWTH_MINUTES,
    SESSION_MINUTES,
    SESSIONS,
    SessionPlan,
    session_plan,
)

DAYS_APART: Final = 2
"""From a session to the next: a day between them."""
REPEATED_AFTER_DAYS: Final = 7
OVER_AFTER_DAYS: Final = 28
WHOLE: Final = 0.8
"""A session of which so much was run is done."""
SHORTENED: Final = 0.75
"""After amber twice in a row."""
MOST_STRIKE_SHIFT: Final = 20.0
"""So many points fewer heel landings than before hold the programme."""


class Hold(StrEnum):
    """Why there is no session on a day."""

    DONE = "done"
    GIVEN_UP = "given_up"
    LAPSED = "lapsed"
    RED = "red"
    AMBER = "amber"
    """Before the first session."""
    LOWER_LEG = "lower_leg"
    STRIKE = "strike"
    REST = "rest"
    CEILING = "ceiling"
    """The ceiling leaves no room for a session."""


OVER: Final = (Hold.DONE, Hold.GIVEN_UP, Hold.LAPSED)


@dataclass(frozen=True, slots=True)
class Held:
    """A session as it was run.

    Parameters
    ----------
    step
        Which of the eight it was, from 1.
    planned_minutes, minutes, cued_minutes
        As planned; as run, no more than planned; with the cue on.
    counts
        False where it was run while the programme was held: it is kept, and takes no step.
    """

    session_id: str
    day: date
    step: int
    planned_minutes: float
    minutes: float
    cued_minutes: float
    counts: bool

    @property
    def is_whole(self) -> bool:
        """Whether it was done as planned, nearly."""
        return self.counts and self.minutes >= max(WHOLE * self.planned_minutes, WHOLE * LEAST_MINUTES)


@dataclass(frozen=True, slots=True)
class State:
    """Where a programme stands.

    Parameters
    ----------
    begun, begun_on
        What it is, and the day on which it began.
    step
        The session that was run last, or the first.
    may_step
        Whether that session was done whole and nothing has held since.
    colour
        The light since the last session; amber and red stay until it is green.
    green_days
        `None`, or, after red, the days on which the light has been green since.
    ambers
        How many sessions in a row were run on amber.
    new_pain, new_pain_on
        What of the lower leg hurts that did not before, and the day on which that was told; empty where nothing does.
    strike_percent
        Heel landings of the latest run, where they have become too few.
    sessions
        As they were run.
    over
        Why the programme is over; `None` while it is not.
    """

    begun: Begun
    begun_on: date
    step: int = 1
    may_step: bool = False
    colour: Colour = Colour.UNKNOWN
    green_days: Stop = None
    ambers: int = 0
    new_pain: str = ""
    new_pain_on: date | None = None
    strike_percent: float | None = None
    sessions: tuple[Held, ...] = ()
    over: Hold | None = None
    over_on: date | None = None

    @property
    def last_day(self) -> date:
        """The day of the last session, or that of the beginning."""
        return self.sessions[-1].day if self.sessions else self.begun_on

    @property
    def counted(self) -> tuple[Held, ...]:
        """The sessions that count."""
        return tuple(held for held in self.sessions if held.counts)

    def hold_on(self, day: date) -> Hold | None:
        """Return why there is no session on a day; `None` where there is one."""
        if self.over is not None:
            return self.over
        if (day - self.last_day).days > OVER_AFTER_DAYS:
            return Hold.LAPSED
        if self.green_days is not None:
            return Hold.RED
        if self.colour is Colour.AMBER and not self.counted:
            return Hold.AMBER
        if self.new_pain:
            return Hold.LOWER_LEG
        if self.strike_percent is not None:
            return Hold.STRIKE
        if self.sessions and (day - self.last_day).days < DAYS_APART:
            return Hold.REST
        return None

    def step_on(self, day: date) -> int:
        """Return which session comes on a day."""
        in_time = (day - self.last_day).days <= REPEATED_AFTER_DAYS
        takes_it = self.may_step and self.colour is Colour.GREEN and in_time
        return min(SESSIONS, self.step + takes_it)

    def plan_on(self, day: date, most_minutes: float | None = None) -> SessionPlan | Hold:
        """Return the session of a day, no longer than so many minutes; or what holds it."""
        hold = self.hold_on(day)
        if hold is not None:
            return hold
        step = self.step_on(day)
        minutes = float(SESSION_MINUTES[step - 1])
        counted = self.counted
        longest = max((held.minutes for held in counted), default=0.0)
        minutes = min(minutes, max(SESSION_MINUTES[0], longest + MOST_GROWTH_MINUTES))
        if self.colour is not Colour.GREEN and counted:
            minutes = min(minutes, max(LEAST_MINUTES, counted[-1].planned_minutes))
        if self.colour is Colour.AMBER and self.ambers:
            minutes = max(LEAST_MINUTES, SHORTENED * minutes)
        if most_minutes is not None:
            minutes = min(minutes, most_minutes)
        return Hold.CEILING if minutes < LEAST_MINUTES else session_plan(step, int(minutes))


def state_of(events: Iterable[Event], zone: tzinfo) -> State | None:
    """Return where the latest programme stands; `None` where none was begun. Events may come in any order."""
    state: State | None = None
    for event in sorted(events, key=lambda one: one.at_utc):
        state = after(state, event, zone)
    return state


def after(state: State | None, event: Event, zone: tzinfo) -> State | None:
    """Return the state after one more event, which is no earlier than those before."""
    day = event.at_utc.astimezone(zone).date()
    if isinstance(event, Begun):
        return State(event, day)
    if state is None or state.over is not None:
        return state
    if (day - state.last_day).days > OVER_AFTER_DAYS:
        return replace(state, over=Hold.LAPSED, over_on=day)
    match event:
        case Ran():
            return _ran(state, event, day)
        case GivenUp():
            return replace(state, over=Hold.GIVEN_UP, over_on=day)
        case LightTold():
            return _lit(state, event, day)
        case LowerLegTold():
            return _lower_leg(state, event.new_pain, day)
        case StrikeSeen():
            return _strike(state, event.rearfoot_percent)


def _ran(state: State, event: Ran, day: date) -> State:
    if state.sessions and state.sessions[-1].session_id == event.session_id:
        return _gone_on(state, event)
    plan = state.plan_on(day)
    if isinstance(plan, Hold):
        run = Held(event.session_id, day, state.step, event.planned_minutes, event.minutes, event.cued_minutes, False)
        colour = Colour.UNKNOWN if state.colour is Colour.GREEN else state.colour
        return replace(state, colour=colour, sessions=(*state.sessions, run))
    planned = min(event.planned_minutes, float(plan.minutes))
    ran = Held(
        event.session_id, day, plan.step, planned, min(event.minutes, planned), min(event.cued_minutes, planned), True
    )
    ambers = state.ambers + 1 if state.colour is Colour.AMBER else 0
    began = replace(
        state, step=plan.step, colour=Colour.UNKNOWN, ambers=ambers, may_step=False, sessions=(*state.sessions, ran)
    )
    return _judged(began)


def _gone_on(state: State, event: Ran) -> State:
    """Return the state after more of the session that was run last: told anew, as after a restart."""
    last = state.sessions[-1]
    most = last.planned_minutes if last.counts else event.minutes
    longer = replace(
        last,
        minutes=max(last.minutes, min(event.minutes, most)),
        cued_minutes=max(last.cued_minutes, min(event.cued_minutes, most)),
    )
    return _judged(replace(state, sessions=(*state.sessions[:-1], longer)))


def _judged(state: State) -> State:
    last = state.sessions[-1]
    if not last.is_whole:
        return state
    if last.step == SESSIONS:
        return replace(state, over=Hold.DONE, over_on=last.day)
    is_free = state.green_days is None and not state.new_pain and state.strike_percent is None
    return replace(state, may_step=is_free and state.colour not in (Colour.AMBER, Colour.RED))


def _lit(state: State, told: LightTold, day: date) -> State:
    colour = told.colour
    stop = stop_after(state.green_days, colour, day, is_answered=told.is_answered)
    if colour is Colour.RED:
        step = state.step if state.green_days is not None else max(1, state.step - 1)
        return replace(state, colour=colour, green_days=stop, step=step, may_step=False)
    if colour is Colour.AMBER:
        return replace(state, colour=colour, green_days=stop, may_step=False)
    if colour is Colour.UNKNOWN:
        return replace(state, colour=colour) if state.colour is Colour.GREEN else state
    return replace(state, colour=colour, green_days=stop)


def _lower_leg(state: State, new_pain: str, day: date) -> State:
    if new_pain:
        return replace(state, new_pain=new_pain, new_pain_on=day, may_step=False)
    if state.new_pain_on is None or day > state.new_pain_on:
        return replace(state, new_pain="", new_pain_on=None)
    return state


def _strike(state: State, rearfoot_percent: float) -> State:
    own = state.begun.baseline.rearfoot_percent
    if own is not None and own - rearfoot_percent >= MOST_STRIKE_SHIFT:
        return replace(state, strike_percent=rearfoot_percent, may_step=False)
    return replace(state, strike_percent=None)
