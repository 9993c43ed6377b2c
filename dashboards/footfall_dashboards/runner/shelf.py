"""What the pages ask about sensors: which the runner has, how they last were, and how they did in a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from footfall_processing.health import SensorHealth
from footfall_processing.session import Sensor


@dataclass(frozen=True, slots=True)
class Owned:
    """A sensor or companion that was paired.

    Parameters
    ----------
    name
        What its owner calls it.
    product
        The model, as people know it, or what a companion is.
    sensor
        Where it is worn, and what its model measures; `None` for a companion.
    seen_utc
        When it last was heard in a run; `None` where never, or nobody kept it.
    health, health_utc
        The last report that was kept of it, and when it made that; `None` where there is none.
    firmware
        As it said of itself; empty where it did not.
    """

    name: str
    product: str
    sensor: Sensor | None
    seen_utc: datetime | None = None
    health: SensorHealth | None = None
    health_utc: datetime | None = None
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class Worn:
    """A sensor of a run, and its last report; `None` where none was kept, as of a file from elsewhere."""

    sensor: Sensor
    health: SensorHealth | None


class Shelf(Protocol):
    """The sensors of this computer's owner, and those that runs tell of; no method blocks the event loop.

    Each raises `FootfallError`, which says what to do, when what it knows can't be read.
    """

    async def owned(self) -> Sequence[Owned]:
        """Return what was paired, in the order of the file."""

    async def seen(self, runner_name: str) -> Sequence[Owned]:
        """Return the sensors of a runner's last runs that are not paired here, as where runs come over MQTT."""

    async def worn(self, session_id: str) -> Sequence[Worn]:
        """Return the sensors of a run; none where the log does not know it."""


class BareShelf:
    """A shelf with nothing on it, for pages that know of no sensors."""

    async def owned(self) -> Sequence[Owned]:
        """Return nothing."""
        return ()

    async def seen(self, runner_name: str) -> Sequence[Owned]:
        """Return nothing."""
        return ()

    async def worn(self, session_id: str) -> Sequence[Worn]:
        """Return nothing."""
        return ()
