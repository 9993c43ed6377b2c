"""The one shape of a sink: opened with a session's header, given its events, finished with its summary, closed."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Protocol, TypeAlias

from footfall_gateway.packets import RecordingHeader
from footfall_gateway.sessions.events import Event
from footfall_processing.companions import CompanionSummary
from footfall_processing.health import SensorHealth
from footfall_processing.results.summary import SessionSummary


@dataclass(frozen=True, slots=True)
class SensorReport:
    """A sensor's health, and by how much what is computed and kept was behind its newest packet then."""

    health: SensorHealth
    lag_s: float


News: TypeAlias = Event | SensorReport
"""What a sink is given: the events of the session's packets, and how its sensors are doing."""


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """What a session came to, and where its recording lies, if it lies here."""

    summary: SessionSummary
    companions: tuple[CompanionSummary, ...] = ()
    recording: Path | None = None


class Overflow(Enum):
    """What a sink does when events come faster than it can take them."""

    NEWEST_ONLY = auto()
    """Takes each at once and shows the newest state; who looks on may miss some."""
    HOLDS_UP = auto()
    """Drops nothing: its `write` waits, and holds up the session."""


class Sink(Protocol):
    """Takes one session's events, in their order. A new sink is a class of this shape and one line where it is wired.

    Attributes
    ----------
    overflow
        What happens when it is too slow.
    repeatable
        True when it may be given again what was told before a restart: the same once more changes nothing, or it begins
        anew with the restart and wants it.
    """

    @property
    def overflow(self) -> Overflow:
        """What happens when it is too slow."""
        ...

    @property
    def repeatable(self) -> bool:
        """Whether it may be given again what was told before a restart."""
        ...

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """Begin a session; `recording` is where it is recorded, if that is here.

        Raises
        ------
        FootfallError
            When the sink can't be had; the session then does not begin.
        """
        ...

    async def write(self, news: Sequence[News]) -> None:
        """Take what is new.

        Returns when it is safe, as far as the sink keeps anything.

        Raises
        ------
        FootfallError
            When it can't be kept.
        """
        ...

    async def finish(self, end: SessionEnd) -> None:
        """End the session; what was written before it is safe by then."""
        ...

    async def close(self) -> None:
        """Let go of everything, also of a session that was not finished. Called once, whatever came before."""
        ...


class Sinks:
    """All sinks of one session, as one: those that never wait come first, so that a cue waits for no disk.

    Parameters
    ----------
    sinks
        In the order in which those that may wait are written and finished.
    """

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = sorted(sinks, key=lambda sink: sink.overflow is Overflow.HOLDS_UP)
        self._opened = AsyncExitStack()

    async def open(self, header: RecordingHeader, recording: Path | None = None) -> None:
        """Open all; when one can't be had, those that were opened are closed again, and its error passes."""
        async with AsyncExitStack() as opened:
            for sink in self._sinks:
                opened.push_async_callback(sink.close)
                await sink.open(header, recording)
            self._opened = opened.pop_all()

    async def write(self, news: Sequence[News], *, again: bool = False) -> None:
        """Give all what is new; `again` leaves out those that must not be told twice."""
        if news:
            for sink in self._sinks:
                if sink.repeatable or not again:
                    await sink.write(news)

    async def finish(self, end: SessionEnd) -> None:
        """Finish all: first those that keep something."""
        for sink in sorted(self._sinks, key=lambda sink: sink.overflow is Overflow.NEWEST_ONLY):
            await sink.finish(end)

    async def close(self) -> None:
        """Close all that were opened, the last one first, whatever another one's closing says."""
        await self._opened.aclose()
