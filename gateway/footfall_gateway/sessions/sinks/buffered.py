"""A sink that may be slow or fail without ending the run: a runner keeps the live view."""

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Final

from footfall_gateway.packets import RecordingHeader
from footfall_gateway.say import Say
from footfall_gateway.sessions.sinks.base import News, Overflow, SessionEnd, Sink
from footfall_processing.errors import FootfallError

QUEUE_BATCHES: Final = 64
"""Batches that may wait for a sink: about twenty seconds of two sensors."""


class Buffered:
    """Hands batches to another sink through a bounded queue and drops none: a full queue holds up the run.

    Parameters
    ----------
    sink
        The other sink.
    say
        Told once, when it fails in the middle of a run.
    failed
        What to say then, with `{}` for the reason.

    Attributes
    ----------
    failure
        Why nothing is kept there any more; `None` while all is well.
    """

    overflow = Overflow.HOLDS_UP

    def __init__(self, sink: Sink, say: Say, failed: str) -> None:
        self.repeatable: Final = sink.repeatable
        self.failure: str | None = None
        self._sink = sink
        self._say = say
        self._failed = failed
        self._queue: asyncio.Queue[Sequence[News]] = asyncio.Queue(QUEUE_BATCHES)
        self._keeping: asyncio.Task[None] | None = None

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """See `Sink`: what can't be had at the start does end the run."""
        await self._sink.open(header, recording)
        self._keeping = asyncio.create_task(self._keep(), name="sink")

    async def write(self, news: Sequence[News]) -> None:
        """Take what is new; waits only when the sink is far behind."""
        if self.failure is None:
            await self._while_kept(self._queue.put(news))

    async def finish(self, end: SessionEnd) -> None:
        """Write what still waits, and end the session."""
        await self._while_kept(self._queue.join())
        await self._attempt(self._sink.finish(end))

    async def close(self) -> None:
        """Write what still waits, and let go."""
        try:
            if self._keeping is not None:
                await self._while_kept(self._queue.join())
                self._keeping.cancel()
        finally:
            await self._sink.close()

    async def _while_kept(self, work: Coroutine[None, None, None]) -> None:
        """Wait for `work`, or raise what ended the keeping: an error that is not the outside world's."""
        assert self._keeping is not None, "opened before it is used"
        waiting = asyncio.ensure_future(work)
        try:
            await asyncio.wait({waiting, self._keeping}, return_when=asyncio.FIRST_COMPLETED)
            if self._keeping.done():
                self._keeping.result()
        finally:
            waiting.cancel()

    async def _keep(self) -> None:
        while True:
            batches = [await self._queue.get()]
            while not self._queue.empty():
                batches.append(self._queue.get_nowait())
            together = [item for batch in batches for item in batch]
            await self._attempt(self._sink.write(together))
            for _ in batches:
                self._queue.task_done()

    async def _attempt(self, work: Coroutine[None, None, None]) -> None:
        if self.failure is not None:
            work.close()
            return
        try:
            await work
        except FootfallError as error:
            self.failure = str(error)
            self._say(self._failed.format(error))
