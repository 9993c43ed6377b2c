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
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from footfall_gateway.clock import Clock
from footfall_gateway.errors import GatewayError
from footfall_gateway.mqtt.client import IN_FLIGHT, Client
from footfall_gateway.mqtt.reasons import cause_of, lets_nobody_in
from footfall_gateway.outside import shown
from footfall_gateway.say import Say, Told

logger = logging.getLogger(__name__)
_library_logger = logging.getLogger(f"{__name__}.library")
_library_logger.setLevel(logging.CRITICAL)  # it repeats as errors what we tell in words

PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
KEEP_ALIVE_S: Final = 15
RECEIPT_S: Final = 60.0
"""A slow line may take so long for all that is on its way; of a line that is cut, keep-alive tells sooner."""
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 15.0
"""Pauses between two attempts double from the first to the longest, each shortened by chance to a half or more."""
STANDS_S: Final = 5.0
"""A connection that stood for so long is told as one."""
BROKEN_OFF_SOON: Final = 3
"""So many connections after each other that stood for less: what is sent is the reason, or who else is there."""

_REFUSED: Final = 0x80
"""MQTT 5: from here on, a reason code says why something was not done."""
_NOBODY_THERE: Final = 0x10
_NOT_AUTHORIZED: Final = 0x87


class BrokerLostError(GatewayError):
    """The broker can't be reached, or refuses; one tries again."""


class RefusedError(GatewayError):
    """The broker did not take a message; the message says why, and the connection stands."""


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
        named = f"…@{url.rpartition('@')[2]}" if "@" in url else url  # a password may have anything in it
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        more = parts.query or parts.fragment or parts.path not in ("", "/")
        if parts.scheme not in PORTS or not parts.hostname or more:
            raise GatewayError(f"{named!r} is no broker's address: give one such as mqtt://localhost:1883")
        if parts.password is not None:
            raise GatewayError("a password does not belong in the broker's address: set FOOTFALL_MQTT_PASSWORD_FILE")
        try:
            port = PORTS[parts.scheme] if parts.port is None else parts.port
        except ValueError:
            port = 0
        if port == 0:
            raise GatewayError(
                f"{named!r}: the port must be a number from 1 to 65535, such as in mqtt://localhost:1883"
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

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def dropped(self) -> int:
        """How many messages were dropped, because more came than was taken."""
        return self._client.dropped

    async def publish(self, topic: object, payload: bytes, *, retain: bool = False, receipt: bool = True) -> bool:
        """Publish, and with `receipt` return when the broker has said that it has it; and whether anybody listens.

        Raises
        ------
        RefusedError
            When the broker does not take it, as far as it tells.
        """
        name = str(topic)
        largest = self._client.largest_bytes
        # what surrounds topic and payload takes less than 16 bytes
        if largest is not None and len(name.encode()) + len(payload) + 16 > largest:
            raise RefusedError(f"it takes no message larger than {largest} bytes, and this one has {len(payload)}")
        try:
            if not receipt:
                await self._client.publish_lightly(name, payload, retain=retain, patience_s=RECEIPT_S)
                return True
            answer = await self._client.publish_surely(name, payload, retain=retain, patience_s=RECEIPT_S)
        except aiomqtt.MqttError as error:
            raise BrokerLostError(str(error)) from error
        if answer.value >= _REFUSED:
            raise RefusedError(_why(answer))
        return answer.value != _NOBODY_THERE

    async def subscribe(self, *filters: str, own: bool = True) -> None:
        """Ask for what is published on these topics; without `own`, not for what comes from here."""
        options = [(topic, SubscribeOptions(qos=1, noLocal=not own)) for topic in filters]
        try:
            answers = await self._client.subscribe(options)
        except aiomqtt.MqttError as error:
            raise BrokerLostError(str(error)) from error
        for topic, answer in zip(filters, answers, strict=False):
            if isinstance(answer, ReasonCode) and answer.value >= _REFUSED:
                raise BrokerLostError(f"it does not let us listen to {topic}: {_why(answer)}")

    async def messages(self) -> AsyncIterator[list[Arrived]]:
        """Hand out what arrives, each time all that waits."""
        try:
            while True:
                yield [Arrived(*message) for message in await self._client.arrived()]
        except aiomqtt.MqttError as error:
            raise BrokerLostError(str(error.__cause__ or error)) from error


def _why(answer: ReasonCode) -> str:
    if answer.value == _NOT_AUTHORIZED:
        return "its access list does not allow it to this user"
    return str(answer).lower()


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
    attempts, soon = 0, 0
    told: set[str] = set()

    async def tell_when_it_stands() -> None:
        nonlocal soon
        await clock.sleep(STANDS_S)
        soon = 0
        if told:
            told.clear()
            say(Told(f"The broker at {address} is there.", "broker reached", broker=str(address)))

    async def work_and_tell(connection: Connection) -> None:
        telling = asyncio.create_task(tell_when_it_stands())
        try:
            await work(connection)
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    while True:
        begun_s = math.inf
        try:
            async with _client(address, client_id, will) as client:
                begun_s = clock.now_s()
                await work_and_tell(Connection(client))
                return
        except (aiomqtt.MqttError, BrokerLostError) as error:
            stood_s = clock.now_s() - begun_s
            if stood_s > LONGEST_PAUSE_S:
                attempts = 0  # a broker that throws us out as soon as we are in is not asked ever faster
            why = shown(cause_of(error))
            if not told:
                told.add("lost")
                how = "does not let us in" if lets_nobody_in(error) else "can't be reached"
                lost = f"The broker at {address} {how} ({why}). {meanwhile}"
                say(Told(lost, "broker lost", logging.WARNING, broker=str(address), why=why))
            soon = soon + 1 if 0.0 <= stood_s < STANDS_S else 0
            if soon >= BROKEN_OFF_SOON and "soon" not in told:
                told.add("soon")
                say(
                    f"The broker at {address} lets us in, and ends the connection again within seconds ({why}): its "
                    "access list may not allow what we publish, it may not take messages as large as ours, up to "
                    f"64 KiB, or another program may use our name; its log tells. {meanwhile}"
                )
            logger.info("broker %s: %s", address, why)
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
        protocol=aiomqtt.ProtocolVersion.V5,  # of its answers we know what is refused, and why
        clean_start=True,
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
