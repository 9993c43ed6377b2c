"""aiomqtt's client, with what it lacks when a connection is lost; it overrides what is private in aiomqtt 2.5."""

import asyncio
from collections.abc import Awaitable, Coroutine
from socket import socket
from typing import Any, TypeVar

import aiomqtt
from paho.mqtt.client import Client as PahoClient

T = TypeVar("T")


class Client(aiomqtt.Client):
    """A client whose lost connection harms no other, keeps nobody waiting, and is told of once."""

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
