"""What the Bluetooth SIG assigned and many sensors share: battery and device information."""

from types import MappingProxyType
from typing import Final

from footfall_gateway.devices.base import Peer
from footfall_gateway.packets import RecordedCompanion

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
