"""Reaching one sensor after the other, with patience: links break, and what is done over them can be done again."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from bleak import BleakClient
from bleak.exc import BleakError

from footfall_gateway.ble.paired import PairedSensor
from footfall_gateway.ble.peer import BlePeer
from footfall_gateway.ble.scanner import RADIO_ERRORS, Backends, Found, Scanner, adapter_arguments
from footfall_gateway.clock import Clock, within
from footfall_gateway.devices import PROFILES
from footfall_gateway.devices.kit.onboard import OnboardLog
from footfall_gateway.errors import BluetoothError, TemporaryError
from footfall_gateway.onboard.recorders import RECORDERS
from footfall_gateway.packets import RecordedSensor
from footfall_processing.errors import InputError

logger = logging.getLogger(__name__)

T = TypeVar("T")

MOST_TRIES: Final = 5
"""So often in a row a sensor is connected to without gaining anything."""
RETRY_S: Final = 2.0
CONNECT_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Connected:
    """A sensor that is connected: what it is, and its memory; `None` when it has none."""

    recorded: RecordedSensor
    log: OnboardLog | None


class Reach(Protocol):
    """How sensors are reached."""

    def __call__(self, one: PairedSensor, /) -> AbstractAsyncContextManager[Connected]:
        """Connect to a sensor.

        Raises
        ------
        TemporaryError
            When it is not heard.
        RADIO_ERRORS
            What the radio raises, here and from all that is done over the link.
        """
        ...


async def patiently(
    reach: Reach,
    one: PairedSensor,
    clock: Clock,
    work: Callable[[Connected], Awaitable[T]],
    gained: Callable[[], int] = lambda: 0,
) -> T:
    """Connect to a sensor and do something, again where the link breaks.

    Parameters
    ----------
    work
        Does no harm when it is done again.
    gained
        Counts what was gained: while it grows, the link may break as often as it likes.

    Raises
    ------
    TemporaryError
        When the sensor is not heard, or the link broke `MOST_TRIES` times in a row with nothing gained.
    """
    tries = 0
    while True:
        before = gained()
        try:
            async with reach(one) as there:
                return await work(there)
        except RADIO_ERRORS as error:
            logger.info("%s: %s", one.id, str(error) or type(error).__name__)
            tries = tries + 1 if gained() == before else 1
            if tries >= MOST_TRIES:
                raise TemporaryError(
                    f"{one.id}: the link broke {tries} times with nothing gained; bring it nearer, and try again"
                ) from error
        await clock.sleep(RETRY_S)


class BleReach:
    """Reaches sensors over Bluetooth; a `Reach`.

    Parameters
    ----------
    clock, backends
        The surroundings.
    listen_s
        How long to listen for a sensor.
    """

    def __init__(self, clock: Clock, backends: Backends, listen_s: float) -> None:
        self._clock = clock
        self._backends = backends
        self._listen_s = listen_s
        self._scanner = Scanner([PROFILES[name] for name in RECORDERS], backends, clock)

    @asynccontextmanager
    async def __call__(self, one: PairedSensor) -> AsyncIterator[Connected]:
        """Connect to a sensor; see `Reach`."""
        found = await self._heard(one)
        profile, onboard = PROFILES[one.profile], RECORDERS.get(one.profile)
        if profile.describe is None or onboard is None:
            raise InputError(f"{one.id}: {profile.product} can't record by itself, as far as Footfall knows")
        client = BleakClient(
            found.device,
            lambda _: peer.lost(),
            timeout=CONNECT_S,
            backend=self._backends.client,
            bluez=adapter_arguments(found.adapter),
        )
        peer = BlePeer(client, found.address, found.name, self._clock, lambda *_: None)
        try:
            async with self._scanner.quiet(found.adapter):
                await within(self._clock, CONNECT_S, client.connect())
            await peer.subscribe(onboard.notifications)
            recorded = await profile.describe(peer, one.wearing)
            yield Connected(recorded, await onboard.open(peer))
        finally:
            try:
                await client.disconnect()
            except RADIO_ERRORS as error:
                logger.debug("%s: disconnecting: %s", one.id, error)

    async def _heard(self, one: PairedSensor) -> Found:
        try:
            hearing = self._scanner.hear(lambda found: found.address.upper() == one.address.upper())
            return await within(self._clock, self._listen_s, hearing)
        except TimeoutError as error:
            raise TemporaryError(f"{one.id} was not heard within {self._listen_s:g} s") from error
        except BleakError as error:
            raise BluetoothError(error) from error
