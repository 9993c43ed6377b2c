"""Stamps of arrival instead of the sensor's own: several rows share one, or come a moment apart, then none for a while.

A host that stamps what its radio delivers writes such files. The rows are even in truth: they are counted, as those of
sensors that tell no time are.
"""

from typing import Final

import numpy as np

from footfall_processing.samples import FloatArray
from footfall_processing.signal.sample_clock import SampleClock

TOGETHER: Final = 0.5
"""Rows less than this share of a sampling interval apart came together: no clock of a sensor wanders by as much."""
LEAST_SHARE: Final = 0.25
"""Where fewer rows came together, stamps are a sensor's that jitter, or wrong: they are left as they are."""
RATE_WITHIN: Final = 0.1
"""Only where as many rows come in a second as are stated, the stated rate tells how they lie: `SampleClock`'s bound."""
LONGEST_BURST_S: Final = 1.0
"""A longer step is a gap in the signal."""

_LEAST_S: Final = 1.0
_LEAST_PAUSES: Final = 5


def even_times(t_s: FloatArray, rate_hz: float) -> FloatArray | None:
    """Spread stamps that come in bursts evenly; return the times, increasing, or `None` where they don't come so.

    Parameters
    ----------
    t_s
        Stamps, finite, shape (n,).
    rate_hz
        Stated sampling rate.
    """
    if not comes_in_bursts(t_s, rate_hz):
        return None
    steps_s = np.diff(t_s)
    together, going_on = steps_s < TOGETHER / rate_hz, steps_s <= LONGEST_BURST_S
    if abs(np.count_nonzero(going_on) / float(steps_s[going_on].sum()) / rate_hz - 1.0) > RATE_WITHIN:
        return None
    begins = np.flatnonzero(np.concatenate(([True], ~together)))
    counts = np.diff(np.append(begins, len(t_s)))
    arrived_s = t_s[np.append(begins[1:], len(t_s)) - 1]
    clock, times_s = SampleClock(1.0 / rate_hz), np.empty(len(t_s))
    for begin, count, received_s in zip(begins.tolist(), counts.tolist(), arrived_s.tolist(), strict=True):
        first = clock.read(count, received_s=received_s)
        times_s[begin : begin + count] = first.t_s + np.arange(count) * clock.interval_s
    return times_s


def comes_in_bursts(t_s: FloatArray, rate_hz: float) -> bool:
    """Tell whether stamps, finite and of shape (n,), come in bursts and never run backwards, over a second or more."""
    steps_s = np.diff(t_s)
    if len(steps_s) < rate_hz or (steps_s < 0.0).any() or t_s[-1] - t_s[0] < _LEAST_S:
        return False
    # Bursts leave pauses: a clock that merely runs too fast, or in another unit, has none.
    pauses = (steps_s > 2.0 / rate_hz) & (steps_s <= LONGEST_BURST_S)
    return bool((steps_s < TOGETHER / rate_hz).mean() >= LEAST_SHARE and pauses.sum() >= _LEAST_PAUSES)


def largest_burst(t_s: FloatArray, rate_hz: float) -> int:
    """Tell how many rows came together at the most."""
    apart = np.flatnonzero(np.diff(t_s) >= TOGETHER / rate_hz)
    return int(np.diff(np.concatenate(([-1], apart, [len(t_s) - 1]))).max())
