"""A session that is given to a runner, or gives way to another session: what was told of it goes along."""

import sqlite3
from contextlib import suppress
from dataclasses import replace
from typing import Final

from footfall_coaching.exercises.events import ExercisesDone
from footfall_coaching.plan_events import written
from footfall_coaching.programme.events import Ran
from footfall_gateway.errors import OutsideError
from footfall_gateway.store.answers import read_message
from footfall_gateway.store.plans import read_event
from footfall_gateway.store.whose import runner_of, whose
from footfall_processing.errors import InputError

_OF_SESSION: Final = ("pain", "sign", "message", "length_gain")
"""Tables with rows of a runner's that are of a session."""
_BY_ITSELF: Final = ("pain", "sign", "message", "length_gain", "shoe")
"""Tables with rows of a runner's that stand by themselves."""


def hand_over(connection: sqlite3.Connection, session_id: str, runner_name: str) -> str:
    """Give a session to a runner, within a transaction of the caller's; return whose it was.

    Pains, signs and messages of it go along, and so does a stride length calibration that was made in it, unless the
    runner has one. What nobody is named by is of whoever the sessions without a name are of: the note of the shoe that
    it was run in goes along too; and once no such session is left all that is still there, plans too, if each that was
    recorded without a name is this runner's now. Where they are of several, nobody can tell whose it is, and it stays.
    """
    before = runner_of(connection, session_id)
    assert before is not None, "the session is in the store"
    if before == runner_name:
        return before
    connection.execute("INSERT OR IGNORE INTO edit (session_id) VALUES (?)", (session_id,))
    connection.execute("UPDATE edit SET runner = ? WHERE session_id = ?", (runner_name, session_id))
    for table in _OF_SESSION:
        _move(connection, table, before, runner_name, session_id)
    if not before:
        connection.execute(
            "INSERT OR IGNORE INTO shoe (runner, since_utc, name, is_minimal) "
            "SELECT ?, since_utc, name, is_minimal FROM shoe WHERE runner = '' AND name = "
            "(SELECT coalesce(edit.shoe, json_extract(header, '$.shoe')) FROM session LEFT JOIN edit "
            "USING (session_id) WHERE session.session_id = ? AND json_valid(header))",
            (runner_name, session_id),
        )
        if _has_all_unnamed(connection, runner_name):
            for table in _BY_ITSELF:
                _move(connection, table, "", runner_name)
            _move_plan(connection, runner_name)
    return before


def give_way(connection: sqlite3.Connection, session_id: str, to_id: str, discarded_utc: str) -> None:
    """Put a session into the bin for another one of the same run, within a transaction of the caller's.

    What was told of it, and changed of it, is of the other one then, unless that has its own; of one that lies in the
    bin already nothing goes along.
    """
    connection.execute("INSERT OR IGNORE INTO edit (session_id) VALUES (?), (?)", (session_id, to_id))
    told = connection.execute("SELECT discarded_utc FROM edit WHERE session_id = ?", (session_id,)).fetchone()
    if told[0] is None:
        for table in ("pain", "sign"):
            connection.execute(
                f"UPDATE OR IGNORE {table} SET session_id = ?, runner = ? WHERE session_id = ?",
                (to_id, runner_of(connection, to_id), session_id),
            )
        connection.execute("UPDATE OR IGNORE effort SET session_id = ? WHERE session_id = ?", (to_id, session_id))
        _rename_in_plan(connection, session_id, to_id)
        connection.execute(
            "UPDATE edit SET title = coalesce(edit.title, other.title), shoe = coalesce(edit.shoe, other.shoe), "
            "distance_m = coalesce(edit.distance_m, other.distance_m), "
            "distance_source = coalesce(edit.distance_source, other.distance_source) "
            "FROM (SELECT title, shoe, distance_m, distance_source FROM edit WHERE session_id = ?) AS other "
            "WHERE edit.session_id = ?",
            (session_id, to_id),
        )
    connection.execute("UPDATE edit SET discarded_utc = ? WHERE session_id = ?", (discarded_utc, session_id))


def _has_all_unnamed(connection: sqlite3.Connection, runner_name: str) -> bool:
    """Tell whether no session is without a name, and all that were recorded so are a runner's."""
    rows = connection.execute("SELECT header, runner FROM session LEFT JOIN edit USING (session_id)")
    owners = {whose(header, told) for header, told in rows if not (whose(header, None) and whose(header, told))}
    return owners == {runner_name}


def _move(connection: sqlite3.Connection, table: str, before: str, after: str, session_id: str | None = None) -> None:
    """Give rows to another runner; what that one has already stays, and the other is let go of."""
    clause, values = ("", ()) if session_id is None else (" AND session_id = ?", (session_id,))
    if table == "message":
        _move_messages(connection, after, clause, (before, *values))
    connection.execute(f"UPDATE OR IGNORE {table} SET runner = ? WHERE runner = ?{clause}", (after, before, *values))
    connection.execute(f"DELETE FROM {table} WHERE runner = ?{clause}", (before, *values))


def _move_plan(connection: sqlite3.Connection, after: str) -> None:
    """Give the plan that nobody is named by to a runner, after what that one has of plans."""
    connection.execute(
        "UPDATE plan_event SET runner = ?1, number = number + "
        "(SELECT coalesce(max(number), 0) FROM plan_event WHERE runner = ?1) WHERE runner = ''",
        (after,),
    )
    _move(connection, "opening", "", after)


def _rename_in_plan(connection: sqlite3.Connection, session_id: str, to_id: str) -> None:
    """Let what was told of a session of a plan be of another session of that runner, unless that was told of too."""
    rows = connection.execute(
        "SELECT runner, number, event FROM plan_event AS own WHERE session_id = ?1 AND runner = ?3 AND NOT EXISTS "
        "(SELECT 1 FROM plan_event WHERE runner = own.runner AND kind = own.kind AND session_id = ?2)",
        (session_id, to_id, runner_of(connection, to_id)),
    ).fetchall()
    for runner, number, text in rows:
        with suppress(OutsideError, InputError):  # one that can't be read is left out in any case
            event = read_event(text)
            assert isinstance(event, Ran | ExercisesDone), "no other event has a session"
            connection.execute(
                "UPDATE plan_event SET session_id = ?, event = ? WHERE runner = ? AND number = ?",
                (to_id, written(replace(event, session_id=to_id)), runner, number),
            )


def _move_messages(connection: sqlite3.Connection, after: str, clause: str, values: tuple[str, ...]) -> None:
    """Give messages their key under the other runner, so that none is told twice; an unreadable one keeps its own."""
    rows = connection.execute(
        f"SELECT key, rule, version, session_id, told_utc, words, inputs FROM message WHERE runner = ?{clause}", values
    ).fetchall()
    for key, *row in rows:
        with suppress(OutsideError):
            moved = read_message(after, *row)
            connection.execute(
                "UPDATE OR REPLACE message SET key = ?, runner = ? WHERE key = ?", (moved.key, after, key)
            )
