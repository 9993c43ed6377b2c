"""Whose a session is: as its description says, or as it was set right afterwards."""

import sqlite3

from footfall_gateway.recordings.header import runner_name_in


def whose(header: str, told: str | None) -> str:
    """Return a session's runner; empty where nobody said.

    Parameters
    ----------
    header
        Its description, as JSON text.
    told
        What was said afterwards; `None` where nothing was.
    """
    return runner_name_in(header.encode()) if told is None else told


def runner_of(connection: sqlite3.Connection, session_id: str) -> str | None:
    """Return the runner of a session that is in the store; `None` where it isn't."""
    row = connection.execute(
        "SELECT header, runner FROM session LEFT JOIN edit USING (session_id) WHERE session.session_id = ?",
        (session_id,),
    ).fetchone()
    return None if row is None else whose(*row)
