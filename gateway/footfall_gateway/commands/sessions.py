"""`footfall sessions`: what the store holds."""

from typing import Annotated

from cyclopts import Parameter
from rich.table import Column, Table

from footfall_gateway import console, wire
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder, WindowChoice
from footfall_gateway.store.kept_signals import with_kept_signals
from footfall_gateway.store.lookup import LAST, find_session, open_store
from footfall_processing.results.summary import summarize
from footfall_processing.short_names import short_names


def list_sessions(*, data_dir: DataFolder = DEFAULT_DATA_FOLDER, json: bool = False) -> None:
    """List the sessions in the store, newest first.

    Parameters
    ----------
    data_dir
        Where the store is.
    json
        Print one JSON line for each session.
    """
    with open_store(data_dir) as store:
        sessions = store.sessions()
    if json:
        for session in sessions:
            console.write_line(wire.json_line(wire.session_object(session)))
        return
    table = Table(Column("Session", no_wrap=True), Column("Started", no_wrap=True), "Sensors", "Strides", "Ended")
    for session in sessions:
        about = session.header.session
        table.add_row(
            about.id,
            console.MISSING if about.started_utc is None else f"{about.started_utc.astimezone():%Y-%m-%d %H:%M}",
            ", ".join(short_names(sensor.id for sensor in about.sensors).values()),
            str(session.strides),
            "no" if session.summary is None else "yes",
        )
    console.stdout_console().print(table if sessions else "No sessions yet. Make one: footfall demo")


def show_session(
    session: Annotated[str, Parameter(name="SESSION")] = LAST,
    /,
    *,
    windows: WindowChoice = None,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """Show one session's summary.

    Parameters
    ----------
    session
        Its id as `footfall sessions list` shows it, or last.
    windows
        Also every ten seconds, minute or kilometre, as they were stored while the session ran.
    data_dir
        Where the store is.
    json
        Print JSON lines: the session, each window if asked for, each stride, the summary.
    """
    with open_store(data_dir) as store:
        found = find_session(store, session, data_dir)
        about = found.header.session
        strides = store.strides(about.id)
        stored = [] if windows is None else store.windows(about.id, windows)
    summary = with_kept_signals(summarize(strides, about.sensors), strides, found.summary)
    companions = wire.companion_summaries(found.summary or {})
    if json:
        objects = [
            wire.session_object(found),
            *(wire.window_object(window) for window in stored),
            *(wire.stride_object(stride) for stride in strides),
            wire.summary_object(summary, companions),
        ]
        for line in objects:
            console.write_line(wire.json_line(line))
        return
    out = console.stdout_console()
    out.print(f"Session {about.id}", style="bold")
    out.print(console.render_summary(summary, about.sensors, strides, companions))
    if windows is not None:
        out.print(console.render_windows(stored, about.sensors, windows, strides))
    if found.recording is not None:
        out.print(f"Recording: {found.recording}", soft_wrap=True)
