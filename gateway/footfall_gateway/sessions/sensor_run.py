"""A run from the owner's own sensors: which to look for, and how it goes on when it broke off."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from footfall_gateway import data_folder
from footfall_gateway.ble.hub import SensorHub
from footfall_gateway.ble.paired import Paired, PairedCompanion, PairedSensor, load
from footfall_gateway.ble.scanner import Backends
from footfall_gateway.clock import Clock
from footfall_gateway.devices import CompanionWish
from footfall_gateway.errors import GatewayError
from footfall_gateway.packets import RecordedSensor, RecordingHeader
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.recordings.resumption import find_unfinished
from footfall_gateway.sessions.ready_run import End, Place, ReadyRun, ResultT, TakeRun, new_header
from footfall_gateway.store.worn_shoe import worn_shoe
from footfall_gateway.summary_notes import fitness_notes
from footfall_processing.session import Runner

GATHER_S: Final = 60.0
"""For so long a run waits for the other sensors, once the first is there."""
AT_ONCE_S: Final = 0.001


@dataclass(frozen=True, slots=True)
class SensorRun:
    """How to take a run.

    Parameters
    ----------
    paired
        The owner's sensors and companions, by address.
    adapters
        Bluetooth adapters to use.
    find_s
        How long to look for the first sensor; infinity for as long as it takes.
    duration_s
        When to end; `None` for when the user has had enough.
    silence_s
        End when no sensor has sent anything for so long; infinity for never.
    anew
        Begin a new session, even when the last one broke off just now.
    runner
        Mass and height, for stiffness.
    quick
        Whether sensors are asked for short packets, so that live cues come sooner.
    """

    paired: Mapping[str, Paired]
    adapters: tuple[str, ...]
    find_s: float
    duration_s: float | None = None
    silence_s: float = math.inf
    anew: bool = False
    runner: Runner | None = None
    quick: bool = False


def paired_sensors(path: Path) -> Mapping[str, Paired]:
    """Read the owner's sensors and companions.

    Raises
    ------
    GatewayError
        When there are none, or the file makes no sense.
    """
    found = load(path)
    if not any(isinstance(one, PairedSensor) for one in found.values()):
        raise GatewayError("no sensors are paired yet: see what is near with `footfall scan`, then `footfall pair`")
    return found


async def take_from_sensors(
    take: TakeRun[ResultT], asked: SensorRun, place: Place, clock: Clock, unfinished: Recording | None
) -> ResultT:
    """Find the sensors and have `take` take a run, or go on with the unfinished one."""
    sensors = {address: one for address, one in asked.paired.items() if isinstance(one, PairedSensor)}
    wearings = {address: one.wearing for address, one in sensors.items()}
    models = {address: one.profile for address, one in sensors.items()}
    wishes = {
        address: CompanionWish(one.id, one.profile)
        for address, one in asked.paired.items()
        if isinstance(one, PairedCompanion)
    }
    backends = Backends(adapters=asked.adapters)
    hub = SensorHub(
        clock=clock, backends=backends, wearings=wearings, models=models, companions=wishes, quick=asked.quick
    )
    async with hub:
        if unfinished is None:
            recorded_sensors = await _gather(hub, asked, place)
        else:
            recorded_sensors = unfinished.header.recorded_sensors
            hub.take_up(recorded_sensors, unfinished.header.companions)
            place.say(f"Going on with session {unfinished.header.session.id}, which broke off. --new begins anew.")

        shoe = await asyncio.to_thread(worn_shoe, place.store_path, place.runner_name)

        for note in fitness_notes(recorded.sensor for recorded in recorded_sensors):
            place.say(note)

        def start() -> RecordingHeader:
            if unfinished is None:
                return new_header(
                    recorded_sensors,
                    hub.start(),
                    asked.runner,
                    place.runner_name,
                    shoe,
                    hub.companions(),
                )
            hub.start(at_s=_resumed_at_s(unfinished, clock))
            return unfinished.header

        ends: list[End] = []
        if asked.duration_s is not None:
            ends.append(partial(clock.sleep, asked.duration_s))
        if not math.isinf(asked.silence_s):
            ends.append(partial(hub.fallen_silent, asked.silence_s))
        return await take(ReadyRun(hub, recorded_sensors, start, ends, unfinished=unfinished), place)


async def _gather(hub: SensorHub, asked: SensorRun, place: Place) -> tuple[RecordedSensor, ...]:
    companions = sum(isinstance(one, PairedCompanion) for one in asked.paired.values())
    await hub.find(1, timeout_s=asked.find_s)
    found = await hub.find(
        len(asked.paired) - companions,
        timeout_s=min(asked.find_s, GATHER_S),
        at_least=1,
        companions=companions,
    )
    there = {one.address.upper() for one in found} | {one.address.upper() for one in hub.companions()}
    missing = [one.id for address, one in asked.paired.items() if address not in there]
    if missing:
        place.say(f"Without {', '.join(missing)}: not heard.")
    return found


def unfinished_run(asked: SensorRun, folder: Path, clock: Clock) -> Recording | None:
    """Return the run that broke off and goes on, if one does; blocks on the disk."""
    if asked.anew:
        return None
    return find_unfinished(data_folder.recordings_folder(folder), frozenset(asked.paired), clock.utc_now())


def _resumed_at_s(unfinished: Recording, clock: Clock) -> float:
    """Return the session second that it is now: never before what is recorded, whatever the wall clock says."""
    recorded_s = unfinished.duration_s + AT_ONCE_S
    started_utc = unfinished.header.session.started_utc
    if started_utc is None:
        return recorded_s
    return max((clock.utc_now() - started_utc).total_seconds(), recorded_s)
