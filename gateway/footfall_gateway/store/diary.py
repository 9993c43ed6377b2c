"""The log of runs as pages ask for it: off the event loop, in a thread of its own."""

import asyncio
import contextlib
import gc
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from footfall_coaching.answers import Effort, Pain, Shoe, SignNote
from footfall_coaching.course import Courses
from footfall_coaching.message import Message
from footfall_coaching.plan_events import PlanEvent
from footfall_coaching.run import DistanceSource, Run
from footfall_coaching.try_out.seal import Opening
from footfall_gateway.clock import Clock, SystemClock
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.store.answers import Answer
from footfall_gateway.store.database import Store
from footfall_processing.errors import FootfallError
from footfall_processing.gait import Stride

T = TypeVar("T")


class StoreDiary:
    """A store's log of runs; an async context manager.

    Each method raises `FootfallError`, which says what to do, when the store can't be read or written, or what is asked
    makes no sense. The unnamed runner, whose data folder it is, has an empty name.

    Parameters
    ----------
    path
        The store; made if it does not exist.
    remove
        Removes sessions for good, recordings too, given their ids; called in the diary's thread.
    clock
        Tells when something is put into the bin.

    Raises
    ------
    StoreError
        On entering, when the store can't be opened.
    """

    def __init__(self, path: Path, remove: Callable[[Collection[str]], object], clock: Clock | None = None) -> None:
        self._path = path
        self._remove: Final = remove
        self._clock: Final = clock or SystemClock()
        self.courses: Final = Courses()
        self._disk = DiskThread("diary")
        self._store: Store | None = None
        self._reading_ahead: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            self._store = await self._disk.call(Store.open, self._path)
        except BaseException:
            self._disk.close()
            raise
        self._reading_ahead = asyncio.create_task(self.read_ahead())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reading_ahead is not None:
            self._reading_ahead.cancel()
        await self._disk.call(self._open_store.close)
        self._disk.close()

    async def read_ahead(self) -> None:
        """Read what pages will ask for, one run after the other, so that none need wait; begun on entering."""
        with contextlib.suppress(FootfallError):  # whoever asks is told
            for run in await self._disk.call(self._open_store.log.runs):
                with contextlib.suppress(FootfallError):
                    await self._disk.call(len, run.minutes)
        gc.freeze()  # years of runs stay: looking through them for garbage would hold pages up for half a second

    async def runners(self) -> Sequence[str]:
        """Return whose runs or answers there are, by name."""
        store = self._open_store
        return await self._disk.call(lambda: sorted(store.log.names() | store.answers.names()))

    async def runs(self, runner_name: str) -> Sequence[Run]:
        """Return a runner's runs, newest first, those without a date last; without what lies in the bin."""
        return await self._disk.call(self._open_store.log.runs, runner_name)

    async def run(self, session_id: str) -> Run | None:
        """Return one run, also from the bin."""
        return await self._disk.call(self._open_store.log.run, session_id)

    async def closer(self, run: Run) -> Run:
        """Return a short run with its course by ten seconds; a longer one as it is."""
        return await self._disk.call(self._open_store.log.closer, run)

    async def strides_from(self, runner_name: str, begin_utc: datetime) -> tuple[str, float, Sequence[Stride]] | None:
        """Return the runner's session that goes on, a moment in its seconds, and its strides from then on.

        `None` where no session is kept that has strides after it.
        """
        return await self._disk.call(self._open_store.traces.strides_from, runner_name, begin_utc)

    async def bin(self, runner_name: str) -> Sequence[Run]:
        """Return what was discarded, newest first."""
        log = self._open_store.log
        return await self._disk.call(lambda: log.runs(runner_name, in_bin=True))

    async def pains(self, runner_name: str) -> Sequence[Pain]:
        """Return all that hurt, the earliest first."""
        return await self._disk.call(self._open_store.answers.pains, runner_name)

    async def signs(self, runner_name: str) -> Sequence[SignNote]:
        """Return all signs that the runner told, the earliest first."""
        return await self._disk.call(self._open_store.answers.signs, runner_name)

    async def efforts(self, runner_name: str) -> Sequence[Effort]:
        """Return how runs were."""
        return await self._disk.call(self._open_store.answers.efforts, runner_name)

    async def shoes(self, runner_name: str) -> Sequence[Shoe]:
        """Return the runner's shoes, the earliest first."""
        return await self._disk.call(self._open_store.answers.shoes, runner_name)

    async def told(self, runner_name: str, *rules: str) -> Sequence[Message]:
        """Return the ledger: all messages, of these rules where any is named, the earliest first."""
        return await self._disk.call(self._open_store.answers.told, runner_name, *rules)

    async def note(self, *answers: Answer) -> None:
        """Keep answers, all or none; each takes the place of the one before it on the same thing."""
        await self._disk.call(self._open_store.answers.note, *answers)

    async def tell(self, *messages: Message) -> None:
        """Keep messages in the ledger; one that is there already is not kept again."""
        await self._disk.call(self._open_store.answers.tell, *messages)

    async def plan_events(self, runner_name: str) -> Sequence[PlanEvent]:
        """Return what happened in a runner's programmes, exercises and try-outs, in the order in which it was told."""
        return await self._disk.call(self._open_store.plans.events, runner_name)

    async def note_plan(self, runner_name: str, *events: PlanEvent, told: Sequence[Message] = ()) -> None:
        """Keep events of a runner's plan and what is told of them, all or none.

        An event of a session that was told before takes that one's place.
        """
        note, now = self._open_store.plans.note, self._clock.utc_now()
        await self._disk.call(lambda: note(runner_name, now, *events, told=told))

    async def opening_of(self, runner_name: str, seal: str) -> Opening | None:
        """Return what the seal of a try-out is opened with; no page shows of it what has not come yet."""
        return await self._disk.call(self._open_store.plans.opening_of, runner_name, seal)

    async def note_opening(self, runner_name: str, opening: Opening) -> None:
        """Keep what a try-out's seal is opened with, apart from its events, before the try-out begins."""
        await self._disk.call(self._open_store.plans.note_opening, runner_name, opening)

    async def rename(self, session_id: str, title: str) -> None:
        """Give a run a title, or take it away."""
        await self._disk.call(self._open_store.log.rename, session_id, title)

    async def redate(self, session_id: str, started_utc: datetime) -> None:
        """Say when a run began."""
        await self._disk.call(self._open_store.log.redate, session_id, started_utc)

    async def wore(self, session_id: str, shoe: str) -> None:
        """Say which shoes a run was in, afterwards."""
        await self._disk.call(self._open_store.log.wore, session_id, shoe)

    async def ran(self, session_id: str, runner_name: str) -> None:
        """Say who ran, afterwards; empty for nobody named. What was told of the run goes along."""
        await self._disk.call(self._open_store.log.ran, session_id, runner_name)

    async def went(self, session_id: str, distance_m: float | None, source: DistanceSource) -> None:
        """Say how far was run; `None` leaves it to the sensors again."""
        await self._disk.call(self._open_store.log.went, session_id, distance_m, source)

    async def discard(self, session_id: str) -> None:
        """Put a run into the bin: it counts nowhere."""
        await self._disk.call(self._open_store.log.discard, session_id, self._clock.utc_now())

    async def bring_back(self, session_id: str) -> None:
        """Take a run out of the bin."""
        await self._disk.call(self._open_store.log.bring_back, session_id)

    async def empty_bin(self, runner_name: str) -> None:
        """Remove what lies in a runner's bin for good, recordings too."""
        await self._disk.call(self._empty_bin, runner_name)

    def _empty_bin(self, runner_name: str) -> None:
        self._remove(self._open_store.log.discarded(runner_name))

    @property
    def _open_store(self) -> Store:
        assert self._store is not None, "the diary is used within its context"
        return self._store
