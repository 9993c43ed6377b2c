"""How strides and windows stand in the store's rows: each kept whole, as JSON, and the metrics in columns beside it."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from footfall_gateway.outside import parse_json
from footfall_gateway.store.sqlite_file import transaction
from footfall_gateway.stride_values import stride_values
from footfall_processing.gait import Stride
from footfall_processing.metrics.catalogue import STRIDE_METRICS, metric_values
from footfall_processing.results.summary import SensorSummary
from footfall_processing.results.windows import Window

_STRIDE_COLUMNS: Final = (
    "session_id",
    "sensor_id",
    "initial_contact_us",
    "initial_contact_s",
    "toe_off_s",
    "next_contact_s",
    "side",
    "activity",
    "strike",
    "strike_confidence",
    "confidence",
    "quality",
    "stride",
    *STRIDE_METRICS,
)
INSERT_STRIDE: Final = (
    f"INSERT OR REPLACE INTO stride ({', '.join(_STRIDE_COLUMNS)}) VALUES ({', '.join('?' * len(_STRIDE_COLUMNS))})"
)
INSERT_WINDOW: Final = "INSERT OR REPLACE INTO window VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"

StrideRow: TypeAlias = tuple[str | float | int | None, ...]
WindowRow: TypeAlias = tuple[str | float | int, ...]


@dataclass(frozen=True, slots=True)
class ResultRows:
    """A session's strides and windows as rows, of plain values: another process may have made them."""

    strides: tuple[StrideRow, ...]
    windows: tuple[WindowRow, ...]

    @classmethod
    def of(cls, session_id: str, items: Iterable[object]) -> "ResultRows":
        """Make the rows of what is kept of a session among `items`."""
        items = tuple(items)
        return cls(
            tuple(stride_row(session_id, item) for item in items if isinstance(item, Stride)),
            tuple(window_row(session_id, item) for item in items if isinstance(item, Window)),
        )


def read_stride(text: str) -> Stride:
    """Return the stride that a row keeps; `OutsideError` when it can't be read."""
    return parse_json(text, Stride, "a stride")


def read_sensor_summary(text: str) -> SensorSummary:
    """Return the summary that a window's row keeps; `OutsideError` when it can't be read."""
    return parse_json(text, SensorSummary, "a window")


def add_metric_columns(connection: sqlite3.Connection) -> None:
    """Give metrics that are new in the catalogue their column, filled in for all strides."""
    if not _missing_columns(connection):
        return
    with transaction(connection):
        missing = _missing_columns(connection)
        if not missing:
            return
        for name in missing:
            connection.execute(f'ALTER TABLE stride ADD COLUMN "{name}" REAL')
        assignments = ", ".join(f'"{name}" = ?' for name in missing)
        rows = connection.execute("SELECT session_id, sensor_id, initial_contact_us, stride FROM stride").fetchall()
        for *key, text in rows:
            values = metric_values(read_stride(text))
            connection.execute(
                f"UPDATE stride SET {assignments} WHERE session_id = ? AND sensor_id = ? AND initial_contact_us = ?",
                (*(values[name] for name in missing), *key),
            )


def _missing_columns(connection: sqlite3.Connection) -> list[str]:
    present = {name for (name,) in connection.execute("SELECT name FROM pragma_table_info('stride')")}
    return [name for name in STRIDE_METRICS if name not in present]


def stride_row(session_id: str, stride: Stride) -> StrideRow:
    """Return the values of `INSERT_STRIDE`."""
    return (
        session_id,
        stride.sensor_id,
        round(stride.initial_contact_s * 1e6),
        stride.initial_contact_s,
        stride.toe_off_s,
        stride.next_contact_s,
        None if stride.side is None else stride.side.value,
        stride.activity.value,
        None if stride.strike is None else stride.strike.value,
        stride.strike_confidence,
        stride.confidence,
        " ".join(flag.value for flag in stride.quality),
        msgspec.json.encode(stride).decode(),
        *stride_values(stride).values(),
    )


def window_row(session_id: str, window: Window) -> WindowRow:
    """Return the values of `INSERT_WINDOW`."""
    return (
        session_id,
        window.summary.sensor_id,
        window.kind,
        window.index,
        window.summary.activity.value,
        window.begin_s,
        window.end_s,
        window.summary.strides,
        # read-only mappings are all in it that msgspec does not know
        msgspec.json.encode(window.summary, enc_hook=dict).decode(),
    )
