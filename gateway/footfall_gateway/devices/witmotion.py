"""WitMotion's BLE 5.0 sensors (WT901BLECL, WT9011DCL, BWT901BLE5.0): ±16 g at 200 Hz, without a clock.

They stream as soon as somebody listens: frames of 20 bytes, with no checksum, count or time. So time is counted from
the samples themselves, and what gets lost can only be told from what arrives.

Sources: https://github.com/WITMOTION/WitBluetooth_BWT901BLE5_0, Android_Java (DeviceModel.java: frames, rate, battery;
DualUUID.java: the other revisions' UUIDs), Windows_C# (BWT901BLE.cs: bandwidth), IOS_swift
(BWT901BLE5_0DataProcessor.swift: battery).
"""

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
from footfall_gateway.devices.kit.counted import CountedClock
from footfall_gateway.devices.kit.once import Once, varies
from footfall_gateway.devices.kit.sample_intake import Int16Array, SampleIntake, clipped_codes, in_session
from footfall_gateway.packets import RawPacket, RecordedSensor, Setting
from footfall_processing.errors import InputError
from footfall_processing.samples import ImuBlock, SampleQuality
from footfall_processing.session import Sensor
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

NAME: Final = "witmotion"
PRODUCT: Final = "WitMotion sensor"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a hardware revision keeps its serial port: the service, and what it notifies and takes."""

    service: str
    notify: str
    write: str


ROUTES: Final = (
    # Not the base UUID of the Bluetooth SIG, though it looks like it: 9a34fb, not 9b34fb.
    Route(
        "0000ffe5-0000-1000-8000-00805f9a34fb",
        "0000ffe4-0000-1000-8000-00805f9a34fb",
        "0000ffe9-0000-1000-8000-00805f9a34fb",
    ),
    # Of the radio module's maker, ISSC.
    Route(
        "49535343-fe7d-4ae5-8fa9-9fafd205e455",
        "49535343-1e4d-4bd9-ba61-23c647249616",
        "49535343-8841-43f4-a8d4-ecbe34729bb3",
    ),
    # Common to serial ports of many makers.
    Route(
        "0000ffe0-0000-1000-8000-00805f9b34fb",
        "0000ffe1-0000-1000-8000-00805f9b34fb",
        "0000ffe1-0000-1000-8000-00805f9b34fb",
    ),
)
"""Every revision's, the current one's first."""

ACC_RANGE_G: Final = 16
GYRO_RANGE_DPS: Final = 2000
"""What the frames are scaled to, whatever the sensor's registers say."""
CODES: Final = 32768

FRAME_BYTES: Final = 20
SAMPLE: Final = b"\x55\x61"
REGISTERS: Final = b"\x55\x71"

RATE_REGISTER: Final = 0x03
RATES_HZ: Final[Mapping[int, float]] = MappingProxyType({0x06: 10.0, 0x07: 20.0, 0x08: 50.0, 0x09: 100.0, 0x0B: 200.0})
"""What the rate's register means. Slower rates and those that differ from model to model are left out."""
FASTEST_RATE: Final = 0x0B
BANDWIDTH_REGISTER: Final = 0x1F
WIDE_BANDWIDTH: Final = 0x02
"""98 Hz, or 188 Hz by another of the maker's tables. As it comes, the sensor smooths to 20 Hz and takes off impacts."""
BATTERY_REGISTER: Final = 0x64

UNLOCK: Final = b"\xff\xaa\x69\x88\xb5"
"""Lets registers be written for 10 s."""
SAVE: Final = b"\xff\xaa\x00\x00\x00"

_READ_REGISTER: Final = 0x27
_VALUES: Final = struct.Struct("<8H")
# Volt times 100, and the level from there on.
_BATTERY_LEVELS: Final = (
    *((396, 100), (393, 90), (387, 75), (382, 60), (379, 50), (377, 40)),
    *((373, 30), (370, 20), (368, 15), (350, 10), (340, 5)),
)
_BETWEEN_COMMANDS_S: Final = 0.1
_KIND: Final = f"{NAME} 2"
_STREAM: Final = "stream of frames 1"


def read_command(register: int) -> bytes:
    """Ask for eight registers from this one on."""
    return bytes((0xFF, 0xAA, _READ_REGISTER, register, 0))


def write_command(register: int, value: int) -> bytes:
    """Set a register; it must be unlocked before."""
    return bytes((0xFF, 0xAA, register)) + value.to_bytes(2, "little")


def battery_percent(centivolts: int) -> int | None:
    """Tell the battery's level from its voltage, by the maker's table; `None` for a sensor that does not measure it."""
    if centivolts == 0:
        return None
    return next((percent for from_centivolts, percent in _BATTERY_LEVELS if centivolts >= from_centivolts), 0)


class FrameStream:
    """Finds the frames in a stream of bytes.

    Nothing confirms a frame but its place: one that begins where the last one ended is taken, and so is one that is
    followed by another. After bytes that are none, the latter is asked for, as its two first bytes also occur inside.

    Parameters
    ----------
    aligned
        A frame is known to begin with the first byte.

    Attributes
    ----------
    broken_notifications
        How many notifications showed bytes that belong to no frame.
    """

    def __init__(self, *, aligned: bool = False) -> None:
        self.broken_notifications = 0
        self._aligned = aligned
        self._buffer = bytearray()

    def forget(self) -> bool:
        """Begin anew: what comes next does not continue what came before. Tell whether that gives up bytes."""
        given_up = bool(self._buffer)
        self._buffer.clear()
        self._aligned = False
        return given_up

    def feed(self, notification: bytes) -> list[bytes]:
        """Take the next bytes; return the frames that they complete."""
        self._buffer += notification
        frames: list[bytes] = []
        skipped = False
        while self._buffer:
            next_one = self._buffer[FRAME_BYTES : FRAME_BYTES + 2]
            if not _may_begin(self._buffer[:2]) or not _may_begin(next_one):
                del self._buffer[: self._next_begin()]
                self._aligned, skipped = False, True
            elif len(self._buffer) < FRAME_BYTES or (len(next_one) < 2 and not self._aligned):
                break
            else:
                frames.append(bytes(self._buffer[:FRAME_BYTES]))
                del self._buffer[:FRAME_BYTES]
                self._aligned = True
        self.broken_notifications += skipped
        return frames

    def state(self) -> PlainState:
        """Return what there is to be stored: the beginning of a frame."""
        return {"kind": _STREAM, "buffer": bytes(self._buffer), "aligned": self._aligned}

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of such a stream."""
        stored = Stored.of_kind(state, _STREAM)
        self._buffer[:] = stored.data("buffer", most=FRAME_BYTES + 1)
        self._aligned = stored.flag("aligned")

    def _next_begin(self) -> int:
        at = 1
        while at < len(self._buffer) and not _may_begin(self._buffer[at : at + 2]):
            at += 1
        return at


def _codes(frames: bytes) -> Int16Array:
    """Return acceleration and angular rate of whole frames, shape (n, 6); angles are not used."""
    return np.frombuffer(frames, dtype="<i2").reshape(-1, FRAME_BYTES // 2)[:, 1:7].astype(np.int16)


def _varies(notification: bytes) -> bool:
    """Tell whether chance does not make such a notification twice; the first frame may have begun in the one before."""
    at = max(notification.find(SAMPLE), 0)
    whole = (len(notification) - at) // FRAME_BYTES * FRAME_BYTES
    return varies(_codes(notification[at : at + whole]))


def _may_begin(data: bytearray) -> bool:
    """Tell whether a frame begins with these two bytes, or may do so when there are fewer."""
    return SAMPLE.startswith(data) or REGISTERS.startswith(data)


async def _read_register(peer: Peer, route: Route, register: int) -> int:
    """Read a register; raises `TimeoutError` when the sensor does not answer."""
    stream = FrameStream(aligned=True)
    values: list[int] = []

    def accepts(notification: bytes) -> bool:
        values.extend(
            int(_VALUES.unpack_from(frame, 4)[0])
            for frame in stream.feed(notification)
            if frame.startswith(REGISTERS + bytes((register, 0)))
        )
        return bool(values)

    await peer.ask(route.write, read_command(register), answer_on=route.notify, accepts=accepts)
    return values[0]


async def _write_register(peer: Peer, route: Route, register: int, value: int) -> int:
    """Set a register until the sensor is switched off; return what it holds then."""
    for command in (UNLOCK, write_command(register, value)):
        await peer.write(route.write, command)
        await peer.pause(_BETWEEN_COMMANDS_S)
    return await _read_register(peer, route, register)


async def _set_register(peer: Peer, route: Route, register: int, value: int) -> int:
    """Set a register where it differs, for good as the maker's own programs do; return what it holds then."""
    held = await _read_register(peer, route, register)
    if held != value:
        held = await _write_register(peer, route, register, value)
        if held == value:
            await peer.write(route.write, SAVE)
            await peer.pause(_BETWEEN_COMMANDS_S)
    return held


def _route(peer: Peer) -> Route:
    for route in ROUTES:
        if peer.has(route.notify) and peer.has(route.write):
            return route
    raise InputError(f"sensor {peer.address} called {peer.name!r} is no {PRODUCT}")


async def describe(peer: Peer, wearing: Wearing | None) -> RecordedSensor:
    """Ask a connected sensor what it is. The rate that it grants is tried out and put back: nothing stays changed.

    Raises
    ------
    InputError
        When it is another product, grants no rate that is of use, or nobody said where it is worn.
    """
    route = _route(peer)
    if peer.name.startswith("WTVB"):
        raise InputError(f"{peer.name} {peer.address} measures vibration of machines, not movement")
    worn = require_wearing(wearing, PRODUCT, peer.address)
    before = await _read_register(peer, route, RATE_REGISTER)
    granted = before
    if before != FASTEST_RATE:
        granted = await _write_register(peer, route, RATE_REGISTER, FASTEST_RATE)
        await _write_register(peer, route, RATE_REGISTER, before)
    if granted not in RATES_HZ:
        raise InputError(f"{PRODUCT} {peer.address} can't be set to 200 Hz: its rate stays at code 0x{granted:02x}")
    sensor = Sensor(
        id=worn.sensor_id,
        placement=worn.placement,
        side=worn.side,
        sampling_rate_hz=RATES_HZ[granted],
        acc_range_mps2=ACC_RANGE_G * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=GYRO_RANGE_DPS * RADIANS_PER_DEGREE,
    )
    settings: dict[str, Setting] = {"time": "counted", "characteristic": route.notify}
    return RecordedSensor(sensor, NAME, peer.address, peer.name, MappingProxyType(settings))


async def start(peer: Peer, recorded_sensor: RecordedSensor) -> None:
    """Let the sensor, which streams anyway, do so as fast as it can and with its impacts.

    Raises
    ------
    ConnectionError
        When its rate is not the one that was described; connecting again gives it another chance.
    """
    route = _route(peer)
    rate = await _set_register(peer, route, RATE_REGISTER, FASTEST_RATE)
    await _set_register(peer, route, BANDWIDTH_REGISTER, WIDE_BANDWIDTH)
    if RATES_HZ.get(rate) != recorded_sensor.sensor.sampling_rate_hz:
        raise ConnectionError(f"{PRODUCT} {peer.address} has changed its rate, to code 0x{rate:02x}")


async def battery(peer: Peer) -> int | None:
    """Ask for the battery's level, 0 to 100."""
    return battery_percent(await _read_register(peer, _route(peer), BATTERY_REGISTER))


class WitMotionDecoder(PacketwiseDecoder):
    """A stream of frames to blocks in SI, however many a notification holds; times are counted."""

    def __init__(self, recorded_sensor: RecordedSensor) -> None:
        self._intake = SampleIntake(recorded_sensor.sensor)
        self._once = Once(
            FRAME_BYTES * recorded_sensor.sensor.sampling_rate_hz,
            sample_bytes=FRAME_BYTES,
            is_unique=_varies,
            drop=self._intake.drop_repeat,
        )
        self._clock = CountedClock(1.0 / recorded_sensor.sensor.sampling_rate_hz)
        self._stream = FrameStream()
        self._characteristic = recorded_sensor.settings.get("characteristic", ROUTES[0].notify)

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far; lost samples as far as they can be told."""
        return self._intake.counts

    def _take(self, packet: RawPacket) -> list[ImuBlock]:
        """Decode the next notification; bytes that are no frame are skipped and counted."""
        if packet.characteristic != self._characteristic:
            return []
        if not in_session(packet.received_s):
            return self._intake.reject()
        return [
            block
            for received_s, data in self._once.take(packet.received_s, packet.data)
            for block in self._frames(received_s, data)
        ]

    def _frames(self, received_s: float, data: bytes) -> list[ImuBlock]:
        # Half a frame from before a silence would be completed by another's half.
        if self._clock.hear(received_s) and self._stream.forget():
            self._intake.reject()
        broken = self._stream.broken_notifications
        samples = [frame for frame in self._stream.feed(data) if frame.startswith(SAMPLE)]
        if self._stream.broken_notifications > broken:
            self._intake.reject()
        if not samples:
            return []
        codes = _codes(b"".join(samples))
        acc, gyr = codes[:, :3], codes[:, 3:]
        first = self._clock.read(len(samples), received_s=received_s)
        return self._intake.take(
            [self._intake.place_counted(first, self._clock.interval_s, len(samples))],
            acc.astype(np.float64) * (ACC_RANGE_G / CODES * STANDARD_GRAVITY_MPS2),
            gyr.astype(np.float64) * (GYRO_RANGE_DPS / CODES * RADIANS_PER_DEGREE),
            clipped_codes(acc, SampleQuality.ACC_CLIPPED) | clipped_codes(gyr, SampleQuality.GYR_CLIPPED),
        )

    def state(self) -> PlainState:
        """Return what there is to be stored; see `Decoder`."""
        return {
            "kind": _KIND,
            "intake": self._intake.state(),
            "once": self._once.state(),
            "clock": self._clock.state(),
            "stream": self._stream.state(),
        }

    def restore(self, state: PlainState) -> None:
        """Go on from what another decoder left; see `Decoder`."""
        stored = Stored.of_kind(state, _KIND)
        self._intake.restore(stored.part("intake"))
        self._once.restore(stored.part("once"))
        self._clock.restore(stored.part("clock"))
        self._stream.restore(stored.part("stream"))


PROFILE: Final = DeviceProfile(
    name=NAME,
    product=PRODUCT,
    decoder=WitMotionDecoder,
    services=(ROUTES[0].service,),
    name_prefixes=("WT901", "BWT901"),
    notifications=tuple(route.notify for route in ROUTES),
    packet_s=0.050,
    describe=describe,
    start=start,
    battery=battery,
)
"""WitMotion's BLE 5.0 sensors."""
