"""What happened in a programme: some of it is kept as it was done, the rest follows from the runner's answers and runs.

Each moment has a time zone; days are those of the zone in which the state is asked for.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from footfall_coaching.light_rule import Colour
from footfall_coaching.named_events import NamedEvents
from footfall_coaching.programme.baseline import Baseline
from footfall_coaching.programme.kind import ProgrammeKind, target_of
from footfall_processing.errors import InputError

MOST_MINUTES: Final = 24 * 60.0


@dataclass(frozen=True, slots=True)
class Begun:
    """A programme was begun; the one before it, if any, is over. Kept."""

    at_utc: datetime
    kind: ProgrammeKind
    percent: float
    """The target, in percent of the baseline."""
    baseline: Baseline

    def __post_init__(self) -> None:
        target_of(self.kind, self.percent)


@dataclass(frozen=True, slots=True)
class Ran:
    """A session was run, or is being run: told again as it goes on, under the same id. Kept.

    Parameters
    ----------
    at_utc
        When it began; it stays as it goes on.
    planned_minutes
        What the plan of that day said.
    minutes, cued_minutes
        Run after the warm-up; with the cue on.
    """

    at_utc: datetime
    session_id: str
    planned_minutes: float
    minutes: float
    cued_minutes: float

    def __post_init__(self) -> None:
        if not all(0.0 <= one <= MOST_MINUTES for one in (self.planned_minutes, self.minutes, self.cued_minutes)):
            raise InputError(f"a session lasts from 0 to {MOST_MINUTES:.0f} minutes")


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The runner ended the programme. Kept."""

    at_utc: datetime


@dataclass(frozen=True, slots=True)
class LightTold:
    """What the traffic light was.

    Parameters
    ----------
    is_answered
        Whether something was told just then: a day on which nothing was told is no green day after red, though the
        light stays as it was.
    """

    at_utc: datetime
    colour: Colour
    is_answered: bool = True


@dataclass(frozen=True, slots=True)
class LowerLegTold:
    """Pain was told of; whether, on that day so far, a calf, Achilles tendon or foot hurt more than before.

    Parameters
    ----------
    new_pain
        What hurts, as words; empty where nothing there is new.
    """

    at_utc: datetime
    new_pain: str


@dataclass(frozen=True, slots=True)
class StrikeSeen:
    """How many of a run's strides landed on the heel."""

    at_utc: datetime
    rearfoot_percent: float


Kept: TypeAlias = Begun | Ran | GivenUp
Event: TypeAlias = Kept | LightTold | LowerLegTold | StrikeSeen

_EVENTS: Final = NamedEvents[Event](
    {
        "begun": Begun,
        "ran": Ran,
        "given-up": GivenUp,
        "light": LightTold,
        "lower-leg": LowerLegTold,
        "strike": StrikeSeen,
    },
    of="a programme",
)
kept_as = _EVENTS.kept_as
event_of = _EVENTS.event_of
