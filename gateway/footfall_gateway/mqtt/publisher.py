"""Publishes what is in the spool, and frees what the processor has acknowledged.

At most `WINDOW` batches of a session are on their way. All that is not acknowledged is sent again when the broker was
away, when the processor listens anew, and when nothing was acknowledged for a while; then a person is told, too, and of
what the broker refuses at once. An acknowledgement is believed when its digest is that of what was sent, and when it
was not retained: after a crash a broker has an old one again.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from msgspec import structs

from footfall_gateway.clock import Clock, wait_at_most
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.mqtt.broker import Arrived, BrokerLostError, Connection, RefusedError, Will, cancelled_together
from footfall_gateway.mqtt.left_out import LeftOut
from footfall_gateway.mqtt.payloads import (
    Ack,
    End,
    HealthMessage,
    Status,
    decode_json,
    encode_health,
    encode_json,
)
from footfall_gateway.mqtt.spool import Spool, SpooledSession
from footfall_gateway.mqtt.topics import Kind, SessionKey, parse, status_topic, topics_of
from footfall_gateway.outside import shown
from footfall_gateway.say import Say
from footfall_gateway.store.sqlite_file import StoreError
from footfall_processing.health import LinkState
from footfall_processing.session import Session

logger = logging.getLogger(__name__)

WINDOW: Final = 128
"""Batches of a session that may be on their way: about a minute of a run, 1 MiB at most times."""
SEND_AGAIN_S: Final = 5.0
LONGEST_SEND_AGAIN_S: Final = 60.0
SILENCE_S: Final = 2.0 * SEND_AGAIN_S
"""After so long without an acknowledgement a person is told."""
HEALTH_INTERVAL_S: Final = 5.0
MOST_TOLD: Final = 1000
"""Different things that a person is told; what comes on top is nothing that a person reads."""


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
    pseudonym
        What topics call a runner.
    """

    def __init__(
        self, gateway: str, spool: Spool, disk: DiskThread, clock: Clock, say: Say, *, pseudonym: Callable[[str], str]
    ) -> None:
        self._gateway = gateway
        self._spool = spool
        self._disk = disk
        self._clock = clock
        self._say = say
        self._left_out = LeftOut(say)
        self._pseudonym = pseudonym
        self._somebody_listens = True
        self._refused: set[str] = set()
        self._silent = False
        self._connection: Connection | None = None
        self._sent: dict[str, _Sent] = {}
        self._changed = asyncio.Event()
        self._progress = asyncio.Event()
        self._empty = asyncio.Event()
        self._told_health: dict[tuple[str, str], tuple[float, LinkState]] = {}
        self._told: set[tuple[str, str]] = set()
        self._over: set[str] = set()

    @property
    def will(self) -> Will:
        """What the broker is to say when this gateway is gone."""
        return Will(status_topic(self._gateway), encode_json(Status(online=False, software=_software())))

    @property
    def left_out(self) -> dict[str, int]:
        """How many messages were left out since the start, by what was wrong with them."""
        return self._left_out.by_kind()

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
            topic = self._key(session.id, session.runner_name).topic(Kind.HEALTH, health.sensor_id)
            await self._publish(self._connection, topic, encode_health(message), receipt=False)

    async def run(self, connection: Connection) -> None:
        """Publish over a connection, until it breaks."""
        self._sent, self._over, self._refused = {}, set(), set()
        await connection.subscribe(topics_of(Kind.ACK, self._gateway))
        status = encode_json(Status(online=True, software=_software()))
        await self._publish(connection, status_topic(self._gateway), status, retain=True)
        self._connection = connection
        try:
            await cancelled_together(self._hear(connection), self._send(connection), self._send_again())
        finally:
            self._connection = None

    async def goodbye(self) -> None:
        """Say that this gateway ends, as its will would."""
        if self._connection is not None:
            await self._publish(self._connection, self.will.topic, self.will.payload, retain=True)

    def _key(self, session_id: str, runner: str) -> SessionKey:
        return SessionKey(self._gateway, self._pseudonym(runner), session_id)

    async def _publish(
        self, connection: Connection, topic: object, payload: bytes, *, retain: bool = False, receipt: bool = True
    ) -> bool:
        """Publish; tell a person when the broker refuses, and return whether it took it and somebody listens."""
        try:
            return await connection.publish(topic, payload, retain=retain, receipt=receipt)
        except RefusedError as error:
            kind = "/".join(str(topic).split("/")[5:]) or "status"
            self._refused.add(kind)
            self._say_once(
                "refused",
                f"{kind}: {error}",
                f"The broker does not take this gateway's {shown(kind)}: {error}. Where it has an access list such as "
                f"ours, the gateway must be called as its user is; this one is called {self._gateway}. What was not "
                "sent is kept here.",
            )
            return False

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
        key = self._key(session.session_id, session.runner)
        sent = self._sent.setdefault(session.session_id, _Sent(session.safe_sequence))
        if not sent.described:
            await self._publish(connection, key.topic(Kind.SESSION), session.header, retain=True)
            sent.described = True
        room = WINDOW - (sent.sent_sequence - session.safe_sequence)
        if room > 0:
            batches = await self._disk.call(self._spool.batches, session.session_id, sent.sent_sequence, room)
            if batches:
                sent.sent_sequence = batches[-1][0]
                raw = key.topic(Kind.RAW)
                taken = await asyncio.gather(*(self._publish(connection, raw, payload) for _, payload in batches))
                self._somebody_listens = any(taken)
        if session.ended and not sent.end_sent and sent.sent_sequence >= session.last_sequence:
            sent.end_sent = True
            digest = await self._disk.call(self._spool.digest, session.session_id, session.last_sequence)
            end = encode_json(End(session.last_sequence, digest or ""))
            if session.session_id in self._over:
                return  # what is retained of it was cleared meanwhile, and is to stay so
            await self._publish(connection, key.topic(Kind.END), end, retain=True)

    async def _send_again(self) -> None:
        pause_s, silent_s = SEND_AGAIN_S, 0.0
        while True:
            self._progress.clear()
            if await wait_at_most(self._clock, pause_s, self._progress):
                pause_s, silent_s = SEND_AGAIN_S, 0.0
                if self._silent:
                    self._silent = False
                    self._say("What this gateway sends is acknowledged again.")
                continue
            sessions = await self._disk.call(self._spool.sessions)
            for session in sessions:
                self._sent[session.session_id] = _Sent(session.safe_sequence)
            waiting = [s.session_id for s in sessions if s.ended or s.last_sequence > s.safe_sequence]
            silent_s = silent_s + pause_s if waiting else 0.0
            if silent_s >= SILENCE_S:
                self._tell_silence(waiting)
                pause_s = min(2.0 * pause_s, LONGEST_SEND_AGAIN_S)
            self._changed.set()

    def _tell_silence(self, waiting: Sequence[str]) -> None:
        """Say that nothing gets through, and the likely cause; what the broker refuses was said at once."""
        if self._silent or self._refused:
            return
        self._silent = True
        what = f"Nothing is acknowledged of session {shown(waiting[0])}"
        what += f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
        why = (
            "somebody listens at the broker, and no answer comes. Either no `footfall process` hears it, or its "
            "answers don't reach this gateway: the access list must let it read "
            f"footfall/1/{self._gateway}/+/+/ack, and the processor read all and write there"
            if self._somebody_listens
            else "the broker has it, and nobody listens there. Start `footfall process` at this broker, or let its "
            "user read what gateways publish"
        )
        self._say(f"{what}: {why}. All is kept here meanwhile.")

    async def _hear(self, connection: Connection) -> None:
        async for messages in connection.messages():
            # what clears an answer takes nothing back: it may come with it, from another gateway of this name
            newest = {arrived.topic: arrived for arrived in messages if arrived.payload}
            for arrived in newest.values():
                try:
                    await self._take_ack(connection, arrived)
                except BrokerLostError:
                    raise
                except StoreError as error:  # what can't be let go of now is acknowledged again when it is sent again
                    self._say_once("disk", "", str(error))
                except Exception as error:  # whatever comes over the wire, the run goes on
                    self._left_out.note(self._gateway, "unreadable", f"{arrived.topic}: left out: {error}")
                    logger.debug("left out", exc_info=error)

    async def _take_ack(self, connection: Connection, arrived: Arrived) -> None:
        topic = parse(arrived.topic)
        if topic is None or topic.kind is not Kind.ACK or not arrived.payload:
            return
        ack = decode_json(arrived.payload, Ack)
        found = [s for s in await self._disk.call(self._spool.sessions) if s.session_id == topic.session_id]
        if not found:
            await self._take_foreign_ack(connection, topic.key, ack, retained=arrived.retained)
            return
        if arrived.retained:
            return  # what is sent now is answered
        (session,) = found
        if ack.digest == "":
            ack = structs.replace(ack, sequence=0, ended=False)  # without the description no batch counts
        if ack.refused:
            self._blame(session.session_id, ack.refused, f"the processor refuses a part of it: {ack.refused}")
        if not await self._is_believed(session, ack):
            return
        if ack.ended and session.ended:
            if ack.sequence < session.last_sequence:
                self._blame(
                    session.session_id,
                    "ended",
                    f"was ended at the processor after batch {ack.sequence} of {session.last_sequence}. Its recording "
                    f"has all: {session.recording}",
                )
            await self._let_go(connection, session, topic.key)
            return
        if ack.ended:
            self._blame(
                session.session_id,
                "ended",
                f"was ended at the processor after batch {ack.sequence}, and goes on here. Its recording will have "
                f"all: {session.recording}",
            )
        if ack.sequence < session.safe_sequence:
            self._blame(
                session.session_id,
                "lost",
                f"the processor no longer has batches {ack.sequence + 1} to {session.safe_sequence}, which it had "
                f"acknowledged. Its recording has all: {session.recording}",
            )
        if ack.sequence > session.safe_sequence:
            await self._disk.call(self._spool.free, session.session_id, ack.sequence)
            self._progress.set()
        sent = self._sent.setdefault(session.session_id, _Sent(ack.sequence))
        if sent.reader != ack.reader:
            # what was sent before it listened is lost to it
            sent.sent_sequence, sent.reader = max(ack.sequence, session.safe_sequence), ack.reader
            sent.described, sent.end_sent = ack.digest != "", False
        sent.sent_sequence = max(sent.sent_sequence, ack.sequence)
        self._changed.set()

    async def _take_foreign_ack(self, connection: Connection, key: SessionKey, ack: Ack, *, retained: bool) -> None:
        """Clear what is retained of a session that is over, or say that one waits which is not here."""
        has_nothing = ack.digest == "" and ack.sequence == 0 and not ack.refused
        if ack.ended or (has_nothing and not retained):
            await self._clear(connection, key)
        elif not ack.refused and not retained:
            self._blame(
                key.session_id,
                "not here",
                f"waits for its rest at the processor, and is not here. Is another gateway called {self._gateway}, "
                "too? Give each its own --name. Or was this one's folder lost? Then end the session at the processor: "
                f"footfall process --end {key.session_id}",
            )

    async def _is_believed(self, session: SpooledSession, ack: Ack) -> bool:
        """Tell whether an acknowledgement is of what was sent, and nothing else."""
        session_id = session.session_id
        if ack.sequence > session.last_sequence:
            self._left_out.note(
                self._gateway,
                "acknowledged too much",
                f"Session {session_id}: left out: batch {ack.sequence} is acknowledged, and {session.last_sequence} "
                "were made. Somebody else than the processor publishes here, or two gateways have one name.",
            )
            return False
        if ack.digest == "":
            return ack.sequence == 0 and not ack.ended  # its description has not come yet
        known = await self._disk.call(self._spool.digest, session_id, ack.sequence)
        if ack.digest is not None and known is not None:
            if ack.digest != known:
                self._blame(
                    session_id,
                    "other content",
                    f"the processor has something else of it than was sent from here up to batch {ack.sequence}: "
                    "another gateway has this name, or its password. Nothing is let go of; its recording has all: "
                    f"{session.recording}",
                )
            return ack.digest == known
        if ack.digest is None:
            self._say_once(
                "older",
                "",
                "The processor is of an older Footfall, so that its acknowledgements can't be checked: update it.",
            )
        sent = self._sent.get(session_id)
        return ack.sequence <= max(session.safe_sequence, 0 if sent is None else sent.sent_sequence)

    async def _let_go(self, connection: Connection, session: SpooledSession, key: SessionKey) -> None:
        """Let go of a session that the processor has."""
        session_id = session.session_id
        self._over.add(session_id)
        await self._clear(connection, key)
        own = self._key(session_id, session.runner)
        if str(own.topic(Kind.ACK)) != str(key.topic(Kind.ACK)):
            await self._clear(connection, own)
        try:
            await self._disk.call(self._spool.forget, session_id)
        except StoreError:
            self._over.discard(session_id)
            raise
        self._sent.pop(session_id, None)
        self._progress.set()
        self._changed.set()

    async def _clear(self, connection: Connection, key: SessionKey) -> None:
        for kind in (Kind.SESSION, Kind.END, Kind.ACK):
            await self._publish(connection, key.topic(kind), b"", retain=True)

    def _blame(self, session_id: str, kind: str, what: str) -> None:
        """Say what a person must mend, once a session and kind."""
        self._say_once(session_id, kind, f"Session {shown(session_id)}: {shown(what)}")

    def _say_once(self, about: str, kind: str, text: str) -> None:
        if (about, kind) not in self._told and len(self._told) < MOST_TOLD:
            self._told.add((about, kind))
            self._say(text)


def _software() -> str:
    return f"footfall {version('footfall')}"
