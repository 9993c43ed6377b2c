"""The "footfall-samples" profile: samples in the units of an imported file, bit-exact, in chunks.

Imported data take the same path as live data: chunks are recorded as raw packets and decoded like any sensor's.
A chunk is, little-endian::

    0   u8        version, 1
    1   u8        flags: bit 0 set when there is no gyroscope
    2   u16       n, number of samples, 1 to 65,535
    4   f64[n]    t_s
    ..  f64[n,3]  acceleration, g
    ..  f64[n,3]  angular rate, degrees a second; absent when bit 0 is set
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from footfall_gateway.devices.kit.base import DecoderCounts, DeviceProfile
from footfall_gateway.recordings.packets import RawPacket, RecordedSensor
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray, ImuBlock, SampleQuality
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

NAME: Final = "footfall-samples"
"""The profile's name, and the `characteristic` of its packets."""
MAX_SAMPLES: Final = 0xFFFF
CLIPPED_FROM: Final = 0.999
"""Share of the range from which a value is at its end: the largest code lies a little below what makers round to."""

_VERSION: Final = 1
_ACC_ONLY: Final = 0x01
_HEADER: Final = struct.Struct("<BBH")
# A step longer than this many sampling intervals is a gap.
_GAP_FROM: Final = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Samples as a file has them: `t_s` (n,), `acc_g` (n, 3), `gyro_dps` (n, 3) or `None`."""

    t_s: FloatArray
    acc_g: FloatArray
    gyro_dps: FloatArray | None


def encode(samples: Samples) -> bytes:
    """Pack one chunk; values survive bit for bit.

    Raises
    ------
    InputError
        When there are no samples, more than `MAX_SAMPLES`, or shapes do not fit together.
    """
    n = len(samples.t_s)
    if not 1 <= n <= MAX_SAMPLES:
        raise InputError(f"a chunk holds 1 to {MAX_SAMPLES:,} samples, not {n:,}")
    columns = [samples.t_s.reshape(n, 1), samples.acc_g]
    if samples.gyro_dps is not None:
        columns.append(samples.gyro_dps)
    if [column.shape for column in columns] != [(n, 1), (n, 3), (n, 3)][: len(columns)]:
        raise InputError("time, acceleration and angular rate of a chunk have different lengths")
    flags = _ACC_ONLY if samples.gyro_dps is None else 0
    return _HEADER.pack(_VERSION, flags, n) + b"".join(c.astype("<f8").tobytes() for c in columns)


def decode(data: bytes) -> Samples:
    """Unpack one chunk.

    Raises
    ------
    InputError
        When the bytes are not a whole chunk.
    """
    if len(data) < _HEADER.size:
        raise InputError("a chunk of samples is shorter than its header")
    version, flags, n = _HEADER.unpack_from(data)
    if version != _VERSION or flags & ~_ACC_ONLY or n == 0:
        raise InputError("a chunk of samples has an unknown header")
    columns = 4 if flags & _ACC_ONLY else 7
    if len(data) != _HEADER.size + 8 * n * columns:
        raise InputError("a chunk of samples is cut off or too long")
    values = np.frombuffer(data, dtype="<f8", offset=_HEADER.size).astype(np.float64)
    gyro_dps = None if flags & _ACC_ONLY else values[4 * n :].reshape(n, 3)
    return Samples(t_s=values[:n], acc_g=values[n : 4 * n].reshape(n, 3), gyro_dps=gyro_dps)


class SamplesDecoder:
    """Chunks to SI blocks, on the file's own time axis."""

    def __init__(self, recorded_sensor: RecordedSensor) -> None:
        self._sensor = recorded_sensor.sensor
        self._last_s: float | None = None
        self._counts = DecoderCounts()

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far."""
        return self._counts

    def push(self, packets: Sequence[RawPacket]) -> list[ImuBlock]:
        """Decode chunks, a block each; one with values not finite or time not increasing is rejected whole."""
        return [
            block
            for packet in packets
            if packet.characteristic == NAME and (block := self._push_chunk(packet.data)) is not None
        ]

    def _push_chunk(self, data: bytes) -> ImuBlock | None:
        try:
            block, lost_samples = self._block(decode(data))
        except InputError:
            self._counts = replace(self._counts, rejected_packets=self._counts.rejected_packets + 1)
            return None
        clipped = block.quality & int(SampleQuality.ACC_CLIPPED | SampleQuality.GYR_CLIPPED) != 0
        self._counts = replace(
            self._counts,
            received_samples=self._counts.received_samples + len(block),
            lost_samples=self._counts.lost_samples + lost_samples,
            clipped_samples=self._counts.clipped_samples + int(np.count_nonzero(clipped)),
        )
        self._last_s = float(block.t_s[-1])
        return block

    def _block(self, samples: Samples) -> tuple[ImuBlock, int]:
        if (samples.gyro_dps is not None) != self._sensor.has_gyro:
            raise InputError(f"sensor {self._sensor.id!r}: the chunk and the description disagree about a gyroscope")
        # Absurd values overflow to infinity, which the block refuses.
        with np.errstate(over="ignore", invalid="ignore"):
            acc_mps2 = samples.acc_g * STANDARD_GRAVITY_MPS2
            gyr_radps = None if samples.gyro_dps is None else samples.gyro_dps * RADIANS_PER_DEGREE
            steps = np.diff(samples.t_s, prepend=samples.t_s[:1] if self._last_s is None else self._last_s)
            steps *= self._sensor.sampling_rate_hz
        if self._last_s is not None and not steps[0] > 0.0:
            raise InputError(f"sensor {self._sensor.id!r}: t_s does not increase from chunk to chunk")
        after_gap = steps > _GAP_FROM
        quality = np.zeros(len(samples.t_s), dtype=np.uint8)
        quality[after_gap] |= int(SampleQuality.AFTER_LOSS)
        for values, full_scale, flag in (
            (acc_mps2, self._sensor.acc_range_mps2, SampleQuality.ACC_CLIPPED),
            (gyr_radps, self._sensor.gyro_range_radps, SampleQuality.GYR_CLIPPED),
        ):
            if values is not None and full_scale is not None:
                quality[(np.abs(values) >= CLIPPED_FROM * full_scale).any(axis=1)] |= int(flag)
        block = ImuBlock(self._sensor.id, samples.t_s, acc_mps2, gyr_radps, quality)
        return block, int((np.rint(steps[after_gap]) - 1.0).sum())


PROFILE: Final = DeviceProfile(name=NAME, product="imported samples", decoder=SamplesDecoder)
"""Imported samples; they never come by radio."""
