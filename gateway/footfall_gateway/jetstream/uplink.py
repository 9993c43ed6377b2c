"""The gateway's way into the cluster: what `Publisher` says to a broker, said to JetStream.

Batches go into the stream, each with the message id `SESSION:SEQUENCE`, so that one that is sent again is there once;
`IN_FLIGHT` at a time wait for the stream's receipt. A receipt means that a majority of the nodes has it; the spool is
freed by the worker's acknowledgement alone, as over MQTT. Descriptions and ends have no id: sent again, they ask.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random
from typing import Final

import nats.errors
from nats.aio.msg import Msg

from footfall_gateway.clock import Clock
from footfall_gateway.jetstream.address import ClusterAddress
from footfall_gateway.jetstream.api import answer_of
from footfall_gateway.jetstream.connection import Line, cause_of, stay_connected
from footfall_gateway.jetstream.subjects import IN_STREAM, STREAM, subject_of, topic_of
from footfall_gateway.mqtt.broker import Arrived, BrokerLostError, RefusedError, Will
from footfall_gateway.mqtt.payloads import batch_sequence
from footfall_gateway.mqtt.publisher import Uplink
from footfall_gateway.mqtt.topics import Kind, parse, topics_of
from footfall_gateway.say import Say

IN_FLIGHT: Final = 100
ATTEMPT_S: Final = 1.0
"""So long for a receipt; an election of the stream's leader takes longer, and then it is tried again."""
RECEIPT_S: Final = 60.0
STREAMLESS_S: Final = 10.0
PAUSE_S: Final = 0.2
_UNAVAILABLE: Final = 503


async def stay_uplinked(
    address: ClusterAddress,
    work: Callable[[Uplink], Awaitable[None]],
    *,
    client_id: str,
    clock: Clock,
    random: Random,
    say: Say,
    will: Will,
    meanwhile: str,
) -> None:
    """Connect to a cluster and do `work`, anew with each connection; NATS knows no `will`, so nobody is told of it."""

    async def over(line: Line) -> None:
        await work(JetStreamConnection(line))

    await stay_connected(address, over, name=client_id, clock=clock, random=random, say=say, meanwhile=meanwhile)


class JetStreamConnection:
    """A connection that stands, as `Publisher` uses it; what can't be done raises `BrokerLostError`."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._arrived: asyncio.Queue[Msg] = asyncio.Queue()

    async def publish(self, topic: object, payload: bytes, *, retain: bool = False, receipt: bool = True) -> bool:
        """Publish; of what belongs into the stream, return when the stream has it.

        What is retained is in the stream anyway, and is cleared there by who has computed the session.

        Raises
        ------
        RefusedError
            When the server does not take it.
        """
        subject, known = subject_of(topic), parse(str(topic))
        kept = known is not None and known.kind in IN_STREAM
        if retain and not payload:
            return True
        largest = self._line.client.max_payload
        if len(payload) > largest:
            raise RefusedError(f"it takes no message larger than {largest} bytes, and this one has {len(payload)}")
        try:
            if not kept or not receipt:
                await self._line.client.publish(subject, payload)
                return True
        except (nats.errors.Error, OSError) as error:
            raise BrokerLostError(cause_of(error)) from error
        headers = {"Nats-Expected-Stream": STREAM}
        if known is not None and known.kind is Kind.RAW:
            headers["Nats-Msg-Id"] = f"{known.session_id}:{batch_sequence(payload)}"
        async with self._room:
            await self._publish_surely(subject, payload, headers)
        return True

    async def _publish_surely(self, subject: str, payload: bytes, headers: dict[str, str]) -> None:
        """Publish until the stream has it: while it has no leader, and when a receipt is lost, again."""
        why, streamless = "", 0
        try:
            async with asyncio.timeout(RECEIPT_S):
                while True:
                    try:
                        answer = await self._line.client.request(subject, payload, timeout=ATTEMPT_S, headers=headers)
                    except nats.errors.NoRespondersError:
                        # so it is for a moment while a leader is elected, too
                        streamless += 1
                        if streamless * PAUSE_S > STREAMLESS_S:
                            raise RefusedError(
                                "it has no stream for gateways yet, which `footfall process --cluster` makes"
                            ) from None
                    except nats.errors.TimeoutError:
                        why = "the stream gives no receipt"
                        if subject.lower() in self._line.refused:
                            raise RefusedError("its permissions do not allow it to this user") from None
                    else:
                        failure = answer_of(answer.data).get("error")
                        if failure is None:
                            return
                        why = str(failure.get("description", "no reason given"))
                        if failure.get("code") != _UNAVAILABLE:
                            raise RefusedError(why)
                    await asyncio.sleep(PAUSE_S)
        except TimeoutError:
            raise BrokerLostError(why) from None
        except (nats.errors.Error, OSError, ValueError) as error:
            raise BrokerLostError(cause_of(error)) from error

    async def subscribe(self, *filters: str) -> None:
        """Ask for what is published on these topics."""
        try:
            for one in filters:
                await self._line.client.subscribe(subject_of(one), cb=self._arrived.put)
            await self._line.client.flush()
        except (nats.errors.Error, OSError) as error:
            raise BrokerLostError(cause_of(error)) from error

    def why_silent(self, gateway: str, *, somebody_listens: bool) -> str:
        """Say why nothing may be acknowledged of what the stream took, and what to do."""
        heard = subject_of(topics_of(Kind.ACK, gateway))
        return (
            "the stream has it, and no worker answers. Either no `footfall process --cluster` runs there, or its "
            f"answers don't reach this gateway: the permissions must let it hear {heard}"
        )

    async def messages(self) -> AsyncIterator[list[Arrived]]:
        """Hand out what arrives, each time all that waits; nothing is retained here."""
        while True:
            found = [await self._arrived.get()]
            while not self._arrived.empty():
                found.append(self._arrived.get_nowait())
            yield [Arrived(topic_of(message.subject), message.data) for message in found]
