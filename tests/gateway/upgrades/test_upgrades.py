"""What earlier versions of Footfall wrote is read, brought up to date, and nothing of it is lost.

`facts/` holds what those versions themselves wrote: `store-1.sql` is a store of schema 1, and so on. Rows are dumped as
SQL, with the schema's version; nothing there is ever changed.
"""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from footfall_coaching.try_out.events import Begun
from footfall_coaching.try_out.seal import opens
from footfall_gateway.influx import outbox
from footfall_gateway.influx.outbox import Outbox
from footfall_gateway.mqtt import inbox, spool
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import decode_batch
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.recordings import header as header_format
from footfall_gateway.recordings.header import HeaderError, decode_header, encode_header
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.store import schema
from footfall_gateway.store.database import Store
from footfall_gateway.store.salvage import Kind, salvage
from footfall_gateway.store.sqlite_file import StoreError
from footfall_processing.metrics.catalogue import metric_values
from gateway.recordings_for_tests import header, packets

FACTS: Final = Path(__file__).parent / "facts"
SESSION: Final = header().session.id
PLANNED: Final = ["Begun", "Ran", "ExercisesBegun", "ExercisesDone", "Begun", "WarmedUp", "PainTold"]


def made_by(version: str, folder: Path) -> Path:
    """Make a file as an earlier version left it."""
    path = folder / f"{version}.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FACTS / f"{version}.sql").read_text(encoding="utf-8"))
        connection.commit()
    return path


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("version", ["store-1", "store-2", "store-3", "store-4", "store-5", "store-6", "store-7"])
def test_a_store_of_every_schema_is_brought_up_to_date_with_equal_numbers(tmp_path: Path, version: str) -> None:
    path = made_by(version, tmp_path)
    before = rows(path, "SELECT stride FROM stride ORDER BY initial_contact_s, sensor_id")
    old_columns = [row[1] for row in rows(path, "PRAGMA table_info(stride)")]
    old_rows = rows(path, f"SELECT {', '.join(old_columns)} FROM stride")
    (summary,) = rows(path, "SELECT summary FROM session")[0]
    with Store.open(path) as store:
        (session,) = store.sessions()
        assert (session.header.session.id, session.strides, session.summary) == (SESSION, 6, json.loads(summary))
        strides = store.strides(SESSION)
        assert len(strides) == len(before) == 6
        for (text,), stride in zip(before, strides, strict=True):
            known = {field.name for field in fields(stride)}
            told = {name: value for name, value in json.loads(text).items() if name in known}
            assert told == {name: _plain(getattr(stride, name)) for name in told}
            assert told.keys() >= {"initial_contact_s", "next_contact_s", "peak_acc_mps2", "confidence", "quality"}
        if version != "store-1":
            (window, *_) = store.windows(SESSION, "10s")
            assert window.summary.strides > 0
        ann = "Anna" if version >= "store-6" else "Ann"
        if version >= "store-3":
            (pain,) = store.answers.pains_of(SESSION)
            assert (pain.phase, pain.site, pain.side, pain.level) == ("during", "knee", "left", 3)
            assert (pain.runner_name, pain.noted_utc) == (ann, session.header.session.started_utc)
            assert store.answers.pains(ann) == [pain]
            assert [(note.runner_name, note.name) for note in store.answers.shoes()] == [("Ann", "Blue")]
            assert session.header.session.runner_name == ann
        if version >= "store-4":
            assert [note.sign for note in store.answers.signs(ann)] == ["swelling"]
            assert [(effort.exertion, effort.feeling) for effort in store.answers.efforts(ann)] == [(4, 3)]
            assert [message.rule for message in store.answers.told(ann)] == ["ceiling"]
            assert session.edit.title == "Lake"
        track = store.tracks.of(SESSION)
        assert (track is None) == (version < "store-5")
        if track is not None:
            assert (track.sport, track.placed.error_s, list(track.distance_m)) == ("running", 0.4, [0.0, 3.0, 6.0, 9.0])
            assert (track.latitude_deg[0], track.t_s[-1]) == (47.3769, 1.0)
        events = store.plans.events(ann)
        assert [type(event).__name__ for event in events] == ([] if version < "store-7" else PLANNED)
        for event in events:
            if isinstance(event, Begun):
                opening = store.plans.opening_of(ann, event.seal)
                assert opening is not None
                assert opens(event.seal, opening)
        (run,) = store.log.runs()
        assert (run.watch is None) == (track is None)
        assert (run.session_id, run.runner_name, run.is_demo) == (SESSION, session.header.session.runner_name, False)
        assert sum(leg.strides for minute in run.minutes for leg in minute.legs) == 6
        assert run.walking_m is None or run.walking_m > 0.0
        gains = [(gain.factor, gain.sd) for gain in store.length_gains("")]
        assert gains == ([] if version == "store-1" else [(1.03, 0.01)])
    assert rows(path, f"SELECT {', '.join(old_columns)} FROM stride") == old_rows
    names = list(metric_values(strides[0]))
    columns = rows(path, f"SELECT {', '.join(names)} FROM stride ORDER BY initial_contact_s, sensor_id")
    assert columns == [tuple(metric_values(stride).values()) for stride in strides]
    assert rows(path, "PRAGMA user_version") == [(len(schema.MIGRATIONS),)]


def test_what_is_salvaged_of_an_earlier_schema_keeps_whose_pain_it_was(tmp_path: Path) -> None:
    path = made_by("store-3", tmp_path)
    kind = Kind(schema.APPLICATION_ID, schema.MIGRATIONS, schema.AFTER_SALVAGE)
    assert salvage(path, kind, datetime(2026, 11, 30, tzinfo=UTC)).rows["pain"] == 1
    with Store.open(path) as store:
        (pain,) = store.answers.pains("Ann")
        assert (pain.session_id, pain.phase, pain.level) == (SESSION, "during", 3)
        assert pain.noted_utc == store.session(SESSION).header.session.started_utc
        assert [run.session_id for run in store.log.runs("Ann")] == [SESSION]


def _plain(value: object) -> object:
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("version", ["inbox-1", "inbox-2"])
def test_an_inbox_of_every_schema_goes_on_with_all_batches(tmp_path: Path, version: str) -> None:
    opened = Inbox(made_by(version, tmp_path))
    ((key, held),) = opened.sessions.items()
    batches = [decode_batch(payload) for payload in opened.next_batches(held, 0, 10).payloads]
    opened.close()
    assert (key.session_id, key.gateway, held.safe_sequence, held.done) == (SESSION, "track", 3, False)
    assert held.digest
    assert held.header is not None
    assert decode_header(held.header).session.runner_name == "Ann"
    assert [packet for batch in batches for packet in batch.packets] == list(packets(30))


def test_a_spool_of_every_schema_goes_on_with_all_that_was_not_acknowledged(tmp_path: Path) -> None:
    opened = Spool.open(made_by("spool-1", tmp_path))
    (session,) = opened.sessions()
    batches = [decode_batch(payload) for _, payload in opened.batches(SESSION, session.safe_sequence, 10)]
    opened.append(SESSION, [list(packets(2))])
    (after,) = opened.sessions()
    opened.close()
    assert (session.runner, session.packets, session.last_sequence, session.safe_sequence) == ("Ann", 30, 3, 1)
    assert [packet for batch in batches for packet in batch.packets] == list(packets(30))[10:]
    assert (after.packets, after.last_sequence) == (32, 4)


def test_an_outbox_of_every_schema_still_has_its_points(tmp_path: Path) -> None:
    path = made_by("outbox-1", tmp_path)
    with Outbox(path) as opened:
        waiting = opened.oldest()
    assert waiting is not None
    assert len(waiting.lines) == 5
    assert all("runner=Ann" in line for line in waiting.lines)


@pytest.mark.parametrize("name", ["recording-first", "recording-0.2.0"])
def test_recordings_of_every_version_give_every_packet(name: str) -> None:
    recording = Recording.open(FACTS / f"{name}.mcap")
    assert not recording.truncated
    assert list(recording) == list(packets(120))
    assert [(event.kind, event.text, event.sensor_id) for event in recording.events()] == [
        ("link", "lost", "foot-left")
    ]
    assert recording.header == header()


# ---- Newer ones


@pytest.mark.parametrize(
    ("open_it", "migrations", "application_id"),
    [
        (Store.open, schema.MIGRATIONS, schema.APPLICATION_ID),
        (Inbox, inbox.MIGRATIONS, inbox.APPLICATION_ID),
        (Spool.open, spool.MIGRATIONS, spool.APPLICATION_ID),
        (Outbox, outbox.MIGRATIONS, outbox.APPLICATION_ID),
    ],
)
def test_a_newer_file_is_refused_in_words_and_stays_as_it_is(
    tmp_path: Path, open_it: Callable[[Path], object], migrations: Sequence[object], application_id: int
) -> None:
    path = tmp_path / "file.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {application_id}")
        connection.execute(f"PRAGMA user_version = {len(migrations) + 1}")
        connection.execute("CREATE TABLE session (of_the_future TEXT)")
        connection.execute("PRAGMA journal_mode = WAL")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=rf"newer Footfall \(schema {len(migrations) + 1}.*update Footfall"):
        open_it(path)
    assert path.read_bytes() == before


def test_a_newer_recording_is_refused_in_words() -> None:
    newer = json.loads(encode_header(header())) | {"header_version": header_format.HEADER_VERSION + 1}
    with pytest.raises(HeaderError, match="update Footfall"):
        decode_header(json.dumps(newer).encode())


# ---- Interrupted

KILLED_WHILE_UPGRADING: Final = """
import os, shutil, signal, sqlite3, sys
from pathlib import Path
from footfall_gateway.store.database import Store

class Killed(sqlite3.Connection):
    left = 0
    def execute(self, *arguments):
        Killed.left -= 1
        if Killed.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(*arguments)

connect = sqlite3.connect
sqlite3.connect = lambda *arguments, **more: connect(*arguments, factory=Killed, **more)
old, statements = Path(sys.argv[1]), 0
while True:
    statements += 1
    path = old.with_name(f"killed-{statements}.sqlite")
    shutil.copy(old, path)
    child = os.fork()
    if child == 0:
        Killed.left = statements
        Store.open(path).close()
        os._exit(0)
    if os.waitpid(child, 0)[1] != signal.SIGKILL:
        break
    print(path, flush=True)
"""


def test_an_upgrade_that_is_killed_at_any_statement_leaves_a_store_that_can_be_used(tmp_path: Path) -> None:
    path = made_by("store-1", tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_UPGRADING, path],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    left = [Path(line) for line in killed.stdout.splitlines()]
    assert len(left) > 20
    versions = set()
    for one in left:
        # as the earlier version reads it, or as this one left it: one or the other, whole
        ((version,),) = rows(one, "PRAGMA user_version")
        versions.add(version)
        tables = {name for (name,) in rows(one, "SELECT name FROM sqlite_schema WHERE type = 'table'")}
        assert (tables == {"session", "sensor", "stride"}) == (version == 1)
        assert len(rows(one, "SELECT stride FROM stride")) == 6
        with Store.open(one) as store:
            assert len(store.strides(SESSION)) == 6
    assert versions == {1, len(schema.MIGRATIONS)}
