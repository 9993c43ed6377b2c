"""The two ends of the wire in this process, at a real broker: what they keep and say can be looked at."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Any

from footfall_gateway.clock import Clock, SystemClock
from footfall_gateway.data_folder import inbox_path
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.influx.points import Item as Point
from footfall_gateway.influx.points import lines_of
from footfall_gateway.mqtt.broker import Arrived, BrokerAddress, Connection, cancelled_together, stay_connected
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import BatchCutter, encode_batch
from footfall_gateway.mqtt.processor import Processor
from footfall_gateway.mqtt.publisher import Publisher
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.mqtt.topics import Kind, SessionKey, SessionTopic, status_topic
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.sinks.base import News, Overflow, SensorReport, SessionEnd, Sink
from footfall_processing.gait import Stride
from footfall_processing.results.windows import Window
from programs import PATIENCE_S
from servers import Server

PROBE = SessionTopic("probe", "", "no-session", Kind.SESSION)
"""Is retained, so it shows when a processor has begun to listen: it asks for what it lacks."""


@dataclass
class Heard:
    """What comes, one after the other."""

    waiting: asyncio.Queue[str | Point | Arrived] = field(default_factory=asyncio.Queue)
    all: list[str | Point | Arrived] = field(default_factory=list)

    def take(self, item: str | Point | Arrived) -> None:
        self.all.append(item)
        self.waiting.put_nowait(item)

    def sinks_of(self, key: SessionKey, header: RecordingHeader) -> list[Sink]:
        """Hear all that would be points of a session."""
        return [HeardSink(self)]

    async def __aiter__(self) -> AsyncIterator[str | Point | Arrived]:
        while True:
            yield await asyncio.wait_for(self.waiting.get(), PATIENCE_S)

    async def until(self, wanted: Callable[[Arrived], bool]) -> Arrived:
        """Return the first message that is wanted."""
        async for item in self:
            if isinstance(item, Arrived) and wanted(item):
                return item
        raise AssertionError("nothing comes any more")

    @property
    def said(self) -> list[str]:
        """All that a person was told."""
        return [item for item in self.all if isinstance(item, str)]

    async def until_said(self, text: str) -> str:
        """Return what a person is told that has this text in it."""
        async for item in self:
            if isinstance(item, str) and text in item:
                return item
        raise AssertionError(f"not said: {text}")


class HeardSink:
    """A sink of points, which refuses what a database would."""

    overflow = Overflow.HOLDS_UP
    repeatable = True

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._header: RecordingHeader | None = None

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        self._header = header

    async def write(self, news: Sequence[News]) -> None:
        assert self._header is not None
        legs = {sensor.id for sensor in self._header.session.sensors}
        for item in news:
            if isinstance(item, Stride | Window) or (isinstance(item, SensorReport) and item.health.sensor_id in legs):
                assert all(lines_of(item, self._header))
                self._heard.take(item)

    async def finish(self, end: SessionEnd) -> None:
        self._heard.take(end.summary)

    async def close(self) -> None:
        """There is nothing to let go of."""


@contextlib.asynccontextmanager
async def connected(broker: Server, client_id: str) -> AsyncIterator[Connection]:
    """Give a connection to do with as one likes."""
    there: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()

    async def stay(connection: Connection) -> None:
        there.set_result(connection)
        await asyncio.Event().wait()

    def fail(text: str) -> None:
        there.set_exception(AssertionError(text))

    work = stay_connected(
        BrokerAddress("127.0.0.1", broker.port, tls=False),
        stay,
        client_id=client_id,
        clock=SystemClock(),
        random=Random(1),
        say=fail,
        meanwhile="",
    )
    async with _in_background(work):
        yield await there


def _staying_connected(
    broker: Server, work: Callable[[Connection], Awaitable[None]], heard: Heard, client_id: str
) -> Coroutine[Any, Any, None]:
    return stay_connected(
        BrokerAddress("127.0.0.1", broker.port, tls=False),
        work,
        client_id=client_id,
        clock=SystemClock(),
        random=Random(1),
        say=heard.take,
        meanwhile="",
    )


@contextlib.asynccontextmanager
async def processing(
    broker: Server,
    folder: Path,
    heard: Heard,
    client_id: str = "processor",
    *,
    kept_strides: Callable[[str], Awaitable[int]] | None = None,
    forget_results: Callable[[str], Awaitable[None]] | None = None,
    software: str = "1.0",
) -> AsyncIterator[Inbox]:
    """Run a processor on a folder, as `footfall process` does; it listens when this is entered.

    What it computes and says before it listens is heard as well: what waits in the inbox, it takes up at once.
    """
    inbox_disk = DiskThread("inbox")
    inbox = await inbox_disk.call(Inbox, inbox_path(folder))
    processor = Processor(
        inbox,
        inbox_disk,
        heard.sinks_of,
        heard.take,
        kept_strides=kept_strides,
        forget_results=forget_results,
        software=software,
    )
    work = _staying_connected(broker, processor.run, heard, client_id)
    try:
        asked = PROBE.key.topic(Kind.ACK)
        async with (
            connected(broker, f"probe-{client_id}") as probing,
            listening(broker, str(asked), f"asked-{client_id}") as asking,
        ):
            await probing.publish(PROBE, b"no description", retain=True)
            async with _in_background(cancelled_together(processor.compute(), work)):
                await asking.until(lambda _: True)
                await probing.publish(PROBE, b"", retain=True)
                yield inbox
    finally:
        await inbox_disk.call(inbox.close)
        inbox_disk.close()


@contextlib.asynccontextmanager
async def publishing(
    broker: Server, name: str, spool: Spool, heard: Heard, client_id: str = "gateway", *, clock: Clock | None = None
) -> AsyncIterator[Publisher]:
    """Run a gateway's publisher on a spool; it listens when this is entered."""
    disk = DiskThread("spool")
    publisher = Publisher(name, spool, disk, clock or SystemClock(), heard.take, pseudonym=str)
    work = _staying_connected(broker, publisher.run, heard, client_id)
    try:
        async with listening(broker, status_topic(name), f"probe-{client_id}") as status, _in_background(work):
            await anext(aiter(status))
            yield publisher
    finally:
        disk.close()


@contextlib.asynccontextmanager
async def listening(broker: Server, topics: str, client_id: str) -> AsyncIterator[Heard]:
    """Hear what is published, and what is retained."""
    heard = Heard()

    async def listen(connection: Connection) -> None:
        async for messages in connection.messages():
            for arrived in messages:
                heard.take(arrived)

    async with connected(broker, client_id) as connection:
        await connection.subscribe(topics)
        async with _in_background(listen(connection)):
            yield heard


@contextlib.asynccontextmanager
async def _in_background(work: "asyncio._CoroutineLike[None]") -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def batches(recording: Recording, duration_s: float) -> Iterator[bytes]:
    """Cut the beginning of a recording into batches."""
    cutter = BatchCutter()
    packets = takewhile(lambda packet: packet.received_s < duration_s, recording)
    for sequence, batch in enumerate([*cutter.push(packets), *cutter.flush()], start=1):
        yield encode_batch(sequence, batch)
