"""A stretch of one sensor's strides, such as a window or the session so far, in bounded memory."""

from collections.abc import Mapping, Sequence

from footfall_processing.gait import Activity, StrideFlag
from footfall_processing.results.spread import HELD
from footfall_processing.results.tally import Tally, ValuedStride
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored


class Stretch:
    """Strides of one sensor, held one by one up to `HELD`; once there are more, all are counted (`Spread`).

    So what a stretch comes to depends on its strides alone, and is exact where they are `HELD` or fewer.

    Parameters
    ----------
    with_length
        True when strides without a length are left out of the sums.
    """

    def __init__(self, *, with_length: bool = False) -> None:
        self.held: list[ValuedStride] = []
        """The newest strides of the sensor, as many as are not counted yet."""
        self._with_length = with_length
        self._counted: dict[Activity, Tally] | None = None

    def push(self, stride: ValuedStride) -> None:
        """Take the sensor's next stride."""
        self.held.append(stride)
        if len(self.held) > HELD:
            self._counted = self._count(self._counted)
            self.held = []

    def tallies(self) -> Mapping[Activity, Tally]:
        """Sum up the strides so far, by activity, in the order of `Activity`."""
        if self._counted is not None:
            self._counted = self._count(self._counted)
            self.held = []
            found = self._counted
        else:
            found = self._sum({})
        return {activity: found[activity] for activity in Activity if activity in found}

    def _count(self, tallies: dict[Activity, Tally] | None) -> dict[Activity, Tally]:
        counted = self._sum({} if tallies is None else tallies)
        for tally in counted.values():
            tally.count()
        return counted

    def _sum(self, tallies: dict[Activity, Tally]) -> dict[Activity, Tally]:
        """Add what is held."""
        for activity in Activity:
            chosen = [
                one
                for one in self.held
                if one.stride.activity is activity and (not self._with_length or one.stride.stride_length_m is not None)
            ]
            if chosen:
                tallies.setdefault(activity, Tally()).add(chosen)
        # strides without a length, or of another activity, tell it of those before
        if any(StrideFlag.AXES_DISAGREE in one.stride.quality for one in self.held):
            for tally in tallies.values():
                tally.axes_disagree = True
        return tallies

    def state(self) -> PlainState:
        """What can be stored beside the strides that are held."""
        counted = self._counted
        return {
            "held": len(self.held),
            "counted": None if counted is None else {a.value: tally.state() for a, tally in counted.items()},
        }

    def restore(self, state: PlainState, strides: Sequence[ValuedStride]) -> None:
        """Take up what `state` returned, given the sensor's newest strides.

        Raises
        ------
        InputError
            When it is not such a state.
        """
        stored = Stored(state, "a stretch of strides")
        held = stored.whole("held", most=min(HELD, len(strides)))
        self.held = list(strides[len(strides) - held :])
        self._counted = None
        if stored.part("counted") is not None:
            counted = Stored(stored.part("counted"), "a stretch of strides")
            stored.check(counted.names() <= {activity.value for activity in Activity})
            self._counted = {Activity(name): Tally() for name in counted.names()}
            for activity, tally in self._counted.items():
                tally.restore(counted.part(activity.value))
