"""The last step of every decoder: samples are put in order, marked and counted, and leave as a block.

A driver finds out what a packet holds and when it was taken. From there on all go the same way, of two kinds:

- packets of evenly spaced samples are each given their `Run` (`place`, `place_counted`), and leave by `take`;
- samples with a time each, such as those joined of two streams, leave by `take_timed`.
"""

import math
from collections.abc import Sequence
from dataclasses import astuple, replace
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from footfall_gateway.devices.kit.base import DecoderCounts
from footfall_processing.samples import FlagArray, FloatArray, ImuBlock, SampleQuality
from footfall_processing.session import Sensor
from footfall_processing.signal.sample_clock import CountedTime
from footfall_processing.signal.timing import DeviceTime
from footfall_processing.state import PlainState
from footfall_processing.stored import LARGEST, Stored

Int16Array: TypeAlias = NDArray[np.int16]

FULL_SCALE_CODE: Final = 32767
"""Full scale of a 16-bit converter, either way: some end at -32,767, some at -32,768."""
CLIPPED_FROM: Final = 0.999
"""Share of the range from which a value is at its end: the largest code lies a little below what makers round to."""

_MAX: Final = np.maximum.reduce
_MIN: Final = np.minimum.reduce
_CLIPPED: Final = int(SampleQuality.ACC_CLIPPED | SampleQuality.GYR_CLIPPED)
_AFTER_LOSS: Final = int(SampleQuality.AFTER_LOSS)
_KIND: Final = "samples taken 1"


def reaches_full_scale(codes: Int16Array) -> bool:
    """Tell whether any of the codes stands at full scale."""
    return bool(
        codes.size and (_MAX(codes, axis=None) >= FULL_SCALE_CODE or _MIN(codes, axis=None) <= -FULL_SCALE_CODE)
    )


def clipped_codes(codes: Int16Array, flag: SampleQuality) -> FlagArray:
    """Mark with `flag` the samples, rows of `codes`, of which an axis stands at full scale; uint8, shape (n,)."""
    quality = np.zeros(len(codes), dtype=np.uint8)
    if reaches_full_scale(codes):
        quality[((codes >= FULL_SCALE_CODE) | (codes <= -FULL_SCALE_CODE)).any(axis=1)] = int(flag)
    return quality


def clipped_values(values: FloatArray, full_scale: float | None, flag: SampleQuality) -> FlagArray:
    """Mark with `flag` the samples, rows of `values`, of which an axis is at the end of a range; uint8, shape (n,)."""
    quality = np.zeros(len(values), dtype=np.uint8)
    if full_scale is not None:
        at_end = np.abs(values) >= CLIPPED_FROM * full_scale
        if at_end.any():
            quality[at_end.any(axis=1)] = int(flag)
    return quality


def in_session(received_s: float) -> bool:
    """Tell whether a packet can have arrived then: no session lasts longer than thirty years."""
    return 0.0 <= received_s < 1e9


@lru_cache(maxsize=64)
def _steps_s(n: int, interval_s: float) -> FloatArray:
    """Return the times of evenly spaced samples after the first one."""
    steps_s: FloatArray = np.arange(n, dtype=np.float64) * interval_s
    steps_s.flags.writeable = False
    return steps_s


class Run(NamedTuple):
    """Evenly spaced samples of one packet, on the session's axis."""

    first_s: float
    interval_s: float
    n: int
    after_loss: bool
    """Whether samples are missing before these."""


class SampleIntake:
    """One sensor's samples on their way out of a decoder.

    Samples leave in the order of time. What begins no later than the last packet did is a repeat, or late; what begins
    later but before the last packet's end breaks the protocol: neither is taken.

    Parameters
    ----------
    sensor
        Whose samples.

    Attributes
    ----------
    counts
        What was seen so far.
    last_s
        Time of the last sample that was taken; minus infinity before the first.
    """

    def __init__(self, sensor: Sensor) -> None:
        self.counts = DecoderCounts()
        self.last_s = -math.inf
        self._sensor = sensor
        self._begun_s = -math.inf
        self._last_own_s = 0.0

    def reject(self) -> list[ImuBlock]:
        """Count a packet that breaks the protocol; return no blocks."""
        self.counts = replace(self.counts, rejected_packets=self.counts.rejected_packets + 1)
        return []

    def drop_repeat(self) -> list[ImuBlock]:
        """Count a packet that came before, or whose successor did; return no blocks."""
        self.counts = replace(self.counts, duplicate_packets=self.counts.duplicate_packets + 1)
        return []

    def in_order(self, first_s: float) -> bool:
        """Tell whether samples may begin at this moment; a packet whose may not is counted, and to be left out."""
        if first_s <= self._begun_s:
            self.drop_repeat()
            return False
        if first_s <= self.last_s:
            self.reject()
            return False
        return True

    def place(
        self, first: DeviceTime, interval_s: float, n: int, *, after_loss: bool = False, paused: bool = False
    ) -> Run | None:
        """Give a packet with a time its place; `None` when it is to be left out.

        Parameters
        ----------
        first
            Time of the first sample.
        interval_s
            From sample to sample.
        n
            Samples in the packet, at least one.
        after_loss
            The sensor says itself that samples are missing before these.
        paused
            The sensor says itself that it made nothing in a gap: there is one, but nothing was lost.
        """
        if not self.in_order(first.t_s):
            return None
        # Samples are counted on the sensor's own time: the session's is corrected now and then.
        missing = 0 if first.restarted else round((first.own_s - self._last_own_s) / interval_s) - 1
        self._last_own_s = first.own_s + (n - 1) * interval_s
        gap = after_loss or missing > 0 or first.restarted
        return self._run(first.t_s, interval_s, n, after_loss=gap, lost=0 if paused else missing)

    def place_counted(self, first: CountedTime, interval_s: float, n: int) -> Run:
        """Give a packet that tells no time its place; its clock lets none run backwards."""
        lost = round(first.missing_s / interval_s)
        return self._run(first.t_s, interval_s, n, after_loss=first.restarted, lost=lost)

    def _run(self, first_s: float, interval_s: float, n: int, *, after_loss: bool, lost: int) -> Run:
        # Nothing is missing before the very first sample.
        run = Run(first_s, interval_s, n, after_loss and self.last_s > -math.inf)
        if lost > 0:
            self.counts = replace(self.counts, lost_samples=self.counts.lost_samples + lost)
        self._begun_s, self.last_s = first_s, first_s + (n - 1) * interval_s
        return run

    def take(
        self, runs: Sequence[Run], acc_mps2: FloatArray, gyr_radps: FloatArray | None, quality: FlagArray
    ) -> list[ImuBlock]:
        """Let the samples of the runs that were placed last leave, as one block.

        Parameters
        ----------
        runs
            In the order in which they were placed, at least one.
        acc_mps2, gyr_radps
            Acceleration and angular rate, shape (n, 3); no angular rate of an accelerometer alone.
        quality
            What is known to be wrong with each sample, shape (n,); the marks of losses are added here.
        """
        _, interval_s, n, _ = runs[0]
        if all(run.n == n and run.interval_s == interval_s for run in runs):
            # packets of one sensor are alike nearly always
            steps_s = _steps_s(n, interval_s)
            t_s = (np.array([run.first_s for run in runs])[:, None] + steps_s).reshape(-1)
            for index, run in enumerate(runs):
                if run.after_loss:
                    quality[index * n] |= _AFTER_LOSS
        else:
            columns = np.array(runs, dtype=np.float64)
            counts = columns[:, 2].astype(np.intp)
            begins = counts.cumsum() - counts
            first_s, intervals_s, begin = np.column_stack((columns[:, :2], begins)).repeat(counts, axis=0).T
            t_s = first_s + (np.arange(len(begin), dtype=np.float64) - begin) * intervals_s
            quality[begins[columns[:, 3] > 0.0]] |= _AFTER_LOSS
        return self._leave(t_s, acc_mps2, gyr_radps, quality)

    def take_timed(
        self,
        t_s: FloatArray,
        acc_mps2: FloatArray,
        gyr_radps: FloatArray | None,
        quality: FlagArray,
        interval_s: float,
        *,
        own_s: FloatArray | None = None,
        restarted: bool = False,
    ) -> list[ImuBlock]:
        """Let samples leave whose times are known one by one; gaps are marked in them, and counted by their length.

        Parameters
        ----------
        t_s
            Times on the session's axis, increasing, shape (n,). Where they begin before the last sample, as they do
            when the session's clock was corrected by more than an interval, all are moved behind it.
        acc_mps2, gyr_radps, quality
            As in `take`; `AFTER_LOSS` marks the first sample after each gap.
        interval_s
            From sample to sample where nothing is missing.
        own_s
            The same times by the sensor's own count, on which gaps are measured; `t_s` when not given.
        restarted
            The sensor's count began anew: there is a gap before these samples, of a length that nobody knows.
        """
        own_s = t_s if own_s is None else own_s
        first_ever = self.last_s == -math.inf
        # Nothing is missing before the very first sample.
        steps = np.diff(own_s, prepend=own_s[0] - interval_s if first_ever else self._last_own_s) / interval_s
        if restarted and not first_ever:
            quality[0] |= _AFTER_LOSS
            steps[0] = 1.0
        lost = int((np.rint(steps[quality & _AFTER_LOSS != 0]) - 1.0).clip(min=0.0).sum())
        if t_s[0] <= self.last_s:
            t_s = t_s + (self.last_s + 0.5 * interval_s - t_s[0])
        left = self._leave(t_s, acc_mps2, gyr_radps, quality)
        self.counts = replace(self.counts, lost_samples=self.counts.lost_samples + lost)
        self._begun_s, self.last_s, self._last_own_s = float(t_s[0]), float(t_s[-1]), float(own_s[-1])
        return left

    def _leave(
        self, t_s: FloatArray, acc_mps2: FloatArray, gyr_radps: FloatArray | None, quality: FlagArray
    ) -> list[ImuBlock]:
        block = ImuBlock(self._sensor.id, t_s, acc_mps2, gyr_radps, quality)
        counts = self.counts
        clipped = int(np.count_nonzero(quality & _CLIPPED)) if np.count_nonzero(quality) else 0
        self.counts = DecoderCounts(
            counts.received_samples + len(t_s),
            counts.lost_samples,
            counts.clipped_samples + clipped,
            counts.duplicate_packets,
            counts.rejected_packets,
        )
        return [block]

    def state(self) -> PlainState:
        """Return what there is to be stored: counts, and where the last samples lay."""
        return {
            "kind": _KIND,
            "sensor": self._described(),
            "counts": [*astuple(self.counts)],
            "last_s": self.last_s,
            "begun_s": self._begun_s,
            "last_own_s": self._last_own_s,
        }

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of such a sensor."""
        stored = Stored.of_kind(state, _KIND)
        if stored.part("sensor") != self._described():
            raise stored.refusal("sensor")
        match stored.part("counts"):
            case [int(received), int(lost), int(clipped), int(duplicate), int(rejected)] as counts if all(
                isinstance(count, int) and 0 <= count <= LARGEST for count in counts
            ):
                self.counts = DecoderCounts(received, lost, clipped, duplicate, rejected)
            case _:
                raise stored.refusal("counts")
        self.last_s, self._begun_s = stored.number("last_s"), stored.number("begun_s")
        self._last_own_s = stored.finite("last_own_s")

    def _described(self) -> PlainState:
        return [self._sensor.id, self._sensor.sampling_rate_hz, self._sensor.has_gyro]
