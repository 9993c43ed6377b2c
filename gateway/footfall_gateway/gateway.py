"""The gateway: all sensors of a session, their packets in one stream, and how each is doing."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from types import TracebackType
from typing import Final, Self

from footfall_gateway.ble_link import LinkTiming, SensorLink
from footfall_gateway.ble_scanner import RADIO_ERRORS, Backends, Found, Scanner
from footfall_gateway.clock import Clock, wait_at_most, within
from footfall_gateway.devices import PROFILES, DeviceProfile, Wearing
from footfall_gateway.errors import BluetoothError, GatewayError
from footfall_gateway.owned_tasks import OwnedTasks
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_gateway.sensor_monitor import SensorMonitor
from footfall_processing.errors import InputError
from footfall_processing.health import SensorHealth
from footfall_processing.samples import ImuBlock

logger = logging.getLogger(__name__)

QUEUE_PACKETS: Final = 4096
"""Packets that may wait for the reader: more than three minutes of two sensors."""
ROOMY_PACKETS: Final = 64
"""With fewer packets than this waiting, a player that can wait may go on."""
REPORT_INTERVAL_S: Final = 1.0


class SensorsNotFoundError(GatewayError):
    """Not enough sensors were found in time."""


@dataclass(slots=True)
class _Member:
    """A sensor of the session; described once it was connected."""

    link: SensorLink
    recorded_sensor: RecordedSensor | None = None


class Gateway:
    """Finds sensors, keeps their links, and hands out their packets.

    Used as an async context manager that owns all tasks::

        async with Gateway(clock=SystemClock()) as gateway:
            recorded_sensors = await gateway.find(2, timeout_s=30.0)
            gateway.start()
            async for packet in gateway.packets():
                blocks = gateway.decode([packet])

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
    wearings
        Where sensors are worn, by address in upper case, as their owner said; other sensors are left alone then.
    random
        Spreads retries; nothing measured depends on it.
    timing
        How patient the links are.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        backends: Backends | None = None,
        profiles: Mapping[str, DeviceProfile] = PROFILES,
        wearings: Mapping[str, Wearing] | None = None,
        random: Random | None = None,
        timing: LinkTiming | None = None,
    ) -> None:
        self._clock = clock
        self._backends = backends or Backends()
        self._wearings = wearings or {}
        self._profiles = profiles
        self._random = random or Random()
        self._timing = timing or LinkTiming()
        self._scanner = Scanner(profiles, self._backends, clock)
        self._tasks = OwnedTasks()
        self._members: dict[str, _Member] = {}
        self._monitors: dict[str, SensorMonitor] = {}
        self._refused: dict[str, str] = {}
        self._started = asyncio.Event()
        self._origin_s = 0.0
        self._heard_s = 0.0
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

    async def find(self, count: int, *, timeout_s: float, at_least: int | None = None) -> tuple[RecordedSensor, ...]:
        """Find, connect and describe sensors; return their descriptions, ordered by id.

        Parameters
        ----------
        count
            How many are wanted.
        timeout_s
            How long to wait for them.
        at_least
            With how many to be content after that; all when not given.

        Raises
        ------
        BluetoothError
            When the computer's Bluetooth is missing or off.
        SensorsNotFoundError
            When fewer than `count` were found and connected in `timeout_s`.
        """
        try:
            return await within(self._clock, timeout_s, self._gather(count))
        except TimeoutError as error:
            if at_least is not None and len(self._described()) >= max(at_least, 1):
                return self._described()
            refused = "".join(f"; {address} was left out: {why}" for address, why in self._refused.items())
            raise SensorsNotFoundError(
                f"{len(self._described())} of {count} sensors found within {timeout_s:g} s: "
                f"wake them, bring them near, and close other apps that hold them{refused}"
            ) from error
        except RADIO_ERRORS as error:
            raise BluetoothError(error) from error

    def take_up(self, recorded_sensors: Iterable[RecordedSensor]) -> None:
        """Look for the sensors of a session that goes on; they need not be near yet."""
        for recorded_sensor in recorded_sensors:
            profile = self._profiles[recorded_sensor.profile]
            self._admit(recorded_sensor.address, profile, recorded_sensor=recorded_sensor)

    def start(self, *, at_s: float = 0.0) -> datetime:
        """Begin the session: now is session second `at_s`. Return the wall-clock time of now."""
        self._heard_s = self._clock.now_s()
        self._origin_s = self._heard_s - at_s
        self._started_utc = self._clock.utc_now()
        self._started.set()
        return self._started_utc

    async def packets(self) -> AsyncIterator[RawPacket]:
        """Hand out the packets of all sensors in order of arrival, until the gateway stops."""
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

    def decode(self, packets: Sequence[RawPacket]) -> list[ImuBlock]:
        """Decode packets that were handed out, each once and in their order: `health` counts what is decoded here.

        The gateway does not do it by itself, so that a reader can have packets on the disk before anything else.
        """
        return [block for packet in packets for block in self._monitors[packet.sensor_id].push([packet])]

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
            self._monitors[member.recorded_sensor.sensor.id].report(t_s, member.link.state, member.link.battery_percent)
            for member in self._members.values()
            if member.recorded_sensor is not None
        ]
        return tuple(sorted(reports, key=lambda report: report.sensor_id))

    def carried(self) -> Mapping[str | None, int]:
        """Tell how many links each adapter carries."""
        return self._scanner.carried()

    async def fallen_silent(self, silence_s: float) -> None:
        """Return when no sensor has sent anything for this long since the start."""
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

    async def _gather(self, count: int) -> tuple[RecordedSensor, ...]:
        while len(self._described()) < count:
            if len(self._members) < count:
                found = await self._scanner.hear(self._is_new)
                self._admit(found.address, found.profile, found=found)
            else:
                self._settled.clear()
                await self._settled.wait()
        return self._described()

    def _is_new(self, found: Found) -> bool:
        if self._wearings and found.address.upper() not in self._wearings:
            return False
        return found.address not in self._members and found.address not in self._refused

    def _admit(
        self,
        address: str,
        profile: DeviceProfile,
        *,
        found: Found | None = None,
        recorded_sensor: RecordedSensor | None = None,
    ) -> None:
        def described(recorded_sensor: RecordedSensor) -> None:
            self._describe(member, recorded_sensor)

        def taken(characteristic: str, data: bytes) -> None:
            self._take(member, characteristic, data)

        member = _Member(
            SensorLink(
                address,
                profile,
                found=found,
                recorded_sensor=recorded_sensor,
                scanner=self._scanner,
                backends=self._backends,
                clock=self._clock,
                random=self._random,
                timing=self._timing,
                wearing=self._wearings.get(address.upper()),
                started=self._started,
                on_described=described,
                on_packet=taken,
                on_change=self._changed.set,
            )
        )
        self._members[address] = member
        if recorded_sensor is not None:
            self._describe(member, recorded_sensor)
        self._tasks.start(self._keep(address, member.link))

    async def _keep(self, address: str, link: SensorLink) -> None:
        try:
            await link.run()
        except InputError as error:
            self._refused[address] = str(error)
            del self._members[address]
            self._settled.set()

    def _describe(self, member: _Member, recorded_sensor: RecordedSensor) -> None:
        if self._started.is_set():
            raise InputError("it came when the session had begun")
        sensor = recorded_sensor.sensor
        if any(other.sensor.id == sensor.id for other in self._described()):
            # Two sensors of one name, as from one factory: the address tells them apart.
            sensor = replace(sensor, id=f"{sensor.id}-{recorded_sensor.address.replace(':', '')[-4:].lower()}")
        member.recorded_sensor = replace(recorded_sensor, sensor=sensor)
        self._monitors[sensor.id] = SensorMonitor(member.recorded_sensor)
        self._settled.set()

    def _described(self) -> tuple[RecordedSensor, ...]:
        described = [m.recorded_sensor for m in self._members.values() if m.recorded_sensor is not None]
        return tuple(sorted(described, key=lambda recorded_sensor: recorded_sensor.sensor.id))

    def _session_s(self) -> float:
        return self._clock.now_s() - self._origin_s if self._started.is_set() else 0.0

    def _take(self, member: _Member, characteristic: str, data: bytes) -> None:
        if member.recorded_sensor is None or not self._started.is_set():
            return
        packet = RawPacket(self._session_s(), member.recorded_sensor.sensor.id, characteristic, data)
        if len(self._waiting) >= QUEUE_PACKETS:
            # The sensor's own count shows the loss in its health.
            if self._dropped_packets == 0:
                logger.warning("packets are dropped: the computer does not keep up")
            self._dropped_packets += 1
            return
        self._waiting.append(packet)
        self._heard_s = self._clock.now_s()
        self._arrived.set()
