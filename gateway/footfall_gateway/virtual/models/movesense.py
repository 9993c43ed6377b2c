"""A Movesense sensor that speaks the SensorData protocol."""

from collections.abc import Iterable, Iterator
from random import Random
from types import MappingProxyType
from typing import Final

from footfall_gateway.devices import movesense
from footfall_gateway.devices.kit import standard
from footfall_gateway.devices.movesense import Plan, Reference
from footfall_gateway.devices.protocols.movesense import (
    SLOWEST_HZ,
    Command,
    Notification,
    encode_block,
    encode_data,
)
from footfall_gateway.virtual.models.base import GattTable, RefusedError
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_gateway.virtual.timed_packets import TimedPacket, runs
from footfall_processing.samples import FloatArray, ImuBlock
from footfall_processing.session import Sensor
from footfall_processing.units import RADIANS_PER_DEGREE

UPTIME_MS: Final = 2_360_905
"""How long it has been on at second 0."""
MAX_SUBSCRIPTIONS: Final = 4

_GAP_FROM: Final = 1.5
_OK: Final = b"\xc8\x00"
_NOT_FOUND: Final = b"\x94\x01"
# 507, high byte first, as the published firmware writes it.
_NO_ROOM: Final = b"\x01\xfb"


class MovesenseModel:
    """The firmware; streams while the plan is subscribed to by the references that its packets carry.

    Parameters
    ----------
    plan
        What its packets hold, and all that it grants.
    acc_range_g
        What it answers to a question for its range; `None` when it can't be asked.
    confirms
        Whether it answers when it grants a subscription, as stock firmware does.
    """

    advertised: tuple[str, ...] = ()
    services: GattTable = MappingProxyType(
        {
            movesense.SERVICE: {movesense.COMMAND: ("write",), movesense.DATA: ("notify",)},
            standard.DEVICE_INFORMATION_SERVICE: {
                standard.MANUFACTURER_NAME: ("read",),
                standard.FIRMWARE_REVISION: ("read",),
            },
        }
    )

    def __init__(self, plan: Plan, *, acc_range_g: int | None = None, confirms: bool = True) -> None:
        self._plan = plan
        self._acc_range_g = acc_range_g
        self._confirms = confirms
        self._subscribed: dict[int, str] = {}
        self._values = {standard.MANUFACTURER_NAME: b"Movesense", standard.FIRMWARE_REVISION: b"2.3.1"}

    @property
    def streaming(self) -> bool:
        """Whether all of the plan is subscribed to."""
        return self._plan.resources.items() <= self._subscribed.items()

    def read(self, characteristic: str) -> bytes:
        """Read a value, or raise `RefusedError`."""
        if characteristic not in self._values:
            raise RefusedError(f"characteristic {characteristic} can't be read")
        return self._values[characteristic]

    def write(self, characteristic: str, data: bytes) -> list[tuple[str, bytes]]:
        """Take a command, and answer as far as the firmware does."""
        if characteristic != movesense.COMMAND or len(data) < 2 or data[1] == 0:
            raise RefusedError(f"characteristic {characteristic} does not take {data.hex(' ')}")
        answer = self._obey(data[0], data[1], data[2:].rstrip(b"\0").decode(errors="replace"))
        return [] if answer is None else [(movesense.DATA, bytes([Notification.COMMAND_RESULT, data[1]]) + answer)]

    def disconnected(self) -> None:
        """Forget all subscriptions."""
        self._subscribed.clear()

    def _obey(self, command: int, reference: int, path: str) -> bytes | None:
        match command:
            case Command.HELLO:
                return b"Hello"
            case Command.SUBSCRIBE:
                if len(self._subscribed) >= MAX_SUBSCRIPTIONS:
                    return _NO_ROOM
                if path not in self._plan.resources.values():
                    return _NOT_FOUND
                self._subscribed[reference] = path
                return _OK if self._confirms else None
            case Command.UNSUBSCRIBE:
                known = self._subscribed.pop(reference, None) is not None
                return (_OK if known else _NOT_FOUND) if self._confirms else None
            case Command.GET if self._acc_range_g is not None and path == movesense.ACC_CONFIGURATION:
                return _OK + bytes([self._acc_range_g])
            case Command.GET:
                return _NOT_FOUND
        return None


def packets(
    sensor: Sensor, blocks: Iterable[ImuBlock], *, plan: Plan, per_block: int | None = None
) -> Iterator[TimedPacket]:
    """Pack blocks into notifications; each is due when its last sample was taken.

    Parameters
    ----------
    sensor
        Whose samples.
    blocks
        Its samples.
    plan
        Which resources they come from.
    per_block
        Samples in a payload; as many as the firmware sends at this rate when not given.
    """
    size = per_block or plan.rate_hz // SLOWEST_HZ
    for rows in runs(blocks, size, _GAP_FROM / sensor.sampling_rate_hz):
        stamp_ms = UPTIME_MS + int(float(rows[0, 0]) * 1e3)
        acc: FloatArray = rows[:, 1:4]
        gyro: FloatArray = rows[:, 4:7] / RADIANS_PER_DEGREE
        arrays = {Reference.ACC: (acc,), Reference.GYRO: (gyro,), Reference.IMU6: (acc, gyro)}
        for reference in plan.references:
            for part in encode_data(reference, encode_block(stamp_ms, *arrays[reference])):
                yield TimedPacket(float(rows[-1, 0]), movesense.DATA, part)


def movesense_sensor(
    model: MovesenseModel,
    packets: Iterable[TimedPacket],
    *,
    address: str,
    faults: Faults | None = None,
    random: Random | None = None,
) -> VirtualSensor:
    """Make a virtual sensor of this model."""
    name = f"Movesense {int(address.replace(':', ''), 16) % 10**12:012d}"
    return VirtualSensor(model, packets, address=address, name=name, faults=faults, random=random)
