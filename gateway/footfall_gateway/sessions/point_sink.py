"""Where a session's numbers go beside the embedded store: a database of points in time, or nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from footfall_gateway.recordings.packets import RecordingHeader
from footfall_gateway.store.progress import Progress
from footfall_processing.gait import Stride
from footfall_processing.health import SensorHealth
from footfall_processing.results.summary import SessionSummary
from footfall_processing.results.windows import Window


@dataclass(frozen=True, slots=True)
class SensorReport:
    """A sensor's health, and by how much what is computed and kept was behind its newest packet then."""

    health: SensorHealth
    lag_s: float


Point: TypeAlias = Stride | Window | SessionSummary | SensorReport | Progress
"""What a database of points keeps of a session."""


class PointSink(Protocol):
    """Takes the points of all sessions.

    Writing is idempotent: the same point again, as after a restart, changes nothing.
    """

    async def write(self, points: Sequence[Point], header: RecordingHeader) -> None:
        """Take points of the session that `header` describes.

        Returns when they are safe: in the database, or on the disk until it can be reached. A sink that can be
        reached no more is no error here; a disk that refuses is.

        Raises
        ------
        GatewayError
            When the points can be kept nowhere.
        """
        ...


class NoPoints:
    """The sink where no database is configured."""

    async def write(self, points: Sequence[Point], header: RecordingHeader) -> None:
        """Keep nothing: the embedded store has it all."""
