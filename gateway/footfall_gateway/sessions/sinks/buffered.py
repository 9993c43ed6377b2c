"""A sink that may be slow or fail without ending the run: a runner keeps the live view."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from footfall_gateway.packets import RecordingHeader
from footfall_gateway.say import Say
from footfall_gateway.sessions.refill import computed_anew
from footfall_gateway.sessions.sinks.base import News, Overflow, SensorReport, SessionEnd, Sink
from footfall_gateway.store.patience import Patience
from footfall_processing.errors import FootfallError

QUEUE_BATCHES: Final = 64
"""Batches that may wait for a sink: about twenty seconds of two sensors."""
MOST_REPORTS: Final = 20_000
"""Reports of sensors' health that found no room and wait for the end of the run: those of two sensors for hours."""
LAST_PATIENCE_S: Final = 15.0
"""At the end of a run, a file that refuses is given so long."""
MISSED: Final = "More waits than there is room for: strides and windows follow from the recording when the run is over."
FILLED: Final = "What had found no room is kept now, as far as it is recorded."


class Buffered:
    """Hands batches to another sink through a bounded queue and drops none.

    A full queue holds up the run; but not while the sink's file refuses, which may take for ever. What finds no room
    then is computed anew from the recording when the run is over; the sensors' health, which is not recorded, waits in
    memory for that, the newest `MOST_REPORTS` of it.

    Parameters
    ----------
    sink
        The other sink.
    say
        Told once, when it fails in the middle of a run.
    failed
        What to say then, with `{}` for the reason.
    patience
        With the sink's file.

    Attributes
    ----------
    failure
        Why nothing is kept there any more; `None` while all is well.
    """

    overflow = Overflow.HOLDS_UP

    def __init__(self, sink: Sink, say: Say, failed: str, patience: Patience) -> None:
        self.repeatable: Final = sink.repeatable
        self.failure: str | None = None
        self._sink = sink
        self._say = say
        self._failed = failed
        self.patience: Final = patience
        self._recording: Path | None = None
        self._missed = False
        self._missed_reports: deque[SensorReport] = deque(maxlen=MOST_REPORTS)
        self._queue: asyncio.Queue[Sequence[News]] = asyncio.Queue(QUEUE_BATCHES)
        self._keeping: asyncio.Task[None] | None = None

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """See `Sink`: what can't be had at the start does end the run; but for a file that refuses, nobody waits."""
        self._recording = recording
        opening = asyncio.create_task(self._sink.open(header, recording))
        refused = asyncio.create_task(self.patience.refused())
        try:
            await asyncio.wait({opening, refused}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            opening.cancel()
            raise
        finally:
            refused.cancel()
        if opening.done():
            opening.result()
        self._keeping = asyncio.create_task(self._keep(opening), name="sink")

    async def write(self, news: Sequence[News]) -> None:
        """Take what is new; waits only when the sink is far behind."""
        if self.failure is not None:
            return
        if not self._queue.full():
            self._require_keeping()
            self._queue.put_nowait(news)
        elif not await self._while_kept(self._queue.put(news), self.patience.refused()):
            self._missed_reports.extend(item for item in news if isinstance(item, SensorReport))
            if not self._missed:
                self._missed = True
                self._say(MISSED)

    async def finish(self, end: SessionEnd) -> None:
        """Write what still waits and what was missed, and end the session."""
        await self._patiently(self._queue.join())
        if self._missed:
            await self._patiently(self._attempt(self._refill))
        await self._patiently(self._attempt(lambda: self._sink.finish(end)))

    async def close(self) -> None:
        """Write what still waits, and let go."""
        try:
            if self._keeping is not None:
                await self._patiently(self._queue.join())
                self._keeping.cancel()
                await asyncio.gather(self._keeping, return_exceptions=True)
        finally:
            await self._sink.close()

    async def _patiently(self, work: Coroutine[None, None, object]) -> None:
        """Do something at the end of the run, unless all has failed; a file that refuses on and on fails then."""
        if self.failure is not None:
            work.close()
            self._require_keeping()
        elif not await self._while_kept(work, self.patience.exhausted(LAST_PATIENCE_S)):
            self._fail(self.patience.why)

    async def _while_kept(self, work: Coroutine[None, None, object], too_long: Coroutine[None, None, None]) -> bool:
        """Wait for `work`, but not when it takes too long; return whether it was done.

        Raises what ended the keeping: an error that is not the outside world's.
        """
        assert self._keeping is not None, "opened before it is used"
        waiting, giving_up = asyncio.ensure_future(work), asyncio.ensure_future(too_long)
        try:
            await asyncio.wait({waiting, giving_up, self._keeping}, return_when=asyncio.FIRST_COMPLETED)
            self._require_keeping()
            if waiting.done():
                waiting.result()
            return waiting.done()
        finally:
            waiting.cancel()
            giving_up.cancel()
            await asyncio.gather(waiting, giving_up, return_exceptions=True)

    def _require_keeping(self) -> None:
        assert self._keeping is not None, "opened before it is used"
        if self._keeping.done():
            self._keeping.result()

    async def _keep(self, opening: asyncio.Task[None]) -> None:
        await self._attempt(lambda: opening)
        while True:
            batches = [await self._queue.get()]
            while not self._queue.empty():
                batches.append(self._queue.get_nowait())
            together = [item for batch in batches for item in batch]
            await self._attempt(partial(self._sink.write, together))
            for _ in batches:
                self._queue.task_done()

    async def _refill(self) -> None:
        """Write all that is recorded, and the reports; what is there already stays as it is."""
        assert self._recording is not None, "recorded where it is buffered"
        async for events in computed_anew(self._recording):
            await self._sink.write(events)
        await self._sink.write(tuple(self._missed_reports))
        self._say(FILLED)

    async def _attempt(self, work: Callable[[], Awaitable[None]]) -> None:
        if self.failure is not None:
            return
        try:
            await work()
        except FootfallError as error:
            self._fail(str(error))

    def _fail(self, why: str) -> None:
        self.failure = why
        self._say(self._failed.format(why))
