"""Cues of a run that goes on: to whoever makes them heard, at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from footfall_coaching.cues.asked import Asked
from footfall_coaching.cues.cue import Cue
from footfall_coaching.cues.live import Board, LiveCues
from footfall_coaching.try_out.events import AnyEvent
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.say import Say
from footfall_gateway.sessions.sinks.base import News, Overflow, SessionEnd
from footfall_gateway.sound.loudspeaker import Loudspeaker, SoundError
from footfall_processing.companions import CompanionReading
from footfall_processing.gait import Impact, Stride

Ask = Callable[[RecordingHeader], Awaitable[Asked]]
"""Tells what is cued in a run that begins."""

STAYS_SILENT: Final = "No sound from this computer: {}. The run goes on, and cues are shown."


class Outlet(Protocol):
    """Makes cues heard or seen; takes each at once and holds nothing up."""

    def cue(self, cue: Cue) -> None:
        """Take a cue."""
        ...

    def board(self, board: Board) -> None:
        """Take how the cues stand, after each batch."""
        ...


class CueSink:
    """Follows a run by the rules of live cues, and gives what is to be heard to outlets.

    Parameters
    ----------
    ask
        Tells what is cued.
    outlets
        Where cues go beside the loudspeaker.
    loudspeaker
        This computer's; `None` for none. Where it can't be had that is said once, and the run goes on.
    say
        Tells the user something in one line.

    Attributes
    ----------
    given
        How many cues were given that are to be heard.
    """

    overflow = Overflow.NEWEST_ONLY
    repeatable = False

    def __init__(self, ask: Ask, outlets: Sequence[Outlet], loudspeaker: Loudspeaker | None, say: Say) -> None:
        self.given = 0
        self._ask = ask
        self._outlets = outlets
        self._loudspeaker = loudspeaker
        self._say = say
        self._live: LiveCues | None = None

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """Begin a session; see `Sink`. One that goes on is where it was in its programme."""
        asked = await self._ask(header)
        for words in asked.why_not:
            self._say(words)
        goes_on = recording is not None and await asyncio.to_thread(recording.exists)
        self._live = LiveCues(header.session.sensors, asked, goes_on=goes_on)
        self._show()
        if self._loudspeaker is None or asked.is_empty:
            return
        try:
            await self._loudspeaker.open()
        except SoundError as error:
            self._say(STAYS_SILENT.format(error))

    async def write(self, news: Sequence[News]) -> None:
        """Give what is to be heard of it; see `Sink`."""
        if self._live is None:
            return
        items = [item for item in news if isinstance(item, Impact | Stride | CompanionReading)]
        if items:
            self._give(self._live.push_all(items))
            self._show()

    def mute(self, *, on: bool) -> None:
        """Mute all cues, or no more."""
        if self._live is not None:
            self._give(self._live.mute(on=on))
            if on and self._loudspeaker is not None:
                self._loudspeaker.mixer.hush()
            self._show()

    def take(self, event: AnyEvent) -> None:
        """Follow a try-out."""
        if self._live is not None:
            self._give(self._live.take(event))
            self._show()

    async def finish(self, end: SessionEnd) -> None:
        """End what is heard; see `Sink`."""
        if self._loudspeaker is not None:
            self._loudspeaker.mixer.hush()

    async def close(self) -> None:
        """Let go of the loudspeaker; see `Sink`."""
        if self._loudspeaker is not None:
            await self._loudspeaker.close()

    def _give(self, cues: Sequence[Cue]) -> None:
        for cue in cues:
            self.given += not cue.is_silence
            if self._loudspeaker is not None:
                self._loudspeaker.play(cue)
            for outlet in self._outlets:
                outlet.cue(cue)

    def _show(self) -> None:
        if self._live is not None:
            board = self._live.board()
            for outlet in self._outlets:
                outlet.board(board)
