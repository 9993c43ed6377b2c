"""Which backups were made of a data folder, as far as Footfall knows: copies of copies it does not."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import NoSuchFileError, parse_json, read_file
from footfall_gateway.own_files import touch_own

FILE: Final = "backups.jsonl"
MOST_BYTES: Final = 4 << 20


class Backup(msgspec.Struct, frozen=True):
    """A backup that was made."""

    path: str
    made_utc: datetime


@dataclass(frozen=True, slots=True)
class KnownBackup:
    """A backup that was made, and is not known to be gone."""

    path: Path
    made_utc: datetime


def note_backup(folder: Path, path: Path, made_utc: datetime) -> None:
    """Note that a backup was made; `OSError` when the disk refuses."""
    touch_own(folder / FILE)
    with (folder / FILE).open("ab") as file:
        file.write(msgspec.json.encode(Backup(str(path), made_utc)) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def known_backups(folder: Path) -> list[KnownBackup]:
    """Return those noted, the oldest first; what can't be read is left out.

    One whose folder is there and which is not in it was removed, and is left out; a disk that is not there may have it.
    """
    try:
        lines = read_file(folder / FILE, MOST_BYTES).splitlines()
    except NoSuchFileError:
        return []
    found = []
    for line in lines:
        try:
            backup = parse_json(line, Backup, FILE)
        except OutsideError:
            continue
        path = Path(backup.path)
        if path.exists() or not path.parent.exists():
            found.append(KnownBackup(path, backup.made_utc))
    return found
