"""Whether the two sensors of a pair tell the same time, by when both legs start and stop.

A runner's legs start and stop together, within the stride or two that finding them may cost; a sensor whose clock
differs sees all of it earlier or later. Steps can't tell: the contacts of left and right alternate whatever the clocks
say. So a difference of less than some two strides, or between sensors that saw no start or no stop, is not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median
from types import MappingProxyType
from typing import Final, TypeVar

from footfall_processing.gait import Doing, NowDoing, Stride
from footfall_processing.metrics.symmetry import STEP_TIME
from footfall_processing.results.summary import SessionSummary
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

STOOD_S: Final = 2.0
"""A start follows so long a standing: what a sensor began with, or what comes after a loss, is none."""
NEAR_S: Final = 10.0
"""A start, or a stop, of one leg is that of the other when they are no farther apart."""
LEAST_S: Final = 1.7
"""Starts and stops of two legs are not both farther apart than one and a half walking strides, the same leg first."""
MOST_KEPT: Final = 64
"""Starts and stops of a sensor that are remembered: the last ones."""

ValueT = TypeVar("ValueT")


class _Leg:
    """What one sensor saw."""

    def __init__(self) -> None:
        self.starts_s: list[float] = []
        self.stops_s: list[float] = []
        self.span_s: tuple[float, float] | None = None
        self._stood_from_s: float | None = None
        self._stopped_s: float | None = None

    def stand(self, t_s: float) -> None:
        self._stood_from_s = t_s
        if self.span_s is not None and self._stopped_s is None:
            self._stopped_s = self.span_s[1]
            self._keep(self.stops_s, self._stopped_s)

    def stride(self, begin_s: float, end_s: float) -> None:
        if self._stood_from_s is not None and begin_s - self._stood_from_s >= STOOD_S:
            self._keep(self.starts_s, begin_s)
            self._stood_from_s = self._stopped_s = None
        elif self._stopped_s is not None:
            # it became final after standing was told
            self._stopped_s = self.stops_s[-1] = end_s
        self.span_s = (begin_s if self.span_s is None else self.span_s[0], end_s)

    @staticmethod
    def _keep(kept: list[float], t_s: float) -> None:
        kept.append(t_s)
        del kept[:-MOST_KEPT]

    def state(self) -> PlainState:
        return {
            "starts_s": [*self.starts_s],
            "stops_s": [*self.stops_s],
            "span_s": [] if self.span_s is None else [*self.span_s],
            "stood_from_s": self._stood_from_s,
            "stopped_s": self._stopped_s,
        }

    def restore(self, stored: Stored) -> None:
        self.starts_s, self.stops_s = ([*stored.floats(name)] for name in ("starts_s", "stops_s"))
        span_s = stored.floats("span_s")
        stored.check(len(span_s) in (0, 2) and max(len(self.starts_s), len(self.stops_s)) <= MOST_KEPT)
        self.span_s = (span_s[0], span_s[1]) if span_s else None
        self._stood_from_s = stored.finite("stood_from_s") if stored.has("stood_from_s") else None
        self._stopped_s = stored.finite("stopped_s") if stored.has("stopped_s") else None
        stored.check(self._stopped_s is None or bool(self.stops_s))


class LegClocks:
    """When each leg starts and stops, from its sensor's events in their order."""

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self._legs = {sensor.id: _Leg() for sensor in sensors}
        self._pairs = [
            (left.id, right.id)
            for placement in Placement
            for left in sensors
            for right in sensors
            if left.placement is right.placement is placement and (left.side, right.side) == (Side.LEFT, Side.RIGHT)
        ]

    def take(self, event: Stride | NowDoing) -> None:
        """Take a sensor's next event."""
        leg = self._legs[event.sensor_id]
        if isinstance(event, Stride):
            leg.stride(event.initial_contact_s, event.next_contact_s)
        elif event.doing is Doing.STANDING:
            leg.stand(event.t_s)

    def differ(self) -> dict[str, str]:
        """Say of each sensor what its clock looks like beside that of the other leg; nothing where none is in doubt."""
        found = {}
        for left_id, right_id in self._pairs:
            left, right = self._legs[left_id], self._legs[right_id]
            if left.span_s is None or right.span_s is None:
                continue
            if left.span_s[1] < right.span_s[0] or right.span_s[1] < left.span_s[0]:
                for id_, other_id in ((left_id, right_id), (right_id, left_id)):
                    found[id_] = f"no stride at the same time as {other_id}"
            elif (later_s := _later_s(left, right)) is not None:
                first_id, then_id = (left_id, right_id) if later_s > 0.0 else (right_id, left_id)
                found[first_id] = f"starts and stops about {abs(later_s):.0f} s before {then_id}"
                found[then_id] = f"starts and stops about {abs(later_s):.0f} s after {first_id}"
        return found

    def state(self) -> PlainState:
        """What can be stored."""
        return {sensor_id: leg.state() for sensor_id, leg in self._legs.items()}

    def restore(self, state: PlainState) -> None:
        """Take up what `state` returned.

        Raises
        ------
        InputError
            When it is not such a state, or is of other sensors.
        """
        stored = Stored(state, "starts and stops")
        stored.check(stored.names() == self._legs.keys())
        for sensor_id, leg in self._legs.items():
            leg.restore(Stored(stored.part(sensor_id), "starts and stops"))


def with_clocks(summary: SessionSummary, clocks_differ: Mapping[str, str]) -> SessionSummary:
    """Say of which sensors the clocks differ, and leave out the steps from one foot to the other."""
    if not clocks_differ:
        return summary
    return replace(
        summary,
        balance=_without_steps(summary.balance),
        balance_error_percent=_without_steps(summary.balance_error_percent),
        symmetry_index_percent=_without_steps(summary.symmetry_index_percent),
        left_minus_right=_without_steps(summary.left_minus_right),
        step_times=MappingProxyType({}),
        clocks_differ=MappingProxyType(dict(clocks_differ)),
    )


def _without_steps(values: Mapping[str, ValueT]) -> Mapping[str, ValueT]:
    return MappingProxyType({name: value for name, value in values.items() if name != STEP_TIME})


def _later_s(left: _Leg, right: _Leg) -> float | None:
    """Return how much later the right one sees starts and stops; `None` where the clocks may be one."""
    starts_s, stops_s = _apart_s(left.starts_s, right.starts_s), _apart_s(left.stops_s, right.stops_s)
    if not starts_s or not stops_s:
        return None
    start_s, stop_s = median(starts_s), median(stops_s)
    if start_s * stop_s <= 0.0 or min(abs(start_s), abs(stop_s)) < LEAST_S:
        return None
    return 0.5 * (start_s + stop_s)


def _apart_s(lefts_s: Sequence[float], rights_s: Sequence[float]) -> list[float]:
    nearest_s = [min((right_s - left_s for right_s in rights_s), key=abs, default=float("inf")) for left_s in lefts_s]
    return [apart_s for apart_s in nearest_s if abs(apart_s) <= NEAR_S]
