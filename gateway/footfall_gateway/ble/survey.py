"""What is near: every sensor that can be heard, and what it says of itself when asked."""

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import Final

from bleak import BleakClient

from footfall_gateway.ble.peer import BlePeer
from footfall_gateway.ble.scanner import RADIO_ERRORS, Backends, Found, Scanner, adapter_arguments
from footfall_gateway.clock import Clock, within
from footfall_gateway.devices import COMPANION_PROFILES, PROFILES, CompanionProfile, Wearing
from footfall_gateway.errors import BluetoothError
from footfall_gateway.packets import RecordedCompanion, RecordedSensor
from footfall_processing.errors import InputError
from footfall_processing.session import Placement

logger = logging.getLogger(__name__)

CONNECT_S: Final = 20.0
_ANYWHERE: Final = Wearing("near", Placement.SHANK)


@dataclass(frozen=True, slots=True)
class Near:
    """A sensor that was heard.

    Parameters
    ----------
    found
        How it announced itself.
    described
        What it is; `None` when it was not asked or did not answer.
    battery_percent
        0 to 100; `None` when it does not say.
    trouble
        Why it could not be asked; empty when it could.
    """

    found: Found
    described: RecordedSensor | RecordedCompanion | None = None
    battery_percent: int | None = None
    trouble: str = ""


async def listen(clock: Clock, *, seconds: float, backends: Backends) -> tuple[Near, ...]:
    """Listen for a while; return the sensors and companions that were heard, the strongest signal first.

    Raises
    ------
    BluetoothError
        When the computer's Bluetooth is missing or off.
    """
    heard: dict[str, Found] = {}

    def keep(found: Found) -> bool:
        heard[found.address] = found
        return False

    scanner = Scanner((*PROFILES.values(), *COMPANION_PROFILES.values()), backends, clock)
    try:
        await within(clock, seconds, scanner.hear(keep))
    except TimeoutError:
        pass
    except RADIO_ERRORS as error:
        raise BluetoothError(error) from error
    return tuple(Near(found) for found in sorted(heard.values(), key=lambda found: -found.rssi_dbm))


async def ask(near: Near, clock: Clock, *, backends: Backends) -> Near:
    """Connect to a sensor and let it say what it is."""
    try:
        async with asyncio.timeout(CONNECT_S):
            return await _asked(near, clock, backends)
    except InputError as error:
        return replace(near, trouble=str(error))
    except RADIO_ERRORS as error:
        logger.info("%s: %s", near.found.address, error)
        return replace(near, trouble="does not answer: is another app connected to it?")


async def _asked(near: Near, clock: Clock, backends: Backends) -> Near:
    found, profile = near.found, near.found.profile
    client = BleakClient(
        found.device,
        timeout=CONNECT_S,
        backend=backends.client,
        bluez=adapter_arguments(found.adapter),
    )
    battery: list[int | None] = []
    try:
        await client.connect()
        peer = BlePeer(client, found.address, found.name, clock, lambda *_: None)
        await peer.subscribe(profile.notifications)
        described: RecordedSensor | RecordedCompanion | None = None
        if isinstance(profile, CompanionProfile):
            described = await profile.describe(peer, _ANYWHERE.sensor_id)
        elif profile.describe is not None:
            described = await profile.describe(peer, _ANYWHERE)
        if isinstance(profile, CompanionProfile) or profile.battery is None:
            await peer.follow_battery(battery.append)
        else:
            battery.append(await profile.battery(peer))
    finally:
        await client.disconnect()
    return replace(near, described=described, battery_percent=battery[-1] if battery else None)
