"""Left or right, told by the gait itself: for sensors whose side nobody said, and to notice two that are swapped.

The legs are mirror images, so what rolls to the right in a right leg rolls to the left in a left one. In the first half
of stance the foot rolls inwards (pronation), and in the second half outwards again; the shin rolls the other way round:
its upper end goes outwards first, and comes back. The second half's roll less the first half's (`stance_roll`) does not
depend on the mounting, since the axes are those of the gait.

It is an inference on how most people move, and it can be wrong: a foot that supinates as it takes the load looks like
the other foot.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from footfall_processing.session import Placement, Sensor, Side

MIN_SIDE_STRIDES: Final = 10
"""Fewer strides than this tell no side."""

ROLL_SCALE_RAD: Final = math.radians(6.3)
"""Roll by which the odds of a side grow e-fold.

σ²/(2 μ) for feet that roll by ±μ with a standard deviation of σ between them: nine feet of five people have μ = 23° and
σ = 9°, and σ is doubled since they are so few. Shins roll by half as much, and are told with as much less confidence.
"""

MOST_CONFIDENCE: Final = 0.90
"""More than nine feet, all of the right sense, can carry: by the rule of succession, (9 + 1) / (9 + 2) is 0.91."""

LEAST_CONFIDENCE: Final = 0.80
"""A side less sure than this is not told."""

_RIGHT_ROLLS: Final = {Placement.FOOT: 1.0, Placement.SHANK: -1.0}


@dataclass(frozen=True, slots=True)
class SideGuess:
    """The side that a sensor's movement speaks for, and how sure it is, from `LEAST_CONFIDENCE` to below 1."""

    side: Side
    confidence: float


def guess_side(placement: Placement, rolls_rad: Sequence[float]) -> SideGuess | None:
    """Tell a side from a sensor's stance rolls (`Stride.stance_roll_rad`); `None` where they do not tell it."""
    return side_of_roll(placement, len(rolls_rad), median(rolls_rad)) if rolls_rad else None


def side_of_roll(placement: Placement, strides: int, middle_rad: float) -> SideGuess | None:
    """Tell a side from the median of so many strides' stance rolls; `None` where it does not tell it."""
    if strides < MIN_SIDE_STRIDES:
        return None
    roll_rad = _RIGHT_ROLLS[placement] * middle_rad
    confidence = min(1.0 / (1.0 + math.exp(-abs(roll_rad) / ROLL_SCALE_RAD)), MOST_CONFIDENCE)
    if confidence < LEAST_CONFIDENCE:
        return None
    return SideGuess(Side.RIGHT if roll_rad > 0.0 else Side.LEFT, confidence)


def other_leg(sensor: Sensor, guess: SideGuess | None) -> bool:
    """Tell whether a sensor moves as if it were on the other leg than was said.

    It is on it, or its acceleration has the other sign, or this leg rolls the other way: of how far it rolls inwards
    nothing is known then.
    """
    return guess is not None and sensor.side is not None and guess.side is not sensor.side


def may_be_swapped(sensors: Sequence[Sensor], guesses: Mapping[str, SideGuess]) -> bool:
    """Tell whether a left and a right sensor of one placement both move as if they were on the other leg.

    A single contradiction says too little: one leg in some may well roll the other way.
    """
    for placement in Placement:
        said = [sensor for sensor in sensors if sensor.placement is placement and sensor.side is not None]
        contradicted = {sensor.side for sensor in said if other_leg(sensor, guesses.get(sensor.id))}
        if len(said) == 2 and contradicted == set(Side):
            return True
    return False
