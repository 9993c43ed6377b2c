"""Pauses, warm-up and cool-down of a run: recognised from its minutes, never scored."""

from itertools import pairwise
from typing import Final, NamedTuple

from footfall_coaching.course import MINUTE_S, runs_in, speeds
from footfall_coaching.run import Run

SLOWER: Final = 0.92
"""Of the run's usual minute: what is slower than this at its ends is warming up or cooling down."""
LEAST_MINUTES: Final = 6
"""Of a shorter run nothing is said, however finely its course is known."""
MOST_SHARE: Final = 1 / 3
"""More of a run than this is neither."""
LEAST_PAUSE_S: Final = 20.0


class Stretch(NamedTuple):
    """A part of a run, in session seconds."""

    begin_s: float
    end_s: float


def pauses_of(run: Run) -> list[Stretch]:
    """Return where there was no running between the first and the last minute with some, walking included."""
    running = [minute for minute in run.minutes if runs_in(minute)]
    gaps = [Stretch(before.end_s, after.begin_s) for before, after in pairwise(running)]
    return [gap for gap in gaps if gap.end_s - gap.begin_s >= LEAST_PAUSE_S]


def warm_up_of(run: Run) -> Stretch | None:
    """Return the slower beginning, walking included; `None` where there is none, or speed is not known."""
    slow = _slower(run)
    count = next((number for number, is_slow in enumerate(slow) if not is_slow), len(slow))
    if not 0 < count <= MOST_SHARE * len(slow):
        return None
    return Stretch(run.minutes[0].begin_s, run.minutes[count - 1].end_s)


def cool_down_of(run: Run) -> Stretch | None:
    """Return the slower end, as `warm_up_of`."""
    slow = _slower(run)[::-1]
    count = next((number for number, is_slow in enumerate(slow) if not is_slow), len(slow))
    if not 0 < count <= MOST_SHARE * len(slow):
        return None
    return Stretch(run.minutes[-count].begin_s, run.minutes[-1].end_s)


def _slower(run: Run) -> list[bool]:
    """Tell of each minute whether it was walked, or clearly slower than most; empty where that can't be told."""
    found = speeds(run)
    running = sorted(speed for minute, speed in zip(run.minutes, found, strict=True) if speed and runs_in(minute))
    if len(run.minutes) < LEAST_MINUTES or len(running) < LEAST_MINUTES / 2:
        return []
    if run.minutes[-1].end_s - run.minutes[0].begin_s < LEAST_MINUTES * MINUTE_S:
        return []
    # a lower quartile, so that fast intervals make no warm-up of the rest
    usual = running[len(running) // 4] if running[-1] > 1.2 * running[len(running) // 2] else running[len(running) // 2]
    return [
        not runs_in(minute) or (speed is not None and speed < SLOWER * usual)
        for minute, speed in zip(run.minutes, found, strict=True)
    ]
