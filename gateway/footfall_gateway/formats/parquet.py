"""Export as Parquet: one file a sensor, the columns of the CSV, units and header in the metadata."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from footfall_gateway.devices.samples import Samples
from footfall_gateway.formats.export_files import ExportError, create, file_stems, writing
from footfall_gateway.formats.outside_units import samples_by_sensor
from footfall_gateway.formats.samples_csv import ACC_COLUMNS, COLUMNS
from footfall_gateway.packets import PacketSource
from footfall_gateway.recordings.header import encode_header

if TYPE_CHECKING:
    import pyarrow as pa

UNITS: Final = {"t_s": "s"} | dict.fromkeys(COLUMNS[1:4], "g") | dict.fromkeys(COLUMNS[4:], "deg/s")
_ROWS_AT_ONCE: Final = 65_536


def export_parquet(recording: PacketSource, folder: Path) -> list[Path]:
    """Write the samples of each sensor that sent any, and return the files.

    Raises
    ------
    ExportError
        When pyarrow is not installed, or a file exists already or can't be written.
    """
    try:
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ExportError(
            "Parquet needs the package pyarrow; install it where Footfall is, in a clone with: "
            ".venv/bin/pip install pyarrow"
        ) from error

    session = recording.header.session
    sensors = {sensor.id: sensor for sensor in session.sensors}
    paths = {sensor_id: folder / f"{stem}.parquet" for sensor_id, stem in file_stems(session.sensors).items()}
    waiting: dict[str, list[Samples]] = {}
    with writing(folder), ExitStack() as stack:
        writers: dict[str, pq.ParquetWriter] = {}
        for sensor_id, samples in samples_by_sensor(recording):
            if sensor_id not in writers:
                schema = _schema(recording, sensor_id, has_gyro=sensors[sensor_id].has_gyro)
                file = stack.enter_context(create(paths[sensor_id]))
                writers[sensor_id] = stack.enter_context(pq.ParquetWriter(file, schema, compression="zstd"))
            parts = waiting.setdefault(sensor_id, [])
            parts.append(samples)
            if sum(len(part.t_s) for part in parts) >= _ROWS_AT_ONCE:
                writers[sensor_id].write_table(_table(parts, writers[sensor_id].schema))
                parts.clear()
        for sensor_id, parts in waiting.items():
            if parts:
                writers[sensor_id].write_table(_table(parts, writers[sensor_id].schema))
    return [path for sensor_id, path in paths.items() if sensor_id in writers]


def _schema(recording: PacketSource, sensor_id: str, *, has_gyro: bool) -> "pa.Schema":
    import pyarrow as pa

    fields = [
        pa.field(name, pa.float64(), nullable=False, metadata={"unit": UNITS[name]})
        for name in (COLUMNS if has_gyro else ACC_COLUMNS)
    ]
    return pa.schema(
        fields, metadata={"footfall.sensor_id": sensor_id, "footfall.header": encode_header(recording.header)}
    )


def _table(parts: list[Samples], schema: "pa.Schema") -> "pa.Table":
    import pyarrow as pa

    t_s = np.concatenate([part.t_s for part in parts])
    acc_g = np.concatenate([part.acc_g for part in parts])
    columns = [t_s, *acc_g.T]
    gyro_dps = [part.gyro_dps for part in parts if part.gyro_dps is not None]
    if gyro_dps:
        columns += [*np.concatenate(gyro_dps).T]
    return pa.table([pa.array(column) for column in columns], schema=schema)
