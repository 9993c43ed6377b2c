"""While a file can't be written: try again, say once that something waits, and once that it is over."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

from footfall_gateway.clock import Clock, within
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.say import Say
from footfall_gateway.store.sqlite_file import PassingError

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 5.0
"""Pauses between two attempts double from the first to the longest."""

T = TypeVar("T")


class Patience:
    """Patience with one file, shared by all who use it.

    Parameters
    ----------
    say
        Told in one line each.
    clock
        For the pauses.
    waits
        What to say when it begins, with `{}` for the reason.
    goes_on
        What to say when it is over.

    Attributes
    ----------
    why
        What the file refuses now; empty while all is well.
    on_refusal
        Called at each attempt that is refused: who waits for the file is at work, and not stuck.
    """

    def __init__(self, say: Say, clock: Clock, *, waits: str, goes_on: str) -> None:
        self.why = ""
        self.on_refusal: Callable[[], None] = lambda: None
        self._say = say
        self._clock = clock
        self._waits = waits
        self._goes_on = goes_on
        self._waiting = 0
        self._begun = asyncio.Event()
        self._over = asyncio.Event()

    async def until_done(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do something, again and again while the file refuses; every other error passes as it is."""
        pause_s, waits = FIRST_PAUSE_S, False
        try:
            while True:
                try:
                    result = await work()
                except PassingError as error:
                    self._waiting += not waits
                    waits = True
                    self._wait(str(error))
                    self.on_refusal()
                    await self._clock.sleep(pause_s)
                    pause_s = min(2.0 * pause_s, LONGEST_PAUSE_S)
                else:
                    if waits:  # of a file that is held, reading succeeds all the while
                        self._go_on()
                    return result
        finally:
            self._waiting -= waits
            if waits and not self._waiting:
                self._settle()

    async def refused(self) -> None:
        """Return when the file refuses."""
        await self._begun.wait()

    async def exhausted(self, longest_s: float) -> None:
        """Return when the file has refused for so long at a stretch, from now on."""
        while True:
            await self._begun.wait()
            with contextlib.suppress(TimeoutError):
                await within(self._clock, longest_s, self._over.wait())
                continue
            return

    def _wait(self, why: str) -> None:
        if not self.why:
            self._say(self._waits.format(why))
        self.why = why
        self._over.clear()
        self._begun.set()

    def _go_on(self) -> None:
        if self.why:
            self._settle()
            self._say(self._goes_on)

    def _settle(self) -> None:
        self.why = ""
        self._begun.clear()
        self._over.set()


class PatientDisk(DiskThread):
    """The thread of a file that all who use it wait for while it refuses."""

    def __init__(self, name: str, patience: Patience) -> None:
        super().__init__(name)
        self.patience: Final = patience

    async def call(self, function: Callable[..., T], *arguments: object) -> T:
        """Call `function` in the thread, again and again while the file refuses, and wait for its result."""
        return await self.patience.until_done(partial(self.call_once, function, *arguments))

    async def call_once(self, function: Callable[..., T], *arguments: object) -> T:
        """Call `function` in the thread and wait for its result; a refusal passes as `PassingError`."""
        return await super().call(function, *arguments)
