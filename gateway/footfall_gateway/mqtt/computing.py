"""Sessions on their way through the engine, a few batches of each at a time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from footfall_gateway.mqtt.held import Checkpoint, Held, Waiting
from footfall_gateway.mqtt.payloads import decode_batch
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.packets import RawPacket
from footfall_gateway.sessions.checkpoints import Computation, Position
from footfall_gateway.sessions.events import Event
from footfall_gateway.sessions.sinks.base import SessionEnd, Sinks

CHECKPOINT_BATCHES: Final = 20
"""A checkpoint is made each so many batches: ten seconds of a run, and a restart computes no more than that anew."""
CATCHING_UP_BATCHES: Final = 6 * CHECKPOINT_BATCHES
"""While more waits than that, each so many: a checkpoint costs a fortieth of the minute's computing."""


class Computing:
    """One session on its way through the engine.

    Attributes
    ----------
    computation, sinks
        What computes it, and where goes what comes of it.
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

    def __init__(self, computation: Computation, sinks: Sinks) -> None:
        self.computation = computation
        self.sinks = sinks
        self.taken_up = self.taken_sequence > 0
        self.sensors = len(computation.header.recorded_sensors)
        self.checkpoint_sequence = self.taken_sequence
        self.kept_s = computation.taken_s

    @property
    def taken_sequence(self) -> int:
        """The last batch that went in."""
        return self.computation.position.sequence

    def take(self, payloads: Iterable[bytes]) -> list[Event]:
        """Take the next batches; return what came of them."""
        packets: list[RawPacket] = []
        sequence = 0
        for payload in payloads:
            batch = decode_batch(payload)
            packets += batch.packets
            sequence = batch.sequence
        return self.computation.take(packets, Position(sequence)) if sequence else []

    def checkpoint(self) -> Checkpoint:
        """Return the session as it is after the batches that went in."""
        return Checkpoint(self.taken_sequence, self.computation.checkpoint())

    def checkpoint_is_due(self, number: int, *, catching_up: bool) -> bool:
        """Tell whether so many batches came since the last; sessions of different `number` have theirs in turn."""
        every = CATCHING_UP_BATCHES if catching_up else CHECKPOINT_BATCHES
        return (self.taken_sequence + number) // every > (self.checkpoint_sequence + number) // every


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
            rest, self.end = computing.computation.end()
            self.events += rest
        elif computing.checkpoint_is_due(
            self.held.number, catching_up=computing.taken_sequence < self.waiting.safe_sequence
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
