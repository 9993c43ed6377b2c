"""A session as JSON lines, for scripts."""

from collections.abc import Callable, Sequence
from pathlib import Path

from footfall_gateway import wire
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.sessions.analysis import in_order
from footfall_gateway.sessions.sinks.base import News, Overflow, SessionEnd
from footfall_processing.gait import NowDoing, Stride
from footfall_processing.results.windows import WINDOW_KINDS, WindowStage


class JsonLines:
    """Writes a session's lines when it is over: its description, its strides in order of time, its summary.

    Parameters
    ----------
    write_line
        Takes a line, without its end.
    windows
        The kind of windows to write too, each before the stride that ended it; one of `WINDOW_KINDS`.
    doing
        Also what was done from when on.
    """

    overflow = Overflow.HOLDS_UP
    repeatable = True

    def __init__(self, write_line: Callable[[str], None], *, windows: str | None = None, doing: bool = False) -> None:
        self._write_line = write_line
        self._kind = None if windows is None else WINDOW_KINDS[windows]
        self._with_doing = doing
        self._header: RecordingHeader | None = None
        self._strides: list[Stride] = []
        self._doing: list[NowDoing] = []

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """Begin a session; see `Sink`."""
        self._header = header

    async def write(self, news: Sequence[News]) -> None:
        """Remember what is to be written; see `Sink`."""
        self._strides += (item for item in news if isinstance(item, Stride))
        if self._with_doing:
            self._doing += (item for item in news if isinstance(item, NowDoing))

    async def finish(self, end: SessionEnd) -> None:
        """Write all lines; see `Sink`."""
        assert self._header is not None, "opened before it is finished"
        session = self._header.session
        stage = None if self._kind is None else WindowStage(session.sensors, self._kind, session.begin_s)
        self._write(wire.recording_object(self._header))
        for doing in self._doing:
            self._write(wire.doing_object(doing))
        for stride in in_order(self._strides):
            for window in stage.push(stride) if stage else ():
                self._write(wire.window_object(window))
            self._write(wire.stride_object(stride))
        for window in stage.flush() if stage else ():
            self._write(wire.window_object(window))
        self._write(wire.summary_object(end.summary, end.companions))

    async def close(self) -> None:
        """See `Sink`; there is nothing to let go of."""

    def _write(self, line: wire.JsonObject) -> None:
        self._write_line(wire.json_line(line))
