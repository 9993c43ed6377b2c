"""Runs of the store as files for other tools, for the pages."""

import asyncio
from pathlib import Path

from footfall_dashboards.runner.downloads import FIT
from footfall_gateway.data_folder import store_path
from footfall_gateway.formats.stride_tables import strides_csv
from footfall_gateway.store.database import Store


class KeptRunFiles:
    """Writes runs of a data folder's store; one at a time, as each takes the processor.

    Parameters
    ----------
    folder
        The data folder.
    """

    def __init__(self, folder: Path) -> None:
        self._store = store_path(folder)
        self._writing = asyncio.Semaphore(1)

    async def content(self, session_id: str, file: str, *, with_places: bool) -> bytes:
        """Return a run in a format; see `RunFiles`."""
        async with self._writing:
            return await asyncio.to_thread(self._content, session_id, file, with_places)

    def _content(self, session_id: str, file: str, with_places: bool) -> bytes:
        with Store.open(self._store) as store:
            session = store.session(session_id).header.session
            strides = store.strides(session_id)
            effort = store.answers.effort_of(session_id)
            track = store.tracks.of(session_id)
        if file != FIT.file:
            return strides_csv(strides)
        from footfall_gateway.formats.fit.writing import fit_of  # its library is of no use to the others

        if track is not None and not with_places:
            track = track.without_places()
        return fit_of(session, strides, effort, track=track)
