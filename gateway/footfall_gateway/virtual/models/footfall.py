"""A sensor with the open Footfall profile."""

from collections.abc import Iterable
from random import Random
from types import MappingProxyType
from typing import Final

from footfall_gateway.devices import footfall
from footfall_gateway.devices.kit import standard
from footfall_gateway.virtual.models.base import GattTable, RefusedError
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_gateway.virtual.timed_packets import TimedPacket
from footfall_processing.session import Sensor

_SERVICES: Final[GattTable] = MappingProxyType(
    {
        footfall.SERVICE: {
            footfall.SAMPLES: ("notify",),
            footfall.DESCRIPTION: ("read",),
            footfall.CONTROL: ("write",),
        },
        standard.DEVICE_INFORMATION_SERVICE: {
            standard.MANUFACTURER_NAME: ("read",),
            standard.MODEL_NUMBER: ("read",),
            standard.FIRMWARE_REVISION: ("read",),
        },
    }
)


class FootfallModel:
    """The profile's firmware; streams while started.

    Parameters
    ----------
    sensor
        What it says of itself; its ranges must be known.
    """

    advertised: tuple[str, ...] = (footfall.SERVICE,)
    services: GattTable = _SERVICES

    def __init__(self, sensor: Sensor) -> None:
        self.streaming = False
        self._values = {
            footfall.DESCRIPTION: footfall.encode_description(sensor),
            standard.MANUFACTURER_NAME: b"Footfall",
            standard.MODEL_NUMBER: b"Virtual sensor",
            standard.FIRMWARE_REVISION: b"1",
        }

    def read(self, characteristic: str) -> bytes:
        """Read a value, or raise `RefusedError`."""
        if characteristic not in self._values:
            raise RefusedError(f"characteristic {characteristic} can't be read")
        return self._values[characteristic]

    def write(self, characteristic: str, data: bytes) -> list[tuple[str, bytes]]:
        """Start or stop streaming."""
        if characteristic != footfall.CONTROL or data not in (footfall.START_STREAMING, footfall.STOP_STREAMING):
            raise RefusedError(f"characteristic {characteristic} does not take {data.hex(' ')}")
        self.streaming = data == footfall.START_STREAMING
        return []

    def disconnected(self) -> None:
        """Stop streaming."""
        self.streaming = False


def footfall_sensor(
    sensor: Sensor,
    packets: Iterable[TimedPacket],
    *,
    address: str,
    faults: Faults | None = None,
    random: Random | None = None,
) -> VirtualSensor:
    """Make a virtual sensor of this model."""
    name = f"Footfall {sensor.id}"
    return VirtualSensor(FootfallModel(sensor), packets, address=address, name=name, faults=faults, random=random)
