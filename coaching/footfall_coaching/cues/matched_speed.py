"""The speed of a run, and whether it is near enough to the one that targets are for."""

from collections import deque
from collections.abc import Iterable
from statistics import fmean
from typing import Final

from footfall_coaching.cues.track import Track
from footfall_coaching.programme.kind import is_same_speed
from footfall_processing.companions import POD_SPEED, TREADMILL_SPEED, CompanionReading

SPEED_HOLDS_S: Final = 15.0
"""A treadmill says its speed when it changes, or every few seconds."""
_KEPT: Final = 64


class MatchedSpeed:
    """The speed of a run as treadmill, strides and foot pod tell it, in that order.

    Parameters
    ----------
    tracks
        The run's sensors, whose strides may tell a speed.
    """

    def __init__(self, tracks: Iterable[Track]) -> None:
        self._tracks = tuple(tracks)
        self._belt_mps: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self._pod_mps: deque[tuple[float, float]] = deque(maxlen=_KEPT)

    def push(self, reading: CompanionReading) -> None:
        """Take what a companion says."""
        for name, told in ((TREADMILL_SPEED, self._belt_mps), (POD_SPEED, self._pod_mps)):
            if name in reading.values:
                told.append((reading.t_s, reading.values[name]))

    def at(self, at_s: float) -> float | None:
        """Return the speed then, in m/s; `None` where nothing tells it."""
        belt = _newest(self._belt_mps, at_s)
        if belt is not None:
            return belt
        speeds = [
            stride.speed_mps
            for track in self._tracks
            for stride in track.lately(at_s)
            if stride.speed_mps is not None and at_s - stride.next_contact_s <= SPEED_HOLDS_S
        ]
        return fmean(speeds) if speeds else _newest(self._pod_mps, at_s)

    def is_near(self, own_mps: float | None, at_s: float, *, if_unknown: bool) -> bool:
        """Whether the speed is near enough to the own one; `if_unknown` where either is not known."""
        mps = None if own_mps is None else self.at(at_s)
        if own_mps is None or mps is None:
            return if_unknown
        return is_same_speed(mps, own_mps)

    def is_above(self, own_mps: float | None, at_s: float) -> bool:
        """Whether the speed is above the own one; not where either is not known."""
        mps = self.at(at_s)
        return own_mps is not None and mps is not None and mps > own_mps


def _newest(told: deque[tuple[float, float]], at_s: float) -> float | None:
    known = [value for t_s, value in told if t_s <= at_s and at_s - t_s <= SPEED_HOLDS_S]
    return known[-1] if known else None
