"""`footfall demo`: watch a recorded run live, with no sensor at all."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import console
from footfall_gateway.commands.kept_runs import keep_played, page_opened, say, screen, show_end
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder, Duration, RunnerName, Speed
from footfall_gateway.commands.outputs import Outputs, Page
from footfall_gateway.commands.page_options import ON_THIS_COMPUTER, PageOptions
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.formats.inputs import open_input
from footfall_gateway.recordings.example import example_recording
from footfall_gateway.sessions.ready_run import Place


def demo(
    files: Annotated[tuple[Path, ...], Parameter(name="FILE", show_default=False)] = (),
    /,
    *,
    speed: Speed = 1.0,
    duration: Duration = None,
    browser: Annotated[bool, Parameter(negative="--no-browser", name="--browser")] = True,
    page: PageOptions = ON_THIS_COMPUTER,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Watch a recorded run live, played by virtual sensors over virtual Bluetooth. Ctrl-C ends it.

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
        Whose run it is: whose stride length calibration to use, where one is kept (footfall analyze --distance-m), and
        who sees the page from other computers.
    data_dir
        Where the new recording and the store go.
    """
    door = page.door(data_dir, runner)
    played = open_input(files or (example_recording(),))
    for remark in played.remarks:
        console.remark(remark)
    prepare_processing(played.header.session.sensors)
    opened = page_opened(f"Playing {played.name}. The page: ", "  (Ctrl-C ends it)", browser)
    outputs = Outputs(Page(door, opened, played.name, runner), screen())
    place = Place(data_dir, say(outputs.screen), runner)
    kept = keep_played(played, place, outputs, speed=speed, duration_s=duration)
    show_end(kept, data_dir)
    kept.require_whole()
    played.require_whole()
