"""A person: whoever is named as the runner of sessions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from footfall_gateway.archives import ArchiveWriter

UNNAMED: Final = "(nobody named)"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of whom something is kept.

    Parameters
    ----------
    name
        As it is compared; empty for sessions of which nobody said who ran.
    spellings
        The name in all ways in which it stands anywhere: the same letters can be written in several.
    session_ids
        Of all sessions that are known anywhere in the data folder.
    pseudonyms
        What the person is called outside the store, in all spellings.
    """

    name: str
    spellings: frozenset[str]
    session_ids: frozenset[str]
    pseudonyms: frozenset[str]

    @property
    def shown_name(self) -> str:
        """The name for people."""
        return self.name or UNNAMED


def counted(count: int, what: str) -> str:
    """Write how many of something there are."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


class Place(Protocol):
    """A place of the data folder that holds something of people. Calls block on the disk."""

    @property
    def title(self) -> str:
        """What it is, for people."""
        ...

    def whose(self, folder: Path) -> list[tuple[str, str]]:
        """Return the runner's name and the id of each session; names that stand by themselves have an empty id."""
        ...

    def has(self, folder: Path, person: Person) -> list[str]:
        """Say what it has of a person, a line for each kind of thing; nothing where it has nothing."""
        ...

    def samples(self, folder: Path, person: Person) -> list[bytes]:
        """Return some bytes that are of this person alone, to search for once they are removed."""
        ...

    def export(self, folder: Path, person: Person, archive: ArchiveWriter) -> None:
        """Put all that it has of a person into an archive."""
        ...

    def remove(self, folder: Path, person: Person) -> None:
        """Remove all that it has of a person, beyond recovery from its files; a second time does no harm."""
        ...
