"""A store that another program holds, or that has no room, in the middle of a run: nothing is lost, nothing doubled."""

import contextlib
import math
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from footfall_gateway.clock import ScaledClock, SystemClock
from footfall_gateway.data_folder import make_folders
from footfall_gateway.errors import GatewayError
from footfall_gateway.formats.inputs import open_input
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.analysis import analyze_session
from footfall_gateway.sessions.kept_run import KeptRun, keep_run
from footfall_gateway.sessions.played_run import play
from footfall_gateway.sessions.ready_run import Place
from footfall_gateway.sessions.sinks import buffered
from footfall_gateway.sessions.sinks.base import News, Overflow, SensorReport, SessionEnd
from footfall_gateway.sessions.sinks.buffered import FILLED, MISSED, Buffered
from footfall_gateway.sessions.sinks.store import STORING_GOES_ON, SharedStore, StoreSink
from footfall_gateway.store import sqlite_file
from footfall_gateway.store.database import Store
from gateway.command_line import FEET
from gateway.troubles import held_by_another_program

RUN_S = 40.0
BEGIN_S, END_S = 12.0, 30.0
"""The trouble, in session seconds: there are strides before, meanwhile and afterwards."""
NEVER_S = 1e6
ROOMY, NARROW = 10_000, 4
"""Batches that may wait."""


class Trouble:
    """A sink that makes trouble for another one, from one session second to a later one."""

    overflow = Overflow.NEWEST_ONLY
    repeatable = True

    def __init__(
        self,
        trouble: contextlib.AbstractContextManager[None],
        begin_s: float,
        end_s: float,
        noticed: Callable[[], Awaitable[None]],
    ) -> None:
        self._trouble = trouble
        self._due_s = [begin_s, end_s]
        self._noticed = noticed
        self.reports: list[SensorReport] = []

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        await self._go_on_to(0.0)

    async def write(self, news: Sequence[News]) -> None:
        for item in news:
            if isinstance(item, SensorReport):
                self.reports.append(item)
                await self._go_on_to(item.health.t_s)

    async def _go_on_to(self, now_s: float) -> None:
        while self._due_s and self._due_s[0] <= now_s:
            self._due_s.pop(0)
            if self._due_s:
                self._trouble.__enter__()
            else:
                await self._noticed()
                self._trouble.__exit__(None, None, None)

    async def finish(self, end: SessionEnd) -> None:
        """It lasts."""

    async def close(self) -> None:
        if self._due_s:
            self._trouble.__exit__(None, None, None)


class Reported(StoreSink):
    """The store's sink, which notes the sensors' health that reached it."""

    def __init__(self, store: SharedStore) -> None:
        super().__init__(store)
        self.reports: list[SensorReport] = []

    async def write(self, news: Sequence[News]) -> None:
        await super().write(news)
        self.reports += [item for item in news if isinstance(item, SensorReport)]


async def keep(
    folder: Path, trouble: contextlib.AbstractContextManager[None], begin_s: float, end_s: float
) -> list[str]:
    """Take a run with trouble; return what was said."""
    said: list[str] = []
    place = Place(folder, said.append)
    make_folders(folder)
    hasty = ScaledClock(SystemClock(), 1000.0)
    async with SharedStore(place.store_path, place.say, hasty) as store:
        reported, troubling = Reported(store), Trouble(trouble, begin_s, end_s, store.patience.refused)
        sink = Buffered(reported, place.say, "STORING STOPPED: {}", store.patience)
        take = partial(keep_run, sinks=[troubling, sink])
        kept: KeptRun = await play(take, open_input((FEET,)), place, speed=math.inf, duration_s=RUN_S)
    wanted = analyze_session(kept.header, Recording.open(kept.recording_path))
    with Store.open(place.store_path) as reader:
        stored = reader.strides(kept.header.session.id)
        if sink.failure is None:
            assert stored == wanted.strides
            assert sorted(reported.reports, key=_when) == sorted(troubling.reports, key=_when)
            assert reader.session(kept.header.session.id).summary is not None
        else:
            assert set(stored) < set(wanted.strides)
            with pytest.raises(GatewayError, match="not kept whole"):
                kept.require_whole()
    return said


def _when(report: SensorReport) -> tuple[float, str]:
    return report.health.t_s, report.health.sensor_id


@pytest.fixture(autouse=True)
def refuse_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "_BUSY_TIMEOUT_S", 0.0)


def waits(folder: Path) -> str:
    why = f"{Place(folder, print).store_path}: database is locked; close the other program that writes to it"
    return f"STORING WAITS: {why}. It is tried again until it can be; nothing is lost meanwhile."


def room_for(batches: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffered, "QUEUE_BATCHES", batches)


@pytest.mark.parametrize("begin_s", [0.0, BEGIN_S])
async def test_a_store_that_is_held_for_a_while_gets_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begin_s: float
) -> None:
    room_for(ROOMY, monkeypatch)
    said = await keep(tmp_path, held_by_another_program(Place(tmp_path, print).store_path), begin_s, END_S)
    assert said == [waits(tmp_path), STORING_GOES_ON]


async def test_what_finds_no_room_is_filled_in_from_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room_for(NARROW, monkeypatch)
    said = await keep(tmp_path, held_by_another_program(Place(tmp_path, print).store_path), BEGIN_S, END_S)
    assert said == [waits(tmp_path), MISSED, STORING_GOES_ON, FILLED]


async def test_a_store_that_is_held_for_good_fails_and_the_run_goes_on_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room_for(NARROW, monkeypatch)
    held = held_by_another_program(Place(tmp_path, print).store_path)
    first, missed, stopped = await keep(tmp_path, held, BEGIN_S, NEVER_S)
    assert (first, missed) == (waits(tmp_path), MISSED)
    assert stopped.startswith("STORING STOPPED: ")
    assert "database is locked" in stopped
