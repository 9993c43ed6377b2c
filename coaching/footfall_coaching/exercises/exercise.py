"""What an exercise is: how it is done at each level, from easy to hard, and how much of it."""

from dataclasses import dataclass
from enum import StrEnum


class Track(StrEnum):
    """What a runner chooses to work on; guidelines recommend both together."""

    HIP = "hip"
    KNEE = "knee"
    COMBINED = "combined"


class Group(StrEnum):
    """What an exercise is for."""

    HIP = "hip"
    KNEE = "knee"
    CORE = "core"
    CALF = "calf"
    MOBILITY = "mobility"
    WARM_UP = "warm_up"
    LATE = "late"
    """Only after two green weeks."""
    WALKING = "walking"


class Measure(StrEnum):
    """How an exercise is counted."""

    REPETITIONS = "repetitions"
    HOLDS = "holds"
    MINUTES = "minutes"


@dataclass(frozen=True, slots=True)
class Level:
    """One way of doing an exercise.

    Parameters
    ----------
    name
        As the runner reads it.
    how
        What to do, in two to four sentences.
    picture
        Name of the drawing that shows it, without its ending.
    each_side
        Whether it is done left and right in turn.
    """

    name: str
    how: str
    picture: str
    each_side: bool = False


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise.

    Parameters
    ----------
    key
        Under which it is kept.
    name
        What all its levels are called together.
    loads
        What works, as words.
    levels
        From easy to hard.
    card
        Name of the evidence card that it rests on.
    """

    key: str
    name: str
    group: Group
    measure: Measure
    loads: str
    levels: tuple[Level, ...]
    card: str
