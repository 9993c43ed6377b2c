"""A watch's run as the store keeps it: second by second, on the clock of the session that it goes with."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Final, Self

import msgspec
import numpy as np

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import LONGEST_TIME_S, check_moment, parse_msgpack
from footfall_processing.results.watch_time import WatchTime
from footfall_processing.samples import FloatArray

MOST_TRACK_BYTES: Final = 16 * 1024 * 1024
"""Two days at one record a second take 12 MB."""
LONGEST_TRACK_S: Final = 50 * 3600.0
"""Two days on a watch's clock, however slow that is."""
LARGEST: Final = 1e10
"""Of any number in it."""

_WHAT: Final = "a watch's track"


@dataclass(frozen=True, slots=True)
class Placed:
    """How a watch's seconds were put onto the session's: `session_s = offset_s + rate * watch_s`.

    Parameters
    ----------
    error_s
        How far an end may be off, with 95 % confidence; `None` where the two clocks were believed.
    """

    offset_s: float = 0.0
    rate: float = 1.0
    error_s: float | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """What a watch recorded; arrays are (n,), NaN where the watch had no value.

    Parameters
    ----------
    started_utc
        The watch's own date of the first record.
    sport
        In the watch's words; empty where it does not say.
    digest
        Of the file, so that it is known again.
    placed
        How it came onto the session's clock.
    t_s
        Session seconds, rising.
    cadence_spm
        Steps of both feet a minute.
    distance_m, speed_mps, heart_rate_bpm
        As the watch has them.
    latitude_deg, longitude_deg, altitude_m
        Where. Nothing of it leaves the store but into files that the runner asks for.
    """

    started_utc: datetime
    sport: str
    digest: str
    placed: Placed
    t_s: FloatArray
    cadence_spm: FloatArray
    distance_m: FloatArray
    speed_mps: FloatArray
    heart_rate_bpm: FloatArray
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    altitude_m: FloatArray

    def placed_by(self, found: WatchTime) -> Self:
        """Return a track that is on its watch's own seconds, on those of a session."""
        return self._moved(Placed(float(found.offset_s), float(found.rate), float(found.error_s)))

    def moved_by(self, offset_s: float) -> Self:
        """Do so by the two clocks alone."""
        return self._moved(Placed(offset_s))

    def without_places(self) -> Self:
        """Return it without what tells where it was."""
        nowhere = np.full(len(self.t_s), np.nan)
        return replace(self, latitude_deg=nowhere, longitude_deg=nowhere, altitude_m=nowhere)

    def unplaced(self) -> Self:
        """Return it on its watch's own seconds, which begin with the first record."""
        watch_s = (self.t_s - self.placed.offset_s) / self.placed.rate
        return replace(self, placed=Placed(), t_s=watch_s)

    def _moved(self, placed: Placed) -> Self:
        return replace(self, placed=placed, t_s=placed.offset_s + placed.rate * self.t_s)


COLUMNS: Final = tuple(field.name for field in fields(Track))[4:]
"""Names of the arrays, time first."""


class _Kept(msgspec.Struct):
    started_utc: datetime
    sport: str
    placed: Placed
    columns: dict[str, list[float]]


def packed(track: Track) -> bytes:
    """Return what `read_track` reads."""
    columns = {name: getattr(track, name).tolist() for name in COLUMNS}
    return msgspec.msgpack.encode(_Kept(track.started_utc, track.sport, track.placed, columns))


def places_in(digest: str, content: bytes) -> list[bytes]:
    """Return some bytes that stand for where it was in what `packed` returned; none where nothing does."""
    try:
        track = read_track(digest, content)
    except OutsideError:
        return []
    latitudes = track.latitude_deg[~np.isnan(track.latitude_deg)]
    some = latitudes[len(latitudes) // 2 :][:3].tolist()
    return [msgspec.msgpack.encode(some)[1:]] if len(some) == 3 else []


def read_track(digest: str, content: bytes) -> Track:
    """Return a track that the store keeps; `OutsideError` when it can't be read."""
    kept = parse_msgpack(content, _Kept, _WHAT, MOST_TRACK_BYTES)
    columns = {name: np.array(kept.columns.get(name, ()), dtype=float) for name in COLUMNS}
    t_s = columns["t_s"]
    if any(values.shape != t_s.shape for values in columns.values()):
        raise OutsideError(f"{_WHAT}: has columns of several lengths")
    if not len(t_s) or not np.all(np.abs(t_s) <= LONGEST_TIME_S) or not np.all(np.diff(t_s) > 0.0):
        raise OutsideError(f"{_WHAT}: has times that don't rise")
    if any(np.any(np.abs(values) > LARGEST) for values in columns.values()):
        raise OutsideError(f"{_WHAT}: has values that nothing of it has")
    if t_s[-1] - t_s[0] > LONGEST_TRACK_S:
        raise OutsideError(f"{_WHAT}: lasts longer than a watch records")
    if not (np.isfinite(kept.placed.offset_s) and 0.5 < kept.placed.rate < 2.0):
        raise OutsideError(f"{_WHAT}: is on no clock")
    check_moment(kept.started_utc, f"{_WHAT}: its date")
    return Track(kept.started_utc, kept.sport, digest, kept.placed, **columns)
