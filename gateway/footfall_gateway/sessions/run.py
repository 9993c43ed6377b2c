"""The live run: packets to disk first, then through the pipeline to everyone who listens.

::

    packets ──► recorder ──► decoders ──► pipeline ──┬──► store    own queue; never drops, holds up the run
                                                     └──► views    newest state only; never wait
"""

from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from footfall_gateway import wire
from footfall_gateway.recordings.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.recording import RecordingEvent
from footfall_gateway.sessions.analysis import Analysis, Event
from footfall_gateway.sessions.companions import CompanionReader
from footfall_gateway.sessions.sinks import Recorder, Say, StoreKeeper
from footfall_processing.companions import CompanionReading, CompanionSummary, CompanionTally
from footfall_processing.gait import Doing, Impact, NowDoing, Stride
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.results.summary import SessionSummary
from footfall_processing.results.windows import Window
from footfall_processing.samples import ImuBlock

EARLIER_PACKETS: Final = 256
"""Recorded packets are taken so many at once, between which others have their turn."""


LINK_EVENT: Final = "link"
"""The kind of a recording's events that tell how a link stands."""

_TROUBLE: Final = (LinkState.SILENT, LinkState.LOST)
_LINK_WORDS: Final = {
    LinkState.SILENT: "connected, but sends nothing",
    LinkState.LOST: "lost; searching for it",
    LinkState.STREAMING: "back again",
}


class View(Protocol):
    """Someone who looks on: takes every event at once, and never holds up the run."""

    def write(self, item: Stride | Impact | Window | NowDoing | SensorHealth | CompanionReading, /) -> None:
        """Take the next event."""
        ...


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run came to; strides ordered by initial contact, then sensor, and what was done from when on."""

    strides: tuple[Stride, ...]
    doings: tuple[NowDoing, ...]
    summary: SessionSummary
    companions: tuple[CompanionSummary, ...] = ()


async def run(
    header: RecordingHeader,
    batches: AsyncIterable[Sequence[RawPacket]],
    *,
    decode: Callable[[Sequence[RawPacket]], Iterable[ImuBlock]],
    recorder: Recorder,
    store: StoreKeeper,
    views: Sequence[View],
    earlier: Iterable[RawPacket] = (),
) -> RunResult:
    """Take packets until they end: record, `decode` (each packet once), compute, hand out.

    The packets of `earlier`, which are recorded already, come first. The strides depend on the recorded packets alone,
    so analysing the recording gives the same ones.
    """
    analysis = Analysis(header.session)
    doings: list[NowDoing] = []
    doing: dict[str, Doing | None] = dict.fromkeys(sensor.id for sensor in header.session.sensors)

    reader = CompanionReader(header)
    tally = CompanionTally(companion.id for companion in header.companions)

    def show(item: Event | NowDoing | CompanionReading) -> None:
        for view in views:
            view.write(item)

    async def hand_out(events: Iterable[Event]) -> None:
        fresh: list[Stride | Window] = []
        for event in events:
            show(event)
            if not isinstance(event, Impact):
                fresh.append(event)
        await store.write(fresh)

    def note_doing(sensor_id: str, t_s: float) -> None:
        now = analysis.doing(sensor_id)
        if now is not None and now is not doing[sensor_id]:
            doing[sensor_id] = now
            doings.append(NowDoing(sensor_id, t_s, now))
            show(doings[-1])

    async def take(packets: Sequence[RawPacket]) -> None:
        for reading in reader.push(packets):
            tally.push(reading)
            show(reading)
        for block in decode(packets):
            await hand_out(analysis.push(block))
            note_doing(block.sensor_id, float(block.t_s[-1]))

    waiting = iter(earlier)
    while several := list(islice(waiting, EARLIER_PACKETS)):
        await take(several)
    async for batch in batches:
        await recorder.write(batch)
        await take(batch)
    await hand_out(analysis.flush())
    summary = analysis.summary()
    companions = tally.summaries()
    await store.finish(wire.summary_object(summary, companions))
    return RunResult(analysis.strides(), tuple(doings), summary, companions)


async def watch(
    reports: AsyncIterable[Iterable[SensorHealth]], views: Sequence[View], *, recorder: Recorder, say: Say
) -> None:
    """Pass the sensors' health on to the views until the reports end; record changes of links, and tell of losses."""
    states: dict[str, LinkState] = {}
    troubled: set[str] = set()
    async for report in reports:
        for health in report:
            for view in views:
                view.write(health)
            if health.state is states.get(health.sensor_id):
                continue
            states[health.sensor_id] = health.state
            await recorder.note(RecordingEvent(health.t_s, LINK_EVENT, health.state.value, health.sensor_id))
            if health.state in _TROUBLE:
                troubled.add(health.sensor_id)
            elif health.state is not LinkState.STREAMING or health.sensor_id not in troubled:
                continue
            else:
                troubled.discard(health.sensor_id)
            say(f"{health.sensor_id}: {_LINK_WORDS[health.state]}.")
