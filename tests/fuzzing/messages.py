"""What comes over MQTT: topics, payloads, and a processor that goes on whatever it is sent."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing, suppress
from copy import deepcopy
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from random import Random
from typing import Any, Final, TypeVar

import msgspec
import zstandard

from footfall_gateway import wire
from footfall_gateway.clock import SystemClock
from footfall_gateway.influx.points import lines_of
from footfall_gateway.mqtt import topics
from footfall_gateway.mqtt.broker import Arrived
from footfall_gateway.mqtt.hearing import GATHER_S
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import (
    Ack,
    End,
    Status,
    decode_batch,
    decode_health,
    decode_json,
    encode_batch,
    encode_health,
    encode_json,
)
from footfall_gateway.mqtt.processor import Processor
from footfall_gateway.mqtt.topics import Kind, SessionKey
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.sessions.checkpoints import Computation, Position
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.sinks.base import News, Overflow, SensorReport, SessionEnd, Sink
from footfall_gateway.virtual.conformance.streams import heard
from footfall_processing.companions import CompanionReading
from footfall_processing.errors import InputError
from footfall_processing.gait import Stride
from footfall_processing.results.windows import Window
from footfall_processing.session import Session
from fuzzing.door import Door, Pieces, put, scratch
from fuzzing.mutations import VALUES, Shape
from fuzzing.radio import characteristics_of, packets_of
from gateway.devices.subjects import COMPANION_SUBJECTS, SUBJECTS
from programs import PATIENCE_S

T = TypeVar("T")

GATEWAYS: Final = ("track", "hall")
SESSIONS: Final = ("one", "two", "[/]\x1b")
_PROBE: Final = "honest"


def is_text(data: bytes) -> bool:
    """Tell whether bytes are UTF-8."""
    return "\ufffd" not in data.decode(errors="replace") or "\ufffd".encode() in data


def take_topic(data: bytes) -> None:
    """Read a topic; what is read is written as a topic that says the same."""
    topic = topics.parse(data.decode("utf-8", "surrogateescape"))
    if topic is None:
        return
    written = str(topic)
    written.removeprefix(f"{topics.ROOT}/{topic.gateway}").encode()
    if not is_text(data) or len(written) > topics.LONGEST_TOPIC:  # no broker lets it through; no gateway writes it
        return
    assert written.count("/") == 5 + (topic.kind in topics.OF_ONE_SENSOR), "a name ends a level"
    assert not set("+#\0") & set(written.removeprefix(f"{topics.ROOT}/{topic.gateway}")), "a name stands for others"
    again = topics.parse(written)
    assert again is not None
    assert again.key == topic.key, "a topic of a session is one of another"
    assert len(topic.sensor_id) > topics.LONGEST_NAME or again.sensor_id == topic.sensor_id, "of another sensor"


def _take_batch(payload: bytes) -> None:
    batch = decode_batch(payload)
    assert decode_batch(encode_batch(batch.sequence, batch.packets)) == batch, "a batch reads back otherwise"


def _take_health(payload: bytes) -> None:
    message = decode_health(payload)
    assert decode_health(encode_health(message)) == message, "health reads back otherwise"
    wire.json_line(wire.health_object(message.health))


def _take_json(kind: type[Ack] | type[End] | type[Status], payload: bytes) -> None:
    message = decode_json(payload, kind)
    assert decode_json(encode_json(message), kind) == message, "a message reads back otherwise"


PAYLOADS: Final[Sequence[Callable[[bytes], object]]] = (
    _take_batch,
    _take_health,
    lambda payload: _take_json(End, payload),
    lambda payload: _take_json(Ack, payload),
    lambda payload: _take_json(Status, payload),
)


def take_batch(data: bytes) -> None:
    """Read a batch of packets."""
    _take_batch(data)


def take_message(data: bytes) -> None:
    """Read a payload in JSON; the first byte says of which kind."""
    PAYLOADS[1 + data[0] % 4 if data else 1](data[1:])


class _LocalDisk:
    """Calls at once, in this thread: nothing else goes on here."""

    async def call(self, function: Callable[..., T], *arguments: object) -> T:
        return function(*arguments)


class _Wire:
    """A connection over which some messages come, and then no more."""

    dropped = 0

    def __init__(self, messages: Sequence[Arrived], ended: asyncio.Event) -> None:
        self._messages = messages
        self._ended = ended
        self.sent = 0

    async def subscribe(self, *_: str, own: bool = True) -> None:
        """Hear of all."""

    async def publish(self, topic: object, payload: bytes, *, retain: bool = False, receipt: bool = True) -> bool:
        """Have what is published read back by whom it is for."""
        read = topics.parse(str(topic))
        assert read is not None
        assert read.kind is Kind.ACK
        if payload:  # none asks whether this user may acknowledge
            decode_json(payload, Ack)
        self.sent += 1
        return retain or receipt

    async def messages(self) -> AsyncIterator[Sequence[Arrived]]:
        """Bring all, a few at a time."""
        for begin in range(0, len(self._messages), 3):
            yield self._messages[begin : begin + 3]
            await asyncio.sleep(0)
        await self._ended.wait()


class _Hasty(SystemClock):
    """Gathers nothing: all is here."""

    async def sleep(self, duration_s: float) -> None:
        await asyncio.sleep(0.0 if duration_s <= GATHER_S else duration_s)


class _Points:
    """A sink that makes points of all, as that of the database does."""

    overflow = Overflow.HOLDS_UP
    repeatable = True

    async def open(self, header: RecordingHeader, recording: object) -> None:
        self._header = header

    async def write(self, news: Sequence[News]) -> None:
        legs = {sensor.id for sensor in self._header.session.sensors}
        for item in news:
            if isinstance(item, Stride | Window) or (isinstance(item, SensorReport) and item.health.sensor_id in legs):
                with suppress(InputError):  # of a session without a date
                    lines_of(item, self._header)

    async def finish(self, end: SessionEnd) -> None:
        wire.json_line(wire.summary_object(end.summary, end.companions))

    async def close(self) -> None:
        """There is nothing to let go of."""


def _honest() -> list[Arrived]:
    key = SessionKey("probe", "", _PROBE)
    header = replace(session_header(), session=replace(session_header().session, id=_PROBE))
    return [
        Arrived(str(key.topic(Kind.SESSION)), encode_header(header)),
        Arrived(str(key.topic(Kind.END)), encode_json(End(0))),
    ]


def take_messages(data: bytes) -> None:
    """Send a processor anything; it goes on, and an honest session that comes afterwards is complete."""
    asyncio.run(_take_messages([*_arrived(data), *_honest()]))


def _arrived(data: bytes) -> list[Arrived]:
    pieces, kinds = Pieces(data), tuple(Kind)
    arrived: list[Arrived] = []
    while pieces and len(arrived) < 60:
        head = pieces.number()
        key = SessionKey(GATEWAYS[head % 2], "", SESSIONS[head // 2 % 3])
        topic = str(key.topic(kinds[head // 6 % len(kinds)], "foot"))
        if head >= 0xF0:
            topic = pieces.counted().decode(errors="replace")
        arrived.append(Arrived(topic, pieces.take(pieces.number(2)), retained=bool(head & 1)))
    return arrived


async def _take_messages(messages: Sequence[Arrived]) -> None:
    path = scratch() / "processor.sqlite"
    put(path.name, b"")
    path.unlink()
    complete, left = asyncio.Event(), asyncio.Event()

    def say(line: str) -> None:
        assert line.isprintable(), "a line that is told is none"
        if line.startswith(f"Session {_PROBE} ") and "is complete" in line:
            complete.set()

    with closing(Inbox(path)) as inbox:
        disk: Any = _LocalDisk()
        sinks: Any = lambda key, header: [_Points()]  # noqa: E731
        connection: Any = _Wire(messages, left)
        processor = Processor(inbox, disk, sinks, say, software="fuzzing", clock=_Hasty())
        waiting: asyncio.Task[Any] = asyncio.create_task(complete.wait())
        tasks: set[asyncio.Task[Any]] = {waiting}
        tasks |= {asyncio.create_task(processor.run(connection)), asyncio.create_task(processor.compute())}
        done, _ = await asyncio.wait(tasks, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done - {waiting}:
            task.result()
        assert waiting in done, "an honest session is not computed any more"


@cache
def session_header() -> RecordingHeader:
    """Describe a session of a sensor of each kind that is quickly decoded, and of all companions."""
    chosen = [subject for subject in SUBJECTS if subject.name in ("footfall", "samples", "witmotion", "polar, H10")]
    recorded = tuple(
        replace(subject.recorded_sensor, sensor=replace(subject.sensor, id=subject.profile.name)) for subject in chosen
    )
    companions = tuple(subject.companion for subject in COMPANION_SUBJECTS)
    sensors = tuple(one.sensor for one in recorded)
    return RecordingHeader(Session("one", None, sensors, "fuzzing"), recorded, companions)


@cache
def _speakers() -> tuple[tuple[str, tuple[str, ...]], ...]:
    chosen = [subject for subject in SUBJECTS if subject.name in ("footfall", "samples", "witmotion", "polar, H10")]
    sensors = [(subject.profile.name, characteristics_of(subject.profile)) for subject in chosen]
    return (*sensors, *((one.companion.id, one.profile.notifications) for one in COMPANION_SUBJECTS))


def take_session(data: bytes) -> None:
    """Compute a session of hostile packets to its end; all that comes of it is numbers, and can be written."""
    packets: list[RawPacket] = []
    for name, characteristics in _speakers():
        packets += packets_of(data, name, characteristics)
    packets.sort(key=lambda packet: packet.received_s)
    engine = SessionEngine(session_header())
    middle = len(packets) // 2
    events = engine.take(packets[:middle])
    if len(data) % 4 == 0:
        stored = engine.state()
        engine = SessionEngine(session_header())
        engine.restore(stored)
    events += engine.take(packets[middle:]) + engine.end()
    for event in events:
        if isinstance(event, CompanionReading):
            assert event.values
    line = wire.json_line(wire.summary_object(engine.summary(), engine.companions()))
    assert "NaN" not in line


def take_checkpoint(data: bytes) -> None:
    """Go on from a state in which some places are changed; what is not refused is computed to its end."""
    tree, pieces = msgspec.msgpack.decode(_state()), Pieces(data)
    for _ in range(pieces.number() % 4):
        _change(tree, pieces)
    engine = SessionEngine(small_header())
    engine.restore(msgspec.msgpack.encode(tree))
    for begin in range(0, len(_run()), 4):
        engine.take(_run()[begin : begin + 4])
    engine.end()
    wire.json_line(wire.summary_object(engine.summary(), engine.companions()))


def take_sealed(data: bytes) -> None:
    """Go on from a checkpoint with other bytes: of the whole, of what is packed, or unpacked, with a fitting digest."""
    pieces, sealed = Pieces(data), _sealed()
    head, packed = sealed[:5], sealed[21:]
    depth = pieces.number() % 3
    layers = (sealed, packed, zstandard.ZstdDecompressor().decompress(packed))
    changed = bytearray(layers[depth])
    while pieces:
        at = pieces.number(2) % len(changed)
        piece = pieces.counted()
        changed[at : at + len(piece)] = piece
    if depth == 2:
        changed = bytearray(zstandard.ZstdCompressor().compress(changed))
    if depth:
        changed[:0] = head + blake2b(changed, digest_size=16).digest()
    computation = Computation.restored(small_header(), bytes(changed))
    computation.take(_run(), Position(computation.position.sequence + 1))
    _, end = computation.end()
    wire.json_line(wire.summary_object(end.summary, end.companions))


@cache
def _sealed() -> bytes:
    computation = Computation(small_header())
    computation.take(_run()[:8], Position(1))
    return computation.checkpoint()


def _change(tree: Any, pieces: Pieces) -> None:  # noqa: ANN401
    """Put another value at the place that bytes lead to, or leave it out."""
    for _ in range(8):
        keys = sorted(tree) if isinstance(tree, dict) else range(len(tree))
        if not keys:
            return
        key = keys[pieces.number() % len(keys)]
        below = tree[key]
        if not isinstance(below, dict | list) or not below or pieces.number() % 8 == 0:
            value = (*VALUES, pieces.take(8))[pieces.number() % (len(VALUES) + 1)]
            if isinstance(below, int | float) and pieces.number() % 4:
                value = (below + 1, below - 1, below * 2, below / 2, -below, below + 1e-9, below * 1e3)[
                    pieces.number() % 7
                ]
            if isinstance(below, bytes) and isinstance(value, bytes):
                value = (
                    below[: len(below) // 16 * 8]
                    + value[: len(below) % 8 + 8]
                    + below[len(below) // 16 * 8 + len(value) :]
                )
            tree[key] = deepcopy(value)
            return
        tree = below


@cache
def _run() -> tuple[RawPacket, ...]:
    (subject,) = [subject for subject in SUBJECTS if subject.name == "footfall"]
    return tuple(replace(packet, sensor_id="footfall") for packet in heard(subject, Random(1), 400)[0])


@cache
def _state() -> bytes:
    engine = SessionEngine(small_header())
    engine.take(_run()[:8])
    return engine.state()


@cache
def small_header() -> RecordingHeader:
    """Describe a session of one sensor."""
    header = session_header()
    (recorded,) = [one for one in header.recorded_sensors if one.sensor.id == "footfall"]
    return RecordingHeader(replace(header.session, sensors=(recorded.sensor,)), (recorded,))


DOORS: Final = (
    Door("mqtt-topic", "a topic", take_topic, Shape.TEXT, most_bytes=1200),
    Door("mqtt-batch", "a batch of packets, MessagePack", take_batch, Shape.MSGPACK),
    Door(
        "mqtt-json", "health, end, acknowledgement, status, JSON", take_message, Shape.JSON, prefix=1, most_bytes=2048
    ),
    Door("mqtt-messages", "a series of messages to a processor", take_messages, most_bytes=8192),
    Door("session", "notifications of a whole session", take_session, Shape.FRAMES, most_bytes=800),
    Door("checkpoint", "changes to a session's stored state", take_checkpoint, most_bytes=80),
    Door("checkpoint-sealed", "changes to a checkpoint's bytes", take_sealed, most_bytes=80),
)

_: Sink = _Points()
