"""What the files of a data folder hold of people: recordings, and archives that were made for them."""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from footfall_gateway.archives import ArchiveWriter
from footfall_gateway.backup.making import WORK as BACKUP_WORK
from footfall_gateway.data_folder import exports_folder, recordings_folder
from footfall_gateway.errors import GatewayError
from footfall_gateway.outside import open_file
from footfall_gateway.persons.databases import MOST_SAMPLES, SAMPLE_BYTES, StorePlace, sample_of
from footfall_gateway.persons.person import Person, counted
from footfall_gateway.persons.tables import session_folder
from footfall_gateway.persons.task import NEW_TASKS
from footfall_gateway.persons.waiting import WORK as EXPORT_WORK
from footfall_gateway.recordings.recording import RecordingError, header_at, sync_folder

SAMPLES_OF_A_RECORDING: Final = 2
_SUFFIXES: Final = (".mcap", ".part")


class RecordingsPlace:
    """Recordings: what the sensors sent. One whose beginning can't be read is known by its name, a session's id."""

    title = "Recordings"

    def whose(self, folder: Path) -> list[tuple[str, str]]:
        """See `Place`."""
        found = []
        for path in recordings(folder):
            try:
                session = header_at(path).session
            except RecordingError:
                continue
            found.append((session.runner_name, session.id))
        return found

    def has(self, folder: Path, person: Person) -> list[str]:
        """See `Place`."""
        sizes = [path.stat().st_size for path in self._of(folder, person)]
        return [f"{counted(len(sizes), 'recording')}, {sum(sizes) / 1e6:.1f} MB"] if sizes else []

    def samples(self, folder: Path, person: Person) -> list[bytes]:
        """See `Place`."""
        found: list[bytes] = []
        for path in list(self._of(folder, person))[:MOST_SAMPLES]:
            with open_file(path) as file:
                size = file.seek(0, os.SEEK_END)
                for part in range(1, SAMPLES_OF_A_RECORDING + 1):
                    file.seek(size * part // (SAMPLES_OF_A_RECORDING + 2))
                    found += sample_of(file.read(SAMPLE_BYTES))
        return found

    def export(self, folder: Path, person: Person, archive: ArchiveWriter) -> None:
        """See `Place`."""
        for path in self._of(folder, person):
            if path.suffix == ".mcap":
                archive.add_file(f"{session_folder(path.stem)}/recording.mcap", path)

    def remove(self, folder: Path, person: Person) -> None:
        """See `Place`."""
        unlink(self._of(folder, person))

    def _of(self, folder: Path, person: Person) -> Iterator[Path]:
        others = sessions_of_others(folder, person)
        for path in recordings(folder):
            if path.stem in person.session_ids:
                yield path
                continue
            try:
                session = header_at(path).session
            except RecordingError:
                continue
            is_named = session.runner_name in person.spellings and session.id not in others
            if session.id in person.session_ids or is_named:
                yield path


class ExportsPlace:
    """Archives of a person's data that were made in the data folder; they are called by pseudonym."""

    title = "Exports"

    def whose(self, folder: Path) -> list[tuple[str, str]]:
        """See `Place`: a pseudonym tells no name."""
        return []

    def has(self, folder: Path, person: Person) -> list[str]:
        """See `Place`."""
        count = len(self._of(folder, person))
        return [counted(count, "archive")] if count else []

    def samples(self, folder: Path, person: Person) -> list[bytes]:
        """See `Place`: each has the pseudonym in it."""
        return []

    def export(self, folder: Path, person: Person, archive: ArchiveWriter) -> None:
        """See `Place`: what is in them is exported anew."""

    def remove(self, folder: Path, person: Person) -> None:
        """See `Place`."""
        unlink(self._of(folder, person))

    def _of(self, folder: Path, person: Person) -> list[Path]:
        called = person.pseudonyms or {"unnamed"}
        archives = sorted(exports_folder(folder).glob("*.zip*")) + sorted(exports_folder(folder).glob(".*.part"))
        return [path for path in archives if any(path.name.lstrip(".").startswith(f"{one}-") for one in called)]


class LeftoversPlace:
    """What a backup, an export or a removal made for itself, and was killed before it could remove it."""

    title = "Leftovers"

    def whose(self, folder: Path) -> list[tuple[str, str]]:
        """See `Place`: what they are copies of tells."""
        return []

    def has(self, folder: Path, person: Person) -> list[str]:
        """See `Place`: they may have something of anybody."""
        count = len(list(self._all(folder)))
        return [counted(count, "leftover")] if count else []

    def samples(self, folder: Path, person: Person) -> list[bytes]:
        """See `Place`."""
        return []

    def export(self, folder: Path, person: Person, archive: ArchiveWriter) -> None:
        """See `Place`."""

    def remove(self, folder: Path, person: Person) -> None:
        """See `Place`: all of them, as nobody makes a backup, an export or a task now."""
        try:
            for left in self._all(folder):
                if left.is_dir() and not left.is_symlink():
                    shutil.rmtree(left)
                else:
                    left.unlink(missing_ok=True)
        except OSError as error:
            raise GatewayError(f"{error.filename}: can't be removed ({error.strerror})") from error

    @staticmethod
    def _all(folder: Path) -> list[Path]:
        return [path for called in (f"{BACKUP_WORK}*", f"{EXPORT_WORK}*", NEW_TASKS) for path in folder.glob(called)]


def sessions_of_others(folder: Path, person: Person) -> set[str]:
    """Return the ids of the store's sessions that somebody else ran, whatever their recordings say."""
    return {one for name, one in StorePlace().whose(folder) if one and name not in person.spellings}


def recordings(folder: Path) -> list[Path]:
    """Return the recordings of a data folder, and those that are being begun anew."""
    there = recordings_folder(folder)
    return sorted(path for path in there.glob("*") if path.suffix in _SUFFIXES and path.is_file())


def unlink(paths: Iterable[Path]) -> None:
    """Remove files for good; `GatewayError` when one can't be."""
    try:
        folders = set()
        for path in list(paths):
            path.unlink(missing_ok=True)
            folders.add(path.parent)
        for folder in folders:
            sync_folder(folder)
    except OSError as error:
        raise GatewayError(
            f"{error.filename}: can't be removed ({error.strerror}); make its folder writable"
        ) from error
