"""Recording and store behind a live run: what reaches the disk, and what happens when the disk refuses."""

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from footfall_gateway import wire
from footfall_gateway.clock import ScaledClock, SystemClock
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.recorder import Recorder
from footfall_gateway.recordings.recording import Recording, RecordingError
from footfall_gateway.say import Say
from footfall_gateway.sessions.sinks.base import News, Overflow, SessionEnd, Sinks
from footfall_gateway.sessions.sinks.buffered import QUEUE_BATCHES, Buffered
from footfall_gateway.sessions.sinks.store import STORING_GOES_ON, SharedStore, StoreSink
from footfall_gateway.store import sqlite_file
from footfall_gateway.store.database import Store, StoreError
from footfall_gateway.store.patience import Patience
from footfall_processing.results.summary import summarize
from gateway.recordings_for_tests import header, packets, strides
from gateway.troubles import files_limited, held_by_another_program

SESSION_ID = header().session.id


END = SessionEnd(summarize([], header().session.sensors))


@contextlib.asynccontextmanager
async def buffered_store(path: Path, recording: Path, say: Say) -> AsyncIterator[Buffered]:
    """Give the store's sink as a live run uses it."""
    async with SharedStore(path, say) as store:
        sink = Buffered(StoreSink(store), say, "STORING STOPPED: {}.", store.patience)
        try:
            await sink.open(header(), recording)
            yield sink
        finally:
            await sink.close()


def nothing_to_say(text: str) -> None:
    pytest.fail(text)


def never_refused() -> Patience:
    return Patience(nothing_to_say, SystemClock(), waits="{}", goes_on="")


async def test_the_recorder_writes_every_packet(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    given = list(packets(100))
    async with Recorder(path, header(), nothing_to_say) as recorder:
        for begin in range(0, len(given), 7):
            await recorder.write(given[begin : begin + 7])
    recording = Recording.open(path)
    assert list(recording) == given
    assert not recording.truncated
    assert recorder.failure is None


async def test_a_recording_that_cannot_be_begun_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no-such-folder"):
        async with Recorder(tmp_path / "no-such-folder" / "run.mcap", header(), nothing_to_say):
            pass


async def test_the_store_gets_every_stride_however_far_it_is_behind(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    given = list(strides(3 * QUEUE_BATCHES))
    async with buffered_store(path, tmp_path / "run.mcap", nothing_to_say) as sink:
        other_program = sqlite3.connect(path, isolation_level=None)
        other_program.execute("BEGIN IMMEDIATE")
        for stride in given[: QUEUE_BATCHES // 2]:
            await sink.write([stride])
        other_program.execute("COMMIT")
        other_program.close()
        for stride in given[QUEUE_BATCHES // 2 :]:
            await sink.write([stride])
        await sink.finish(END)
    with Store.open(path) as store:
        (session,) = store.sessions()
        assert store.strides(SESSION_ID) == given
    assert session.summary == wire.summary_object(END.summary)
    assert session.recording == tmp_path / "run.mcap"


async def test_a_store_that_fails_is_said_once_and_holds_nobody_up(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    said: list[str] = []
    async with buffered_store(path, tmp_path / "run.mcap", said.append) as sink:
        other_program = sqlite3.connect(path)
        other_program.execute("DROP TABLE stride")
        other_program.commit()
        other_program.close()
        for stride in strides(3 * QUEUE_BATCHES):
            await sink.write([stride])
        await sink.finish(END)
    (line,) = said
    assert line.startswith("STORING STOPPED: ")
    assert str(path) in line
    assert sink.failure is not None
    assert sink.failure in line


async def test_a_store_without_room_gets_all_once_there_is_some(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    given = list(strides(QUEUE_BATCHES))
    said: list[str] = []
    async with buffered_store(path, tmp_path / "run.mcap", said.append) as sink:
        await sink.write(given[:1])
        with files_limited(4096):
            for stride in given[1:]:
                await sink.write([stride])
            await sink.patience.refused()
        await sink.finish(END)
    with Store.open(path) as store:
        assert store.strides(SESSION_ID) == given
    waits, goes_on = said
    assert re.fullmatch(rf"STORING WAITS: {path}: .*space on (it|the disk).*nothing is lost meanwhile\.", waits)
    assert goes_on == STORING_GOES_ON


async def test_a_store_that_is_read_while_it_is_held_has_nobody_told_that_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_BUSY_TIMEOUT_S", 0.0)
    path = tmp_path / "store.sqlite"
    said: list[str] = []
    async with SharedStore(path, said.append, ScaledClock(SystemClock(), 1000.0)) as store:
        sink = StoreSink(store)
        await sink.open(header(), None)
        with held_by_another_program(path):
            writing = [asyncio.create_task(sink.write([stride])) for stride in strides(2)]
            await store.patience.refused()
            for _ in range(3):
                assert await store.kept_strides(SESSION_ID) == 0
            writing[1].cancel()
            await asyncio.wait([writing[1]])
            assert len(said) == 1
            assert store.patience.why
        await writing[0]
        assert said[1:] == [STORING_GOES_ON]
        with held_by_another_program(path):
            again = asyncio.create_task(sink.write(list(strides(3))))
            await store.patience.refused()
            again.cancel()
            await asyncio.wait([again])
        assert store.patience.why == "", "nobody waits any more"
        await sink.write(list(strides(3)))
        assert await store.kept_strides(SESSION_ID) == 3


async def test_a_store_that_is_made_read_only_meanwhile_is_written_on(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    given = list(strides(20))
    async with buffered_store(path, tmp_path / "run.mcap", nothing_to_say) as sink:
        await sink.write(given[:10])
        path.chmod(0o400)
        await sink.write(given[10:])
        await sink.finish(END)
    path.chmod(0o600)
    with Store.open(path) as store:
        assert store.strides(SESSION_ID) == given


async def test_a_store_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    path.write_text("something else altogether, and long enough to be looked at")
    with pytest.raises(StoreError, match=r"store\.sqlite"):
        async with SharedStore(path, nothing_to_say):
            pass


class Noted:
    """A sink that notes what it is told, beside all others of a session."""

    def __init__(
        self,
        name: str,
        noted: list[tuple[str, object]],
        *,
        overflow: Overflow = Overflow.HOLDS_UP,
        repeatable: bool = True,
        fails: str = "",
    ) -> None:
        self.overflow = overflow
        self.repeatable = repeatable
        self._name = name
        self._noted = noted
        self._fails = fails

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        self._note("open", header.session.id)

    async def write(self, news: Sequence[News]) -> None:
        self._note("write", len(news))

    async def finish(self, end: SessionEnd) -> None:
        self._note("finish", end)

    async def close(self) -> None:
        self._note("close", None)

    def _note(self, what: str, detail: object) -> None:
        self._noted.append((f"{self._name} {what}", detail))
        if self._fails == what:
            raise StoreError(f"{self._name} can't {what}")


async def test_sinks_that_never_wait_come_first_and_nobody_is_told_twice() -> None:
    noted: list[tuple[str, object]] = []
    sinks = Sinks(
        [
            Noted("store", noted),
            Noted("page", noted, overflow=Overflow.NEWEST_ONLY, repeatable=False),
            Noted("points", noted),
        ]
    )
    await sinks.open(header())
    await sinks.write(list(strides(3)))
    await sinks.write([])
    await sinks.write(list(strides(2)), again=True)
    await sinks.finish(END)
    await sinks.close()
    names = ("page", "store", "points")
    assert noted == [
        *((f"{name} open", SESSION_ID) for name in names),
        *((f"{name} write", 3) for name in names),
        *((f"{name} write", 2) for name in names[1:]),
        *((f"{name} finish", END) for name in (*names[1:], names[0])),
        *((f"{name} close", None) for name in reversed(names)),
    ]


async def test_a_sink_that_cannot_be_had_closes_those_that_were_opened() -> None:
    noted: list[tuple[str, object]] = []
    sinks = Sinks([Noted("one", noted), Noted("two", noted, fails="open"), Noted("three", noted)])
    with pytest.raises(StoreError, match="two can't open"):
        await sinks.open(header())
    assert [what for what, _ in noted] == ["one open", "two open", "two close", "one close"]


class Slow(Noted):
    """A sink that takes nothing until it is let."""

    def __init__(self, noted: list[tuple[str, object]]) -> None:
        super().__init__("slow", noted)
        self.let = asyncio.Event()

    async def write(self, news: Sequence[News]) -> None:
        await self.let.wait()
        await super().write(news)


async def test_a_full_buffer_holds_the_run_up_and_drops_nothing() -> None:
    noted: list[tuple[str, object]] = []
    slow = Slow(noted)
    sink = Buffered(slow, nothing_to_say, "", never_refused())
    await sink.open(header(), None)
    writing = [asyncio.create_task(sink.write(list(strides(1)))) for _ in range(4 * QUEUE_BATCHES)]
    for _ in range(10):
        await asyncio.sleep(0)
    waiting = [task for task in writing if not task.done()]
    assert len(waiting) >= 2 * QUEUE_BATCHES, "one load is being written, one waits"
    slow.let.set()
    await asyncio.gather(*waiting)
    await sink.finish(END)
    await sink.close()
    assert sum(detail for what, detail in noted if what == "slow write" and isinstance(detail, int)) == len(writing)


async def test_an_error_that_is_not_the_outside_worlds_ends_the_run() -> None:
    class Broken(Noted):
        async def write(self, news: Sequence[News]) -> None:
            raise ZeroDivisionError

    sink = Buffered(Broken("broken", []), nothing_to_say, "", never_refused())
    await sink.open(header(), None)

    async def use() -> None:
        await sink.write(list(strides(1)))
        await sink.finish(END)

    with pytest.raises(ZeroDivisionError):
        await use()
    with pytest.raises(ZeroDivisionError):
        await sink.close()


async def test_what_sessions_write_together_is_in_the_store_when_each_returns(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    given = list(strides(40))

    async def write(number: int, store: SharedStore) -> None:
        sink = StoreSink(store)
        await sink.open(header(f"session-{number}"), None)
        for stride in given:
            await sink.write([stride])
        with Store.open(path) as reader:
            assert reader.strides(f"session-{number}") == given
        await sink.finish(END)
        await sink.close()

    async with SharedStore(path, nothing_to_say) as store:
        await asyncio.gather(*(write(number, store) for number in range(10)))
