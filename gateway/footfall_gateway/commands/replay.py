"""`footfall replay`: a recording through virtual sensors, Bluetooth and gateway, as in a live run."""

import asyncio
import math
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import console
from footfall_gateway.commands.analyze import print_json
from footfall_gateway.commands.demo import show_end
from footfall_gateway.commands.live_run import Surroundings, play
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder, Duration, RunnerName, Speed
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.formats.inputs import open_input


def replay(
    files: Annotated[tuple[Path, ...], Parameter(name="FILE")],
    /,
    *,
    speed: Speed = math.inf,
    duration: Duration = None,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """Play a session through virtual sensors, Bluetooth and gateway, as in a live run, without the page.

    The run is recorded and stored anew; analysing that recording gives the same strides.

    Parameters
    ----------
    files
        A recording, or the CSV files of one session.
    speed
        1 as it was run, 10 for ten times as fast, max for as fast as the computer can.
    duration
        Stop after this many seconds of the run.
    runner
        Whose stride length calibration to use, where one is kept (footfall analyze --distance-m).
    data_dir
        Where the new recording and the store go.
    json
        Print JSON lines at the end: the new recording, what was done from when on, each stride, the summary. Nothing
        else goes to stdout.
    """
    played = open_input(files)
    for remark in played.remarks:
        console.remark(remark)
    prepare_processing(played.header.session.sensors)
    out = console.stdout_console()
    screen = out if out.is_terminal and not json else None
    live_run = asyncio.run(
        play(
            played,
            Surroundings(data_dir, screen=screen, runner_name=runner),
            speed=speed,
            duration_s=duration,
        )
    )
    if json:
        result = live_run.result
        print_json(live_run.header, result.strides, doings=result.doings, companions=result.companions)
        console.remark(f"recorded to {live_run.recording_path}")
    else:
        show_end(live_run)
    live_run.require_whole()
