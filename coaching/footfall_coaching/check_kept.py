"""A check after a programme, from what is kept: the programme's own two levels, and the pairs of each day."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import fmean
from typing import Final

from footfall_coaching.ledger import rule_of
from footfall_coaching.matched import levels
from footfall_coaching.message import Message
from footfall_coaching.programme.afterwards import Check, Found, open_check
from footfall_coaching.programme.kind import ProgrammeKind
from footfall_coaching.programme.progress import LegProgress, progress_of
from footfall_coaching.programme.state import Hold, State
from footfall_coaching.run import Run
from footfall_coaching.try_out.plan import Cue, Kind
from footfall_coaching.try_out.progress import Progress
from footfall_coaching.try_out.recall import Pair, RecallCheck, Wanted, own_scatter, pairs_of
from footfall_processing.errors import InputError

CUES: Final = {ProgrammeKind.IMPACT: Cue.IMPACT, ProgrammeKind.CADENCE: Cue.CADENCE}
AT_THE_END: Final = 3
"""So many of the last sessions make the level at the programme's end."""
OWN_BEFORE: Final = timedelta(days=90)
"""Runs of so long before a programme tell how much the runner varies."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A programme's two levels of those legs that have both, in the metric's unit, and of how many runs each is."""

    before: Mapping[str, float]
    after: Mapping[str, float]
    before_runs: int
    after_runs: int


def learned_of(state: State, runs: Iterable[Run]) -> Learned:
    """Return what a programme changed.

    Raises
    ------
    InputError
        Where its last sessions don't tell, in words for the runner.
    """
    by_leg: dict[str, list[LegProgress]] = {}
    for one in progress_of(state, runs):
        by_leg.setdefault("" if one.side is None else one.side.value, []).append(one)
    before = {"" if leg.side is None else leg.side.value: leg.value for leg in state.begun.baseline.legs}
    after = {
        leg: math.exp(fmean(math.log(one.value) for one in own[-AT_THE_END:]))
        for leg, own in by_leg.items()
        if leg in before
    }
    if not after:
        raise InputError(
            "nobody knows how you ran at the programme's end: no session had minutes enough at your usual speed, with "
            "sensors on"
        )
    count = min(len(by_leg[leg][-AT_THE_END:]) for leg in after)
    return Learned({leg: before[leg] for leg in after}, after, state.begun.baseline.runs, count)


def check_due(state: State | None, found: Mapping[int, Found], now: datetime) -> Check | None:
    """Return the check of a finished programme that can be done today; `None` where none can."""
    if state is None or state.over is not Hold.DONE or state.over_on is None:
        return None
    return open_check(state.over_on, found, now.date())


def check_of(
    progress: Progress, state: State, month: int, runs: Iterable[Run], told: Iterable[Message]
) -> RecallCheck | None:
    """Return the rule of a check with the pairs of a day that were run so far; `None` where no pair tells anything.

    Parameters
    ----------
    state
        The programme's.
    month
        Which check it is.
    told
        The runner's ledger, where the days before are.

    Raises
    ------
    InputError
        Where the programme's last sessions don't tell how the runner ran at its end.
    """
    all_runs = list(runs)
    learned, cue = learned_of(state, all_runs), CUES[state.begun.kind]
    legs, pairs = _pairs(progress, cue, learned)
    before = _mean(learned.before, legs)
    if not pairs:
        return None
    begun, metric = state.begun.at_utc, state.begun.baseline.metric_name
    own = [run for run in all_runs if run.started_utc is not None and begun - OWN_BEFORE <= run.started_utc <= begun]
    found = levels(own, metric, state.begun.baseline.speed_mps)
    first = found[0].stream if found else None
    scatter = own_scatter(cue, [[math.exp(one.mean)] for one in found if one.stream == first])
    return RecallCheck(
        month,
        cue,
        before,
        _mean(learned.after, legs),
        learned.before_runs,
        learned.after_runs,
        (*_days_before(told, state, month), pairs),
        scatter.runs,
        scatter.blocks,
    )


def is_clear(rule: RecallCheck | None) -> bool:
    """Tell whether nothing more is to be run today."""
    return rule is not None and rule.wanted is not Wanted.PAIR


def _pairs(progress: Progress, cue: Cue, learned: Learned) -> tuple[Sequence[str], tuple[Pair, ...]]:
    """Return the legs that are compared, and what was run of them; of cadence both legs tell the same."""
    if progress.plan.kind is not Kind.RECALL:
        raise InputError("only a recall check has pairs")
    if cue is Cue.CADENCE:
        return sorted(learned.after), pairs_of(progress)
    seen = [set(part.impact_g) for part in progress.parts if part.impact_g]
    legs = sorted(set(learned.after).intersection(*seen)) if seen else []
    parts = tuple(
        replace(part, impact_g={leg: value for leg, value in part.impact_g.items() if leg in legs})
        for part in progress.parts
    )
    return legs, pairs_of(replace(progress, parts=parts))


def _mean(values: Mapping[str, float], legs: Sequence[str]) -> float:
    return math.exp(fmean(math.log(values[leg]) for leg in legs)) if legs else 0.0


def _days_before(told: Iterable[Message], state: State, month: int) -> tuple[tuple[Pair, ...], ...]:
    """Return the pairs of the check's days before, from what was told of it last."""
    days: tuple[tuple[Pair, ...], ...] = ()
    for message in told:
        if message.rule == RecallCheck.NAME and message.told_utc >= state.begun.at_utc:
            try:
                rule = rule_of(message)
            except InputError:
                continue  # the page of what was told says so
            if isinstance(rule, RecallCheck) and rule.month == month:
                days = rule.days
    return days
