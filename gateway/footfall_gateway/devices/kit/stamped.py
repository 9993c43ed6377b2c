"""Sensors that stamp each batch of samples with their own clock: from batches to blocks, one or two streams.

A stamp tells when one sample of the batch was taken; the others lie at even intervals around it. The true interval
is not the nominal one, and a stamp is rounded, to as much as 1 ms: `BatchTimes` follows both.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

import numpy as np

from footfall_gateway.devices.kit.base import DecoderCounts
from footfall_gateway.devices.kit.joining import JoinedSamples, StreamJoiner, StreamSamples
from footfall_processing.samples import FlagArray, FloatArray, ImuBlock, SampleQuality
from footfall_processing.session import Sensor
from footfall_processing.signal.timing import DeviceClock

CLIPPED_FROM: Final = 0.999
"""Share of the range from which a value is at its end: the largest code lies a little below what makers round to."""

_AFTER_LOSS: Final = int(SampleQuality.AFTER_LOSS)
_ACC_CLIPPED: Final = int(SampleQuality.ACC_CLIPPED)
_GYR_CLIPPED: Final = int(SampleQuality.GYR_CLIPPED)
# The true rate may be this far off the nominal one; oscillators in sensors are trimmed to a few percent.
_RATE_TOLERANCE: Final = 0.15
# A stamp this many intervals later than foreseen follows a gap.
_GAP_FROM: Final = 1.5
_CLOCK_TICK_S: Final = 1e-6
_CLOCK_BITS: Final = 64
# Batches over which rate and phase are followed, and those that are trusted again after a gap.
_MEMORY: Final = 64
_MEMORY_AFTER_GAP: Final = 8


class Stamped(Enum):
    """Which sample of a batch the stamp belongs to."""

    FIRST = "first"
    LAST = "last"


class Stream(Enum):
    """What a batch holds: acceleration in m/s², or angular rate in rad/s."""

    ACC = "acc"
    GYR = "gyr"


class Misplaced(Enum):
    """Why a batch has no place on the time axis."""

    LATE = "late"
    """It came before, or its successor did."""
    OVERLAPPING = "overlapping"
    """It holds more samples than fit between its stamp and the last one."""


@dataclass(frozen=True, slots=True)
class BatchTime:
    """When a batch's samples were taken: `first_s` and from there on every `interval_s`; whether a gap lies before."""

    first_s: float
    interval_s: float
    after_gap: bool


class BatchTimes:
    """Spreads stamps over the samples of one stream.

    Phase and interval are the straight line through the stamps by least squares, with a memory that grows up to the
    last 64 batches or so, computed recursively. Without rounding of the stamps, it is exact.
    After Brookner (1998), Tracking and Kalman Filtering Made Easy, doi:10.1002/0471224197, the growing-memory g-h
    filter.

    Parameters
    ----------
    nominal_interval_s
        Sampling interval by the data sheet.
    stamped
        Which sample of a batch is stamped.
    tick_s
        What stamps are rounded to. After a gap that is whole samples long, as far as such stamps tell, the sensor went
        on sampling meanwhile: the line goes on too. Otherwise its phase begins anew.

    Attributes
    ----------
    interval_s
        Sampling interval as measured.
    """

    def __init__(self, nominal_interval_s: float, stamped: Stamped, *, tick_s: float) -> None:
        self.interval_s = nominal_interval_s
        self._tick_s = tick_s
        self._nominal_s = nominal_interval_s
        self._stamped = stamped
        self._batches = 0
        self._last_count = 0
        self._stamp_s = -math.inf
        self._last_s = -math.inf
        self._next_s = 0.0

    def place(self, stamp_s: float, count: int) -> BatchTime | Misplaced:
        """Place the next batch of `count` samples; batches of one stream never overlap, and their times increase."""
        index = 0 if self._stamped is Stamped.FIRST else count - 1
        after_gap = False
        if self._batches == 0:
            fitted_s = stamp_s
        else:
            if stamp_s <= self._stamp_s:
                return Misplaced.LATE
            # Samples from stamp to stamp.
            between = self._last_count if self._stamped is Stamped.FIRST else count
            foreseen_s = self._next_s + index * self.interval_s
            error_s = stamp_s - foreseen_s
            tolerance_s = min(_GAP_FROM, between - 0.5) * self.interval_s
            if self._batches == 1:
                tolerance_s += _RATE_TOLERANCE * between * self.interval_s
            if error_s < -tolerance_s:
                return Misplaced.OVERLAPPING
            after_gap = error_s > tolerance_s
            missing = round(error_s / self.interval_s) if after_gap else 0
            error_s -= missing * self.interval_s
            if after_gap and abs(error_s) > self._tick_s:
                fitted_s = stamp_s
                self._batches = min(self._batches, _MEMORY_AFTER_GAP)
            else:
                fitted_s = stamp_s - error_s + self._follow(error_s, between + missing)
        interval_s = self.interval_s
        first_s = fitted_s - index * interval_s
        fitted_last_s = first_s + (count - 1) * interval_s
        earliest_s = self._last_s + 0.5 * interval_s
        if first_s < earliest_s:
            # The batch before lies a little too late, as the first one does when the true rate is faster than nominal.
            first_s = earliest_s
            interval_s = max((fitted_last_s - first_s) / max(count - 1, 1), 0.5 * interval_s)
        self._batches += 1
        self._last_count = count
        self._stamp_s = stamp_s
        self._next_s = fitted_last_s + self.interval_s
        self._last_s = first_s + (count - 1) * interval_s
        return BatchTime(first_s, interval_s, after_gap)

    def _follow(self, error_s: float, between: int) -> float:
        """Correct the interval by a stamp that is off by `error_s`; return by how much it corrects the phase."""
        n = min(self._batches, _MEMORY)
        weight = 1.0 / ((n + 1) * (n + 2))
        interval_s = self.interval_s + 6.0 * weight * error_s / between
        spread_s = _RATE_TOLERANCE * self._nominal_s
        self.interval_s = min(max(interval_s, self._nominal_s - spread_s), self._nominal_s + spread_s)
        return 2.0 * (2 * n + 1) * weight * error_s


class StampedImu:
    """Batches of one sensor to blocks on the session's axis; acceleration and angular rate joined.

    Parameters
    ----------
    sensor
        What it measures. Values at the end of its ranges are marked as clipped.
    tick_s, bits
        The sensor's clock: length of a tick, and width of the counter in a stamp.
    stamped
        Which sample of a batch is stamped.
    gyr_rate_hz
        Nominal rate of the angular rate; the sensor's own when not given.
    """

    def __init__(
        self, sensor: Sensor, *, tick_s: float, bits: int, stamped: Stamped, gyr_rate_hz: float | None = None
    ) -> None:
        self._sensor = sensor
        self._tick_s = tick_s
        self._period = 1 << bits
        self._stamped = stamped
        self._intervals_s = {
            Stream.ACC: 1.0 / sensor.sampling_rate_hz,
            Stream.GYR: 1.0 / (gyr_rate_hz or sensor.sampling_rate_hz),
        }
        # It is told smoothed times, which are finer than the sensor's ticks.
        self._clock = DeviceClock(tick_s=_CLOCK_TICK_S, bits=_CLOCK_BITS)
        self._joiner = StreamJoiner(self._intervals_s[Stream.GYR]) if sensor.has_gyro else None
        self._counts = DecoderCounts()
        self._origin: int | None = None
        self._ticks = 0
        self._times = self._new_times()
        self._last_s = -math.inf
        self._last_own_s = 0.0
        self._restarted = False

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far."""
        return self._counts

    def reject(self) -> list[ImuBlock]:
        """Count a packet that breaks the profile; return no blocks."""
        self._counts = replace(self._counts, rejected_packets=self._counts.rejected_packets + 1)
        return []

    def push(self, stamp: int, batches: Mapping[Stream, FloatArray], *, received_s: float) -> list[ImuBlock]:
        """Take the batches of one packet, all with the same stamp; return the blocks that are whole now.

        Parameters
        ----------
        stamp
            The sensor's clock.
        batches
            Values in SI, shape (n, 3), n >= 1, finite.
        received_s
            Arrival of the packet, session seconds.
        """
        if not 0.0 <= received_s < 1e9 or (Stream.GYR in batches and self._joiner is None):
            return self.reject()
        stamp_s = self._unwrapped_s(stamp)
        places = self._place(stamp_s, batches)
        stream, values = next(iter(batches.items()))
        first, span_s = places[stream], (len(values) - 1) * self._intervals_s[stream]
        if isinstance(first, BatchTime):
            first_s = first.first_s
        else:
            first_s = stamp_s if self._stamped is Stamped.FIRST else stamp_s - span_s
        session = self._clock.read(
            round(first_s / _CLOCK_TICK_S) % (1 << _CLOCK_BITS),
            received_s=received_s,
            span_s=span_s,
            not_before_s=self._last_s + self._intervals_s[Stream.ACC],
        )
        if session.restarted:
            self._begin_anew()
            places = self._place(stamp_s, batches)
        blocks: list[ImuBlock] = []
        for stream, place in places.items():
            if isinstance(place, Misplaced):
                if place is Misplaced.LATE:
                    self._counts = replace(self._counts, duplicate_packets=self._counts.duplicate_packets + 1)
                else:
                    self.reject()
                return blocks
            whole = self._whole(stream, self._samples(stream, batches[stream], place))
            if whole is not None:
                # From the device's axis to the session's.
                blocks.append(self._block(whole, session.t_s - first_s))
        return blocks

    def _begin_anew(self) -> None:
        """Forget the batches so far: the sensor's clock began anew, or these are the first."""
        self._restarted = True
        self._times = self._new_times()
        if self._joiner is not None:
            self._joiner.forget()

    def _new_times(self) -> dict[Stream, BatchTimes]:
        return {
            stream: BatchTimes(interval_s, self._stamped, tick_s=self._tick_s)
            for stream, interval_s in self._intervals_s.items()
        }

    def _place(self, stamp_s: float, batches: Mapping[Stream, FloatArray]) -> dict[Stream, BatchTime | Misplaced]:
        return {stream: self._times[stream].place(stamp_s, len(values)) for stream, values in batches.items()}

    def _unwrapped_s(self, stamp: int) -> float:
        """Seconds on the device's axis, from its first stamp on; from stamp to stamp it is less than half a period."""
        if self._origin is None:
            self._origin = stamp
        half = self._period // 2
        self._ticks += (stamp - self._origin - self._ticks + half) % self._period - half
        return self._ticks * self._tick_s

    def _samples(self, stream: Stream, values: FloatArray, place: BatchTime) -> StreamSamples:
        t_s = place.first_s + np.arange(len(values), dtype=np.float64) * place.interval_s
        quality = np.zeros(len(values), dtype=np.uint8)
        acc = stream is Stream.ACC
        full_scale = self._sensor.acc_range_mps2 if acc else self._sensor.gyro_range_radps
        if full_scale is not None:
            clipped = (np.abs(values) >= CLIPPED_FROM * full_scale).any(axis=1)
            quality[clipped] |= _ACC_CLIPPED if acc else _GYR_CLIPPED
        if place.after_gap:
            quality[0] |= _AFTER_LOSS
        return StreamSamples(t_s, values, quality)

    def _whole(self, stream: Stream, samples: StreamSamples) -> StreamSamples | JoinedSamples | None:
        if self._joiner is None:
            return samples
        return self._joiner.push_acc(samples) if stream is Stream.ACC else self._joiner.push_gyr(samples)

    def _block(self, whole: StreamSamples | JoinedSamples, offset_s: float) -> ImuBlock:
        interval_s = self._times[Stream.ACC].interval_s
        t_s = whole.t_s + offset_s
        if t_s[0] <= self._last_s:
            # The session's clock was corrected by more than an interval: time still goes on.
            t_s += self._last_s + 0.5 * interval_s - t_s[0]
        quality: FlagArray = whole.quality
        lost = 0
        if self._last_s > -math.inf:
            # Counted on the device's axis, as the session's is corrected now and then.
            steps = np.rint(np.diff(whole.t_s, prepend=self._last_own_s) / interval_s)
            if self._restarted:
                quality[0] |= _AFTER_LOSS
                steps[0] = 1.0
            lost = int((steps[quality & _AFTER_LOSS != 0] - 1.0).clip(min=0.0).sum())
        self._restarted = False
        self._last_s, self._last_own_s = float(t_s[-1]), float(whole.t_s[-1])
        clipped = int(np.count_nonzero(quality & (_ACC_CLIPPED | _GYR_CLIPPED)))
        self._counts = replace(
            self._counts,
            received_samples=self._counts.received_samples + len(t_s),
            lost_samples=self._counts.lost_samples + lost,
            clipped_samples=self._counts.clipped_samples + clipped,
        )
        if isinstance(whole, JoinedSamples):
            return ImuBlock(self._sensor.id, t_s, whole.acc_mps2, whole.gyr_radps, quality)
        return ImuBlock(self._sensor.id, t_s, whole.values, None, quality)
