"""Why a number is missing in a time: the reason that holds, of those that there can be."""

from collections.abc import Sequence
from datetime import datetime

from footfall_coaching.counted import counted
from footfall_coaching.course import speed_of, speeds
from footfall_coaching.legs import LEAST_PAIRS
from footfall_coaching.matched import LEAST_PIECES
from footfall_coaching.run import Run
from footfall_dashboards.runner.course import placement_of, whole_leg
from footfall_processing.gait import Activity
from footfall_processing.metrics.catalogue import Metric
from footfall_processing.session import Placement, Side

NO_RUNS = "no runs in this time"


def no_usual_speed(runs: Sequence[Run], begin: datetime) -> str:
    """Return why no value could be taken at the usual speed."""
    own = _since(runs, begin)
    if not any(speed_of(run) for run in own):
        return "Speed is unknown"
    if not any(speed for run in own for speed in speeds(run)):
        return "The speed of whole runs is known, that of their minutes is not"
    return f"No run has {LEAST_PIECES} minutes near the usual speed"


def no_value(runs: Sequence[Run], begin: datetime) -> str:
    """Return why no run has a metric."""
    return "too few strides carry one" if _since(runs, begin) else NO_RUNS


def no_strikes(runs: Sequence[Run], begin: datetime) -> str:
    """Return why no run has foot strikes."""
    own = _since(runs, begin)
    if not own:
        return NO_RUNS
    on_feet = any(leg.placement is Placement.FOOT for run in own for leg in run.legs)
    return "too few strides carry one" if on_feet else "a foot sensor on each shoe tells it"


def no_balance(runs: Sequence[Run], metric: Metric, begin: datetime) -> str:
    """Return why no run's legs could be held against each other."""
    own = _since(runs, begin)
    if not own:
        return NO_RUNS
    if not any(_has_both(run, placement_of(run, metric)) for run in own):
        return "that takes a sensor on each leg, in the same place"
    return f"no run has {LEAST_PAIRS} minutes in which both legs have an impact"


def _has_both(run: Run, placement: Placement | None) -> bool:
    return all(whole_leg(run, side, placement, Activity.RUN) is not None for side in (Side.LEFT, Side.RIGHT))


def _since(runs: Sequence[Run], begin: datetime) -> list[Run]:
    return [run for when, run in counted(runs) if when >= begin]
