"""A sensor's clock against ours, before the run and after it: when each packet of a log was made.

Between a run's beginning and its end no radio tells the time. The sensor's clock runs evenly, but up to 100 ppm off,
0.36 s in an hour; read at both ends, it is a straight line that is known to some milliseconds.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from footfall_gateway.clock import Clock
from footfall_gateway.devices.kit.onboard import DeviceMoment, StoredLog
from footfall_gateway.outside import LATEST

ROUND_TRIPS: Final = 20
"""The quickest of so many counts: its answer was least late."""
MAX_DRIFT: Final = 1e-3
"""More than any crystal or trimmed oscillator is off: then this computer's clock was set meanwhile."""
CRYSTAL_DRIFT: Final = 1e-4
"""What a crystal may be off where nobody measured it."""
BEGUN_ERROR_S: Final = 0.1
"""How late a sensor may have been told to begin, by the clock of who told it."""
_LEAST_SPAN_S: Final = 60.0
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Anchor:
    """One moment by two clocks.

    Parameters
    ----------
    utc_ns
        By this computer's, nanoseconds since 1970.
    own
        By the sensor's.
    error_s
        How far apart the two may be read: half of the quickest round trip.
    """

    utc_ns: int
    own: DeviceMoment
    error_s: float


async def take_anchor(read: Callable[[], Awaitable[DeviceMoment]], clock: Clock) -> Anchor:
    """Read a sensor's clock some times, and keep the quickest."""
    best: Anchor | None = None
    for _ in range(ROUND_TRIPS):
        asked_s = clock.now_s()
        own = await read()
        half_s = 0.5 * (clock.now_s() - asked_s)
        utc_ns = utc_ns_of(clock.utc_now()) - round(half_s * 1e9)
        if best is None or half_s < best.error_s:
            best = Anchor(utc_ns, own, half_s)
    assert best is not None
    return best


def utc_ns_of(moment: datetime) -> int:
    """Return a moment as nanoseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def moment_of(utc_ns: int) -> datetime:
    """Return the moment that nanoseconds since 1970 mean, to the microsecond."""
    return _EPOCH + timedelta(microseconds=utc_ns // 1000)


@dataclass(frozen=True, slots=True)
class ClockLine:
    """Our clock over a sensor's.

    Parameters
    ----------
    own_us, utc_ns
        A point of the line; `utc_ns` is `None` where nobody knows when it was.
    rate
        Seconds of ours in one of the sensor's.
    error_s
        How far off it may be, at the end that is known less well.
    """

    own_us: int
    utc_ns: int | None
    rate: float
    error_s: float
    remark: str = ""
    """What a person should know of it; empty when all is well."""

    @property
    def drift_ppm(self) -> float:
        """By how many millionths the sensor's clock is slow."""
        return (self.rate - 1.0) * 1e6

    def after_ns(self, own_us: int) -> int:
        """Return how long after the line's point a moment of the sensor's clock is, nanoseconds of our clock."""
        return round((own_us - self.own_us) * 1000 * self.rate)


def line_of(log: StoredLog, armed: Anchor | None, fetched: Anchor | None) -> ClockLine:
    """Return the line of a log's clock.

    Parameters
    ----------
    armed, fetched
        Its clock as it was read before the run and after it, where it was. An anchor of another epoch says nothing.
    """
    first = _of_epoch(armed, log)
    if first is None and _EARLIEST_NS <= log.begun_utc_ns < _LATEST_NS:
        first = Anchor(log.begun_utc_ns, log.begun, BEGUN_ERROR_S)
    last = _of_epoch(fetched, log)
    if first is None or last is None:
        known = first or last
        if known is None:
            return ClockLine(log.begun.own_us, None, 1.0, 0.0, "nobody told the sensor what time it was")
        return ClockLine(known.own.own_us, known.utc_ns, 1.0, known.error_s, "its clock was read at one end only")
    own_s = (last.own.own_us - first.own.own_us) * 1e-6
    better = first if first.error_s <= last.error_s else last
    if own_s < _LEAST_SPAN_S:
        return ClockLine(better.own.own_us, better.utc_ns, 1.0, better.error_s)
    rate = (last.utc_ns - first.utc_ns) * 1e-9 / own_s
    if abs(rate - 1.0) > MAX_DRIFT + (first.error_s + last.error_s) / own_s:
        remark = "this computer's clock was set between arming and fetching, or the sensor's clock can't be right"
        return ClockLine(last.own.own_us, last.utc_ns, 1.0, last.error_s, remark)
    return ClockLine(first.own.own_us, first.utc_ns, rate, max(first.error_s, last.error_s))


_EARLIEST_NS: Final = utc_ns_of(datetime(2020, 1, 1, tzinfo=UTC))
_LATEST_NS: Final = utc_ns_of(LATEST)
"""No sensor was told of a moment beyond these, whatever it says."""


def _of_epoch(anchor: Anchor | None, log: StoredLog) -> Anchor | None:
    return anchor if anchor is not None and anchor.own.epoch == log.begun.epoch else None
