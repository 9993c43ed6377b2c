"""`footfall demo`: watch a recorded run live, with no sensor at all, among the pages of a runner who was made up."""

from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from footfall_dashboards.access import Door
from footfall_gateway import console, settings
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.cue_options import NO_CUES, CueOptions
from footfall_gateway.commands.demo_programme import Played, play_programme
from footfall_gateway.commands.kept_runs import keep_played, page_opened, say, say_line, screen, show_end, stays
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
from footfall_processing.errors import InputError

SIGN: Final = "demo.txt"
"""Tells a demo's folder from any other of that name."""
PLAYED: Final = "Playing a runner who follows a programme. The page: "
REMARK: Final = "A demo: this runner and these months were made up. Your own pages: footfall serve"


def demo(
    files: Annotated[tuple[Path, ...], Parameter(name="FILE", show_default=False)] = (),
    /,
    *,
    speed: Speed = 1.0,
    duration: Duration = None,
    programme: Annotated[bool, Parameter(negative="")] = False,
    browser: Annotated[bool, Parameter(negative="--no-browser", name="--browser")] = True,
    page: PageOptions = ON_THIS_COMPUTER,
    cues: CueOptions = NO_CUES,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Watch a recorded run live, played by virtual sensors over virtual Bluetooth. Ctrl-C ends it.

    Around it are the pages of a runner who was made up, with three months of runs. The page then leads to the run's
    own, and the pages stay until Ctrl-C comes again, where this is a terminal. Your own log is left alone.

    With --programme no run is played but nine months of plan, in some minutes: a test, a programme that amber holds and
    red stops, a calf that hurts, exercises, and the checks afterwards. The page of the plan follows by itself.

    Parameters
    ----------
    files
        A recording, or the CSV files of one session; by default one that comes with Footfall.
    speed
        1 as it was run, 10 for ten times as fast, max for as fast as the computer can.
    duration
        Stop after this many seconds of the run.
    programme
        Play a runner who follows a programme and exercises, a scene after the other; faster with --speed.
    browser
        Open the page in the browser.
    runner
        What the runner is called, who sees the pages from other computers.
    data_dir
        In its folder demo the demo has a store of its own, made anew each time.
    """
    if programme and (files or duration is not None):
        raise GatewayError("--programme plays no run: leave the file away, and --duration too")
    if programme:
        _require_no_cues(cues)
    wish = cues.of_a_run()
    door = page.door(data_dir, runner)
    if programme:
        _play_programme(
            door, runner, demo_folder(data_dir), speed, page_opened(PLAYED, "  (Ctrl-C ends it)", browser, door)
        )
        return
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
        _make_anew(folder)
        _fill(folder, named)
        shelf = PlayedShelf(folder, played.header)
        outputs = Outputs(Page(door, opened, played.name, named, stays(), REMARK, shelf), screen(), cues=wish)
        place = Place(folder, say(outputs.screen), named)
        told = partial(show_end, folder=folder)
        kept = keep_played(played, place, outputs, told, speed=speed, duration_s=duration)
    kept.require_whole()
    played.require_whole()


def _require_no_cues(cues: CueOptions) -> None:
    """Refuse cues that were asked for here: no run is played that they could be of. Those of settings are let go."""
    own = settings.load().settings
    for name in ("cue", "target", "tones", "quiet"):
        if getattr(cues, name) not in (getattr(NO_CUES, name), getattr(own, name)):
            raise InputError(
                f"--{name} is of a run, and --programme plays none: leave it away; cues are heard with footfall demo "
                "--cue impact"
            )


def _check(folder: Path) -> None:
    """Refuse a folder that no demo made: what is in it goes."""
    if folder.exists() and not (folder / SIGN).exists() and any(folder.iterdir()):
        raise GatewayError(f"{folder}: is there already, and no demo made it; choose another --data-dir")


def _play_programme(door: Door, runner: str, folder: Path, speed: float, opened: Callable[[str], None]) -> None:
    _check(folder)
    make_folders(folder)
    with held_alone(folder, "demo"):
        _make_anew(folder)
        play_programme(Played(folder, runner, door, speed, stays(), REMARK), opened, say_line)


def _make_anew(folder: Path) -> None:
    """Empty the demo's folder: what an earlier demo left there goes."""
    try:
        (folder / SIGN).write_text("A demo made this folder, and the next one makes it anew.\n", encoding="utf-8")
        for path in (*recordings_folder(folder).iterdir(), *folder.glob(f"{store_path(folder).name}*")):
            path.unlink()
    except OSError as error:
        raise GatewayError(
            f"{error.filename or folder}: can't be made anew ({error.strerror}); choose another folder with --data-dir"
        ) from error


def _fill(folder: Path, runner: str) -> None:
    with Store.open(store_path(folder)) as store:
        now = SystemClock().utc_now().astimezone(LocalZone())
        keep_months(store, made_up_months(now, runner), f"footfall {version('footfall')}")
