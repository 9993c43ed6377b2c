"""`footfall record`: record runs from your own sensors, with nothing to look at."""

import asyncio
import math
from functools import partial
from typing import Annotated

from cyclopts import Parameter

from footfall_coaching.today import NEXT_MORNING
from footfall_gateway import console, data_folder, settings
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.cue_options import NO_CUES, CueOptions
from footfall_gateway.commands.kept_runs import keep_from_sensors, kept_from_sensors, say
from footfall_gateway.commands.options import (
    DEFAULT_DATA_FOLDER,
    DEFAULT_SENSORS_FILE,
    Adapters,
    DataFolder,
    Duration,
    HealthPort,
    Log,
    OwnRunner,
    SensorsFile,
    Silence,
)
from footfall_gateway.commands.outputs import Outputs
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.data_folder import make_folders
from footfall_gateway.say import Told, line
from footfall_gateway.service.running import Service
from footfall_gateway.service.signs import look_at_disk
from footfall_gateway.service.vitals import Sign, Vitals
from footfall_gateway.sessions.kept_run import RECORDING, KeptRun
from footfall_gateway.sessions.ready_run import Place
from footfall_gateway.sessions.sensor_run import SensorRun, paired_sensors
from footfall_gateway.settings import DEFAULTS


def record(
    *,
    wait: bool = False,
    duration: Duration = None,
    seconds: Annotated[float, Parameter(name="--seconds")] = 30.0,
    silence: Silence = DEFAULTS.silence_s,
    anew: Annotated[bool, Parameter(name="--new")] = False,
    cues: CueOptions = NO_CUES,
    runner: OwnRunner = "",
    adapter: Adapters = (),
    health_port: HealthPort = DEFAULTS.health_port,
    log: Log = DEFAULTS.log,
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
    health_port
        With --wait: the port of /healthz on this computer; 0 takes any free one, which `footfall health` finds.
    log
        With --wait, how to log: text, json, or auto: text on a terminal and in the journal, else a JSON object a line.
    sensors_file
        Where paired sensors are remembered.
    data_dir
        Where recordings and the store go.
    """
    outputs = Outputs(cues=cues.of_a_run())
    asked = SensorRun(
        paired_sensors(sensors_file),
        adapter,
        find_s=math.inf if wait else seconds,
        duration_s=duration,
        silence_s=silence,
        anew=anew,
    )
    if wait:
        known = settings.load().settings
        make_folders(data_dir)
        service = Service.begin("record", data_dir, known, log_format=log, health_port=health_port)
        prepare_processing(say=line)
        asyncio.run(_record_on(asked, Place(data_dir, line, runner), outputs, service))
        return
    prepare_processing()
    out = console.stdout_console()
    out.print(_looking_for(asked), soft_wrap=True)

    def ended(kept: KeptRun) -> None:
        out.print(f"{_recorded(kept)}\nSee it: footfall serve\n{NEXT_MORNING}", soft_wrap=True, markup=False)

    kept = keep_from_sensors(asked, Place(data_dir, say(), runner), outputs, SystemClock(), ended)
    kept.require_whole()


async def _record_on(asked: SensorRun, place: Place, outputs: Outputs, service: Service) -> None:
    """Record run after run, until the user has had enough."""
    recordings = data_folder.recordings_folder(place.folder)
    files = {"store": place.store_path}
    service.vitals.look_at("disk", look_at_disk(recordings, files))
    service.vitals.look_at("recording", partial(_look_at_recording, service.vitals))
    async with service.running():
        while True:
            line(_looking_for(asked))
            kept = await kept_from_sensors(asked, place, outputs, SystemClock(), _told, service.vitals)
            kept.require_whole()
            if kept.interrupted:
                return


def _told(kept: KeptRun) -> None:
    session_id = kept.header.session.id
    line(Told(_recorded(kept), "session recorded", session=session_id, strides=_strides(kept)))


async def _look_at_recording(vitals: Vitals) -> Sign:
    return Sign({"last_data_s_ago": vitals.ago_s(RECORDING)})


def _looking_for(asked: SensorRun) -> str:
    return f"Looking for {', '.join(one.id for one in asked.paired.values())}."


def _strides(kept: KeptRun) -> int:
    return sum(part.strides for part in kept.end.summary.sensors)


def _recorded(kept: KeptRun) -> str:
    return f"Recorded {_strides(kept)} strides: {kept.recording_path}"
