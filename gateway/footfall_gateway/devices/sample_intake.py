"""The last step of every decoder: samples are put in order, marked and counted, and leave as a block."""

import math
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from footfall_gateway.devices.base import DecoderCounts
from footfall_processing.samples import FlagArray, FloatArray, ImuBlock, SampleQuality
from footfall_processing.session import Sensor
from footfall_processing.timing import DeviceTime

Int16Array: TypeAlias = NDArray[np.int16]

FULL_SCALE_CODE: Final = 32767
"""Full scale of a 16-bit converter, either way: some end at -32,767, some at -32,768."""

_CLIPPED: Final = int(SampleQuality.ACC_CLIPPED | SampleQuality.GYR_CLIPPED)
_AFTER_LOSS: Final = int(SampleQuality.AFTER_LOSS)


def clipped_codes(codes: Int16Array, flag: SampleQuality) -> FlagArray:
    """Mark with `flag` the samples, rows of `codes`, of which an axis stands at full scale; uint8, shape (n,)."""
    at_end = ((codes >= FULL_SCALE_CODE) | (codes <= -FULL_SCALE_CODE)).any(axis=1)
    return np.where(at_end, np.uint8(flag), np.uint8(0))


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
        """Take the samples of a packet, evenly spaced; return them as a block, unless they were taken before.

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
        steps = (first.t_s - self.last_s) / interval_s
        if steps <= 0.0:
            self.counts = replace(self.counts, duplicate_packets=self.counts.duplicate_packets + 1)
            return []
        begun = self.last_s > -math.inf
        missing = round(steps) - 1 if begun else 0
        if begun and (missing > 0 or first.restarted or after_loss):
            quality = quality.copy()
            quality[0] |= _AFTER_LOSS
        t_s = first.t_s + np.arange(len(acc_mps2), dtype=np.float64) * interval_s
        block = ImuBlock(self._sensor.id, t_s, acc_mps2, gyr_radps, quality)
        self.last_s = float(t_s[-1])
        self.counts = replace(
            self.counts,
            received_samples=self.counts.received_samples + len(block),
            # Over a restart of the sensor's clock nobody knows how many there were.
            lost_samples=self.counts.lost_samples + (0 if first.restarted else max(missing, 0)),
            clipped_samples=self.counts.clipped_samples + int(np.count_nonzero(block.quality & _CLIPPED)),
        )
        return [block]
