"""A whole session at once: all its packets through the engine."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from footfall_gateway.devices import DecoderCounts
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.decoding import chunks
from footfall_gateway.sessions.engine import Event, SessionEngine
from footfall_gateway.sessions.sinks.base import SessionEnd, Sinks
from footfall_processing.estimators.base import Estimator
from footfall_processing.gait import Stride
from footfall_processing.results.windows import Window


@dataclass(frozen=True)
class Analysis:
    """What a session's packets came to.

    Parameters
    ----------
    header
        The session.
    events
        Each sensor's in their order.
    end
        Its summary.
    counts
        What each sensor's decoder has seen.
    """

    header: RecordingHeader
    events: tuple[Event, ...]
    end: SessionEnd
    counts: Mapping[str, DecoderCounts]

    @cached_property
    def strides(self) -> list[Stride]:
        """All strides, ordered by initial contact, then sensor."""
        return in_order(event for event in self.events if isinstance(event, Stride))

    def windows(self, kind: str) -> list[Window]:
        """Windows of one kind of `WINDOW_KINDS`, each sensor's in order of time."""
        return [event for event in self.events if isinstance(event, Window) and event.kind == kind]

    async def tell(self, sinks: Sinks) -> None:
        """Give it all to sinks."""
        try:
            await sinks.open(self.header)
            await sinks.write(self.events)
            await sinks.finish(self.end)
        finally:
            await sinks.close()


def analyze_session(
    header: RecordingHeader,
    packets: Iterable[RawPacket],
    advance_to: Callable[[float], None] = lambda _: None,
    *,
    estimators: Sequence[Estimator | str] = (),
) -> Analysis:
    """Push all packets through the engine; `advance_to` is told how far it has come, in session seconds.

    `estimators` are ways to find strides that go before the built-in ones (`GaitPipeline`).

    Raises
    ------
    FootfallError
        When a packet is of a sensor that the session does not have, or a profile is not known to this version.
    """
    engine = SessionEngine(header, estimators=estimators)
    events: list[Event] = []
    for together in chunks(packets):
        events += engine.take(together)
        advance_to(engine.taken_s)
    events += engine.end()
    return Analysis(header, tuple(events), SessionEnd(engine.summary(), engine.companions()), engine.counts())


def in_order(strides: Iterable[Stride]) -> list[Stride]:
    """Order strides by initial contact, then sensor."""
    return sorted(strides, key=lambda stride: (stride.initial_contact_s, stride.sensor_id))
