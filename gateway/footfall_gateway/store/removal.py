"""A runner's rows in the store: which there are, and how they are taken out."""

import sqlite3
from collections.abc import Collection, Iterator
from typing import Final

from footfall_gateway.store.whose import whose

_OF_SESSION: Final = (
    "stride",
    "window",
    "pain",
    "sign",
    "effort",
    "message",
    "plan_event",
    "edit",
    "run",
    "track",
    "sensor",
    "session",
)
"""Tables with a session's rows; those that others refer to come last."""
_OF_RUNNER: Final = ("length_gain", "pain", "sign", "message", "shoe", "plan_event", "opening")
"""Tables with a runner's rows."""


def runners_of(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield the runner's name, and the id, of each session; and each name that stands by itself, with an empty id."""
    for session_id, *said in connection.execute(
        "SELECT session.session_id, header, runner FROM session LEFT JOIN edit USING (session_id)"
    ):
        yield whose(*said), session_id
    for (name,) in connection.execute(" UNION ".join(f"SELECT runner FROM {table}" for table in _OF_RUNNER)):
        yield name, ""


def remove_sessions(connection: sqlite3.Connection, session_ids: Collection[str]) -> None:
    """Take sessions out, within a transaction of the caller's."""
    for table in _OF_SESSION:
        connection.executemany(f"DELETE FROM {table} WHERE session_id = ?", [(one,) for one in session_ids])


def forget_recordings(connection: sqlite3.Connection, session_ids: Collection[str]) -> None:
    """Note that sessions have no recording any more, within a transaction of the caller's."""
    connection.executemany("UPDATE session SET recording = NULL WHERE session_id = ?", [(one,) for one in session_ids])


def remove_runner(connection: sqlite3.Connection, names: Collection[str], session_ids: Collection[str]) -> None:
    """Take out a runner's sessions and all that is kept beside them, within a transaction of the caller's."""
    remove_sessions(connection, session_ids)
    connection.executemany("DELETE FROM length_gain WHERE session_id = ?", [(one,) for one in session_ids])
    for table in _OF_RUNNER:
        connection.executemany(f"DELETE FROM {table} WHERE runner = ?", [(one,) for one in names])
