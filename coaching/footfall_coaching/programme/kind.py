"""The two programmes, and the targets that they may have.

Impact 50 % lower, or cadence 7.5 to 10 % higher, were what runners with knee pain were asked for in de Souza Júnior et
al. 2024 (doi:10.1371/journal.pone.0295645). Here impact's usual target is milder, 80 % of the runner's own, and that
trial's is the farthest; cadence's is in the middle of 5 to 10 %.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from footfall_processing.errors import InputError

USUAL_IMPACT_PERCENT: Final = 80.0
FARTHEST_IMPACT_PERCENT: Final = 50.0
USUAL_CADENCE_PERCENT: Final = 107.5
LEAST_CADENCE_PERCENT: Final = 105.0
FARTHEST_CADENCE_PERCENT: Final = 110.0
CADENCE_BAND: Final = 2.5
"""How far from the target, in points, cadence needs no reminder."""
SAME_SPEED: Final = math.log(1.05)
"""A target is one for the own speed; farther from it than this, as a logarithm, nothing is reminded."""


class ProgrammeKind(StrEnum):
    """What a programme changes."""

    IMPACT = "impact"
    CADENCE = "cadence"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a programme leads, in percent of the runner's own value at the own usual speed.

    Parameters
    ----------
    low_percent, high_percent
        Between these nothing is reminded: of impact all that is up to the target.
    """

    kind: ProgrammeKind
    percent: float
    low_percent: float
    high_percent: float

    def band(self, own: float) -> tuple[float, float]:
        """Return the lowest and the highest value that is not reminded, in the unit of the runner's own one."""
        return own * self.low_percent / 100.0, own * self.high_percent / 100.0

    def applies_at(self, speed_mps: float | None, own_speed_mps: float) -> bool:
        """Whether a cue may be given at a speed: impact and cadence rise with it, and the target is for the own one."""
        return speed_mps is not None and is_same_speed(speed_mps, own_speed_mps)

    @property
    def words(self) -> str:
        """What is asked for."""
        if self.kind is ProgrammeKind.IMPACT:
            return f"Land at {self.percent:.0f} % of your own impact, or less"
        more = self.percent - 100.0
        return f"Take {more:g} % more steps a minute than you do at the same speed"


def is_same_speed(speed_mps: float, own_speed_mps: float) -> bool:
    """Whether values at a speed may be held against those at the own one."""
    return speed_mps > 0.0 and abs(math.log(speed_mps / own_speed_mps)) <= SAME_SPEED


def target_of(kind: ProgrammeKind, percent: float | None = None) -> Target:
    """Return a programme's target, the usual one where none is given.

    Raises
    ------
    InputError
        Where it is beyond the farthest, or none at all.
    """
    if kind is ProgrammeKind.IMPACT:
        percent = USUAL_IMPACT_PERCENT if percent is None else percent
        if not FARTHEST_IMPACT_PERCENT <= percent <= USUAL_IMPACT_PERCENT:
            raise InputError(
                f"a target of {percent:g} % of your impact is not within {FARTHEST_IMPACT_PERCENT:g} "
                f"(the farthest) and {USUAL_IMPACT_PERCENT:g} % (the usual one)"
            )
        return Target(kind, percent, 0.0, percent)
    percent = USUAL_CADENCE_PERCENT if percent is None else percent
    if not LEAST_CADENCE_PERCENT <= percent <= FARTHEST_CADENCE_PERCENT:
        raise InputError(
            f"a cadence of {percent:g} % of your own is not within {LEAST_CADENCE_PERCENT:g} and "
            f"{FARTHEST_CADENCE_PERCENT:g} %"
        )
    high = min(percent + CADENCE_BAND, FARTHEST_CADENCE_PERCENT)
    return Target(kind, percent, percent - CADENCE_BAND, high)
