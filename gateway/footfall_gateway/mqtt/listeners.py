"""What is told to whoever listens at the broker: strides, windows and landings as they come, and the summary.

What comes of one hand-out goes in one message, as a message costs more than what is in it. Each by itself, as an older
Footfall told it, is told as well, where that is wanted.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from footfall_coaching.cues.board import Board
from footfall_coaching.cues.cue import Cue
from footfall_gateway import wire
from footfall_gateway.clock import SystemClock, wait_at_most
from footfall_gateway.errors import OutsideError
from footfall_gateway.mqtt.broker import BrokerAddress, BrokerLostError, Connection, RefusedError, stay_connected
from footfall_gateway.mqtt.home_assistant import HomeAssistant
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
from footfall_processing.session import Session

BROKER_PATIENCE_S: Final = 2.0
"""For so long a run waits for its listeners' broker before it begins."""
MOST_TOGETHER_BYTES: Final = 48 * 1024
"""Of one message; with commas and brackets it stays below 64 KiB, which brokers take."""
RECEIPT_PATIENCE_S: Final = 2.0
"""For so long the end of a session waits for the broker to take its summary."""


class Listeners:
    """The way to the listeners of all sessions.

    Parameters
    ----------
    apart
        Whether each stride, window and landing is told by itself, too.

    Attributes
    ----------
    connection
        The connection that stands now; `None` without broker, and then nobody is told.
    """

    def __init__(self, *, apart: bool = True) -> None:
        self.apart: Final = apart
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
    home_assistant
        Announces the runner there, whose light is told too where that is wanted; `None` for not at all.
    with_gateway
        Whether a gateway tells of its sensors at the same broker.
    """

    overflow = Overflow.HOLDS_UP
    repeatable = False

    def __init__(
        self,
        listeners: Listeners,
        gateway: str,
        pseudonym: Callable[[str], str],
        store: SharedStore,
        home_assistant: HomeAssistant | None = None,
        *,
        with_gateway: bool = False,
    ) -> None:
        self._home_assistant = home_assistant if home_assistant is not None and home_assistant.is_wanted else None
        self._with_gateway = with_gateway
        self._session: Session | None = None
        self._is_announced = False
        self._listeners = listeners
        self._store = store
        self._gateway = gateway
        self._pseudonym = pseudonym
        self._key: SessionKey | None = None
        self._cues: list[Cue] = []

    def cue(self, cue: Cue) -> None:
        """Tell a cue together with the news that it follows from, which `write` is given next."""
        self._cues.append(cue)

    def board(self, board: Board | None) -> None:
        """Listeners are told what is to be heard, not how it stands."""

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """Begin a session; see `Sink`."""
        session = header.session
        self._key = SessionKey(self._gateway, self._pseudonym(session.runner_name), session.id)
        self._session = session
        if self._listeners.connection is not None:
            await self._announce(self._listeners.connection)

    async def write(self, news: Sequence[News]) -> None:
        """Tell strides, windows and landings; see `Sink`."""
        connection, cues = self._listeners.connection, self._cues
        self._cues = []
        if connection is None:
            return
        await self._announce(connection)
        messages = list(self._messages(cues, news))
        with contextlib.suppress(BrokerLostError, RefusedError):
            for topic, payload in messages:
                await connection.publish(topic, payload, receipt=False)

    async def finish(self, end: SessionEnd) -> None:
        """Tell the summary; see `Sink`."""
        connection = self._listeners.connection
        if connection is not None and self._key is not None:
            summary = wire.summary_object(end.summary, end.companions)
            await self._announce(connection)
            told = {**summary, "load": await self._load(self._key.session_id), **await self._light()}
            text = msgspec.json.encode(told)
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

    async def _light(self) -> wire.JsonObject:
        """Return the runner's light where Home Assistant is to show it: what hurts is for nobody who was not asked."""
        if self._home_assistant is None or self._session is None:
            return {}
        try:
            light = await self._store.light_for(self._session.runner_name, datetime.now().astimezone())
        except PassingError:
            return {"light": None}
        return {"light": wire.light_object(light)}

    async def _announce(self, connection: Connection) -> None:
        """Announce the runner to Home Assistant, once a session; a broker that is gone hears of it with the next."""
        home, key, session = self._home_assistant, self._key, self._session
        if home is None or key is None or session is None or self._is_announced:
            return
        # no session suffers from a broker, or a disk, that does not take an announcement
        with contextlib.suppress(BrokerLostError, OutsideError, OSError):
            async with asyncio.timeout(RECEIPT_PATIENCE_S):
                await home.announce(
                    connection, key.gateway, key.runner, session.sensors, with_gateway=self._with_gateway
                )
            self._is_announced = True

    def _messages(self, cues: Sequence[Cue], news: Sequence[News]) -> Iterator[tuple[SessionTopic, bytes]]:
        assert self._key is not None, "opened before it is written to"
        for cue in cues:
            yield self._key.topic(Kind.SOUND), msgspec.json.encode(wire.sound_object(cue))
        together: list[bytes] = []
        for item in news:
            known = _object(item)
            if known is None:
                continue
            kind, sensor_id, told = known
            text = msgspec.json.encode(told)
            # Home Assistant reads windows one by one
            if self._listeners.apart or (kind is Kind.WINDOW and self._home_assistant is not None):
                yield self._key.topic(kind, sensor_id), text
            if together and sum(map(len, together)) + len(text) > MOST_TOGETHER_BYTES:
                yield self._key.topic(Kind.NEWS), _array(together)
                together = []
            together.append(text)
        if together:
            yield self._key.topic(Kind.NEWS), _array(together)


def _object(item: News) -> tuple[Kind, str, wire.JsonObject] | None:
    match item:
        case Stride():
            return Kind.STRIDE, item.sensor_id, wire.stride_object(item)
        case Impact():
            return Kind.CUE, item.sensor_id, wire.impact_object(item)
        case Window():
            return Kind.WINDOW, item.summary.sensor_id, wire.window_object(item)
        case _:
            return None


def _array(objects: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(objects) + b"]"


@contextlib.asynccontextmanager
async def told_listeners(
    address: BrokerAddress,
    folder: Path,
    say: Say,
    store: SharedStore,
    home_assistant: HomeAssistant | None = None,
    *,
    apart: bool = True,
) -> AsyncIterator[ListenerSink]:
    """Stay connected to a broker, and give the sink of a run that is taken on this computer, into this data folder."""
    pseudonyms = Pseudonyms.of(folder)
    listeners, clock = Listeners(apart=apart), SystemClock()
    stay = listeners.stay if home_assistant is None else home_assistant.before(listeners.stay)
    async with OwnedTasks() as tasks:
        tasks.start(
            stay_connected(
                address,
                stay,
                client_id=f"footfall-live-{secrets.token_hex(3)}",
                clock=clock,
                random=Random(),
                say=say,
                meanwhile="The run goes on; nobody who listens there is told.",
            )
        )
        await wait_at_most(clock, BROKER_PATIENCE_S, listeners.reached)
        yield ListenerSink(listeners, this_gateway(address.user or ""), pseudonyms, store, home_assistant)
