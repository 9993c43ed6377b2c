"""What services look at, to tell how they are: a connection, the disk, the files that they write."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

from footfall_gateway.clock import Clock, SystemClock
from footfall_gateway.service.vitals import Sign

RESERVE_BYTES: Final = 64 << 20
"""With less than this free, the disk counts as full."""
PATIENCE_S: Final = 1.0
"""Another program may write to a file for so long before it counts as held."""

ConnectionT = TypeVar("ConnectionT")


class Reached:
    """Whether something at the other end of a line is reached, and since when.

    Parameters
    ----------
    what
        What it is, for people.
    """

    def __init__(self, what: str, clock: Clock | None = None) -> None:
        self._what = what
        self._clock = clock or SystemClock()
        self._reached = False
        self._since_s = self._clock.now_s()

    def note(self, reached: bool) -> None:
        """Note how it is from now on."""
        if reached is not self._reached:
            self._reached, self._since_s = reached, self._clock.now_s()

    @contextmanager
    def while_it_stands(self) -> Iterator[None]:
        """Count it as reached for as long as this lasts."""
        self.note(True)
        try:
            yield
        finally:
            self.note(False)

    def noting(self, work: Callable[[ConnectionT], Awaitable[None]]) -> Callable[[ConnectionT], Awaitable[None]]:
        """Return the same work over a connection; while it goes on, it counts as reached."""

        async def noted(connection: ConnectionT) -> None:
            with self.while_it_stands():
                await work(connection)

        return noted

    async def look(self) -> Sign:
        """Tell."""
        for_s = round(self._clock.now_s() - self._since_s, 1)
        trouble = "" if self._reached else f"{self._what} has not been reached for {for_s:.0f} s"
        return Sign({"reached": self._reached, "for_s": for_s}, trouble)


def look_at_disk(folder: Path, files: Mapping[str, Path]) -> Callable[[], Awaitable[Sign]]:
    """Return what looks whether a data folder has room, and can be written, and each of its SQLite files as well.

    Parameters
    ----------
    files
        By what people call them; one that is not there yet can be written where the folder can.
    """

    def looked() -> Sign:
        free_bytes = shutil.disk_usage(folder).free
        writable = os.access(folder, os.W_OK | os.X_OK)
        troubles = [] if writable else ["the data folder can't be written"]
        if free_bytes < RESERVE_BYTES:
            troubles.append(f"the disk is full: {free_bytes / 1e6:.0f} MB free")
        for name, path in files.items():
            why = why_not_writable(path)
            if why:
                troubles.append(f"the {name} can't be written ({why})")
        return Sign({"free_bytes": free_bytes, "writable": writable and not troubles}, "; ".join(troubles))

    async def look() -> Sign:
        return await asyncio.to_thread(looked)

    return look


def why_not_writable(path: Path) -> str:
    """Tell why a SQLite file can't be written to now; empty when it can, or is not there. Changes nothing in it."""
    if not path.exists():
        return ""
    try:
        uri = f"file:{quote(str(path))}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=PATIENCE_S, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        return str(error)
    return ""
