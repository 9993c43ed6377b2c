"""`footfall demo`: watch a recorded run live, with no sensor at all, among the pages of a runner who was made up."""

from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from footfall_gateway import console
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.cue_options import NO_CUES, CueOptions
from footfall_gateway.commands.kept_runs import keep_played, page_opened, say, screen, show_end, stays
from footfall_gateway.commands.kept_shelf import PlayedShelf
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder, Duration, RunnerName, Speed
from footfall_gateway.commands.outputs import Outputs
from footfall_gateway.commands.page_options import ON_THIS_COMPUTER, PageOptions
from footfall_gateway.commands.pages import Page
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.data_folder import demo_folder, held_alone, make_folders, recordings_folder, store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.formats.inputs import open_input
from footfall_gateway.local_zone import LocalZone
from footfall_gateway.recordings.example import example_recording
from footfall_gateway.sessions.ready_run import Place
from footfall_gateway.store.database import Store
from footfall_gateway.virtual.made_up_sessions import keep_months
from footfall_gateway.virtual.months import made_up_months

SIGN: Final = "demo.txt"
"""Tells a demo's folder from any other of that name."""
REMARK: Final = "A demo: this runner and these months were made up. Your own pages: footfall serve"


def demo(
    files: Annotated[tuple[Path, ...], Parameter(name="FILE", show_default=False)] = (),
    /,
    *,
    speed: Speed = 1.0,
    duration: Duration = None,
    browser: Annotated[bool, Parameter(negative="--no-browser", name="--browser")] = True,
    page: PageOptions = ON_THIS_COMPUTER,
    cues: CueOptions = NO_CUES,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Watch a recorded run live, played by virtual sensors over virtual Bluetooth. Ctrl-C ends it.

    Around it are the pages of a runner who was made up, with three months of runs. The page then leads to the run's
    own, and the pages stay until Ctrl-C comes again, where this is a terminal. Your own log is left alone.

    Parameters
    ----------
    files
        A recording, or the CSV files of one session; by default one that comes with Footfall.
    speed
        1 as it was run, 10 for ten times as fast, max for as fast as the computer can.
    duration
        Stop after this many seconds of the run.
    browser
        Open the page in the browser.
    runner
        What the runner is called, who sees the pages from other computers.
    data_dir
        In its folder demo the demo has a store of its own, made anew each time.
    """
    wish = cues.wish()
    door = page.door(data_dir, runner)
    played = open_input(files or (example_recording(),))
    for remark in played.remarks:
        console.remark(remark)
    prepare_processing(played.header.session.sensors)
    opened = page_opened(f"Playing {played.name}. The page: ", "  (Ctrl-C ends it)", browser, door)
    named = runner or played.header.session.runner_name
    folder = demo_folder(data_dir)
    _check(folder)
    make_folders(folder)
    with held_alone(folder, "demo"):
        _make_anew(folder, named)
        shelf = PlayedShelf(folder, played.header)
        outputs = Outputs(Page(door, opened, played.name, named, stays(), REMARK, shelf), screen(), cues=wish)
        place = Place(folder, say(outputs.screen), named)
        told = partial(show_end, folder=folder)
        kept = keep_played(played, place, outputs, told, speed=speed, duration_s=duration)
    kept.require_whole()
    played.require_whole()


def _check(folder: Path) -> None:
    """Refuse a folder that no demo made: what is in it goes."""
    if folder.exists() and not (folder / SIGN).exists() and any(folder.iterdir()):
        raise GatewayError(f"{folder}: is there already, and no demo made it; choose another --data-dir")


def _make_anew(folder: Path, runner: str) -> None:
    """Fill the demo's folder with three months; what an earlier demo left there goes."""
    try:
        (folder / SIGN).write_text("A demo made this folder, and the next one makes it anew.\n", encoding="utf-8")
        for path in (*recordings_folder(folder).iterdir(), *folder.glob(f"{store_path(folder).name}*")):
            path.unlink()
    except OSError as error:
        raise GatewayError(
            f"{error.filename or folder}: can't be made anew ({error.strerror}); choose another folder with --data-dir"
        ) from error
    with Store.open(store_path(folder)) as store:
        now = SystemClock().utc_now().astimezone(LocalZone())
        keep_months(store, made_up_months(now, runner), f"footfall {version('footfall')}")
