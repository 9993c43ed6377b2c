"""Export as CSV: one file and one sidecar a sensor, in the format that `import` takes. See docs/csv-format.md."""

from contextlib import ExitStack
from pathlib import Path
from typing import IO

import numpy as np

from footfall_gateway.formats.export_files import create, file_stems, rows_of_text, write_new, writing
from footfall_gateway.formats.outside_units import samples_by_sensor, scalar_in_unit
from footfall_gateway.formats.samples_csv import ACC_COLUMNS, COLUMNS
from footfall_gateway.formats.samples_sidecar import encode_sidecar, sidecar_path
from footfall_gateway.packets import PacketSource
from footfall_processing.session import Sensor
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2


def export_csv(recording: PacketSource, folder: Path) -> list[Path]:
    """Write the samples of each sensor that sent any; gaps stay gaps.

    Returns
    -------
    list of Path
        The CSV files; a sidecar lies beside each.

    Raises
    ------
    ExportError
        When a file exists already or can't be written.
    """
    session = recording.header.session
    sensors = {sensor.id: sensor for sensor in session.sensors}
    paths = {sensor_id: folder / f"{stem}.csv" for sensor_id, stem in file_stems(session.sensors).items()}
    with writing(folder), ExitStack() as stack:
        files: dict[str, IO[bytes]] = {}
        for sensor_id, samples in samples_by_sensor(recording):
            if sensor_id not in files:
                files[sensor_id] = stack.enter_context(create(paths[sensor_id]))
                files[sensor_id].write(",".join(_columns(sensors[sensor_id])).encode() + b"\n")
            parts = [samples.t_s[:, np.newaxis], samples.acc_g]
            if samples.gyro_dps is not None:
                parts.append(samples.gyro_dps)
            files[sensor_id].write(rows_of_text(np.hstack(parts), b","))
        for sensor_id in files:
            sensor = sensors[sensor_id]
            write_new(
                sidecar_path(paths[sensor_id]),
                encode_sidecar(
                    sensor,
                    acc_range_g=scalar_in_unit(sensor.acc_range_mps2, STANDARD_GRAVITY_MPS2),
                    gyro_range_dps=scalar_in_unit(sensor.gyro_range_radps, RADIANS_PER_DEGREE),
                    started_utc=session.started_utc,
                ),
            )
    return [path for sensor_id, path in paths.items() if sensor_id in files]


def _columns(sensor: Sensor) -> tuple[str, ...]:
    return COLUMNS if sensor.has_gyro else ACC_COLUMNS
