"""A removal that is under way: kept in the data folder until it is done, so that whatever is killed, it is finished."""

import os
import secrets
from pathlib import Path
from typing import Final, Self

import msgspec

from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.outside import NoSuchFileError, parse_json, read_file
from footfall_gateway.own_files import create_own
from footfall_gateway.persons.person import Person
from footfall_gateway.recordings.recording import sync_folder

PATTERN: Final = "removal-*.json"
VERSION: Final = 1
MOST_BYTES: Final = 16 << 20


class Task(msgspec.Struct, kw_only=True):
    """What is to be removed.

    Parameters
    ----------
    name, spellings, session_ids, pseudonyms
        Of the person.
    samples
        Bytes that are to be found nowhere afterwards, in hexadecimal digits.
    here
        Whether anything is left to do in the data folder.
    influx_tags
        Runners to remove from InfluxDB.
    topics
        Gateway, runner's pseudonym and id of the sessions to clear at the broker.
    """

    version: int = VERSION
    name: str
    spellings: list[str]
    session_ids: list[str]
    pseudonyms: list[str]
    samples: list[str] = []
    here: bool = True
    influx_tags: list[str] = []
    topics: list[tuple[str, str, str]] = []

    @property
    def person(self) -> Person:
        """Whom it concerns."""
        return Person(self.name, frozenset(self.spellings), frozenset(self.session_ids), frozenset(self.pseudonyms))

    @property
    def keys(self) -> list[SessionKey]:
        """The sessions to clear at the broker."""
        return [SessionKey(*topic) for topic in self.topics]

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.here or self.influx_tags or self.topics)


class KeptTask:
    """A task in its file.

    Parameters
    ----------
    path
        The file.
    task
        What it says.
    """

    def __init__(self, path: Path, task: Task) -> None:
        self.path = path
        self.task = task

    @classmethod
    def begin(cls, folder: Path, task: Task) -> Self:
        """Keep a new task; `GatewayError` when the disk refuses."""
        kept = cls(folder / PATTERN.replace("*", secrets.token_hex(4)), task)
        kept.keep()
        return kept

    def keep(self) -> None:
        """Write what is left to do, or remove the file where nothing is; whole or not at all."""
        new = self.path.with_name(f".{self.path.name}.new")
        try:
            if self.task.is_done:
                self.path.unlink(missing_ok=True)
            else:
                new.unlink(missing_ok=True)
                with create_own(new) as file:
                    file.write(msgspec.json.encode(self.task))
                    file.flush()
                    os.fsync(file.fileno())
                new.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            raise GatewayError(f"{self.path}: can't be written ({error.strerror}); nothing more is removed") from error


def kept_tasks(folder: Path) -> list[KeptTask]:
    """Return the removals that are not done.

    Raises
    ------
    GatewayError
        When one can't be read.
    """
    found = []
    for path in sorted(folder.glob(PATTERN)):
        try:
            task = parse_json(read_file(path, MOST_BYTES), Task, str(path), MOST_BYTES)
        except NoSuchFileError:
            continue  # it was done in this moment
        except OutsideError as error:
            raise GatewayError(f"{error}; remove the file, and have the person removed again") from error
        if task.version > VERSION:
            raise GatewayError(f"{path}: was made by a newer Footfall; update this one")
        found.append(KeptTask(path, task))
    return found
