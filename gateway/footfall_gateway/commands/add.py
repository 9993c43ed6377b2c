"""`footfall add`: recordings, CSV files and watches' runs into the log of runs."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import console, wire
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder, RunnerName
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.errors import GatewayError
from footfall_gateway.sessions.adding import add_session, name_of, sessions_of_files
from footfall_gateway.sessions.addition import Addition
from footfall_gateway.sessions.inbox_folder import InboxFolder, told, watch
from footfall_gateway.sessions.ready_run import interrupts
from footfall_gateway.sessions.watch_files import is_of_watch
from footfall_gateway.store.lookup import find_run, open_store
from footfall_processing.errors import FootfallError, InputError


def add(
    files: Annotated[tuple[Path, ...], Parameter(name="FILE", negative=(), show_default=False)] = (),
    /,
    *,
    watch: Path | None = None,
    session: Annotated[str | None, Parameter(name="--session")] = None,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """Add recordings, CSV files and watches' runs to your log of runs, each once and with its own date.

    A watch's run (FIT) joins the session that it goes with: one of about its time whose cadence it fits, however the
    two clocks differ. From then on that has its distance and pace, where no foot sensor tells them, its heart rate and
    its places. With no session of that time, it is a run of its own.

    Parameters
    ----------
    files
        Recordings (.mcap); CSV files, each with its sidecar NAME.json, where those of one folder with the same date
        are of one session; and what watches export (.fit, .fit.gz).
    watch
        Look at this folder until Ctrl-C, and add what is put there once it is there whole; files then go to the
        folders added and refused within.
    session
        The session that a watch's run goes with, by its id or as last: it then takes the place of another file's run,
        and is placed by the two clocks where cadence does not tell.
    runner
        Who ran, where the files don't say; a watch's run then joins this runner's sessions alone. What is there already
        and of nobody gets the name.
    data_dir
        Where recordings and the store are.
    json
        Print one JSON line for each session of the files.
    """
    if bool(files) == (watch is not None):
        raise InputError("give files, such as footfall add runs/*.mcap, or a folder with --watch")
    if session is not None and (len(files) != 1 or not is_of_watch(files[0])):
        raise InputError("--session is for one watch's run: footfall add run.fit --session SESSION")
    joins = "" if session is None else _id_of(session, data_dir)
    if watch is not None:
        asyncio.run(_watch(InboxFolder(watch, data_dir, runner, console.write_line)))
        return
    groups = sessions_of_files(files)
    refused, not_whole = 0, 0
    for paths in groups:
        try:
            with console.progress_once_known(f"Adding {name_of(paths)}") as begin:
                added = add_session(paths, data_dir, runner, begin, prepare_processing, joins)
        except FootfallError as error:
            refused += 1
            console.remark(f"not added: {error}")
            continue
        for line in added.remarks:
            console.remark(line)
        not_whole += not added.whole
        console.write_line(wire.json_line(_as_object(paths, added)) if json else told(name_of(paths), added))
    fell_short = [f"{count} {how}" for count, how in ((refused, "not added"), (not_whole, "not added whole")) if count]
    if fell_short:
        raise GatewayError(f"of {len(groups)} session{'s' * (len(groups) > 1)}, {' and '.join(fell_short)}")


def _id_of(session: str, folder: Path) -> str:
    with open_store(folder) as store:
        return find_run(store, session, folder).header.session.id


def _as_object(paths: Sequence[Path], added: Addition) -> wire.JsonObject:
    return {
        "type": "addition",
        "files": [str(path) for path in paths],
        "session_id": added.session_id,
        "came": added.came.value,
        "started_utc": None if added.started_utc is None else added.started_utc.isoformat(),
        "demo": added.is_demo,
        "whole": added.whole,
        "words": told(name_of(paths), added),
    }


async def _watch(inbox: InboxFolder) -> None:
    """Watch a folder until the user has had enough."""
    console.remark(f"Watching {inbox.inbox}. Ctrl-C ends it.")
    with interrupts() as interrupted:
        watching = asyncio.create_task(watch(inbox, SystemClock()))
        waiting = asyncio.create_task(interrupted.wait())
        try:
            await asyncio.wait({watching, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            watching.cancel()
        if not interrupted.is_set():
            await watching
