"""All that is kept of a person, in one archive of open formats."""

import shutil
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from footfall_gateway import data_folder
from footfall_gateway.archives import ArchiveWriter
from footfall_gateway.ble.paired import Paired, PairedCompanion
from footfall_gateway.errors import GatewayError
from footfall_gateway.influx.points import Measurement, runner_tag
from footfall_gateway.influx.settings import URL, InfluxSettings
from footfall_gateway.mqtt.pseudonyms import Pseudonyms
from footfall_gateway.own_files import make_own_folder
from footfall_gateway.persons.files import recordings
from footfall_gateway.persons.person import Person
from footfall_gateway.persons.places import PLACES
from footfall_gateway.persons.tables import add_json, add_table
from footfall_gateway.persons.waiting import WORK
from footfall_gateway.recordings.recording import RecordingError, header_at

README = """What Footfall keeps of one person
==================================

person.json          the name, the pseudonym that stands in MQTT topics and InfluxDB, and the ids of the sessions
login.json           the account for the pages, and the coaches who were let in
sessions/ID/         one session each:
  recording.mcap     what the sensors sent, as it came (MCAP; docs/recording-format.md); `footfall analyze` reads it
  waiting.mcap       the same, of a session that had not come whole or was not computed when this was made
  waiting-*          what of such a session can't be read, as it came
  session.json       when, with which sensors, mass and height where they were given, shoe; `changed` is what was
                     changed afterwards: title, date, shoe, distance, and since when it lies in the bin
  header.json        the same as the recording has it, with the sensors' addresses and settings
  strides.csv/.jsonl one line a stride (docs/metrics.md says what each number means; names end in their unit)
  windows.csv/.jsonl the same by ten seconds, minute, five minutes, kilometre
  track.csv/.jsonl   what a watch recorded: distance, speed, heart rate, and where; times are those of the session
  summary.json       of the whole session
onboard/             what was fetched of sensors that recorded by themselves, and is no recording yet (docs/onboard.md)
notes/               what was noted: pains, signs to be looked at, how hard runs were (efforts), shoes; plan-events:
                     what happened in programmes, exercises and try-outs, a try-out's drawn order once its seal was
                     opened; and messages: what Footfall said, with the rule that made it and what it was made from
studies/             studies that the person joined: what was agreed to and when, and what was told on which day
settings/            the calibration of stride lengths; the paired sensors that the sessions were recorded with
influxdb/            what InfluxDB holds under the person's pseudonym or name, a file for each kind of points (CSV)

.csv and .jsonl of one name hold the same, for a spreadsheet and for a program. Times are seconds of the session,
dates UTC. What is not there is not kept, or not of this person.
"""


def default_path(folder: Path, person: Person, now: datetime) -> Path:
    """Return where an export goes, unless told otherwise: called by pseudonym, since file names are seen by others.

    Raises
    ------
    GatewayError
        When the folder can't be made.
    """
    there = data_folder.exports_folder(folder)
    try:
        make_own_folder(there)
    except OSError as error:
        raise GatewayError(f"{there}: can't be made ({error.strerror}); say where to with --out") from error
    return there / f"{_called(folder, person)}-{now:%Y%m%dT%H%M%SZ}.zip"


def export_person(
    folder: Path,
    person: Person,
    path: Path,
    *,
    now: datetime,
    paired: "dict[str, Paired]",
    influx: InfluxSettings | None,
    say: Callable[[str], object],
) -> None:
    """Write the archive, whole or not at all.

    Parameters
    ----------
    paired
        The paired sensors, by address; those that the person's sessions were recorded with are put in.
    influx
        Where to ask for points, too.
    say
        Told what can't be had.

    Raises
    ------
    GatewayError
        When a file can't be read, or the archive can't be written.
    """
    called = _called(folder, person)
    with data_folder.held_alone(folder, "export"), ArchiveWriter(path, comment=called) as archive:
        for left in folder.glob(f"{WORK}*"):
            shutil.rmtree(left)
        archive.add("README.txt", README.encode())
        add_json(
            archive,
            "person.json",
            {
                "name": person.name or None,
                "spellings": sorted(person.spellings),
                "pseudonym": called,
                "sessions": sorted(person.session_ids),
                "made_utc": now.isoformat(),
                "made_by": f"footfall {version('footfall')}",
            },
        )
        for place in PLACES:
            say(place.title)
            place.export(folder, person, archive)
        addresses = _addresses(folder, person)
        rows = [_pairing(address, one) for address, one in paired.items() if address in addresses]
        add_table(archive, "settings/paired-sensors", rows)
        if influx is not None:
            say("InfluxDB")
            try:
                _add_points(archive, person, influx)
            except GatewayError as error:
                raise GatewayError(f"{error}; without {URL} in the environment, the rest is exported") from error


def _called(folder: Path, person: Person) -> str:
    return Pseudonyms.of(folder)(person.name) or "unnamed"


def _addresses(folder: Path, person: Person) -> set[str]:
    found: set[str] = set()
    for path in recordings(folder):
        if path.stem in person.session_ids:
            try:
                header = header_at(path)
            except RecordingError:
                continue
            found |= {one.address.upper() for one in header.recorded_sensors}
            found |= {one.address.upper() for one in header.companions}
    return found - {""}


def _pairing(address: str, one: Paired) -> dict[str, object]:
    return {
        "address": address,
        "model": one.profile,
        "name": one.id,
        "worn": "" if isinstance(one, PairedCompanion) else one.worn,
    }


def _add_points(archive: ArchiveWriter, person: Person, influx: InfluxSettings) -> None:
    from footfall_gateway.influx.runners import InfluxRunners  # only where it is asked for: it takes long

    tags = sorted({runner_tag(one) for one in (*person.spellings, *person.pseudonyms)})
    with InfluxRunners(influx) as runners:
        for measurement in Measurement:
            for number, tag in enumerate(tags):
                rows = runners.rows(measurement, tag)
                first = next(rows, b"")
                if first.strip():
                    suffix = f"-{number}" if number else ""
                    with archive.member(f"influxdb/{measurement.value}{suffix}.csv") as file:
                        file.write(first)
                        for piece in rows:
                            file.write(piece)
