"""`footfall record`: record runs from your own sensors, with nothing to look at."""

import asyncio
import math
from typing import Annotated, Final

from cyclopts import Parameter

from footfall_gateway import console
from footfall_gateway.commands.live_run import Surroundings
from footfall_gateway.commands.options import (
    DEFAULT_DATA_FOLDER,
    DEFAULT_SENSORS_FILE,
    Adapters,
    DataFolder,
    Duration,
    RunnerName,
    SensorsFile,
)
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.commands.sensor_run import SensorRun, paired_sensors, take

SILENCE_S: Final = 300.0


def record(
    *,
    wait: bool = False,
    duration: Duration = None,
    seconds: Annotated[float, Parameter(name="--seconds")] = 30.0,
    silence: Annotated[float, Parameter(name="--silence")] = SILENCE_S,
    anew: Annotated[bool, Parameter(name="--new")] = False,
    runner: RunnerName = "",
    adapter: Adapters = (),
    sensors_file: SensorsFile = DEFAULT_SENSORS_FILE,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Record a run from the sensors that you paired, without page: for a computer that is carried along.

    A session ends when the sensors have been silent for a while, or with Ctrl-C. One that broke off less than half an
    hour ago, as when power failed, goes on.

    Parameters
    ----------
    wait
        Wait for the sensors as long as it takes, and for the next run after each.
    duration
        Stop after this many seconds.
    seconds
        How long to look for the sensors; the run begins with those that were found.
    silence
        End the session when no sensor has sent anything for so many seconds.
    anew
        Begin a new session in any case.
    runner
        Whose stride length calibration to use, where one is kept (footfall analyze --distance-m).
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
        find_s=math.inf if wait else seconds,
        duration_s=duration,
        silence_s=silence,
        anew=anew,
    )
    prepare_processing()
    out = console.stdout_console()
    while True:
        out.print(f"Looking for {', '.join(one.id for one in asked.paired.values())}.", soft_wrap=True)
        live_run = asyncio.run(take(asked, Surroundings(data_dir, runner_name=runner)))
        strides = len(live_run.result.strides)
        out.print(f"Recorded {strides} strides: {live_run.recording_path}", soft_wrap=True)
        live_run.require_whole()
        if not wait or live_run.interrupted:
            return
