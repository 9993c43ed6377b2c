"""Cues of a run that goes on: to whoever makes them heard, at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from footfall_coaching.cues.asked import Asked
from footfall_coaching.cues.board import Board
from footfall_coaching.cues.cue import Cue
from footfall_coaching.cues.live import LiveCues
from footfall_coaching.try_out.events import AnyEvent, Begun
from footfall_coaching.try_out.plan import Kind
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.say import Say
from footfall_gateway.sessions.sinks.base import News, Overflow, SessionEnd
from footfall_gateway.sound.loudspeaker import Loudspeaker, SoundError
from footfall_processing.companions import CompanionReading
from footfall_processing.gait import Impact, Stride

Ask = Callable[[RecordingHeader], Awaitable[Asked]]
"""Tells what is cued in a run that begins."""

KeepCued = Callable[[str, float], Awaitable[None]]
STAYS_SILENT: Final = "No sound from this computer: {}. The run goes on, and cues are shown."


class Outlet(Protocol):
    """Makes cues heard or seen; takes each at once and holds nothing up."""

    def cue(self, cue: Cue) -> None:
        """Take a cue."""
        ...

    def board(self, board: Board | None) -> None:
        """Take how the cues stand, after each batch; `None` while the run has none."""
        ...


class CueSink:
    """Follows a run by the rules of live cues, and gives what is to be heard to outlets.

    What is cued is told by `ask` when a run begins, and from then on by `set_cues` alone: a programme whose session
    begins or ends, a runner who asks for something else. Within that, a try-out's events (`take`) switch cues on and
    off, and `mute` is the runner's. All three work at once, at any time from the run's beginning to its end; before and
    after they do nothing. Call them from the event loop.

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
    keep_cued
        Keeps for how many minutes the cue was on in a run that is a programme's session; takes the session's id too.

    Attributes
    ----------
    given
        How many cues were given that are to be heard.
    """

    overflow = Overflow.NEWEST_ONLY
    repeatable = False

    def __init__(
        self,
        ask: Ask,
        outlets: Sequence[Outlet],
        loudspeaker: Loudspeaker | None,
        say: Say,
        keep_cued: KeepCued | None = None,
    ) -> None:
        self.given = 0
        self._ask = ask
        self._outlets = outlets
        self._loudspeaker = loudspeaker
        self._say = say
        self._keep_cued = keep_cued
        self._of_programme = ""
        self._live: LiveCues | None = None
        self._opening: asyncio.Task[None] | None = None

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """Begin a session; see `Sink`. One that goes on is where it was in its programme."""
        asked = await self._ask(header)
        for words in asked.why_not:
            self._say(words)
        goes_on = recording is not None and await asyncio.to_thread(recording.exists)
        self._of_programme = "" if asked.session is None else header.session.id
        self._live = LiveCues(header.session.sensors, asked, goes_on=goes_on)
        self._show()
        if not asked.is_empty:
            self._opening = asyncio.create_task(self._open_loudspeaker())
            await self._opening

    async def write(self, news: Sequence[News]) -> None:
        """Give what is to be heard of it; see `Sink`."""
        if self._live is None:
            return
        items = [item for item in news if isinstance(item, Impact | Stride | CompanionReading)]
        if items:
            self._give(self._live.push_all(items))
            self._show()

    @property
    def is_open(self) -> bool:
        """Whether a run goes on."""
        return self._live is not None

    @property
    def is_muted(self) -> bool:
        """Whether the runner muted the cues of this run."""
        return self._live is not None and self._live.is_muted

    def set_cues(self, wanted: Asked | None) -> None:
        """Cue this from now on, `None` for nothing; what is heard of other cues ends.

        What was learnt of the run stays, so it takes no ten strides until the first cue. The loudspeaker is opened at
        the run's beginning, where something is cued then, or else at the first `set_cues` with anything in it.
        """
        if self._live is None:
            return
        asked = Asked() if wanted is None else wanted
        for words in asked.why_not:
            self._say(words)
        self._give(self._live.set_asked(asked))
        self._show()
        if not asked.is_empty and self._opening is None:
            self._opening = asyncio.create_task(self._open_loudspeaker())

    def mute(self, *, on: bool) -> None:
        """Mute all cues, or no more."""
        if self._live is not None:
            self._give(self._live.mute(on=on))
            if on and self._loudspeaker is not None:
                self._loudspeaker.mixer.hush()
            self._show()

    def take(self, event: AnyEvent) -> None:
        """Follow a try-out: its cued blocks are cued, as `set_cues` asks, and all else of it is silent."""
        if self._live is not None:
            self._give(self._live.take(event))
            self._show()
            has_blocks = isinstance(event, Begun) and event.plan.kind is not Kind.RUNS
            if has_blocks and self._opening is None:  # also where nothing is cued, the end of a block is heard
                self._opening = asyncio.create_task(self._open_loudspeaker())

    async def finish(self, end: SessionEnd) -> None:
        """End what is heard; see `Sink`."""
        if self._loudspeaker is not None:
            self._loudspeaker.mixer.hush()
        if self._keep_cued is not None and self._live is not None and self._of_programme:
            await self._keep_cued(self._of_programme, self._live.cued_s / 60.0)

    async def close(self) -> None:
        """Let go of the loudspeaker; see `Sink`."""
        self._live = None
        if self._opening is not None:
            await self._opening
        if self._loudspeaker is not None:
            await self._loudspeaker.close()

    async def _open_loudspeaker(self) -> None:
        if self._loudspeaker is None:
            return
        try:
            await self._loudspeaker.open()
        except SoundError as error:
            self._say(STAYS_SILENT.format(error))

    def _give(self, cues: Sequence[Cue]) -> None:
        for cue in cues:
            self.given += not cue.is_silence
            if self._loudspeaker is not None:
                self._loudspeaker.play(cue)
            for outlet in self._outlets:
                outlet.cue(cue)

    def _show(self) -> None:
        if self._live is not None:
            board = None if self._live.is_idle else self._live.board()
            for outlet in self._outlets:
                outlet.board(board)
