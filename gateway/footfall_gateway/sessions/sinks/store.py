"""Strides, windows and summaries into the embedded store."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from footfall_coaching.cues.asked import OwnValues
from footfall_coaching.light import Light
from footfall_coaching.load import Ceiling, Stand
from footfall_coaching.plan import Plan
from footfall_coaching.plan_events import PlanEvent
from footfall_gateway import wire
from footfall_gateway.clock import Clock, SystemClock
from footfall_gateway.disk_thread import SharedWrites
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.say import Say
from footfall_gateway.sessions.sinks.base import News, Overflow, SensorReport, SessionEnd
from footfall_gateway.sessions.watch_files import join_waiting
from footfall_gateway.store.database import Store
from footfall_gateway.store.patience import Patience, PatientDisk
from footfall_gateway.store.programmes import tell_cued, tell_programme
from footfall_gateway.store.standing import ceiling_for, light_for, own_values_for, plan_for, standing_of
from footfall_processing.gait import Stride
from footfall_processing.health import SensorHealth
from footfall_processing.results.windows import Window

STORING_WAITS: Final = "STORING WAITS: {}. It is tried again until it can be; nothing is lost meanwhile."
STORING_GOES_ON: Final = "Storing goes on."


class SharedStore:
    """The store as all sessions of a program use it, in a thread of its own; an async context manager.

    Whoever writes to it, or reads, waits for as long as the file refuses.

    Parameters
    ----------
    path
        The store; made if it does not exist.
    say
        Told when the file refuses, and when that is over; when a watch's run joins a session; and when a run is one
        that a programme asked for.
    clock
        For the pauses between attempts, and when something was told.

    Attributes
    ----------
    patience
        Tells whether the file refuses now.

    Raises
    ------
    StoreError
        On entering, when it can't be opened.
    """

    def __init__(self, path: Path, say: Say, clock: Clock | None = None) -> None:
        self._clock: Final = clock or SystemClock()
        self.patience: Final = Patience(say, self._clock, waits=STORING_WAITS, goes_on=STORING_GOES_ON)
        self._path = path
        self._say: Final = say
        self._disk = PatientDisk("store", self.patience)
        self._store: Store | None = None
        self._cued_minutes: dict[str, float] = {}
        """Of sessions that are not finished here yet."""
        self._writes = SharedWrites(self._disk, self._add)

    async def __aenter__(self) -> Self:
        try:
            self._store = await self._disk.call_once(Store.open, self._path)
        except BaseException:
            self._disk.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._disk.call_once(self._open_store.close)
        self._disk.close()

    async def begin(self, header: RecordingHeader, recording: Path | None) -> None:
        """Add a session, or describe it anew."""
        await self._disk.call(self._open_store.add_session, header, recording)

    async def add(self, session_id: str, items: Sequence[Stride | Window]) -> None:
        """Add strides and windows; on return they are on the disk, in one transaction with those of other sessions."""
        await self._writes.add((session_id, item) for item in items)

    async def finish(self, session_id: str, summary: wire.JsonObject) -> None:
        """Keep a session's summary; what a watch alone recorded of it joins it, and so it does its programme."""
        for line in await self._disk.call(self._finish, session_id, summary):
            self._say(line)

    async def cued(self, session_id: str, minutes: float) -> None:
        """Keep for how long a run had a cue, if it is a session of a programme; before it is finished or after."""
        await self._disk.call(self._cued, session_id, minutes)

    async def plan_for(self, runner_name: str, now: datetime) -> Plan:
        """Return a runner's plan for today, as the function does; a refusal passes at once."""
        return await self._disk.call_once(plan_for, self._open_store, runner_name, now)

    async def last_step_utc(self, runner_name: str) -> datetime | None:
        """Return when a step of a runner's try-out was told last; `None` for never; a refusal passes at once."""
        return await self._disk.call_once(self._open_store.plans.last_step_utc, runner_name)

    async def plan_events(self, runner_name: str) -> Sequence[PlanEvent]:
        """Return the events of a runner's plan; a refusal passes at once."""
        return await self._disk.call_once(self._open_store.plans.events, runner_name)

    async def kept_strides(self, session_id: str) -> int:
        """Return how many strides of a session are in the store."""
        return await self._disk.call(self._open_store.stride_count, session_id)

    async def forget_results(self, session_id: str) -> None:
        """Let go of the strides and windows of a session that is computed anew."""
        await self._disk.call(self._open_store.forget_results, session_id)

    async def standing_of(self, session_id: str) -> Stand | None:
        """Return where a run stands, as the function does; a refusal passes at once."""
        return await self._disk.call_once(standing_of, self._open_store, session_id)

    async def light_for(self, runner_name: str, now: datetime) -> Light:
        """Return a runner's light for today, as the function does; a refusal passes at once."""
        return await self._disk.call_once(light_for, self._open_store, runner_name, now)

    async def own_values_for(self, header: RecordingHeader) -> OwnValues:
        """Return the usual values of a run's runner, as the function does; a refusal passes at once."""
        return await self._disk.call_once(own_values_for, self._open_store, header)

    async def ceiling_for(self, header: RecordingHeader) -> Ceiling | None:
        """Return the ceiling for a run that begins, as the function does; a refusal passes at once."""
        return await self._disk.call_once(ceiling_for, self._open_store, header)

    @property
    def _open_store(self) -> Store:
        assert self._store is not None, "the store is used within its context"
        return self._store

    def _finish(self, session_id: str, summary: wire.JsonObject) -> tuple[str, ...]:
        self._open_store.finish_session(session_id, summary)
        joined, now = join_waiting(self._open_store, session_id), self._clock.utc_now()
        told = tell_programme(self._open_store, session_id, now)
        minutes = self._cued_minutes.pop(session_id, None)
        if told and minutes is not None:
            tell_cued(self._open_store, session_id, now, minutes)
        return (*joined, *told)

    def _cued(self, session_id: str, minutes: float) -> None:
        if self._open_store.log.run(session_id) is None:
            self._cued_minutes[session_id] = minutes
        else:
            tell_cued(self._open_store, session_id, self._clock.utc_now(), minutes)

    def _add(self, items: Sequence[tuple[str, Stride | Window]]) -> None:
        fresh: dict[str, list[Stride | Window]] = {}
        for session_id, item in items:
            fresh.setdefault(session_id, []).append(item)
        self._open_store.add(fresh)


class StoreSink:
    """Keeps a session in the store, and how its sensors were at last: an impact is no record, all other results are."""

    overflow = Overflow.HOLDS_UP
    repeatable = True

    def __init__(self, store: SharedStore) -> None:
        self._store = store
        self._session_id = ""
        self._ids: frozenset[str] = frozenset()
        self._health: dict[str, SensorHealth] = {}

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """Begin a session; see `Sink`."""
        self._session_id = header.session.id
        sensors, companions = header.session.sensors, header.companions
        self._ids = frozenset([*(one.id for one in sensors), *(one.id for one in companions)])
        await self._store.begin(header, recording)

    async def write(self, news: Sequence[News]) -> None:
        """Keep strides and windows; see `Sink`."""
        reports = [item.health for item in news if isinstance(item, SensorReport)]
        self._health |= {health.sensor_id: health for health in reports if health.sensor_id in self._ids}
        records = [item for item in news if isinstance(item, Stride | Window)]
        if records:
            await self._store.add(self._session_id, records)

    async def finish(self, end: SessionEnd) -> None:
        """Keep the summary; see `Sink`."""
        summary = wire.summary_object(end.summary, end.companions)
        if self._health:
            summary = wire.with_health(summary, self._health.values())
        await self._store.finish(self._session_id, summary)

    async def close(self) -> None:
        """See `Sink`; the store stays open for others."""
