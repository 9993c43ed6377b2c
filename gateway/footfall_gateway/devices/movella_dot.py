"""Movella DOT, once Xsens DOT: rate quantities at 60 Hz, as much as it streams live.

Sixty hertz is too slow for impacts: the sensor integrates its 800 Hz down to them, and an impact's peak with them. So
the description says 60 Hz, from which the catalogue of metrics draws the consequence.

Layouts: "Xsens DOT BLE Services Specifications", XD0506P revision F, sections 2, 3 and 4. That it streams on when the
connection is lost: "Xsens DOT User Manual", XD0502P. (https://github.com/adamkewley/xdc has copies of both.)
"""

import struct
from dataclasses import dataclass
from types import MappingProxyType
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
from footfall_gateway.devices.kit.sample_intake import SampleIntake, clipped_values, in_session
from footfall_gateway.devices.kit.standard import battery_percent
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_processing.errors import InputError
from footfall_processing.samples import ImuBlock, SampleQuality
from footfall_processing.session import Sensor
from footfall_processing.signal.timing import DeviceClock
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

NAME: Final = "movella-dot"
PRODUCT: Final = "Movella DOT"

CONFIGURATION_SERVICE: Final = "15171000-4947-11e9-8646-d663bd873d93"
DEVICE_INFO: Final = "15171001-4947-11e9-8646-d663bd873d93"
DEVICE_CONTROL: Final = "15171002-4947-11e9-8646-d663bd873d93"
MEASUREMENT_SERVICE: Final = "15172000-4947-11e9-8646-d663bd873d93"
CONTROL: Final = "15172001-4947-11e9-8646-d663bd873d93"
MEDIUM_PAYLOAD: Final = "15172003-4947-11e9-8646-d663bd873d93"
BATTERY_SERVICE: Final = "15173000-4947-11e9-8646-d663bd873d93"
BATTERY: Final = "15173001-4947-11e9-8646-d663bd873d93"

RATE_HZ: Final = 60
"""The fastest live output; 120 Hz is for recording on the sensor only."""
ACC_RANGE_G: Final = 16
GYRO_RANGE_DPS: Final = 2000

RATE_QUANTITIES: Final = 21
"""Payload mode: time, acceleration with gravity, and angular rate, in the sensor's own frame."""
START: Final = bytes((1, 1, RATE_QUANTITIES))
STOP: Final = bytes((1, 0, RATE_QUANTITIES))

DEVICE_CONTROL_BYTES: Final = 32
SETS_OUTPUT_RATE: Final = 0x10
"""The bit of the first byte, the visit index, that lets a write of the device control change the output rate."""
OUTPUT_RATE_AT: Final = 24

_SAMPLE: Final = struct.Struct("<I6f")
_LONGEST_PAYLOAD: Final = 40
_DEVICE_INFO: Final = struct.Struct("<6s3BH5BIQ6s")
# Calibrated values can pass the nominal range a little; more than this is no measurement.
_BEYOND_RANGE: Final = 1.25
_KIND: Final = f"{NAME} 1"


@dataclass(frozen=True, slots=True)
class RateQuantities:
    """One sample: the sensor's clock in µs, modulo 2**32 (71.6 min), acceleration in m/s², angular rate in °/s."""

    device_time_us: int
    acc_mps2: tuple[float, float, float]
    gyro_dps: tuple[float, float, float]


def encode_sample(sample: RateQuantities) -> bytes:
    """Pack a notification of rate quantities, filled up with zeros as the sensor does."""
    payload = _SAMPLE.pack(sample.device_time_us & 0xFFFF_FFFF, *sample.acc_mps2, *sample.gyro_dps)
    return payload.ljust(_LONGEST_PAYLOAD, b"\0")


def decode_sample(data: bytes) -> RateQuantities:
    """Unpack a notification of rate quantities.

    Raises
    ------
    InputError
        When it is too short or too long, or a value is none that the sensor can measure.
    """
    if not _SAMPLE.size <= len(data) <= _LONGEST_PAYLOAD:
        raise InputError(f"rate quantities have {_SAMPLE.size} to {_LONGEST_PAYLOAD} bytes, not {len(data)}")
    device_time_us, *values = _SAMPLE.unpack_from(data)
    longest_mps2 = _BEYOND_RANGE * ACC_RANGE_G * STANDARD_GRAVITY_MPS2
    # Written so that NaN fails too.
    if not (
        all(abs(value) <= longest_mps2 for value in values[:3])
        and all(abs(value) <= _BEYOND_RANGE * GYRO_RANGE_DPS for value in values[3:])
    ):
        raise InputError("rate quantities beyond what the sensor can measure")
    return RateQuantities(device_time_us, (values[0], values[1], values[2]), (values[3], values[4], values[5]))


def with_output_rate(device_control: bytes, rate_hz: int) -> bytes:
    """Change a value of the device control so that writing it sets the output rate and nothing else.

    Raises
    ------
    InputError
        When the value is too short to have an output rate.
    """
    _output_rate_hz(device_control)
    rate = rate_hz.to_bytes(2, "little")
    return bytes((SETS_OUTPUT_RATE,)) + device_control[1:OUTPUT_RATE_AT] + rate + device_control[OUTPUT_RATE_AT + 2 :]


def _output_rate_hz(device_control: bytes) -> int:
    if len(device_control) < OUTPUT_RATE_AT + 2:
        raise InputError(f"{PRODUCT}: the device control has {len(device_control)} bytes, not {DEVICE_CONTROL_BYTES}")
    return int.from_bytes(device_control[OUTPUT_RATE_AT : OUTPUT_RATE_AT + 2], "little")


async def describe(peer: Peer, wearing: Wearing | None) -> RecordedSensor:
    """Ask a connected sensor what it is.

    Raises
    ------
    InputError
        When it lacks what it needs to stream, or nobody said where it is worn.
    """
    if not (peer.has(CONTROL) and peer.has(MEDIUM_PAYLOAD) and peer.has(DEVICE_CONTROL)):
        raise InputError(f"sensor {peer.address} called {peer.name!r} is no {PRODUCT}")
    worn = require_wearing(wearing, PRODUCT, peer.address)
    sensor = Sensor(
        id=worn.sensor_id,
        placement=worn.placement,
        side=worn.side,
        sampling_rate_hz=float(RATE_HZ),
        acc_range_mps2=ACC_RANGE_G * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=GYRO_RANGE_DPS * RADIANS_PER_DEGREE,
    )
    information = _information(await peer.read(DEVICE_INFO)) if peer.has(DEVICE_INFO) else {}
    return RecordedSensor(sensor, NAME, peer.address, peer.name, MappingProxyType(dict(information)))


def _information(device_info: bytes) -> dict[str, str]:
    if len(device_info) < _DEVICE_INFO.size:
        return {}
    fields = _DEVICE_INFO.unpack_from(device_info)
    return {
        "model": fields[12].rstrip(b"\0").decode(errors="replace"),
        "serial": f"{fields[11]:X}",
        "firmware": ".".join(str(part) for part in fields[1:4]),
    }


async def start(peer: Peer, _: RecordedSensor) -> None:
    """Let the sensor stream at its fastest, unless it does so still from before a reconnect.

    The rate is written only where it differs, as the sensor keeps it in its flash.
    """
    measuring = await peer.read(CONTROL)
    device_control = await peer.read(DEVICE_CONTROL)
    fit = _output_rate_hz(device_control) == RATE_HZ
    if measuring == START and fit:
        return
    if measuring[1:2] == b"\1":
        # While it measures, it takes no settings.
        await peer.write(CONTROL, STOP)
    if not fit:
        await peer.write(DEVICE_CONTROL, with_output_rate(device_control, RATE_HZ))
    await peer.write(CONTROL, START)


async def stop(peer: Peer, _: RecordedSensor) -> None:
    """End the stream, so that the sensor may rest."""
    await peer.write(CONTROL, STOP)


async def battery(peer: Peer) -> int | None:
    """Read the battery's level, 0 to 100."""
    return battery_percent((await peer.read(BATTERY))[:1]) if peer.has(BATTERY) else None


class MovellaDotDecoder(PacketwiseDecoder):
    """Notifications of one sample each to blocks in SI, on the session's axis."""

    def __init__(self, recorded_sensor: RecordedSensor) -> None:
        self._intake = SampleIntake(recorded_sensor.sensor)
        self._clock = DeviceClock(tick_s=1e-6, bits=32)
        self._sensor = recorded_sensor.sensor
        self._interval_s = 1.0 / recorded_sensor.sensor.sampling_rate_hz

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far."""
        return self._intake.counts

    def _take(self, packet: RawPacket) -> list[ImuBlock]:
        """Decode the next notification; duplicates, late and malformed packets give nothing and are counted."""
        if packet.characteristic != MEDIUM_PAYLOAD:
            return []
        try:
            sample = decode_sample(packet.data)
        except InputError:
            sample = None
        if sample is None or not in_session(packet.received_s):
            return self._intake.reject()
        first = self._clock.read(
            sample.device_time_us,
            received_s=packet.received_s,
            span_s=0.0,
            not_before_s=self._intake.last_s + self._interval_s,
        )
        run = self._intake.place(first, self._interval_s, 1)
        if run is None:
            return []
        acc_mps2 = np.array([sample.acc_mps2])
        gyr_radps = np.array([sample.gyro_dps]) * RADIANS_PER_DEGREE
        quality = clipped_values(acc_mps2, self._sensor.acc_range_mps2, SampleQuality.ACC_CLIPPED)
        quality |= clipped_values(gyr_radps, self._sensor.gyro_range_radps, SampleQuality.GYR_CLIPPED)
        return self._intake.take([run], acc_mps2, gyr_radps, quality)

    def state(self) -> PlainState:
        """Return what there is to be stored; see `Decoder`."""
        return {"kind": _KIND, "intake": self._intake.state(), "clock": self._clock.state()}

    def restore(self, state: PlainState) -> None:
        """Go on from what another decoder left; see `Decoder`."""
        stored = Stored.of_kind(state, _KIND)
        self._intake.restore(stored.part("intake"))
        self._clock.restore(stored.part("clock"))


PROFILE: Final = DeviceProfile(
    name=NAME,
    product=PRODUCT,
    decoder=MovellaDotDecoder,
    services=(MEASUREMENT_SERVICE, CONFIGURATION_SERVICE),
    name_prefixes=("Movella DOT", "Xsens DOT"),
    notifications=(MEDIUM_PAYLOAD,),
    packet_s=0.017,
    describe=describe,
    start=start,
    stop=stop,
    battery=battery,
)
"""Movella DOT and Xsens DOT."""
