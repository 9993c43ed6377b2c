"""A WitMotion sensor."""

import struct
from collections.abc import Iterable, Iterator
from random import Random
from typing import Final

import numpy as np

from footfall_gateway.devices import witmotion
from footfall_gateway.virtual.models.base import GattTable, RefusedError
from footfall_gateway.virtual.models.quantising import to_codes
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_gateway.virtual.timed_packets import TimedPacket, runs
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

FRAMES_PER_NOTIFICATION: Final = 10
"""At 200 Hz, what gathers in a connection interval of 50 ms."""

_COMMAND_BYTES: Final = 5
_READ_REGISTER: Final = 0x27
_UNLOCK_REGISTER: Final = 0x69
# As it comes: 10 Hz, smoothed to 20 Hz.
_RATE_AS_BOUGHT: Final = 0x06
_BANDWIDTH_AS_BOUGHT: Final = 0x04


class WitMotionModel:
    """The firmware; it streams whenever somebody listens.

    Parameters
    ----------
    route
        Its hardware revision.
    centivolts
        Its battery's voltage, times 100.
    fastest_rate
        The greatest code of the rate that it takes.

    Attributes
    ----------
    registers
        By address; what is not here reads as 0.
    """

    streaming = True

    def __init__(
        self,
        *,
        route: witmotion.Route = witmotion.ROUTES[0],
        centivolts: int = 388,
        fastest_rate: int = witmotion.FASTEST_RATE,
    ) -> None:
        self.registers = {
            witmotion.RATE_REGISTER: _RATE_AS_BOUGHT,
            witmotion.BANDWIDTH_REGISTER: _BANDWIDTH_AS_BOUGHT,
            witmotion.BATTERY_REGISTER: centivolts,
        }
        self._saved = dict(self.registers)
        self._route = route
        self._fastest_rate = fastest_rate
        self._unlocked = False
        self.advertised: tuple[str, ...] = (route.service,) if route == witmotion.ROUTES[0] else ()
        self.services: GattTable = (
            {route.service: {route.notify: ("notify",), route.write: ("write-without-response", "write")}}
            if route.notify != route.write
            else {route.service: {route.notify: ("notify", "write-without-response")}}
        )

    def power_cycle(self) -> None:
        """Forget what was not saved."""
        self.registers = dict(self._saved)
        self._unlocked = False

    def read(self, characteristic: str) -> bytes:
        """Refuse: nothing can be read."""
        raise RefusedError(f"characteristic {characteristic} can't be read")

    def write(self, characteristic: str, data: bytes) -> list[tuple[str, bytes]]:
        """Take a command; what is none, and writes to locked registers, are ignored as the real sensor does."""
        if characteristic != self._route.write:
            raise RefusedError(f"characteristic {characteristic} can't be written")
        if len(data) != _COMMAND_BYTES or data[:2] != b"\xff\xaa":
            return []
        register, value = data[2], int.from_bytes(data[3:], "little")
        if register == _READ_REGISTER:
            values = (self.registers.get(data[3] + offset, 0) for offset in range(8))
            answer = witmotion.REGISTERS + bytes((data[3], 0)) + struct.pack("<8H", *values)
            return [(self._route.notify, answer)]
        if register == _UNLOCK_REGISTER:
            self._unlocked = data == witmotion.UNLOCK
        elif data == witmotion.SAVE and self._unlocked:
            self._saved = dict(self.registers)
        elif self._unlocked and not (register == witmotion.RATE_REGISTER and value > self._fastest_rate):
            self.registers[register] = value
        return []

    def disconnected(self) -> None:
        """Keep everything."""


def frames(
    sensor: Sensor, blocks: Iterable[ImuBlock], per_notification: int = FRAMES_PER_NOTIFICATION
) -> Iterator[tuple[float, bytes]]:
    """Make the frames of the samples that go into each notification, with the moment of the last one."""
    for rows in runs(blocks, per_notification, 1.5 / sensor.sampling_rate_hz):
        gyr_radps = rows[:, 4:7] if rows.shape[1] == 7 else np.zeros((len(rows), 3))
        codes = np.zeros((len(rows), witmotion.FRAME_BYTES // 2), dtype="<i2")
        codes[:, 0] = int.from_bytes(witmotion.SAMPLE, "little")
        codes[:, 1:4] = to_codes(rows[:, 1:4], witmotion.ACC_RANGE_G * STANDARD_GRAVITY_MPS2)
        codes[:, 4:7] = to_codes(gyr_radps, witmotion.GYRO_RANGE_DPS * RADIANS_PER_DEGREE)
        yield float(rows[-1, 0]), codes.tobytes()


def packets(
    sensor: Sensor,
    blocks: Iterable[ImuBlock],
    *,
    route: witmotion.Route = witmotion.ROUTES[0],
    per_notification: int = FRAMES_PER_NOTIFICATION,
) -> Iterator[TimedPacket]:
    """Send what gathers in a connection interval in one notification."""
    for due_s, data in frames(sensor, blocks, per_notification):
        yield TimedPacket(due_s, route.notify, data)


def cut_packets(sensor: Sensor, blocks: Iterable[ImuBlock], size: int) -> Iterator[TimedPacket]:
    """Send as soon as so many bytes have gathered, wherever in a frame that is."""
    notify, stream, due_s = witmotion.ROUTES[0].notify, b"", 0.0
    for due_s, data in frames(sensor, blocks, 1):
        stream += data
        while len(stream) >= size:
            yield TimedPacket(due_s, notify, stream[:size])
            stream = stream[size:]
    if stream:
        yield TimedPacket(due_s, notify, stream)


def witmotion_sensor(
    timed_packets: Iterable[TimedPacket],
    *,
    address: str,
    model: WitMotionModel | None = None,
    name: str = "WT901BLE67",
    faults: Faults | None = None,
    random: Random | None = None,
) -> VirtualSensor:
    """Make a virtual sensor of this model."""
    firmware = model or WitMotionModel()
    return VirtualSensor(firmware, timed_packets, address=address, name=name, faults=faults, random=random)
