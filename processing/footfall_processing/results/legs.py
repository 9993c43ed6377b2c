"""Left against right over the same steps: what the two sensors of a pair measured while both did."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from footfall_processing.gait import Activity, Stride
from footfall_processing.metrics.catalogue import COMPARED, STRIDE_METRICS
from footfall_processing.metrics.symmetry import SAME_CONTACT_S, step_pairs
from footfall_processing.results.spread import HELD, MetricSummary, Spread
from footfall_processing.results.tally import ValuedStride
from footfall_processing.session import Sensor, Side
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

MOST_WAITING: Final = 256
"""Strides of one foot that wait for the other's: some three minutes."""

SAME_STRIDES: Final = 5
SAME_SIGNAL_S: Final = 0.05
"""So many strides of both feet at one time, their peaks the same to the last bit, are of one signal that came twice."""

_STEP_RANGE_S: Final = (0.0, 2.3)
"""A step is a part of a stride."""


class Sides:
    """The values of one number on the left and on the right, as many on each side."""

    def __init__(self, valid_range: tuple[float, float]) -> None:
        self._spreads = {side: Spread(valid_range) for side in Side}

    @property
    def n(self) -> int:
        """How many pairs of values there are."""
        return self._spreads[Side.LEFT].n

    def add(self, pairs: Iterable[tuple[float, float]]) -> None:
        """Take pairs of a left and a right value."""
        columns = zip(*pairs, strict=True)
        for side, values in zip(Side, columns, strict=False):
            self._spreads[side].add(values)

    def merge(self, other: "Sides") -> None:
        """Take in the pairs of another one of the same range."""
        for side, spread in self._spreads.items():
            spread.merge(other._spreads[side])

    def count(self) -> None:
        """Count what is held one by one; see `Spread`."""
        for spread in self._spreads.values():
            spread.count()

    def summaries(self, *, ratio_scale: bool) -> Mapping[Side, MetricSummary]:
        """Summarise at least two pairs."""
        return MappingProxyType(
            {side: spread.summary(ratio_scale=ratio_scale) for side, spread in self._spreads.items()}
        )

    def state(self) -> PlainState:
        """What can be stored."""
        return [spread.state() for spread in self._spreads.values()]

    def restore(self, stored: Stored, name: str) -> None:
        """Take up what `state` returned, from a field of a stored part.

        Raises
        ------
        InputError
            When it is not such a state.
        """
        states = stored.elements(name, most=len(Side))
        stored.check(len(states) == len(Side))
        for spread, state in zip(self._spreads.values(), states, strict=True):
            spread.restore(state)
        stored.check(len({spread.n for spread in self._spreads.values()}) == 1)


class PairedLegs:
    """A left and a right sensor of one placement, over the strides of the one that have one contact of the other in.

    So a leg that was measured for longer than the other, or in another part of the session, is compared only over what
    both have. Strides that don't enter averages, and peaks that are clipped in either leg, are left out.

    Strides of one foot come in order of time, those of the two feet in any order, as long as no foot is more than
    `MOST_WAITING` strides behind the other; what waits longer than that is not compared. Up to `HELD` strides of a foot
    everything is exact; with more, all is counted (`Spread`).
    """

    def __init__(self, left: Sensor, right: Sensor) -> None:
        self._held: dict[Side, list[ValuedStride]] = {side: [] for side in Side}
        self._seen_s = dict.fromkeys(Side, float("-inf"))
        self._counted: Compared | None = None
        self.sensor_ids = {left.id: Side.LEFT, right.id: Side.RIGHT}
        """Which of the sensors is on which side."""
        self._same = 0

    @property
    def one_signal(self) -> bool:
        """Whether both sensors' strides are of one signal: a file, or a sensor, that was given for both feet."""
        return self._same >= SAME_STRIDES

    def take(self, valued: ValuedStride) -> None:
        """Take the next stride of one of the sensors."""
        side = self.sensor_ids[valued.stride.sensor_id]
        others = self._held[Side.LEFT if side is Side.RIGHT else Side.RIGHT]
        if self._same < SAME_STRIDES and not valued.clipped and _is_among(valued.stride, others):
            self._same += 1
        self._held[side].append(valued)
        self._seen_s[side] = valued.stride.initial_contact_s
        if len(self._held[side]) > HELD:
            self._count()

    def held(self, sensor_id: str) -> Sequence[ValuedStride]:
        """Return the sensor's newest strides, as many as are still needed one by one."""
        return self._held[self.sensor_ids[sensor_id]]

    def compared(self) -> "Compared":
        """Return what the pairs so far come to."""
        whole = Compared()
        whole.add(self._held[Side.LEFT], self._held[Side.RIGHT])
        if self._counted is not None:
            whole.merge(self._counted)
            whole.count()
        return whole

    def _count(self) -> None:
        """Count the pairs that no later stride can change, and let go of their strides."""
        lefts, rights = self._held[Side.LEFT], self._held[Side.RIGHT]
        right_seen_s = self._seen_s[Side.RIGHT]
        final = next((k for k, one in enumerate(lefts) if one.stride.next_contact_s >= right_seen_s), len(lefts))
        self._counted = Compared() if self._counted is None else self._counted
        self._counted.add(lefts[:final], rights)
        self._counted.count()
        del lefts[: max(final, len(lefts) - MOST_WAITING)]
        # contacts of a stride before may be those that a later left stride begins with
        begin_s = (lefts[0].stride.initial_contact_s if lefts else self._seen_s[Side.LEFT]) - SAME_CONTACT_S
        past = next((k for k, one in enumerate(rights) if one.stride.next_contact_s >= begin_s), len(rights))
        del rights[: max(past, len(rights) - MOST_WAITING)]

    def state(self) -> PlainState:
        """What can be stored beside the strides that are held."""
        return {
            "held": [len(held) for held in self._held.values()],
            "seen_s": [*self._seen_s.values()],
            "same": self._same,
            "counted": None if self._counted is None else self._counted.state(),
        }

    def restore(self, state: PlainState, strides: Mapping[str, Sequence[ValuedStride]]) -> None:
        """Take up what `state` returned, given each sensor's newest strides.

        Raises
        ------
        InputError
            When it is not such a state.
        """
        stored = Stored(state, "left against right")
        held = stored.wholes("held", most=2, least_value=0)
        stored.check(len(held) == len(Side))
        for (sensor_id, side), count in zip(self.sensor_ids.items(), held, strict=True):
            newest = strides[sensor_id]
            stored.check(count <= min(HELD, len(newest)))
            self._held[side] = list(newest[len(newest) - count :])
        self._seen_s = dict(zip(Side, stored.floats("seen_s", exactly=2, finite=False), strict=True))
        self._same = stored.whole("same")
        self._counted = None
        if stored.part("counted") is not None:
            self._counted = Compared()
            self._counted.restore(stored.part("counted"))


def _is_among(stride: Stride, others: Sequence[ValuedStride]) -> bool:
    """Whether the other foot's strides, in order of time, have one of the same time and peak."""
    if stride.peak_acc_mps2 is None:
        return False
    k = bisect_left(others, stride.initial_contact_s - SAME_SIGNAL_S, key=lambda one: one.stride.initial_contact_s)
    if k == len(others):
        return False
    other = others[k].stride
    apart_s = (other.initial_contact_s - stride.initial_contact_s, other.next_contact_s - stride.next_contact_s)
    return other.peak_acc_mps2 == stride.peak_acc_mps2 and max(map(abs, apart_s)) <= SAME_SIGNAL_S


class Compared:
    """What pairs of strides come to.

    Attributes
    ----------
    steps
        Each activity's step times.
    values
        By name, the metrics that are compared, of running strides.
    """

    def __init__(self) -> None:
        self.steps = {activity: Sides(_STEP_RANGE_S) for activity in Activity}
        self.values = {metric.name: Sides(metric.valid_range) for metric in COMPARED}

    def add(self, lefts: Sequence[ValuedStride], rights: Sequence[ValuedStride]) -> None:
        """Take the pairs that are in the strides of the two legs, each in order of time."""
        for activity in Activity:
            left, right = (
                {id(one.stride): one for one in leg if one.trusted and one.stride.activity is activity}
                for leg in (lefts, rights)
            )
            pairs = step_pairs([one.stride for one in left.values()], [one.stride for one in right.values()])
            self.steps[activity].add(pair.steps_s for pair in pairs if pair.steps_s is not None)
            if activity is Activity.RUN:
                self._add_values([(left[id(p.left)], right[id(p.right)]) for p in pairs if p.right is not None])

    def _add_values(self, pairs: Sequence[tuple[ValuedStride, ValuedStride]]) -> None:
        for name, sides in self.values.items():
            whole = [pair for pair in pairs if not (STRIDE_METRICS[name].is_peak and any(one.clipped for one in pair))]
            found = ((left.values[name], right.values[name]) for left, right in whole)
            sides.add((one, other) for one, other in found if one is not None and other is not None)

    def merge(self, other: "Compared") -> None:
        """Take in what other pairs come to."""
        for activity, sides in self.steps.items():
            sides.merge(other.steps[activity])
        for name, sides in self.values.items():
            sides.merge(other.values[name])

    def count(self) -> None:
        """Count what is held one by one; see `Spread`."""
        for sides in (*self.steps.values(), *self.values.values()):
            sides.count()

    def state(self) -> PlainState:
        """What can be stored."""
        return {
            "steps": {activity.value: sides.state() for activity, sides in self.steps.items()},
            "values": {name: sides.state() for name, sides in self.values.items() if sides.n},
        }

    def restore(self, state: PlainState) -> None:
        """Take up what `state` returned.

        Raises
        ------
        InputError
            When it is not such a state.
        """
        stored = Stored(state, "left against right")
        steps, values = (Stored(stored.part(name), "left against right") for name in ("steps", "values"))
        stored.check(steps.names() == {*map(str, Activity)} and values.names() <= self.values.keys())
        for activity, sides in self.steps.items():
            sides.restore(steps, activity.value)
        for name in values.names():
            self.values[name].restore(values, name)
