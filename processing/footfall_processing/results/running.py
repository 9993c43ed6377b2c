"""What a session's strides come to as they come: windows of every kind, and the summary so far."""

from collections.abc import Iterable, Iterator, Sequence

from footfall_processing.errors import InputError
from footfall_processing.gait import Stride
from footfall_processing.results.summary import RunningSummary, SessionSummary
from footfall_processing.results.windows import WINDOW_KINDS, Window, WindowStage
from footfall_processing.session import Sensor
from footfall_processing.state import PlainState


class RunningResults:
    """Windows and summary of one session, in bounded memory however long it lasts.

    Parameters
    ----------
    sensors
        The session's sensors. Strides of a sensor are pushed in order of time, those of different sensors in any order.
    """

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self._windows = {kind.name: WindowStage(sensors, kind) for kind in WINDOW_KINDS.values()}
        self._summary = RunningSummary(sensors)

    def push(self, stride: Stride) -> Iterator[Window]:
        """Take the next stride; return the windows that it ended."""
        self._summary.push(stride)
        for stage in self._windows.values():
            yield from stage.push(stride)

    def flush(self) -> list[Window]:
        """End of the session: return the windows that it cut short."""
        return [window for stage in self._windows.values() for window in stage.flush()]

    def summary(self) -> SessionSummary:
        """Summarise the strides so far."""
        return self._summary.summary()

    def state(self) -> PlainState:
        """All that is known between two strides, to be taken up again with `restore`."""
        return {
            "windows": {name: stage.state() for name, stage in self._windows.items()},
            "summary": self._summary.state(),
        }

    def restore(self, state: PlainState) -> None:
        """Go on where `state` was taken.

        Raises
        ------
        InputError
            When the state is of other sensors, or of another version of Footfall.
        """
        match state:
            case {"windows": dict() as windows, "summary": summary} if windows.keys() == self._windows.keys():
                for name, stage in self._windows.items():
                    stage.restore(windows[name])
                self._summary.restore(summary)
            case _:
                raise InputError("the stored windows and summary are of another version of Footfall")


def windows_of(strides: Iterable[Stride], sensors: Sequence[Sensor]) -> tuple[list[Window], SessionSummary]:
    """Return the windows of every kind and the summary of a whole session, its strides in order of time."""
    results = RunningResults(sensors)
    windows = [window for stride in strides for window in results.push(stride)] + results.flush()
    return windows, results.summary()
