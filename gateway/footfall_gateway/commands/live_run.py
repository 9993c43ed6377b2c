"""What `demo` and `replay` share: virtual sensors play a session, and everything behind them is as with real ones."""

import asyncio
import contextlib
import secrets
import signal
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rich.console import Console

from footfall_dashboards import terminal
from footfall_dashboards.live import LiveServer, LiveView
from footfall_gateway import console, data_folder
from footfall_gateway.clock import SystemClock
from footfall_gateway.errors import GatewayError
from footfall_gateway.gateway import Gateway
from footfall_gateway.inputs import Input
from footfall_gateway.length_gains import SensorSite, kept_gains, with_gains
from footfall_gateway.packets import RawPacket, RecordedSensor, RecordingHeader
from footfall_gateway.run import RunResult, run, watch
from footfall_gateway.sinks import Recorder, StoreKeeper
from footfall_gateway.virtual.playback import Playback
from footfall_gateway.virtual.sensor import VirtualSensor
from footfall_gateway.virtual.timed_packets import from_recording, with_known_ranges
from footfall_processing.session import Runner, Session

FIND_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Page:
    """Where to serve the live page; `opened` is called with its address once it is there."""

    host: str
    port: int
    opened: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LiveRun:
    """What came of a run, where its recording lies, and what failed without ending it."""

    header: RecordingHeader
    result: RunResult
    recording_path: Path
    failures: tuple[str, ...]

    def require_whole(self) -> None:
        """Raise `GatewayError` when anything failed on the way."""
        if self.failures:
            raise GatewayError(f"the run is not kept whole: {'; '.join(self.failures)}")


async def play(
    played: Input,
    *,
    speed: float,
    duration_s: float | None,
    folder: Path,
    page: Page | None,
    screen: Console | None,
    runner_name: str = "",
) -> LiveRun:
    """Play a session through virtual sensors and Bluetooth: until it is over, `duration_s` have passed, or Ctrl-C.

    Parameters
    ----------
    speed
        Seconds of the session in one second; infinity for as fast as the computer can.
    folder
        The data folder that recording and store go to.
    page, screen
        Show the run in a browser, in a terminal; `None` for not there.
    runner_name
        Whose kept length gains are used, where the played session has none of its own.
    """
    say = console.remark if screen is None else screen.print
    data_folder.make_folders(folder)
    async with contextlib.AsyncExitStack() as stack:
        sensors = _virtual_sensors(played)
        playback = await stack.enter_async_context(Playback(sensors, speed=speed, clock=SystemClock()))
        gateway = await stack.enter_async_context(Gateway(clock=playback.clock, backends=playback.radio.backends()))
        playback.throttle(gateway.has_room)
        recorded_sensors = await gateway.find(len(sensors), timeout_s=FIND_TIMEOUT_S)

        view = LiveView([recorded.sensor for recorded in recorded_sensors], title=played.name)
        if page is not None:
            server = await stack.enter_async_context(LiveServer(view, host=page.host, port=page.port))
            page.opened(server.url)
        if screen is not None:
            await stack.enter_async_context(_shown(view, screen))

        kept = await asyncio.to_thread(kept_gains, data_folder.store_path(folder), runner_name)
        header = _header(recorded_sensors, gateway.start(), played.header.session.runner)
        header = with_gains(with_gains(header, _own_gains(played)), kept)
        path = data_folder.recording_path(folder, header.session.id)
        async with (
            Recorder(path, header, say) as recorder,
            StoreKeeper(data_folder.store_path(folder), header, path, say) as store,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(watch(gateway.reports(), [view]))
            tasks.create_task(_stop_in_time(gateway, playback, duration_s))
            batches = _before(duration_s, gateway.batches())
            result = await run(header, batches, decode=gateway.decode, recorder=recorder, store=store, views=[view])
        for health in gateway.health():
            view.write(health)
        view.finish(result.summary, str(path))
        failures = tuple(failure for failure in (recorder.failure, store.failure) if failure is not None)
        return LiveRun(header, result, path, failures)


def _virtual_sensors(played: Input) -> list[VirtualSensor]:
    sensors = []
    for number, recorded in enumerate(played.header.recorded_sensors, start=1):
        known = replace(recorded, sensor=with_known_ranges(recorded.sensor))
        packets = from_recording(known, played.packets)
        sensors.append(VirtualSensor(known.sensor, packets, address=f"F0:07:FA:11:00:{number:02X}"))
    return sensors


def _own_gains(played: Input) -> dict[SensorSite, float]:
    """Return the gains that a session was recorded with; its virtual sensors do not know them."""
    return {(s.placement, s.side): s.length_gain for s in played.header.session.sensors if s.length_gain != 1.0}


def _header(
    recorded_sensors: Sequence[RecordedSensor], started_utc: datetime, runner: Runner | None
) -> RecordingHeader:
    session = Session(
        id=f"{started_utc:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}",
        started_utc=started_utc,
        sensors=tuple(recorded.sensor for recorded in recorded_sensors),
        software=f"footfall {version('footfall')}",
        runner=runner,
    )
    return RecordingHeader(session, tuple(recorded_sensors))


@contextlib.asynccontextmanager
async def _shown(view: LiveView, screen: Console) -> AsyncIterator[None]:
    following = asyncio.create_task(terminal.follow(view, screen))
    try:
        yield
    finally:
        view.end()
        await following


async def _before(end_s: float | None, batches: AsyncIterable[list[RawPacket]]) -> AsyncIterator[list[RawPacket]]:
    """Leave out what still arrives while the sensors are being stopped."""
    async for batch in batches:
        yield batch if end_s is None else [packet for packet in batch if packet.received_s < end_s]


async def _stop_in_time(gateway: Gateway, playback: Playback, duration_s: float | None) -> None:
    """Stop the gateway when the sensors have nothing more to send, the time is up, or the user has had enough."""
    with _interrupts() as interrupted:
        waits = [asyncio.create_task(playback.finished()), asyncio.create_task(interrupted.wait())]
        if duration_s is not None:
            waits.append(asyncio.create_task(playback.clock.sleep(duration_s)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        await gateway.stop()


@contextlib.contextmanager
def _interrupts() -> Iterator[asyncio.Event]:
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
