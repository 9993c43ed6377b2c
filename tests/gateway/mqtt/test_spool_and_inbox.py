"""The two ends' disks: nothing is let go before it may, and what comes twice is there once."""

import os
import shutil
from pathlib import Path

import pytest

from footfall_gateway.mqtt.held import Arrival, BatchArrival, EndArrival, HeaderArrival
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import End, decode_batch
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.mqtt.spooling import end_broken_off
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recording import Recording, RecordingWriter
from footfall_gateway.store.sqlite_file import StoreError
from gateway.recordings_for_tests import header, packets

SESSION = "20261121T081500Z-run"
KEY = SessionKey("track", "Ann", SESSION)


def came(*sequences: int) -> list[Arrival]:
    return [BatchArrival(KEY, sequence, b"batch %d" % sequence) for sequence in sequences]


def test_a_batch_is_spooled_until_it_is_safe_and_a_session_until_it_is_forgotten(tmp_path: Path) -> None:
    sent = list(packets(6))
    spool = Spool.open(tmp_path / "spool.sqlite")
    spool.add_session(SESSION, "Ann", b"{}", tmp_path / "a.mcap")
    spool.append(SESSION, [sent[:2], sent[2:3]])
    spool.append(SESSION, [sent[3:]])
    spool.free(SESSION, 1)
    spool.close()

    spool = Spool.open(tmp_path / "spool.sqlite")
    (session,) = spool.sessions()
    assert session.runner == "Ann"
    assert (session.packets, session.last_sequence, session.safe_sequence, session.ended) == (6, 3, 1, False)
    batches = [decode_batch(payload) for _, payload in spool.batches(SESSION, 0, 10)]
    assert [(batch.sequence, list(batch.packets)) for batch in batches] == [(2, sent[2:3]), (3, sent[3:])]
    spool.end(SESSION)
    assert spool.add_session(SESSION, "Ann", b"other", tmp_path / "b.mcap").ended
    spool.free(SESSION, 3)
    assert spool.batches(SESSION, 0, 10) == []
    spool.forget(SESSION)
    assert spool.sessions() == []
    spool.close()


@pytest.mark.parametrize("spooled", [0, 7, 20])
def test_what_was_recorded_of_a_session_that_broke_off_is_spooled_once(tmp_path: Path, spooled: int) -> None:
    sent = list(packets(20))
    path = tmp_path / "run.mcap"
    with RecordingWriter(tmp_path / "whole.mcap", header(SESSION)) as writer:
        for packet in sent:
            writer.write(packet)
        writer.sync()
        shutil.copy(tmp_path / "whole.mcap", path)  # as a gateway leaves it that is killed now
    spool = Spool.open(tmp_path / "spool.sqlite")
    spool.add_session(SESSION, "Ann", encode_header(header(SESSION)), path)
    spool.append(SESSION, [sent[:spooled]] if spooled else [])

    end_broken_off(spool, goes_on=SESSION)
    assert not spool.sessions()[0].ended
    end_broken_off(spool, goes_on=None)
    end_broken_off(spool, goes_on=None)

    (session,) = spool.sessions()
    assert session.ended
    batches = [decode_batch(payload) for _, payload in spool.batches(SESSION, 0, 100)]
    assert [batch.sequence for batch in batches] == list(range(1, session.last_sequence + 1))
    assert [packet for batch in batches for packet in batch.packets] == sent
    recording = Recording.open(path)
    assert not recording.truncated
    assert list(recording) == sent
    spool.close()


def test_a_session_without_a_recording_ends_with_what_is_spooled(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.sqlite")
    spool.add_session(SESSION, "Ann", b"{}", tmp_path / "never-made.mcap")
    end_broken_off(spool, goes_on=None)
    assert spool.sessions()[0].ended
    spool.close()


def test_only_batches_without_a_gap_are_safe_and_given_out(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    inbox.take([*came(2, 1, 5, 2, 1), HeaderArrival(KEY, b"first"), HeaderArrival(KEY, b"second")])
    held = inbox.sessions[KEY]
    assert (held.safe_sequence, held.header) == (2, b"first")
    assert inbox.batches(held, 0, 10) == [b"batch 1", b"batch 2"]
    inbox.note_announced(held, 2)
    inbox.take(came(4))
    inbox.close()

    inbox = Inbox(tmp_path / "inbox.sqlite")
    held = inbox.sessions[KEY]
    assert (held.safe_sequence, held.header, held.announced_sequence) == (2, b"first", 2)
    assert [key.runner for key in inbox.sessions] == ["Ann"]
    inbox.take([*came(3), EndArrival(KEY, End(5))])
    assert (held.safe_sequence, held.last_sequence) == (5, 5)
    assert inbox.batches(held, 3, 1) == [b"batch 4"]
    inbox.close()


def test_a_session_that_is_done_takes_nothing_any_more(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    inbox.take([HeaderArrival(KEY, b"header"), *came(1, 2), EndArrival(KEY, End(2))])
    inbox.finish(KEY)
    inbox.take(came(1, 2))
    inbox.close()

    inbox = Inbox(tmp_path / "inbox.sqlite")
    held = inbox.sessions[KEY]
    assert (held.done, held.safe_sequence, held.last_sequence) == (True, 2, 2)
    inbox.take([*came(1), HeaderArrival(KEY, b"late")])
    assert inbox.batches(held, 0, 10) == []
    inbox.close()


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    Spool.open(tmp_path / "file.sqlite").close()
    with pytest.raises(StoreError, match="database of another program"):
        Inbox(tmp_path / "file.sqlite")
    (tmp_path / "none.sqlite").write_bytes(os.urandom(4096))
    with pytest.raises(StoreError, match="doctor --salvage"):
        Spool.open(tmp_path / "none.sqlite")
