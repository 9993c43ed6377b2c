"""Summaries of stretches of a session while it runs: every ten seconds, minute, five minutes, kilometre."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from footfall_processing.gait import Activity, Stride
from footfall_processing.results.summary import SensorSummary, summarize_sensor
from footfall_processing.session import Sensor


@dataclass(frozen=True, slots=True)
class WindowKind:
    """How a session is cut: by time, or by each sensor's distance; exactly one of the two is given.

    Parameters
    ----------
    length_s, length_m
        What a window spans: session seconds from 0 on, or metres from the sensor's first stride on.
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


def cut_into_windows(strides: Iterable[Stride], sensors: Sequence[Sensor], kind: WindowKind) -> list[Window]:
    """Cut a whole session, its strides in order of time."""
    stage = WindowStage(sensors, kind)
    return [window for stride in strides for window in stage.push(stride)] + stage.flush()


class WindowStage:
    """Cut each sensor's strides into windows; a window is final once the sensor's next one has begun.

    Strides of a sensor are pushed in order of time, those of different sensors in any order. Strides without a length
    are left out of windows of distance, which sensors without lengths therefore do not have.
    """

    def __init__(self, sensors: Sequence[Sensor], kind: WindowKind) -> None:
        self.kind = kind
        self.latency_s = 0.0
        """A window is returned with the first stride after it; how long that takes is up to the runner."""
        self._sensors = {sensor.id: sensor for sensor in sensors}
        self._open: dict[str, list[Stride]] = {sensor.id: [] for sensor in sensors}
        self._index = dict.fromkeys(self._open, 0)
        self._way_m = dict.fromkeys(self._open, 0.0)

    def push(self, item: Stride) -> list[Window]:
        """Take a sensor's next stride; return what it ended: one window for each activity in it."""
        index = self._index_of(item)
        if index is None:
            return []
        ended = self._close(item.sensor_id) if index != self._index[item.sensor_id] else []
        self._index[item.sensor_id] = index
        self._open[item.sensor_id].append(item)
        return ended

    def flush(self) -> list[Window]:
        """End of the session: return the windows that it cut short."""
        return [window for sensor_id in self._open for window in self._close(sensor_id)]

    def _index_of(self, stride: Stride) -> int | None:
        if self.kind.length_s is not None:
            return int(stride.initial_contact_s // self.kind.length_s)
        if self.kind.length_m is None or stride.stride_length_m is None:
            return None
        begin_m = self._way_m[stride.sensor_id]
        self._way_m[stride.sensor_id] += stride.stride_length_m
        return int(begin_m // self.kind.length_m)

    def _close(self, sensor_id: str) -> list[Window]:
        strides, index = self._open[sensor_id], self._index[sensor_id]
        self._open[sensor_id] = []
        if not strides:
            return []
        if self.kind.length_s is None:
            begin_s, end_s = strides[0].initial_contact_s, strides[-1].next_contact_s
        else:
            begin_s, end_s = index * self.kind.length_s, (index + 1) * self.kind.length_s
        return [
            Window(
                kind=self.kind.name,
                index=index,
                begin_s=begin_s,
                end_s=end_s,
                summary=summarize_sensor(self._sensors[sensor_id], activity, chosen, self.kind.min_strides),
            )
            for activity in Activity
            if (chosen := [stride for stride in strides if stride.activity is activity])
        ]
