"""A Movella DOT."""

from collections.abc import Iterable, Iterator
from random import Random
from types import MappingProxyType
from typing import Final

import numpy as np

from footfall_gateway.devices import movella_dot
from footfall_gateway.virtual.models.base import GattTable, RefusedError
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_gateway.virtual.timed_packets import TimedPacket
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor
from footfall_processing.units import RADIANS_PER_DEGREE

_SERVICES: Final[GattTable] = MappingProxyType(
    {
        movella_dot.CONFIGURATION_SERVICE: {
            movella_dot.DEVICE_INFO: ("read",),
            movella_dot.DEVICE_CONTROL: ("read", "write"),
        },
        movella_dot.MEASUREMENT_SERVICE: {
            movella_dot.CONTROL: ("read", "write"),
            movella_dot.MEDIUM_PAYLOAD: ("notify",),
        },
        movella_dot.BATTERY_SERVICE: {movella_dot.BATTERY: ("read", "notify")},
    }
)
_OUTPUT_RATES_HZ: Final = (1, 4, 10, 12, 15, 20, 30, 60, 120)
_LIVE_RATES_HZ: Final = _OUTPUT_RATES_HZ[:-1]
_PAYLOAD_MODES: Final = (*range(1, 8), *range(16, 26))
# Address, firmware 2.0.0 of 28 October 2021, a soft device, a serial number, and the second generation's product code.
_DEVICE_INFO: Final = (
    bytes.fromhex("d422cd000001 020000 e5070a1c0a0000 01000000") + (0xD422_CD00_0001).to_bytes(8, "little") + b"XS-T02"
)


class MovellaDotModel:
    """The firmware; it streams while its measurement is started in the mode of rate quantities.

    Parameters
    ----------
    output_rate_hz
        What was left in its flash.
    battery_percent
        Its battery's level.
    """

    advertised: tuple[str, ...] = ()
    services: GattTable = _SERVICES

    def __init__(self, *, output_rate_hz: int = 20, battery_percent: int = 77) -> None:
        self._measuring = False
        self._mode = movella_dot.RATE_QUANTITIES
        tag = b"Xsens DOT"
        head = bytes((0, 0, 0, 10, 0, 30, 0, len(tag))) + tag.ljust(16, b"\0")
        self._device_control = head + output_rate_hz.to_bytes(2, "little") + bytes(6)
        self._battery = bytes((battery_percent, 0))

    @property
    def output_rate_hz(self) -> int:
        """Samples a second."""
        at = movella_dot.OUTPUT_RATE_AT
        return int.from_bytes(self._device_control[at : at + 2], "little")

    @property
    def streaming(self) -> bool:
        """Whether rate quantities are being sent."""
        return self._measuring and self._mode == movella_dot.RATE_QUANTITIES

    def read(self, characteristic: str) -> bytes:
        """Read a value, or raise `RefusedError`."""
        values = {
            movella_dot.DEVICE_INFO: _DEVICE_INFO,
            movella_dot.DEVICE_CONTROL: self._device_control,
            movella_dot.CONTROL: bytes((1, self._measuring, self._mode)),
            movella_dot.BATTERY: self._battery,
        }
        if characteristic not in values:
            raise RefusedError(f"characteristic {characteristic} can't be read")
        return values[characteristic]

    def write(self, characteristic: str, data: bytes) -> list[tuple[str, bytes]]:
        """Set the output rate, or start or stop the measurement."""
        if characteristic == movella_dot.CONTROL:
            self._control(data)
        elif characteristic == movella_dot.DEVICE_CONTROL:
            self._set_output_rate(data)
        else:
            raise RefusedError(f"characteristic {characteristic} can't be written")
        return []

    def disconnected(self) -> None:
        """Go on measuring, as nobody said stop."""

    def _control(self, data: bytes) -> None:
        if len(data) != 3 or data[0] != 1 or data[1] > 1 or data[2] not in _PAYLOAD_MODES:
            raise RefusedError(f"no measurement control: {data.hex(' ')}")
        if data[1] and self.output_rate_hz not in _LIVE_RATES_HZ:
            raise RefusedError(f"{self.output_rate_hz} Hz is for recording only")
        self._measuring, self._mode = bool(data[1]), data[2]

    def _set_output_rate(self, data: bytes) -> None:
        at = movella_dot.OUTPUT_RATE_AT
        if len(data) != movella_dot.DEVICE_CONTROL_BYTES or data[0] != movella_dot.SETS_OUTPUT_RATE:
            raise RefusedError(f"no setting of the output rate: {data.hex(' ')}")
        if self._measuring or int.from_bytes(data[at : at + 2], "little") not in _OUTPUT_RATES_HZ:
            raise RefusedError("the output rate is none of the sensor's, or it is measuring")
        self._device_control = self._device_control[:at] + data[at : at + 2] + self._device_control[at + 2 :]


def packets(sensor: Sensor, blocks: Iterable[ImuBlock]) -> Iterator[TimedPacket]:
    """Send each sample of `blocks`, whose rate should be the sensor's, when it was taken."""
    assert sensor.acc_range_mps2 is not None
    assert sensor.gyro_range_radps is not None
    for block in blocks:
        acc_mps2 = np.clip(block.acc_mps2, -sensor.acc_range_mps2, sensor.acc_range_mps2)
        gyr_radps = np.zeros((len(block), 3)) if block.gyr_radps is None else block.gyr_radps
        gyro_dps = np.clip(gyr_radps, -sensor.gyro_range_radps, sensor.gyro_range_radps) / RADIANS_PER_DEGREE
        for t_s, acc, gyro in zip(block.t_s.tolist(), acc_mps2.tolist(), gyro_dps.tolist(), strict=True):
            sample = movella_dot.RateQuantities(round(t_s * 1e6), tuple(acc), tuple(gyro))
            yield TimedPacket(t_s, movella_dot.MEDIUM_PAYLOAD, movella_dot.encode_sample(sample))


def movella_dot_sensor(
    timed_packets: Iterable[TimedPacket],
    *,
    address: str,
    model: MovellaDotModel | None = None,
    faults: Faults | None = None,
    random: Random | None = None,
) -> VirtualSensor:
    """Make a virtual sensor of this model."""
    firmware = model or MovellaDotModel()
    return VirtualSensor(firmware, timed_packets, address=address, name="Xsens DOT", faults=faults, random=random)
