"""A watched folder beside the pages: its files get into the log, and the pages tell what became of them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from footfall_dashboards.runner.inbox import Inbox, InboxState, NoInbox, Refused
from footfall_gateway import console
from footfall_gateway.clock import SystemClock
from footfall_gateway.owned_tasks import OwnedTasks
from footfall_gateway.service.vitals import Sign, Vitals
from footfall_gateway.sessions.inbox_folder import InboxFolder, watch_on


class WatchedInbox:
    """Tells the pages of a watched folder.

    Parameters
    ----------
    folder
        As it is watched.
    """

    def __init__(self, folder: InboxFolder) -> None:
        self._folder = folder

    async def state(self) -> InboxState:
        """Return how it is; see `Inbox`."""
        found = await asyncio.to_thread(self._folder.refusals)
        refused = tuple(Refused(one.name, one.why, one.when_utc) for one in found)
        return InboxState(str(self._folder.inbox), self._folder.adding, self._folder.trouble, refused)

    async def look(self) -> Sign:
        """Tell how it is, without names and places."""
        state = await self.state()
        trouble = "the watched folder, or the store, can't be used; the page of runs says why" if state.trouble else ""
        return Sign({"adding": bool(state.adding), "refused": len(state.refused)}, trouble)


@contextlib.asynccontextmanager
async def inbox_watched(inbox: Path | None, folder: Path, runner: str, vitals: Vitals) -> AsyncIterator[Inbox]:
    """Watch a folder, if one is named, for as long as this lasts; the log is told what came of each file.

    Raises
    ------
    GatewayError
        When it can't be used.
    """
    if inbox is None:
        yield NoInbox()
        return
    watched = InboxFolder(inbox, folder, runner, console.remark)
    await asyncio.to_thread(watched.check)
    async with OwnedTasks() as tasks:
        tasks.start(watch_on(watched, SystemClock()))
        told = WatchedInbox(watched)
        vitals.look_at("watched_folder", told.look)
        try:
            yield told
        finally:
            watched.stop()
