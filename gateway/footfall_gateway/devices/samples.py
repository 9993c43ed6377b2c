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

import math
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

from footfall_gateway.devices.kit.base import DecoderCounts, DeviceProfile, PacketwiseDecoder
from footfall_gateway.devices.kit.sample_intake import SampleIntake, clipped_values
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray, ImuBlock, SampleQuality
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

NAME: Final = "footfall-samples"
"""The profile's name, and the `characteristic` of its packets."""
MAX_SAMPLES: Final = 0xFFFF
LATEST_S: Final = 1e11
"""No calendar's seconds go further: three thousand years."""

_KIND: Final = f"{NAME} 1"
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


class SamplesDecoder(PacketwiseDecoder):
    """Chunks to SI blocks, on the file's own time axis; one with a value that is no number is rejected whole."""

    def __init__(self, recorded_sensor: RecordedSensor) -> None:
        self._sensor = recorded_sensor.sensor
        self._intake = SampleIntake(recorded_sensor.sensor)

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far."""
        return self._intake.counts

    def _take(self, packet: RawPacket) -> list[ImuBlock]:
        """Decode the next chunk to a block."""
        if packet.characteristic != NAME:
            return []
        try:
            samples = decode(packet.data)
            if (samples.gyro_dps is not None) != self._sensor.has_gyro:
                raise InputError(f"sensor {self._sensor.id!r}: a chunk and the description disagree about a gyroscope")
            # Written so that NaN fails too.
            if not (np.abs(samples.t_s) <= LATEST_S).all():
                raise InputError(f"sensor {self._sensor.id!r}: a chunk of no time")
            return self._leave(samples) if self._intake.in_order(float(samples.t_s[0])) else []
        except InputError:
            return self._intake.reject()

    def _leave(self, samples: Samples) -> list[ImuBlock]:
        # Absurd values overflow to infinity, which the block refuses.
        with np.errstate(over="ignore", invalid="ignore"):
            acc_mps2 = samples.acc_g * STANDARD_GRAVITY_MPS2
            gyr_radps = None if samples.gyro_dps is None else samples.gyro_dps * RADIANS_PER_DEGREE
        before_s = self._intake.last_s if self._intake.last_s > -math.inf else samples.t_s[0]
        after_gap = np.diff(samples.t_s, prepend=before_s) * self._sensor.sampling_rate_hz > _GAP_FROM
        quality = clipped_values(acc_mps2, self._sensor.acc_range_mps2, SampleQuality.ACC_CLIPPED)
        if gyr_radps is not None:
            quality |= clipped_values(gyr_radps, self._sensor.gyro_range_radps, SampleQuality.GYR_CLIPPED)
        quality[after_gap] |= int(SampleQuality.AFTER_LOSS)
        return self._intake.take_timed(samples.t_s, acc_mps2, gyr_radps, quality, 1.0 / self._sensor.sampling_rate_hz)

    def state(self) -> PlainState:
        """Return what there is to be stored; see `Decoder`."""
        return {"kind": _KIND, "intake": self._intake.state()}

    def restore(self, state: PlainState) -> None:
        """Go on from what another decoder left; see `Decoder`."""
        self._intake.restore(Stored.of_kind(state, _KIND).part("intake"))


PROFILE: Final = DeviceProfile(name=NAME, product="imported samples", decoder=SamplesDecoder)
"""Imported samples; they never come by radio."""
