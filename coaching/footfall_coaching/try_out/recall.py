"""Checks 1, 3 and 6 months after a programme: whether what was learned is kept, can be recalled, or is lost.

Blocks of three minutes are run in pairs, in an order that is drawn: one as the runner runs now, one as at the end of
the programme. Six months on, the runners of Van den Berghe et al. (2024, doi:10.1080/02640414.2024.2323849; 20 in two
groups) had kept no clear change of impact, but ran with 32 % less of it once told to run as at the end. Looked at only
as they ran, they would have been told that all was lost.

What was learned is kept when both blocks are as at the end, lost but recalled when only the second is, lost when both
are as before. Which of the three it is follows from how likely each makes the numbers (they are taken as equally likely
at first), with what days, blocks, and the programme's own two numbers scatter. Days scatter more than blocks, and both
blocks of a day alike, so a pair tells well whether it is recalled, and poorly whether all is kept or all is lost. So it
is asked for another pair, or another day, until one of the three has 99 of 100.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import fmean, variance
from typing import ClassVar, Final

import numpy as np

from footfall_coaching.spread import percent
from footfall_coaching.try_out.measured import impacts_of
from footfall_coaching.try_out.plan import Cue, Kind
from footfall_coaching.try_out.progress import Progress
from footfall_processing.errors import InputError

MONTHS: Final = (1, 3, 6)
MONTH: Final = timedelta(days=30)
SURE: Final = 0.99
PROBABLE: Final = 0.80
MOST_PAIRS: Final = 3
"""Of one day."""
MOST_DAYS: Final = 3
ASSUMED_RUNS: Final = 8
"""What is assumed of a runner's scatter counts as much as so many runs of her own."""


@dataclass(frozen=True, slots=True)
class Scatter:
    """Standard deviations of a measure as shares: from run to run, and from block to block of a run."""

    runs: float
    blocks: float


ASSUMED: Final = {Cue.IMPACT: Scatter(0.08, 0.043), Cue.CADENCE: Scatter(0.012, 0.006)}
"""Our design's, where the runner's log does not tell."""
AIMS: Final = {Cue.IMPACT: -1.0, Cue.CADENCE: 1.0}
"""Whether a programme is to lower or raise it."""
LEAST_LEARNED: Final = {Cue.IMPACT: 0.10, Cue.CADENCE: 0.03}
"""As a share; of a programme that changed less it can't be asked whether that is kept."""
NAMES: Final = {Cue.IMPACT: "impact", Cue.CADENCE: "cadence"}


class Verdict(StrEnum):
    """What became of what was learned."""

    KEPT = "kept"
    RECALLED = "recalled"
    """Lost but recalled."""
    LOST = "lost"


class Wanted(StrEnum):
    """What would tell more."""

    NOTHING = "nothing"
    PAIR = "pair"
    """Another pair of blocks, today."""
    DAY = "day"
    """The check again, another day."""


CHANGED: Final = {Verdict.KEPT: (1.0, 1.0), Verdict.RECALLED: (0.0, 1.0), Verdict.LOST: (0.0, 0.0)}
"""Whether a block as now, and one as at the end, has what was learned."""
TITLES: Final = {Verdict.KEPT: "kept", Verdict.RECALLED: "lost but recalled", Verdict.LOST: "lost"}
BEFOREHAND: Final = (
    "After five minutes of warm-up two blocks of three minutes, in an order that is drawn: one as you run now, without "
    "thinking of it, one as at the end of the programme, both at the warm-up's speed. If that is not clear, two or "
    "four more."
)
ACTIONS: Final = {
    Verdict.KEPT: "Nothing needs to be done until the next check.",
    Verdict.RECALLED: "You can still do it: a reminder once a week is enough, not a new programme.",
    Verdict.LOST: "If the programme helped you, it can be run again.",
}

Pair = tuple[float, float]
"""A block as the runner runs now, and one as at the end."""


@dataclass(frozen=True)
class RecallCheck:
    """The rule of a check.

    Parameters
    ----------
    month
        How many months after the programme.
    cue
        What was learned: impact (values in g) or cadence (in steps/min), at the same speed in all.
    before, after
        The level before the programme, and at its end.
    before_runs, after_runs
        Of how many runs each is the mean.
    days
        Of each day of the check its pairs.
    run_scatter, block_scatter
        As in `Scatter`.
    """

    NAME: ClassVar[str] = "recall-check"
    VERSION: ClassVar[int] = 1

    month: int
    cue: Cue
    before: float
    after: float
    before_runs: int
    after_runs: int
    days: tuple[tuple[Pair, ...], ...]
    run_scatter: float
    block_scatter: float

    @property
    def learned(self) -> float:
        """What the programme changed, as a logarithm."""
        return math.log(self.after / self.before)

    @property
    def has_learned(self) -> bool:
        """Whether the programme is seen to have changed enough to ask whether it is kept."""
        return self.learned * AIMS[self.cue] >= math.log1p(LEAST_LEARNED[self.cue])

    @property
    def changes(self) -> tuple[float, float]:
        """How far the blocks as now, and those as at the end, are from the level before, as logarithms."""
        days = [day for day in self.days if day]
        return (
            fmean(fmean(math.log(now / self.before) for now, _ in day) for day in days),
            fmean(fmean(math.log(recalled / self.before) for _, recalled in day) for day in days),
        )

    @property
    def probabilities(self) -> dict[Verdict, float]:
        """How sure each verdict is."""
        days, pairs = sum(bool(day) for day in self.days), sum(len(day) for day in self.days)
        own = self.run_scatter**2 + self.block_scatter**2
        both = np.full((2, 2), self.run_scatter**2 / days) + np.eye(2) * self.block_scatter**2 / pairs
        learned = AIMS[self.cue] * max(math.log1p(LEAST_LEARNED[self.cue]), self.learned * AIMS[self.cue])
        logs = {}
        for verdict, changed in CHANGED.items():
            has = np.array(changed)
            left = np.array(self.changes) - learned * has
            spread = (
                both + own / self.before_runs * np.outer(1 - has, 1 - has) + own / self.after_runs * np.outer(has, has)
            )
            logs[verdict] = -0.5 * float(left @ np.linalg.solve(spread, left) + np.log(np.linalg.det(spread)))
        most = max(logs.values())
        shares = {verdict: math.exp(log - most) for verdict, log in logs.items()}
        return {verdict: share / sum(shares.values()) for verdict, share in shares.items()}

    @property
    def verdict(self) -> Verdict | None:
        """The likeliest of the three; `None` where nothing can be told.

        What is recalled was learned, even where the programme's own few runs scattered too much to show it; that it was
        kept, or lost, can't be said of what was not seen to be there.
        """
        if not any(self.days):
            return None
        found = self.probabilities
        likeliest = max(found, key=lambda one: found[one])
        least = PROBABLE if self.has_learned else SURE
        if found[likeliest] < least or not (self.has_learned or likeliest is Verdict.RECALLED):
            return None
        return likeliest

    @property
    def wanted(self) -> Wanted:
        """What would make it surer: a pair where recalling is in doubt, a day where it is between kept and lost."""
        if not any(self.days):
            return Wanted.PAIR
        found = sorted(self.probabilities.items(), key=lambda one: one[1], reverse=True)
        if found[0][1] >= SURE:
            return Wanted.NOTHING
        if Verdict.RECALLED in (found[0][0], found[1][0]) and len(self.days[-1]) < MOST_PAIRS:
            return Wanted.PAIR
        return Wanted.DAY if self.has_learned and len(self.days) < MOST_DAYS else Wanted.NOTHING

    @property
    def words(self) -> str:
        """What became of it, with the numbers, and what to do."""
        name = NAMES[self.cue]
        when = f"{self.month} month{'s' * (self.month > 1)} after the programme"
        if not any(self.days):
            return f"{when}: nothing was measured."
        now, recalled = (percent(change) for change in self.changes)
        numbers = (
            f"Held against before the programme, {name} is {_how(now)} as you run now, and {_how(recalled)} run as at "
            f"its end; then it was {_how(percent(self.learned))}."
        )
        verdict = self.verdict
        if self.wanted is not Wanted.NOTHING:
            more = "two more blocks" if self.wanted is Wanted.PAIR else "the check on another day"
            return f"{when}: not clear yet. {numbers} What would tell more: {more}."
        if verdict is None:
            why = "" if self.has_learned else " The programme changed too little to ask whether it is kept."
            return f"{when}: not clear. {numbers}{why}"
        sure = self.probabilities[verdict]
        title = TITLES[verdict] if sure >= SURE else f"probably {TITLES[verdict]}, {10.0 * sure:.0f} to 10"
        return f"{when}: {title}. {numbers} {ACTIONS[verdict]}"


def pairs_of(progress: Progress) -> tuple[Pair, ...]:
    """Return the pairs of a day's check that were run to their end.

    Raises
    ------
    InputError
        For a test that is no recall check.
    """
    if progress.plan.kind is not Kind.RECALL:
        raise InputError("only a recall check has pairs")
    if progress.plan.cue is Cue.CADENCE:
        values = [part.cadence_spm for part in progress.parts]
    else:
        values = impacts_of([part.impact_g for part in progress.parts])
    found = []
    for first in range(0, len(values) - 1, 2):
        one, other = values[first : first + 2]
        if one is not None and other is not None:
            found.append((other, one) if progress.parts[first].is_cued else (one, other))
    return tuple(found)


def own_scatter(cue: Cue, runs: Iterable[Sequence[float]]) -> Scatter:
    """Return a runner's own scatter, from the levels of blocks or minutes of each of her runs at one speed.

    What is assumed counts as eight runs, so that few runs of her own change little.
    """
    assumed = ASSUMED[cue]
    logs = [[math.log(value) for value in run] for run in runs if run]
    within = [variance(run) for run in logs if len(run) > 1]
    means = [fmean(run) for run in logs]
    blocks = _pooled(assumed.blocks, fmean(within) if within else 0.0, len(within))
    between = (
        variance(means) - fmean(within or [blocks**2]) / fmean(len(run) for run in logs) if len(means) > 1 else 0.0
    )
    return Scatter(_pooled(assumed.runs, max(0.0, between), len(means) - 1), blocks)


def check_due(ended: date, done: Iterable[int], today: date) -> int | None:
    """Return which check is due; `None` before the first, and after one that is done until the next.

    A check that was missed is not made up for once the next is due.
    """
    due = [month for month in MONTHS if today >= ended + month * MONTH]
    return due[-1] if due and due[-1] not in set(done) else None


def _pooled(assumed: float, found_variance: float, count: int) -> float:
    own = max(0, count)
    return math.sqrt((ASSUMED_RUNS * assumed**2 + own * found_variance) / (ASSUMED_RUNS + own))


def _how(change_percent: float) -> str:
    size = f"{abs(change_percent):.0f}"
    return f"{size} % {'lower' if change_percent < 0.0 else 'higher'}" if float(size) else "the same"
