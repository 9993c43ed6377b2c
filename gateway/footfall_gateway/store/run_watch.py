"""What a watch's track tells of a run: how far, how fast, and how the heart went."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from footfall_coaching.course import runs_in
from footfall_coaching.run import DistanceSource, Minute, Run, Watch
from footfall_coaching.told_distance import FASTEST_MPS
from footfall_gateway.store.track import Track
from footfall_processing.samples import FloatArray

LEAST_COVERED: Final = 0.95
"""Of a run's minutes with running: a watch that saw less of them does not tell how far the run was."""

_RUN_SPM: Final = 135.0
_RUN_MPS: Final = 2.2
"""From either on one runs: people walk at 90 to 130 steps a minute, and change to running at about 2 m/s."""
_MOVES_MPS: Final = 0.5
_PAUSE_S: Final = 12.0
"""Watches that save records where little changes leave out up to 10 s; a longer gap is a pause."""
_RIDE_MPS: Final = 5.0
_LONGEST_STEP_M: Final = 3.0
"""Faster, with longer steps, nobody runs: the watch went on in a car. Below it a still wrist may push a pram."""
_LEAP_MPS: Final = 12.0
"""What is farther is no running, but a place that was corrected."""
_NEAR_S: Final = 30.0
"""So much earlier or later than the run, a watch saw all of it."""
_MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class _Way:
    """What came together until each record: arrays are (n,).

    Parameters
    ----------
    ran_m, ran_s, walked_m, walked_s
        How far and how long was run, and was walked; a ride is neither.
    seen_s
        How long the watch recorded: pauses left out.
    """

    t_s: FloatArray
    ran_m: FloatArray
    ran_s: FloatArray
    walked_m: FloatArray
    walked_s: FloatArray
    seen_s: FloatArray
    has_distance: bool

    @classmethod
    def of(cls, track: Track) -> Self:
        t_s = track.t_s
        steps_s = np.diff(t_s, prepend=t_s[0])
        goes_on = (steps_s > 0.0) & (steps_s <= _PAUSE_S)
        steps_m = _steps_m(track, steps_s)
        cadence_spm, speed_mps = track.cadence_spm, track.speed_mps
        told_mps = np.where(np.isnan(speed_mps), _smooth(steps_m, steps_s), speed_mps)
        # where a watch tells the cadence alone, that is what is believed
        says_speed = ~np.isnan(speed_mps) | np.isnan(cadence_spm)
        rides = np.where(
            np.isnan(cadence_spm),
            told_mps > FASTEST_MPS,
            (told_mps > _RIDE_MPS) & (60.0 * told_mps > _LONGEST_STEP_M * cadence_spm),
        )
        runs = goes_on & ~rides & ((np.nan_to_num(cadence_spm) >= _RUN_SPM) | (says_speed & (told_mps >= _RUN_MPS)))
        walks = goes_on & ~rides & ~runs & (told_mps >= _MOVES_MPS)
        ways_m = np.nan_to_num(steps_m)

        def summed(which: NDArray[np.bool_], values: FloatArray) -> FloatArray:
            return np.asarray(np.cumsum(np.where(which, values, 0.0)))

        return cls(
            t_s=t_s,
            ran_m=summed(runs, ways_m),
            ran_s=summed(runs, steps_s),
            walked_m=summed(walks, ways_m),
            walked_s=summed(walks, steps_s),
            seen_s=summed(goes_on, steps_s),
            has_distance=bool(np.any(~np.isnan(steps_m[1:]))),
        )

    def between(self, sums: FloatArray, begin_s: float, end_s: float) -> float:
        """Return by how much one of the sums grew."""
        grown = np.interp((begin_s, end_s), self.t_s, sums)
        return float(grown[1] - grown[0])


def running_s_of(track: Track) -> float:
    """Return how long was run in a track."""
    return float(_Way.of(track).ran_s[-1])


def ran_m_of(track: Track, at_s: FloatArray) -> FloatArray:
    """Return how far a watch says was run until some session seconds, walking left out; 0 where it does not tell."""
    way = _Way.of(track)
    return np.asarray(np.interp(at_s, way.t_s, way.ran_m))


def with_watch(run: Run, track: Track, *, is_alone: bool) -> Run:
    """Return a run with what a watch tells of it.

    The sensors' own distance and speeds stay; where they tell none, the watch's take their place, walking left out as
    everywhere. `is_alone` says that there were no sensors: then the watch tells all that is known.
    """
    way = _Way.of(track)
    begin_s, end_s = float(track.t_s[0]), float(track.t_s[-1])
    minutes = list(run.minutes) if not is_alone else _own_minutes(way, begin_s, end_s)
    covers = 1.0 if is_alone else _covered(minutes, way)
    has_own = run.distance_m is not None
    ran_m = float(way.ran_m[-1])
    beats = track.heart_rate_bpm[~np.isnan(track.heart_rate_bpm)]
    first_s, last_s = (minutes[0].begin_s, minutes[-1].end_s) if minutes else (begin_s, end_s)
    watch = Watch(
        distance_m=ran_m if way.has_distance else None,
        beside_m=way.between(way.ran_m, first_s, last_s) if way.has_distance else None,
        covers=covers,
        heart_rate_bpm=float(beats.mean()) if len(beats) else None,
        most_heart_rate_bpm=float(beats.max()) if len(beats) else None,
    )
    told = replace(run, watch=watch, minutes=_told(minutes, track, way, first_s, has_own=has_own))
    if is_alone:
        told = replace(told, duration_s=end_s - begin_s)
    elif has_own or not way.has_distance or covers < LEAST_COVERED or ran_m <= 0.0:
        return told
    return replace(
        told,
        distance_m=ran_m if way.has_distance else None,
        distance_source=DistanceSource.WATCH if way.has_distance else None,
        running_s=float(way.ran_s[-1]),
        walking_s=float(way.walked_s[-1]),
        walking_m=float(way.walked_m[-1]) if way.has_distance else None,
    )


def _steps_m(track: Track, steps_s: FloatArray) -> FloatArray:
    """Return how far it was from each record to the next; NaN where the watch does not tell."""
    known = ~np.isnan(track.distance_m)
    if known.sum() < 2:
        return np.asarray(track.speed_mps * np.minimum(steps_s, _PAUSE_S))
    at = np.where(known, np.arange(len(steps_s)), 0)
    ways_m = track.distance_m[np.maximum.accumulate(at)]
    steps_m = np.diff(ways_m, prepend=np.nan)
    # a watch that began anew, or was set right
    return np.where((steps_m < 0.0) | (steps_m > _LEAP_MPS * steps_s), 0.0, steps_m)


def _smooth(steps_m: FloatArray, steps_s: FloatArray) -> FloatArray:
    """Return the speed over five records, for where the watch has none."""
    ways_m, times_s = np.nan_to_num(steps_m), np.where(steps_s <= _PAUSE_S, steps_s, 0.0)
    sums_m, sums_s = (np.convolve(values, np.ones(5))[2:-2] for values in (ways_m, times_s))
    return np.asarray(sums_m / np.maximum(sums_s, 1e-9))


def _own_minutes(way: _Way, begin_s: float, end_s: float) -> list[Minute]:
    """Return the minutes of a run without sensors, in which the watch recorded anything."""
    begins = np.arange(begin_s, end_s, _MINUTE_S)
    ends = np.minimum(begins + _MINUTE_S, end_s)
    return [
        Minute(float(begin), float(end), None, [])
        for begin, end in zip(begins, ends, strict=True)
        if way.between(way.seen_s, begin, end) > 0.0
    ]


def _covered(minutes: Sequence[Minute], way: _Way) -> float:
    """Return of how much of the minutes with running the watch has records."""
    running = [minute for minute in minutes if runs_in(minute)]
    whole_s = sum(minute.end_s - minute.begin_s for minute in running)
    seen_s = sum(way.between(way.seen_s, minute.begin_s, minute.end_s) for minute in running)
    return min(seen_s / whole_s, 1.0) if whole_s > 0.0 else 0.0


def _told(minutes: Sequence[Minute], track: Track, way: _Way, first_s: float, *, has_own: bool) -> list[Minute]:
    begin_s, end_s = float(way.t_s[0]), float(way.t_s[-1])
    told = []
    for minute in minutes:
        first, last = np.searchsorted(track.t_s, (minute.begin_s, minute.end_s))
        beats = track.heart_rate_bpm[first:last]
        heart_bpm = float(np.nanmean(beats)) if np.any(~np.isnan(beats)) else None
        one = replace(minute, heart_rate_bpm=heart_bpm)
        if way.has_distance:
            ran_s = way.between(way.ran_s, minute.begin_s, minute.end_s)
            ran_m = way.between(way.ran_m, minute.begin_s, minute.end_s)
            if ran_s >= _LEAST_RUN_S and ran_m > 0.0:
                one = replace(one, speeds_mps={**minute.speeds_mps, DistanceSource.WATCH: ran_m / ran_s})
        if not has_own and way.has_distance:
            outside = minute.begin_s < begin_s - _NEAR_S or minute.end_s > end_s + _NEAR_S
            is_known = not (outside and runs_in(minute))
            one = replace(one, distance_m=way.between(way.ran_m, first_s, minute.end_s) if is_known else None)
        told.append(one)
    return told


_LEAST_RUN_S: Final = 10.0
"""Of fewer seconds' running in a minute there is no speed."""
