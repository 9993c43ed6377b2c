"""`footfall import`: the CSV files of one session to a recording."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import console, wire
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder, HeightM, MassKg, RunnerName, runner_from
from footfall_gateway.data_folder import store_path
from footfall_gateway.formats import samples_csv
from footfall_gateway.store.length_gains import kept_gains


def import_csv(
    files: Annotated[tuple[Path, ...], Parameter(name="FILE")],
    /,
    *,
    out: Path | None = None,
    mass_kg: MassKg = None,
    height_m: HeightM = None,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """Make a recording from the CSV files of one session.

    Parameters
    ----------
    files
        One CSV for each sensor, each with its sidecar NAME.json.
    out
        The recording to make; by default the first CSV's name with the ending .mcap. Nothing is overwritten.
    mass_kg
        The runner's body mass; the recording keeps it, and its analysis gives stiffness.
    height_m
        The runner's height, for the same; give both or neither.
    runner
        Who ran: the recording says so, and uses the stride length calibration kept of that runner, if there is one
        (footfall analyze --distance-m).
    data_dir
        Where the store with the calibration is.
    json
        Print one JSON line that describes the recording.
    """
    body = runner_from(mass_kg, height_m)
    gains = kept_gains(store_path(data_dir), runner)
    recording_path = out or files[0].with_suffix(".mcap")
    with console.progress(f"Importing {len(files)} CSV files" if len(files) > 1 else f"Importing {files[0].name}"):
        header = samples_csv.import_csv(files, recording_path, body, gains, runner, console.remark)
    if json:
        console.write_line(wire.json_line({**wire.recording_object(header), "path": str(recording_path)}))
    else:
        sensors = ", ".join(sensor.id for sensor in header.session.sensors)
        console.write_line(f"{recording_path}: {sensors}. Next: footfall analyze {recording_path}")
