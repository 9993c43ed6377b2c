"""The Pebble: ±16 g and ±2000 °/s at 200 Hz, 16 samples a notification.

A notification is, little-endian: the clock at its first sample, u32 µs; then for each sample acceleration and angular
rate, six i16. A Pebble is a sensor that does not exist: it shows how to write a driver.
"""

import struct
from typing import Final

import numpy as np

from footfall_gateway.devices.kit.base import (
    DecoderCounts,
    DeviceProfile,
    PacketwiseDecoder,
    Peer,
    Wearing,
    require_wearing,
)
from footfall_gateway.devices.kit.sample_intake import Int16Array, SampleIntake, clipped_codes, in_session
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_processing.errors import InputError
from footfall_processing.samples import ImuBlock, SampleQuality
from footfall_processing.session import Sensor
from footfall_processing.signal.timing import DeviceClock
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

NAME: Final = "pebble"

SERVICE: Final = "7eb61e00-0f0f-4b0a-9d3e-6f0c7a21e8d4"
SAMPLES: Final = "7eb61e01-0f0f-4b0a-9d3e-6f0c7a21e8d4"
CONTROL: Final = "7eb61e02-0f0f-4b0a-9d3e-6f0c7a21e8d4"
START: Final = b"\x01"
STOP: Final = b"\x00"

RATE_HZ: Final = 200.0
SAMPLES_PER_PACKET: Final = 16
ACC_RANGE_MPS2: Final = 16 * STANDARD_GRAVITY_MPS2
GYRO_RANGE_RADPS: Final = 2000 * RADIANS_PER_DEGREE
CODES: Final = 32768

_CLOCK: Final = struct.Struct("<I")
_PACKET_BYTES: Final = _CLOCK.size + 12 * SAMPLES_PER_PACKET
_KIND: Final = "pebble 1"


def encode(time_us: int, codes: Int16Array) -> bytes:
    """Make a notification; `codes` has shape (16, 6)."""
    return _CLOCK.pack(time_us & 0xFFFF_FFFF) + codes.astype("<i2").tobytes()


def decode(data: bytes) -> tuple[int, Int16Array]:
    """Read a notification: the clock in µs, and codes of shape (16, 6); `InputError` when its length is wrong."""
    if len(data) != _PACKET_BYTES:
        raise InputError(f"a Pebble's notification has {_PACKET_BYTES} bytes, not {len(data)}")
    codes = np.frombuffer(data, dtype="<i2", offset=_CLOCK.size).reshape(SAMPLES_PER_PACKET, 6).astype(np.int16)
    return int(_CLOCK.unpack_from(data)[0]), codes


class PebbleDecoder(PacketwiseDecoder):
    """Notifications to blocks in SI, on the session's axis."""

    def __init__(self, recorded_sensor: RecordedSensor) -> None:
        self._intake = SampleIntake(recorded_sensor.sensor)
        self._clock = DeviceClock(tick_s=1e-6, bits=32)

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far."""
        return self._intake.counts

    def _take(self, packet: RawPacket) -> list[ImuBlock]:
        if packet.characteristic != SAMPLES:
            return []
        try:
            time_us, codes = decode(packet.data)
        except InputError:
            return self._intake.reject()
        if not in_session(packet.received_s):
            return self._intake.reject()
        interval_s = 1.0 / RATE_HZ
        first = self._clock.read(
            time_us,
            received_s=packet.received_s,
            span_s=(len(codes) - 1) * interval_s,
            not_before_s=self._intake.last_s + interval_s,
        )
        run = self._intake.place(first, interval_s, len(codes))
        if run is None:
            return []
        acc, gyr = codes[:, :3], codes[:, 3:]
        return self._intake.take(
            [run],
            acc.astype(np.float64) * (ACC_RANGE_MPS2 / CODES),
            gyr.astype(np.float64) * (GYRO_RANGE_RADPS / CODES),
            clipped_codes(acc, SampleQuality.ACC_CLIPPED) | clipped_codes(gyr, SampleQuality.GYR_CLIPPED),
        )

    def state(self) -> PlainState:
        """Return what there is to be stored; see `Decoder`."""
        return {"kind": _KIND, "intake": self._intake.state(), "clock": self._clock.state()}

    def restore(self, state: PlainState) -> None:
        """Go on from what another decoder left; see `Decoder`."""
        stored = Stored.of_kind(state, _KIND)
        self._intake.restore(stored.part("intake"))
        self._clock.restore(stored.part("clock"))


async def describe(peer: Peer, wearing: Wearing | None) -> RecordedSensor:
    """Describe a connected Pebble, which knows everything but where it is worn."""
    worn = require_wearing(wearing, "Pebble", peer.address)
    sensor = Sensor(
        id=worn.sensor_id,
        placement=worn.placement,
        side=worn.side,
        sampling_rate_hz=RATE_HZ,
        acc_range_mps2=ACC_RANGE_MPS2,
        gyro_range_radps=GYRO_RANGE_RADPS,
    )
    return RecordedSensor(sensor, NAME, peer.address, peer.name)


async def start(peer: Peer, _: RecordedSensor) -> None:
    """Let it stream."""
    await peer.write(CONTROL, START)


async def stop(peer: Peer, _: RecordedSensor) -> None:
    """End the stream, so that it may rest."""
    await peer.write(CONTROL, STOP)


PROFILE: Final = DeviceProfile(
    name=NAME,
    product="Pebble",
    decoder=PebbleDecoder,
    services=(SERVICE,),
    notifications=(SAMPLES,),
    describe=describe,
    start=start,
    stop=stop,
)
"""Every Pebble."""
