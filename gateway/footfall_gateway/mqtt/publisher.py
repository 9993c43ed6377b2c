"""Publishes what is in the spool, and frees what the processor has acknowledged.

At most `WINDOW` batches of a session are on their way. All that is not acknowledged is sent again when the broker was
away, when the processor listens anew, and when nothing was acknowledged for a while.
"""

import asyncio
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from footfall_gateway.clock import Clock, wait_at_most
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.mqtt.broker import Arrived, Connection, Will, cancelled_together
from footfall_gateway.mqtt.payloads import (
    Ack,
    End,
    HealthMessage,
    PayloadError,
    Status,
    decode_json,
    encode_health,
    encode_json,
)
from footfall_gateway.mqtt.spool import Spool, SpooledSession
from footfall_gateway.mqtt.topics import Kind, SessionKey, parse, status_topic, topics_of
from footfall_gateway.say import Say
from footfall_gateway.store.sqlite_file import StoreError
from footfall_processing.health import LinkState
from footfall_processing.session import Session

WINDOW: Final = 128
"""Batches of a session that may be on their way: about a minute of a run, 1 MiB at most times."""
SEND_AGAIN_S: Final = 5.0
LONGEST_SEND_AGAIN_S: Final = 60.0
HEALTH_INTERVAL_S: Final = 5.0


@dataclass(slots=True)
class _Sent:
    """What of a session was sent on this connection."""

    sent_sequence: int
    described: bool = False
    end_sent: bool = False
    reader: str = ""


class Publisher:
    """One gateway's side of the wire.

    Parameters
    ----------
    gateway
        Its name.
    spool, disk
        The spool, and the thread that it is used in.
    clock
        For sending again.
    say
        Told what a person must mend.
    """

    def __init__(self, gateway: str, spool: Spool, disk: DiskThread, clock: Clock, say: Say) -> None:
        self._gateway = gateway
        self._spool = spool
        self._disk = disk
        self._clock = clock
        self._say = say
        self._connection: Connection | None = None
        self._sent: dict[str, _Sent] = {}
        self._changed = asyncio.Event()
        self._progress = asyncio.Event()
        self._empty = asyncio.Event()
        self._told_health: dict[tuple[str, str], tuple[float, LinkState]] = {}
        self._told: set[str] = set()
        self._over: set[str] = set()

    @property
    def will(self) -> Will:
        """What the broker is to say when this gateway is gone."""
        return Will(status_topic(self._gateway), encode_json(Status(online=False, software=_software())))

    def wake(self) -> None:
        """There is something new in the spool."""
        self._empty.clear()
        self._changed.set()

    async def drained(self) -> None:
        """Return when the processor has everything."""
        while True:
            if not await self._disk.call(self._spool.sessions):
                return
            self._empty.clear()
            self._changed.set()
            await self._empty.wait()

    async def tell_health(self, session: Session, message: HealthMessage) -> None:
        """Publish a sensor's health at every change of its link, else every few seconds; without broker, not at all."""
        health = message.health
        told = self._told_health.get((session.id, health.sensor_id))
        if told is not None and told[1] is health.state and health.t_s - told[0] < HEALTH_INTERVAL_S:
            return
        if self._connection is not None:
            self._told_health[session.id, health.sensor_id] = (health.t_s, health.state)
            topic = SessionKey(self._gateway, session.runner_name, session.id).topic(Kind.HEALTH, health.sensor_id)
            await self._connection.publish(topic, encode_health(message), receipt=False)

    async def run(self, connection: Connection) -> None:
        """Publish over a connection, until it breaks."""
        self._sent, self._over = {}, set()
        await connection.subscribe(topics_of(Kind.ACK, self._gateway))
        status = encode_json(Status(online=True, software=_software()))
        await connection.publish(status_topic(self._gateway), status, retain=True)
        self._connection = connection
        try:
            await cancelled_together(self._hear(connection), self._send(connection), self._send_again())
        finally:
            self._connection = None

    async def goodbye(self) -> None:
        """Say that this gateway ends, as its will would."""
        if self._connection is not None:
            await self._connection.publish(self.will.topic, self.will.payload, retain=True)

    async def _send(self, connection: Connection) -> None:
        while True:
            self._changed.clear()
            sessions = await self._disk.call(self._spool.sessions)
            for session in sessions:
                await self._send_session(connection, session)
            if not sessions:
                self._empty.set()
            await self._changed.wait()

    async def _send_session(self, connection: Connection, session: SpooledSession) -> None:
        if session.session_id in self._over:
            return
        key = SessionKey(self._gateway, session.runner, session.session_id)
        sent = self._sent.setdefault(session.session_id, _Sent(session.safe_sequence))
        if not sent.described:
            await connection.publish(key.topic(Kind.SESSION), session.header, retain=True)
            sent.described = True
        room = WINDOW - (sent.sent_sequence - session.safe_sequence)
        if room > 0:
            batches = await self._disk.call(self._spool.batches, session.session_id, sent.sent_sequence, room)
            if batches:
                sent.sent_sequence = batches[-1][0]
                await asyncio.gather(*(connection.publish(key.topic(Kind.RAW), payload) for _, payload in batches))
        if session.ended and not sent.end_sent and sent.sent_sequence >= session.last_sequence:
            sent.end_sent = True
            await connection.publish(key.topic(Kind.END), encode_json(End(session.last_sequence)), retain=True)

    async def _send_again(self) -> None:
        pause_s = SEND_AGAIN_S
        while True:
            self._progress.clear()
            if await wait_at_most(self._clock, pause_s, self._progress):
                pause_s = SEND_AGAIN_S
                continue
            for session in await self._disk.call(self._spool.sessions):
                self._sent[session.session_id] = _Sent(session.safe_sequence)
                pause_s = min(2.0 * pause_s, LONGEST_SEND_AGAIN_S)
            self._changed.set()

    async def _hear(self, connection: Connection) -> None:
        async for messages in connection.messages():
            newest = {arrived.topic: arrived for arrived in messages}
            for arrived in newest.values():
                try:
                    await self._take_ack(connection, arrived)
                except StoreError as error:  # what can't be let go of now is acknowledged again when it is sent again
                    self._say_once("disk", str(error))

    async def _take_ack(self, connection: Connection, arrived: Arrived) -> None:
        topic = parse(arrived.topic)
        if topic is None or topic.kind is not Kind.ACK or not arrived.payload:
            return
        try:
            ack = decode_json(arrived.payload, Ack)
        except PayloadError as error:
            self._say(f"{arrived.topic}: {error}")
            return
        found = [s for s in await self._disk.call(self._spool.sessions) if s.session_id == topic.session_id]
        if not found and not ack.ended:
            self._blame(
                topic.session_id,
                f"waits for its rest at the processor, and is not here. Is another gateway called {self._gateway}, "
                "too? Give each its own --name. Or was this one's folder lost? Then end the session at the processor: "
                f"footfall process --end {topic.session_id}",
            )
            return
        if not found or (ack.ended and found[0].ended):
            if found and ack.sequence < found[0].last_sequence:
                self._blame(
                    topic.session_id,
                    f"was ended at the processor after batch {ack.sequence} of {found[0].last_sequence}. Its recording "
                    f"has all: {found[0].recording}",
                )
            self._over.add(topic.session_id)
            for kind in (Kind.SESSION, Kind.END, Kind.ACK):
                await connection.publish(topic.key.topic(kind), b"", retain=True)
            try:
                await self._disk.call(self._spool.forget, topic.session_id)
            except StoreError:
                self._over.discard(topic.session_id)
                raise
            self._sent.pop(topic.session_id, None)
            self._progress.set()
            self._changed.set()
            return
        session = found[0]
        if ack.sequence < session.safe_sequence:
            self._blame(
                topic.session_id,
                f"the processor no longer has batches {ack.sequence + 1} to {session.safe_sequence}, which it had "
                f"acknowledged. Its recording has all: {session.recording}",
            )
        if ack.sequence > session.safe_sequence:
            await self._disk.call(self._spool.free, topic.session_id, ack.sequence)
            self._progress.set()
        sent = self._sent.setdefault(topic.session_id, _Sent(ack.sequence))
        if sent.reader != ack.reader:
            # what was sent before it listened is lost to it; what is retained is not
            sent.sent_sequence, sent.reader = max(ack.sequence, session.safe_sequence), ack.reader
        sent.sent_sequence = max(sent.sent_sequence, ack.sequence)
        self._changed.set()

    def _blame(self, session_id: str, what: str) -> None:
        """Say what a person must mend, once a session."""
        self._say_once(session_id, f"Session {session_id}: {what}")

    def _say_once(self, about: str, text: str) -> None:
        if about not in self._told:
            self._told.add(about)
            self._say(text)


def _software() -> str:
    return f"footfall {version('footfall')}"
