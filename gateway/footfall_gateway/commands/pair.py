"""`footfall pair`: remember which sensors are yours and where you wear them."""

import asyncio
from typing import Annotated

from cyclopts import Parameter
from rich.table import Column, Table

from footfall_gateway import console
from footfall_gateway.ble import paired
from footfall_gateway.ble.paired import Paired, PairedCompanion, PairedSensor
from footfall_gateway.ble.scanner import Backends, Found
from footfall_gateway.ble.survey import listen
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import DEFAULT_SENSORS_FILE, HOW_TO_BE_HEARD, Adapters, SensorsFile
from footfall_gateway.devices import CompanionProfile, Wearing
from footfall_gateway.errors import GatewayError
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

    A heart rate strap, a foot pod or a treadmill is paired by its address alone.

    Parameters
    ----------
    address
        The sensor's address, as `footfall scan` shows it.
    placement
        Where it is worn: foot or shank; left out for a heart rate strap, a foot pod or a treadmill.
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
        out.print(f"{gone.id} is forgotten.")
        return
    before = known.get(key)
    one: Paired
    if placement is None:
        if isinstance(before, PairedCompanion):
            model = before.profile
        else:
            companion = asyncio.run(_heard(key, seconds, Backends(adapters=adapter))).companion
            if companion is None:
                raise GatewayError(f"say where {address} is worn, for example: footfall pair {address} foot left")
            model = companion.name
        one = PairedCompanion(key, model, name or model)
    else:
        called = name or "-".join(part for part in (placement, side) if part is not None)
        if isinstance(before, PairedSensor):
            model = before.profile
        else:
            profile = asyncio.run(_heard(key, seconds, Backends(adapters=adapter))).profile
            if isinstance(profile, CompanionProfile):
                raise GatewayError(
                    f"{address} has no motion sensor ({profile.product.lower()}): pair it without a place, "
                    f"footfall pair {address}"
                )
            model = profile.name
        one = PairedSensor(key, model, Wearing(called, placement, side))
    known[key] = one
    if any(other.id == one.id and other.address != key for other in known.values()):
        raise GatewayError(f"another sensor is called {one.id}: choose another name with --name, or --forget it")
    paired.save(sensors_file, known)
    out.print(f"{one.id} is paired. Watch it live: footfall live", soft_wrap=True)


async def _heard(address: str, seconds: float, backends: Backends) -> Found:
    with console.progress("Listening"):
        heard = await listen(SystemClock(), seconds=seconds, backends=backends)
    for near in heard:
        if near.found.address.upper() == address:
            return near.found
    raise GatewayError(f"{address} was not heard within {seconds:g} s. {HOW_TO_BE_HEARD}")


def _table(known: dict[str, Paired]) -> Table:
    table = Table("Name", "Worn", "Model", Column("Address", no_wrap=True))
    for one in known.values():
        table.add_row(one.id, one.worn, one.profile, one.address)
    return table
