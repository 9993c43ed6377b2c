"""`footfall analyze`: a recording, or the CSV files of one session, to strides and a summary."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import console, wire
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.inputs import Input, open_input
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recording import decode_packets
from footfall_processing.gait import Stride
from footfall_processing.pipeline import analyze as analyze_blocks
from footfall_processing.summary import summarize


def analyze(files: Annotated[tuple[Path, ...], Parameter(name="FILE", negative=())], /, *, json: bool = False) -> None:
    """Turn a recording, or the CSV files of one session, into strides and a summary.

    Parameters
    ----------
    files
        One recording (.mcap), or one CSV for each sensor of a session, each with its sidecar NAME.json.
    json
        Print JSON lines: the recording, each stride, the summary. Nothing else goes to stdout.
    """
    opened = open_input(files)
    strides = find_strides(opened)
    if json:
        print_json(opened.header, strides)
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

        return analyze_blocks(opened.header.session.sensors, decode_packets(opened.header, packets()))


def print_json(header: RecordingHeader, strides: Sequence[Stride]) -> None:
    """Print a session's JSON lines."""
    console.write_line(wire.json_line(wire.recording_object(header)))
    for stride in strides:
        console.write_line(wire.json_line(wire.stride_object(stride)))
    console.write_line(wire.json_line(wire.summary_object(summarize(strides, header.session.sensors))))
