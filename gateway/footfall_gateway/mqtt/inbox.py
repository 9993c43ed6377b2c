"""The processor's inbox: a batch is here, on the disk, before it is acknowledged; and stays until its session is done.

Beside the batches lies a checkpoint of each session: how it was after one of them. A restart goes on from there, or
from the first batch where there is none that it can read: the computation is deterministic, and all that comes of it
may be written twice. A checkpoint is kept with what arrives next, in its transaction: it costs no sync of its own, and
where it is lost the older one does.
"""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from footfall_gateway.errors import GatewayError
from footfall_gateway.mqtt.held import Arrival, Checkpoint, Held, Refusal, Safe, Waiting
from footfall_gateway.mqtt.intake import Intake, set_aside
from footfall_gateway.mqtt.payloads import End
from footfall_gateway.mqtt.quotas import Limits, Quotas
from footfall_gateway.mqtt.removed import removed_sessions
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.store.sqlite_file import StoreError, explained, open_database, transaction

APPLICATION_ID: Final = 0x4666496E
"""Marks the file as an inbox: `FfIn` in ASCII."""

MIGRATIONS: Final = (
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
    (
        "ALTER TABLE session ADD COLUMN chain BLOB NOT NULL DEFAULT x''",
        "ALTER TABLE session ADD COLUMN chain_sequence INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE session ADD COLUMN end_sequence INTEGER",
        "ALTER TABLE session ADD COLUMN end_digest TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE session ADD COLUMN aside TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE session ADD COLUMN aside_by TEXT NOT NULL DEFAULT ''",
        """
        CREATE TABLE left_out (
            gateway TEXT NOT NULL,
            what TEXT NOT NULL,
            messages INTEGER NOT NULL,
            PRIMARY KEY (gateway, what)
        ) STRICT
        """,
    ),
)


class Inbox:
    """An open inbox. Calls block on the disk, and must not run at the same time.

    `sessions` and `unfinished` may be looked at meanwhile, and may then tell of what is not on the disk yet.

    Parameters
    ----------
    path
        The file; made if it does not exist.
    limits
        How much a gateway may have here.
    """

    def __init__(self, path: Path, limits: Limits | None = None) -> None:
        self._path = path
        removed = removed_sessions(path.parent)
        self._connection = open_database(path, APPLICATION_ID, MIGRATIONS)
        self._quotas = Quotas(limits or Limits(), lambda: shutil.disk_usage(path.parent).free)
        self.sessions: dict[SessionKey, Held] = {}
        self._announced: list[Held] = []
        self._noted: dict[Held, Checkpoint] = {}
        self._failure: StoreError | None = None
        self._intake = Intake(self._connection, self.sessions, self._quotas, removed)
        try:
            with explained(path), transaction(self._connection):
                self._read()
        except StoreError:
            self._connection.close()
            raise

    def _read(self) -> None:
        rows = self._connection.execute(
            "SELECT number, gateway, runner, session_id, header, last_sequence, announced_sequence, done, "
            "chain, chain_sequence, end_sequence, end_digest, aside FROM session"
        ).fetchall()
        for row in rows:
            number, gateway, runner, session_id, header, last, announced, done, chain, at, end, digest, aside = row
            held = Held(number, header, last, announced_sequence=announced, aside=aside, done=bool(done))
            held.end = None if end is None else End(end, digest)
            key = SessionKey(gateway, runner, session_id)
            self.sessions[key] = held
            if held.done:
                held.safe_sequence, held.chain = last or 0, chain if at == (last or 0) else None
                continue
            for sequence, size in self._connection.execute(
                "SELECT sequence, length(payload) FROM batch WHERE session = ? ORDER BY sequence", (number,)
            ):
                held.ahead.add(sequence)
                held.batch_bytes += size
            if at and not set(range(1, at + 1)) <= held.ahead:
                at, chain = 0, b""  # batches are missing that were here: the file was damaged, and salvaged
            held.ahead -= set(range(1, at + 1))
            held.safe_sequence, held.chain = at, chain
            self._intake.go_on(held)
            if held.last_sequence is not None and held.last_sequence != held.safe_sequence:
                # an end that came before its batches, kept by an older version
                held.end, held.last_sequence = held.end or End(held.last_sequence), None
                self._update(held, "last_sequence", None)
            self._quotas.hold(gateway, described=header is not None, size=held.batch_bytes)
        self._intake.keep()

    def close(self) -> None:
        """Close the inbox; afterwards nothing can be asked of it."""
        try:
            with explained(self._path), transaction(self._connection):
                self._keep_noted()
        finally:
            self._connection.close()

    def take(
        self,
        arrivals: Iterable[Arrival],
        *,
        now_s: float = 0.0,
        left_out: Mapping[tuple[str, str], int] = MappingProxyType({}),
    ) -> list[Refusal]:
        """Keep what arrived, all in one transaction; what is here already changes nothing.

        Parameters
        ----------
        now_s
            When that is, on any clock that goes on.
        left_out
            How many messages were left out before they came here, by gateway and kind.

        Returns
        -------
        What was not taken.

        Raises
        ------
        PassingError
            When the file can't be written now: nothing was taken, and the same may succeed later.
        StoreError
            When it failed in the midst of it: what is known here is no longer what is on the disk, and no call is
            answered any more. Opened anew, the inbox goes on with what is on the disk.
        """
        self._require_sound()
        refusals = []
        begun = False
        try:
            with explained(self._path), transaction(self._connection):
                begun = True
                refusals = self._take(arrivals, now_s, left_out)
        except StoreError as error:
            if not begun:
                raise
            self._failure = StoreError(str(error))
            raise self._failure from error
        return refusals

    def _take(
        self, arrivals: Iterable[Arrival], now_s: float, left_out: Mapping[tuple[str, str], int]
    ) -> list[Refusal]:
        refusals = []
        for arrival in arrivals:
            refusal = self._intake.take(arrival, now_s)
            if refusal is not None:
                refusals.append(refusal)
        self._intake.keep()
        self._intake.expire(now_s)
        self._count(left_out)
        self._keep_noted()
        return refusals

    def safe(self, keys: Iterable[SessionKey]) -> dict[SessionKey, Safe | None]:
        """Return what is on the disk of sessions, to be acknowledged; `None` of one that is not here."""
        self._require_sound()
        found = {key: self.sessions.get(key) for key in keys}
        return {key: None if held is None else held.safe() for key, held in found.items()}

    def _require_sound(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _count(self, left_out: Mapping[tuple[str, str], int]) -> None:
        self._connection.executemany(
            "INSERT INTO left_out VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET messages = messages + excluded.messages",
            [(gateway, what, messages) for (gateway, what), messages in left_out.items()],
        )

    def next_batches(self, held: Held, after: int, limit: int) -> Waiting:
        """Return a session's next batches, none left out.

        Those that listeners were told of come apart from those that they were not, so that they are told nothing twice.
        """
        self._require_sound()
        told = held.announced_sequence if after < held.announced_sequence else held.safe_sequence
        with explained(self._path):
            rows = self._connection.execute(
                "SELECT payload FROM batch WHERE session = ? AND sequence > ? AND sequence <= ? "
                "ORDER BY sequence LIMIT ?",
                (held.number, after, min(told, held.safe_sequence), limit),
            )
            return Waiting([payload for (payload,) in rows], held.safe_sequence, held.last_sequence)

    def next_of_all(self, asked: Iterable[tuple[Held, int]], limit: int) -> list[Waiting]:
        """Return the next batches of each session after the one that is named, as `next_batches`."""
        return [self.next_batches(held, after, limit) for held, after in asked]

    def checkpoint(self, held: Held) -> Checkpoint | None:
        """Return a session's newest checkpoint; `None` where there is none."""
        if held in self._noted:
            return self._noted[held]
        with explained(self._path):
            row = self._connection.execute(
                "SELECT sequence, state FROM checkpoint WHERE session = ?", (held.number,)
            ).fetchone()
            return None if row is None else Checkpoint(*row)

    def note_checkpoints(self, checkpoints: Iterable[tuple[Held, Checkpoint]]) -> None:
        """Note checkpoints, each in place of its session's older one; kept with what arrives next, or at the end."""
        self._noted.update(checkpoints)

    def keep_noted(self) -> None:
        """Keep what is noted, where nothing arrives that it would be kept with."""
        if self._noted or self._announced:
            with explained(self._path), transaction(self._connection):
                self._keep_noted()

    def forget_checkpoint(self, held: Held) -> None:
        """Let go of a session's checkpoint: it is computed anew from its first batch."""
        self._noted.pop(held, None)
        with explained(self._path), transaction(self._connection):
            self._connection.execute("DELETE FROM checkpoint WHERE session = ?", (held.number,))

    def note_announced(self, held: Held, sequence: int) -> None:
        """Note up to which batch listeners were told; kept with what arrives next, or at the end."""
        held.announced_sequence = max(held.announced_sequence, sequence)
        self._announced.append(held)

    def end_unfinished(self, session_id: str) -> None:
        """End a session with what is here, because its gateway will never send the rest.

        Raises
        ------
        GatewayError
            When no unfinished session of this id is here.
        """
        key, held = self._waiting(session_id)
        with explained(self._path), transaction(self._connection):
            self._take_up(held)
            self._update(held, "last_sequence", held.safe_sequence)
        held.last_sequence = held.safe_sequence
        if held.header is None:
            self.finish(key)

    def set_aside(self, held: Held, why: str, by: str) -> None:
        """Leave a session as it is, uncomputed, until it is tried again.

        Parameters
        ----------
        why
            For people.
        by
            Which Footfall could not compute it.
        """
        with explained(self._path), transaction(self._connection):
            set_aside(self._connection, held, why, by)

    def try_again(self, session_id: str) -> None:
        """Compute a session anew that was set aside; `GatewayError` when none of this id waits here."""
        _, held = self._waiting(session_id)
        with explained(self._path), transaction(self._connection):
            self._take_up(held)

    def try_after_update(self, by: str) -> None:
        """Compute anew what another Footfall than this one could not compute."""
        with explained(self._path), transaction(self._connection):
            rows = self._connection.execute(
                "SELECT number FROM session WHERE aside_by NOT IN ('', ?)", (by,)
            ).fetchall()
            numbers = {number for (number,) in rows}
            for held in self.sessions.values():
                if held.number in numbers:
                    self._take_up(held)

    def _take_up(self, held: Held) -> None:
        self._noted.pop(held, None)
        self._connection.execute("DELETE FROM checkpoint WHERE session = ?", (held.number,))
        self._connection.execute("UPDATE session SET aside = '', aside_by = '' WHERE number = ?", (held.number,))
        held.aside = ""

    def _waiting(self, session_id: str) -> tuple[SessionKey, Held]:
        for key in self.unfinished():
            if key.session_id == session_id:
                return key, self.sessions[key]
        here = ", ".join(key.session_id for key in self.unfinished()) or "none"
        raise GatewayError(f"{session_id} is no session that waits for its rest; these do: {here}")

    def unfinished(self) -> list[SessionKey]:
        """Return the sessions that are not done."""
        return [key for key, held in list(self.sessions.items()) if not held.done]

    def finish(self, key: SessionKey) -> None:
        """Let go of a session's batches; that it was here stays known."""
        held = self.sessions[key]
        self._noted.pop(held, None)
        with explained(self._path), transaction(self._connection):
            self._update(held, "done", 1)
            self._connection.execute("DELETE FROM batch WHERE session = ?", (held.number,))
            self._connection.execute("DELETE FROM checkpoint WHERE session = ?", (held.number,))
        held.done = True
        self._quotas.release(key.gateway, described=held.header is not None, size=held.batch_bytes)
        held.batch_bytes = 0

    def _keep_noted(self) -> None:
        rows = [(held.number, checkpoint.sequence, checkpoint.stored) for held, checkpoint in self._noted.items()]
        self._connection.executemany("INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?)", rows)
        self._noted.clear()
        # forgotten first: what is noted meanwhile is kept with what arrives next
        announced, self._announced = self._announced, []
        for held in dict.fromkeys(announced):
            self._update(held, "announced_sequence", held.announced_sequence)

    def _update(self, held: Held, column: str, value: bytes | int | None) -> None:
        self._connection.execute(f"UPDATE session SET {column} = ? WHERE number = ?", (value, held.number))
