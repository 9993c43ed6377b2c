"""What all live runs share; and that virtual sensors play a session, with everything behind them as with real ones."""

import asyncio
import contextlib
import math
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from rich.console import Console

from footfall_dashboards import terminal
from footfall_dashboards.live import LiveServer, LiveView
from footfall_gateway import console, data_folder
from footfall_gateway.ble.hub import SensorHub
from footfall_gateway.clock import SystemClock
from footfall_gateway.devices import CompanionWish
from footfall_gateway.errors import GatewayError
from footfall_gateway.formats.inputs import Input
from footfall_gateway.recordings.packets import RawPacket, RecordedCompanion, RecordedSensor, RecordingHeader
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.companions import shown_companions
from footfall_gateway.sessions.run import RunResult, run, watch
from footfall_gateway.sessions.sinks import Recorder, StoreKeeper
from footfall_gateway.store.length_gains import SensorSite, kept_gains, with_gains
from footfall_gateway.virtual.models import standard
from footfall_gateway.virtual.models.footfall import footfall_sensor
from footfall_gateway.virtual.models.standard import companion_sensor
from footfall_gateway.virtual.playback import Playback
from footfall_gateway.virtual.sensor import VirtualSensor
from footfall_gateway.virtual.timed_packets import from_recording, with_known_ranges
from footfall_processing.session import Runner, Session

FIND_TIMEOUT_S: Final = 30.0

ResultT = TypeVar("ResultT")

End: TypeAlias = Callable[[], Awaitable[object]]
"""Something to wait for, after which a run ends."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where to serve the live page; `opened` is called with its address once it is there."""

    host: str
    port: int
    opened: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LiveRun:
    """What came of a run, where its recording lies, what failed without ending it, and whether the user ended it."""

    header: RecordingHeader
    result: RunResult
    recording_path: Path
    failures: tuple[str, ...]
    interrupted: bool = False

    def require_whole(self) -> None:
        """Raise `GatewayError` when anything failed on the way."""
        if self.failures:
            raise GatewayError(f"the run is not kept whole: {'; '.join(self.failures)}")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run is kept in and shown on.

    Parameters
    ----------
    folder
        The data folder that recording and store go to.
    page, screen
        Show the run in a browser, in a terminal; `None` for not there.
    runner_name
        Who runs: whose kept length gains are used, and what the recording says.
    """

    folder: Path
    page: Page | None = None
    screen: Console | None = None
    runner_name: str = ""

    def say(self, text: str) -> None:
        """Tell the user something at once, in one line."""
        (console.remark if self.screen is None else self.screen.print)(text)


@dataclass(frozen=True, slots=True)
class ReadyRun:
    """A run whose sensors were found, and which is not begun yet.

    Parameters
    ----------
    hub, recorded_sensors
        Where its packets come from.
    title
        What to call it to the user.
    start
        Starts the hub, and returns what the recording says of itself.
    ends
        The run ends with the first of these to come, or with Ctrl-C.
    duration_s
        Packets that arrive later are left out.
    unfinished
        The recording that goes on, if one does.
    """

    hub: SensorHub
    recorded_sensors: Sequence[RecordedSensor]
    title: str
    start: Callable[[], RecordingHeader]
    ends: Sequence[End]
    duration_s: float | None = None
    unfinished: Recording | None = None

    async def begin(self, surroundings: Surroundings) -> tuple[RecordingHeader, Path]:
        """Begin it; return what its recording says of itself, the runner's kept gains included, and where it lies."""
        store_path = data_folder.store_path(surroundings.folder)
        kept = await asyncio.to_thread(kept_gains, store_path, surroundings.runner_name)
        header = self.start()
        if self.unfinished is not None:
            return header, self.unfinished.path
        header = _of_runner(with_gains(header, kept), surroundings.runner_name)
        return header, data_folder.recording_path(surroundings.folder, header.session.id)

    async def batches(self) -> AsyncIterator[list[RawPacket]]:
        """Give the packets as they come, without what still arrives while the sensors are being stopped."""
        end_s = math.inf if self.duration_s is None else self.duration_s
        async for batch in self.hub.batches():
            yield [packet for packet in batch if packet.received_s < end_s]

    async def stop_in_time(self) -> bool:
        """Stop the hub when the run ends or the user has had enough; tell whether he had."""
        with interrupts() as interrupted:
            waits = [asyncio.ensure_future(end()) for end in (interrupted.wait, *self.ends)]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
            await self.hub.stop()
            return interrupted.is_set()


Conductor: TypeAlias = Callable[[ReadyRun, Surroundings], Awaitable[ResultT]]
"""Takes a run from its beginning to its end, such as `conduct`."""


async def play(played: Input, surroundings: Surroundings, *, speed: float, duration_s: float | None) -> LiveRun:
    """Play a session live; see `play_to`."""
    return await play_to(conduct, played, surroundings, speed=speed, duration_s=duration_s)


async def play_to(
    conductor: Conductor[ResultT],
    played: Input,
    surroundings: Surroundings,
    *,
    speed: float,
    duration_s: float | None,
) -> ResultT:
    """Play a session through virtual sensors and Bluetooth: until it is over, `duration_s` have passed, or Ctrl-C.

    Parameters
    ----------
    conductor
        Takes the run.
    speed
        Seconds of the session in one second; infinity for as fast as the computer can.
    """
    data_folder.make_folders(surroundings.folder)
    sensors, companions = _virtual_sensors(played), _virtual_companions(played)
    wishes = {
        sensor.address: CompanionWish(companion.id, companion.profile)
        for sensor, companion in zip(companions, played.header.companions, strict=True)
    }
    async with (
        Playback([*sensors, *companions], speed=speed, clock=SystemClock()) as playback,
        SensorHub(clock=playback.clock, backends=playback.radio.backends(), companions=wishes) as hub,
    ):
        playback.throttle(hub.has_room)
        recorded_sensors = await hub.find(len(sensors), timeout_s=FIND_TIMEOUT_S, companions=len(companions))

        def start() -> RecordingHeader:
            was = played.header.session
            header = new_header(recorded_sensors, hub.start(), was.runner, was.runner_name, was.shoe, hub.companions())
            return with_gains(header, _own_gains(played))

        ends: list[End] = [playback.finished]
        if duration_s is not None:
            ends.append(partial(playback.clock.sleep, duration_s))
        return await conductor(ReadyRun(hub, recorded_sensors, played.name, start, ends, duration_s), surroundings)


async def conduct(ready: ReadyRun, surroundings: Surroundings) -> LiveRun:
    """Take a run live: record, compute, show."""
    hub, unfinished = ready.hub, ready.unfinished
    async with contextlib.AsyncExitStack() as stack:
        sensors = [recorded.sensor for recorded in ready.recorded_sensors]
        view = LiveView(sensors, title=ready.title, companions=shown_companions(hub.companions()))
        if surroundings.page is not None:
            page = surroundings.page
            server = await stack.enter_async_context(LiveServer(view, host=page.host, port=page.port))
            page.opened(server.url)
        if surroundings.screen is not None:
            await stack.enter_async_context(_shown(view, surroundings.screen))

        header, path = await ready.begin(surroundings)
        async with (
            Recorder(path, header, surroundings.say, unfinished=unfinished) as recorder,
            StoreKeeper(data_folder.store_path(surroundings.folder), header, path, surroundings.say) as store,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(watch(hub.reports(), [view], recorder=recorder, say=surroundings.say))
            stopping = tasks.create_task(ready.stop_in_time())
            result = await run(
                header,
                ready.batches(),
                decode=hub.decode,
                recorder=recorder,
                store=store,
                views=[view],
                earlier=unfinished or (),
            )
        for health in hub.health():
            view.write(health)
        view.finish(result.summary, str(path))
        failures = tuple(failure for failure in (recorder.failure, store.failure) if failure is not None)
        return LiveRun(header, result, path, failures, interrupted=stopping.result())


def _virtual_sensors(played: Input) -> list[VirtualSensor]:
    sensors = []
    for number, recorded in enumerate(played.header.recorded_sensors, start=1):
        known = replace(recorded, sensor=with_known_ranges(recorded.sensor))
        packets = from_recording(known, played.packets)
        sensors.append(footfall_sensor(known.sensor, packets, address=f"F0:07:FA:11:00:{number:02X}"))
    return sensors


def _virtual_companions(played: Input) -> list[VirtualSensor]:
    return [
        companion_sensor(
            standard.MODELS[companion.profile](),
            standard.recorded_packets(companion, played.packets),
            address=f"F0:07:FA:11:01:{number:02X}",
            name=companion.name,
        )
        for number, companion in enumerate(played.header.companions, start=1)
    ]


def _own_gains(played: Input) -> dict[SensorSite, float]:
    """Return the gains that a session was recorded with; its virtual sensors do not know them."""
    return {(s.placement, s.side): s.length_gain for s in played.header.session.sensors if s.length_gain != 1.0}


def new_header(
    recorded_sensors: Sequence[RecordedSensor],
    started_utc: datetime,
    runner: Runner | None,
    runner_name: str = "",
    shoe: str = "",
    companions: Sequence[RecordedCompanion] = (),
) -> RecordingHeader:
    """Describe a session that begins."""
    session = Session(
        id=f"{started_utc:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}",
        started_utc=started_utc,
        sensors=tuple(recorded.sensor for recorded in recorded_sensors),
        software=f"footfall {version('footfall')}",
        runner=runner,
        runner_name=runner_name,
        shoe=shoe,
    )
    return RecordingHeader(session, tuple(recorded_sensors), tuple(companions))


def _of_runner(header: RecordingHeader, name: str) -> RecordingHeader:
    """Name the runner, unless nobody said who it is."""
    return replace(header, session=replace(header.session, runner_name=name)) if name else header


@contextlib.asynccontextmanager
async def _shown(view: LiveView, screen: Console) -> AsyncIterator[None]:
    following = asyncio.create_task(terminal.follow(view, screen))
    try:
        yield
    finally:
        view.end()
        await following


@contextlib.contextmanager
def interrupts() -> Iterator[asyncio.Event]:
    """Turn the first Ctrl-C, or the system's wish to end, into an event; the next one ends the program at once."""
    loop = asyncio.get_running_loop()
    interrupted = asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)

    def ignore_no_more() -> None:
        for number in signals:
            loop.remove_signal_handler(number)

    def interrupt() -> None:
        interrupted.set()
        ignore_no_more()

    for number in signals:
        loop.add_signal_handler(number, interrupt)
    try:
        yield interrupted
    finally:
        ignore_no_more()
