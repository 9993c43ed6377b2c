"""What arrives at the processor, and what it has of a session."""

from dataclasses import dataclass, field

from footfall_gateway.mqtt.payloads import End, digest_of
from footfall_gateway.mqtt.topics import SessionKey


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A session as it was after a batch (`Computation.checkpoint`); all that came of it until then is kept elsewhere.

    Parameters
    ----------
    sequence
        The last batch that is in it.
    """

    sequence: int
    stored: bytes


@dataclass(frozen=True, slots=True)
class HeaderArrival:
    """A session's description arrived."""

    key: SessionKey
    header: bytes


@dataclass(frozen=True, slots=True)
class BatchArrival:
    """A batch arrived, perhaps not for the first time."""

    key: SessionKey
    sequence: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class EndArrival:
    """A session's end arrived."""

    key: SessionKey
    end: End


Arrival = HeaderArrival | BatchArrival | EndArrival


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that arrived was not taken.

    Parameters
    ----------
    what
        Of what kind it was, to count it by.
    why
        For people, here and at its gateway.
    """

    key: SessionKey
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Safe:
    """What is on the disk of a session: up to which batch, whether that is all, and the digest of that."""

    sequence: int
    ended: bool
    digest: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A session's next batches, and how far it had come when they were read.

    Parameters
    ----------
    safe_sequence, last_sequence
        As in `Held`.
    """

    payloads: list[bytes]
    safe_sequence: int
    last_sequence: int | None


@dataclass(slots=True, eq=False)
class Held:
    """What the inbox has of a session.

    Parameters
    ----------
    last_sequence
        Of its last batch, once all are here that its end tells of.
    safe_sequence
        Up to which batch it has all.
    chain
        Of the batches up to `safe_sequence`; `None` for a session that was done before chains were kept.
    end
        What its end said.
    ahead
        Batches beyond a gap.
    batch_bytes
        Of all batches that are here.
    announced_sequence
        Up to which batch what came of it was told to listeners.
    aside
        Why it is not computed; empty when it is.
    done
        All was computed and kept; the batches are gone.
    newest_s
        When something of it came, on the clock of who takes it.
    """

    number: int
    header: bytes | None = None
    last_sequence: int | None = None
    safe_sequence: int = 0
    chain: bytes | None = b""
    end: End | None = None
    announced_sequence: int = 0
    aside: str = ""
    done: bool = False
    newest_s: float | None = None
    ahead: set[int] = field(default_factory=set)
    batch_bytes: int = 0

    def lacks(self, sequence: int) -> bool:
        """Whether a batch is not here yet."""
        return self.safe_sequence < sequence and sequence not in self.ahead

    @property
    def newest_sequence(self) -> int:
        """The last batch that is here, with or without a gap before it."""
        return max(self.ahead, default=self.safe_sequence)

    def safe(self) -> "Safe":
        """Return what may be acknowledged."""
        ended = self.last_sequence is not None
        return Safe(self.safe_sequence if self.last_sequence is None else self.last_sequence, ended, self.digest)

    @property
    def digest(self) -> str | None:
        """That of the description and of the batches up to `safe_sequence`; empty without a description.

        `None` where it is not known.
        """
        if self.chain is None:
            return None
        return "" if self.header is None else digest_of(self.header, self.chain)
