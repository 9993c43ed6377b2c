"""Try-outs of the same question that were begun before this one, as its result tells of them.

Each test by itself finds something where nothing is in no more than 5 of 100. Whoever begins one after the other, or
leaves those that look bad, finds it more often, and only the count of all that were begun shows that. So each result
says which one it is. A test that is left early keeps its seal closed, and the next one of the same plan is run in that
order: nobody can leave to look at an order, or draw until one suits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from footfall_coaching.try_out.events import Why
from footfall_coaching.try_out.orders import MOST_CHANCE
from footfall_coaching.try_out.plan import Kind, Plan
from footfall_coaching.try_out.progress import Progress

ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True, slots=True)
class EarlierTest:
    """A test of the same question that was begun before.

    Parameters
    ----------
    kind, parts
        Whether its parts were blocks or runs, and how many it was to have.
    run
        How many parts were over when it ended.
    ended
        Why it was over.
    """

    kind: Kind
    parts: int
    run: int
    ended: Why

    @property
    def words(self) -> str:
        """How far it came, as it stands in a list."""
        name = "run" if self.kind is Kind.RUNS else "block"
        far = f"after {self.run} of {self.parts} {name}s" if self.run else f"before its first {name}"
        match self.ended:
            case Why.LEFT:
                return f"one that you left {far}"
            case Why.RED:
                return f"one that pain or a sign stopped {far}"
            case Why.TOO_FEW:
                return f"one that ended {far}, as too many were left out"
            case Why.LOST:
                return "one that can't be read any more"
            case _:
                return f"one that was run to its end, {self.parts} {name}s"


def is_same_question(one: Plan, other: Plan) -> bool:
    """Tell whether two try-outs ask whether the same change helps the same place; checks ask something else."""
    if Kind.RECALL in (one.kind, other.kind):
        return False
    return _question(one) == _question(other)


def earlier_of(tests: Sequence[Progress], plan: Plan) -> tuple[EarlierTest, ...]:
    """Return those of a runner's tests that asked what a plan asks and are over, the earliest first."""
    return tuple(
        EarlierTest(test.plan.kind, test.plan.parts, len(test.parts), test.ended)
        for test in tests
        if test.ended is not None and is_same_question(test.plan, plan)
    )


def sealed_for(tests: Sequence[Progress], plan: Plan) -> Progress | None:
    """Return the test that was left with an order which this plan is to be run in; `None` where one is to be drawn."""
    own = [one for one in tests if is_same_question(one.plan, plan) and one.plan.groups == plan.groups]
    left = [one for one in own if one.plan.kind is plan.kind and one.stays_sealed]
    opened = {one.seal for one in own if one.opening is not None}
    return next((one for one in reversed(left) if one.seal not in opened), None)


def count_words(earlier: Sequence[EarlierTest]) -> str:
    """Say which test of its question one is, what became of those before, and what more tests than one do."""
    number = len(earlier) + 1
    if not earlier:
        return "This was your first try-out of this."
    place = ORDINALS[number - 1] if number <= len(ORDINALS) else f"{number}th"
    told = f"This was your {place} try-out of this. Begun before: {'; '.join(one.words for one in earlier)}."
    looked_at = 1 + sum(one.run > 0 for one in earlier)
    if looked_at == 1:
        return told
    by_chance = 100.0 * (1.0 - (1.0 - MOST_CHANCE) ** looked_at)
    return (
        f"{told} The chance is that of one test by itself: of {looked_at}, one or more find something that isn't there "
        f"in up to {by_chance:.0f} of 100 cases."
    )


def _question(plan: Plan) -> tuple[object, ...]:
    return plan.cue, " ".join(plan.condition.casefold().split()), plan.site, plan.side
