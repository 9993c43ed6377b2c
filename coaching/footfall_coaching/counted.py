"""Which of a runner's runs count: those that are real and dated, and have running in them."""

from collections.abc import Iterable
from datetime import datetime

from footfall_coaching.run import Run


def counted(runs: Iterable[Run]) -> list[tuple[datetime, Run]]:
    """Return the runs that advice rests on with their beginnings, the earliest first: no demos, no walks, dated."""
    found = [(run.started_utc, run) for run in runs if run.started_utc is not None and not run.is_demo and run.is_run]
    return sorted(found, key=lambda pair: (pair[0], pair[1].session_id))
