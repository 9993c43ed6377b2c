"""A session that broke off, as when power failed, goes on in the same recording."""

import heapq
import logging
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from footfall_gateway.packets import RawPacket
from footfall_gateway.recordings.decoding import decoders_of
from footfall_gateway.recordings.recording import (
    Recording,
    RecordingError,
    RecordingEvent,
    RecordingWriter,
    sync_folder,
)

logger = logging.getLogger(__name__)

LONGEST_BREAK: Final = timedelta(minutes=30)
"""After a longer one, what follows is another session."""
UNFINISHED_SUFFIX: Final = ".part"


def find_unfinished(folder: Path, addresses: Collection[str], now_utc: datetime) -> Recording | None:
    """Return the newest recording in `folder` that broke off not long ago and was of these sensors, if there is one.

    Parameters
    ----------
    folder
        Where recordings lie.
    addresses
        The sensors that are to be recorded now, in upper case.
    now_utc
        The time, as the computer knows it.
    """
    try:
        newest = max(folder.glob("*.mcap"), key=lambda path: path.stat().st_mtime, default=None)
        if newest is None:
            return None
        written_utc = datetime.fromtimestamp(newest.stat().st_mtime, UTC)
        recording = Recording.open(newest)
        decoders_of(recording.header)
    except (OSError, OverflowError, ValueError, RecordingError) as error:  # a file's time may be any number
        logger.info("no session to go on with: %s", error)
        return None
    if not recording.truncated or abs(now_utc - written_utc) > LONGEST_BREAK:
        return None
    recorded = {sensor.address.upper() for sensor in recording.header.recorded_sensors}
    return recording if recorded and recorded <= set(addresses) else None


def go_on(recording: Recording) -> RecordingWriter:
    """Begin a recording anew with all that it holds; what is written from now on comes after it.

    The old file stays until the new one is on the disk with everything in it, and is then replaced.

    Raises
    ------
    RecordingError
        When the new file can't be written.
    """
    path = recording.path.with_suffix(UNFINISHED_SUFFIX)
    path.unlink(missing_ok=True)
    writer = RecordingWriter(path, recording.header)
    packets: Iterable[RawPacket | RecordingEvent] = recording
    for item in heapq.merge(packets, recording.events(), key=_time_s):
        if isinstance(item, RecordingEvent):
            writer.write_event(item)
        else:
            writer.write(item)
    writer.sync()
    try:
        path.replace(recording.path)
        sync_folder(recording.path.parent)
    except OSError as error:
        raise RecordingError(f"{recording.path}: can't be replaced ({error.strerror})") from error
    return writer


def _time_s(item: RawPacket | RecordingEvent) -> float:
    return item.received_s if isinstance(item, RawPacket) else item.t_s
