"""`footfall sessions`: what the store holds."""

from datetime import timedelta
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from footfall_coaching.alike import versions_note
from footfall_coaching.answers import WORST_PAIN
from footfall_coaching.load import km
from footfall_coaching.run import Run
from footfall_gateway import console, wire
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder, WindowChoice
from footfall_gateway.in_a_sentence import in_a_sentence
from footfall_gateway.sessions.watch_files import brought_words
from footfall_gateway.store.database import Store, StoredSession
from footfall_gateway.store.kept_signals import with_kept_signals
from footfall_gateway.store.lookup import HOW_TO_FILL_IT, LAST, find_session, open_store
from footfall_processing.metrics.version import METRICS_VERSION
from footfall_processing.results.summary import summarize


def list_sessions(
    *,
    in_bin: Annotated[bool, Parameter(name="--bin")] = False,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """List the sessions in the store, newest first.

    Parameters
    ----------
    in_bin
        Those that lie in the bin instead.
    data_dir
        Where the store is.
    json
        Print one JSON line for each session.
    """
    with open_store(data_dir) as store:
        sessions = [one for one in store.sessions(with_bin=in_bin) if (one.edit.discarded_utc is not None) == in_bin]
        runs = {run.session_id: run for run in store.log.runs(in_bin=in_bin)}
        pains = {one.header.session.id: _worst_pain(store, one.header.session.id) for one in sessions}
    if json:
        for session in sessions:
            of = session.header.session.id
            console.write_line(wire.json_line(wire.listed_object(session, runs.get(of), pains[of])))
        return
    out = console.stdout_console()
    for session in sessions:
        about, run = session.header.session, runs.get(session.header.session.id)
        began = "" if about.started_utc is None else f"  {about.started_utc.astimezone():%a %Y-%m-%d %H:%M}"
        out.print(Text(f"{about.id}{began}", style="bold"), soft_wrap=True)
        if told := _told(session, run, pains[about.id]):
            out.print(Text(f"    {', '.join(told)}"), soft_wrap=True)
    if note := versions_note(runs.values()):
        console.remark(note)
    if not sessions:
        out.print("The bin is empty." if in_bin else f"No sessions yet: {HOW_TO_FILL_IT}.", markup=False)


def _worst_pain(store: Store, session_id: str) -> int | None:
    """Return the worst that was told to hurt in a session or after it; `None` where nothing was told."""
    return max((pain.level for pain in store.answers.pains_of(session_id)), default=None)


def _told(session: StoredSession, run: Run | None, pain: int | None) -> list[str]:
    """Return what there is to tell of a session, what tells it from others first."""
    about = session.header.session
    told = [
        session.edit.title,
        "demo" if session.header.is_demo else "",
        "not ended" if session.summary is None else "",
    ]
    if run is not None:
        time = str(timedelta(seconds=int(run.duration_s)))
        told.append(time if run.distance_m is None else f"{km(run.distance_m)} in {time}")
    if about.sensors and session.metrics_version is not None and session.metrics_version < METRICS_VERSION:
        told.append("older metrics")
    told += [about.runner_name, about.shoe, "" if pain is None else f"pain {pain} of {WORST_PAIN}"]
    return [one for one in told if one]


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
        Its id as `footfall sessions list` shows it, or last: the newest that somebody ran.
    windows
        Also every ten seconds, minute or kilometre, as they were stored while the session ran.
    data_dir
        Where the store is.
    json
        Print JSON lines: the session, each window if asked for, each stride, the summary.
    """
    with open_store(data_dir) as store:
        found = find_session(store, session, data_dir, console.remark)
        about = found.header.session
        strides = store.strides(about.id)
        stored = [] if windows is None else store.windows(about.id, windows)
        run = store.log.run(about.id)
    summary = with_kept_signals(summarize(strides, about.sensors), strides, found.summary)
    companions = wire.companion_summaries(found.summary or {})
    if json:
        objects = [
            wire.session_object(found),
            *(wire.window_object(window) for window in stored),
            *(wire.stride_object(stride) for stride in strides),
            wire.summary_object(summary, companions, found.metrics_version or 0),
        ]
        for line in objects:
            console.write_line(wire.json_line(line))
        return
    out = console.stdout_console()
    out.print(f"Session {about.id}", style="bold")
    if run is not None and (note := versions_note([run])):
        console.remark(note)
    if about.sensors or run is None:
        told = in_a_sentence(summary, about.sensors, strides)
        out.print(console.render_summary(summary, about.sensors, strides, companions, told=told))
    if run is not None and run.watch is not None:
        out.print(f"Watch: {brought_words(run)}", soft_wrap=True, markup=False)
    if windows is not None:
        out.print(console.render_windows(stored, about.sensors, windows, strides))
    if found.recording is not None:
        out.print(f"Recording: {found.recording}", soft_wrap=True)
