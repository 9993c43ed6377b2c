"""`footfall gateway`: take runs and send them on, over MQTT, to the computer that computes."""

import asyncio
import math
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import console, data_folder
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import (
    DEFAULT_BROKER,
    DEFAULT_DATA_FOLDER,
    DEFAULT_SENSORS_FILE,
    DEFAULT_SILENCE_S,
    Adapters,
    BrokerUrl,
    DataFolder,
    Duration,
    RunnerName,
    SensorsFile,
    Speed,
    broker_from,
)
from footfall_gateway.commands.upkeep import finish_removals
from footfall_gateway.formats.inputs import Input, open_input
from footfall_gateway.mqtt.broker import BrokerAddress
from footfall_gateway.mqtt.sending import Sending
from footfall_gateway.mqtt.topics import this_gateway
from footfall_gateway.sessions.played_run import play
from footfall_gateway.sessions.ready_run import Place
from footfall_gateway.sessions.sensor_run import SensorRun, paired_sensors, take_from_sensors, unfinished_run


def gateway(
    *,
    broker: BrokerUrl = DEFAULT_BROKER,
    name: Annotated[str, Parameter(name="--name", env_var="FOOTFALL_GATEWAY", show_default=False)] = "",
    replay: Annotated[tuple[Path, ...], Parameter(name="--replay", consume_multiple=True)] = (),
    speed: Speed = 1.0,
    duration: Duration = None,
    silence: Annotated[float, Parameter(name="--silence")] = DEFAULT_SILENCE_S,
    anew: Annotated[bool, Parameter(name="--new")] = False,
    runner: RunnerName = "",
    adapter: Adapters = (),
    sensors_file: SensorsFile = DEFAULT_SENSORS_FILE,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Take run after run from the sensors that you paired, and send them over MQTT to `footfall process`.

    Everything is recorded here first, and kept until the other side has it: either may be down for as long as the disk
    has room. The broker's user comes from FOOTFALL_MQTT_USER, the password from FOOTFALL_MQTT_PASSWORD_FILE or
    FOOTFALL_MQTT_PASSWORD.

    Parameters
    ----------
    broker
        The MQTT broker: mqtt://HOST:PORT, or mqtts:// with TLS.
    name
        What to call this gateway in MQTT topics; no two may have the same. By default the broker's user, else the
        computer's name; our broker's access list lets a user write below its own name alone.
    replay
        Play a recording, or the CSV files of one session, through virtual sensors in place of your own, and end.
    speed
        Of the replay: 1 as it was run, 10 for ten times as fast, max for as fast as the computer can.
    duration
        End a run after this many seconds.
    silence
        End a run when no sensor has sent anything for so many seconds.
    anew
        Begin a new session in any case.
    runner
        Who runs: the name in the session, and whose stride length calibration to use, where one is kept.
    adapter
        Which Bluetooth adapters to use, such as hci1, where there are several (Linux); by default the first.
    sensors_file
        Where paired sensors are remembered.
    data_dir
        Where recordings, and what waits to be sent, go.
    """
    address = broker_from(broker)
    called = this_gateway(name or address.user or "")
    place = Place(data_dir, console.remark, runner)
    data_folder.make_folders(data_dir)
    with data_folder.held_alone(data_dir, "gateway"):
        finish_removals(data_dir, ("process", "backup", "export"), console.remark)
        if replay:
            played = open_input(replay)
            for remark in played.remarks:
                console.remark(remark)
            asyncio.run(_replay(address, called, played, place, speed, duration))
        else:
            asked = SensorRun(
                paired_sensors(sensors_file),
                adapter,
                find_s=math.inf,
                duration_s=duration,
                silence_s=silence,
                anew=anew,
            )
            asyncio.run(_serve(address, called, asked, place))


async def _replay(
    address: BrokerAddress,
    name: str,
    played: Input,
    place: Place,
    speed: float,
    duration_s: float | None,
) -> None:
    async with Sending(address, name, place) as sending:
        await sending.end_broken_off(None)
        interrupted = await play(sending.send_run, played, place, speed=speed, duration_s=duration_s)
        if not interrupted:
            console.remark("Waiting until the processor has everything. Ctrl-C ends; the rest is sent the next time.")
            await sending.drained()
        sending.require_whole()


async def _serve(address: BrokerAddress, name: str, asked: SensorRun, place: Place) -> None:
    clock = SystemClock()
    out = console.stdout_console()
    async with Sending(address, name, place) as sending:
        interrupted = False
        while not interrupted:
            unfinished = await asyncio.to_thread(unfinished_run, asked, place.folder, clock)
            await sending.end_broken_off(unfinished)
            names = ", ".join(one.id for one in asked.paired.values())
            out.print(f"Looking for {names}.", soft_wrap=True)
            interrupted = await take_from_sensors(sending.send_run, asked, place, clock, unfinished)
            sending.require_whole()
        await sending.drained_soon()
