"""The recording of a run that is going on: packets to the disk in a thread of its own.

When the disk refuses in the middle of a run, that is said at once and the run goes on: a runner keeps the live view.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.recording import Recording, RecordingEvent, RecordingWriter
from footfall_gateway.recordings.resumption import go_on
from footfall_gateway.say import Say
from footfall_processing.errors import FootfallError


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
