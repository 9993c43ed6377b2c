"""Removing a person: everywhere, once begun to its end, and proved by a search for what was removed."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from footfall_gateway import data_folder
from footfall_gateway.backup.contents import BEFORE
from footfall_gateway.backup.restoring import WORK as RESTORING
from footfall_gateway.errors import GatewayError
from footfall_gateway.influx.points import runner_tag
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.mqtt.broker import BrokerAddress
from footfall_gateway.mqtt.home_assistant import announced_of, forget_announced
from footfall_gateway.mqtt.pseudonyms import KEY_FILE
from footfall_gateway.mqtt.removed import note_removed
from footfall_gateway.mqtt.retained import clear_retained
from footfall_gateway.mqtt.topics import Kind
from footfall_gateway.outside import parse_hex, shown
from footfall_gateway.persons.files import RecordingsPlace, recordings, sessions_of_others
from footfall_gateway.persons.person import Person
from footfall_gateway.persons.places import DATABASES, PLACES
from footfall_gateway.persons.search import SHORTEST_BYTES, Needles, is_in_rows, search
from footfall_gateway.persons.task import PATTERN, KeptTask, Task
from footfall_gateway.persons.topics import topics_of_person
from footfall_gateway.recordings.growing import is_being_written
from footfall_gateway.recordings.recording import RecordingError, header_at

MOST_SAMPLE_BYTES: Final = 1024
SERVICES: Final = ("process", "gateway", "backup", "export")

Note = Callable[[str], object]
"""Told what is done next."""


@dataclass(slots=True)
class Outcome:
    """What came of a removal.

    Parameters
    ----------
    searched_files, searched_for
        How many files were searched, and for how many different texts and samples.
    remains
        What was found in the data folder, a line each.
    later
        What could not be reached, and is tried again; a line each.
    remarks
        What else to know.
    """

    searched_files: int = 0
    searched_for: int = 0
    remains: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@contextmanager
def nobody_else(folder: Path, person: Person | None = None, services: Sequence[str] = SERVICES) -> Iterator[None]:
    """Keep the services away from a data folder.

    Raises
    ------
    GatewayError
        When one of them, or a run, is going on there.
    """
    for path in recordings(folder):
        if is_being_written(path):
            session = None
            with suppress(RecordingError):
                session = header_at(path).session
            if person is not None and session is not None and session.id in person.session_ids:
                raise GatewayError(
                    f"{person.shown_name} is running at the moment (session {session.id}); wait until the run is over"
                )
            raise GatewayError(f"{folder}: a run is being recorded here ({path.stem}); wait until it is over")
    with ExitStack() as stack:
        for service in services:
            try:
                stack.enter_context(data_folder.held_alone(folder, service))
            except GatewayError as error:
                raise GatewayError(
                    f"{folder}: a footfall {service} is going on here; stop it, or wait until it is over, do this, and "
                    "start it again: what gateways send meanwhile waits with them"
                ) from error
        yield


def plan(folder: Path, person: Person, influx: InfluxSettings | None) -> Task:
    """Work out what there is to do.

    Raises
    ------
    GatewayError
        When a file can't be read.
    """
    tags = sorted({runner_tag(one) for one in (*person.spellings, *person.pseudonyms)})
    goes_there = influx is not None or data_folder.outbox_path(folder).exists()
    return Task(
        name=person.name,
        spellings=sorted(person.spellings),
        session_ids=sorted(person.session_ids),
        pseudonyms=sorted(person.pseudonyms),
        samples=[sample.hex() for place in PLACES for sample in place.samples(folder, person)],
        influx_tags=tags if goes_there else [],
        topics=topics_of_person(folder, person),
    )


def remove_here(folder: Path, kept: KeptTask, note: Note) -> Outcome:
    """Remove from the data folder, which nobody else may use, and search it; what is done already does no harm.

    Raises
    ------
    GatewayError
        When a file can't be opened or written; once more goes on.
    """
    task = kept.task
    person = task.person
    note("Refusing what is sent again")
    note_removed(folder, person.session_ids)
    for place in PLACES:
        note(place.title)
        place.remove(folder, person)
    note("Searching")
    outcome = prove(folder, task)
    note("Done here")
    if not outcome.remains:
        task.here, task.samples, task.session_ids = False, [], []
        kept.keep()
    return outcome


def prove(folder: Path, task: Task) -> Outcome:
    """Search all files of a data folder for a person's names, sessions and samples of what was removed."""
    person = task.person
    outcome = Outcome()
    for place in PLACES:
        outcome.remains += [f"{place.title}: {line}" for line in place.has(folder, person)]
    names = {one.encode("utf-8", "surrogatepass") for one in (*person.spellings, *person.pseudonyms)}
    names |= {b'"runner_name":' + msgspec.json.encode(one) for one in person.spellings if one}
    ids = {one.encode("utf-8", "surrogatepass") for one in person.session_ids}
    samples = {parse_hex(sample, f"{folder}: a sample", MOST_SAMPLE_BYTES) for sample in task.samples}
    needles = Needles([*names, *ids, *samples])
    paths = list(_files(folder))
    outcome.searched_files, outcome.searched_for = len(paths), needles.count
    if any(0 < len(name) < SHORTEST_BYTES for name in names):
        outcome.remarks.append(
            f"The name was looked for in rows and descriptions alone: of fewer than {SHORTEST_BYTES} bytes, it is in "
            "any file by chance"
        )
    found = {(one.path, _what(one.needle, names, ids), one.needle) for one in search(paths, needles)}
    texts = {one.decode("utf-8", "surrogatepass") for one in ids}
    found |= {(path, "a session's id in its name", b"") for path in paths if any(one in path.name for one in texts)}
    lines, others = set(), sessions_of_others(folder, person)
    for path, what, needle in found:
        if path.parent == folder and _is_of_others(folder, path, needle):
            continue
        if path.parent == data_folder.recordings_folder(folder) and needle in names and path.stem in others:
            continue
        if path.parent == data_folder.recordings_folder(folder) and needle in samples:
            outcome.remarks.append(f"{path}: a recording of somebody else's has the same bytes in it")
            continue
        lines.add(f"{path}: {what}{_advice(folder, path)}")
    outcome.remains += sorted(lines)
    outcome.remarks += [
        f"The recording of session {one} still says that {shown(said)} ran; somebody else did, as was said "
        "since, and it is theirs"
        for said, one in RecordingsPlace().whose(folder)
        if said in person.spellings - {""} and one in others
    ]
    return outcome


def _what(needle: bytes, names: AbstractSet[bytes], ids: AbstractSet[bytes]) -> str:
    return "the name" if needle in names else "a session's id" if needle in ids else "a part of a recording"


def _is_of_others(folder: Path, path: Path, needle: bytes) -> bool:
    """Tell whether bytes are in a row of a database of which every row is accounted for."""
    base = path.with_name(path.name.removesuffix("-wal"))
    return needle != b"" and base in {where(folder) for where in DATABASES} and is_in_rows(base, needle)


def _advice(folder: Path, path: Path) -> str:
    first = path.relative_to(folder).parts[0]
    if first == RESTORING:
        return f"; bring the backup back once more, or remove {folder / first}"
    if first.startswith(BEFORE):
        return f"; remove {folder / first}, once nothing else in it is missed"
    return "; remove the file, once nothing else in it is missed" if ".damaged-" in path.name else ""


def _files(folder: Path) -> Iterator[Path]:
    for path in data_folder.all_files(folder):
        if path.name != KEY_FILE and not path.match(PATTERN):
            yield path


def remove_elsewhere(
    kept: KeptTask, influx: InfluxSettings | None, broker: BrokerAddress | None, outcome: Outcome
) -> None:
    """Remove from InfluxDB and the broker what can be reached; the rest stays a task."""
    task = kept.task
    if task.influx_tags:
        try:
            task.influx_tags = _remove_from_influx(task.influx_tags, influx, outcome)
        except GatewayError as error:
            outcome.later.append(str(error))
        kept.keep()
    if task.topics:
        if broker is None:
            outcome.later.append("What the broker keeps of the sessions: no broker is named (--broker)")
        else:
            try:
                _clear(kept.path.parent, task, broker, outcome)
            except GatewayError as error:
                outcome.later.append(str(error))
        kept.keep()


def _remove_from_influx(tags: list[str], influx: InfluxSettings | None, outcome: Outcome) -> list[str]:
    if influx is None:
        outcome.later.append("InfluxDB: none is named; set FOOTFALL_INFLUX_URL and FOOTFALL_INFLUX_TOKEN_FILE")
        return tags
    from footfall_gateway.influx.runners import InfluxRunners  # only where it is asked for: it takes long

    left = []
    with InfluxRunners(influx) as runners:
        for tag in tags:
            runners.remove(tag)
            points = runners.points(tag)
            if points is None:
                outcome.remarks.append(
                    "InfluxDB has removed it, and can't be asked whether anything is left: the token may not read"
                )
            elif points:
                outcome.later.append(f"InfluxDB still has {points} values of it")
                left.append(tag)
    return left


def _clear(folder: Path, task: Task, broker: BrokerAddress, outcome: Outcome) -> None:
    gateways = ", ".join(sorted({key.gateway for key in task.keys}))
    announcements = announced_of(folder, task.keys)
    refused = clear_retained(broker, task.keys, announcements)
    forget_announced(folder, announcements)
    task.topics = []
    if refused - {Kind.ACK}:
        outcome.remarks.append(
            f"The broker lets this user clear no {' and no '.join(sorted(refused))}: where a session is not "
            f"whole yet, its description stays there until it is removed at its gateway too ({gateways})"
        )
