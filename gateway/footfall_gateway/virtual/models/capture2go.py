"""A Capture2Go IMU."""

from collections.abc import Iterable, Iterator
from random import Random
from types import MappingProxyType
from typing import Final

import numpy as np

from footfall_gateway.devices import capture2go
from footfall_gateway.devices.protocols.capture2go import (
    ERROR,
    NO_REAL_TIME_PACKAGES,
    SAMPLES_PER_PACKAGE,
    Package,
    PackageStream,
    SamplesPackage,
    SensorState,
    Status,
    encode_device_info,
    encode_measurement_mode,
    encode_package,
    encode_samples,
    encode_status,
)
from footfall_gateway.virtual.models.base import GattTable, RefusedError
from footfall_gateway.virtual.models.quantising import to_codes
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_gateway.virtual.timed_packets import TimedPacket, runs
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor
from footfall_processing.units import RADIANS_PER_DEGREE

WRONG_STATE: Final = 0xFB
PACKAGE_ERROR: Final = 0xFC
UNKNOWN_COMMAND: Final = 0xFD

_SERVICES: Final[GattTable] = MappingProxyType(
    {
        capture2go.SERVICE: {
            capture2go.RX: ("write", "write-without-response"),
            capture2go.TX: ("notify",),
        }
    }
)
_LONGEST_NOTIFICATION: Final = 244


class Capture2GoModel:
    """The firmware; it streams while told to, over lost links too, though without a buffer for what it can't send.

    Parameters
    ----------
    state
        What it was left doing.
    battery_percent
        Its battery's level; it charges, as one that was just taken off its charger says.
    """

    advertised: tuple[str, ...] = (capture2go.SERVICE,)
    services: GattTable = _SERVICES

    def __init__(self, *, state: SensorState = SensorState.IDLE, battery_percent: int = 64) -> None:
        self.state = state
        self._status = Status(state, 0x80 | battery_percent)
        self._mode: bytes | None = None

    @property
    def streaming(self) -> bool:
        """Whether samples are being sent."""
        return self.state is SensorState.STREAMING

    def read(self, characteristic: str) -> bytes:
        """Refuse: nothing can be read."""
        raise RefusedError(f"characteristic {characteristic} can't be read")

    def write(self, characteristic: str, data: bytes) -> list[tuple[str, bytes]]:
        """Take a package, and answer with one."""
        if characteristic != capture2go.RX:
            raise RefusedError(f"characteristic {characteristic} can't be written")
        packages = PackageStream().feed(bytes((NO_REAL_TIME_PACKAGES,)) + data)
        answer = self._answer(*packages[0]) if len(packages) == 1 else _error(PACKAGE_ERROR, Package.ERROR)
        return [(capture2go.TX, bytes((NO_REAL_TIME_PACKAGES,)) + answer)]

    def disconnected(self) -> None:
        """Go on streaming, as nobody said stop."""

    def _answer(self, command: int, payload: bytes) -> bytes:
        if command == Package.SET_MEASUREMENT_MODE:
            if len(payload) != len(encode_measurement_mode()):
                return _error(PACKAGE_ERROR, command)
            self._mode = payload
            return encode_package(Package.MEASUREMENT_MODE, payload)
        if payload:
            return _error(PACKAGE_ERROR, command)
        if command == Package.GET_DEVICE_INFO:
            return encode_package(Package.DEVICE_INFO, encode_device_info("1234ab", "1", "1.0.0"))
        if command == Package.GET_STATUS:
            return encode_package(Package.STATUS, encode_status(Status(self.state, self._status.battery_percent)))
        if command == Package.START_STREAMING:
            # Of all modes, this one sends what `packets` makes.
            if self.state is not SensorState.IDLE or self._mode != encode_measurement_mode():
                return _error(WRONG_STATE, command)
            self.state = SensorState.STREAMING
            return encode_package(Package.STARTED_STREAMING)
        if command in (Package.STOP_STREAMING, Package.STOP_STREAMING_AND_CLEAR_BUFFER):
            if self.state is SensorState.RECORDING:
                return _error(WRONG_STATE, command)
            self.state = SensorState.IDLE
            # Each acknowledgement is the command's number plus one.
            return encode_package(command + 1)
        return _error(UNKNOWN_COMMAND, command)


def _error(code: int, command: int) -> bytes:
    return encode_package(Package.ERROR, ERROR.pack(code, command))


def packages(sensor: Sensor, blocks: Iterable[ImuBlock]) -> Iterator[tuple[float, bytes]]:
    """Make packages of eight samples, each with the moment of its last one; what does not fill one is left out."""
    for rows in runs(blocks, SAMPLES_PER_PACKAGE, 1.5 / sensor.sampling_rate_hz):
        if len(rows) == SAMPLES_PER_PACKAGE:
            gyr_radps = rows[:, 4:7] if rows.shape[1] == 7 else np.zeros((len(rows), 3))
            samples = SamplesPackage(
                time_ns=round(float(rows[0, 0]) * 1e9),
                gyr=to_codes(gyr_radps, capture2go.GYRO_RANGE_DPS * RADIANS_PER_DEGREE),
                acc=to_codes(rows[:, 1:4], capture2go.ACC_RANGE_MPS2),
            )
            yield float(rows[-1, 0]), encode_package(Package.SAMPLES_200_HZ, encode_samples(samples))


def packets(sensor: Sensor, blocks: Iterable[ImuBlock]) -> Iterator[TimedPacket]:
    """Send each package as soon as it is full, as with good reception."""
    for due_s, package in packages(sensor, blocks):
        yield TimedPacket(due_s, capture2go.TX, bytes((NO_REAL_TIME_PACKAGES,)) + package)


def straddling_packets(
    sensor: Sensor, blocks: Iterable[ImuBlock], *, size: int = _LONGEST_NOTIFICATION
) -> Iterator[TimedPacket]:
    """Send only when a notification is full, as when much has gathered: packages straddle."""
    stream = b""
    due_s = 0.0
    for due_s, package in packages(sensor, blocks):
        stream += package
        while len(stream) >= size - 1:
            head, stream = stream[: size - 1], stream[size - 1 :]
            yield TimedPacket(due_s, capture2go.TX, bytes((NO_REAL_TIME_PACKAGES,)) + head)
    if stream:
        yield TimedPacket(due_s, capture2go.TX, bytes((NO_REAL_TIME_PACKAGES,)) + stream)


def capture2go_sensor(
    timed_packets: Iterable[TimedPacket],
    *,
    address: str,
    model: Capture2GoModel | None = None,
    faults: Faults | None = None,
    random: Random | None = None,
) -> VirtualSensor:
    """Make a virtual sensor of this model."""
    firmware = model or Capture2GoModel()
    return VirtualSensor(firmware, timed_packets, address=address, name="IMU_1234ab", faults=faults, random=random)
