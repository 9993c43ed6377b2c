"""Every minute and every kilometre on the page: the windows that are over, as rows."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from footfall_dashboards.live.closing import ACTIVITY_NAMES
from footfall_processing.metrics.catalogue import PEAK_ACC, PEAK_TIBIAL_ACC, Metric
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
        self._tables: dict[str, SplitTable] = {}

    def push(self, window: Window) -> None:
        """Take a window that is over."""
        if window.kind not in KINDS:
            return
        windows = self._windows[window.kind]
        windows.append(window)
        rows = splits(windows, self._sensors)
        metrics = shown_metrics(rows)
        title, unit = KINDS[window.kind]
        self._tables[window.kind] = SplitTable(
            kind=window.kind,
            title=title,
            unit=unit,
            columns=tuple(_column(metric) for metric in metrics),
            rows=tuple(_row(row, metrics) for row in rows),
            notes=tuple(shown_reasons(rows)),
        )

    def tables(self, *, whole: bool) -> tuple[SplitTable, ...]:
        """Return what to show: the newest rows first, or the whole session from its beginning."""
        found = [self._tables[kind] for kind in KINDS if kind in self._tables and self._tables[kind].columns]
        if whole:
            return tuple(found)
        return tuple(replace(table, rows=table.rows[: -RECENT_ROWS - 1 : -1], notes=()) for table in found)


def _column(metric: Metric) -> SplitColumn:
    # as in the grid above: impact is impact, along the shin where that is known
    return SplitColumn(PEAK_ACC.label if metric is PEAK_TIBIAL_ACC else metric.label, metric.shown_unit)


def _row(row: Split, metrics: Sequence[Metric]) -> SplitRow:
    return SplitRow(
        shown_label(row), ACTIVITY_NAMES[row.activity], tuple(shown_medians(row, metric) for metric in metrics)
    )
