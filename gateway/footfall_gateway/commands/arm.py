"""`footfall arm`: sensors record a run by themselves, with no computer near."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import console
from footfall_gateway.ble.paired import PairedSensor
from footfall_gateway.ble.scanner import Backends
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import (
    DEFAULT_DATA_FOLDER,
    DEFAULT_SENSORS_FILE,
    Adapters,
    DataFolder,
    OwnRunner,
    SensorsFile,
    above_zero,
)
from footfall_gateway.commands.recorders import own_recorders
from footfall_gateway.data_folder import held_alone, make_folders, onboard_folder, store_path
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.onboard.arming import Armer, Looked, Planned
from footfall_gateway.onboard.reach import BleReach
from footfall_gateway.onboard.shelf import Shelf


def arm(
    names: Annotated[tuple[str, ...], Parameter(name="NAME", negative=(), show_default=False)] = (),
    /,
    *,
    minutes: Annotated[float | None, Parameter(name="--minutes", validator=above_zero)] = None,
    anyway: Annotated[bool, Parameter(name="--anyway", negative="")] = False,
    seconds: Annotated[float, Parameter(name="--seconds", validator=above_zero)] = 30.0,
    runner: OwnRunner = "",
    adapter: Adapters = (),
    sensors_file: SensorsFile = DEFAULT_SENSORS_FILE,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Have your sensors record a run by themselves: then run with nothing but them, and fetch it afterwards.

    All are looked at before the first begins: whether their memory has room for the run, and their batteries. All begin
    or none. They record until footfall fetch, or until their memory is full.

    Parameters
    ----------
    names
        Which of your sensors, as you paired them; by default all that can record by themselves.
    minutes
        How long you will run; by default as long as your longest run until now.
    anyway
        Begin although a sensor has too little room or battery for it.
    seconds
        How long to look for each sensor.
    runner
        Who runs.
    adapter
        Which Bluetooth adapters to use, such as hci1, where there are several (Linux); by default the first.
    sensors_file
        Where paired sensors are remembered.
    data_dir
        Where what is to be known for the fetch is kept, and the log of runs is.
    """
    sensors = own_recorders(sensors_file, names)
    make_folders(data_dir)
    planned = Planned(_longest_run_s(data_dir, runner)) if minutes is None else Planned(60.0 * minutes, is_asked=True)
    with held_alone(data_dir, "fetch"):
        armed = asyncio.run(
            _arm(sensors, planned, Backends(adapters=adapter), data_dir, seconds, runner, anyway=anyway)
        )
    out = console.stdout_console()
    for found in armed:
        out.print(_told(found), soft_wrap=True, markup=False)
    out.print("Run, with nothing but your sensors. Then: footfall fetch", soft_wrap=True)


async def _arm(
    sensors: Sequence[PairedSensor],
    planned: Planned,
    backends: Backends,
    folder: Path,
    listen_s: float,
    runner: str,
    *,
    anyway: bool,
) -> tuple[Looked, ...]:
    clock, disk = SystemClock(), DiskThread("receipt")
    armer = Armer(BleReach(clock, backends, listen_s), Shelf(onboard_folder(folder)), disk, clock, console.remark)
    try:
        with console.progress("Arming", 2.0 * len(sensors)) as advance:
            return await armer.arm(sensors, planned, runner_name=runner, anyway=anyway, done=advance)
    finally:
        disk.close()


def _longest_run_s(folder: Path, runner: str) -> float | None:
    """Return how long the runner's longest run took; `None` before the first."""
    if not store_path(folder).exists():
        return None
    from footfall_gateway.store.database import Store

    with Store.open(store_path(folder)) as store:
        return max((run.duration_s for run in store.log.runs(runner) if run.is_run and not run.is_demo), default=None)


def _told(found: Looked) -> str:
    room, battery = found.status.free_s / 60.0, found.status.battery_percent
    power = "" if battery is None else f", {battery} % of its battery"
    older = f"; {len(found.logs)} older on it" if found.logs else ""
    return f"{found.one.id} records: it has room for {room:.0f} minutes{power}{older}."
