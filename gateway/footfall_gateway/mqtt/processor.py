"""The processor: from the wire into the inbox, through the pipeline, and out to store, points and listeners.

::

    broker ──► inbox (on the disk) ──► acknowledgement
                  │
                  ▼  read in sequence, also after a restart
               Analysis ──► store (SQLite), points (PointSink), and the broker for whoever listens
"""

import asyncio
import contextlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from footfall_gateway import wire
from footfall_gateway.devices import Decoder
from footfall_gateway.mqtt.broker import Arrived, BrokerLostError, Connection
from footfall_gateway.mqtt.inbox import BatchCame, Came, EndCame, HeaderCame, Held, Inbox
from footfall_gateway.mqtt.payloads import (
    Ack,
    End,
    HealthMessage,
    PayloadError,
    decode_batch,
    decode_health,
    decode_json,
    encode_json,
)
from footfall_gateway.mqtt.topics import Kind, SessionKey, parse, topics_of
from footfall_gateway.recordings.header import HeaderError, decode_header
from footfall_gateway.recordings.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.recording import RecordingError, decoders_of
from footfall_gateway.sessions.analysis import Analysis, Event
from footfall_gateway.sessions.companions import CompanionReader
from footfall_gateway.sessions.point_sink import Point, PointSink, SensorReport
from footfall_gateway.sessions.sinks import DiskThread, Say
from footfall_gateway.store.database import Store
from footfall_gateway.store.progress import progress_of
from footfall_processing.companions import CompanionSummary, CompanionTally
from footfall_processing.errors import FootfallError, InputError
from footfall_processing.gait import Impact, Stride
from footfall_processing.results.summary import SessionSummary
from footfall_processing.results.windows import Window

BATCHES_AT_ONCE: Final = 128
"""Of one session, so that no session waits long for another that has much to catch up."""
SESSIONS_AT_ONCE: Final = 64
_HEARD: Final = (Kind.SESSION, Kind.RAW, Kind.END, Kind.HEALTH, Kind.ACK)


def _message(event: Event) -> tuple[Kind, str, wire.JsonObject]:
    """Return what listeners are told: as what, of which sensor."""
    if isinstance(event, Stride):
        return Kind.STRIDE, event.sensor_id, wire.stride_object(event)
    if isinstance(event, Impact):
        return Kind.CUE, event.sensor_id, wire.impact_object(event)
    return Kind.WINDOW, event.summary.sensor_id, wire.window_object(event)


class _Computed:
    """One session on its way through the pipeline.

    Attributes
    ----------
    taken_sequence, taken_s
        The last batch that went in, and when its last packet arrived at the gateway.
    kept_s
        As `taken_s`, of the last batch of which all that came is kept. Batches are in order of arrival, so every packet
        that arrived by then is done, whichever sensor's it was.
    """

    def __init__(self, header: RecordingHeader) -> None:
        self.header = header
        self.sensor_ids = frozenset(sensor.id for sensor in header.session.sensors)
        self.taken_sequence = 0
        self.taken_s = 0.0
        self.kept_s = 0.0
        self._analysis = Analysis(header.session)
        self._decoders: dict[str, Decoder] = decoders_of(header)
        self._companions = frozenset(companion.id for companion in header.companions)
        self._reader = CompanionReader(header)
        self._tally = CompanionTally(companion.id for companion in header.companions)

    def take(self, payloads: Iterable[bytes]) -> list[Event]:
        """Take the next batches; return what came of them."""
        waiting: dict[str, list[RawPacket]] = {sensor_id: [] for sensor_id in self._decoders}
        for payload in payloads:
            batch = decode_batch(payload)
            for reading in self._reader.push(batch.packets):
                self._tally.push(reading)
            for packet in batch.packets:
                if packet.sensor_id in self._companions:
                    continue
                if packet.sensor_id not in waiting:
                    raise InputError(f"a packet came from sensor {packet.sensor_id!r}, which was not announced")
                waiting[packet.sensor_id].append(packet)
            self.taken_sequence = batch.sequence
            if batch.packets:
                self.taken_s = batch.packets[-1].received_s
        return [
            event
            for sensor_id, packets in waiting.items()
            if packets
            for block in self._decoders[sensor_id].push(packets)
            for event in self._analysis.push(block)
        ]

    def end(self) -> tuple[list[Event], SessionSummary]:
        """End the session."""
        events = self._analysis.flush()
        return events, self._analysis.summary()

    def companions(self) -> tuple[CompanionSummary, ...]:
        """Sum up what went with the session."""
        return self._tally.summaries()


@dataclass(slots=True)
class _Fresh:
    """What came of a session's next batches."""

    key: SessionKey
    held: Held
    computed: _Computed
    events: list[Event] = field(default_factory=list)
    summary: SessionSummary | None = None

    def take(self, payloads: Sequence[bytes]) -> None:
        """Compute."""
        self.events = self.computed.take(payloads)
        if self.computed.taken_sequence == self.held.last_sequence:
            last, self.summary = self.computed.end()
            self.events += last

    @property
    def kept(self) -> list[Stride | Window]:
        """What is a record; an impact is not."""
        return [event for event in self.events if not isinstance(event, Impact)]

    @property
    def announce(self) -> bool:
        """Whether listeners have not been told yet."""
        return self.summary is not None or self.computed.taken_sequence > self.held.announced_sequence


class Processor:
    """The processor's side of the wire; `run` and `compute` go on side by side.

    Parameters
    ----------
    inbox, inbox_disk
        The inbox, and the thread that it is used in.
    store, store_disk
        The store, and its thread.
    points
        Where points go.
    say
        Told what a person must mend.
    """

    def __init__(
        self,
        inbox: Inbox,
        inbox_disk: DiskThread,
        store: Store,
        store_disk: DiskThread,
        points: PointSink,
        say: Say,
    ) -> None:
        self._inbox = inbox
        self._inbox_disk = inbox_disk
        self._store = store
        self._store_disk = store_disk
        self._points = points
        self._say = say
        self._connection: Connection | None = None
        self._work = asyncio.Event()
        self._work.set()
        self._computing: dict[SessionKey, _Computed] = {}
        self._set_aside: set[SessionKey] = set()
        self._reports: dict[SessionKey, list[SensorReport]] = {}
        self._name = secrets.token_hex(4)
        self._connections = 0
        self._met_another = False

    async def run(self, connection: Connection) -> None:
        """Take what comes over a connection, until it breaks."""
        self._connections += 1
        reader = f"{self._name}-{self._connections}"
        self._connection = connection
        try:
            await connection.subscribe(*(topics_of(kind) for kind in _HEARD))
            await self._acknowledge(connection, self._inbox.unfinished(), reader)
            await self._hear(connection, reader)
        finally:
            self._connection = None

    async def compute(self) -> None:
        """Compute what is in the inbox, for ever; what the disk refuses ends it."""
        while True:
            self._work.clear()
            while ready := self._ready():
                await self._hand_out(await self._advance(ready[:SESSIONS_AT_ONCE]))
            await self._hand_out_health()
            await self._work.wait()

    async def _hear(self, connection: Connection, reader: str) -> None:
        async for several in connection.messages():
            came: list[Came] = []
            for arrived in several:
                came += self._read(arrived)
            if not came:
                self._work.set()
                continue
            await self._inbox_disk.call(self._inbox.take, came)
            newest = {one.key.session_id: one.key for one in came}  # where it came from last, there it is answered
            await self._acknowledge(connection, newest.values(), reader)
            self._work.set()

    def _read(self, arrived: Arrived) -> list[Came]:
        topic = parse(arrived.topic)
        if topic is None or not arrived.payload:
            return []
        key = topic.key
        try:
            if topic.kind is Kind.RAW:
                return [BatchCame(key, decode_batch(arrived.payload).sequence, arrived.payload)]
            if topic.kind is Kind.SESSION:
                if decode_header(arrived.payload).session.id != key.session_id:
                    raise PayloadError("describes another session")
                return [HeaderCame(key, arrived.payload)]
            if topic.kind is Kind.END:
                return [EndCame(key, decode_json(arrived.payload, End).last_sequence)]
            if topic.kind is Kind.HEALTH:
                self._reports.setdefault(key, []).append(self._report(key, decode_health(arrived.payload)))
            if topic.kind is Kind.ACK and not arrived.retained:
                self._look_at(decode_json(arrived.payload, Ack))
        except (PayloadError, HeaderError) as error:
            self._say(f"{arrived.topic}: left out: {error}")
        return []

    def _look_at(self, ack: Ack) -> None:
        """See whether it is our own; what was retained may be from before a restart."""
        if not ack.reader.startswith(self._name) and not self._met_another:
            self._met_another = True
            self._say(
                "Another footfall process is at this broker, and gateways let go of what either of the two has: stop "
                "one, and analyse the recordings of runs that the other lacks."
            )

    def _report(self, key: SessionKey, message: HealthMessage) -> SensorReport:
        """Note the lag as it is now: both times are the gateway's, so no two clocks are compared."""
        computed = self._computing.get(key)
        kept_s = 0.0 if computed is None else computed.kept_s
        return SensorReport(message.health, max((message.newest_packet_s or 0.0) - kept_s, 0.0))

    async def _acknowledge(self, connection: Connection, keys: Iterable[SessionKey], reader: str) -> None:
        def ack(key: SessionKey) -> Ack:
            held = self._inbox.sessions[key]
            ended = held.header is not None and held.last_sequence is not None
            return Ack(held.safe_sequence, ended and held.safe_sequence >= (held.last_sequence or 0), reader)

        await asyncio.gather(
            *(connection.publish(key.topic(Kind.ACK), encode_json(ack(key)), retain=True) for key in keys)
        )

    def _ready(self) -> list[SessionKey]:
        return [
            key
            for key, held in self._inbox.sessions.items()
            if not held.done and held.header is not None and key not in self._set_aside and self._has_news(key, held)
        ]

    def _has_news(self, key: SessionKey, held: Held) -> bool:
        """Tell whether there is something to compute; a session from before a restart rests until more comes of it."""
        computed = self._computing.get(key)
        if computed is None:
            return (
                held.safe_sequence > held.announced_sequence or held.last_sequence is not None or key in self._reports
            )
        return computed.taken_sequence < held.safe_sequence or computed.taken_sequence == held.last_sequence

    async def _advance(self, keys: Sequence[SessionKey]) -> list[_Fresh]:
        waiting = []
        for key in keys:
            held = self._inbox.sessions[key]
            computed = self._computing.get(key) or await self._begin(key, held)
            if computed is not None:
                after = computed.taken_sequence
                payloads = await self._inbox_disk.call(self._inbox.batches, held, after, BATCHES_AT_ONCE)
                waiting.append((_Fresh(key, held, computed), payloads))
        return await asyncio.to_thread(self._compute, waiting)

    async def _begin(self, key: SessionKey, held: Held) -> _Computed | None:
        assert held.header is not None
        header = decode_header(held.header)
        try:
            computed = _Computed(header)
        except RecordingError as error:
            self._leave(key, error)
            return None
        await self._store_disk.call(self._store.add_session, header)
        self._computing[key] = computed
        return computed

    def _compute(self, waiting: Sequence[tuple[_Fresh, Sequence[bytes]]]) -> list[_Fresh]:
        done = []
        for fresh, payloads in waiting:
            try:
                fresh.take(payloads)
            except (InputError, PayloadError) as error:
                self._leave(fresh.key, error)
            else:
                done.append(fresh)
        return done

    def _leave(self, key: SessionKey, error: FootfallError) -> None:
        self._computing.pop(key, None)
        self._set_aside.add(key)
        self._say(f"Session {key.session_id} of {key.gateway} is set aside until the next start: {error}")

    async def _hand_out(self, several: Sequence[_Fresh]) -> None:
        kept = {fresh.key.session_id: fresh.kept for fresh in several if fresh.kept}
        if kept:
            await self._store_disk.call(self._store.add, kept)
        for fresh in several:
            if fresh.summary is not None:
                summary = wire.summary_object(fresh.summary, fresh.computed.companions())
                await self._store_disk.call(self._store.finish_session, fresh.key.session_id, summary)
        await asyncio.gather(*(self._write_points(fresh) for fresh in several))
        for fresh in several:
            fresh.computed.kept_s = fresh.computed.taken_s
            await self._announce(fresh)
            if fresh.summary is not None:
                await self._inbox_disk.call(self._inbox.finish, fresh.held)
                del self._computing[fresh.key]
                strides = sum(part.strides for part in fresh.summary.sensors)
                self._say(f"Session {fresh.key.session_id} of {fresh.key.gateway} is complete: {strides} strides.")

    async def _write_points(self, fresh: _Fresh) -> None:
        points: list[Point] = [*fresh.kept, *self._reports_of(fresh.key, fresh.computed)]
        if fresh.summary is not None:
            points.append(fresh.summary)
            progress = await self._store_disk.call(progress_of, self._store, fresh.computed.header)
            points += [] if progress is None else [progress]
        if points:
            await self._write(points, fresh.key, fresh.computed.header)

    async def _write(self, points: Sequence[Point], key: SessionKey, header: RecordingHeader) -> None:
        try:
            await self._points.write(points, header)
        except InputError as error:
            self._say(f"Session {key.session_id} of {key.gateway} has no points: {error}")

    def _reports_of(self, key: SessionKey, computed: _Computed) -> list[SensorReport]:
        """Take the reports that wait; those of companions are for listeners only."""
        return [report for report in self._reports.pop(key, ()) if report.health.sensor_id in computed.sensor_ids]

    async def _hand_out_health(self) -> None:
        """Write what is known of sensors that sent nothing; of sessions that are not going on, nothing is kept."""
        for key, computed in tuple(self._computing.items()):
            reports = self._reports_of(key, computed)
            if reports:
                await self._write(reports, key, computed.header)
        self._reports.clear()

    async def _announce(self, fresh: _Fresh) -> None:
        """Tell listeners what is new; without broker, or where they were told before a restart, nobody is told."""
        sequence = fresh.computed.taken_sequence
        if self._connection is None or not fresh.announce:
            return
        with contextlib.suppress(BrokerLostError):
            await asyncio.gather(
                *(
                    self._connection.publish(
                        fresh.key.topic(kind, sensor_id), msgspec.json.encode(message), receipt=False
                    )
                    for kind, sensor_id, message in map(_message, fresh.events)
                )
            )
            if fresh.summary is not None:
                text = msgspec.json.encode(wire.summary_object(fresh.summary, fresh.computed.companions()))
                await self._connection.publish(fresh.key.topic(Kind.SUMMARY), text)
        self._inbox.note_announced(fresh.held, sequence)
