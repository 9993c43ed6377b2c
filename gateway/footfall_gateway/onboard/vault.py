r"""The vault: what was fetched of one log, in one file that only ever grows.

It is all that a fetch needs to go on after whatever ended it. A record is, little-endian::

    0   4 bytes   "FFV1"
    4   u8        kind: 1 sensor, 2 log, 3 anchor, 4 piece, 5 recorded
    5   u32       position: of a piece its number, else 0
    9   u32       n
    13  n bytes   content: of a piece its bytes, else JSON
    .   u32       CRC-32 of all before, from "FFV1" on

What a power cut left half written is skipped, and the next record appended behind it: nothing is overwritten and
nothing cut off. Of a piece that is there twice, the first counts.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self, TypeVar

import msgspec

from footfall_gateway.devices.kit.onboard import MOST_PIECE_BYTES, MOST_PIECES, DeviceMoment, Piece, StoredLog
from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.onboard.anchors import Anchor
from footfall_gateway.outside import open_file, parse_json
from footfall_gateway.own_files import create_own
from footfall_gateway.packets import RecordedSensor, RecordingHeader
from footfall_gateway.recordings.header import HeaderError, decode_header, encode_header
from footfall_gateway.recordings.recording import sync_folder
from footfall_processing.session import Session

SUFFIX: Final = ".vault"
MOST_NOTE_BYTES: Final = 64 * 1024
"""Of what is no piece."""
MOST_DAMAGES: Final = 10_000
"""Places where a record seems to begin and none does; a disk that made more of them is to be looked at by a person."""

_MAGIC: Final = b"FFV1"
_HEAD: Final = struct.Struct("<4sBII")
_CHECK: Final = struct.Struct("<I")
_MOST_NS: Final = 1 << 63
_READ_BYTES: Final = 1 << 16

T = TypeVar("T")


class _Kind(IntEnum):
    SENSOR = 1
    LOG = 2
    ANCHOR = 3
    PIECE = 4
    RECORDED = 5


class VaultError(GatewayError):
    """A vault can't be read or written; the message names it."""


class _Recorded(msgspec.Struct):
    session_id: str


@dataclass(slots=True)
class _Content:
    """What stands in a vault; `places` are offset and length of each piece in the file, by its position."""

    header: RecordingHeader | None = None
    log: StoredLog | None = None
    anchor: Anchor | None = None
    session_id: str = ""
    places: dict[int, tuple[int, int]] = field(default_factory=dict)
    damages: int = 0


class Vault:
    """One log's vault, open for reading and for more; a context manager. Calls block on the disk.

    Attributes
    ----------
    path
        The file.
    recorded
        The sensor as it was described when the fetch began.
    runner_name
        Who ran, as far as is known; empty when nobody said.
    log
        The log, as the sensor told of it last.
    anchor
        Its clock as it was read first when it was fetched; `None` before.
    session_id
        Of the recording that was made of it and read back; empty before.
    damages
        Places where something stands that is no record: power cuts, or a bad disk.
    piece_bytes
        How many bytes of pieces are in it.

    Raises
    ------
    VaultError
        When the file can't be read or written, or is no vault.
    """

    def __init__(self, path: Path) -> None:
        content = _scan(path)
        if content.header is None or content.log is None:
            raise VaultError(f"{path}: is no vault of a fetch, or damaged at its beginning; it is left as it is")
        self.path: Final = path
        self.recorded: Final = content.header.recorded_sensors[0]
        self.runner_name: Final = content.header.session.runner_name
        self.log: StoredLog = content.log
        self.anchor: Anchor | None = content.anchor
        self.session_id: str = content.session_id
        self.damages: Final = content.damages
        self.piece_bytes: int = sum(length for _, length in content.places.values())
        self._held: set[int] = set(content.places)
        self._failed = False
        try:
            self._file: IO[bytes] = path.open("ab")
        except OSError as error:
            raise _cant_write(path, error) from error

    @classmethod
    def create(cls, path: Path, recorded: RecordedSensor, log: StoredLog, runner_name: str = "") -> Self:
        """Make a vault, whole or not at all; it must not exist yet."""
        session = Session("log", None, (recorded.sensor,), "", runner_name=runner_name)
        part = path.with_name(f"{path.name}.part")
        try:
            part.unlink(missing_ok=True)
            with create_own(part) as file:
                file.write(_record(_Kind.SENSOR, encode_header(RecordingHeader(session, (recorded,)))))
                file.write(_record(_Kind.LOG, msgspec.json.encode(log)))
                to_disk(file)
            part.rename(path)
            sync_folder(path.parent)
        except OSError as error:
            raise _cant_write(path, error) from error
        return cls(path)

    def keep(self, pieces: Sequence[Piece]) -> None:
        """Append pieces; on return they are on the disk, and count."""
        new = {piece.position: piece for piece in pieces if piece.position not in self._held}
        self._append([_record(_Kind.PIECE, piece.data, piece.position) for piece in new.values()])
        self._held.update(new)
        self.piece_bytes += sum(len(piece.data) for piece in new.values())

    def note_log(self, log: StoredLog) -> None:
        """Keep what the sensor tells of the log now."""
        if log != self.log:
            self._append([_record(_Kind.LOG, msgspec.json.encode(log))])
            self.log = log

    def note_anchor(self, anchor: Anchor) -> None:
        """Keep the sensor's clock as it is now, unless it was read before on the log's own count."""
        if self.anchor is None or (self.anchor.own.epoch != self.log.begun.epoch == anchor.own.epoch):
            self._append([_record(_Kind.ANCHOR, msgspec.json.encode(anchor))])
            self.anchor = anchor

    def note_recorded(self, session_id: str) -> None:
        """Keep that a recording was made of it, and read back."""
        if session_id != self.session_id:
            self._append([_record(_Kind.RECORDED, msgspec.json.encode(_Recorded(session_id)))])
            self.session_id = session_id

    def missing(self) -> list[int]:
        """Return the positions of the pieces that are not in it."""
        return [position for position in range(self.log.pieces) if position not in self._held]

    @property
    def is_complete(self) -> bool:
        """Whether every piece of the log is in it."""
        return not self.log.is_open and not self.missing()

    def pieces(self) -> Iterator[Piece]:
        """Read the pieces back from the file, each checked again, in order of position.

        Raises
        ------
        VaultError
            When one is not there any more.
        """
        places = _scan(self.path).places
        try:
            with open_file(self.path) as file:
                for position in sorted(self._held):
                    if position not in places:
                        raise VaultError(f"{self.path}: piece {position} can't be read back; look at the disk")
                    offset, length = places[position]
                    file.seek(offset)
                    yield Piece(position, file.read(length))
        except OSError as error:
            raise VaultError(f"{self.path}: can't be read ({error.strerror})") from error

    def remove(self) -> None:
        """Remove the file, once the recording has all of it and the sensor none."""
        self.close()
        try:
            self.path.unlink(missing_ok=True)
            sync_folder(self.path.parent)
        except OSError as error:
            raise VaultError(f"{self.path}: can't be removed ({error.strerror})") from error

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, records: Sequence[bytes]) -> None:
        if not records:
            return
        if self._failed:
            raise VaultError(f"{self.path}: could not be written before; begin the fetch again")
        try:
            self._file.write(b"".join(records))
            to_disk(self._file)
        except OSError as error:
            self._failed = True  # what of it reached the disk, nobody knows
            raise _cant_write(self.path, error) from error


def _scan(path: Path) -> _Content:
    found = _Content()
    with open_file(path) as file:
        try:
            for kind, position, offset, content in _records(path, file, found):
                match kind:
                    case _Kind.SENSOR if found.header is None:
                        found.header = _header(content)
                    case _Kind.LOG:
                        found.log = _note(content, StoredLog)
                        if not 0 <= found.log.pieces <= MOST_PIECES or not _is_clock(found.log.begun):
                            raise OutsideError(f"a log of {found.log.pieces} pieces, or of no time")
                    case _Kind.ANCHOR:
                        found.anchor = _note(content, Anchor)
                        if not (_is_clock(found.anchor.own) and 0 <= found.anchor.utc_ns <= _MOST_NS):
                            raise OutsideError("an anchor of no time")
                    case _Kind.RECORDED:
                        found.session_id = _note(content, _Recorded).session_id
                    case _Kind.PIECE if position not in found.places:
                        found.places[position] = (offset, len(content))
        except OSError as error:
            raise VaultError(f"{path}: can't be read ({error.strerror})") from error
        except OutsideError as error:
            raise VaultError(f"{path}: {error}; it is left as it is") from error
    return found


def _records(path: Path, file: IO[bytes], found: _Content) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield the sound records: kind, position, where the content begins, and the content; count what is none."""
    place: int | None = 0
    while place is not None:
        file.seek(place)
        head = file.read(_HEAD.size)
        if len(head) == _HEAD.size:
            magic, kind, position, length = _HEAD.unpack(head)
            if magic == _MAGIC and length <= (MOST_PIECE_BYTES if kind == _Kind.PIECE else MOST_NOTE_BYTES):
                rest = file.read(length + _CHECK.size)
                content = rest[:length]
                if rest[length:] == _CHECK.pack(zlib.crc32(content, zlib.crc32(head))):
                    yield kind, position, place + _HEAD.size, content
                    place += _HEAD.size + len(rest)
                    continue
        elif not head:
            return
        found.damages += 1
        if found.damages > MOST_DAMAGES:
            raise VaultError(f"{path}: is damaged in many places; it is left as it is: look at the disk")
        place = _next_magic(file, place + 1)


def _next_magic(file: IO[bytes], place: int) -> int | None:
    """Return where the next record may begin."""
    file.seek(place)
    kept = b""
    while read := file.read(_READ_BYTES):
        found = (kept + read).find(_MAGIC)
        if found >= 0:
            return place - len(kept) + found
        kept = (kept + read)[1 - len(_MAGIC) :]
        place += len(read)
    return None


def to_disk(file: IO[bytes]) -> None:
    """Have all that was written on the disk, safe from a power cut; `OSError` when the disk refuses."""
    file.flush()
    os.fsync(file.fileno())


def _record(kind: _Kind, content: bytes, position: int = 0) -> bytes:
    body = _HEAD.pack(_MAGIC, kind, position, len(content)) + content
    return body + _CHECK.pack(zlib.crc32(body))


def _is_clock(moment: DeviceMoment) -> bool:
    return 0 <= moment.own_us < 1 << 64


def _note(content: bytes, kind: type[T]) -> T:
    return parse_json(content, kind, "a note in it", MOST_NOTE_BYTES)


def _header(content: bytes) -> RecordingHeader:
    header = decode_header(content)
    if len(header.recorded_sensors) != 1:
        raise HeaderError(f"it is of {len(header.recorded_sensors)} sensors, not of one")
    return header


def _cant_write(path: Path, error: OSError) -> VaultError:
    return VaultError(
        f"{path}: can't be written ({error.strerror}); nothing was erased: make room on the disk and fetch again"
    )
