"""The way of points into InfluxDB: to the outbox on disk first, and from there whenever InfluxDB is there."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from footfall_gateway.clock import Clock, SystemClock
from footfall_gateway.disk_thread import DiskThread, SharedWrites
from footfall_gateway.errors import GatewayError
from footfall_gateway.influx.outbox import Outbox
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.influx.writer import InfluxError, InfluxWriter
from footfall_gateway.say import Say, Told
from footfall_gateway.store.patience import Patience, PatientDisk
from footfall_gateway.store.sqlite_file import PassingError

GATHER_S: Final = 0.2
"""What is written within this time is sent together."""
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 30.0
LAST_WAIT_S: Final = 5.0
"""For so long the end of a run waits for InfluxDB."""
POINTS_WAIT: Final = "POINTS FOR INFLUXDB WAIT: {}. It is tried again until it can be; nothing is lost meanwhile."
POINTS_GO_ON: Final = "Points go to InfluxDB again."


class InfluxSender:
    """Takes the points of all sessions, and sends them as they come; an async context manager.

    What is written is on the disk when `write` returns, and stays there until InfluxDB has it: neither this program's
    end nor InfluxDB's loses a point, and what is sent twice is there once.

    Parameters
    ----------
    path
        The outbox; made if it does not exist.
    settings
        Where to send to.
    say
        Told when InfluxDB goes away, comes back, or refuses points, and when the outbox can't be written, in one line
        each.
    clock
        For the pauses between attempts to write the outbox.

    Attributes
    ----------
    patience
        Tells whether the outbox refuses now.

    Raises
    ------
    StoreError
        On entering, when the outbox can't be opened.
    """

    def __init__(self, path: Path, settings: InfluxSettings, say: Say, clock: Clock | None = None) -> None:
        self.patience: Final = Patience(say, clock or SystemClock(), waits=POINTS_WAIT, goes_on=POINTS_GO_ON)
        self._path = path
        self._settings = settings
        self._say = say
        self._disk = PatientDisk("influx-outbox", self.patience)
        self._network = DiskThread("influx-network")
        self._written = asyncio.Event()
        self._empty = asyncio.Event()
        self._failure: GatewayError | None = None
        self._catching_up = False
        self._tasks = asyncio.TaskGroup()
        self._sending: asyncio.Task[None] | None = None
        self._outbox: Outbox | None = None
        self._writes = SharedWrites(self._disk, self._put)

    async def __aenter__(self) -> Self:
        try:
            self._outbox = await self._disk.call_once(Outbox, self._path)
        except GatewayError:
            self._end_threads()
            raise
        self._written.set()
        await self._tasks.__aenter__()
        self._sending = self._tasks.create_task(self._send_all(self._outbox), name="influx")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sending is not None:
            self._sending.cancel()
        try:
            await self._tasks.__aexit__(kind, error, trace)
        finally:
            if self._outbox is not None:
                await self._disk.call_once(self._outbox.close)
            self._end_threads()

    async def write(self, lines: Sequence[str]) -> None:
        """Take points, each a line of InfluxDB's protocol; on return they are on the disk.

        Raises
        ------
        StoreError
            When the outbox can't be used any more.
        """
        if lines:
            await self._writes.add(lines)
            self._empty.clear()
            self._written.set()

    async def drain(self) -> None:
        """Wait until InfluxDB has all that was written; forever, if it stays away."""
        await self._empty.wait()

    async def drain_soon(self) -> None:
        """Wait a moment for that; say where the rest waits."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WAIT_S):
                await self.drain()
        try:
            waiting = await self.waiting()
        except PassingError as error:
            self._say(f"What points wait is not known: {error}. The next run that goes to InfluxDB sends them first.")
        else:
            if waiting:
                self._say(
                    f"{waiting} points wait in {self._path}: the next run that goes to InfluxDB sends them first."
                )

    @property
    def is_reached(self) -> bool:
        """Whether InfluxDB took, or had nothing to take, when it was last tried."""
        return self._failure is None

    async def waiting(self) -> int:
        """Return how many points InfluxDB does not have yet; `PassingError` while the outbox refuses."""
        return 0 if self._outbox is None else await self._disk.call_once(self._outbox.waiting)

    def _put(self, lines: Sequence[str]) -> None:
        assert self._outbox is not None, "written to within its context"
        self._outbox.put(lines)

    async def _send_all(self, outbox: Outbox) -> None:
        writer = InfluxWriter(self._settings)
        try:
            wait_s = FIRST_WAIT_S
            while True:
                try:
                    await self._send_what_waits(outbox, writer)
                    wait_s = FIRST_WAIT_S
                except InfluxError as error:
                    self._note(error)
                    # jitter, so that many senders do not come back in step
                    await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))
                    wait_s = min(2.0 * wait_s, LONGEST_WAIT_S)
        finally:
            writer.close()

    async def _send_what_waits(self, outbox: Outbox, writer: InfluxWriter) -> None:
        """Send until nothing waits, and wait for more."""
        self._written.clear()
        while (some := await self._disk.call(outbox.oldest)) is not None:
            refused = await self._network.call(writer.write, some.lines)
            self._note(None)
            if refused:
                self._say(f"InfluxDB refuses {len(refused)} points, kept in {self._path}: {refused[0][1]}")
            await self._disk.call(outbox.free, some, refused)
        if self._catching_up:
            self._catching_up = False
            self._say("InfluxDB has all that waited.")
        if not self._written.is_set():
            self._empty.set()
        await self._written.wait()
        await asyncio.sleep(GATHER_S)

    def _note(self, failure: InfluxError | None) -> None:
        """Say once that InfluxDB is away, and once that it is back."""
        if failure is not None and self._failure is None:
            text = f"{failure}. Points wait in {self._path}."
            self._say(Told(text, "influxdb lost", logging.WARNING))
        if failure is None and self._failure is not None:
            self._say(Told("InfluxDB is back.", "influxdb reached"))
            self._catching_up = True
        self._failure = failure

    def _end_threads(self) -> None:
        self._disk.close()
        self._network.close()
