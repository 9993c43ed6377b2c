"""The index of a recording's chunks, read off the file when it is written down: a long run needs no memory for it."""

import os
import struct
from collections.abc import Iterator
from typing import IO, Final, Self

from mcap.opcode import Opcode
from mcap.records import ChunkIndex
from mcap.stream_reader import MAGIC_SIZE
from mcap.writer import Writer

_LIST: Final = "_Writer__chunk_indices"
"""Where the MCAP library keeps one object for each chunk, until the file ends: four megabytes an hour."""
# before each record: its opcode and length
_FRAME: Final = struct.Struct("<BQ")
# of a chunk, before its data: from when to when, its size and checksum, the compression's name, the data's length
_CHUNK: Final = struct.Struct("<QQQII")
_DATA_LENGTH: Final = struct.Struct("<Q")
_CHANNEL: Final = struct.Struct("<H")
_MOST_BEGIN_BYTES: Final = 128


class IndexOnDisk:
    """Stands in for the library's list of chunks.

    Parameters
    ----------
    file
        What the library writes to; it can be read, too. It may be renamed meanwhile.

    Attributes
    ----------
    chunks
        How many were written.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.chunks = 0

    @classmethod
    def put_into(cls, writer: Writer, file: IO[bytes]) -> Self:
        """Have a writer that has not begun use it."""
        index = cls(file)
        setattr(writer, _LIST, index)
        return index

    def append(self, _: ChunkIndex) -> None:
        """Note a chunk: it is in the file by now."""
        self.chunks += 1

    def __iter__(self) -> Iterator[ChunkIndex]:
        """Give all chunks, in their order; `OSError` when the file can't be read."""
        self._file.flush()
        descriptor = self._file.fileno()
        index: ChunkIndex | None = None
        at = MAGIC_SIZE
        while len(begin := os.pread(descriptor, _MOST_BEGIN_BYTES, at)) >= _FRAME.size:
            opcode, length = _FRAME.unpack_from(begin)
            end = at + _FRAME.size + length
            if opcode == Opcode.CHUNK:
                if index is not None:
                    yield index
                index = _index(begin[_FRAME.size :], at, end - at)
            elif opcode == Opcode.MESSAGE_INDEX and index is not None:
                (channel,) = _CHANNEL.unpack_from(begin, _FRAME.size)
                index.message_index_offsets[channel] = at
                index.message_index_length += end - at
            at = end
        if index is not None:
            yield index


def _index(begin: bytes, at: int, length: int) -> ChunkIndex:
    begin_ns, end_ns, size, _, name_length = _CHUNK.unpack_from(begin)
    name_end = _CHUNK.size + name_length
    (data_length,) = _DATA_LENGTH.unpack_from(begin, name_end)
    return ChunkIndex(
        message_start_time=begin_ns,
        message_end_time=end_ns,
        chunk_start_offset=at,
        chunk_length=length,
        message_index_offsets={},
        message_index_length=0,
        compression=begin[_CHUNK.size : name_end].decode(),
        compressed_size=data_length,
        uncompressed_size=size,
    )
