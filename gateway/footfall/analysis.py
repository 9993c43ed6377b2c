"""From a recording to strides, windows and a summary."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from footfall.given import a_runner, shown
from footfall.recording import Recording
from footfall.table import Table, table_of
from footfall_processing.errors import InputError
from footfall_processing.gait import Stride
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.results.summary import SensorSummary, SessionSummary, is_trusted
from footfall_processing.results.windows import WINDOW_KINDS, Window, cut_into_windows
from footfall_processing.session import Runner

if TYPE_CHECKING:
    from footfall_processing.estimators.base import Estimator

WindowName: TypeAlias = Literal["10s", "1min", "5min", "1km"]
"""How a session can be cut: by time, or by each sensor's distance."""

_STRIDE_KINDS: Final[dict[str, type]] = {
    "sensor_id": str,
    "side": str,
    "activity": str,
    "initial_contact_s": float,
    "toe_off_s": float,
    "next_contact_s": float,
    **dict.fromkeys(STRIDE_METRICS, float),
    "strike": str,
    "strike_confidence": float,
    "confidence": float,
    "quality": str,
    "trusted": bool,
}
_WINDOW_KINDS: Final[dict[str, type]] = {"window": str, "index": int, "begin_s": float, "end_s": float}
_SUMMARY_KINDS: Final[dict[str, type]] = {
    "sensor_id": str,
    "side": str,
    "activity": str,
    "strides": int,
    "metric": str,
    "unit": str,
    "n": int,
    "median": float,
    "mean": float,
    "p10": float,
    "p90": float,
    "sd": float,
    "cv_percent": float,
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Analysis:
    """What a recording comes to.

    Parameters
    ----------
    recording
        Where it comes from.
    strides
        All strides of all sensors, ordered by initial contact, then sensor; SI.
    summary
        Per sensor and activity, and left against right; metrics in the units of `METRICS`.
    """

    recording: Recording
    strides: tuple[Stride, ...]
    summary: SessionSummary

    def __repr__(self) -> str:
        sensors = ", ".join(sensor.id for sensor in self.recording.sensors)
        return (
            f"<Analysis of {self.recording.name}: {sensors}; {self.recording.duration_s:.1f} s, "
            f"{len(self.strides)} strides>"
        )

    def stride_table(self) -> Table:
        """One row a stride, the columns of `footfall analyze --json`: sensor, instants, all of `METRICS`, quality.

        `quality` holds the stride's flags (`StrideFlag`), separated by spaces. `trusted` is what enters averages:
        strides without the flags `low_confidence`, `backward` and `stairs`.
        """
        from footfall_gateway.wire import stride_object

        rows = [
            {**stride_object(stride), "quality": " ".join(stride.quality), "trusted": is_trusted(stride)}
            for stride in self.strides
        ]
        return table_of(rows, _STRIDE_KINDS)

    def summary_table(self) -> Table:
        """One row for each sensor, activity and metric with at least ten trusted strides."""
        return table_of([row for part in self.summary.sensors for row in _summary_rows(part)], _SUMMARY_KINDS)

    def windows(self, kind: WindowName) -> tuple[Window, ...]:
        """Cut the session into windows of ten seconds, a minute, five minutes or a kilometre.

        Raises
        ------
        InputError
            When there is no such kind of window.
        """
        if not isinstance(kind, str) or kind not in WINDOW_KINDS:
            raise InputError(f"there are no windows of {shown(kind)}; choose one of {', '.join(get_args(WindowName))}")
        session = self.recording.session
        return tuple(cut_into_windows(self.strides, session.sensors, WINDOW_KINDS[kind], session.begin_s))

    def window_table(self, kind: WindowName) -> Table:
        """One row for each window, sensor, activity and metric; a window begins and ends in session seconds.

        Raises
        ------
        InputError
            When there is no such kind of window.
        """
        rows = [
            {"window": window.kind, "index": window.index, "begin_s": window.begin_s, "end_s": window.end_s, **row}
            for window in self.windows(kind)
            for row in _summary_rows(window.summary)
        ]
        return table_of(rows, _WINDOW_KINDS | _SUMMARY_KINDS)


def analyze(
    recording: Recording,
    *,
    runner: Runner | None = None,
    estimators: "Estimator | str | Sequence[Estimator | str]" = (),
) -> Analysis:
    """Find the strides of a recording and sum them up; the numbers are those of `footfall analyze`.

    The first analysis on a computer compiles the signal processing, which takes about half a minute.

    Parameters
    ----------
    recording
        From `read` or `from_arrays`.
    runner
        Mass and height, for vertical and leg stiffness; by default what the recording says.
    estimators
        Ways to find strides that go before the built-in ones wherever they fit: rows of your own, or names of built-in
        ones, such as `shank:swing-end`; a single one needs no list.

    Raises
    ------
    FootfallError
        When the recording can't be decoded; when no estimator has a name, or one fits no sensor.
    """
    if not isinstance(recording, Recording):
        raise InputError(
            f"{shown(recording)} is no recording: take one from footfall.read(…) or footfall.from_arrays(…)"
        )
    from footfall_gateway.machine_code import keep
    from footfall_gateway.sessions.analysis import analyze_session
    from footfall_processing.estimators.base import Estimator

    keep()
    wanted = (estimators,) if isinstance(estimators, str | Estimator) else estimators
    if not isinstance(wanted, Iterable):
        raise InputError(f"estimators is {shown(wanted)}; give names or rows, such as ['shank:swing-end']")
    header = recording._input.header
    if runner is not None:
        header = replace(header, session=replace(header.session, runner=a_runner(runner)))
    found = analyze_session(header, recording._input, estimators=tuple(wanted))
    return Analysis(recording, tuple(found.strides), found.end.summary)


def _summary_rows(part: SensorSummary) -> list[dict[str, object]]:
    return [
        {
            "sensor_id": part.sensor_id,
            "side": None if part.side is None else part.side.value,
            "activity": part.activity.value,
            "strides": part.strides,
            "metric": name,
            "unit": STRIDE_METRICS[name].unit,
            "n": found.n,
            "median": found.median,
            "mean": found.mean,
            "p10": found.p10,
            "p90": found.p90,
            "sd": found.sd,
            "cv_percent": found.cv_percent,
        }
        for name, found in part.metrics.items()
    ]
