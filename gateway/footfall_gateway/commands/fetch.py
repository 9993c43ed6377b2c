"""`footfall fetch`: what sensors recorded by themselves, into the log of runs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import console, wire
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
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.commands.recorders import own_recorders
from footfall_gateway.data_folder import held_alone, make_folders, onboard_folder, store_path
from footfall_gateway.devices.kit.onboard import StoredLog
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.errors import GatewayError
from footfall_gateway.onboard.fetching import Fetcher, Progress
from footfall_gateway.onboard.reach import BleReach
from footfall_gateway.onboard.runs import WaitingRun, let_go_of_erased, make_run, waiting_runs
from footfall_gateway.onboard.shelf import Shelf
from footfall_gateway.packets import RecordingHeader
from footfall_processing.errors import FootfallError


@dataclass
class _Fetched:
    """What the sensors had: their logs by address, and what went wrong, a line each."""

    logs: dict[str, tuple[StoredLog, ...]] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)


def fetch(
    names: Annotated[tuple[str, ...], Parameter(name="NAME", negative=(), show_default=False)] = (),
    /,
    *,
    erase: Annotated[bool, Parameter(name="--erase", negative="")] = False,
    incomplete: Annotated[bool, Parameter(name="--incomplete", negative="")] = False,
    seconds: Annotated[float, Parameter(name="--seconds", validator=above_zero)] = 30.0,
    runner: OwnRunner = "",
    adapter: Adapters = (),
    sensors_file: SensorsFile = DEFAULT_SENSORS_FILE,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """Fetch what your sensors recorded by themselves, and put it into your log of runs, with its own date.

    A sensor that still records is told to end it. What breaks off goes on where it was with the next footfall fetch,
    and all stays on the sensors until you have it erased.

    Parameters
    ----------
    names
        Which of your sensors, as you paired them; by default all that can record by themselves.
    erase
        Have the sensors erase each run once its recording was written and read back.
    incomplete
        Make a run's recording although the part of a sensor that was armed for it is missing.
    seconds
        How long to look for each sensor.
    runner
        Who ran, where it was not said when the sensors were armed.
    adapter
        Which Bluetooth adapters to use, such as hci1, where there are several (Linux); by default the first.
    sensors_file
        Where paired sensors are remembered.
    data_dir
        Where recordings and the log of runs are.
    json
        Print one JSON line for each run.
    """
    sensors = own_recorders(sensors_file, names)
    every = {one.address.upper(): one.id for one in own_recorders(sensors_file, ())}
    make_folders(data_dir)
    shelf, backends = Shelf(onboard_folder(data_dir)), Backends(adapters=adapter)
    shelf.make()
    with held_alone(data_dir, "fetch"):
        fetched = asyncio.run(_fetch(sensors, shelf, backends, seconds, runner))
        made = 0
        for run in waiting_runs(shelf, every, fetched.logs, fetched.troubles.append):
            if run.missing and not (incomplete and run.complete):
                fetched.troubles.append(_incomplete(run))
                continue
            try:
                made += _make(run, data_dir, json=json)
            except FootfallError as error:
                fetched.troubles.append(str(error))
        if erase:
            fetched.troubles += asyncio.run(_erase(_reached(sensors, fetched), shelf, data_dir, backends, seconds))
        elif any(fetched.logs.values()) and not json:
            console.remark("what was fetched is still on the sensors; to make room: footfall fetch --erase")
    if not any(fetched.logs.values()) and not made and not fetched.troubles and not json:
        console.write_line("Nothing waits on the sensors.")
    for trouble in fetched.troubles:
        console.remark(trouble)
    if fetched.troubles:
        raise GatewayError("not everything was fetched; once more goes on where it was")


async def _fetch(
    sensors: Sequence[PairedSensor], shelf: Shelf, backends: Backends, listen_s: float, runner: str
) -> _Fetched:
    clock, disk, fetched = SystemClock(), DiskThread("vault"), _Fetched()
    fetcher = Fetcher(BleReach(clock, backends, listen_s), shelf, disk, clock, runner)
    try:
        for one in sensors:
            with console.transfer(f"Fetching from {one.id}") as told:

                def tell(progress: Progress) -> None:
                    told(progress.kept_bytes, progress.total_bytes)

                try:
                    fetched.logs[one.address.upper()] = await fetcher.fetch(one, tell)
                except FootfallError as error:
                    fetched.troubles.append(str(error))
    finally:
        disk.close()
    return fetched


async def _erase(
    sensors: Sequence[PairedSensor], shelf: Shelf, folder: Path, backends: Backends, listen_s: float
) -> list[str]:
    """Erase what is recorded; return what went wrong, a line each."""
    clock, disk, troubles = SystemClock(), DiskThread("vault"), list[str]()
    fetcher = Fetcher(BleReach(clock, backends, listen_s), shelf, disk, clock)
    try:
        for one in sensors:
            try:
                with console.progress(f"Erasing on {one.id}"):
                    left = await fetcher.erase(one)
                    stay = await disk.call(let_go_of_erased, shelf, folder, one.address, left)
                troubles += [f"{path}: is kept, as its recording is not there any more, or not whole" for path in stay]
            except FootfallError as error:
                troubles.append(str(error))
    finally:
        disk.close()
    return troubles


def _reached(sensors: Sequence[PairedSensor], fetched: _Fetched) -> list[PairedSensor]:
    return [one for one in sensors if fetched.logs.get(one.address.upper())]


def _make(run: WaitingRun, folder: Path, *, json: bool) -> bool:
    """Make a run's recording, put it into the log, and tell of it; return whether there was anything."""
    from footfall_gateway.sessions.adding import add_session
    from footfall_gateway.sessions.inbox_folder import told

    said: list[str] = []

    def keep(path: Path) -> None:
        with console.progress_once_known(f"Adding {path.name}") as begin:
            added = add_session([path], folder, "", begin, prepare_processing)
        for line in added.remarks:
            console.remark(line)
        said.append(told(path.name, added))

    made = make_run(run, folder, lambda header: _dressed(header, folder), keep)
    for line in made.remarks:
        console.remark(line)
    if made.path is None or made.header is None:
        console.remark("the sensors were armed, and recorded nothing")
        return False
    for line in said:
        console.write_line(wire.json_line(_as_object(made.path, made.header)) if json else line)
    return True


def _as_object(path: Path, header: RecordingHeader) -> wire.JsonObject:
    return {
        "type": "fetched_run",
        "session_id": header.session.id,
        "path": str(path),
        "sensors": [
            {
                "id": recorded.sensor.id,
                "clock_ppm": recorded.settings.get("clock_ppm"),
                "clock_error_ms": recorded.settings.get("clock_error_ms"),
            }
            for recorded in header.recorded_sensors
        ],
    }


def _dressed(header: RecordingHeader, folder: Path) -> RecordingHeader:
    """Add what is kept of the runner: stride length calibration, and the shoe worn then."""
    from footfall_gateway.store.database import Store
    from footfall_gateway.store.length_gains import kept_gains, with_gains

    session = header.session
    header = with_gains(header, kept_gains(store_path(folder), session.runner_name))
    if session.started_utc is None or not store_path(folder).exists():
        return header
    with Store.open(store_path(folder)) as store:
        shoes = store.answers.shoes(session.runner_name)
    worn = [shoe.name for shoe in shoes if shoe.since_utc <= session.started_utc]
    return replace(header, session=replace(header.session, shoe=worn[-1] if worn else ""))


def _incomplete(run: WaitingRun) -> str:
    return (
        f"a run is not complete: {', '.join(run.missing)} may have a part of it. Bring it near and fetch again, or "
        "make the recording without it: footfall fetch --incomplete"
    )
