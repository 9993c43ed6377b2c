"""Pairs of shoes: how far each was worn; and minimal ones brought in by their share of the week's running.

The plan: 10 % of the weekly time, 5 points more a week to 35 % in week 6, then evenly to 100 % in week 26 (Fuller et
al. 2017, doi:10.1177/0363546516682497). There, beyond 35 km a week and 71 kg injuries were more frequent in minimal
shoes; in a plan of ten weeks 10 of 19 runners had bone oedema (Ridge et al. 2013). It says nothing for or against
minimal shoes: it is for those who have decided to wear them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from footfall_coaching.answers import Pain, PainSite, Shoe, ShoeKind
from footfall_coaching.counted import counted
from footfall_coaching.felt_when import FeltWhen
from footfall_coaching.light_rule import MOST_GREEN
from footfall_coaching.load import Way, whole_km
from footfall_coaching.run import Run

WEEK: Final = timedelta(days=7)
FIRST_PERCENT: Final = 10.0
WEEKLY_POINTS: Final = 5.0
SLOWER_FROM_WEEK: Final = 6
LAST_WEEK: Final = 26
MOST_WEEKLY_M: Final = 35_000.0
"""Above this week the share is held."""
HEAVY_KG: Final = 71.0
WATCHED: Final = (PainSite.CALF, PainSite.FOOT, PainSite.SHIN, PainSite.ACHILLES)
"""Where minimal shoes put load."""


@dataclass(frozen=True, slots=True)
class ShoeUse:
    """How far a pair was run in, over how many runs, and since when it is worn.

    Parameters
    ----------
    distance_m
        Of the runs whose distance is known.
    without_distance
        How many of the runs have none.
    """

    shoe: Shoe
    distance_m: float
    runs: int
    since: datetime
    without_distance: int


def pairs_of(shoes: Iterable[Shoe], runs: Iterable[Run]) -> list[Shoe]:
    """Return all pairs there are: those that were noted, then those that runs alone name, each since its first run.

    Of a name noted twice the latest counts.
    """
    pairs: dict[str, Shoe] = {}
    for shoe in sorted(shoes, key=lambda one: one.since_utc):
        pairs[shoe.name] = shoe
    for started, run in counted(runs):
        if run.shoe and run.shoe not in pairs:
            pairs[run.shoe] = Shoe(run.runner_name, started, run.shoe)
    return list(pairs.values())


def use_of(shoes: Iterable[Shoe], runs: Iterable[Run]) -> list[ShoeUse]:
    """Return what each of `pairs_of` was worn for."""
    own, known = counted(runs), list(shoes)
    found = []
    for shoe in pairs_of(known, (run for _, run in own)):
        worn = [(started, run) for started, run in own if run.shoe == shoe.name]
        noted = (one.since_utc for one in known if one.name == shoe.name)
        since = min([*noted, *(started for started, _ in worn)])
        known_m = [run.distance_m for _, run in worn if run.distance_m is not None]
        found.append(ShoeUse(shoe, sum(known_m), len(worn), since, len(worn) - len(known_m)))
    return found


def planned_percent(step: int) -> float:
    """Return the share of the week's running time in minimal shoes at a step of the plan, from 1."""
    if step <= SLOWER_FROM_WEEK:
        return FIRST_PERCENT + WEEKLY_POINTS * (max(1, step) - 1)
    first = FIRST_PERCENT + WEEKLY_POINTS * (SLOWER_FROM_WEEK - 1)
    return min(100.0, first + (100.0 - first) * (step - SLOWER_FROM_WEEK) / (LAST_WEEK - SLOWER_FROM_WEEK))


@dataclass(frozen=True)
class ShareOfWeek:
    """What was worn in a week: seconds of running in minimal shoes and in all, and how far all went, where known."""

    minimal_s: float
    running_s: float
    distance_m: float
    hurt: bool

    @property
    def percent(self) -> float | None:
        """The share in minimal shoes; `None` without running."""
        return 100.0 * self.minimal_s / self.running_s if self.running_s > 0.0 else None


@dataclass(frozen=True)
class MinimalShare:
    """The rule for minimal shoes, with what it is given: the whole weeks since they came in, and the one that goes on.

    A week in which the calf, foot, shin or Achilles tendon hurt above what is green takes one step back; one beyond
    35 km, or in which less than the step was worn, holds it; any other takes the next one.
    """

    NAME: ClassVar[str] = "minimal-shoes"
    VERSION: ClassVar[int] = 1

    weeks: Sequence[ShareOfWeek]
    this_week: ShareOfWeek
    mass_kg: float | None = None

    @property
    def step(self) -> int:
        """Which step of the plan this week has, from 1."""
        step = 1
        for week in self.weeks:
            step = self._after(step, week)
        return max(1, step - 1) if self.this_week.hurt else step

    @property
    def planned_percent(self) -> float:
        """The share for this week."""
        return planned_percent(self.step)

    @property
    def words(self) -> str:
        """The share for this week, what has been worn of it, and why it is held or less."""
        return self.told(whole_km)

    def told(self, way: Way) -> str:
        """Say it with distances as `way` tells them."""
        told = f"Minimal shoes: up to {self.planned_percent:.0f} % of this week's running time"
        worn = self.this_week.percent
        told += "." if worn is None else f"; so far {worn:.0f} %."
        last = self.weeks[-1] if self.weeks else None
        if self.this_week.hurt or (last is not None and last.hurt):
            told += " One step back, since calf, foot, shin or Achilles tendon hurt."
        elif last is not None and last.distance_m > MOST_WEEKLY_M:
            told += f" Held, since last week had more than {way(MOST_WEEKLY_M)}."
        elif last is not None and self.step == self._step_before:
            told += " Held, since less than planned was worn last week." if self.step < LAST_WEEK else ""
        if self.mass_kg is not None and self.mass_kg > HEAVY_KG:
            told += " In the study behind this plan, runners above 71 kg were injured more often in minimal shoes."
        return told

    @property
    def _step_before(self) -> int:
        step = 1
        for week in self.weeks[:-1]:
            step = self._after(step, week)
        return step

    @staticmethod
    def _after(step: int, week: ShareOfWeek) -> int:
        if week.hurt:
            return max(1, step - 1)
        worn = week.percent
        if week.distance_m > MOST_WEEKLY_M or worn is None or worn < planned_percent(step) - WEEKLY_POINTS:
            return step
        return min(LAST_WEEK, step + 1)


def minimal_share(
    shoes: Iterable[Shoe], runs: Iterable[Run], pains: Iterable[Pain], now: datetime, mass_kg: float | None = None
) -> MinimalShare | None:
    """Return the rule for this week, counted from the first run in minimal shoes; `None` before that run."""
    minimal = {shoe.name for shoe in shoes if shoe.kind is ShoeKind.MINIMAL}
    runs = list(runs)
    own = [(started, run) for started, run in counted(runs) if started <= now]
    first = next((started for started, run in own if run.shoe in minimal), None)
    if first is None:
        return None
    when = FeltWhen(runs, now.tzinfo)
    sore = [pain for pain in pains if pain.site in WATCHED and pain.level > MOST_GREEN and when.counts(pain)]
    hurting = [moment for pain in sore if (moment := when.moment(pain)) <= now]
    weeks = []
    for number in range((now - first) // WEEK + 1):
        begin = first + number * WEEK
        held = [run for started, run in own if begin <= started < begin + WEEK]
        weeks.append(
            ShareOfWeek(
                sum(run.running_s for run in held if run.shoe in minimal),
                sum(run.running_s for run in held),
                sum(run.distance_m or 0.0 for run in held),
                any(begin <= noted < begin + WEEK for noted in hurting),
            )
        )
    return MinimalShare(tuple(weeks[:-1]), weeks[-1], mass_kg)
