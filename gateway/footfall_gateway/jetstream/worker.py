"""A worker: any number of them, on any number of machines, share the partitions of a cluster."""

import asyncio
import secrets
from collections.abc import Callable
from functools import partial
from typing import Final

from footfall_gateway.clock import Clock, wait_at_most
from footfall_gateway.jetstream.connection import Line
from footfall_gateway.jetstream.members import Members
from footfall_gateway.jetstream.partition import Partition, SinksOf
from footfall_gateway.jetstream.states import States
from footfall_gateway.jetstream.stream import set_up
from footfall_gateway.mqtt.left_out import LeftOut
from footfall_gateway.say import Say, Told

LOOK_S: Final = 1.0
GOODBYE_S: Final = 10.0


class Worker:
    """Takes its share of the partitions, over each connection anew.

    Parameters
    ----------
    partitions
        How many the cluster has.
    sinks_of
        Makes the sinks of a session; the first argument is the key of the runners' pseudonyms, which all workers share.
    own_key
        The key for that, where this worker is the first.
    say
        Told what a person must mend, and what is complete.
    software
        Which Footfall this is.
    clock
        For who is there, and what rests.
    beat
        Called as work goes on.
    """

    def __init__(
        self,
        partitions: int,
        sinks_of: Callable[[bytes], SinksOf],
        own_key: bytes,
        say: Say,
        *,
        software: str,
        clock: Clock,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._partitions = partitions
        self._sinks_of = sinks_of
        self._own_key = own_key
        self._say = say
        self._software = software
        self._clock = clock
        self._beat = beat
        self._left_out = LeftOut(say)
        self._name = f"worker-{secrets.token_hex(4)}"
        self._leave = asyncio.Event()
        self._working: dict[int, tuple[Partition, asyncio.Event, asyncio.Task[None]]] = {}
        self._others = 0
        self._ready: SinksOf | None = None

    @property
    def left_out(self) -> dict[str, int]:
        """How many messages were left out since the start, by what was wrong with them."""
        return self._left_out.by_kind()

    @property
    def facts(self) -> dict[str, int]:
        """How it stands, for who asks."""
        held = [partition for partition, _, _ in self._working.values() if partition.is_ours]
        return {
            "workers": self._others,
            "partitions": len(held),
            "sessions": sum(partition.sessions for partition in held),
        }

    async def run(self, line: Line) -> None:
        """Work over a connection, until it breaks, or `leave` was called and all is given back."""
        sinks_of = self._ready or await self._begin(line)
        members = Members(line.client, self._name, self._partitions, self._clock)
        saying = asyncio.create_task(members.run())
        try:
            while not self._leave.is_set():
                members.changed.clear()
                self._share(line, members, sinks_of)
                await self._look(saying)
                await wait_at_most(self._clock, LOOK_S, members.changed)
                self._beat()
            await members.leave()
            await self._give_back()
        finally:
            tasks = [saying, *(task for _, _, task in self._working.values())]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._working.clear()

    async def _begin(self, line: Line) -> SinksOf:
        """Set up what is not there yet; once, as it needs the leader of all, which may have fallen with a node."""
        setup = await set_up(line.client, self._partitions)
        self._ready = self._sinks_of(await States(line.client).shared_key(self._own_key))
        text = f"Waiting for gateways: {self._partitions} partitions, each kept {setup.replicas} times. Ctrl-C ends."
        self._say(Told(text, "worker ready", partitions=self._partitions, replicas=setup.replicas))
        return self._ready

    def leave(self) -> None:
        """Have `run` give everything back and return, soon."""
        self._leave.set()

    def _share(self, line: Line, members: Members, sinks_of: SinksOf) -> None:
        """Begin with the partitions that are ours, and end with those that are not any more."""
        ours = members.ours()
        self._others = members.count
        for number, (_, leave, _) in self._working.items():
            if number not in ours:
                leave.set()
        for number in ours - self._working.keys():
            work = Partition(
                line.client,
                number,
                sinks_of,
                self._left_out,
                self._say,
                software=self._software,
                clock=self._clock,
                beat=self._beat,
            )
            leave = asyncio.Event()
            task = asyncio.create_task(work.run(leave), name=f"partition {number}")
            task.add_done_callback(partial(_wake, members.changed))
            self._working[number] = work, leave, task

    async def _look(self, saying: asyncio.Task[None]) -> None:
        """Let go of what has ended; an error of one ends all."""
        if saying.done():
            saying.result()
        for number, (_, _, task) in list(self._working.items()):
            if task.done():
                del self._working[number]
                task.result()

    async def _give_back(self) -> None:
        for _, leave, _ in self._working.values():
            leave.set()
        tasks = [task for _, _, task in self._working.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=GOODBYE_S)


def _wake(changed: asyncio.Event, _: object) -> None:
    changed.set()
