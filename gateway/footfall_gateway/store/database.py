"""The embedded store, one file: sessions, sensors, strides, windows, summaries, the log of runs, what runners told.

Safe against a power cut (write-ahead log, every transaction synced), readable by other processes while a run is
going on, and harmless to write to twice: a stride is keyed by session, sensor and the microsecond of its initial
contact. Each stride is kept whole, as JSON in SI, and beside it every metric of the catalogue in a column of its own
and in outside units, for whoever asks with SQL.
"""

import logging
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from footfall_gateway.outside import parse_json, shown
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.header import HeaderError, decode_header, encode_header
from footfall_gateway.runner_names import as_compared
from footfall_gateway.store.answers import Answers
from footfall_gateway.store.part import Part, moment_text
from footfall_gateway.store.plans import Plans
from footfall_gateway.store.rows import (
    INSERT_STRIDE,
    INSERT_WINDOW,
    ResultRows,
    add_metric_columns,
    read_sensor_summary,
    read_stride,
    stride_row,
    window_row,
)
from footfall_gateway.store.run_log import EDITED, NO_EDIT, Edit, RunLog, add_records, keep_record
from footfall_gateway.store.run_record import version_told
from footfall_gateway.store.schema import APPLICATION_ID, MIGRATIONS
from footfall_gateway.store.sqlite_file import ContentError, StoreError, explained, open_database
from footfall_gateway.store.traces import Traces
from footfall_gateway.store.tracks import Tracks
from footfall_processing.gait import Stride
from footfall_processing.results.windows import Window
from footfall_processing.session import Placement, Side

logger = logging.getLogger(__name__)

__all__ = ["KeptGain", "Store", "StoreError", "StoredSession"]


@dataclass(frozen=True, slots=True)
class StoredSession:
    """What the store knows of a session beside its strides.

    Parameters
    ----------
    header
        Session and sensors; runner, date and shoe as they were changed.
    recording
        Where its recording lies, if there is one.
    strides
        How many strides are stored.
    summary
        The summary as it was given to `finish_session`; `None` while the session runs, or when it was cut off.
    edit
        What the runner changed afterwards.
    """

    header: RecordingHeader
    recording: Path | None
    strides: int
    summary: Mapping[str, object] | None
    edit: Edit = NO_EDIT

    @property
    def metrics_version(self) -> int | None:
        """By which version of the metrics it was worked out (`METRICS_VERSION`); `None` while it has no summary."""
        return None if self.summary is None else version_told(self.summary)


@dataclass(frozen=True, slots=True)
class KeptGain:
    """A runner's length gain for sensors at one site, and the session that it was learnt from.

    Parameters
    ----------
    runner_name
        Empty for the runner whose data folder this is.
    factor, sd
        What stride lengths are multiplied by, and its standard deviation.
    """

    runner_name: str
    placement: Placement
    side: Side | None
    factor: float
    sd: float
    session_id: str


class Store(Part):
    """An open store; a context manager.

    Attributes
    ----------
    log
        The log of runs.
    answers
        What runners told, and were told.
    traces
        What tells of sensors, and of sessions that go on.
    tracks
        What watches recorded of sessions.
    plans
        What happened in runners' programmes, exercises and try-outs.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        super().__init__(path, connection)
        self.log = RunLog(path, connection)
        self.answers = Answers(path, connection)
        self.traces = Traces(path, connection)
        self.tracks = Tracks(path, connection)
        self.plans = Plans(path, connection)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a store, make it if it does not exist, and bring it up to date.

        Raises
        ------
        StoreError
            When the file is no store, is damaged, can't be written, or was made by a newer Footfall.
        """
        connection = open_database(path, APPLICATION_ID, MIGRATIONS)
        try:
            with explained(path):
                add_metric_columns(connection)
                add_records(connection)
        except StoreError:
            connection.close()
            raise
        return cls(path, connection)

    def close(self) -> None:
        """Close the store; afterwards nothing can be asked of it."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add_session(self, header: RecordingHeader, recording: Path | None = None) -> None:
        """Add a session, or describe it anew.

        Its strides and summary stay, where its recording lies, and what the runner changed of it.

        Raises
        ------
        ContentError
            When another run has this id: a gateway can call a session what it likes.
        StoreError
            When the disk refuses.
        """
        session = header.session
        started = None if session.started_utc is None else moment_text(session.started_utc)
        with self._transaction() as connection:
            there = connection.execute("SELECT header FROM session WHERE session_id = ?", (session.id,)).fetchone()
            if there is not None and _is_another(there[0], header):
                raise ContentError(
                    f"{self._path}: has another run of the id {shown(session.id)}, of another runner, day or sensors; "
                    "that one is kept"
                )
            connection.execute(
                "INSERT INTO session (session_id, started_utc, software, recording, header) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET started_utc = excluded.started_utc, software = excluded.software, "
                "recording = coalesce(excluded.recording, recording), header = excluded.header",
                (
                    session.id,
                    started,
                    session.software,
                    None if recording is None else str(recording),
                    encode_header(header).decode(),
                ),
            )
            self._keep_record(connection, session.id)
            connection.execute("DELETE FROM sensor WHERE session_id = ?", (session.id,))
            connection.executemany(
                "INSERT INTO sensor VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        session.id,
                        recorded.sensor.id,
                        recorded.sensor.placement.value,
                        None if recorded.sensor.side is None else recorded.sensor.side.value,
                        recorded.sensor.sampling_rate_hz,
                        recorded.sensor.has_gyro,
                        recorded.profile,
                        recorded.address,
                        recorded.name,
                    )
                    for recorded in header.recorded_sensors
                ],
            )

    def add(self, fresh: Mapping[str, Sequence[Stride | Window]]) -> None:
        """Add strides and windows of several sessions, by session id, in one transaction; see the methods of one.

        Raises
        ------
        StoreError
            When a session is not in the store, or the disk refuses.
        """
        strides = [
            stride_row(name, item) for name, items in fresh.items() for item in items if isinstance(item, Stride)
        ]
        windows = [
            window_row(name, item) for name, items in fresh.items() for item in items if isinstance(item, Window)
        ]
        with self._transaction() as connection:
            for session_id in fresh:
                self._require(connection, session_id)
            connection.executemany(INSERT_STRIDE, strides)
            connection.executemany(INSERT_WINDOW, windows)

    def add_strides(self, session_id: str, strides: Iterable[Stride]) -> None:
        """Add strides in one transaction; a stride that is there already is replaced.

        Raises
        ------
        StoreError
            When the session is not in the store, or the disk refuses.
        """
        self.add({session_id: tuple(strides)})

    def add_windows(self, session_id: str, windows: Iterable[Window]) -> None:
        """Add windows in one transaction; one that is there already is replaced.

        Raises
        ------
        StoreError
            When the session is not in the store, or the disk refuses.
        """
        self.add({session_id: tuple(windows)})

    def windows(self, session_id: str, kind: str) -> list[Window]:
        """Return a session's windows of one kind, equal to those added, by time and then sensor id."""
        with explained(self._path):
            self._require(self._connection, session_id)
            rows = self._connection.execute(
                "SELECT position, begin_s, end_s, summary FROM window WHERE session_id = ? AND kind = ? "
                "ORDER BY begin_s, sensor_id, activity",
                (session_id, kind),
            )
            return [
                Window(kind, position, begin_s, end_s, read_sensor_summary(text))
                for position, begin_s, end_s, text in rows
            ]

    def finish_session(self, session_id: str, summary: Mapping[str, object]) -> None:
        """Keep a session's summary, as JSON, and make its record for the log of runs."""
        with self._transaction() as connection:
            self._require(connection, session_id)
            self._finish(connection, session_id, summary)

    def replace_results(self, session_id: str, rows: ResultRows, summary: Mapping[str, object]) -> None:
        """Put new results in the place of all that a session has, in one transaction: its strides, windows, summary.

        Its description stays, and all that was told or changed of it.

        Raises
        ------
        StoreError
            When the session is not in the store, or the disk refuses; then it has what it had.
        """
        with self._transaction() as connection:
            self._require(connection, session_id)
            for table in ("stride", "window"):
                connection.execute(f"DELETE FROM {table} WHERE session_id = ?", (session_id,))
            connection.executemany(INSERT_STRIDE, rows.strides)
            connection.executemany(INSERT_WINDOW, rows.windows)
            self._finish(connection, session_id, summary)

    def forget_results(self, session_id: str) -> None:
        """Let go of the strides and windows of a session that is computed anew: by another version they may be others.

        Nothing is done where there are none.
        """
        if self.stride_count(session_id):
            with self._transaction() as connection:
                for table in ("stride", "window"):
                    connection.execute(f"DELETE FROM {table} WHERE session_id = ?", (session_id,))

    def keep_length_gain(self, gain: KeptGain) -> None:
        """Keep a gain; it takes the place of an older one of the same runner and site."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO length_gain VALUES (?, ?, ?, ?, ?, ?)",
                (
                    gain.runner_name,
                    gain.placement.value,
                    "" if gain.side is None else gain.side.value,
                    gain.factor,
                    gain.sd,
                    gain.session_id,
                ),
            )

    def length_gains(self, runner_name: str) -> list[KeptGain]:
        """Return the gains kept of a runner, by site."""
        with explained(self._path):
            rows = self._connection.execute(
                "SELECT placement, side, factor, sd, session_id FROM length_gain WHERE runner = ? "
                "ORDER BY placement, side",
                (runner_name,),
            )
            return [
                KeptGain(runner_name, Placement(placement), Side(side) if side else None, factor, sd, session_id)
                for placement, side, factor, sd, session_id in rows
            ]

    def strides(self, session_id: str) -> list[Stride]:
        """Return a session's strides, equal to those added, by initial contact and then sensor id."""
        with explained(self._path):
            self._require(self._connection, session_id)
            rows = self._connection.execute(
                "SELECT stride FROM stride WHERE session_id = ? ORDER BY initial_contact_s, sensor_id", (session_id,)
            )
            return [read_stride(text) for (text,) in rows]

    def stride_count(self, session_id: str) -> int:
        """Return how many strides of a session are stored; 0 of one that is not there."""
        with explained(self._path):
            row = self._connection.execute("SELECT count(*) FROM stride WHERE session_id = ?", (session_id,)).fetchone()
            return int(row[0])

    def sessions(self, *, with_bin: bool = False) -> list[StoredSession]:
        """Return all sessions, newest first; those of unknown date come last. One that can't be read is left out.

        Those in the bin are left out unless asked for.
        """
        sessions = []
        clause = "" if with_bin else "WHERE discarded_utc IS NULL "
        for row in self._select(f"{clause}ORDER BY began IS NULL, began DESC, session.session_id DESC"):
            try:
                with explained(self._path):
                    sessions.append(_session(*row))
            except StoreError as error:
                logger.warning("%s; it is left out", error)
        return sessions

    def session(self, session_id: str) -> StoredSession:
        """Return one session.

        Raises
        ------
        StoreError
            When it is not in the store.
        """
        found = self.find(session_id)
        if found is None:
            raise self._unknown(session_id)
        return found

    def find(self, session_id: str) -> StoredSession | None:
        """Return one session; `None` when it is not in the store."""
        found = self._select("WHERE session.session_id = ?", session_id)
        with explained(self._path):
            return _session(*found[0]) if found else None

    def _select(self, clause: str, *values: str) -> list[tuple[str, str | None, str | None, int, *tuple[object, ...]]]:
        with explained(self._path):
            rows = self._connection.execute(
                "SELECT header, recording, summary, "
                "(SELECT count(*) FROM stride WHERE stride.session_id = session.session_id), "
                f"{', '.join(f'edit.{name}' for name in EDITED)}, "
                "coalesce(edit.started_utc, session.started_utc) AS began "
                f"FROM session LEFT JOIN edit ON edit.session_id = session.session_id {clause}",
                values,
            ).fetchall()
            return [row[:-1] for row in rows]

    @classmethod
    def _finish(cls, connection: sqlite3.Connection, session_id: str, summary: Mapping[str, object]) -> None:
        connection.execute(
            "UPDATE session SET summary = ? WHERE session_id = ?",
            (msgspec.json.encode(summary).decode(), session_id),
        )
        cls._keep_record(connection, session_id)

    @staticmethod
    def _keep_record(connection: sqlite3.Connection, session_id: str) -> None:
        """Make the record of a session that is over."""
        query = "SELECT 1 FROM session WHERE session_id = ? AND summary IS NOT NULL"
        if connection.execute(query, (session_id,)).fetchone() is not None:
            keep_record(connection, session_id)


def _session(text: str, recording: str | None, summary: str | None, strides: int, *changed: object) -> StoredSession:
    header, edit = decode_header(text.encode()), Edit.of(changed)
    session = replace(
        header.session,
        runner_name=header.session.runner_name if edit.runner_name is None else edit.runner_name,
        started_utc=edit.started_utc or header.session.started_utc,
        shoe=header.session.shoe if edit.shoe is None else edit.shoe,
    )
    return StoredSession(
        header=replace(header, session=session),
        recording=None if recording is None else Path(recording),
        strides=strides,
        summary=None if summary is None else parse_json(summary, dict[str, object], "a summary"),
        edit=edit,
    )


def _is_another(stored: str, header: RecordingHeader) -> bool:
    """Tell whether a stored description is of another run; one that can't be read may be described anew."""

    def run(one: RecordingHeader) -> tuple[object, ...]:
        sensors = sorted((recorded.sensor.id, recorded.address) for recorded in one.recorded_sensors)
        return as_compared(one.session.runner_name), one.session.started_utc, sensors

    try:
        return run(decode_header(stored.encode())) != run(header)
    except HeaderError:
        return False
