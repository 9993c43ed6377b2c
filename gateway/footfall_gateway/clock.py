"""The only place that knows what time it is. Everything else is given a `Clock`."""

import asyncio
import contextlib
import heapq
import itertools
import math
import time
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

ResultT = TypeVar("ResultT")


class Clock(Protocol):
    """Time as the rest of the gateway sees it."""

    def now_s(self) -> float:
        """Seconds that never run backwards, from an arbitrary origin."""
        ...

    def utc_now(self) -> datetime:
        """Wall-clock time, for the start of a session and nothing else."""
        ...

    async def sleep(self, duration_s: float) -> None:
        """Return after this long; at the earliest after the other tasks had a turn."""
        ...


class SystemClock:
    """The computer's own clock."""

    def now_s(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    def utc_now(self) -> datetime:
        """Wall-clock time."""
        return datetime.now(UTC)

    async def sleep(self, duration_s: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(duration_s)


class ScaledClock:
    """Another clock, run faster or slower.

    Parameters
    ----------
    clock
        The clock underneath.
    speed
        Seconds of this clock in one second of the other; positive and finite.
    """

    def __init__(self, clock: Clock, speed: float) -> None:
        self._clock = clock
        self._speed = speed
        self._origin_s = clock.now_s()

    def now_s(self) -> float:
        """Scaled seconds since this clock was made."""
        return (self._clock.now_s() - self._origin_s) * self._speed

    def utc_now(self) -> datetime:
        """Wall-clock time, not scaled."""
        return self._clock.utc_now()

    async def sleep(self, duration_s: float) -> None:
        """Wait for this much of scaled time."""
        await self._clock.sleep(duration_s / self._speed)


class SteppedClock:
    """A clock that stands still until it is advanced: for playing as fast as the computer can, and for tests.

    Parameters
    ----------
    started_utc
        Wall-clock time at second 0.
    """

    MAX_STEP_S: Final = 0.05
    """Tasks get their turns at least this often, so that nothing times out that only lacked a turn."""
    TURNS: Final = 10
    """Turns of the event loop at each step: enough to connect, start or stop a sensor within a step or two."""

    def __init__(self, started_utc: datetime) -> None:
        self._started_utc = started_utc
        self._now_s = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now_s(self) -> float:
        """Seconds it was advanced by."""
        return self._now_s

    def utc_now(self) -> datetime:
        """Start plus the seconds it was advanced by."""
        return self._started_utc + timedelta(seconds=self._now_s)

    async def sleep(self, duration_s: float) -> None:
        """Wait until the clock was advanced this far."""
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_s + max(duration_s, 0.0), next(self._order), woken))
        await woken

    def next_step_s(self) -> float:
        """Return how far the next step goes: to the next sleeper's moment, and `MAX_STEP_S` at most."""
        return min(self.MAX_STEP_S, self._sleepers[0][0] - self._now_s) if self._sleepers else self.MAX_STEP_S

    async def step(self, *, until_s: float = math.inf) -> None:
        """Go on to the next sleeper's moment, by `MAX_STEP_S` at most, and give every task its turns."""
        limit_s = min(self._now_s + self.MAX_STEP_S, until_s)
        self._now_s = min(limit_s, self._sleepers[0][0]) if self._sleepers else limit_s
        while self._sleepers and self._sleepers[0][0] <= self._now_s:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
        for _ in range(self.TURNS):
            await asyncio.sleep(0)

    async def advance(self, duration_s: float) -> None:
        """Step on by this long."""
        until_s = self._now_s + duration_s
        while self._now_s < until_s:
            await self.step(until_s=until_s)


async def within(clock: Clock, duration_s: float, work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Do something, but give it no longer than this of the clock's time.

    Raises
    ------
    TimeoutError
        When it took longer; it is cancelled then.
    """
    working = asyncio.create_task(work)
    sleeping = asyncio.create_task(clock.sleep(duration_s))
    try:
        await asyncio.wait({working, sleeping}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise TimeoutError(f"not done within {duration_s:g} s")
        return working.result()
    finally:
        working.cancel()
        sleeping.cancel()
        await asyncio.gather(working, sleeping, return_exceptions=True)


async def wait_at_most(clock: Clock, duration_s: float, event: asyncio.Event) -> bool:
    """Wait for an event, but no longer than this of the clock's time; return whether it is set."""
    with contextlib.suppress(TimeoutError):
        await within(clock, duration_s, event.wait())
    return event.is_set()
