"""What of that which arrives is taken into the inbox, and what is refused.

A session belongs to the gateway that sent it first. What is here is never replaced: other content under a known
sequence, another description, another end are refused. Of all batches in their order a chain of digests is kept, which
the acknowledgements tell: so a gateway sees that what is here is what it sent, before it lets go of it; and an end
counts only when its digest is that of what came.
"""

import sqlite3
from collections.abc import Collection
from typing import Final

from footfall_gateway.mqtt.held import Arrival, BatchArrival, EndArrival, HeaderArrival, Held, Refusal
from footfall_gateway.mqtt.payloads import End, chained
from footfall_gateway.mqtt.quotas import Quotas
from footfall_gateway.mqtt.removed import WHY_REFUSED, digest_of_id
from footfall_gateway.mqtt.topics import SessionKey

LONGEST_REASON: Final = 500
_OF_CONTENT: Final = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError)
"""What SQLite raises when a value can't be kept, and the file is sound."""


class _RefusedError(Exception):
    def __init__(self, what: str, why: str) -> None:
        super().__init__(why)
        self.what, self.why = what, why


class Intake:
    """Takes arrivals into an inbox's tables, within a transaction of the inbox.

    Parameters
    ----------
    connection
        The inbox's file.
    sessions
        What is here; sessions that begin are added.
    quotas
        How much a gateway may have here.
    removed
        Digests of sessions that are not taken again.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        sessions: dict[SessionKey, Held],
        quotas: Quotas,
        removed: Collection[str] = (),
    ) -> None:
        self._connection = connection
        self._sessions = sessions
        self._quotas = quotas
        self._removed = removed
        self._gone_on: dict[int, Held] = {}

    def take(self, arrival: Arrival, now_s: float) -> Refusal | None:
        """Take what arrived; return why not, if it is refused, whatever is wrong with it."""
        try:
            self._take(arrival, now_s)
        except _RefusedError as error:
            return Refusal(arrival.key, error.what, error.why)
        except _OF_CONTENT as error:
            return Refusal(arrival.key, "can't be kept", str(error))
        except sqlite3.Error:  # the disk's
            raise
        except Exception as error:
            return Refusal(arrival.key, "can't be kept", f"{type(error).__name__}: {error}")
        return None

    def _take(self, arrival: Arrival, now_s: float) -> None:
        held = self._held(arrival, now_s)
        held.newest_s = now_s
        match arrival:
            case HeaderArrival(header=header):
                self._take_header(arrival.key, held, header)
            case EndArrival(end=end):
                self._take_end(held, end)
            case BatchArrival(sequence=sequence, payload=payload) if not held.done:
                self._take_batch(arrival.key, held, sequence, payload)

    def _held(self, arrival: Arrival, now_s: float) -> Held:
        key, described = arrival.key, isinstance(arrival, HeaderArrival)
        held = self._sessions.get(key)
        if held is not None:
            return held
        if self._removed and digest_of_id(key.session_id) in self._removed:
            raise _RefusedError("a removed session", WHY_REFUSED)
        row = self._connection.execute("SELECT gateway FROM session WHERE session_id = ?", (key.session_id,)).fetchone()
        if row is not None:
            (owner,) = row
            raise _RefusedError(
                "another gateway's session",
                f"it is a session of gateway {owner}, and no other can add to it: if this is the same one, "
                f"give it its name back (--name {owner})",
            )
        if why := self._quotas.why_no_session(key.gateway, described=described, now_s=now_s):
            raise _RefusedError("over a quota", why)
        (number,) = self._connection.execute(
            "INSERT INTO session (gateway, runner, session_id) VALUES (?, ?, ?) RETURNING number",
            (key.gateway, key.runner, key.session_id),
        ).fetchone()
        self._quotas.begin(key.gateway, described=False, now_s=now_s)
        held = self._sessions[key] = Held(number)
        return held

    def _take_header(self, key: SessionKey, held: Held, header: bytes) -> None:
        if held.header is not None:
            if held.header != header:
                raise _RefusedError("another description", "another description came before; that one is kept")
            return
        if why := self._quotas.why_no_bytes(key.gateway, 0, len(header), described=True):
            raise _RefusedError("over a quota", why)
        self._update(held, "header", header)
        held.header = header
        self._quotas.describe(key.gateway)
        self._try_end(held)

    def _take_batch(self, key: SessionKey, held: Held, sequence: int, payload: bytes) -> None:
        if not held.lacks(sequence):
            if self._payload(held, sequence) != payload:
                why = f"batch {sequence} came with two different contents; the first is kept"
                set_aside(self._connection, held, why, "")
                raise _RefusedError("other content", why)
            return
        if held.last_sequence is not None:
            return  # ended here without it; the acknowledgement says so
        if held.end is not None and sequence > held.end.last_sequence:
            why = f"batch {sequence} comes after its end, which told of {held.end.last_sequence} batches"
            raise _RefusedError("beyond the end", why)
        if sequence > held.safe_sequence + self._quotas.limits.ahead:
            raise _RefusedError(
                "far ahead", f"batch {sequence} is far beyond {held.safe_sequence}, up to which all came"
            )
        if why := self._quotas.why_no_bytes(
            key.gateway, held.batch_bytes, len(payload), described=held.header is not None
        ):
            raise _RefusedError("over a quota", why)
        self._connection.execute("INSERT INTO batch VALUES (?, ?, ?)", (held.number, sequence, payload))
        held.ahead.add(sequence)
        held.batch_bytes += len(payload)
        self._quotas.add(key.gateway, len(payload))
        self.go_on(held, payload)
        self._try_end(held)

    def _take_end(self, held: Held, end: End) -> None:
        known = held.end or (None if held.last_sequence is None else End(held.last_sequence))
        if known is not None and (known.last_sequence, known.digest or end.digest) == (
            end.last_sequence,
            end.digest or known.digest,
        ):
            if held.done or held.last_sequence is not None:
                return
        elif held.done or held.last_sequence is not None:
            raise _RefusedError(
                "another end",
                f"it was ended after batch {held.last_sequence}, and now an end comes that tells of "
                f"{end.last_sequence} batches or of other content",
            )
        if end.last_sequence < held.newest_sequence:
            raise _RefusedError(
                "another end",
                f"an end tells of {end.last_sequence} batches, and batch {held.newest_sequence} is here: what is here "
                "waits for another end",
            )
        if known is not None and known != end and not self._proves(held, end):
            raise _RefusedError(
                "another end",
                f"a second end tells of {end.last_sequence} batches, the first of {known.last_sequence}, or of other "
                "content; the one that fits what comes will count",
            )
        self._connection.execute(
            "UPDATE session SET end_sequence = ?, end_digest = ? WHERE number = ?",
            (end.last_sequence, end.digest, held.number),
        )
        held.end = end
        self._try_end(held)

    @staticmethod
    def _proves(held: Held, end: End) -> bool:
        return end.last_sequence == held.safe_sequence and end.digest == held.digest and end.digest != ""

    def _try_end(self, held: Held) -> None:
        """End a session when all has come that its end tells of."""
        end = held.end
        if end is None or held.header is None or held.last_sequence is not None:
            return
        if end.last_sequence != held.safe_sequence:
            return
        if end.digest not in ("", held.digest):
            why = "what came is not what its end tells of: somebody else sent a part of it"
            set_aside(self._connection, held, why, "")
            raise _RefusedError("other content", why)
        self._update(held, "last_sequence", end.last_sequence)
        held.last_sequence = end.last_sequence

    def go_on(self, held: Held, newest: bytes | None = None) -> None:
        """Follow the batches that are here without a gap; `newest` is the next of them, where it is at hand."""
        before = held.safe_sequence
        while held.safe_sequence + 1 in held.ahead:
            held.safe_sequence += 1
            held.ahead.discard(held.safe_sequence)
            at_hand = newest is not None and held.safe_sequence == before + 1
            payload = newest if at_hand and newest is not None else self._payload(held, held.safe_sequence)
            held.chain = chained(held.chain or b"", payload)
        if held.safe_sequence > before:
            self._gone_on[held.number] = held

    def keep(self) -> None:
        """Write how far sessions have come, before the transaction ends."""
        gone_on, self._gone_on = self._gone_on, {}
        self._connection.executemany(
            "UPDATE session SET chain = ?, chain_sequence = ? WHERE number = ?",
            [(held.chain, held.safe_sequence, held.number) for held in gone_on.values()],
        )

    def _payload(self, held: Held, sequence: int) -> bytes:
        (payload,) = self._connection.execute(
            "SELECT payload FROM batch WHERE session = ? AND sequence = ?", (held.number, sequence)
        ).fetchone()
        return bytes(payload)

    def expire(self, now_s: float) -> None:
        """Forget sessions whose description never came; their gateways have all of them still."""
        before_s = now_s - self._quotas.limits.undescribed_s
        for key, held in list(self._sessions.items()):
            if held.header is not None or held.done:
                continue
            if held.newest_s is None:
                held.newest_s = now_s
            elif held.newest_s < before_s:
                for table in ("batch", "checkpoint"):
                    self._connection.execute(f"DELETE FROM {table} WHERE session = ?", (held.number,))
                self._connection.execute("DELETE FROM session WHERE number = ?", (held.number,))
                del self._sessions[key]
                self._quotas.release(key.gateway, described=False, size=held.batch_bytes)

    def _update(self, held: Held, column: str, value: bytes | int) -> None:
        self._connection.execute(f"UPDATE session SET {column} = ? WHERE number = ?", (value, held.number))


def set_aside(connection: sqlite3.Connection, held: Held, why: str, by: str) -> None:
    """Leave a session as it is, uncomputed; `by` is empty when no update of Footfall will change that."""
    text = why.encode("utf-8", "replace").decode()[:LONGEST_REASON] or "not known"
    connection.execute("UPDATE session SET aside = ?, aside_by = ? WHERE number = ?", (text, by, held.number))
    held.aside = text
