"""What one partition is given, as long as it is ours: the server chooses one worker, and another when that one falls.

Requests go on all the while, also while results are on their way, as the server takes the partition from who asks for
nothing for `TAKEOVER_S`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from footfall_gateway.jetstream.api import Api, status_of
from footfall_gateway.jetstream.stream import MOST_UNACKNOWLEDGED, TAKEOVER_S
from footfall_gateway.jetstream.subjects import STREAM, consumer_of

logger = logging.getLogger(__name__)

BATCH: Final = 256
MOST_WAITING: Final = 2048
"""Messages that wait here to be computed; the rest waits in the stream."""
EXPIRES_S: Final = 0.4 * TAKEOVER_S
GATHER_S: Final = 0.1
WRONG_PIN: Final = "423"
NOBODY: Final = "503"
HEARTBEAT: Final = "100"
PAUSE_S: Final = 0.2
STUCK_S: Final = 5.0
"""A consumer that has messages and gives none for so long, as it may after nodes fell, is made to choose anew."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What came.

    Parameters
    ----------
    begun
        The partition became ours with the first of the messages.
    lost
        It was taken from us, after what came before.
    """

    messages: list[Msg]
    begun: bool = False
    lost: bool = False


class Pinned:
    """A partition's messages, while `run` goes on.

    Parameters
    ----------
    client
        The connection.
    partition
        Which.
    """

    def __init__(self, client: Client, partition: int) -> None:
        self._client = client
        self._api = Api(client)
        self._name = consumer_of(partition)
        self._pin = ""
        self._waiting: asyncio.Queue[Msg | Turn] = asyncio.Queue()
        self._next: Turn | None = None
        self._came_s = 0.0

    @property
    def is_ours(self) -> bool:
        """Whether the server gives the partition to us, as far as we know."""
        return bool(self._pin)

    async def run(self) -> None:
        """Ask for messages, for ever."""
        inbox = self._client.new_inbox()
        answers = await self._client.subscribe(inbox, pending_bytes_limit=-1)
        loop = asyncio.get_running_loop()
        self._came_s = loop.time()
        try:
            while True:
                batch = min(max(MOST_WAITING - self._waiting.qsize(), 1), BATCH)
                await self._api.pull(STREAM, self._name, inbox, batch=batch, expires_s=EXPIRES_S, pin=self._pin)
                if await self._until_answered(answers.next_msg, batch) == NOBODY:
                    await asyncio.sleep(PAUSE_S)  # no leader for now
                elif loop.time() - self._came_s > STUCK_S:
                    self._came_s = loop.time()
                    await self._choose_anew_if_stuck()
        finally:
            if not self._client.is_closed:
                await answers.unsubscribe()

    async def _until_answered(self, next_message: Callable[..., Awaitable[Msg]], batch: int) -> str:
        """Take what comes until the request is over; return how it ended."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + EXPIRES_S + PAUSE_S
        while batch and (left_s := until_s - loop.time()) > 0.0:
            try:
                message = await next_message(timeout=left_s)
            except nats.errors.TimeoutError:
                break
            status = status_of(message)
            if status == HEARTBEAT:
                continue
            if status == WRONG_PIN:
                if self._pin:
                    self._pin = ""
                    self._waiting.put_nowait(Turn([], lost=True))
                return status
            if status:
                return status
            self._take(message)
            batch -= 1
        return ""

    async def _choose_anew_if_stuck(self) -> None:
        undelivered, unacknowledged = await self._api.undelivered(STREAM, self._name)
        # what was given to one who is gone comes again to nobody else, while the server takes it for there
        if (undelivered and unacknowledged < MOST_UNACKNOWLEDGED) or (unacknowledged and not self._pin):
            logger.info(
                "%s: has %d messages and gives none, so it is to choose anew", self._name, undelivered + unacknowledged
            )
            if self._pin:
                self._pin = ""
                self._waiting.put_nowait(Turn([], lost=True))
            await self._api.unpin(STREAM, self._name)

    def _take(self, message: Msg) -> None:
        self._came_s = asyncio.get_running_loop().time()
        pin = (message.headers or {}).get("Nats-Pin-Id", "")
        if pin and pin != self._pin:
            self._pin = pin
            self._waiting.put_nowait(Turn([], begun=True))
        self._waiting.put_nowait(message)

    async def turn(self, patience_s: float) -> Turn:
        """Return what came, after a moment in which more may come; nothing after `patience_s`."""
        if self._next is not None:
            turn, self._next = self._next, None
        else:
            try:
                async with asyncio.timeout(patience_s):
                    first = await self._waiting.get()
            except TimeoutError:
                return Turn([])
            turn = first if isinstance(first, Turn) else Turn([first])
            if turn.lost:
                return turn
            await asyncio.sleep(GATHER_S)
        messages = list(turn.messages)
        while not self._waiting.empty():
            item = self._waiting.get_nowait()
            if isinstance(item, Turn):
                self._next = item
                break
            messages.append(item)
        return Turn(messages, begun=turn.begun, lost=turn.lost)

    async def give_back(self) -> None:
        """Let the server choose another worker, once it has no request of ours left to answer."""
        if self._pin:
            self._pin = ""
            await asyncio.sleep(EXPIRES_S)
            await self._api.unpin(STREAM, self._name)
