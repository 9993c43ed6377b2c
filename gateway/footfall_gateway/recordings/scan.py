"""One pass over an MCAP file that reads what is whole and counts what is not, whatever the rest of the file holds."""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Final

import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, Footer, Header, Message
from mcap.stream_reader import MAGIC_SIZE, CRCValidationError, get_chunk_data_stream, read_magic

from footfall_gateway.errors import GatewayError

PROFILE: Final = "footfall"
"""Marks an MCAP file as Footfall's."""

_LARGEST_RECORD_BYTES: Final = 64 * 1024 * 1024
# The checksum itself and the closing magic.
_AFTER_SUMMARY_BYTES: Final = 4 + 8
# What a cut or overwritten file makes the MCAP reader raise.
_DAMAGE: Final = (
    McapError,
    CRCValidationError,
    struct.error,
    zstandard.ZstdError,
    UnicodeDecodeError,
    OverflowError,
)
# Before each record: its opcode and length. Before a message's data: channel, sequence, log time, publish time.
_FRAME: Final = struct.Struct("<BQ")
_MESSAGE: Final = struct.Struct("<HIQQ")


class RecordingError(GatewayError):
    """A recording can't be written or read; the message names the file and says what to do."""


class Scan:
    """One pass over a file that reads what is whole and counts what is not.

    The records themselves are the MCAP library's; walking from one to the next is done here, since the library parses
    every index on the way and each field of a message on its own, which takes ten times as long.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.truncated = True
        self.damaged_chunks = 0
        self.end_ns = 0
        self.repeated_channels: dict[int, Channel] = {}
        """The channels by the file's index; only where a damaged chunk may have been the one that defines them."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the content of each whole chunk, which `records_in` takes apart."""
        try:
            with self._path.open("rb") as file:
                if not file.peek(1):
                    raise RecordingError(f"{self._path}: is empty; the recorder stopped before it wrote anything")
                yield from self._whole_chunks(file)
        except OSError as error:
            raise RecordingError(f"{self._path}: can't be read ({error.strerror})") from error

    def _whole_chunks(self, file: IO[bytes]) -> Iterator[bytes]:
        records = _records(file)
        opcode, body = next(records, (0, b""))
        if opcode != Opcode.HEADER or _profile(body) != PROFILE:
            raise RecordingError(
                f"{self._path}: is not a Footfall recording; give a recording made by Footfall (.mcap) or a CSV"
            )
        whole, indexed, repeated = 0, 0, []
        for opcode, body in records:
            if opcode == Opcode.CHUNK:
                try:
                    chunk = Chunk.read(_stream(body))
                    content = _content(chunk)
                except _DAMAGE:
                    self.damaged_chunks += 1
                    continue
                whole += 1
                self.end_ns = max(self.end_ns, chunk.message_end_time)
                yield content
            elif opcode == Opcode.CHANNEL:
                repeated.append(body)
            elif opcode == Opcode.CHUNK_INDEX:
                indexed += 1
            elif opcode == Opcode.FOOTER:
                self.truncated = not _is_magic(file.read(MAGIC_SIZE))
                if _summary_is_whole(file, body):
                    # a chunk whose very opcode is damaged is missing too
                    self.damaged_chunks = max(self.damaged_chunks, indexed - whole)
                    if self.damaged_chunks:
                        self.repeated_channels = {channel.id: channel for channel in map(_channel, repeated)}
                return


def records_in(content: bytes) -> Iterator[Channel | Message]:
    """Take apart the content of a chunk; what else it holds is left out."""
    end = 0
    while end < len(content):
        opcode, length = _FRAME.unpack_from(content, end)
        begin = end + _FRAME.size
        end = begin + length
        if opcode == Opcode.MESSAGE:
            channel_id, sequence, log_time, publish_time = _MESSAGE.unpack_from(content, begin)
            yield Message(channel_id, log_time, content[begin + _MESSAGE.size : end], publish_time, sequence)
        elif opcode == Opcode.CHANNEL:
            yield _channel(content[begin:end])


def _records(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield opcode and body of each record, up to the first that is not whole."""
    if not _is_magic(file.read(MAGIC_SIZE)):
        return
    while len(frame := file.read(_FRAME.size)) == _FRAME.size:
        opcode, length = _FRAME.unpack(frame)
        # no record has opcode 0: these are the zeros that a power cut leaves
        if opcode == 0 or length > _LARGEST_RECORD_BYTES or len(body := file.read(length)) < length:
            return
        yield opcode, body


def _is_magic(begin: bytes) -> bool:
    try:
        read_magic(_stream(begin))
    except _DAMAGE:
        return False
    return True


def _stream(body: bytes) -> ReadDataStream:
    return ReadDataStream(BytesIO(body))


def _channel(body: bytes) -> Channel:
    channel: Channel = Channel.read(_stream(body))
    return channel


def _profile(header: bytes) -> str | None:
    try:
        profile: str = Header.read(_stream(header)).profile
    except _DAMAGE:
        return None
    return profile


def _summary_is_whole(file: IO[bytes], footer_body: bytes) -> bool:
    try:
        footer: Footer = Footer.read(_stream(footer_body))
    except _DAMAGE:
        return False
    if footer.summary_start > file.tell():
        return False
    file.seek(footer.summary_start)
    whole: bool = zlib.crc32(file.read()[:-_AFTER_SUMMARY_BYTES]) == footer.summary_crc
    return whole


def _content(chunk: Chunk) -> bytes:
    if chunk.compression == "zstd" and zstandard.frame_content_size(chunk.data) != chunk.uncompressed_size:
        raise McapError("a chunk whose sizes disagree")
    if chunk.uncompressed_size > _LARGEST_RECORD_BYTES:
        raise McapError(f"a chunk of {chunk.uncompressed_size} bytes")
    stream, length = get_chunk_data_stream(chunk, validate_crc=True)
    return stream.read(length)
