"""SQLite files as Footfall keeps them: safe against a power cut, marked as ours, brought up to date when opened."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from footfall_gateway.errors import GatewayError
from footfall_gateway.own_files import NotOursError, touch_own
from footfall_gateway.recordings.header import HeaderError

MOST_VALUE_BYTES: Final = 128 * 1024 * 1024
"""Of one value in a file, such as a session's checkpoint; a longer one is refused before it is read."""

_BUSY_TIMEOUT_S: Final = 5.0
# Whatever else stands in parentheses, but for a table's columns, can be an expression.
_NAMES_ALONE: Final = re.compile(r"\b(PRIMARY KEY|FOREIGN KEY|UNIQUE|REFERENCES \w+) ?\([^()]*\)", re.IGNORECASE)
_SALVAGE: Final = "stop what uses it; `footfall doctor --salvage` then keeps all that can be read of it"
_REMEDIES: Final = {
    sqlite3.SQLITE_FULL: "free some space on the disk",
    sqlite3.SQLITE_IOERR: "check the disk and the space on it",
    sqlite3.SQLITE_BUSY: "close the other program that writes to it",
    sqlite3.SQLITE_READONLY: "make the file and its folder writable",
    sqlite3.SQLITE_CANTOPEN: "check that the folder exists and is writable",
    sqlite3.SQLITE_NOTADB: _SALVAGE,
    sqlite3.SQLITE_CORRUPT: _SALVAGE,
}
_PASSING: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    }
)
_OF_CONTENT: Final = frozenset(
    {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE}
)


BEYOND_SQLITE: Final = (UnicodeDecodeError, MemoryError)
"""What Python raises of a damaged file too: SQLite's message repeats a name that is no text, or a size that none is."""
DAMAGE: Final = (sqlite3.DatabaseError, *BEYOND_SQLITE)
"""What reading a damaged file raises."""


class StoreError(GatewayError):
    """The store can't be read or written, or does not hold what was asked for; the message says what to do."""


class ContentError(StoreError):
    """What is in the file, or was to go into it, is not possible; the file is sound, and all else in it can be used."""


class PassingError(StoreError):
    """The file can't be read or written for now: nothing was done, and the same may succeed later."""


def open_database(path: Path, application_id: int, migrations: Sequence[Sequence[str]]) -> sqlite3.Connection:
    """Open a file, make it if it does not exist, and bring its schema to the last of `migrations`.

    The connection may be used by one thread after the other. Every transaction is synced to the disk.

    Raises
    ------
    StoreError
        When the file is damaged, can't be written, is another program's, or was made by a newer Footfall.
    """
    with explained(path):
        touch_own(path)
        connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        try:
            connection.text_factory = readable
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_VALUE_BYTES)
            connection.execute("PRAGMA trusted_schema = OFF")  # a file from elsewhere runs nothing of its own
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            migrate(path, connection, application_id, migrations)
        except BaseException:
            connection.close()
            raise
        return connection


def readable(text: bytes) -> str:
    """Return a text of a file; what is damaged in it is replaced, and hides nothing else."""
    return text.decode(errors="replace")


def migrate(
    path: Path, connection: sqlite3.Connection, application_id: int, migrations: Sequence[Sequence[str]]
) -> None:
    """Bring the schema to the last of `migrations`, in one transaction; `PRAGMA user_version` counts them.

    Where that is done already, nothing is written: another program that writes holds nobody up.

    Raises
    ------
    StoreError
        When the file is newer than the last, is another program's, or brings code of its own.
    """
    is_ours = _pragma(connection, "application_id") == application_id
    if is_ours and _pragma(connection, "user_version") == len(migrations):
        require_no_code(path, connection)
        return
    with transaction(connection):
        version = _pragma(connection, "user_version")
        if version > len(migrations):
            raise StoreError(
                f"{path}: was made by a newer Footfall (schema {version}, this one knows up to {len(migrations)}); "
                "update Footfall"
            )
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if tables and _pragma(connection, "application_id") != application_id:
            raise StoreError(f"{path}: is a database of another program; choose another file")
        require_no_code(path, connection)
        for statements in migrations[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")


def has_code(connection: sqlite3.Connection) -> bool:
    """Tell whether a file brings a view, a trigger or an expression, which would run, for ever if it likes."""
    return any(
        kind not in ("table", "index")
        or not isinstance(sql, str)
        or sql.lstrip().upper().startswith("CREATE VIRTUAL")
        or _NAMES_ALONE.sub("", sql).count("(") > 1
        for kind, sql in connection.execute("SELECT type, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    )


def require_no_code(path: Path, connection: sqlite3.Connection) -> None:
    """Raise `StoreError` when a file brings code of its own, as no file of Footfall's does."""
    if has_code(connection):
        raise StoreError(
            f"{path}: brings code of its own (a view, a trigger), which no file of Footfall's does; don't use it"
        )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of it, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some errors have ended it already
            connection.execute("ROLLBACK")
        raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the decoders raise into a `StoreError` that says what to do.

    It is a `ContentError` where only a part of what is in the file is at fault, and a `PassingError` where the fault
    lies around the file and may pass.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        kind = ContentError if code in _OF_CONTENT else PassingError if code in _PASSING else StoreError
        raise kind(f"{path}: {error}; {_REMEDIES.get(code, 'check the file')}") from error
    except NotOursError as error:
        raise StoreError(str(error)) from error
    except BEYOND_SQLITE as error:
        raise StoreError(f"{path}: can't be read: it is damaged, or memory is short; {_SALVAGE}") from error
    except HeaderError as error:
        raise ContentError(f"{path}: holds a session that can't be read: {error}") from error
    except (ValueError, TypeError, AttributeError) as error:  # texts that say nothing, and values of other types
        raise ContentError(f"{path}: holds what this Footfall can't read ({error}); update Footfall") from error
