"""From a run into the spool: to the recording first, so that the recording always holds what the spool does."""

import logging
from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from itertools import islice
from typing import Final

from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.mqtt.payloads import BatchCutter
from footfall_gateway.mqtt.spool import Spool, SpooledSession
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recorder import Recorder
from footfall_gateway.recordings.recording import Recording, RecordingError
from footfall_gateway.recordings.resumption import go_on
from footfall_gateway.say import Say
from footfall_gateway.store.sqlite_file import StoreError

logger = logging.getLogger(__name__)

PACKETS_AT_ONCE: Final = 4096


async def spool_run(
    header: RecordingHeader,
    batches: AsyncIterable[Sequence[RawPacket]],
    *,
    recorder: Recorder,
    spool: Spool,
    disk: DiskThread,
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
        Told at once when the spool fails; the run is recorded to its end all the same.
    unfinished
        The recording that goes on, if one does.

    Raises
    ------
    StoreError
        At the end of the run, when the spool failed: what is not spooled is found in the recording at the next start.
        At once, when nothing is recorded either.
    """
    session_id, runner = header.session.id, header.session.runner_name
    session = await disk.call(spool.add_session, session_id, runner, encode_header(header), recorder.path)
    if unfinished is not None:
        await disk.call(_spool_rest, spool, session, unfinished)
    failure: StoreError | None = None

    async def keep(complete: Sequence[Sequence[RawPacket]]) -> None:
        nonlocal failure
        await recorder.sync()
        if failure is None:
            try:
                await disk.call(spool.append, session_id, complete)
                wake()
            except StoreError as error:
                failure = error
                say(
                    f"SENDING STOPPED: {error}. The run goes on and is recorded; its rest is sent after the next start."
                )
        if failure is not None and recorder.failure is not None:
            raise failure

    cutter = BatchCutter()
    wake()
    async for packets in batches:
        await recorder.write(packets)
        look_at(packets)
        complete = cutter.push(packets)
        if complete:
            await keep(complete)
    await keep(cutter.flush())
    if failure is not None:
        raise failure


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
