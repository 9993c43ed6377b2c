"""What is old enough goes, where that is wished; what is not complete, or not sent on, never does."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway import cli
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.upkeep import see_to
from footfall_gateway.data_folder import inbox_path, outbox_path, recording_path, recordings_folder, store_path
from footfall_gateway.influx.outbox import Outbox
from footfall_gateway.mqtt.broker import BrokerAddress
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.persons.retention import Age, Expired, Retention, expired, remove_expired
from footfall_gateway.recordings.recording import RecordingWriter
from footfall_gateway.settings import load
from footfall_gateway.store.database import Store
from footfall_processing.errors import InputError
from gateway.persons.a_house import BOB, keep, packets_of, record, send, session_of, spool
from gateway.recordings_for_tests import strides

LATER: Final = datetime(2027, 6, 30, 12, 0, tzinfo=UTC)
"""More than half a year after all sessions."""
RESULTS_STAY: Final = Retention(recordings=Age(months=6))
NOTHING_STAYS: Final = Retention(sessions=Age(months=6))
WHOLE: Final = session_of(BOB, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One session that is complete and sent on, with its recording."""
    (tmp_path / "data" / "recordings").mkdir(parents=True)
    keep(tmp_path / "data", WHOLE)
    outbox_path(tmp_path / "data").unlink()
    return tmp_path / "data"


def ids(found: list[Expired]) -> list[str]:
    return [one.session_id for one in found]


# ---- How old


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("90 days", datetime(2027, 4, 1, 12, 0, tzinfo=UTC)),
        ("1d", datetime(2027, 6, 29, 12, 0, tzinfo=UTC)),
        ("6 months", datetime(2026, 12, 30, 12, 0, tzinfo=UTC)),
        ("4 months", datetime(2027, 2, 28, 12, 0, tzinfo=UTC)),
        ("1 year", datetime(2026, 6, 30, 12, 0, tzinfo=UTC)),
    ],
)
def test_an_age_is_counted_as_in_a_calendar(text: str, then: datetime) -> None:
    assert Age.parse(text, "it").before(LATER) == then


@given(st.integers(1, 99_999), st.sampled_from(["d", "days", "months", "years"]), st.datetimes(timezones=st.just(UTC)))
def test_any_age_leads_back_and_a_longer_one_further(count: int, unit: str, now: datetime) -> None:
    longer, shorter = Age.parse(f"{count} {unit}", "it").before(now), Age.parse(f"1 {unit}", "it").before(now)
    assert longer <= shorter <= now


@pytest.mark.parametrize("text", ["0 days", "-3 days", "soon", "90", "90 weeks", "1.5 years", "9999999 days", "٣ days"])
def test_what_is_no_age_is_refused_with_its_name(text: str) -> None:
    with pytest.raises(InputError, match=r"FOOTFALL_KEEP_RECORDINGS: .* is no age; give one such as 90 days"):
        Retention.of(load({"FOOTFALL_KEEP_RECORDINGS": text}).settings)


def test_nothing_goes_unless_it_is_said(folder: Path) -> None:
    assert Retention.of(load({"FOOTFALL_KEEP_SESSIONS": ""}).settings) == Retention()
    assert expired(folder, Retention(), LATER) == []


# ---- What goes


def test_a_recording_goes_and_its_results_stay(folder: Path) -> None:
    began = WHOLE.session.started_utc
    assert began is not None
    assert expired(folder, Retention(recordings=Age(days=30)), began + timedelta(days=30)) == []
    (gone,) = expired(folder, Retention(recordings=Age(days=30)), began + timedelta(days=30, seconds=1))
    assert (gone.session_id, gone.with_results) == (WHOLE.session.id, False)
    remove_expired(folder, [gone])
    assert list(recordings_folder(folder).iterdir()) == []
    with Store.open(store_path(folder)) as store:
        (session,) = store.sessions()
        assert (session.recording, session.strides) == (None, 40)
        assert store.answers.pains_of(WHOLE.session.id)
    assert expired(folder, RESULTS_STAY, LATER) == []


def test_all_of_a_session_goes_and_what_the_runner_noted_beside_it_stays(folder: Path) -> None:
    inbox = _done(folder, WHOLE.session.id)
    (gone,) = expired(folder, NOTHING_STAYS, LATER)
    assert gone.with_results
    remove_expired(folder, [gone])
    assert list(recordings_folder(folder).iterdir()) == []
    with Store.open(store_path(folder)) as store:
        assert store.sessions() == []
        assert len(store.length_gains(BOB)) == len(store.answers.shoes()) == 1
    assert b'initial_contact_s":' not in store_path(folder).read_bytes()
    with closing(sqlite3.connect(inbox)) as connection:
        assert connection.execute("SELECT count(*) FROM session").fetchone() == (0,)
    assert expired(folder, NOTHING_STAYS, LATER) == []


def _done(folder: Path, session_id: str) -> Path:
    """Have the processor have computed a session that came."""
    send(folder, session_of(BOB, 1), whole=True)
    inbox = Inbox(inbox_path(folder))
    ((key, _),) = inbox.sessions.items()
    assert key.session_id == session_id
    inbox.finish(key)
    inbox.close()
    return inbox_path(folder)


def test_the_gateway_s_recordings_go_too_which_no_store_knows(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "recordings").mkdir(parents=True)
    record(folder, WHOLE)
    assert ids(expired(folder, RESULTS_STAY, LATER)) == [WHOLE.session.id]
    remove_expired(folder, expired(folder, RESULTS_STAY, LATER))
    assert list(recordings_folder(folder).iterdir()) == []


# ---- What stays


def test_what_is_not_complete_or_not_sent_on_stays_however_old_it_is(folder: Path) -> None:
    cut_off, unsent, waiting, pointed, undated, broken, growing = (session_of(BOB, number) for number in range(2, 9))
    with Store.open(store_path(folder)) as store:
        store.add_session(cut_off)
        store.add_strides(cut_off.session.id, strides(5))
    record(folder, cut_off)
    spool(folder, unsent)
    record(folder, unsent)
    send(folder, waiting)
    record(folder, waiting)
    keep(folder, pointed)  # its points wait in the outbox
    record(folder, replace(undated, session=replace(undated.session, started_utc=None)))
    record(folder, broken)
    path = recording_path(folder, broken.session.id)
    path.write_bytes(path.read_bytes()[:-200])
    before = {path.name for path in recordings_folder(folder).iterdir()}
    with RecordingWriter(recording_path(folder, growing.session.id), growing) as writer:
        writer.write(next(packets_of(BOB)))
        for retention in (RESULTS_STAY, NOTHING_STAYS, Retention(Age(days=1), Age(days=1))):
            assert ids(expired(folder, retention, LATER)) == [WHOLE.session.id]
    remove_expired(folder, expired(folder, Retention(Age(days=1), Age(days=1)), datetime(2026, 11, 27, tzinfo=UTC)))
    after = {path.name for path in recordings_folder(folder).iterdir()}
    assert before - after == {f"{WHOLE.session.id}.mcap"}
    with Store.open(store_path(folder)) as store:
        assert {one.header.session.id for one in store.sessions()} == {cut_off.session.id, pointed.session.id}


def test_once_it_is_sent_on_it_goes(folder: Path) -> None:
    about = session_of(BOB, 5)
    keep(folder, about)
    assert ids(expired(folder, RESULTS_STAY, LATER)) == [WHOLE.session.id]
    with Outbox(outbox_path(folder)) as outbox:
        while (some := outbox.oldest()) is not None:
            outbox.free(some)
    assert ids(expired(folder, RESULTS_STAY, LATER)) == [WHOLE.session.id, about.session.id]


# ---- When


class Days(SystemClock):
    """A clock that stands still, and goes on by what somebody sleeps once that is allowed."""

    def __init__(self, started_utc: datetime) -> None:
        self._started_utc = started_utc
        self.slept: list[float] = []
        self.next_day = asyncio.Event()
        self.asleep = asyncio.Event()

    def now_s(self) -> float:
        """Seconds that were slept."""
        return sum(self.slept)

    def utc_now(self) -> datetime:
        """Start plus the seconds that were slept."""
        return self._started_utc + timedelta(seconds=self.now_s())

    async def sleep(self, duration_s: float) -> None:
        """Wait until that is allowed."""
        self.asleep.set()
        await self.next_day.wait()
        self.next_day.clear()
        self.slept.append(duration_s)


async def test_the_processor_removes_once_a_day(folder: Path) -> None:
    began = WHOLE.session.started_utc
    assert began is not None
    clock = Days(began + timedelta(days=29, hours=12))
    said: list[str] = []
    nobody = BrokerAddress.parse("mqtt://127.0.0.1:1")
    seeing = asyncio.create_task(see_to(folder, None, nobody, Retention(recordings=Age(days=30)), clock, said.append))
    path = recording_path(folder, WHOLE.session.id)
    await clock.asleep.wait()
    assert path.exists()
    clock.asleep.clear()
    clock.next_day.set()
    await clock.asleep.wait()
    assert not path.exists()
    assert clock.slept == [86_400.0]
    assert said == ["Kept for long enough: removed all of 0 sessions, and the recordings of 1 more."]
    seeing.cancel()
    await asyncio.gather(seeing, return_exceptions=True)


def test_the_command_shows_first_and_removes_when_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = replace(
        session_of(BOB, 5), session=replace(session_of(BOB, 5).session, started_utc=datetime(2001, 1, 1, tzinfo=UTC))
    )
    keep(folder, old)
    outbox_path(folder).unlink()
    monkeypatch.delenv("FOOTFALL_KEEP_RECORDINGS", raising=False)
    monkeypatch.delenv("FOOTFALL_KEEP_SESSIONS", raising=False)
    command = ["sessions", "expiring", "--data-dir", str(folder)]
    assert cli.run(command) == 0
    assert "Everything is kept for ever" in " ".join(capsys.readouterr().out.split())
    monkeypatch.setenv("FOOTFALL_KEEP_RECORDINGS", "20 years")
    assert cli.run(command) == 0
    said = capsys.readouterr().out
    assert old.session.id in said
    assert "the recording" in said
    assert WHOLE.session.id not in said
    assert recording_path(folder, old.session.id).exists()
    assert cli.run([*command, "--keep-sessions", "20 years", "--remove", "--json"]) == 0
    assert '"with_results":true,"removed":true' in capsys.readouterr().out
    assert not recording_path(folder, old.session.id).exists()
    with Store.open(store_path(folder)) as store:
        assert [one.header.session.id for one in store.sessions()] == [WHOLE.session.id]
    shutil.rmtree(folder)
    assert cli.run([*command, "--keep-recordings", "soon"]) == cli.EXIT_ERROR
    assert "--keep-recordings: 'soon' is no age" in capsys.readouterr().err
