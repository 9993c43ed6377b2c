"""`footfall demo`: watch a recorded run live, with no sensor at all."""

import asyncio
import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from footfall_dashboards.live.server import DEFAULT_PORT, LOOPBACK
from footfall_gateway import console
from footfall_gateway.commands.live_run import LiveRun, Page, Surroundings, play
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder, Duration, RunnerName, Speed
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.formats.inputs import open_input
from footfall_gateway.recordings.example import example_recording


def demo(
    files: Annotated[tuple[Path, ...], Parameter(name="FILE", show_default=False)] = (),
    /,
    *,
    speed: Speed = 1.0,
    duration: Duration = None,
    browser: Annotated[bool, Parameter(negative="--no-browser", name="--browser")] = True,
    port: int = DEFAULT_PORT,
    host: str = LOOPBACK,
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
    port
        The page's port; 0 takes any free one.
    host
        Where the page can be reached from; by default only from this computer.
    runner
        Whose stride length calibration to use, where one is kept (footfall analyze --distance-m).
    data_dir
        Where the new recording and the store go.
    """
    played = open_input(files or (example_recording(),))
    for remark in played.remarks:
        console.remark(remark)
    prepare_processing()
    out = console.stdout_console()

    def opened(url: str) -> None:
        out.print(f"Playing {played.name}. The page: {url}  (Ctrl-C ends it)", soft_wrap=True)
        if browser and has_display():
            webbrowser.open(url)

    live_run = asyncio.run(
        play(
            played,
            Surroundings(data_dir, Page(host, port, opened), out if out.is_terminal else None, runner),
            speed=speed,
            duration_s=duration,
        )
    )
    show_end(live_run)
    live_run.require_whole()


def show_end(live_run: LiveRun) -> None:
    """Print the summary, and where the recording lies."""
    out = console.stdout_console()
    result = live_run.result
    out.print(
        console.render_summary(result.summary, live_run.header.session.sensors, result.strides, result.companions)
    )
    out.print(f"Recording: {live_run.recording_path}", soft_wrap=True)


def has_display() -> bool:
    """Tell whether a browser would open a window, rather than take over this terminal."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
