"""A watch's run out of a FIT file: when, how far, how fast, which cadence, heart rate and place.

::

    FootfallError
    └── GatewayError
        └── FitError     a file is no FIT activity that can be read; the message names it and says what to do
"""

import io
import math
import warnings
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

import fitdecode
import numpy as np

from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.outside import EARLIEST, LATEST, read_file
from footfall_processing.samples import FloatArray

MOST_PACKED_BYTES: Final = 32 * 1024 * 1024
MOST_BYTES: Final = 64 * 1024 * 1024
"""A day with all that watches record takes some tens of megabytes."""
MOST_RECORDS: Final = 48 * 3600
"""Two days at one a second."""
MOST_MESSAGES: Final = 6 * MOST_RECORDS
"""Of all kinds, with each heartbeat one: some bytes that are packed well would be read for an hour."""
LONGEST: Final = timedelta(hours=48)
MOST_PARTS: Final = 100
"""Sports that a file may be of."""
RUNNING: Final = "running"
MOST_BACK_S: Final = 5
"""How far a watch's clock may go back within a run: more, and what was when can't be told any more."""

_GZIP: Final = b"\x1f\x8b"
_ONE_FOOT_PER_MIN: Final = 105.0
"""Below this a cadence is of one foot, as FIT has it; some tools write both, and walk both at 110 or more."""
_DEGREES: Final = 180.0 / 2**31
"""Of a semicircle, FIT's unit of places."""


class FitError(GatewayError):
    """A file is no FIT activity that can be read; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class WatchRun:
    """What a watch recorded; arrays are (n,), NaN where the watch had no value.

    Parameters
    ----------
    started_utc
        The watch's date of the first record.
    t_s
        Seconds since then by the watch's clock, rising.
    cadence_spm
        Steps of both feet a minute.
    distance_m, speed_mps, heart_rate_bpm
        As the watch has them.
    latitude_deg, longitude_deg, altitude_m
        Where.
    sport
        In the watch's words, such as `running`; empty when it does not say.
    left_out
        Records that made no sense.
    digest
        SHA-256 of the file, unpacked: however it is called, it is the same run.
    """

    started_utc: datetime
    t_s: FloatArray
    cadence_spm: FloatArray
    distance_m: FloatArray
    speed_mps: FloatArray
    heart_rate_bpm: FloatArray
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    altitude_m: FloatArray
    sport: str
    left_out: int
    digest: str


def read_fit(path: Path) -> WatchRun:
    """Read a `.fit`, or one packed by gzip (`.fit.gz`, as exports of training sites have them).

    Raises
    ------
    OutsideError
        When it can't be read, or is larger than `MOST_BYTES`.
    FitError
        When it is no FIT file, is damaged, has no records, or they don't tell what was when.
    """
    content = _unpacked(path, read_file(path, MOST_PACKED_BYTES))
    records: dict[int, _Record] = {}
    parts: list[_Part] = []
    left_out, undated, latest_s, back_s, messages = 0, 0, 0, 0, 0
    try:
        with warnings.catch_warnings():
            # what a watch writes beyond the profile is no matter here
            warnings.simplefilter("ignore")
            with fitdecode.FitReader(
                io.BytesIO(content), check_crc=fitdecode.CrcCheck.RAISE, error_handling=fitdecode.ErrorHandling.RAISE
            ) as reader:
                for frame in reader:
                    messages += 1
                    if messages > MOST_MESSAGES:
                        break
                    if frame.frame_type != fitdecode.FIT_FRAME_DATA:
                        continue
                    if frame.name in ("sport", "session") and len(parts) < MOST_PARTS:
                        parts.append(_part(frame))
                    if frame.name != "record":
                        continue
                    record = _record(frame)
                    if record is None or (record.utc_s not in records and len(records) >= MOST_RECORDS):
                        left_out += 1
                        undated += record is None
                        continue
                    if record.utc_s < latest_s - MOST_BACK_S:
                        back_s = max(back_s, latest_s - record.utc_s)
                    latest_s = max(latest_s, record.utc_s)
                    records[record.utc_s] = record
    except Exception as error:  # the decoder's own, and whatever it comes to on bytes made to break it
        raise FitError(
            f"{path}: is not a whole FIT file ({_text(error) or type(error).__name__}); export it from the watch anew"
        ) from error
    if messages > MOST_MESSAGES:
        raise FitError(f"{path}: has more than {MOST_MESSAGES:,} messages, which no activity needs; export it anew")
    if not records and undated:
        raise FitError(f"{path}: none of its {undated} records has a date; the watch's clock was not set")
    if not records:
        raise FitError(f"{path}: has no record of a run in it; give the file of an activity")
    if back_s:
        raise FitError(f"{path}: the watch's clock went back by {back_s} s in the run; what was when can't be told")
    sport, inside = _running(path, parts)
    ordered = [records[utc_s] for utc_s in sorted(records) if inside(utc_s)]
    if not ordered:
        raise FitError(f"{path}: has no record of its running part; export it from the watch anew")
    if ordered[-1].utc_s - ordered[0].utc_s > LONGEST.total_seconds():
        days = (ordered[-1].utc_s - ordered[0].utc_s) / 86_400.0
        raise FitError(f"{path}: its records go over {days:,.0f} days; the watch's clock was set during the run")
    columns = np.array([one.values for one in ordered], dtype=float)
    begin_s = ordered[0].utc_s
    cadence_spm = columns[:, 0]
    stepping = cadence_spm[cadence_spm > 0.0]
    if stepping.size and float(np.median(stepping)) < _ONE_FOOT_PER_MIN:
        cadence_spm = 2.0 * cadence_spm
    return WatchRun(
        started_utc=datetime.fromtimestamp(begin_s, UTC),
        t_s=np.array([one.utc_s - begin_s for one in ordered], dtype=float),
        cadence_spm=cadence_spm,
        distance_m=columns[:, 1],
        speed_mps=columns[:, 2],
        heart_rate_bpm=columns[:, 3],
        latitude_deg=columns[:, 4],
        longitude_deg=columns[:, 5],
        altitude_m=columns[:, 6],
        sport=sport,
        left_out=left_out,
        digest=sha256(content).hexdigest(),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the sports that a file is of, and when it was; a running watch has one."""

    sport: str
    begin_s: float
    end_s: float


def _part(frame: fitdecode.FitDataMessage) -> _Part:
    sport = _text(frame.get_value("sport", fallback=None))
    begun = frame.get_value("start_time", fallback=None) if frame.name == "session" else None
    if not isinstance(begun, datetime):
        return _Part(sport, -math.inf, math.inf)
    begin_s = (begun if begun.tzinfo is not None else begun.replace(tzinfo=UTC)).timestamp()
    lasted_s = _first(_number(frame, "total_elapsed_time"), _number(frame, "total_timer_time"), math.inf)
    return _Part(sport, begin_s, begin_s + lasted_s)


def _running(path: Path, parts: Sequence[_Part]) -> tuple[str, Callable[[float], bool]]:
    """Return the sport of a file, and which seconds are of it; of several sports, those that were run."""
    sports = list(dict.fromkeys(part.sport for part in parts if part.sport))
    if len(sports) <= 1:
        return (sports[0] if sports else ""), lambda _: True
    run = [part for part in parts if part.sport == RUNNING and math.isfinite(part.begin_s)]
    if not run:
        raise FitError(f"{path}: is of several sports ({', '.join(sports[:5])}), and none of them was running")
    return RUNNING, lambda utc_s: any(part.begin_s - 1.0 <= utc_s <= part.end_s + 1.0 for part in run)


@dataclass(frozen=True, slots=True)
class _Record:
    utc_s: int
    values: tuple[float, ...]


_LIMITS: Final = (
    (0.0, 300.0),  # cadence
    (0.0, 2e6),  # distance
    (0.0, 30.0),  # speed
    (20.0, 260.0),  # heart rate
    (-90.0, 90.0),
    (-180.0, 180.0),
    (-500.0, 9_000.0),  # altitude
)


def _record(frame: fitdecode.FitDataMessage) -> _Record | None:
    moment = frame.get_value("timestamp", fallback=None)
    if not isinstance(moment, datetime):
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if not EARLIEST <= moment < LATEST:
        return None
    cadence = _number(frame, "cadence") + np.nan_to_num(_number(frame, "fractional_cadence"))
    speed = _first(_number(frame, "enhanced_speed"), _number(frame, "speed"))
    values = (
        cadence,
        _number(frame, "distance"),
        speed,
        _number(frame, "heart_rate"),
        _number(frame, "position_lat") * _DEGREES,
        _number(frame, "position_long") * _DEGREES,
        _first(_number(frame, "enhanced_altitude"), _number(frame, "altitude")),
    )
    bounded = (value if low <= value <= high else math.nan for value, (low, high) in zip(values, _LIMITS, strict=True))
    return _Record(int(moment.timestamp()), tuple(bounded))


def _number(frame: fitdecode.FitDataMessage, name: str) -> float:
    value = frame.get_value(name, fallback=None)
    return float(value) if isinstance(value, int | float) else math.nan


def _first(*values: float) -> float:
    return next((value for value in values if not math.isnan(value)), math.nan)


def _text(value: object) -> str:
    return str(value)[:80] if value is not None else ""


def _unpacked(path: Path, content: bytes) -> bytes:
    if content[:2] != _GZIP:
        return content
    unpacking = zlib.decompressobj(wbits=31)
    try:
        plain = unpacking.decompress(content, MOST_BYTES + 1)
    except zlib.error as error:
        raise FitError(f"{path}: can't be unpacked ({error}); copy it anew") from error
    if len(plain) > MOST_BYTES:
        raise OutsideError(f"{path}: unpacks to more than {MOST_BYTES // 2**20} MiB, which no activity needs")
    if not unpacking.eof:
        raise FitError(f"{path}: ends before it is whole; copy it anew")
    return plain
