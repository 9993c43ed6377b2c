"""What is tried: the cue, the parts, in which orders they may come, and the rules that are told beforehand.

Parts come in groups, each with as many usual parts as cued ones: one group of eight blocks within a run, groups of four
runs across runs. So a test across runs is balanced to within two runs whenever it is left.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from footfall_coaching.answers import PainSite
from footfall_coaching.try_out.orders import MOST_CHANCE, count_of, least_chance
from footfall_processing.errors import InputError
from footfall_processing.session import Side

BLOCK_S: Final = 120.0
RECALL_BLOCK_S: Final = 180.0
WARM_UP_S: Final = 300.0
SETTLE_S: Final = 45.0
"""Of a block the first seconds don't count. All of six runners changed their impact with the first step of feedback,
but two came to a plateau only within 120 steps, some 45 s (van Gelder et al. 2018, doi:10.3390/proceedings2060200); and
what the block before asked for has to fade."""
LEAST_STRIDES: Final = 50
"""Of a leg, in the seconds that count; with fewer its impact is not told."""
MOST_SPEED_CHANGE: Final = 0.05
"""A block at another speed than the warm-up's by more is run again: impact goes with speed to the power of some 1.5."""
MOST_GOES: Final = 3
"""A part that was cut off is run again, as it was drawn; after so many goes it is left out."""
MOST_ORDERS: Final = 2000
"""All orders are looked at, and a test that has more is not begun."""
MOST_PARTS: Final = 40
"""More parts have more orders in any groups."""


class Cue(StrEnum):
    """What the cued parts have that the usual ones lack."""

    IMPACT = "impact"
    """Feedback of impact."""
    CADENCE = "cadence"
    """A metronome at 7.5 % more steps."""
    CONDITION = "condition"
    """Whatever the runner names: tape, another pair of shoes."""


class Kind(StrEnum):
    """What the parts are, and what is asked of them."""

    BLOCKS = "blocks"
    """Blocks of one run."""
    RUNS = "runs"
    """Whole runs on days of their own."""
    RECALL = "recall"
    """Blocks as the runner runs now, which count as usual, and as at the end of the programme."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A test as it is fixed before its order is drawn.

    Parameters
    ----------
    cue, condition
        What is tried; of a condition its name in few words, such as `"tape"`, else empty.
    groups
        How many parts each group has, in their order: even numbers.
    site, side
        The place whose pain is asked for; `None` where nothing hurts, which only a recall check allows.
    part_s, settle_s, warm_up_s
        How long a block is, what of it does not count, and what is run before the first; 0 where parts are whole runs.
    """

    kind: Kind
    cue: Cue
    condition: str
    groups: tuple[int, ...]
    site: PainSite | None
    side: Side | None
    part_s: float = BLOCK_S
    settle_s: float = SETTLE_S
    warm_up_s: float = WARM_UP_S

    def __post_init__(self) -> None:
        if not self.groups or any(count < 2 or count % 2 for count in self.groups):
            raise InputError("parts come in groups of 2, 4, 6 ...: as many with the cue as without")
        if not self.condition.isprintable() or bool(self.condition.strip()) != (self.cue is Cue.CONDITION):
            raise InputError("a condition that is tried needs a name of printable characters, such as 'tape'")
        if (self.site is None) != (self.side is None) or (self.site is None and self.kind is not Kind.RECALL):
            raise InputError("a try-out needs the place that hurts, and its side")
        if not 0.0 <= self.settle_s < self.part_s and self.kind is not Kind.RUNS:
            raise InputError("of a block more must be run than is left out at its beginning")
        require_few_orders(self.groups)
        if self.kind is not Kind.RECALL and least_chance(self.groups) > MOST_CHANCE:
            raise InputError(refusal(self.groups))

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return sum(self.groups)


def cue_words(cue: Cue, condition: str) -> str:
    """Return the cue as it stands after "with"."""
    return {Cue.IMPACT: "feedback of impact", Cue.CADENCE: "quicker steps", Cue.CONDITION: condition}[cue]


def part_words(plan: Plan, part: int, is_cued: bool) -> str:
    """Say what a part is, when it begins; parts are counted from 0."""
    if plan.kind is Kind.RECALL:
        how = "run as at the end of the programme" if is_cued else "run as you run now"
    else:
        how = f"with {cue_words(plan.cue, plan.condition)}" if is_cued else "as usual"
    return f"{'Run' if plan.kind is Kind.RUNS else 'Block'} {part + 1} of {plan.parts}: {how}."


def require_few_orders(groups: tuple[int, ...]) -> None:
    """Raise `InputError` for parts with more orders than can be looked at."""
    parts = sum(abs(count) for count in groups)
    if parts > MOST_PARTS or count_of(groups) > MOST_ORDERS:
        raise InputError(f"{parts} parts have more than {MOST_ORDERS:,} orders, too many to look at: take fewer")


def refusal(groups: tuple[int, ...]) -> str:
    """Say why a design can't show anything, and what can."""
    half = sum(groups) // 2
    return (
        f"{half} parts as usual and {half} with the cue can't show anything: even the clearest result comes by chance "
        f"in 1 of {count_of(groups) // 2} such tests, and no more than 1 in {round(1 / MOST_CHANCE)} is asked. What "
        f"can: 4 and 4 blocks of one run (1 in {count_of((8,)) // 2}), or 6 and 6 runs in groups of four "
        f"(1 in {count_of((4, 4, 4)) // 2})."
    )


def eight_blocks(cue: Cue, site: PainSite, side: Side, condition: str = "") -> Plan:
    """Plan four usual and four cued blocks of two minutes: 21 minutes with the warm-up."""
    return Plan(Kind.BLOCKS, cue, condition, (8,), site, side)


def ten_blocks(cue: Cue, site: PainSite, side: Side, condition: str = "") -> Plan:
    """Plan five usual and five cued blocks of two minutes: 25 minutes with the warm-up, and it sees smaller changes."""
    return Plan(Kind.BLOCKS, cue, condition, (10,), site, side)


def across_runs(condition: str, site: PainSite, side: Side, fours: int = 3) -> Plan:
    """Plan runs in groups of four, two as usual and two with the condition; three groups are the least.

    Raises
    ------
    InputError
        For fewer, which can't show anything, or for more than can be looked at.
    """
    return Plan(Kind.RUNS, Cue.CONDITION, condition, (4,) * fours, site, side, 0.0, 0.0, 0.0)


def recall_check(cue: Cue, pairs: int = 3) -> Plan:
    """Plan up to three pairs of blocks of three minutes; the first pair is mostly enough."""
    return Plan(Kind.RECALL, cue, "", (2,) * pairs, None, None, part_s=RECALL_BLOCK_S)
