"""What happened in a plan of exercises; kept as the runner told it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from footfall_coaching.answers import WORST_PAIN
from footfall_coaching.exercises.catalogue import exercise_of
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.named_events import NamedEvents
from footfall_coaching.programme.events import MOST_MINUTES as MOST_MINUTES
from footfall_coaching.programme.events import LightTold
from footfall_processing.errors import InputError

MOST_IN_RESERVE: Final = 100


@dataclass(frozen=True, slots=True)
class ExercisesBegun:
    """A plan was begun, with what the runner chose; the one before it, if any, is over."""

    at_utc: datetime
    track: Track
    with_backward_walking: bool = False
    with_knees_over_toes: bool = False
    """Only after two green weeks all the same."""


@dataclass(frozen=True, slots=True)
class Done:
    """One exercise as it was done: whole, pain 0 to 10 in it, and repetitions left in reserve; `None` if not told."""

    whole: bool
    pain: int = 0
    in_reserve: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.pain <= WORST_PAIN:
            raise InputError(f"a pain of {self.pain} is not within 0 (none) to {WORST_PAIN} (the worst thinkable)")
        if self.in_reserve is not None and not 0 <= self.in_reserve <= MOST_IN_RESERVE:
            raise InputError(f"{self.in_reserve} repetitions in reserve are not within 0 to {MOST_IN_RESERVE}")


@dataclass(frozen=True, slots=True)
class ExercisesDone:
    """A session, by exercise; told again as it goes on, under the same id."""

    at_utc: datetime
    session_id: str
    done: Mapping[str, Done]

    def __post_init__(self) -> None:
        for key in self.done:
            exercise_of(key)


@dataclass(frozen=True, slots=True)
class WalkedBackwards:
    """Minutes of walking backwards on one day, seen by a foot sensor or told by the runner."""

    at_utc: datetime
    minutes: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.minutes <= MOST_MINUTES:
            raise InputError(f"a day has {MOST_MINUTES:.0f} minutes to walk backwards in")


@dataclass(frozen=True, slots=True)
class ExercisesGivenUp:
    """The runner ended the plan."""

    at_utc: datetime


Event: TypeAlias = ExercisesBegun | ExercisesDone | WalkedBackwards | ExercisesGivenUp | LightTold

_EVENTS: Final = NamedEvents[Event](
    {
        "exercises-begun": ExercisesBegun,
        "exercises-done": ExercisesDone,
        "walked-backwards": WalkedBackwards,
        "exercises-given-up": ExercisesGivenUp,
        "light": LightTold,
    },
    of="exercises",
)
kept_as = _EVENTS.kept_as
event_of = _EVENTS.event_of
