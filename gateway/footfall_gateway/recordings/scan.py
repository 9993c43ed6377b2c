"""One pass over an MCAP file that reads what is whole and counts what is not, whatever the rest of the file holds."""

import struct
import zlib
from collections.abc import Iterator
from io import SEEK_CUR, SEEK_END, BytesIO
from pathlib import Path
from typing import IO, Final

import zstandard
from lz4.frame import LZ4FrameDecompressor
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, Footer, Header, Message
from mcap.stream_reader import MAGIC_SIZE, read_magic

from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.outside import LONGEST_SESSION_S, open_file

PROFILE: Final = "footfall"
"""Marks an MCAP file as Footfall's."""
PACKET_ENCODING: Final = "footfall-packet"
"""Marks a channel of packets; its metadata say whose."""

MOST_RECORD_BYTES: Final = 16 * 1024 * 1024
"""Of one record, and of a chunk's content; Footfall's own chunks end after 1 MiB, other MCAP tools' after 4."""
MOST_RATIO: Final = 256
"""What a chunk may grow to when it is unpacked; packets shrink to a third at the best, made-up ones to a fiftieth."""
MOST_SUMMARY_BYTES: Final = 64 * 1024 * 1024
"""Of the index at the end: some days of chunks."""

_MIB: Final = MOST_RECORD_BYTES >> 20
_PIECE_BYTES: Final = 1 << 20
_LATEST_NS: Final = int(LONGEST_SESSION_S * 1e9)
# The checksum itself and the closing magic.
_AFTER_SUMMARY_BYTES: Final = 4 + 8
# What a cut or overwritten file makes the MCAP reader raise.
_DAMAGE: Final = (McapError, struct.error, zstandard.ZstdError, RuntimeError, UnicodeDecodeError, OverflowError)
# Before each record: its opcode and length. Before a message's data: channel, sequence, log time, publish time.
_FRAME: Final = struct.Struct("<BQ")
_MESSAGE: Final = struct.Struct("<HIQQ")
# The frame of a message, and its log time.
_BEGIN: Final = struct.Struct("<BQ6xQ")
_EMPTY_OR_SHORT: Final = frozenset({0, Opcode.MESSAGE})
_WHOSE: Final = frozenset({"sensor_id", "characteristic"})


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
        self.damage = ""
        """What is wrong with the first damaged chunk."""
        self.end_ns = 0
        self.repeated_channels: dict[int, Channel] = {}
        """The channels by the file's index; only where a damaged chunk may have been the one that defines them."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the content of each whole chunk, which `records_in` takes apart."""
        try:
            with open_file(self._path) as file:
                begin = file.read(MAGIC_SIZE)
                if not begin:
                    raise RecordingError(f"{self._path}: is empty; the recorder stopped before it wrote anything")
                yield from self._whole_chunks(file, begin)
        except OutsideError as error:
            raise RecordingError(str(error)) from error
        except OSError as error:
            raise RecordingError(f"{self._path}: can't be read ({error.strerror})") from error

    def _whole_chunks(self, file: IO[bytes], magic: bytes) -> Iterator[bytes]:
        records = _records(file) if _is_magic(magic) else iter(())
        opcode, body = next(records, (0, None))
        if opcode != Opcode.HEADER or body is None or _profile(body) != PROFILE:
            raise RecordingError(
                f"{self._path}: is not a Footfall recording; give a recording made by Footfall (.mcap) or a CSV"
            )
        whole, indexed, repeated = 0, 0, []
        for opcode, body in records:
            if body is None:
                self._note(f"a record has more than {_MIB:d} MiB")
            elif opcode == Opcode.CHUNK:
                try:
                    content = _content(Chunk.read(_stream(body)))
                    newest_ns = _newest_ns(content)
                except _DAMAGE as error:
                    self._note(str(error))
                    continue
                whole += 1
                self.end_ns = max(self.end_ns, newest_ns)
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

    def _note(self, damage: str) -> None:
        self.damaged_chunks += 1
        self.damage = self.damage or damage


def records_in(content: bytes) -> Iterator[Channel | Message]:
    """Take apart the content of a whole chunk, as `Scan.chunks` gives it; what else it holds is left out."""
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


def _records(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Yield opcode and body of each record, up to the first that is not whole; no body where it is too long."""
    size = file.seek(0, SEEK_END)
    file.seek(MAGIC_SIZE)
    while len(frame := file.read(_FRAME.size)) == _FRAME.size:
        opcode, length = _FRAME.unpack(frame)
        # no record has opcode 0: these are the zeros that a power cut leaves
        if opcode == 0 or length > size - file.tell():
            return
        if length > MOST_RECORD_BYTES:
            file.seek(length, SEEK_CUR)
            yield opcode, None
            continue
        yield opcode, file.read(length)


def end_of_whole_records(file: IO[bytes]) -> int:
    """Return where the last whole record of an MCAP file ends, with the closing magic where it has one."""
    size = file.seek(0, SEEK_END)
    end = min(MAGIC_SIZE, size)
    file.seek(end)
    while len(frame := file.read(_FRAME.size)) == _FRAME.size:
        opcode, length = _FRAME.unpack(frame)
        if opcode == 0 or length > size - file.tell():
            return end
        end = file.seek(length, SEEK_CUR)
        if opcode == Opcode.FOOTER:
            return size
    return end


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
    # read no further than an index can be: a file may be without end in its length alone
    file.seek(0, SEEK_END)
    length = file.tell() - footer.summary_start - _AFTER_SUMMARY_BYTES
    if not 0 <= length <= MOST_SUMMARY_BYTES:
        return False
    file.seek(footer.summary_start)
    checksum = 0
    while length and (piece := file.read(min(length, _PIECE_BYTES))):
        checksum = zlib.crc32(piece, checksum)
        length -= len(piece)
    whole: bool = checksum == footer.summary_crc
    return whole


def _content(chunk: Chunk) -> bytes:
    """Unpack a chunk; its size is known, and possible, before it is."""
    size, packed = chunk.uncompressed_size, chunk.data
    if size > MOST_RECORD_BYTES:
        raise McapError(f"it unpacks to {size} bytes, more than {_MIB:d} MiB")
    if size > MOST_RATIO * len(packed):
        raise McapError(f"it unpacks to more than {MOST_RATIO} times its {len(packed)} bytes")
    if chunk.compression == "zstd" and zstandard.frame_content_size(packed) == size:
        content = zstandard.ZstdDecompressor().decompress(packed, max_output_size=size)
    elif chunk.compression == "lz4":
        content = LZ4FrameDecompressor().decompress(packed, max_length=size + 1)
    elif chunk.compression == "":
        content = packed
    else:
        raise McapError(f"it is packed as {chunk.compression!r}, which this Footfall does not know")
    if len(content) != size or (chunk.uncompressed_crc and zlib.crc32(content) != chunk.uncompressed_crc):
        raise McapError("its checksum is another")
    return content


def _newest_ns(content: bytes) -> int:
    """Look at each record in a chunk, so that `records_in` can't fail; return the newest message's time."""
    newest_ns = end = 0
    size = len(content)
    # records of fewer bytes than a message's begin are looked at with as many zeros after them
    padded = content + bytes(_BEGIN.size)
    while end < size:
        opcode, length, log_time_ns = _BEGIN.unpack_from(padded, end)
        begin = end + _FRAME.size
        end = begin + length
        if opcode == Opcode.MESSAGE and length >= _MESSAGE.size:
            if log_time_ns > newest_ns:
                newest_ns = log_time_ns
        elif opcode == Opcode.CHANNEL:
            channel = _channel(content[begin:end])
            if channel.message_encoding == PACKET_ENCODING and not channel.metadata.keys() >= _WHOSE:
                raise McapError("a channel does not say whose packets it has")
        elif opcode in _EMPTY_OR_SHORT:
            raise McapError("a record in it is not whole")
    if end > size:
        raise McapError("a record in it is not whole")
    if newest_ns > _LATEST_NS:
        raise McapError("a time is beyond the longest session's")
    return newest_ns
