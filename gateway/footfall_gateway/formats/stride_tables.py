"""A session's strides as a table for other tools: CSV or Parquet, a row a stride, a column a metric with its unit."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from footfall_gateway.formats.export_files import ExportError, create, write_new, writing
from footfall_processing.gait import Stride
from footfall_processing.metrics.catalogue import STRIDE_METRICS, metric_values

TEXTS: Final = ("sensor_id", "side", "activity", "strike", "quality")
"""Columns of text; all others are numbers."""


def stride_columns(strides: Sequence[Stride]) -> Mapping[str, list[object]]:
    """Return the columns by name, in order; `None` where a stride has no value."""
    rows = [_row(stride) for stride in strides]
    return {name: [row[name] for row in rows] for name in _NAMES}


def strides_csv(strides: Sequence[Stride]) -> bytes:
    """Return strides as CSV with a header line; numbers in full, what is not known is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_NAMES)
    columns = stride_columns(strides)
    writer.writerows(["" if value is None else value for value in row] for row in zip(*columns.values(), strict=True))
    return text.getvalue().encode()


def export_strides_csv(strides: Sequence[Stride], path: Path) -> list[Path]:
    """Write a new CSV file, and return it; see `strides_csv`.

    Raises
    ------
    ExportError
        When the file exists already or can't be written.
    """
    with writing(path.parent):
        write_new(path, strides_csv(strides))
    return [path]


def export_strides_parquet(strides: Sequence[Stride], path: Path) -> list[Path]:
    """Write a new Parquet file, units in the columns' metadata; return it.

    Raises
    ------
    ExportError
        When pyarrow is not installed, or the file exists already or can't be written.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ExportError(
            "Parquet needs the package pyarrow; install it with: pip install 'pyarrow>=26,<27'"
        ) from error
    fields = [
        pa.field(
            name,
            pa.string() if name in TEXTS else pa.float64(),
            metadata={"unit": STRIDE_METRICS[name].unit} if name in STRIDE_METRICS else None,
        )
        for name in _NAMES
    ]
    columns = stride_columns(strides)
    table = pa.table([pa.array(columns[field.name], field.type) for field in fields], schema=pa.schema(fields))
    with writing(path.parent), create(path) as file:
        pq.write_table(table, file, compression="zstd")
    return [path]


_EVENTS: Final = ("initial_contact_s", "toe_off_s", "next_contact_s")
_NAMES: Final = (
    "sensor_id",
    "side",
    "activity",
    *_EVENTS,
    *STRIDE_METRICS,
    "strike",
    "strike_confidence",
    "confidence",
    "quality",
)


def _row(stride: Stride) -> dict[str, object]:
    return {
        "sensor_id": stride.sensor_id,
        "side": None if stride.side is None else stride.side.value,
        "activity": stride.activity.value,
        **{name: getattr(stride, name) for name in _EVENTS},
        **metric_values(stride),
        "strike": None if stride.strike is None else stride.strike.value,
        "strike_confidence": stride.strike_confidence,
        "confidence": stride.confidence,
        "quality": " ".join(flag.value for flag in stride.quality),
    }
