"""A distance that somebody says, held against what was measured: so that a slip of the finger makes no ceiling."""

from typing import Final

from footfall_coaching.load import Way, km
from footfall_coaching.run import Run

FASTEST_MPS: Final = 1000.0 / 120.0
SLOWEST_MPS: Final = 1000.0 / 1800.0
"""Between 2:00 and 30:00 min/km people run."""
MOST_APART: Final = 0.25
"""How far from the measured way, as a share of it, a distance is taken without a question."""


def doubt_of(run: Run, distance_m: float | None, way: Way = km) -> str:
    """Return why a distance is to be asked for once more, as words without a full stop; empty where it is not."""
    if distance_m is None:
        return ""
    told = way(distance_m)
    if run.running_s <= 0.0:
        return f"{told} is a distance that was run, and no running was found in this session"
    speed_mps = distance_m / run.running_s
    if not SLOWEST_MPS <= speed_mps <= FASTEST_MPS:
        than = "faster" if speed_mps > FASTEST_MPS else "slower"
        return f"{told} in {_minutes(run.running_s)} of running is {than} than anybody runs"
    own_m = measured_m(run)
    if own_m and abs(distance_m / own_m - 1.0) > MOST_APART:
        return f"{told} is far from the {way(own_m)} that was measured"
    return ""


def measured_m(run: Run) -> float | None:
    """Return how far a run was by its sensors, else by its watch, whatever was said; `None` where neither tells."""
    own = next((minute.distance_m for minute in reversed(run.minutes) if minute.distance_m), None)
    return own if own is not None or run.watch is None else run.watch.distance_m


def _minutes(seconds: float) -> str:
    minutes = max(1, round(seconds / 60.0))
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
