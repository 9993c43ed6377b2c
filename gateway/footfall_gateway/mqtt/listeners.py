"""What is told to whoever listens at the broker: strides, windows and landings as they come, and the summary."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from footfall_gateway import wire
from footfall_gateway.clock import SystemClock, wait_at_most
from footfall_gateway.mqtt.broker import BrokerAddress, BrokerLostError, Connection, RefusedError, stay_connected
from footfall_gateway.mqtt.pseudonyms import Pseudonyms
from footfall_gateway.mqtt.topics import Kind, SessionKey, SessionTopic, this_gateway
from footfall_gateway.owned_tasks import OwnedTasks
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.say import Say
from footfall_gateway.sessions.sinks.base import News, Overflow, SessionEnd
from footfall_gateway.sessions.sinks.store import SharedStore
from footfall_gateway.store.sqlite_file import PassingError
from footfall_processing.gait import Impact, Stride
from footfall_processing.results.windows import Window

BROKER_PATIENCE_S: Final = 2.0
"""For so long a run waits for its listeners' broker before it begins."""
RECEIPT_PATIENCE_S: Final = 2.0
"""For so long the end of a session waits for the broker to take its summary."""


class Listeners:
    """The way to the listeners of all sessions.

    Attributes
    ----------
    connection
        The connection that stands now; `None` without broker, and then nobody is told.
    """

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.reached = asyncio.Event()
        """Set once there was a connection."""

    async def stay(self, connection: Connection) -> None:
        """Tell them over a connection, until it breaks or this is cancelled."""
        self.connection = connection
        self.reached.set()
        try:
            # what nobody asked for is not sent to us, so this ends with the connection alone
            async for _ in connection.messages():
                pass
        finally:
            self.connection = None


class ListenerSink:
    """Tells a session's listeners; nobody waits for those who are not there.

    Parameters
    ----------
    listeners
        The way to them.
    gateway
        The name of the gateway that takes the session: it stands in the topics.
    pseudonym
        What topics call a runner.
    store
        Knows where a run stands against its ceiling.
    """

    overflow = Overflow.HOLDS_UP
    repeatable = False

    def __init__(self, listeners: Listeners, gateway: str, pseudonym: Callable[[str], str], store: SharedStore) -> None:
        self._listeners = listeners
        self._store = store
        self._gateway = gateway
        self._pseudonym = pseudonym
        self._key: SessionKey | None = None

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """Begin a session; see `Sink`."""
        session = header.session
        self._key = SessionKey(self._gateway, self._pseudonym(session.runner_name), session.id)

    async def write(self, news: Sequence[News]) -> None:
        """Tell strides, windows and landings; see `Sink`."""
        connection = self._listeners.connection
        if connection is None:
            return
        with contextlib.suppress(BrokerLostError, RefusedError):
            await asyncio.gather(
                *(
                    connection.publish(topic, msgspec.json.encode(message), receipt=False)
                    for topic, message in map(self._message, news)
                    if topic is not None
                )
            )

    async def finish(self, end: SessionEnd) -> None:
        """Tell the summary; see `Sink`."""
        connection = self._listeners.connection
        if connection is not None and self._key is not None:
            summary = wire.summary_object(end.summary, end.companions)
            text = msgspec.json.encode({**summary, "load": await self._load(self._key.session_id)})
            with contextlib.suppress(BrokerLostError, RefusedError, TimeoutError):
                async with asyncio.timeout(RECEIPT_PATIENCE_S):
                    await connection.publish(self._key.topic(Kind.SUMMARY), text)

    async def close(self) -> None:
        """See `Sink`; the connection stays."""

    async def _load(self, session_id: str) -> wire.JsonObject | None:
        """Return where the run stands; `None` of what is no run of the log, or where the store refuses."""
        try:
            stand = await self._store.standing_of(session_id)
        except PassingError:
            return None
        return None if stand is None else wire.load_object(stand)

    def _message(self, item: News) -> tuple[SessionTopic | None, wire.JsonObject]:
        assert self._key is not None, "opened before it is written to"
        match item:
            case Stride():
                return self._key.topic(Kind.STRIDE, item.sensor_id), wire.stride_object(item)
            case Impact():
                return self._key.topic(Kind.CUE, item.sensor_id), wire.impact_object(item)
            case Window():
                return self._key.topic(Kind.WINDOW, item.summary.sensor_id), wire.window_object(item)
            case _:
                return None, {}


@contextlib.asynccontextmanager
async def told_listeners(
    address: BrokerAddress, folder: Path, say: Say, store: SharedStore
) -> AsyncIterator[ListenerSink]:
    """Stay connected to a broker, and give the sink of a run that is taken on this computer, into this data folder."""
    pseudonyms = Pseudonyms.of(folder)
    listeners, clock = Listeners(), SystemClock()
    async with OwnedTasks() as tasks:
        tasks.start(
            stay_connected(
                address,
                listeners.stay,
                client_id=f"footfall-live-{secrets.token_hex(3)}",
                clock=clock,
                random=Random(),
                say=say,
                meanwhile="The run goes on; nobody who listens there is told.",
            )
        )
        await wait_at_most(clock, BROKER_PATIENCE_S, listeners.reached)
        yield ListenerSink(listeners, this_gateway(address.user or ""), pseudonyms, store)
