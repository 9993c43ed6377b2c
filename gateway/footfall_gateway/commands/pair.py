"""`footfall pair`: remember which sensors are yours and where you wear them."""

import asyncio
from typing import Annotated

from cyclopts import Parameter
from rich.table import Column, Table

from footfall_gateway import console, paired
from footfall_gateway.ble_scanner import Backends
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import DEFAULT_SENSORS_FILE, Adapters, SensorsFile
from footfall_gateway.commands.scan import NOTHING
from footfall_gateway.devices import Wearing
from footfall_gateway.errors import GatewayError
from footfall_gateway.paired import PairedSensor
from footfall_gateway.survey import listen
from footfall_processing.session import Placement, Side


def pair(
    address: Annotated[str | None, Parameter(name="ADDRESS")] = None,
    placement: Annotated[Placement | None, Parameter(name="PLACEMENT")] = None,
    side: Annotated[Side | None, Parameter(name="SIDE")] = None,
    /,
    *,
    name: str | None = None,
    forget: bool = False,
    seconds: float = 8.0,
    adapter: Adapters = (),
    sensors_file: SensorsFile = DEFAULT_SENSORS_FILE,
) -> None:
    """Remember a sensor and where it is worn; without an address, list those remembered.

    Parameters
    ----------
    address
        The sensor's address, as `footfall scan` shows it.
    placement
        Where it is worn: foot or shank.
    side
        left or right; may be left out.
    name
        What to call it; by default after where it is worn.
    forget
        Forget the sensor instead.
    seconds
        How long to listen for it at most.
    adapter
        Which Bluetooth adapters to use, such as hci1, where there are several (Linux); by default the first.
    sensors_file
        Where sensors are remembered.
    """
    known = dict(paired.load(sensors_file))
    out = console.stdout_console()
    if address is None:
        out.print(_table(known) if known else "No sensors paired yet. See what is near: footfall scan")
        return
    key = address.upper()
    if forget:
        if key not in known:
            raise GatewayError(f"{address}: no paired sensor has this address; `footfall pair` lists them")
        gone = known.pop(key)
        paired.save(sensors_file, known)
        out.print(f"{gone.wearing.sensor_id} is forgotten.")
        return
    if placement is None:
        raise GatewayError(f"say where {address} is worn, for example: footfall pair {address} foot left")
    wearing = Wearing(name or "-".join(part for part in (placement, side) if part is not None), placement, side)
    if any(one.wearing.sensor_id == wearing.sensor_id and one.address != key for one in known.values()):
        raise GatewayError(
            f"another sensor is called {wearing.sensor_id}: choose another name with --name, or --forget it"
        )
    profile = known[key].profile if key in known else asyncio.run(_model_of(key, seconds, Backends(adapters=adapter)))
    known[key] = PairedSensor(key, profile, wearing)
    paired.save(sensors_file, known)
    out.print(f"{wearing.sensor_id} is paired. Watch it live: footfall live", soft_wrap=True)


async def _model_of(address: str, seconds: float, backends: Backends) -> str:
    with console.progress("Listening"):
        heard = await listen(SystemClock(), seconds=seconds, backends=backends)
    for near in heard:
        if near.found.address.upper() == address:
            return near.found.profile.name
    raise GatewayError(f"{address} was not heard within {seconds:g} s. {NOTHING.removeprefix('No sensor heard. ')}")


def _table(known: dict[str, PairedSensor]) -> Table:
    table = Table("Name", "Worn", "Model", Column("Address", no_wrap=True))
    for one in known.values():
        side = "" if one.wearing.side is None else f"{one.wearing.side} "
        table.add_row(one.wearing.sensor_id, f"{side}{one.wearing.placement}", one.profile, one.address)
    return table
