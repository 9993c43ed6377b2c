"""Disks block: each file has a thread of its own, and what many write meanwhile goes to it in one call."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Generic, TypeVar

T = TypeVar("T")
ItemT = TypeVar("ItemT")


class DiskThread:
    """One thread for one file: blocking calls in their order, off the event loop."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def call(self, function: Callable[..., T], *arguments: object) -> T:
        """Call `function` in the thread and wait for its result."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)

    def close(self) -> None:
        """Wait for the last call and end the thread."""
        self._executor.shutdown()


class _Gathered(Generic[ItemT]):
    """Items of several writers that go to the disk together."""

    def __init__(self) -> None:
        self.items: list[ItemT] = []
        self.writers = 0
        self.waiting = 0
        self.writing: asyncio.Task[Exception | None] | None = None


class SharedWrites(Generic[ItemT]):
    """Gathers what is written while the disk is busy into one call, so that it is synced once for all writers.

    Parameters
    ----------
    disk
        The file's thread.
    write
        Writes items in the order in which they came, all or none; where it raises with items of several writers, those
        of each are written by themselves, so that the error reaches the one whose items are at fault.
    """

    def __init__(self, disk: DiskThread, write: Callable[[Sequence[ItemT]], None]) -> None:
        self._disk: Final = disk
        self._write: Final = write
        self._gathering: _Gathered[ItemT] = _Gathered()
        self._turn = asyncio.Lock()

    async def add(self, items: Iterable[ItemT]) -> None:
        """Write items; on return they are on the disk.

        Raises
        ------
        FootfallError
            When the disk refuses; what else is wrong with the items passes as it is.
        """
        mine = list(items)
        gathered = self._gathering
        gathered.items += mine
        gathered.writers += 1
        gathered.waiting += 1
        if gathered.writing is None:
            gathered.writing = asyncio.create_task(self._write_together(gathered), name="shared write")
        try:
            # who waits and is cancelled takes nothing from the others
            failure = await asyncio.shield(gathered.writing)
        except asyncio.CancelledError:
            gathered.waiting -= 1
            if not gathered.waiting:
                await self._let_go(gathered, gathered.writing)
            raise
        if failure is None:
            return
        if gathered.writers == 1:
            raise failure
        # what is wrong may be another writer's: nobody else is to suffer from it
        await self._disk.call(self._write, mine)

    async def _let_go(self, gathered: _Gathered[ItemT], writing: asyncio.Task[Exception | None]) -> None:
        """Give up what nobody waits for any more; a file that refuses would be tried for ever, closed or not."""
        if self._gathering is gathered:
            self._gathering = _Gathered()
        writing.cancel()
        await asyncio.wait([writing])

    async def _write_together(self, gathered: _Gathered[ItemT]) -> Exception | None:
        """Write what is gathered when it is its turn, and return why not; who comes from then on is written later."""
        async with self._turn:
            self._gathering = _Gathered()
            try:
                await self._disk.call(self._write, gathered.items)
            except Exception as error:
                return error
        return None
