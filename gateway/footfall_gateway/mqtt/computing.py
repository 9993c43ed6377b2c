"""Sessions on their way through the engine, a few batches of each at a time."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from footfall_gateway.mqtt.held import Checkpoint, Held, Waiting
from footfall_gateway.mqtt.payloads import decode_batch
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.outside import require_size
from footfall_gateway.packets import RawPacket
from footfall_gateway.sessions.engine import MOST_STATE_BYTES, SessionEngine
from footfall_gateway.sessions.events import Event
from footfall_gateway.sessions.sinks.base import SessionEnd, Sinks
from footfall_processing.errors import InputError

CHECKPOINT_BATCHES: Final = 120
"""A checkpoint is made each so many batches: a minute of a run, so that a restart computes no more than that anew."""
CATCHING_UP_BATCHES: Final = 10 * CHECKPOINT_BATCHES
"""While more waits than that, each so many: a checkpoint costs half as much as the minute's computing."""
_STATE_EFFORT: Final = 1
"""zlib's least: half the size for a millisecond."""


def unpacked(packed: bytes) -> bytes:
    """Return a checkpoint's state; `InputError` when it is none, or would be larger than any."""
    try:
        state = zlib.decompressobj().decompress(packed, MOST_STATE_BYTES + 1)
    except zlib.error as error:
        raise InputError(f"the stored state can't be unpacked ({error})") from error
    require_size(len(state), MOST_STATE_BYTES, "the stored state")
    return state


class Computing:
    """One session on its way through the engine.

    Attributes
    ----------
    taken_sequence
        The last batch that went in.
    kept_s
        When the last packet arrived at the gateway of which all that came is kept. Batches are in order of arrival, so
        every packet that arrived by then is done, whichever sensor's it was.
    checkpoint_sequence
        The last batch that is in a checkpoint.
    taken_up
        Whether it goes on from a checkpoint.
    sensors
        How many the session has, which its size in memory follows from.
    """

    def __init__(self, engine: SessionEngine, sinks: Sinks, sequence: int) -> None:
        self.engine = engine
        self.sinks = sinks
        self.taken_up = sequence > 0
        self.sensors = len(engine.header.recorded_sensors)
        self.taken_sequence = sequence
        self.checkpoint_sequence = sequence
        self.kept_s = engine.taken_s

    def take(self, payloads: Iterable[bytes]) -> list[Event]:
        """Take the next batches; return what came of them."""
        packets: list[RawPacket] = []
        for payload in payloads:
            batch = decode_batch(payload)
            packets += batch.packets
            self.taken_sequence = batch.sequence
        return self.engine.take(packets)

    def checkpoint(self) -> Checkpoint:
        """Return the engine's state after the batches that went in."""
        return Checkpoint(self.taken_sequence, zlib.compress(self.engine.state(), _STATE_EFFORT))


@dataclass(slots=True)
class Outcome:
    """What came of a session's next batches."""

    key: SessionKey
    held: Held
    computing: Computing
    waiting: Waiting
    events: list[Event] = field(default_factory=list)
    end: SessionEnd | None = None
    checkpoint: Checkpoint | None = None

    def take(self) -> None:
        """Compute."""
        computing = self.computing
        self.events = computing.take(self.waiting.payloads)
        if computing.taken_sequence == self.waiting.last_sequence:
            self.events += computing.engine.end()
            self.end = SessionEnd(computing.engine.summary(), computing.engine.companions())
        elif computing.taken_sequence - computing.checkpoint_sequence >= (
            CHECKPOINT_BATCHES if computing.taken_sequence == self.waiting.safe_sequence else CATCHING_UP_BATCHES
        ):
            self.checkpoint = computing.checkpoint()

    @property
    def told_before(self) -> bool:
        """Whether listeners were told before a restart; of the end they are told in any case."""
        return self.end is None and self.computing.taken_sequence <= self.held.announced_sequence


def compute(
    outcomes: Iterable[Outcome],
) -> tuple[list[Outcome], list[tuple[SessionKey, Exception]]]:
    """Compute, off the event loop; return what came of it, and the sessions that can't be computed."""
    done, refused = [], []
    for outcome in outcomes:
        try:
            outcome.take()
        except Exception as error:  # a driver of somebody else's may raise anything: other sessions go on
            refused.append((outcome.key, error))
        else:
            done.append(outcome)
    return done, refused
