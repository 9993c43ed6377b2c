"""`footfall analyze`: a recording, or the CSV files of one session, to strides and a summary."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from footfall_gateway import console, wire
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
from footfall_gateway.recordings.packets import RecordingHeader
from footfall_gateway.recordings.recording import decode_packets
from footfall_gateway.sessions.companions import summarize_companions
from footfall_gateway.store.database import KeptGain, Store
from footfall_processing.companions import CompanionSummary
from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, NowDoing, Stride
from footfall_processing.pipeline import analyze as analyze_blocks
from footfall_processing.results.summary import MIN_STRIDES, is_trusted, summarize
from footfall_processing.results.windows import WINDOW_KINDS, WindowStage, cut_into_windows
from footfall_processing.samples import ImuBlock
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
    calibrating = distance_m is not None or speed_mps is not None
    if calibrating:
        opened = _with_gains_of(opened, {})
    strides = find_strides(opened)
    if calibrating:
        gains = _learnt_gains(opened, strides, distance_m, speed_mps)
        _keep(gains, opened.header.session, runner, data_dir)
        opened = _with_gains_of(opened, {sensor_id: gain.factor for sensor_id, gain in gains.items()})
        strides = find_strides(replace(opened, remarks=()))
    companions = summarize_companions(opened.header, opened.packets)
    if json:
        print_json(opened.header, strides, windows, companions=companions)
        return
    sensors = opened.header.session.sensors
    summary = summarize(strides, sensors)
    out = console.stdout_console()
    out.print(console.render_summary(summary, sensors, strides, companions))
    if windows is not None:
        out.print(console.render_windows(cut_into_windows(strides, sensors, WINDOW_KINDS[windows]), sensors))


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
    """Run the pipeline over a session, with a progress bar, and remark on the session's state."""
    for remark in opened.remarks:
        console.remark(remark)

    prepare_processing(opened.header.session.sensors)
    with console.progress(f"Analysing {opened.name}", total_s=opened.duration_s) as advance_to:

        def blocks() -> Iterator[ImuBlock]:
            for block in decode_packets(opened.header, opened.packets):
                yield block
                advance_to(float(block.t_s[-1]))

        session = opened.header.session
        return analyze_blocks(session.sensors, blocks(), session.runner)


def print_json(
    header: RecordingHeader,
    strides: Sequence[Stride],
    windows: str | None = None,
    doings: Iterable[NowDoing] = (),
    companions: Iterable[CompanionSummary] = (),
) -> None:
    """Print a session's JSON lines; `windows` names one of `WINDOW_KINDS`."""
    sensors = header.session.sensors
    stage = None if windows is None else WindowStage(sensors, WINDOW_KINDS[windows])
    console.write_line(wire.json_line(wire.recording_object(header)))
    for doing in doings:
        console.write_line(wire.json_line(wire.doing_object(doing)))
    for stride in strides:
        for window in stage.push(stride) if stage else ():
            console.write_line(wire.json_line(wire.window_object(window)))
        console.write_line(wire.json_line(wire.stride_object(stride)))
    for window in stage.flush() if stage else ():
        console.write_line(wire.json_line(wire.window_object(window)))
    console.write_line(wire.json_line(wire.summary_object(summarize(strides, sensors), companions)))
