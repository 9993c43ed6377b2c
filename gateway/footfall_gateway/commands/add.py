"""`footfall add`: recordings and CSV files into the log of runs."""

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
from footfall_gateway.sessions.adding import Addition, add_session, name_of, sessions_of_files
from footfall_gateway.sessions.inbox_folder import InboxFolder, told, watch
from footfall_gateway.sessions.ready_run import interrupts
from footfall_processing.errors import FootfallError, InputError


def add(
    files: Annotated[tuple[Path, ...], Parameter(name="FILE", negative=(), show_default=False)] = (),
    /,
    *,
    watch: Path | None = None,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """Add recordings and CSV files to your log of runs, each with its own date. The same file again adds nothing.

    Parameters
    ----------
    files
        Recordings (.mcap), and CSV files, each with its sidecar NAME.json; CSV files of one folder with the same date
        are of one session.
    watch
        Look at this folder until Ctrl-C, and add what is put there once it is there whole; files then go to the
        folders added and refused within.
    runner
        Who ran, where the files don't say.
    data_dir
        Where recordings and the store are.
    json
        Print one JSON line for each session of the files.
    """
    if bool(files) == (watch is not None):
        raise InputError("give files, such as footfall add runs/*.mcap, or a folder with --watch")
    if watch is not None:
        asyncio.run(_watch(InboxFolder(watch, data_dir, runner, console.write_line)))
        return
    groups = sessions_of_files(files)
    not_whole = 0
    for paths in groups:
        try:
            with console.progress_once_known(f"Adding {name_of(paths)}") as begin:
                added = add_session(paths, data_dir, runner, begin, prepare_processing)
        except FootfallError as error:
            not_whole += 1
            console.remark(f"not added: {error}")
            continue
        for line in added.remarks:
            console.remark(line)
        not_whole += not added.whole
        console.write_line(wire.json_line(_as_object(paths, added)) if json else told(name_of(paths), added))
    if not_whole:
        raise GatewayError(f"{not_whole} of {len(groups)} sessions {'is' if not_whole == 1 else 'are'} not there whole")


def _as_object(paths: Sequence[Path], added: Addition) -> wire.JsonObject:
    return {
        "type": "addition",
        "files": [str(path) for path in paths],
        "session_id": added.session_id,
        "came": added.came.value,
        "started_utc": None if added.started_utc is None else added.started_utc.isoformat(),
        "demo": added.is_demo,
        "whole": added.whole,
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
