"""Results as a table of named columns: plain NumPy arrays, and a pandas or polars frame where the package is there."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from footfall.given import a_path, shown
from footfall_processing.errors import FootfallError, InputError
from footfall_processing.metrics.catalogue import STRIDE_METRICS

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

Column: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Table:
    """Columns of equal length, read-only.

    Numbers are float64 with NaN where a sensor can't support the metric, counts are int64, yes or no is bool, and text
    is an object array of `str`, or `None` where nobody knows.

    Parameters
    ----------
    columns
        By name, in order; the unit is the name's suffix.
    """

    columns: Mapping[str, Column]

    def __post_init__(self) -> None:
        if not isinstance(self.columns, Mapping):
            raise InputError(f"the columns of a table are {shown(self.columns)}; give arrays by name")
        for name, column in self.columns.items():
            if not isinstance(column, np.ndarray) or column.ndim != 1:
                raise InputError(f"column {name!r} of a table is {shown(column)}; give a NumPy array of shape (n,)")
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise InputError(f"the columns of a table have different lengths: {lengths}")
        for column in self.columns.values():
            column.flags.writeable = False
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))

    def __repr__(self) -> str:
        return f"<Table: {len(self)} rows, {len(self.columns)} columns>"

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> Column:
        """Return one column.

        Raises
        ------
        InputError
            When there is no such column; the message names those that there are.
        """
        if not isinstance(name, str) or name not in self.columns:
            raise InputError(f"the table has no column {shown(name)}; it has {', '.join(self.columns)}")
        return self.columns[name]

    @property
    def units(self) -> Mapping[str, str]:
        """The unit's symbol of each column that is a metric of the catalogue; empty for ratios."""
        return {name: STRIDE_METRICS[name].unit for name in self.columns if name in STRIDE_METRICS}

    def to_pandas(self) -> "pd.DataFrame":
        """Return a new pandas frame.

        Raises
        ------
        FootfallError
            When pandas is not installed; the message names the extra.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise _missing("pandas") from error
        return pd.DataFrame({name: column.copy() for name, column in self.columns.items()})

    def to_polars(self) -> "pl.DataFrame":
        """Return a new polars frame; NaN becomes null.

        Raises
        ------
        FootfallError
            When polars is not installed; the message names the extra.
        """
        try:
            import polars as pl
        except ImportError as error:
            raise _missing("polars") from error
        series = [
            pl.Series(name, column.tolist(), dtype=pl.String)
            if column.dtype == object
            else pl.Series(name, column, nan_to_null=True)
            for name, column in self.columns.items()
        ]
        return pl.DataFrame(series)

    def write_csv(self, path: str | Path) -> None:
        """Write a new CSV file with a header line; numbers in full, what is not known is empty.

        Raises
        ------
        FootfallError
            When the file exists already or can't be written.
        """
        file_path = a_path(path)
        values = [
            ["" if _is_unknown(value) else value for value in column.tolist()] for column in self.columns.values()
        ]
        try:
            with file_path.open("x", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(self.columns)
                writer.writerows(zip(*values, strict=True))
        except FileExistsError as error:
            raise InputError(f"{path}: exists already and is not overwritten; choose another name") from error
        except OSError as error:
            raise InputError(f"{path}: can't be written ({error.strerror}); check the folder and the disk") from error


def table_of(rows: Sequence[Mapping[str, object]], kinds: Mapping[str, type]) -> Table:
    """Make a table of rows; `kinds` gives each column's name and kind (`float`, `int`, `bool` or `str`), in order."""
    return Table({name: _column([row[name] for row in rows], kind) for name, kind in kinds.items()})


def _column(values: list[object], kind: type) -> Column:
    if kind is str:
        column = np.empty(len(values), dtype=object)
        column[:] = values
        return column
    if kind is float:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return np.array(values, dtype=np.int64 if kind is int else np.bool_)


def _is_unknown(value: object) -> bool:
    return value is None or value != value


def _missing(package: str) -> FootfallError:
    return FootfallError(
        f"a {package} frame needs the package {package}; install it with: pip install 'footfall[{package}]'"
    )
