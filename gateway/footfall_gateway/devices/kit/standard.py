"""What the Bluetooth SIG assigned and many sensors share: battery, device information, services of one measurement."""

from abc import ABC, abstractmethod
from types import MappingProxyType
from typing import ClassVar, Final

from footfall_gateway.devices.kit.base import Peer
from footfall_gateway.packets import RawPacket, RecordedCompanion
from footfall_processing.companions import CompanionReading
from footfall_processing.errors import InputError
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

BATTERY_SERVICE: Final = "0000180f-0000-1000-8000-00805f9b34fb"
BATTERY_LEVEL: Final = "00002a19-0000-1000-8000-00805f9b34fb"
DEVICE_INFORMATION_SERVICE: Final = "0000180a-0000-1000-8000-00805f9b34fb"
MANUFACTURER_NAME: Final = "00002a29-0000-1000-8000-00805f9b34fb"
MODEL_NUMBER: Final = "00002a24-0000-1000-8000-00805f9b34fb"
SERIAL_NUMBER: Final = "00002a25-0000-1000-8000-00805f9b34fb"
HARDWARE_REVISION: Final = "00002a27-0000-1000-8000-00805f9b34fb"
FIRMWARE_REVISION: Final = "00002a26-0000-1000-8000-00805f9b34fb"

_INFORMATION: Final = (
    ("manufacturer", MANUFACTURER_NAME),
    ("model", MODEL_NUMBER),
    ("serial", SERIAL_NUMBER),
    ("hardware", HARDWARE_REVISION),
    ("firmware", FIRMWARE_REVISION),
)


async def device_information(peer: Peer) -> dict[str, str]:
    """Read who made the sensor and what it is, as far as it says; texts by name."""
    return {
        label: (await peer.read(characteristic)).rstrip(b"\0").decode(errors="replace")
        for label, characteristic in _INFORMATION
        if peer.has(characteristic)
    }


def battery_percent(data: bytes) -> int | None:
    """Read a value of the battery level, 0 to 100; `None` when it makes no sense."""
    return data[0] if len(data) == 1 and data[0] <= 100 else None


async def describe_companion(peer: Peer, companion_id: str, profile: str) -> RecordedCompanion:
    """Ask a connected companion who made it and what it is."""
    settings = MappingProxyType(dict(await device_information(peer)))
    return RecordedCompanion(companion_id, profile, address=peer.address, name=peer.name, settings=settings)


class MeasurementDecoder(ABC):
    """Decodes a companion whose packets are all one measurement; see `CompanionDecoder`."""

    characteristic: ClassVar[str]

    def __init__(self, companion: RecordedCompanion) -> None:
        self.rejected_packets = 0
        self._companion_id = companion.id
        self._kind = f"{companion.profile} 1"

    def push(self, packet: RawPacket) -> list[CompanionReading]:
        """Decode the next packet: its readings are all of its arrival."""
        if packet.characteristic != self.characteristic:
            return []
        try:
            found = self._take(packet.data)
        except InputError:
            self.rejected_packets += 1
            return []
        return [CompanionReading(self._companion_id, packet.received_s, MappingProxyType(values)) for values in found]

    def state(self) -> PlainState:
        """Return what there is to be stored; see `CompanionDecoder`."""
        return {"kind": self._kind, "rejected": self.rejected_packets}

    def restore(self, state: PlainState) -> None:
        """Go on from what another decoder left; see `CompanionDecoder`."""
        self.rejected_packets = Stored.of_kind(state, self._kind).whole("rejected")

    @abstractmethod
    def _take(self, data: bytes) -> list[dict[str, float]]:
        """Read the next measurement's values, reading by reading; raise `InputError` when it makes no sense."""
