"""What came of a session that was to be added to the log of runs."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Came(StrEnum):
    """What came of a session that was to be added."""

    ADDED = "added"
    THERE = "there"
    """It is in the store already, and nothing was changed."""
    NAMED = "named"
    """It is in the store already, and nobody had said who ran it until now."""
    IN_BIN = "in_bin"
    """It is in the store, in the bin."""
    JOINED = "joined"
    """A watch's run, with the session that it goes with."""
    ALONE = "alone"
    """A watch's run, as a run of its own, since no session goes with it."""


@dataclass(frozen=True, slots=True)
class Addition:
    """A session that was to be added.

    Parameters
    ----------
    came
        What came of it.
    started_utc
        `None` where nobody knows: then it counts nowhere.
    remarks
        What is to be known of its state; `whole` is false where something is lost.
    words
        Of a watch's run, what it brought and how it was placed; of one that was named, whose it is.
    """

    session_id: str
    came: Came
    started_utc: datetime | None
    is_demo: bool
    remarks: tuple[str, ...] = ()
    whole: bool = True
    words: str = ""
