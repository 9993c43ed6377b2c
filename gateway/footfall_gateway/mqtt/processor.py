"""The processor: from the wire into the inbox, through the session engine, and out to the sinks.

::

    broker ──► inbox (on the disk) ──► acknowledgement          `hearing`
                  │
                  ▼  read in sequence; after a restart from the last checkpoint
               SessionEngine ──► sinks: store, points, listeners, a live page
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from footfall_gateway.clock import Clock, SystemClock
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.mqtt.broker import Connection
from footfall_gateway.mqtt.computing import Computing, Outcome, compute
from footfall_gateway.mqtt.hearing import Hearing, Reports, words_of
from footfall_gateway.mqtt.held import Checkpoint, Held
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.left_out import LeftOut
from footfall_gateway.mqtt.listeners import Listeners
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.outside import shown
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.header import decode_header
from footfall_gateway.say import Say, Told
from footfall_gateway.sessions.checkpoints import CheckpointError, Computation
from footfall_gateway.sessions.sinks.base import Sink, Sinks
from footfall_gateway.store.sqlite_file import ContentError, StoreError

logger = logging.getLogger(__name__)

BATCHES_AT_ONCE: Final = 128
"""Of one session, so that no session waits long for another that has much to catch up."""
SESSIONS_AT_ONCE: Final = 64
MOST_SENSORS: Final = 4096
"""Of sessions that are kept in memory between their batches, at 64 kB each. More rest in checkpoints."""
TURN_S: Final = 5.0
"""Computing looks for work at least so often."""

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
    forget_results
        Lets go of what is kept of a session that is computed anew: it may be of another version.
    software
        Which Footfall this is: what another one could not compute is tried again.
    clock
        For gathering what comes, and for how long it is kept without a description.
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
        forget_results: Callable[[str], Awaitable[None]] | None = None,
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
        self._forget_results = forget_results
        self._software = software
        self._beat = beat
        self._left_out = LeftOut(say)
        self._work = asyncio.Event()
        self._work.set()
        self._computing: dict[SessionKey, Computing] = {}
        self._turns: dict[SessionKey, int] = {}
        self._turn = 0
        self._has_said_anew = False
        self._reports = Reports()
        self._hearing = Hearing(
            inbox, inbox_disk, self._reports, self._kept_s, self._work, self._left_out, say, clock or SystemClock()
        )

    @property
    def left_out(self) -> dict[str, int]:
        """How many messages were left out since the start, by what was wrong with them."""
        return self._left_out.by_kind()

    async def run(self, connection: Connection) -> None:
        """Take what comes over a connection, until it breaks."""
        self._listeners.connection = connection
        try:
            await self._hearing.run(connection)
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
                try:
                    async with asyncio.timeout(TURN_S):
                        await self._work.wait()
                except TimeoutError:  # nothing comes that it could be kept with
                    await self._inbox_disk.call(self._inbox.keep_noted)
        finally:
            for computing in self._computing.values():
                await computing.sinks.close()

    def _kept_s(self, key: SessionKey) -> float:
        computing = self._computing.get(key)
        return 0.0 if computing is None else computing.kept_s

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
        begun: list[tuple[SessionKey, Held, Computing]] = []
        self._turn += 1
        for key in keys:
            self._turns[key] = self._turn
            held = self._inbox.sessions[key]
            computing = self._computing.get(key) or await self._begin(key, held)
            if computing is not None:
                begun.append((key, held, computing))
        asked = [(held, computing.taken_sequence) for _, held, computing in begun]
        batches = await self._inbox_disk.call(self._inbox.next_of_all, asked, BATCHES_AT_ONCE)
        waiting = [Outcome(*one, its_batches) for one, its_batches in zip(begun, batches, strict=True)]
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
            computation = Computation(header) if checkpoint is None else await self._taken_up(header, checkpoint)
            sinks = Sinks(self._sinks_of(key, header))
            await sinks.open(header)
            before = max(held.announced_sequence, 0 if checkpoint is None else checkpoint.sequence)
            # where batches are lost, what came of them is kept
            if computation.position.sequence == 0 < before <= held.safe_sequence and self._forget_results is not None:
                await self._forget_results(header.session.id)
        except Exception as error:
            await self._leave(key, error)
            return None
        computing = self._computing[key] = Computing(computation, sinks)
        return computing

    async def _taken_up(self, header: RecordingHeader, checkpoint: Checkpoint) -> Computation:
        """Return a session that goes on after a checkpoint.

        Or one from its first batch, as all of them are here: where the checkpoint is refused, or the store lacks
        strides that it counts, since it is older, as one from a backup is.
        """
        try:
            computation = await asyncio.to_thread(Computation.restored, header, checkpoint.stored)
        except CheckpointError as error:
            self._say_anew(str(error))
            return Computation(header)
        strides = computation.strides
        if self._kept_strides is not None and (kept := await self._kept_strides(header.session.id)) < strides:
            id_ = header.session.id
            self._say_anew(f"session {id_}: the checkpoint counts {strides} strides, and the store has {kept}")
            return Computation(header)
        return computation

    def _say_anew(self, why: str) -> None:
        """Say once why a session is computed anew: after an update, all are."""
        if not self._has_said_anew:
            self._has_said_anew = True
            self._say(f"Computed anew from the first batch: {shown(why)}. Nothing is lost; others may follow.")
        logger.info("computed anew: %s", why)

    async def _leave(self, key: SessionKey, error: Exception) -> None:
        """Set a session aside, whatever is wrong with it; what is wrong with the disk passes."""
        await self._close(key)
        if isinstance(error, StoreError) and not isinstance(error, ContentError):
            raise error
        why = words_of(error)
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
        sensors = sum(computing.sensors for computing in self._computing.values())
        if sensors <= MOST_SENSORS:
            return
        for key in sorted(self._computing, key=lambda key: self._turns.get(key, 0)):
            if sensors <= MOST_SENSORS:
                break
            held, computing = self._inbox.sessions[key], self._computing[key]
            # one of which listeners are not told all would be taken up at once
            if not self._has_news(key, held) and held.announced_sequence >= held.safe_sequence:
                resting.append((key, held, computing))
                sensors -= computing.sensors
        if resting:
            checkpoints = [(held, computing.checkpoint()) for _, held, computing in resting]
            await self._inbox_disk.call(self._inbox.note_checkpoints, checkpoints)
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
            await self._inbox_disk.call(self._inbox.note_checkpoints, checkpoints)
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
        news = [*outcome.events, *self._reports.take(outcome.key)]
        sequence, told = computing.taken_sequence, self._listeners.connection is not None
        await computing.sinks.write(news, again=outcome.told_before)
        if outcome.end is not None:
            await computing.sinks.finish(outcome.end)
        computing.kept_s = computing.computation.taken_s
        if told and not outcome.told_before:
            self._inbox.note_announced(outcome.held, sequence)

    async def _hand_out_health(self) -> None:
        """Write what is known of sensors that sent nothing; of sessions that are not going on, nothing is kept."""
        for key, reports in self._reports.take_all().items():
            computing = self._computing.get(key)
            if computing is not None:
                try:
                    await computing.sinks.write(reports)
                except Exception as error:
                    await self._leave(key, error)
