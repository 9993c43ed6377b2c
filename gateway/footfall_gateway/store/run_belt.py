"""A treadmill's part in the record of a run: how fast its belt was while there was running on it, and how steep."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final, NamedTuple

from footfall_processing.belt import STEP_S, BeltCourse

LEAST_TOLD: Final = 0.5
"""Share of a minute's running of which a treadmill must tell the speed, to tell that of the minute."""
LEAST_OF_WAY: Final = 0.9
"""Share of all running of which it must, to tell how far it was."""


class BeltMinute(NamedTuple):
    """A minute's mean speed while running, and the slope, `None` where the treadmill told none."""

    speed_mps: float
    slope_percent: float | None


@dataclass(frozen=True, slots=True)
class Belts:
    """The treadmills of a session, by what they are called."""

    courses: Mapping[str, BeltCourse]

    def minute(self, begin_s: float, end_s: float, running_s: float) -> BeltMinute | None:
        """Return what was told of a stretch with so many seconds of running; `None` for too little.

        On a belt that was walked and run on, the running is where it was fastest. Of several belts it is the fastest.
        """
        found = [
            one for course in self.courses.values() if (one := _minute(course, begin_s, end_s, running_s)) is not None
        ]
        return max(found, default=None, key=lambda one: one.speed_mps)


def way_m(running: Iterable[tuple[float, BeltMinute | None]]) -> float | None:
    """Return how far was run, of each minute's seconds of running; `None` where too much of it was not told."""
    minutes = list(running)
    told_s = math.fsum(running_s for running_s, belt in minutes if belt is not None)
    if told_s <= 0.0 or told_s < LEAST_OF_WAY * math.fsum(running_s for running_s, _ in minutes):
        return None
    return math.fsum(running_s * belt.speed_mps for running_s, belt in minutes if belt is not None)


def _minute(course: BeltCourse, begin_s: float, end_s: float, running_s: float) -> BeltMinute | None:
    first, behind = (max(0, round(at_s / STEP_S)) for at_s in (begin_s, end_s))
    steps = [
        (speed_mps, slope_percent)
        for speed_mps, slope_percent in zip(course.belt_mps[first:behind], _padded(course)[first:behind], strict=True)
        if speed_mps is not None and speed_mps > 0.0
    ]
    if running_s <= 0.0 or len(steps) * STEP_S < LEAST_TOLD * running_s:
        return None
    steps.sort(key=lambda step: -step[0])
    fastest = steps[: max(1, round(running_s / STEP_S))]
    slopes = [slope_percent for _, slope_percent in fastest if slope_percent is not None]
    return BeltMinute(fmean(speed for speed, _ in fastest), fmean(slopes) if slopes else None)


def _padded(course: BeltCourse) -> Sequence[float | None]:
    missing = len(course.belt_mps) - len(course.slope_percent)
    return [*course.slope_percent, *[None] * missing][: len(course.belt_mps)]
