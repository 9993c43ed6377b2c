"""What happened in runners' programmes, exercises and try-outs, in the store: told events, and sealed orders."""

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec

from footfall_coaching.message import Message
from footfall_coaching.plan_events import Line, PlanEvent, event_of, line_of, moment_of, session_of
from footfall_coaching.programme.events import Ran
from footfall_coaching.try_out.seal import Opening
from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import check_moment, parse_json, parse_moment
from footfall_gateway.store.answers import keep_messages
from footfall_gateway.store.part import Part, moment_text
from footfall_gateway.store.whose import runner_of
from footfall_processing.errors import InputError

logger = logging.getLogger(__name__)

MOST_EVENT_BYTES: Final = 64 * 1024
"""Of one event; a session of exercises, the longest, takes two kilobytes."""


class Plans(Part):
    """What happened in plans; what is told of a run that lies in the bin is left out unless asked for."""

    def note(self, runner_name: str, told_utc: datetime, *events: PlanEvent, told: Iterable[Message] = ()) -> None:
        """Keep events, all or none, in their order; one of a session that was told before takes that one's place.

        Parameters
        ----------
        told
            Messages that follow from them, for the ledger: kept with them or not at all.

        Raises
        ------
        StoreError
            When an event is of a session of another runner's, or the disk refuses.
        """
        when = moment_text(told_utc)
        with self._transaction() as connection:
            keep_messages(connection, told)
            for event in events:
                session_id, line = session_of(event), line_of(event)
                kind = f"{line.of.value} {line.kind}"
                self._require_own(connection, session_id, runner_name)
                values = (when, kind, session_id, msgspec.json.encode(line).decode())
                replaced = (
                    session_id
                    and connection.execute(
                        "UPDATE plan_event SET told_utc = ?2, event = ?5 "
                        "WHERE runner = ?1 AND kind = ?3 AND session_id = ?4",
                        (runner_name, *values),
                    ).rowcount
                )
                if not replaced:
                    connection.execute(
                        "INSERT INTO plan_event (runner, number, told_utc, kind, session_id, event) "
                        "SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5 FROM plan_event WHERE runner = ?1",
                        (runner_name, *values),
                    )

    def events(self, runner_name: str, *, with_bin: bool = False) -> list[PlanEvent]:
        """Return a runner's events in the order in which they were told; one that can't be read is left out.

        A programme's session that is a run of the log is dated as that is, also where the runner changed that.
        """
        found = []
        for number, text, redated in self._rows(runner_name, with_bin=with_bin):
            try:
                found.append(_dated(read_event(text), redated))
            except (OutsideError, InputError) as error:
                logger.warning("%s: event %d of a plan can't be read (%s); it is left out", self._path, number, error)
        return found

    def names(self) -> set[str]:
        """Return of whom anything is kept here."""
        with self._reading() as connection:
            return {name for (name,) in connection.execute("SELECT DISTINCT runner FROM plan_event")}

    def last_step_utc(self, runner_name: str) -> datetime | None:
        """Return when the latest step of a runner's try-out was told, by a clock that may have been set back since.

        `None` for never.
        """
        with self._reading() as connection:
            row = connection.execute(
                "SELECT told_utc FROM plan_event WHERE runner = ? AND kind LIKE 'try-out %' "
                "ORDER BY number DESC LIMIT 1",
                (runner_name,),
            ).fetchone()
        return None if row is None else parse_moment(row[0], "when a step was told")

    def rows(self, runner_name: str) -> Iterator[Mapping[str, object]]:
        """Yield a runner's events as they are kept, those that can't be read too, and also of what lies in the bin."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT told_utc, kind, session_id, event FROM plan_event WHERE runner = ? ORDER BY number",
                (runner_name,),
            ).fetchall()
        for told, kind, session_id, text in rows:
            yield {"told_utc": told, "kind": kind, "session_id": session_id, "inputs": _inputs(text)}

    def note_opening(self, runner_name: str, opening: Opening) -> None:
        """Keep what a seal is opened with."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO opening (runner, seal, opening) VALUES (?, ?, ?)",
                (runner_name, opening.seal, msgspec.json.encode(opening).decode()),
            )

    def opening_of(self, runner_name: str, seal: str) -> Opening | None:
        """Return what a seal is opened with; `None` where there is none, or it can't be read, which is said."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT opening FROM opening WHERE runner = ? AND seal = ?", (runner_name, seal)
            ).fetchone()
        try:
            return None if row is None else parse_json(row[0], Opening, "a sealed order", MOST_EVENT_BYTES)
        except OutsideError as error:
            logger.warning("%s: %s; it is left out", self._path, error)
            return None

    def openings(self, runner_name: str) -> int:
        """Return how many sealed orders are kept of a runner."""
        with self._reading() as connection:
            row = connection.execute("SELECT count(*) FROM opening WHERE runner = ?", (runner_name,)).fetchone()
            return int(row[0])

    def _rows(self, runner_name: str, *, with_bin: bool) -> list[tuple[int, str, str | None]]:
        with self._reading() as connection:
            return connection.execute(
                "SELECT number, event, edit.started_utc "
                "FROM plan_event LEFT JOIN edit ON edit.session_id = plan_event.session_id "
                "WHERE plan_event.runner = ? AND (? OR discarded_utc IS NULL) "
                "AND (edit.runner IS NULL OR edit.runner = plan_event.runner) ORDER BY number",
                (runner_name, with_bin),
            ).fetchall()

    def _require_own(self, connection: sqlite3.Connection, session_id: str, runner_name: str) -> None:
        """See that a session that is in the store is the runner's; others are called as whoever tells of them likes."""
        if runner_of(connection, session_id) not in (None, runner_name):
            raise self._unknown(session_id)


def read_event(text: str) -> PlanEvent:
    """Return an event that was kept; `OutsideError` or `InputError` when it can't be read."""
    event = event_of(parse_json(text, Line, "an event of a plan", MOST_EVENT_BYTES))
    at_utc = moment_of(event)
    if at_utc is not None:
        check_moment(at_utc, "its moment")
    return event


def _dated(event: PlanEvent, redated: str | None) -> PlanEvent:
    if redated is None or not isinstance(event, Ran):
        return event
    return replace(event, at_utc=parse_moment(redated, "a run's date"))


def _inputs(text: str) -> object:
    try:
        return parse_json(text, Line, "an event of a plan", MOST_EVENT_BYTES).inputs
    except OutsideError:
        return text
