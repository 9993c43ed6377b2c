"""bleak backends over a radio that exists in this process only: any operating system, no Bluetooth."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from bleak.args import SizedBuffer
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError

from footfall_gateway.ble.scanner import Backends
from footfall_gateway.clock import Clock
from footfall_gateway.virtual.models import GattTable, RefusedError
from footfall_gateway.virtual.sensor import VirtualSensor

ADVERTISING_INTERVAL_S: Final = 0.1
CONNECTING_S: Final = 0.05
ATT_MTU: Final = 247
"""What every current phone and computer grants."""

AnswerT = TypeVar("AnswerT")


class VirtualRadio:
    """The air between virtual sensors and a gateway.

    It is as strict as the weaker Bluetooth adapters: no connecting while a scan or another connect is under way.

    Parameters
    ----------
    sensors
        Who is on the air.
    clock
        Paces advertisements and connecting.
    """

    def __init__(self, sensors: Sequence[VirtualSensor], clock: Clock) -> None:
        self.sensors = {sensor.address: sensor for sensor in sensors}
        self.clock = clock
        self.busy = False

    def backends(self) -> Backends:
        """Give bleak what it is to use in place of the operating system's Bluetooth."""
        return Backends(
            scanner=type("VirtualScanner", (_Scanner,), {"radio": self}),
            client=type("VirtualClient", (_Client,), {"radio": self}),
        )


class _Scanner(BaseBleakScanner):
    radio: VirtualRadio

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        scanning_mode: str,
        **_: object,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._scan: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.seen_devices = {}
        self._scan = asyncio.create_task(self._hear())
        self.radio.busy = True

    async def stop(self) -> None:
        if self._scan is not None:
            self._scan.cancel()
            await asyncio.gather(self._scan, return_exceptions=True)
            self._scan = None
            self.radio.busy = False

    async def _hear(self) -> None:
        while True:
            await self.radio.clock.sleep(ADVERTISING_INTERVAL_S)
            for sensor in self.radio.sensors.values():
                uuids = list(sensor.advertised)
                if sensor.advertising and self.is_allowed_uuid(uuids):
                    heard = AdvertisementData(sensor.name, {}, dict(sensor.service_data), uuids, None, -55, ())
                    device = self.create_or_update_device(sensor.address, sensor.address, sensor.name, sensor, heard)
                    self.call_detection_callbacks(device, heard)


class _Client(BaseBleakClient):
    radio: VirtualRadio

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        services: set[str] | None = None,
        *,
        disconnected_callback: Callable[[], None] | None,
        timeout: float,
        **_: object,
    ) -> None:
        super().__init__(address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout)
        self._sensor = self.radio.sensors.get(self.address)
        self._connected = False
        self._callbacks: dict[str, NotifyCallback] = {}

    # What the sensor calls.

    def notified(self, characteristic: str, data: bytes) -> None:
        self._callbacks[characteristic](bytearray(data))

    def lost(self) -> None:
        self._forget()

    # What bleak calls.

    @property
    def name(self) -> str:
        return self._there().name

    @property
    def mtu_size(self) -> int:
        return ATT_MTU

    @property
    def is_connected(self) -> bool:
        return self._connected

    async def connect(self, pair: bool, **_: object) -> None:
        if self.radio.busy:
            raise BleakError("Operation already in progress")
        self.radio.busy = True
        try:
            await self.radio.clock.sleep(CONNECTING_S)
            self._ask(lambda sensor: sensor.connect(self))
        finally:
            self.radio.busy = False
        self._connected = True
        self.services = _services(self._there().services)

    async def disconnect(self) -> None:
        if self._connected:
            self._there().disconnect()
            self._forget()

    async def pair(self, *_: object, **__: object) -> None:
        """Nothing to pair."""

    async def unpair(self) -> None:
        """Nothing was paired."""

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **_: object
    ) -> bytearray:
        return bytearray(self._ask(lambda sensor: sensor.read(characteristic.uuid), connected=True))

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool) -> None:
        if ("write" if response else "write-without-response") not in characteristic.properties:
            raise BleakError(f"{characteristic.uuid} can't be written {'with' if response else 'without'} response")
        self._ask(lambda sensor: sensor.write(characteristic.uuid, bytes(data)), connected=True)

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: object
    ) -> None:
        self._callbacks[characteristic.uuid] = callback
        self._ask(lambda sensor: sensor.subscribe(characteristic.uuid, enabled=True), connected=True)

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        self._ask(lambda sensor: sensor.subscribe(characteristic.uuid, enabled=False), connected=True)
        self._callbacks.pop(characteristic.uuid, None)

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **_: object
    ) -> bytearray:
        raise BleakError("virtual sensors have no descriptors to read")

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        raise BleakError("virtual sensors have no descriptors to write")

    def _there(self) -> VirtualSensor:
        if self._sensor is None:
            raise BleakDeviceNotFoundError(self.address, "no such sensor")
        return self._sensor

    def _ask(self, request: Callable[[VirtualSensor], AnswerT], *, connected: bool = False) -> AnswerT:
        if connected and not self._connected:
            raise BleakError("Not connected")
        try:
            return request(self._there())
        except RefusedError as refusal:
            raise BleakError(str(refusal)) from refusal

    def _forget(self) -> None:
        self._connected, self.services = False, None
        self._callbacks.clear()
        if self._disconnected_callback is not None:
            self._disconnected_callback()


def _services(gatt_table: GattTable) -> BleakGATTServiceCollection:
    table, handle = BleakGATTServiceCollection(), 1
    for service_uuid, characteristics in gatt_table.items():
        service = BleakGATTService(None, handle, service_uuid)
        table.add_service(service)
        for uuid, properties in characteristics.items():
            handle += 2
            table.add_characteristic(
                BleakGATTCharacteristic(None, handle, uuid, list(properties), lambda: ATT_MTU - 3, service)
            )
        handle += 2
    return table
