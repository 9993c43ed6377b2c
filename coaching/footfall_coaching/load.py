"""How far to run today: the ceiling, and where a run stands against it.

A run of more than 1.10 times the longest of the 30 days before was followed by an overuse injury more often than others
in 5,205 runners (Frandsen et al. 2025, Br J Sports Med, doi:10.1136/bjsports-2024-109380): hazard ratios of 1.64 up to
1.30 times, 1.52 up to 2, and 2.28 beyond. They do not rise in step, and so there is one message above the ceiling, not
three. How a week compares with those before told nothing there, and is told nowhere here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from footfall_coaching.counted import counted
from footfall_coaching.run import Run

LOOK_BACK: Final = timedelta(days=30)
MOST_RATIO: Final = 1.10

NO_RUN: Final = "no run in the last 30 days. The next one with a distance makes it known."
NO_DISTANCE: Final = (
    "no run of the last 30 days has a distance; sensors on the shins alone don't tell it. "
    "Say how far you ran, or wear a sensor on a foot."
)
NO_DATE: Final = "nobody knows when this run was. Give it a date."
CONTEXT: Final = (
    "In a study of 5,205 runners, runs above such a ceiling were followed by injury more often than others; "
    "about 3 injuries came in 1,000 runs overall. That tells of many runners, not of you."
)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How far a run may go before it is far beyond those of the last 30 days.

    Parameters
    ----------
    limit_m
        `MOST_RATIO` times the longest run; `None` where that is not known.
    longest_m, longest_session_id
        The longest run of `LOOK_BACK`; `None` and empty where there is none.
    unknown
        Why there is no limit, as words that follow "unknown: "; empty where there is one.
    without_distance
        How many runs of `LOOK_BACK` have no distance, and so could have been longer.
    """

    limit_m: float | None
    longest_m: float | None
    longest_session_id: str
    unknown: str
    without_distance: int = 0

    @property
    def words(self) -> str:
        """The ceiling and where it comes from, or that it is unknown and why."""
        if self.limit_m is None or self.longest_m is None:
            return f"Ceiling for today: unknown: {self.unknown}"
        told = (
            f"Ceiling for today: {km(self.limit_m)}, which is {MOST_RATIO:.2f} × "
            f"your longest run of the last 30 days ({km(self.longest_m)})."
        )
        if self.without_distance:
            runs = "1 run has" if self.without_distance == 1 else f"{self.without_distance} runs have"
            told += f" {runs} no distance, and may have been longer."
        return told


@dataclass(frozen=True, slots=True)
class Stand:
    """How far a run is, or was, beside the ceiling as it stood when the run began; `None` where shins don't tell."""

    distance_m: float | None
    ceiling: Ceiling

    @property
    def ratio(self) -> float | None:
        """The run's distance over the longest of the 30 days before it; `None` where either is not known."""
        if self.distance_m is None or self.ceiling.longest_m is None:
            return None
        return self.distance_m / self.ceiling.longest_m

    @property
    def is_above(self) -> bool:
        """Whether the run went beyond the ceiling."""
        return (
            self.distance_m is not None and self.ceiling.limit_m is not None and self.distance_m > self.ceiling.limit_m
        )

    @property
    def words(self) -> str:
        """One message, the same however far above the ceiling the run is."""
        limit_m, ratio = self.ceiling.limit_m, self.ratio
        if self.distance_m is None:
            return "How far this run goes is unknown: sensors on the shins alone don't tell it. Say it afterwards."
        if limit_m is None or ratio is None:
            return f"{km(self.distance_m)}. The ceiling for this run is unknown: {self.ceiling.unknown}"
        beside = f"{ratio:.2f} × your longest run of the 30 days before"
        if self.is_above:
            return f"{km(self.distance_m)}: above the ceiling of {km(limit_m)}, {beside}. {CONTEXT}"
        return f"{km(self.distance_m)}: within the ceiling of {km(limit_m)}, {beside}."


def ceiling_of(runs: Iterable[Run], now: datetime) -> Ceiling:
    """Return the ceiling for a run that begins now; a run that began in the very moment is that run, and left out."""
    return ceiling_over(distances_before(runs, now))


def stand_of(run: Run, runs: Iterable[Run]) -> Stand:
    """Return where a run stands against the ceiling as it was when it began."""
    if run.started_utc is None:
        return Stand(run.distance_m, Ceiling(None, None, "", NO_DATE))
    return Stand(run.distance_m, ceiling_over(distances_before(runs, run.started_utc)))


def distances_before(runs: Iterable[Run], moment: datetime) -> dict[str, float | None]:
    """Return how far the runs that began in `LOOK_BACK` before a moment went, by session, the earliest first."""
    begin = moment - LOOK_BACK
    before = [run for run in runs if run.started_utc is not None and begin <= run.started_utc < moment]
    return {
        run.session_id: run.distance_m if run.distance_m is not None and run.distance_m > 0.0 else None
        for _, run in counted(before)
    }


def ceiling_over(distances_m: Mapping[str, float | None]) -> Ceiling:
    """Return the ceiling that follows from the distances of the 30 days; of equally long runs the first one counts."""
    if not distances_m:
        return Ceiling(None, None, "", NO_RUN)
    known = {session_id: distance_m for session_id, distance_m in distances_m.items() if distance_m is not None}
    without = len(distances_m) - len(known)
    if not known:
        return Ceiling(None, None, "", NO_DISTANCE, without)
    longest_id = max(known, key=lambda session_id: known[session_id])
    return Ceiling(MOST_RATIO * known[longest_id], known[longest_id], longest_id, "", without)


def km(distance_m: float) -> str:
    """Return a distance as it is told: two decimals below 10 km, one above."""
    value = distance_m / 1000.0
    return f"{value:.{2 if round(value, 2) < 10.0 else 1}f} km"
