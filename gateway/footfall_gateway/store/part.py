"""What the parts of the store share: the file, and how it is read and written."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from footfall_gateway.store.sqlite_file import StoreError, explained, transaction


class Part:
    """A part of an open store. Calls block on the disk, and must not run at the same time.

    Each method is one transaction: it happened wholly, or not at all, whatever is killed.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with explained(self._path):
            yield self._connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with explained(self._path), transaction(self._connection):
            yield self._connection

    def _require(self, connection: sqlite3.Connection, session_id: str) -> None:
        if connection.execute("SELECT 1 FROM session WHERE session_id = ?", (session_id,)).fetchone() is None:
            raise self._unknown(session_id)

    def _unknown(self, session_id: str) -> StoreError:
        return StoreError(f"{self._path}: has no session {session_id!r}; `footfall sessions list` shows those it has")


def moment_text(moment: datetime) -> str:
    """Write a moment in UTC, so that text sorts by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
