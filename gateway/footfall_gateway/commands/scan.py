"""`footfall scan`: which sensors are near, what they are, and what they are fit for."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

from cyclopts import Parameter
from rich.table import Column, Table

from footfall_gateway import console, wire
from footfall_gateway.ble import paired
from footfall_gateway.ble.paired import Paired
from footfall_gateway.ble.scanner import Backends
from footfall_gateway.ble.survey import Near, ask, listen
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import DEFAULT_SENSORS_FILE, HOW_TO_BE_HEARD, Adapters, SensorsFile
from footfall_gateway.devices import CompanionProfile
from footfall_gateway.packets import RecordedCompanion, RecordedSensor
from footfall_processing.metrics.support import impact_fitness


def scan(
    *,
    seconds: Annotated[float, Parameter(name="--seconds")] = 8.0,
    ask_them: Annotated[bool, Parameter(name="--ask", negative="--no-ask")] = True,
    adapter: Adapters = (),
    sensors_file: SensorsFile = DEFAULT_SENSORS_FILE,
    json: bool = False,
) -> None:
    """Show the sensors near: what each is, its signal and battery, and how fit it is to measure impacts.

    Parameters
    ----------
    seconds
        How long to listen.
    ask_them
        Connect to each for a moment: its battery and what it measures are known only then.
    adapter
        Which Bluetooth adapters to use, such as hci1, where there are several (Linux); by default the first.
    sensors_file
        Where paired sensors are remembered.
    json
        Print one JSON line for each sensor.
    """
    known = paired.load(sensors_file)
    found = asyncio.run(_scan(seconds, Backends(adapters=adapter), ask_them=ask_them))
    if json:
        for near in found:
            console.write_line(wire.json_line(_object(near, known.get(near.found.address.upper()))))
        return
    out = console.stdout_console()
    if not found:
        out.print(f"No sensor heard. {HOW_TO_BE_HEARD}", soft_wrap=True)
        return
    out.print(_table(found, known))
    if any(near.found.address.upper() not in known for near in found):
        out.print("Say once where each is worn: footfall pair ADDRESS foot left")
    if any(near.found.companion is not None and near.found.address.upper() not in known for near in found):
        out.print("A heart rate strap, a foot pod or a treadmill goes along without a place: footfall pair ADDRESS")


async def _scan(seconds: float, backends: Backends, *, ask_them: bool) -> list[Near]:
    clock = SystemClock()
    with console.progress("Listening"):
        heard = await listen(clock, seconds=seconds, backends=backends)
    if not ask_them:
        return list(heard)
    answers = []
    with console.progress("Asking each sensor", float(len(heard))) as advance:
        for number, near in enumerate(heard, start=1):
            answers.append(await ask(near, clock, backends=backends))
            advance(float(number))
    return answers


def _table(found: list[Near], known: Mapping[str, Paired]) -> Table:
    table = Table(
        Column("Address", no_wrap=True),
        "Sensor",
        "Name",
        "Signal",
        Column("Battery", justify="right"),
        "Impacts",
        "Worn",
    )
    for near in found:
        mine = known.get(near.found.address.upper())
        fitness = near.trouble or _fitness(near) or console.MISSING
        table.add_row(
            near.found.address,
            near.found.profile.product,
            near.found.name or console.MISSING,
            _signal(near.found.rssi_dbm),
            console.MISSING if near.battery_percent is None else f"{near.battery_percent} %",
            fitness,
            console.MISSING if mine is None else f"{mine.worn}, as {mine.id}",
        )
    return table


def _signal(rssi_dbm: int) -> str:
    """Say how strong a signal is; -60 dBm is a sensor at arm's length, -90 dBm the edge of what is received."""
    strength = "strong" if rssi_dbm >= -67 else "fair" if rssi_dbm >= -80 else "weak"
    return f"{strength} ({rssi_dbm} dBm)"


def _fitness(near: Near) -> str | None:
    """Say how fit a device is to measure impacts; `None` while that is not known."""
    if isinstance(near.found.profile, CompanionProfile) or isinstance(near.described, RecordedCompanion):
        return "no: no motion sensor"
    return None if near.described is None else impact_fitness(near.described.sensor)


def _object(near: Near, mine: Paired | None) -> wire.JsonObject:
    return {
        "type": "sensor_near",
        "address": near.found.address,
        "name": near.found.name,
        "model": near.found.profile.name,
        "product": near.found.profile.product,
        "rssi_dbm": near.found.rssi_dbm,
        "battery_percent": near.battery_percent,
        "sensor": wire.sensor_object(near.described.sensor) if isinstance(near.described, RecordedSensor) else None,
        "impacts": _fitness(near),
        "trouble": near.trouble or None,
        "paired_as": None if mine is None else mine.id,
    }
