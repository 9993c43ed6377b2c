"""`footfall note`: what only the runner can tell."""

from typing import Annotated, Final

from cyclopts import Parameter

from footfall_coaching.answers import Pain, PainSite, Phase, Shoe, ShoeKind
from footfall_gateway import console
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder, RunnerName
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.store.database import Store
from footfall_gateway.store.lookup import find_run, open_store
from footfall_processing.errors import InputError
from footfall_processing.session import Side

_WHEN: Final = {Phase.DURING: "", Phase.AFTER: ", after the run", Phase.MORNING: ", the next morning"}


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
    phase: Phase = Phase.DURING,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Note what hurt in a session or after it. Once more for the same place takes the earlier one's place.

    Pain on a day without a run is told on the page Log (footfall serve).

    Parameters
    ----------
    session
        Its id as `footfall sessions list` shows it, or last for your last run (demos are none).
    level
        From 0 (none) to 10 (the worst thinkable); 0 without a place says that nothing hurts.
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
    phase
        When: during the run, after it, or the next morning.
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
    places: list[tuple[PainSite | None, Side | None]]
    places = [(site, side) for site, side in given.items() if side is not None]
    if not places and level > 0:
        raise InputError("say where it hurt, such as --knee left")
    places = places or [(None, None)]
    with open_store(data_dir) as store:
        found = find_run(store, session, data_dir).header
        about = found.session
        if found.is_demo:
            raise InputError(f"session {about.id} is a demo: nobody ran it, so nothing hurt in it")
        if about.id in store.log.discarded():
            raise InputError(
                f"session {about.id} lies in the bin, where it counts nowhere; "
                f"bring it back with footfall sessions restore {about.id}"
            )
        now = SystemClock().utc_now()
        pains = [Pain(about.runner_name, about.id, now, phase, site, side, level) for site, side in places]
        store.answers.note(*pains)
    for pain in pains:
        what = "nothing hurts" if pain.site is None else f"{pain.side} {pain.site.words}, {pain.level} of 10"
        console.write_line(f"Session {about.id}: {what}{_WHEN[phase]}")


def note_shoe(
    name: Annotated[str, Parameter(name="NAME")],
    /,
    *,
    kind: ShoeKind = ShoeKind.USUAL,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Note which shoe you wear from now on. Sessions that have begun keep theirs.

    Parameters
    ----------
    name
        What you call it; one name for each pair.
    kind
        Whether it is a usual one or a minimal one, of which a log tells how much of a week is run in it.
    runner
        Whose shoe it is, where a data folder is shared by several runners.
    data_dir
        Where the store is.
    """
    note = Shoe(runner, SystemClock().utc_now(), name, kind)
    make_folders(data_dir)
    with Store.open(store_path(data_dir)) as store:
        store.answers.note(note)
    console.write_line(f"From now on: {note.name}")
