"""Every minute and every kilometre on the page: the windows that are over, as rows."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from footfall_dashboards.live.closing import ACTIVITY_NAMES
from footfall_dashboards.live.pace import pace, pace_unit
from footfall_processing.metrics.catalogue import PEAK_ACC, PEAK_TIBIAL_ACC, SPEED, Metric
from footfall_processing.results.splits import Split, shown_label, shown_medians, shown_metrics, shown_reasons, splits
from footfall_processing.results.windows import Window
from footfall_processing.session import Sensor

KINDS: Final = {"1km": ("By kilometre", "km"), "1min": ("By minute", "min")}
"""The kinds of windows that are shown, in order: their title, and what heads the rows. Ten seconds are too many."""

RECENT_ROWS: Final = 5
"""Rows shown while the run goes on, newest first; afterwards all are shown."""

MAX_WINDOWS: Final = 4000
"""A bound on memory: sixteen hours by the minute, two sensors, walking and running."""


@dataclass(frozen=True, slots=True)
class SplitColumn:
    """A metric's heading."""

    label: str
    unit: str


@dataclass(frozen=True, slots=True)
class SplitRow:
    """A minute or kilometre of one activity; cells in the order of the columns."""

    label: str
    activity: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SplitTable:
    """The windows of one kind, ready to show; `notes` say why values are missing in it."""

    kind: str
    title: str
    unit: str
    columns: tuple[SplitColumn, ...]
    rows: tuple[SplitRow, ...]
    notes: tuple[str, ...]


class Splits:
    """Collects windows and arranges them when one is added, not at every update."""

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self._sensors = tuple(sensors)
        self._windows: dict[str, deque[Window]] = {kind: deque(maxlen=MAX_WINDOWS) for kind in KINDS}
        self._rows: dict[str, list[Split]] = {}

    def push(self, window: Window) -> None:
        """Take a window that is over."""
        if window.kind not in KINDS:
            return
        windows = self._windows[window.kind]
        windows.append(window)
        self._rows[window.kind] = splits(windows, self._sensors)

    def tables(self, *, whole: bool, miles: bool = False) -> tuple[SplitTable, ...]:
        """Return what to show: the newest rows first, or the whole session from its beginning; speed as pace."""
        return tuple(
            self._table(kind, rows, whole=whole, miles=miles)
            for kind in KINDS
            if shown_metrics(rows := self._rows.get(kind, []))
            if not (whole and kind == "1km" and rows[-1].index == 0)  # the run came to no whole kilometre
        )

    def _table(self, kind: str, rows: Sequence[Split], *, whole: bool, miles: bool) -> SplitTable:
        metrics = shown_metrics(rows)
        title, unit = KINDS[kind]
        last = rows[-1].index if whole and kind == "1km" else None  # what the end cut short is no kilometre
        shown = rows if whole else rows[: -RECENT_ROWS - 1 : -1]
        return SplitTable(
            kind=kind,
            title=title,
            unit=unit,
            columns=tuple(_column(metric, miles) for metric in metrics),
            rows=tuple(_row(row, metrics, miles, "rest" if row.index == last else shown_label(row)) for row in shown),
            notes=tuple(shown_reasons(rows)) if whole else (),
        )


def _column(metric: Metric, miles: bool) -> SplitColumn:
    if metric is SPEED:
        return SplitColumn("Pace", pace_unit(miles=miles))
    # as in the grid above: impact is impact, along the shin where that is known
    return SplitColumn(PEAK_ACC.label if metric is PEAK_TIBIAL_ACC else metric.label, metric.shown_unit)


def _row(row: Split, metrics: Sequence[Metric], miles: bool, label: str) -> SplitRow:
    return SplitRow(label, ACTIVITY_NAMES[row.activity], tuple(_cell(row, metric, miles) for metric in metrics))


def _cell(row: Split, metric: Metric, miles: bool) -> str:
    if metric is not SPEED or not (values := row.medians[metric.name]) or values[0] is None:
        return shown_medians(row, metric)
    return pace(values[0], miles=miles)
