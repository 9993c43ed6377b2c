"""A run whose sensors were found: how it begins, what ends it, and where it is kept."""

import asyncio
import contextlib
import math
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias, TypeVar

from footfall_gateway import data_folder
from footfall_gateway.ble.hub import SensorHub
from footfall_gateway.packets import RawPacket, RecordedCompanion, RecordedSensor, RecordingHeader
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.say import Say
from footfall_gateway.store.length_gains import kept_gains, with_gains
from footfall_processing.session import Runner, Session

ResultT = TypeVar("ResultT")

End: TypeAlias = Callable[[], Awaitable[object]]
"""Something to wait for, after which a run ends."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where runs are taken.

    Parameters
    ----------
    folder
        The data folder that recording and store go to.
    say
        Tells the user something at once, in one line.
    runner_name
        Who runs: whose kept length gains are used, and what the recording says.
    """

    folder: Path
    say: Say
    runner_name: str = ""

    @property
    def store_path(self) -> Path:
        """Where the store is."""
        return data_folder.store_path(self.folder)


@dataclass(frozen=True, slots=True)
class Stopped:
    """How a run was stopped: whether the user had had enough, and what this computer lost of it."""

    interrupted: bool
    losses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadyRun:
    """A run whose sensors were found, and which is not begun yet.

    Parameters
    ----------
    hub, recorded_sensors
        Where its packets come from.
    start
        Starts the hub, and returns what the recording says of itself.
    ends
        The run ends with the first of these to come, or with Ctrl-C.
    duration_s
        Packets that arrive later are left out.
    unfinished
        The recording that goes on, if one does.
    unheard_packets
        Tells how many packets were played and not heard.
    """

    hub: SensorHub
    recorded_sensors: Sequence[RecordedSensor]
    start: Callable[[], RecordingHeader]
    ends: Sequence[End]
    duration_s: float | None = None
    unfinished: Recording | None = None
    unheard_packets: Callable[[], int] = lambda: 0

    async def begin(self, place: Place) -> tuple[RecordingHeader, Path]:
        """Begin it; return what its recording says of itself, the runner's kept gains included, and where it lies."""
        kept = await asyncio.to_thread(kept_gains, place.store_path, place.runner_name)
        header = self.start()
        if self.unfinished is not None:
            return header, self.unfinished.path
        header = _of_runner(with_gains(header, kept), place.runner_name)
        return header, data_folder.recording_path(place.folder, header.session.id)

    async def batches(self) -> AsyncIterator[list[RawPacket]]:
        """Give the packets as they come, without what still arrives while the sensors are being stopped."""
        end_s = math.inf if self.duration_s is None else self.duration_s
        async for batch in self.hub.batches():
            yield [packet for packet in batch if packet.received_s < end_s]

    async def stop_in_time(self) -> Stopped:
        """Stop the hub when the run ends or the user has had enough; tell whether he had, and what was lost here."""
        with interrupts() as interrupted:
            waits = [asyncio.ensure_future(end()) for end in (interrupted.wait, *self.ends)]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
            unheard = self.unheard_packets()  # what is played later, nobody is meant to hear
            await self.hub.stop()
            losses = []
            if unheard:
                losses.append(f"{unheard} packets were played while their sensor was not connected")
            if dropped := self.hub.dropped_packets:
                losses.append(f"{dropped} packets were dropped, as the computer did not keep up")
            return Stopped(interrupted.is_set(), tuple(losses))


TakeRun: TypeAlias = Callable[[ReadyRun, Place], Awaitable[ResultT]]
"""Takes a run from its beginning to its end: keeps it here, or sends it on."""


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
