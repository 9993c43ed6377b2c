"""Which workers there are, and which partitions each asks for.

Each says twice a second that it is there; who was not heard for `GONE_S` is gone. From who is there, each works out by
itself who asks for which partition. Two that see it differently for a moment harm nothing: the server gives a partition
to one of them.
"""

import asyncio
from collections import Counter
from collections.abc import Collection
from hashlib import sha256
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg

from footfall_gateway.clock import Clock
from footfall_gateway.jetstream.subjects import WORKERS

SAY_S: Final = 0.5
GONE_S: Final = 2.0
LISTEN_S: Final = 1.2
"""A worker listens for so long before it asks for anything, so that it takes nothing from those that are there."""
MOST_WORKERS: Final = 1000
_LEAVING: Final = "leaving "


def shares(workers: Collection[str], partitions: int) -> dict[int, str]:
    """Return which worker each partition is for: as many for each, and few change hands when one comes or goes."""
    most = -(-partitions // max(len(workers), 1))
    taken: Counter[str] = Counter()
    found = {}
    for partition in range(partitions):
        ranked = sorted(workers, key=lambda worker: sha256(f"{worker}/{partition}".encode()).digest())
        owner = next((worker for worker in ranked if taken[worker] < most), None)
        if owner is not None:
            found[partition] = owner
            taken[owner] += 1
    return found


class Members:
    """Who works on the cluster, as one of them sees it.

    Parameters
    ----------
    client
        The connection.
    name
        Its own name, which no other has.
    partitions
        How many there are.
    clock
        For who was heard when.

    Attributes
    ----------
    changed
        Set when somebody came or went.
    """

    def __init__(self, client: Client, name: str, partitions: int, clock: Clock) -> None:
        self._client = client
        self._name = name
        self._partitions = partitions
        self._clock = clock
        self._heard_s: dict[str, float] = {}
        self._known: frozenset[str] = frozenset()
        self.changed = asyncio.Event()

    def ours(self) -> set[int]:
        """Return the partitions that are for this worker."""
        return {number for number, owner in shares(self._known, self._partitions).items() if owner == self._name}

    @property
    def count(self) -> int:
        """How many workers there are."""
        return len(self._known)

    async def run(self) -> None:
        """Say that we are there, and listen who else is, for ever."""
        await self._client.subscribe(WORKERS, cb=self._hear)
        begun_s = self._clock.now_s()
        while True:
            await self._client.publish(WORKERS, self._name.encode())
            await self._clock.sleep(SAY_S)
            now_s = self._clock.now_s()
            there = {name for name, heard_s in self._heard_s.items() if now_s - heard_s <= GONE_S}
            self._heard_s = {name: heard_s for name, heard_s in self._heard_s.items() if name in there}
            known = frozenset(there | {self._name})
            if known != self._known and now_s - begun_s >= LISTEN_S:
                self._known = known
                self.changed.set()

    async def leave(self) -> None:
        """Say that we go."""
        await self._client.publish(WORKERS, f"{_LEAVING}{self._name}".encode())
        await self._client.flush(timeout=1)

    async def _hear(self, message: Msg) -> None:
        text = message.data[:200].decode(errors="replace")
        if text.startswith(_LEAVING):
            self._heard_s.pop(text.removeprefix(_LEAVING), None)
        elif len(self._heard_s) < MOST_WORKERS or text in self._heard_s:
            self._heard_s[text] = self._clock.now_s()
