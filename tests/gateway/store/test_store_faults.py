"""What goes wrong with the store's file, and what others do with it: one line says it, nothing confirmed is lost."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from footfall_gateway.store import sqlite_file
from footfall_gateway.store.database import Store, StoreError
from gateway.recordings_for_tests import header, strides

SESSION = header().session.id
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


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
