"""The one shape of computation: blocks are pushed in, events come out."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

InputT = TypeVar("InputT", contravariant=True)
OutputT = TypeVar("OutputT", covariant=True)


class Stage(Protocol[InputT, OutputT]):
    """A deterministic, I/O-free step. However its input is cut into items, the sequence of outputs is the same.

    Attributes
    ----------
    latency_s
        The longest stretch of signal after an event until `push` returns it.
    """

    latency_s: float

    def push(self, item: InputT) -> Sequence[OutputT]:
        """Take the next item; return the outputs that became final."""
        ...

    def flush(self) -> Sequence[OutputT]:
        """End of the signal: return what can still be said. The stage must not be pushed afterwards."""
        ...
