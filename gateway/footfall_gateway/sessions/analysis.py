"""A whole session at once: all its packets through the engine."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from footfall_gateway.devices import DecoderCounts
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.decoding import chunks
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.events import Event
from footfall_gateway.sessions.sinks.base import SessionEnd, Sinks
from footfall_processing.estimators.base import Estimator
from footfall_processing.gait import Doing, NowDoing, Stride
from footfall_processing.results.axes import without_orientation
from footfall_processing.results.windows import Window

SILENT_AFTER_S: Final = 2.5
"""A sensor that has sent nothing for so long is silent; imported samples come once a second."""

_INSTEAD: Final = {Doing.STANDING: "standing", Doing.STAIRS: "stairs", Doing.OTHER: "other movement"}
"""What is done without strides."""


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
    silences_s
        By sensor, from when to when it sent nothing for longer than `SILENT_AFTER_S`.
    counts
        What each sensor's decoder has seen.
    """

    header: RecordingHeader
    events: tuple[Event, ...]
    end: SessionEnd
    silences_s: Mapping[str, Sequence[tuple[float, float]]]
    counts: Mapping[str, DecoderCounts]

    @cached_property
    def strides(self) -> list[Stride]:
        """All strides, ordered by initial contact, then sensor."""
        return in_order(event for event in self.events if isinstance(event, Stride))

    def windows(self, kind: str) -> list[Window]:
        """Windows of one kind of `WINDOW_KINDS`, each sensor's in order of time."""
        return [event for event in self.events if isinstance(event, Window) and event.kind == kind]

    def why_no_strides(self, begin_s: float, end_s: float) -> str:
        """Say in a few words why there are no strides in a stretch: no samples, or what was done in it instead."""
        half_s = 0.5 * (end_s - begin_s)
        silent = [
            sum(max(0.0, min(end_s, until_s) - max(begin_s, from_s)) for from_s, until_s in silences_s) >= half_s
            for silences_s in self.silences_s.values()
        ]
        if all(silent):
            return "no samples"
        done_s = dict.fromkeys((Doing.RUNNING, Doing.WALKING, *_INSTEAD), 0.0)
        for sensor_id in self.silences_s:
            changes = [event for event in self.events if isinstance(event, NowDoing) and event.sensor_id == sensor_id]
            ends_s = [*(change.t_s for change in changes[1:]), math.inf]
            for change, until_s in zip(changes, ends_s, strict=False):
                done_s[change.doing] += max(0.0, min(end_s, until_s) - max(begin_s, change.t_s))
        return _INSTEAD.get(max(done_s, key=lambda doing: done_s[doing]), "no strides found")

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
    silences = Silences(header)
    for together in chunks(packets):
        events += engine.take(together)
        silences.take(together)
        advance_to(engine.taken_s)
    events += engine.end()
    end = SessionEnd(engine.summary(), engine.companions())
    # a whole session knows from its first stride what the sensor's signal shows in the end
    if axes_disagree := end.summary.axes_disagree:
        events = [without_orientation(event, axes_disagree) for event in events]
    return Analysis(header, tuple(events), end, silences.found(), engine.counts())


class Silences:
    """When a session's sensors sent nothing for longer than `SILENT_AFTER_S`, in session seconds."""

    def __init__(self, header: RecordingHeader) -> None:
        # packets of imported samples count from the first sample, live ones from second 0
        self._begin_s = header.session.begin_s
        self._heard_s = {sensor.id: self._begin_s for sensor in header.session.sensors}
        self._found: dict[str, list[tuple[float, float]]] = {sensor_id: [] for sensor_id in self._heard_s}

    def take(self, packets: Iterable[RawPacket]) -> None:
        """Take the next packets, in order of arrival."""
        for packet in packets:
            if packet.sensor_id in self._heard_s:
                self._hear(packet.sensor_id, self._begin_s + packet.received_s)

    def found(self) -> Mapping[str, Sequence[tuple[float, float]]]:
        """End the session: return by sensor from when to when, the last one without an end."""
        for sensor_id in self._heard_s:
            self._hear(sensor_id, math.inf)
        return self._found

    def _hear(self, sensor_id: str, now_s: float) -> None:
        if now_s - self._heard_s[sensor_id] > SILENT_AFTER_S:
            self._found[sensor_id].append((self._heard_s[sensor_id], now_s))
        self._heard_s[sensor_id] = now_s


def in_order(strides: Iterable[Stride]) -> list[Stride]:
    """Order strides by initial contact, then sensor."""
    return sorted(strides, key=lambda stride: (stride.initial_contact_s, stride.sensor_id))
