"""What a test came to, in plain words with the chance: pain first, then whether the cue did what it is meant to.

Pain of the place in question is what the test is for. Whether the cue did what it is meant to (lower impact, quicker
steps) is told beside it with a chance of its own, and never stands in for pain. What else changed is told only where it
is large enough to matter, and as one of three things looked at: the more one looks at, the more often chance shows
something. Where nothing was found the words say what would have been, never that the cue does nothing. Sizes of pain
are those that people called slightly better (1 of 10) and much better (2 of 10; Salaffi et al. 2004,
doi:10.1016/j.ejpain.2003.09.004).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar, Final

from footfall_coaching.answers import PainSite
from footfall_coaching.spread import percent
from footfall_coaching.try_out.earlier import EarlierTest, count_words, earlier_of
from footfall_coaching.try_out.events import Why
from footfall_coaching.try_out.measured import impacts_of
from footfall_coaching.try_out.orders import Order, orders_with
from footfall_coaching.try_out.permutation import Difference, difference
from footfall_coaching.try_out.plan import Cue, Kind, cue_words, require_few_orders
from footfall_coaching.try_out.power import LEAST_SCATTER, found_of_100, pain_found_of_100
from footfall_coaching.try_out.progress import Progress
from footfall_processing.errors import InputError
from footfall_processing.session import Side

PAIN_SIZES: Final = (2.0, 1.0)
IMPACT_SIZES: Final = (-0.15, -0.10)
CADENCE_SIZES: Final = (0.05, 0.02)
LEAST_BESIDE: Final = {"impact": 0.05, "cadence": 0.02}
"""A smaller change of what the cue is not meant to change is not told."""
OTHER_SPEED: Final = 0.02
"""Speeds of cued and usual parts that differ by more are told: impact may differ by speed alone."""
ENDS: Final = {
    Why.RED: "pain, or a sign, stopped it",
    Why.TOO_FEW: "too many were left out",
    Why.LEFT: "you left it",
}
LEFT_WORDS: Final = (
    "That holds only if you did not leave since it looked clear: whoever looks each time, and leaves then, finds "
    "something twice as often where there is nothing. Do it once more, to its end."
)
UNFINISHED: Final = (
    "That is no finding: whoever looks after each part, and leaves where it looks clear, finds something that isn't "
    "there twice as often. The order stays sealed; begun again, the same test is run in it, to its end."
)

Values = Sequence[float | None]


@dataclass(frozen=True)
class TryOutResultFirst:
    """The rule of a test's result as it was first, given one value for each part of the plan.

    Parameters
    ----------
    kind, cue, condition, groups, site, side
        As in the plan.
    order
        Whether each part has the cue, as it was drawn; of parts that were not run it does not count.
    pains, impacts_g, cadences_spm, speeds_mps
        `None` for a part that was not run, was left out, or has no such value.
    ended
        Why it was over.
    """

    NAME: ClassVar[str] = "try-out"
    VERSION: ClassVar[int] = 1

    kind: Kind
    cue: Cue
    condition: str
    groups: tuple[int, ...]
    site: PainSite
    side: Side
    order: tuple[bool, ...]
    pains: Values
    impacts_g: Values
    cadences_spm: Values
    speeds_mps: Values
    ended: Why

    def __post_init__(self) -> None:
        require_few_orders(self.groups)

    @property
    def pain(self) -> Difference | None:
        """How much more it hurt with the cue; `None` where cued or usual parts lack."""
        return difference(self.pains, self.order, self.groups)

    @property
    def impact(self) -> Difference | None:
        """How much higher impact was with the cue, as a logarithm of the ratio."""
        return difference(_logs(self.impacts_g), self.order, self.groups)

    @property
    def cadence(self) -> Difference | None:
        """How much higher cadence was with the cue, as a logarithm of the ratio."""
        return difference(_logs(self.cadences_spm), self.order, self.groups)

    @property
    def words(self) -> str:
        """All that can be said."""
        told = (
            self._end_words(),
            self._pain_words(),
            self._ratio_words("impact", self.impact, IMPACT_SIZES, is_aim=self.cue is not Cue.CADENCE),
            self._ratio_words("cadence", self.cadence, CADENCE_SIZES, is_aim=self.cue is Cue.CADENCE),
            self._speed_words(),
            "You knew which was which, and that alone can change how pain is felt.",
        )
        return " ".join(words for words in told if words)

    @property
    def _parts(self) -> str:
        return "runs" if self.kind is Kind.RUNS else "blocks"

    def _end_words(self) -> str:
        if self.ended not in ENDS:
            return ""
        count = sum(pain is not None for pain in self.pains)
        return f"The test ended early, with {count} of {len(self.order)} {self._parts}: {ENDS[self.ended]}."

    def _pain_words(self) -> str:
        where, cue = f"the {self.side.value} {self.site.words}", cue_words(self.cue, self.condition)
        found = self.pain
        if found is None or not found.could_be_found:
            return f"Nothing can be said of pain: {self._counts(self.pains)} count, and that is not enough."
        told = f"Pain of {where} was {_how(found.mean, '.1f', ' of 10')} with {cue}"
        if found.is_found:
            low, high = sorted((abs(found.low), abs(found.high)))
            interval = f" (95 % interval {low:.1f} to {high:.1f})" if found.scatter >= LEAST_SCATTER else ""
            return f"{told}{interval}. By {_chance(found)}. {self._reason_words(found)}"
        usual = fmean(pain for pain, cued in zip(self.pains, self.order, strict=True) if pain is not None and not cued)
        sizes = [one for one in PAIN_SIZES if one <= usual]
        if not sizes:
            return f"Pain of {where} was {usual:.1f} of 10 as usual: too little for less of it to be seen."
        seen = ((f"{one:.0f} less", pain_found_of_100(self.groups, -one, found.scatter, usual)) for one in sizes)
        return (
            f"{told}; {_chance(found)}, so nothing is found. That does not show that it does nothing: with pain that "
            f"varies as yours did, a test like this finds {seen_words(seen)}."
        )

    def _reason_words(self, found: Difference) -> str:
        if self.ended is Why.LEFT:
            return LEFT_WORDS
        if found.mean > 0.0:
            return "That speaks against it."
        return (
            "That is a reason to go on with it." if self.cue is Cue.CONDITION else "That is a reason to train with it."
        )

    def _ratio_words(self, name: str, found: Difference | None, sizes: Sequence[float], *, is_aim: bool) -> str:
        if found is None or not found.could_be_found:
            return f"Nothing can be said of {name}." if is_aim else ""
        change = percent(found.mean)
        if found.is_found:
            low, high = sorted(abs(percent(end)) for end in (found.low, found.high))
            told = f"{name.capitalize()} was {_how(change, '.0f', ' %')} ({low:.0f} to {high:.0f}), by {_chance(found)}"
            if is_aim:
                return f"{told}."
            return f"{told}; it is one of three things looked at." if abs(change) >= 100.0 * LEAST_BESIDE[name] else ""
        if not is_aim:
            return ""
        seen = (
            (
                f"{100.0 * abs(size):.0f} % {'less' if size < 0.0 else 'more'}",
                found_of_100(self.groups, math.log1p(size), found.scatter),
            )
            for size in sizes
        )
        return (
            f"{name.capitalize()} was {_how(change, '.0f', ' %')}; {_chance(found)}, so no change is found. Where it "
            f"varies as yours did, a test like this finds {seen_words(seen)}."
        )

    def _speed_words(self) -> str:
        found = difference(_logs(self.speeds_mps), self.order, self.groups)
        if found is None:
            return "" if self.kind is Kind.RUNS else "Speed is unknown: only a kept speed makes impacts comparable."
        if abs(found.mean) <= OTHER_SPEED:
            return ""
        how = "faster" if found.mean > 0.0 else "slower"
        return f"With the cue you ran {abs(percent(found.mean)):.0f} % {how}, which alone changes impact."

    def _counts(self, values: Values) -> str:
        counts = [
            sum(value is not None and cued is is_cued for value, cued in zip(values, self.order, strict=True))
            for is_cued in (False, True)
        ]
        parts = self._parts.removesuffix("s") if counts[0] == 1 else self._parts
        return f"{counts[0]} {parts} as usual and {counts[1]} with the cue"


@dataclass(frozen=True)
class TryOutResult(TryOutResultFirst):
    """The rule of a test's result, which also says which test of its question it was.

    Parameters
    ----------
    earlier
        The tests of the same question that were begun before, the earliest first.
    """

    VERSION: ClassVar[int] = 2

    earlier: tuple[EarlierTest, ...] = ()

    @property
    def words(self) -> str:
        """All that can be said; of a test that was left what was seen, and no chance."""
        told = super().words if self.ended is not Why.LEFT else f"{self._end_words()} {self._so_far_words()}"
        return f"{told} {count_words(self.earlier)}"

    def _so_far_words(self) -> str:
        where, cue = f"the {self.side.value} {self.site.words}", cue_words(self.cue, self.condition)
        seen = []
        if self.pain is not None:
            seen.append(f"Pain of {where} was {_how(self.pain.mean, '.1f', ' of 10')} with {cue} so far.")
        if self.impact is not None:
            seen.append(f"Impact was {_how(percent(self.impact.mean), '.0f', ' %')}.")
        return f"{' '.join(seen)} {UNFINISHED}" if seen else "Nothing can be said."


def result_of(progress: Progress, before: Sequence[Progress] = ()) -> TryOutResult:
    """Return the rule of a test that is over and opened, or was left, whose seal stays closed.

    Parameters
    ----------
    before
        The runner's tests before this one.

    Raises
    ------
    InputError
        For one that isn't, or a recall check.
    """
    plan = progress.plan
    if progress.ended is None or (progress.opening is None and not progress.stays_sealed):
        raise InputError("a test's result is told once it is over and its seal is opened")
    if plan.site is None or plan.side is None or plan.kind is Kind.RECALL:
        raise InputError("a recall check is judged by its own rule")
    order = _any_order(progress) if progress.opening is None else progress.opening.order
    missing = (None,) * (plan.parts - len(progress.parts))
    impacts_g = impacts_of([part.impact_g for part in progress.parts])
    return TryOutResult(
        plan.kind,
        plan.cue,
        plan.condition,
        plan.groups,
        plan.site,
        plan.side,
        order,
        (*(None if part.pain is None else float(part.pain) for part in progress.parts), *missing),
        (*impacts_g, *missing),
        (*(part.cadence_spm for part in progress.parts), *missing),
        (*(part.speed_mps for part in progress.parts), *missing),
        progress.ended,
        earlier_of(before, plan),
    )


def _any_order(progress: Progress) -> Order:
    """Return an order that begins as the parts that were run: of the others nothing counts, and none is told."""
    first = orders_with(progress.plan.groups, [part.is_cued for part in progress.parts])[0]
    return tuple(bool(is_cued) for is_cued in first)


def _logs(values: Values) -> list[float | None]:
    return [None if value is None or value <= 0.0 else math.log(value) for value in values]


def _how(change: float, form: str, unit: str) -> str:
    size = f"{abs(change):{form}}"
    return f"{size}{unit} {'lower' if change < 0.0 else 'higher'}" if float(size) else "the same"


def _chance(found: Difference) -> str:
    if found.is_found:
        return f"chance 1 in {round(1.0 / found.chance)}"
    return f"chance alone makes as much in {round(100.0 * found.chance)} of 100 tests"


def seen_words(found: Iterable[tuple[str, int]]) -> str:
    """Say in how many of 100 tests each size is found."""
    (first, count), *others = found
    return ", ".join((f"{first} in {count} of 100 tests", *(f"{size} in {count}" for size, count in others)))
