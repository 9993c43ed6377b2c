"""Clears what the broker keeps of sessions: the last description, end and acknowledgement of each."""

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import Collection
from random import Random
from typing import Final

from footfall_gateway.clock import SystemClock, within
from footfall_gateway.errors import GatewayError
from footfall_gateway.mqtt.broker import BrokerAddress, Connection, RefusedError, stay_connected
from footfall_gateway.mqtt.topics import Kind, SessionKey

KEPT: Final = (Kind.ACK, Kind.SESSION, Kind.END)
PATIENCE_S: Final = 10.0
PATIENCE_FOR_A_GATEWAY_S: Final = 2.0
LONGEST_PAUSE_S: Final = 0.25
MOST_LOSSES: Final = 2
"""A connection that was lost so often at one gateway's topics was ended by the broker: Mosquitto 2.0.11 does so in
place of a refusal where nothing is in a message."""


class _HastyClock(SystemClock):
    async def sleep(self, duration_s: float) -> None:
        await super().sleep(min(duration_s, LONGEST_PAUSE_S))


def clear_retained(
    address: BrokerAddress, keys: Collection[SessionKey], more_topics: Collection[str] = ()
) -> frozenset[Kind]:
    """Clear what is retained of sessions, and on more topics; return what of sessions the broker does not let us clear.

    Raises
    ------
    GatewayError
        When the broker can't be reached within a moment.
    """
    return asyncio.run(_clear(address, keys, more_topics))


async def _clear(address: BrokerAddress, keys: Collection[SessionKey], more_topics: Collection[str]) -> frozenset[Kind]:
    done: set[str] = set()
    begun: Counter[tuple[str, Kind]] = Counter()
    refused: set[tuple[str, Kind]] = set()
    said: list[str] = []

    async def work(connection: Connection) -> None:
        for topic in more_topics:
            if topic not in done:
                done.add(topic)  # at the first try: a broker may end the connection in place of a refusal
                with contextlib.suppress(RefusedError):
                    await connection.publish(topic, b"", retain=True)
        for key in keys:
            for kind in KEPT:
                topic, whose = str(key.topic(kind)), (key.gateway, kind)
                if begun[whose] >= MOST_LOSSES:
                    refused.add(whose)
                if topic in done or whose in refused:
                    continue
                begun[whose] += 1
                try:
                    await connection.publish(topic, b"", retain=True)
                except RefusedError:
                    refused.add(whose)
                begun[whose] = 0
                done.add(topic)

    connected = stay_connected(
        address,
        work,
        client_id=f"footfall-clear-{secrets.token_hex(3)}",
        clock=_HastyClock(),
        random=Random(),
        say=said.append,
        meanwhile="",
    )
    gateways = len({key.gateway for key in keys})
    try:
        await within(SystemClock(), PATIENCE_S + gateways * PATIENCE_FOR_A_GATEWAY_S + 0.1 * len(keys), connected)
    except TimeoutError as error:
        why = said[0] if said else f"The broker at {address} does not answer."
        raise GatewayError(why.strip().rstrip(".")) from error
    return frozenset(kind for _, kind in refused)
