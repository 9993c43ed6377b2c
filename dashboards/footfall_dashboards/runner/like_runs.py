"""Which runs are alike: about as long, about as fast, seen by sensors in the same place."""

from collections.abc import Sequence
from typing import Final

from footfall_coaching.run import Run
from footfall_dashboards.runner.course import impact_of
from footfall_dashboards.runner.spoken import speed_of

LENGTH_SHARE: Final = 0.25
SPEED_SHARE: Final = 0.06
MOST_LIKE: Final = 10
"""The nearest in time are enough to hold a run against."""


def like_runs(run: Run, runs: Sequence[Run]) -> list[Run]:
    """Return the runner's own runs that are like this one, those nearest in time first, `MOST_LIKE` at the most."""
    if run.started_utc is None:
        return []
    found = []
    for other in runs:
        if other.session_id == run.session_id or other.is_demo or other.started_utc is None:
            continue
        if impact_of(other) is impact_of(run) and _is_near(run, other):
            found.append((abs((other.started_utc - run.started_utc).total_seconds()), other))
    return [other for _, other in sorted(found, key=lambda pair: pair[0])[:MOST_LIKE]]


def _is_near(run: Run, other: Run) -> bool:
    a, b = speed_of(run), speed_of(other)
    if a is None or b is None:  # without a way: as long in time
        return a is b and abs(run.running_s - other.running_s) <= LENGTH_SHARE * run.running_s
    is_as_long = abs((other.distance_m or 0.0) - (run.distance_m or 0.0)) <= LENGTH_SHARE * (run.distance_m or 0.0)
    return is_as_long and abs(b - a) <= SPEED_SHARE * a
