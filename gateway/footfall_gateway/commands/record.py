"""`footfall record`: record runs from your own sensors, with nothing to look at."""

import math
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import console
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.kept_runs import keep_from_sensors, say
from footfall_gateway.commands.options import (
    DEFAULT_DATA_FOLDER,
    DEFAULT_SENSORS_FILE,
    DEFAULT_SILENCE_S,
    Adapters,
    DataFolder,
    Duration,
    RunnerName,
    SensorsFile,
)
from footfall_gateway.commands.outputs import Outputs
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.sessions.ready_run import Place
from footfall_gateway.sessions.sensor_run import SensorRun, paired_sensors


def record(
    *,
    wait: bool = False,
    duration: Duration = None,
    seconds: Annotated[float, Parameter(name="--seconds")] = 30.0,
    silence: Annotated[float, Parameter(name="--silence")] = DEFAULT_SILENCE_S,
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
    place = Place(data_dir, say(), runner)
    while True:
        out.print(f"Looking for {', '.join(one.id for one in asked.paired.values())}.", soft_wrap=True)
        kept = keep_from_sensors(asked, place, Outputs(), SystemClock())
        strides = sum(part.strides for part in kept.end.summary.sensors)
        out.print(f"Recorded {strides} strides: {kept.recording_path}", soft_wrap=True)
        kept.require_whole()
        if not wait or kept.interrupted:
            return
