"""The last step of every decoder: samples are put in order, marked and counted, and leave as a block."""

import math
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from footfall_gateway.devices.kit.base import DecoderCounts
from footfall_gateway.devices.kit.joining import JoinedSamples
from footfall_processing.samples import FlagArray, FloatArray, ImuBlock, SampleQuality
from footfall_processing.session import Sensor
from footfall_processing.signal.timing import CountedTime, DeviceTime

Int16Array: TypeAlias = NDArray[np.int16]

FULL_SCALE_CODE: Final = 32767
"""Full scale of a 16-bit converter, either way: some end at -32,767, some at -32,768."""

_CLIPPED: Final = int(SampleQuality.ACC_CLIPPED | SampleQuality.GYR_CLIPPED)
_AFTER_LOSS: Final = int(SampleQuality.AFTER_LOSS)


def clipped_codes(codes: Int16Array, flag: SampleQuality) -> FlagArray:
    """Mark with `flag` the samples, rows of `codes`, of which an axis stands at full scale; uint8, shape (n,)."""
    at_end = ((codes >= FULL_SCALE_CODE) | (codes <= -FULL_SCALE_CODE)).any(axis=1)
    return np.where(at_end, np.uint8(flag), np.uint8(0))


def in_session(received_s: float) -> bool:
    """Tell whether a packet can have arrived then: no session lasts longer than thirty years."""
    return 0.0 <= received_s < 1e9


class SampleIntake:
    """One sensor's samples on their way out of a decoder.

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
        self._last_own_s = 0.0

    def reject(self) -> None:
        """Count a packet that breaks the protocol."""
        self.counts = replace(self.counts, rejected_packets=self.counts.rejected_packets + 1)

    def take(
        self,
        first: DeviceTime,
        interval_s: float,
        acc_mps2: FloatArray,
        gyr_radps: FloatArray,
        quality: FlagArray,
        *,
        after_loss: bool = False,
    ) -> list[ImuBlock]:
        """Take the samples of a packet with a time, evenly spaced; return them as a block, unless they came before.

        Parameters
        ----------
        first
            Time of the first sample.
        interval_s
            From sample to sample.
        acc_mps2, gyr_radps
            Acceleration and angular rate, shape (n, 3).
        quality
            What is known to be wrong with each sample, shape (n,); the mark of a loss is added here.
        after_loss
            The sensor says itself that samples are missing before these.
        """
        # Samples are counted on the sensor's own time: the session's is corrected now and then.
        missing = 0 if first.restarted else round((first.own_s - self._last_own_s) / interval_s) - 1
        if first.t_s <= self.last_s or missing < 0:
            self.counts = replace(self.counts, duplicate_packets=self.counts.duplicate_packets + 1)
            return []
        self._last_own_s = first.own_s + (len(acc_mps2) - 1) * interval_s
        quality = self._marked(quality, after_loss=after_loss or missing > 0 or first.restarted)
        return self._emit(_spaced(first.t_s, interval_s, len(acc_mps2)), acc_mps2, gyr_radps, quality, missing)

    def take_counted(
        self,
        first: CountedTime,
        interval_s: float,
        acc_mps2: FloatArray,
        gyr_radps: FloatArray,
        quality: FlagArray,
    ) -> list[ImuBlock]:
        """Take the samples of a packet that tells no time; else as `take`."""
        missing = round(first.missing_s / interval_s)
        quality = self._marked(quality, after_loss=first.restarted)
        return self._emit(_spaced(first.t_s, interval_s, len(acc_mps2)), acc_mps2, gyr_radps, quality, missing)

    def take_joined(self, joined: JoinedSamples, interval_s: float) -> list[ImuBlock]:
        """Take samples that were joined of two streams; gaps are marked in them, and counted by their length."""
        before_s = joined.t_s[0] - interval_s if self.last_s == -math.inf else self.last_s
        steps = np.rint(np.diff(joined.t_s, prepend=before_s) / interval_s)
        missing = (steps[joined.quality & _AFTER_LOSS != 0] - 1.0).clip(min=0.0)
        return self._emit(joined.t_s, joined.acc_mps2, joined.gyr_radps, joined.quality, int(missing.sum()))

    def _marked(self, quality: FlagArray, *, after_loss: bool) -> FlagArray:
        # Nothing is missing before the very first sample.
        if after_loss and self.last_s > -math.inf:
            quality = quality.copy()
            quality[0] |= _AFTER_LOSS
        return quality

    def _emit(
        self, t_s: FloatArray, acc_mps2: FloatArray, gyr_radps: FloatArray, quality: FlagArray, missing: int
    ) -> list[ImuBlock]:
        block = ImuBlock(self._sensor.id, t_s, acc_mps2, gyr_radps, quality)
        self.last_s = float(t_s[-1])
        self.counts = replace(
            self.counts,
            received_samples=self.counts.received_samples + len(block),
            lost_samples=self.counts.lost_samples + missing,
            clipped_samples=self.counts.clipped_samples + int(np.count_nonzero(block.quality & _CLIPPED)),
        )
        return [block]


def _spaced(first_s: float, interval_s: float, count: int) -> FloatArray:
    return first_s + np.arange(count, dtype=np.float64) * interval_s
