"""`footfall analyze`: a recording, or the CSV files of one session, to strides and a summary."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated

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
from footfall_gateway.formats.inputs import Input, open_input
from footfall_gateway.in_a_sentence import in_a_sentence
from footfall_gateway.sessions.analysis import Analysis, analyze_session
from footfall_gateway.sessions.calibration import keep_gains, learn_gains, with_own_gains
from footfall_gateway.sessions.link_remarks import link_remarks
from footfall_gateway.sessions.sinks.base import Sinks
from footfall_gateway.sessions.sinks.json_lines import JsonLines
from footfall_gateway.summary_notes import clocks_note, one_signal_note
from footfall_processing.errors import InputError


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
    """Turn a recording, or the CSV files of one session, into strides and a summary. Nothing is put into your log.

    Parameters
    ----------
    files
        One recording (.mcap), or one CSV for each sensor of a session, each with its sidecar NAME.json.
    mass_kg
        The runner's body mass, for vertical and leg stiffness; by default what the recording says.
    height_m
        The runner's height, for the same; give both or neither.
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
    if len(files) > 1 and not any(path.suffix.lower() == ".csv" for path in files):
        raise InputError("analyze takes one recording at a time; footfall add puts several into your log of runs")
    opened = open_input(files)
    if (distance_m is not None or speed_mps is not None) and opened.header.is_demo:
        raise InputError(f"{opened.name}: nobody ran it, so nobody's stride lengths can be calibrated on it")
    if body is not None:
        session = replace(opened.header.session, runner=body)
        opened = replace(opened, header=replace(opened.header, session=session))
    for remark in opened.remarks:
        console.remark(remark)
    prepare_processing(opened.header.session.sensors)
    if distance_m is not None or speed_mps is not None:
        uncalibrated = replace(opened, header=with_own_gains(opened.header, {}))
        gains = learn_gains(_analyzed(uncalibrated), name=opened.name, distance_m=distance_m, speed_mps=speed_mps)
        for line in keep_gains(gains, opened.header.session, runner, data_dir):
            console.remark(line)
        factors = {sensor_id: gain.factor for sensor_id, gain in gains.items()}
        opened = replace(opened, header=with_own_gains(opened.header, factors))
    analysis = _analyzed(opened)
    for line in link_remarks(analysis.counts):
        console.remark(line)
    if json:
        for sensor_id, why in analysis.end.summary.clocks_differ.items():
            console.remark(f"sensor {sensor_id}: {clocks_note(why)}")
        for sensor_id, other_id in analysis.end.summary.one_signal.items():
            console.remark(f"sensor {sensor_id}: {one_signal_note(other_id)}")
        asyncio.run(analysis.tell(Sinks([JsonLines(console.write_line, windows=windows)])))
        opened.require_whole()
        return
    sensors, end = opened.header.session.sensors, analysis.end
    out = console.stdout_console()
    rejected = {sensor_id: seen.rejected_packets for sensor_id, seen in analysis.counts.items()}
    measured_s = max(analysis.counts[sensor.id].received_samples / sensor.sampling_rate_hz for sensor in sensors)
    told = in_a_sentence(end.summary, sensors, analysis.strides)
    out.print(
        console.render_summary(end.summary, sensors, analysis.strides, end.companions, rejected, measured_s, told)
    )
    if windows is not None:
        found = analysis.windows(windows)
        out.print(console.render_windows(found, sensors, windows, analysis.strides, analysis.why_no_strides))
    opened.require_whole()


def _analyzed(opened: Input) -> Analysis:
    """Analyse a session, with a progress bar."""
    with console.progress(f"Analysing {opened.name}", total_s=opened.duration_s) as advance_to:
        return analyze_session(opened.header, opened.packets, advance_to)
