"""What the pages ask about sensors: what the owner paired, and what the store knows of them from runs."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from footfall_dashboards.runner.shelf import Owned, Worn
from footfall_gateway import wire
from footfall_gateway.ble import paired
from footfall_gateway.data_folder import store_path
from footfall_gateway.devices import COMPANION_PROFILES, PROFILES
from footfall_gateway.packets import RecordedCompanion, RecordedSensor, RecordingHeader
from footfall_gateway.settings import DEFAULTS
from footfall_gateway.store.database import Store, StoredSession
from footfall_processing.health import SensorHealth

MOST_LOOKED: Final = 20
"""Runs of a sensor in which its last report is looked for: what is older says nothing of it today."""


class KeptShelf:
    """The owner's sensors: what was paired, and what the store knows of them from runs.

    Parameters
    ----------
    folder
        The data folder.
    sensors_file
        Where paired sensors are remembered.
    """

    def __init__(self, folder: Path, sensors_file: Path = DEFAULTS.sensors_file) -> None:
        self._store = store_path(folder)
        self._file = sensors_file

    async def owned(self) -> Sequence[Owned]:
        """Return what was paired, in the order of the file; see `Shelf`."""
        return await asyncio.to_thread(self._owned)

    async def worn(self, session_id: str) -> Sequence[Worn]:
        """Return the sensors of a run; see `Shelf`."""
        return await asyncio.to_thread(self._worn, session_id)

    def _worn(self, session_id: str) -> list[Worn]:
        if not self._store.exists():
            return []
        with Store.open(self._store) as store:
            session = store.find(session_id)
        if session is None:
            return []
        health = _health_of(session)
        return [Worn(sensor, health.get(sensor.id)) for sensor in session.header.session.sensors]

    async def seen(self, runner_name: str) -> Sequence[Owned]:
        """Return the sensors of a runner's last runs that are not paired here; see `Shelf`."""
        return await asyncio.to_thread(self._seen, runner_name)

    def _owned(self) -> list[Owned]:
        known = paired.load(self._file).values()
        if not self._store.exists():
            return [Owned(one.id, _product(one.profile), None) for one in known]
        with Store.open(self._store) as store:
            return [_known(one.address, one.id, one.profile, _sessions_of(store, one.address)) for one in known]

    def _seen(self, runner_name: str) -> list[Owned]:
        if not self._store.exists():
            return []
        own = paired.load(self._file).keys()
        runs_of: dict[str, tuple[str, str, list[StoredSession]]] = {}
        with Store.open(self._store) as store:
            real = [run.session_id for run in store.log.runs(runner_name) if not run.is_demo]
            for session in map(store.find, real[:MOST_LOOKED]):
                for part in [] if session is None else _parts(session):
                    address = part.address.upper()
                    if session is not None and address and address not in own:
                        runs_of.setdefault(address, (_id_of(part), part.profile, []))[2].append(session)
        return [_known(address, *found) for address, found in runs_of.items()]


def _sessions_of(store: Store, address: str) -> Iterator[StoredSession]:
    """Yield the sessions of a sensor or companion, newest first."""
    for session in map(store.find, store.traces.ids_with(address)):
        if session is not None and any(part.address.upper() == address for part in _parts(session)):
            yield session


def _known(address: str, name: str, profile: str, newest_first: Iterable[StoredSession]) -> Owned:
    """Return what the store knows of a sensor: of its last run, and of the last one that kept how it was."""
    found: Owned | None = None
    for number, session in enumerate(newest_first):
        part = next(part for part in _parts(session) if part.address.upper() == address)
        started = session.header.session.started_utc
        if found is None:
            sensor = part.sensor if isinstance(part, RecordedSensor) else None
            firmware = str(part.settings.get("firmware", ""))
            found = Owned(name, _product(profile), sensor, started, firmware=firmware)
        health = _health_of(session).get(_id_of(part))
        if health is not None and started is not None:
            ended = started + timedelta(seconds=health.t_s)
            return replace(found, seen_utc=ended if number == 0 else found.seen_utc, health=health, health_utc=ended)
        if number + 1 == MOST_LOOKED:
            break
    return found or Owned(name, _product(profile), None)


def _parts(session: StoredSession) -> Sequence[RecordedSensor | RecordedCompanion]:
    return (*session.header.recorded_sensors, *session.header.companions)


def _id_of(part: RecordedSensor | RecordedCompanion) -> str:
    return part.sensor.id if isinstance(part, RecordedSensor) else part.id


def _product(profile: str) -> str:
    """Return what people know a model as; of one that a plug-in brought and took away, its name."""
    if profile in COMPANION_PROFILES:
        return COMPANION_PROFILES[profile].product
    return PROFILES[profile].product if profile in PROFILES else profile


def _health_of(session: StoredSession) -> dict[str, SensorHealth]:
    """Return how a session's sensors were at last; a run that was cut off, or comes from elsewhere, does not tell."""
    return wire.kept_health(session.summary or {})


class PlayedShelf(KeptShelf):
    """The sensors of a session that is played, as if they were the owner's.

    Parameters
    ----------
    folder
        The demo's data folder.
    header
        What the session says of its sensors.
    """

    def __init__(self, folder: Path, header: RecordingHeader) -> None:
        super().__init__(folder)
        self._header = header

    async def owned(self) -> Sequence[Owned]:
        """Return the session's sensors; see `Shelf`."""
        return [
            Owned(
                one.sensor.id,
                _product(one.profile),
                one.sensor,
                self._header.session.started_utc,
            )
            for one in self._header.recorded_sensors
        ]
