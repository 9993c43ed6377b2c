"""The link to each sensor: scan, connect, subscribe, start, and come back after every loss. The only user of bleak.

bleak's hazards that shape this module: a client that is abandoned without `disconnect` delivers every notification
twice to its successor, so each client is disconnected before the next is made; connects while another connect or a
scan is under way fail on many adapters, so both are serialised; subscriptions and the start command do not survive a
reconnect; a stalled link is noticed by the system only after 4 to 20 s, so a watchdog on the data closes it first.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from random import Random

from bleak import BleakClient

from footfall_gateway.ble.peer import BlePeer
from footfall_gateway.ble.scanner import RADIO_ERRORS, Backends, Found, Scanner, adapter_arguments
from footfall_gateway.clock import Clock, wait_at_most, within
from footfall_gateway.devices import CompanionProfile, DeviceProfile, Peer
from footfall_gateway.packets import RecordedCompanion, RecordedSensor
from footfall_processing.errors import InputError
from footfall_processing.health import LinkState

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LinkTiming:
    """How patient a link is; seconds.

    Parameters
    ----------
    connect_s
        Longest attempt to connect and read the sensor (real time: the system's Bluetooth knows no other).
    scan_s, rescan_s
        Longest scan before it is begun anew, as one that hears nothing may be stuck in the system's Bluetooth; the
        wait before the next try when there is nothing to scan with.
    silent_s, give_up_s
        No data for this long is reported, and makes the link be closed and opened again.
    first_retry_s, last_retry_s
        The wait after a failed attempt, doubled each time up to the last; chance takes off up to half of it, so that
        sensors do not retry in step.
    """

    connect_s: float = 20.0
    scan_s: float = 5.0
    rescan_s: float = 1.0
    silent_s: float = 2.0
    give_up_s: float = 6.0
    first_retry_s: float = 0.5
    last_retry_s: float = 15.0

    def retry_s(self, failures: int, random: Random) -> float:
        """Wait before the next attempt, after this many failures in a row."""
        longest_s = min(self.first_retry_s * 2.0 ** max(failures - 1, 0), self.last_retry_s)
        return longest_s * random.uniform(0.5, 1.0)

    def more_patient(self, factor: float) -> "LinkTiming":
        """Return the same with silence borne longer."""
        return replace(self, silent_s=factor * self.silent_s, give_up_s=factor * self.give_up_s)


class SensorLink:
    """One sensor's or companion's link, kept up until it is cancelled.

    Parameters
    ----------
    address, profile
        Which sensor, and its model.
    found
        The sensor as it was heard first; `None` when it is still to be heard.
    describe
        Asks what it is; an `InputError` from it ends the link.
    recorded
        What it is, when that is known from before: it is not asked then.
    scanner, backends, clock, random, timing
        The surroundings; `random` spreads the retries.
    started
        Set when the session begins: until then the sensor is connected but not started.
    on_described
        Called with the description at the first connection; an `InputError` from it ends the link.
    on_packet
        Called with characteristic and bytes of each notification, in order, each once.
    quick
        Whether it is asked for short packets, where it can send such.
    on_change
        Called after `state` or `battery_percent` changed.

    Attributes
    ----------
    state
        Where the link stands.
    battery_percent
        0 to 100; `None` when the sensor does not say.
    """

    def __init__(
        self,
        address: str,
        profile: DeviceProfile | CompanionProfile,
        *,
        found: Found | None,
        describe: Callable[[Peer], Awaitable[RecordedSensor | RecordedCompanion]],
        recorded: RecordedSensor | RecordedCompanion | None = None,
        scanner: Scanner,
        backends: Backends,
        clock: Clock,
        random: Random,
        timing: LinkTiming,
        started: asyncio.Event,
        on_described: Callable[[RecordedSensor | RecordedCompanion], None],
        on_packet: Callable[[str, bytes], None],
        on_change: Callable[[], None],
        quick: bool = False,
    ) -> None:
        self.state = LinkState.SEARCHING
        self.battery_percent: int | None = None
        self._profile = profile
        self._found = found
        self._address = address
        self._scanner = scanner
        self._backends = backends
        self._clock = clock
        self._random = random
        self._timing = timing
        self._ask = describe
        self._started = started
        self._on_described = on_described
        self._on_packet = on_packet
        self._on_change = on_change
        self._quick = quick
        self._recorded = recorded
        self._serving: BlePeer | None = None
        self._last_data_s: float | None = None

    async def run(self) -> None:
        """Connect, stream and come back, until cancelled; then stop the sensor and disconnect.

        Raises
        ------
        InputError
            When the sensor's description makes no sense.
        """
        failures = 0
        try:
            while True:
                self._last_data_s = None
                found, self._found = self._found or await self._search(), None
                try:
                    with self._scanner.carrying(found):
                        await self._serve(found)
                except InputError:
                    raise
                except RADIO_ERRORS as error:
                    logger.info("%s: %s", self._address, str(error) or type(error).__name__)
                except Exception:
                    # The root of the link's task: one sensor's trouble must not end the session of the others.
                    logger.exception("%s: unexpected error, connecting again", self._address)
                failures = failures + 1 if self._last_data_s is None else 1
                self._become(LinkState.LOST if self._recorded is not None else LinkState.SEARCHING)
                await self._clock.sleep(self._timing.retry_s(failures, self._random))
        finally:
            self._become(LinkState.FINISHED)

    async def _search(self) -> Found:
        while True:
            hearing = self._scanner.hear(lambda found: found.address.upper() == self._address.upper())
            try:
                return await within(self._clock, self._timing.scan_s, hearing)
            except TimeoutError:
                continue
            except RADIO_ERRORS as error:
                logger.info("%s: can't listen: %s", self._address, error)
                await self._clock.sleep(self._timing.rescan_s)

    async def _serve(self, found: Found) -> None:
        """Connect and stream until the link is lost, or raise one of `RADIO_ERRORS`."""
        self._become(LinkState.CONNECTING)
        lost = asyncio.Event()
        client = BleakClient(
            found.device,
            lambda _: lost.set(),
            timeout=self._timing.connect_s,
            backend=self._backends.client,
            bluez=adapter_arguments(found.adapter),
        )
        peer = BlePeer(client, found.address, found.name, self._clock, lambda *packet: self._take(peer, *packet))
        self._serving = peer
        try:
            async with self._scanner.quiet(found.adapter), asyncio.timeout(self._timing.connect_s):
                await client.connect()
                await peer.subscribe(self._profile.notifications)
                recorded = await self._describe(peer)
                await self._follow_battery(peer)
            if await _first(self._started, lost) is self._started:
                start = self._start_of(self._profile)
                if start is not None and isinstance(recorded, RecordedSensor):
                    async with asyncio.timeout(self._timing.connect_s):
                        await start(peer, recorded)
                await self._watch(lost)
        finally:
            await self._leave(client, peer)
            self._serving = None

    def _start_of(
        self, profile: DeviceProfile | CompanionProfile
    ) -> Callable[[Peer, RecordedSensor], Awaitable[None]] | None:
        if isinstance(profile, CompanionProfile):
            return None
        return profile.start_quick if self._quick and profile.start_quick is not None else profile.start

    async def _describe(self, peer: BlePeer) -> RecordedSensor | RecordedCompanion:
        if self._recorded is None:
            recorded = await self._ask(peer)
            self._on_described(recorded)
            self._recorded = recorded
        return self._recorded

    def _take(self, peer: BlePeer, characteristic: str, data: bytes) -> None:
        if self._serving is not peer:
            return
        self._last_data_s = self._clock.now_s()
        self._on_packet(characteristic, data)
        self._become(LinkState.STREAMING)

    async def _follow_battery(self, peer: BlePeer) -> None:
        def take(percent: int | None) -> None:
            if self._serving is peer and percent is not None and percent != self.battery_percent:
                self.battery_percent = percent
                self._on_change()

        if isinstance(self._profile, DeviceProfile) and self._profile.battery is not None:
            take(await self._profile.battery(peer))
        else:
            await peer.follow_battery(take)

    async def _watch(self, lost: asyncio.Event) -> None:
        """Return when the link is lost; raise when the data stay away."""
        tick_s = self._timing.silent_s / 2.0
        heard_s, silent_ticks = self._last_data_s, 0
        while not await wait_at_most(self._clock, tick_s, lost):
            # Ticks are counted, not the clock read: after a pause of the whole computer the data are only late.
            silent_ticks = silent_ticks + 1 if heard_s == self._last_data_s else 0
            heard_s = self._last_data_s
            if silent_ticks * tick_s >= self._timing.give_up_s:
                raise TimeoutError(f"no data for {silent_ticks * tick_s:g} s")
            if silent_ticks * tick_s >= self._timing.silent_s:
                self._become(LinkState.SILENT)

    async def _leave(self, client: BleakClient, peer: BlePeer) -> None:
        """Stop the sensor and disconnect, as far as the radio lets us."""
        try:
            async with asyncio.timeout(self._timing.connect_s):
                stop = self._profile.stop if isinstance(self._profile, DeviceProfile) else None
                started = client.is_connected and self._started.is_set()
                if started and stop is not None and isinstance(self._recorded, RecordedSensor):
                    await stop(peer, self._recorded)
        except RADIO_ERRORS as error:
            logger.debug("%s: stopping: %s", self._address, error)
        try:
            await client.disconnect()
        except RADIO_ERRORS as error:
            logger.debug("%s: disconnecting: %s", self._address, error)

    def _become(self, state: LinkState) -> None:
        if state is not self.state:
            self.state = state
            self._on_change()


async def _first(*events: asyncio.Event) -> asyncio.Event:
    """Wait until one of the events is set, and return it; of several, the first named."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return next(event for event in events if event.is_set())
