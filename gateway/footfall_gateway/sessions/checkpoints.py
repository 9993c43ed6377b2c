"""A session between two batches: its state and its position are one value, to be kept anywhere and taken up anywhere.

Whoever computes a session may be killed, and another one goes on: from the checkpoint, with the batches after its
position. All that comes then is what would have come without the break, to the last bit.

::

    FfCp │ format │ digest of the rest │ zstd of MessagePack [sequence, notes, state of the engine]
      4      1            16

A checkpoint is believed whole or not at all. What is damaged, of another session, of a newer format or of another
version of Footfall is refused; then the session is computed anew from its first batch, so that no session's results are
of two versions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, Final, Self

import msgspec
import zstandard

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import parse_msgpack
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.sessions.engine import MOST_STATE_BYTES, SessionEngine
from footfall_gateway.sessions.events import Event
from footfall_gateway.sessions.sinks.base import SessionEnd
from footfall_processing.errors import InputError

FORMAT: Final = 1
"""Raised when checkpoints are put together in another way."""
MOST_NOTES_BYTES: Final = 1024
LAST_SEQUENCE: Final = 2**53
MOST_CHECKPOINT_BYTES: Final = MOST_STATE_BYTES
"""Of one checkpoint; that of two sensors takes 100 kB."""

_MAGIC: Final = b"FfCp"
_DIGEST_BYTES: Final = 16
_HEAD_BYTES: Final = len(_MAGIC) + 1 + _DIGEST_BYTES
_EFFORT: Final = 1
"""zstd's: half a millisecond; more makes checkpoints hardly smaller, as much of them is noise of sensors."""
_AROUND_BYTES: Final = MOST_NOTES_BYTES + 64
"""What a checkpoint holds beside the engine's state, at the most."""


class CheckpointError(InputError):
    """A checkpoint is not taken up; the message says why."""


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where a session is computed.

    Parameters
    ----------
    sequence
        Of the last batch that is in; the first one is 1.
    notes
        What the reader of the batches needs to read on behind it, up to `MOST_NOTES_BYTES`; it means nothing here.
    """

    sequence: int = 0
    notes: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.sequence <= LAST_SEQUENCE or len(self.notes) > MOST_NOTES_BYTES:
            raise ValueError(f"position {self.sequence} with {len(self.notes)} bytes of notes is out of bounds")


class Computation:
    """A session that is computed batch by batch, here or, after a checkpoint, elsewhere.

    Parameters
    ----------
    header
        The session; it is computed from its first batch on.

    Attributes
    ----------
    position
        Up to where it is computed.

    Raises
    ------
    RecordingError
        When a profile is not known to this version.
    """

    def __init__(self, header: RecordingHeader) -> None:
        self.header: Final = header
        self.position = Position()
        self._engine = SessionEngine(header)

    @classmethod
    def restored(cls, header: RecordingHeader, stored: bytes) -> Self:
        """Go on where `checkpoint` was taken.

        Raises
        ------
        CheckpointError
            When it is no checkpoint, is damaged, of another session, or of another version of Footfall; then the
            session is computed anew from its first batch.
        """
        what = f"session {header.session.id}: the checkpoint"
        parts = _opened(stored, what)
        computation = cls(header)
        try:
            computation._engine.restore(parts.state)
        except InputError as error:
            raise CheckpointError(str(error)) from error
        except Exception as error:  # a driver's, of whatever package, for a state that another version of it left
            raise CheckpointError(f"{what} makes no sense to a driver ({error})") from error
        computation.position = Position(parts.sequence, parts.notes)
        return computation

    @property
    def taken_s(self) -> float:
        """When the newest packet arrived of those that were taken, in session seconds."""
        return self._engine.taken_s

    @property
    def strides(self) -> int:
        """How many strides there are so far."""
        return sum(part.strides for part in self._engine.summary().sensors)

    def take(self, packets: Sequence[RawPacket], position: Position) -> list[Event]:
        """Take the packets of the next batch, or of several in their order; return what became final.

        Parameters
        ----------
        position
            Where they end.

        Raises
        ------
        FootfallError
            When a packet is of a sensor that the session does not have.
        ValueError
            When they lead nowhere: what was taken must not be taken again.
        """
        if position.sequence <= self.position.sequence:
            raise ValueError(f"batch {position.sequence} does not follow batch {self.position.sequence}")
        events = self._engine.take(packets)
        self.position = position
        return events

    def end(self) -> tuple[list[Event], SessionEnd]:
        """End the session: return what can still be completed, and what it came to; nothing may follow."""
        events = self._engine.end()
        return events, SessionEnd(self._engine.summary(), self._engine.companions())

    def checkpoint(self) -> bytes:
        """Return state and position, to be taken up with `restored`.

        It is to be kept only when all that came of the session up to its position is kept.
        """
        parts = _Parts(self.position.sequence, self.position.notes, self._engine.state())
        packed = zstandard.ZstdCompressor(level=_EFFORT).compress(msgspec.msgpack.encode(parts))
        return _MAGIC + bytes([FORMAT]) + _digest(packed) + packed


class _Parts(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    sequence: Annotated[int, msgspec.Meta(ge=0, le=LAST_SEQUENCE)]
    notes: Annotated[bytes, msgspec.Meta(max_length=MOST_NOTES_BYTES)]
    state: bytes


def _opened(stored: bytes, what: str) -> _Parts:
    """Look at a checkpoint from outside to inside, each part bounded before it is unpacked."""
    if len(stored) > MOST_CHECKPOINT_BYTES:
        raise CheckpointError(f"{what} is longer than {MOST_CHECKPOINT_BYTES} bytes")
    if stored[: len(_MAGIC)] != _MAGIC or len(stored) < _HEAD_BYTES:
        raise CheckpointError(f"{what} is none, is cut off, or is of an older Footfall")
    if stored[len(_MAGIC)] != FORMAT:
        raise CheckpointError(f"{what} has format {stored[len(_MAGIC)]}, and this Footfall knows {FORMAT} alone")
    packed = stored[_HEAD_BYTES:]
    if _digest(packed) != stored[_HEAD_BYTES - _DIGEST_BYTES : _HEAD_BYTES]:
        raise CheckpointError(f"{what} is damaged")
    try:
        size = zstandard.frame_content_size(packed)
        if not 0 <= size <= MOST_STATE_BYTES + _AROUND_BYTES:
            raise CheckpointError(f"{what} would unpack to {size} bytes, more than {MOST_STATE_BYTES}")
        content = zstandard.ZstdDecompressor().decompress(packed, max_output_size=size)
        return parse_msgpack(content, _Parts, what, MOST_STATE_BYTES + _AROUND_BYTES)
    except (zstandard.ZstdError, OutsideError) as error:
        raise CheckpointError(f"{what} can't be unpacked ({error})") from error


def _digest(packed: bytes) -> bytes:
    return blake2b(packed, digest_size=_DIGEST_BYTES).digest()
