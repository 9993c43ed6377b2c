"""What only the runner can tell, and what the runner was told, in the store."""

import sqlite3
from collections.abc import Iterable
from datetime import timedelta
from typing import Final, TypeAlias

import msgspec

from footfall_coaching.answers import Effort, Pain, PainSite, Phase, Shoe, ShoeKind, Sign, SignNote
from footfall_coaching.message import Message
from footfall_gateway.outside import parse_json, parse_moment
from footfall_gateway.store.part import Part, moment_text
from footfall_gateway.store.whose import runner_of, whose
from footfall_processing.session import Side

Answer: TypeAlias = Pain | SignNote | Effort | Shoe

SAME_MORNING: Final = timedelta(hours=12)
"""Answers of no session that are no farther apart are of one day."""

_IN_USE: Final = "(?2 OR session_id NOT IN (SELECT session_id FROM edit WHERE discarded_utc IS NOT NULL))"


class Answers(Part):
    """What runners told, and were told; what is of a session that lies in the bin is left out unless asked for."""

    def note(self, *answers: Answer) -> None:
        """Keep answers, all or none; each takes the place of the one before it on the same thing.

        A pain's thing is its place in one phase of a session, or of a day without one; that nothing hurts is of all
        places.

        Raises
        ------
        StoreError
            When a session is not in the store, or is another runner's, or the disk refuses.
        """
        with self._transaction() as connection:
            for answer in answers:
                match answer:
                    case Pain():
                        self._note_pain(connection, answer)
                    case SignNote():
                        self._note_sign(connection, answer)
                    case Effort():
                        self._require(connection, answer.session_id)
                        row = (answer.session_id, answer.exertion, answer.feeling)
                        connection.execute("INSERT OR REPLACE INTO effort VALUES (?, ?, ?)", row)
                    case Shoe():
                        kind = int(answer.kind is ShoeKind.MINIMAL)
                        connection.execute(
                            "INSERT OR REPLACE INTO shoe (runner, since_utc, name, is_minimal) VALUES (?, ?, ?, ?)",
                            (answer.runner_name, moment_text(answer.since_utc), answer.name, kind),
                        )

    def pains(self, runner_name: str, *, with_bin: bool = False) -> list[Pain]:
        """Return all that hurt, the earliest first."""
        return self._pains("WHERE runner = ?1", runner_name, with_bin=with_bin)

    def pains_of(self, session_id: str) -> list[Pain]:
        """Return what hurt in a session and after it, by phase, site and side."""
        with self._reading() as connection:
            self._require(connection, session_id)
        found = self._pains("WHERE session_id = ?1", session_id, with_bin=True)
        return sorted(found, key=lambda pain: (list(Phase).index(pain.phase), pain.site or "", pain.side or ""))

    def signs(self, runner_name: str, *, with_bin: bool = False) -> list[SignNote]:
        """Return all signs that a runner told, the earliest first."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT session_id, noted_utc, sign FROM sign "
                f"WHERE runner = ?1 AND {_IN_USE} ORDER BY noted_utc, session_id, sign",
                (runner_name, with_bin),
            )
            return [
                SignNote(runner_name, of, parse_moment(when, "a sign's date"), Sign(sign)) for of, when, sign in rows
            ]

    def efforts(self, runner_name: str, *, with_bin: bool = False) -> list[Effort]:
        """Return how a runner's runs were, by session id."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT session_id, exertion, feeling, header, edit.runner "
                "FROM effort JOIN session USING (session_id) LEFT JOIN edit USING (session_id) "
                f"WHERE {_IN_USE.replace('?2', '?1')} ORDER BY session_id",
                (with_bin,),
            )
            return [Effort(of, hard, felt) for of, hard, felt, *said in rows if whose(*said) == runner_name]

    def effort_of(self, session_id: str) -> Effort | None:
        """Return how a run was, also of one in the bin; `None` where the runner did not say."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT exertion, feeling FROM effort WHERE session_id = ?", (session_id,)
            ).fetchone()
            return None if row is None else Effort(session_id, *row)

    def shoes(self, runner_name: str | None = None) -> list[Shoe]:
        """Return a runner's shoes, or all runners', the earliest first."""
        with self._reading() as connection:
            rows = connection.execute("SELECT runner, since_utc, name, is_minimal FROM shoe ORDER BY since_utc, runner")
            return [
                Shoe(runner, parse_moment(since, "a shoe's date"), name, list(ShoeKind)[bool(minimal)])
                for runner, since, name, minimal in rows
                if runner_name in (None, runner)
            ]

    def tell(self, *messages: Message) -> None:
        """Keep messages in the ledger; one that is there already, by its key, is not kept again."""
        with self._transaction() as connection:
            keep_messages(connection, messages)

    def told(self, runner_name: str, *rules: str) -> list[Message]:
        """Return the ledger: all messages to a runner, of these rules where any is named, the earliest first."""
        of_these = f"AND rule IN ({', '.join('?' * len(rules))}) " if rules else ""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT rule, version, session_id, told_utc, words, inputs FROM message WHERE runner = ? "
                f"{of_these}ORDER BY told_utc, rule, session_id, key",
                (runner_name, *rules),
            )
            return [read_message(runner_name, *row) for row in rows]

    def names(self) -> set[str]:
        """Return the names of all who told anything."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT runner FROM pain UNION SELECT runner FROM sign UNION SELECT runner FROM shoe "
                "UNION SELECT runner FROM plan_event"
            )
            return {name for (name,) in rows}

    def _pains(self, clause: str, value: str, *, with_bin: bool) -> list[Pain]:
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT runner, session_id, noted_utc, phase, site, side, level FROM pain {clause} "
                f"AND {_IN_USE} ORDER BY noted_utc, session_id, phase, site, side",
                (value, with_bin),
            )
            return [_pain(*row) for row in rows]

    def _note_pain(self, connection: sqlite3.Connection, pain: Pain) -> None:
        self._require_own(connection, pain.session_id, pain.runner_name)
        site, side = pain.site or "", pain.side or ""
        clause, values = _same_thing(pain.runner_name, pain.session_id, pain)
        # that nothing hurts, and that something does, are not both so
        places = "" if pain.site is None else " AND (site = '' OR (site = ? AND side = ?))"
        connection.execute(
            f"DELETE FROM pain WHERE {clause} AND phase = ?{places}",
            (*values, pain.phase.value, *(() if pain.site is None else (site, side))),
        )
        noted = moment_text(pain.noted_utc)
        row = (pain.runner_name, pain.session_id, noted, pain.phase.value, site, side, pain.level)
        connection.execute("INSERT INTO pain VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def _note_sign(self, connection: sqlite3.Connection, note: SignNote) -> None:
        self._require_own(connection, note.session_id, note.runner_name)
        clause, values = _same_thing(note.runner_name, note.session_id, note)
        connection.execute(f"DELETE FROM sign WHERE {clause} AND sign = ?", (*values, note.sign.value))
        row = (note.runner_name, note.session_id, moment_text(note.noted_utc), note.sign.value)
        connection.execute("INSERT INTO sign VALUES (?, ?, ?, ?)", row)

    def _require_own(self, connection: sqlite3.Connection, session_id: str, runner_name: str) -> None:
        """See that a session is in the store and the runner's."""
        if not session_id:
            return
        if runner_of(connection, session_id) != runner_name:
            raise self._unknown(session_id)


def _same_thing(runner_name: str, session_id: str, note: Pain | SignNote) -> tuple[str, tuple[str, ...]]:
    """Return what rows of one session, or of one day without any, have in common."""
    if session_id:
        return "runner = ? AND session_id = ?", (runner_name, session_id)
    since, until = (moment_text(note.noted_utc + sign * SAME_MORNING) for sign in (-1, 1))
    return "runner = ? AND session_id = '' AND noted_utc > ? AND noted_utc < ?", (runner_name, since, until)


def _pain(runner: str, session_id: str, noted: str, phase: str, site: str, side: str, level: int) -> Pain:
    return Pain(
        runner_name=runner,
        session_id=session_id,
        noted_utc=parse_moment(noted, "a pain's date"),
        phase=Phase(phase),
        site=PainSite(site) if site else None,
        side=Side(side) if side else None,
        level=level,
    )


def keep_messages(connection: sqlite3.Connection, messages: Iterable[Message]) -> None:
    """Keep messages in the ledger within a transaction of the caller's; see `Answers.tell`."""
    connection.executemany(
        "INSERT OR IGNORE INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                message.key,
                message.runner_name,
                message.session_id,
                message.rule,
                message.version,
                moment_text(message.told_utc),
                message.words,
                msgspec.json.encode(message.inputs, order="sorted").decode(),
            )
            for message in messages
        ],
    )


def read_message(
    runner_name: str, rule: str, version: int, session_id: str, told: str, words: str, inputs: str
) -> Message:
    """Read a runner's message from its columns; `OutsideError` where one can't be read."""
    return Message(
        rule=rule,
        version=version,
        runner_name=runner_name,
        session_id=session_id,
        told_utc=parse_moment(told, "a message's date"),
        words=words,
        inputs=parse_json(inputs, dict[str, object], "a message's inputs"),
    )
