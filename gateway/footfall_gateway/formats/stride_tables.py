"""A session's strides as a table for other tools: CSV or Parquet, a row a stride, a column a metric with its unit."""

import csv
import io
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final

from footfall_gateway.formats.export_files import ExportError, write_new, writing
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
    """Write a new Parquet file, and return it; see `strides_parquet`.

    Raises
    ------
    ExportError
        When pyarrow is not installed, or the file exists already or can't be written.
    """
    content = strides_parquet(strides)
    with writing(path.parent):
        write_new(path, content)
    return [path]


def require_parquet() -> None:
    """Raise `ExportError` unless Parquet can be written."""
    if find_spec("pyarrow") is None:
        raise ExportError("Parquet needs the package pyarrow; install it with: pip install 'pyarrow>=26,<27'")


def strides_parquet(strides: Sequence[Stride], whose: Mapping[str, str | int] = MappingProxyType({})) -> bytes:
    """Return strides as a Parquet file, units in the columns' metadata.

    Parameters
    ----------
    whose
        Columns that go before, the same in all rows, so that strides of many files can be read as one table.

    Raises
    ------
    ExportError
        When pyarrow is not installed.
    """
    require_parquet()
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [
        pa.field(
            name,
            pa.string() if name in TEXTS else pa.float64(),
            metadata={"unit": STRIDE_METRICS[name].unit} if name in STRIDE_METRICS else None,
        )
        for name in _NAMES
    ]
    columns = stride_columns(strides)
    arrays = [pa.array(columns[field.name], field.type) for field in fields]
    for name, value in reversed(list(whose.items())):
        fields.insert(0, pa.field(name, pa.string() if isinstance(value, str) else pa.int64()))
        arrays.insert(0, pa.array([value] * len(strides), fields[0].type))
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(arrays, schema=pa.schema(fields)), sink, compression="zstd")
    return bytes(sink.getvalue())


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
