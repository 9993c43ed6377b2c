"""The store keeps every confirmed stride bit for bit, through redelivery, crashes and new versions."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_coaching.answers import Pain, PainSite, Phase, Shoe
from footfall_gateway.store import rows as store_rows
from footfall_gateway.store import sqlite_file
from footfall_gateway.store.database import KeptGain, Store, StoreError
from footfall_gateway.store.schema import APPLICATION_ID, MIGRATIONS
from footfall_gateway.store.sqlite_file import migrate
from footfall_gateway.store.worn_shoe import worn_shoe
from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.metrics.catalogue import STRIDE_METRICS, Metric, metric_values
from footfall_processing.results.windows import WINDOW_KINDS, cut_into_windows
from footfall_processing.session import Placement, Side
from gateway.recordings_for_tests import header, strides

SESSION = header().session.id
NOTED = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

numbers = st.floats(-1e9, 1e9)
some_strides = st.builds(
    Stride,
    sensor_id=st.sampled_from(["foot-left", "shank-right"]),
    side=st.none() | st.sampled_from(Side),
    activity=st.sampled_from(Activity),
    initial_contact_s=st.floats(0, 1e6),
    toe_off_s=st.none() | numbers,
    next_contact_s=st.floats(1e6 + 1, 2e6),
    peak_acc_mps2=st.none() | numbers,
    peak_tibial_acc_mps2=st.none() | numbers,
    foot_strike_angle_rad=st.none() | numbers,
    strike=st.none() | st.sampled_from(Strike),
    strike_confidence=st.none() | st.floats(0, 1),
    stride_length_m=st.none() | numbers,
    confidence=st.floats(0, 1),
    quality=st.lists(st.sampled_from(StrideFlag), unique=True).map(tuple),
).filter(lambda stride: stride.contact_time_s != 0.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "footfall.db"


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE TRIGGER x AFTER INSERT ON session BEGIN DELETE FROM pain; END",),
        ("DROP TABLE shoe", "CREATE VIEW shoe AS SELECT 'a' AS runner, 'b' AS name, 'c' AS since_utc"),
        ("DROP TABLE shoe", "CREATE TABLE shoe (runner TEXT, name TEXT, since_utc TEXT AS (hex(zeroblob(9999))))"),
    ],
)
def test_a_file_that_brings_code_of_its_own_is_refused(path: Path, statements: tuple[str, ...]) -> None:
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    with pytest.raises(StoreError, match="brings code of its own"):
        Store.open(path)


def test_a_text_that_is_damaged_hides_nothing_else(path: Path) -> None:
    with Store.open(path) as store:
        for name in ("one", "two"):
            store.add_session(header(name))
        store.answers.note(Shoe("Ann", datetime(2026, 5, 3, tzinfo=UTC), "Blue"))
        store._connection.execute("UPDATE session SET header = CAST(x'FF7B' AS TEXT) WHERE session_id = 'two'")
        store._connection.execute("UPDATE shoe SET name = CAST(x'42FF' AS TEXT)")
        assert [session.header.session.id for session in store.sessions()] == ["one"]
        assert [note.runner_name for note in store.answers.shoes()] == ["Ann"]


def test_a_stride_comes_back_bit_for_bit(path: Path) -> None:
    with Store.open(path) as store:
        sessions = (f"session-{number}" for number in count())

        @given(stride=some_strides)
        def comes_back(stride: Stride) -> None:
            session_id = next(sessions)
            store.add_session(header(session_id))
            store.add_strides(session_id, [stride])
            assert [repr(again) for again in store.strides(session_id)] == [repr(stride)]

        comes_back()


def test_sessions_and_strides_are_kept(path: Path) -> None:
    written = list(strides(50))
    with Store.open(path) as store:
        store.add_session(header(), recording=Path("/runs/one.mcap"))
        store.add_strides(SESSION, reversed(written))
        store.finish_session(SESSION, {"type": "summary", "duration_s": 12.5, "sensors": [{"strides": 50}]})
    with Store.open(path) as store:
        assert store.strides(SESSION) == written
        session = store.session(SESSION)
        assert session.header == header()
        assert session.recording == Path("/runs/one.mcap")
        assert session.strides == 50
        assert session.summary == {"type": "summary", "duration_s": 12.5, "sensors": [{"strides": 50}]}


def test_every_metric_has_its_column_in_outside_units(path: Path) -> None:
    written = list(strides(20))
    with Store.open(path) as store:
        store.add_session(header())
        store.add_strides(SESSION, written)
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    rows = connection.execute("SELECT * FROM stride ORDER BY initial_contact_s").fetchall()
    for stride, row in zip(written, rows, strict=True):
        assert {name: row[name] for name in STRIDE_METRICS} == metric_values(stride)
        assert row["initial_contact_us"] == round(stride.initial_contact_s * 1e6)
        assert row["activity"] == stride.activity.value
        assert row["quality"].split() == list(stride.quality)
    names = connection.execute("SELECT placement, side, sampling_rate_hz FROM sensor ORDER BY sensor_id").fetchall()
    assert [tuple(row) for row in names] == [("foot", "left", 200.0), ("shank", None, 104.5)]
    connection.close()


def test_redelivery_changes_nothing_and_a_better_stride_replaces(path: Path) -> None:
    written = list(strides(20))
    with Store.open(path) as store:
        for _ in range(3):
            store.add_session(header())
            store.add_strides(SESSION, written)
        assert store.strides(SESSION) == written
        better = replace(written[3], peak_acc_mps2=99.0)
        store.add_strides(SESSION, [better])
        assert store.strides(SESSION) == [*written[:3], better, *written[4:]]


def test_sessions_are_listed_newest_first_and_undated_last(path: Path) -> None:
    dated, undated = header("a-first"), header("z-imported")
    later_utc = datetime(2026, 11, 21, 9, 15, 1, tzinfo=timezone(timedelta(hours=1)))
    later = replace(dated, session=replace(dated.session, id="0-second", started_utc=later_utc))
    undated = replace(undated, session=replace(undated.session, started_utc=None))
    with Store.open(path) as store:
        for one in (undated, dated, later):
            store.add_session(one)
        assert [stored.header.session.id for stored in store.sessions()] == ["0-second", "a-first", "z-imported"]
        assert all(stored.summary is None and stored.recording is None for stored in store.sessions())


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.session("x"),
        lambda store: store.strides("x"),
        lambda store: store.add_strides("x", []),
        lambda store: store.finish_session("x", {}),
    ],
)
def test_an_unknown_session_is_named(path: Path, ask: Callable[[Store], object]) -> None:
    with Store.open(path) as store, pytest.raises(StoreError, match=r"has no session 'x'.*sessions list"):
        ask(store)


def test_a_batch_is_kept_wholly_or_not_at_all(path: Path) -> None:
    with Store.open(path) as store:
        store.add_session(header())
        broken = replace(next(iter(strides(1))), confidence=None)  # type: ignore[arg-type]
        with pytest.raises(StoreError, match=r"NOT NULL constraint"):
            store.add_strides(SESSION, [*strides(5), broken])
        assert store.strides(SESSION) == []
        store.add_strides(SESSION, strides(5))
        assert len(store.strides(SESSION)) == 5


READ = """
import sys
from pathlib import Path
from footfall_gateway.store.database import Store
with Store.open(Path(sys.argv[1])) as store:
    print(len(store.strides(sys.argv[2])))
"""


def test_another_process_reads_in_the_middle_of_a_transaction(path: Path) -> None:
    with Store.open(path) as store:
        store.add_session(header())
        store.add_strides(SESSION, strides(30))
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM stride")
        assert len(store.strides(SESSION)) == 30
        writer.execute("ROLLBACK")
        writer.close()
        read = subprocess.run([sys.executable, "-c", READ, path, SESSION], capture_output=True, text=True, check=True)
        assert read.stdout == "30\n"


def test_a_writer_that_never_ends_gets_one_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "_BUSY_TIMEOUT_S", 0.0)
    with Store.open(path) as store:
        store.add_session(header())
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"database is locked; close the other program"):
            store.add_strides(SESSION, strides(1))
        other.close()
        store.add_strides(SESSION, strides(1))


STORE_FOREVER = """
import itertools, sys
from pathlib import Path
from gateway.recordings_for_tests import header, strides
from footfall_gateway.store.database import Store
with Store.open(Path(sys.argv[1])) as store:
    store.add_session(header())
    endless = strides(10_000_000)
    for number in itertools.count(1):
        store.add_strides(header().session.id, list(itertools.islice(endless, 5)))
        sys.stdout.write(f"{number * 5}\\n")
        sys.stdout.flush()
"""


def test_kill_9_at_any_moment_loses_no_confirmed_stride(tmp_path: Path) -> None:
    generator = random.Random(20261121)
    for trial in range(5):
        path = tmp_path / f"{trial}.db"
        with subprocess.Popen(
            [sys.executable, "-c", STORE_FOREVER, path], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            seen = [child.stdout.readline() for _ in range(generator.randrange(1, 60))]
            child.send_signal(signal.SIGKILL)
            seen += child.stdout.readlines()
            confirmed = int([line for line in seen if line.endswith("\n")][-1])
        with Store.open(path) as store:
            read = store.strides(SESSION)
            assert read == list(strides(len(read)))
            assert len(read) in (confirmed, confirmed + 5), "the last batch may be there, unconfirmed"
            store.add_strides(SESSION, strides(len(read) + 10))
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()


STORE_UNTIL_FULL = """
import resource, signal, sys
from pathlib import Path
from gateway.recordings_for_tests import header, strides
from footfall_gateway.store.database import Store, StoreError
path = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Store.open(path) as store:
    store.add_session(header())
    store.add_strides(header().session.id, strides(20))
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    try:
        for number in range(1000):
            store.add_strides(header().session.id, strides(20 + number))
    except StoreError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(len(store.strides(header().session.id)) >= 20)
"""


def test_a_full_disk_gets_one_line_and_keeps_what_was_confirmed(path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-c", STORE_UNTIL_FULL, path], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    message, kept = child.stdout.splitlines()
    assert message in (
        f"{path}: disk I/O error; check the disk and the space on it",
        f"{path}: database or disk is full; free some space on the disk",
    )
    assert kept == "True"


def test_places_and_files_that_are_no_store(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("t_s,ax_g,ay_g,az_g\n" * 100)
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE contact (name TEXT)")
    other.close()
    for name, reason in {
        "text.db": "file is not a database; stop what uses it; `footfall doctor --salvage` then keeps",
        "other.db": "is a database of another program; choose another file",
        "missing/footfall.db": "unable to open database file; check that the folder exists",
        ".": "is not a file",
    }.items():
        with pytest.raises(StoreError, match=reason) as raised:
            Store.open(tmp_path / name)
        assert "\n" not in str(raised.value)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        assert other.execute("SELECT name FROM sqlite_schema").fetchall() == [("contact",)]


def test_a_damaged_store_gets_one_line(path: Path) -> None:
    with Store.open(path) as store:
        store.add_session(header())
        store.add_strides(SESSION, strides(500))
    content = bytearray(path.read_bytes())
    content[8192:] = bytes([0xA5]) * (len(content) - 8192)
    path.write_bytes(content)
    with (
        pytest.raises(
            StoreError,
            match=r"malformed; stop what uses it; `footfall doctor --salvage` then keeps",
        ),
        Store.open(path) as store,
    ):
        store.strides(SESSION)


def test_a_newer_store_is_refused_untouched(path: Path) -> None:
    with Store.open(path) as store:
        store.add_session(header())
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(StoreError, match=r"newer Footfall \(schema 5, this one knows up to 4\); update Footfall"):
        Store.open(path)


def test_windows_come_back_as_they_were(path: Path) -> None:
    sensor = header().session.sensors[0]
    made = [
        Stride(sensor.id, sensor.side, Activity.RUN, 0.7 * k, 0.7 * k + 0.24, 0.7 * (k + 1), strike=Strike.REARFOOT)
        for k in range(200)
    ]
    minutes, tens = (cut_into_windows(made, [sensor], WINDOW_KINDS[kind]) for kind in ("1min", "10s"))
    with Store.open(path) as store:
        store.add_session(header())
        store.add_windows(SESSION, minutes + tens)
        store.add_windows(SESSION, minutes)
        assert store.windows(SESSION, "1min") == minutes
        assert store.windows(SESSION, "10s") == tens
        assert store.windows(SESSION, "1km") == []
        with pytest.raises(StoreError, match="no-such-run"):
            store.add_windows("no-such-run", minutes)


def test_the_newest_length_gain_of_a_runner_and_site_is_kept(path: Path) -> None:
    first = KeptGain("ada", Placement.FOOT, Side.LEFT, 1.02, 0.01, "run-1")
    unsaid = KeptGain("ada", Placement.FOOT, None, 0.98, 0.01, "run-1")
    with Store.open(path) as store:
        for gain in (first, unsaid, replace(first, runner_name=""), replace(first, factor=1.04, session_id="run-2")):
            store.keep_length_gain(gain)
        assert store.length_gains("ada") == [unsaid, replace(first, factor=1.04, session_id="run-2")]
        assert store.length_gains("") == [replace(first, runner_name="")]
        assert store.length_gains("bob") == []


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


def test_a_pain_takes_the_place_of_an_earlier_one_of_the_same_site_and_side(path: Path) -> None:
    with Store.open(path) as store:
        store.add_session(header())
        for note in (
            Pain("", SESSION, NOTED, Phase.DURING, PainSite.KNEE, Side.LEFT, 3),
            Pain("", SESSION, NOTED, Phase.DURING, PainSite.KNEE, Side.RIGHT, 1),
            Pain("", SESSION, NOTED, Phase.DURING, PainSite.KNEE, Side.LEFT, 5),
        ):
            store.answers.note(note)
        assert [(pain.side, pain.level) for pain in store.answers.pains_of(SESSION)] == [
            (Side.LEFT, 5),
            (Side.RIGHT, 1),
        ]
        with pytest.raises(StoreError, match="has no session 'another'"):
            store.answers.note(Pain("", "another", NOTED, Phase.DURING, PainSite.HIP, Side.LEFT, 1))


def test_shoes_are_kept_for_each_runner_and_the_last_one_is_worn(path: Path) -> None:
    began = datetime(2026, 11, 1, 8, tzinfo=timezone(timedelta(hours=2)))
    notes = [
        Shoe("anna", began, "Blue"),
        Shoe("ben", began + timedelta(days=1), "Red"),
        Shoe("anna", began + timedelta(days=2), "Green"),
    ]
    assert worn_shoe(path, "anna") == "", "no store yet"
    with Store.open(path) as store:
        for note in reversed(notes):
            store.answers.note(note)
        assert store.answers.shoes() == notes
    assert [worn_shoe(path, name) for name in ("anna", "ben", "")] == ["Green", "Red", ""]
