"""The connection to the broker: with `client`, all that knows the MQTT library. All else is given a `Connection`."""

import asyncio
import logging
import math
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final, Self
from urllib.parse import urlsplit

import aiomqtt

from footfall_gateway.clock import Clock
from footfall_gateway.errors import GatewayError
from footfall_gateway.mqtt.client import Client
from footfall_gateway.outside import without_secrets
from footfall_gateway.say import Say

logger = logging.getLogger(__name__)
_library_logger = logging.getLogger(f"{__name__}.library")
_library_logger.setLevel(logging.CRITICAL)  # it repeats as errors what we tell in words

PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
IN_FLIGHT: Final = 200
"""Messages that may wait for the broker's receipt."""
KEEP_ALIVE_S: Final = 15
RECEIPT_S: Final = 60.0
"""A slow line may take so long for all that is on its way; of a line that is cut, keep-alive tells sooner."""
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 15.0
"""Pauses between two attempts double from the first to the longest, each shortened by chance to a half or more."""


class BrokerLostError(GatewayError):
    """The broker can't be reached, or refuses; one tries again."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is, and who we are to it."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str, *, user: str | None = None, password: str | None = None) -> Self:
        """Read an address such as `mqtt://box.local:1883`, or `mqtts://` with TLS.

        Raises
        ------
        GatewayError
            When it is none, or holds a password, which other users of the computer could read.
        """
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/"):
            raise GatewayError(
                f"{without_secrets(url)!r} is no broker's address: give one such as mqtt://localhost:1883"
            )
        if parts.password is not None:
            raise GatewayError("a password does not belong in the broker's address: set FOOTFALL_MQTT_PASSWORD_FILE")
        try:
            port = PORTS[parts.scheme] if parts.port is None else parts.port
        except ValueError:
            port = 0
        if port == 0:
            raise GatewayError(
                f"{without_secrets(url)!r}: the port must be a number from 1 to 65535, such as in mqtt://localhost:1883"
            )
        tls = parts.scheme == "mqtts"
        return cls(parts.hostname, port, tls, parts.username or user, password)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes, retained, once we are gone without a word."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message from the broker; `payload` is empty where a retained one was cleared.

    `retained` says that it was published before we asked for its topic.
    """

    topic: str
    payload: bytes
    retained: bool = False


class Connection:
    """A connection that stands; what can't be done raises `BrokerLostError`."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def publish(self, topic: object, payload: bytes, *, retain: bool = False, receipt: bool = True) -> None:
        """Publish, and with `receipt` return when the broker has said that it has it."""
        try:
            await self._client.publish(str(topic), payload, qos=1 if receipt else 0, retain=retain, timeout=RECEIPT_S)
        except aiomqtt.MqttError as error:
            raise BrokerLostError(str(error)) from error

    async def subscribe(self, *filters: str) -> None:
        """Ask for what is published on these topics."""
        try:
            await self._client.subscribe([(topic, 1) for topic in filters])
        except aiomqtt.MqttError as error:
            raise BrokerLostError(str(error)) from error

    async def messages(self) -> AsyncIterator[list[Arrived]]:
        """Hand out what arrives, each time all that waits."""
        messages = self._client.messages
        try:
            async for message in messages:
                batch = [message, *[await anext(messages) for _ in range(len(messages))]]
                yield [_arrived(message) for message in batch]
        except aiomqtt.MqttError as error:
            raise BrokerLostError(str(error)) from error


def _arrived(message: aiomqtt.Message) -> Arrived:
    payload = message.payload if isinstance(message.payload, bytes) else b""
    return Arrived(str(message.topic), payload, message.retain)


async def stay_connected(
    address: BrokerAddress,
    work: Callable[[Connection], Awaitable[None]],
    *,
    client_id: str,
    clock: Clock,
    random: Random,
    say: Say,
    will: Will | None = None,
    meanwhile: str,
) -> None:
    """Connect and do `work`; when the connection breaks, connect again, for as long as it takes.

    Parameters
    ----------
    work
        Begins anew with each connection.
    say
        Told once when the broker can't be reached, and when it can be again.
    meanwhile
        What happens without the broker, for people.
    """
    attempts, told = 0, False
    while True:
        begun_s = math.inf
        try:
            async with _client(address, client_id, will) as client:
                begun_s = clock.now_s()
                if told:
                    say(f"The broker at {address} is there.")
                    told = False
                await work(Connection(client))
                return
        except (aiomqtt.MqttError, BrokerLostError) as error:
            if clock.now_s() - begun_s > LONGEST_PAUSE_S:
                attempts = 0  # a broker that throws us out as soon as we are in is not asked ever faster
            if not told:
                say(f"The broker at {address} can't be reached ({error}). {meanwhile}")
                told = True
            logger.info("broker %s: %s", address, error)
        pause_s = min(FIRST_PAUSE_S * 2.0**attempts, LONGEST_PAUSE_S)
        attempts = min(attempts + 1, 10)
        await clock.sleep(pause_s * random.uniform(0.5, 1.0))


def _client(address: BrokerAddress, client_id: str, will: Will | None) -> Client:
    client = Client(
        address.host,
        address.port,
        username=address.user,
        password=address.password,
        identifier=client_id,
        clean_session=True,
        keepalive=KEEP_ALIVE_S,
        max_inflight_messages=IN_FLIGHT,
        tls_context=ssl.create_default_context() if address.tls else None,
        will=None if will is None else aiomqtt.Will(will.topic, will.payload, qos=1, retain=True),
        logger=_library_logger,
    )
    client.pending_calls_threshold = 1_000_000  # the window bounds them
    return client


async def cancelled_together(*works: Awaitable[object]) -> None:
    """Do several things until the first ends, by an error or not; its error passes as it is."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
