"""A Polar Verity Sense and a Polar H10, as far as their motion sensors go."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import tee
from random import Random
from types import MappingProxyType
from typing import Final

import numpy as np

from footfall_gateway.devices import polar
from footfall_gateway.devices.kit import standard
from footfall_gateway.devices.protocols.polar import (
    FEATURES,
    HEADER,
    RESPONSE,
    Command,
    Measurement,
    SettingId,
    decode_settings,
    encode_deltas,
    encode_settings,
    factor_setting,
)
from footfall_gateway.virtual.models.base import GattTable, RefusedError
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_gateway.virtual.timed_packets import TimedPacket, runs
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray, ImuBlock
from footfall_processing.session import Sensor
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

Offer = Mapping[SettingId, tuple[int, ...]]

SWITCHED_ON_NS: Final = 599_616_000_000_000_000
"""2019-01-01, what an H10's clock begins at."""
HEART_RATE_SERVICE: Final = "0000180d-0000-1000-8000-00805f9b34fb"

_GAP_FROM: Final = 1.5
# Samples that fit into a frame at the widest deltas.
_ACC_PER_FRAME: Final = 35
_GYRO_PER_FRAME: Final = 32
_PLAIN_PER_FRAME: Final = 36
_INVALID_OPERATION, _INVALID_MEASUREMENT, _NOT_SUPPORTED, _INVALID_LENGTH = 1, 2, 3, 4
_ALREADY_IN_STATE, _INVALID_STATE = 6, 12
_REFUSED_SETTING: Final = MappingProxyType(
    {SettingId.RESOLUTION_BITS: 7, SettingId.RATE_HZ: 8, SettingId.RANGE: 9, SettingId.CHANNELS: 11}
)


def _offer(rates: tuple[int, ...], ranges: tuple[int, ...], *, channels: bool = True) -> Offer:
    offer = {SettingId.RATE_HZ: rates, SettingId.RESOLUTION_BITS: (16,), SettingId.RANGE: ranges}
    return {**offer, SettingId.CHANNELS: (3,)} if channels else offer


@dataclass(frozen=True, slots=True)
class PolarHardware:
    """A product: what it offers to measure, in its two modes; `sdk_mode` is empty where it has none."""

    model: str
    normal: Mapping[Measurement, Offer]
    sdk_mode: Mapping[Measurement, Offer]

    @property
    def features(self) -> bytes:
        """What a read of the control point tells."""
        measured = sum(1 << measurement for measurement in self.normal)
        return bytes([FEATURES, measured, 0x02 if self.sdk_mode else 0x00])


VERITY_SENSE: Final = PolarHardware(
    "Polar Sense",
    {Measurement.ACC: _offer((52,), (8,)), Measurement.GYRO: _offer((52,), (2000,))},
    {
        Measurement.ACC: _offer((26, 52, 104, 208, 416), (2, 4, 8, 16)),
        Measurement.GYRO: _offer((26, 52, 104, 208, 416), (250, 500, 1000, 2000)),
    },
)
"""Modes, rates and ranges of its firmware 1.1.5 and later."""
H10: Final = PolarHardware("Polar H10", {Measurement.ACC: _offer((25, 50, 100, 200), (2, 4, 8), channels=False)}, {})


def factor_of(measurement: Measurement, full_scale: int) -> float:
    """Unit of a code, in g or °/s, as a float of 32 bits: the sensitivities of the chip (ST LSM6DS3, datasheet)."""
    unit = 0.000061 * full_scale / 2 if measurement is Measurement.ACC else 0.00875 * full_scale / 250
    return float(np.float32(unit))


class PolarModel:
    """The firmware: streams while all that the product measures is started."""

    advertised: tuple[str, ...] = (HEART_RATE_SERVICE,)
    services: GattTable = MappingProxyType(
        {
            polar.SERVICE: {polar.CONTROL: ("read", "write", "indicate"), polar.DATA: ("notify",)},
            standard.DEVICE_INFORMATION_SERVICE: {
                standard.MANUFACTURER_NAME: ("read",),
                standard.MODEL_NUMBER: ("read",),
            },
        }
    )

    def __init__(self, hardware: PolarHardware) -> None:
        self._hardware = hardware
        self._sdk_mode = False
        self._started: set[Measurement] = set()
        self._values = {
            polar.CONTROL: hardware.features,
            standard.MANUFACTURER_NAME: b"Polar Electro Oy",
            standard.MODEL_NUMBER: hardware.model.encode(),
        }

    @property
    def streaming(self) -> bool:
        """Whether all streams are started."""
        return self._started == set(self._hardware.normal)

    def read(self, characteristic: str) -> bytes:
        """Read a value, or raise `RefusedError`."""
        if characteristic not in self._values:
            raise RefusedError(f"characteristic {characteristic} can't be read")
        return self._values[characteristic]

    def write(self, characteristic: str, data: bytes) -> list[tuple[str, bytes]]:
        """Take a command to the control point, and answer it."""
        if characteristic != polar.CONTROL or not data:
            raise RefusedError(f"characteristic {characteristic} does not take {data.hex(' ')}")
        kind = data[1] if len(data) > 1 else 0
        status, parameters = self._obey(data[0], kind, data[2:]) if len(data) > 1 else (_INVALID_LENGTH, b"")
        more = b"\x00" + parameters if status == 0 else b""
        return [(polar.CONTROL, bytes([RESPONSE, data[0], kind, status]) + more)]

    def disconnected(self) -> None:
        """Stop streaming; the mode stays."""
        self._started.clear()

    def _obey(self, command: int, kind: int, parameters: bytes) -> tuple[int, bytes]:
        offers = self._hardware.sdk_mode if self._sdk_mode else self._hardware.normal
        match (command, kind):
            case (Command.START | Command.STOP, Measurement.SDK_MODE):
                return self._switch_mode(on=command == Command.START), b""
            case (Command.GET_SDK_MODE_SETTINGS, _) if kind in self._hardware.sdk_mode:
                return 0, encode_settings(self._hardware.sdk_mode[Measurement(kind)])
            case (Command.GET_SDK_MODE_SETTINGS, _):
                return _NOT_SUPPORTED, b""
            case (Command.GET_SETTINGS | Command.START | Command.STOP, _) if kind not in offers:
                return _INVALID_MEASUREMENT, b""
            case (Command.GET_SETTINGS, _):
                return 0, encode_settings(offers[Measurement(kind)])
            case (Command.START, _):
                return self._start(Measurement(kind), offers[Measurement(kind)], parameters)
            case (Command.STOP, _):
                if kind not in self._started:
                    return _INVALID_STATE, b""
                self._started.discard(Measurement(kind))
                return 0, b""
        return _INVALID_OPERATION, b""

    def _switch_mode(self, *, on: bool) -> int:
        if not self._hardware.sdk_mode:
            return _NOT_SUPPORTED
        if self._started:
            return _INVALID_STATE
        if on == self._sdk_mode:
            return _ALREADY_IN_STATE
        self._sdk_mode = on
        return 0

    def _start(self, measurement: Measurement, offer: Offer, parameters: bytes) -> tuple[int, bytes]:
        try:
            wanted = decode_settings(parameters)
        except InputError:
            return _INVALID_LENGTH, b""
        if wanted.keys() != offer.keys():
            return _INVALID_LENGTH, b""
        for setting, values in wanted.items():
            if len(values) != 1 or values[0] not in offer[setting]:
                return _REFUSED_SETTING[setting], b""
        if measurement in self._started:
            return _ALREADY_IN_STATE, b""
        self._started.add(measurement)
        if not self._hardware.sdk_mode:
            return 0, b""
        factor = factor_of(measurement, wanted[SettingId.RANGE][0])
        return 0, encode_settings({SettingId.FACTOR: factor_setting(factor)})


def packets(sensor: Sensor, blocks: Iterable[ImuBlock], *, per_frame: int | None = None) -> Iterator[TimedPacket]:
    """Pack blocks into frames: compressed ones of a Verity Sense, plain ones of an H10 when there is no gyroscope.

    Each is due when its last sample was taken. A frame holds as many samples as the sensors send where `per_frame`
    does not say how many.

    Raises
    ------
    InputError
        When the sensor's ranges are not known.
    """
    if sensor.acc_range_mps2 is None or (sensor.has_gyro and sensor.gyro_range_radps is None):
        raise InputError(f"sensor {sensor.id!r}: a virtual sensor needs to know its ranges")
    gap_s = _GAP_FROM / sensor.sampling_rate_hz
    if sensor.gyro_range_radps is None or not sensor.has_gyro:
        return (
            _packet(Measurement.ACC, 0x01, rows[:, 0], _codes(rows[:, 1:4], 1e-3 * STANDARD_GRAVITY_MPS2).tobytes())
            for rows in runs(blocks, per_frame or _PLAIN_PER_FRAME, gap_s)
        )
    acc_range_g = round(sensor.acc_range_mps2 / STANDARD_GRAVITY_MPS2)
    gyro_range_dps = round(sensor.gyro_range_radps / RADIANS_PER_DEGREE)
    acc_unit = factor_of(Measurement.ACC, acc_range_g) * STANDARD_GRAVITY_MPS2
    gyro_unit = factor_of(Measurement.GYRO, gyro_range_dps) * RADIANS_PER_DEGREE
    acc_blocks, gyro_blocks = tee(blocks)
    acc = (
        _packet(Measurement.ACC, 0x80, rows[:, 0], encode_deltas(_codes(rows[:, 1:4], acc_unit).astype(np.int64)))
        for rows in runs(acc_blocks, per_frame or _ACC_PER_FRAME, gap_s)
    )
    gyro = (
        _packet(Measurement.GYRO, 0x80, rows[:, 0], encode_deltas(_codes(rows[:, 4:7], gyro_unit).astype(np.int64)))
        for rows in runs(gyro_blocks, per_frame or _GYRO_PER_FRAME, gap_s)
    )
    return heapq.merge(acc, gyro, key=lambda packet: packet.due_s)


def _packet(measurement: Measurement, frame_type: int, t_s: FloatArray, content: bytes) -> TimedPacket:
    stamp_ns = SWITCHED_ON_NS + round(float(t_s[-1]) * 1e9)
    return TimedPacket(float(t_s[-1]), polar.DATA, HEADER.pack(measurement, stamp_ns, frame_type) + content)


def _codes(values: FloatArray, unit: float) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    return np.clip(np.rint(values / unit), -32768, 32767).astype("<i2")


def polar_sensor(
    hardware: PolarHardware,
    packets: Iterable[TimedPacket],
    *,
    address: str,
    faults: Faults | None = None,
    random: Random | None = None,
) -> VirtualSensor:
    """Make a virtual sensor of this product."""
    name = f"{hardware.model} {address.replace(':', '')[-8:]}"
    return VirtualSensor(PolarModel(hardware), packets, address=address, name=name, faults=faults, random=random)
