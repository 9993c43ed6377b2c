"""The events of a plan of exercises that follow from the log: walks backwards that a foot sensor saw."""

from collections.abc import Iterable
from datetime import datetime

from footfall_coaching.counted import counted
from footfall_coaching.exercises.events import MOST_MINUTES, WalkedBackwards
from footfall_coaching.run import Run


def walks_of(begun: datetime, runs: Iterable[Run], now: datetime) -> list[WalkedBackwards]:
    """Return the walks from the beginning of a plan up to now, a session's each as of when that began."""
    return [
        WalkedBackwards(started, min(run.backward_s / 60.0, MOST_MINUTES))
        for started, run in counted(runs)
        if begun <= started <= now and run.backward_s > 0.0
    ]
