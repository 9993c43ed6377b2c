"""What is left of a connection that broke: nothing that the loop complains of, and nobody who waits."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from footfall_gateway.clock import SystemClock
from footfall_gateway.mqtt import broker
from footfall_gateway.mqtt.broker import BrokerAddress, BrokerLostError, Connection, stay_connected
from footfall_gateway.mqtt.client import Waiting
from programs import PATIENCE_S

ACCEPTED = b"\x20\x03\x00\x00\x00"


class Complaints(list[str]):
    """What would stand in the log as a traceback."""

    def take(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        self.append(str(context["message"]))


async def lose(work: Callable[[Connection, socket.socket], Awaitable[None]]) -> tuple[list[str], list[str]]:
    """Connect, and do `work` until the connection is lost; return what was said, and what the loop complained of."""
    complaints = Complaints()
    asyncio.get_running_loop().set_exception_handler(complaints.take)
    return await stay_until_lost(work), complaints


async def stay_until_lost(work: Callable[[Connection, socket.socket], Awaitable[None]]) -> list[str]:
    """Stay connected to a broker that does nothing but accept."""
    loop = asyncio.get_running_loop()
    lost = asyncio.Event()
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        lost.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        address = BrokerAddress.parse(f"mqtt://127.0.0.1:{listener.getsockname()[1]}")
        peers: list[socket.socket] = []

        async def accept() -> None:
            peer, _ = await loop.sock_accept(listener)
            peers.append(peer)
            await loop.sock_recv(peer, 1024)
            await loop.sock_sendall(peer, ACCEPTED)

        async def work_with_peer(connection: Connection) -> None:
            await work(connection, peers[0])

        accepting = asyncio.create_task(accept())
        staying = asyncio.create_task(
            stay_connected(
                address,
                work_with_peer,
                client_id="test",
                clock=SystemClock(),
                random=Random(1),
                say=say,
                meanwhile="",
            )
        )
        async with asyncio.timeout(PATIENCE_S):
            await accepting
            await lost.wait()
        staying.cancel()
        await asyncio.gather(staying, return_exceptions=True)
        peers[0].close()
    return said


async def test_a_write_that_comes_with_the_end_leaves_nothing_behind() -> None:
    async def work(connection: Connection, peer: socket.socket) -> None:
        peer.close()
        await asyncio.sleep(0)  # the loop hears of the end in its next round, after us
        await connection.publish("anything", b"")

    said, complaints = await lose(work)
    assert len(said) == 1
    assert complaints == []


async def test_nobody_waits_for_the_answer_of_a_broker_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "RECEIPT_S", 2.0 * PATIENCE_S)

    async def work(connection: Connection, peer: socket.socket) -> None:
        publishing = asyncio.create_task(connection.publish("anything", b""))
        await asyncio.get_running_loop().sock_recv(peer, 1024)
        peer.close()
        with pytest.raises(BrokerLostError, match="the connection is lost"):
            await publishing
        raise BrokerLostError("as it should")

    said, complaints = await lose(work)
    assert ["as it should" in text for text in said] == [True]
    assert complaints == []


def test_who_sends_more_than_is_taken_keeps_away_nobody_else() -> None:
    waiting = Waiting()

    def send(gateway: str, size: int) -> None:
        waiting.put((f"footfall/1/{gateway}/r/run/raw", bytes(size), False))

    for _ in range(100):
        send("flood", 1 << 20)
    send("box", 10)
    assert (len(waiting), waiting.dropped) == (17, 84)
    assert [topic for topic, _, _ in waiting.take()][-1] == "footfall/1/box/r/run/raw"
    send("flood", 1 << 20)
    assert (len(waiting), waiting.dropped) == (1, 84)
