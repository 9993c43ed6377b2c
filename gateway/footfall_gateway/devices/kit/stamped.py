"""Sensors that stamp each batch of samples with their own clock: from batches to blocks, one or two streams.

A stamp tells when one sample of the batch was taken; the others lie at even intervals around it. The true interval
is not the nominal one, and a stamp is rounded, to as much as 1 ms: `BatchTimes` follows both.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from footfall_gateway.devices.kit.base import DecoderCounts
from footfall_gateway.devices.kit.joining import JoinedSamples, StreamJoiner, StreamSamples
from footfall_gateway.devices.kit.sample_intake import SampleIntake, clipped_values, in_session
from footfall_processing.samples import FloatArray, ImuBlock, SampleQuality
from footfall_processing.session import Sensor
from footfall_processing.signal.timing import DeviceClock
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

_AFTER_LOSS: Final = int(SampleQuality.AFTER_LOSS)
_TIMES: Final = "times of batches 1"
_IMU: Final = "stamped batches 1"
# What a clock of 64 bits may have come to after any number of packets.
_TICKS_BYTES: Final = 16
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

    def state(self) -> PlainState:
        """Return what there is to be stored."""
        return {
            "kind": _TIMES,
            "interval_s": self.interval_s,
            "batches": self._batches,
            "last_count": self._last_count,
            "stamp_s": self._stamp_s,
            "last_s": self._last_s,
            "next_s": self._next_s,
        }

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of such a stream."""
        stored = Stored.of_kind(state, _TIMES)
        interval_s = stored.finite("interval_s")
        if abs(interval_s / self._nominal_s - 1.0) > 1.01 * _RATE_TOLERANCE:
            raise stored.refusal("interval_s")
        batches = stored.whole("batches")
        self._last_count = stored.whole("last_count", least=1 if batches else 0)
        self._stamp_s, self._last_s = stored.number("stamp_s"), stored.number("last_s")
        self._next_s = stored.finite("next_s")
        self.interval_s, self._batches = interval_s, batches

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
        self._intake = SampleIntake(sensor)
        self._origin: int | None = None
        self._ticks = 0
        self._times = self._new_times()
        self._restarted = False

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far."""
        return self._intake.counts

    def reject(self) -> list[ImuBlock]:
        """Count a packet that breaks the profile; return no blocks."""
        return self._intake.reject()

    def drop_repeat(self) -> list[ImuBlock]:
        """Count a packet that came before; return no blocks."""
        return self._intake.drop_repeat()

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
        if not in_session(received_s) or (Stream.GYR in batches and self._joiner is None):
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
            not_before_s=self._intake.last_s + self._intervals_s[Stream.ACC],
        )
        if session.restarted:
            self._begin_anew()
            places = self._place(stamp_s, batches)
        blocks: list[ImuBlock] = []
        for stream, place in places.items():
            if isinstance(place, Misplaced):
                return blocks + (self._intake.drop_repeat() if place is Misplaced.LATE else self._intake.reject())
            whole = self._whole(stream, self._samples(stream, batches[stream], place))
            if whole is not None:
                # From the device's axis to the session's.
                blocks += self._leave(whole, session.t_s - first_s)
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
        if stream is Stream.ACC:
            quality = clipped_values(values, self._sensor.acc_range_mps2, SampleQuality.ACC_CLIPPED)
        else:
            quality = clipped_values(values, self._sensor.gyro_range_radps, SampleQuality.GYR_CLIPPED)
        if place.after_gap:
            quality[0] |= _AFTER_LOSS
        return StreamSamples(t_s, values, quality)

    def _whole(self, stream: Stream, samples: StreamSamples) -> StreamSamples | JoinedSamples | None:
        if self._joiner is None:
            return samples
        return self._joiner.push_acc(samples) if stream is Stream.ACC else self._joiner.push_gyr(samples)

    def _leave(self, whole: StreamSamples | JoinedSamples, offset_s: float) -> list[ImuBlock]:
        acc, gyr = (whole.acc_mps2, whole.gyr_radps) if isinstance(whole, JoinedSamples) else (whole.values, None)
        restarted, self._restarted = self._restarted, False
        return self._intake.take_timed(
            whole.t_s + offset_s,
            acc,
            gyr,
            whole.quality,
            self._times[Stream.ACC].interval_s,
            own_s=whole.t_s,
            restarted=restarted,
        )

    def state(self) -> PlainState:
        """Return what there is to be stored."""
        return {
            "kind": _IMU,
            "intake": self._intake.state(),
            "clock": self._clock.state(),
            "joiner": None if self._joiner is None else self._joiner.state(),
            "origin": self._origin,
            "ticks": self._ticks.to_bytes(_TICKS_BYTES, "little", signed=True),
            "acc": self._times[Stream.ACC].state(),
            "gyr": self._times[Stream.GYR].state(),
            "restarted": self._restarted,
        }

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of such a sensor."""
        stored = Stored.of_kind(state, _IMU)
        self._intake.restore(stored.part("intake"))
        self._clock.restore(stored.part("clock"))
        if self._joiner is not None:
            self._joiner.restore(stored.part("joiner"))
        self._origin = stored.whole("origin", most=self._period - 1) if stored.has("origin") else None
        self._ticks = int.from_bytes(stored.data("ticks", most=_TICKS_BYTES), "little", signed=True)
        self._times[Stream.ACC].restore(stored.part("acc"))
        self._times[Stream.GYR].restore(stored.part("gyr"))
        self._restarted = stored.flag("restarted")
