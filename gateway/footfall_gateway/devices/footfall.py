"""The open Footfall GATT profile, both ways and pure. Byte by byte: docs/footfall-gatt-profile.md."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntFlag
from types import MappingProxyType
from typing import Annotated, Final, NamedTuple

import msgspec
import numpy as np

from footfall_gateway.devices.kit.base import DecoderCounts, DeviceProfile, Peer, Wearing
from footfall_gateway.devices.kit.sample_intake import (
    Int16Array,
    Run,
    SampleIntake,
    clipped_codes,
    in_session,
    reaches_full_scale,
)
from footfall_gateway.devices.kit.standard import device_information
from footfall_gateway.devices.protocols.footfall_log import VERSION as LOG_VERSION
from footfall_gateway.devices.protocols.footfall_log import Layout
from footfall_gateway.outside import parse_json
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray, ImuBlock, SampleQuality
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.signal.timing import DeviceClock
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

NAME: Final = "footfall"

# A random 128-bit base; the third group of digits counts the attributes.
SERVICE: Final = "b94f0001-5c4e-4b0a-9d3e-6f0c7a21e8d4"
SAMPLES: Final = "b94f0002-5c4e-4b0a-9d3e-6f0c7a21e8d4"
DESCRIPTION: Final = "b94f0003-5c4e-4b0a-9d3e-6f0c7a21e8d4"
CONTROL: Final = "b94f0004-5c4e-4b0a-9d3e-6f0c7a21e8d4"

STOP_STREAMING: Final = b"\x00"
START_STREAMING: Final = b"\x01"
START_QUICK: Final = b"\x02"

PACKET_S: Final = 0.095
"""What 19 samples at 200 Hz last."""
QUICK_PACKET_S: Final = 0.030
"""In quick mode a packet lasts no longer."""

VERSION: Final = 1
MAX_PACKET_BYTES: Final = 244
"""What a notification carries at an ATT MTU of 247, which every current phone and computer grants."""

CODES: Final = 32768
"""Codes from zero to full scale."""

_HEADER: Final = struct.Struct("<BBHIIBBH")
_KIND: Final = f"{NAME} 1"
# The sampling rates that a `Sensor` may have, 10 Hz to 10 kHz.
_INTERVAL_NS: Final = range(100_000, 100_000_001)
# The interval of a packet may be this far off the described rate; oscillators in sensors are trimmed to a few percent.
_RATE_TOLERANCE: Final = 0.25


class PacketFlag(IntFlag):
    """Flags of a samples packet, low half of the byte; the high half is the clock epoch."""

    ACC_ONLY = 0x01


_ACC_ONLY: Final = int(PacketFlag.ACC_ONLY)


@dataclass(frozen=True, slots=True, eq=False)
class SamplesPacket:
    """One samples notification.

    Parameters
    ----------
    sequence
        Counts the packets that the sensor made, sent or not, modulo 2**16.
    clock_epoch
        0 to 15; differs from before when the sensor's clock began anew.
    device_time_us
        The sensor's clock at the first sample, modulo 2**32 (71.6 min).
    interval_ns
        Time from sample to sample.
    acc_range_g
        Full scale of the accelerometer: 32,768 codes.
    gyro_range_dps
        Full scale of the gyroscope; `None` when there is none.
    acc, gyr
        Codes of the samples, int16, shape (n, 3); `gyr` is `None` when there is no gyroscope.
    """

    sequence: int
    device_time_us: int
    interval_ns: int
    acc_range_g: int
    gyro_range_dps: int | None
    acc: Int16Array
    gyr: Int16Array | None
    clock_epoch: int = 0


def samples_per_packet(*, has_gyro: bool) -> int:
    """As many samples as fit into one notification: 19, or 38 of an accelerometer alone."""
    return (MAX_PACKET_BYTES - _HEADER.size) // (12 if has_gyro else 6)


def samples_per_quick_packet(rate_hz: float, *, has_gyro: bool) -> int:
    """As many samples as last `QUICK_PACKET_S` at most, but one at the least."""
    return min(samples_per_packet(has_gyro=has_gyro), max(1, int(rate_hz * QUICK_PACKET_S + 1e-9)))


def packet_bytes(samples: int, *, has_gyro: bool) -> int:
    """Return how long a samples notification is."""
    return _HEADER.size + samples * (12 if has_gyro else 6)


def encode_samples(packet: SamplesPacket) -> bytes:
    """Pack a samples notification.

    Raises
    ------
    InputError
        When a field does not fit its place, or the packet would be longer than `MAX_PACKET_BYTES`.
    """
    n, has_gyro = len(packet.acc), packet.gyr is not None
    if not 1 <= n <= samples_per_packet(has_gyro=has_gyro):
        raise InputError(f"a samples packet holds 1 to {samples_per_packet(has_gyro=has_gyro)} samples, not {n}")
    codes = packet.acc if packet.gyr is None else np.hstack((packet.acc, packet.gyr))
    gyro_range_dps = packet.gyro_range_dps or 0
    if codes.shape != (n, 6 if has_gyro else 3) or (gyro_range_dps > 0) != has_gyro:
        raise InputError("a samples packet has a gyroscope range and angular rates for each sample, or neither")
    if not (1 <= packet.acc_range_g <= 0xFF and gyro_range_dps <= 0xFFFF and 0 <= packet.clock_epoch <= 0xF):
        raise InputError("the ranges are 1 to 255 g and 1 to 65,535 °/s, the clock epoch is 0 to 15")
    if packet.interval_ns not in _INTERVAL_NS:
        raise InputError(f"the sampling interval is 0.1 to 100 ms, not {packet.interval_ns} ns")
    flags = (packet.clock_epoch << 4) | (0 if has_gyro else PacketFlag.ACC_ONLY)
    header = _HEADER.pack(
        VERSION,
        flags,
        packet.sequence & 0xFFFF,
        packet.device_time_us & 0xFFFF_FFFF,
        packet.interval_ns,
        n,
        packet.acc_range_g,
        gyro_range_dps,
    )
    return header + codes.astype("<i2").tobytes()


class _Header(NamedTuple):
    """The head of a samples packet, checked against its length; `n` samples of `axes` codes follow."""

    sequence: int
    clock_epoch: int
    device_time_us: int
    interval_ns: int
    acc_range_g: int
    gyro_range_dps: int
    n: int
    axes: int


def _read_header(data: bytes) -> _Header:
    """Raise `InputError` when the bytes are not exactly one valid packet of this version."""
    if not _HEADER.size < len(data) <= MAX_PACKET_BYTES:
        raise InputError(f"a samples packet has {_HEADER.size + 1} to {MAX_PACKET_BYTES} bytes, not {len(data)}")
    version, flags, sequence, device_time_us, interval_ns, n, acc_range_g, gyro_range_dps = _HEADER.unpack_from(data)
    if version != VERSION:
        raise InputError(f"samples packet of version {version}; this software reads version {VERSION}")
    if flags & 0x0E:
        raise InputError(f"samples packet with unknown flags 0x{flags:02x}")
    axes = 3 if flags & _ACC_ONLY else 6
    if n == 0 or len(data) != _HEADER.size + 2 * axes * n:
        raise InputError(f"samples packet of {len(data)} bytes can't hold {n} samples of {axes} values")
    if interval_ns not in _INTERVAL_NS or acc_range_g == 0 or (gyro_range_dps == 0) != (axes == 3):
        raise InputError("samples packet with an impossible sampling interval or range")
    return _Header(sequence, flags >> 4, device_time_us, interval_ns, acc_range_g, gyro_range_dps, n, axes)


def time_and_span_us(data: bytes) -> tuple[int, int]:
    """Return the sensor's clock at a packet's first sample, modulo 2**32, and how long it is from there to its last.

    Raises `InputError` as `decode_samples`.
    """
    header = _read_header(data)
    return header.device_time_us, round((header.n - 1) * header.interval_ns * 1e-3)


def _codes(data: bytes, axes: int) -> Int16Array:
    """Return codes as they follow each other in packets, shape (n, axes)."""
    return np.frombuffer(data, dtype="<i2").reshape(-1, axes).astype(np.int16, copy=False)


def decode_samples(data: bytes) -> SamplesPacket:
    """Unpack a samples notification.

    Raises
    ------
    InputError
        When the bytes are not exactly one valid packet of this version.
    """
    header = _read_header(data)
    codes = _codes(data[_HEADER.size :], header.axes)
    return SamplesPacket(
        sequence=header.sequence,
        device_time_us=header.device_time_us,
        interval_ns=header.interval_ns,
        acc_range_g=header.acc_range_g,
        gyro_range_dps=header.gyro_range_dps or None,
        acc=codes[:, :3],
        gyr=codes[:, 3:] if header.axes == 6 else None,
        clock_epoch=header.clock_epoch,
    )


MOST_DESCRIPTION_BYTES: Final = 512
"""A characteristic holds no more."""


class _DescriptionFields(msgspec.Struct, forbid_unknown_fields=False):
    """The description characteristic, in the units of the outside."""

    version: int
    id: str
    placement: str
    side: str | None
    rate_hz: float
    acc_range_g: Annotated[float, msgspec.Meta(gt=0, le=0xFF)]
    gyro_range_dps: Annotated[float, msgspec.Meta(gt=0, le=0xFFFF)] | None
    quick: bool = False
    log: Layout | msgspec.UnsetType = msgspec.UNSET


def encode_description(sensor: Sensor, *, quick: bool = False, log: Layout | None = None) -> bytes:
    """Write the description characteristic, UTF-8 JSON; `quick` where it has the quick mode, `log` where a memory.

    Raises
    ------
    InputError
        When the sensor does not know its ranges, which a sensor must.
    """
    if sensor.acc_range_mps2 is None or (sensor.has_gyro and sensor.gyro_range_radps is None):
        raise InputError(f"sensor {sensor.id!r}: a Footfall sensor states the ranges of what it measures")
    return msgspec.json.encode(
        _DescriptionFields(
            version=VERSION,
            id=sensor.id,
            placement=sensor.placement.value,
            side=None if sensor.side is None else sensor.side.value,
            rate_hz=sensor.sampling_rate_hz,
            # Ranges are whole numbers outside; the round trip through SI must not blur them.
            acc_range_g=round(sensor.acc_range_mps2 / STANDARD_GRAVITY_MPS2, 6),
            gyro_range_dps=round(sensor.gyro_range_radps / RADIANS_PER_DEGREE, 6)
            if sensor.has_gyro and sensor.gyro_range_radps is not None
            else None,
            quick=quick,
            log=log or msgspec.UNSET,
        )
    )


def decode_description(data: bytes) -> Sensor:
    """Read the description characteristic.

    Raises
    ------
    InputError
        When it is not JSON, lacks a field, or a field makes no sense.
    """
    try:
        fields = _fields(data)
        if fields.version != VERSION:
            raise InputError(f"sensor description of version {fields.version}; this software reads version {VERSION}")
        return Sensor(
            id=fields.id,
            placement=Placement(fields.placement),
            side=None if fields.side is None else Side(fields.side),
            sampling_rate_hz=fields.rate_hz,
            acc_range_mps2=fields.acc_range_g * STANDARD_GRAVITY_MPS2,
            gyro_range_radps=None if fields.gyro_range_dps is None else fields.gyro_range_dps * RADIANS_PER_DEGREE,
            has_gyro=fields.gyro_range_dps is not None,
        )
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"the sensor's description is not readable: {error}") from error


def offers_quick_mode(data: bytes) -> bool:
    """Tell from the description characteristic whether the sensor has the quick mode; `InputError` as above."""
    return _fields(data).quick


def log_layout(data: bytes) -> Layout | None:
    """Return what the description characteristic says of the sensor's memory; `None` without one; errors as above."""
    log = _fields(data).log
    if isinstance(log, msgspec.UnsetType):
        return None
    if log.version != LOG_VERSION:
        raise InputError(f"the sensor's memory is of version {log.version}; this software reads version {LOG_VERSION}")
    return log


def _fields(data: bytes) -> _DescriptionFields:
    return parse_json(data, _DescriptionFields, "the sensor's description is not readable", MOST_DESCRIPTION_BYTES)


async def describe(peer: Peer, wearing: Wearing | None) -> RecordedSensor:
    """Ask a connected sensor what it is; its owner's word on where it is worn goes before its own.

    Raises
    ------
    InputError
        When it has no description, or one that makes no sense.
    """
    if not peer.has(DESCRIPTION):
        raise InputError(f"sensor {peer.address} has no description: update its firmware")
    sensor = decode_description(await peer.read(DESCRIPTION))
    if wearing is not None:
        sensor = replace(sensor, id=wearing.sensor_id, placement=wearing.placement, side=wearing.side)
    information = await device_information(peer)
    return RecordedSensor(sensor, NAME, peer.address, peer.name, MappingProxyType(dict(information)))


async def start(peer: Peer, _: RecordedSensor) -> None:
    """Let the sensor stream."""
    await peer.write(CONTROL, START_STREAMING)


async def start_quick(peer: Peer, _: RecordedSensor) -> None:
    """Let the sensor stream in short packets, where it says that it can."""
    has_it = offers_quick_mode(await peer.read(DESCRIPTION))
    await peer.write(CONTROL, START_QUICK if has_it else START_STREAMING)


async def stop(peer: Peer, _: RecordedSensor) -> None:
    """End the stream, so that the sensor may rest."""
    await peer.write(CONTROL, STOP_STREAMING)


class _Placed(NamedTuple):
    """A packet that is taken: its place, its codes, and what one of them means, g and °/s."""

    run: Run
    codes: bytes
    per_code: tuple[float, float]


class FootfallDecoder:
    """Samples notifications to blocks in SI, on the session's axis."""

    def __init__(self, recorded_sensor: RecordedSensor) -> None:
        self._sensor = recorded_sensor.sensor
        self._intake = SampleIntake(recorded_sensor.sensor)
        self._clock = DeviceClock(tick_s=1e-6, bits=32)
        self._epoch: int | None = None
        self._sequence = 0
        # what the last packet said that fits the description
        self._agreed: tuple[int, int, int, int] | None = None

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far."""
        return self._intake.counts

    def push(self, packets: Sequence[RawPacket]) -> list[ImuBlock]:
        """Decode notifications to one block; duplicates, late and malformed ones are counted and left out."""
        placed = [found for packet in packets if (found := self._place(packet)) is not None]
        if not placed:
            return []
        codes = _codes(b"".join([packet.codes for packet in placed]), 6 if self._sensor.has_gyro else 3)
        acc_per_code, gyr_per_code = self._per_code(placed)
        acc_mps2 = codes[:, :3] * acc_per_code
        acc_mps2 *= STANDARD_GRAVITY_MPS2
        gyr_radps = None
        if self._sensor.has_gyro:
            gyr_radps = codes[:, 3:] * gyr_per_code
            gyr_radps *= RADIANS_PER_DEGREE
        # nearly always none is at an end, which one look at all axes tells
        if reaches_full_scale(codes):
            quality = clipped_codes(codes[:, :3], SampleQuality.ACC_CLIPPED)
            quality |= clipped_codes(codes[:, 3:], SampleQuality.GYR_CLIPPED)
        else:
            quality = np.zeros(len(codes), dtype=np.uint8)
        return self._intake.take([packet.run for packet in placed], acc_mps2, gyr_radps, quality)

    @staticmethod
    def _per_code(placed: Sequence[_Placed]) -> tuple[np.float64 | FloatArray, np.float64 | FloatArray]:
        """Return what a code means, g and °/s: of each sample, shape (n, 1), where packets differ in that."""
        acc, gyr = first = placed[0].per_code
        if all(packet.per_code == first for packet in placed):
            return np.float64(acc), np.float64(gyr)
        of_each = np.array([packet.per_code for packet in placed]).repeat([packet.run.n for packet in placed], axis=0)
        return of_each[:, :1], of_each[:, 1:]

    def _place(self, packet: RawPacket) -> _Placed | None:
        if packet.characteristic != SAMPLES:
            return None
        try:
            header = _read_header(packet.data)
            self._check(header, packet.received_s)
        except InputError:
            self._intake.reject()
            return None
        if header.clock_epoch != self._epoch:
            self._clock.forget()
            self._epoch = header.clock_epoch
        interval_s = header.interval_ns * 1e-9
        first = self._clock.read(
            header.device_time_us,
            received_s=packet.received_s,
            span_s=(header.n - 1) * interval_s,
            not_before_s=self._intake.last_s + interval_s,
        )
        # No packet is missing in the count: the sensor made none.
        paused = header.sequence == (self._sequence + 1) & 0xFFFF
        run = self._intake.place(first, interval_s, header.n, paused=paused)
        if run is None:
            return None
        self._sequence = header.sequence
        per_code = (header.acc_range_g / CODES, header.gyro_range_dps / CODES)
        return _Placed(run, packet.data[_HEADER.size :], per_code)

    def _check(self, header: _Header, received_s: float) -> None:
        """Raise `InputError` when the packet contradicts the sensor's description, or did not arrive in any session."""
        said = (header.interval_ns, header.axes, header.acc_range_g, header.gyro_range_dps)
        if said != self._agreed:
            self._check_said(header)
            self._agreed = said
        if not in_session(received_s):
            raise InputError(f"arrival {received_s} s is no session time")

    def _check_said(self, header: _Header) -> None:
        rate_hz = 1e9 / header.interval_ns
        if abs(rate_hz / self._sensor.sampling_rate_hz - 1.0) > _RATE_TOLERANCE:
            raise InputError(f"packet at {rate_hz:.1f} Hz of a {self._sensor.sampling_rate_hz:.1f} Hz sensor")
        if (header.axes == 6) != self._sensor.has_gyro:
            raise InputError("the packet and the description disagree about a gyroscope")
        if not self._has_range(header):
            raise InputError("the packet and the description disagree about the ranges")

    def _has_range(self, header: _Header) -> bool:
        """Tell whether a packet's ranges, whole numbers, are the description's."""
        acc_range_g = (self._sensor.acc_range_mps2 or 0.0) / STANDARD_GRAVITY_MPS2
        gyro_range_dps = (self._sensor.gyro_range_radps or 0.0) / RADIANS_PER_DEGREE
        return (not acc_range_g or abs(header.acc_range_g - acc_range_g) < 1.0) and (
            not gyro_range_dps or abs(header.gyro_range_dps - gyro_range_dps) < 1.0
        )

    def state(self) -> PlainState:
        """Return what there is to be stored; see `Decoder`."""
        return {
            "kind": _KIND,
            "intake": self._intake.state(),
            "clock": self._clock.state(),
            "epoch": self._epoch,
            "sequence": self._sequence,
        }

    def restore(self, state: PlainState) -> None:
        """Go on from what another decoder left; see `Decoder`."""
        stored = Stored.of_kind(state, _KIND)
        self._intake.restore(stored.part("intake"))
        self._clock.restore(stored.part("clock"))
        self._epoch = stored.whole("epoch", most=0xF) if stored.has("epoch") else None
        self._sequence = stored.whole("sequence", most=0xFFFF)


PROFILE: Final = DeviceProfile(
    name=NAME,
    product="Footfall sensor",
    decoder=FootfallDecoder,
    services=(SERVICE,),
    notifications=(SAMPLES,),
    describe=describe,
    start=start,
    start_quick=start_quick,
    stop=stop,
    packet_s=PACKET_S,
    quick_packet_s=QUICK_PACKET_S,
)
"""Sensors that speak the open Footfall profile."""
