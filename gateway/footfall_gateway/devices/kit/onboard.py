"""What a sensor that records by itself is to Footfall: what it keeps, how it is read, and what proves that we have it.

A log is one run on one sensor, cut into pieces that are numbered from 0 and never change once they are written. A
driver reads pieces, and checks each by what the sensor gives it for that; everything else (the vault, the order of
reading, confirming and erasing) is the same for all makers: `footfall_gateway.onboard`.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from footfall_gateway.devices.kit.base import Peer

MOST_PIECES: Final = 1 << 24
"""Of one log."""
MOST_PIECE_BYTES: Final = 32 * 1024
"""Of one piece."""


class LogState(StrEnum):
    """What a sensor does with its memory."""

    IDLE = "idle"
    RECORDING = "recording"
    FULL = "full"
    """It recorded until there was no room left."""


@dataclass(frozen=True, slots=True)
class DeviceMoment:
    """A sensor's clock, read once.

    Parameters
    ----------
    own_us
        Microseconds of its own count.
    epoch
        Another number whenever that count began anew.
    """

    own_us: int
    epoch: int


@dataclass(frozen=True, slots=True)
class LogStatus:
    """How a sensor is before a run.

    Parameters
    ----------
    state
        What it does now.
    battery_percent
        0 to 100; `None` when it does not say.
    free_s, holds_s
        How long a run its free memory holds at its rate, and all of its memory.
    """

    state: LogState
    battery_percent: int | None
    free_s: float
    holds_s: float


@dataclass(frozen=True, slots=True)
class StoredLog:
    """One run on one sensor.

    Parameters
    ----------
    key
        The run's: what `start` was given, the same for all sensors that were started for it; 0 to 2**64 - 1.
    number
        What the sensor itself calls the log.
    pieces, piece_bytes
        How many pieces it has, and how long each is at most.
    begun
        The sensor's clock when the log was begun.
    begun_utc_ns
        The same moment by the clock of who began it, nanoseconds since 1970; 0 when nobody said.
    is_open, is_torn, is_full
        Whether it is still being written, was ended by a loss of power, and was ended by a lack of room.
    """

    key: int
    number: int
    pieces: int
    piece_bytes: int
    begun: DeviceMoment
    begun_utc_ns: int = 0
    is_open: bool = False
    is_torn: bool = False
    is_full: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a log, as it stands in the sensor's memory."""

    position: int
    data: bytes


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One packet out of a log: when its first and last sample were taken, by the sensor's clock, and its bytes."""

    first_us: int
    last_us: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What a log's pieces hold, in their order, and how many pieces are damaged in the sensor's own memory."""

    records: tuple[LogRecord, ...]
    damaged_pieces: int


class Heard(Protocol):
    """Notifications of one characteristic, in order, from the moment it was asked for."""

    async def next(self) -> bytes:
        """Return the next one.

        Raises
        ------
        TimeoutError
            When none comes.
        """
        ...


class LogPeer(Peer, Protocol):
    """A connected sensor that can also be listened to for long; see `Peer`."""

    def hearing(self, characteristic: str) -> AbstractContextManager[Heard]:
        """Keep a characteristic's notifications until the context ends."""
        ...


class OnboardLog(Protocol):
    """The memory of one connected sensor, as its driver talks to it. Every call may raise what the radio raises.

    Attributes
    ----------
    confirms
        Whether the sensor erases each piece by itself once it was confirmed, and gives the next one only then.
    """

    confirms: bool

    async def status(self) -> LogStatus:
        """Tell how the sensor is."""
        ...

    async def moment(self) -> DeviceMoment:
        """Read its clock, as quickly as it can be."""
        ...

    async def start(self, key: int, utc_ns: int) -> None:
        """Begin a log; once more with the same key begins no other.

        Raises
        ------
        GatewayError
            When the sensor can't; says why.
        """
        ...

    async def stop(self) -> None:
        """End the log that is being written; without one, do nothing."""
        ...

    async def logs(self) -> tuple[StoredLog, ...]:
        """List what is in its memory, the oldest first."""
        ...

    def read(self, log: StoredLog, positions: Sequence[int]) -> AsyncGenerator[Sequence[Piece], None]:
        """Read pieces, some at a time: each whole and checked, in the order in which they come.

        What does not come whole is left out, and may be asked for again: how often is for the caller to say.
        """
        ...

    async def confirm(self, log: StoredLog, piece: Piece) -> None:
        """Tell the sensor that a piece is kept, where it wants to know: it erases it."""
        ...

    async def erase(self, log: StoredLog, proof: int) -> None:
        """Erase a log on proof that all of it is kept; see `OnboardProfile`. One that is gone is no error.

        Raises
        ------
        GatewayError
            When the sensor refuses; says why.
        """
        ...


@dataclass(frozen=True, slots=True)
class OnboardProfile:
    """How logs of one sensor model are read; beside `DeviceProfile`, whose decoder reads the packets.

    Parameters
    ----------
    characteristic
        What the packets in a log are, live: the UUID that a recording calls them by.
    notifications
        Characteristics to subscribe to before anything is asked.
    open
        Makes the driver of a connected sensor; `None` when that has no memory. Raises `InputError` when what it says of
        itself makes no sense.
    unpack
        Takes packets out of a log's pieces, in order of position. Pure; never raises on what a piece holds.
    proof
        Reckons from all pieces, in order of position, what the sensor wants to hear before it erases them.
    """

    characteristic: str
    notifications: tuple[str, ...]
    open: Callable[[LogPeer], Awaitable[OnboardLog | None]]
    unpack: Callable[[StoredLog, Iterable[Piece]], Unpacked]
    proof: Callable[[Iterable[Piece]], int]
