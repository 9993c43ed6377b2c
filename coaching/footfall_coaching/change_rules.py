"""The rules that tell of a change over a month, each with what it is given: one number for each run.

A change is told when chance alone would make one as large in fewer than 2 of 10,000 comparisons, since every run brings
a new one, and when it is large enough to matter. None of them says what it does to the body.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import ClassVar, Final

from footfall_coaching.load import Way, ceiling_over, km, whole_km
from footfall_coaching.load_rule import RunAboveByLoad
from footfall_coaching.spread import Shift, held_against, percent, shift, signed

MOST_CHANCE: Final = 2e-4
LEAST_RECENT: Final = 4
LEAST_BEFORE: Final = 8
LEAST_IMPACT: Final = 0.05
"""A smaller change of impact, as a share, is not told."""
LEAST_CADENCE: Final = 0.02
LEAST_DRIFT_PERCENT: Final = 5.0
LEAST_WORN: Final = 0.08
MOST_OTHERS: Final = 0.5
"""A pair stands apart while the other pairs' change is less than this share of its own."""
SPIKE_RATIO: Final = 1.30
"""Where long runs vary by a tenth, 1.10 is crossed in 23 % of months: a fact of the run's page, and no change."""
LEAST_OF_A_PAIR: Final = 3
SPIKE_RUNS: Final = 6
"""How many runs of the 30 days must have a distance: the first week of a log does not tell what is usual."""

Values = Sequence[float]


@dataclass(frozen=True)
class ImpactChange:
    """Impact at the usual speed, in g, of each run of the months before and of the last one.

    Parameters
    ----------
    shoe
        What all runs of the last month were in and hardly any before, empty where there is no such pair.
    """

    NAME: ClassVar[str] = "impact-change"
    VERSION: ClassVar[int] = 1

    before_g: Values
    recent_g: Values
    shoe: str = ""

    @property
    def words(self) -> str:
        """The change with its interval."""
        found = _told(self.before_g, self.recent_g, LEAST_IMPACT)
        if found is None:
            return ""
        how = "harder" if found.mean > 0.0 else "softer"
        told = (
            f"At your usual speed your feet land {_percent_words(found)} {how} than in the three months before "
            f"(from {_middle(self.before_g):.1f} to {_middle(self.recent_g):.1f} g, in {_runs(self.recent_g)})."
        )
        if self.shoe:
            return f"{told} All these runs were in {self.shoe}, which you hardly wore before."
        if found.mean > 0.0:
            return f"{told} See whether shoes, ground or the sensors' place have changed."
        return told


@dataclass(frozen=True)
class CadenceChange:
    """Cadence at the usual speed, in steps/min, of each run of the months before and of the last one."""

    NAME: ClassVar[str] = "cadence-change"
    VERSION: ClassVar[int] = 1

    before_spm: Values
    recent_spm: Values

    @property
    def words(self) -> str:
        """The change with its interval."""
        found = _told(self.before_spm, self.recent_spm, LEAST_CADENCE)
        if found is None:
            return ""
        how = "quicker" if found.mean > 0.0 else "slower"
        return (
            f"At your usual speed your steps are {_percent_words(found)} {how} than in the three months before "
            f"(from {_middle(self.before_spm):.0f} to {_middle(self.recent_spm):.0f} steps/min, "
            f"in {_runs(self.recent_spm)})."
        )


@dataclass(frozen=True)
class DriftChange:
    """By how many percent impact rose from the first to the last third of each run.

    Parameters
    ----------
    at_one_speed
        Whether what speed alone does is taken off; without speeds it can't be.
    """

    NAME: ClassVar[str] = "drift-change"
    VERSION: ClassVar[int] = 1

    before_percent: Values
    recent_percent: Values
    at_one_speed: bool

    @property
    def words(self) -> str:
        """How much impact rises as a run goes on, and how much it did."""
        if len(self.before_percent) < LEAST_BEFORE or len(self.recent_percent) < LEAST_RECENT:
            return ""
        found = shift(self.before_percent, self.recent_percent)
        if found.p_value > MOST_CHANCE or abs(found.mean) < LEAST_DRIFT_PERCENT:
            return ""
        recent, before = fmean(self.recent_percent), fmean(self.before_percent)
        how = "more" if found.mean > 0.0 else "less"
        speed = "at the same speed" if self.at_one_speed else "speed unknown"
        return (
            f"Impact changes {how} as your runs go on than in the three months before: by {signed(recent)} % from the "
            f"first third to the last, {speed}, in {_runs(self.recent_percent)}; before by {signed(before)} %."
        )


@dataclass(frozen=True)
class WornPair:
    """Impact at the usual speed, in g, of each run in one pair of shoes and of each in the runner's other pairs."""

    NAME: ClassVar[str] = "pair-change"
    VERSION: ClassVar[int] = 1

    shoe: str
    distance_m: float
    before_g: Values
    recent_g: Values
    others_before_g: Values
    others_recent_g: Values

    @property
    def words(self) -> str:
        """That the pair lands harder than it did while the others don't."""
        return self.told(whole_km)

    def told(self, way: Way) -> str:
        """Say it with distances as `way` tells them."""
        own, others = (self.before_g, self.recent_g), (self.others_before_g, self.others_recent_g)
        if len(self.before_g) < LEAST_RECENT or any(
            len(values) < LEAST_OF_A_PAIR for values in (self.recent_g, *others)
        ):
            return ""
        found, beside = _rise(own, self._variance), _rise(others, self._variance)
        if found.p_value > MOST_CHANCE or found.mean < math.log1p(LEAST_WORN) or beside.mean > MOST_OTHERS * found.mean:
            return ""
        so_far = f", {way(self.distance_m)} so far," if self.distance_m > 0.0 else ""
        return (
            f"In {self.shoe}{so_far} your feet land {_percent_words(found)} harder at your usual speed than in the "
            f"three months before; in your other shoes they don't. Have a look at that pair."
        )

    @property
    def _variance(self) -> tuple[float, int]:
        """Return the variance from run to run within a pair's month, of all pairs together, and its freedom."""
        groups = [_logs(v) for v in (self.before_g, self.recent_g, self.others_before_g, self.others_recent_g)]
        freedom = sum(len(group) - 1 for group in groups)
        return sum((len(group) - 1) * variance(group) for group in groups) / freedom, freedom


@dataclass(frozen=True)
class Spike(RunAboveByLoad):
    """A run of the last month that went far beyond the ceiling that load leaves, if enough runs were before."""

    NAME: ClassVar[str] = "spike"
    VERSION: ClassVar[int] = 1

    @property
    def words(self) -> str:
        """Where the run stood, as on its own page."""
        return self.told(km)

    def told(self, way: Way) -> str:
        """Say it with distances as `way` tells them."""
        known = [metres for metres in self.distances_m.values() if metres is not None]
        longest_m = ceiling_over(self.distances_m).longest_m
        if self.distance_m is None or longest_m is None or len(known) < SPIKE_RUNS:
            return ""
        return self.stand.told(way) if self.distance_m > SPIKE_RATIO * longest_m else ""


def _told(before: Values, recent: Values, least: float) -> Shift | None:
    """Return the change of the logarithm, if it is to be told."""
    if len(before) < LEAST_BEFORE or len(recent) < LEAST_RECENT:
        return None
    found = shift(_logs(before), _logs(recent))
    return found if found.p_value <= MOST_CHANCE and abs(found.mean) >= math.log1p(least) else None


def _rise(own: tuple[Values, Values], spread: tuple[float, int]) -> Shift:
    """Return the change of the logarithm, held against a spread that is known from more runs than these."""
    before, recent = (_logs(values) for values in own)
    error = math.sqrt(spread[0] * (1.0 / len(before) + 1.0 / len(recent)))
    mean = fmean(recent) - fmean(before)
    return held_against(mean, error, spread[1])


def _logs(values: Values) -> list[float]:
    return [math.log(value) for value in values]


def _middle(values: Values) -> float:
    return math.exp(fmean(_logs(values)))


def _percent_words(found: Shift) -> str:
    ends = sorted(abs(percent(found.mean + sign * found.half_width)) for sign in (-1.0, 1.0))
    return f"{abs(percent(found.mean)):.0f} % ({ends[0]:.0f} to {ends[1]:.0f})"


def _runs(values: Values) -> str:
    return f"{len(values)} runs"
