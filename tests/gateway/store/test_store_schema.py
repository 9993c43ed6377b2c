"""A store of an earlier version is brought up to date, one of a later version left alone."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from footfall_gateway.store import rows as store_rows
from footfall_gateway.store.database import Store, StoreError
from footfall_gateway.store.schema import APPLICATION_ID, MIGRATIONS
from footfall_gateway.store.sqlite_file import migrate
from footfall_processing.gait import Activity, Stride, StrideFlag
from footfall_processing.metrics.catalogue import STRIDE_METRICS, Metric
from footfall_processing.session import Side
from gateway.recordings_for_tests import header, strides

SESSION = header().session.id


def test_a_newer_store_is_refused_untouched(path: Path) -> None:
    with Store.open(path) as store:
        store.add_session(header())
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    newest = len(MIGRATIONS)
    refusal = rf"newer Footfall \(schema {newest + 1}, this one knows up to {newest}\); update Footfall"
    with pytest.raises(StoreError, match=refusal):
        Store.open(path)


# The first published schema with a session in it, as `.dump` writes it; never changed.
VERSION_1 = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = 1;
CREATE TABLE session (session_id TEXT NOT NULL PRIMARY KEY, started_utc TEXT, software TEXT NOT NULL, recording TEXT,
    header TEXT NOT NULL, summary TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE sensor (session_id TEXT NOT NULL REFERENCES session, sensor_id TEXT NOT NULL, placement TEXT NOT NULL,
    side TEXT, sampling_rate_hz REAL NOT NULL, has_gyro INTEGER NOT NULL, profile TEXT NOT NULL, address TEXT NOT NULL,
    name TEXT NOT NULL, PRIMARY KEY (session_id, sensor_id)) STRICT, WITHOUT ROWID;
CREATE TABLE stride (session_id TEXT NOT NULL REFERENCES session, sensor_id TEXT NOT NULL,
    initial_contact_us INTEGER NOT NULL, initial_contact_s REAL NOT NULL, toe_off_s REAL, next_contact_s REAL NOT NULL,
    side TEXT, activity TEXT NOT NULL, strike TEXT, strike_confidence REAL, confidence REAL NOT NULL,
    quality TEXT NOT NULL, stride TEXT NOT NULL, stride_time_s REAL,
    PRIMARY KEY (session_id, sensor_id, initial_contact_us)) STRICT, WITHOUT ROWID;
INSERT INTO session VALUES ('run-1', '2026-11-21T08:15:00+00:00', 'footfall 0.1.0', NULL, '{{"header_version":1,'
    || '"session_id":"run-1","started_utc":"2026-11-21T08:15:00Z","software":"footfall 0.1.0","sensors":[{{"id":'
    || '"foot-left","placement":"foot","side":"left","sampling_rate_hz":200.0,"profile":"footfall"}}]}}', NULL);
INSERT INTO sensor VALUES ('run-1', 'foot-left', 'foot', 'left', 200.0, 1, 'footfall', '', '');
INSERT INTO stride VALUES ('run-1', 'foot-left', 1500000, 1.5, 1.75, 2.2, 'left', 'run', NULL, NULL, 0.9,
    'acc_clipped', '{{"sensor_id":"foot-left","side":"left","activity":"run","initial_contact_s":1.5,"toe_off_s":1.75,'
    || '"next_contact_s":2.2,"peak_acc_mps2":98.0665,"confidence":0.9,"quality":["acc_clipped"]}}', 0.7);
"""


def test_a_version_1_store_is_brought_up_to_date(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1)
    connection.close()
    with Store.open(path) as store:
        (stride,) = store.strides("run-1")
        assert stride == Stride(
            "foot-left", Side.LEFT, Activity.RUN, 1.5, 1.75, 2.2, peak_acc_mps2=98.0665, confidence=0.9,
            quality=(StrideFlag.ACC_CLIPPED,),
        )  # fmt: skip
        assert store.session("run-1").header.session.sensors[0].id == "foot-left"
        store.add_strides("run-1", [replace(stride, initial_contact_s=1.0)])
        assert store.windows("run-1", "1min") == []
        assert store.length_gains("") == []
        assert store.answers.pains_of("run-1") == []
        assert store.answers.shoes() == []
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    first, second = connection.execute("SELECT contact_time_s, peak_acc_g FROM stride ORDER BY initial_contact_s")
    assert first == (0.75, pytest.approx(10.0))
    assert second == (0.25, pytest.approx(10.0)), "new columns are filled in for old strides"
    connection.close()


def test_a_new_metric_gets_its_column_with_values(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(path) as store:
        store.add_session(header())
        store.add_strides(SESSION, strides(10))
    half = replace(STRIDE_METRICS["stride_time_s"], name="half_time_s", value=lambda stride: stride.stride_time_s / 2)
    catalogue: dict[str, Metric] = {**STRIDE_METRICS, "half_time_s": half}
    monkeypatch.setattr(store_rows, "STRIDE_METRICS", catalogue)
    monkeypatch.setattr(
        store_rows, "metric_values", lambda stride: {name: metric.value(stride) for name, metric in catalogue.items()}
    )
    Store.open(path).close()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM stride WHERE half_time_s = stride_time_s / 2").fetchone() == (10,)
    connection.close()
    monkeypatch.undo()
    with Store.open(path) as store:
        store.add_strides(SESSION, strides(12))
        assert len(store.strides(SESSION)) == 12, "the older catalogue leaves the column alone"


def test_rows_of_no_two_tables_look_alike(path: Path) -> None:
    """A row that is found in a damaged file without SQLite is told by its types to be of one table."""
    Store.open(path).close()
    connection = sqlite3.connect(path)
    looks: dict[tuple[tuple[str, bool], ...], str] = {}
    for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        columns.sort(key=lambda column: column[5] or len(columns))
        look = tuple((column[2], bool(column[3])) for column in columns)
        assert looks.setdefault(look, table) == table
    connection.close()


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    with Store.open(path) as store:
        store.add_session(header())
    connection = sqlite3.connect(path, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError):
        migrate(
            path,
            connection,
            APPLICATION_ID,
            [*MIGRATIONS, ("ALTER TABLE session ADD COLUMN shoe TEXT", "CREATE nonsense")],
        )
    migrate(path, connection, APPLICATION_ID, [*MIGRATIONS, ("ALTER TABLE session ADD COLUMN shoe TEXT",)])
    assert connection.execute("SELECT shoe FROM session").fetchall() == [(None,)]
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    connection.close()
