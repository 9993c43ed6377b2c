"""Sessions that runners put into the bin, removed for good."""

from collections.abc import Collection
from contextlib import closing
from functools import partial
from pathlib import Path

from footfall_gateway.data_folder import store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.mqtt.removed import note_removed
from footfall_gateway.persons.files import recordings
from footfall_gateway.persons.retention import on_their_way, remove_sessions_of
from footfall_gateway.recordings.growing import is_being_written
from footfall_gateway.store import schema
from footfall_gateway.store.diary import StoreDiary
from footfall_gateway.store.sqlite_file import explained, open_database


def diary_of(folder: Path) -> StoreDiary:
    """Return a data folder's log of runs; it is opened on entering."""
    return StoreDiary(store_path(folder), partial(remove_for_good, folder))


def remove_for_good(folder: Path, session_ids: Collection[str]) -> None:
    """Remove sessions from the store, with their recordings; runs and services may go on meanwhile.

    Nothing of them stays in the store's file, nor in its log once nobody reads that. A gateway that sends one again is
    refused.

    Raises
    ------
    GatewayError
        When a file can't be read or written, or a session is still on its way to somewhere: that one stays, and the
        others are gone.
    """
    if not session_ids:
        return
    paths = {path.stem: path for path in recordings(folder)}
    busy = {one for one in session_ids if one in paths and is_being_written(paths[one])}
    busy |= on_their_way(folder) & set(session_ids)
    gone = sorted(set(session_ids) - busy)
    note_removed(folder, gone)
    remove_sessions_of(folder, [paths[one] for one in gone if one in paths], gone)
    path = store_path(folder)
    with explained(path), closing(open_database(path, schema.APPLICATION_ID, schema.MIGRATIONS)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if busy:
        raise GatewayError(
            f"session {', '.join(sorted(busy))}: is being recorded, or waits to be sent; empty the bin again later"
        )
