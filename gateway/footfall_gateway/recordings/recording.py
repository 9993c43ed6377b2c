"""Recordings: the raw packets of a session in one MCAP file, written so that a power cut can't spoil it.

Packets are gathered into small compressed chunks, each with a checksum. A chunk goes to the operating system at
least every `batch_interval_s`, so a killed process loses at most that much; `fsync` follows every
`sync_interval_s`, which bounds what a power cut can take. Both run on the packets' own time. What was
measured, and the file layout: docs/recording-format.md.
"""

import contextlib
import errno
import fcntl
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import msgspec
from mcap.records import Channel, Message
from mcap.well_known import MessageEncoding, SchemaEncoding
from mcap.writer import CompressionType, Writer

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import check_session_s, parse_json
from footfall_gateway.own_files import create_own
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.chunk_index import IndexOnDisk
from footfall_gateway.recordings.header import HEADER_JSON_SCHEMA, HeaderError, decode_header, encode_header
from footfall_gateway.recordings.scan import PACKET_ENCODING, PROFILE, RecordingError, Scan, records_in

logger = logging.getLogger(__name__)

__all__ = ["Recording", "RecordingError", "RecordingEvent", "RecordingWriter", "header_at"]

SESSION_TOPIC: Final = "/session"
EVENTS_TOPIC: Final = "/events"
MOST_EVENT_BYTES: Final = 64 * 1024
_NS: Final = 1_000_000_000
_EVENT_JSON_SCHEMA: Final = msgspec.json.encode(
    {
        "type": "object",
        "properties": {
            "kind": {"type": "string"},
            "sensor_id": {"type": "string"},
            "text": {"type": "string"},
        },
    }
)


@dataclass(frozen=True, slots=True)
class RecordingEvent:
    """Something worth keeping beside the packets: a link state, a marker, a note.

    Parameters
    ----------
    t_s
        Session seconds.
    kind
        What it is, such as `"link"` or `"note"`.
    text
        What happened, such as `"lost"`.
    sensor_id
        Which sensor it concerns; `None` when it concerns all.
    """

    t_s: float
    kind: str
    text: str
    sensor_id: str | None = None


class _EventJson(msgspec.Struct):
    kind: str
    text: str
    sensor_id: str | None = None


class RecordingWriter:
    """Appends packets to a new recording; a context manager. Calls block on the disk: keep them off an event loop.

    Parameters
    ----------
    path
        The file to create; it must not exist yet.
    header
        Written and synced to the disk before the first packet.
    batch_interval_s
        A packet waits at most until one arrives this much later before it goes to the operating system; 0 sends
        each at once. Call `flush` when packets stop coming.
    sync_interval_s
        Packet time between two `fsync`; 0 syncs each batch.

    Raises
    ------
    RecordingError
        When the file exists or can't be written (here, in `write`, `flush` or on leaving), or nobody could read the
        header again.
    """

    def __init__(
        self,
        path: Path,
        header: RecordingHeader,
        *,
        batch_interval_s: float = 0.5,
        sync_interval_s: float = 1.0,
    ) -> None:
        self._path = path
        self._failed = False
        self._batch_interval_s = batch_interval_s
        self._sync_interval_s = sync_interval_s
        self._batch_start_s: float | None = None
        self._synced_s = 0.0
        self._newest_s = 0.0
        self._sequence = 0
        self._channels: dict[tuple[str, str], int] = {}
        self._events_channel: int | None = None
        try:
            header_text = encode_header(header)
            decode_header(header_text)  # what can't be read again is not written
        except (HeaderError, UnicodeEncodeError) as error:
            raise RecordingError(f"{path}: can't be written: {error}") from error
        try:
            self._file: IO[bytes] = create_own(path)
        except FileExistsError as error:
            raise RecordingError(
                f"{path}: exists already and is never overwritten; choose another name or remove it"
            ) from error
        except OSError as error:
            raise self._failure(error) from error
        with contextlib.suppress(OSError):  # some file systems know no locks
            fcntl.flock(self._file, fcntl.LOCK_EX)  # for `is_being_written`; a killed process lets go of it
        self._writer = Writer(self._file, compression=CompressionType.ZSTD)
        IndexOnDisk.put_into(self._writer, self._file)
        try:
            self._writer.start(profile=PROFILE, library=header.session.software)
            schema = self._writer.register_schema("footfall.Session", SchemaEncoding.JSONSchema, HEADER_JSON_SCHEMA)
            channel = self._writer.register_channel(SESSION_TOPIC, MessageEncoding.JSON, schema)
            self._writer.add_message(channel, 0, header_text, 0)
            self._sync()
            sync_folder(path.parent)
        except OSError as error:
            failure = self._failure(error)
            self.close()
            path.unlink(missing_ok=True)
            raise failure from error

    def write(self, packet: RawPacket) -> None:
        """Append a packet; it is safe from a crash of this process when its batch has ended."""
        if packet.received_s < 0:
            raise ValueError(f"packet received at {packet.received_s} s, before the session began")
        check_session_s(packet.received_s, f"{self._path}: a packet")
        try:
            self._add(self._packet_channel(packet), packet.received_s, packet.data)
        except OSError as error:
            raise self._failure(error) from error

    def write_event(self, event: RecordingEvent) -> None:
        """Append an event, and flush: events are rare and explain what follows."""
        try:
            if self._events_channel is None:
                schema = self._writer.register_schema("footfall.Event", SchemaEncoding.JSONSchema, _EVENT_JSON_SCHEMA)
                self._events_channel = self._writer.register_channel(EVENTS_TOPIC, MessageEncoding.JSON, schema)
            text = msgspec.json.encode(_EventJson(event.kind, event.text, event.sensor_id))
            self._add(self._events_channel, event.t_s, text)
            self._flush()
        except OSError as error:
            raise self._failure(error) from error

    def flush(self) -> None:
        """Hand everything to the operating system: it survives a crash of this process."""
        try:
            self._flush()
        except OSError as error:
            raise self._failure(error) from error

    def sync(self) -> None:
        """Flush, and have the operating system put everything on the disk: it survives a power cut."""
        try:
            self._sync()
        except OSError as error:
            raise self._failure(error) from error

    def close(self) -> None:
        """End the recording with its index and sync it; afterwards nothing can be written. May be called twice.

        After a failure the file is only released: what reached the disk opens as a truncated recording.
        """
        if self._failed:
            with contextlib.suppress(OSError):
                self._file.close()
        if self._file.closed:
            return
        try:
            self._writer.finish()
            self._file.flush()
            os.fsync(self._file.fileno())
            if os.fstat(self._file.fileno()).st_nlink == 0:
                raise FileNotFoundError(errno.ENOENT, "it was removed while it was written")
            self._file.close()
        except OSError as error:
            failure = self._failure(error)
            self.close()
            raise failure from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _packet_channel(self, packet: RawPacket) -> int:
        key = (packet.sensor_id, packet.characteristic)
        if key not in self._channels:
            self._channels[key] = self._writer.register_channel(
                f"/packets/{packet.sensor_id}",
                PACKET_ENCODING,
                schema_id=0,
                metadata={"sensor_id": packet.sensor_id, "characteristic": packet.characteristic},
            )
        return self._channels[key]

    def _add(self, channel: int, t_s: float, data: bytes) -> None:
        time_ns = round(t_s * _NS)
        self._writer.add_message(channel, time_ns, data, time_ns, self._sequence)
        self._sequence += 1
        self._newest_s = max(self._newest_s, t_s)
        if self._batch_start_s is None:
            self._batch_start_s = t_s
        if t_s - self._batch_start_s >= self._batch_interval_s:
            self._flush()
            if self._newest_s - self._synced_s >= self._sync_interval_s:
                self._sync()

    def _sync(self) -> None:
        self._flush()
        os.fsync(self._file.fileno())
        self._synced_s = self._newest_s

    def _flush(self) -> None:
        self._writer.flush()
        self._batch_start_s = None

    def _failure(self, error: OSError) -> RecordingError:
        self._failed = True
        return RecordingError(
            f"{self._path}: can't be written ({error.strerror}); check the folder and the space on the disk"
        )


def sync_folder(folder: Path) -> None:
    """Make a new file's name durable, not only its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Recording:
    """A recording on disk; iterate it for its packets, in the order in which they arrived, as often as needed.

    Attributes
    ----------
    path
        The file.
    header
        Session and sensors.
    truncated
        True when the file has no proper end (the recorder was killed): all complete packets are still read.
    damaged_chunks
        Chunks that are not what was written, or beyond all bounds, and are left out.
    damage
        What is wrong with the first of them.
    duration_s
        Session seconds of the last message.
    """

    def __init__(
        self,
        path: Path,
        header: RecordingHeader,
        repeated_channels: Mapping[int, Channel],
        *,
        truncated: bool,
        damaged_chunks: int,
        damage: str,
        duration_s: float,
    ) -> None:
        self.path = path
        self.header = header
        self._repeated_channels = repeated_channels
        self.truncated = truncated
        self.damaged_chunks = damaged_chunks
        self.damage = damage
        self.duration_s = duration_s

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the header and check every chunk; the file is read once from end to end, in constant memory.

        Raises
        ------
        RecordingError
            When the file is missing, empty, not a Footfall recording, or of a newer version.
        """
        scan = Scan(path)
        header: RecordingHeader | None = None
        for content in scan.chunks():
            if header is None:
                header = _header_of(path, content)
        if header is None and scan.damaged_chunks:
            raise RecordingError(f"{path}: the part with its header is damaged ({scan.damage}); it can't be read")
        if header is None:
            raise RecordingError(f"{path}: was cut off before its header was written; it holds no packets")
        return cls(
            path,
            header,
            scan.repeated_channels,
            truncated=scan.truncated,
            damaged_chunks=scan.damaged_chunks,
            damage=scan.damage,
            duration_s=scan.end_ns / _NS,
        )

    @staticmethod
    def header_of(path: Path) -> RecordingHeader:
        """Read the header alone, which costs little; errors as `open`."""
        content = next(Scan(path).chunks(), None)
        return Recording.open(path).header if content is None else _header_of(path, content)

    def losses(self) -> tuple[str, ...]:
        """Say what is not in it any more, one line each; empty for a whole recording."""
        losses = []
        if self.truncated:
            losses.append(f"{self.path}: has no proper end (the recorder was stopped); all complete packets are used")
        if self.damaged_chunks:
            parts = "1 damaged part is" if self.damaged_chunks == 1 else f"{self.damaged_chunks} damaged parts are"
            losses.append(f"{self.path}: {parts} left out{f' ({self.damage})' if self.damage else ''}")
        return tuple(losses)

    def __iter__(self) -> Iterator[RawPacket]:
        for channel, message in self._messages():
            if channel.message_encoding == PACKET_ENCODING:
                yield RawPacket(
                    received_s=message.log_time / _NS,
                    sensor_id=channel.metadata["sensor_id"],
                    characteristic=channel.metadata["characteristic"],
                    data=message.data,
                )

    def events(self) -> Iterator[RecordingEvent]:
        """Yield the events, in the order in which they were written; one that can't be read is left out."""
        for channel, message in self._messages():
            if channel.topic == EVENTS_TOPIC:
                try:
                    event = parse_json(message.data, _EventJson, f"{self.path}: an event", MOST_EVENT_BYTES)
                except OutsideError as error:
                    logger.info("left out: %s", error)
                    continue
                yield RecordingEvent(message.log_time / _NS, event.kind, event.text, event.sensor_id)

    def _messages(self) -> Iterator[tuple[Channel, Message]]:
        channels = dict(self._repeated_channels)
        for content in Scan(self.path).chunks():
            for record in records_in(content):
                if isinstance(record, Channel):
                    channels[record.id] = record
                elif record.channel_id in channels:
                    yield channels[record.channel_id], record


def header_at(path: Path) -> RecordingHeader:
    """Return what a recording says of itself, without a look at the rest; `RecordingError` when it can't be read."""
    for content in Scan(path).chunks():
        return _header_of(path, content)
    raise RecordingError(f"{path}: its header can't be read; it is damaged, or was cut off")


def _header_of(path: Path, content: bytes) -> RecordingHeader:
    for record in records_in(content):
        if isinstance(record, Message):
            try:
                return decode_header(record.data)
            except HeaderError as error:
                raise RecordingError(f"{path}: {error}") from error
    raise RecordingError(f"{path}: holds no header; it is not a Footfall recording")
