"""Arming: sensors begin to record by themselves. All are looked at before the first begins, and all begin or none."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final, TypeVar

from footfall_gateway.ble.paired import PairedSensor
from footfall_gateway.clock import Clock
from footfall_gateway.devices.kit.onboard import LogState, LogStatus, OnboardLog, StoredLog
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.errors import GatewayError
from footfall_gateway.onboard.anchors import take_anchor, utc_ns_of
from footfall_gateway.onboard.reach import Connected, Reach, patiently
from footfall_gateway.onboard.receipt import Receipt
from footfall_gateway.onboard.shelf import Shelf
from footfall_gateway.packets import RecordedSensor, RecordingHeader
from footfall_gateway.say import Say
from footfall_processing.errors import FootfallError
from footfall_processing.session import Session

T = TypeVar("T")

LEAST_BATTERY_PERCENT: Final = 20
"""Recording takes little, but what is left must do for the download, too."""


@dataclass(frozen=True, slots=True)
class Planned:
    """How long the run is to be.

    Parameters
    ----------
    duration_s
        `None` when nobody knows.
    is_asked
        Whether the runner said so; otherwise it is the longest run until now.
    """

    duration_s: float | None = None
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found on a sensor before it is armed."""

    one: PairedSensor
    recorded: RecordedSensor
    status: LogStatus
    logs: tuple[StoredLog, ...]

    def hindrance(self) -> str | None:
        """Say why it can't begin; `None` when it can."""
        if self.status.state is LogState.RECORDING:
            return f"{self.one.id} records already: fetch that first (footfall fetch)"
        if self.status.free_s <= 0.0:
            return f"{self.one.id} has no room left: fetch what is on it, and have it erased (footfall fetch --erase)"
        return None

    def troubles(self, planned: Planned) -> list[str]:
        """Say why it may not record all of the run, a sentence each."""
        told = []
        name, status, duration_s = self.one.id, self.status, planned.duration_s
        if duration_s is not None and status.free_s < duration_s:
            rate_hz = self.recorded.sensor.sampling_rate_hz
            run = "the run is to take" if planned.is_asked else "your longest run was"
            if status.holds_s >= duration_s:
                told.append(
                    f"{name} has room for {_minutes(status.free_s)} at {rate_hz:g} Hz, as {len(self.logs)} older "
                    f"recordings are on it (footfall fetch --erase); {run} {_minutes(duration_s)}"
                )
            else:
                told.append(f"{name} holds {_minutes(status.free_s)} at {rate_hz:g} Hz; {run} {_minutes(duration_s)}")
        if status.battery_percent is not None and status.battery_percent < LEAST_BATTERY_PERCENT:
            told.append(f"{name} has {status.battery_percent} % of its battery left: charge it")
        return told


class Armer:
    """Arms sensors, one after the other.

    Parameters
    ----------
    reach
        How a sensor is reached.
    shelf
        Where the receipt goes.
    disk
        The thread that writes it.
    clock
        Times anchors, and tells the sensors what time it is.
    say
        Tells the user what is worth knowing, but no hindrance.
    """

    def __init__(self, reach: Reach, shelf: Shelf, disk: DiskThread, clock: Clock, say: Say) -> None:
        self._reach = reach
        self._shelf = shelf
        self._disk = disk
        self._clock = clock
        self._say = say

    async def arm(
        self,
        sensors: Sequence[PairedSensor],
        planned: Planned,
        *,
        runner_name: str = "",
        anyway: bool = False,
        done: Callable[[int], None] = lambda _: None,
    ) -> tuple[Looked, ...]:
        """Let sensors record; return what was found on them before.

        Parameters
        ----------
        planned
            How long the run is to be.
        anyway
            Whether too little room or battery is no hindrance.
        done
            Told how many steps, two for each sensor, are done.

        Raises
        ------
        GatewayError
            When a sensor is not heard or can't do it: then none records.
        """
        looked = []
        for one in sensors:
            looked.append(await self._with(one, self._look_at(one)))
            done(len(looked))
        hindrances = [why for found in looked if (why := found.hindrance()) is not None]
        if hindrances:
            raise GatewayError(f"{'; '.join(hindrances)}. Nothing is armed")
        troubles = [trouble for found in looked for trouble in found.troubles(planned)]
        if troubles and not anyway:
            raise GatewayError(
                f"{'; '.join(troubles)}. Nothing is armed; say how long you will run with --minutes, or --anyway"
            )
        for trouble in troubles:
            self._say(f"{trouble}.")
        await self._begin(looked, runner_name, done)
        return tuple(looked)

    async def _begin(self, looked: Sequence[Looked], runner_name: str, done: Callable[[int], None]) -> None:
        session = Session(
            id="armed",
            started_utc=self._clock.utc_now(),
            sensors=tuple(found.recorded.sensor for found in looked),
            software=f"footfall {version('footfall')}",
            runner_name=runner_name,
        )
        header = RecordingHeader(session, tuple(found.recorded for found in looked))
        receipt = Receipt(key=secrets.randbits(64), header=header)

        async def start(there: Connected, log: OnboardLog) -> None:
            nonlocal receipt
            receipt = receipt.with_anchor(there.recorded.address, await take_anchor(log.moment, self._clock))
            await self._disk.call(self._shelf.put, receipt)
            await log.start(receipt.key, utc_ns_of(self._clock.utc_now()))
            if (await log.status()).state is not LogState.RECORDING:
                raise GatewayError(f"{there.recorded.sensor.id} was told to record, and does not")

        for number, found in enumerate(looked):
            try:
                await self._with(found.one, start)
            except FootfallError as error:
                told = looked[: number + 1]
                left = [other.one.id for other in told if not await self._is_stopped(other.one)]
                await self._disk.call(self._shelf.forget, receipt.key)
                may = f"; {', '.join(left)} may record all the same, until footfall fetch" if left else ""
                raise GatewayError(f"{error}. Nothing is armed{may}") from error
            done(len(looked) + number + 1)

    def _look_at(self, one: PairedSensor) -> Callable[[Connected, OnboardLog], Awaitable[Looked]]:
        async def look(there: Connected, log: OnboardLog) -> Looked:
            return Looked(one, there.recorded, await log.status(), await log.logs())

        return look

    async def _with(self, one: PairedSensor, work: Callable[[Connected, OnboardLog], Awaitable[T]]) -> T:
        async def worked(there: Connected) -> T:
            if there.log is None:
                raise GatewayError(f"{one.id} has no memory of its own, or its firmware does not offer it")
            return await work(there, there.log)

        return await patiently(self._reach, one, self._clock, worked)

    async def _is_stopped(self, one: PairedSensor) -> bool:
        async def stop(_: Connected, log: OnboardLog) -> None:
            await log.stop()

        try:
            await self._with(one, stop)
        except FootfallError:
            return False
        return True


def _minutes(duration_s: float) -> str:
    minutes = int(duration_s // 60.0)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
