"""The rules that tell of load, with what they are given: the ceiling for today, and a run that went beyond its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from footfall_coaching.load import Ceiling, Stand, ceiling_over


@dataclass(frozen=True)
class TodaysCeiling:
    """The rule of the ceiling, given how far the runs of the 30 days before went, by session, the earliest first."""

    NAME: ClassVar[str] = "ceiling"
    VERSION: ClassVar[int] = 1

    distances_m: Mapping[str, float | None]

    @property
    def ceiling(self) -> Ceiling:
        """What follows."""
        return ceiling_over(self.distances_m)

    @property
    def words(self) -> str:
        """The ceiling, or that it is unknown and why."""
        return self.ceiling.words


@dataclass(frozen=True)
class RunAbove:
    """The rule for a run beyond its ceiling, given how far it went, and the runs of the 30 days before it."""

    NAME: ClassVar[str] = "run-above-ceiling"
    VERSION: ClassVar[int] = 1

    distance_m: float | None
    distances_m: Mapping[str, float | None]

    @property
    def stand(self) -> Stand:
        """What follows."""
        return Stand(self.distance_m, ceiling_over(self.distances_m))

    @property
    def words(self) -> str:
        """Where the run stands; empty where it is not above."""
        return self.stand.words if self.stand.is_above else ""
