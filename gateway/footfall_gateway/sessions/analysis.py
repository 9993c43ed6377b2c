"""A session as it grows: blocks to strides, impacts and windows, and its summary at the end."""

from collections.abc import Iterator
from typing import TypeAlias

from footfall_processing.gait import Doing, Impact, Stride
from footfall_processing.pipeline import GaitPipeline
from footfall_processing.results.summary import SessionSummary, summarize
from footfall_processing.results.windows import WINDOW_KINDS, Window, WindowStage
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Session

Event: TypeAlias = Stride | Impact | Window


class Analysis:
    """All that is computed of one session; the same blocks give the same events, whatever their sizes.

    Parameters
    ----------
    session
        Whose blocks they are.
    """

    def __init__(self, session: Session) -> None:
        self._sensors = session.sensors
        self._pipeline = GaitPipeline(session.sensors, session.runner)
        self._windows = [WindowStage(session.sensors, kind) for kind in WINDOW_KINDS.values()]
        self._strides: list[Stride] = []

    def push(self, block: ImuBlock) -> list[Event]:
        """Take a block; return what became final, each window after its last stride."""
        return list(self._with_windows(self._pipeline.push(block)))

    def flush(self) -> list[Event]:
        """End the session: return what can still be completed."""
        events = list(self._with_windows(self._pipeline.flush()))
        return events + [window for stage in self._windows for window in stage.flush()]

    def doing(self, sensor_id: str) -> Doing | None:
        """What the wearer of a sensor is doing now; `None` until there is something to tell."""
        return self._pipeline.doing(sensor_id)

    def strides(self) -> tuple[Stride, ...]:
        """Return the strides so far, ordered by initial contact, then sensor."""
        return tuple(sorted(self._strides, key=lambda stride: (stride.initial_contact_s, stride.sensor_id)))

    def summary(self) -> SessionSummary:
        """Summarise the strides so far."""
        return summarize(self.strides(), self._sensors)

    def _with_windows(self, events: list[Stride | Impact]) -> Iterator[Event]:
        for event in events:
            yield event
            if isinstance(event, Stride):
                self._strides.append(event)
                for stage in self._windows:
                    yield from stage.push(event)
