"""What a session comes to: per leg, and left against right."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from footfall_processing.gait import Activity, Stride
from footfall_processing.metrics.catalogue import COMPARED, DRIFTING, SHARED, STRIDE_METRICS
from footfall_processing.metrics.drift import Drift, DriftBlocks
from footfall_processing.metrics.symmetry import (
    STEP_TIME,
    STEP_TIME_LEGS_ERROR_PERCENT,
    left_share_percent,
    symmetry_index_percent,
)
from footfall_processing.results.legs import PairedLegs, Sides
from footfall_processing.results.sides import SideGuess, may_be_swapped, other_leg, side_of_roll
from footfall_processing.results.spread import MetricSummary, Spread
from footfall_processing.results.stretch import Stretch
from footfall_processing.results.tally import (
    MOST_CLIPPED,
    NOT_AVERAGED,
    ROLL_RANGE_RAD,
    Missing,
    SensorSummary,
    Tally,
    ValuedStride,
    is_averaged,
    is_trusted,
)
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

MIN_STRIDES: Final = 10
"""Fewer strides than this say little of a leg: averages and balance stay empty."""

_SDS_OF_95_PERCENT: Final = 1.96
_MEDIAN_OVER_MEAN: Final = math.sqrt(math.pi / 2.0)
"""How much more a median scatters than a mean, for values that scatter normally."""

__all__ = [
    "MIN_STRIDES",
    "MOST_CLIPPED",
    "NOT_AVERAGED",
    "MetricSummary",
    "Missing",
    "RunningSummary",
    "SensorSummary",
    "SessionSummary",
    "is_averaged",
    "is_trusted",
    "stance_rolls_rad",
    "summarize",
]


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """All sensors, and left against right.

    Parameters
    ----------
    duration_s
        From the first contact to the last.
    sensors
        One entry for each sensor and activity that has strides.
    balance
        For each metric, the left leg's share of left + right in percent, from the legs' medians over the running
        strides that both legs were measured in (`PairedLegs`); 50 is even. Present where there are `MIN_STRIDES` such
        pairs with a value on both sides, each side from one sensor of the same placement; with sensors on feet and
        shins, from the feet if they have it. Also for `"step_time_s"`.
    symmetry_index_percent
        For the same metrics, 100 (left - right) / mean of both; 0 is even.
    left_minus_right
        For the same metrics and for angles, the difference of the medians in the metric's outside unit.
    step_times
        For each activity, each foot's time from the other foot's contact to its own.
    side_guesses
        By sensor, the side that its movement speaks for, whatever was said; absent where it does not tell.
    sides_may_be_swapped
        Both sensors of a pair move as if they were on the other leg. Nothing is relabelled.
    balance_error_percent
        For each metric of `balance`, how far the share may be off by the measurement alone, with 95 % confidence: legs
        whose share is no farther from 50 can't be told from even ones (`is_even`).
    axes_disagree
        Of each sensor whose gyroscope and accelerometer disagree, what looks wrong, in words. What
        rests on the sensor's orientation is left out (`results.axes`).
    clocks_differ
        Of each sensor whose clock looks different from that of the other leg's, why, in words. Steps from one foot to
        the other are left out (`results.clocks`).
    one_signal
        Of each sensor whose strides come with those of the other leg's, their peaks the same to the last bit, that
        one's id: a file, or a sensor, was given for both. They are not compared.
    """

    duration_s: float
    sensors: tuple[SensorSummary, ...]
    balance: Mapping[str, float]
    symmetry_index_percent: Mapping[str, float]
    left_minus_right: Mapping[str, float]
    step_times: Mapping[Activity, Mapping[Side, MetricSummary]]
    side_guesses: Mapping[str, SideGuess]
    sides_may_be_swapped: bool
    balance_error_percent: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    axes_disagree: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    clocks_differ: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    one_signal: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def is_even(self, name: str) -> bool:
        """Whether left and right can't be told apart in a metric of `balance`."""
        return abs(self.balance[name] - 50.0) <= self.balance_error_percent[name]


def summarize(strides: Iterable[Stride], sensors: Sequence[Sensor]) -> SessionSummary:
    """Summarise a session's strides; their order does not matter."""
    running = RunningSummary(sensors)
    for stride in sorted(strides, key=lambda stride: (stride.initial_contact_s, stride.sensor_id)):
        running.push(stride)
    return running.summary()


def stance_rolls_rad(strides: Iterable[Stride]) -> list[float]:
    """Return the rolls from which `sides` tells a sensor's side."""
    return [s.stance_roll_rad for s in strides if s.stance_roll_rad is not None and is_trusted(s)]


class RunningSummary:
    """The summary of a session so far, stride by stride, in bounded memory.

    Strides of a sensor are pushed in order of time; how those of different sensors alternate does not matter, as long
    as no foot is more than `legs.MOST_WAITING` strides behind the other. Strides of other sensors only count for
    the duration.

    Up to `spread.HELD` strides of a sensor everything is exact. With more, percentiles are read off counts (`Spread`
    says how exactly); numbers of strides, means, standard deviations, sums and shares stay exact. Beyond two hours the
    drift's blocks grow longer (`DriftBlocks`).
    """

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self._legs = {sensor.id: _Leg(sensor) for sensor in sensors}
        pairs = ((placement, _pair(sensors, placement)) for placement in Placement)
        self._pairs = {placement: PairedLegs(*pair) for placement, pair in pairs if pair is not None}
        self._begin_s, self._end_s = float("inf"), float("-inf")

    def push(self, stride: Stride) -> None:
        """Take a sensor's next stride."""
        self.take(ValuedStride(stride))

    def take(self, valued: ValuedStride) -> None:
        """Do as `push`, with a stride whose metrics are worked out already."""
        stride = valued.stride
        self._begin_s = min(self._begin_s, stride.initial_contact_s)
        self._end_s = max(self._end_s, stride.next_contact_s)
        leg = self._legs.get(stride.sensor_id)
        if leg is None:
            return
        leg.take(valued)
        for pair in self._pairs.values():
            if stride.sensor_id in pair.sensor_ids:
                pair.take(valued)

    def held(self, sensor_id: str) -> Sequence[ValuedStride]:
        """Return the sensor's newest strides, as many as the summary still needs one by one."""
        pairs = [pair.held(sensor_id) for pair in self._pairs.values() if sensor_id in pair.sensor_ids]
        return max((self._legs[sensor_id].stretch.held, *pairs), key=len)

    def summary(self) -> SessionSummary:
        """Summarise the strides so far."""
        sensors = [leg.sensor for leg in self._legs.values()]
        tallies = {sensor_id: leg.stretch.tallies() for sensor_id, leg in self._legs.items()}
        summaries = [
            tally.summary(leg.sensor, activity, MIN_STRIDES, leg.drifts() if activity is Activity.RUN else _NO_DRIFTS)
            for sensor_id, leg in self._legs.items()
            for activity, tally in tallies[sensor_id].items()
        ]
        guesses = {sensor.id: guess for sensor in sensors if (guess := _side(sensor, tallies[sensor.id].values()))}
        compared = [pair.compared() for pair in self._pairs.values() if not pair.one_signal]
        step_times = {
            activity: steps.summaries(ratio_scale=True)
            for one in compared[:1]
            for activity, steps in one.steps.items()
            if steps.n >= MIN_STRIDES
        }
        legs = _legs(one.values for one in compared)
        if any(other_leg(sensor, guesses.get(sensor.id)) for sensor in sensors):
            legs = {name: sides for name, sides in legs.items() if not STRIDE_METRICS[name].needs_side}
        if Activity.RUN in step_times:
            legs[STEP_TIME] = step_times[Activity.RUN]
        shared = {name: sides for name, sides in legs.items() if name in _LEGS_ERROR_PERCENT}
        return SessionSummary(
            duration_s=max(self._end_s - self._begin_s, 0.0),
            sensors=tuple(summaries),
            balance=_compared(shared, left_share_percent),
            symmetry_index_percent=_compared(shared, symmetry_index_percent),
            left_minus_right=_compared(legs, lambda left, right: left - right),
            step_times=MappingProxyType(step_times),
            side_guesses=MappingProxyType(guesses),
            sides_may_be_swapped=may_be_swapped(sensors, guesses),
            balance_error_percent=_balance_errors(shared),
            one_signal=MappingProxyType(dict(self._one_signal())),
        )

    def _one_signal(self) -> Iterator[tuple[str, str]]:
        for pair in self._pairs.values():
            if pair.one_signal:
                left_id, right_id = pair.sensor_ids
                yield from ((left_id, right_id), (right_id, left_id))

    def state(self) -> PlainState:
        """What can be stored beside the strides that are held."""
        return {
            "ends": [self._begin_s, self._end_s],
            "legs": {sensor_id: leg.state() for sensor_id, leg in self._legs.items()},
            "pairs": {placement.value: pair.state() for placement, pair in self._pairs.items()},
        }

    def restore(self, state: PlainState, strides: Mapping[str, Sequence[ValuedStride]]) -> None:
        """Take up what `state` returned, given each sensor's newest strides.

        Raises
        ------
        InputError
            When it is not such a state, or is of other sensors.
        """
        stored = Stored(state, "a summary")
        legs, pairs = (Stored(stored.part(name), "a summary") for name in ("legs", "pairs"))
        stored.check(legs.names() == self._legs.keys() and pairs.names() == {*map(str, self._pairs)})
        self._begin_s, self._end_s = stored.floats("ends", exactly=2, finite=False)
        for sensor_id, leg in self._legs.items():
            leg.restore(legs.part(sensor_id), strides[sensor_id])
        for placement, pair in self._pairs.items():
            pair.restore(pairs.part(placement.value), strides)


_LEGS_ERROR_PERCENT: Final[Mapping[str, float]] = MappingProxyType(
    {metric.name: metric.legs_error_percent for metric in SHARED} | {STEP_TIME: STEP_TIME_LEGS_ERROR_PERCENT}
)

_NO_DRIFTS: Final[Mapping[str, Drift]] = MappingProxyType({})


class _Leg:
    """One sensor's part of a summary."""

    def __init__(self, sensor: Sensor) -> None:
        self.sensor = sensor
        self.stretch = Stretch()
        self._way_m = 0.0
        self._runs_with_lengths = False
        self._blocks = {metric.name: DriftBlocks() for metric in DRIFTING}

    def take(self, valued: ValuedStride) -> None:
        stride = valued.stride
        self.stretch.push(valued)
        if stride.activity is Activity.RUN and valued.trusted:
            self._runs_with_lengths |= stride.stride_length_m is not None
            for metric in DRIFTING:
                if not (valued.clipped and metric.is_peak) and (value := valued.values[metric.name]) is not None:
                    self._blocks[metric.name].push(stride.initial_contact_s, value, self._way_m)
        self._way_m += stride.stride_length_m or 0.0

    def drifts(self) -> Mapping[str, Drift]:
        found = {name: blocks.drift(with_ways=self._runs_with_lengths) for name, blocks in self._blocks.items()}
        return MappingProxyType({name: drift for name, drift in found.items() if drift is not None})

    def state(self) -> PlainState:
        return {
            "way_m": self._way_m,
            "runs_with_lengths": self._runs_with_lengths,
            "drift": {name: blocks.state() for name, blocks in self._blocks.items() if not blocks.empty},
            "stretch": self.stretch.state(),
        }

    def restore(self, state: PlainState, strides: Sequence[ValuedStride]) -> None:
        stored = Stored(state, f"sensor {self.sensor.id!r}, summary")
        drift = Stored(stored.part("drift"), f"sensor {self.sensor.id!r}, drift")
        stored.check(drift.names() <= self._blocks.keys())
        self._way_m = stored.ordered("way_m")
        self._runs_with_lengths = bool(stored.part("runs_with_lengths"))
        for name in drift.names():
            self._blocks[name].restore(drift.part(name))
        self.stretch.restore(stored.part("stretch"), strides)


def _side(sensor: Sensor, tallies: Iterable[Tally]) -> SideGuess | None:
    rolls_rad = Spread(ROLL_RANGE_RAD)
    for tally in tallies:
        rolls_rad.merge(tally.rolls_rad)
    return None if rolls_rad.n == 0 else side_of_roll(sensor.placement, rolls_rad.n, rolls_rad.middle())


def _pair(sensors: Sequence[Sensor], placement: Placement) -> tuple[Sensor, Sensor] | None:
    """Return the left and the right sensor of a placement, where there is exactly one of each."""
    sides = [[s for s in sensors if s.placement is placement and s.side is side] for side in (Side.LEFT, Side.RIGHT)]
    return (sides[0][0], sides[1][0]) if [len(side) for side in sides] == [1, 1] else None


def _legs(compared: Iterable[Mapping[str, Sides]]) -> dict[str, Mapping[Side, MetricSummary]]:
    """Summarise each metric that is compared: from the first pair that has enough of it, in the catalogue's order."""
    found: dict[str, Sides] = {}
    for values in compared:
        found |= {name: sides for name, sides in values.items() if name not in found and sides.n >= MIN_STRIDES}
    return {
        metric.name: found[metric.name].summaries(ratio_scale=metric.ratio_scale)
        for metric in COMPARED
        if metric.name in found
    }


def _compared(
    legs: Mapping[str, Mapping[Side, MetricSummary]], compare: Callable[[float, float], float | None]
) -> Mapping[str, float]:
    medians = {name: [sides[side].median for side in Side] for name, sides in legs.items()}
    return MappingProxyType(
        {name: value for name, (left, right) in medians.items() if (value := compare(left, right)) is not None}
    )


def _balance_errors(legs: Mapping[str, Mapping[Side, MetricSummary]]) -> Mapping[str, float]:
    """Return how far each share may be off: by what two sensors differ, and by the strides' own scatter."""
    found = {}
    for name in _compared(legs, left_share_percent):
        left, right = (legs[name][side] for side in Side)
        scatter = _MEDIAN_OVER_MEAN * math.hypot(left.sd, right.sd) / math.sqrt(left.n)
        index_percent = 100.0 * scatter / (0.5 * (left.median + right.median))
        # the symmetry index is four times as far from 0 as the share from 50
        found[name] = 0.25 * _SDS_OF_95_PERCENT * math.hypot(index_percent, _LEGS_ERROR_PERCENT[name])
    return MappingProxyType(found)
