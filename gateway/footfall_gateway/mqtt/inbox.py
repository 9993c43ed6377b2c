"""The processor's inbox: a batch is here, on the disk, before it is acknowledged; and stays until its session is done.

Beside the batches lies a checkpoint of each session: the engine's state after one of them. A restart goes on from
there, or from the first batch where there is none that it can read: the computation is deterministic, and all that
comes of it may be written twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from footfall_gateway.errors import GatewayError
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.store.sqlite_file import explained, open_database, transaction

APPLICATION_ID: Final = 0x4666496E
"""Marks the file as an inbox: `FfIn` in ASCII."""

_MIGRATIONS: Final = (
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
        """
        CREATE TABLE session (
            number INTEGER PRIMARY KEY,
            gateway TEXT NOT NULL,
            runner TEXT NOT NULL,
            session_id TEXT NOT NULL UNIQUE,
            header BLOB,
            last_sequence INTEGER,
            announced_sequence INTEGER NOT NULL DEFAULT 0,
            done INTEGER NOT NULL DEFAULT 0
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
        """
        CREATE TABLE checkpoint (
            session INTEGER PRIMARY KEY REFERENCES session,
            sequence INTEGER NOT NULL,
            state BLOB NOT NULL
        ) STRICT
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A session's state, and the last batch that is in it; all that came of it is kept elsewhere."""

    sequence: int
    state: bytes


@dataclass(frozen=True, slots=True)
class HeaderArrival:
    """A session's description arrived."""

    key: SessionKey
    header: bytes


@dataclass(frozen=True, slots=True)
class BatchArrival:
    """A batch arrived, perhaps not for the first time."""

    key: SessionKey
    sequence: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class EndArrival:
    """A session's end arrived."""

    key: SessionKey
    last_sequence: int


Arrival = HeaderArrival | BatchArrival | EndArrival


@dataclass(slots=True)
class Held:
    """What the inbox has of a session.

    Parameters
    ----------
    safe_sequence
        Up to which batch it has all.
    ahead
        Batches beyond a gap.
    announced_sequence
        Up to which batch what came of it was told to listeners.
    done
        All was computed and kept; the batches are gone.
    """

    number: int
    header: bytes | None = None
    last_sequence: int | None = None
    safe_sequence: int = 0
    announced_sequence: int = 0
    done: bool = False
    ahead: set[int] = field(default_factory=set)

    def lacks(self, sequence: int) -> bool:
        """Whether a batch belongs to the session and is not here yet."""
        return (
            self.safe_sequence < sequence
            and sequence not in self.ahead
            and (self.last_sequence is None or sequence <= self.last_sequence)
        )

    def note(self, sequence: int) -> None:
        """Note that a batch is here."""
        if sequence > self.safe_sequence:
            self.ahead.add(sequence)
        while self.safe_sequence + 1 in self.ahead:
            self.safe_sequence += 1
            self.ahead.discard(self.safe_sequence)


class Inbox:
    """An open inbox. Calls block on the disk, and must not run at the same time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = open_database(path, APPLICATION_ID, _MIGRATIONS)
        self.sessions: dict[SessionKey, Held] = {}
        self._announced: set[int] = set()
        with explained(path):
            for row in self._connection.execute(
                "SELECT gateway, runner, session_id, number, header, last_sequence, announced_sequence, done "
                "FROM session"
            ):
                gateway, runner, session_id, number, header, last, announced, done = row
                held = Held(number, header, last, announced_sequence=announced, done=bool(done))
                if held.done:
                    held.safe_sequence = last or 0
                self.sessions[SessionKey(gateway, runner, session_id)] = held
            held_by_number = {held.number: held for held in self.sessions.values()}
            for number, sequence in self._connection.execute("SELECT session, sequence FROM batch ORDER BY sequence"):
                held_by_number[number].note(sequence)

    def close(self) -> None:
        """Close the inbox; afterwards nothing can be asked of it."""
        try:
            with explained(self._path), transaction(self._connection):
                self._keep_announced()
        finally:
            self._connection.close()

    def take(self, arrivals: Iterable[Arrival]) -> None:
        """Keep what arrived, all in one transaction; what is here already changes nothing."""
        noted: list[tuple[Held, int]] = []
        with explained(self._path), transaction(self._connection):
            for arrival in arrivals:
                held = self._held(arrival.key)
                if held.done:
                    continue
                if isinstance(arrival, HeaderArrival):
                    if held.header is None:
                        self._update(held, "header", arrival.header)
                        held.header = arrival.header
                elif isinstance(arrival, EndArrival):
                    if held.last_sequence is None:
                        self._update(held, "last_sequence", arrival.last_sequence)
                        held.last_sequence = arrival.last_sequence
                elif held.lacks(arrival.sequence):
                    self._connection.execute(
                        "INSERT OR IGNORE INTO batch VALUES (?, ?, ?)", (held.number, arrival.sequence, arrival.payload)
                    )
                    noted.append((held, arrival.sequence))
            self._keep_announced()
        for held, sequence in noted:
            held.note(sequence)

    def batches(self, held: Held, after: int, limit: int) -> list[bytes]:
        """Return a session's next batches, none left out."""
        with explained(self._path):
            rows = self._connection.execute(
                "SELECT payload FROM batch WHERE session = ? AND sequence > ? AND sequence <= ? "
                "ORDER BY sequence LIMIT ?",
                (held.number, after, held.safe_sequence, limit),
            )
            return [payload for (payload,) in rows]

    def checkpoint(self, held: Held) -> Checkpoint | None:
        """Return a session's newest checkpoint; `None` where there is none."""
        with explained(self._path):
            row = self._connection.execute(
                "SELECT sequence, state FROM checkpoint WHERE session = ?", (held.number,)
            ).fetchone()
            return None if row is None else Checkpoint(*row)

    def keep_checkpoints(self, checkpoints: Iterable[tuple[Held, Checkpoint]]) -> None:
        """Keep checkpoints, all in one transaction; each takes the place of its session's older one."""
        rows = [(held.number, checkpoint.sequence, checkpoint.state) for held, checkpoint in checkpoints]
        with explained(self._path), transaction(self._connection):
            self._connection.executemany("INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?)", rows)

    def forget_checkpoint(self, held: Held) -> None:
        """Let go of a session's checkpoint: it is computed anew from its first batch."""
        with explained(self._path), transaction(self._connection):
            self._connection.execute("DELETE FROM checkpoint WHERE session = ?", (held.number,))

    def note_announced(self, held: Held, sequence: int) -> None:
        """Note up to which batch listeners were told; kept with what arrives next, or at the end."""
        held.announced_sequence = max(held.announced_sequence, sequence)
        self._announced.add(held.number)

    def end_unfinished(self, session_id: str) -> None:
        """End a session with what is here, because its gateway will never send the rest.

        Raises
        ------
        GatewayError
            When no unfinished session of this id is here.
        """
        held = next((self.sessions[key] for key in self.unfinished() if key.session_id == session_id), None)
        if held is None:
            here = ", ".join(key.session_id for key in self.unfinished()) or "none"
            raise GatewayError(f"{session_id} is no session that waits for its rest; these do: {here}")
        with explained(self._path), transaction(self._connection):
            self._update(held, "last_sequence", held.safe_sequence)
        held.last_sequence = held.safe_sequence
        if held.header is None:
            self.finish(held)

    def unfinished(self) -> list[SessionKey]:
        """Return the sessions that are not done."""
        return [key for key, held in self.sessions.items() if not held.done]

    def finish(self, held: Held) -> None:
        """Let go of a session's batches; that it was here stays known."""
        with explained(self._path), transaction(self._connection):
            self._update(held, "done", 1)
            self._connection.execute("DELETE FROM batch WHERE session = ?", (held.number,))
            self._connection.execute("DELETE FROM checkpoint WHERE session = ?", (held.number,))
        held.done = True

    def _keep_announced(self) -> None:
        announced, self._announced = self._announced, set()
        for held in self.sessions.values():
            if held.number in announced:
                self._update(held, "announced_sequence", held.announced_sequence)

    def _held(self, key: SessionKey) -> Held:
        held = self.sessions.get(key)
        if held is None:
            self._connection.execute(
                "INSERT OR IGNORE INTO session (gateway, runner, session_id) VALUES (?, ?, ?)",
                (key.gateway, key.runner, key.session_id),
            )
            (number,) = self._connection.execute(
                "SELECT number FROM session WHERE session_id = ?", (key.session_id,)
            ).fetchone()
            held = self.sessions[key] = Held(number)
        return held

    def _update(self, held: Held, column: str, value: bytes | int) -> None:
        self._connection.execute(f"UPDATE session SET {column} = ? WHERE number = ?", (value, held.number))
