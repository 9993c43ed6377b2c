"""`footfall live`: watch a run live, from your own sensors."""

import asyncio
import webbrowser
from typing import Annotated

from cyclopts import Parameter

from footfall_dashboards.live.server import DEFAULT_PORT, LOOPBACK
from footfall_gateway import console
from footfall_gateway.commands.demo import has_display, show_end
from footfall_gateway.commands.live_run import Page, Surroundings
from footfall_gateway.commands.options import (
    DEFAULT_DATA_FOLDER,
    DEFAULT_SENSORS_FILE,
    Adapters,
    DataFolder,
    Duration,
    HeightM,
    MassKg,
    RunnerName,
    SensorsFile,
    runner_from,
)
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.commands.sensor_run import SensorRun, paired_sensors, take


def live(
    *,
    duration: Duration = None,
    seconds: Annotated[float, Parameter(name="--seconds")] = 30.0,
    anew: Annotated[bool, Parameter(name="--new")] = False,
    browser: Annotated[bool, Parameter(negative="--no-browser", name="--browser")] = True,
    port: int = DEFAULT_PORT,
    host: str = LOOPBACK,
    runner: RunnerName = "",
    mass_kg: MassKg = None,
    height_m: HeightM = None,
    adapter: Adapters = (),
    sensors_file: SensorsFile = DEFAULT_SENSORS_FILE,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Watch a run live, from the sensors that you paired. It is recorded; Ctrl-C ends it.

    A session that broke off less than half an hour ago, as when power failed, goes on.

    Parameters
    ----------
    duration
        Stop after this many seconds.
    seconds
        How long to look for the sensors; the run begins with those that were found.
    anew
        Begin a new session in any case.
    browser
        Open the page in the browser.
    port
        The page's port; 0 takes any free one.
    host
        Where the page can be reached from; by default only from this computer.
    runner
        Whose stride length calibration to use, where one is kept (footfall analyze --distance-m).
    mass_kg, height_m
        The runner's, for stiffness; give both or neither.
    adapter
        Which Bluetooth adapters to use, such as hci1, where there are several (Linux); by default the first.
    sensors_file
        Where paired sensors are remembered.
    data_dir
        Where recordings and the store go.
    """
    asked = SensorRun(
        paired_sensors(sensors_file),
        adapter,
        find_s=seconds,
        duration_s=duration,
        anew=anew,
        runner=runner_from(mass_kg, height_m),
    )
    prepare_processing()
    out = console.stdout_console()

    def opened(url: str) -> None:
        out.print(f"The page: {url}  (Ctrl-C ends the run)", soft_wrap=True)
        if browser and has_display():
            webbrowser.open(url)

    out.print(f"Looking for {', '.join(one.id for one in asked.paired.values())}.", soft_wrap=True)
    surroundings = Surroundings(data_dir, Page(host, port, opened), out if out.is_terminal else None, runner)
    live_run = asyncio.run(take(asked, surroundings))
    show_end(live_run)
    live_run.require_whole()
