"""The session of a day: which exercises, how much of each, and why; and what a runner is told of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import ClassVar, Final

from footfall_coaching.exercises.backward import walk_minutes_on
from footfall_coaching.exercises.catalogue import IN_TURN, LATE, TRACKS, WARM_UP, exercise_of
from footfall_coaching.exercises.dose import Dose, Place, dose_of, length_s
from footfall_coaching.exercises.exercise import Exercise, Level, Track
from footfall_coaching.exercises.state import A_WEEK, WEEK, WEEKS, Hold, State
from footfall_coaching.light_rule import Colour

WARM_UP_S: Final = 180.0
LEAST_S: Final = 20 * 60.0
MOST_S: Final = 30 * 60.0
NAMES: Final = {
    Track.HIP: "Exercises for the hip",
    Track.KNEE: "Exercises for the knee",
    Track.COMBINED: "Exercises for hip and knee",
}


@dataclass(frozen=True, slots=True)
class Item:
    """An exercise of a session."""

    exercise: Exercise
    place: Place

    @property
    def level(self) -> Level:
        """How it is done."""
        return self.exercise.levels[self.place.level]

    @property
    def dose(self) -> Dose:
        """How much of it."""
        return dose_of(self.exercise, self.place)

    @property
    def length_s(self) -> float:
        """About how long it takes, rests included."""
        return length_s(self.exercise, self.place)

    @property
    def words(self) -> str:
        """Name, level and dose."""
        side = ", each side" if self.level.each_side else ""
        return f"{self.exercise.name} ({self.level.name.lower()}): {self.dose.words}{side}"


@dataclass(frozen=True, slots=True)
class Session:
    """The exercises of a day, after the warm-up, and about how long all takes."""

    warm_up: tuple[Exercise, ...]
    items: tuple[Item, ...]

    @property
    def minutes(self) -> int:
        """About how long it takes, warm-up and rests included."""
        return round((WARM_UP_S + sum(item.length_s for item in self.items)) / 60.0)


def session_on(state: State, day: date) -> Session | Hold:
    """Return the session of a day, or what holds it.

    Each has the four exercises of its track. One other follows in turn where it fits, and more until 20 minutes are
    full; never more than 30.
    """
    hold = state.hold_on(day)
    if hold is not None:
        return hold
    track = state.begun.track
    items = [_item(state, key, day) for key in TRACKS[track]]
    if state.may_go_late(day):
        items.append(_item(state, LATE, day))
    turn = IN_TURN[track]
    first = len(state.sessions) % len(turn)
    own = len(items)
    for key in (*turn[first:], *turn[:first]):
        so_far = WARM_UP_S + sum(item.length_s for item in items)
        item = _item(state, key, day)
        if (so_far < LEAST_S or len(items) == own) and so_far + item.length_s <= MOST_S:
            items.append(item)
    return Session(tuple(exercise_of(key) for key in WARM_UP), tuple(items))


def _item(state: State, key: str, day: date) -> Item:
    return Item(exercise_of(key), state.place_on(key, day))


@dataclass(frozen=True)
class ExercisesToday:
    """The rule of a day, with what it is given.

    Parameters
    ----------
    hold
        Why there is no session; `None` where there is one.
    week
        Which of the twelve, from 1.
    minutes, exercises
        About how long it takes; each exercise in words.
    colour
        The light.
    has_late
        Whether knees may go over toes.
    walk_minutes
        How long to walk backwards; `None` for not today.
    days_since
        How long ago the last session was; `None` before the first.
    """

    NAME: ClassVar[str] = "exercises"
    VERSION: ClassVar[int] = 1

    track: Track
    hold: Hold | None
    week: int
    minutes: int = 0
    exercises: tuple[str, ...] = ()
    colour: Colour = Colour.UNKNOWN
    has_late: bool = False
    walk_minutes: int | None = None
    days_since: int | None = None

    @property
    def card(self) -> str:
        """The name of the card that this rests on."""
        return "hip-and-knee"

    @property
    def words(self) -> str:
        """The session and why it is that one, or what holds it."""
        told = f"{NAMES[self.track]}: {self._held or self._planned}"
        if self.walk_minutes is not None:
            told += f" Walk backwards for {self.walk_minutes} min."
        return told

    @property
    def _planned(self) -> str:
        told = f"week {self.week} of {WEEKS}, about {self.minutes} min. {'; '.join(self.exercises)}."
        if self.colour is Colour.AMBER:
            told += " One step easier, since the light is amber."
        elif self.colour is Colour.UNKNOWN:
            told += " Nothing gets harder until you tell how your knee is, after a run or on the page Log."
        if self.has_late:
            told += " Knees may go over the toes, shallow first: two weeks have been green."
        return f"{told} Stop a set with two or three repetitions left."

    @property
    def _held(self) -> str:
        match self.hold:
            case None:
                return ""
            case Hold.DONE:
                return f"the {WEEKS} weeks are over. Once or twice a week keeps what you gained; a new plan can begin."
            case Hold.GIVEN_UP:
                return "you ended the plan."
            case Hold.RED:
                return (
                    "stopped by red, or by pain above 5 of 10 in an exercise, until the light has been green on two "
                    "days. Then they are a step easier."
                )
            case Hold.REST if self.days_since == 0:
                return "done for today."
            case Hold.REST:
                return "a day of rest, as there is one between any two sessions."
            case Hold.ENOUGH:
                return f"{A_WEEK} sessions are done in these seven days, and that is enough."


def exercises_today(state: State, day: date) -> ExercisesToday:
    """Return the rule of a day."""
    session, walk = session_on(state, day), walk_minutes_on(state, day)
    week = min(WEEKS, (day - state.begun_on) // WEEK + 1)
    since = None if state.last_day is None else (day - state.last_day).days
    if isinstance(session, Hold):
        return ExercisesToday(
            state.begun.track, session, week, colour=state.colour, walk_minutes=walk, days_since=since
        )
    return ExercisesToday(
        state.begun.track,
        None,
        week,
        session.minutes,
        tuple(item.words for item in session.items),
        state.colour,
        any(item.exercise.key == LATE for item in session.items),
        walk,
        since,
    )


def next_sessions(state: State, first: date, last: date) -> Iterator[tuple[date, Session]]:
    """Give the sessions from one day to another as they come if each is done; none beyond what holds them."""
    current, day = state, first
    while day <= last:
        session = session_on(current, day)
        if isinstance(session, Session):
            yield day, session
            current = replace(current, sessions=(*current.sessions, (day, f"planned-{day}")))
        elif session not in (Hold.REST, Hold.ENOUGH):
            return
        day += timedelta(days=1)
