"""`footfall replay`: a recording through virtual sensors, Bluetooth and gateway, as in a live run."""

import math
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import console
from footfall_gateway.commands.cue_options import NO_CUES, CueOptions
from footfall_gateway.commands.kept_runs import keep_played, say, screen, show_end
from footfall_gateway.commands.options import (
    DEFAULT_DATA_FOLDER,
    DataFolder,
    Duration,
    RunnerName,
    Speed,
    ToInflux,
    ToListeners,
    broker_from,
)
from footfall_gateway.commands.outputs import Outputs, influx_from_settings
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.formats.inputs import open_input
from footfall_gateway.sessions.kept_run import KeptRun
from footfall_gateway.sessions.ready_run import Place
from footfall_gateway.sessions.sinks.json_lines import JsonLines


def replay(
    files: Annotated[tuple[Path, ...], Parameter(name="FILE")],
    /,
    *,
    speed: Speed = math.inf,
    duration: Duration = None,
    influx: ToInflux = False,
    listeners: ToListeners = None,
    cues: CueOptions = NO_CUES,
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
    influx
        Also write to the InfluxDB that FOOTFALL_INFLUX_URL names: as for footfall live.
    listeners
        Also tell whoever listens at this MQTT broker, mqtt://HOST:PORT: as for footfall live.
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
    shown_on = None if json else screen()
    lines = [JsonLines(console.write_line, doing=True)] if json else []
    outputs = Outputs(
        screen=shown_on,
        influx=influx_from_settings() if influx else None,
        listeners=None if listeners is None else broker_from(listeners),
        cues=cues.wish(),
        more=lines,
    )

    def ended(kept: KeptRun) -> None:
        if json:
            console.remark(f"recorded to {kept.recording_path}")
        else:
            show_end(kept, data_dir)

    place = Place(data_dir, say(shown_on), runner)
    kept = keep_played(played, place, outputs, ended, speed=speed, duration_s=duration)
    kept.require_whole()
    played.require_whole()
