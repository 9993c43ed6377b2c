"""Recording and store behind a live run: what reaches the disk, and what happens when the disk refuses."""

import sqlite3
from pathlib import Path

import pytest

from footfall_gateway.recordings.recording import Recording, RecordingError
from footfall_gateway.sessions.sinks import STORE_QUEUE_BATCHES, Recorder, StoreKeeper
from footfall_gateway.store.database import Store, StoreError
from gateway.recordings_for_tests import header, packets, strides

SESSION_ID = header().session.id


def nothing_to_say(text: str) -> None:
    pytest.fail(text)


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
    given = list(strides(3 * STORE_QUEUE_BATCHES))
    async with StoreKeeper(path, header(), tmp_path / "run.mcap", nothing_to_say) as keeper:
        other_program = sqlite3.connect(path, isolation_level=None)
        other_program.execute("BEGIN IMMEDIATE")
        for stride in given[: STORE_QUEUE_BATCHES // 2]:
            await keeper.write([stride])
        other_program.execute("COMMIT")
        other_program.close()
        for stride in given[STORE_QUEUE_BATCHES // 2 :]:
            await keeper.write([stride])
        await keeper.finish({"strides": len(given)})
    with Store.open(path) as store:
        (session,) = store.sessions()
        assert store.strides(SESSION_ID) == given
    assert session.summary == {"strides": len(given)}
    assert session.recording == tmp_path / "run.mcap"


async def test_a_store_that_fails_is_said_once_and_holds_nobody_up(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    said: list[str] = []
    async with StoreKeeper(path, header(), tmp_path / "run.mcap", said.append) as keeper:
        other_program = sqlite3.connect(path)
        other_program.execute("DROP TABLE stride")
        other_program.commit()
        other_program.close()
        for stride in strides(3 * STORE_QUEUE_BATCHES):
            await keeper.write([stride])
        await keeper.finish({})
    (line,) = said
    assert line.startswith("STORING STOPPED: ")
    assert str(path) in line
    assert keeper.failure is not None
    assert keeper.failure in line


async def test_a_store_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    path.write_text("something else altogether, and long enough to be looked at")
    with pytest.raises(StoreError, match=r"store\.sqlite"):
        async with StoreKeeper(path, header(), tmp_path / "run.mcap", nothing_to_say):
            pass
