"""How a long-running service is doing: whether its work goes on, and whether it can do what it is for.

**Live** is a service whose loops turn. Each loop that works says so with `beat`; one that only waits for what comes
from outside says `rest`. systemd's watchdog is told by these calls alone, and by none while another loop is overdue: a
stuck worker is not vouched for by one that goes on. **Ready** is a service that lacks nothing: what it looks at
(`look_at`) is in order. Nothing here names people, sensors or places on the disk.
"""

import asyncio
import math
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

import msgspec

from footfall_gateway.clock import Clock, SystemClock
from footfall_gateway.service.systemd import ServiceManager

READY: Final = "/healthz"
"""Where a service answers a `Report`."""
BEAT_S: Final = 5.0
"""A loop that has nothing to do turns at least so often."""
OVERDUE_S: Final = 60.0
"""A loop that has not turned for so long is stuck: a minute of 64 sessions takes a small computer some seconds."""
OFTEN_ENOUGH: Final = 0.25
"""Of the time that the watchdog waits; sd_watchdog_enabled(3) asks for half of it at most."""
LOOP: Final = "event loop"

T = TypeVar("T")
Fact: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Sign:
    """What was seen of one thing.

    Parameters
    ----------
    facts
        Numbers and states, by name.
    trouble
        Why the service can't do all that it is for; empty when that is in order.
    """

    facts: Mapping[str, Fact] = field(default_factory=dict)
    trouble: str = ""


Look: TypeAlias = Callable[[], Awaitable[Sign]]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `/healthz` answers.

    Parameters
    ----------
    live, ready
        Whether its loops turn; whether it lacks nothing, too.
    stuck
        Loops that don't turn.
    troubles
        What is not in order, in words, by what was looked at.
    signs
        The facts of all that was looked at.
    """

    service: str
    software: str
    up_s: float
    live: bool
    ready: bool
    stuck: list[str] = []
    troubles: dict[str, str] = {}
    signs: dict[str, dict[str, Fact]] = {}


def address_file(folder: Path, service: str) -> Path:
    """Return where a service that uses a data folder notes the address of its answers."""
    return folder / f"{service}.health"


class Vitals:
    """One service's signs of life.

    Parameters
    ----------
    service
        Which of the commands it is.
    software
        Which Footfall.
    manager
        Told that the work goes on.
    """

    def __init__(
        self,
        service: str,
        software: str = "",
        *,
        clock: Clock | None = None,
        manager: ServiceManager | None = None,
        overdue_s: float = OVERDUE_S,
    ) -> None:
        self.service = service
        self.manager = manager or ServiceManager()
        self._software = software
        self._clock = clock or SystemClock()
        self._overdue_s = overdue_s
        self._begun_s = self._clock.now_s()
        self._turned_s: dict[str, float] = {}
        self._worked_s: dict[str, float] = {}
        self._vouch_again_s = -math.inf
        self._looks: dict[str, Look] = {}

    def beat(self, worker: str) -> None:
        """Say that a loop has turned, and works; it must say so again soon, or rest."""
        self._turned_s[worker] = self._worked_s[worker] = self._clock.now_s()
        self._vouch()

    def rest(self, worker: str) -> None:
        """Say that a loop has turned, and waits for what comes from outside, however long."""
        self._turned_s.pop(worker, None)
        self._vouch()

    async def each(self, worker: str, batches: AsyncIterable[T]) -> AsyncIterator[T]:
        """Hand on what comes from outside; whoever takes it works on each until he asks for the next."""
        try:
            async for batch in batches:
                self.beat(worker)
                yield batch
                self.rest(worker)
        finally:
            self.rest(worker)

    def stuck(self) -> list[str]:
        """Name the loops that have not turned for too long."""
        now_s = self._clock.now_s()
        return sorted(worker for worker, turned_s in self._turned_s.items() if now_s - turned_s > self._overdue_s)

    def _vouch(self) -> None:
        now_s = self._clock.now_s()
        if now_s >= self._vouch_again_s and not self.stuck():
            self._vouch_again_s = now_s + (self.manager.watchdog_s or math.inf) * OFTEN_ENOUGH
            self.manager.alive()

    def ago_s(self, worker: str) -> float | None:
        """Tell how long ago a loop last had something to do; `None` before it had."""
        worked_s = self._worked_s.get(worker)
        return None if worked_s is None else round(self._clock.now_s() - worked_s, 1)

    def look_at(self, what: str, look: Look) -> None:
        """Have this looked at whenever somebody asks how the service is."""
        self._looks[what] = look

    async def report(self) -> Report:
        """Look at everything, and tell; what can't be looked at is in trouble."""
        seen = await asyncio.gather(*(look() for look in self._looks.values()), return_exceptions=True)
        signs: dict[str, dict[str, Fact]] = {}
        troubles: dict[str, str] = {}
        for what, sign in zip(self._looks, seen, strict=True):
            if isinstance(sign, Sign):
                signs[what] = dict(sign.facts)
                if sign.trouble:
                    troubles[what] = sign.trouble
            elif isinstance(sign, Exception):
                troubles[what] = f"can't be looked at ({type(sign).__name__})"
            else:
                raise sign
        stuck = self.stuck()
        return Report(
            service=self.service,
            software=self._software,
            up_s=round(self._clock.now_s() - self._begun_s, 1),
            live=not stuck,
            ready=not stuck and not troubles,
            stuck=stuck,
            troubles=troubles,
            signs=signs,
        )

    async def turn(self) -> None:
        """Show for ever that the event loop turns, and tell the service manager in a line how things are."""
        while True:
            self.beat(LOOP)
            report = await self.report()
            wrong = [f"{worker} is stuck" for worker in report.stuck]
            wrong += [f"{what}: {trouble}" for what, trouble in report.troubles.items()]
            self.manager.status("; ".join(wrong) or "ready")
            await self._clock.sleep(BEAT_S)
