"""How far a session went beside the longest of the runner's sessions in the 30 days before.

A run of more than 1.1 times the longest of the 30 days before went with more injuries in 5205 runners, while the change
from week to week told nothing (Frandsen et al. 2025, Br J Sports Med).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from footfall_gateway.store.database import Store

LOOK_BACK: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Progress:
    """A session's distance, and the longest of those that began in the 30 days before it; both above 0."""

    distance_m: float
    longest_before_m: float

    @property
    def ratio(self) -> float:
        """The session's distance over the longest before."""
        return self.distance_m / self.longest_before_m


def progress_of(store: Store, session_id: str) -> Progress | None:
    """Compare a stored session with those before; `None` where either distance or the date is not known."""
    run = store.log.run(session_id)
    if run is None or run.started_utc is None or run.is_demo:
        return None
    longest_m = max(
        (
            other.distance_m or 0.0
            for other in store.log.runs(run.runner_name)
            if other.started_utc is not None
            and other.session_id != session_id
            and not other.is_demo
            and run.started_utc - LOOK_BACK <= other.started_utc <= run.started_utc
        ),
        default=0.0,
    )
    here_m = run.distance_m or 0.0
    return Progress(here_m, longest_m) if here_m > 0.0 and longest_m > 0.0 else None
