"""The log of runs in the store: a record of each session that is over, and what the runner changed of it."""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, Self

from footfall_coaching.edits import FARTHEST_M, line_from
from footfall_coaching.run import DistanceSource, Run
from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import parse_moment
from footfall_gateway.recordings.header import MOST_CHARACTERS, HeaderError, decode_header
from footfall_gateway.runner_names import as_compared
from footfall_gateway.store import run_record
from footfall_gateway.store.handing_over import give_way, hand_over
from footfall_gateway.store.part import Part, moment_text
from footfall_gateway.store.rows import read_sensor_summary, read_stride
from footfall_gateway.store.run_watch import with_watch
from footfall_gateway.store.sqlite_file import StoreError, explained, transaction
from footfall_gateway.store.track import Track, read_track
from footfall_gateway.store.whose import whose
from footfall_processing.errors import InputError
from footfall_processing.gait import Stride, StrideFlag
from footfall_processing.plain_text import shown
from footfall_processing.results.windows import WINDOW_KINDS, Window, cut_into_windows

logger = logging.getLogger(__name__)

EDITED: Final = ("title", "started_utc", "shoe", "distance_m", "distance_source", "discarded_utc", "runner")


@dataclass(frozen=True, slots=True)
class Edit:
    """What the runner changed of a session; `None` for not changed."""

    title: str | None = None
    started_utc: datetime | None = None
    shoe: str | None = None
    distance_m: float | None = None
    distance_source: DistanceSource | None = None
    discarded_utc: datetime | None = None
    runner_name: str | None = None

    @classmethod
    def of(cls, values: Sequence[object]) -> Self:
        """Read the columns `EDITED`; `ValueError` or `OutsideError` where one can't be read."""
        title, started, shoe, distance_m, source, discarded, runner = values
        return cls(
            None if title is None else str(title),
            None if started is None else parse_moment(str(started), "a changed date"),
            None if shoe is None else str(shoe),
            None if distance_m is None else _told_m(float(str(distance_m))),
            None if source is None else DistanceSource(str(source)),
            None if discarded is None else parse_moment(str(discarded), "the date of a removal"),
            None if runner is None else str(runner),
        )

    def of_run(self, run: Run) -> Run:
        """Return a run as it was changed."""
        measured = run.distance_m, run.distance_source
        distance_m, source = measured if self.distance_m is None else (self.distance_m, self.distance_source)
        return replace(
            run,
            runner_name=run.runner_name if self.runner_name is None else self.runner_name,
            title=self.title or "",
            started_utc=self.started_utc or run.started_utc,
            shoe=run.shoe if self.shoe is None else self.shoe,
            distance_m=distance_m,
            distance_source=source,
        )


NO_EDIT: Final = Edit()


def _told_m(distance_m: float) -> float:
    if not 0.0 < distance_m <= FARTHEST_M:
        raise OutsideError(f"a changed distance is {distance_m:g} m")
    return distance_m


class _Kept(NamedTuple):
    """A record that was read, by its stamp, and the run as it was changed."""

    stamp: int
    record: Run
    changed: Sequence[object]
    edit: Edit
    run: Run


class RunLog(Part):
    """The runs of an open store. Records that were read are kept, so that a list costs little the next time."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        super().__init__(path, connection)
        self._kept: dict[str, _Kept] = {}

    def runs(self, runner_name: str | None = None, *, in_bin: bool = False) -> list[Run]:
        """Return a runner's runs, or all, newest first, those without a date last; of the bin only if asked for.

        One that can't be read is left out.
        """
        clause = "" if runner_name is None else "WHERE coalesce(edit.runner, run.runner) = ?"
        rows = self._rows(clause, *(() if runner_name is None else (runner_name,)))
        found = [run for run, edit in rows if (edit.discarded_utc is not None) == in_bin]
        dated = [run for run in found if run.started_utc is not None]
        dated.sort(key=lambda run: (run.started_utc, run.session_id), reverse=True)
        return dated + sorted((r for r in found if r.started_utc is None), key=lambda r: r.session_id, reverse=True)

    def discarded(self, runner_name: str | None = None) -> list[str]:
        """Return the ids of a runner's sessions, or all, that lie in the bin, also of those that are no run, by id."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT session_id, header, runner FROM session JOIN edit USING (session_id) "
                "WHERE discarded_utc IS NOT NULL ORDER BY session_id"
            )
            return [one for one, *said in rows if runner_name in (None, whose(*said))]

    def run(self, session_id: str) -> Run | None:
        """Return one run, also from the bin; `None` where there is none, or it can't be read."""
        return next((run for run, _ in self._rows("WHERE run.session_id = ?", session_id)), None)

    def closer(self, run: Run) -> Run:
        """Return a short run with its course by ten seconds; one that is long, or can't be read, as it is."""
        if run.running_s >= run_record.SHORT_S:
            return run
        with self._reading() as connection:
            row = connection.execute(
                "SELECT header, summary FROM session WHERE session_id = ?", (run.session_id,)
            ).fetchone()
            if row is None or row[1] is None:
                return run
            header, summary = row
            found = _run_of(connection, run.session_id, header, summary, run_record.CLOSER)
        return run if found is None else replace(run, minutes=found.minutes)

    def names(self) -> set[str]:
        """Return whose runs there are."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT coalesce(edit.runner, run.runner) FROM run LEFT JOIN edit USING (session_id)"
            )
            return {name for (name,) in rows}

    def rename(self, session_id: str, title: str) -> None:
        """Give a session a title; an empty one takes it away. `StoreError` when it is not in the store."""
        self._change(session_id, title=line_from(title, "a title") or None)

    def redate(self, session_id: str, started_utc: datetime) -> None:
        """Say when a session began. `StoreError` when it is not in the store."""
        if started_utc.tzinfo is None:
            raise InputError(f"{started_utc.isoformat()} has no time zone")
        self._change(session_id, started_utc=moment_text(started_utc))

    def wore(self, session_id: str, shoe: str) -> None:
        """Say which shoes a session was in; empty for unknown. `StoreError` when it is not in the store."""
        self._change(session_id, shoe=line_from(shoe, "a shoe's name"))

    def ran(self, session_id: str, runner_name: str) -> str:
        """Say who ran a session; empty for nobody named. What was told of it goes along.

        Returns
        -------
        str
            Who ran it as was known before.

        Raises
        ------
        InputError
            When it is no name.
        StoreError
            When the session is not in the store.
        """
        name = as_compared(runner_name)
        if len(name) > MOST_CHARACTERS or shown(name) != name:
            raise InputError(f"a runner's name is one line of up to {MOST_CHARACTERS} characters, all of them seen")
        with self._transaction() as connection:
            self._require(connection, session_id)
            return hand_over(connection, session_id, name)

    def went(self, session_id: str, distance_m: float | None, source: DistanceSource) -> None:
        """Say how far was run; `None` leaves it to the sensors again. `StoreError` when it is not in the store."""
        if distance_m is not None and not 0.0 < distance_m <= FARTHEST_M:
            raise InputError(f"a distance is above 0 and up to {FARTHEST_M / 1000.0:.0f} km")
        told = None if distance_m is None else source.value
        self._change(session_id, distance_m=distance_m, distance_source=told)

    def discard(self, session_id: str, now_utc: datetime) -> None:
        """Put a session into the bin: it counts nowhere. `StoreError` when it is not in the store."""
        self._change(session_id, discarded_utc=moment_text(now_utc))

    def give_way(self, session_id: str, to_id: str, now_utc: datetime) -> None:
        """Put a session into the bin for another one of the same run, with what was told of it. `StoreError` as above.

        What the other one has of its own stays.
        """
        with self._transaction() as connection:
            for one in (session_id, to_id):
                self._require(connection, one)
            give_way(connection, session_id, to_id, moment_text(now_utc))

    def bring_back(self, session_id: str) -> None:
        """Take a session out of the bin.

        Raises
        ------
        InputError
            When a watch alone recorded it, and another session has that: both would count.
        StoreError
            When it is not in the store.
        """
        with self._reading() as connection:
            joined = connection.execute(
                "SELECT other.session_id FROM track JOIN track AS other ON other.digest = track.digest "
                "AND other.session_id != track.session_id LEFT JOIN edit ON edit.session_id = other.session_id "
                "WHERE track.session_id = ? AND discarded_utc IS NULL",
                (session_id,),
            ).fetchone()
        if joined is not None:
            raise InputError(
                f"this watch's run is part of session {shown(joined[0])}, and would count twice; take it out there "
                f"first: footfall sessions detach {shown(joined[0])}"
            )
        self._change(session_id, discarded_utc=None)

    def _rows(self, clause: str, *values: str) -> list[tuple[Run, Edit]]:
        found = []
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT run.session_id, stamp, {', '.join(f'edit.{name}' for name in EDITED)} "
                f"FROM run LEFT JOIN edit ON edit.session_id = run.session_id {clause}",
                values,
            ).fetchall()
        for session_id, stamp, *changed in rows:
            try:
                found.append(self._changed(session_id, stamp, changed))
            except (StoreError, OutsideError) as error:
                logger.warning("%s: its run %s can't be read (%s); it is left out", self._path, session_id, error)
        return found

    def _changed(self, session_id: str, stamp: int, changed: Sequence[object]) -> tuple[Run, Edit]:
        kept = self._kept.get(session_id)
        if kept is None or kept.stamp != stamp or kept.changed != changed:
            with explained(self._path):
                record = self._record(session_id) if kept is None or kept.stamp != stamp else kept.record
                edit = Edit.of(changed)
                kept = self._kept[session_id] = _Kept(stamp, record, changed, edit, edit.of_run(record))
        return kept.run, kept.edit

    def _record(self, session_id: str) -> Run:
        row = self._connection.execute("SELECT digest, minutes FROM run WHERE session_id = ?", (session_id,)).fetchone()
        return run_record.read(*row)

    def _change(self, session_id: str, **changed: str | float | None) -> None:
        with self._transaction() as connection:
            self._require(connection, session_id)
            connection.execute("INSERT OR IGNORE INTO edit (session_id) VALUES (?)", (session_id,))
            assignments = ", ".join(f"{name} = ?" for name in changed)
            connection.execute(f"UPDATE edit SET {assignments} WHERE session_id = ?", (*changed.values(), session_id))


def keep_record(connection: sqlite3.Connection, session_id: str) -> None:
    """Make a session's record from what the store has of it, within a transaction of the caller's.

    Of one that can't be read there is none, which is said.
    """
    header, summary = connection.execute(
        "SELECT header, summary FROM session WHERE session_id = ?", (session_id,)
    ).fetchone()
    run = _run_of(connection, session_id, header, summary)
    if run is None:
        return
    row = run_record.written(run)
    connection.execute(
        "INSERT OR REPLACE INTO run (session_id, version, stamp, runner, digest, minutes) VALUES (?, ?, ?, ?, ?, ?)",
        (session_id, run_record.VERSION, row.stamp, row.runner_name, row.digest, row.minutes),
    )


def _run_of(
    connection: sqlite3.Connection, session_id: str, header: str, summary: str, kind: str = run_record.MINUTE
) -> Run | None:
    try:
        described = decode_header(header.encode())
        windows = _windows(connection, session_id, header, kind)
        run = run_record.run_of(described, windows, summary, _backward(connection, session_id))
        track = _track(connection, session_id)
        return run if track is None else with_watch(run, track, is_alone=not described.session.sensors)
    except (HeaderError, OutsideError, ValueError, TypeError, ArithmeticError) as error:
        logger.warning("session %s: can't be read (%s); it is not in the log of runs", session_id, error)
        return None


def _windows(connection: sqlite3.Connection, session_id: str, header: str, kind: str) -> list[Window]:
    """Return a session's windows of a kind; where none were kept, as by the first Footfall, from its strides."""
    rows = connection.execute(
        "SELECT position, begin_s, end_s, summary FROM window WHERE session_id = ? AND kind = ?",
        (session_id, kind),
    ).fetchall()
    if rows:
        return [
            Window(kind, position, begin_s, end_s, read_sensor_summary(text)) for position, begin_s, end_s, text in rows
        ]
    texts = connection.execute(
        "SELECT stride FROM stride WHERE session_id = ? ORDER BY initial_contact_s, sensor_id", (session_id,)
    )
    session = decode_header(header.encode()).session
    known = {sensor.id for sensor in session.sensors}
    strides = [stride for (text,) in texts if (stride := read_stride(text)).sensor_id in known]
    return cut_into_windows(strides, session.sensors, WINDOW_KINDS[kind], session.begin_s)


def _backward(connection: sqlite3.Connection, session_id: str) -> Iterator[Stride]:
    """Yield a session's strides that were walked backwards."""
    rows = connection.execute(
        "SELECT stride FROM stride WHERE session_id = ? AND instr(quality, ?)", (session_id, StrideFlag.BACKWARD.value)
    )
    for (text,) in rows:
        yield read_stride(text)


def _track(connection: sqlite3.Connection, session_id: str) -> Track | None:
    """Return what a watch recorded of a session; one that can't be read costs what it told alone, which is said."""
    row = connection.execute("SELECT digest, track FROM track WHERE session_id = ?", (session_id,)).fetchone()
    try:
        return None if row is None else read_track(*row)
    except OutsideError as error:
        logger.warning("session %s: %s; it is left out", session_id, error)
        return None


def add_records(connection: sqlite3.Connection, advance: Callable[[int, int], object] = lambda done, of: None) -> None:
    """Make the records of sessions that are over and have none, or one of an earlier version."""
    missing = _missing(connection)
    for done, session_id in enumerate(missing, start=1):
        with transaction(connection):
            if session_id in _missing(connection, session_id):
                keep_record(connection, session_id)
        advance(done, len(missing))


def _missing(connection: sqlite3.Connection, session_id: str | None = None) -> list[str]:
    only, values = ("", ()) if session_id is None else (" AND session.session_id = ?", (session_id,))
    rows = connection.execute(
        "SELECT session.session_id FROM session LEFT JOIN run ON run.session_id = session.session_id "
        f"WHERE summary IS NOT NULL AND (version IS NULL OR version < {run_record.VERSION}){only}",
        values,
    )
    return [found for (found,) in rows]
