"""The two ends' disks: nothing is let go before it may, and what comes twice is there once."""

import json
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall_gateway.cli import run
from footfall_gateway.commands.kept_files import findings
from footfall_gateway.data_folder import inbox_path
from footfall_gateway.mqtt.held import Arrival, BatchArrival, Checkpoint, EndArrival, HeaderArrival
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import End, decode_batch
from footfall_gateway.mqtt.quotas import Limits
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
    assert inbox.next_batches(held, 0, 10).payloads == [b"batch 1", b"batch 2"]
    inbox.note_announced(held, 2)
    inbox.take(came(4))
    inbox.close()

    inbox = Inbox(tmp_path / "inbox.sqlite")
    held = inbox.sessions[KEY]
    assert (held.safe_sequence, held.header, held.announced_sequence) == (2, b"first", 2)
    assert [key.runner for key in inbox.sessions] == ["Ann"]
    inbox.take([*came(3), EndArrival(KEY, End(5))])
    assert (held.safe_sequence, held.last_sequence) == (5, 5)
    assert inbox.next_batches(held, 3, 1).payloads == [b"batch 4"]
    inbox.close()


def test_a_checkpoint_is_kept_with_what_comes_next_or_at_the_end(tmp_path: Path) -> None:
    def kept() -> list[tuple[int, bytes]]:
        with closing(sqlite3.connect(tmp_path / "inbox.sqlite")) as file:
            return file.execute("SELECT sequence, state FROM checkpoint").fetchall()

    inbox = Inbox(tmp_path / "inbox.sqlite")
    inbox.take([HeaderArrival(KEY, b"first"), *came(1)])
    held = inbox.sessions[KEY]
    assert inbox.checkpoint(held) is None
    inbox.note_checkpoints([(held, Checkpoint(1, b"one"))])
    assert inbox.checkpoint(held) == Checkpoint(1, b"one")
    assert kept() == [], "it is no reason to write"
    inbox.take(came(2))
    assert kept() == [(1, b"one")]
    inbox.note_checkpoints([(held, Checkpoint(2, b"two"))])
    inbox.keep_noted()
    assert kept() == [(2, b"two")]
    inbox.note_checkpoints([(held, Checkpoint(2, b"damaged"))])
    inbox.forget_checkpoint(held)
    assert (inbox.checkpoint(held), kept()) == (None, [])
    inbox.note_checkpoints([(held, Checkpoint(2, b"three"))])
    inbox.close()
    assert kept() == [(2, b"three")]
    inbox = Inbox(tmp_path / "inbox.sqlite")
    held = inbox.sessions[KEY]
    inbox.note_checkpoints([(held, Checkpoint(2, b"four"))])
    inbox.finish(KEY)
    inbox.close()
    assert kept() == [], "nothing is left of a session that is done"


def test_batches_that_were_told_come_apart_from_those_that_were_not(tmp_path: Path) -> None:
    with closing(Inbox(tmp_path / "inbox.sqlite")) as inbox:
        inbox.take([HeaderArrival(KEY, b"first"), *came(1, 2, 3, 4, 5)])
        held = inbox.sessions[KEY]
        inbox.note_announced(held, 3)
        assert inbox.next_batches(held, 0, 9).payloads == [b"batch 1", b"batch 2", b"batch 3"]
        assert inbox.next_batches(held, 3, 9).payloads == [b"batch 4", b"batch 5"]


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
    assert inbox.next_batches(held, 0, 10).payloads == []
    inbox.close()


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    Spool.open(tmp_path / "file.sqlite").close()
    with pytest.raises(StoreError, match="database of another program"):
        Inbox(tmp_path / "file.sqlite")
    (tmp_path / "none.sqlite").write_bytes(os.urandom(4096))
    with pytest.raises(StoreError, match="doctor --salvage"):
        Spool.open(tmp_path / "none.sqlite")


def refused(inbox: Inbox, *arrivals: Arrival, now_s: float = 0.0) -> list[str]:
    return [refusal.why for refusal in inbox.take(arrivals, now_s=now_s)]


def test_what_is_here_is_never_replaced(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    assert refused(inbox, HeaderArrival(KEY, b"header"), *came(1, 2, 3, 1, 2)) == []
    held = inbox.sessions[KEY]
    (why,) = refused(inbox, HeaderArrival(KEY, b"other"))
    assert "another description" in why
    (why,) = refused(inbox, EndArrival(KEY, End(2)))
    assert "an end tells of 2 batches, and batch 3 is here" in why
    assert refused(inbox, EndArrival(KEY, End(9, "forged"))) == [], "its batches may come"
    (why,) = refused(inbox, EndArrival(KEY, End(3, "forged, too")))
    assert "a second end tells of 3 batches, the first of 9" in why
    assert [one.last_sequence for one in inbox.sessions.values()] == [None]
    assert refused(inbox, EndArrival(KEY, End(3, held.digest or ""))) == [], "this one fits what came"
    assert inbox.sessions[KEY].last_sequence == 3
    inbox.finish(KEY)
    (why,) = refused(inbox, EndArrival(KEY, End(4)))
    assert "ended after batch 3" in why
    (why,) = refused(inbox, BatchArrival(replace(KEY, gateway="other"), 4, b"x"))
    assert "a session of gateway track" in why
    assert not held.aside
    inbox.close()


arrivals = st.one_of(
    st.builds(BatchArrival, st.just(KEY), st.integers(1, 5), st.sampled_from([b"one", b"other"])),
    st.builds(HeaderArrival, st.just(KEY), st.sampled_from([b"header", b"another"])),
    st.builds(EndArrival, st.just(KEY), st.builds(End, st.integers(0, 5), st.sampled_from(["", "x"]))),
    st.none(),
)


@settings(max_examples=15)
@given(st.lists(arrivals, max_size=20))
def test_whatever_comes_the_first_is_kept_and_a_restart_changes_nothing(come: list[Arrival | None]) -> None:
    """`None` stands for a restart."""
    first: dict[int, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        inbox = Inbox(Path(folder) / "inbox.sqlite")
        for arrival in come:
            if arrival is None:
                before = {key: replace(held, newest_s=None) for key, held in inbox.sessions.items()}
                inbox.close()
                inbox = Inbox(Path(folder) / "inbox.sqlite")
                assert {str(key): str(held) for key, held in inbox.sessions.items()} == {
                    str(key): str(held) for key, held in before.items()
                }
            elif not inbox.take([arrival]) and isinstance(arrival, BatchArrival):
                first.setdefault(arrival.sequence, arrival.payload)
        held = inbox.sessions.get(KEY)
        if held is not None:
            kept = inbox.next_batches(held, 0, 10).payloads
            assert len(kept) == held.safe_sequence
            assert all(first.get(sequence, payload) == payload for sequence, payload in enumerate(kept, 1))
            assert held.last_sequence is None or held.last_sequence == held.safe_sequence
        inbox.close()


def test_an_end_that_is_not_of_what_came_ends_nothing(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    (why,) = refused(inbox, HeaderArrival(KEY, b"header"), EndArrival(KEY, End(2, "of other batches")), *came(2, 1))
    held = inbox.sessions[KEY]
    assert "somebody else sent a part of it" in why
    assert (held.last_sequence, held.aside) == (None, why)
    inbox.close()
    inbox = Inbox(tmp_path / "inbox.sqlite")
    inbox.try_after_update("2.0")
    assert inbox.sessions[KEY].aside == why, "no update mends that"
    inbox.end_unfinished(SESSION)
    again = inbox.sessions[KEY]
    assert (again.aside, again.last_sequence) == ("", 2)
    inbox.close()


def test_what_cannot_be_kept_is_left_out_alone(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    odd = SessionKey("track", "", "half a pair \ud800")
    assert len(refused(inbox, *came(1), BatchArrival(odd, 1, b"x"), BatchArrival(KEY, 2**70, b"x"), *came(2))) == 2
    assert inbox.sessions[KEY].safe_sequence == 2
    inbox.close()


def test_nobody_fills_the_inbox(tmp_path: Path) -> None:
    limits = Limits(
        gateways=3, gateway_bytes=110, session_bytes=60, sessions=4, new_sessions=5, new_session_s=10.0,
        undescribed_sessions=2, undescribed_bytes=30, undescribed_s=50.0, ahead=5, reserve_bytes=0,
    )  # fmt: skip
    path = tmp_path / "inbox.sqlite"
    inbox = Inbox(path, limits)
    keys = [SessionKey("track", "", f"run-{number}") for number in range(5)]

    def sent(number: int, sequence: int, size: int = 20) -> BatchArrival:
        return BatchArrival(keys[number], sequence, bytes(size))

    (why,) = refused(inbox, sent(0, 1), sent(0, 2))
    assert "as long as its description has not come" in why
    assert refused(inbox, HeaderArrival(keys[0], b"h"), sent(0, 2), sent(0, 3)) == []
    (why,) = refused(inbox, sent(0, 4))
    assert "may not have more" in why
    (why,) = refused(inbox, sent(1, 6))
    assert "far beyond 0" in why
    (why,) = refused(inbox, sent(2, 1), sent(3, 1), now_s=0.0)
    assert "2 sessions here without a description" in why
    (why,) = refused(inbox, HeaderArrival(keys[2], b"h"), sent(2, 2), sent(2, 3), now_s=10.0)
    assert "its gateway has" in why
    (why,) = refused(inbox, HeaderArrival(keys[3], b"h"), HeaderArrival(keys[4], b"h"), now_s=10.0)
    assert "4 sessions here that are not done" in why
    others = [HeaderArrival(SessionKey(name, "", name), b"h") for name in ("a", "b", "c")]
    (why,) = refused(inbox, *others, now_s=10.0)
    assert "3 gateways already" in why
    inbox.close()

    inbox = Inbox(path, limits)
    (why,) = refused(inbox, sent(0, 4), now_s=0.0)
    assert "may not have more" in why, "also after a restart"
    refused(inbox, now_s=51.0)
    assert keys[1] not in inbox.sessions, "its description never came"
    inbox.finish(keys[0])
    assert refused(inbox, HeaderArrival(keys[4], b"h"), sent(4, 1, 60), now_s=60.0) == [], "what is done makes room"
    inbox.close()


@pytest.mark.parametrize(("damage", "least"), [("in the middle", 38), ("cut", 10), ("at its beginning", 40)])
def test_what_can_be_read_of_a_damaged_inbox_is_kept(
    tmp_path: Path, damage: str, least: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = inbox_path(tmp_path)
    inbox = Inbox(path)
    inbox.take([HeaderArrival(KEY, b"header"), *(BatchArrival(KEY, number, bytes(3000)) for number in range(1, 41))])
    inbox.close()
    before = path.read_bytes()
    begin = 0 if damage == "at its beginning" else len(before) // 2
    path.write_bytes(before[:begin] + (b"" if damage == "cut" else b"\xff" * 4096 + before[begin + 4096 :]))
    with pytest.raises(StoreError, match="doctor --salvage"):
        Inbox(path)

    spoilt = path.read_bytes()
    assert run(["doctor", "--salvage", "--data-dir", str(tmp_path)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    (aside,) = tmp_path.glob("inbox.sqlite.damaged-*Z")
    assert aside.read_bytes() == spoilt, "nothing is thrown away"
    assert f"A part of it could not be read. The damaged file is {aside}" in told
    inbox = Inbox(path)
    held = inbox.sessions[KEY]
    assert held.header == b"header"
    assert held.safe_sequence + len(held.ahead) >= least
    assert all(payload == bytes(3000) for payload in inbox.next_batches(held, 0, 40).payloads)
    inbox.take([BatchArrival(KEY, number, bytes(3000)) for number in range(1, 41)])
    assert held.safe_sequence == 40
    inbox.close()
    assert run(["doctor", "--salvage", "--data-dir", str(tmp_path)]) == 0
    assert "is sound" in capsys.readouterr().out


def test_what_waits_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inbox = Inbox(inbox_path(tmp_path))
    inbox.take([HeaderArrival(KEY, b"header"), *came(1)], left_out={("track", "unreadable raw"): 7})
    inbox.set_aside(inbox.sessions[KEY], "OverflowError: \x1b[31m year 1", "1.0")
    assert run(["sessions", "waiting", "--json", "--data-dir", str(tmp_path)]) == 0
    (told,) = capsys.readouterr().out.splitlines()
    assert json.loads(told) == {
        "type": "waiting", "session_id": SESSION, "gateway": "track", "batches": 1, "last_sequence": None,
        "bytes": 7, "set_aside": "OverflowError: \x1b[31m year 1",
    }  # fmt: skip
    assert run(["sessions", "waiting", "--data-dir", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "set aside" in shown
    assert "\x1b[31m" not in shown
    (finding,) = findings(tmp_path)
    assert "set aside: 1; left out: 7 messages of track (unreadable raw)" in finding.text
    inbox.close()
