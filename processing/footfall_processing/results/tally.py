"""One sensor's strides of one activity, summed up: for a window as for a whole session."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar

from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.metrics.catalogue import PEAKS, STRIDE_METRICS, Metric, metric_values
from footfall_processing.metrics.drift import Drift
from footfall_processing.metrics.exact_sum import ExactSum
from footfall_processing.metrics.shock import shock_index, shock_of
from footfall_processing.metrics.support import why_unsupported
from footfall_processing.results.sides import other_leg, side_of_roll
from footfall_processing.results.spread import MetricSummary, Spread
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

NOT_AVERAGED: Final = frozenset({StrideFlag.LOW_CONFIDENCE, StrideFlag.BACKWARD, StrideFlag.STAIRS})
"""Strides with one of these flags are counted, and left out of averages and balance."""

MOST_CLIPPED: Final = 0.05
"""Share of clipped strides beyond which sums of peaks are withheld: it is the hardest landings that are missing."""


class Missing(StrEnum):
    """Why a metric that a sensor can measure has no average over a stretch of strides."""

    FEW_STRIDES = "few_strides"
    """There are too few strides."""
    NOT_RUNNING = "not_running"
    """The metric is of running, and these strides are of walking."""
    WITHHELD = "withheld"
    """There are strides enough, but too few of them have a value: it was not clear, or the signal was doubtful."""
    DOUBTED = "doubted"
    """Too few of the strides that have a value enter averages (`NOT_AVERAGED`)."""
    CLIPPED = "clipped"
    """Too few of the peaks lie within the sensor's range."""
    AXES_DISAGREE = "axes_disagree"
    """It rests on orientation, and gyroscope and accelerometer disagree about that."""
    OTHER_LEG = "other_leg"
    """It is of the inside and outside of the leg, and the movement is that of the other leg (`sides`)."""

    @property
    def words(self) -> str:
        """The reason in a reader's words."""
        return _WORDS[self]


_WORDS: Final[Mapping[Missing, str]] = MappingProxyType(
    {
        Missing.FEW_STRIDES: "too few strides",
        Missing.NOT_RUNNING: "told of running only",
        Missing.WITHHELD: "not clear in most strides",
        Missing.DOUBTED: "most strides are doubtful",
        Missing.CLIPPED: "landings went beyond the sensor's range",
        Missing.AXES_DISAGREE: "gyroscope and accelerometer disagree",
        Missing.OTHER_LEG: "it moves as the other leg does, or its acceleration has the other sign",
    }
)


_TOLD_STRIKES: Final[Mapping[Placement, tuple[Strike, ...]]] = MappingProxyType(
    {
        Placement.FOOT: (Strike.REARFOOT, Strike.MIDFOOT, Strike.FOREFOOT),
        Placement.SHANK: (Strike.REARFOOT, Strike.NON_REARFOOT),
    }
)
"""Strike patterns that a site can tell."""

ORIENTED: Final = frozenset(name for name, metric in STRIDE_METRICS.items() if metric.oriented)
"""Metrics that rest on how the sensor is turned."""
_SIDED: Final = frozenset(name for name, metric in STRIDE_METRICS.items() if metric.needs_side)

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
        Sum of the lengths of the strides found; `None` where no stride has one.
    shock_index_g
        For each peak metric that the sensor gives, the cumulative shock index of all strides that are not clipped;
        absent where more than `MOST_CLIPPED` of the strides are.
    drift
        For each metric that drifts and has enough running strides, its change over the session.
    peak_sum_g
        The sum over the same strides, absent as the shock index.
    moving_s
        Sum of the strides' times; 0 in a summary that an older Footfall stored.
    distance_strides
        How many of the strides have a length: of so many is the distance.
    missing
        Of the metrics that the sensor can measure and that are not in `metrics`, why.
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
    distance_strides: int = 0
    missing: Mapping[str, Missing] = field(default_factory=lambda: MappingProxyType({}))


ValueT = TypeVar("ValueT")


def without(values: Mapping[str, ValueT], names: frozenset[str]) -> Mapping[str, ValueT]:
    """Leave some out of what is by name."""
    return MappingProxyType({name: value for name, value in values.items() if name not in names})


def withheld(part: SensorSummary, names: frozenset[str], why: Missing) -> SensorSummary:
    """Leave some metrics out of a summary, and say why."""
    measured = {name: why for name in STRIDE_METRICS if name in names and name in part.metrics.keys() | part.missing}
    return replace(
        part,
        metrics=without(part.metrics, names),
        shock_index_g=without(part.shock_index_g, names),
        drift=without(part.drift, names),
        peak_sum_g=without(part.peak_sum_g, names),
        missing=MappingProxyType({**part.missing, **measured}),
    )


def unoriented(part: SensorSummary) -> SensorSummary:
    """Leave out of a summary what rests on how the sensor is turned."""
    return replace(
        withheld(part, ORIENTED, Missing.AXES_DISAGREE),
        strikes=MappingProxyType({}),
        distance_m=None,
        distance_strides=0,
    )


def is_trusted(stride: Stride) -> bool:
    """Whether a stride enters averages."""
    return NOT_AVERAGED.isdisjoint(stride.quality)


def is_averaged(stride: Stride, metric: Metric) -> bool:
    """Whether a stride's value of a metric enters averages and pictures: peaks do only where they are not clipped."""
    return is_trusted(stride) and not (metric.is_peak and StrideFlag.ACC_CLIPPED in stride.quality)


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
        self._lengths = 0
        self._valued: Counter[str] = Counter()
        self._trusted: Counter[str] = Counter()
        self._moving_s = ExactSum()
        self._strikes: Counter[Strike] = Counter()
        self._spreads: dict[str, Spread] = {}
        self._peak_sum: dict[str, ExactSum] = {}
        self._shock: dict[str, ExactSum] = {}
        self.axes_disagree = False
        """Whether gyroscope and accelerometer are known to disagree in one of the strides: so they did in all."""
        self.rolls_rad = Spread(ROLL_RANGE_RAD)
        """Of the strides that enter averages, the rolls from which `sides` tells a sensor's side."""

    def add(self, strides: Sequence[ValuedStride]) -> None:
        """Take strides; those of one sensor come in order of time."""
        self.strides += len(strides)
        self.axes_disagree |= any(StrideFlag.AXES_DISAGREE in one.stride.quality for one in strides)
        self._clipped_strides += sum(one.clipped for one in strides)
        self._moving_s.add_all([one.stride.stride_time_s for one in strides])
        for one in strides:
            if one.stride.stride_length_m is not None:
                self._length_m = (self._length_m or 0.0) + one.stride.stride_length_m
                self._lengths += 1
        for metric in PEAKS:
            if peaks := [peak for one in strides if not one.clipped and (peak := one.values[metric.name]) is not None]:
                self._peak_sum.setdefault(metric.name, ExactSum()).add_all(peaks)
                self._shock.setdefault(metric.name, ExactSum()).add_all(map(shock_of, peaks))
        trusted = [one for one in strides if one.trusted]
        doubted = [one for one in strides if not one.trusted]
        whole = [one for one in trusted if not one.clipped]
        self._strikes.update(one.stride.strike for one in trusted if one.stride.strike is not None)
        self.rolls_rad.add(roll for one in trusted if (roll := one.stride.stance_roll_rad) is not None)
        for name, metric in STRIDE_METRICS.items():
            values = [value for one in trusted if (value := one.values[name]) is not None]
            self._trusted[name] += len(values)
            self._valued[name] += len(values) + sum(one.values[name] is not None for one in doubted)
            if metric.is_peak:
                values = [value for one in whole if (value := one.values[name]) is not None]
            if values:
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
        self.axes_disagree |= other.axes_disagree
        self._clipped_strides += other._clipped_strides
        self._moving_s.add_all(other._moving_s.parts())
        if other._length_m is not None:
            self._length_m = (self._length_m or 0.0) + other._length_m
        self._lengths += other._lengths
        self._valued.update(other._valued)
        self._trusted.update(other._trusted)
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
        """Summarise; metrics with fewer values than `min_strides`, which is at least two, stay out.

        So does what is not to be believed of all strides, since the sensor's signals or its side are wrong.
        """
        part = self._summary(sensor, activity, min_strides, drifts)
        guess = side_of_roll(sensor.placement, self.rolls_rad.n, self.rolls_rad.middle()) if self.rolls_rad.n else None
        if other_leg(sensor, guess):
            part = withheld(part, _SIDED, Missing.OTHER_LEG)
        return unoriented(part) if self.axes_disagree else part

    def _summary(
        self, sensor: Sensor, activity: Activity, min_strides: int, drifts: Mapping[str, Drift]
    ) -> SensorSummary:
        struck = self._strikes.total()
        summed = PEAKS if self._clipped_strides <= MOST_CLIPPED * self.strides else ()
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
                {m.name: shock_index(self._shock[m.name].rounded()) for m in summed if m.name in self._shock}
            ),
            drift=drifts,
            peak_sum_g=MappingProxyType(
                {m.name: self._peak_sum[m.name].rounded() for m in summed if m.name in self._peak_sum}
            ),
            moving_s=self._moving_s.rounded(),
            distance_strides=self._lengths,
            missing=MappingProxyType(
                {
                    name: self._why_missing(metric, activity, min_strides)
                    for name, metric in STRIDE_METRICS.items()
                    if (name not in self._spreads or self._spreads[name].n < min_strides)
                    and why_unsupported(metric, sensor) is None
                    # whether the runner's body is known is not the strides' matter
                    and not (metric.needs_runner and not self._valued[name])
                }
            ),
        )

    def _why_missing(self, metric: Metric, activity: Activity, min_strides: int) -> Missing:
        if metric.running_only and activity is not Activity.RUN:
            return Missing.NOT_RUNNING
        if self.strides < min_strides:
            return Missing.FEW_STRIDES
        if self._valued[metric.name] < min_strides:
            return Missing.WITHHELD
        return Missing.DOUBTED if self._trusted[metric.name] < min_strides else Missing.CLIPPED

    def state(self) -> PlainState:
        """What can be stored."""
        return {
            "strides": self.strides,
            "axes_disagree": self.axes_disagree,
            "clipped_strides": self._clipped_strides,
            "length_m": self._length_m,
            "lengths": self._lengths,
            "valued": {name: count for name, count in self._valued.items() if count},
            "trusted": {name: count for name, count in self._trusted.items() if count},
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
        valued, trusted = (Stored(stored.part(name), "metrics") for name in ("valued", "trusted"))
        stored.check(valued.names() | trusted.names() <= STRIDE_METRICS.keys())
        stored.check(all(found.names() <= {metric.name for metric in PEAKS} for found in sums.values()))
        self.strides = stored.whole("strides")
        self.axes_disagree = bool(stored.part("axes_disagree"))
        self._clipped_strides = stored.whole("clipped_strides")
        self._length_m = None if stored.part("length_m") is None else stored.ordered("length_m")
        self._lengths = stored.whole("lengths")
        self._valued, self._trusted = (
            Counter({name: counts.whole(name) for name in counts.names()}) for counts in (valued, trusted)
        )
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
