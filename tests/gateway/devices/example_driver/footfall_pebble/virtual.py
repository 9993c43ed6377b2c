"""A Pebble's firmware, as far as it shows on the radio."""

from collections.abc import Iterable, Iterator
from types import MappingProxyType

import numpy as np

from footfall_gateway.virtual.models import GattTable, RefusedError
from footfall_gateway.virtual.models.quantising import to_codes
from footfall_gateway.virtual.sensor import VirtualSensor
from footfall_gateway.virtual.timed_packets import TimedPacket, runs
from footfall_pebble import driver
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor


class PebbleModel:
    """The firmware; it streams while started."""

    advertised: tuple[str, ...] = (driver.SERVICE,)
    services: GattTable = MappingProxyType({driver.SERVICE: {driver.SAMPLES: ("notify",), driver.CONTROL: ("write",)}})

    def __init__(self) -> None:
        self.streaming = False

    def read(self, characteristic: str) -> bytes:
        """Refuse: nothing can be read."""
        raise RefusedError(f"characteristic {characteristic} can't be read")

    def write(self, characteristic: str, data: bytes) -> list[tuple[str, bytes]]:
        """Start or stop."""
        if characteristic != driver.CONTROL or data not in (driver.START, driver.STOP):
            raise RefusedError(f"characteristic {characteristic} does not take {data.hex(' ')}")
        self.streaming = data == driver.START
        return []

    def disconnected(self) -> None:
        """Stop streaming."""
        self.streaming = False


def packets(sensor: Sensor, blocks: Iterable[ImuBlock]) -> Iterator[TimedPacket]:
    """Send sixteen samples as soon as they were taken; what does not fill a notification is left out."""
    for rows in runs(blocks, driver.SAMPLES_PER_PACKET, 1.5 / sensor.sampling_rate_hz):
        if len(rows) == driver.SAMPLES_PER_PACKET:
            acc, gyr = rows[:, 1:4], rows[:, 4:7]
            codes = np.hstack((to_codes(acc, driver.ACC_RANGE_MPS2), to_codes(gyr, driver.GYRO_RANGE_RADPS)))
            yield TimedPacket(float(rows[-1, 0]), driver.SAMPLES, driver.encode(round(float(rows[0, 0]) * 1e6), codes))


def pebble_sensor(timed_packets: Iterable[TimedPacket], *, address: str) -> VirtualSensor:
    """Make a virtual Pebble."""
    return VirtualSensor(PebbleModel(), timed_packets, address=address, name="Pebble")
