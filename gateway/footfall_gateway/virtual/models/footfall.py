"""A sensor with the open Footfall profile."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Final

from footfall_gateway.devices import footfall
from footfall_gateway.devices.kit import standard
from footfall_gateway.devices.protocols.footfall_log import LOG_CONTROL, LOG_DATA
from footfall_gateway.virtual.models.base import GattTable, RefusedError
from footfall_gateway.virtual.models.footfall_log import FlashLog
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_gateway.virtual.timed_packets import TimedPacket
from footfall_processing.errors import InputError
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

_LOG_CHARACTERISTICS: Final[GattTable] = MappingProxyType(
    {footfall.SERVICE: {LOG_CONTROL: ("write", "indicate"), LOG_DATA: ("notify",)}}
)

_COMMANDS: Final = (footfall.START_STREAMING, footfall.START_QUICK, footfall.STOP_STREAMING)


class FootfallModel:
    """The profile's firmware; streams while started.

    Parameters
    ----------
    sensor
        What it says of itself; its ranges must be known.
    log
        Its memory, where it has one.
    """

    advertised: tuple[str, ...] = (footfall.SERVICE,)

    def __init__(self, sensor: Sensor, log: FlashLog | None = None) -> None:
        self.streaming = False
        self.is_quick = False
        self._log = log
        self.services: GattTable = _SERVICES if log is None else _with_log(_SERVICES)
        layout = None if log is None else log.layout
        self._values = {
            footfall.DESCRIPTION: footfall.encode_description(sensor, quick=True, log=layout),
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
        """Start streaming, in short packets or in full ones, or stop; or do what the memory is told."""
        if characteristic == LOG_CONTROL and self._log is not None:
            return self._log.command(data)
        if characteristic != footfall.CONTROL or data not in _COMMANDS:
            raise RefusedError(f"characteristic {characteristic} does not take {data.hex(' ')}")
        self.streaming = data != footfall.STOP_STREAMING
        self.is_quick = data == footfall.START_QUICK
        return []

    def disconnected(self) -> None:
        """Stop streaming."""
        self.streaming = False


def _with_log(services: GattTable) -> GattTable:
    own = {**services[footfall.SERVICE], **_LOG_CHARACTERISTICS[footfall.SERVICE]}
    return MappingProxyType({**services, footfall.SERVICE: own})


def quickly(model: FootfallModel, sensor: Sensor, packets: Iterable[TimedPacket]) -> Iterator[TimedPacket]:
    """Cut packets into short ones while the sensor is in quick mode; each is due when its last sample was taken."""
    most = footfall.samples_per_quick_packet(sensor.sampling_rate_hz, has_gyro=sensor.has_gyro)
    ahead = 0
    """How many more packets were made than were given, as the count that each carries goes on."""
    for packet in packets:
        if packet.characteristic != footfall.SAMPLES or (not model.is_quick and not ahead):
            yield packet
            continue
        try:
            whole = footfall.decode_samples(packet.data)
        except InputError:
            yield packet  # as broken as it is
            continue
        n = len(whole.acc)
        size = most if model.is_quick else n
        for begin in range(0, n, size):
            end = min(n, begin + size)
            piece = replace(
                whole,
                sequence=whole.sequence + ahead,
                device_time_us=whole.device_time_us + round(begin * whole.interval_ns * 1e-3),
                acc=whole.acc[begin:end],
                gyr=None if whole.gyr is None else whole.gyr[begin:end],
            )
            ahead += end < n
            due_s = packet.due_s - (n - end) * whole.interval_ns * 1e-9
            yield TimedPacket(due_s, packet.characteristic, footfall.encode_samples(piece))


def footfall_sensor(
    sensor: Sensor,
    packets: Iterable[TimedPacket],
    *,
    address: str,
    faults: Faults | None = None,
    random: Random | None = None,
    log: FlashLog | None = None,
) -> VirtualSensor:
    """Make a virtual sensor of this model; with a memory where one is given."""
    name = f"Footfall {sensor.id}"
    model = FootfallModel(sensor, log)
    if log is not None:
        packets = log.recording(packets)
    return VirtualSensor(
        model, quickly(model, sensor, packets), address=address, name=name, faults=faults, random=random
    )
