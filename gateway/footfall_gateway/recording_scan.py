"""One pass over an MCAP file that reads what is whole and counts what is not, whatever the rest of the file holds."""

import struct
import zlib
from collections.abc import Iterator
from io import BufferedReader, FileIO
from pathlib import Path
from typing import IO, Final

import zstandard
from mcap.exceptions import McapError
from mcap.records import Channel, Chunk, Footer, Header, McapRecord
from mcap.stream_reader import CRCValidationError, StreamReader, breakup_chunk

from footfall_gateway.errors import GatewayError

PROFILE: Final = "footfall"
"""Marks an MCAP file as Footfall's."""

_LARGEST_RECORD_BYTES: Final = 64 * 1024 * 1024
# The checksum itself and the closing magic.
_AFTER_SUMMARY_BYTES: Final = 4 + 8
# What a cut or overwritten file makes the MCAP reader raise.
_DAMAGE: Final = (McapError, CRCValidationError, struct.error, zstandard.ZstdError, UnicodeDecodeError)


class RecordingError(GatewayError):
    """A recording can't be written or read; the message names the file and says what to do."""


class Scan:
    """One pass over a file that reads what is whole and counts what is not."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.truncated = True
        self.damaged_chunks = 0
        self.end_ns = 0
        self.channels: dict[int, Channel] = {}

    def chunks(self) -> Iterator[list[McapRecord]]:
        """Yield the records of each whole chunk."""
        try:
            with _BoundedReader(FileIO(self._path)) as file:
                if not file.peek(1):
                    raise RecordingError(f"{self._path}: is empty; the recorder stopped before it wrote anything")
                yield from self._whole_chunks(file)
        except OSError as error:
            raise RecordingError(f"{self._path}: can't be read ({error.strerror})") from error

    def _whole_chunks(self, file: IO[bytes]) -> Iterator[list[McapRecord]]:
        records = StreamReader(file, emit_chunks=True, record_size_limit=_LARGEST_RECORD_BYTES).records
        first = self._next(records)
        if not isinstance(first, Header) or first.profile != PROFILE:
            raise RecordingError(
                f"{self._path}: is not a Footfall recording; give a recording made by Footfall (.mcap) or a CSV"
            )
        repeated: dict[int, Channel] = {}
        footer: Footer | None = None
        while (record := self._next(records)) is not None:
            if isinstance(record, Chunk):
                try:
                    chunk = _break_up(record)
                except _DAMAGE:
                    self.damaged_chunks += 1
                    continue
                self.end_ns = max(self.end_ns, record.message_end_time)
                self.channels.update({part.id: part for part in chunk if isinstance(part, Channel)})
                yield chunk
            elif isinstance(record, Channel):
                repeated[record.id] = record
            elif isinstance(record, Footer):
                self.truncated = False
                footer = record
        if self.damaged_chunks and footer is not None and _summary_is_whole(file, footer):
            # the damaged chunk may have been the one that defines a channel
            self.channels = repeated | self.channels

    def _next(self, records: Iterator[McapRecord]) -> McapRecord | None:
        try:
            return next(records, None)
        except _DAMAGE:
            self.truncated = True
            return None


class _BoundedReader(BufferedReader):
    """Refuses absurd lengths, which damaged records ask for, before memory is reserved for them."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _LARGEST_RECORD_BYTES:
            raise McapError(f"a record of {size} bytes")
        return super().read(size)


def _summary_is_whole(file: IO[bytes], footer: Footer) -> bool:
    if footer.summary_start > file.tell():
        return False
    file.seek(footer.summary_start)
    return zlib.crc32(file.read()[:-_AFTER_SUMMARY_BYTES]) == footer.summary_crc


def _break_up(chunk: Chunk) -> list[McapRecord]:
    if chunk.compression == "zstd" and zstandard.frame_content_size(chunk.data) != chunk.uncompressed_size:
        raise McapError("a chunk whose sizes disagree")
    if chunk.uncompressed_size > _LARGEST_RECORD_BYTES:
        raise McapError(f"a chunk of {chunk.uncompressed_size} bytes")
    return breakup_chunk(chunk, validate_crc=True)
