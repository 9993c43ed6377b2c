"""The index of a recording's chunks, read off the file when it is written down: a long run needs no memory for it."""

import errno
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Self

from mcap.opcode import Opcode
from mcap.records import ChunkIndex
from mcap.stream_reader import MAGIC_SIZE
from mcap.writer import Writer

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import open_file

_LIST: Final = "_Writer__chunk_indices"
"""Where the MCAP library keeps one object for each chunk, until the file ends: four megabytes an hour."""
_FRAME: Final = struct.Struct("<BQ")
# of a chunk, before its data: from when to when, its size, checksum and the length of the compression's name
_CHUNK: Final = struct.Struct("<QQQII")
_DATA_LENGTH: Final = struct.Struct("<Q")
_CHANNEL: Final = struct.Struct("<H")


class IndexOnDisk:
    """Stands in for the library's list of chunks.

    Parameters
    ----------
    path, file
        What the library writes to.

    Attributes
    ----------
    chunks
        How many were written.
    """

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._file = file
        self.chunks = 0

    @classmethod
    def put_into(cls, writer: Writer, path: Path, file: IO[bytes]) -> Self:
        """Have a writer that has not begun use it."""
        index = cls(path, file)
        setattr(writer, _LIST, index)
        return index

    def append(self, _: ChunkIndex) -> None:
        """Note a chunk: it is in the file by now."""
        self.chunks += 1

    def __iter__(self) -> Iterator[ChunkIndex]:
        """Give all chunks, in their order; `OSError` when the file can't be read."""
        self._file.flush()
        try:
            file = open_file(self._path)
        except OutsideError as error:
            raise OSError(errno.ENOENT, "it is there no more") from error
        with file:
            yield from _indices(file)


def _indices(file: IO[bytes]) -> Iterator[ChunkIndex]:
    index: ChunkIndex | None = None
    at = MAGIC_SIZE
    file.seek(at)
    while len(frame := file.read(_FRAME.size)) == _FRAME.size:
        opcode, length = _FRAME.unpack(frame)
        end = at + _FRAME.size + length
        if opcode == Opcode.CHUNK:
            if index is not None:
                yield index
            index = _index(file, at, end - at)
        elif opcode == Opcode.MESSAGE_INDEX and index is not None:
            (channel,) = _CHANNEL.unpack(file.read(_CHANNEL.size))
            index.message_index_offsets[channel] = at
            index.message_index_length += end - at
        at = end
        file.seek(at)
    if index is not None:
        yield index


def _index(file: IO[bytes], at: int, length: int) -> ChunkIndex:
    begin_ns, end_ns, size, _, name_length = _CHUNK.unpack(file.read(_CHUNK.size))
    compression = file.read(name_length).decode()
    (data_length,) = _DATA_LENGTH.unpack(file.read(_DATA_LENGTH.size))
    return ChunkIndex(
        message_start_time=begin_ns,
        message_end_time=end_ns,
        chunk_start_offset=at,
        chunk_length=length,
        message_index_offsets={},
        message_index_length=0,
        compression=compression,
        compressed_size=data_length,
        uncompressed_size=size,
    )
