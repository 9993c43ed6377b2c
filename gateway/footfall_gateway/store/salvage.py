"""Out of a damaged SQLite file all that can be read, into a new one in its place; the damaged one is put aside.

Nothing is thrown away: who can read more of it than SQLite can still has the file.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

from footfall_gateway.own_files import touch_own
from footfall_gateway.store.pages import FoundRow, fits, rows_of_pages
from footfall_gateway.store.sqlite_file import (
    BEYOND_SQLITE,
    DAMAGE,
    MOST_VALUE_BYTES,
    StoreError,
    explained,
    has_code,
    open_database,
    readable,
)

ROWS_AT_ONCE: Final = 256
ONE_BY_ONE: Final = 256
"""Row numbers that are tried one after the other behind one that can't be read, before ever larger steps are made."""
LAST_NUMBER: Final = 1 << 40
LONGEST_PADDED: Final = 1000
"""So many times its length a file that was cut is made, without taking that room."""
_BESIDE: Final = ("", "-wal")
_MAGIC: Final = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: how it is marked, what makes its tables, and what is to be done with what was salvaged."""

    application_id: int
    migrations: Sequence[Sequence[str]]
    after: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What came of it.

    Parameters
    ----------
    aside
        Where the damaged file is.
    rows
        How many rows of each table were kept.
    is_whole
        Whether SQLite read each table from its beginning to its end.
    """

    aside: Path
    rows: Mapping[str, int]
    is_whole: bool


def is_damaged(path: Path) -> bool:
    """Tell whether SQLite finds a file damaged, or is no file of its own any more; one that is not there is sound."""
    if not path.exists():
        return False
    try:
        with closing(_opened(path)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()
            return bool(found[0] != "ok")
    except DAMAGE as error:
        if isinstance(error, BEYOND_SQLITE):
            return True
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


def salvage(path: Path, kind: Kind, now: datetime) -> Salvaged:
    """Put a damaged file aside, and all that can be read of it into a new one.

    Nobody else may use the file meanwhile.

    Raises
    ------
    StoreError
        When the new file can't be written, or the damaged one is another program's or a newer Footfall's; nothing is
        changed then.
    """
    aside = path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%S%fZ}")
    new, work = path.with_name(f"{path.name}.salvaged"), path.with_name(f"{path.name}.work")
    with explained(path):
        _require_ours(path, kind)
        _remove(new, work)
        _copy_to_work(path, work)
        with closing(open_database(new, kind.application_id, kind.migrations)) as target:
            rows, is_whole = _copied(work, target)
            for statement in kind.after:
                target.execute(statement)
            target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            target.execute("PRAGMA journal_mode = DELETE")  # else a part of it could lie beside it
        for beside in _BESIDE:
            old = path.with_name(path.name + beside)
            if old.exists():
                old.replace(aside.with_name(aside.name + beside))
        path.with_name(path.name + "-shm").unlink(missing_ok=True)
        new.replace(path)
        _remove(work)
    return Salvaged(aside, rows, is_whole)


def _require_ours(path: Path, kind: Kind) -> None:
    """See that what is salvaged is read as what it was written as, as far as its beginning tells."""
    with path.open("rb") as file:
        head = file.read(100)
    if len(head) == 100 and head.startswith(_MAGIC):
        version, application_id = int.from_bytes(head[60:64], "big"), int.from_bytes(head[68:72], "big")
        if application_id not in (0, kind.application_id):
            raise StoreError(f"{path}: is a database of another program; nothing was changed")
        if version > len(kind.migrations):
            raise StoreError(f"{path}: was made by a newer Footfall; update this one, then salvage it")


def _remove(*files: Path) -> None:
    for file in files:
        for beside in (*_BESIDE, "-shm"):
            file.with_name(file.name + beside).unlink(missing_ok=True)


def _copy_to_work(path: Path, work: Path) -> None:
    """Copy a file, and give it back the length that it says it has: SQLite reads nothing of one that was cut."""
    for beside in _BESIDE:
        old = path.with_name(path.name + beside)
        if old.exists():
            touch_own(work.with_name(work.name + beside))
            shutil.copyfile(old, work.with_name(work.name + beside))
    with work.open("r+b") as file:
        head = file.read(100)
        if head.startswith(_MAGIC):
            page_bytes = int.from_bytes(head[16:18], "big")
            said_bytes = (65536 if page_bytes == 1 else page_bytes) * int.from_bytes(head[28:32], "big")
            if work.stat().st_size < said_bytes <= LONGEST_PADDED * max(work.stat().st_size, 1):
                file.truncate(said_bytes)


def _opened(path: Path) -> sqlite3.Connection:
    """Open a file so that nothing in it is changed."""
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)
    connection.text_factory = readable
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_VALUE_BYTES)
    return connection


def _copied(path: Path, target: sqlite3.Connection) -> tuple[dict[str, int], bool]:
    target.execute("PRAGMA foreign_keys = OFF")
    tables = target.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    rows: dict[str, int] = {}
    is_whole = True
    wanted = tables.fetchall()
    if not _is_read(path):
        return _copied_from_pages(path, target, wanted), False
    most_rows = path.stat().st_size  # no row is shorter than a byte: more are the same ones again
    with closing(_opened(path)) as source:
        for table, sql in wanted:
            numbered = "WITHOUT ROWID" not in sql
            reader = _Reader(source, target, table, has_row_numbers=numbered, most_rows=most_rows)
            target.execute("BEGIN")
            rows[table] = reader.copy()
            target.execute("COMMIT")
            is_whole = is_whole and reader.is_whole
    return rows, is_whole


def _is_read(path: Path) -> bool:
    """Tell whether SQLite finds any table, and no code, which would run while they are read."""
    try:
        with closing(_opened(path)) as source:
            (tables,) = source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            return bool(tables) and not has_code(source)
    except DAMAGE:
        return False


def _copied_from_pages(path: Path, target: sqlite3.Connection, tables: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Copy rows that are found without SQLite; by its types each tells of which table it is."""
    likely = [_Likely.of(target, table, has_numbers="WITHOUT ROWID" not in sql) for table, sql in tables]
    rows = dict.fromkeys((one.table for one in likely), 0)
    target.execute("BEGIN")
    for found in rows_of_pages(path, path.with_name(f"{path.name}-wal")):
        for one in sorted(likely, key=lambda one: len(one.names) != len(found.values)):
            if one.has_numbers == (found.number is not None) and fits(found.values, one.columns):
                rows[one.table] += one.insert(target, found)
                break
    target.execute("COMMIT")
    return rows


@dataclass(frozen=True, slots=True)
class _Likely:
    """A table, and what its rows look like in a leaf."""

    table: str
    names: tuple[str, ...]
    columns: tuple[tuple[str, bool, bool], ...]
    has_numbers: bool

    @classmethod
    def of(cls, target: sqlite3.Connection, table: str, *, has_numbers: bool) -> Self:
        columns = target.execute(f"PRAGMA table_info({table})").fetchall()
        keys = [name for name, _ in _keys(target, table)]
        if not has_numbers:  # the key comes first there
            columns.sort(key=lambda column: keys.index(column[1]) if column[1] in keys else len(keys))
        numbers = [has_numbers and keys == [column[1]] and column[2] == "INTEGER" for column in columns]
        looks = [(column[2], bool(column[3]), number) for column, number in zip(columns, numbers, strict=True)]
        return cls(table, tuple(column[1] for column in columns), tuple(looks), has_numbers)

    def insert(self, target: sqlite3.Connection, found: FoundRow) -> int:
        """Keep a row, unless one with its key was found before; return how many that is."""
        values = [
            found.number if is_number else value
            for value, (_, _, is_number) in zip(found.values, self.columns, strict=False)
        ]
        names = ", ".join(self.names[: len(values)])  # columns that come on top are made from these
        places = ", ".join("?" * len(values))
        try:
            return target.execute(f"INSERT OR IGNORE INTO {self.table} ({names}) VALUES ({places})", values).rowcount
        except (sqlite3.IntegrityError, sqlite3.DataError, OverflowError):
            return 0


class _Reader:
    """Copies one table, row by row past what is damaged."""

    def __init__(
        self,
        source: sqlite3.Connection,
        target: sqlite3.Connection,
        table: str,
        *,
        has_row_numbers: bool,
        most_rows: int,
    ) -> None:
        self._source, self._target, self._table = source, target, table
        self._has_row_numbers = has_row_numbers
        self._most_rows = most_rows
        self.is_whole = True
        wanted = _columns(target, table)
        try:
            there = _columns(source, table)
        except DAMAGE:
            there = []
        self._columns = [name for name in wanted if name in there]
        self.is_whole = bool(self._columns)

    def copy(self) -> int:
        """Copy what can be read; return how many rows that is."""
        if not self._columns:
            return 0
        names = ", ".join(self._columns)
        places = ", ".join("?" * len(self._columns))
        insert = f"INSERT OR IGNORE INTO {self._table} ({names}) VALUES ({places})"
        found = self._by_number(names) if self._has_row_numbers else self._from_both_ends(names)
        kept = 0
        for row in islice(found, self._most_rows):
            try:
                kept += self._target.execute(insert, row).rowcount
            except (sqlite3.IntegrityError, sqlite3.DataError):
                self.is_whole = False  # what stands there is not what the table holds
        return kept

    def _by_number(self, names: str) -> Iterator[tuple[object, ...]]:
        query = f"SELECT rowid, {names} FROM {self._table} NOT INDEXED WHERE rowid > ? ORDER BY rowid LIMIT ?"

        def read(after: int, at_once: int) -> list[tuple[int, *tuple[object, ...]]] | None:
            try:
                return self._source.execute(query, (after, at_once)).fetchall()
            except DAMAGE:
                self.is_whole = False
                return None

        number, at_once = 0, ROWS_AT_ONCE
        while True:
            rows = read(number, at_once)
            if rows is None and at_once > 1:
                at_once = 1
            elif rows is None:
                number = self._behind(number, lambda after: read(after, 1) is not None)
                if number > LAST_NUMBER:
                    return
            elif not rows:
                return
            else:
                yield from (row[1:] for row in rows)
                number, before = max(row[0] for row in rows), number
                at_once = min(2 * at_once, ROWS_AT_ONCE)
                if number <= before:  # what is damaged leads back to where it was
                    self.is_whole = False
                    return

    @staticmethod
    def _behind(number: int, can_read: Callable[[int], bool]) -> int:
        """Return the next number behind which there is something to read."""
        for after in range(number + 1, number + ONE_BY_ONE):
            if can_read(after):
                return after
        bad, step = number + ONE_BY_ONE - 1, 1
        while not can_read(bad + step):
            bad, step = bad + step, 2 * step
            if bad > LAST_NUMBER:
                return bad
        good = bad + step
        while good - bad > 1:
            middle = (bad + good) // 2
            bad, good = (bad, middle) if can_read(middle) else (middle, good)
        return good

    def _from_both_ends(self, names: str) -> Iterator[tuple[object, ...]]:
        keys = [name for name, _ in _keys(self._source, self._table)] or self._columns[:1]  # of its own version
        for order in ("ASC", "DESC"):
            ordered = ", ".join(f'"{name}" {order}' for name in keys)
            try:
                yield from self._source.execute(f"SELECT {names} FROM {self._table} ORDER BY {ordered}")
            except DAMAGE:
                self.is_whole = False
            else:
                return


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _keys(connection: sqlite3.Connection, table: str) -> list[tuple[str, int]]:
    keys = [(row[1], row[5]) for row in connection.execute(f"PRAGMA table_info({table})") if row[5]]
    return sorted(keys, key=lambda named: named[1])
