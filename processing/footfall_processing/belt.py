"""A treadmill's course in a session: its speed and slope, means of each ten seconds, in bounded memory."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from footfall_processing.state import PlainState
from footfall_processing.stored import LARGEST, MOST_SUMMED, Stored

STEP_S: Final = 10.0
MOST_STEPS: Final = 8640
"""A day; of a longer session the rest is left out."""

_KIND: Final = "treadmill's course 1"


@dataclass(frozen=True, slots=True)
class BeltCourse:
    """What a treadmill said, in steps of `STEP_S` from the session's second 0 on.

    Parameters
    ----------
    belt_mps, slope_percent
        Means of each step, as many of each; `None` where it said nothing.
    """

    belt_mps: Sequence[float | None]
    slope_percent: Sequence[float | None]


class BeltTally:
    """Takes what a treadmill says."""

    def __init__(self) -> None:
        self._speeds: dict[int, tuple[int, float]] = {}
        self._slopes: dict[int, tuple[int, float]] = {}

    def push(self, t_s: float, speed_mps: float | None, slope_percent: float | None) -> None:
        """Take what it said at a session second; what is from beyond a day changes nothing."""
        step = math.floor(t_s / STEP_S) if math.isfinite(t_s) else -1
        if not 0 <= step < MOST_STEPS:
            return
        for steps, value in ((self._speeds, speed_mps), (self._slopes, slope_percent)):
            if value is not None:
                count, total = steps.get(step, (0, 0.0))
                steps[step] = count + 1, total + value

    def course(self) -> BeltCourse | None:
        """Return what it came to; `None` where no treadmill told a speed."""
        if not self._speeds:
            return None
        steps = range(max(*self._speeds, *self._slopes, 0) + 1)
        # to 0.1 mm/s and 0.01 %, finer than any treadmill tells
        return BeltCourse(
            [_mean(self._speeds, one, 4) for one in steps], [_mean(self._slopes, one, 2) for one in steps]
        )

    def state(self) -> PlainState:
        """Return what there is to be stored."""
        return {"kind": _KIND, "speeds": _listed(self._speeds), "slopes": _listed(self._slopes)}

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none."""
        stored = Stored.of_kind(state, _KIND)
        self._speeds, self._slopes = _taken(stored, "speeds"), _taken(stored, "slopes")


def _mean(steps: dict[int, tuple[int, float]], step: int, digits: int) -> float | None:
    if step not in steps:
        return None
    count, total = steps[step]
    return round(total / count, digits)


def _listed(steps: dict[int, tuple[int, float]]) -> PlainState:
    return [[step, count, total] for step, (count, total) in steps.items()]


def _taken(stored: Stored, name: str) -> dict[int, tuple[int, float]]:
    found: dict[int, tuple[int, float]] = {}
    for one in stored.elements(name, most=MOST_STEPS):
        match one:
            case [int(step), int(count), float(total)] if (
                0 <= step < MOST_STEPS and 0 < count <= LARGEST and abs(total) <= MOST_SUMMED and step not in found
            ):
                found[step] = count, total
            case _:
                raise stored.refusal(name)
    return found
