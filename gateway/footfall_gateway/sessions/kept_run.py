"""A run that is kept here: recorded, computed as it comes, and given to its sinks."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from footfall_gateway.ble.hub import SensorHub
from footfall_gateway.errors import GatewayError
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.recorder import Recorder
from footfall_gateway.service.vitals import Vitals
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.live import run, watch
from footfall_gateway.sessions.ready_run import Place, ReadyRun
from footfall_gateway.sessions.sinks.base import SensorReport, SessionEnd, Sink, Sinks
from footfall_gateway.sessions.sinks.buffered import Buffered

RECORDING: Final = "recording"
"""What takes packets to the disk and through the engine."""


@dataclass(frozen=True, slots=True)
class KeptRun:
    """What came of a run, where its recording lies, what failed without ending it, and whether the user ended it."""

    header: RecordingHeader
    end: SessionEnd
    recording_path: Path
    failures: tuple[str, ...]
    interrupted: bool = False

    def require_whole(self) -> None:
        """Raise `GatewayError` when anything failed on the way."""
        if self.failures:
            raise GatewayError(f"the run is not kept whole: {'; '.join(self.failures)}")


async def keep_run(ready: ReadyRun, place: Place, sinks: Sequence[Sink], vitals: Vitals | None = None) -> KeptRun:
    """Take a run live: record, compute, hand out; `vitals` is told how the work goes."""
    batches = ready.batches() if vitals is None else vitals.each(RECORDING, ready.batches())
    hub, unfinished = ready.hub, ready.unfinished
    header, path = await ready.begin(place)
    engine = SessionEngine(header, hub.decoders())
    everyone = Sinks(sinks)
    await everyone.open(header, path)
    try:
        async with (
            Recorder(path, header, place.say, unfinished=unfinished) as recorder,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(watch(_reports(hub, engine), everyone, recorder=recorder, say=place.say))
            stopping = tasks.create_task(ready.stop_in_time())
            end = await run(engine, batches, recorder=recorder, sinks=everyone, earlier=unfinished or ())
        await everyone.write(_report(hub, engine))
        await everyone.finish(end)
    finally:
        await everyone.close()
    stopped = stopping.result()
    failures = [recorder.failure, *(sink.failure for sink in sinks if isinstance(sink, Buffered)), *stopped.losses]
    return KeptRun(
        header, end, path, tuple(failure for failure in failures if failure is not None), stopped.interrupted
    )


async def _reports(hub: SensorHub, engine: SessionEngine) -> AsyncIterator[Sequence[SensorReport]]:
    async for _ in hub.reports():
        yield _report(hub, engine)


def _report(hub: SensorHub, engine: SessionEngine) -> list[SensorReport]:
    """Tell how the sensors are doing, and how far the engine is behind their newest packets."""
    return [
        SensorReport(health, max((hub.newest_packet_s(health.sensor_id) or 0.0) - engine.taken_s, 0.0))
        for health in map(engine.with_signals, hub.health())
    ]
