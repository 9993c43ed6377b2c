"""Where a live run is kept: the recording and the store, each with its own thread, since disks block.

When one of them fails in the middle of a run, that is said at once and the rest goes on: a runner keeps the live view.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeAlias, TypeVar

from footfall_gateway.recordings.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.recording import Recording, RecordingEvent, RecordingWriter
from footfall_gateway.recordings.resumption import go_on
from footfall_gateway.store.database import Store
from footfall_processing.errors import FootfallError
from footfall_processing.gait import Stride
from footfall_processing.results.windows import Window

T = TypeVar("T")

Say: TypeAlias = Callable[[str], None]
"""Tells the user something at once, in one line."""

STORE_QUEUE_BATCHES: Final = 64
"""Batches of strides that may wait for the store: about twenty seconds of two sensors."""


class DiskThread:
    """One thread for one file: blocking calls in their order, off the event loop."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def call(self, function: Callable[..., T], *arguments: object) -> T:
        """Call `function` in the thread and wait for its result."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)

    def close(self) -> None:
        """Wait for the last call and end the thread."""
        self._executor.shutdown()


class Recorder:
    """Writes packets to a recording; an async context manager.

    Parameters
    ----------
    path, header
        The recording to make, and what it says of itself.
    unfinished
        The recording at `path` that is to go on, if there is one.
    say
        Told once, when the recording fails in the middle of a run.

    Attributes
    ----------
    failure
        Why nothing is recorded any more; `None` while all is well.

    Raises
    ------
    RecordingError
        On entering, when the recording can't be begun.
    """

    def __init__(self, path: Path, header: RecordingHeader, say: Say, *, unfinished: Recording | None = None) -> None:
        self.path = path
        self.failure: str | None = None
        self._header = header
        self._unfinished = unfinished
        self._say = say
        self._thread = DiskThread("recorder")
        self._writer: RecordingWriter | None = None

    async def __aenter__(self) -> Self:
        try:
            if self._unfinished is not None:
                self._writer = await self._thread.call(go_on, self._unfinished)
            else:
                self._writer = await self._thread.call(RecordingWriter, self.path, self._header)
        except FootfallError:
            self._thread.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._attempt(RecordingWriter.close)
        self._thread.close()

    async def write(self, packets: Sequence[RawPacket]) -> None:
        """Write packets; returns when the recording has them or, after a failure, at once."""

        def write_all(writer: RecordingWriter) -> None:
            for packet in packets:
                writer.write(packet)

        await self._attempt(write_all)

    async def note(self, event: RecordingEvent) -> None:
        """Write an event, and have all that came before it on the disk: after a loss nothing may follow for long."""

        def write_event(writer: RecordingWriter) -> None:
            writer.write_event(event)
            writer.flush()

        await self._attempt(write_event)

    async def sync(self) -> None:
        """Have all that was written on the disk, safe from a power cut; after a failure, do nothing."""
        await self._attempt(RecordingWriter.sync)

    async def _attempt(self, work: Callable[[RecordingWriter], None]) -> None:
        if self._writer is None or self.failure is not None:
            return
        try:
            await self._thread.call(work, self._writer)
        except FootfallError as error:
            self.failure = str(error)
            self._say(f"RECORDING STOPPED: {error}. The run goes on.")


class StoreKeeper:
    """Hands strides and windows to the store through a bounded queue, and never drops one; an async context manager.

    Parameters
    ----------
    path
        The store.
    header, recording
        The session whose strides they are, and where its recording lies.
    say
        Told once, when the store fails in the middle of a run.

    Attributes
    ----------
    failure
        Why nothing is stored any more; `None` while all is well.

    Raises
    ------
    StoreError
        On entering, when the store can't be opened.
    """

    def __init__(self, path: Path, header: RecordingHeader, recording: Path, say: Say) -> None:
        self.failure: str | None = None
        self._path = path
        self._header = header
        self._recording = recording
        self._say = say
        self._thread = DiskThread("store")
        self._queue: asyncio.Queue[Sequence[Stride | Window]] = asyncio.Queue(STORE_QUEUE_BATCHES)
        self._store: Store | None = None
        self._tasks = asyncio.TaskGroup()
        self._keeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            self._store = await self._thread.call(Store.open, self._path)
            await self._thread.call(self._store.add_session, self._header, self._recording)
        except FootfallError:
            await self._close()
            raise
        await self._tasks.__aenter__()
        self._keeping = self._tasks.create_task(self._keep(), name="store")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
        try:
            await self._tasks.__aexit__(kind, error, trace)
        finally:
            await self._close()

    async def write(self, fresh: Sequence[Stride | Window]) -> None:
        """Take strides and windows; waits when the store is far behind."""
        if fresh and self.failure is None:
            await self._queue.put(fresh)

    async def finish(self, summary: Mapping[str, object]) -> None:
        """Store what still waits, and the session's summary."""
        await self._queue.join()
        await self._attempt(lambda store: store.finish_session(self._header.session.id, summary))

    async def _keep(self) -> None:
        while True:
            batches = [await self._queue.get()]
            while not self._queue.empty():
                batches.append(self._queue.get_nowait())
            await self._add([item for batch in batches for item in batch])
            for _ in batches:
                self._queue.task_done()

    async def _add(self, fresh: Sequence[Stride | Window]) -> None:
        strides = [item for item in fresh if isinstance(item, Stride)]
        windows = [item for item in fresh if isinstance(item, Window)]
        await self._attempt(lambda store: store.add_strides(self._header.session.id, strides))
        if windows:
            await self._attempt(lambda store: store.add_windows(self._header.session.id, windows))

    async def _attempt(self, work: Callable[[Store], None]) -> None:
        if self._store is None or self.failure is not None:
            return
        try:
            await self._thread.call(work, self._store)
        except FootfallError as error:
            self.failure = str(error)
            self._say(f"STORING STOPPED: {error}. `footfall analyze` on the recording gives every stride.")

    async def _close(self) -> None:
        if self._store is not None:
            await self._thread.call(self._store.close)
        self._thread.close()
