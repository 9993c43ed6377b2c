"""One partition while it is this worker's: sessions are taken up where another left them, followed, and finished.

::

    stream ──► partition's consumer ──► followed in order ──► engine ──► sinks ──► acknowledged
                  │                        ▲                                          │
                  └── behind? read on from the position that is kept ◄── record ◄─────┘

What the consumer brings tells what there is; what is taken is in the stream's order, whatever comes again after newer.
A message is acknowledged once what came of it is written, so that one whose worker fell comes to the next.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from nats.aio.client import Client
from nats.aio.msg import Msg

from footfall_gateway.clock import Clock
from footfall_gateway.jetstream.api import Api
from footfall_gateway.jetstream.followed import Followed
from footfall_gateway.jetstream.pinned import Pinned, Turn
from footfall_gateway.jetstream.states import FencedError, Record, States
from footfall_gateway.jetstream.subjects import STREAM, kept_topic, of_partition, of_session, subject_of
from footfall_gateway.mqtt.computing import CATCHING_UP_BATCHES, CHECKPOINT_BATCHES, Computing
from footfall_gateway.mqtt.hearing import words_of
from footfall_gateway.mqtt.left_out import LeftOut
from footfall_gateway.mqtt.payloads import encode_json
from footfall_gateway.mqtt.topics import Kind, SessionKey
from footfall_gateway.outside import shortened, shown
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.header import decode_header
from footfall_gateway.say import Say, Told
from footfall_gateway.sessions.checkpoints import CheckpointError, Computation
from footfall_gateway.sessions.sinks.base import News, SessionEnd, Sink, Sinks
from footfall_gateway.store.sqlite_file import StoreError

logger = logging.getLogger(__name__)

READER: Final = "cluster"
"""Names who acknowledges: what is on its way stays in the stream, whichever worker reads it."""
READ_AT_ONCE: Final = 256
AT_ONCE: Final = 16
"""Sessions that are read or written at the same time."""
PATIENCE_S: Final = 1.0
BEHIND_S: Final = 0.05
REST_S: Final = 60.0
"""A session that is silent for so long is kept, and leaves the memory."""
LONGEST_REASON: Final = 500
ACKNOWLEDGED: Final = b"+ACK"

SinksOf: TypeAlias = Callable[[SessionKey, RecordingHeader], Sequence[Sink]]
"""Makes the sinks of a session that begins here, or goes on."""


class Partition:
    """Works on one partition.

    Parameters
    ----------
    client
        The connection.
    number
        Which partition.
    sinks_of
        Where each session's events go.
    left_out
        Counts what is not taken.
    say
        Told what a person must mend, and what is complete.
    software
        Which Footfall this is: what another one could not compute is tried again.
    clock
        For what rests.
    beat
        Called with each turn.
    """

    def __init__(
        self,
        client: Client,
        number: int,
        sinks_of: SinksOf,
        left_out: LeftOut,
        say: Say,
        *,
        software: str,
        clock: Clock,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._number = number
        self._sinks_of = sinks_of
        self._left_out = left_out
        self._say = say
        self._software = software
        self._clock = clock
        self._beat = beat
        self._api = Api(client)
        self._states = States(client)
        self._pinned = Pinned(client, number)
        self._sessions: dict[SessionKey, Followed] = {}
        self._unacknowledged: list[tuple[SessionKey, int, Msg]] = []
        self._owed: dict[SessionKey, bool] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    @property
    def is_ours(self) -> bool:
        """Whether the server gives it to this worker."""
        return self._pinned.is_ours

    @property
    def sessions(self) -> int:
        """How many sessions of it are in memory."""
        return len(self._sessions)

    async def run(self, leave: asyncio.Event) -> None:
        """Work, until `leave` is set: then all is kept, and the partition given back."""
        pulling = asyncio.create_task(self._pinned.run())
        try:
            while not leave.is_set():
                behind = any(session.is_behind and not session.is_done for session in self._sessions.values())
                turn = await self._pinned.turn(BEHIND_S if behind else PATIENCE_S)
                if pulling.done():
                    pulling.result()
                self._beat()
                await self._take_turn(turn)
            logger.info("partition %d: is for another worker", self._number)
            await self._keep(self._sessions.values())
            pulling.cancel()
            await asyncio.gather(pulling, return_exceptions=True)
            await self._pinned.give_back()
            logger.info("partition %d: is given back", self._number)
        finally:
            pulling.cancel()
            await asyncio.gather(pulling, return_exceptions=True)
            await self._forget_all()

    async def _take_turn(self, turn: Turn) -> None:
        if turn.lost:
            logger.info("partition %d: was taken from us", self._number)
            await self._forget_all()
            return
        if turn.begun:
            logger.info("partition %d: is ours", self._number)
            await self._forget_all()
            await self._take_over()
        await self._look_at(turn.messages)
        behind = [one for one in self._sessions.values() if one.is_behind]
        await asyncio.gather(*(self._read_on(session) for session in behind))
        await self._advance()
        await self._acknowledge()
        await self._answer()
        await self._rest()

    async def _take_over(self) -> None:
        """Take up every session of which the stream has more than was computed."""
        keys = set()
        for subject in await self._api.subjects(STREAM, of_partition(self._number)):
            topic = kept_topic(subject)
            if topic is not None:
                keys.add(topic.key)
        found = await asyncio.gather(*(self._with_news(key) for key in keys))
        taken_up = [session for session in found if session is not None and session.stored.revision]
        if taken_up:
            sessions = f"{len(taken_up)} session{'s' if len(taken_up) > 1 else ''}"
            text = f"Partition {self._number} is taken over, with {sessions} that another worker began."
            self._say(Told(text, "partition taken over", partition=self._number, sessions=len(taken_up)))

    async def _with_news(self, key: SessionKey) -> Followed | None:
        async with self._room:
            session = await self._loaded(key)
            last = await self._api.last(STREAM, of_session(self._number, key))
        if last is not None:
            session.upto = last.sequence
        if session.is_done:
            await self._purge(session)
        elif session.is_behind:
            self._sessions[key] = session
            return session
        return None

    async def _loaded(self, key: SessionKey) -> Followed:
        stored = await self._states.load(key)
        if stored.record.aside and stored.record.aside_by != self._software:
            stored = stored.anew()
        session = Followed.of(key, stored)
        session.newest_s = self._clock.now_s()
        return session

    async def _look_at(self, messages: Iterable[Msg]) -> None:
        """Look at what the consumer brought; of a session that is not in memory, or is behind, it is read instead."""
        for message in messages:
            topic = kept_topic(message.subject)
            if topic is None:
                await self._client.publish(message.reply, ACKNOWLEDGED)
                continue
            place = message.metadata.sequence.stream
            session = self._sessions.get(topic.key)
            if session is None:
                session = self._sessions[topic.key] = await self._loaded(topic.key)
                session.upto = max(session.upto, place - 1)
            if not session.is_behind:
                self._look(session, place, message.subject, message.data)
            session.upto = max(session.upto, place)
            session.newest_s = self._clock.now_s()
            self._unacknowledged.append((topic.key, place, message))
            if topic.kind is not Kind.HEALTH:
                is_batch = topic.kind is Kind.RAW and not session.is_done
                self._owed[topic.key] = self._owed.get(topic.key, False) or not is_batch
            if session.is_done:
                await self._purge(session)

    def _look(self, session: Followed, place: int, subject: str, payload: bytes) -> None:
        topic = kept_topic(subject)
        if topic is None:
            return
        try:
            session.look(place, topic, payload)
        except Exception as error:  # whatever is wrong with it, it is left out and counted, and those after it are read
            session.refused = shortened(words_of(error), LONGEST_REASON)
            where = f"Session {topic.session_id} of {topic.gateway}"
            self._left_out.note(topic.gateway, f"unreadable {topic.kind}", f"{where}: left out: {words_of(error)}")
            logger.debug("left out", exc_info=error)

    async def _read_on(self, session: Followed) -> None:
        """Read on from the position that is kept; what is still missing then is read in the next turn."""
        async with self._room:
            subject = of_session(self._number, session.key)
            found = await self._api.read(STREAM, subject, session.handled + 1, READ_AT_ONCE)
        for kept in found:
            self._look(session, kept.sequence, kept.subject, kept.payload)
        if len(found) < READ_AT_ONCE and session.is_behind:
            last = await self._api.last(STREAM, subject)
            if last is None or last.sequence <= session.handled:
                session.upto = session.handled  # it was purged meanwhile

    async def _advance(self) -> None:
        """Compute what was taken, write what came of it, and keep how far it is."""
        working = [
            session
            for session in list(self._sessions.values())
            if session.has_work and (session.computing is not None or await self._begin(session))
        ]
        outcomes = await asyncio.to_thread(_compute, working)
        await asyncio.gather(*(self._write(session, outcome) for session, outcome in outcomes))
        due = [
            session
            for session in self._sessions.values()
            if not session.is_done
            and not session.has_work
            and session.is_due(CATCHING_UP_BATCHES if session.is_behind else CHECKPOINT_BATCHES)
        ]
        await self._keep(due)

    async def _begin(self, session: Followed) -> bool:
        assert session.header is not None
        record = session.stored.record
        try:
            header = decode_header(session.header)
            computation = Computation(header)
            if record.state:
                try:
                    computation = Computation.restored(header, record.state)
                except CheckpointError as error:  # all batches are there, so it is computed from the first one on
                    logger.info("%s", error)
                    self._sessions[session.key] = fresh = Followed.of(session.key, session.stored.anew())
                    fresh.upto, fresh.newest_s = session.upto, session.newest_s
                    return False
            sinks = Sinks(self._sinks_of(session.key, header))
            await sinks.open(header)
        except Exception as error:
            await self._leave(session, error)
            return False
        session.computing = Computing(computation, sinks)
        return True

    async def _write(self, session: Followed, outcome: "_Outcome") -> None:
        if isinstance(outcome, Exception):
            await self._leave(session, outcome)
            return
        news, end = outcome
        assert session.computing is not None
        async with self._room:
            try:
                await session.computing.sinks.write(news)
                if end is not None:
                    await session.computing.sinks.finish(end)
            except Exception as error:
                await self._leave(session, error)
                return
            if end is not None:
                await self._finish(session, end)

    async def _finish(self, session: Followed, end: SessionEnd) -> None:
        if not await self._keep_record(session, session.record_done()):
            return
        await self._purge(session)
        await self._close(session)
        strides = sum(part.strides for part in end.summary.sensors)
        key = session.key
        self._say(
            Told(
                f"Session {shown(key.session_id)} of {shown(key.gateway)} is complete: {strides} strides.",
                "session complete",
                session=key.session_id,
                gateway=key.gateway,
                strides=strides,
            )
        )

    async def _purge(self, session: Followed) -> None:
        await self._api.purge(STREAM, of_session(self._number, session.key))

    async def _leave(self, session: Followed, error: Exception) -> None:
        """Set a session aside, whatever is wrong with it; what is wrong with a disk passes."""
        await self._close(session)
        if isinstance(error, StoreError):
            raise error
        session.aside, session.aside_by = shortened(words_of(error), LONGEST_REASON), self._software
        session.waiting.clear()
        await self._keep_record(session, session.record())
        key = session.key
        self._say(
            Told(
                f"Session {shown(key.session_id)} of {shown(key.gateway)} is set aside: {shown(session.aside)}. All "
                "that came of it is kept, and it is tried again after an update of Footfall.",
                "session set aside",
                logging.WARNING,
                session=key.session_id,
                gateway=key.gateway,
            )
        )
        logger.info("session %s", shown(key.session_id), exc_info=error)

    async def _keep(self, sessions: Iterable[Followed]) -> None:
        """Keep how far sessions are."""

        async def keep(session: Followed) -> None:
            async with self._room:
                await self._keep_record(session, session.record())

        changed = [
            one
            for one in sessions
            if not one.is_done and not one.has_work and one.position != one.stored.record.position
        ]
        await asyncio.gather(*(keep(session) for session in changed))

    async def _keep_record(self, session: Followed, record: Record) -> bool:
        """Keep a record; return whether it is kept, and let go of a session that another worker goes on with."""
        try:
            session.stored = await self._states.keep(session.key, record, session.stored)
        except FencedError as error:
            logger.info("%s", error)
            await self._close(session)
            self._forget(session)
            return False
        return True

    async def _acknowledge(self) -> None:
        """Acknowledge to the consumer what is looked at, computed and written; what is not comes again."""
        waiting = []
        for key, place, message in self._unacknowledged:
            session = self._sessions.get(key)
            if session is None:
                continue  # let go of to another worker, or taken up again when this comes again
            if session.is_done or (place <= session.handled and not session.has_work):
                await self._client.publish(message.reply, ACKNOWLEDGED)
            else:
                waiting.append((key, place, message))
        self._unacknowledged = waiting

    async def _answer(self) -> None:
        """Tell gateways what is there of their sessions: of batches now and then, of all else at once."""
        now_s = self._clock.now_s()
        for key, is_asked in list(self._owed.items()):
            session = self._sessions.get(key)
            if session is None:
                del self._owed[key]
            elif is_asked or session.is_ended or session.is_answer_due(now_s):
                del self._owed[key]
                topic = key.topic(Kind.ACK)
                await self._client.publish(subject_of(topic), encode_json(session.ack(READER, now_s)))

    async def _rest(self) -> None:
        """Let go of sessions that have been silent for long."""
        before_s = self._clock.now_s() - REST_S
        resting = [one for one in self._sessions.values() if one.newest_s < before_s and not one.is_behind]
        await self._keep(resting)
        for session in resting:
            await self._close(session)
            self._forget(session)

    async def _close(self, session: Followed) -> None:
        computing, session.computing = session.computing, None
        if computing is not None:
            try:
                await computing.sinks.close()
            except Exception as error:  # what it keeps is kept or told already
                logger.info("session %s", shown(session.key.session_id), exc_info=error)

    def _forget(self, session: Followed) -> None:
        if self._sessions.get(session.key) is session:
            del self._sessions[session.key]

    async def _forget_all(self) -> None:
        for session in list(self._sessions.values()):
            await self._close(session)
        self._sessions.clear()
        self._unacknowledged.clear()
        self._owed.clear()


_Outcome: TypeAlias = tuple[list[News], SessionEnd | None] | Exception


def _compute(sessions: Iterable[Followed]) -> list[tuple[Followed, _Outcome]]:
    """Compute, off the event loop; an error of one session is its own."""
    outcomes: list[tuple[Followed, _Outcome]] = []
    for session in sessions:
        try:
            outcomes.append((session, session.compute()))
        except Exception as error:  # a driver of somebody else's may raise anything: other sessions go on
            outcomes.append((session, error))
    return outcomes
