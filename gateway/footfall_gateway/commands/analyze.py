"""`footfall analyze`: a recording, or the CSV files of one session, to strides and a summary."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from footfall_gateway import console, wire
from footfall_gateway.commands.options import HeightM, MassKg, runner_from
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.inputs import Input, open_input
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recording import decode_packets
from footfall_processing.errors import InputError
from footfall_processing.gait import Stride
from footfall_processing.pipeline import analyze as analyze_blocks
from footfall_processing.summary import summarize
from footfall_processing.windows import WINDOW_KINDS, WindowStage


def analyze(
    files: Annotated[tuple[Path, ...], Parameter(name="FILE", negative=())],
    /,
    *,
    mass_kg: MassKg = None,
    height_m: HeightM = None,
    windows: Literal["10s", "1min", "1km"] | None = None,
    json: bool = False,
) -> None:
    """Turn a recording, or the CSV files of one session, into strides and a summary.

    Parameters
    ----------
    files
        One recording (.mcap), or one CSV for each sensor of a session, each with its sidecar NAME.json.
    mass_kg, height_m
        The runner's body mass and height, for vertical and leg stiffness; by default what the recording says.
    windows
        With --json: also a line for each sensor's ten seconds, minute or kilometre, where it becomes final.
    json
        Print JSON lines: the recording, each stride, the summary. Nothing else goes to stdout.
    """
    if windows is not None and not json:
        raise InputError("--windows adds lines to the JSON output: give --json as well")
    runner = runner_from(mass_kg, height_m)
    opened = open_input(files)
    if runner is not None:
        session = replace(opened.header.session, runner=runner)
        opened = replace(opened, header=replace(opened.header, session=session))
    strides = find_strides(opened)
    if json:
        print_json(opened.header, strides, windows)
        return
    sensors = opened.header.session.sensors
    summary = summarize(strides, sensors)
    console.stdout_console().print(console.render_summary(summary, sensors, strides))


def find_strides(opened: Input) -> list[Stride]:
    """Run the pipeline over a session, with a progress bar, and remark on the session's state."""
    for remark in opened.remarks:
        console.remark(remark)

    prepare_processing()
    with console.progress(f"Analysing {opened.name}", total_s=opened.duration_s) as advance_to:

        def packets() -> Iterator[RawPacket]:
            for packet in opened.packets:
                advance_to(packet.received_s)
                yield packet

        session = opened.header.session
        return analyze_blocks(session.sensors, decode_packets(opened.header, packets()), session.runner)


def print_json(header: RecordingHeader, strides: Sequence[Stride], windows: str | None = None) -> None:
    """Print a session's JSON lines; `windows` names one of `WINDOW_KINDS`."""
    sensors = header.session.sensors
    stage = None if windows is None else WindowStage(sensors, WINDOW_KINDS[windows])
    console.write_line(wire.json_line(wire.recording_object(header)))
    for stride in strides:
        for window in stage.push(stride) if stage else ():
            console.write_line(wire.json_line(wire.window_object(window)))
        console.write_line(wire.json_line(wire.stride_object(stride)))
    for window in stage.flush() if stage else ():
        console.write_line(wire.json_line(wire.window_object(window)))
    console.write_line(wire.json_line(wire.summary_object(summarize(strides, sensors))))
