"""A connected sensor over bleak, as drivers talk to it."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import BleakError

from footfall_gateway.clock import Clock, within
from footfall_gateway.devices.kit.standard import BATTERY_LEVEL, battery_percent

ANSWER_S: Final = 5.0
"""A sensor that takes longer to answer is not there any more."""


class _Hearing:
    """Notifications of one characteristic that wait for whoever listens."""

    def __init__(self, clock: Clock) -> None:
        self.is_lost = False
        self._clock = clock
        self._waiting: deque[bytes] = deque()
        self._changed = asyncio.Event()

    def take(self, value: bytes) -> None:
        self._waiting.append(value)
        self._changed.set()

    def lose(self) -> None:
        self.is_lost = True
        self._changed.set()

    async def next(self) -> bytes:
        if not self._waiting and not self.is_lost:
            self._changed.clear()
            await within(self._clock, ANSWER_S, self._changed.wait())
        if not self._waiting:
            raise BleakError("the link was lost")
        return self._waiting.popleft()


class BlePeer:
    """One connection; a `LogPeer`, whose methods do what is said there.

    Parameters
    ----------
    client
        The connection; it need not be open yet.
    address, name
        How the sensor announced itself.
    clock
        Times pauses and answers.
    on_packet
        Called with characteristic and bytes of each notification, in order, each once.
    """

    def __init__(
        self, client: BleakClient, address: str, name: str, clock: Clock, on_packet: Callable[[str, bytes], None]
    ) -> None:
        self.address = address
        self.name = name
        self._client = client
        self._clock = clock
        self._on_packet = on_packet
        self._listeners: dict[asyncio.Future[bytes], tuple[str, Callable[[bytes], bool]]] = {}
        self._hearings: list[tuple[str, _Hearing]] = []

    def has(self, characteristic: str) -> bool:
        """Tell whether the sensor offers a characteristic."""
        return self._client.services.get_characteristic(characteristic) is not None

    async def read(self, characteristic: str) -> bytes:
        """Read a value."""
        return bytes(await self._client.read_gatt_char(characteristic))

    async def write(self, characteristic: str, data: bytes, *, response: bool = True) -> None:
        """Write a value; where the sensor confirms none, it is not asked to."""
        found = self._client.services.get_characteristic(characteristic)
        confirmed = response and (found is None or "write" in found.properties)
        await self._client.write_gatt_char(characteristic, data, response=confirmed)

    async def ask(
        self,
        characteristic: str,
        data: bytes,
        *,
        answer_on: str,
        accepts: Callable[[bytes], bool],
        response: bool = True,
    ) -> bytes:
        """Write a value, and return its answer."""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._listeners[answer] = (answer_on, accepts)

        async def asked() -> bytes:
            await self.write(characteristic, data, response=response)
            return await answer

        try:
            return await within(self._clock, ANSWER_S, asked())
        finally:
            del self._listeners[answer]

    async def pause(self, duration_s: float) -> None:
        """Let time pass."""
        await self._clock.sleep(duration_s)

    @contextmanager
    def hearing(self, characteristic: str) -> Iterator[_Hearing]:
        """Keep a characteristic's notifications."""
        hearing = _Hearing(self._clock)
        self._hearings.append((characteristic, hearing))
        try:
            yield hearing
        finally:
            self._hearings.remove((characteristic, hearing))

    def lost(self) -> None:
        """Tell all who wait for something that the link was lost, so that they need not wait for it to time out."""
        for answer in self._listeners:
            if not answer.done():
                answer.set_exception(BleakError("the link was lost"))
                answer.exception()  # who waits may have failed for another reason by now
        for _, hearing in self._hearings:
            hearing.lose()

    async def subscribe(self, characteristics: Iterable[str]) -> None:
        """Subscribe to those of the characteristics that the sensor has."""
        for characteristic in characteristics:
            if self.has(characteristic):
                await self._client.start_notify(characteristic, self._notified)

    async def follow_battery(self, take: Callable[[int | None], None]) -> None:
        """Read the standard battery service, where the sensor has it, and hear of every change."""
        level = self._client.services.get_characteristic(BATTERY_LEVEL)
        if level is None:
            return
        take(battery_percent(bytes(await self._client.read_gatt_char(level))))
        if "notify" in level.properties:
            await self._client.start_notify(level, lambda _, data: take(battery_percent(bytes(data))))

    def _notified(self, characteristic: BleakGATTCharacteristic, data: bytearray) -> None:
        value = bytes(data)
        for answer, (answer_on, accepts) in self._listeners.items():
            if characteristic.uuid == answer_on and not answer.done() and accepts(value):
                answer.set_result(value)
        for heard_on, hearing in self._hearings:
            if characteristic.uuid == heard_on:
                hearing.take(value)
        self._on_packet(characteristic.uuid, value)
