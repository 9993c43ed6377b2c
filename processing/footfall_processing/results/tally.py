"""One sensor's strides of one activity, summed up: for a window as for a whole session."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.metrics.catalogue import PEAKS, STRIDE_METRICS, metric_values
from footfall_processing.metrics.drift import Drift
from footfall_processing.metrics.exact_sum import ExactSum
from footfall_processing.metrics.shock import shock_index, shock_of
from footfall_processing.results.spread import MetricSummary, Spread
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

NOT_AVERAGED: Final = frozenset({StrideFlag.LOW_CONFIDENCE, StrideFlag.BACKWARD, StrideFlag.STAIRS})
"""Strides with one of these flags are counted, and left out of averages and balance."""

_TOLD_STRIKES: Final[Mapping[Placement, tuple[Strike, ...]]] = MappingProxyType(
    {
        Placement.FOOT: (Strike.REARFOOT, Strike.MIDFOOT, Strike.FOREFOOT),
        Placement.SHANK: (Strike.REARFOOT, Strike.NON_REARFOOT),
    }
)
"""Strike patterns that a site can tell."""

ROLL_RANGE_RAD: Final = (-2.0, 2.0)
"""What `stance_roll` can tell."""


@dataclass(frozen=True, slots=True)
class SensorSummary:
    """One sensor's strides of one activity.

    Parameters
    ----------
    strides
        All strides found, also those left out of the averages.
    metrics
        By catalogue name; only metrics with enough values. Clipped strides are left out of the peaks.
    strikes
        Share of strides of each strike pattern, among those that carry one.
    clipped_strides
        Strides whose accelerometer reached the end of its range: their true peak is higher.
    distance_m
        Sum of the lengths of the strides found; `None` where the sensor gives no lengths.
    shock_index_g
        For each peak metric that the sensor gives, the cumulative shock index of all strides.
    drift
        For each metric that drifts and has enough running strides, its change over the session.
    peak_sum_g
        For each peak metric that the sensor gives, the sum over all strides; clipped ones count as what was read.
    moving_s
        Sum of the strides' times; 0 in a summary that an older Footfall stored.
    """

    sensor_id: str
    side: Side | None
    activity: Activity
    strides: int
    metrics: Mapping[str, MetricSummary]
    strikes: Mapping[Strike, float]
    clipped_strides: int
    distance_m: float | None
    shock_index_g: Mapping[str, float]
    drift: Mapping[str, Drift]
    peak_sum_g: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    moving_s: float = 0.0


def is_trusted(stride: Stride) -> bool:
    """Whether a stride enters averages."""
    return NOT_AVERAGED.isdisjoint(stride.quality)


class ValuedStride:
    """A stride with its metrics, which are worked out once for all that it enters."""

    __slots__ = ("clipped", "stride", "trusted", "values")

    def __init__(self, stride: Stride) -> None:
        self.stride = stride
        self.values = metric_values(stride)
        self.trusted = is_trusted(stride)
        self.clipped = StrideFlag.ACC_CLIPPED in stride.quality


class Tally:
    """Strides of one sensor and one activity, summed up in memory that `count` bounds."""

    def __init__(self) -> None:
        self.strides = 0
        self._clipped_strides = 0
        self._length_m: float | None = None
        self._moving_s = ExactSum()
        self._strikes: Counter[Strike] = Counter()
        self._spreads: dict[str, Spread] = {}
        self._peak_sum: dict[str, ExactSum] = {}
        self._shock: dict[str, ExactSum] = {}
        self.rolls_rad = Spread(ROLL_RANGE_RAD)
        """Of the strides that enter averages, the rolls from which `sides` tells a sensor's side."""

    def add(self, strides: Sequence[ValuedStride]) -> None:
        """Take strides; those of one sensor come in order of time."""
        self.strides += len(strides)
        self._clipped_strides += sum(one.clipped for one in strides)
        self._moving_s.add_all([one.stride.stride_time_s for one in strides])
        for one in strides:
            if one.stride.stride_length_m is not None:
                self._length_m = (self._length_m or 0.0) + one.stride.stride_length_m
        for metric in PEAKS:
            # clipped peaks count for what they are at least: leaving them out would make the hardest sessions look soft
            if peaks := [peak for one in strides if (peak := one.values[metric.name]) is not None]:
                self._peak_sum.setdefault(metric.name, ExactSum()).add_all(peaks)
                self._shock.setdefault(metric.name, ExactSum()).add_all(map(shock_of, peaks))
        trusted = [one for one in strides if one.trusted]
        whole = [one for one in trusted if not one.clipped]
        self._strikes.update(one.stride.strike for one in trusted if one.stride.strike is not None)
        self.rolls_rad.add(roll for one in trusted if (roll := one.stride.stance_roll_rad) is not None)
        for name, metric in STRIDE_METRICS.items():
            chosen = whole if metric.is_peak else trusted
            if values := [value for one in chosen if (value := one.values[name]) is not None]:
                self._spreads.setdefault(name, Spread(metric.valid_range)).add(values)

    def count(self) -> None:
        """Count values that are held one by one, so that memory and state stay bounded."""
        for spread in (*self._spreads.values(), self.rolls_rad):
            spread.count()

    def merge(self, other: "Tally") -> None:
        """Take in the strides of another tally; the result is that of all strides in one, to the distance's last bit.

        Distances are added as they are: everything else is exact, and so does not depend on the parts.
        """
        self.strides += other.strides
        self._clipped_strides += other._clipped_strides
        self._moving_s.add_all(other._moving_s.parts())
        if other._length_m is not None:
            self._length_m = (self._length_m or 0.0) + other._length_m
        self._strikes.update(other._strikes)
        for ours, theirs in ((self._peak_sum, other._peak_sum), (self._shock, other._shock)):
            for name, total in theirs.items():
                ours.setdefault(name, ExactSum()).add_all(total.parts())
        for name, spread in other._spreads.items():
            self._spreads.setdefault(name, Spread(STRIDE_METRICS[name].valid_range)).merge(spread)
        self.rolls_rad.merge(other.rolls_rad)

    def summary(
        self,
        sensor: Sensor,
        activity: Activity,
        min_strides: int,
        drifts: Mapping[str, Drift] = MappingProxyType({}),
    ) -> SensorSummary:
        """Summarise; metrics with fewer values than `min_strides`, which is at least two, stay out."""
        struck = self._strikes.total()
        return SensorSummary(
            sensor_id=sensor.id,
            side=sensor.side,
            activity=activity,
            strides=self.strides,
            metrics=MappingProxyType(
                {
                    name: self._spreads[name].summary(ratio_scale=metric.ratio_scale)
                    for name, metric in STRIDE_METRICS.items()
                    if name in self._spreads and self._spreads[name].n >= min_strides
                }
            ),
            strikes=MappingProxyType(
                {strike: self._strikes[strike] / struck for strike in _TOLD_STRIKES[sensor.placement]}
                if struck >= min_strides
                else {}
            ),
            clipped_strides=self._clipped_strides,
            distance_m=self._length_m,
            shock_index_g=MappingProxyType(
                {m.name: shock_index(self._shock[m.name].rounded()) for m in PEAKS if m.name in self._shock}
            ),
            drift=drifts,
            peak_sum_g=MappingProxyType(
                {m.name: self._peak_sum[m.name].rounded() for m in PEAKS if m.name in self._peak_sum}
            ),
            moving_s=self._moving_s.rounded(),
        )

    def state(self) -> PlainState:
        """What can be stored."""
        return {
            "strides": self.strides,
            "clipped_strides": self._clipped_strides,
            "length_m": self._length_m,
            "moving_s": [*self._moving_s.parts()],
            "strikes": {strike.value: count for strike, count in self._strikes.items()},
            "spreads": {name: spread.state() for name, spread in self._spreads.items()},
            "peak_sum": {name: [*total.parts()] for name, total in self._peak_sum.items()},
            "shock": {name: [*total.parts()] for name, total in self._shock.items()},
            "rolls_rad": self.rolls_rad.state(),
        }

    def restore(self, state: PlainState) -> None:
        """Take up what `state` returned.

        Raises
        ------
        InputError
            When it is not such a state, or was stored with other metrics.
        """
        stored = Stored(state, "a sum of strides")
        spreads, strikes = Stored(stored.part("spreads"), "metrics"), Stored(stored.part("strikes"), "strikes")
        sums = {name: Stored(stored.part(name), "peaks") for name in ("peak_sum", "shock")}
        stored.check(
            spreads.names() <= STRIDE_METRICS.keys() and strikes.names() <= {strike.value for strike in Strike}
        )
        stored.check(all(found.names() <= {metric.name for metric in PEAKS} for found in sums.values()))
        self.strides = stored.whole("strides")
        self._clipped_strides = stored.whole("clipped_strides")
        self._length_m = None if stored.part("length_m") is None else stored.ordered("length_m")
        self._moving_s = ExactSum(stored.floats("moving_s"))
        self._strikes = Counter({Strike(name): strikes.whole(name) for name in strikes.names()})
        self._spreads = {}
        for name in spreads.names():
            self._spreads[name] = Spread(STRIDE_METRICS[name].valid_range)
            self._spreads[name].restore(spreads.part(name))
        self._peak_sum, self._shock = (
            {name: ExactSum(found.floats(name)) for name in found.names()} for found in sums.values()
        )
        self.rolls_rad.restore(stored.part("rolls_rad"))
