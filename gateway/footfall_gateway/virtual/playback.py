"""Plays virtual sensors at a chosen speed, on a clock of their own."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Final, Self

from footfall_gateway.clock import Clock, SteppedClock
from footfall_gateway.owned_tasks import OwnedTasks
from footfall_gateway.virtual.radio import VirtualRadio
from footfall_gateway.virtual.sensor import VirtualSensor

FIRST_PACKET_S: Final = 0.1
"""A sensor fills its first packet for about this long after it was started."""
BEHIND_S: Final = 0.05
"""What a busy computer is late by is made up for, up to this; then the session is played more slowly than asked."""


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
        Seconds of recording in one second, and never more; infinity plays as fast as the reader takes it. At no speed
        is anything lost to a computer that does not keep up: it is played more slowly then. Arrival times keep the
        recording's own pace, as `clock` runs at it.
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
        self._speed = speed
        self._real = clock
        self._stepped = SteppedClock(clock.utc_now())
        self.clock: Clock = self._stepped
        self.radio = VirtualRadio(self._sensors, self.clock)
        self._ready: Callable[[], Awaitable[None]] | None = None
        self._finished = asyncio.Event()
        self._tasks = OwnedTasks()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._tasks.start(self._play())
        self._tasks.start(self._drive())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._tasks.__aexit__(kind, error, trace)

    def throttle(self, ready: Callable[[], Awaitable[None]]) -> None:
        """Time goes on only when `ready` returns."""
        self._ready = ready

    @property
    def unheard_packets(self) -> int:
        """How many packets were made while their sensor was not connected, or not listened to."""
        return sum(sensor.unheard_packets for sensor in self._sensors)

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

    async def _drive(self) -> None:
        due_s = self._real.now_s()
        while True:
            if self._ready is not None:
                await self._ready()
            if math.isfinite(self._speed):
                # what others answer on the way to a moment has come before it
                now_s = self._real.now_s()
                due_s = max(due_s + self._stepped.next_step_s() / self._speed, now_s - BEHIND_S)
                if due_s > now_s:
                    await self._real.sleep(due_s - now_s)
            await self._stepped.step()
