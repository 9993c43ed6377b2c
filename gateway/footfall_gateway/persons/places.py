"""All places of a data folder that hold something of people. What is added to Footfall is added here: a line each."""

from pathlib import Path
from typing import Final

from footfall_gateway.data_folder import inbox_path, outbox_path, spool_path, store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.mqtt.pseudonyms import KEY_FILE, Pseudonyms
from footfall_gateway.persons.accounts import AccountsPlace
from footfall_gateway.persons.databases import OutboxPlace, StorePlace, inbox_place, spool_place
from footfall_gateway.persons.demo import DemoPlace
from footfall_gateway.persons.files import ExportsPlace, LeftoversPlace, RecordingsPlace
from footfall_gateway.persons.onboard import OnboardPlace
from footfall_gateway.persons.person import UNNAMED, Person, Place
from footfall_gateway.persons.studies import StudiesPlace
from footfall_gateway.runner_names import as_compared

PLACES: Final[tuple[Place, ...]] = (
    spool_place(),  # what a gateway has not sent yet; first, so that nothing is sent that is removed elsewhere
    inbox_place(),  # what a processor was sent
    OutboxPlace(),  # what waits for InfluxDB
    StorePlace(),  # sessions, strides, windows, summaries, tracks, runs, answers, messages, plans, calibration
    RecordingsPlace(),  # what the sensors sent
    OnboardPlace(),  # what was fetched of the sensors' own memory, and who was to run
    DemoPlace(),  # what was played in the last demo
    AccountsPlace(),  # who may log in, and which coaches runners agreed to
    StudiesPlace(),  # who agreed to take part in which study, and what was told on which day
    LeftoversPlace(),  # copies made on the way to a backup or an export that was killed
    ExportsPlace(),  # archives that `footfall person export` made in the data folder
)

DATABASES: Final = (spool_path, inbox_path, outbox_path, store_path)
"""Of these, places answer for every row: what is found in one that is left is somebody else's."""


def people(folder: Path) -> list[Person]:
    """Return everybody of whom the data folder holds something, by name.

    Raises
    ------
    GatewayError
        When a file can't be read.
    """
    spellings: dict[str, set[str]] = {}
    sessions: dict[str, set[str]] = {}
    told = _whose_in_store(folder)
    for place in PLACES:
        for said, session_id in place.whose(folder):
            name = told.get(session_id, said)
            spellings.setdefault(as_compared(name), set()).add(name)
            sessions.setdefault(as_compared(name), set()).update({session_id} - {""})
    pseudonym = Pseudonyms.of(folder) if (folder / KEY_FILE).exists() else None

    def person(name: str) -> Person:
        called = {pseudonym(one) for one in {name, *spellings[name]}} if pseudonym is not None and name else set()
        return Person(name, frozenset(spellings[name]), frozenset(sessions[name]), frozenset(called))

    return [person(name) for name in sorted(spellings)]


def _whose_in_store(folder: Path) -> dict[str, str]:
    """Return who ran each session, by id, as the store knows: there it may have been said after the recording."""
    return {session_id: name for name, session_id in StorePlace().whose(folder) if session_id}


def find_person(folder: Path, name: str) -> Person:
    """Return a person by name.

    Raises
    ------
    GatewayError
        When nothing is kept of anybody of that name.
    """
    known = {person.name: person for person in people(folder)}
    wanted = as_compared(name)
    if wanted in known:
        return known[wanted]
    alike = [other for other in known if other.casefold() == wanted.casefold()]
    if alike:
        raise GatewayError(f"{folder}: holds nothing of {wanted!r}; is {alike[0]!r} meant? Capitals count")
    if not known:
        raise GatewayError(f"{folder}: holds nothing of {wanted!r}, nor of anybody; is it the right --data-dir?")
    names = ", ".join(other or UNNAMED for other in known)
    raise GatewayError(f"{folder}: holds nothing of {wanted!r}; it does of: {names}")
