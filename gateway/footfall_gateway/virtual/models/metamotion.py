"""An MbientLab MetaMotion."""

from collections.abc import Iterable, Iterator
from random import Random
from types import MappingProxyType
from typing import Final

import numpy as np

from footfall_gateway.devices import metamotion
from footfall_gateway.devices.kit import standard
from footfall_gateway.devices.metamotion import ACCELEROMETER, CONFIGURE, ENABLE, GYROSCOPE, MODULE_INFO, POWER, Chip
from footfall_gateway.virtual.models.base import GattTable, RefusedError
from footfall_gateway.virtual.models.quantising import to_codes
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_gateway.virtual.timed_packets import TimedPacket, runs
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

_SERVICES: Final[GattTable] = MappingProxyType(
    {
        metamotion.SERVICE: {
            metamotion.COMMAND: ("write", "write-without-response"),
            metamotion.NOTIFY: ("notify",),
        },
        standard.DEVICE_INFORMATION_SERVICE: {
            standard.MANUFACTURER_NAME: ("read",),
            standard.MODEL_NUMBER: ("read",),
            standard.FIRMWARE_REVISION: ("read",),
        },
    }
)
_CODES: Final = 32768.0


class MetaMotionModel:
    """The firmware; it streams once both sensors are set up, subscribed to, enabled and powered.

    Parameters
    ----------
    chip
        Which inertial sensor it has.
    battery_percent
        Its battery's level.
    settings_revision
        Of its settings module: from 3 on, it tells the battery.
    sensor_revision
        Of its sensors' modules; by default one that packs.

    Attributes
    ----------
    registers
        What was written, by module and register.
    """

    advertised: tuple[str, ...] = (metamotion.SERVICE,)
    services: GattTable = _SERVICES

    def __init__(
        self,
        chip: Chip = metamotion.CHIPS["BMI270"],
        *,
        battery_percent: int = 99,
        settings_revision: int = 10,
        sensor_revision: int | None = None,
    ) -> None:
        self.registers: dict[tuple[int, int], bytes] = {}
        revision = chip.revision if sensor_revision is None else sensor_revision
        self._chip = chip
        self._answers = {
            bytes((ACCELEROMETER, MODULE_INFO)): bytes((chip.acc_implementation, revision)),
            bytes((GYROSCOPE, MODULE_INFO)): bytes((chip.gyro_implementation, revision)),
            bytes((metamotion.SETTINGS, MODULE_INFO)): bytes((0, settings_revision)),
        }
        if settings_revision >= 3:
            # Level, and 4,148 mV.
            battery = bytes((battery_percent,)) + (4148).to_bytes(2, "little")
            self._answers[bytes((metamotion.SETTINGS, metamotion.BATTERY_STATE))] = battery
        self._values = {
            standard.MANUFACTURER_NAME: b"MbientLab Inc",
            standard.MODEL_NUMBER: b"8" if chip.name == "BMI270" else b"5",
            standard.FIRMWARE_REVISION: b"1.7.2",
        }

    @property
    def streaming(self) -> bool:
        """Whether both streams are on, as `packets` makes them."""
        chip = self._chip
        wanted = {
            (ACCELEROMETER, CONFIGURE): chip.acc_configuration,
            (GYROSCOPE, CONFIGURE): chip.gyro_configuration,
            (ACCELEROMETER, chip.packed_acc): b"\1",
            (GYROSCOPE, chip.packed_gyro): b"\1",
            (ACCELEROMETER, ENABLE): b"\1\0",
            (GYROSCOPE, ENABLE): b"\1\0",
            (ACCELEROMETER, POWER): b"\1",
            (GYROSCOPE, POWER): b"\1",
        }
        return all(self.registers.get(at) == value for at, value in wanted.items())

    def read(self, characteristic: str) -> bytes:
        """Read a value, or raise `RefusedError`."""
        if characteristic not in self._values:
            raise RefusedError(f"characteristic {characteristic} can't be read")
        return self._values[characteristic]

    def write(self, characteristic: str, data: bytes) -> list[tuple[str, bytes]]:
        """Take a command; an absent module answers with its name alone, and what makes no sense is ignored."""
        if characteristic != metamotion.COMMAND:
            raise RefusedError(f"characteristic {characteristic} can't be written")
        if len(data) < 2:
            return []
        if data[1] & metamotion.READ:
            answer = self._answers.get(data)
            if answer is None and data[1] != MODULE_INFO:
                return []
            return [(metamotion.NOTIFY, data + (answer or b""))]
        self.registers[data[0], data[1]] = data[2:]
        return []

    def disconnected(self) -> None:
        """Go on sampling, as nobody said stop."""


def packets(sensor: Sensor, blocks: Iterable[ImuBlock], chip: Chip) -> Iterator[TimedPacket]:
    """Send three samples a packet, of each stream in turn; what does not fill one is left out."""
    for rows in runs(blocks, metamotion.SAMPLES_PER_PACKET, 1.5 / sensor.sampling_rate_hz):
        if len(rows) < metamotion.SAMPLES_PER_PACKET:
            continue
        due_s = float(rows[-1, 0])
        acc = to_codes(rows[:, 1:4], _CODES / metamotion.ACC_CODES_PER_G * STANDARD_GRAVITY_MPS2)
        gyr_radps = rows[:, 4:7] if rows.shape[1] == 7 else np.zeros((len(rows), 3))
        gyr = to_codes(gyr_radps, _CODES / metamotion.GYRO_CODES_PER_DPS * RADIANS_PER_DEGREE)
        for module, register, codes in ((ACCELEROMETER, chip.packed_acc, acc), (GYROSCOPE, chip.packed_gyro, gyr)):
            yield TimedPacket(due_s, metamotion.NOTIFY, metamotion.encode_packet(module, register, codes))


def metamotion_sensor(
    timed_packets: Iterable[TimedPacket],
    *,
    address: str,
    model: MetaMotionModel | None = None,
    faults: Faults | None = None,
    random: Random | None = None,
) -> VirtualSensor:
    """Make a virtual sensor of this model."""
    firmware = model or MetaMotionModel()
    return VirtualSensor(firmware, timed_packets, address=address, name="MetaWear", faults=faults, random=random)
