"""The run that another program takes into the same store, on the live page: read as it is stored."""

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from footfall_coaching.load import Ceiling
from footfall_dashboards.live import LiveView
from footfall_gateway.clock import Clock
from footfall_gateway.commands.pages import RunnerPages, ways
from footfall_gateway.data_folder import recording_path, store_path
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.recordings.growing import is_being_written
from footfall_gateway.store.database import Store, StoredSession
from footfall_gateway.store.kept_signals import with_kept_signals
from footfall_gateway.store.sqlite_file import ContentError
from footfall_gateway.store.standing import ceiling_for
from footfall_processing.errors import FootfallError
from footfall_processing.gait import Stride
from footfall_processing.results.summary import SessionSummary, summarize
from footfall_processing.results.windows import Window

LOOK_EVERY_S: Final = 1.0
STILL_S: Final = 120.0
"""A session that is recorded elsewhere goes on for so long after its last stride."""
AT_ONCE: Final = 200
"""So many strides are shown before others get their turn."""
_KINDS: Final = ("1min", "1km")


@dataclass(slots=True)
class Followed:
    """A run that goes on, and how far it has been read."""

    session: StoredSession
    ceiling: Ceiling | None
    strides_s: dict[str, float] = field(default_factory=dict)
    windows_s: dict[str, float] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Which session it is."""
        return self.session.header.session.id

    @property
    def runner(self) -> str:
        """Whose run it is."""
        return _runner_of(self.session)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the store brought.

    Parameters
    ----------
    followed
        The run that goes on, or has just ended; `None` where none does.
    summary
        What it came to, once it is over.
    others
        Whose runs go on as well, and are not followed.
    """

    followed: Followed | None = None
    items: Sequence[Stride | Window] = ()
    summary: SessionSummary | None = None
    others: frozenset[str] = frozenset()


class StoredRuns:
    """Looks in a store for a run that goes on, and follows it to its end. Calls block on the disk.

    Parameters
    ----------
    folder
        The data folder.
    clock
        Tells how long nothing has come.
    usual
        Whose run is followed where several go on; else the one that began last.
    """

    def __init__(self, folder: Path, clock: Clock, usual: str = "") -> None:
        self._folder = folder
        self._clock = clock
        self._usual = usual
        self._store: Store | None = None
        self._followed: Followed | None = None
        self._grew: dict[str, tuple[int, float]] = {}

    def look(self) -> Look:
        """Look once."""
        if self._store is None:
            self._store = Store.open(store_path(self._folder))
        store, followed = self._store, self._followed
        if followed is not None:
            session = store.find(followed.id)
            if session is not None and session.summary is not None:
                self._followed = None
                strides, sensors = store.strides(followed.id), session.header.session.sensors
                summary = with_kept_signals(summarize(strides, sensors), strides, session.summary)
                return Look(followed, self._new(store, followed), summary)
        going_on = {session.header.session.id: session for session in self._going_on(store)}
        # of a run that is given to another runner meanwhile nothing more is shown to the first
        if followed is None or followed.id not in going_on or followed.runner != _runner_of(going_on[followed.id]):
            followed = self._followed = self._chosen(store, list(going_on.values()))
        if followed is None:
            return Look()
        names = {_runner_of(session) for name, session in going_on.items() if name != followed.id}
        return Look(followed, self._new(store, followed), others=frozenset(names))

    def close(self) -> None:
        """Let go of the store."""
        if self._store is not None:
            self._store.close()

    def _going_on(self, store: Store) -> Iterator[StoredSession]:
        for session_id in store.traces.unfinished():
            try:
                session = store.find(session_id)
            except ContentError:
                continue  # one that can't be read hides no other
            if session is not None and self._goes_on(store, session_id, session):
                yield session

    def _chosen(self, store: Store, going_on: Sequence[StoredSession]) -> Followed | None:
        usual = [one for one in going_on if _runner_of(one) == self._usual]
        session = next(iter([*usual, *going_on]), None)
        return None if session is None else Followed(session, ceiling_for(store, session.header))

    def _goes_on(self, store: Store, session_id: str, session: StoredSession) -> bool:
        """Tell whether a program records the session here, or it has grown lately, as one that comes over MQTT."""
        path = session.recording or recording_path(self._folder, session_id)
        if path.exists():
            return is_being_written(path)
        count, now_s = store.stride_count(session_id), self._clock.now_s()
        before = self._grew.get(session_id)
        if before is None or before[0] != count:
            # one that was only found has not been seen to grow
            self._grew[session_id] = count, -math.inf if before is None else now_s
        return now_s - self._grew[session_id][1] < STILL_S

    @staticmethod
    def _new(store: Store, followed: Followed) -> list[Stride | Window]:
        """Return what is new of a run: strides by their end, then windows."""
        strides: list[Stride] = []
        for sensor in followed.session.header.session.sensors:
            since_s = followed.strides_s.get(sensor.id, -1e6)
            new = store.traces.strides_after(followed.id, sensor.id, since_s)
            if new:
                followed.strides_s[sensor.id] = new[-1].initial_contact_s
            strides += new
        windows: list[Window] = []
        for kind in _KINDS if strides else ():
            new_windows = store.traces.windows_after(followed.id, kind, followed.windows_s.get(kind, -1e6))
            if new_windows:
                followed.windows_s[kind] = new_windows[-1].end_s
            windows += new_windows
        return [*sorted(strides, key=lambda stride: stride.next_contact_s), *windows]


async def show_what_goes_on(folder: Path, pages: RunnerPages, clock: Clock, usual: str = "") -> None:
    """Show on the live page whichever run goes on in the store, until cancelled; a store that refuses is asked again.

    What is shown lags behind the run by what its program takes to store strides, and by a second more. How sensors are
    is not known from the store.
    """
    runs, disk = StoredRuns(folder, clock, usual), DiskThread("going-on")
    shown: LiveView | None = None
    shown_of: Followed | None = None
    end_s, heard_s = 0.0, clock.now_s()
    try:
        while True:
            try:
                look = await disk.call(runs.look)
            except FootfallError:
                await clock.sleep(LOOK_EVERY_S)
                continue
            followed = look.followed
            pages.say_who_runs_too(look.others)
            if followed is None:
                if shown is not None and not shown.is_over:
                    pages.show_nothing()  # it was cut off
                shown = shown_of = None
            else:
                if shown is None or shown_of is not followed:
                    shown, shown_of, end_s = _view_of(followed), followed, 0.0
                    pages.show(shown, followed.runner)
                for begin in range(0, len(look.items), AT_ONCE):
                    for item in look.items[begin : begin + AT_ONCE]:
                        shown.write(item)
                        end_s = max(end_s, item.next_contact_s if isinstance(item, Stride) else 0.0)
                    await asyncio.sleep(0)
                heard_s = clock.now_s() if look.items else heard_s
                shown.pass_time(end_s + clock.now_s() - heard_s)
                if look.summary is not None:
                    shown.finish(look.summary, str(followed.session.recording or ""))
            await clock.sleep(LOOK_EVERY_S)
    finally:
        await disk.call(runs.close)
        disk.close()


def _runner_of(session: StoredSession) -> str:
    return session.header.session.runner_name


def _view_of(followed: Followed) -> LiveView:
    session = followed.session.header.session
    return LiveView(
        session.sensors,
        title=", ".join(sensor.id for sensor in session.sensors),
        ways=ways(session.id, session.runner_name),
        ceiling=followed.ceiling,
        tells_health=False,
    )
