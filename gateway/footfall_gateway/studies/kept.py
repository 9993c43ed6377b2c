"""What is kept of studies: a file each in the data folder, which only its owner can read.

The seed that all is drawn from is in it, so it is not for whoever runs in the study: who looks into it knows what is
still to come. Several programs may use it at once; it is written whole or not at all.
"""

import fcntl
import os
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

import msgspec

from footfall_coaching.studies.record import Member, Record, forgotten
from footfall_gateway.data_folder import studies_folder
from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.outside import NoSuchFileError, check_moment, parse_json, read_file
from footfall_gateway.own_files import make_own_folder, touch_own
from footfall_processing.errors import InputError

MOST_BYTES: Final = 4 << 20
"""Of what is kept: 500 runners with a hundred days each."""
_NEW: Final = ".study-"
"""How a file is called while it is written."""


class StudyError(GatewayError):
    """What is kept of a study can't be read or written, or there is none; the message says what to do."""


def read_record(text: bytes, what: str) -> Record:
    """Return what is kept of a study; `OutsideError` when it can't be read, or was changed by hand."""
    record = parse_json(text, Record, what, MOST_BYTES)
    moments = [record.begun, *([] if record.opened is None else [record.opened.at])]
    for member in record.members:
        moments += [*(one.at for one in member.consents), *(day.at for day in member.days)]
        moments += [] if member.withdrawn is None else [member.withdrawn]
        if member.days and max(day.part for day in member.days) >= record.file.runs:
            raise OutsideError(f"{what}: runner {member.number} was told of a run that is not planned")
    for moment in moments:
        check_moment(moment, f"{what}: a moment")
    return record


class StudiesFolder:
    """The studies of a data folder. Its methods may wait for the disk.

    Parameters
    ----------
    folder
        The data folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = studies_folder(folder)

    def names(self) -> list[str]:
        """Return the studies that have begun."""
        return sorted(path.stem for path in self._folder.glob("*.json") if not path.name.startswith("."))

    def read(self, name: str) -> Record | None:
        """Return what is kept of a study; `None` before its first runner has joined.

        Raises
        ------
        StudyError
            When it can't be read.
        """
        path = self._path(name)
        try:
            record = read_record(read_file(path, MOST_BYTES), str(path))
            if record.file.study != name:
                raise OutsideError(f"{path}: is that of the study {record.file.study}")
            return record
        except NoSuchFileError:
            return None
        except OutsideError as error:
            raise StudyError(f"{error}; bring it back from a backup (footfall restore)") from error

    def change(self, name: str, change: Callable[[Record | None], Record]) -> Record:
        """Change what is kept of a study, and return it; one program after the other.

        Parameters
        ----------
        change
            Given what is kept, returns what is to be; what it raises leaves all as it is.

        Raises
        ------
        StudyError
            When it can't be read or written.
        """
        path = self._path(name)
        try:
            make_own_folder(self._folder)
            lock_path = path.with_suffix(".lock")
            touch_own(lock_path)
            with lock_path.open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._clear(name)
                record = change(self.read(name))
                self._write(path, record)
                return record
        except OSError as error:
            raise StudyError(f"{error.filename or path}: can't be written ({error.strerror})") from error

    def of_person(self, spellings: Collection[str]) -> list[tuple[Record, Member]]:
        """Return a person's part in each study."""
        records = [record for name in self.names() if (record := self.read(name)) is not None]
        return [(one, member) for one in records for member in one.members if member.runner in set(spellings) - {""}]

    def runners(self) -> list[str]:
        """Return who is named in any study."""
        records = [record for name in self.names() if (record := self.read(name)) is not None]
        return sorted({member.runner for one in records for member in one.members} - {""})

    def forget(self, spellings: Collection[str]) -> None:
        """Remove a person from all studies; the number stays taken, as what was drawn goes by it."""

        def without(record: Record | None) -> Record:
            if record is None:
                raise StudyError(f"{self._folder}: a study's file was removed meanwhile; once more goes on")
            return forgotten(record, spellings)

        for name in {record.file.study for record, _ in self.of_person(spellings)}:
            self.change(name, without)
        for name in self.names():
            self._clear(name)

    def _clear(self, name: str) -> None:
        """Remove what a program that was killed while it wrote has left."""
        for left in self._folder.glob(f"{_NEW}{name}.*"):
            left.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _write(self, path: Path, record: Record) -> None:
        text = msgspec.json.format(msgspec.json.encode(record), indent=1)
        if len(text) > MOST_BYTES:
            raise InputError(f"{path}: has more than {MOST_BYTES >> 20} MiB; a study of so many days is over")
        descriptor, new = tempfile.mkstemp(dir=self._folder, prefix=f"{_NEW}{path.stem}.")  # 0600 whatever the umask
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(new).replace(path)
        except BaseException:
            Path(new).unlink(missing_ok=True)
            raise
