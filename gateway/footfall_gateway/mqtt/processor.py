"""The processor: from the wire into the inbox, through the session engine, and out to the sinks.

::

    broker ──► inbox (on the disk) ──► acknowledgement
                  │
                  ▼  read in sequence; after a restart from the last checkpoint
               SessionEngine ──► sinks: store, points, listeners, a live page
"""

import asyncio
import logging
import secrets
import zlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.mqtt.broker import Arrived, Connection
from footfall_gateway.mqtt.inbox import (
    Arrival,
    BatchArrival,
    Checkpoint,
    EndArrival,
    HeaderArrival,
    Held,
    Inbox,
)
from footfall_gateway.mqtt.listeners import Listeners
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
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.header import HeaderError, decode_header
from footfall_gateway.say import Say
from footfall_gateway.sessions.engine import Event, SessionEngine
from footfall_gateway.sessions.sinks.base import SensorReport, SessionEnd, Sink, Sinks
from footfall_processing.errors import FootfallError, InputError

logger = logging.getLogger(__name__)

BATCHES_AT_ONCE: Final = 128
"""Of one session, so that no session waits long for another that has much to catch up."""
SESSIONS_AT_ONCE: Final = 64
CHECKPOINT_BATCHES: Final = 120
"""A checkpoint is made each so many batches: a minute of a run, so that a restart computes no more than that anew."""
CATCHING_UP_BATCHES: Final = 10 * CHECKPOINT_BATCHES
"""While more waits than that, each so many: a checkpoint costs half as much as the minute's computing."""
_HEARD: Final = (Kind.SESSION, Kind.RAW, Kind.END, Kind.HEALTH, Kind.ACK)
_STATE_EFFORT: Final = 1
"""zlib's least: half the size for a millisecond."""

SinksOf: TypeAlias = Callable[[SessionKey, RecordingHeader], Sequence[Sink]]
"""Makes the sinks of a session that begins here, or goes on after a restart."""


class _Computing:
    """One session on its way through the engine.

    Attributes
    ----------
    taken_sequence
        The last batch that went in.
    kept_s
        When the last packet arrived at the gateway of which all that came is kept. Batches are in order of arrival, so
        every packet that arrived by then is done, whichever sensor's it was.
    checkpoint_sequence
        The last batch that is in a checkpoint.
    taken_up
        Whether it goes on from a checkpoint.
    """

    def __init__(self, engine: SessionEngine, sinks: Sinks, sequence: int) -> None:
        self.engine = engine
        self.sinks = sinks
        self.taken_up = sequence > 0
        self.taken_sequence = sequence
        self.checkpoint_sequence = sequence
        self.kept_s = engine.taken_s

    def take(self, payloads: Iterable[bytes]) -> list[Event]:
        """Take the next batches; return what came of them."""
        packets: list[RawPacket] = []
        for payload in payloads:
            batch = decode_batch(payload)
            packets += batch.packets
            self.taken_sequence = batch.sequence
        return self.engine.take(packets)


@dataclass(slots=True)
class _Outcome:
    """What came of a session's next batches."""

    key: SessionKey
    held: Held
    computing: _Computing
    events: list[Event] = field(default_factory=list)
    end: SessionEnd | None = None
    checkpoint: Checkpoint | None = None

    def take(self, payloads: Sequence[bytes]) -> None:
        """Compute."""
        computing = self.computing
        self.events = computing.take(payloads)
        if computing.taken_sequence == self.held.last_sequence:
            self.events += computing.engine.end()
            self.end = SessionEnd(computing.engine.summary(), computing.engine.companions())
        elif computing.taken_sequence - computing.checkpoint_sequence >= (
            CHECKPOINT_BATCHES if computing.taken_sequence == self.held.safe_sequence else CATCHING_UP_BATCHES
        ):
            self.checkpoint = Checkpoint(
                computing.taken_sequence, zlib.compress(computing.engine.state(), _STATE_EFFORT)
            )

    @property
    def told_before(self) -> bool:
        """Whether listeners were told before a restart; of the end they are told in any case."""
        return self.end is None and self.computing.taken_sequence <= self.held.announced_sequence


class Processor:
    """The processor's side of the wire; `run` and `compute` go on side by side.

    Parameters
    ----------
    inbox, inbox_disk
        The inbox, and the thread that it is used in.
    sinks_of
        Where each session's events go.
    say
        Told what a person must mend.
    listeners
        Given the connection as long as it stands, so that listeners are told over it.
    kept_strides
        Tells how many strides of a session are kept, so that no checkpoint is believed beyond them.
    """

    def __init__(
        self,
        inbox: Inbox,
        inbox_disk: DiskThread,
        sinks_of: SinksOf,
        say: Say,
        *,
        listeners: Listeners | None = None,
        kept_strides: Callable[[str], Awaitable[int]] | None = None,
    ) -> None:
        self._inbox = inbox
        self._inbox_disk = inbox_disk
        self._sinks_of = sinks_of
        self._say = say
        self._listeners = listeners or Listeners()
        self._kept_strides = kept_strides
        self._work = asyncio.Event()
        self._work.set()
        self._computing: dict[SessionKey, _Computing] = {}
        self._set_aside: set[SessionKey] = set()
        self._reports: dict[SessionKey, list[SensorReport]] = {}
        self._name = secrets.token_hex(4)
        self._connections = 0
        self._met_another = False

    async def run(self, connection: Connection) -> None:
        """Take what comes over a connection, until it breaks."""
        self._connections += 1
        reader = f"{self._name}-{self._connections}"
        self._listeners.connection = connection
        try:
            await connection.subscribe(*(topics_of(kind) for kind in _HEARD))
            await self._acknowledge(connection, self._inbox.unfinished(), reader)
            await self._hear(connection, reader)
        finally:
            self._listeners.connection = None

    async def compute(self) -> None:
        """Compute what is in the inbox, for ever; what the disk refuses ends it."""
        try:
            while True:
                self._work.clear()
                while ready := self._ready():
                    await self._hand_out(await self._advance(ready[:SESSIONS_AT_ONCE]))
                await self._hand_out_health()
                await self._work.wait()
        finally:
            for computing in self._computing.values():
                await computing.sinks.close()

    async def _hear(self, connection: Connection, reader: str) -> None:
        async for messages in connection.messages():
            arrivals = [arrival for arrived in messages for arrival in self._read(arrived)]
            if arrivals:
                await self._inbox_disk.call(self._inbox.take, arrivals)
                newest = {one.key.session_id: one.key for one in arrivals}  # where it came from last, it is answered
                await self._acknowledge(connection, newest.values(), reader)
            self._work.set()

    def _read(self, arrived: Arrived) -> list[Arrival]:
        topic = parse(arrived.topic)
        if topic is None or not arrived.payload:
            return []
        key = topic.key
        try:
            if topic.kind is Kind.RAW:
                return [BatchArrival(key, decode_batch(arrived.payload).sequence, arrived.payload)]
            if topic.kind is Kind.SESSION:
                if decode_header(arrived.payload).session.id != key.session_id:
                    raise PayloadError("describes another session")
                return [HeaderArrival(key, arrived.payload)]
            if topic.kind is Kind.END:
                return [EndArrival(key, decode_json(arrived.payload, End).last_sequence)]
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
        computing = self._computing.get(key)
        kept_s = 0.0 if computing is None else computing.kept_s
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
        computing = self._computing.get(key)
        if computing is None:
            return (
                held.safe_sequence > held.announced_sequence or held.last_sequence is not None or key in self._reports
            )
        return computing.taken_sequence < held.safe_sequence or computing.taken_sequence == held.last_sequence

    async def _advance(self, keys: Sequence[SessionKey]) -> list[_Outcome]:
        waiting = []
        for key in keys:
            held = self._inbox.sessions[key]
            computing = self._computing.get(key) or await self._begin(key, held)
            if computing is not None:
                after = computing.taken_sequence
                payloads = await self._inbox_disk.call(self._inbox.batches, held, after, BATCHES_AT_ONCE)
                waiting.append((_Outcome(key, held, computing), payloads))
        done, refused = await asyncio.to_thread(_compute, waiting)
        for key, error in refused:
            if self._computing[key].taken_up:
                # what is wrong may be the checkpoint's, and all batches are there
                await self._inbox_disk.call(self._inbox.forget_checkpoint, self._inbox.sessions[key])
                await self._computing.pop(key).sinks.close()
            else:
                await self._leave(key, error)
        return done

    async def _begin(self, key: SessionKey, held: Held) -> _Computing | None:
        assert held.header is not None
        checkpoint = await self._inbox_disk.call(self._inbox.checkpoint, held)
        try:
            header = decode_header(held.header)
            engine, sequence = SessionEngine(header), 0
            if checkpoint is not None:
                engine, sequence = await self._taken_up(header, checkpoint)
        except Exception as error:  # a driver of somebody else's may raise anything
            await self._leave(key, error)
            return None
        sinks = Sinks(self._sinks_of(key, header))
        await sinks.open(header)
        computing = self._computing[key] = _Computing(engine, sinks, sequence)
        return computing

    async def _taken_up(self, header: RecordingHeader, checkpoint: Checkpoint) -> tuple[SessionEngine, int]:
        """Return an engine that goes on after a checkpoint.

        Or a new one, and 0, where another version made the checkpoint, or the store lacks strides that it counts: then
        the store is older, as one from a backup is.
        """
        engine = SessionEngine(header)
        try:
            engine.restore(zlib.decompress(checkpoint.state))
        except (InputError, zlib.error):
            return SessionEngine(header), 0
        counted = sum(part.strides for part in engine.summary().sensors)
        if self._kept_strides is not None and await self._kept_strides(header.session.id) < counted:
            return SessionEngine(header), 0
        return engine, checkpoint.sequence

    async def _leave(self, key: SessionKey, error: Exception) -> None:
        self._set_aside.add(key)
        why = str(error) if isinstance(error, FootfallError) else f"{type(error).__name__}: {error}"
        self._say(f"Session {key.session_id} of {key.gateway} is set aside until the next start: {why}")
        logger.info("session %s", key.session_id, exc_info=error)
        computing = self._computing.pop(key, None)
        if computing is not None:
            await computing.sinks.close()

    async def _hand_out(self, outcomes: Sequence[_Outcome]) -> None:
        await asyncio.gather(*(self._write(outcome) for outcome in outcomes))
        checkpoints = [(one.held, one.checkpoint) for one in outcomes if one.checkpoint is not None]
        if checkpoints:
            await self._inbox_disk.call(self._inbox.keep_checkpoints, checkpoints)
        for outcome in outcomes:
            if outcome.checkpoint is not None:
                outcome.computing.checkpoint_sequence = outcome.checkpoint.sequence
            if outcome.end is not None:
                await self._inbox_disk.call(self._inbox.finish, outcome.held)
                del self._computing[outcome.key]
                await outcome.computing.sinks.close()
                strides = sum(part.strides for part in outcome.end.summary.sensors)
                self._say(f"Session {outcome.key.session_id} of {outcome.key.gateway} is complete: {strides} strides.")

    async def _write(self, outcome: _Outcome) -> None:
        computing = outcome.computing
        news = [*outcome.events, *self._reports.pop(outcome.key, ())]
        sequence, told = computing.taken_sequence, self._listeners.connection is not None
        await computing.sinks.write(news, again=outcome.told_before)
        if outcome.end is not None:
            await computing.sinks.finish(outcome.end)
        computing.kept_s = computing.engine.taken_s
        if told and not outcome.told_before:
            self._inbox.note_announced(outcome.held, sequence)

    async def _hand_out_health(self) -> None:
        """Write what is known of sensors that sent nothing; of sessions that are not going on, nothing is kept."""
        waiting, self._reports = self._reports, {}
        for key, reports in waiting.items():
            computing = self._computing.get(key)
            if computing is not None:
                await computing.sinks.write(reports)


def _compute(
    waiting: Iterable[tuple[_Outcome, Sequence[bytes]]],
) -> tuple[list[_Outcome], list[tuple[SessionKey, Exception]]]:
    """Compute, off the event loop; return what came of it, and the sessions that can't be computed."""
    done, refused = [], []
    for outcome, payloads in waiting:
        try:
            outcome.take(payloads)
        except Exception as error:  # a driver of somebody else's may raise anything: other sessions go on
            refused.append((outcome.key, error))
        else:
            done.append(outcome)
    return done, refused
