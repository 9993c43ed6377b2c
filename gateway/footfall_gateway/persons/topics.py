"""Which topics of a broker are of a person's sessions."""

from pathlib import Path

from footfall_gateway import settings
from footfall_gateway.data_folder import inbox_path, spool_path
from footfall_gateway.mqtt import inbox, spool
from footfall_gateway.mqtt.pseudonyms import KEY_FILE, Pseudonyms
from footfall_gateway.mqtt.topics import this_gateway
from footfall_gateway.persons.databases import opened
from footfall_gateway.persons.person import Person


def topics_of_person(folder: Path, person: Person) -> list[tuple[str, str, str]]:
    """Return gateway, runner's pseudonym and id of the sessions that were sent to or from here."""
    found = []
    if inbox_path(folder).exists():
        with opened(inbox_path(folder), inbox.APPLICATION_ID, inbox.MIGRATIONS) as connection:
            rows = connection.execute("SELECT gateway, runner, session_id FROM session").fetchall()
        found += [row for row in rows if row[2] in person.session_ids]
    if spool_path(folder).exists() and (folder / KEY_FILE).exists():
        known = settings.load().settings
        gateway = this_gateway(known.gateway or known.mqtt_user)
        pseudonym = Pseudonyms.of(folder)
        with opened(spool_path(folder), spool.APPLICATION_ID, spool.MIGRATIONS) as connection:
            rows = connection.execute("SELECT runner, session_id FROM session").fetchall()
        found += [(gateway, pseudonym(name), one) for name, one in rows if one in person.session_ids]
    return found
