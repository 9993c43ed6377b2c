"""A session's points on their way to InfluxDB."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from footfall_gateway.influx.points import Item, called, lines_of_all
from footfall_gateway.influx.sender import InfluxSender
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.say import Say
from footfall_gateway.sessions.sinks.base import News, Overflow, SensorReport, SessionEnd
from footfall_gateway.sessions.sinks.store import SharedStore
from footfall_gateway.store.sqlite_file import PassingError
from footfall_processing.errors import InputError
from footfall_processing.gait import Stride
from footfall_processing.results.windows import Window

LATER: Final = "`footfall push` sends it later."


class InfluxSink:
    """Writes strides, windows, the sensors' health, and at the end summary and load.

    Parameters
    ----------
    sender
        Keeps and sends the points of all sessions.
    store
        Where the runner's sessions before this one are, for the load; it must be finished before this sink.
    whose
        What a runner is called in InfluxDB: a pseudonym, or the name.
    say
        Told once when a session can have no points, as when it has no date.
    """

    overflow = Overflow.HOLDS_UP
    repeatable = True

    def __init__(self, sender: InfluxSender, store: SharedStore, whose: Callable[[str], str], say: Say) -> None:
        self._sender = sender
        self._store = store
        self._whose = whose
        self._say = say
        self._header: RecordingHeader | None = None
        self._sensor_ids: frozenset[str] = frozenset()

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """Begin a session; see `Sink`."""
        self._header = called(header, self._whose)
        self._sensor_ids = frozenset(sensor.id for sensor in header.session.sensors)

    async def write(self, news: Sequence[News]) -> None:
        """Write strides, windows and health; see `Sink`."""
        await self._write(item for item in news if isinstance(item, Stride | Window | SensorReport))

    async def finish(self, end: SessionEnd) -> None:
        """Write the summary, and where it stands against the runner's ceiling; see `Sink`."""
        if self._header is not None:
            try:
                stand = await self._store.standing_of(self._header.session.id)
            except PassingError as error:
                stand = None
                self._say(f"InfluxDB gets no load of session {self._header.session.id}: {error}. {LATER}")
            await self._write([end.summary] if stand is None else [end.summary, stand])

    async def close(self) -> None:
        """See `Sink`; the sender goes on."""

    async def _write(self, items: Iterable[Item]) -> None:
        if self._header is None:
            return
        try:
            # a companion measures no movement, so it has no place among the legs
            of_legs = (i for i in items if not isinstance(i, SensorReport) or i.health.sensor_id in self._sensor_ids)
            lines = lines_of_all(of_legs, self._header)
        except InputError as error:
            self._say(f"Session {self._header.session.id} has no points: {error}")
            self._header = None
        else:
            await self._sender.write(lines)
