"""`footfall export`: a recording in other people's formats."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from footfall_gateway import console, wire
from footfall_gateway.formats import export_csv, export_motion_bids, export_parquet
from footfall_gateway.formats.inputs import open_input

_EXPORTS = {"csv": export_csv, "parquet": export_parquet, "motion-bids": export_motion_bids}


def export(
    file: Annotated[Path, Parameter(name="FILE")],
    /,
    *,
    format: Literal["csv", "parquet", "motion-bids"] = "csv",
    out: Path | None = None,
    json: bool = False,
) -> None:
    """Write a recording as CSV, Parquet or Motion-BIDS.

    Parameters
    ----------
    file
        A recording (.mcap).
    format
        csv: what `footfall import` reads, numbers in full. parquet: one table a sensor; needs the extra parquet.
        motion-bids: a data set as neuroscience labs share them.
    out
        The folder to write to; by default the recording's name without its ending. Nothing is overwritten.
    json
        Print one JSON line that names the files.
    """
    recording = open_input([file])
    for remark in recording.remarks:
        console.remark(remark)
    folder = out or file.with_suffix("")
    with console.progress(f"Exporting {file.name}"):
        written = _EXPORTS[format](recording, folder)
    if json:
        names = [str(path) for path in written]
        console.write_line(wire.json_line({"type": "export", "format": format, "files": names}))
    else:
        for path in written:
            console.write_line(str(path))
    recording.require_whole()
