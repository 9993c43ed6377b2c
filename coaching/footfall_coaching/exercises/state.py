"""Where a plan of exercises stands, remade from its events: so it can be left and taken up again at any time.

Twelve weeks, three sessions in any seven days with a day between. Amber takes the exercises of a session one step back,
once for each session; red stops them until the light has been green on two days, and takes one step back. Pain in an
exercise, of 3 to 5, takes that one back; above 5 it begins again with the easiest, and all stop as on red. After two
weeks without a session all go one step back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from footfall_coaching.after_red import Stop, stop_after
from footfall_coaching.exercises.catalogue import CATALOGUE, LATE
from footfall_coaching.exercises.dose import LEAST_IN_RESERVE, MOST_PAIN, SESSIONS_A_STEP, Place
from footfall_coaching.exercises.events import (
    Done,
    Event,
    ExercisesBegun,
    ExercisesDone,
    ExercisesGivenUp,
    WalkedBackwards,
)
from footfall_coaching.light_rule import MOST_AMBER, Colour
from footfall_coaching.programme.events import LightTold

WEEKS: Final = 12
WEEK: Final = timedelta(days=7)
A_WEEK: Final = 3
DAYS_APART: Final = 2
LONG_PAUSE_DAYS: Final = 14
FIRST: Final = Place()
GREEN_DAYS_BEFORE_LATE: Final = 14
SESSIONS_BEFORE_LATE: Final = 4


class Hold(StrEnum):
    """Why there is no session on a day."""

    DONE = "done"
    GIVEN_UP = "given_up"
    RED = "red"
    REST = "rest"
    ENOUGH = "enough"
    """Three in the last seven days."""


@dataclass(frozen=True, slots=True)
class ExerciseState:
    """An exercise: its place, and how many sessions in a row were done as planned there."""

    place: Place = FIRST
    in_a_row: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """Where a plan stands.

    Parameters
    ----------
    colour
        The light; amber and red stay until it is green.
    stop
        What red left (`after_red`).
    not_green_on
        The latest day on which the light was not green, as nobody told either, or with pain above what is green in an
        exercise.
    is_taken_back
        Whether this amber has taken the exercises back already.
    own
        Each exercise that has been done, by its key.
    sessions
        Day and id of each session.
    walks
        Minutes of walking backwards of each day.
    before, before_colour
        The exercises and the light as they were before the last session, which may be told again.
    """

    begun: ExercisesBegun
    begun_on: date
    colour: Colour = Colour.UNKNOWN
    stop: Stop = None
    not_green_on: date | None = None
    is_taken_back: bool = False
    own: Mapping[str, ExerciseState] = field(default_factory=dict)
    sessions: tuple[tuple[date, str], ...] = ()
    walks: tuple[tuple[date, float], ...] = ()
    before: Mapping[str, ExerciseState] = field(default_factory=dict)
    before_colour: Colour = Colour.UNKNOWN
    over: Hold | None = None

    @property
    def last_day(self) -> date | None:
        """The day of the last session."""
        return self.sessions[-1][0] if self.sessions else None

    @property
    def ends_on(self) -> date:
        """The first day after the twelve weeks."""
        return self.begun_on + WEEKS * WEEK

    def hold_on(self, day: date) -> Hold | None:
        """Return why there is no session on a day; `None` where there is one."""
        if self.over is not None:
            return self.over
        if day >= self.ends_on:
            return Hold.DONE
        if self.stop is not None:
            return Hold.RED
        if self.last_day is not None and (day - self.last_day).days < DAYS_APART:
            return Hold.REST
        if sum(day - done < WEEK for done, _ in self.sessions) >= A_WEEK:
            return Hold.ENOUGH
        return None

    def place_on(self, key: str, day: date) -> Place:
        """Return an exercise's place on a day: a step back on amber, and after a long pause."""
        place = self.own.get(key, ExerciseState()).place
        if self.colour is Colour.AMBER and not self.is_taken_back:
            place = place.back()
        if self.last_day is not None and (day - self.last_day).days > LONG_PAUSE_DAYS:
            place = place.back()
        return place

    def may_go_late(self, day: date) -> bool:
        """Whether knees may go over toes: two weeks of green with sessions in them, and nothing else since."""
        if not self.begun.with_knees_over_toes or self.colour is not Colour.GREEN or self.stop is not None:
            return False
        since = day - timedelta(days=GREEN_DAYS_BEFORE_LATE)
        if self.not_green_on is not None and self.not_green_on > since:
            return False
        return sum(done > since for done, _ in self.sessions) >= SESSIONS_BEFORE_LATE and self.begun_on <= since


def state_of(events: Iterable[Event], zone: tzinfo) -> State | None:
    """Return where the latest plan stands; `None` where none was begun. Events may come in any order."""
    state: State | None = None
    for event in sorted(events, key=lambda one: one.at_utc):
        state = after(state, event, zone)
    return state


def after(state: State | None, event: Event, zone: tzinfo) -> State | None:
    """Return the state after one more event, which is no earlier than those before."""
    day = event.at_utc.astimezone(zone).date()
    if isinstance(event, ExercisesBegun):
        return State(event, day)
    if state is None or state.over is not None:
        return state
    match event:
        case ExercisesGivenUp():
            return replace(state, over=Hold.GIVEN_UP)
        case WalkedBackwards():
            return replace(state, walks=(*state.walks, (day, event.minutes)))
        case LightTold():
            return _lit(state, event, day)
        case ExercisesDone():
            return _done(state, event, day)


def _lit(state: State, told: LightTold, day: date) -> State:
    colour = told.colour
    if colour is Colour.UNKNOWN:
        silent = replace(state, not_green_on=day)
        return replace(silent, colour=colour) if state.colour is Colour.GREEN else silent
    if colour is Colour.GREEN:
        return replace(
            state,
            colour=colour,
            stop=stop_after(state.stop, colour, day, is_answered=told.is_answered),
            is_taken_back=False,
        )
    own = state.own
    if colour is Colour.RED and state.stop is None:
        own = {key: ExerciseState(one.place.back()) for key, one in own.items()}
    return replace(
        state,
        colour=colour,
        stop=stop_after(state.stop, colour, day, is_answered=told.is_answered),
        not_green_on=day,
        own=own,
    )


def _done(state: State, event: ExercisesDone, day: date) -> State:
    """Return the state after a session; told again, it is worked out anew from what was before it."""
    is_again = bool(state.sessions) and state.sessions[-1][1] == event.session_id
    if any(done.pain > MOST_PAIN for done in event.done.values()):
        state = replace(state, not_green_on=day)
    if any(done.pain > MOST_AMBER for done in event.done.values()):
        return replace(_counted(state, event, day, is_again=is_again), stop=())
    return _counted(state, event, day, is_again=is_again)


def _counted(state: State, event: ExercisesDone, day: date, *, is_again: bool) -> State:
    if not is_again and state.hold_on(day) is not None:
        return state
    if not is_again:
        before = {key: _on_day(state, key, one, day) for key, one in state.own.items()}
        state = replace(
            state,
            before=before,
            before_colour=state.colour,
            sessions=(*state.sessions, (day, event.session_id)),
            is_taken_back=state.colour is Colour.AMBER,
        )
    own = {**state.before}
    for key, done in event.done.items():
        if key != LATE or state.may_go_late(day):
            own[key] = _moved(key, own.get(key, ExerciseState()), done, state.before_colour)
    return replace(state, own=own)


def _on_day(state: State, key: str, one: ExerciseState, day: date) -> ExerciseState:
    place = state.place_on(key, day)
    return one if place == one.place else ExerciseState(place)


def _moved(key: str, one: ExerciseState, done: Done, colour: Colour) -> ExerciseState:
    if done.pain > MOST_AMBER:
        return ExerciseState()
    if done.pain > MOST_PAIN:
        return ExerciseState(one.place.back())
    is_easy = done.in_reserve is None or done.in_reserve >= LEAST_IN_RESERVE
    if not done.whole or not is_easy or colour is not Colour.GREEN:
        return ExerciseState(one.place)
    if one.in_a_row + 1 < SESSIONS_A_STEP:
        return ExerciseState(one.place, one.in_a_row + 1)
    return ExerciseState(one.place.on(CATALOGUE[key]))
