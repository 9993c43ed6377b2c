"""Hearing gateways: what arrives goes into the inbox, and what is on the disk is acknowledged.

What arrives within `GATHER_S` is taken together: one transaction, synced once, for all sessions. A session's batches
are acknowledged together, too, each `ACKNOWLEDGE_S` or as soon as many wait for it: a gateway keeps a batch that long
without harm. All else is answered at once.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from footfall_gateway.clock import Clock
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.mqtt.broker import Arrived, Connection, RefusedError, cancelled_together
from footfall_gateway.mqtt.held import Arrival, BatchArrival, EndArrival, HeaderArrival, Refusal, Safe
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.intake import LONGEST_REASON
from footfall_gateway.mqtt.left_out import LeftOut
from footfall_gateway.mqtt.payloads import (
    Ack,
    End,
    HealthMessage,
    PayloadError,
    batch_sequence,
    decode_health,
    decode_json,
    encode_json,
)
from footfall_gateway.mqtt.topics import Kind, SessionKey, SessionTopic, parse, topics_of
from footfall_gateway.outside import require_size, shortened
from footfall_gateway.recordings.header import decode_header
from footfall_gateway.say import Say
from footfall_gateway.sessions.sinks.base import SensorReport
from footfall_processing.errors import FootfallError

logger = logging.getLogger(__name__)

GATHER_S: Final = 0.1
ACKNOWLEDGE_S: Final = 1.0
MOST_OWED: Final = 32
"""Batches of a session that wait for their acknowledgement: a quarter of what a gateway has on its way."""
MOST_HEADER_BYTES: Final = 256 * 1024
MOST_REPORTED: Final = 1000
"""Sessions whose sensors' health waits to be written."""
MOST_REPORTS: Final = 64
"""Of one session; of more, the newest."""
_HEARD: Final = (Kind.SESSION, Kind.RAW, Kind.END, Kind.HEALTH)
_OF_NO_SESSION: Final = SessionKey("processor-asks", "", "")


class Reports:
    """How sensors are doing, as it was told, until it is written."""

    def __init__(self) -> None:
        self._of: dict[SessionKey, list[SensorReport]] = {}

    def __contains__(self, key: SessionKey) -> bool:
        return key in self._of

    def note(self, key: SessionKey, report: SensorReport) -> None:
        """Keep a report, where there is room."""
        if key in self._of or len(self._of) < MOST_REPORTED:
            self._of[key] = [*self._of.get(key, ()), report][-MOST_REPORTS:]

    def take(self, key: SessionKey) -> list[SensorReport]:
        """Return those of a session; they don't wait any more."""
        return self._of.pop(key, [])

    def take_all(self) -> dict[SessionKey, list[SensorReport]]:
        """Return all; none waits any more."""
        taken, self._of = self._of, {}
        return taken


class Hearing:
    """What of a processor listens at the broker.

    Parameters
    ----------
    inbox, inbox_disk
        The inbox, and the thread that it is used in.
    reports
        Given how sensors are doing.
    kept_s
        Tells up to which arrival all that came of a session is kept.
    work
        Set when there may be something to compute.
    left_out
        Counts what is left out.
    say
        Told what a person must mend.
    clock
        For gathering, and for how long what came is kept without a description.
    """

    def __init__(
        self,
        inbox: Inbox,
        inbox_disk: DiskThread,
        reports: Reports,
        kept_s: Callable[[SessionKey], float],
        work: asyncio.Event,
        left_out: LeftOut,
        say: Say,
        clock: Clock,
    ) -> None:
        self._inbox = inbox
        self._inbox_disk = inbox_disk
        self._reports = reports
        self._kept_s = kept_s
        self._work = work
        self._left_out = left_out
        self._say = say
        self._clock = clock
        self._name = secrets.token_hex(4)
        self._connections = 0
        self._met_another = False
        self._is_doubtful = False
        self._dropped = 0
        self._owed: dict[SessionKey, int] = {}
        self._acknowledging = asyncio.Lock()

    async def run(self, connection: Connection) -> None:
        """Take what comes over a connection, until it breaks."""
        self._connections += 1
        reader = f"{self._name}-{self._connections}"
        await connection.subscribe(*(topics_of(kind) for kind in _HEARD))
        await connection.subscribe(topics_of(Kind.ACK), own=False)
        await self._look_at_our_rights(connection)
        self._owed.clear()
        await self._acknowledge(connection, self._inbox.unfinished(), reader)
        await cancelled_together(self._hear(connection, reader), self._acknowledge_owed(connection, reader))

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
            next_s = self._clock.now_s() + GATHER_S
            more_waits = await self._take(connection, messages, reader)
            self._work.set()
            if not more_waits:
                await self._clock.sleep(max(next_s - self._clock.now_s(), 0.0))

    async def _take(self, connection: Connection, messages: Sequence[Arrived], reader: str) -> bool:
        """Take messages; return whether a gateway has more that waits for our answer."""
        arrivals: list[Arrival] = []
        asked: list[SessionKey] = []
        for arrived in messages:
            read = self._read(arrived)
            if isinstance(read, SessionKey):
                asked.append(read)
            elif read is not None:
                arrivals.append(read)
        if connection.dropped > self._dropped:
            self._left_out.note("", "too fast", "More comes than can be taken: some is dropped, and sent again.")
            self._dropped = connection.dropped
        refusals: list[Refusal] = []
        if arrivals:
            refusals = await self._inbox_disk.call(self._take_in, arrivals)
        for refusal in refusals:
            where = f"Session {refusal.key.session_id} of {refusal.key.gateway}"
            self._left_out.note(refusal.key.gateway, refusal.what, f"{where}: left out: {refusal.why}")
        refused = {one.key: one.why for one in refusals}
        newest = dict.fromkeys((*asked, *refused, *self._due(arrivals)))
        more_waits = any(self._owed.get(key, 0) >= MOST_OWED for key in newest)
        if newest:
            await self._acknowledge(connection, newest, reader, refused)
        return more_waits

    def _take_in(self, arrivals: Sequence[Arrival]) -> list[Refusal]:
        return self._inbox.take(arrivals, now_s=self._clock.now_s(), left_out=self._left_out.fresh())

    def _due(self, arrivals: Iterable[Arrival]) -> Iterable[SessionKey]:
        """Note for which sessions an acknowledgement is owed, and return those that it is due to now."""
        for arrival in arrivals:
            key, held = arrival.key, self._inbox.sessions.get(arrival.key)
            owed = self._owed[key] = self._owed.get(key, 0) + 1
            is_progress = isinstance(arrival, BatchArrival) and held is not None and held.last_sequence is None
            if not is_progress or owed >= MOST_OWED:
                yield key

    async def _acknowledge_owed(self, connection: Connection, reader: str) -> None:
        """Tell gateways of batches; one that does not hear it hears the next."""
        while True:
            await self._clock.sleep(ACKNOWLEDGE_S)
            if self._owed:
                async with self._acknowledging:
                    for key, safe in (await self._safe(list(self._owed))).items():
                        await connection.publish(*_ack(key, safe, reader), retain=safe is not None, receipt=False)

    def _read(self, arrived: Arrived) -> Arrival | SessionKey | None:
        """Read a message; whatever is wrong with it, it is left out and counted, and those after it are read.

        What was retained may be of a session that is over, or of before a broker's crash, and is not read: of a
        description the session is returned, whose gateway is told what is here of it, and sends the rest.
        """
        try:
            topic = parse(arrived.topic)
            if topic is None or not arrived.payload:
                return None
            if arrived.retained:
                return topic.key if topic.kind is Kind.SESSION else None
            return self._arrival(topic.key, topic.kind, arrived.payload)
        except Exception as error:
            levels = arrived.topic.split("/")
            gateway, kind = levels[2][:64], levels[5][:16] if len(levels) > 5 else ""
            self._left_out.note(gateway, f"unreadable {kind}", f"{arrived.topic}: left out: {words_of(error)}")
            logger.debug("left out", exc_info=error)
        return None

    def _arrival(self, key: SessionKey, kind: Kind, payload: bytes) -> Arrival | None:
        if kind is Kind.RAW:
            return BatchArrival(key, batch_sequence(payload), payload)
        if kind is Kind.SESSION:
            require_size(len(payload), MOST_HEADER_BYTES, "its description")
            if decode_header(payload).session.id != key.session_id:
                raise PayloadError("describes another session")
            return HeaderArrival(key, payload)
        if kind is Kind.END:
            return EndArrival(key, decode_json(payload, End))
        if kind is Kind.HEALTH:
            self._reports.note(key, self._report(key, decode_health(payload)))
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
        return SensorReport(message.health, max((message.newest_packet_s or 0.0) - self._kept_s(key), 0.0))

    async def _acknowledge(
        self,
        connection: Connection,
        keys: Iterable[SessionKey],
        reader: str,
        refused: Mapping[SessionKey, str] = MappingProxyType({}),
    ) -> None:
        async with self._acknowledging:
            told = await asyncio.gather(
                *(
                    connection.publish(*_ack(key, safe, reader, refused.get(key, "")), retain=safe is not None)
                    for key, safe in (await self._safe(keys)).items()
                ),
                return_exceptions=True,
            )
        for one in told:
            if isinstance(one, RefusedError):
                self._left_out.note(
                    "",
                    "acknowledgements",
                    f"The broker takes no acknowledgements from us ({one}): gateways keep all that they send.",
                )
            elif isinstance(one, BaseException):
                raise one

    async def _safe(self, keys: Iterable[SessionKey]) -> dict[SessionKey, Safe | None]:
        for key in keys:
            self._owed.pop(key, None)
        return await self._inbox_disk.call(self._inbox.safe, keys)


def _ack(key: SessionKey, safe: Safe | None, reader: str, refused: str = "") -> tuple[SessionTopic, bytes]:
    why = shortened(refused, LONGEST_REASON)
    if safe is None:
        ack = Ack(0, ended=False, reader=reader, digest="", refused=why)
    else:
        ack = Ack(safe.sequence, safe.ended, reader, safe.digest, why)
    return key.topic(Kind.ACK), encode_json(ack)


def words_of(error: Exception) -> str:
    """Say what is wrong, for people."""
    return str(error) if isinstance(error, FootfallError) else f"{type(error).__name__}: {error}"
