"""From a run into the spool: to the recording first, so that the recording always holds what the spool does."""

import logging
import math
from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Final

from footfall_gateway.mqtt.payloads import BatchCutter
from footfall_gateway.mqtt.spool import Spool, SpooledSession
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recorder import Recorder
from footfall_gateway.recordings.recording import Recording, RecordingError
from footfall_gateway.recordings.resumption import go_on
from footfall_gateway.say import Say
from footfall_gateway.store.patience import PatientDisk
from footfall_gateway.store.sqlite_file import PassingError, StoreError

logger = logging.getLogger(__name__)

PACKETS_AT_ONCE: Final = 4096
TRY_AGAIN_S: Final = 15.0
"""Session seconds until a spool that refused is tried again."""


async def spool_run(
    header: RecordingHeader,
    batches: AsyncIterable[Sequence[RawPacket]],
    *,
    recorder: Recorder,
    spool: Spool,
    disk: PatientDisk,
    look_at: Callable[[Sequence[RawPacket]], object],
    wake: Callable[[], None],
    say: Say,
    unfinished: Recording | None = None,
) -> None:
    """Take packets until they end: record, then spool. The caller ends the session, once its recording is closed.

    Parameters
    ----------
    spool, disk
        The spool, and the thread that it is used in.
    look_at
        Takes the packets as well, to know how the sensors are doing.
    wake
        Called when there is something new in the spool.
    say
        Told at once when the spool fails, and when it goes on; the run is recorded to its end all the same.
    unfinished
        The recording that goes on, if one does.

    Raises
    ------
    StoreError
        At the end of the run, when the spool fails: what is not spooled is found in the recording at the next start.
        At once, when nothing is recorded either.
    """
    spooling = _Spooling(header, recorder, spool, disk, say)
    await spooling.begin(unfinished)
    cutter = BatchCutter()
    wake()
    async for packets in batches:
        await recorder.write(packets)
        look_at(packets)
        if complete := cutter.push(packets):
            await recorder.sync()
            if await spooling.keep(complete, packets[-1].received_s):
                cutter = BatchCutter()
            wake()
    await recorder.sync()
    await spooling.keep(cutter.flush(), math.inf)
    wake()
    spooling.require_whole()


class _Spooling:
    """One run on its way into the spool, which may refuse for a while; then all follows from the recording."""

    def __init__(self, header: RecordingHeader, recorder: Recorder, spool: Spool, disk: PatientDisk, say: Say) -> None:
        self._header = header
        self._recorder = recorder
        self._spool = spool
        self._disk = disk
        self._say = say
        self._failure: StoreError | None = None
        self._again_s = math.inf

    async def begin(self, unfinished: Recording | None) -> None:
        """Begin the session in the spool, or go on with it."""
        await self._attempt(partial(self._catch_up, unfinished), 0.0)

    async def keep(self, batches: Sequence[Sequence[RawPacket]], now_s: float) -> bool:
        """Spool batches that are recorded; return whether all that is recorded was spooled, more than these batches."""
        if self._failure is None:
            await self._attempt(partial(self._spool.append, self._header.session.id, batches), now_s)
        elif now_s >= self._again_s:
            await self._attempt(lambda: self._catch_up(Recording.open(self._recorder.path)), now_s)
            return self._failure is None
        return False

    def require_whole(self) -> None:
        """Raise what the spool refuses with."""
        if self._failure is not None:
            raise self._failure

    def _catch_up(self, recording: Recording | None) -> None:
        session = self._header.session
        spooled = self._spool.add_session(
            session.id, session.runner_name, encode_header(self._header), self._recorder.path
        )
        if recording is not None:
            _spool_rest(self._spool, spooled, recording)

    async def _attempt(self, work: Callable[[], None], now_s: float) -> None:
        failed_before = self._failure is not None
        try:
            await self._disk.call_once(work)
        except StoreError as error:
            self._failure = error
            passes = isinstance(error, PassingError) and self._recorder.failure is None
            self._again_s = now_s + TRY_AGAIN_S if passes else math.inf
            if not failed_before:
                self._say(
                    f"SENDING STOPPED: {error}. The run goes on and is recorded; "
                    + ("sending is tried again." if passes else "its rest is sent after the next start.")
                )
        else:
            self._failure = None
            if failed_before:
                self._say("Sending goes on: what was recorded meanwhile is on its way.")
        if self._failure is not None and self._recorder.failure is not None:
            raise self._failure


def end_broken_off(spool: Spool, goes_on: str | None) -> None:
    """End the sessions that broke off, but for the one that goes on: all that was recorded of them is spooled.

    Their recordings get their proper end, so that nobody goes on with them later. Blocks on the disk.
    """
    for session in spool.sessions():
        if session.ended or session.session_id == goes_on:
            continue
        try:
            recording = Recording.open(session.recording)
        except RecordingError as error:
            logger.info("session %s ends with what is spooled: %s", session.session_id, error)
        else:
            _spool_rest(spool, session, recording)
            if recording.truncated:
                go_on(recording).close()
        spool.end(session.session_id)


def _spool_rest(spool: Spool, session: SpooledSession, recording: Iterable[RawPacket]) -> None:
    """Spool what was recorded, and not spooled yet when the gateway was killed."""
    cutter = BatchCutter()
    rest = islice(recording, session.packets, None)
    while packets := list(islice(rest, PACKETS_AT_ONCE)):
        spool.append(session.session_id, cutter.push(packets))
    spool.append(session.session_id, cutter.flush())
