"""Taking rows out of an SQLite file so that nothing of them stays in it: not in free pages, and not in its log."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from footfall_gateway.store.sqlite_file import StoreError, explained, open_database, transaction


@contextmanager
def erasing(path: Path, application_id: int, migrations: Sequence[Sequence[str]]) -> Iterator[sqlite3.Connection]:
    """Give a connection within a transaction; what is deleted in it is overwritten, and so is what was deleted before.

    Nobody else may use the file meanwhile.

    Raises
    ------
    StoreError
        When the file can't be opened or written, or another program reads it: then once more takes the rest away.
    """
    with explained(path), closing(open_database(path, application_id, migrations)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        with transaction(connection):
            yield connection
        connection.execute("VACUUM")
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreError(f"{path}: another program reads it; stop that, and do this once more")
