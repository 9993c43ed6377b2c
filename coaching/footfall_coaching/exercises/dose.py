"""How much of an exercise: sets of repetitions or holds, when more and when less.

Two to three sets of ten, with two or three repetitions in reserve; the next step after two sessions done as planned
with pain of 2 of 10 at most, on a green light; after 3 × 12 the next level. Amber takes one step back. The steps are
our own design: the guideline (Willy et al. 2019, doi:10.2519/jospt.2019.0302) recommends hip and knee exercises and
leaves the dose open.
"""

from dataclasses import dataclass
from typing import Final

from footfall_coaching.exercises.exercise import Exercise, Measure

REPETITIONS: Final = ((2, 10), (3, 10), (3, 12))
"""Sets and repetitions, in the order in which they are taken."""
HOLDS_S: Final = ((2, 20), (3, 20), (3, 30))
"""Sets, and seconds of each hold."""
STEPS: Final = len(REPETITIONS)
LEAST_IN_RESERVE: Final = 2
SESSIONS_A_STEP: Final = 2
MOST_PAIN: Final = 2
"""Of 10, in an exercise, for a step on."""
REPETITION_S: Final = 3
REST_S: Final = 30
GET_READY_S: Final = 5
CHANGE_SIDES_S: Final = 5


@dataclass(frozen=True, slots=True)
class Place:
    """How far an exercise has come: which level, and which step within it, both from 0."""

    level: int = 0
    step: int = 0

    def on(self, exercise: Exercise) -> "Place":
        """Return the next step, or the next level's first; the last one stays."""
        if self.step + 1 < STEPS:
            return Place(self.level, self.step + 1)
        return Place(self.level + 1, 0) if self.level + 1 < len(exercise.levels) else self

    def back(self) -> "Place":
        """Return the step before, or the last one of the level before; the first one stays."""
        if self.step > 0:
            return Place(self.level, self.step - 1)
        return Place(self.level - 1, STEPS - 1) if self.level > 0 else self

    @property
    def number(self) -> int:
        """How many steps it is from the easiest."""
        return self.level * STEPS + self.step


@dataclass(frozen=True, slots=True)
class Dose:
    """Sets, and repetitions or seconds of each; of exercises with two sides, on each side."""

    sets: int
    repetitions: int
    hold_s: int

    @property
    def words(self) -> str:
        """As it is told."""
        return f"{self.sets} × {self.hold_s} s" if self.hold_s else f"{self.sets} × {self.repetitions}"


def dose_of(exercise: Exercise, place: Place) -> Dose:
    """Return how much is done at a place."""
    if exercise.measure is Measure.HOLDS:
        sets, seconds = HOLDS_S[place.step]
        return Dose(sets, 0, seconds)
    sets, repetitions = REPETITIONS[place.step]
    return Dose(sets, repetitions, 0)


def length_s(exercise: Exercise, place: Place) -> float:
    """Return about how long an exercise takes at a place, its rests included."""
    dose, sides = dose_of(exercise, place), 2 if exercise.levels[place.level].each_side else 1
    once = dose.hold_s + GET_READY_S if dose.hold_s else dose.repetitions * REPETITION_S
    return dose.sets * (sides * once + (sides - 1) * CHANGE_SIDES_S + REST_S)
