"""From a sensor's own count of time to session seconds, deterministically and from the packets alone.

A Bluetooth packet arrives late and by a different amount each time, so its arrival is never a sample's time. But no
packet arrives early: on the plane of a sensor's time against the delay of its arrivals, the packets lie above a line,
touch it where the radio was quick, and its slope is the drift between the two clocks. That line is followed.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from footfall_processing.samples import FloatArray
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored, packed


@dataclass(frozen=True, slots=True)
class DeviceTime:
    """A sensor's moment on the session's axis.

    Parameters
    ----------
    t_s
        Session seconds.
    own_s
        The same moment by the sensor's own count, uncorrected, since the clock was anchored: samples are counted on it.
    restarted
        True when the clock was anchored here: at the first packet and after the sensor's count began anew.
    """

    t_s: float
    own_s: float
    restarted: bool


_FLOOR: Final = "line under delays 1"
_DEVICE: Final = "device clock 1"


class DelayFloor:
    """The line under all delays, each the arrival of a packet minus the sensor's own time.

    Of all lines with no delay below them it is the one with the least sum of distances to them (Moon, Skelly and
    Towsley 1999, Estimation and removal of clock skew from network delay measurements,
    doi:10.1109/INFCOM.1999.749287): the edge of the delays' lower convex hull that spans their mean time. Here it is
    found anew every `BUCKET_S` from the least delay of each such span within the last `WINDOW_S`, so that it follows
    a drift that changes as a sensor warms up.

    Parameters
    ----------
    steepest
        No clock is thought to drift more than this, seconds in a second.
    """

    BUCKET_S: Final = 2.0
    WINDOW_S: Final = 600.0
    SETTLED_S: Final = 20.0
    """Before, jitter would be taken for drift: the line is level."""
    _MOST_BUCKETS: Final = 512

    def __init__(self, *, steepest: float) -> None:
        self._steepest = steepest
        self._slope = 0.0
        self._level_s = math.inf
        self._bucket = -1
        self._least: deque[tuple[float, float]] = deque()

    def add(self, own_s: float, delay_s: float) -> None:
        """Take one packet's delay; `own_s` never decreases by more than a packet's length."""
        if delay_s - self.at(own_s) > self._steepest * self.WINDOW_S and own_s - self._least[-1][0] < self.WINDOW_S:
            # No drift does that. Samples that a sensor kept over a lost link come this late, and say nothing.
            return
        bucket = math.floor(own_s / self.BUCKET_S)
        if bucket > self._bucket:
            self._bucket = bucket
            self._fit()
            self._least.append((own_s, delay_s))
            while own_s - self._least[0][0] > self.WINDOW_S:
                self._least.popleft()
        elif delay_s < self._least[-1][1]:
            self._least[-1] = (own_s, delay_s)
        # Nothing arrives early: a quicker packet lowers the line at once.
        self._level_s = min(self._level_s, delay_s - self._slope * own_s)

    def state(self) -> PlainState:
        """Return what there is to be stored: 16 bytes for each bucket of the window, 5 kB at most."""
        least: FloatArray = np.array(self._least, dtype=np.float64).reshape(-1, 2)
        return {
            "kind": _FLOOR,
            "slope": self._slope,
            "level_s": self._level_s,
            "bucket": self._bucket,
            "least": packed(least),
        }

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of such a line."""
        stored = Stored.of_kind(state, _FLOOR)
        least = stored.table("least", columns=2, most=self._MOST_BUCKETS)
        # A line lies under points, or there is none yet.
        if not np.isfinite(least).all() or (len(least) > 0) != math.isfinite(stored.number("level_s")):
            raise stored.refusal("least")
        self._slope, self._level_s = stored.finite("slope"), stored.number("level_s")
        self._bucket = stored.whole("bucket", least=-1)
        self._least = deque((own_s, delay_s) for own_s, delay_s in least.tolist())

    def at(self, own_s: float) -> float:
        """Return the least delay at a moment of the sensor's time."""
        return self._level_s + self._slope * own_s

    def _fit(self) -> None:
        points = self._least
        if not points or points[-1][0] - points[0][0] < self.SETTLED_S:
            return
        mean_s = sum(own_s for own_s, _ in points) / len(points)
        hull: list[tuple[float, float]] = []
        for point in points:
            while len(hull) > 1 and _turns_down(hull[-2], hull[-1], point):
                hull.pop()
            hull.append(point)
        right = next(index for index, (own_s, _) in enumerate(hull) if own_s >= mean_s)
        (from_s, from_delay_s), (to_s, to_delay_s) = hull[max(right - 1, 0)], hull[max(right, 1)]
        if to_s <= from_s:
            # Only packets that overlap each other do that.
            return
        slope = (to_delay_s - from_delay_s) / (to_s - from_s)
        self._slope = min(max(slope, -self._steepest), self._steepest)
        self._level_s = min(delay_s - self._slope * own_s for own_s, delay_s in points)


def _turns_down(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Tell whether b is not below the line from a to c."""
    return (b[0] - a[0]) * (c[1] - a[1]) <= (c[0] - a[0]) * (b[1] - a[1])


class DeviceClock:
    """Maps a wrapping tick counter to session seconds.

    The first packet anchors it: its last sample is taken to be as old as nothing. From there on the sensor's clock
    rules, corrected for its drift and for what the first packets were late, by the line under all delays so far
    (`DelayFloor`). What the quickest packets take (some milliseconds) stays as a constant offset, much the same for
    sensors on one radio.

    Parameters
    ----------
    tick_s
        Length of a tick.
    bits
        Width of the counter, which wraps at 2**bits.
    max_delay_s
        How late a packet may be: more for sensors that keep what they could not send.

    Notes
    -----
    A tick that disagrees with its arrival by more than `max_delay_s` (widened by `MAX_DRIFT` since the anchor) can
    only come from a clock that began anew: a rebooted sensor. It anchors again.
    """

    MAX_DELAY_S: Final = 10.0
    """More than a link delays a packet before it is given up as lost (the supervision timeout is 4 to 20 s)."""
    MAX_DRIFT: Final = 1e-3
    """More than any crystal or trimmed oscillator is off."""
    MAX_SLEW: Final = 2 * MAX_DRIFT
    """Corrections bend time by no more than this, whatever the packets' delays: the drift itself, and as much again to
    make up for what the first packets were late. It is 0.4 of 180 steps/min. A first packet that was late by seconds
    leaves the sensor ahead of the others for long, and each of its strides right."""
    PAUSE_S: Final = 2.0
    """Over a gap of this length no stride is measured: the correction is made at once."""

    def __init__(self, *, tick_s: float, bits: int, max_delay_s: float = MAX_DELAY_S) -> None:
        self._tick_s = tick_s
        self._max_delay_s = max_delay_s
        self._period = 1 << bits
        self.forget()

    def forget(self) -> None:
        """Anchor again at the next tick: the sensor said that its clock began anew."""
        self._anchor: tuple[int, float, float] | None = None

    def read(self, ticks: int, *, received_s: float, span_s: float, not_before_s: float = -math.inf) -> DeviceTime:
        """Place a packet's first sample on the session's axis.

        Parameters
        ----------
        ticks
            The counter at the packet's first sample, 0 <= ticks < 2**bits.
        received_s
            Arrival of the packet, session seconds.
        span_s
            Time from the packet's first sample to its last.
        not_before_s
            An anchor is not placed earlier than this, so that time never runs backwards over a reboot.
        """
        if self._anchor is not None:
            anchor_ticks, anchor_received_s, anchor_s = self._anchor
            arrival_elapsed_s = received_s - anchor_received_s
            within_period = (ticks - anchor_ticks) % self._period
            wraps = round((arrival_elapsed_s / self._tick_s - within_period) / self._period)
            elapsed_s = (within_period + wraps * self._period) * self._tick_s
            if abs(elapsed_s - arrival_elapsed_s) <= self._max_delay_s + self.MAX_DRIFT * abs(arrival_elapsed_s):
                corrected_s = elapsed_s + self._correct(elapsed_s, span_s, received_s)
                return DeviceTime(anchor_s + corrected_s, elapsed_s, restarted=False)
        anchor_s = max(received_s - span_s, not_before_s)
        self._anchor = (ticks, received_s, anchor_s)
        self._floor = DelayFloor(steepest=self.MAX_DRIFT)
        self._floor.add(span_s, 0.0)
        self._correction_s = 0.0
        self._latest_s = 0.0
        return DeviceTime(anchor_s, 0.0, restarted=True)

    def state(self) -> PlainState:
        """Return what there is to be stored; the clock's own tick is not in it."""
        if self._anchor is None:
            return {"kind": _DEVICE, "ticks": None}
        ticks, received_s, anchor_s = self._anchor
        return {
            "kind": _DEVICE,
            "ticks": ticks,
            "received_s": received_s,
            "anchor_s": anchor_s,
            "floor": self._floor.state(),
            "correction_s": self._correction_s,
            "latest_s": self._latest_s,
        }

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of such a clock."""
        stored = Stored.of_kind(state, _DEVICE)
        if not stored.has("ticks"):
            self.forget()
            return
        floor = DelayFloor(steepest=self.MAX_DRIFT)
        floor.restore(stored.part("floor"))
        ticks = stored.whole("ticks", most=self._period - 1)
        self._anchor = (ticks, stored.finite("received_s"), stored.finite("anchor_s"))
        self._floor = floor
        self._correction_s, self._latest_s = stored.finite("correction_s"), stored.finite("latest_s")

    def _correct(self, elapsed_s: float, span_s: float, received_s: float) -> float:
        """Return what to add to the sensor's own time, following the line without haste."""
        assert self._anchor is not None
        own_s = elapsed_s + span_s
        step_s = elapsed_s - self._latest_s
        if step_s <= 0.0:
            # A packet that comes late or twice teaches nothing.
            return self._correction_s
        self._floor.add(own_s, received_s - self._anchor[2] - own_s)
        wanted_s = self._floor.at(own_s) - self._correction_s
        forward_s = back_s = self.MAX_SLEW * step_s
        if step_s >= self.PAUSE_S:
            # Back by half the gap at most: time must not run backwards.
            forward_s, back_s = math.inf, 0.5 * step_s
        self._correction_s += min(max(wanted_s, -back_s), forward_s)
        self._latest_s = elapsed_s
        return self._correction_s
