"""`footfall gateway`: take runs and send them on, over MQTT, to the computer that computes."""

import asyncio
import math
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import data_folder, settings
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import (
    DEFAULT_DATA_FOLDER,
    DEFAULT_SENSORS_FILE,
    Adapters,
    BrokerUrl,
    DataFolder,
    Duration,
    GatewayName,
    HealthPort,
    Log,
    OwnRunner,
    SensorsFile,
    Silence,
    Speed,
    broker_from,
)
from footfall_gateway.commands.upkeep import finish_removals
from footfall_gateway.formats.inputs import Input, open_input
from footfall_gateway.mqtt.broker import BrokerAddress
from footfall_gateway.mqtt.sending import Sending
from footfall_gateway.mqtt.topics import this_gateway
from footfall_gateway.say import line
from footfall_gateway.service.running import Service
from footfall_gateway.sessions.played_run import play
from footfall_gateway.sessions.ready_run import Place
from footfall_gateway.sessions.sensor_run import SensorRun, paired_sensors, take_from_sensors, unfinished_run
from footfall_gateway.settings import DEFAULTS


def gateway(
    *,
    broker: BrokerUrl = DEFAULTS.broker,
    name: GatewayName = "",
    replay: Annotated[tuple[Path, ...], Parameter(name="--replay", consume_multiple=True)] = (),
    speed: Speed = 1.0,
    duration: Duration = None,
    silence: Silence = DEFAULTS.silence_s,
    anew: Annotated[bool, Parameter(name="--new")] = False,
    runner: OwnRunner = "",
    adapter: Adapters = (),
    health_port: HealthPort = DEFAULTS.health_port,
    log: Log = DEFAULTS.log,
    sensors_file: SensorsFile = DEFAULT_SENSORS_FILE,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Take run after run from the sensors that you paired, and send them over MQTT to `footfall process`.

    Everything is recorded here first, and kept until the other side has it: either may be down for as long as the disk
    has room. The broker's user comes from FOOTFALL_MQTT_USER, the password from FOOTFALL_MQTT_PASSWORD_FILE or
    FOOTFALL_MQTT_PASSWORD. `footfall health` asks how it is.

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
    health_port
        The port of /healthz on this computer; 0 takes any free one, which `footfall health` finds.
    log
        How to log: text, json, or auto: text on a terminal and in the journal, else a JSON object a line.
    sensors_file
        Where paired sensors are remembered.
    data_dir
        Where recordings, and what waits to be sent, go.
    """
    address = broker_from(broker)
    called = this_gateway(name or address.user or "")
    place = Place(data_dir, line, runner)
    data_folder.make_folders(data_dir)
    with data_folder.held_alone(data_dir, "gateway"):
        known = settings.load().settings
        service = Service.begin("gateway", data_dir, known, log_format=log, health_port=health_port)
        finish_removals(data_dir, ("process", "backup", "export"), line)
        if replay:
            played = open_input(replay)
            for remark in played.remarks:
                line(remark)
            asyncio.run(_replay(address, called, played, place, service, speed, duration))
        else:
            asked = SensorRun(
                paired_sensors(sensors_file),
                adapter,
                find_s=math.inf,
                duration_s=duration,
                silence_s=silence,
                anew=anew,
            )
            asyncio.run(_serve(address, called, asked, place, service))


async def _replay(
    address: BrokerAddress,
    name: str,
    played: Input,
    place: Place,
    service: Service,
    speed: float,
    duration_s: float | None,
) -> None:
    async with Sending(address, name, place, service.vitals) as sending, service.running():
        await sending.end_broken_off(None)
        interrupted = await play(sending.send_run, played, place, speed=speed, duration_s=duration_s)
        if not interrupted:
            line("Waiting until the processor has everything. Ctrl-C ends; the rest is sent the next time.")
            await sending.drained()
            line("Nothing waits to be sent any more.")
        sending.require_whole()


async def _serve(address: BrokerAddress, name: str, asked: SensorRun, place: Place, service: Service) -> None:
    clock = SystemClock()
    async with Sending(address, name, place, service.vitals) as sending, service.running():
        interrupted = False
        while not interrupted:
            unfinished = await asyncio.to_thread(unfinished_run, asked, place.folder, clock)
            await sending.end_broken_off(unfinished)
            line(f"Looking for {', '.join(one.id for one in asked.paired.values())}.")
            interrupted = await take_from_sensors(sending.send_run, asked, place, clock, unfinished)
            sending.require_whole()
        await sending.drained_soon()
