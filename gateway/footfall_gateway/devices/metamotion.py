"""MbientLab MetaMotion R, RL and S: a BMI160 or BMI270 at 200 Hz and ±16 g, in two streams without a clock.

At 200 Hz acceleration and angular rate come three samples to a packet, with neither count nor time. Accelerations are
timed by counting. The chip takes both at once, so angular rates go by the same count, from where the least delay of
either stream says that they belong together.

Sources: https://github.com/mbientlab/MetaWear-SDK-Cpp, src/metawear/sensor/cpp/{accelerometer,gyro}_bosch.cpp and
_register.h (commands, scales), core/cpp/settings.cpp (connection, battery), test/ (vectors).
"""

import math
import struct
from collections.abc import Mapping
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
from footfall_gateway.devices.kit.counted import SILENCE_S, CountedClock
from footfall_gateway.devices.kit.joining import JoinedSamples, StreamJoiner, StreamSamples
from footfall_gateway.devices.kit.once import Once, varies
from footfall_gateway.devices.kit.sample_intake import Int16Array, SampleIntake, clipped_codes, in_session
from footfall_gateway.devices.kit.standard import battery_percent, device_information
from footfall_gateway.packets import RawPacket, RecordedSensor, Setting
from footfall_processing.errors import InputError
from footfall_processing.samples import ImuBlock, SampleQuality
from footfall_processing.session import Sensor
from footfall_processing.state import PlainState
from footfall_processing.stored import LARGEST, Stored
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

NAME: Final = "metamotion"
PRODUCT: Final = "MbientLab MetaMotion"

SERVICE: Final = "326a9000-85cb-9195-d9dd-464cfbbae75a"
COMMAND: Final = "326a9001-85cb-9195-d9dd-464cfbbae75a"
NOTIFY: Final = "326a9006-85cb-9195-d9dd-464cfbbae75a"

RATE_HZ: Final = 200
ACC_RANGE_G: Final = 16
GYRO_RANGE_DPS: Final = 2000
ACC_CODES_PER_G: Final = 2048.0
GYRO_CODES_PER_DPS: Final = 16.4
SAMPLES_PER_PACKET: Final = 3
PACKET_BYTES: Final = 20

ACCELEROMETER: Final = 0x03
GYROSCOPE: Final = 0x13
SETTINGS: Final = 0x11

# Registers that modules share; a set bit 7 reads.
READ: Final = 0x80
MODULE_INFO: Final = READ | 0x00
POWER: Final = 0x01
ENABLE: Final = 0x02
CONFIGURE: Final = 0x03
# Registers of the settings.
CONNECTION_PARAMETERS: Final = 0x09
BATTERY_STATE: Final = READ | 0x0C

_KIND: Final = f"{NAME} 2"
_DELAY: Final = "least delay 1"
_COUNTS: Final = "counts of two streams 1"
_BATTERY_REVISION: Final = 3
_STREAMS: Final = 2
_STEPS: Final = np.arange(SAMPLES_PER_PACKET, dtype=np.float64)
_LEAST_DELAY_S: Final = 2.0
# The lag is a whole number of samples; it is found anew when it seems to be off by more than this.
_LAG_HYSTERESIS: Final = 0.75
# Angular rates that move backwards give up those that were there already.
_LEAST_STEP: Final = 0.5
# The shortest interval there is, 7.5 ms both ways, no latency, and 6 s until the link is given up.
_QUICK_CONNECTION: Final = struct.pack("<4H", 6, 6, 0, 600)


@dataclass(frozen=True, slots=True)
class Chip:
    """An inertial sensor that MetaMotions come with, and the registers that differ from one to the other.

    Parameters
    ----------
    name
        What Bosch calls it.
    acc_implementation, gyro_implementation
        How the modules name it in their information.
    acc_configuration, gyro_configuration
        200 Hz with ±16 g and ±2000 °/s.
    packed_acc, packed_gyro
        Registers that send three samples a packet.
    revision
        The modules' first one that packs.
    """

    name: str
    acc_implementation: int
    gyro_implementation: int
    acc_configuration: bytes
    gyro_configuration: bytes
    packed_acc: int
    packed_gyro: int
    revision: int


CHIPS: Final[Mapping[str, Chip]] = MappingProxyType(
    {
        chip.name: chip
        for chip in (
            Chip("BMI160", 1, 0, b"\x29\x0c", b"\x29\x00", packed_acc=0x1C, packed_gyro=0x07, revision=1),
            Chip("BMI270", 4, 1, b"\xa9\x03", b"\x29\x00", packed_acc=0x05, packed_gyro=0x05, revision=0),
        )
    }
)
"""By name."""


def start_commands(chip: Chip) -> list[bytes]:
    """Commands that let the sensor stream; they do no harm while it does already."""
    return [
        bytes((SETTINGS, CONNECTION_PARAMETERS)) + _QUICK_CONNECTION,
        bytes((ACCELEROMETER, CONFIGURE)) + chip.acc_configuration,
        bytes((GYROSCOPE, CONFIGURE)) + chip.gyro_configuration,
        bytes((ACCELEROMETER, chip.packed_acc, 1)),
        bytes((GYROSCOPE, chip.packed_gyro, 1)),
        bytes((ACCELEROMETER, ENABLE, 1, 0)),
        bytes((GYROSCOPE, ENABLE, 1, 0)),
        bytes((GYROSCOPE, POWER, 1)),
        bytes((ACCELEROMETER, POWER, 1)),
    ]


def stop_commands(chip: Chip) -> list[bytes]:
    """Commands that end all that `start_commands` began."""
    return [
        bytes((ACCELEROMETER, POWER, 0)),
        bytes((GYROSCOPE, POWER, 0)),
        bytes((ACCELEROMETER, ENABLE, 0, 1)),
        bytes((GYROSCOPE, ENABLE, 0, 1)),
        bytes((ACCELEROMETER, chip.packed_acc, 0)),
        bytes((GYROSCOPE, chip.packed_gyro, 0)),
    ]


def encode_packet(module: int, register: int, codes: Int16Array) -> bytes:
    """Make a packet of three samples; `codes` has shape (3, 3)."""
    return bytes((module, register)) + codes.astype("<i2").tobytes()


def decode_packet(data: bytes) -> Int16Array:
    """Read the codes of a packet of three samples, shape (3, 3).

    Raises
    ------
    InputError
        When its length is wrong.
    """
    if len(data) != PACKET_BYTES:
        raise InputError(f"a packet of three samples has {PACKET_BYTES} bytes, not {len(data)}")
    return np.frombuffer(data, dtype="<i2", offset=2).reshape(SAMPLES_PER_PACKET, 3).astype(np.int16)


async def _read(peer: Peer, module: int, register: int) -> bytes:
    """Read a register; return what follows module and register in the answer."""
    asked = bytes((module, register))
    answer = await peer.ask(COMMAND, asked, answer_on=NOTIFY, accepts=lambda data: data[:2] == asked)
    return answer[2:]


async def describe(peer: Peer, wearing: Wearing | None) -> RecordedSensor:
    """Ask a connected sensor which chip it has.

    Raises
    ------
    InputError
        When it is another of the maker's boards, its firmware is too old, or nobody said where it is worn.
    """
    if not (peer.has(COMMAND) and peer.has(NOTIFY)):
        raise InputError(f"sensor {peer.address} called {peer.name!r} is no {PRODUCT}")
    worn = require_wearing(wearing, PRODUCT, peer.address)
    acc, gyro = await _read(peer, ACCELEROMETER, MODULE_INFO), await _read(peer, GYROSCOPE, MODULE_INFO)
    chip = _chip(acc[:1], gyro[:1])
    if chip is None:
        raise InputError(f"MbientLab sensor {peer.address} has neither BMI160 nor BMI270: it is no MetaMotion R or S")
    if min(acc[1:2], gyro[1:2]) < bytes((chip.revision,)):
        raise InputError(f"{PRODUCT} {peer.address} can't stream 200 Hz with its firmware: update it with MetaBase")
    sensor = Sensor(
        id=worn.sensor_id,
        placement=worn.placement,
        side=worn.side,
        sampling_rate_hz=float(RATE_HZ),
        acc_range_mps2=ACC_RANGE_G * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=GYRO_RANGE_DPS * RADIANS_PER_DEGREE,
    )
    settings: dict[str, Setting] = {"time": "counted", "chip": chip.name, **await device_information(peer)}
    return RecordedSensor(sensor, NAME, peer.address, peer.name, MappingProxyType(settings))


def _chip(acc_implementation: bytes, gyro_implementation: bytes) -> Chip | None:
    """Find the chip; a module that is not there gives no implementation."""
    for chip in CHIPS.values():
        if (acc_implementation, gyro_implementation) == (
            bytes((chip.acc_implementation,)),
            bytes((chip.gyro_implementation,)),
        ):
            return chip
    return None


def _described_chip(recorded_sensor: RecordedSensor) -> Chip:
    return CHIPS.get(str(recorded_sensor.settings.get("chip")), CHIPS["BMI160"])


async def start(peer: Peer, recorded_sensor: RecordedSensor) -> None:
    """Let the sensor stream, with the widest ranges."""
    for command in start_commands(_described_chip(recorded_sensor)):
        await peer.write(COMMAND, command)


async def stop(peer: Peer, recorded_sensor: RecordedSensor) -> None:
    """End the streams, so that the sensor may rest."""
    for command in stop_commands(_described_chip(recorded_sensor)):
        await peer.write(COMMAND, command)


async def battery(peer: Peer) -> int | None:
    """Ask for the battery's level, 0 to 100; `None` from a firmware that does not tell."""
    info = await _read(peer, SETTINGS, MODULE_INFO)
    if len(info) < 2 or info[1] < _BATTERY_REVISION:
        return None
    return battery_percent((await _read(peer, SETTINGS, BATTERY_STATE))[:1])


class _LeastDelay:
    """How late a stream's packets are at least, against a count of its samples; over the last 2 to 4 s."""

    def __init__(self) -> None:
        self._from_s = -math.inf
        self._least_s = self._before_s = math.inf

    def add(self, delay_s: float, received_s: float) -> None:
        if received_s - self._from_s > _LEAST_DELAY_S:
            self._from_s, self._before_s, self._least_s = received_s, self._least_s, math.inf
        self._least_s = min(self._least_s, delay_s)

    def get(self) -> float:
        return min(self._least_s, self._before_s)

    def state(self) -> PlainState:
        return {"kind": _DELAY, "from_s": self._from_s, "least_s": self._least_s, "before_s": self._before_s}

    def restore(self, state: PlainState) -> None:
        stored = Stored.of_kind(state, _DELAY)
        self._from_s, self._least_s = stored.number("from_s"), stored.number("least_s")
        self._before_s = stored.number("before_s")


class _Counts:
    """How the two streams' samples belong together: both are taken at once, but sent as each stream's packet is full.

    Attributes
    ----------
    acc, gyro
        Samples of each stream so far.
    lag
        The sample of the angular rate with this much smaller a count was taken with that of the acceleration.
    """

    def __init__(self) -> None:
        self.acc = self.gyro = self.lag = 0
        self._acc_delay, self._gyro_delay = _LeastDelay(), _LeastDelay()

    def add_acc(self, received_s: float) -> None:
        self.acc += SAMPLES_PER_PACKET
        self._acc_delay.add(received_s - self.acc / RATE_HZ, received_s)

    def add_gyro(self, received_s: float) -> int:
        """Count the next angular rates; return by how many samples they moved against the accelerations."""
        self.gyro += SAMPLES_PER_PACKET
        self._gyro_delay.add(received_s - self.gyro / RATE_HZ, received_s)
        lag = (self._gyro_delay.get() - self._acc_delay.get()) * RATE_HZ
        before = self.lag
        if abs(lag - self.lag) > _LAG_HYSTERESIS:
            self.lag = round(lag)
        return self.lag - before

    def state(self) -> PlainState:
        return {
            "kind": _COUNTS,
            "acc": self.acc,
            "gyro": self.gyro,
            "lag": self.lag,
            "acc_delay": self._acc_delay.state(),
            "gyro_delay": self._gyro_delay.state(),
        }

    def restore(self, state: PlainState) -> None:
        stored = Stored.of_kind(state, _COUNTS)
        self.acc, self.gyro = stored.whole("acc"), stored.whole("gyro")
        self.lag = stored.whole("lag", least=-LARGEST)
        self._acc_delay.restore(stored.part("acc_delay"))
        self._gyro_delay.restore(stored.part("gyro_delay"))


class MetaMotionDecoder(PacketwiseDecoder):
    """Packets of either stream to blocks in SI; the accelerations' time is counted, the angular rates follow them."""

    def __init__(self, recorded_sensor: RecordedSensor) -> None:
        chip = _described_chip(recorded_sensor)
        self._intake = SampleIntake(recorded_sensor.sensor)
        self._once = Once(
            _STREAMS * PACKET_BYTES * RATE_HZ / SAMPLES_PER_PACKET,
            sample_bytes=PACKET_BYTES,
            is_unique=lambda data: varies(decode_packet(data)),
            drop=self._intake.drop_repeat,
        )
        self._acc_packet = bytes((ACCELEROMETER, chip.packed_acc))
        self._gyro_packet = bytes((GYROSCOPE, chip.packed_gyro))
        self._clock = CountedClock(1.0 / RATE_HZ)
        self._joiner = StreamJoiner(1.0 / RATE_HZ)
        self._received_s = 0.0
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Forget how the streams belong together."""
        self._counts = _Counts()
        self._acc_next_s: float | None = None
        self._gyro_last_s = -math.inf

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far; lost samples as far as they can be told."""
        return self._intake.counts

    def _take(self, packet: RawPacket) -> list[ImuBlock]:
        """Decode the next packet; answers to commands give nothing."""
        head = packet.data[:2]
        if packet.characteristic != NOTIFY or head not in (self._acc_packet, self._gyro_packet):
            return []
        if len(packet.data) != PACKET_BYTES or not in_session(packet.received_s):
            return self._intake.reject()
        return [
            block
            for received_s, data in self._once.take(packet.received_s, packet.data)
            for block in self._samples(received_s, data)
        ]

    def _samples(self, received_s: float, data: bytes) -> list[ImuBlock]:
        if received_s - self._received_s > SILENCE_S:
            self._begin_anew()
            self._joiner.forget()
        self._received_s = received_s
        codes = decode_packet(data)
        joined = self._acc(codes, received_s) if data[:2] == self._acc_packet else self._gyro(codes, received_s)
        if joined is None:
            return []
        acc_mps2, gyr_radps = joined.acc_mps2, joined.gyr_radps
        return self._intake.take_timed(joined.t_s, acc_mps2, gyr_radps, joined.quality, 1.0 / RATE_HZ)

    def _acc(self, codes: Int16Array, received_s: float) -> JoinedSamples | None:
        first = self._clock.read(SAMPLES_PER_PACKET, received_s=received_s)
        self._counts.add_acc(received_s)
        self._acc_next_s = first.t_s + SAMPLES_PER_PACKET * self._clock.interval_s
        quality = clipped_codes(codes, SampleQuality.ACC_CLIPPED)
        if first.restarted:
            quality[0] |= int(SampleQuality.AFTER_LOSS)
        t_s = first.t_s + _STEPS * self._clock.interval_s
        values = codes.astype(np.float64) * (STANDARD_GRAVITY_MPS2 / ACC_CODES_PER_G)
        return self._joiner.push_acc(StreamSamples(t_s, values, quality))

    def _gyro(self, codes: Int16Array, received_s: float) -> JoinedSamples | None:
        count = self._counts.gyro
        moved = self._counts.add_gyro(received_s) if self._acc_next_s is not None else 0
        if self._acc_next_s is None:
            # Nothing yet to follow.
            return None
        ahead = count + self._counts.lag - self._counts.acc
        t_s = self._acc_next_s + (ahead + _STEPS) * self._clock.interval_s
        quality = clipped_codes(codes, SampleQuality.GYR_CLIPPED)
        if abs(moved) > 1:
            # One of the streams lost a packet.
            quality[0] |= int(SampleQuality.AFTER_LOSS)
        values = codes.astype(np.float64) * (RADIANS_PER_DEGREE / GYRO_CODES_PER_DPS)
        later = t_s > self._gyro_last_s + _LEAST_STEP / RATE_HZ
        if not later.any():
            return None
        self._gyro_last_s = float(t_s[-1])
        return self._joiner.push_gyr(StreamSamples(t_s[later], values[later], quality[later]))

    def state(self) -> PlainState:
        """Return what there is to be stored; see `Decoder`."""
        return {
            "kind": _KIND,
            "intake": self._intake.state(),
            "once": self._once.state(),
            "clock": self._clock.state(),
            "joiner": self._joiner.state(),
            "counts": self._counts.state(),
            "received_s": self._received_s,
            "acc_next_s": self._acc_next_s,
            "gyro_last_s": self._gyro_last_s,
        }

    def restore(self, state: PlainState) -> None:
        """Go on from what another decoder left; see `Decoder`."""
        stored = Stored.of_kind(state, _KIND)
        self._intake.restore(stored.part("intake"))
        self._once.restore(stored.part("once"))
        self._clock.restore(stored.part("clock"))
        self._joiner.restore(stored.part("joiner"))
        self._counts.restore(stored.part("counts"))
        self._received_s = stored.finite("received_s")
        self._acc_next_s = stored.finite("acc_next_s") if stored.has("acc_next_s") else None
        self._gyro_last_s = stored.number("gyro_last_s")


PROFILE: Final = DeviceProfile(
    name=NAME,
    product=PRODUCT,
    decoder=MetaMotionDecoder,
    services=(SERVICE,),
    name_prefixes=("MetaWear",),
    notifications=(NOTIFY,),
    packet_s=0.015,
    describe=describe,
    start=start,
    stop=stop,
    battery=battery,
)
"""MetaMotion R, RL and S."""
