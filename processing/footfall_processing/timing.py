"""From a device's own clock to session seconds, deterministically and from the packets alone.

A Bluetooth packet arrives late and by a different amount each time, so its arrival is never a sample's time.
Arrival serves twice only: it places the device's first tick on the session's axis, and it tells how often a short
tick counter has wrapped, for which an error of half a wrap would be allowed.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeviceTime:
    """A device's tick on the session's axis.

    Parameters
    ----------
    t_s
        Session seconds.
    restarted
        True when this tick anchored the clock: at the first packet and after the device's clock began anew.
    """

    t_s: float
    restarted: bool


class DeviceClock:
    """Maps a wrapping tick counter to session seconds.

    The first packet anchors it: its last sample is taken to be as old as nothing, so its first sample lies the
    packet's own span before its arrival. From there on the device's clock rules. What the radio delays at the anchor
    (some tens of milliseconds) stays as a constant offset of this sensor; the drift between the two clocks stays too.

    Parameters
    ----------
    tick_s
        Length of a tick.
    bits
        Width of the counter, which wraps at 2**bits.

    Notes
    -----
    A tick that disagrees with its arrival by more than `MAX_DELAY_S` (widened by `MAX_DRIFT` since the anchor) can
    only come from a clock that began anew: a rebooted device. It anchors again.
    """

    MAX_DELAY_S = 10.0
    """More than a link delays a packet before it is given up as lost (the supervision timeout is 4 to 20 s)."""
    MAX_DRIFT = 1e-3
    """More than any crystal or trimmed oscillator is off."""

    def __init__(self, *, tick_s: float, bits: int) -> None:
        self._tick_s = tick_s
        self._period = 1 << bits
        self._anchor: tuple[int, float, float] | None = None

    def forget(self) -> None:
        """Anchor again at the next tick: the device said that its clock began anew."""
        self._anchor = None

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
            if abs(elapsed_s - arrival_elapsed_s) <= self.MAX_DELAY_S + self.MAX_DRIFT * abs(arrival_elapsed_s):
                return DeviceTime(anchor_s + elapsed_s, restarted=False)
        anchor_s = max(received_s - span_s, not_before_s)
        self._anchor = (ticks, received_s, anchor_s)
        return DeviceTime(anchor_s, restarted=True)
