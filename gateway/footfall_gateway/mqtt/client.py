"""aiomqtt's client, with what it lacks: the broker's answers and bounds, and a lost connection that harms nobody.

And many messages a second for little: what comes is read in one go, without its properties, which nobody here looks at;
and what needs no receipt leaves in one go. It overrides what is private in aiomqtt 2.5 and paho-mqtt 2.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from socket import IPPROTO_TCP, TCP_NODELAY, socket
from ssl import SSLSocket
from threading import get_ident
from typing import Any, Final, TypeAlias, TypeVar

import aiomqtt
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.client import MQTTv5
from paho.mqtt.enums import MQTTErrorCode
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

READ_BYTES: Final = 64 * 1024
"""The library asks for a byte, a byte, and the rest, a call of the system each; so much is fetched at once for it."""
UNCONFIRMED: Final = 64
"""Of so many messages without a receipt one is waited for, until it has left."""

_PUBLISH: Final = 0x30
_PUBACK: Final = 0x40

T = TypeVar("T")
Message: TypeAlias = tuple[str, bytes, bool]
"""A topic, a payload, and whether it was retained."""


class Waiting:
    """Messages that wait to be taken, bounded by their bytes, of each gateway and of all.

    Attributes
    ----------
    dropped
        How many there was no room for.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._messages: list[Message] = []
        self._bytes = 0
        self._bytes_of: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, message: Message) -> None:
        """Take a message, or count it as dropped."""
        topic, payload, _ = message
        sender = _sender(topic)
        if self._bytes >= MOST_WAITING_BYTES or self._bytes_of[sender] >= MOST_OF_ONE_BYTES:
            self.dropped += 1
            return
        size = MESSAGE_BYTES + len(payload)
        self._messages.append(message)
        self._bytes += size
        self._bytes_of[sender] += size

    def take(self) -> list[Message]:
        """Return all, in the order in which they came."""
        messages, self._messages = self._messages, []
        self._bytes = 0
        self._bytes_of.clear()
        return messages


def _sender(topic: str) -> str:
    """Return the first levels of a topic, which end with a gateway's name."""
    return "/".join(topic.split("/", 3)[:3])


def _length(size: int) -> bytes:
    """Write a length as MQTT does: seven bits a byte, the lowest first."""
    length = bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return bytes(length)


class Client(aiomqtt.Client):
    """A client whose lost connection harms no other, keeps nobody waiting, and is told of once.

    Attributes
    ----------
    largest_bytes
        The largest message that the broker takes, if it has said so.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.largest_bytes: int | None = None
        self._receipts: dict[int, asyncio.Future[ReasonCode]] = {}
        self._waiting = Waiting()
        self._arrival: asyncio.Future[None] | None = None
        self._unconfirmed = 0
        self._outgoing = bytearray()
        self._loop_thread = get_ident()
        self._ahead, self._ahead_from = b"", 0
        self._receive = self._client._sock_recv
        self._client._sock_recv = self._read_ahead  # type: ignore[method-assign]
        self._handle_publish = self._client._handle_publish
        self._client._handle_publish = self._take_publish  # type: ignore[method-assign]
        self._client.disable_logger()  # it would say each message

    async def arrived(self) -> list[Message]:
        """Return what arrived and was not taken yet, once there is something.

        Raises
        ------
        aiomqtt.MqttError
            When the connection is lost, and all that came before is taken.
        """
        if not self._waiting:
            self._arrival = self._loop.create_future()
            try:
                await asyncio.wait({self._arrival, self._disconnected}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._arrival = None
        if not self._waiting:
            raise aiomqtt.MqttError("Disconnected during message iteration") from self._disconnected.exception()
        return self._waiting.take()

    async def publish_surely(self, topic: str, payload: bytes, *, retain: bool, patience_s: float) -> ReasonCode:
        """Publish, and return what the broker answers: also that it refuses.

        Raises
        ------
        aiomqtt.MqttError
            When it can't be asked, or does not answer in time.
        """
        assert self._outgoing_calls_sem is not None, "connected"
        async with self._outgoing_calls_sem:
            self._send_all()  # the order stays
            published = self._client.publish(topic, payload, 1, retain)
            if published.rc:
                raise aiomqtt.MqttCodeError(published.rc, "Could not publish message")
            receipt = self._receipts[published.mid] = self._loop.create_future()
            try:
                return await self._answer(receipt, patience_s)
            finally:
                self._receipts.pop(published.mid, None)

    async def publish_lightly(self, topic: str, payload: bytes, *, retain: bool, patience_s: float) -> None:
        """Publish without a receipt; waits now and then until what was published before has left.

        Raises
        ------
        aiomqtt.MqttError
            When the connection is lost.
        """
        self._unconfirmed += 1
        if self._unconfirmed >= UNCONFIRMED:
            self._unconfirmed = 0
            self._send_all()
            await self.publish(topic, payload, retain=retain, timeout=patience_s)
        elif self._disconnected.done():
            raise aiomqtt.MqttError("the connection is lost")
        else:
            named = topic.encode()
            body = len(named).to_bytes(2, "big") + named + b"\0" + payload  # without properties
            self._send_soon(bytes([_PUBLISH | retain]) + _length(len(body)) + body)

    def _send_soon(self, packet: bytes) -> None:
        """Send, together with what else is to be sent in this turn of the loop."""
        if not self._outgoing:
            self._loop.call_soon(self._send_all)
        self._outgoing += packet

    def _send_all(self) -> None:
        if self._outgoing:
            packets, self._outgoing = self._outgoing, bytearray()
            if self._client.is_connected():
                self._client._packet_queue(_PUBACK, packets, 0, 0)

    @property
    def dropped(self) -> int:
        """How many messages were dropped, because those before them were not taken fast enough."""
        return self._waiting.dropped

    def _on_connect(self, *arguments: Any) -> None:
        properties = arguments[4] if len(arguments) > 4 else None
        most = IN_FLIGHT
        if isinstance(properties, Properties):
            self.largest_bytes = getattr(properties, "MaximumPacketSize", None)
            most = min(most, getattr(properties, "ReceiveMaximum", most))
        self._outgoing_calls_sem = asyncio.Semaphore(most)  # a broker may close the connection of who sends more
        super()._on_connect(*arguments)

    def _take_publish(self) -> MQTTErrorCode:
        """Take a message, in place of the library, which spends half of its time on properties that nobody reads."""
        command, body = self._client._in_packet["command"], bytes(self._client._in_packet["packet"])
        quality = command >> 1 & 0x03
        if quality > 1 or self._client.protocol != MQTTv5:
            return self._handle_publish()  # which we don't ask for
        end = 2 + int.from_bytes(body[:2], "big")
        topic, begin = body[2:end], end + 2 * quality
        properties_bytes, shift = 0, 0
        for byte in body[begin:]:
            begin += 1
            properties_bytes |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        try:
            message = (topic.decode(), body[begin + properties_bytes :], bool(command & 0x01))
        except UnicodeDecodeError:  # which a broker of MQTT 5 keeps back
            self._logger.warning("left out a message whose topic is no text")
        else:
            self._waiting.put(message)
            if self._arrival is not None and not self._arrival.done():
                self._arrival.set_result(None)
        if quality:
            self._send_soon(bytes([_PUBACK, 2]) + body[end : end + 2])
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _on_publish(self, *arguments: Any) -> None:
        mid, reason_code = arguments[2], arguments[3]
        receipt = self._receipts.get(mid)
        if receipt is None:
            super()._on_publish(*arguments)
        elif not receipt.done():
            receipt.set_result(reason_code)

    def _on_socket_open(self, client: PahoClient, userdata: object, sock: socket) -> None:
        """Have the loop say when something comes, and then read all of it."""

        def read() -> None:
            try:
                while not client.loop_read() and self._has_more(sock):
                    pass
            except Exception as error:
                if not self._disconnected.done():
                    self._disconnected.set_exception(error)

        def begin() -> None:
            self._misc_task = self._loop.create_task(self._misc_loop())

        with suppress(OSError):  # what is sent together is gathered here already, and waits for nothing else
            sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        # this is called in the thread that connects
        self._loop.call_soon_threadsafe(self._loop.add_reader, sock.fileno(), read)
        self._loop.call_soon_threadsafe(begin)

    def _has_more(self, sock: socket) -> bool:
        """Tell whether bytes were fetched that no event tells of any more."""
        return self._ahead_from < len(self._ahead) or (isinstance(sock, SSLSocket) and sock.pending() > 0)

    def _read_ahead(self, bufsize: int) -> bytes:
        if self._ahead_from >= len(self._ahead):
            self._ahead, self._ahead_from = self._receive(READ_BYTES), 0
        read = self._ahead[self._ahead_from : self._ahead_from + bufsize]
        self._ahead_from += len(read)
        return read

    def _on_socket_register_write(self, client: PahoClient, userdata: object, sock: socket) -> None:
        """Write in the loop's next turn, and have the loop say when there is room for what is left.

        Unless the connection is lost before: its descriptor may be another connection's by then, which would never hear
        of room to write again.
        """

        def write() -> None:
            if sock.fileno() < 0:
                return
            try:
                client.loop_write()
            except Exception as error:
                if not self._disconnected.done():
                    self._disconnected.set_exception(error)
            if sock.fileno() >= 0 and client.want_write():
                self._loop.add_writer(sock.fileno(), client.loop_write)

        if get_ident() == self._loop_thread:
            self._loop.call_soon(write)
        else:
            self._loop.call_soon_threadsafe(write)  # this is called in the thread that connects

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
