"""What is told before a test begins: what is done, the rules, what it can see, and whether it may begin today.

A test within a run may begin on green, and on amber where it takes no longer than the last run: amber holds whatever is
longer, faster or harder, and whoever hurts on every run could try nothing else. A test across runs brings something new
to whole runs, so its runs are those of green days; on other days the runner runs as usual, if at all, and the draw
waits.

How blocks, runs and strides vary is assumed where the runner's own log does not tell (4, 8 and 17 %): these are our
design's numbers, and no trial's; so is that pain varies by three quarters of a point from block to block.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Final

from footfall_coaching.answers import PainSite
from footfall_coaching.light_rule import MOST_AMBER, MOST_GREEN, Colour
from footfall_coaching.try_out.plan import MOST_SPEED_CHANGE, Cue, Kind, Plan, cue_words, require_few_orders
from footfall_coaching.try_out.power import found_of_100, pain_found_of_100
from footfall_coaching.try_out.progress import SHARP_RISE
from footfall_coaching.try_out.result import PAIN_SIZES, seen_words
from footfall_processing.errors import InputError
from footfall_processing.session import Side

BLOCK_SCATTER: Final = 0.043
"""Of a block's impact, as a share: blocks by 4 %, and a median of 100 strides of two legs that vary by 17 %."""
RUN_SCATTER: Final = 0.08
PAIN_SCATTER: Final = 0.75
ASSUMED_PAIN: Final = 3.0
TOLD_SIZES: Final = (0.20, 0.15, 0.10)
EIGHT: Final = (8,)
TEN: Final = (10,)


@dataclass(frozen=True)
class TryOutBeforehand:
    """The rule of what is told before a test.

    Parameters
    ----------
    kind, cue, condition, groups, site, side
        As in the plan.
    part_s, settle_s, warm_up_s
        As in the plan.
    impact_scatter
        By how much impact varies from part to part, as a share, where the runner's log tells.
    """

    NAME: ClassVar[str] = "try-out-beforehand"
    VERSION: ClassVar[int] = 1

    kind: Kind
    cue: Cue
    condition: str
    groups: tuple[int, ...]
    site: PainSite
    side: Side
    part_s: float
    settle_s: float
    warm_up_s: float
    impact_scatter: float | None = None

    def __post_init__(self) -> None:
        require_few_orders(self.groups)

    @property
    def words(self) -> str:
        """What is done, by which rules, and what can be seen."""
        return " ".join((self._plan_words(), self._rule_words(), self.seen_words))

    @property
    def seen_words(self) -> str:
        """What the test can see."""
        is_runs = self.kind is Kind.RUNS
        scatter = self.impact_scatter or (RUN_SCATTER if is_runs else BLOCK_SCATTER)
        whose = "as in your log" if self.impact_scatter else "as is assumed"
        between = "run to run" if is_runs else "block to block"
        usual = float(MOST_GREEN) if is_runs else ASSUMED_PAIN
        impact = seen_words(
            (f"{100.0 * size:.0f} % less", self._found(self.groups, size, scatter)) for size in TOLD_SIZES
        )
        pain = seen_words(
            (f"{size:.0f} less", self._pain_found(self.groups, size, usual)) for size in PAIN_SIZES if size < usual
        )
        told = (
            f"What it can see: where impact varies by {100.0 * scatter:.0f} % from {between}, {whose}, {impact}; where "
            f"pain is {usual:.0f} of 10 and varies by {PAIN_SCATTER:g}, as is assumed, {pain}."
        )
        if self.groups != EIGHT:
            return told
        return (
            f"{told} Ten blocks take four minutes more and find {100.0 * TOLD_SIZES[-1]:.0f} % less impact in "
            f"{self._found(TEN, TOLD_SIZES[-1], scatter)}, and {PAIN_SIZES[0]:.0f} less pain in "
            f"{self._pain_found(TEN, PAIN_SIZES[0], usual)}."
        )

    @staticmethod
    def _found(groups: tuple[int, ...], size: float, scatter: float) -> int:
        return found_of_100(groups, math.log1p(-size), scatter)

    @staticmethod
    def _pain_found(groups: tuple[int, ...], size: float, usual: float) -> int:
        return pain_found_of_100(groups, -size, PAIN_SCATTER, usual)

    def _plan_words(self) -> str:
        cue, half = cue_words(self.cue, self.condition), sum(self.groups) // 2
        if self.kind is Kind.RUNS:
            return (
                f"{2 * half} runs on green days: {half} as usual, {half} with {cue}, in an order that is drawn and "
                f"sealed before the first; each day you are told which it is. In every {self.groups[0]} runs there are "
                f"as many of both."
            )
        total_min = (self.warm_up_s + sum(self.groups) * self.part_s) / 60.0
        return (
            f"{self.warm_up_s / 60.0:.0f} minutes of warm-up at your own speed, then {2 * half} blocks of "
            f"{self.part_s / 60.0:.0f} minutes, {total_min:.0f} minutes in all: {half} as usual, {half} with {cue}, in "
            f"an order that is drawn and sealed before the first; each block is revealed when it begins."
        )

    def _rule_words(self) -> str:
        asked = f"After each you say how much the {self.side.value} {self.site.words} hurt."
        if self.kind is Kind.RUNS:
            return f"{asked} A run that you give up is run again as it was drawn."
        return (
            f"Keep the warm-up's speed: a block more than {100.0 * MOST_SPEED_CHANGE:.0f} % off it, or cut off, is run "
            f"again as it was drawn. The first {self.settle_s:.0f} s of a block don't count. {asked} Above "
            f"{MOST_AMBER} of 10, {SHARP_RISE} more than after the warm-up, or with a limp, it stops."
        )


def beforehand_of(plan: Plan, impact_scatter: float | None = None) -> TryOutBeforehand:
    """Return the rule for a plan of a try-out.

    Raises
    ------
    InputError
        For a recall check, of which `recall` tells.
    """
    if plan.site is None or plan.side is None:
        raise InputError("a recall check has its own words")
    return TryOutBeforehand(
        plan.kind,
        plan.cue,
        plan.condition,
        plan.groups,
        plan.site,
        plan.side,
        plan.part_s,
        plan.settle_s,
        plan.warm_up_s,
        impact_scatter,
    )


def why_not_today(plan: Plan, colour: Colour, last_run_s: float | None) -> str:
    """Say why a test, or the next run of one, may not begin today; empty where it may.

    Parameters
    ----------
    colour
        Of today's light.
    last_run_s
        How long the last run was; `None` where there is none.
    """
    if colour is Colour.GREEN:
        return ""
    if colour is Colour.UNKNOWN:
        return "Tell first how the last run, or this morning, felt."
    if colour is Colour.RED:
        return "Not on red: it waits until the light is green again."
    if plan.kind is Kind.RUNS:
        return "Not on amber: run as usual, if at all. The draw waits for a green day."
    needed_s = plan.warm_up_s + plan.parts * plan.part_s
    takes = f"On amber nothing gets longer: this takes {needed_s / 60.0:.0f} minutes"
    if last_run_s is None:
        return f"{takes}, and no run is known that was as long."
    if needed_s > last_run_s:
        return f"{takes}, more than your last run."
    return ""


@dataclass(frozen=True)
class TodaysCondition:
    """The rule of a day in a test across runs: what was drawn for it, or why the draw waits.

    Parameters
    ----------
    condition, number, count
        What is tried, the run's number from 1, and how many there are.
    is_cued
        What was drawn; `None` where nothing is revealed today.
    why_not
        Why it waits, empty where it doesn't.
    """

    NAME: ClassVar[str] = "try-out-today"
    VERSION: ClassVar[int] = 1

    condition: str
    number: int
    count: int
    is_cued: bool | None
    why_not: str = ""

    @property
    def words(self) -> str:
        """The condition of today's run."""
        run = f"Run {self.number} of {self.count} of your test of {self.condition}"
        if self.is_cued is None:
            return f"{run} waits. {self.why_not}".strip()
        return f"{run}: today {'with' if self.is_cued else 'as usual, without'} {self.condition}."
