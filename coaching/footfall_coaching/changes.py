"""What has changed over the last month: the numbers of each run, which `change_rules` judges."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Final

import msgspec
import numpy as np

from footfall_coaching.alike import of_newest_version
from footfall_coaching.answers import Shoe
from footfall_coaching.change_rules import CadenceChange, DriftChange, ImpactChange, Spike, WornPair
from footfall_coaching.counted import counted
from footfall_coaching.course import Courses
from footfall_coaching.load import distances_before
from footfall_coaching.matched import Level, arrays, fit, levels, mean_of, usual_speed_mps
from footfall_coaching.run import Run
from footfall_coaching.shoes import pairs_of
from footfall_coaching.spread import percent
from footfall_coaching.told import Rule
from footfall_processing.metrics.catalogue import CADENCE, PEAK_ACC, PEAK_TIBIAL_ACC, Metric
from footfall_processing.session import Placement

RECENT: Final = timedelta(days=30)
BEFORE: Final = timedelta(days=90)
"""What the last month is held against."""
MOSTLY: Final = 0.9
HARDLY: Final = 0.1
LEAST_MINUTES: Final = 9
"""A shorter run has no thirds."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change as it is told; `inputs` are plain JSON, of which the rule makes the same words."""

    rule: str
    words: str
    inputs: Mapping[str, object]


def changes_of(runs: Iterable[Run], shoes: Iterable[Shoe], now: datetime, known: Courses | None = None) -> list[Change]:
    """Return what has changed in the last month, the most pressing first; mostly nothing."""
    told = rules_that_tell(runs, shoes, now, known)
    return [Change(rule.NAME, rule.words, msgspec.to_builtins(rule)) for rule in told]


def rules_that_tell(
    runs: Iterable[Run], shoes: Iterable[Shoe], now: datetime, known: Courses | None = None
) -> list[Rule]:
    """Return the rules that have something to tell, the most pressing first.

    What sensors measured is held against other runs of the same version of the metrics alone.

    Parameters
    ----------
    known
        Where courses are kept that are asked for again.
    """
    known = Courses() if known is None else known
    own = [(started, run) for started, run in counted(runs) if started <= now]
    window = of_newest_version([(started, run) for started, run in own if started >= now - RECENT - BEFORE])
    recent_from = now - RECENT
    metric = impact_metric([run for _, run in window])
    impact = _values(levels((run for _, run in window), metric.name, known=known))
    worn = _worn(impact, [run for _, run in own], shoes, recent_from)
    in_worn = {rule.shoe for rule in worn if rule.words}
    beside = [one for one in impact if one.run.shoe not in in_worn]
    cadence = _values(levels((run for _, run in window), CADENCE.name, known=known))
    found: list[Rule] = [
        *_spikes(own, recent_from),
        *worn,
        ImpactChange(*_parted(beside, recent_from), _new_shoe(beside, recent_from)),
        drifts_of(window, metric, recent_from, known),
        CadenceChange(*_parted(cadence, recent_from)),
    ]
    return [rule for rule in found if rule.words]


def impact_metric(runs: Sequence[Run]) -> Metric:
    """Return which impact most runs have: along the shin where it was measured, else that of the foot."""
    shins = sum(
        any(leg.placement is Placement.SHANK and PEAK_TIBIAL_ACC.name in leg.medians for leg in run.legs)
        for run in runs
    )
    return PEAK_TIBIAL_ACC if 2 * shins > len(runs) else PEAK_ACC


def drifts_of(
    window: Sequence[tuple[datetime, Run]], metric: Metric, recent_from: datetime, known: Courses
) -> DriftChange:
    """Return by how much a metric rose from the first to the last third of each run, mean of its legs.

    What speed alone does is taken off where most runs have speeds; runs that are too short for thirds are left out.
    """
    usual_mps = usual_speed_mps(run for _, run in window) or 1.0
    found = [(started, list(known.of(run, metric.name).values())) for started, run in window]
    by_speed = [(started, [arrays(one, usual_mps, logarithmic=True) for one in legs]) for started, legs in found]
    groups = [(xs, ys) for _, legs in by_speed for xs, ys in legs if len(ys) >= LEAST_MINUTES]
    legs_in_all = sum(len(one) >= LEAST_MINUTES for _, legs in found for one in legs)
    at_one_speed = 2 * len(groups) > legs_in_all
    before: list[float] = []
    recent: list[float] = []
    slope = fit(groups).slope if at_one_speed else 0.0
    for (started, legs), (_, on_speed) in zip(found, by_speed, strict=True):
        courses_of_legs = (
            [ys - slope * xs for xs, ys in on_speed]
            if at_one_speed
            else [np.log([piece.value for piece in one]) for one in legs]
        )
        rises = [
            mean_of(logs[-(len(logs) // 3) :]) - mean_of(logs[: len(logs) // 3])
            for logs in courses_of_legs
            if len(logs) >= LEAST_MINUTES
        ]
        if rises:
            (recent if started >= recent_from else before).append(percent(fmean(rises)))
    return DriftChange(tuple(before), tuple(recent), at_one_speed)


@dataclass(frozen=True, slots=True)
class _Value:
    """A run's value at the usual speed, mean of its legs, each held against that leg's own mean over all runs."""

    run: Run
    started_utc: datetime
    value: float


def _values(found: Sequence[Level]) -> list[_Value]:
    own = {
        stream: fmean([one.mean for one in found if one.stream == stream]) for stream in {one.stream for one in found}
    }
    of_all = fmean(own.values()) if own else 0.0
    by_run: dict[str, list[Level]] = {}
    for one in found:
        by_run.setdefault(one.run.session_id, []).append(one)
    return [
        _Value(
            levels[0].run, levels[0].started_utc, math.exp(of_all + fmean(one.mean - own[one.stream] for one in levels))
        )
        for levels in by_run.values()
    ]


def _parted(found: Sequence[_Value], recent_from: datetime) -> tuple[tuple[float, ...], tuple[float, ...]]:
    before = tuple(one.value for one in found if one.started_utc < recent_from)
    return before, tuple(one.value for one in found if one.started_utc >= recent_from)


def _new_shoe(found: Sequence[_Value], recent_from: datetime) -> str:
    """Return the pair that nearly all recent runs were in, and hardly one before."""
    before = [one.run.shoe for one in found if one.started_utc < recent_from]
    recent = [one.run.shoe for one in found if one.started_utc >= recent_from]
    shoe = max(set(recent), key=recent.count, default="")
    is_new = recent.count(shoe) >= MOSTLY * len(recent) and before.count(shoe) <= HARDLY * len(before)
    return shoe if is_new else ""


def _worn(found: Sequence[_Value], runs: Sequence[Run], shoes: Iterable[Shoe], recent_from: datetime) -> list[WornPair]:
    names = sorted({one.run.shoe for one in found} & {shoe.name for shoe in pairs_of(shoes, runs)})
    return [
        WornPair(
            name,
            sum(run.distance_m or 0.0 for run in runs if run.shoe == name),
            *_parted([one for one in found if one.run.shoe == name], recent_from),
            *_parted([one for one in found if one.run.shoe not in (name, "")], recent_from),
        )
        for name in names
    ]


def _spikes(own: Sequence[tuple[datetime, Run]], recent_from: datetime) -> list[Spike]:
    """Return the runs of the last month that may be told as spikes, the longest only."""
    runs = [run for _, run in own]
    found = [Spike(run.distance_m, distances_before(runs, started)) for started, run in own if started >= recent_from]
    told = [rule for rule in found if rule.words]
    return [max(told, key=lambda rule: rule.distance_m or 0.0)] if told else []
