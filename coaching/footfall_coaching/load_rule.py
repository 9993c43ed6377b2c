"""The rules that tell of load, with what they are given: the ceiling for today, and a run that went beyond its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from footfall_coaching.light_rule import Colour
from footfall_coaching.load import NO_DISTANCE_FIRST, Ceiling, Stand, Way, ceiling_over, km, under


@dataclass(frozen=True)
class TodaysCeiling:
    """The rule of the ceiling under the light.

    Parameters
    ----------
    distances_m
        How far the runs of the 30 days before went, by session, the earliest first.
    light
        Today's.
    last_session_id
        Which of the runs was the last one; empty where there is none.
    """

    NAME: ClassVar[str] = "ceiling"
    VERSION: ClassVar[int] = 2

    distances_m: Mapping[str, float | None]
    light: Colour = Colour.UNKNOWN
    last_session_id: str = ""

    @property
    def ceiling(self) -> Ceiling:
        """What follows."""
        return under(self.light, ceiling_over(self.distances_m), self.distances_m.get(self.last_session_id))

    @property
    def words(self) -> str:
        """The ceiling, or that it is unknown and why."""
        return self.told(km)

    def told(self, way: Way) -> str:
        """Say it with distances as `way` tells them."""
        return self.ceiling.told(way)


@dataclass(frozen=True)
class RunAbove:
    """The rule for a run beyond its ceiling, given how far it went, and what `TodaysCeiling` had then."""

    NAME: ClassVar[str] = "run-above-ceiling"
    VERSION: ClassVar[int] = 2

    distance_m: float | None
    distances_m: Mapping[str, float | None]
    light: Colour = Colour.UNKNOWN
    last_session_id: str = ""

    @property
    def stand(self) -> Stand:
        """What follows."""
        return Stand(self.distance_m, TodaysCeiling(self.distances_m, self.light, self.last_session_id).ceiling)

    @property
    def words(self) -> str:
        """Where the run stands; empty where it is not above."""
        return self.told(km)

    def told(self, way: Way) -> str:
        """Say it with distances as `way` tells them."""
        stand = self.stand
        return stand.told(way) if stand.is_above else ""


@dataclass(frozen=True)
class TodaysCeilingByLoad:
    """The ceiling that load alone leaves, whatever the light: what was told under this version is made again by it."""

    NAME: ClassVar[str] = TodaysCeiling.NAME
    VERSION: ClassVar[int] = 1

    distances_m: Mapping[str, float | None]

    @property
    def words(self) -> str:
        """The ceiling, or that it is unknown and why."""
        return ceiling_over(self.distances_m, NO_DISTANCE_FIRST).words


@dataclass(frozen=True)
class RunAboveByLoad:
    """A run beyond the ceiling that load alone leaves; as `TodaysCeilingByLoad`."""

    NAME: ClassVar[str] = RunAbove.NAME
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
        return self.told(km)

    def told(self, way: Way) -> str:
        """Say it with distances as `way` tells them."""
        return self.stand.told(way) if self.stand.is_above else ""
