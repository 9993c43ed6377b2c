"""Virtual heart rate straps, foot pods and treadmills, which send by themselves once a second."""

from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Final

from footfall_gateway.devices import CompanionProfile, heart_rate, running_speed, treadmill
from footfall_gateway.devices.heart_rate import HeartRateMeasurement
from footfall_gateway.devices.kit.base import NO_DATA
from footfall_gateway.devices.kit.standard import DEVICE_INFORMATION_SERVICE, MANUFACTURER_NAME, MODEL_NUMBER
from footfall_gateway.devices.running_speed import RunningMeasurement
from footfall_gateway.devices.treadmill import TreadmillMeasurement
from footfall_gateway.packets import RawPacket, RecordedCompanion
from footfall_gateway.virtual.models.base import GattTable, RefusedError
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_gateway.virtual.timed_packets import TimedPacket

_CHEST: Final = b"\x01"
_TOP_OF_SHOE: Final = b"\x01"
_RSC_FEATURES: Final = b"\x07\x00"
"""Stride length, total distance, walking or running."""
_MACHINE_FEATURES: Final = b"\x0d\x14\x00\x00\x03\x00\x00\x00"
"""Average speed, distance, slope, heart rate, elapsed time; and that speed and slope could be set."""


class StandardModel:
    """A device with one standard service, and device information.

    Parameters
    ----------
    profile
        Its service, and the characteristic that it notifies.
    readable
        Its other characteristics, with their values.
    commands
        What others could write to; whatever is written is refused.
    service_data
        What it advertises of its service.

    Attributes
    ----------
    written
        What somebody tried to write, and where.
    """

    streaming = True

    def __init__(
        self,
        profile: CompanionProfile,
        readable: Mapping[str, bytes],
        commands: Iterable[str] = (),
        service_data: Mapping[str, bytes] = NO_DATA,
    ) -> None:
        self.service_data = service_data
        self.written: list[tuple[str, bytes]] = []
        self._profile = profile
        self._readable = readable
        self._commands = tuple(commands)
        self._information = {MANUFACTURER_NAME: b"Virtual\0", MODEL_NUMBER: profile.name.encode()}

    @property
    def advertised(self) -> tuple[str, ...]:
        """UUIDs of the services in its advertisement."""
        return self._profile.services

    @property
    def services(self) -> GattTable:
        """The GATT table."""
        (service,) = self._profile.services
        own: GattTable = {
            service: {
                **dict.fromkeys(self._profile.notifications, ("notify",)),
                **dict.fromkeys(self._readable, ("read",)),
                **dict.fromkeys(self._commands, ("write", "indicate")),
            },
            DEVICE_INFORMATION_SERVICE: dict.fromkeys(self._information, ("read",)),
        }
        return own

    def read(self, characteristic: str) -> bytes:
        """Read a value."""
        values = {**self._readable, **self._information}
        if characteristic not in values:
            raise RefusedError(f"characteristic {characteristic} can't be read")
        return values[characteristic]

    def write(self, characteristic: str, data: bytes) -> list[tuple[str, bytes]]:
        """Take no command: there is nothing that we may set."""
        self.written.append((characteristic, data))
        raise RefusedError(f"characteristic {characteristic} can't be written")

    def disconnected(self) -> None:
        """Go on, as nobody said stop."""


def heart_rate_model() -> StandardModel:
    """Make the firmware of a chest strap."""
    return StandardModel(heart_rate.PROFILE, {heart_rate.BODY_LOCATION: _CHEST})


def foot_pod_model() -> StandardModel:
    """Make the firmware of a foot pod."""
    readable = {running_speed.FEATURE: _RSC_FEATURES, running_speed.LOCATION: _TOP_OF_SHOE}
    return StandardModel(running_speed.PROFILE, readable)


def treadmill_model() -> StandardModel:
    """Make the firmware of a treadmill, whose belt others could set in motion."""
    readable, commands = {treadmill.FEATURE: _MACHINE_FEATURES}, (treadmill.CONTROL_POINT,)
    return StandardModel(treadmill.PROFILE, readable, commands, treadmill.advertised_data())


def heart_rate_packets(measurements: Iterable[HeartRateMeasurement], *, first_s: float = 0.0) -> Iterator[TimedPacket]:
    """Send one measurement a second."""
    for number, measurement in enumerate(measurements):
        yield TimedPacket(first_s + number, heart_rate.MEASUREMENT, heart_rate.encode_measurement(measurement))


def foot_pod_packets(measurements: Iterable[RunningMeasurement], *, first_s: float = 0.0) -> Iterator[TimedPacket]:
    """Send one measurement a second."""
    for number, measurement in enumerate(measurements):
        yield TimedPacket(first_s + number, running_speed.MEASUREMENT, running_speed.encode_measurement(measurement))


def treadmill_packets(
    measurements: Iterable[TreadmillMeasurement], *, first_s: float = 0.0, every_s: float = 1.0
) -> Iterator[TimedPacket]:
    """Send one measurement a second, or each so many."""
    for number, measurement in enumerate(measurements):
        yield TimedPacket(first_s + every_s * number, treadmill.MEASUREMENT, treadmill.encode_measurement(measurement))


def recorded_packets(companion: RecordedCompanion, packets: Iterable[RawPacket]) -> Iterator[TimedPacket]:
    """Send what was recorded of a companion, at the moments it had arrived."""
    return (
        TimedPacket(packet.received_s, packet.characteristic, packet.data)
        for packet in packets
        if packet.sensor_id == companion.id
    )


def companion_sensor(
    model: StandardModel,
    timed_packets: Iterable[TimedPacket],
    *,
    address: str,
    name: str,
    faults: Faults | None = None,
    random: Random | None = None,
) -> VirtualSensor:
    """Make a virtual companion."""
    return VirtualSensor(
        model,
        timed_packets,
        address=address,
        name=name,
        faults=faults,
        random=random,
        service_data=model.service_data,
    )


MODELS: Final = {
    heart_rate.NAME: heart_rate_model,
    running_speed.NAME: foot_pod_model,
    treadmill.NAME: treadmill_model,
}
"""The firmware for each companion profile."""
