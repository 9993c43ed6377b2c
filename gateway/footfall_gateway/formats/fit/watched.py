"""What a watch recorded, in the seconds of a run that is written as FIT."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np

from footfall_gateway.formats.fit.seconds import Second, Watched
from footfall_gateway.store.run_watch import ran_m_of
from footfall_gateway.store.track import Track
from footfall_processing.metrics.catalogue import CADENCE, SPEED

_NEAR_S: Final = 6.0
"""Watches that save records where little changes leave out up to 10 s."""


def with_track(seconds: Sequence[Second], track: Track, started_utc: datetime) -> list[Second]:
    """Return a run's seconds with what a watch recorded in them.

    Strides' own speed and distance stay. Where they have neither, the watch's stand there, and seconds before and after
    the strides come to them, as they are of its distance.

    Parameters
    ----------
    seconds
        Of a session's strides; empty of a run that a watch alone recorded.
    started_utc
        When the session began.
    """
    if any(second.distance_m > 0.0 for second in seconds):
        return [_watched(second, track, {}) for second in seconds]
    began_s = started_utc.timestamp()
    known = {second.utc_s: second for second in seconds}
    first, last = (round(began_s + float(track.t_s[at])) for at in (0, -1))
    every = range(min(first, *known), max(last, *known) + 1) if known else range(first, last + 1)
    ways_m = ran_m_of(track, np.array(every) - began_s)
    found = []
    runs_on = np.diff(ways_m, append=ways_m[-1:]) > 0.0
    for utc_s, way_m, runs in zip(every, ways_m, runs_on, strict=True):
        second = known.get(utc_s) or Second(utc_s, utc_s - began_s, 0.0, {}, None, {}, is_moving=bool(runs))
        at = _nearest(track, second.session_s)
        values = {} if at is None else _values(track, at)
        found.append(_watched(replace(second, distance_m=float(way_m)), track, values))
    return found


def _watched(second: Second, track: Track, values: Mapping[str, float]) -> Second:
    at = _nearest(track, second.session_s)
    if at is None:
        return second
    told = (track.heart_rate_bpm, track.latitude_deg, track.longitude_deg, track.altitude_m)
    known = [None if np.isnan(column[at]) else float(column[at]) for column in told]
    return replace(second, values={**values, **second.values}, watch=Watched(*known))


def _values(track: Track, at: int) -> dict[str, float]:
    """Return what a watch has in the place of strides."""
    told = {SPEED.name: float(track.speed_mps[at]), CADENCE.name: float(track.cadence_spm[at])}
    return {name: value for name, value in told.items() if value > 0.0}


def _nearest(track: Track, session_s: float) -> int | None:
    after = int(np.searchsorted(track.t_s, session_s))
    near = [at for at in (after - 1, after) if 0 <= at < len(track.t_s)]
    best = min(near, key=lambda at: abs(float(track.t_s[at]) - session_s))
    return best if abs(float(track.t_s[best]) - session_s) <= _NEAR_S else None
