"""The times of an exercise's holds: get ready, hold, half-way, bell, rest; as a list which a page or terminal plays."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from footfall_coaching.exercises.dose import CHANGE_SIDES_S, GET_READY_S, REST_S, Place, dose_of
from footfall_coaching.exercises.exercise import Exercise
from footfall_processing.session import Side

LEAST_WITH_HALF_WAY_S: Final = 15


class CueKind(StrEnum):
    """What is heard or shown."""

    GET_READY = "get_ready"
    HOLD = "hold"
    HALF_WAY = "half_way"
    BELL = "bell"
    CHANGE_SIDES = "change_sides"
    REST = "rest"
    END = "end"


@dataclass(frozen=True, slots=True)
class TimedCue:
    """What comes so many seconds after the beginning, and in words."""

    at_s: float
    kind: CueKind
    words: str


def cues_of(exercise: Exercise, place: Place) -> tuple[TimedCue, ...]:
    """Return the cues of an exercise that is held, in order of time; none for one that is counted."""
    dose, each_side = dose_of(exercise, place), exercise.levels[place.level].each_side
    if not dose.hold_s:
        return ()
    sides: tuple[Side | None, ...] = (Side.LEFT, Side.RIGHT) if each_side else (None,)
    cues: list[TimedCue] = []
    at_s = 0.0
    for number in range(1, dose.sets + 1):
        for side in sides:
            where = f"set {number} of {dose.sets}" + (f", {side.value}" if side is not None else "")
            cues.append(TimedCue(at_s, CueKind.GET_READY, f"Get ready: {exercise.name}, {where}"))
            at_s += GET_READY_S
            cues.append(TimedCue(at_s, CueKind.HOLD, f"Hold for {dose.hold_s} s"))
            if dose.hold_s >= LEAST_WITH_HALF_WAY_S:
                cues.append(TimedCue(at_s + dose.hold_s / 2.0, CueKind.HALF_WAY, "Half-way"))
            at_s += dose.hold_s
            cues.append(TimedCue(at_s, CueKind.BELL, "Let go"))
            if side is not sides[-1]:
                cues.append(TimedCue(at_s, CueKind.CHANGE_SIDES, "Change sides"))
                at_s += CHANGE_SIDES_S
        if number < dose.sets:
            cues.append(TimedCue(at_s, CueKind.REST, f"Rest for {REST_S} s"))
            at_s += REST_S
    cues.append(TimedCue(at_s, CueKind.END, f"{exercise.name} is done"))
    return tuple(cues)
