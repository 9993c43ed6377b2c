"""The sensor hub: all sensors of a session, their packets in one stream, and how each is doing."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from random import Random
from types import MappingProxyType, TracebackType
from typing import Final, Self

from footfall_gateway.ble.link import LinkTiming, SensorLink
from footfall_gateway.ble.monitor import SensorMonitor
from footfall_gateway.ble.scanner import RADIO_ERRORS, Backends, Found, Scanner
from footfall_gateway.clock import Clock, wait_at_most, within
from footfall_gateway.devices import (
    COMPANION_PROFILES,
    PROFILES,
    CompanionProfile,
    CompanionWish,
    Decoder,
    DeviceProfile,
    Peer,
    Wearing,
)
from footfall_gateway.errors import BluetoothError, GatewayError
from footfall_gateway.owned_tasks import OwnedTasks
from footfall_gateway.packets import RawPacket, RecordedCompanion, RecordedSensor
from footfall_processing.errors import InputError
from footfall_processing.health import SensorHealth
from footfall_processing.samples import ImuBlock

logger = logging.getLogger(__name__)

QUEUE_PACKETS: Final = 4096
"""Packets that may wait for the reader: more than three minutes of two sensors."""
ROOMY_PACKETS: Final = 64
"""With fewer packets than this waiting, a player that can wait may go on."""
REPORT_INTERVAL_S: Final = 1.0
COMPANION_PATIENCE: Final = 5.0
"""So much longer than a sensor a companion may be silent: it sends about once a second, some only with each beat."""


class SensorsNotFoundError(GatewayError):
    """Not enough sensors were found in time."""


@dataclass(slots=True)
class _Member:
    """A sensor or companion of the session; described once it was connected."""

    link: SensorLink
    is_companion: bool
    recorded: RecordedSensor | RecordedCompanion | None = None
    packets: int = 0

    @property
    def id(self) -> str | None:
        """What it is called in the session."""
        if isinstance(self.recorded, RecordedSensor):
            return self.recorded.sensor.id
        return None if self.recorded is None else self.recorded.id


class SensorHub:
    """Finds sensors, keeps their links, and hands out their packets.

    Used as an async context manager that owns all tasks::

        async with SensorHub(clock=SystemClock()) as hub:
            recorded_sensors = await hub.find(2, timeout_s=30.0)
            hub.start()
            async for packet in hub.packets():
                blocks = hub.decode([packet])

    `find` connects and describes the sensors; `start` is session second 0 and lets them stream. Leaving the context,
    or `stop`, stops and disconnects the sensors; `packets` then ends after the last packet.

    Parameters
    ----------
    clock
        Its seconds time the packets' arrival. A virtual radio brings its own clock.
    backends
        What bleak talks to in place of the system's Bluetooth.
    profiles
        Sensor models to look for.
    companions
        Devices that go with the session beside its sensors: what they are called, and their profile in
        `COMPANION_PROFILES`, by address in upper case; no others are taken.
    wearings
        Where sensors are worn, by address in upper case, as their owner said; other sensors are left alone then.
    models
        Which models these are, by name in `profiles`: what says to be another model at the same address is left alone.
    random
        Spreads retries; nothing measured depends on it.
    timing
        How patient the links are.
    quick
        Whether sensors are asked for short packets, those that can send such.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        backends: Backends | None = None,
        profiles: Mapping[str, DeviceProfile] = PROFILES,
        wearings: Mapping[str, Wearing] | None = None,
        models: Mapping[str, str] | None = None,
        companions: Mapping[str, CompanionWish] | None = None,
        random: Random | None = None,
        timing: LinkTiming | None = None,
        quick: bool = False,
    ) -> None:
        self._clock = clock
        self._backends = backends or Backends()
        self._wearings = wearings or {}
        self._models = models or {}
        self._wishes = companions or {}
        self._profiles = profiles
        self._random = random or Random()
        self._timing = timing or LinkTiming()
        self._quick = quick
        self._scanner = Scanner((*profiles.values(), *COMPANION_PROFILES.values()), self._backends, clock)
        self._tasks = OwnedTasks()
        self._members: dict[str, _Member] = {}
        self._monitors: dict[str, SensorMonitor] = {}
        self._refused: dict[str, str] = {}
        self._started = asyncio.Event()
        self._origin_s = 0.0
        self._heard_s = 0.0
        self._newest_s: dict[str, float] = {}
        self._started_utc: datetime | None = None
        self._waiting: deque[RawPacket] = deque()
        self._arrived = asyncio.Event()
        self._taken = asyncio.Event()
        self._changed = asyncio.Event()
        self._settled = asyncio.Event()
        self._stopped = asyncio.Event()
        self._dropped_packets = 0

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        await self._tasks.__aexit__(kind, error, trace)

    async def find(
        self, count: int, *, timeout_s: float, at_least: int | None = None, companions: int = 0
    ) -> tuple[RecordedSensor, ...]:
        """Find, connect and describe sensors; return their descriptions, ordered by id.

        Parameters
        ----------
        count
            How many are wanted.
        timeout_s
            How long to wait for them.
        at_least
            With how many to be content after that; all when not given.
        companions
            For how many companions to wait too; one that does not come is no error.

        Raises
        ------
        BluetoothError
            When the computer's Bluetooth is missing or off.
        SensorsNotFoundError
            When fewer than `count` were found and connected in `timeout_s`.
        """
        try:
            return await within(self._clock, timeout_s, self._gather(count, companions))
        except TimeoutError as error:
            if len(self._described()) >= max(count if at_least is None else at_least, 1):
                return self._described()
            refused = "".join(f"; {address} was left out: {why}" for address, why in self._refused.items())
            raise SensorsNotFoundError(
                f"{len(self._described())} of {count} sensors found within {timeout_s:g} s: "
                f"wake them, bring them near, and close other apps that hold them{refused}"
            ) from error
        except RADIO_ERRORS as error:
            raise BluetoothError(error) from error

    def companions(self) -> tuple[RecordedCompanion, ...]:
        """Return the descriptions of the companions that were found, ordered by id."""
        found = (m.recorded for m in self._members.values() if isinstance(m.recorded, RecordedCompanion))
        return tuple(sorted(found, key=lambda companion: companion.id))

    def take_up(self, recorded_sensors: Iterable[RecordedSensor], companions: Iterable[RecordedCompanion] = ()) -> None:
        """Look for the sensors and companions of a session that goes on; they need not be near yet."""
        for sensor in recorded_sensors:
            self._admit(sensor.address, self._profiles[sensor.profile], recorded=sensor)
        for companion in companions:
            self._admit(companion.address, COMPANION_PROFILES[companion.profile], recorded=companion)

    def start(self, *, at_s: float = 0.0) -> datetime:
        """Begin the session: now is session second `at_s`. Return the wall-clock time of now."""
        self._heard_s = self._clock.now_s()
        self._origin_s = self._heard_s - at_s
        self._started_utc = self._clock.utc_now()
        self._started.set()
        return self._started_utc

    async def packets(self) -> AsyncIterator[RawPacket]:
        """Hand out the packets of all sensors in order of arrival, until the hub stops."""
        async for batch in self.batches():
            for packet in batch:
                yield packet

    async def batches(self) -> AsyncIterator[list[RawPacket]]:
        """Hand out the same packets, each time all that wait."""
        while True:
            if self._waiting:
                batch = list(self._waiting)
                self._waiting.clear()
                self._taken.set()
                yield batch
            elif self._stopped.is_set():
                return
            else:
                self._arrived.clear()
                await self._arrived.wait()

    def decoders(self) -> Mapping[str, Decoder]:
        """Return each sensor's decoder, by its id: whoever decodes, `health` counts what goes through them.

        The hub does not decode by itself, so that a reader can have packets on the disk before anything else.
        """
        return MappingProxyType(self._monitors)

    def decode(self, packets: Iterable[RawPacket]) -> list[ImuBlock]:
        """Decode packets that were handed out, each once and in their order, where no engine does it."""
        return [
            block
            for packet in packets
            if (monitor := self._monitors.get(packet.sensor_id)) is not None
            for block in monitor.push([packet])
        ]

    async def reports(self) -> AsyncIterator[tuple[SensorHealth, ...]]:
        """Tell how each sensor is doing: about once a second, at every change of a link, and when all is over."""
        while not self._stopped.is_set():
            self._changed.clear()
            yield self.health()
            await wait_at_most(self._clock, REPORT_INTERVAL_S, self._changed)
        yield self.health()

    def health(self) -> tuple[SensorHealth, ...]:
        """Tell how each sensor is doing now, ordered by id."""
        t_s = self._session_s()
        reports = [
            self._report(member_id, member, t_s)
            for member in self._members.values()
            if (member_id := member.id) is not None
        ]
        return tuple(sorted(reports, key=lambda report: report.sensor_id))

    def newest_packet_s(self, member_id: str) -> float | None:
        """Return when a sensor's or companion's newest packet arrived, in session seconds; `None` before any."""
        return self._newest_s.get(member_id)

    @property
    def dropped_packets(self) -> int:
        """How many packets were dropped, because the reader did not keep up."""
        return self._dropped_packets

    def carried(self) -> Mapping[str | None, int]:
        """Tell how many links each adapter carries."""
        return self._scanner.carried()

    async def fallen_silent(self, silence_s: float) -> None:
        """Return when no sensor has sent anything for this long since the start; companions don't count."""
        while (left_s := self._heard_s + silence_s - self._clock.now_s()) > 0.0:
            await self._clock.sleep(left_s)

    async def has_room(self) -> None:
        """Return when the reader has kept up: a player that can wait loses nothing."""
        while len(self._waiting) >= ROOMY_PACKETS and not self._stopped.is_set():
            self._taken.clear()
            await self._taken.wait()

    async def stop(self) -> None:
        """Stop and disconnect all sensors; `packets` ends after what has arrived."""
        await self._tasks.stop()
        self._stopped.set()
        for event in (self._arrived, self._taken, self._changed):
            event.set()

    def _report(self, member_id: str, member: _Member, t_s: float) -> SensorHealth:
        state, battery_percent = member.link.state, member.link.battery_percent
        if member_id in self._monitors:
            return self._monitors[member_id].report(t_s, state, battery_percent)
        return SensorHealth(member_id, t_s, state, None, member.packets, 0, 0, battery_percent)

    async def _gather(self, count: int, companions: int) -> tuple[RecordedSensor, ...]:
        def left(*, companion: bool) -> bool:
            members = sum(member.is_companion is companion for member in self._members.values())
            return members < (companions if companion else count)

        def wanted(found: Found) -> bool:
            if found.address in self._members or found.address in self._refused:
                return False
            profile = self._profile_for(found)
            return profile is not None and left(companion=isinstance(profile, CompanionProfile))

        while len(self._described()) < count or len(self.companions()) < companions:
            if left(companion=False) or left(companion=True):
                found = await self._scanner.hear(wanted)
                self._admit(found.address, self._profile_for(found) or found.profile, found=found)
            else:
                self._settled.clear()
                await self._settled.wait()
        return self._described()

    def _profile_for(self, found: Found) -> DeviceProfile | CompanionProfile | None:
        """Tell as what a device is to be taken: as its owner said, else as the sensor that it is."""
        address = found.address.upper()
        if address in self._wishes:
            return COMPANION_PROFILES[self._wishes[address].profile]
        if isinstance(found.profile, CompanionProfile) or (self._wearings and address not in self._wearings):
            return None
        return found.profile if self._models.get(address, found.profile.name) == found.profile.name else None

    async def _ask(self, profile: DeviceProfile | CompanionProfile, peer: Peer) -> RecordedSensor | RecordedCompanion:
        address = peer.address.upper()
        if isinstance(profile, CompanionProfile):
            return await profile.describe(peer, self._wishes[address].id)
        if profile.describe is None:
            raise InputError(f"{profile.product} {peer.address} can't be used by radio")
        return await profile.describe(peer, self._wearings.get(address))

    def _admit(
        self,
        address: str,
        profile: DeviceProfile | CompanionProfile,
        *,
        found: Found | None = None,
        recorded: RecordedSensor | RecordedCompanion | None = None,
    ) -> None:
        def described(recorded: RecordedSensor | RecordedCompanion) -> None:
            self._describe(member, recorded)

        def taken(characteristic: str, data: bytes) -> None:
            self._take(member, characteristic, data)

        is_companion = isinstance(profile, CompanionProfile)
        member = _Member(
            SensorLink(
                address,
                profile,
                found=found,
                describe=partial(self._ask, profile),
                recorded=recorded,
                scanner=self._scanner,
                backends=self._backends,
                clock=self._clock,
                random=self._random,
                timing=self._timing.more_patient(COMPANION_PATIENCE) if is_companion else self._timing,
                started=self._started,
                on_described=described,
                on_packet=taken,
                on_change=self._changed.set,
                quick=self._quick,
            ),
            is_companion,
        )
        self._members[address] = member
        if recorded is not None:
            self._describe(member, recorded)
        self._tasks.start(self._keep(address, member.link))

    async def _keep(self, address: str, link: SensorLink) -> None:
        try:
            await link.run()
        except InputError as error:
            self._refused[address] = str(error)
            del self._members[address]
            self._settled.set()

    def _describe(self, member: _Member, recorded: RecordedSensor | RecordedCompanion) -> None:
        if self._started.is_set():
            raise InputError("it came when the session had begun")
        # Two sensors of one name, as from one factory: the address tells them apart.
        taken = {other.id for other in self._members.values()}
        suffix = f"-{recorded.address.replace(':', '')[-4:].lower()}"
        if isinstance(recorded, RecordedCompanion):
            member.recorded = replace(recorded, id=recorded.id + suffix * (recorded.id in taken))
        else:
            sensor = replace(recorded.sensor, id=recorded.sensor.id + suffix * (recorded.sensor.id in taken))
            member.recorded = replace(recorded, sensor=sensor)
            self._monitors[sensor.id] = SensorMonitor(member.recorded)
        self._settled.set()

    def _described(self) -> tuple[RecordedSensor, ...]:
        described = [m.recorded for m in self._members.values() if isinstance(m.recorded, RecordedSensor)]
        return tuple(sorted(described, key=lambda recorded_sensor: recorded_sensor.sensor.id))

    def _session_s(self) -> float:
        return self._clock.now_s() - self._origin_s if self._started.is_set() else 0.0

    def _take(self, member: _Member, characteristic: str, data: bytes) -> None:
        member_id = member.id
        if member_id is None or not self._started.is_set():
            return
        packet = RawPacket(self._session_s(), member_id, characteristic, data)
        if len(self._waiting) >= QUEUE_PACKETS:
            # The sensor's own count shows the loss in its health.
            if self._dropped_packets == 0:
                logger.warning("packets are dropped: the computer does not keep up")
            self._dropped_packets += 1
            return
        self._waiting.append(packet)
        member.packets += 1
        self._newest_s[member_id] = packet.received_s
        if not member.is_companion:
            self._heard_s = self._clock.now_s()
        self._arrived.set()
