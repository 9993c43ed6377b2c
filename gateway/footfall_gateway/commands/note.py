"""`footfall note`: what only the runner can tell."""

from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import console
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder, RunnerName
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.store.database import Store
from footfall_gateway.store.lookup import find_session, open_store
from footfall_gateway.store.notes import PainNote, PainSite, ShoeNote
from footfall_processing.errors import InputError
from footfall_processing.session import Side


def note_pain(
    session: Annotated[str, Parameter(name="SESSION")],
    /,
    *,
    level: int,
    foot: Side | None = None,
    achilles: Side | None = None,
    shin: Side | None = None,
    calf: Side | None = None,
    knee: Side | None = None,
    thigh: Side | None = None,
    hip: Side | None = None,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Note what hurt in a session, for your trends. Once more for the same place takes the earlier one's place.

    Parameters
    ----------
    session
        Its id as `footfall sessions list` shows it, or last.
    level
        From 0 (none) to 10 (the worst thinkable).
    foot
        The foot hurt, on this side.
    achilles
        The Achilles tendon hurt, on this side.
    shin
        The shin hurt, on this side.
    calf
        The calf hurt, on this side.
    knee
        The knee hurt, on this side.
    thigh
        The thigh hurt, on this side.
    hip
        The hip hurt, on this side.
    data_dir
        Where the store is.
    """
    given = {
        PainSite.FOOT: foot,
        PainSite.ACHILLES: achilles,
        PainSite.SHIN: shin,
        PainSite.CALF: calf,
        PainSite.KNEE: knee,
        PainSite.THIGH: thigh,
        PainSite.HIP: hip,
    }
    places = {site: side for site, side in given.items() if side is not None}
    if not places:
        raise InputError("say where it hurt, such as --knee left")
    with open_store(data_dir) as store:
        session_id = find_session(store, session, data_dir).header.session.id
        for note in [PainNote(session_id, site, side, level) for site, side in places.items()]:
            store.note_pain(note)
            console.write_line(f"Session {session_id}: {note.side} {note.site}, {note.level} of 10")


def note_shoe(
    name: Annotated[str, Parameter(name="NAME")],
    /,
    *,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Note which shoe you wear from now on. Sessions that have begun keep theirs.

    Parameters
    ----------
    name
        What you call it; one name for each pair.
    runner
        Whose shoe it is, where a data folder is shared by several runners.
    data_dir
        Where the store is.
    """
    note = ShoeNote(runner, SystemClock().utc_now(), name)
    make_folders(data_dir)
    with Store.open(store_path(data_dir)) as store:
        store.note_shoe(note)
    console.write_line(f"From now on: {note.name}")
