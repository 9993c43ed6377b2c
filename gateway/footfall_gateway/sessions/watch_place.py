"""Which session of the log a watch's run goes with, and where in it: found by date, then by the cadence of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from footfall_coaching.run import Run
from footfall_gateway.errors import GatewayError
from footfall_gateway.outside import shown
from footfall_gateway.store.database import Store
from footfall_gateway.store.track import Track
from footfall_processing.errors import InputError
from footfall_processing.results.watch_time import align
from footfall_processing.session import Session

MOST_APART: Final = timedelta(minutes=20)
"""By how much the two clocks may differ, beside whole hours."""
MOST_ZONES: Final = 14
"""Hours by which a clock in a wrong time zone may be off."""
MOST_TRIED: Final = 12
"""Sessions that a watch's run is held against: those of more than a day."""

_HOUR_S: Final = 3600.0


class NoPlaceError(GatewayError):
    """Where a watch's run belongs can't be told; the message says why and what to do, without the file's name."""


@dataclass(frozen=True, slots=True)
class Near:
    """A run of the log that a watch's run may go with.

    Parameters
    ----------
    hours
        By how many whole hours the watch would be ahead.
    shared_s
        For how long both went on then; negative where they are only near.
    """

    run: Run
    hours: int
    shared_s: float


@dataclass(frozen=True, slots=True)
class Clocks:
    """How a watch's clock stood against the session's.

    Parameters
    ----------
    hours, ahead_s
        By how much the watch's was ahead: whole hours, which are a time zone, and the rest.
    """

    hours: int
    ahead_s: float

    @property
    def is_likely(self) -> bool:
        """Whether clocks differ so."""
        return abs(self.hours) <= MOST_ZONES and abs(self.ahead_s) <= MOST_APART.total_seconds()


def is_alone(run: Run) -> bool:
    """Whether a watch alone recorded a run."""
    return run.watch is not None and not run.legs


def clocks_of(track: Track, started_utc: datetime) -> Clocks:
    """Return how the watch's clock stood, of a track on the clock of a session that began then."""
    ahead_s = (track.started_utc - started_utc).total_seconds() - float(track.t_s[0])
    hours = round(ahead_s / _HOUR_S) if abs(ahead_s) > _HOUR_S - MOST_APART.total_seconds() else 0
    return Clocks(hours, ahead_s - hours * _HOUR_S)


def is_at_time_of(session: Session, track: Track) -> bool:
    """Whether a session began while a watch recorded, or shortly before or after, by the two clocks."""
    if session.started_utc is None:
        return False
    begin_s = (session.started_utc - track.started_utc).total_seconds()
    return -MOST_APART.total_seconds() < begin_s < float(track.t_s[-1]) + MOST_APART.total_seconds()


def near_runs(store: Store, track: Track, runner_name: str) -> list[Near]:
    """Return the runs of about a watch's date, those of its very time first; of all runners where none is named."""
    found = []
    for run in store.log.runs(runner_name or None):
        near = None if run.is_demo or is_alone(run) else _near(run, track)
        if near is not None:
            found.append(near)
    return sorted(found, key=lambda near: (abs(near.hours), -near.shared_s))[:MOST_TRIED]


def placed_in(store: Store, track: Track, session_id: str) -> Track | None:
    """Return a track, which is on its watch's own seconds, on those of a session; `None` where cadence doesn't tell."""
    steps = store.tracks.steps(session_id)
    try:
        found = align(steps.t_s, steps.cadence_spm, track.t_s, np.nan_to_num(track.cadence_spm))
    except InputError:  # a session of more than two days
        return None
    return None if found is None else track.placed_by(found)


def placed_by_clocks(track: Track, run: Run) -> Track | None:
    """Do so by the two clocks and whole hours; `None` where they then have no half of the shorter in common."""
    near = _near(run, track)
    if near is None or run.started_utc is None:
        return None
    shorter_s = min(run.duration_s, float(track.t_s[-1]))
    if near.shared_s <= 0.0 or near.shared_s < 0.5 * shorter_s:
        return None
    return track.moved_by((track.started_utc - run.started_utc).total_seconds() - near.hours * _HOUR_S)


def found_place(store: Store, track: Track, near: Sequence[Near]) -> tuple[str, Track] | None:
    """Return the one run that a watch's run fits into, with the track placed; `None` where it fits into none.

    Raises
    ------
    NoPlaceError
        When it fits into several.
    """
    for group in ([one for one in near if one.hours == 0], [one for one in near if one.hours != 0]):
        fits = []
        for one in group:
            placed = placed_in(store, track, one.run.session_id)
            started = one.run.started_utc
            if placed is not None and started is not None and clocks_of(placed, started).is_likely:
                fits.append((one.run.session_id, placed))
        if len(fits) > 1:
            ids = ", ".join(shown(session_id) for session_id, _ in fits)
            raise NoPlaceError(f"it fits into several sessions ({ids}); say into which with --session")
        if fits:
            return fits[0]
    return None


def _near(run: Run, track: Track) -> Near | None:
    """Return by how many hours a watch's run would have to be off to go with a run; `None` where none will do."""
    if run.started_utc is None:
        return None
    begin_s = (track.started_utc - run.started_utc).total_seconds()
    lasts_s = float(track.t_s[-1])
    best: Near | None = None
    for hours in sorted(range(-MOST_ZONES, MOST_ZONES + 1), key=abs):
        watch_s = begin_s - hours * _HOUR_S
        shared_s = min(run.duration_s, watch_s + lasts_s) - max(0.0, watch_s)
        if shared_s > -MOST_APART.total_seconds() and (best is None or (best.hours != 0 and shared_s > best.shared_s)):
            best = Near(run, hours, shared_s)
    return best
