"""The tracks of watches in the store: at most one of each session."""

from typing import NamedTuple

import numpy as np

from footfall_gateway.store.part import Part
from footfall_gateway.store.run_log import keep_record
from footfall_gateway.store.track import Track, packed, read_track
from footfall_processing.samples import FloatArray


class Steps(NamedTuple):
    """The middle of each stride of a session, rising, and its cadence in steps of both feet a minute."""

    t_s: FloatArray
    cadence_spm: FloatArray


class Tracks(Part):
    """What watches recorded of sessions. A session's record in the log follows its track."""

    def keep(self, session_id: str, track: Track) -> None:
        """Keep a session's track in place of another one. `StoreError` when the session is not in the store."""
        with self._transaction() as connection:
            self._require(connection, session_id)
            row = (session_id, track.digest, packed(track))
            connection.execute("INSERT OR REPLACE INTO track (session_id, digest, track) VALUES (?, ?, ?)", row)
            self._follow(session_id)

    def remove(self, session_id: str) -> bool:
        """Take a session's track away, and return whether there was one."""
        with self._transaction() as connection:
            self._require(connection, session_id)
            gone = connection.execute("DELETE FROM track WHERE session_id = ?", (session_id,)).rowcount > 0
            if gone:
                self._follow(session_id)
            return gone

    def of(self, session_id: str) -> Track | None:
        """Return a session's track; `None` where there is none. `OutsideError` when it can't be read."""
        with self._reading() as connection:
            row = connection.execute("SELECT digest, track FROM track WHERE session_id = ?", (session_id,)).fetchone()
        return None if row is None else read_track(*row)

    def digests(self) -> dict[str, str]:
        """Return of which file each session's track is, by session id."""
        with self._reading() as connection:
            return dict(connection.execute("SELECT session_id, digest FROM track ORDER BY session_id").fetchall())

    def steps(self, session_id: str) -> Steps:
        """Return how a session's runner stepped."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT 0.5 * (initial_contact_s + next_contact_s) AS middle_s, next_contact_s - initial_contact_s "
                "FROM stride WHERE session_id = ? AND next_contact_s > initial_contact_s ORDER BY middle_s",
                (session_id,),
            ).fetchall()
        found = np.array(rows, dtype=float).reshape(-1, 2)
        rises = np.diff(found[:, 0], prepend=-np.inf) > 0.0
        return Steps(found[rises, 0], 120.0 / found[rises, 1])

    def _follow(self, session_id: str) -> None:
        query = "SELECT 1 FROM session WHERE session_id = ? AND summary IS NOT NULL"
        if self._connection.execute(query, (session_id,)).fetchone() is not None:
            keep_record(self._connection, session_id)
