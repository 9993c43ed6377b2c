"""`footfall live`: watch a run live, from your own sensors."""

from functools import partial
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import console
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.cue_options import NO_CUES, CueOptions
from footfall_gateway.commands.kept_runs import keep_from_sensors, page_opened, say, screen, show_end, stays
from footfall_gateway.commands.kept_shelf import KeptShelf
from footfall_gateway.commands.options import (
    DEFAULT_DATA_FOLDER,
    DEFAULT_SENSORS_FILE,
    Adapters,
    DataFolder,
    Duration,
    HeightM,
    MassKg,
    OwnRunner,
    SensorsFile,
    ToInflux,
    ToListeners,
    broker_from,
    runner_from,
)
from footfall_gateway.commands.outputs import Outputs, influx_from_settings
from footfall_gateway.commands.page_options import ON_THIS_COMPUTER, PageOptions
from footfall_gateway.commands.pages import Page
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.sessions.ready_run import Place
from footfall_gateway.sessions.sensor_run import SensorRun, paired_sensors


def live(
    *,
    duration: Duration = None,
    seconds: Annotated[float, Parameter(name="--seconds")] = 30.0,
    anew: Annotated[bool, Parameter(name="--new")] = False,
    browser: Annotated[bool, Parameter(negative="--no-browser", name="--browser")] = True,
    page: PageOptions = ON_THIS_COMPUTER,
    cues: CueOptions = NO_CUES,
    influx: ToInflux = False,
    listeners: ToListeners = None,
    runner: OwnRunner = "",
    mass_kg: MassKg = None,
    height_m: HeightM = None,
    adapter: Adapters = (),
    sensors_file: SensorsFile = DEFAULT_SENSORS_FILE,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Watch a run live, from the sensors that you paired. It is recorded; Ctrl-C ends it.

    The page then leads to the run's own, and the pages stay until Ctrl-C comes again, where this is a terminal.
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
    influx
        Also write to the InfluxDB that FOOTFALL_INFLUX_URL names, with the token of FOOTFALL_INFLUX_TOKEN_FILE or
        FOOTFALL_INFLUX_TOKEN.
    listeners
        Also tell strides, windows, landings and the summary to whoever listens at this MQTT broker: mqtt://HOST:PORT,
        or mqtts:// with TLS; user and password as for footfall gateway.
    runner
        Whose run it is: whose stride length calibration to use, where one is kept (footfall analyze --distance-m), and
        who sees the page from other computers.
    mass_kg
        The runner's body mass, for vertical and leg stiffness.
    height_m
        The runner's height, for the same; give both or neither.
    adapter
        Which Bluetooth adapters to use, such as hci1, where there are several (Linux); by default the first.
    sensors_file
        Where paired sensors are remembered.
    data_dir
        Where recordings and the store go.
    """
    door = page.door(data_dir, runner)
    outputs = Outputs(
        Page(
            door,
            page_opened("The page: ", "  (Ctrl-C ends the run)", browser, door),
            runner=runner,
            stays=stays(),
            shelf=KeptShelf(data_dir, sensors_file),
        ),
        screen(),
        influx_from_settings() if influx else None,
        None if listeners is None else broker_from(listeners),
        cues.of_a_run(),
    )
    asked = SensorRun(
        paired_sensors(sensors_file),
        adapter,
        find_s=seconds,
        duration_s=duration,
        anew=anew,
        runner=runner_from(mass_kg, height_m),
    )
    prepare_processing()
    looked_for = ", ".join(one.id for one in asked.paired.values())
    console.stdout_console().print(f"Looking for {looked_for}.", soft_wrap=True)
    place = Place(data_dir, say(outputs.screen), runner)
    kept = keep_from_sensors(asked, place, outputs, SystemClock(), partial(show_end, folder=data_dir))
    kept.require_whole()
