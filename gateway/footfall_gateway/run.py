"""The live run: packets to disk first, then through the pipeline to everyone who listens.

::

    packets ──► recorder ──► decoders ──► pipeline ──┬──► store    own queue; never drops, holds up the run
                                                     └──► views    newest state only; never wait
"""

from collections.abc import AsyncIterable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from footfall_gateway import wire
from footfall_gateway.devices import PROFILES
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.sinks import Recorder, StoreKeeper
from footfall_processing.gait import Impact, Stride
from footfall_processing.health import SensorHealth
from footfall_processing.pipeline import GaitPipeline
from footfall_processing.summary import SessionSummary, summarize


class View(Protocol):
    """Someone who looks on: takes every event at once, and never holds up the run."""

    def write(self, item: Stride | Impact | SensorHealth, /) -> None:
        """Take the next event."""
        ...


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run came to; strides ordered by initial contact, then sensor."""

    strides: tuple[Stride, ...]
    summary: SessionSummary


async def run(
    header: RecordingHeader,
    batches: AsyncIterable[Sequence[RawPacket]],
    *,
    recorder: Recorder,
    store: StoreKeeper,
    views: Sequence[View],
) -> RunResult:
    """Take packets until they end: record, decode, compute, hand out.

    The strides depend on the recorded packets alone, so analysing the recording gives the same ones.
    """
    sensors = header.session.sensors
    decoders = {
        recorded.sensor.id: PROFILES[recorded.profile].decoder(recorded) for recorded in header.recorded_sensors
    }
    pipeline = GaitPipeline(sensors, header.session.runner)
    strides: list[Stride] = []

    async def hand_out(events: Iterable[Stride | Impact]) -> None:
        fresh: list[Stride] = []
        for event in events:
            for view in views:
                view.write(event)
            if isinstance(event, Stride):
                fresh.append(event)
        strides.extend(fresh)
        await store.write(fresh)

    async for batch in batches:
        await recorder.write(batch)
        for packet in batch:
            for block in decoders[packet.sensor_id].push(packet):
                await hand_out(pipeline.push(block))
    await hand_out(pipeline.flush())
    strides.sort(key=lambda stride: (stride.initial_contact_s, stride.sensor_id))
    summary = summarize(strides, sensors)
    await store.finish(wire.summary_object(summary))
    return RunResult(tuple(strides), summary)


async def watch(reports: AsyncIterable[Iterable[SensorHealth]], views: Sequence[View]) -> None:
    """Pass the sensors' health on to the views, until the reports end."""
    async for report in reports:
        for health in report:
            for view in views:
                view.write(health)
