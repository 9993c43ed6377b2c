"""A connection to the cluster; with `api` and `uplink`, all that knows the library."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random
from typing import Final

import nats
import nats.errors
from nats.aio.client import Client

from footfall_gateway.clock import Clock
from footfall_gateway.jetstream.address import ClusterAddress
from footfall_gateway.jetstream.subjects import token
from footfall_gateway.mqtt import reasons
from footfall_gateway.mqtt.broker import BrokerLostError
from footfall_gateway.outside import shown
from footfall_gateway.say import Say, Told

logger = logging.getLogger(__name__)

CONNECT_S: Final = 3.0
CLOSE_S: Final = 1.0
PING_S: Final = 3.0
"""A node that is cut off is given up after twice so long."""
PENDING_BYTES: Final = 16 << 20
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 15.0
INBOXES: Final = "_INBOX"
"""Answers come below this and the user's name, so that nobody can listen to another's."""


class BrokenLineError(BrokerLostError):
    """A connection that stood broke; the next node may be there at once."""


class Line:
    """A connection that stands, until `lost` is set.

    Attributes
    ----------
    refused
        What the server last did not allow, in its words, in small letters.
    failure
        What went wrong last.
    """

    def __init__(self) -> None:
        self.lost = asyncio.Event()
        self.refused = ""
        self.failure: Exception | None = None
        self.client = Client()

    async def note_error(self, error: Exception) -> None:
        """Note what the server says; of what it does not allow it tells nobody else."""
        if self.failure is None or not _lets_nobody_in(self.failure):
            self.failure = error  # of who is not let in the connection breaks right afterwards
        text = str(error).removeprefix("nats: ")
        if "permissions violation" in text.lower():
            self.refused = text.lower()
        logger.info("nats: %s", text)

    async def note_lost(self) -> None:
        """Note that it does not stand any more."""
        self.lost.set()


@contextlib.asynccontextmanager
async def connected(address: ClusterAddress, name: str) -> AsyncIterator[Line]:
    """Connect to the first node that answers.

    Raises
    ------
    BrokerLostError
        When none does, or none lets us in.
    """
    line = Line()
    inboxes = f"{INBOXES}.{token(address.user)}" if address.user else INBOXES
    try:
        async with asyncio.timeout(CONNECT_S * (len(address.servers) + 1)):
            await line.client.connect(
                list(address.servers),
                name=name,
                user=address.user,
                password=address.password,
                tls=ssl.create_default_context() if address.tls else None,
                allow_reconnect=False,
                connect_timeout=round(CONNECT_S),
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                ping_interval=round(PING_S),
                pending_size=PENDING_BYTES,
                inbox_prefix=inboxes,
                error_cb=line.note_error,
                disconnected_cb=line.note_lost,
                closed_cb=line.note_lost,
            )
    except (nats.errors.Error, OSError, TimeoutError) as error:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(CLOSE_S):
                await line.client.close()
        # of several nodes the library tells by itself only that there is none
        cause = error if line.failure is None or _lets_nobody_in(error) else line.failure
        raise BrokerLostError(cause_of(cause)) from error
    try:
        yield line
    finally:
        with contextlib.suppress(nats.errors.Error, OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await line.client.close()


def cause_of(error: BaseException) -> str:
    """Say in a few words why there is no connection."""
    if _lets_nobody_in(error):
        return "it refuses this user or password: FOOTFALL_NATS_USER and FOOTFALL_NATS_PASSWORD_FILE say who we are"
    if isinstance(error, TimeoutError | nats.errors.TimeoutError):
        return "no answer"
    return reasons.cause_of(error).removeprefix("nats: ") or type(error).__name__


def _lets_nobody_in(error: BaseException) -> bool:
    return isinstance(error, nats.errors.AuthorizationError) or "authorization violation" in str(error).lower()


async def stay_connected(
    address: ClusterAddress,
    work: Callable[[Line], Awaitable[None]],
    *,
    name: str,
    clock: Clock,
    random: Random,
    say: Say,
    meanwhile: str,
) -> None:
    """Connect and do `work`; when the connection breaks, connect again, for as long as it takes.

    Parameters
    ----------
    work
        Begins anew with each connection; when it returns, nothing more is done.
    say
        Told once when no node can be reached, and when one can be again.
    meanwhile
        What happens without the cluster, for people.
    """
    attempts, told = 0, False

    async def do(line: Line) -> None:
        working = asyncio.ensure_future(work(line))
        lost = asyncio.ensure_future(line.lost.wait())
        try:
            await asyncio.wait({working, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise BrokenLineError("the connection broke")
            working.result()
        finally:
            for task in (working, lost):
                task.cancel()
            await asyncio.gather(working, lost, return_exceptions=True)

    while True:
        try:
            async with connected(address, name) as line:
                attempts = 0
                if told:
                    told = False
                    say(Told(f"The cluster at {address} is there.", "cluster reached", cluster=str(address)))
                await do(line)
                return
        except (BrokerLostError, nats.errors.Error, OSError) as error:
            why = shown(cause_of(error))
            logger.info("cluster %s: %s", address, why)
            # a node that falls is no news as long as another takes its place
            if not isinstance(error, BrokenLineError) and not told:
                told = True
                text = f"The cluster at {address} can't be reached ({why}). {meanwhile}"
                say(Told(text, "cluster lost", logging.WARNING, cluster=str(address), why=why))
        pause_s = min(FIRST_PAUSE_S * 2.0**attempts, LONGEST_PAUSE_S)
        attempts = min(attempts + 1, 10)
        await clock.sleep(pause_s * random.uniform(0.5, 1.0))
