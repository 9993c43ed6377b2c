"""`footfall person`: what is kept of people: shown, handed out, removed."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.prompt import Confirm
from rich.table import Table
from rich.text import Text

from footfall_gateway import console, settings, wire
from footfall_gateway.backup.known import known_backups
from footfall_gateway.ble import paired
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.kept_files import in_inbox
from footfall_gateway.commands.options import (
    DEFAULT_DATA_FOLDER,
    DEFAULT_SENSORS_FILE,
    DataFolder,
    SensorsFile,
    broker_from,
)
from footfall_gateway.errors import GatewayError
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.mqtt.broker import BrokerAddress
from footfall_gateway.outside import shown
from footfall_gateway.persons.export import default_path, export_person
from footfall_gateway.persons.person import Person
from footfall_gateway.persons.places import PLACES, find_person, people
from footfall_gateway.persons.removal import Outcome, nobody_else, plan, remove_elsewhere, remove_here
from footfall_gateway.persons.task import KeptTask, kept_tasks
from footfall_gateway.runner_names import as_compared

Name = Annotated[str, Parameter(name="NAME")]
Broker = Annotated[str | None, Parameter(name="--broker", env_var="FOOTFALL_BROKER")]


def list_people(*, data_dir: DataFolder = DEFAULT_DATA_FOLDER, json: bool = False) -> None:
    """List the people of whom something is kept, and what they are called in MQTT topics and InfluxDB.

    Parameters
    ----------
    data_dir
        Where recordings and the store are.
    json
        Print one JSON line for each person.
    """
    found = people(_there(data_dir))
    if json:
        for person in found:
            console.write_line(
                wire.json_line(
                    {
                        "type": "person",
                        "name": person.name or None,
                        "pseudonyms": sorted(person.pseudonyms),
                        "sessions": len(person.session_ids),
                        "kept": {place.title.lower(): place.has(data_dir, person) for place in PLACES},
                    }
                )
            )
        return
    table = Table("Person", "Pseudonym", "Sessions", "Kept")
    for person in found:
        kept = [f"{place.title}: {', '.join(lines)}" for place in PLACES if (lines := place.has(data_dir, person))]
        called = ", ".join(sorted(person.pseudonyms)) or console.MISSING
        row = person.shown_name, called, str(len(person.session_ids)), "\n".join(map(shown, kept))
        table.add_row(*(Text(text if "\n" in text else shown(text)) for text in row))
    console.stdout_console().print(table if found else "Nothing is kept of anybody.")
    for task in kept_tasks(data_dir):
        console.remark(f"The removal of {task.task.person.shown_name} is not done: {_what_is_left(task)}")


def export(
    name: Name,
    /,
    *,
    out: Path | None = None,
    sensors_file: SensorsFile = DEFAULT_SENSORS_FILE,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """Write all that is kept of a person into one archive of open formats: MCAP, CSV, JSON. A README in it explains.

    Parameters
    ----------
    name
        The runner's name, as `footfall person list` shows it; '' for runs of which nobody said whose they are.
    out
        The archive (.zip); by default in the data folder, called by the person's pseudonym. Nothing is overwritten.
    sensors_file
        Where paired sensors are remembered.
    data_dir
        Where recordings and the store are.
    json
        Print one JSON line that names the archive.
    """
    person = find_person(_there(data_dir), name)
    now = SystemClock().utc_now()
    path = out or default_path(data_dir, person, now)
    known = dict(paired.load(sensors_file))
    with console.progress("Exporting", total_s=float(len(PLACES) + 1)) as advance_to:
        done = iter(range(len(PLACES) + 2))
        export_person(
            data_dir,
            person,
            path,
            now=now,
            paired=known,
            influx=InfluxSettings.of(settings.load().settings),
            say=lambda _: advance_to(float(next(done))),
        )
    if json:
        sessions = sorted(person.session_ids)
        console.write_line(wire.json_line({"type": "person_export", "file": str(path), "sessions": sessions}))
    else:
        console.write_line(str(path))


def forget(
    name: Name,
    /,
    *,
    yes: bool = False,
    broker: Broker = None,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """Remove all that is kept of a person, for good: here, in InfluxDB and at the broker; and search for what is left.

    What will be removed is shown first, and you are asked. Stop `footfall process` and `footfall gateway` before. A
    removal that was interrupted is finished the next time, here or by `footfall process`; so is what could not be
    reached.

    Parameters
    ----------
    name
        The runner's name, as `footfall person list` shows it; '' for runs of which nobody said whose they are.
    yes
        Do not ask.
    broker
        The MQTT broker, to clear what it keeps of the sessions.
    data_dir
        Where recordings and the store are.
    json
        Print one JSON line that tells what came of it.
    """
    address = None if broker is None else broker_from(broker)
    influx = InfluxSettings.of(settings.load().settings)
    finished = _finish_earlier(_there(data_dir), influx, address)
    wanted = as_compared(name)
    if wanted in finished and wanted not in {person.name for person in people(data_dir)}:
        _tell(data_dir, *finished[wanted], json=json)
        return
    person = find_person(data_dir, name)
    with nobody_else(data_dir, person):
        person = find_person(data_dir, name)
        task = plan(data_dir, person, influx)
        if not yes:
            _show(data_dir, person, task.influx_tags, json=json)
            _ask(person)
        kept = KeptTask.begin(data_dir, task)
        outcome = _carry_out(data_dir, kept, influx, address)
    _tell(data_dir, person, outcome, json=json)


def _finish_earlier(
    folder: Path, influx: InfluxSettings | None, address: BrokerAddress | None
) -> dict[str, tuple[Person, Outcome]]:
    """Finish removals that are not done; return what came of them, by name."""
    finished = {}
    for kept in kept_tasks(folder):
        person = kept.task.person
        console.remark(f"The removal of {person.shown_name} was begun before; it is finished first.")
        if kept.task.here:
            with nobody_else(folder, person):
                outcome = _carry_out(folder, kept, influx, address)
        else:  # what is here of this name now came later
            outcome = Outcome()
            remove_elsewhere(kept, influx, address, outcome)
        finished[person.name] = person, outcome
        for line in (*outcome.remains, *outcome.later):
            console.remark(f"{person.shown_name}: {line}")
    return finished


def _carry_out(folder: Path, kept: KeptTask, influx: InfluxSettings | None, address: BrokerAddress | None) -> Outcome:
    total = float(len(PLACES) + 4)
    with console.progress("Removing", total_s=total) as advance_to:
        done = iter(range(len(PLACES) + 5))
        outcome = remove_here(folder, kept, lambda _: advance_to(float(next(done))))
        remove_elsewhere(kept, influx, address, outcome)
        advance_to(total)
    return outcome


def _show(folder: Path, person: Person, influx_tags: list[str], *, json: bool) -> None:
    out = console.stderr_console() if json else console.stdout_console()
    out.print(f"Of {person.shown_name} this is removed, for good:", style="bold")
    for place in PLACES:
        for line in place.has(folder, person):
            out.print(f"  {place.title}: {line}", soft_wrap=True)
    if influx_tags:
        out.print(f"  InfluxDB: all points of {', '.join(influx_tags)}", soft_wrap=True)
    out.print(f"  Sessions: {', '.join(sorted(person.session_ids)) or 'none'}", soft_wrap=True)
    coming = [one for one in in_inbox(folder).sessions if one.session_id in person.session_ids]
    if unfinished := [one.session_id for one in coming if one.last_sequence is None]:
        out.print(
            f"  Not come whole: {', '.join(unfinished)}: what gateways still send of it is refused", soft_wrap=True
        )
    for line in _not_reached(folder):
        out.print(line, soft_wrap=True)


def _not_reached(folder: Path) -> list[str]:
    lines = [
        f"  Not touched: the backup {backup.path} of {backup.made_utc:%Y-%m-%d %H:%M} UTC"
        for backup in known_backups(folder)
    ]
    return [
        *lines,
        "  Not touched: copies that you made yourself, and other computers: gateways have recordings of their own",
    ]


def _ask(person: Person) -> None:
    if not sys.stdin.isatty():
        raise GatewayError("nothing was removed: nobody can be asked here; say --yes")
    if not Confirm.ask(f"Remove all of {shown(person.shown_name)}?", default=False, console=console.stderr_console()):
        raise GatewayError("nothing was removed")


def _tell(folder: Path, person: Person, outcome: Outcome, *, json: bool) -> None:
    if json:
        console.write_line(
            wire.json_line(
                {
                    "type": "person_removal",
                    "sessions": len(person.session_ids),
                    "searched_files": outcome.searched_files,
                    "searched_for": outcome.searched_for,
                    "remains": outcome.remains,
                    "later": outcome.later,
                    "remarks": outcome.remarks,
                    "backups": [str(backup.path) for backup in known_backups(folder)],
                }
            )
        )
    else:
        out = console.stdout_console()
        if not outcome.searched_files:
            out.print(f"What could not be reached before was tried again for {person.shown_name}.", soft_wrap=True)
        elif not outcome.remains:
            out.print(
                f"{person.shown_name} is removed from {folder}. Searched {outcome.searched_files} files for "
                f"{outcome.searched_for} names, ids and samples of what was removed: none is left.",
                soft_wrap=True,
            )
        for line in (*outcome.remarks, *(line.strip() for line in _not_reached(folder))):
            out.print(line, soft_wrap=True)
    if outcome.remains:
        raise GatewayError(f"something is left: {'; '.join(outcome.remains)}. Once more goes on")
    if outcome.later:
        raise GatewayError(
            f"not all could be reached: {'; '.join(outcome.later)}. It is kept as a task, and tried again at the next "
            "start of `footfall process`, or by this command"
        )


def _what_is_left(kept: KeptTask) -> str:
    task = kept.task
    parts = {"this folder": task.here, "InfluxDB": task.influx_tags, "the broker": task.topics}
    return ", ".join(name for name, left in parts.items() if left)


def _there(folder: Path) -> Path:
    if not folder.is_dir():
        raise GatewayError(f"{folder}: is no data folder; name one with --data-dir")
    return folder
