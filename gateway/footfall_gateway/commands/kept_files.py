"""The files that a data folder keeps: which are damaged, what waits in them, and how they are salvaged."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from footfall_gateway import data_folder
from footfall_gateway.checkup import Finding, State
from footfall_gateway.influx import outbox
from footfall_gateway.mqtt import inbox, spool
from footfall_gateway.persons.task import kept_tasks
from footfall_gateway.store import schema
from footfall_gateway.store.salvage import Kind, Salvaged, is_damaged, salvage
from footfall_gateway.store.sqlite_file import explained, require_no_code

MOST_SHOWN: Final = 5
"""Kinds of messages that were left out."""
SALVAGE: Final = "stop what uses it, then: footfall doctor --salvage"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of the data folder.

    Parameters
    ----------
    user
        Which command uses it all the time, and holds the folder meanwhile; empty when none does.
    """

    name: str
    path: Path
    kind: Kind
    user: str


def kept_files(folder: Path) -> list[KeptFile]:
    """Return those that may be there."""
    of_store = Kind(schema.APPLICATION_ID, schema.MIGRATIONS, schema.AFTER_SALVAGE)
    of_inbox = Kind(
        inbox.APPLICATION_ID,
        inbox.MIGRATIONS,
        # worked out anew from what was read, so that a batch with other content than was sent is found
        (
            "UPDATE session SET chain = x'', chain_sequence = 0 WHERE done = 0",
            "DELETE FROM checkpoint",
            "DELETE FROM batch WHERE session NOT IN (SELECT number FROM session WHERE done = 0)",
        ),
    )
    return [
        KeptFile("Inbox", data_folder.inbox_path(folder), of_inbox, "process"),
        KeptFile("Spool", data_folder.spool_path(folder), Kind(spool.APPLICATION_ID, spool.MIGRATIONS), "gateway"),
        KeptFile("Store", data_folder.store_path(folder), of_store, "process"),
        KeptFile("Outbox", data_folder.outbox_path(folder), Kind(outbox.APPLICATION_ID, outbox.MIGRATIONS), "process"),
    ]


def salvage_damaged(folder: Path, now: datetime) -> Iterator[tuple[KeptFile, Salvaged | None]]:
    """Salvage what is damaged, one after the other; `None` for what is sound.

    Raises
    ------
    GatewayError
        When a command uses it, or the new file can't be written.
    """
    for file in kept_files(folder):
        if file.path.exists():
            with data_folder.held_alone(folder, file.user):
                yield file, salvage(file.path, file.kind, now) if is_damaged(file.path) else None


@dataclass(frozen=True, slots=True)
class WaitingSession:
    """A session in the inbox that is not done.

    Parameters
    ----------
    batches, last_sequence
        How many are here without a gap; how many its end tells of, if it has come.
    batch_bytes
        Of all that are here.
    aside
        Why it is not computed; empty when it is.
    """

    session_id: str
    gateway: str
    batches: int
    last_sequence: int | None
    batch_bytes: int
    aside: str


@dataclass(frozen=True, slots=True)
class InInbox:
    """What waits in the inbox, and what was left out of what came there."""

    sessions: tuple[WaitingSession, ...] = ()
    left_out: Mapping[tuple[str, str], int] = field(default_factory=dict)


def in_inbox(folder: Path) -> InInbox:
    """Look into the inbox, also while it is used; empty where there is none.

    Raises
    ------
    StoreError
        When it can't be read.
    """
    path = data_folder.inbox_path(folder)
    if not path.exists():
        return InInbox()
    with explained(path):
        uri = f"file:{quote(str(path))}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            require_no_code(path, connection)
            if connection.execute("PRAGMA user_version").fetchone()[0] < len(inbox.MIGRATIONS):
                return InInbox()  # of an older Footfall, until `footfall process` opens it
            rows = connection.execute(
                "SELECT session_id, gateway, chain_sequence, coalesce(last_sequence, end_sequence), "
                "coalesce((SELECT sum(length(payload)) FROM batch WHERE session = number), 0), aside "
                "FROM session WHERE NOT done ORDER BY number"
            ).fetchall()
            counted = connection.execute("SELECT gateway, what, messages FROM left_out ORDER BY messages DESC")
            left_out = {(gateway, what): messages for gateway, what, messages in counted}
    return InInbox(tuple(WaitingSession(*row) for row in rows), left_out)


def findings(folder: Path) -> Iterator[Finding]:
    """Check each file that is there, and tell what waits."""
    damaged = [file for file in kept_files(folder) if is_damaged(file.path)]
    for file in damaged:
        yield Finding(file.name, State.BAD, f"{file.path} is damaged", SALVAGE)
    for _ in kept_tasks(folder):
        left = "see what is left: footfall person list"
        yield Finding("Removal", State.DOUBTFUL, "what was kept of a person is not removed everywhere yet", left)
    if data_folder.inbox_path(folder).exists() and all(file.name != "Inbox" for file in damaged):
        yield _inbox_finding(in_inbox(folder))


def _inbox_finding(waiting: InInbox) -> Finding:
    aside = [one for one in waiting.sessions if one.aside]
    size_mb = sum(one.batch_bytes for one in waiting.sessions) / 1e6
    text = f"sessions that are not done: {len(waiting.sessions)} ({size_mb:,.0f} MB); set aside: {len(aside)}"
    if waiting.left_out:
        text += "; left out: "
        text += ", ".join(
            f"{messages} messages of {gateway or 'the broker'} ({what})"
            for (gateway, what), messages in list(waiting.left_out.items())[:MOST_SHOWN]
        )
    advice = "see why: footfall sessions waiting" if aside else ""
    return Finding("Inbox", State.DOUBTFUL if aside or waiting.left_out else State.GOOD, text, advice)
