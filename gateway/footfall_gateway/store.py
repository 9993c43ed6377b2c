"""The embedded store: sessions, sensors, strides, windows, summaries and length gains, in one file.

Safe against a power cut (write-ahead log, every transaction synced), readable by other processes while a run is
going on, and harmless to write to twice: a stride is keyed by session, sensor and the microsecond of its initial
contact. Each stride is kept whole, as JSON in SI, and beside it every metric of the catalogue in a column of its own
and in outside units, for whoever asks with SQL.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from footfall_gateway.errors import GatewayError
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recording_header import HeaderError, decode_header, encode_header
from footfall_gateway.store_schema import APPLICATION_ID, MIGRATIONS
from footfall_processing.gait import Stride
from footfall_processing.metrics.catalogue import STRIDE_METRICS, metric_values
from footfall_processing.session import Placement, Side
from footfall_processing.summary import SensorSummary
from footfall_processing.windows import Window

_STRIDE_COLUMNS: Final = (
    "session_id",
    "sensor_id",
    "initial_contact_us",
    "initial_contact_s",
    "toe_off_s",
    "next_contact_s",
    "side",
    "activity",
    "strike",
    "strike_confidence",
    "confidence",
    "quality",
    "stride",
    *STRIDE_METRICS,
)
_INSERT_STRIDE: Final = (
    f"INSERT OR REPLACE INTO stride ({', '.join(_STRIDE_COLUMNS)}) VALUES ({', '.join('?' * len(_STRIDE_COLUMNS))})"
)
_BUSY_TIMEOUT_S: Final = 5.0
_REMEDIES: Final = {
    sqlite3.SQLITE_FULL: "free some space on the disk",
    sqlite3.SQLITE_IOERR: "check the disk and the space on it",
    sqlite3.SQLITE_BUSY: "close the other program that writes to it",
    sqlite3.SQLITE_READONLY: "make the file and its folder writable",
    sqlite3.SQLITE_CANTOPEN: "check that the folder exists and is writable",
    sqlite3.SQLITE_NOTADB: "move it away; recordings can be analysed again",
    sqlite3.SQLITE_CORRUPT: "move it away; recordings can be analysed again",
}


class StoreError(GatewayError):
    """The store can't be read or written, or does not hold what was asked for; the message says what to do."""


@dataclass(frozen=True, slots=True)
class StoredSession:
    """What the store knows of a session beside its strides.

    Parameters
    ----------
    header
        Session and sensors.
    recording
        Where its recording lies, if there is one.
    strides
        How many strides are stored.
    summary
        The summary as it was given to `finish_session`; `None` while the session runs, or when it was cut off.
    """

    header: RecordingHeader
    recording: Path | None
    strides: int
    summary: Mapping[str, object] | None


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


class Store:
    """An open store; a context manager. Calls block on the disk, and must not run at the same time.

    Each method is one transaction: it happened wholly, or not at all, whatever is killed.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a store, make it if it does not exist, and bring it up to date.

        Raises
        ------
        StoreError
            When the file is no store, is damaged, can't be written, or was made by a newer Footfall.
        """
        with _explained(path):
            connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
                migrate(path, connection, MIGRATIONS)
                _add_metric_columns(connection)
            except (sqlite3.Error, StoreError):
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
        """Add a session, or describe it anew; its strides and summary stay."""
        session = header.session
        started = None  # as text in UTC, which sorts by time
        if session.started_utc is not None:
            started = session.started_utc.astimezone(UTC).isoformat(timespec="microseconds")
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO session (session_id, started_utc, software, recording, header) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET started_utc = excluded.started_utc, software = excluded.software, "
                "recording = excluded.recording, header = excluded.header",
                (
                    session.id,
                    started,
                    session.software,
                    None if recording is None else str(recording),
                    encode_header(header).decode(),
                ),
            )
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

    def add_strides(self, session_id: str, strides: Iterable[Stride]) -> None:
        """Add strides in one transaction; a stride that is there already is replaced.

        Raises
        ------
        StoreError
            When the session is not in the store, or the disk refuses.
        """
        rows = [_row(session_id, stride) for stride in strides]
        with self._transaction() as connection:
            self._require(connection, session_id)
            connection.executemany(_INSERT_STRIDE, rows)

    def add_windows(self, session_id: str, windows: Iterable[Window]) -> None:
        """Add windows in one transaction; one that is there already is replaced.

        Raises
        ------
        StoreError
            When the session is not in the store, or the disk refuses.
        """
        rows = [
            (
                session_id,
                window.summary.sensor_id,
                window.kind,
                window.index,
                window.summary.activity.value,
                window.begin_s,
                window.end_s,
                window.summary.strides,
                msgspec.json.encode(window.summary, enc_hook=_as_dict).decode(),
            )
            for window in windows
        ]
        with self._transaction() as connection:
            self._require(connection, session_id)
            connection.executemany("INSERT OR REPLACE INTO window VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def windows(self, session_id: str, kind: str) -> list[Window]:
        """Return a session's windows of one kind, equal to those added, by time and then sensor id."""
        with _explained(self._path):
            self._require(self._connection, session_id)
            rows = self._connection.execute(
                "SELECT position, begin_s, end_s, summary FROM window WHERE session_id = ? AND kind = ? "
                "ORDER BY begin_s, sensor_id, activity",
                (session_id, kind),
            )
            return [
                Window(kind, position, begin_s, end_s, _SENSOR_SUMMARY.decode(text))
                for position, begin_s, end_s, text in rows
            ]

    def finish_session(self, session_id: str, summary: Mapping[str, object]) -> None:
        """Keep a session's summary, as JSON."""
        with self._transaction() as connection:
            self._require(connection, session_id)
            connection.execute(
                "UPDATE session SET summary = ? WHERE session_id = ?",
                (msgspec.json.encode(summary).decode(), session_id),
            )

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
        with _explained(self._path):
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
        with _explained(self._path):
            self._require(self._connection, session_id)
            rows = self._connection.execute(
                "SELECT stride FROM stride WHERE session_id = ? ORDER BY initial_contact_s, sensor_id", (session_id,)
            )
            return [_STRIDE.decode(text) for (text,) in rows]

    def sessions(self) -> list[StoredSession]:
        """Return all sessions, newest first; those of unknown date come last."""
        return self._select("ORDER BY started_utc IS NULL, started_utc DESC, session_id DESC")

    def session(self, session_id: str) -> StoredSession:
        """Return one session.

        Raises
        ------
        StoreError
            When it is not in the store.
        """
        found = self._select("WHERE session_id = ?", session_id)
        if not found:
            raise self._unknown(session_id)
        return found[0]

    def _select(self, clause: str, *values: str) -> list[StoredSession]:
        with _explained(self._path):
            rows = self._connection.execute(
                "SELECT header, recording, summary, "
                "(SELECT count(*) FROM stride WHERE stride.session_id = session.session_id) "
                f"FROM session {clause}",
                values,
            )
            return [
                StoredSession(
                    header=decode_header(header.encode()),
                    recording=None if recording is None else Path(recording),
                    strides=strides,
                    summary=None if summary is None else msgspec.json.decode(summary, type=dict[str, object]),
                )
                for header, recording, summary, strides in rows
            ]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _explained(self._path), _transaction(self._connection):
            yield self._connection

    def _require(self, connection: sqlite3.Connection, session_id: str) -> None:
        if connection.execute("SELECT 1 FROM session WHERE session_id = ?", (session_id,)).fetchone() is None:
            raise self._unknown(session_id)

    def _unknown(self, session_id: str) -> StoreError:
        return StoreError(f"{self._path}: has no session {session_id!r}; `footfall sessions list` shows those it has")


def migrate(path: Path, connection: sqlite3.Connection, migrations: Sequence[Sequence[str]]) -> None:
    """Bring the schema to the last of `migrations`, in one transaction; `PRAGMA user_version` counts them.

    Raises
    ------
    StoreError
        When the file is newer than the last, or is another program's.
    """
    with _transaction(connection):
        version = _pragma(connection, "user_version")
        if version > len(migrations):
            raise StoreError(
                f"{path}: was made by a newer Footfall (schema {version}, this one knows up to {len(migrations)}); "
                "update Footfall"
            )
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if tables and _pragma(connection, "application_id") != APPLICATION_ID:
            raise StoreError(f"{path}: is a database of another program; choose another file")
        for statements in migrations[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")


def _add_metric_columns(connection: sqlite3.Connection) -> None:
    """Give metrics that are new in the catalogue their column, filled in for all strides."""
    with _transaction(connection):
        present = {name for (name,) in connection.execute("SELECT name FROM pragma_table_info('stride')")}
        missing = [name for name in STRIDE_METRICS if name not in present]
        if not missing:
            return
        for name in missing:
            connection.execute(f'ALTER TABLE stride ADD COLUMN "{name}" REAL')
        assignments = ", ".join(f'"{name}" = ?' for name in missing)
        rows = connection.execute("SELECT session_id, sensor_id, initial_contact_us, stride FROM stride").fetchall()
        for *key, text in rows:
            values = metric_values(_STRIDE.decode(text))
            connection.execute(
                f"UPDATE stride SET {assignments} WHERE session_id = ? AND sensor_id = ? AND initial_contact_us = ?",
                (*(values[name] for name in missing), *key),
            )


_STRIDE: Final = msgspec.json.Decoder(Stride)
_SENSOR_SUMMARY: Final = msgspec.json.Decoder(SensorSummary)


def _as_dict(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(type(value))


def _row(session_id: str, stride: Stride) -> tuple[str | float | int | None, ...]:
    return (
        session_id,
        stride.sensor_id,
        round(stride.initial_contact_s * 1e6),
        stride.initial_contact_s,
        stride.toe_off_s,
        stride.next_contact_s,
        None if stride.side is None else stride.side.value,
        stride.activity.value,
        None if stride.strike is None else stride.strike.value,
        stride.strike_confidence,
        stride.confidence,
        " ".join(flag.value for flag in stride.quality),
        msgspec.json.encode(stride).decode(),
        *metric_values(stride).values(),
    )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some errors have ended it already
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        raise StoreError(f"{path}: {error}; {_REMEDIES.get(code, 'check the file')}") from error
    except HeaderError as error:
        raise StoreError(f"{path}: holds a session that can't be read: {error}") from error
    except msgspec.DecodeError as error:
        raise StoreError(f"{path}: holds what this Footfall can't read ({error}); update Footfall") from error
