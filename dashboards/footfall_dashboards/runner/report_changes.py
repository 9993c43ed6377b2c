"""What changed between the first and the last weeks of a time, leg by leg, with its interval."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Final

from footfall_coaching.counted import counted
from footfall_coaching.run import Run
from footfall_coaching.spread import shift
from footfall_dashboards.runner.course import name_of, sides_of, value_of
from footfall_dashboards.runner.history import AtUsual
from footfall_dashboards.runner.trend_charts import Window
from footfall_processing.metrics.catalogue import CADENCE, STRIKE_ANGLE, Metric
from footfall_processing.session import Side

WEEKS: Final = 4
LEAST_RUNS: Final = 3
"""In the first and in the last weeks each."""


@dataclass(frozen=True, slots=True)
class Row:
    """How a leg's metric changed.

    Parameters
    ----------
    leg
        In words.
    first, last
        Means of the runs of the first and the last weeks, in the metric's own unit.
    low, high
        Where the change lies with 95 % confidence (Welch's t).
    runs_first, runs_last
        How many runs these are.
    """

    metric: Metric
    leg: str
    first: float
    last: float
    low: float
    high: float
    runs_first: int
    runs_last: int

    @property
    def change(self) -> float:
        """Last minus first."""
        return self.last - self.first

    @property
    def is_seen(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0.0 or self.high < 0.0


def rows_of(runs: Sequence[Run], metrics: Iterable[Metric], window: Window, usual: AtUsual) -> list[Row]:
    """Return a row for each metric and leg with runs enough at both ends of the time."""
    rows = []
    for metric in metrics:
        by_side = _values(runs, metric, usual)
        for side, values in by_side.items():
            row = _row(metric, "Both" if metric is CADENCE else name_of(side), values, window)
            if row is not None:
                rows.append(row)
                if metric is CADENCE:  # of both feet, whichever it was read from
                    break
    return rows


def _values(runs: Sequence[Run], metric: Metric, usual: AtUsual) -> dict[Side | None, list[tuple[datetime, float]]]:
    """Return each leg's values at the usual speed; an angle, or where speed is unknown, as it was in each run."""
    values: dict[Side | None, list[tuple[datetime, float]]] = {}
    if metric is not STRIKE_ANGLE:
        for one in usual.found(metric):
            values.setdefault(one.side, []).append((one.started_utc, one.value))
    if not values:
        for when, run in counted(runs):
            for side in sides_of(run):
                value = value_of(run, metric, side)
                if value is not None:
                    values.setdefault(side, []).append((when, value))
    return {side: values[side] for side in (Side.LEFT, Side.RIGHT, None) if side in values}


def _row(metric: Metric, leg: str, values: Sequence[tuple[datetime, float]], window: Window) -> Row | None:
    weeks = timedelta(weeks=WEEKS)
    first = [value for when, value in values if window.begin <= when < window.begin + weeks]
    last = [value for when, value in values if window.now - weeks <= when <= window.now]
    if min(len(first), len(last)) < LEAST_RUNS:
        return None
    change = shift(first, last)
    low, high = change.mean - change.half_width, change.mean + change.half_width
    return Row(metric, leg, fmean(first), fmean(last), low, high, len(first), len(last))
