"""One scan for all who search: on every adapter, resting while one of them connects."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from bleak import BleakAdapter, BleakScanner
from bleak.args.bluez import BlueZAdapterArgs, BlueZScannerArgs
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakError

from footfall_gateway.clock import Clock
from footfall_gateway.devices import CompanionProfile, DeviceProfile
from footfall_gateway.devices.kit.base import NO_DATA

logger = logging.getLogger(__name__)

RADIO_ERRORS: Final = (BleakError, TimeoutError, OSError, EOFError)
"""What bleak and the layers below raise when the radio or the other side misbehaves."""

FAIR_S: Final = 1.0
"""For so long a busier adapter waits for a less busy one to hear a sensor too."""
UNKNOWN_RSSI_DBM: Final = -127
"""The signal of a sensor that is connected and so does not advertise."""
GENERIC_ATTRIBUTE_SERVICE: Final = "00001801-0000-1000-8000-00805f9b34fb"


@dataclass(frozen=True, slots=True)
class Backends:
    """What bleak talks to.

    Parameters
    ----------
    scanner, client
        bleak backends in place of the operating system's Bluetooth.
    adapters
        Which Bluetooth adapters, such as `("hci0", "hci1")`, where the system has several (Linux); none for the
        system's default.
    """

    scanner: type[BaseBleakScanner] | None = None
    client: type[BaseBleakClient] | None = None
    adapters: tuple[str, ...] = ()


def adapter_arguments(adapter: str | None) -> BlueZAdapterArgs:
    """Name an adapter as bleak wants it."""
    return {} if adapter is None else {"adapter": adapter}


@dataclass(frozen=True, slots=True)
class Found:
    """A sensor that was heard.

    Parameters
    ----------
    address, name
        How it announces itself; the name may be empty.
    profile
        Its model; of a device that is both a sensor and a companion, the sensor's.
    companion
        As which companion it can go with a session; `None` when as none.
    device
        What bleak connects to.
    rssi_dbm
        How strong its signal was.
    adapter
        Which adapter heard it; `None` for the system's default.
    """

    address: str
    name: str
    profile: DeviceProfile | CompanionProfile
    device: BLEDevice
    rssi_dbm: int
    adapter: str | None = None
    companion: CompanionProfile | None = None


@dataclass(slots=True)
class _Search:
    accepts: Callable[[Found], bool]
    first_heard_s: dict[str, float] = field(default_factory=dict)


class _Radio:
    """One adapter."""

    def __init__(self, adapter: str | None) -> None:
        self.adapter = adapter
        self.connecting = asyncio.Lock()
        self.switching = asyncio.Lock()
        self.scanner: BleakScanner | None = None


class Scanner:
    """All scanning: it runs while anybody searches, and rests on an adapter that connects.

    Parameters
    ----------
    profiles
        Sensor models and companions to listen for.
    backends
        What to listen with.
    clock
        Times the patience of busy adapters.
    """

    def __init__(self, profiles: Iterable[DeviceProfile | CompanionProfile], backends: Backends, clock: Clock) -> None:
        self._profiles = tuple(profiles)
        self._backends = backends
        self._clock = clock
        self._searches: dict[asyncio.Future[Found], _Search] = {}
        self._radios = [_Radio(adapter) for adapter in backends.adapters or (None,)]
        self._carried: Counter[str | None] = Counter()
        self._served: set[str] = set()

    async def hear(self, accepts: Callable[[Found], bool]) -> Found:
        """Listen until a sensor is heard that is accepted, or found connected already, by someone who left it so.

        Raises
        ------
        RADIO_ERRORS
            When no adapter can listen.
        """
        heard: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._searches[heard] = _Search(accepts)
        try:
            await self._switch_all()
            return await heard
        finally:
            del self._searches[heard]
            with contextlib.suppress(*RADIO_ERRORS):
                await self._switch_all()

    @contextlib.asynccontextmanager
    async def quiet(self, adapter: str | None) -> AsyncIterator[None]:
        """Have an adapter for oneself, to connect."""
        radio = next(radio for radio in self._radios if radio.adapter == adapter)
        try:
            async with radio.connecting:
                await self._switch(radio)
                yield
        finally:
            # The connection is worth more than the scan: searches begin anew after a while.
            with contextlib.suppress(*RADIO_ERRORS):
                await self._switch(radio)

    @contextlib.contextmanager
    def carrying(self, found: Found) -> Iterator[None]:
        """Count a link to its adapter while it is kept."""
        self._carried[found.adapter] += 1
        self._served.add(found.address)
        try:
            yield
        finally:
            self._carried[found.adapter] -= 1
            self._served.discard(found.address)

    def carried(self) -> Mapping[str | None, int]:
        """Tell how many links each adapter carries."""
        return {radio.adapter: self._carried[radio.adapter] for radio in self._radios}

    async def _switch_all(self) -> None:
        errors = []
        for radio in self._radios:
            try:
                await self._switch(radio)
            except RADIO_ERRORS as error:
                logger.info("%s can't listen: %s", radio.adapter or "Bluetooth", error)
                errors.append(error)
        if len(errors) == len(self._radios):
            raise errors[0]

    async def _switch(self, radio: _Radio) -> None:
        """Start or stop scanning, as is wanted now."""
        async with radio.switching:
            wanted = bool(self._searches) and not radio.connecting.locked()
            if wanted and radio.scanner is None:

                def heard(device: BLEDevice, advertisement: AdvertisementData) -> None:
                    name = advertisement.local_name or device.name or ""
                    services, data = tuple(advertisement.service_uuids), advertisement.service_data
                    self._heard(radio, device, name, services, advertisement.rssi, data)

                scanner = BleakScanner(heard, backend=self._backends.scanner, bluez=_scanner_arguments(radio.adapter))
                await scanner.start()
                radio.scanner = scanner
                await self._adopt(radio)
            elif not wanted and radio.scanner is not None:
                scanner, radio.scanner = radio.scanner, None
                await scanner.stop()

    async def _adopt(self, radio: _Radio) -> None:
        """Hear of sensors that the system still holds connected for a program that is gone: they do not advertise."""
        if self._backends.scanner is not None:
            return
        services = [service for profile in self._profiles for service in profile.services]
        try:
            adapter = await BleakAdapter.get(bluez=adapter_arguments(radio.adapter))
            devices = await adapter.get_connected_devices([GENERIC_ATTRIBUTE_SERVICE, *services])
        except NotImplementedError:
            return
        for device in devices:
            if device.address not in self._served:
                self._heard(radio, device, device.name or "", _advertised(device), UNKNOWN_RSSI_DBM)

    def _heard(
        self,
        radio: _Radio,
        device: BLEDevice,
        name: str,
        services: tuple[str, ...],
        rssi_dbm: int,
        service_data: Mapping[str, bytes] = NO_DATA,
    ) -> None:
        matches = [profile for profile in self._profiles if profile.matches(name, services, service_data)]
        if not matches:
            return
        companions = [profile for profile in matches if isinstance(profile, CompanionProfile)]
        profile = next((profile for profile in matches if isinstance(profile, DeviceProfile)), matches[0])
        companion = companions[0] if companions else None
        found = Found(device.address, name, profile, device, rssi_dbm, radio.adapter, companion)
        for heard, search in self._searches.items():
            if not heard.done() and search.accepts(found) and self._is_fair(found, search):
                heard.set_result(found)

    def _is_fair(self, found: Found, search: _Search) -> bool:
        """Tell whether this adapter may take the sensor, or a less busy one should hear it too."""
        listening = [radio.adapter for radio in self._radios if radio.scanner is not None] or [found.adapter]
        if self._carried[found.adapter] <= min(self._carried[adapter] for adapter in listening):
            return True
        now_s = self._clock.now_s()
        return now_s - search.first_heard_s.setdefault(found.address, now_s) >= FAIR_S


def _scanner_arguments(adapter: str | None) -> BlueZScannerArgs:
    return {} if adapter is None else {"adapter": adapter}


def _advertised(device: BLEDevice) -> tuple[str, ...]:
    """Return the services that the system knows of a device."""
    properties = device.details.get("props", {}) if isinstance(device.details, dict) else {}
    return tuple(str(service).lower() for service in properties.get("UUIDs", ()))
