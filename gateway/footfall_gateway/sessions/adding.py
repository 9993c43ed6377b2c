"""Sessions from files into a data folder: recordings, and CSV files, each with its own date, and each once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copyfileobj
from typing import Final

from footfall_gateway import wire
from footfall_gateway.clock import SystemClock
from footfall_gateway.data_folder import make_folders, recording_path, store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.formats.inputs import Input, open_input
from footfall_gateway.formats.samples_csv import write_whole
from footfall_gateway.formats.samples_sidecar import date_in_sidecar
from footfall_gateway.outside import open_file, pieces_of_file
from footfall_gateway.own_files import create_own
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.growing import is_being_written
from footfall_gateway.sessions.addition import Addition, Came
from footfall_gateway.sessions.analysis import analyze_session
from footfall_gateway.sessions.watch_files import add_watch, is_of_watch, join_waiting, named
from footfall_gateway.store.database import Store, StoreError
from footfall_gateway.store.length_gains import with_gains
from footfall_gateway.store.programmes import tell_programme
from footfall_gateway.store.rows import ResultRows
from footfall_processing.errors import InputError
from footfall_processing.session import Sensor

CSV: Final = ".csv"
RECORDING: Final = ".mcap"


def sessions_of_files(paths: Sequence[Path]) -> list[tuple[Path, ...]]:
    """Return which files are of one session: each recording, and the CSV files of one folder with the same date.

    CSV files without a date, in one folder, are of one session. Files of watches come last, as they join the others.
    """
    groups: dict[tuple[object, ...], list[Path]] = {}
    for path in dict.fromkeys(paths):
        whose = (path.parent, date_in_sidecar(path)) if path.suffix.lower() == CSV else (path,)
        groups.setdefault(whose, []).append(path)
    return sorted((tuple(group) for group in groups.values()), key=lambda group: is_of_watch(group[0]))


def name_of(paths: Sequence[Path]) -> str:
    """Return how files of a session are called when talking to people."""
    return ", ".join(path.name for path in paths)


def add_session(
    paths: Sequence[Path],
    folder: Path,
    runner_name: str = "",
    progress: Callable[[float], Callable[[float], None]] = lambda _: lambda _: None,
    prepare: Callable[[Sequence[Sensor]], object] = lambda _: None,
    joins: str = "",
) -> Addition:
    """Add the session of some files to a data folder: its recording, strides and summary. Once more adds nothing.

    One that is there without a runner's name gets it. A watch's run joins its session; see `add_watch`.

    Parameters
    ----------
    paths
        One recording, the CSV files of one session, or one file of a watch.
    runner_name
        Who ran, where the files don't say.
    progress
        Given how long the session is, returns what is told how far it is analysed, in session seconds.
    prepare
        Called with the sensors before the analysis.
    joins
        Which session a watch's run goes with, where the user said so.

    Raises
    ------
    FootfallError
        When a file can't be read, or the data folder can't be written.
    """
    if is_of_watch(paths[0]):
        return add_watch(paths[0], folder, runner_name, joins)
    opened = _opened(paths)
    make_folders(folder)
    session, recording = opened.header.session, recording_path(folder, opened.header.session.id)
    for path in (*paths, recording):
        if is_being_written(path):
            raise GatewayError(f"{path}: is being recorded; add it when the run is over")
    with Store.open(store_path(folder)) as store:
        there = _there(store, session.id)
        if there is not None:
            added = Addition(session.id, there, session.started_utc, opened.header.is_demo)
            return named(store, added, runner_name)
        header = _of_runner(store, opened.header, runner_name, imported=_is_csv(paths))
    prepare(session.sensors)
    analysis = analyze_session(header, opened.packets, progress(opened.duration_s))
    _keep_recording(paths, opened, header, recording)
    rows = ResultRows.of(session.id, analysis.events)
    with Store.open(store_path(folder)) as store:
        store.add_session(header, recording)
        # a run that was cut off has strides there, maybe of another version of the metrics
        store.replace_results(session.id, rows, wire.summary_object(analysis.end.summary, analysis.end.companions))
        joined = (*join_waiting(store, session.id), *tell_programme(store, session.id, SystemClock().utc_now()))
    remarks = (*opened.remarks, *joined)
    return Addition(session.id, Came.ADDED, session.started_utc, header.is_demo, remarks, opened.whole)


def _opened(paths: Sequence[Path]) -> Input:
    if not _is_csv(paths):
        for path in paths:
            if path.suffix.lower() != RECORDING:
                raise InputError(f"{path}: is no recording (.mcap), no CSV of samples (.csv) and no watch's run (.fit)")
        return open_input(paths)
    # in the order of their content, and called by date: however the files are called, it is the same session
    opened = open_input(sorted(paths, key=lambda path: next(pieces_of_file(path), b"")))
    session = opened.header.session
    begun = "import" if session.started_utc is None else f"{session.started_utc:%Y%m%dT%H%M%SZ}"
    renamed = replace(session, id=f"{begun}-{session.id.rpartition('-')[2]}")
    return replace(opened, header=replace(opened.header, session=renamed))


def _is_csv(paths: Sequence[Path]) -> bool:
    return any(path.suffix.lower() == CSV for path in paths)


def _there(store: Store, session_id: str) -> Came | None:
    try:
        stored = store.session(session_id)
    except StoreError:
        return None
    if stored.summary is None:
        return None  # it was cut off: now all of it is added
    return Came.THERE if stored.edit.discarded_utc is None else Came.IN_BIN


def _of_runner(store: Store, header: RecordingHeader, runner_name: str, *, imported: bool) -> RecordingHeader:
    """Say who ran, unless the files do; files of samples also get the runner's stride calibration and shoe."""
    session = header.session
    name = session.runner_name or runner_name
    shoe = session.shoe
    if imported:
        gains = {(kept.placement, kept.side): kept.factor for kept in store.length_gains(name)}
        header = with_gains(header, gains)
        began = session.started_utc
        worn = [one.name for one in store.answers.shoes(name) if began is not None and one.since_utc <= began]
        shoe = shoe or (worn[-1] if worn else "")
    return replace(header, session=replace(header.session, runner_name=name, shoe=shoe))


def _keep_recording(paths: Sequence[Path], opened: Input, header: RecordingHeader, recording: Path) -> None:
    """Keep what the sensors sent in the data folder, whole or not at all; one that lies there is this one."""
    if recording.exists():
        return
    part = recording.with_name(f"{recording.name}.part")
    part.unlink(missing_ok=True)
    if _is_csv(paths):
        write_whole(part, header, opened.packets)
    else:
        try:
            with open_file(paths[0]) as source, create_own(part) as copy:
                copyfileobj(source, copy)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise GatewayError(f"{part}: can't be written ({error.strerror}); free some space") from error
    part.replace(recording)
