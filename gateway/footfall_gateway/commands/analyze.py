"""`footfall analyze`: a recording, or the CSV files of one session, to strides and a summary."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from footfall_gateway import console
from footfall_gateway.commands.options import (
    DEFAULT_DATA_FOLDER,
    DataFolder,
    HeightM,
    KnownDistance,
    KnownSpeed,
    MassKg,
    RunnerName,
    WindowChoice,
    runner_from,
)
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.formats.inputs import Input, open_input
from footfall_gateway.sessions.analysis import Analysis
from footfall_gateway.sessions.analysis import analyze as analyze_session
from footfall_gateway.sessions.sinks.base import Sinks
from footfall_gateway.sessions.sinks.json_lines import JsonLines
from footfall_gateway.store.database import KeptGain, Store
from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, Stride
from footfall_processing.results.summary import MIN_STRIDES, is_trusted
from footfall_processing.session import Session

if TYPE_CHECKING:
    from footfall_processing.results.calibration import LengthGain

KNOWN_SD: Final = 0.01
"""How sure a track's or a treadmill's figure is, and that all strides on it were found: 1 %."""


def analyze(
    files: Annotated[tuple[Path, ...], Parameter(name="FILE", negative=())],
    /,
    *,
    mass_kg: MassKg = None,
    height_m: HeightM = None,
    distance_m: KnownDistance = None,
    speed_mps: KnownSpeed = None,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    windows: WindowChoice = None,
    json: bool = False,
) -> None:
    """Turn a recording, or the CSV files of one session, into strides and a summary.

    Parameters
    ----------
    files
        One recording (.mcap), or one CSV for each sensor of a session, each with its sidecar NAME.json.
    mass_kg, height_m
        The runner's body mass and height, for vertical and leg stiffness; by default what the recording says.
    distance_m
        The true distance of the whole session, such as laps of a track: stride lengths are calibrated on it, and the
        runner's later sessions (live, import) use the calibration by themselves.
    speed_mps
        The true speed while running, such as a treadmill's: as with a distance.
    runner
        Whose calibration it is, where a data folder is shared by several runners.
    data_dir
        Where the store is that keeps the calibration.
    windows
        Also a row for every ten seconds, minute or kilometre; with --json a line for each sensor's, where it becomes
        final.
    json
        Print JSON lines: the recording, each stride, the summary. Nothing else goes to stdout.
    """
    body = runner_from(mass_kg, height_m)
    opened = open_input(files)
    if body is not None:
        session = replace(opened.header.session, runner=body)
        opened = replace(opened, header=replace(opened.header, session=session))
    for remark in opened.remarks:
        console.remark(remark)
    prepare_processing()
    if distance_m is not None or speed_mps is not None:
        gains = _learnt_gains(opened, find_strides(_with_gains_of(opened, {})), distance_m, speed_mps)
        _keep(gains, opened.header.session, runner, data_dir)
        opened = _with_gains_of(opened, {sensor_id: gain.factor for sensor_id, gain in gains.items()})
    analysis = analyze_with_progress(opened)
    if json:
        asyncio.run(analysis.tell(Sinks([JsonLines(console.write_line, windows=windows)])))
        return
    sensors, end = opened.header.session.sensors, analysis.end
    out = console.stdout_console()
    out.print(console.render_summary(end.summary, sensors, analysis.strides, end.companions))
    if windows is not None:
        out.print(console.render_windows(analysis.windows(windows), sensors))


def _learnt_gains(
    opened: Input, strides: Sequence[Stride], distance_m: float | None, speed_mps: float | None
) -> dict[str, "LengthGain"]:
    """Return for each sensor with stride lengths the gain that makes them fit a known distance, speed, or both."""
    from footfall_processing.results.calibration import (  # imports SciPy, which most runs don't need
        KnownLength,
        length_gain,
    )

    gains = {}
    for sensor in opened.header.session.sensors:
        measured = [stride for stride in strides if stride.sensor_id == sensor.id]
        lengths_m = [stride.stride_length_m for stride in measured if stride.stride_length_m is not None]
        speeds_mps = [
            stride.speed_mps
            for stride in measured
            if stride.activity is Activity.RUN and is_trusted(stride) and stride.speed_mps is not None
        ]
        known = []
        if distance_m is not None and lengths_m:
            # a stride whose length is not known was as long as the others
            known.append(KnownLength(fmean(lengths_m) * len(measured), distance_m, KNOWN_SD * distance_m))
        if speed_mps is not None and len(speeds_mps) >= MIN_STRIDES:
            known.append(KnownLength(median(speeds_mps), speed_mps, KNOWN_SD * speed_mps))
        if known:
            gains[sensor.id] = length_gain(known)
    if not gains:
        raise InputError(f"{opened.name}: has no stride lengths to calibrate; they need a foot sensor with a gyroscope")
    return gains


def _keep(gains: Mapping[str, "LengthGain"], session: Session, runner_name: str, folder: Path) -> None:
    """Keep the gains for the runner's later sessions; a store that can't be written does not end the analysis."""
    sensors = {sensor.id: sensor for sensor in session.sensors}
    kept = "kept for later sessions"
    try:
        make_folders(folder)
        with Store.open(store_path(folder)) as store:
            for sensor_id, gain in gains.items():
                site = sensors[sensor_id]
                store.keep_length_gain(
                    KeptGain(runner_name, site.placement, site.side, gain.factor, gain.sd, session.id)
                )
    except GatewayError as error:
        kept = f"not kept ({error})"
    for sensor_id, gain in gains.items():
        console.remark(f"{sensor_id}: stride lengths are multiplied by {gain.factor:.3f} ± {gain.sd:.3f}, {kept}")


def _with_gains_of(opened: Input, gains: Mapping[str, float]) -> Input:
    """Give each sensor its gain, and one to those that have none."""
    session = opened.header.session
    sensors = tuple(replace(sensor, length_gain=gains.get(sensor.id, 1.0)) for sensor in session.sensors)
    return replace(opened, header=replace(opened.header, session=replace(session, sensors=sensors)))


def find_strides(opened: Input) -> list[Stride]:
    """Return a session's strides, in order of time."""
    return analyze_with_progress(opened).strides


def analyze_with_progress(opened: Input) -> Analysis:
    """Analyse a session, with a progress bar."""
    with console.progress(f"Analysing {opened.name}", total_s=opened.duration_s) as advance_to:
        return analyze_session(opened.header, opened.packets, advance_to)
