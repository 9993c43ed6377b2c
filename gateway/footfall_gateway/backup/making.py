"""A backup of a data folder while runs and services go on in it: one archive, checked before it counts.

Each database is taken by SQLite's own backup, which gives one moment of it however much is written meanwhile. They are
taken in the order in which packets pass through them (spool, inbox, outbox, store), recordings last: what has gone on
in between is then in both of two files, never in neither, and all that is done twice gives the same. Of a recording
that grows, all whole records are taken.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from footfall_gateway import data_folder
from footfall_gateway.archives import Advance, ArchiveReader, ArchiveWriter
from footfall_gateway.backup.contents import BEFORE, MANIFEST, MOST_MANIFEST_BYTES, Manifest, Member, check
from footfall_gateway.backup.known import known_backups, note_backup
from footfall_gateway.data_folder import (
    exports_folder,
    held_alone,
    inbox_path,
    outbox_path,
    spool_path,
    store_path,
    tls_folder,
)
from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.outside import NoSuchFileError, open_file
from footfall_gateway.recordings.growing import is_being_written, whole_bytes
from footfall_gateway.store.sqlite_file import StoreError, explained

WORK: Final = ".backup-"
"""How the folders are called that copies are made in."""
SQLITE: Final = b"SQLite format 3\0"
_LEFT_OUT: Final = (".lock", ".health", "-wal", "-shm", "-journal", ".part", ".new", ".work", ".salvaged")
"""What belongs to a program that runs now, or is in another file."""
_PAGES_AT_ONCE: Final = 256


def make_backup(
    folder: Path, path: Path, *, more: Sequence[tuple[str, Path]], now: datetime, advance: Advance
) -> Manifest:
    """Write a backup, and read it again; it is there whole or not at all.

    Parameters
    ----------
    more
        Other files, with what they are called in it; those that are not there are left out.

    Raises
    ------
    GatewayError
        When a file can't be read, or the backup can't be written, or is not what was written.
    """
    members: list[Member] = []
    with held_alone(folder, "backup"), ArchiveWriter(path) as archive:
        for left in folder.glob(f"{WORK}*"):
            shutil.rmtree(left)
        for name, file in [*_files(folder, path), *more]:
            try:
                members.append(_add(archive, folder, name, file, advance))
            except NoSuchFileError:
                continue  # finished, removed, or never there
            except OutsideError as error:
                raise GatewayError(str(error)) from error
        manifest = Manifest(made_utc=now, made_by=f"footfall {version('footfall')}", members=members)
        archive.add(MANIFEST, msgspec.json.encode(manifest))
    try:
        with ArchiveReader(path) as written:
            check(written, written.read(MANIFEST, MOST_MANIFEST_BYTES), advance)
    except OutsideError as error:
        path.unlink(missing_ok=True)
        raise GatewayError(f"{error}; the backup was not written as it was to be: try another disk") from error
    try:
        note_backup(folder, path.absolute(), now)
    except OSError as error:
        raise GatewayError(
            f"{error.filename}: can't be written ({error.strerror}); the backup itself is whole"
        ) from error
    return manifest


def backup_bytes(folder: Path, more: Sequence[tuple[str, Path]]) -> int:
    """Return about how many bytes there are to read."""
    sizes = 0
    for _, path in [*_files(folder, None), *more]:
        try:
            sizes += path.stat().st_size
        except OSError:
            continue
    return sizes


def _files(folder: Path, target: Path | None) -> list[tuple[str, Path]]:
    """Return what is taken, in its order."""
    databases = [spool_path(folder), inbox_path(folder), outbox_path(folder), store_path(folder)]
    found = [path for path in databases if path.exists()]
    backups = {backup.path.absolute() for backup in known_backups(folder)}
    backups |= set() if target is None else {target.absolute()}
    found += [
        path
        for path in _all_files(folder)
        if path not in databases
        and path.absolute() not in backups
        and not path.is_relative_to(exports_folder(folder))
        and not path.is_relative_to(tls_folder(folder))  # keys are this computer's alone, and made anew elsewhere
    ]
    return [(path.relative_to(folder).as_posix(), path) for path in found]


def _all_files(folder: Path) -> Iterator[Path]:
    for path in data_folder.all_files(folder, enters=lambda name: not name.startswith((".", BEFORE))):
        if not path.name.startswith(".") and not path.name.endswith(_LEFT_OUT):
            yield path


def _add(archive: ArchiveWriter, folder: Path, name: str, path: Path, advance: Advance) -> Member:
    with open_file(path) as file:
        is_database = file.read(len(SQLITE)) == SQLITE
    if is_database:
        with tempfile.TemporaryDirectory(dir=folder, prefix=WORK) as work:
            copy = Path(work) / "copy.sqlite"
            if _copied(path, copy):
                size, digest = archive.add_file(name, copy, advance=advance)
                return Member(name, size, digest)
        # damaged: taken as it is, for whoever can read more of it
    most = whole_bytes(path) if path.suffix == ".mcap" and is_being_written(path) else None
    size, digest = archive.add_file(name, path, most, advance)
    return Member(name, size, digest)


def _copied(path: Path, copy: Path) -> bool:
    """Copy a database as it is at one moment; return whether it is sound.

    Raises
    ------
    StoreError
        When the disk refuses.
    """
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # now the moment is fixed
            source.backup(target, pages=_PAGES_AT_ONCE)
            return bool(target.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return False
        try:
            with explained(path):
                raise
        except StoreError as said:
            raise said from error
