"""What the databases of a data folder hold of people."""

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from footfall_gateway.archives import ArchiveWriter
from footfall_gateway.data_folder import inbox_path, outbox_path, recording_path, spool_path, store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.influx import outbox
from footfall_gateway.influx.points import runner_tag
from footfall_gateway.mqtt import inbox, spool
from footfall_gateway.persons.person import Person, counted
from footfall_gateway.persons.tables import add_session, add_table, answers_of
from footfall_gateway.persons.waiting import add_waiting
from footfall_gateway.recordings.header import runner_name_in
from footfall_gateway.store import schema
from footfall_gateway.store.database import Store
from footfall_gateway.store.erasing import erasing
from footfall_gateway.store.removal import remove_runner, runners_of
from footfall_gateway.store.sqlite_file import explained, open_database
from footfall_gateway.store.track import places_in

SAMPLE_BYTES: Final = 32
MOST_SAMPLES: Final = 40
_RUNNER_TAG: Final = re.compile(r",runner=((?:\\.|[^,= \\])+)")
_SESSION: Final = re.compile(r"[ ,]session=\"?((?:\\.|[^,\" \\])+)")
_ESCAPE: Final = re.compile(r"\\(.)")


@contextmanager
def opened(path: Path, application_id: int, migrations: Sequence[Sequence[str]]) -> Iterator[sqlite3.Connection]:
    """Give a connection to look into a database; `StoreError` when it can't be opened."""
    with explained(path), closing(open_database(path, application_id, migrations)) as connection:
        yield connection


class StorePlace:
    """The store."""

    title = "Store"

    def whose(self, folder: Path) -> list[tuple[str, str]]:
        """See `Place`."""
        path = store_path(folder)
        if not path.exists():
            return []
        with opened(path, schema.APPLICATION_ID, schema.MIGRATIONS) as connection:
            return list(runners_of(connection))

    def has(self, folder: Path, person: Person) -> list[str]:
        """See `Place`."""
        path = store_path(folder)
        if not path.exists():
            return []
        with Store.open(path) as store:
            kept = [s for s in store.sessions(with_bin=True) if s.header.session.id in person.session_ids]
            strides = sum(session.strides for session in kept)
            told = {title.removesuffix("s"): len(rows) for title, rows in answers_of(store, person.spellings).items()}
            gains = sum(len(store.length_gains(name)) for name in person.spellings)
            openings = sum(store.plans.openings(name) for name in person.spellings)
            tracks = len(store.tracks.digests().keys() & person.session_ids)
        named = {
            "session": len(kept),
            "stride": strides,
            "watch track": tracks,
            **told,
            "sealed order": openings,
            "length calibration": gains,
        }
        return [counted(count, what) for what, count in named.items() if count]

    def samples(self, folder: Path, person: Person) -> list[bytes]:
        """See `Place`."""
        path = store_path(folder)
        if not path.exists():
            return []
        found = []
        with opened(path, schema.APPLICATION_ID, schema.MIGRATIONS) as connection:
            for session_id in sorted(person.session_ids)[:MOST_SAMPLES]:
                row = connection.execute(
                    "SELECT stride FROM stride WHERE session_id = ? ORDER BY initial_contact_us DESC LIMIT 1",
                    (session_id,),
                ).fetchone()
                # the times of a stride, to the last digit, are nobody else's
                found += [match[0].encode() for match in re.finditer(r'"\w+_s":\d+\.\d{6,}', row[0] if row else "")][:1]
                row = connection.execute(
                    "SELECT digest, track FROM track WHERE session_id = ?", (session_id,)
                ).fetchone()
                found += [] if row is None else [row[0].encode(), *places_in(*row)]
        return found

    def export(self, folder: Path, person: Person, archive: ArchiveWriter) -> None:
        """See `Place`."""
        path = store_path(folder)
        if not path.exists():
            return
        with Store.open(path) as store:
            for session in store.sessions(with_bin=True):
                if session.header.session.id in person.session_ids:
                    add_session(archive, store, session)
            told = answers_of(store, person.spellings)
            gains = [gain for name in sorted(person.spellings) for gain in store.length_gains(name)]
        for title, rows in told.items():
            add_table(archive, f"notes/{title}", rows)
        add_table(
            archive,
            "settings/length-gains",
            [
                {
                    "placement": gain.placement.value,
                    "side": None if gain.side is None else gain.side.value,
                    "factor": gain.factor,
                    "sd": gain.sd,
                    "learnt_in_session": gain.session_id,
                }
                for gain in gains
            ],
        )

    def remove(self, folder: Path, person: Person) -> None:
        """See `Place`."""
        path = store_path(folder)
        if path.exists():
            with erasing(path, schema.APPLICATION_ID, schema.MIGRATIONS) as connection:
                remove_runner(connection, person.spellings, person.session_ids)


@dataclass(frozen=True, slots=True)
class BatchesPlace:
    """A database of sessions whose packets are on their way, in batches: a gateway's spool, a processor's inbox.

    Parameters
    ----------
    path_in
        Where it lies in a data folder.
    more_tables
        That have rows of a session beside `batch`.
    """

    title: str
    path_in: Callable[[Path], Path]
    application_id: int
    migrations: Sequence[Sequence[str]]
    more_tables: Sequence[str] = ()

    def whose(self, folder: Path) -> list[tuple[str, str]]:
        """See `Place`."""
        if not self.path_in(folder).exists():
            return []
        with opened(self.path_in(folder), self.application_id, self.migrations) as connection:
            rows = connection.execute("SELECT session_id, header FROM session WHERE header IS NOT NULL")
            return [(runner_name_in(header), session_id) for session_id, header in rows]

    def has(self, folder: Path, person: Person) -> list[str]:
        """See `Place`."""
        rows = [row for row in self._rows(folder) if row[1] in person.session_ids]
        return [f"{counted(len(rows), 'session')}, {sum(size for *_, size in rows) / 1e6:.1f} MB"] if rows else []

    def samples(self, folder: Path, person: Person) -> list[bytes]:
        """See `Place`."""
        found: list[bytes] = []
        numbers = [number for number, session_id, _ in self._rows(folder) if session_id in person.session_ids]
        if numbers:
            with opened(self.path_in(folder), self.application_id, self.migrations) as connection:
                for number in numbers[:MOST_SAMPLES]:
                    row = connection.execute(
                        "SELECT payload FROM batch WHERE session = ? ORDER BY sequence LIMIT 1", (number,)
                    ).fetchone()
                    found += [] if row is None else sample_of(row[0])
        return found

    def export(self, folder: Path, person: Person, archive: ArchiveWriter) -> None:
        """See `Place`; what has its recording beside it is in there already."""
        for number, session_id, size in self._rows(folder):
            if session_id not in person.session_ids or not size or _has_recording(folder, session_id):
                continue
            with opened(self.path_in(folder), self.application_id, self.migrations) as connection:
                (header,) = connection.execute("SELECT header FROM session WHERE number = ?", (number,)).fetchone()
                batches = connection.execute("SELECT payload FROM batch WHERE session = ? ORDER BY sequence", (number,))
                add_waiting(archive, folder, session_id, header, (payload for (payload,) in batches))

    def remove(self, folder: Path, person: Person) -> None:
        """See `Place`."""
        if not self.path_in(folder).exists():
            return
        with erasing(self.path_in(folder), self.application_id, self.migrations) as connection:
            for session_id in person.session_ids:
                row = connection.execute("SELECT number FROM session WHERE session_id = ?", (session_id,)).fetchone()
                if row is not None:
                    for table in ("batch", *self.more_tables):
                        connection.execute(f"DELETE FROM {table} WHERE session = ?", row)
                    connection.execute("DELETE FROM session WHERE number = ?", row)

    def _rows(self, folder: Path) -> list[tuple[int, str, int]]:
        if not self.path_in(folder).exists():
            return []
        with opened(self.path_in(folder), self.application_id, self.migrations) as connection:
            return connection.execute(
                "SELECT number, session_id, "
                "coalesce((SELECT sum(length(payload)) FROM batch WHERE session = number), 0) FROM session"
            ).fetchall()


def spool_place() -> BatchesPlace:
    """Return a gateway's."""
    return BatchesPlace("Spool", spool_path, spool.APPLICATION_ID, spool.MIGRATIONS)


def inbox_place() -> BatchesPlace:
    """Return a processor's."""
    return BatchesPlace("Inbox", inbox_path, inbox.APPLICATION_ID, inbox.MIGRATIONS, ("checkpoint",))


class OutboxPlace:
    """Points that wait for InfluxDB, and those that it refused; the sessions they are of are in the store."""

    title = "Outbox"

    def whose(self, folder: Path) -> list[tuple[str, str]]:
        """See `Place`: it has no names of its own."""
        return []

    def has(self, folder: Path, person: Person) -> list[str]:
        """See `Place`."""
        count = sum(_is_of(line, person) for line in self._lines(folder))
        return [counted(count, "point")] if count else []

    def samples(self, folder: Path, person: Person) -> list[bytes]:
        """See `Place`: its lines name the session."""
        return []

    def export(self, folder: Path, person: Person, archive: ArchiveWriter) -> None:
        """See `Place`: the same strides and windows are in the store; the sensors' health is nowhere else."""
        lines = [line for line in self._lines(folder) if line.startswith("sensor_health,") and _is_of(line, person)]
        if lines:
            archive.add("influxdb/waiting-sensor-health.txt", "\n".join([*lines, ""]).encode())

    def remove(self, folder: Path, person: Person) -> None:
        """See `Place`."""
        path = outbox_path(folder)
        if not path.exists():
            return
        with erasing(path, outbox.APPLICATION_ID, outbox.MIGRATIONS) as connection:
            for number, text in connection.execute("SELECT number, lines FROM batch").fetchall():
                lines = text.split("\n")
                left = [line for line in lines if not _is_of(line, person)]
                if not left:
                    connection.execute("DELETE FROM batch WHERE number = ?", (number,))
                elif len(left) < len(lines):
                    connection.execute(
                        "UPDATE batch SET points = ?, lines = ? WHERE number = ?", (len(left), "\n".join(left), number)
                    )
            refused = connection.execute("SELECT number, line FROM refused").fetchall()
            gone = [(number,) for number, line in refused if _is_of(line, person)]
            connection.executemany("DELETE FROM refused WHERE number = ?", gone)

    def _lines(self, folder: Path) -> Iterator[str]:
        path = outbox_path(folder)
        if path.exists():
            with opened(path, outbox.APPLICATION_ID, outbox.MIGRATIONS) as connection:
                for (text,) in connection.execute("SELECT lines FROM batch UNION ALL SELECT line FROM refused"):
                    yield from text.split("\n")


def _is_of(line: str, person: Person) -> bool:
    tag, session = _RUNNER_TAG.search(line), _SESSION.search(line)
    tags = {runner_tag(one) for one in (*person.spellings, *person.pseudonyms)}
    if session is not None and _ESCAPE.sub(r"\1", session[1]) in person.session_ids:
        return True
    return tag is not None and _ESCAPE.sub(r"\1", tag[1]) in tags


def sessions_of_lines(text: str) -> set[str]:
    """Return the ids of the sessions that points, one a line, are of."""
    return {_ESCAPE.sub(r"\1", match[1]) for match in _SESSION.finditer(text)}


def _has_recording(folder: Path, session_id: str) -> bool:
    try:
        return recording_path(folder, session_id).exists()
    except GatewayError:
        return False


def sample_of(content: bytes) -> list[bytes]:
    """Return the middle of some bytes, unless it is as any other's, such as zeros."""
    begin = max((len(content) - SAMPLE_BYTES) // 2, 0)
    sample = content[begin : begin + SAMPLE_BYTES]
    return [sample] if len(sample) == SAMPLE_BYTES and len(set(sample)) > SAMPLE_BYTES // 3 else []
