"""`footfall export`: a recording, or a run of the store, in other people's formats."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from footfall_coaching.answers import Effort
from footfall_gateway import console, wire
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.data_folder import recordings_folder, store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.formats import export_csv, export_motion_bids, export_parquet
from footfall_gateway.formats.export_files import ExportError, safe_stem
from footfall_gateway.formats.inputs import Input, open_input
from footfall_gateway.formats.stride_tables import export_strides_csv, export_strides_parquet
from footfall_gateway.sessions.analysis import analyze_session
from footfall_gateway.store.lookup import LAST, find_session, open_store
from footfall_gateway.store.track import Track
from footfall_processing.errors import InputError
from footfall_processing.gait import Stride
from footfall_processing.plain_text import shown
from footfall_processing.session import Session

_OF_SAMPLES: Final = {"csv": export_csv, "parquet": export_parquet, "motion-bids": export_motion_bids}
"""What sensors sent: into a folder."""
_OF_STRIDES: Final = {"strides-csv": ".csv", "strides-parquet": ".parquet", "fit": ".fit"}
"""What it came to: into one file, with this ending."""


def export(
    source: Annotated[str, Parameter(name="FILE")],
    /,
    *,
    format: Literal["csv", "parquet", "motion-bids", "strides-csv", "strides-parquet", "fit"] = "csv",
    out: Path | None = None,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """Write a recording, or a run of the store, as CSV, Parquet, Motion-BIDS or FIT.

    Parameters
    ----------
    source
        A recording (.mcap); for strides and FIT also a session of the store, by its id or as last, the newest that
        somebody ran.
    format
        csv: samples, as `footfall import` reads them, numbers in full. parquet: one table a sensor; needs pyarrow.
        motion-bids: a data set as neuroscience labs share them. strides-csv, strides-parquet: a row a stride. fit: as
        watches record a run, one record a second, for training logs; with exertion and feeling, where the store
        has them, and of a session that a watch's run joined, with its heart rate and its places.
    out
        Where to write: a folder for samples, a file for strides and FIT; by default named after the recording or
        session. Nothing is overwritten.
    data_dir
        Where the store is.
    json
        Print one JSON line that names the files.
    """
    ending = _OF_STRIDES.get(format)
    if ending is None:
        if not Path(source).exists() and _is_session(source, data_dir):
            raise InputError(
                f"{format} is of samples, which the store has none of: give the session's recording, "
                f"{recordings_folder(data_dir)}/NAME.mcap, or take --format fit or strides-csv"
            )
        recording = _opened(Path(source))
        with console.progress(f"Exporting {recording.name}"):
            written = _OF_SAMPLES[format](recording, out or Path(source).with_suffix(""))
    elif Path(source).exists():
        recording = _opened(Path(source))
        prepare_processing(recording.header.session.sensors)
        with console.progress(f"Analysing {recording.name}", total_s=recording.duration_s) as advance_to:
            strides = analyze_session(recording.header, recording.packets, advance_to).strides
        written = _write(format, recording.header.session, strides, out or Path(source).with_suffix(ending), data_dir)
    else:
        recording = None
        if not _is_session(source, data_dir):
            raise InputError(
                f"{shown(source)}: is neither a file nor a session of the store; `footfall sessions list` shows those"
            )
        with open_store(data_dir) as store:
            session = find_session(store, source, data_dir, console.remark).header.session
            strides, track = store.strides(session.id), store.tracks.of(session.id)
        path = out or Path(f"{safe_stem(session.id) or 'session'}{ending}")
        written = _write(format, session, strides, path, data_dir, track)
    if json:
        names = [str(path) for path in written]
        console.write_line(wire.json_line({"type": "export", "format": format, "files": names}))
    else:
        for path in written:
            console.write_line(str(path))
    if recording is not None:
        recording.require_whole()


def _opened(path: Path) -> Input:
    recording = open_input([path])
    for remark in recording.remarks:
        console.remark(remark)
    return recording


def _is_session(name: str, folder: Path) -> bool:
    if not store_path(folder).exists():
        return False
    with open_store(folder) as store:
        return name == LAST or store.find(name) is not None


def _write(
    format: str,
    session: Session,
    strides: Sequence[Stride],
    path: Path,
    folder: Path,
    track: Track | None = None,
) -> list[Path]:
    if path.exists():
        raise ExportError(f"{path}: exists already and is not overwritten; choose another name with --out")
    if format == "fit":
        from footfall_gateway.formats.fit.writing import export_fit  # its library is of no use to the other formats

        effort = _effort_of(session.id, folder)
        end_s = max((stride.next_contact_s for stride in strides), default=0.0)
        with console.progress(f"Writing {path.name}", total_s=end_s) as advance_to:
            return export_fit(session, strides, path, effort, advance_to, track)
    tables: dict[str, Callable[[Sequence[Stride], Path], list[Path]]] = {
        "strides-csv": export_strides_csv,
        "strides-parquet": export_strides_parquet,
    }
    return tables[format](strides, path)


def _effort_of(session_id: str, folder: Path) -> Effort | None:
    """Return how a run was, as its runner told the store; what a store that can't be read knows is left out."""
    if not store_path(folder).exists():
        return None
    try:
        with open_store(folder) as store:
            return store.answers.effort_of(session_id)
    except GatewayError as error:
        console.remark(f"exertion and feeling are left out: {error}")
        return None
