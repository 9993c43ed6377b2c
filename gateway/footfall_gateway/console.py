"""What people read in a terminal: tables, small pictures, progress. Scripts get `wire` instead."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from footfall_gateway.outside import shown
from footfall_gateway.plain_console import PlainConsole
from footfall_gateway.summary_notes import notes_on_summary
from footfall_processing.companions import (
    HEART_RATE,
    POD_CADENCE,
    POD_SPEED,
    TREADMILL_SLOPE,
    TREADMILL_SPEED,
    CompanionSummary,
)
from footfall_processing.gait import Activity, Stride
from footfall_processing.metrics.catalogue import (
    CADENCE,
    DRIFTING,
    PEAK_ACC,
    PEAK_TIBIAL_ACC,
    STRIDE_LENGTH,
    STRIDE_METRICS,
    Metric,
)
from footfall_processing.metrics.drift import Drift
from footfall_processing.metrics.session_catalogue import SESSION_METRICS
from footfall_processing.metrics.support import why_unsupported
from footfall_processing.results.splits import (
    rows_left_out,
    shown_label,
    shown_medians,
    shown_metrics,
    shown_reasons,
    shown_stretch,
    splits,
)
from footfall_processing.results.summary import (
    MIN_STRIDES,
    SensorSummary,
    SessionSummary,
    is_averaged,
)
from footfall_processing.results.windows import WINDOW_KINDS, Window
from footfall_processing.session import Sensor
from footfall_processing.short_names import short_names

BARS: Final = "▁▂▃▄▅▆▇█"
MISSING: Final = "–"
PICTURED_METRICS: Final = (PEAK_ACC, CADENCE)
TOO_SHORT_S: Final = 5.0
"""In less, nobody can be said to have stood: it takes so long until it is known which way a sensor sits."""
_WINDOW_HEADINGS: Final = {"10s": "From–to", "1min": "Minute", "5min": "From–to", "1km": "Kilometre"}
_COMPANION_VALUES: Final = {
    HEART_RATE: ("Heart rate", 0, "/min"),
    POD_SPEED: ("Speed by the foot pod", 2, "m/s"),
    POD_CADENCE: ("Cadence by the foot pod", 0, "steps/min"),
    TREADMILL_SPEED: ("Speed by the treadmill", 2, "m/s"),
    TREADMILL_SLOPE: ("Slope of the treadmill", 1, "%"),
}
_SHOCK: Final = SESSION_METRICS["shock_index_g"]
_DISTANCE: Final = SESSION_METRICS["distance_m"]
_DOING: Final = {Activity.WALK: "walking", Activity.RUN: "running"}


def stdout_console() -> Console:
    """Open the console for results."""
    return PlainConsole()


def stderr_console() -> Console:
    """Open the console for progress and remarks, so that stdout stays clean."""
    return PlainConsole(stderr=True)


def write_line(line: str) -> None:
    """Write one line for scripts."""
    sys.stdout.write(shown(line) + "\n")


def remark(text: str) -> None:
    """Say something on stderr that is worth knowing, but no error."""
    stderr_console().print(f"footfall: {text}", soft_wrap=True)


@contextmanager
def progress(description: str, total_s: float | None = None) -> Iterator[Callable[[float], None]]:
    """Show a progress bar on stderr; the function that it gives takes how far we are.

    Nothing is shown when stderr is not a terminal; without a total the bar only moves.
    """
    console = stderr_console()
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(description, total=total_s)
        yield lambda done_s: bars.update(task, completed=done_s)


@contextmanager
def progress_once_known(description: str) -> Iterator[Callable[[float], Callable[[float], None]]]:
    """Do as `progress` of what first has to be opened: the function that it gives takes the total, and returns that."""
    with ExitStack() as stack:
        yield lambda total_s: stack.enter_context(progress(description, total_s))


@contextmanager
def transfer(description: str) -> Iterator[Callable[[int, int], None]]:
    """Show on stderr how far a download is: bytes, rate and time left.

    The function that it gives takes how many bytes are here, and how many there are.
    """
    console = stderr_console()
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(description, total=None, start=False)

        def tell(here_bytes: int, total_bytes: int) -> None:
            if not bars.tasks[task].started:
                # What is here from before says nothing of the rate.
                bars.update(task, completed=here_bytes, total=total_bytes)
                bars.start_task(task)
            bars.update(task, completed=here_bytes, total=total_bytes)

        yield tell


def stretches(values: Sequence[float], count: int) -> list[float]:
    """Cut values into at most `count` equal stretches and return each one's mean."""
    count = min(count, len(values))
    edges = [i * len(values) // count for i in range(count + 1)] if count else []
    return [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]


def bars(values: Sequence[float]) -> str:
    """Draw values as one row of bars, from their least to their greatest."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(BARS[round((value - low) * scale)] for value in values)


def format_metric(metric: Metric, value: float | None) -> str:
    """Write a value with the catalogue's decimals; a dash where there is none."""
    return MISSING if value is None else f"{metric.shown(value):.{metric.decimals}f}"


def label_with_unit(metric: Metric) -> str:
    """Write a metric's label with its unit, such as `Impact [g]`."""
    return f"{metric.label} [{metric.shown_unit}]" if metric.shown_unit else metric.label


def render_summary(
    summary: SessionSummary,
    sensors: Sequence[Sensor],
    strides: Sequence[Stride],
    companions: Iterable[CompanionSummary] = (),
    rejected_packets: Mapping[str, int] = MappingProxyType({}),
    measured_s: float | None = None,
    told: str = "",
) -> RenderableType:
    """Draw a session: its sentence, a table for each activity, left against right, a picture, and what is missing.

    `rejected_packets` are those that were left out of each sensor's, and `measured_s` is how long the longest of their
    signals is, where it is known; `told` is the sentence that stands first.
    """
    parts: list[RenderableType] = []
    names = short_names(sensor.id for sensor in sensors)
    if told:
        parts.append(Text(f"{told}\n", style="bold"))
    for activity in Activity:
        columns = [part for part in summary.sensors if part.activity is activity]
        if columns:
            parts.append(_activity_table(activity, columns, names))
    if any(summary.sensors):
        parts.append(Text("Median (10th to 90th percentile)", style="dim"))
    elif summary.axes_disagree:
        parts.append(Text("No strides found."))
    elif any(rejected_packets.values()):
        parts.append(Text("No strides found: packets that break their sensor's protocol were left out."))
    elif measured_s is not None and measured_s < TOO_SHORT_S:
        parts.append(
            Text(f"No strides found: {measured_s:.1f} s of samples are too short; record {TOO_SHORT_S:.0f} s or more.")
        )
    else:
        parts.append(Text("No strides found: nobody walked or ran, or the sensor was not worn."))
    if summary.balance:
        parts += _sides_table(summary)
    if any(part.drift for part in summary.sensors):
        parts.append(_drift_table(summary, names))
    parts += [Text(line) for line in _companion_lines(companions)]
    parts += _pictures(strides, sensors)
    parts += [Text(note, style="dim") for note in notes_on_summary(summary, sensors, strides)]
    return Group(*parts)


def render_windows(
    windows: Sequence[Window],
    sensors: Sequence[Sensor],
    kind: str,
    strides: Sequence[Stride],
    why_none: Callable[[float, float], str] = lambda begin_s, end_s: "no strides",
) -> RenderableType:
    """Draw windows of one kind, a row for each and activity; legs stand left before right.

    Where there are no strides a row says why; `why_none` tells of a stretch of session seconds.
    """
    rows = splits(windows, sensors)
    if not rows:
        return Text(_why_no_windows(kind, sensors, strides), style="dim")
    metrics = shown_metrics(rows)
    table = Table(_WINDOW_HEADINGS[rows[0].kind], "")
    for metric in metrics:
        table.add_column(Text(label_with_unit(metric)), justify="right")
    one = rows[0]
    lines = [
        (row.index, shown_label(row), _DOING[row.activity], [shown_medians(row, metric) for metric in metrics])
        for row in rows
    ]
    for first, last in rows_left_out(rows):
        begin_s, end_s = (one.begin_s + (k - one.index) * (one.end_s - one.begin_s) for k in (first, last + 1))
        lines.append((first, shown_stretch(one, first, last), why_none(begin_s, end_s), [MISSING] * len(metrics)))
    for _, label, doing, cells in sorted(lines, key=lambda line: line[0]):
        table.add_row(label, f"{doing[:1].upper()}{doing[1:]}", *cells)
    return Group(table, *(Text(reason, style="dim") for reason in shown_reasons(rows)))


def _why_no_windows(kind: str, sensors: Sequence[Sensor], strides: Sequence[Stride]) -> str:
    if not strides:
        return "No windows: no strides were found."
    if WINDOW_KINDS[kind].length_m is not None and all(stride.stride_length_m is None for stride in strides):
        reasons = [why_unsupported(STRIDE_LENGTH, sensor) for sensor in sensors]
        needs = "; ".join(dict.fromkeys(reason for reason in reasons if reason is not None))
        return f"No kilometres: {'all lengths are withheld' if None in reasons else f'stride length {needs}'}."
    return (
        "No windows: this session's were not kept when it was recorded; `footfall analyze` makes them of its recording."
    )


def _activity_table(activity: Activity, columns: Sequence[SensorSummary], names: Mapping[str, str]) -> Table:
    table = Table(_DOING[activity].capitalize())
    for column in columns:
        table.add_column(Text(names[column.sensor_id]), justify="right")
    table.add_row("Strides", *(str(column.strides) for column in columns))
    if any(column.distance_m is not None for column in columns):
        table.add_row(Text(f"{_DISTANCE.label} [km]"), *(_distance(column) for column in columns))
    for name, metric in STRIDE_METRICS.items():
        cells = []
        for column in columns:
            found = column.metrics.get(name)
            cells.append(
                MISSING
                if found is None
                else f"{format_metric(metric, found.median)} ({format_metric(metric, found.p10)} to "
                f"{format_metric(metric, found.p90)})"
            )
        if any(cell != MISSING for cell in cells):
            table.add_row(Text(label_with_unit(metric)), *cells)
    if any(column.strikes for column in columns):
        table.add_row("Strikes", *(_strikes(column) for column in columns))
    if activity is Activity.RUN and any(column.shock_index_g for column in columns):
        table.add_row(Text(f"{_SHOCK.label} [{_SHOCK.unit}]"), *(_shock_index(column) for column in columns))
    return table


def _strikes(column: SensorSummary) -> str:
    shares = sorted(column.strikes.items(), key=lambda item: -item[1])
    return ", ".join(f"{share:.0%} {strike.value}" for strike, share in shares if share >= 0.005) or MISSING


def _distance(column: SensorSummary) -> str:
    if column.distance_m is None:
        return MISSING
    of = "" if column.distance_strides == column.strides else f" (of {column.distance_strides} strides)"
    return f"{column.distance_m / 1000.0:.2f}{of}"


def _shock_index(column: SensorSummary) -> str:
    # along the tibia where there is one: the same choice as on the live page
    index = column.shock_index_g.get(PEAK_TIBIAL_ACC.name, column.shock_index_g.get(PEAK_ACC.name))
    return MISSING if index is None else f"{index:.0f}"


def _companion_lines(companions: Iterable[CompanionSummary]) -> Iterator[str]:
    for companion in companions:
        for name, found in companion.values.items():
            label, decimals, unit = _COMPANION_VALUES[name]
            yield f"{label}: mean {found.mean:.{decimals}f}, greatest {found.max:.{decimals}f} {unit}"


def _sides_table(summary: SessionSummary) -> Iterator[RenderableType]:
    table = Table("Left against right, running")
    for heading in ("Left share [%]", "Right share [%]", "Symmetry index [%]", "Left and right"):
        table.add_column(Text(heading), justify="right")
    for name, share in summary.balance.items():
        label = STRIDE_METRICS[name].label if name in STRIDE_METRICS else SESSION_METRICS[name].label
        index = summary.symmetry_index_percent[name]
        words = "even" if summary.is_even(name) else "differ"
        shown = f"{share:.1f} ± {summary.balance_error_percent[name]:.1f}"
        table.add_row(label, shown, f"{100.0 - share:.1f}", f"{index:+.1f}", words)
    yield table
    if any(map(summary.is_even, summary.balance)):
        yield Text("Even: within the error of measurement (±) the left share is 50 %.", style="dim")


def _drift_table(summary: SessionSummary, names: Mapping[str, str]) -> Table:
    """Draw the change in ten minutes of running; only where zero lies outside the confidence interval is it certain."""
    columns = [part for part in summary.sensors if part.drift]
    table = Table("Change in 10 min, running (95 % interval)")
    for column in columns:
        table.add_column(Text(names[column.sensor_id]), justify="right")
    for metric in DRIFTING:
        cells = [_drift(metric, column.drift.get(metric.name)) for column in columns]
        if any(cell != MISSING for cell in cells):
            table.add_row(Text(label_with_unit(metric)), *cells)
    return table


def _drift(metric: Metric, found: Drift | None) -> str:
    if found is None:
        return MISSING
    slope = found.per_10_min
    low, middle, high = (
        f"{metric.shown(value):+.{metric.decimals + 1}f}" for value in (slope.low, slope.slope, slope.high)
    )
    return f"{middle} ({low} to {high})"


def _pictures(strides: Sequence[Stride], sensors: Sequence[Sensor], width: int = 40) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 1))
    names = short_names(sensor.id for sensor in sensors)
    for metric in PICTURED_METRICS:
        for sensor in sensors:
            values = [
                value
                for stride in strides
                if stride.sensor_id == sensor.id and is_averaged(stride, metric)
                if (value := metric.value(stride)) is not None
            ]
            if len(values) >= MIN_STRIDES:
                means = stretches(values, width)
                low, high = (format_metric(metric, limit) for limit in (min(means), max(means)))
                table.add_row(metric.label, Text(names[sensor.id]), low, bars(means), high, metric.shown_unit)
    if table.row_count:
        yield Text("Over the session", style="bold")
        yield table
