"""The gateway's spool: every batch is on its disk until the processor has said that it is safe there.

A session's packets go to the recording first, and then here; how many have been put here is kept with them, so what a
killed gateway had recorded and not yet spooled is found again in the recording.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from footfall_gateway.mqtt.payloads import chained, digest_of, encode_batch
from footfall_gateway.packets import RawPacket
from footfall_gateway.store.sqlite_file import explained, open_database, transaction

APPLICATION_ID: Final = 0x46665370
"""Marks the file as a spool: `FfSp` in ASCII."""

MIGRATIONS: Final = (
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
        """
        CREATE TABLE session (
            number INTEGER PRIMARY KEY,
            session_id TEXT NOT NULL UNIQUE,
            runner TEXT NOT NULL,
            header BLOB NOT NULL,
            recording TEXT NOT NULL,
            packets INTEGER NOT NULL DEFAULT 0,
            last_sequence INTEGER NOT NULL DEFAULT 0,
            safe_sequence INTEGER NOT NULL DEFAULT 0,
            ended INTEGER NOT NULL DEFAULT 0
        ) STRICT
        """,
        """
        CREATE TABLE batch (
            session INTEGER NOT NULL REFERENCES session,
            sequence INTEGER NOT NULL,
            payload BLOB NOT NULL,
            PRIMARY KEY (session, sequence)
        ) STRICT
        """,
    ),
    (
        # NULL where it is not known: of sessions that began before chains were kept
        "ALTER TABLE session ADD COLUMN chain BLOB",
        "ALTER TABLE session ADD COLUMN safe_chain BLOB",
        "ALTER TABLE batch ADD COLUMN chain BLOB",
    ),
)


@dataclass(frozen=True, slots=True)
class SpooledSession:
    """A session that the processor has not got all of yet.

    Parameters
    ----------
    runner
        The runner's name, empty when nobody said.
    header
        As at the head of a recording, in JSON.
    recording
        Where its recording lies.
    packets
        How many packets were put into batches.
    last_sequence
        Of the last batch; 0 for none.
    safe_sequence
        Up to which batch the processor has all.
    ended
        Whether there will be no more batches.
    """

    session_id: str
    runner: str
    header: bytes
    recording: Path
    packets: int
    last_sequence: int
    safe_sequence: int
    ended: bool


class Spool:
    """An open spool. Calls block on the disk, and must not run at the same time; each is one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = open_database(path, APPLICATION_ID, MIGRATIONS)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a spool; make it if it does not exist; `StoreError` when that can't be."""
        return cls(path)

    def close(self) -> None:
        """Close the spool; afterwards nothing can be asked of it."""
        self._connection.close()

    def add_session(self, session_id: str, runner: str, header: bytes, recording: Path) -> SpooledSession:
        """Add a session, or find the one that goes on; return how it stands."""
        with explained(self._path), transaction(self._connection):
            self._connection.execute(
                "INSERT INTO session (session_id, runner, header, recording, chain, safe_chain) "
                "VALUES (?, ?, ?, ?, x'', x'') "
                "ON CONFLICT DO NOTHING",
                (session_id, runner, header, str(recording)),
            )
        return next(session for session in self.sessions() if session.session_id == session_id)

    def append(self, session_id: str, batches: Sequence[Sequence[RawPacket]]) -> None:
        """Add batches; each gets the next sequence."""
        with explained(self._path), transaction(self._connection):
            number, last, chain = self._connection.execute(
                "SELECT number, last_sequence, chain FROM session WHERE session_id = ?", (session_id,)
            ).fetchone()
            rows = []
            for sequence, packets in enumerate(batches, start=last + 1):
                payload = encode_batch(sequence, packets)
                chain = None if chain is None else chained(chain, payload)
                rows.append((number, sequence, payload, chain))
            self._connection.executemany("INSERT INTO batch VALUES (?, ?, ?, ?)", rows)
            self._connection.execute(
                "UPDATE session SET last_sequence = ?, packets = packets + ?, chain = ? WHERE number = ?",
                (last + len(batches), sum(map(len, batches)), chain, number),
            )

    def digest(self, session_id: str, sequence: int) -> str | None:
        """Return the digest of a session up to a batch; `None` where it is not known any more."""
        with explained(self._path):
            row = self._connection.execute(
                "SELECT header, CASE ? WHEN last_sequence THEN chain WHEN safe_sequence THEN safe_chain ELSE "
                "(SELECT chain FROM batch WHERE session = number AND sequence = ?) END "
                "FROM session WHERE session_id = ?",
                (sequence, sequence, session_id),
            ).fetchone()
        header, chain = row or (b"", None)
        if sequence == 0:
            chain = b""
        return None if row is None or chain is None else digest_of(header, chain)

    def end(self, session_id: str) -> None:
        """Note that there will be no more batches of a session."""
        with explained(self._path), transaction(self._connection):
            self._connection.execute("UPDATE session SET ended = 1 WHERE session_id = ?", (session_id,))

    def sessions(self) -> list[SpooledSession]:
        """Return all sessions that are here, oldest first."""
        with explained(self._path):
            rows = self._connection.execute(
                "SELECT session_id, runner, header, recording, packets, last_sequence, safe_sequence, ended "
                "FROM session ORDER BY number"
            )
            return [
                SpooledSession(session_id, runner, header, Path(recording), packets, last, safe, bool(ended))
                for session_id, runner, header, recording, packets, last, safe, ended in rows
            ]

    def batches(self, session_id: str, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Return the next batches of a session with their sequences."""
        with explained(self._path):
            return self._connection.execute(
                "SELECT sequence, payload FROM batch WHERE session = (SELECT number FROM session WHERE session_id = ?) "
                "AND sequence > ? ORDER BY sequence LIMIT ?",
                (session_id, after, limit),
            ).fetchall()

    def free(self, session_id: str, safe_sequence: int) -> None:
        """Let go of the batches that are safe."""
        with explained(self._path), transaction(self._connection):
            self._connection.execute(
                "UPDATE session SET safe_sequence = ?, safe_chain = CASE ? WHEN last_sequence THEN chain ELSE "
                "(SELECT chain FROM batch WHERE session = number AND sequence = ?) END "
                "WHERE session_id = ? AND safe_sequence < ?",
                (safe_sequence, safe_sequence, safe_sequence, session_id, safe_sequence),
            )
            self._connection.execute(
                "DELETE FROM batch WHERE session = (SELECT number FROM session WHERE session_id = ?) AND sequence <= ?",
                (session_id, safe_sequence),
            )

    def forget(self, session_id: str) -> None:
        """Let go of a session: the processor has all of it, and knows that it is over."""
        with explained(self._path), transaction(self._connection):
            self._connection.execute(
                "DELETE FROM batch WHERE session = (SELECT number FROM session WHERE session_id = ?)", (session_id,)
            )
            self._connection.execute("DELETE FROM session WHERE session_id = ?", (session_id,))
