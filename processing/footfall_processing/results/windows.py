"""Summaries of stretches of a session while it runs: every ten seconds, minute, five minutes, kilometre."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from footfall_processing.gait import Stride
from footfall_processing.results.stretch import Stretch
from footfall_processing.results.tally import SensorSummary, ValuedStride
from footfall_processing.session import Sensor
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored


@dataclass(frozen=True, slots=True)
class WindowKind:
    """How a session is cut: by time, or by each sensor's distance; exactly one of the two is given.

    Parameters
    ----------
    length_s, length_m
        What a window spans: seconds from the session's first sample on, or metres from the sensor's first stride on.
    min_strides
        Metrics with fewer values stay out of a window.
    """

    name: str
    length_s: float | None
    length_m: float | None
    min_strides: int


WINDOW_KINDS: Final[Mapping[str, WindowKind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            WindowKind("10s", 10.0, None, min_strides=5),
            WindowKind("1min", 60.0, None, min_strides=10),
            WindowKind("5min", 300.0, None, min_strides=10),
            WindowKind("1km", None, 1000.0, min_strides=10),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Window:
    """One sensor's strides of one activity in one window; a stride belongs where it begins.

    Parameters
    ----------
    index
        0 for the first window of the session.
    begin_s, end_s
        Session seconds: the borders of a window of time; of a window of distance, its first and last contact.
    """

    kind: str
    index: int
    begin_s: float
    end_s: float
    summary: SensorSummary


def cut_into_windows(
    strides: Iterable[Stride], sensors: Sequence[Sensor], kind: WindowKind, begin_s: float = 0.0
) -> list[Window]:
    """Cut a whole session, its strides in order of time; windows of time count from `begin_s` (`Session.begin_s`)."""
    stage = WindowStage(sensors, kind, begin_s)
    return [window for stride in strides for window in stage.push(stride)] + stage.flush()


_MOST_INDEX: Final = 2.0**53


class WindowStage:
    """Cut each sensor's strides into windows; a window is final once the sensor's next one has begun.

    Strides of a sensor are pushed in order of time, those of different sensors in any order. Windows of time count from
    `begin_s`, the same for all sensors. Strides without a length are left out of windows of distance, which sensors
    without lengths therefore do not have. However many strides a window has, it takes bounded memory; with more than
    `spread.HELD` its percentiles are read off counts (`Spread`).
    """

    def __init__(self, sensors: Sequence[Sensor], kind: WindowKind, begin_s: float = 0.0) -> None:
        self.kind = kind
        self._begin_s = begin_s
        self._sensors = {sensor.id: sensor for sensor in sensors}
        self._open = {sensor.id: _OpenWindow(Stretch(with_length=kind.length_m is not None)) for sensor in sensors}
        self._way_m = dict.fromkeys(self._open, 0.0)

    def push(self, item: Stride) -> list[Window]:
        """Take a sensor's next stride; return what it ended: one window for each activity in it."""
        return self.take(ValuedStride(item))

    def take(self, valued: ValuedStride) -> list[Window]:
        """Do as `push`, with a stride whose metrics are worked out already."""
        item = valued.stride
        window = self._open[item.sensor_id]
        index = self._index_of(item)
        if index is None:
            if window.begun:
                window.stretch.push(valued)
            return []
        ended = self._close(item.sensor_id) if index != window.index else []
        window = self._open[item.sensor_id]
        if not window.begun:
            window.index, window.begun, window.begin_s = index, True, item.initial_contact_s
        window.end_s = item.next_contact_s
        window.stretch.push(valued)
        return ended

    def flush(self) -> list[Window]:
        """End of the session: return the windows that it cut short."""
        return [window for sensor_id in self._open for window in self._close(sensor_id)]

    def held(self, sensor_id: str) -> Sequence[ValuedStride]:
        """Return the sensor's newest strides, as many as its open window still needs one by one."""
        return self._open[sensor_id].stretch.held

    def state(self, sensor_id: str) -> PlainState:
        """What can be stored of a sensor's open window beside the strides that are held."""
        window = self._open[sensor_id]
        return {
            "way_m": self._way_m[sensor_id],
            "index": window.index,
            "begun": window.begun,
            "begin_s": window.begin_s,
            "end_s": window.end_s,
            "stretch": window.stretch.state(),
        }

    def restore(self, sensor_id: str, state: PlainState, strides: Sequence[ValuedStride]) -> None:
        """Take up what `state` returned, given the sensor's newest strides.

        Raises
        ------
        InputError
            When it is not such a state.
        """
        stored = Stored(state, f"sensor {sensor_id!r}, windows")
        window = self._open[sensor_id]
        self._way_m[sensor_id] = stored.ordered("way_m")
        window.index = stored.whole("index", least=-(2**62))
        window.begun = bool(stored.part("begun"))
        window.begin_s, window.end_s = stored.ordered("begin_s"), stored.ordered("end_s")
        window.stretch.restore(stored.part("stretch"), strides)

    def _index_of(self, stride: Stride) -> int | None:
        if self.kind.length_s is not None:
            return int((stride.initial_contact_s - self._begin_s) // self.kind.length_s)
        if self.kind.length_m is None or stride.stride_length_m is None:
            return None
        begin_m = self._way_m[stride.sensor_id]
        self._way_m[stride.sensor_id] += stride.stride_length_m
        return int(min(max(begin_m // self.kind.length_m, -_MOST_INDEX), _MOST_INDEX))

    def _close(self, sensor_id: str) -> list[Window]:
        window, kind = self._open[sensor_id], self.kind
        if not window.begun:
            return []
        self._open[sensor_id] = _OpenWindow(Stretch(with_length=kind.length_m is not None))
        begin_s, end_s = window.begin_s, window.end_s
        if kind.length_s is not None:
            begin_s, end_s = (self._begin_s + index * kind.length_s for index in (window.index, window.index + 1))
        sensor = self._sensors[sensor_id]
        return [
            Window(kind.name, window.index, begin_s, end_s, tally.summary(sensor, activity, kind.min_strides))
            for activity, tally in window.stretch.tallies().items()
        ]


@dataclass(slots=True)
class _OpenWindow:
    """A sensor's window that goes on."""

    stretch: Stretch
    index: int = 0
    begun: bool = False
    begin_s: float = 0.0
    end_s: float = 0.0
