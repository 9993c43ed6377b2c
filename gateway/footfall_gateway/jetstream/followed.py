"""One session as a worker follows it: what comes is taken in order, computed, and forgotten once it is written.

What the stream has is taken as the processor takes what MQTT brings (`mqtt/intake.py`): batches without a gap, each
chained to those before it, one description, and an end that counts when its digest is that of what came.
"""

from dataclasses import dataclass, field
from typing import Final

from footfall_gateway.errors import GatewayError
from footfall_gateway.jetstream.states import MOST_ENDS, Record, Stored
from footfall_gateway.mqtt.arrivals import read_arrival
from footfall_gateway.mqtt.computing import CHECKPOINT_BATCHES, Computing
from footfall_gateway.mqtt.hearing import ACKNOWLEDGE_S, MOST_OWED
from footfall_gateway.mqtt.held import BatchArrival, EndArrival, HeaderArrival
from footfall_gateway.mqtt.payloads import Ack, End, HealthMessage, chained, digest_of
from footfall_gateway.mqtt.topics import SessionKey, SessionTopic
from footfall_gateway.sessions.events import Event
from footfall_gateway.sessions.sinks.base import News, SensorReport, SessionEnd

MOST_AHEAD: Final = 1024
"""Batches beyond a gap; a gateway has 128 on their way."""
MOST_REPORTS: Final = 64


class LeftOutError(GatewayError):
    """Something is not taken."""


@dataclass(slots=True, eq=False)
class Followed:
    """A session.

    Parameters
    ----------
    stored
        What the cluster keeps of it, and which revision the next record follows.
    handled
        The last message in the stream that was looked at, all before it included.
    upto
        A message in the stream that is known to be there; beyond `handled`, the session is behind.
    sequence, chain
        As in `Record`, of what was taken.
    waiting
        Batches that were taken, and are to be computed.
    ahead
        Batches beyond a gap, with where they are in the stream.
    undescribed
        The first message that was passed over because the description had not come.
    reports
        Of sensors, to be written.
    computing
        The engine and the sinks, once it has begun.
    aside
        Why it is not computed.
    refused
        Why something of it was not taken, to be told to its gateway once.
    newest_s
        When something of it came, on the worker's clock.
    answered, answered_s
        Up to which batch its gateway was told, and when.
    """

    key: SessionKey
    stored: Stored
    handled: int = 0
    upto: int = 0
    sequence: int = 0
    chain: bytes = b""
    header: bytes | None = None
    ends: list[End] = field(default_factory=list)
    waiting: list[bytes] = field(default_factory=list)
    ahead: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    undescribed: int = 0
    reports: list[HealthMessage] = field(default_factory=list)
    computing: Computing | None = None
    aside: str = ""
    aside_by: str = ""
    refused: str = ""
    newest_s: float = 0.0
    answered: int = 0
    answered_s: float = 0.0

    @classmethod
    def of(cls, key: SessionKey, stored: Stored) -> "Followed":
        """Return a session as it is kept."""
        record = stored.record
        return cls(
            key,
            stored,
            handled=record.position - 1,
            sequence=record.sequence,
            chain=record.chain,
            header=record.header,
            ends=list(record.ends),
            aside=record.aside,
            aside_by=record.aside_by,
        )

    @property
    def is_done(self) -> bool:
        """Whether all of it is computed and written."""
        return self.stored.record.done

    @property
    def is_behind(self) -> bool:
        """Whether the stream has more of it than was looked at."""
        return self.handled < self.upto

    @property
    def is_ended(self) -> bool:
        """Whether all was taken that an end tells of."""
        if self.header is None:
            return False
        digest = digest_of(self.header, self.chain)
        return any(end.last_sequence == self.sequence and end.digest in ("", digest) for end in self.ends)

    @property
    def position(self) -> int:
        """From which message on the stream must be read to go on from what was taken."""
        needed = [place for place, _ in self.ahead.values()]
        if self.undescribed:
            needed.append(self.undescribed)
        return min(needed, default=self.handled + 1)

    def look(self, place: int, topic: SessionTopic, payload: bytes) -> None:
        """Look at the next message that the stream has of it; one that was looked at before changes nothing.

        Raises
        ------
        FootfallError
            When it is not taken; the message says why.
        """
        if place <= self.handled:
            return
        self.handled = place
        self.upto = max(self.upto, place)
        if self.is_done:
            return
        arrival = read_arrival(self.key, topic.kind, payload)
        match arrival:
            case HealthMessage():
                self.reports = [*self.reports, arrival][-MOST_REPORTS:]
            case HeaderArrival(header=header):
                self._describe(header)
            case EndArrival(end=end):
                if end not in self.ends:
                    self.ends = [*self.ends, end][-MOST_ENDS:]
            case BatchArrival(sequence=sequence):
                self._take(place, sequence, payload)

    def _describe(self, header: bytes) -> None:
        if self.header is None:
            self.header = header
            if self.undescribed:  # what was passed over is read again
                self.handled, self.undescribed = self.undescribed - 1, 0
        elif self.header != header:
            raise LeftOutError("another description came before; that one is kept")

    def _take(self, place: int, sequence: int, payload: bytes) -> None:
        if self.header is None:
            self.undescribed = self.undescribed or place
            return
        if sequence <= self.sequence or sequence in self.ahead or self.is_ended:
            return
        if len(self.ahead) >= MOST_AHEAD:
            raise LeftOutError(f"batch {sequence} is far beyond {self.sequence}, up to which all came")
        self.ahead[sequence] = place, payload
        while (following := self.ahead.pop(self.sequence + 1, None)) is not None:
            self.sequence += 1
            self.chain = chained(self.chain, following[1])
            self.waiting.append(following[1])

    def compute(self) -> tuple[list[News], SessionEnd | None]:
        """Compute what was taken, off the event loop; return what came of it, and what the session came to at its end.

        Raises
        ------
        FootfallError
            When it can't be computed; a driver of somebody else's may raise anything.
        """
        assert self.computing is not None, "begun before it is computed"
        waiting, self.waiting = self.waiting, []
        events: list[Event] = self.computing.take(waiting)
        end: SessionEnd | None = None
        if self.is_ended:
            rest, end = self.computing.computation.end()
            events += rest
        self.computing.kept_s = self.computing.computation.taken_s
        reports, self.reports = self.reports, []
        kept_s = self.computing.kept_s
        told = [SensorReport(one.health, max((one.newest_packet_s or 0.0) - kept_s, 0.0)) for one in reports]
        return [*events, *told], end

    @property
    def has_work(self) -> bool:
        """Whether there is something to compute."""
        if self.header is None or self.aside or self.is_done:
            return False
        return bool(self.waiting or self.reports) or self.is_ended

    def is_due(self, every: int = CHECKPOINT_BATCHES) -> bool:
        """Whether so many batches were computed since the last record that another is worth it."""
        return self.sequence - self.stored.record.sequence >= every

    def record(self) -> Record:
        """Return what is to be kept of it now, after what was taken is computed and written."""
        return Record(
            position=self.position,
            sequence=self.sequence,
            chain=self.chain,
            header=self.header,
            ends=self.ends,
            aside=self.aside,
            aside_by=self.aside_by,
            state=b"" if self.computing is None else self.computing.computation.checkpoint(),
        )

    def record_done(self) -> Record:
        """Return what is kept of it for good."""
        assert self.header is not None, "described before it ends"
        digest = digest_of(self.header, self.chain)
        return Record(position=self.handled + 1, sequence=self.sequence, chain=b"", done=True, digest=digest)

    def is_answer_due(self, now_s: float) -> bool:
        """Whether its gateway waits for an answer: it keeps a batch for a moment without harm."""
        return self.sequence - self.answered >= MOST_OWED or now_s - self.answered_s >= ACKNOWLEDGE_S

    def ack(self, reader: str, now_s: float) -> Ack:
        """Return what its gateway is told now."""
        self.answered, self.answered_s = self.sequence, now_s
        refused, self.refused = self.refused, ""
        record = self.stored.record
        if record.done:
            return Ack(record.sequence, ended=True, reader=reader, digest=record.digest)
        digest = "" if self.header is None else digest_of(self.header, self.chain)
        return Ack(self.sequence, self.is_ended, reader, digest, refused)
