"""What a session comes to: per leg, and left against right."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from footfall_processing.gait import Activity, Stride
from footfall_processing.metrics.catalogue import COMPARED, DRIFTING, SHARED
from footfall_processing.metrics.drift import Drift, DriftBlocks
from footfall_processing.metrics.symmetry import STEP_TIME, StepPairing, left_share_percent, symmetry_index_percent
from footfall_processing.results.sides import SideGuess, may_be_swapped, side_of_roll
from footfall_processing.results.spread import HELD, MetricSummary, Spread
from footfall_processing.results.stretch import Stretch
from footfall_processing.results.tally import (
    NOT_AVERAGED,
    ROLL_RANGE_RAD,
    SensorSummary,
    Tally,
    ValuedStride,
    is_trusted,
)
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

MIN_STRIDES: Final = 10
"""Fewer strides than this say little of a leg: averages and balance stay empty."""

_STEP_RANGE_S: Final = (0.0, 2.3)
"""A step is a part of a stride."""

__all__ = [
    "MIN_STRIDES",
    "NOT_AVERAGED",
    "MetricSummary",
    "RunningSummary",
    "SensorSummary",
    "SessionSummary",
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
        For each metric, the left leg's share of left + right in percent, from the legs' running medians; 50 is even.
        Present where both legs have the metric in running strides, each from one sensor of the same placement; with
        sensors on feet and shins, from the feet if they have it. Also for `"step_time_s"`.
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
    axes_disagree
        Of each sensor whose gyroscope and accelerometer measure in different axes, what looks wrong, in words. What
        rests on the sensor's orientation is left out (`results.axes`).
    """

    duration_s: float
    sensors: tuple[SensorSummary, ...]
    balance: Mapping[str, float]
    symmetry_index_percent: Mapping[str, float]
    left_minus_right: Mapping[str, float]
    step_times: Mapping[Activity, Mapping[Side, MetricSummary]]
    side_guesses: Mapping[str, SideGuess]
    sides_may_be_swapped: bool
    axes_disagree: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


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
    as no foot is more than `symmetry.MOST_WAITING` strides behind the other. Strides of other sensors only count for
    the duration.

    Up to `spread.HELD` strides of a sensor everything is exact. With more, percentiles are read off counts (`Spread`
    says how exactly); numbers of strides, means, standard deviations, sums and shares stay exact. Beyond two hours the
    drift's blocks grow longer (`DriftBlocks`).
    """

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self._legs = {sensor.id: _Leg(sensor) for sensor in sensors}
        pair = _pair(sensors, Placement.FOOT) or _pair(sensors, Placement.SHANK)
        self._steps = None if pair is None else _Steps(*(sensor.id for sensor in pair))
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
        if self._steps is not None:
            self._steps.push(stride)

    def held(self, sensor_id: str) -> Sequence[ValuedStride]:
        """Return the sensor's newest strides, as many as the summary still needs one by one."""
        return self._legs[sensor_id].stretch.held

    def summary(self) -> SessionSummary:
        """Summarise the strides so far."""
        sensors = [leg.sensor for leg in self._legs.values()]
        tallies = {sensor_id: leg.stretch.tallies() for sensor_id, leg in self._legs.items()}
        summaries = [
            tally.summary(leg.sensor, activity, MIN_STRIDES, leg.drifts() if activity is Activity.RUN else _NO_DRIFTS)
            for sensor_id, leg in self._legs.items()
            for activity, tally in tallies[sensor_id].items()
        ]
        step_times = MappingProxyType({} if self._steps is None else self._steps.summaries())
        guesses = {sensor.id: guess for sensor in sensors if (guess := _side(sensor, tallies[sensor.id].values()))}
        left, right = _legs(sensors, summaries)
        if Activity.RUN in step_times:
            left[STEP_TIME], right[STEP_TIME] = (step_times[Activity.RUN][side].median for side in Side)
        shared = [*(metric.name for metric in SHARED), STEP_TIME]
        compared = [*(metric.name for metric in COMPARED), STEP_TIME]
        return SessionSummary(
            duration_s=max(self._end_s - self._begin_s, 0.0),
            sensors=tuple(summaries),
            balance=_compared(left, right, shared, left_share_percent),
            symmetry_index_percent=_compared(left, right, shared, symmetry_index_percent),
            left_minus_right=_compared(left, right, compared, lambda left, right: left - right),
            step_times=step_times,
            side_guesses=MappingProxyType(guesses),
            sides_may_be_swapped=may_be_swapped(sensors, guesses),
        )

    def state(self) -> PlainState:
        """What can be stored beside the strides that are held."""
        return {
            "ends": [self._begin_s, self._end_s],
            "legs": {sensor_id: leg.state() for sensor_id, leg in self._legs.items()},
            "steps": None if self._steps is None else self._steps.state(),
        }

    def restore(self, state: PlainState, strides: Mapping[str, Sequence[ValuedStride]]) -> None:
        """Take up what `state` returned, given each sensor's newest strides.

        Raises
        ------
        InputError
            When it is not such a state, or is of other sensors.
        """
        stored = Stored(state, "a summary")
        legs = Stored(stored.part("legs"), "a summary")
        stored.check(legs.names() == self._legs.keys() and (stored.part("steps") is None) == (self._steps is None))
        self._begin_s, self._end_s = stored.floats("ends", exactly=2, finite=False)
        for sensor_id, leg in self._legs.items():
            leg.restore(legs.part(sensor_id), strides[sensor_id])
        if self._steps is not None:
            self._steps.restore(stored.part("steps"))


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


class _Steps:
    """The step times of a left and a right sensor."""

    def __init__(self, left_id: str, right_id: str) -> None:
        self._left_id, self._right_id = left_id, right_id
        self._seen_s = {left_id: float("-inf"), right_id: float("-inf")}
        self._pairing = {activity: StepPairing() for activity in Activity}
        self._spreads = {activity: {side: Spread(_STEP_RANGE_S) for side in Side} for activity in Activity}

    def push(self, stride: Stride) -> None:
        if stride.sensor_id not in self._seen_s:
            return
        self._seen_s[stride.sensor_id] = stride.initial_contact_s
        if is_trusted(stride):
            pairing = self._pairing[stride.activity]
            (pairing.push_left if stride.sensor_id == self._left_id else pairing.push_right)(stride)
        for activity, pairing in self._pairing.items():
            if steps_s := pairing.final(self._seen_s[self._left_id], self._seen_s[self._right_id]):
                self._add(self._spreads[activity], steps_s)

    def summaries(self) -> Mapping[Activity, Mapping[Side, MetricSummary]]:
        found = {}
        for activity, pairing in self._pairing.items():
            spreads = {side: Spread(_STEP_RANGE_S) for side in Side}
            for side, spread in self._spreads[activity].items():
                spreads[side].merge(spread)
            self._add(spreads, pairing.waiting())
            if spreads[Side.LEFT].n >= MIN_STRIDES:
                found[activity] = MappingProxyType({side: spreads[side].summary(ratio_scale=True) for side in Side})
        return found

    @staticmethod
    def _add(spreads: Mapping[Side, Spread], steps_s: Sequence[tuple[float, float]]) -> None:
        for side, spread in spreads.items():
            spread.add(step_s[side is Side.RIGHT] for step_s in steps_s)
            if spread.held > HELD:
                spread.count()

    def state(self) -> PlainState:
        return {
            "seen_s": [*self._seen_s.values()],
            "pairing": {activity.value: pairing.state() for activity, pairing in self._pairing.items()},
            "spreads": {
                activity.value: [spread.state() for spread in spreads.values()]
                for activity, spreads in self._spreads.items()
            },
        }

    def restore(self, state: PlainState) -> None:
        stored = Stored(state, "step times")
        pairing, spreads = (Stored(stored.part(name), "step times") for name in ("pairing", "spreads"))
        seen_s = stored.floats("seen_s", exactly=2, finite=False)
        self._seen_s = dict(zip(self._seen_s, seen_s, strict=True))
        for activity in Activity:
            self._pairing[activity].restore(pairing.part(activity.value))
            sides = spreads.elements(activity.value, most=2)
            stored.check(len(sides) == len(self._spreads[activity]))
            for spread, side_state in zip(self._spreads[activity].values(), sides, strict=True):
                spread.restore(side_state)


def _side(sensor: Sensor, tallies: Iterable[Tally]) -> SideGuess | None:
    rolls_rad = Spread(ROLL_RANGE_RAD)
    for tally in tallies:
        rolls_rad.merge(tally.rolls_rad)
    return None if rolls_rad.n == 0 else side_of_roll(sensor.placement, rolls_rad.n, rolls_rad.middle())


def _pair(sensors: Sequence[Sensor], placement: Placement) -> tuple[Sensor, Sensor] | None:
    """Return the left and the right sensor of a placement, where there is exactly one of each."""
    sides = [[s for s in sensors if s.placement is placement and s.side is side] for side in (Side.LEFT, Side.RIGHT)]
    return (sides[0][0], sides[1][0]) if [len(side) for side in sides] == [1, 1] else None


def _legs(sensors: Sequence[Sensor], summaries: Iterable[SensorSummary]) -> tuple[dict[str, float], dict[str, float]]:
    """Return each leg's medians while running, of the metrics that both legs have from sensors of one placement."""
    running = {summary.sensor_id: summary for summary in summaries if summary.activity is Activity.RUN}
    left: dict[str, float] = {}
    right: dict[str, float] = {}
    for placement in Placement:
        pair = _pair(sensors, placement)
        if pair is None or not all(sensor.id in running for sensor in pair):
            continue
        lefts, rights = (running[sensor.id].metrics for sensor in pair)
        for name in lefts.keys() & rights.keys() - left.keys():
            left[name], right[name] = lefts[name].median, rights[name].median
    return left, right


def _compared(
    left: Mapping[str, float],
    right: Mapping[str, float],
    names: Iterable[str],
    compare: Callable[[float, float], float | None],
) -> Mapping[str, float]:
    return MappingProxyType(
        {name: value for name in names if name in left and (value := compare(left[name], right[name])) is not None}
    )
