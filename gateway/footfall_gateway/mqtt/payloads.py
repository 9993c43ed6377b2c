"""What is in the messages: MessagePack for raw batches, JSON for all else, each with its version.

A batch names its own channels, so it can be read when nothing else has arrived yet.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Final, TypeVar

import msgspec

from footfall_gateway import wire
from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.outside import LONGEST_SESSION_S, check_session_s, parse_json, parse_msgpack
from footfall_gateway.packets import RawPacket
from footfall_processing.health import SensorHealth

VERSION: Final = 1
LONGEST_BATCH_S: Final = 0.5
"""Packet time that a batch holds: two batches a second."""
LARGEST_BATCH_BYTES: Final = 48 * 1024
"""Packet data that a batch holds at the most; with what describes them it stays below 64 KiB."""
PACKET_BYTES: Final = 16
"""What a packet takes in a batch beside its data."""
LAST_SEQUENCE: Final = 2**53
"""Beyond this, a JSON number is no longer exact everywhere."""
LATEST_NS: Final = round(LONGEST_SESSION_S * 1e9)
MOST_BATCH_BYTES: Final = 128 * 1024
MOST_JSON_BYTES: Final = 16 * 1024
"""No message of ours is as large; a larger one is not even looked into."""
_NS: Final = 1_000_000_000

T = TypeVar("T")


class PayloadError(GatewayError):
    """A message can't be read; the message says why, without the topic."""


UpTo = Annotated[int, msgspec.Meta(ge=0, le=LAST_SEQUENCE)]
Digest = Annotated[str, msgspec.Meta(max_length=64)]


class _Batch(msgspec.Struct, array_like=True):
    version: int
    sequence: Annotated[int, msgspec.Meta(ge=1, le=LAST_SEQUENCE)]
    channels: list[tuple[str, str]]
    packets: list[tuple[int, int, bytes]]


class End(msgspec.Struct, frozen=True):
    """The session is over: it has batches 1 to `last_sequence`, and `digest` is that of all that was sent.

    The digest is empty from a gateway of an older Footfall.
    """

    last_sequence: UpTo
    digest: Digest = ""
    version: int = VERSION


class Ack(msgspec.Struct, frozen=True):
    """All batches up to `sequence` are safe; and so is the session's end, when `ended`.

    Parameters
    ----------
    reader
        Names the processor, and changes whenever it begins to listen anew: what was on its way then is sent once more.
    digest
        Of what the processor has up to `sequence`; empty while it lacks the description, missing from an older one.
    refused
        Why the processor takes no more of the session, for people; empty when it does.
    """

    sequence: UpTo
    ended: bool
    reader: Annotated[str, msgspec.Meta(max_length=64)]
    digest: Digest | None = None
    refused: Annotated[str, msgspec.Meta(max_length=500)] = ""
    version: int = VERSION


class Status(msgspec.Struct, frozen=True):
    """Whether a gateway is there; the broker says that it is not."""

    online: bool
    software: str
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Batch:
    """A session's packets in order of arrival; the first batch has sequence 1."""

    sequence: int
    packets: tuple[RawPacket, ...]


@dataclass(frozen=True, slots=True)
class HealthMessage:
    """How a sensor is doing; `newest_packet_s` is when its newest packet arrived, in session seconds, if one did."""

    health: SensorHealth
    newest_packet_s: float | None


def chained(chain: bytes, payload: bytes) -> bytes:
    """Return the chain of batches with one more; that of none is empty."""
    return sha256(chain + payload).digest()


def digest_of(header: bytes, chain: bytes) -> str:
    """Return the digest of a session up to some batch: of its description, and of all batches in their order.

    Both ends work it out by themselves, so it shows whether one has what the other sent.
    """
    return sha256(sha256(header).digest() + chain).hexdigest()


def encode_batch(sequence: int, packets: Sequence[RawPacket]) -> bytes:
    """Encode packets as MessagePack; times in whole nanoseconds, so a packet that is read back is equal."""
    channels: dict[tuple[str, str], int] = {}
    rows = [
        (
            round(packet.received_s * _NS),
            channels.setdefault((packet.sensor_id, packet.characteristic), len(channels)),
            packet.data,
        )
        for packet in packets
    ]
    return msgspec.msgpack.encode(_Batch(VERSION, sequence, list(channels), rows))


def decode_batch(payload: bytes) -> Batch:
    """Return the batch that `encode_batch` wrote.

    Raises
    ------
    PayloadError
        When it was written by a newer version, or is not such a batch.
    """
    batch = _parsed(payload)
    channels = batch.channels
    packets = tuple(RawPacket(ns / _NS, *channels[channel], data) for ns, channel, data in batch.packets)
    return Batch(batch.sequence, packets)


def batch_sequence(payload: bytes) -> int:
    """Return the sequence of a batch, all of which can be read; `PayloadError` as in `decode_batch`."""
    return _parsed(payload).sequence


def _parsed(payload: bytes) -> _Batch:
    with _explained("is no batch of packets"):
        try:
            batch = parse_msgpack(payload, _Batch, "", MOST_BATCH_BYTES)
        except OutsideError:
            _require_version(parse_msgpack(payload, _BatchHead, "", MOST_BATCH_BYTES).version)
            raise
        _require_version(batch.version)
    channels = len(batch.channels)
    for ns, channel, _ in batch.packets:
        if not 0 <= channel < channels:
            raise PayloadError("is no batch of packets: one is of a channel that it does not name")
        if not 0 <= ns <= LATEST_NS:
            raise PayloadError("is no batch of packets: one arrived at no possible time")
    return batch


def encode_json(message: End | Ack | Status) -> bytes:
    """Encode a message as JSON."""
    return msgspec.json.encode(message)


def decode_json(payload: bytes, kind: type[T]) -> T:
    """Return the message that `encode_json` wrote.

    Raises
    ------
    PayloadError
        When it was written by a newer version, or is not such a message.
    """
    with _explained("can't be read"):
        _require_version(parse_json(payload, _Versioned, "", MOST_JSON_BYTES).version)
        return parse_json(payload, kind, "", MOST_JSON_BYTES)


def encode_health(message: HealthMessage) -> bytes:
    """Encode a sensor's health as JSON."""
    return msgspec.json.encode({**wire.health_object(message.health), "newest_packet_s": message.newest_packet_s})


def decode_health(payload: bytes) -> HealthMessage:
    """Return what `encode_health` wrote; `PayloadError` when it can't be read, or says a time that none is."""
    with _explained("can't be read"):
        health = parse_json(payload, SensorHealth, "", MOST_JSON_BYTES)
        newest_packet_s = parse_json(payload, _Newest, "", MOST_JSON_BYTES).newest_packet_s
        check_session_s(health.t_s, "t_s")
        if newest_packet_s is not None:
            check_session_s(newest_packet_s, "newest_packet_s")
    return HealthMessage(health, newest_packet_s)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except OutsideError as error:
        raise PayloadError(f"{what} ({str(error).removeprefix(': ')})") from error


class BatchCutter:
    """Gathers packets into batches, by their own time and size."""

    def __init__(self) -> None:
        self._waiting: list[RawPacket] = []
        self._bytes = 0

    def push(self, packets: Iterable[RawPacket]) -> list[tuple[RawPacket, ...]]:
        """Take packets; return the batches that are complete."""
        complete = []
        for packet in packets:
            size = len(packet.data) + PACKET_BYTES
            if self._waiting and (
                packet.received_s - self._waiting[0].received_s >= LONGEST_BATCH_S
                or self._bytes + size > LARGEST_BATCH_BYTES
            ):
                complete += self.flush()
            self._waiting.append(packet)
            self._bytes += size
        return complete

    def flush(self) -> list[tuple[RawPacket, ...]]:
        """Return what waits, as one batch, if anything does."""
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        return [tuple(waiting)] if waiting else []


class _BatchHead(msgspec.Struct, array_like=True):
    version: int


class _Versioned(msgspec.Struct):
    version: int


class _Newest(msgspec.Struct):
    newest_packet_s: float | None


def _require_version(version: int) -> None:
    if version > VERSION:
        raise PayloadError(f"has version {version}, this Footfall reads up to {VERSION}; update Footfall")
