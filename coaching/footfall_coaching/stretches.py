"""Pauses, warm-up and cool-down of a run: recognised from its minutes, never scored.

A minute tells how long of it was run and walked, not when. Where a run begins after walking, or ends before it, all
running of that minute lies on the run's side: so the ends of what was walked are known to some seconds. A change of
pace is known to a minute. What was walked backwards is an exercise, and no part of any of these.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from footfall_coaching.course import MINUTE_S, speeds
from footfall_coaching.run import DistanceSource, LegPart, Minute, Run
from footfall_processing.gait import Activity
from footfall_processing.metrics.catalogue import CADENCE

SLOWER: Final = 0.92
"""Of the run's usual minute: what is slower than this at its ends is warming up or cooling down."""
LEAST_MINUTES: Final = 6
"""Of a shorter run nothing is said, however finely its course is known."""
MOST_SHARE: Final = 1 / 3
MOST_WALKED_SHARE: Final = 1 / 2
"""More of a run than this is neither: of what was walked or run slowly, and of what was walked alone."""
LEAST_PAUSE_S: Final = 20.0
LEAST_MOVED: Final = 1 / 8
"""Share of a minute below which some strides make no walking of it, and no running."""
LEAST_IDLE_S: Final = 5.0
"""So much of a minute may be missing from its strides without anybody having stopped."""
USUAL_STRIDE_S: Final = {Activity.RUN: 0.72, Activity.WALK: 1.1}
"""Where strides are too few for a cadence, in the whole run."""


class Stretch(NamedTuple):
    """A part of a run, in session seconds."""

    begin_s: float
    end_s: float


def pauses_of(run: Run) -> list[Stretch]:
    """Return where there was no running between the first and the last minute with some, walking included."""
    running = [part for part in _parts(run) if part.ran_s > 0.0]
    gaps = [(before, after) for before, after in pairwise(running) if after.begin_s - before.end_s >= LEAST_PAUSE_S]
    return [Stretch(before.ran_until_s, after.ran_from_s) for before, after in gaps]


def warm_up_of(run: Run) -> Stretch | None:
    """Return the slower beginning, walking included; where speed is not known, the walked one. `None` without."""
    parts = _without_ends(_parts(run))
    count = _slow_count(parts, _slower(parts))
    if not count:
        return None
    first, last, following = parts[0], parts[count - 1], parts[count]
    begin_s = first.end_s - first.moved_s if first.is_idle and _meet(first, parts[1]) else first.begin_s
    end_s = following.ran_from_s if last.is_walked and _meet(last, following) else last.end_s
    return Stretch(begin_s, end_s)


def cool_down_of(run: Run) -> Stretch | None:
    """Return the slower end, as `warm_up_of`."""
    parts = _without_ends(_parts(run))
    count = _slow_count(parts[::-1], _slower(parts)[::-1])
    if not count:
        return None
    before, first, last = parts[-count - 1], parts[-count], parts[-1]
    begin_s = before.ran_until_s if first.is_walked and _meet(before, first) else first.begin_s
    end_s = last.begin_s + last.moved_s if last.is_idle and _meet(parts[-2], last) else last.end_s
    return Stretch(begin_s, end_s)


class _Part(NamedTuple):
    """A minute: for how long of it was run, and walked forwards, and how fast the running was."""

    begin_s: float
    end_s: float
    ran_s: float
    walked_s: float
    speed_mps: float | None

    @property
    def length_s(self) -> float:
        return self.end_s - self.begin_s

    @property
    def moved_s(self) -> float:
        return self.ran_s + self.walked_s

    @property
    def is_walked(self) -> bool:
        return self.ran_s < LEAST_MOVED * self.length_s

    @property
    def is_idle(self) -> bool:
        return self.length_s - self.moved_s >= LEAST_IDLE_S

    @property
    def ran_from_s(self) -> float:
        """When its running began, if it ran on from there."""
        return self.end_s - self.ran_s if self.length_s - self.ran_s >= LEAST_IDLE_S else self.begin_s

    @property
    def ran_until_s(self) -> float:
        """When its running ended, if it was run from its beginning."""
        return self.begin_s + self.ran_s if self.length_s - self.ran_s >= LEAST_IDLE_S else self.end_s


def _parts(run: Run) -> list[_Part]:
    return [_part(run, minute, speed) for minute, speed in zip(run.minutes, speeds(run), strict=True)]


def _part(run: Run, minute: Minute, speed_mps: float | None) -> _Part:
    length_s = minute.end_s - minute.begin_s
    if not minute.legs:
        ran_s = length_s if DistanceSource.WATCH in minute.speeds_mps else 0.0
        return _Part(minute.begin_s, minute.end_s, ran_s, 0.0, speed_mps)
    ran_s = min(_moved_s(run, minute, Activity.RUN), length_s)
    walked_s = _moved_s(run, minute, Activity.WALK) - minute.backward_s
    return _Part(minute.begin_s, minute.end_s, ran_s, min(max(walked_s, 0.0), length_s - ran_s), speed_mps)


def _moved_s(run: Run, minute: Minute, activity: Activity) -> float:
    """Return for how long there were strides in a minute, by the leg that made most of them."""
    usual_s = next(filter(None, (_stride_s(leg) for leg in run.legs if leg.activity is activity)), 0.0)
    return max(
        (
            leg.strides * (_stride_s(leg) or usual_s or USUAL_STRIDE_S[activity])
            for leg in minute.legs
            if leg.activity is activity
        ),
        default=0.0,
    )


def _stride_s(leg: LegPart) -> float:
    cadence_spm = leg.medians.get(CADENCE.name)
    return 120.0 / cadence_spm if cadence_spm else 0.0


def _meet(before: _Part, after: _Part) -> bool:
    return after.begin_s - before.end_s < LEAST_PAUSE_S


def _without_ends(parts: Sequence[_Part]) -> Sequence[_Part]:
    """Leave out what is neither walked forwards nor run, before the first minute of that and after the last."""
    moved = [place for place, part in enumerate(parts) if part.moved_s >= LEAST_MOVED * part.length_s]
    return parts[moved[0] : moved[-1] + 1] if moved else ()


def _slower(parts: Sequence[_Part]) -> list[bool]:
    """Tell of each minute whether it was walked, or clearly slower than most; empty where that can't be told."""
    running = [part for part in parts if not part.is_walked]
    if len(parts) < LEAST_MINUTES or len(running) < LEAST_MINUTES / 2:
        return []
    if parts[-1].end_s - parts[0].begin_s < LEAST_MINUTES * MINUTE_S:
        return []
    found = sorted(part.speed_mps for part in running if part.speed_mps)
    if len(found) < LEAST_MINUTES / 2:
        return [part.is_walked for part in parts]
    # a lower quartile, so that fast intervals make no warm-up of the rest
    usual = found[len(found) // 4] if found[-1] > 1.2 * found[len(found) // 2] else found[len(found) // 2]
    return [part.is_walked or (part.speed_mps is not None and part.speed_mps < SLOWER * usual) for part in parts]


def _slow_count(parts: Sequence[_Part], slow: Sequence[bool]) -> int:
    """Return how many minutes from the first on are walked or slow, or if these are too many walked; 0 for too many."""
    count = next((number for number, is_slow in enumerate(slow) if not is_slow), len(slow))
    if count <= MOST_SHARE * len(slow):
        return count
    walked = next((number for number, part in enumerate(parts) if not part.is_walked), len(slow))
    return walked if walked <= MOST_WALKED_SHARE * len(slow) else 0
