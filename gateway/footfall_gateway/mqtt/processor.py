"""The processor: from the wire into the inbox, through the session engine, and out to the sinks.

::

    broker ──► inbox (on the disk) ──► acknowledgement
                  │
                  ▼  read in sequence; after a restart from the last checkpoint
               SessionEngine ──► sinks: store, points, listeners, a live page
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from footfall_gateway.clock import Clock, SystemClock
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.mqtt.broker import Arrived, Connection, RefusedError
from footfall_gateway.mqtt.computing import Computing, Outcome, compute, unpacked
from footfall_gateway.mqtt.held import Arrival, BatchArrival, Checkpoint, EndArrival, HeaderArrival, Held, Refusal, Safe
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.intake import LONGEST_REASON
from footfall_gateway.mqtt.left_out import LeftOut
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
from footfall_gateway.outside import require_size, shortened, shown
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.header import decode_header
from footfall_gateway.say import Say, Told
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.sinks.base import SensorReport, Sink, Sinks
from footfall_gateway.store.sqlite_file import ContentError, StoreError
from footfall_processing.errors import FootfallError

logger = logging.getLogger(__name__)

BATCHES_AT_ONCE: Final = 128
"""Of one session, so that no session waits long for another that has much to catch up."""
SESSIONS_AT_ONCE: Final = 64
MOST_COMPUTING: Final = 64
"""Sessions that are kept in memory between their batches: one of 64 sensors takes 4 MB. More rest in checkpoints."""
_HEARD: Final = (Kind.SESSION, Kind.RAW, Kind.END, Kind.HEALTH, Kind.ACK)
_OF_NO_SESSION: Final = SessionKey("processor-asks", "", "")
MOST_HEADER_BYTES: Final = 256 * 1024
MOST_REPORTED: Final = 1000
"""Sessions whose sensors' health waits to be written."""
TURN_S: Final = 5.0
"""Computing looks for work at least so often."""
MOST_REPORTS: Final = 64
"""Of one session; of more, the newest."""

SinksOf: TypeAlias = Callable[[SessionKey, RecordingHeader], Sequence[Sink]]
"""Makes the sinks of a session that begins here, or goes on after a restart."""


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
    software
        Which Footfall this is: what another one could not compute is tried again.
    clock
        For how long what came is kept without a description.
    beat
        Called with each turn of `compute`, which turns at least each `TURN_S`.
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
        software: str = "",
        clock: Clock | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._inbox = inbox
        self._inbox_disk = inbox_disk
        self._sinks_of = sinks_of
        self._say = say
        self._listeners = listeners or Listeners()
        self._kept_strides = kept_strides
        self._software = software
        self._clock = clock or SystemClock()
        self._beat = beat
        self._left_out = LeftOut(say)
        self._work = asyncio.Event()
        self._work.set()
        self._computing: dict[SessionKey, Computing] = {}
        self._turns: dict[SessionKey, int] = {}
        self._turn = 0
        self._reports: dict[SessionKey, list[SensorReport]] = {}
        self._name = secrets.token_hex(4)
        self._connections = 0
        self._met_another = False
        self._is_doubtful = False
        self._dropped = 0

    @property
    def left_out(self) -> dict[str, int]:
        """How many messages were left out since the start, by what was wrong with them."""
        return self._left_out.by_kind()

    async def run(self, connection: Connection) -> None:
        """Take what comes over a connection, until it breaks."""
        self._connections += 1
        reader = f"{self._name}-{self._connections}"
        self._listeners.connection = connection
        try:
            await connection.subscribe(*(topics_of(kind) for kind in _HEARD))
            await self._look_at_our_rights(connection)
            await self._acknowledge(connection, self._inbox.unfinished(), reader)
            await self._hear(connection, reader)
        finally:
            self._listeners.connection = None

    async def compute(self) -> None:
        """Compute what is in the inbox, for ever; what the disk refuses ends it, and nothing else does."""
        try:
            await self._inbox_disk.call(self._inbox.try_after_update, self._software)
            while True:
                self._work.clear()
                self._beat()
                while ready := self._ready():
                    # who waited longest comes first, so that many sessions of one gateway hold up no other
                    ready.sort(key=lambda key: self._turns.get(key, 0))
                    await self._hand_out(await self._advance(ready[:SESSIONS_AT_ONCE]))
                    await self._rest()
                    self._beat()
                await self._hand_out_health()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TURN_S):
                        await self._work.wait()
        finally:
            for computing in self._computing.values():
                await computing.sinks.close()

    async def _look_at_our_rights(self, connection: Connection) -> None:
        """Ask the broker by an empty acknowledgement, which means nothing to anybody, and say once if it refuses.

        It says nothing of what a user may listen to, so that one without rights would wait for sessions for ever.
        """
        try:
            await connection.publish(_OF_NO_SESSION.topic(Kind.ACK), b"")
        except RefusedError as error:
            if not self._is_doubtful:
                self._is_doubtful = True
                self._say(
                    f"The broker may not let this user do a processor's work ({error}): unless its list names your "
                    "gateways one by one, nothing of theirs comes here. FOOTFALL_MQTT_USER says who we are; "
                    "deploy/mosquitto/acl has `processor` for it."
                )

    async def _hear(self, connection: Connection, reader: str) -> None:
        async for messages in connection.messages():
            await self._take(connection, messages, reader)
            self._work.set()

    async def _take(self, connection: Connection, messages: Sequence[Arrived], reader: str) -> None:
        arrivals = [arrival for arrived in messages if (arrival := self._read(arrived)) is not None]
        asked = [key for arrived in messages if (key := _asks(arrived)) is not None]
        if connection.dropped > self._dropped:
            self._left_out.note("", "too fast", "More comes than can be taken: some is dropped, and sent again.")
            self._dropped = connection.dropped
        refusals: list[Refusal] = []
        if arrivals:
            refusals = await self._inbox_disk.call(self._take_in, arrivals)
        for refusal in refusals:
            where = f"Session {refusal.key.session_id} of {refusal.key.gateway}"
            self._left_out.note(refusal.key.gateway, refusal.what, f"{where}: left out: {refusal.why}")
        newest = {key: key for key in (*asked, *(one.key for one in arrivals))}
        await self._acknowledge(connection, newest.values(), reader, {one.key: one.why for one in refusals})

    def _take_in(self, arrivals: Sequence[Arrival]) -> list[Refusal]:
        return self._inbox.take(arrivals, now_s=self._clock.now_s(), left_out=self._left_out.fresh())

    def _read(self, arrived: Arrived) -> Arrival | None:
        """Read a message; whatever is wrong with it, it is left out and counted, and those after it are read.

        Nothing is read of what was retained: it may be of a session that is over, or of before a broker's crash.
        """
        if arrived.retained:
            return None
        try:
            topic = parse(arrived.topic)
            if topic is None or not arrived.payload:
                return None
            return self._arrival(topic.key, topic.kind, arrived)
        except Exception as error:
            levels = arrived.topic.split("/")
            gateway, kind = levels[2][:64], levels[5][:16] if len(levels) > 5 else ""
            self._left_out.note(gateway, f"unreadable {kind}", f"{arrived.topic}: left out: {_why(error)}")
            logger.debug("left out", exc_info=error)
        return None

    def _arrival(self, key: SessionKey, kind: Kind, arrived: Arrived) -> Arrival | None:
        payload = arrived.payload
        if kind is Kind.RAW:
            return BatchArrival(key, decode_batch(payload).sequence, payload)
        if kind is Kind.SESSION:
            require_size(len(payload), MOST_HEADER_BYTES, "its description")
            if decode_header(payload).session.id != key.session_id:
                raise PayloadError("describes another session")
            return HeaderArrival(key, payload)
        if kind is Kind.END:
            return EndArrival(key, decode_json(payload, End))
        if kind is Kind.HEALTH:
            report = self._report(key, decode_health(payload))
            if key in self._reports or len(self._reports) < MOST_REPORTED:
                self._reports[key] = [*self._reports.get(key, ()), report][-MOST_REPORTS:]
        if kind is Kind.ACK:
            self._look_at(decode_json(payload, Ack))
        return None

    def _look_at(self, ack: Ack) -> None:
        """See whether it is our own."""
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

    async def _acknowledge(
        self,
        connection: Connection,
        keys: Iterable[SessionKey],
        reader: str,
        refused: Mapping[SessionKey, str] = MappingProxyType({}),
    ) -> None:
        async def acknowledge(key: SessionKey, safe: Safe | None) -> None:
            why = shortened(refused.get(key, ""), LONGEST_REASON)
            if safe is None:
                ack = Ack(0, ended=False, reader=reader, digest="", refused=why)
            else:
                ack = Ack(safe.sequence, safe.ended, reader, safe.digest, why)
            await connection.publish(key.topic(Kind.ACK), encode_json(ack), retain=safe is not None)

        found = await self._inbox_disk.call(self._inbox.safe, keys)
        told = await asyncio.gather(*(acknowledge(key, safe) for key, safe in found.items()), return_exceptions=True)
        for one in told:
            if isinstance(one, RefusedError):
                self._left_out.note(
                    "",
                    "acknowledgements",
                    f"The broker takes no acknowledgements from us ({one}): gateways keep all that they send.",
                )
            elif isinstance(one, BaseException):
                raise one

    def _ready(self) -> list[SessionKey]:
        return [
            key
            for key, held in list(self._inbox.sessions.items())  # which grows meanwhile
            if not held.done and held.header is not None and not held.aside and self._has_news(key, held)
        ]

    def _has_news(self, key: SessionKey, held: Held) -> bool:
        """Tell whether there is something to compute; a session from before a restart rests until more comes of it."""
        computing = self._computing.get(key)
        if computing is None:
            return (
                held.safe_sequence > held.announced_sequence or held.last_sequence is not None or key in self._reports
            )
        return computing.taken_sequence < held.safe_sequence or computing.taken_sequence == held.last_sequence

    async def _advance(self, keys: Sequence[SessionKey]) -> list[Outcome]:
        waiting = []
        self._turn += 1
        for key in keys:
            self._turns[key] = self._turn
            held = self._inbox.sessions[key]
            computing = self._computing.get(key) or await self._begin(key, held)
            if computing is not None:
                after = computing.taken_sequence
                batches = await self._inbox_disk.call(self._inbox.next_batches, held, after, BATCHES_AT_ONCE)
                waiting.append(Outcome(key, held, computing, batches))
        done, refused = await asyncio.to_thread(compute, waiting)
        for key, error in refused:
            if self._computing[key].taken_up:
                # what is wrong may be the checkpoint's, and all batches are there
                await self._inbox_disk.call(self._inbox.forget_checkpoint, self._inbox.sessions[key])
                await self._close(key)
            else:
                await self._leave(key, error)
        return done

    async def _begin(self, key: SessionKey, held: Held) -> Computing | None:
        assert held.header is not None
        checkpoint = await self._inbox_disk.call(self._inbox.checkpoint, held)
        try:
            header = decode_header(held.header)
            engine, sequence = SessionEngine(header), 0
            if checkpoint is not None:
                engine, sequence = await self._taken_up(header, checkpoint)
            sinks = Sinks(self._sinks_of(key, header))
            await sinks.open(header)
        except Exception as error:
            await self._leave(key, error)
            return None
        computing = self._computing[key] = Computing(engine, sinks, sequence)
        return computing

    async def _taken_up(self, header: RecordingHeader, checkpoint: Checkpoint) -> tuple[SessionEngine, int]:
        """Return an engine that goes on after a checkpoint.

        Or a new one, and 0, where another version made the checkpoint, or the store lacks strides that it counts: then
        the store is older, as one from a backup is.
        """
        engine = SessionEngine(header)
        try:
            engine.restore(unpacked(checkpoint.state))
        except Exception as error:  # all batches are there, so a state that makes no sense is nothing to stop at
            logger.info("the checkpoint of session %s is left out", header.session.id, exc_info=error)
            return SessionEngine(header), 0
        counted = sum(part.strides for part in engine.summary().sensors)
        if self._kept_strides is not None and await self._kept_strides(header.session.id) < counted:
            return SessionEngine(header), 0
        return engine, checkpoint.sequence

    async def _leave(self, key: SessionKey, error: Exception) -> None:
        """Set a session aside, whatever is wrong with it; what is wrong with the disk passes."""
        await self._close(key)
        if isinstance(error, StoreError) and not isinstance(error, ContentError):
            raise error
        why = _why(error)
        await self._inbox_disk.call(self._inbox.set_aside, self._inbox.sessions[key], why, self._software or "unknown")
        self._say(
            Told(
                f"Session {shown(key.session_id)} of {shown(key.gateway)} is set aside: {shown(why)}. All that came of "
                "it is kept, and it is tried again after an update of Footfall, or with footfall process --retry "
                f"{shown(key.session_id)}",
                "session set aside",
                logging.WARNING,
                session=key.session_id,
                gateway=key.gateway,
            )
        )
        logger.info("session %s", shown(key.session_id), exc_info=error)

    async def _rest(self) -> None:
        """Let those sessions rest that waited longest for more, where too many are in memory."""
        resting: list[tuple[SessionKey, Held, Computing]] = []
        for key in sorted(self._computing, key=lambda key: self._turns.get(key, 0)):
            if len(self._computing) - len(resting) <= MOST_COMPUTING:
                break
            held, computing = self._inbox.sessions[key], self._computing[key]
            # one of which listeners are not told all would be taken up at once
            if not self._has_news(key, held) and held.announced_sequence >= held.safe_sequence:
                resting.append((key, held, computing))
        if resting:
            checkpoints = [(held, computing.checkpoint()) for _, held, computing in resting]
            await self._inbox_disk.call(self._inbox.keep_checkpoints, checkpoints)
        for key, *_ in resting:
            await self._close(key)

    async def _close(self, key: SessionKey) -> None:
        computing = self._computing.pop(key, None)
        if computing is not None:
            try:
                await computing.sinks.close()
            except Exception as error:  # what it keeps is kept or told already
                logger.info("session %s", shown(key.session_id), exc_info=error)

    async def _hand_out(self, outcomes: Sequence[Outcome]) -> None:
        errors = await asyncio.gather(*(self._write(outcome) for outcome in outcomes), return_exceptions=True)
        written = []
        for outcome, error in zip(outcomes, errors, strict=True):
            if isinstance(error, Exception):
                await self._leave(outcome.key, error)
            elif isinstance(error, BaseException):
                raise error
            else:
                written.append(outcome)
        checkpoints = [(one.held, one.checkpoint) for one in written if one.checkpoint is not None]
        if checkpoints:
            await self._inbox_disk.call(self._inbox.keep_checkpoints, checkpoints)
        for outcome in written:
            if outcome.checkpoint is not None:
                outcome.computing.checkpoint_sequence = outcome.checkpoint.sequence
            if outcome.end is not None:
                await self._inbox_disk.call(self._inbox.finish, outcome.key)
                await self._close(outcome.key)
                self._turns.pop(outcome.key, None)
                strides = sum(part.strides for part in outcome.end.summary.sensors)
                self._say(
                    Told(
                        f"Session {shown(outcome.key.session_id)} of {shown(outcome.key.gateway)} is complete: "
                        f"{strides} strides.",
                        "session complete",
                        session=outcome.key.session_id,
                        gateway=outcome.key.gateway,
                        strides=strides,
                    )
                )

    async def _write(self, outcome: Outcome) -> None:
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
                try:
                    await computing.sinks.write(reports)
                except Exception as error:
                    await self._leave(key, error)


def _asks(arrived: Arrived) -> SessionKey | None:
    """Return the session of a retained description: its gateway is told what is here of it, and sends the rest."""
    if not arrived.retained or not arrived.payload:
        return None
    topic = parse(arrived.topic)
    return topic.key if topic is not None and topic.kind is Kind.SESSION else None


def _why(error: Exception) -> str:
    """Say what is wrong, for people."""
    return str(error) if isinstance(error, FootfallError) else f"{type(error).__name__}: {error}"
