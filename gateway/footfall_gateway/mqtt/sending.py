"""What a gateway does with each run: record, spool, and send on, while a publisher works in the background."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Sequence
from random import Random
from types import TracebackType
from typing import Final, Self

from footfall_gateway import data_folder
from footfall_gateway.ble.hub import SensorHub
from footfall_gateway.clock import SystemClock, within
from footfall_gateway.errors import GatewayError
from footfall_gateway.mqtt.broker import BrokerAddress, BrokerLostError, stay_connected
from footfall_gateway.mqtt.payloads import HealthMessage
from footfall_gateway.mqtt.pseudonyms import Pseudonyms
from footfall_gateway.mqtt.publisher import Publisher
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.mqtt.spooling import end_broken_off, spool_run
from footfall_gateway.owned_tasks import OwnedTasks
from footfall_gateway.recordings.recorder import Recorder
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.say import Told
from footfall_gateway.service.signs import Reached, look_at_disk
from footfall_gateway.service.vitals import BEAT_S, Sign, Vitals
from footfall_gateway.sessions.kept_run import RECORDING
from footfall_gateway.sessions.live import watch
from footfall_gateway.sessions.ready_run import Place, ReadyRun
from footfall_gateway.sessions.sinks.base import SensorReport
from footfall_gateway.store.patience import Patience, PatientDisk
from footfall_gateway.store.sqlite_file import StoreError
from footfall_processing.errors import FootfallError
from footfall_processing.session import Session

logger = logging.getLogger(__name__)

SPOOL_WAITS: Final = "NOTHING IS SENT FOR NOW: {}. It is tried again until it can be; runs are recorded all the same."
SPOOL_GOES_ON: Final = "Sending goes on."
TRY_AGAIN_S: Final = 15.0
GOODBYE_S: Final = 2.0
LAST_WAIT_S: Final = 5.0
"""For so long the user's wish to end waits until the processor has everything; the rest is sent the next time."""


class Sending:
    """The spool and its publisher; an async context manager within which runs are taken with `send_run`.

    Parameters
    ----------
    address, name
        The broker, and what this gateway is called there.
    place
        Where recordings and the spool lie, and whom to tell.
    vitals
        Told how it goes.

    Raises
    ------
    GatewayError
        When the spool, or the key of the runners' pseudonyms, can't be opened.
    """

    def __init__(self, address: BrokerAddress, name: str, place: Place, vitals: Vitals | None = None) -> None:
        self._address = address
        self._name = name
        self._place = place
        self._clock = SystemClock()
        self._spool = Spool.open(data_folder.spool_path(place.folder))
        self._disk = PatientDisk("spool", Patience(place.say, self._clock, waits=SPOOL_WAITS, goes_on=SPOOL_GOES_ON))
        self._pseudonyms = Pseudonyms.of(place.folder)
        self._publisher = Publisher(name, self._spool, self._disk, self._clock, place.say, pseudonym=self._pseudonyms)
        self._tasks = OwnedTasks()
        self._failures: list[str] = []
        self._vitals = vitals or Vitals("gateway")
        self._broker = Reached("the broker")
        self._waiting = Sign()
        self._vitals.look_at("broker", self._broker.look)
        self._vitals.look_at("disk", look_at_disk(place.folder, {"spool": data_folder.spool_path(place.folder)}))
        self._vitals.look_at("spool", self._look_at_spool)
        self._vitals.look_at("left_out", self._look_at_left_out)

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._tasks.start(self._publish())
        self._tasks.start(self._watch_spool())
        return self

    async def _watch_spool(self) -> None:
        """Look for ever how much waits: it shows that the spool's disk answers."""
        while True:
            self._vitals.beat("spool")
            try:
                sessions = await self._disk.call_once(self._spool.sessions)
            except StoreError:  # a run that is being recorded goes on; who sends says what is wrong
                self._waiting = Sign(trouble="the spool can't be read")
            else:
                waiting = sum(session.last_sequence - session.safe_sequence for session in sessions)
                self._waiting = Sign({"sessions": len(sessions), "batches": waiting})
            await self._clock.sleep(BEAT_S)

    async def _look_at_spool(self) -> Sign:
        facts = {**self._waiting.facts, "last_data_s_ago": self._vitals.ago_s(RECORDING)}
        return Sign(facts, self._waiting.trouble)

    async def _look_at_left_out(self) -> Sign:
        return Sign(self._publisher.left_out)

    async def _publish(self) -> None:
        """Publish for ever; whatever goes wrong there, a run that is being recorded goes on."""
        said = ""
        while True:
            try:
                await stay_connected(
                    self._address,
                    self._broker.noting(self._publisher.run),
                    client_id=f"footfall-{self._name}-{secrets.token_hex(3)}",
                    clock=self._clock,
                    random=Random(),
                    say=self._place.say,
                    will=self._publisher.will,
                    meanwhile="Runs are kept here until it is there.",
                )
            except Exception as error:
                why = str(error) if isinstance(error, FootfallError) else f"{type(error).__name__}: {error}"
                logger.info("sending stopped", exc_info=error)
                if why != said:
                    said = why
                    self._place.say(
                        f"SENDING STOPPED: {why}. Runs are recorded all the same, and sending is tried again."
                    )
            await self._clock.sleep(TRY_AGAIN_S)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(BrokerLostError, TimeoutError):
            await within(self._clock, GOODBYE_S, self._publisher.goodbye())
        try:
            await self._tasks.__aexit__(kind, error, trace)
        finally:
            await self._disk.call_once(self._spool.close)
            self._disk.close()

    async def drained(self) -> None:
        """Return when the processor has everything."""
        await self._publisher.drained()

    async def drained_soon(self) -> None:
        """Return when the processor has everything, or after a moment."""
        with contextlib.suppress(TimeoutError):
            await within(self._clock, LAST_WAIT_S, self.drained())

    async def end_broken_off(self, unfinished: Recording | None) -> None:
        """End the sessions that broke off, but for the one that goes on."""
        goes_on = None if unfinished is None else unfinished.header.session.id
        await self._disk.call(end_broken_off, self._spool, goes_on)
        self._publisher.wake()

    def require_whole(self) -> None:
        """Raise `GatewayError` when anything failed on the way."""
        if self._failures:
            raise GatewayError(f"the run is not recorded whole: {'; '.join(self._failures)}")

    async def send_run(self, ready: ReadyRun, place: Place) -> bool:
        """Take a run: record and send it; return whether the user ended it."""
        header, path = await ready.begin(place)
        session_id = header.session.id
        sensor_ids = ", ".join(recorded.sensor.id for recorded in ready.recorded_sensors)
        pseudonym = self._pseudonyms(header.session.runner_name)
        runner = f" In topics the runner is {pseudonym}." if pseudonym else ""
        begun = f"Session {session_id} has begun: {sensor_ids}.{runner}"
        place.say(Told(begun, "session begun", session=session_id))
        async with (
            Recorder(path, header, place.say, unfinished=ready.unfinished) as recorder,
            asyncio.TaskGroup() as tasks,
        ):
            telling = tasks.create_task(self._tell_health(ready.hub, header.session, recorder))
            stopping = tasks.create_task(ready.stop_in_time())
            await spool_run(
                header,
                self._vitals.each(RECORDING, ready.batches()),
                recorder=recorder,
                spool=self._spool,
                disk=self._disk,
                look_at=ready.hub.decode,
                wake=self._publisher.wake,
                say=place.say,
                unfinished=ready.unfinished,
            )
            await telling
        stopped = stopping.result()
        self._failures += [*([] if recorder.failure is None else [recorder.failure]), *stopped.losses]
        await self._disk.call(self._spool.end, session_id)
        self._publisher.wake()
        place.say(Told(f"Session {session_id} is over: {path}", "session over", session=session_id))
        return stopped.interrupted

    async def _tell_health(self, hub: SensorHub, session: Session, recorder: Recorder) -> None:
        async def reports() -> AsyncIterator[Sequence[SensorReport]]:
            async for report in hub.reports():
                for health in report:
                    message = HealthMessage(health, hub.newest_packet_s(health.sensor_id))
                    with contextlib.suppress(BrokerLostError):
                        await self._publisher.tell_health(session, message)
                yield [SensorReport(health, 0.0) for health in report]

        await watch(reports(), None, recorder=recorder, say=self._place.say)
