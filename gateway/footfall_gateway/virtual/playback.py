"""Plays virtual sensors at a chosen speed, on a clock of their own."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Final, Self

from footfall_gateway.clock import Clock, ScaledClock, SteppedClock
from footfall_gateway.owned_tasks import OwnedTasks
from footfall_gateway.virtual.radio import VirtualRadio
from footfall_gateway.virtual.sensor import VirtualSensor

FIRST_PACKET_S: Final = 0.1
"""A sensor fills its first packet for about this long after it was started."""


class Playback:
    """All virtual sensors of a run, on one radio and one clock.

    The sensors begin to play together, once each of them that is in range was started by the gateway::

        async with Playback(sensors, speed=math.inf, clock=SystemClock()) as playback:
            async with SensorHub(clock=playback.clock, backends=playback.radio.backends()) as hub:
                playback.throttle(hub.has_room)
                ...

    Parameters
    ----------
    sensors
        Who plays.
    speed
        Seconds of recording in one second; infinity plays as fast as the reader takes it, with nothing lost. Arrival
        times keep the recording's own pace at every speed, as `clock` runs at it.
    clock
        Real time.

    Attributes
    ----------
    clock
        The time that the sensors live in, and the gateway with them.
    radio
        The air between them.
    """

    def __init__(self, sensors: Sequence[VirtualSensor], *, speed: float, clock: Clock) -> None:
        self._sensors = tuple(sensors)
        self._stepped = SteppedClock(clock.utc_now()) if math.isinf(speed) else None
        self.clock: Clock = self._stepped or ScaledClock(clock, speed)
        self.radio = VirtualRadio(self._sensors, self.clock)
        self._ready: Callable[[], Awaitable[None]] | None = None
        self._finished = asyncio.Event()
        self._tasks = OwnedTasks()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._tasks.start(self._play())
        if self._stepped is not None:
            self._tasks.start(self._drive(self._stepped))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._tasks.__aexit__(kind, error, trace)

    def throttle(self, ready: Callable[[], Awaitable[None]]) -> None:
        """At infinite speed, time goes on only when `ready` returns."""
        self._ready = ready

    async def finished(self) -> None:
        """Return when every sensor has sent its last packet."""
        await self._finished.wait()

    async def _play(self) -> None:
        await asyncio.gather(*(sensor.started.wait() for sensor in self._sensors if sensor.reachable))
        first_due_s = min((sensor.first_due_s for sensor in self._sensors), default=math.inf)
        async with asyncio.TaskGroup() as players:
            for sensor in self._sensors:
                players.create_task(sensor.play(self.clock, origin_s=first_due_s - FIRST_PACKET_S))
        self._finished.set()

    async def _drive(self, clock: SteppedClock) -> None:
        while True:
            if self._ready is not None:
                await self._ready()
            await clock.step()
