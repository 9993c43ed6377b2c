"""aiomqtt's client, with what it lacks: the broker's answers and bounds, and a lost connection that harms nobody.

It overrides what is private in aiomqtt 2.5.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Coroutine
from socket import socket
from typing import Any, Final, TypeVar

import aiomqtt
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

MOST_WAITING_BYTES: Final = 64 * 1024 * 1024
"""Of messages that arrived and were not taken yet; what comes on top is dropped, and sent again later."""
MOST_OF_ONE_BYTES: Final = MOST_WAITING_BYTES // 4
"""Of messages below one gateway's name, so that a flood of one keeps no other's away."""
MESSAGE_BYTES: Final = 512
"""What a message takes in memory beside its payload."""
IN_FLIGHT: Final = 200
"""Messages that may wait for the broker's receipt, where it takes as many."""

T = TypeVar("T")


class Waiting(asyncio.Queue[aiomqtt.Message]):
    """Messages that wait to be taken, bounded by their bytes, of each gateway and of all.

    Attributes
    ----------
    dropped
        How many there was no room for.
    """

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._waiting_bytes = 0
        self._bytes_of: Counter[str] = Counter()
        self.dropped = 0

    def put_nowait(self, item: aiomqtt.Message) -> None:
        """Take a message, or count it as dropped."""
        if self._waiting_bytes >= MOST_WAITING_BYTES or self._bytes_of[_sender(item)] >= MOST_OF_ONE_BYTES:
            self.dropped += 1
        else:
            super().put_nowait(item)

    def _put(self, item: aiomqtt.Message) -> None:
        super()._put(item)
        self._waiting_bytes += _size(item)
        self._bytes_of[_sender(item)] += _size(item)

    def _get(self) -> aiomqtt.Message:
        item = super()._get()
        sender = _sender(item)
        self._waiting_bytes -= _size(item)
        self._bytes_of[sender] -= _size(item)
        if not self._bytes_of[sender]:
            del self._bytes_of[sender]
        return item


def _sender(message: aiomqtt.Message) -> str:
    """Return the first levels of a topic, which end with a gateway's name."""
    return "/".join(str(message.topic).split("/", 3)[:3])


def _size(message: aiomqtt.Message) -> int:
    return MESSAGE_BYTES + (len(message.payload) if isinstance(message.payload, bytes) else 0)


class Client(aiomqtt.Client):
    """A client whose lost connection harms no other, keeps nobody waiting, and is told of once.

    Attributes
    ----------
    largest_bytes
        The largest message that the broker takes, if it has said so.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, queue_type=Waiting, **settings)
        self.largest_bytes: int | None = None
        self._receipts: dict[int, asyncio.Future[ReasonCode]] = {}

    async def publish_surely(self, topic: str, payload: bytes, *, retain: bool, patience_s: float) -> ReasonCode:
        """Publish, and return what the broker answers: also that it refuses.

        Raises
        ------
        aiomqtt.MqttError
            When it can't be asked, or does not answer in time.
        """
        assert self._outgoing_calls_sem is not None, "connected"
        async with self._outgoing_calls_sem:
            published = self._client.publish(topic, payload, 1, retain)
            if published.rc:
                raise aiomqtt.MqttCodeError(published.rc, "Could not publish message")
            receipt = self._receipts[published.mid] = self._loop.create_future()
            try:
                return await self._answer(receipt, patience_s)
            finally:
                self._receipts.pop(published.mid, None)

    @property
    def dropped(self) -> int:
        """How many messages were dropped, because those before them were not taken fast enough."""
        return self._queue.dropped if isinstance(self._queue, Waiting) else 0

    def _on_connect(self, *arguments: Any) -> None:
        properties = arguments[4] if len(arguments) > 4 else None
        most = IN_FLIGHT
        if isinstance(properties, Properties):
            self.largest_bytes = getattr(properties, "MaximumPacketSize", None)
            most = min(most, getattr(properties, "ReceiveMaximum", most))
        self._outgoing_calls_sem = asyncio.Semaphore(most)  # a broker may close the connection of who sends more
        super()._on_connect(*arguments)

    def _on_message(self, *arguments: Any) -> None:
        try:
            super()._on_message(*arguments)
        except ValueError:  # a topic that is no text, which a broker should have kept back
            self._logger.warning("left out a message whose topic is no text")

    def _on_publish(self, *arguments: Any) -> None:
        mid, reason_code = arguments[2], arguments[3]
        receipt = self._receipts.get(mid)
        if receipt is None:
            super()._on_publish(*arguments)
        elif not receipt.done():
            receipt.set_result(reason_code)

    def _on_socket_register_write(self, client: PahoClient, userdata: object, sock: socket) -> None:
        """Have the loop say when there is room to write, unless the connection is lost before the loop does this.

        Its descriptor may be another connection's by then, which would never hear of room to write again.
        """

        def register() -> None:
            if sock.fileno() >= 0:
                self._loop.add_writer(sock.fileno(), client.loop_write)

        self._loop.call_soon_threadsafe(register)

    def _on_disconnect(self, *arguments: Any) -> None:
        super()._on_disconnect(*arguments)
        if self._disconnected.done() and not self._disconnected.cancelled():
            self._disconnected.exception()  # else asyncio reports it where nobody asks; we tell of it ourselves

    def _wait_for(self, fut: Awaitable[T], timeout: float | None) -> Coroutine[Any, Any, T]:
        return self._answer(fut, self.timeout if timeout is None else timeout)

    async def _answer(self, awaited: Awaitable[T], patience_s: float) -> T:
        """Wait for the broker's answer, but not when there can't be one any more."""
        answer = asyncio.ensure_future(awaited)
        ends: set[asyncio.Future[Any]] = {answer}
        if self._connected.done():
            ends.add(self._disconnected)
        try:
            await asyncio.wait(ends, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
        finally:
            answer.cancel()
        raise aiomqtt.MqttError("the connection is lost" if self._disconnected.done() else "no answer in time")
