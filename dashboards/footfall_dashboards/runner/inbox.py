"""What the pages ask of a watched folder, whose files get into the log by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that could not be added, why not, and when that was found."""

    name: str
    why: str
    when_utc: datetime


@dataclass(frozen=True, slots=True)
class InboxState:
    """How a watched folder is.

    Parameters
    ----------
    where
        The folder; empty where none is watched.
    adding
        What is being added right now; empty for nothing.
    trouble
        Why the folder can't be used right now; empty where it can.
    refused
        What could not be added, the latest first.
    """

    where: str = ""
    adding: str = ""
    trouble: str = ""
    refused: Sequence[Refused] = ()


class Inbox(Protocol):
    """The watched folder; its method does not block the event loop, and raises nothing."""

    async def state(self) -> InboxState:
        """Return how it is."""


class NoInbox:
    """No folder is watched."""

    async def state(self) -> InboxState:
        """Return that there is none."""
        return InboxState()
