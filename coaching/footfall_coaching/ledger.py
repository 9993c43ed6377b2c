"""The ledger of what was told: each message made again from its inputs, and what happened in the 14 days after it."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeVar

import msgspec

from footfall_coaching.answers import Pain
from footfall_coaching.change_rules import CadenceChange, DriftChange, ImpactChange, Spike, WornPair
from footfall_coaching.counted import counted
from footfall_coaching.exercises.session import ExercisesToday
from footfall_coaching.felt_when import FeltWhen
from footfall_coaching.light_rule import (
    MOST_AMBER,
    MOST_GREEN,
    Colour,
    TodaysLight,
    TodaysLightFirst,
    TodaysLightSecond,
    TodaysLightThird,
)
from footfall_coaching.load import Way, km
from footfall_coaching.load_rule import RunAbove, RunAboveByLoad, TodaysCeiling, TodaysCeilingByLoad
from footfall_coaching.message import Message
from footfall_coaching.programme.afterwards import Reminder
from footfall_coaching.programme.rule import ProgrammeToday
from footfall_coaching.run import Run
from footfall_coaching.shoes import MinimalShare
from footfall_coaching.told import Rule, words_in
from footfall_coaching.try_out.beforehand import TodaysCondition, TryOutBeforehand
from footfall_coaching.try_out.recall import RecallCheck
from footfall_coaching.try_out.result import TryOutResult, TryOutResultFirst
from footfall_processing.errors import InputError

T = TypeVar("T")

RULES: Final[Mapping[tuple[str, int], type[Rule]]] = MappingProxyType(
    {
        (rule.NAME, rule.VERSION): rule
        for rule in (
            TodaysLight,
            TodaysLightThird,
            TodaysLightSecond,
            TodaysLightFirst,
            TodaysCeiling,
            TodaysCeilingByLoad,
            RunAbove,
            RunAboveByLoad,
            Spike,
            WornPair,
            ImpactChange,
            DriftChange,
            CadenceChange,
            MinimalShare,
            ProgrammeToday,
            Reminder,
            ExercisesToday,
            TryOutBeforehand,
            TodaysCondition,
            TryOutResult,
            TryOutResultFirst,
            RecallCheck,
        )
    }
)
"""Every rule by name and version; one that has changed stays here under its old version."""

WARNINGS: Final = frozenset({TodaysLight.NAME, RunAbove.NAME, Spike.NAME, WornPair.NAME})
"""Rules that warn; what others tell is no alarm, and can't be a false one."""
AFTERWARDS: Final = timedelta(days=14)


def remake(message: Message) -> str:
    """Return the words that the message's rule, in the version it had, makes of the message's inputs.

    Raises
    ------
    InputError
        Where no such rule is known here, or the inputs are not the rule's.
    """
    rule = rule_of(message)
    try:
        return rule.words
    except (ArithmeticError, ValueError, LookupError, TypeError) as error:
        raise InputError(f"a message of rule {message.rule!r} can't be made of its inputs: {error}") from error


def told_again(message: Message, way: Way | None) -> str:
    """Return a message's words with distances as `way` tells them, made of its inputs; `None` for those it was told in.

    Raises as `remake`.
    """
    return message.words if way is None else words_in(rule_of(message), way)


def warns(message: Message) -> bool:
    """Tell whether a message was a warning; a green light is none."""
    if message.rule not in WARNINGS:
        return False
    rule = rule_of(message)
    return not isinstance(rule, TodaysLight) or rule.light.colour in (Colour.AMBER, Colour.RED)


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What happened in the 14 days after a message.

    Parameters
    ----------
    is_over
        Whether the 14 days are over, or as much of them as the log goes on for.
    runs, distance_m, without_distance
        The runner's runs in them, how far these went, and of how many that is not known.
    worst_pain
        The worst that was told in them; `None` where nothing was told.
    """

    is_over: bool
    runs: int
    distance_m: float
    worst_pain: int | None
    without_distance: int = 0

    @property
    def is_false_alarm(self) -> bool | None:
        """Whether a warning was followed by running and by no pain above green; `None` while that can't be said."""
        if self.worst_pain is not None and self.worst_pain > MOST_GREEN:
            return False
        return True if self.is_over and self.runs and self.worst_pain is not None else None

    @property
    def words(self) -> str:
        """What happened, without saying that one came of the other."""
        return self.told(km)

    def told(self, way: Way) -> str:
        """Say it with distances as `way` tells them."""
        ran = f"{self.runs} run{'s' * (self.runs > 1)}, {self._far(way)}" if self.runs else "no run"
        if self.worst_pain is None:
            pain = "no word on pain"
        elif self.worst_pain == 0:
            pain = "no pain"
        else:
            much = "much " if self.worst_pain > MOST_AMBER else ""
            pain = f"{much}pain, {self.worst_pain} of 10 at the worst"
        return f"In the {AFTERWARDS.days} days after{'' if self.is_over else ', so far'}: {ran}; {pain}."

    def _far(self, way: Way) -> str:
        if self.without_distance == self.runs:
            return "how far is not known"
        return f"{'at least ' if self.without_distance else ''}{way(self.distance_m)}"


class Afterwards:
    """What happened after any message to a runner.

    Parameters
    ----------
    runs, pains
        All of the runner's.
    now_utc
        This moment.
    """

    def __init__(self, runs: Iterable[Run], pains: Iterable[Pain], now_utc: datetime) -> None:
        runs = list(runs)
        when = FeltWhen(runs, now_utc.tzinfo)
        self._runs = counted(runs)
        own = ((when.moment(pain), pain.level) for pain in pains if when.counts(pain))
        self._pains = sorted(own, key=lambda one: one[0])
        self._now_utc = now_utc

    def of(self, message: Message) -> Aftermath:
        """Return what happened in the 14 days after one."""
        begin, end = message.told_utc, message.told_utc + AFTERWARDS
        runs, pains = _within(self._runs, begin, end), _within(self._pains, begin, end)
        distance_m = math.fsum(run.distance_m or 0.0 for run in runs)
        without = sum(run.distance_m is None for run in runs)
        return Aftermath(end <= self._now_utc, len(runs), distance_m, max(pains, default=None), without)


def aftermath_of(message: Message, runs: Iterable[Run], pains: Iterable[Pain], *, is_over: bool) -> Aftermath:
    """Return what happened after a message; `is_over` says whether its 14 days are."""
    now_utc = message.told_utc + AFTERWARDS if is_over else message.told_utc
    return Afterwards(runs, pains, now_utc).of(message)


def warnings_of(told: Iterable[Message], afterwards: Afterwards) -> list[tuple[Message, Aftermath]]:
    """Return the warnings with what happened after each, the latest first; those of rules not known here left out."""
    known = (message for message in told if (message.rule, message.version) in RULES)
    found = [(message, afterwards.of(message)) for message in known if warns(message)]
    return sorted(found, key=lambda one: one[0].told_utc, reverse=True)


def false_alarms(
    told: Iterable[Message], runs: Iterable[Run], pains: Iterable[Pain], now_utc: datetime
) -> list[tuple[Message, Aftermath]]:
    """Return the warnings that nothing followed, with what did happen, the latest first."""
    return [one for one in warnings_of(told, Afterwards(runs, pains, now_utc)) if one[1].is_false_alarm]


def _within(dated: Sequence[tuple[datetime, T]], begin: datetime, end: datetime) -> list[T]:
    """Return what is after a moment, and not after another, of what is in order of time."""
    first, last = (bisect_right(dated, moment, key=lambda one: one[0]) for moment in (begin, end))
    return [value for _, value in dated[first:last]]


def rule_of(message: Message) -> Rule:
    """Make a message's rule again from its inputs; raises `InputError` as `remake`."""
    rule = RULES.get((message.rule, message.version))
    if rule is None:
        raise InputError(
            f"no rule {message.rule!r} of version {message.version} is known here: a newer Footfall told this"
        )
    try:
        return msgspec.convert(dict(message.inputs), rule)
    except msgspec.ValidationError as error:
        raise InputError(f"the inputs of a message of rule {message.rule!r} are not its own: {error}") from error
