"""A fake `org.bluez` on a private D-Bus, with virtual sensors behind it: bleak's own Linux code runs unchanged.

It serves as much of BlueZ's D-Bus API (https://github.com/bluez/bluez/tree/master/doc) as bleak uses: discovery,
Device1.Connect and Disconnect, the GATT objects, ReadValue, WriteValue, StartNotify and StopNotify. Objects come and go
as BlueZ's do: a device while it is in range, its GATT objects while it is connected.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from bleak.backends.bluezdbus import manager
from dbus_fast import DBusError, Message, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import (
    DBusBool,
    DBusBytes,
    DBusDict,
    DBusInt16,
    DBusObjectPath,
    DBusSignature,
    DBusStr,
    DBusUInt16,
)
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from footfall_gateway.clock import Clock
from footfall_gateway.virtual.models import RefusedError
from footfall_gateway.virtual.radio import ADVERTISING_INTERVAL_S, ATT_MTU, CONNECTING_S
from footfall_gateway.virtual.sensor import VirtualSensor

FAILED = "org.bluez.Error.Failed"
SEND_BUFFER_BYTES = 1 << 23

DBusStrings = Annotated[list[str], DBusSignature("as")]
DBusByService = Annotated[dict[str, Variant], DBusSignature("a{sv}")]


def readable(name: str) -> Callable[[Callable[..., object]], property]:
    return dbus_property(PropertyAccess.READ, name=name)


class Adapter(ServiceInterface):
    def __init__(self, path: str, *, powered: bool) -> None:
        super().__init__("org.bluez.Adapter1")
        self.path = path
        self.discovering = False
        self.connecting = False
        self._powered = powered

    @readable("Address")
    def address(self) -> DBusStr:
        return "00:1A:7D:DA:71:13"

    @readable("Name")
    def adapter_name(self) -> DBusStr:
        return "fake"

    @readable("Powered")
    def powered(self) -> DBusBool:
        return self._powered

    @readable("Discovering")
    def is_discovering(self) -> DBusBool:
        return self.discovering

    @readable("Roles")
    def roles(self) -> DBusStrings:
        return ["central"]

    @readable("UUIDs")
    def uuids(self) -> DBusStrings:
        return []

    @dbus_method("SetDiscoveryFilter")
    def set_discovery_filter(self, properties: DBusDict) -> None:
        pass

    @dbus_method("StartDiscovery")
    def start_discovery(self) -> None:
        if self.discovering:
            raise DBusError("org.bluez.Error.InProgress", "Operation already in progress")
        self._discover(True)

    @dbus_method("StopDiscovery")
    def stop_discovery(self) -> None:
        if not self.discovering:
            raise DBusError(FAILED, "No discovery started")
        self._discover(False)

    def _discover(self, discovering: bool) -> None:
        self.discovering = discovering
        self.emit_properties_changed({"Discovering": discovering})


class Service(ServiceInterface):
    def __init__(self, uuid: str, device_path: str) -> None:
        super().__init__("org.bluez.GattService1")
        self._uuid = uuid
        self._device_path = device_path

    @readable("UUID")
    def uuid(self) -> DBusStr:
        return self._uuid

    @readable("Device")
    def device(self) -> DBusObjectPath:
        return self._device_path

    @readable("Primary")
    def primary(self) -> DBusBool:
        return True


class Characteristic(ServiceInterface):
    def __init__(self, uuid: str, flags: Sequence[str], service_path: str, sensor: VirtualSensor) -> None:
        super().__init__("org.bluez.GattCharacteristic1")
        self._uuid = uuid
        self._flags = flags
        self._service_path = service_path
        self._sensor = sensor

    def notified(self, data: bytes) -> None:
        self.emit_properties_changed({"Value": data})

    @readable("UUID")
    def uuid(self) -> DBusStr:
        return self._uuid

    @readable("Service")
    def service(self) -> DBusObjectPath:
        return self._service_path

    @readable("Flags")
    def flags(self) -> DBusStrings:
        return list(self._flags)

    @readable("MTU")
    def mtu(self) -> DBusUInt16:
        return ATT_MTU

    @readable("Value")
    def value(self) -> DBusBytes:
        return b""

    @dbus_method("ReadValue")
    def read_value(self, options: DBusDict) -> DBusBytes:
        with refusing():
            return self._sensor.read(self._uuid)

    @dbus_method("WriteValue")
    def write_value(self, value: DBusBytes, options: DBusDict) -> None:
        with refusing():
            self._sensor.write(self._uuid, value)

    @dbus_method("StartNotify")
    def start_notify(self) -> None:
        self._sensor.subscribe(self._uuid, enabled=True)

    @dbus_method("StopNotify")
    def stop_notify(self) -> None:
        self._sensor.subscribe(self._uuid, enabled=False)


class Device(ServiceInterface):
    """A sensor that was heard; it is the sensor's `Link` too."""

    def __init__(self, sensor: VirtualSensor, adapter: Adapter, bus: MessageBus, clock: Clock) -> None:
        super().__init__("org.bluez.Device1")
        self._adapter = adapter
        self.sensor = sensor
        self.path = f"{adapter.path}/dev_{sensor.address.replace(':', '_')}"
        self.is_connected = False
        self._services_resolved = False
        self._bus = bus
        self._clock = clock
        self._characteristics: dict[str, Characteristic] = {}
        self._gatt_paths: list[str] = []

    def heard(self) -> None:
        self.emit_properties_changed({"RSSI": -55})

    # The sensor's link.

    def notified(self, characteristic: str, data: bytes) -> None:
        self._characteristics[characteristic].notified(data)

    def lost(self) -> None:
        self.is_connected = self._services_resolved = False
        self.emit_properties_changed({"ServicesResolved": False, "Connected": False})
        for path in self._gatt_paths:
            self._bus.unexport(path)
        self._gatt_paths.clear()
        self._characteristics.clear()

    # BlueZ's interface.

    @readable("Address")
    def address(self) -> DBusStr:
        return self.sensor.address

    @readable("Name")
    def device_name(self) -> DBusStr:
        return self.sensor.name

    @readable("Alias")
    def alias(self) -> DBusStr:
        return self.sensor.name

    @readable("Adapter")
    def adapter(self) -> DBusObjectPath:
        return self._adapter.path

    @readable("UUIDs")
    def uuids(self) -> DBusStrings:
        return list(self.sensor.advertised)

    @readable("ServiceData")
    def service_data(self) -> DBusByService:
        return {uuid: Variant("ay", data) for uuid, data in self.sensor.service_data.items()}

    @readable("RSSI")
    def rssi(self) -> DBusInt16:
        return -55

    @readable("Paired")
    def paired(self) -> DBusBool:
        return False

    @readable("Connected")
    def connected(self) -> DBusBool:
        return self.is_connected

    @readable("ServicesResolved")
    def services_resolved(self) -> DBusBool:
        return self._services_resolved

    @dbus_method("Connect")
    async def connect(self) -> None:
        # As the weaker adapters do.
        if self._adapter.discovering or self._adapter.connecting:
            raise DBusError("org.bluez.Error.InProgress", "Operation already in progress")
        self._adapter.connecting = True
        try:
            await self._clock.sleep(CONNECTING_S)
            with refusing():
                self.sensor.connect(self)
        finally:
            self._adapter.connecting = False
        self._resolve()

    async def connected_by_someone(self) -> None:
        self.sensor.connect(self)
        self._resolve()

    def _resolve(self) -> None:
        self.is_connected = True
        self.emit_properties_changed({"Connected": True})
        handle = 1
        for service_uuid, characteristics in self.sensor.services.items():
            service_path = f"{self.path}/service{handle:04x}"
            self._export(service_path, Service(service_uuid, self.path))
            for uuid, flags in characteristics.items():
                handle += 2
                characteristic = Characteristic(uuid, flags, service_path, self.sensor)
                self._export(f"{service_path}/char{handle:04x}", characteristic)
                self._characteristics[uuid] = characteristic
            handle += 2
        self._services_resolved = True
        self.emit_properties_changed({"ServicesResolved": True})

    @dbus_method("Disconnect")
    def disconnect(self) -> None:
        if self.is_connected:
            self.sensor.disconnect()
            self.lost()

    def _export(self, path: str, interface: ServiceInterface) -> None:
        self._bus.export(path, interface)
        self._gatt_paths.append(path)


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Answer as BlueZ does when the sensor refuses."""
    try:
        yield
    except RefusedError as refusal:
        raise DBusError(FAILED, str(refusal)) from refusal


@contextlib.asynccontextmanager
async def private_system_bus() -> AsyncIterator[str]:
    """Run a D-Bus daemon of our own, which bleak takes for the system's."""
    with TemporaryDirectory() as folder:
        address = f"unix:path={Path(folder) / 'bus'}"
        daemon = await asyncio.create_subprocess_exec(
            *("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address", f"--address={address}"),
            stdout=asyncio.subprocess.PIPE,
        )
        assert daemon.stdout is not None
        await daemon.stdout.readline()
        before = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS")
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = address
        try:
            yield address
        finally:
            await forget_bleaks_bus()
            if before is None:
                del os.environ["DBUS_SYSTEM_BUS_ADDRESS"]
            else:
                os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = before
            daemon.terminate()
            await daemon.wait()


async def forget_bleaks_bus() -> None:
    """Close the connection that bleak keeps for each event loop, as it has no call for it."""
    bluez = manager._global_instances.pop(asyncio.get_running_loop(), None)
    if bluez is not None and bluez._bus is not None:
        bus = bluez._bus
        bus.disconnect()
        await bus.wait_for_disconnect()


class FakeBluez:
    """BlueZ with its adapters, and the air around it."""

    def __init__(self, sensors: Sequence[VirtualSensor], clock: Clock, bus: MessageBus) -> None:
        self.adapters: dict[str, Adapter] = {}
        self._sensors = sensors
        self._clock = clock
        self._bus = bus
        self._devices: dict[str, list[Device]] = {}
        self._known: set[str] = set()

    def plug(self, name: str, *, powered: bool = True) -> None:
        """Put an adapter in."""
        adapter = Adapter(f"/org/bluez/{name}", powered=powered)
        self._bus.export(adapter.path, adapter)
        self.adapters[name] = adapter
        self._devices[name] = [Device(sensor, adapter, self._bus, self._clock) for sensor in self._sensors]

    def unplug(self, name: str) -> None:
        """Pull an adapter out: its connections break, its objects vanish."""
        adapter = self.adapters.pop(name)
        for device in self._devices.pop(name):
            device.disconnect()
            if device.path in self._known:
                self._known.discard(device.path)
                self._bus.unexport(device.path)
        self._bus.unexport(adapter.path)

    async def leave_connected(self, name: str, address: str) -> None:
        """Connect a sensor for a program that ends without a word, as BlueZ keeps it connected then."""
        device = next(device for device in self._devices[name] if device.sensor.address == address)
        self._known.add(device.path)
        self._bus.export(device.path, device)
        await device.connected_by_someone()

    async def settled(self) -> None:
        """Return when bleak has taken what was sent to it until now: an answer over the bus comes after all that.

        A clock that is stepped no faster than this lets nobody wait in vain, however slow the bus is.
        """
        bluez = manager._global_instances.get(asyncio.get_running_loop())
        if bluez is not None and bluez._bus is not None and bluez._bus.unique_name is not None:
            await self._bus.call(
                Message(
                    destination=bluez._bus.unique_name, path="/", interface="org.freedesktop.DBus.Peer", member="Ping"
                )
            )

    async def advertise(self) -> None:
        """Let the adapters hear the sensors, for ever."""
        while True:
            await self._clock.sleep(ADVERTISING_INTERVAL_S)
            for name, adapter in self.adapters.items():
                for device in self._devices[name]:
                    if adapter.discovering and device.sensor.advertising:
                        if device.path not in self._known:
                            self._known.add(device.path)
                            self._bus.export(device.path, device)
                        device.heard()
                    elif device.path in self._known and not device.sensor.reachable:
                        self._known.discard(device.path)
                        self._bus.unexport(device.path)


@contextlib.asynccontextmanager
async def fake_bluez(
    sensors: Sequence[VirtualSensor], clock: Clock, *, powered: bool = True, adapters: Sequence[str] = ("hci0",)
) -> AsyncIterator[FakeBluez]:
    """Have BlueZ running, with these sensors on the air."""
    async with private_system_bus() as address:
        bus = await MessageBus(bus_address=address).connect()
        assert bus._sock is not None
        # dbus-fast gives up on a socket that is full, and a burst of notifications fills the usual buffer.
        bus._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        bluez = FakeBluez(sensors, clock, bus)
        for name in adapters:
            bluez.plug(name, powered=powered)
        await bus.request_name("org.bluez")
        advertising = asyncio.create_task(bluez.advertise())
        try:
            yield bluez
        finally:
            advertising.cancel()
            await asyncio.gather(advertising, return_exceptions=True)
            bus.disconnect()
            await bus.wait_for_disconnect()
