"""All that a session's strides come to, while it runs: its windows of every kind, and its summary so far."""

from collections.abc import Iterable, Sequence
from typing import Final

from footfall_processing.gait import Stride
from footfall_processing.results.packed_strides import pack, unpack
from footfall_processing.results.spread import HELD
from footfall_processing.results.summary import RunningSummary, SessionSummary
from footfall_processing.results.tally import ValuedStride
from footfall_processing.results.windows import WINDOW_KINDS, Window, WindowKind, WindowStage
from footfall_processing.session import Sensor
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

MOST_STATE_BYTES: Final = 120 * 1024
"""Of one sensor, as MessagePack."""

STATE_VERSION: Final = 3
"""Raised when states are put together in another way, or the same numbers come to mean something else."""


class RunningResults:
    """Windows and summary of a session, stride by stride, in memory that is bounded however long it lasts.

    Strides of a sensor are pushed in order of time, those of different sensors as they come (`RunningSummary`). The
    state of one sensor stays below `MOST_STATE_BYTES`. Windows of time count from `begin_s` (`Session.begin_s`).
    """

    def __init__(
        self, sensors: Sequence[Sensor], kinds: Iterable[WindowKind] = WINDOW_KINDS.values(), begin_s: float = 0.0
    ) -> None:
        self._sensors = {sensor.id: sensor for sensor in sensors}
        self._stages = {kind.name: WindowStage(sensors, kind, begin_s) for kind in kinds}
        self._summary = RunningSummary(sensors)

    def push(self, stride: Stride) -> list[Window]:
        """Take a sensor's next stride; return the windows that it ended."""
        valued = ValuedStride(stride)
        self._summary.take(valued)
        return [window for stage in self._stages.values() for window in stage.take(valued)]

    def flush(self) -> list[Window]:
        """End of the session: return the windows that it cut short."""
        return [window for stage in self._stages.values() for window in stage.flush()]

    def summary(self) -> SessionSummary:
        """Summarise the strides so far."""
        return self._summary.summary()

    def state(self) -> PlainState:
        """All that is known between two strides. Each held stride is in it once, for whatever it is held."""
        return {
            "version": STATE_VERSION,
            "strides": {sensor_id: pack(self._held(sensor_id)) for sensor_id in self._sensors},
            "windows": {
                name: {sensor_id: stage.state(sensor_id) for sensor_id in self._sensors}
                for name, stage in self._stages.items()
            },
            "summary": self._summary.state(),
        }

    def restore(self, state: PlainState) -> None:
        """Go on where `state` was taken: windows and summary are the same to the last bit as without the break.

        Results that refused a state have taken up a part of it at most, and must not be used any more.

        Raises
        ------
        InputError
            When the state was stored by a version of Footfall with another layout, or is of other sensors.
        """
        stored = Stored(state, "a session's results")
        stored.check(stored.whole("version") == STATE_VERSION)
        packed, windows = (Stored(stored.part(name), "a session's results") for name in ("strides", "windows"))
        stored.check(packed.names() == self._sensors.keys() and windows.names() == self._stages.keys())
        strides = {
            id_: [*map(ValuedStride, unpack(packed.part(id_), sensor, HELD))] for id_, sensor in self._sensors.items()
        }
        for name, stage in self._stages.items():
            of_sensors = Stored(windows.part(name), "a session's windows")
            for sensor_id in self._sensors:
                stage.restore(sensor_id, of_sensors.part(sensor_id), strides[sensor_id])
        self._summary.restore(stored.part("summary"), strides)

    def _held(self, sensor_id: str) -> Sequence[Stride]:
        """The sensor's newest strides, as many as the one that needs most of them needs."""
        held = [self._summary.held(sensor_id), *(stage.held(sensor_id) for stage in self._stages.values())]
        return [valued.stride for valued in max(held, key=len)]


def results_of(
    strides: Iterable[Stride], sensors: Sequence[Sensor], begin_s: float = 0.0
) -> tuple[list[Window], SessionSummary]:
    """Return the windows of every kind and the summary of a whole session, its strides in order of time."""
    results = RunningResults(sensors, begin_s=begin_s)
    windows = [window for stride in strides for window in results.push(stride)] + results.flush()
    return windows, results.summary()
