"""Clears what the broker keeps of sessions: the last description, end and acknowledgement of each."""

import asyncio
import secrets
from collections.abc import Collection
from random import Random
from typing import Final

from footfall_gateway.clock import SystemClock, within
from footfall_gateway.errors import GatewayError
from footfall_gateway.mqtt.broker import BrokerAddress, Connection, RefusedError, stay_connected
from footfall_gateway.mqtt.topics import Kind, SessionKey

KEPT: Final = (Kind.SESSION, Kind.END, Kind.ACK)
PATIENCE_S: Final = 10.0


def clear_retained(address: BrokerAddress, keys: Collection[SessionKey]) -> frozenset[Kind]:
    """Clear what is retained of sessions; return what the broker does not let us clear.

    Raises
    ------
    GatewayError
        When the broker can't be reached within a moment.
    """
    return asyncio.run(_clear(address, keys))


async def _clear(address: BrokerAddress, keys: Collection[SessionKey]) -> frozenset[Kind]:
    refused: set[Kind] = set()
    said: list[str] = []

    async def work(connection: Connection) -> None:
        refused.clear()
        for key in keys:
            for kind in KEPT:
                try:
                    await connection.publish(key.topic(kind), b"", retain=True)
                except RefusedError:
                    refused.add(kind)

    connected = stay_connected(
        address,
        work,
        client_id=f"footfall-clear-{secrets.token_hex(3)}",
        clock=SystemClock(),
        random=Random(),
        say=said.append,
        meanwhile="",
    )
    try:
        await within(SystemClock(), PATIENCE_S + 0.1 * len(keys), connected)
    except TimeoutError as error:
        why = said[0] if said else f"The broker at {address} does not answer."
        raise GatewayError(why.strip()) from error
    return frozenset(refused)
