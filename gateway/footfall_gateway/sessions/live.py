"""A live run: packets to the recording first, then through the engine to everyone who listens."""

from collections.abc import AsyncIterable, Iterable, Sequence
from typing import Final

from footfall_gateway.packets import RawPacket
from footfall_gateway.recordings.decoding import chunks
from footfall_gateway.recordings.recorder import Recorder
from footfall_gateway.recordings.recording import RecordingEvent
from footfall_gateway.say import Say
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.sinks.base import SensorReport, SessionEnd, Sinks
from footfall_processing.health import LinkState

LINK_EVENT: Final = "link"
"""The kind of a recording's events that tell how a link stands."""

_TROUBLE: Final = (LinkState.SILENT, LinkState.LOST)
_LINK_WORDS: Final = {
    LinkState.SILENT: "connected, but sends nothing",
    LinkState.LOST: "lost; searching for it",
    LinkState.STREAMING: "back again",
}


async def run(
    engine: SessionEngine,
    batches: AsyncIterable[Sequence[RawPacket]],
    *,
    recorder: Recorder,
    sinks: Sinks,
    earlier: Iterable[RawPacket] = (),
) -> SessionEnd:
    """Take packets until they end: record, compute, hand out; return what the session came to, to finish the sinks.

    The packets of `earlier`, which are recorded already, come first; who must not be told twice is not told of them.
    The strides depend on the recorded packets alone, so analysing the recording gives the same ones.
    """
    for together in chunks(earlier):
        await sinks.write(engine.take(together), again=True)
    async for batch in batches:
        await recorder.write(batch)
        await sinks.write(engine.take(batch))
    await sinks.write(engine.end())
    return SessionEnd(engine.summary(), engine.companions(), recorder.path)


async def watch(
    reports: AsyncIterable[Sequence[SensorReport]], sinks: Sinks | None, *, recorder: Recorder, say: Say
) -> None:
    """Pass the sensors' health on until the reports end; record changes of links, and tell of losses."""
    states: dict[str, LinkState] = {}
    troubled: set[str] = set()
    async for report in reports:
        if sinks is not None:
            await sinks.write(report)
        for health in (one.health for one in report):
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
