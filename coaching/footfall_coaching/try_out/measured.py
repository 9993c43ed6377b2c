"""What is measured of a part: of a block, medians of each leg in the seconds that count; of a run, its levels."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import fmean, median, stdev
from typing import Final

from footfall_coaching.changes import impact_metric
from footfall_coaching.counted import counted
from footfall_coaching.matched import levels, matched
from footfall_coaching.run import Run
from footfall_coaching.try_out.events import PartDone
from footfall_coaching.try_out.plan import LEAST_STRIDES, Plan
from footfall_processing.gait import Activity, Stride, StrideFlag
from footfall_processing.metrics.catalogue import CADENCE, SPEED, Metric
from footfall_processing.results.summary import MOST_CLIPPED, is_averaged, is_trusted

SCATTER_OF: Final = timedelta(days=90)
LEAST_RUNS: Final = 8
"""Fewer don't tell how much a runner varies."""


def part_done(
    part: int, plan: Plan, strides: Iterable[Stride], begin_s: float, impact: Metric, speed_mps: float | None = None
) -> PartDone:
    """Return a block as it is kept.

    Parameters
    ----------
    strides
        Of all sensors, of any time: those that begin in the block's seconds that count are taken, running only.
    begin_s
        When the block began, in session seconds.
    impact
        The metric that is impact in this test, the same in all its blocks.
    speed_mps
        Of a treadmill or a watch over the same seconds; where it is `None`, that of the strides.
    """
    from_s, to_s = begin_s + plan.settle_s, begin_s + plan.part_s
    taken = [one for one in strides if one.activity is Activity.RUN and from_s <= one.initial_contact_s < to_s]
    cadence_spm = _median(taken, CADENCE)
    return PartDone(
        part,
        {
            side: value
            for side in sorted({one.side.value for one in taken if one.side is not None})
            if (value := _of_leg([one for one in taken if one.side == side], impact)) is not None
        },
        cadence_spm,
        _median(taken, SPEED) if speed_mps is None else speed_mps,
    )


def run_done(part: int, runs: Iterable[Run], session_id: str, impact: Metric) -> PartDone:
    """Return a whole run as it is kept: its levels at the runner's usual speed, so that none is held against a speed.

    Parameters
    ----------
    runs
        Those of the last weeks too: how impact goes with speed is seen in all of them.
    session_id
        The run of the test.
    """
    own = list(runs)
    cadences = [one.value for one in matched(own, CADENCE.name) if one.session_id == session_id]
    impact_g = {
        one.side.value: one.value
        for one in matched(own, impact.name)
        if one.session_id == session_id and one.side is not None
    }
    return PartDone(part, impact_g, fmean(cadences) if cadences else None, None)


def run_scatter(runs: Iterable[Run], now: datetime) -> float | None:
    """Return by how much impact at one speed varies from run to run, as a share; `None` where few runs tell."""
    own = [run for started, run in counted(runs) if now - SCATTER_OF <= started <= now]
    found = levels(own, impact_metric(own).name) if own else []
    logs = [one.mean for one in found if one.stream == found[0].stream]
    return stdev(logs) if len(logs) >= LEAST_RUNS else None


def impacts_of(parts: Sequence[Mapping[str, float]]) -> list[float | None]:
    """Return impact in g of each part: the geometric mean of those legs that every part with any leg has.

    A leg that is missing in some parts would move these by as much as the legs differ.
    """
    found = [legs for legs in parts if legs]
    legs = set.intersection(*(set(one) for one in found)) if found else set()
    return [math.exp(fmean(math.log(one[leg]) for leg in sorted(legs))) if one and legs else None for one in parts]


def _of_leg(strides: Sequence[Stride], impact: Metric) -> float | None:
    clipped = sum(StrideFlag.ACC_CLIPPED in one.quality for one in strides if is_trusted(one))
    values = [value for one in strides if is_averaged(one, impact) and (value := impact.value(one)) is not None]
    if len(values) < LEAST_STRIDES or clipped > MOST_CLIPPED * (clipped + len(values)):
        return None
    return median(values)


def _median(strides: Iterable[Stride], metric: Metric) -> float | None:
    values = [value for one in strides if is_averaged(one, metric) and (value := metric.value(one)) is not None]
    return median(values) if len(values) >= LEAST_STRIDES else None
