"""What the pages ask about sensors: what the owner paired, and what the store knows of them from runs."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from footfall_dashboards.runner.shelf import Owned, Worn
from footfall_gateway.ble import paired
from footfall_gateway.data_folder import store_path
from footfall_gateway.devices import COMPANION_PROFILES, PROFILES
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.settings import DEFAULTS
from footfall_gateway.store.database import Store, StoredSession


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
        sessions = await asyncio.to_thread(self._sessions)
        return [
            Worn(sensor, None)
            for one in sessions
            if one.header.session.id == session_id
            for sensor in one.header.session.sensors
        ]

    def _owned(self) -> list[Owned]:
        sessions = self._sessions()
        return [_owned(one, sessions) for one in paired.load(self._file).values()]

    def _sessions(self) -> list[StoredSession]:
        if not self._store.exists():
            return []
        with Store.open(self._store) as store:
            return store.sessions()


def _owned(one: paired.Paired, sessions: Sequence[StoredSession]) -> Owned:
    if isinstance(one, paired.PairedCompanion):
        seen = next((s for s in sessions if any(c.id == one.id for c in s.header.companions)), None)
        when = None if seen is None else seen.header.session.started_utc
        return Owned(one.id, COMPANION_PROFILES[one.profile].product, None, when)
    for session in sessions:
        for recorded in session.header.recorded_sensors:
            if recorded.address.upper() == one.address:
                return Owned(one.id, PROFILES[one.profile].product, recorded.sensor, session.header.session.started_utc)
    return Owned(one.id, PROFILES[one.profile].product, None)


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
                PROFILES[one.profile].product if one.profile in PROFILES else one.profile,
                one.sensor,
                self._header.session.started_utc,
            )
            for one in self._header.recorded_sensors
        ]
