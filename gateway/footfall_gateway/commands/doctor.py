"""`footfall doctor`: tells whether this computer is ready for a run."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from footfall_gateway import console, wire
from footfall_gateway.ble.scanner import Backends
from footfall_gateway.checkup import Finding, State, examine
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.health import lasting, what_is_wrong
from footfall_gateway.commands.kept_files import findings as findings_of_files
from footfall_gateway.commands.kept_files import salvage_damaged
from footfall_gateway.commands.options import (
    DEFAULT_DATA_FOLDER,
    DEFAULT_SENSORS_FILE,
    Adapters,
    DataFolder,
    SensorsFile,
)
from footfall_gateway.errors import GatewayError
from footfall_gateway.outside import shown
from footfall_gateway.service.asking import Answer, ask

_MARKS: Final = {State.GOOD: ("✓", "green"), State.DOUBTFUL: ("!", "yellow"), State.BAD: ("✗", "red")}


def doctor(
    *,
    adapter: Adapters = (),
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    sensors_file: SensorsFile = DEFAULT_SENSORS_FILE,
    salvage: bool = False,
    json: bool = False,
) -> None:
    """Check Bluetooth, permissions, clock, disk and paired sensors, and say what to do about each.

    Parameters
    ----------
    adapter
        Which Bluetooth adapters to use, such as hci1, where there are several (Linux); by default the first.
    data_dir
        Where recordings and the store go.
    sensors_file
        Where paired sensors are remembered.
    salvage
        Put damaged files of the data folder aside, and all that can be read of them into new ones; and check no more.
    json
        Print one JSON line for each check.
    """
    if salvage:
        _salvage(data_dir)
        return
    out = None if json else console.stdout_console()
    findings = asyncio.run(_examine(Backends(adapters=adapter), data_dir, sensors_file, out))
    if json:
        for finding in findings:
            console.write_line(wire.json_line({"type": "finding", **asdict(finding)}))
    bad = [finding.subject for finding in findings if finding.state is State.BAD]
    if bad:
        raise GatewayError(f"not ready: {', '.join(bad)}")
    if out is not None:
        out.print("Ready.")


def _salvage(folder: Path) -> None:
    out = console.stdout_console()
    for file, salvaged in salvage_damaged(folder, SystemClock().utc_now()):
        if salvaged is None:
            out.print(f"{file.name}: {file.path} is sound.", soft_wrap=True, markup=False)
            continue
        rows = ", ".join(f"{table} {count}" for table, count in salvaged.rows.items() if count) or "nothing"
        rest = "" if salvaged.is_whole else " A part of it could not be read."
        out.print(
            f"{file.name}: {file.path} was damaged. Kept, in rows: {rows}.{rest} The damaged file is {salvaged.aside}: "
            "keep it until you miss nothing.",
            soft_wrap=True,
            markup=False,
        )


async def _examine(backends: Backends, data_folder: Path, sensors_file: Path, out: Console | None) -> list[Finding]:
    findings = []
    checks = examine(SystemClock(), backends=backends, data_folder=data_folder, sensors_file=sensors_file)
    async for finding in checks:
        findings.append(finding)
        _show(finding, out)
    services = await asyncio.to_thread(lambda: [_service_finding(answer) for answer in ask(data_folder)])
    for finding in (*services, *findings_of_files(data_folder)):
        findings.append(finding)
        _show(finding, out)
    return findings


def _service_finding(answer: Answer) -> Finding:
    subject, wrong = f"Service {answer.service}", what_is_wrong(answer)
    if answer.report is None:
        return Finding(subject, State.DOUBTFUL, wrong, "start it again, or look at its log")
    if wrong:
        return Finding(subject, State.DOUBTFUL, wrong, "see more: footfall health")
    return Finding(subject, State.GOOD, f"ready, up for {lasting(answer.report.up_s)}")


def _show(finding: Finding, out: Console | None) -> None:
    if out is not None:
        mark, style = _MARKS[finding.state]
        out.print(Text.assemble((f"{mark} {finding.subject}: ", style), shown(finding.text)), soft_wrap=True)
        if finding.advice:
            out.print(Text(f"  → {finding.advice}", style="bold"), soft_wrap=True)
