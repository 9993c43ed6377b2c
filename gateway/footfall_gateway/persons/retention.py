"""How long recordings and sessions are kept, where that is set; else for ever.

Only what is complete, and has gone where it was to go, is ever removed: a session that waits in spool, inbox or outbox,
that was cut off, that is being recorded, or of which nobody knows when it was, stays.
"""

import calendar
import re
from collections.abc import Collection, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from footfall_gateway.data_folder import inbox_path, outbox_path, spool_path, store_path
from footfall_gateway.influx import outbox
from footfall_gateway.mqtt import inbox, spool
from footfall_gateway.persons.databases import opened, sessions_of_lines
from footfall_gateway.persons.files import recordings, unlink
from footfall_gateway.recordings.growing import is_being_written
from footfall_gateway.recordings.recording import Recording, RecordingError, header_at
from footfall_gateway.settings import Settings
from footfall_gateway.store import schema
from footfall_gateway.store.database import Store
from footfall_gateway.store.removal import forget_recordings, remove_sessions
from footfall_gateway.store.sqlite_file import explained, open_database, transaction
from footfall_processing.errors import InputError

KEEP_RECORDINGS: Final = "FOOTFALL_KEEP_RECORDINGS"
KEEP_SESSIONS: Final = "FOOTFALL_KEEP_SESSIONS"
_AGE: Final = re.compile(r"\s*([1-9][0-9]{0,4})\s*(d|days?|months?|years?)\s*")


@dataclass(frozen=True, slots=True)
class Age:
    """How old something is.

    Parameters
    ----------
    days, months
        The one or the other.
    """

    days: int = 0
    months: int = 0

    @classmethod
    def parse(cls, text: str, what: str) -> Self:
        """Read an age such as `90 days` or `6 months`; `InputError` when it is none."""
        match = _AGE.fullmatch(text)
        if match is None:
            raise InputError(f"{what}: {text!r} is no age; give one such as 90 days, 6 months or 2 years")
        count, unit = int(match[1]), match[2][0]
        return cls(days=count) if unit == "d" else cls(months=count * (12 if unit == "y" else 1))

    def before(self, now: datetime) -> datetime:
        """Return the moment of so long ago; a month ends no later than its last day."""
        if self.days:
            return now - timedelta(days=min(self.days, (now - datetime.min.replace(tzinfo=UTC)).days))
        month = now.year * 12 + now.month - 1 - self.months
        year, month = max(month // 12, 1), month % 12 + 1
        return now.replace(year=year, month=month, day=min(now.day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Retention:
    """How long is kept what; `None` for as long as there is room.

    Parameters
    ----------
    recordings
        What the sensors sent; the results stay.
    sessions
        All of a session.
    """

    recordings: Age | None = None
    sessions: Age | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return what the settings say; `InputError` when it makes no sense."""
        told = ((settings.keep_recordings, KEEP_RECORDINGS), (settings.keep_sessions, KEEP_SESSIONS))
        return cls(*(Age.parse(text, name) if text else None for text, name in told))


@dataclass(frozen=True, slots=True)
class Expired:
    """A session that has been kept for long enough.

    Parameters
    ----------
    recording, recording_bytes
        What goes of its recording; `None` where there is none here.
    with_results
        Whether all of it goes, or the recording alone.
    """

    session_id: str
    started_utc: datetime
    recording: Path | None
    recording_bytes: int
    with_results: bool


def expired(folder: Path, retention: Retention, now: datetime) -> list[Expired]:
    """Return what is older than it is to be, the oldest first.

    Raises
    ------
    GatewayError
        When a file can't be read.
    """
    if retention == Retention():
        return []
    of_recordings = (
        datetime.min.replace(tzinfo=UTC) if retention.recordings is None else retention.recordings.before(now)
    )
    of_sessions = datetime.min.replace(tzinfo=UTC) if retention.sessions is None else retention.sessions.before(now)
    latest = max(of_recordings, of_sessions)
    complete, cut_off = _stored(folder)
    busy = on_their_way(folder) | cut_off
    paths = {path.stem: path for path in recordings(folder) if path.suffix == ".mcap"}
    found = []
    for session_id in {*complete, *paths} - busy:
        path = paths.get(session_id)
        started = complete.get(session_id) or (None if session_id in complete else _started(path, latest))
        if started is None or started >= latest or (path is not None and is_being_written(path)):
            continue
        with_results = started < of_sessions
        if path is not None or (with_results and session_id in complete):
            size = 0 if path is None else path.stat().st_size
            found.append(Expired(session_id, started, path, size, with_results))
    return sorted(found, key=lambda one: (one.started_utc, one.session_id))


def remove_expired(folder: Path, gone: list[Expired]) -> None:
    """Remove it; runs and services may go on meanwhile.

    Raises
    ------
    GatewayError
        When a file can't be opened or written.
    """
    paths = [one.recording for one in gone if one.recording is not None]
    whole = [one.session_id for one in gone if one.with_results]
    remove_sessions_of(folder, paths, whole, [one.session_id for one in gone if not one.with_results])


def remove_sessions_of(folder: Path, paths: Iterable[Path], whole: Collection[str], rest: Collection[str] = ()) -> None:
    """Remove recordings, all else of the sessions `whole`, and of `rest` that they have a recording.

    Raises
    ------
    GatewayError
        When a file can't be opened or written.
    """
    unlink(paths)
    path = store_path(folder)
    if path.exists():
        with explained(path), closing(open_database(path, schema.APPLICATION_ID, schema.MIGRATIONS)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            with transaction(connection):
                remove_sessions(connection, whole)
                forget_recordings(connection, rest)
    path = inbox_path(folder)
    if path.exists() and whole:
        with explained(path), closing(open_database(path, inbox.APPLICATION_ID, inbox.MIGRATIONS)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            with transaction(connection):
                connection.executemany("DELETE FROM session WHERE done AND session_id = ?", [(one,) for one in whole])


def _stored(folder: Path) -> tuple[dict[str, datetime | None], set[str]]:
    """Return when the complete sessions of the store began, and which are not complete."""
    path = store_path(folder)
    if not path.exists():
        return {}, set()
    with Store.open(path) as store:
        sessions = store.sessions(with_bin=True)
    complete = {s.header.session.id: s.header.session.started_utc for s in sessions if s.summary is not None}
    return complete, {s.header.session.id for s in sessions if s.summary is None}


def _started(path: Path | None, latest: datetime) -> datetime | None:
    """Return when the session of a recording began that is not in the store; `None` of one that is not whole."""
    try:
        if path is None or (started := header_at(path).session.started_utc) is None or started >= latest:
            return None
        recording = Recording.open(path)
    except RecordingError:
        return None
    return None if recording.truncated or recording.damaged_chunks else started


def on_their_way(folder: Path) -> set[str]:
    """Return the sessions that wait to be sent, computed, or written to InfluxDB."""
    found: set[str] = set()
    queries = (
        (spool_path(folder), spool.APPLICATION_ID, spool.MIGRATIONS, "SELECT session_id FROM session"),
        (inbox_path(folder), inbox.APPLICATION_ID, inbox.MIGRATIONS, "SELECT session_id FROM session WHERE NOT done"),
    )
    for path, application_id, migrations, query in queries:
        if path.exists():
            with opened(path, application_id, migrations) as connection:
                found |= {session_id for (session_id,) in connection.execute(query)}
    if outbox_path(folder).exists():
        with opened(outbox_path(folder), outbox.APPLICATION_ID, outbox.MIGRATIONS) as connection:
            for (text,) in connection.execute("SELECT lines FROM batch"):
                found |= sessions_of_lines(text)
    return found
