"""Points on disk until InfluxDB has them: one SQLite file, each batch synced before it counts as safe."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from footfall_gateway.store.sqlite_file import explained, open_database, transaction

APPLICATION_ID: Final = 0x466F496E
"""Marks the SQLite file as Footfall's outbox: `FoIn` in ASCII."""

MIGRATIONS: Final = (
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
        "CREATE TABLE batch (number INTEGER PRIMARY KEY AUTOINCREMENT, points INTEGER NOT NULL, lines TEXT NOT NULL)",
        "CREATE TABLE refused (number INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL, reason TEXT NOT NULL)",
    ),
)
BATCH_POINTS: Final = 5000
"""Points that are sent at once, as InfluxData advises."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The oldest points of an outbox.

    Parameters
    ----------
    last
        Number of the last batch among them, with which they are freed.
    lines
        The points, in the order in which they came.
    """

    last: int
    lines: tuple[str, ...]


class Outbox:
    """An open outbox; a context manager. Calls block on the disk, and must not run at the same time.

    Raises
    ------
    StoreError
        When the file can't be opened, read or written; the message says what to do.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection = open_database(path, APPLICATION_ID, MIGRATIONS)

    def close(self) -> None:
        """Close the file; what waits stays in it."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def put(self, lines: Sequence[str]) -> None:
        """Keep points; on return they are on the disk."""
        if not lines:
            return
        with explained(self._path), transaction(self._connection):
            for begin in range(0, len(lines), BATCH_POINTS):
                some = lines[begin : begin + BATCH_POINTS]
                self._connection.execute(
                    "INSERT INTO batch (points, lines) VALUES (?, ?)", (len(some), "\n".join(some))
                )

    def oldest(self) -> Waiting | None:
        """Return up to `BATCH_POINTS` points, of whole batches; `None` when nothing waits."""
        found: list[str] = []
        last = None
        with explained(self._path):
            rows = self._connection.execute("SELECT number, points, lines FROM batch ORDER BY number")
            for number, points, lines in rows:
                if found and len(found) + points > BATCH_POINTS:
                    break
                found += lines.split("\n")
                last = number
            rows.close()
        return None if last is None else Waiting(last, tuple(found))

    def free(self, sent: Waiting, refused: Sequence[tuple[str, str]] = ()) -> None:
        """Forget points that InfluxDB has; those that it refused, with its reasons, are put aside."""
        with explained(self._path), transaction(self._connection):
            self._connection.execute("DELETE FROM batch WHERE number <= ?", (sent.last,))
            self._connection.executemany("INSERT INTO refused (line, reason) VALUES (?, ?)", refused)

    def waiting(self) -> int:
        """Return how many points wait."""
        with explained(self._path):
            (count,) = self._connection.execute("SELECT coalesce(sum(points), 0) FROM batch").fetchone()
            return int(count)

    def refused(self) -> list[tuple[str, str]]:
        """Return the points that InfluxDB would not have, each with its reason."""
        with explained(self._path):
            return self._connection.execute("SELECT line, reason FROM refused ORDER BY number").fetchall()
