"""`footfall process --cluster`: one worker of many on a NATS cluster."""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Final

from footfall_gateway.clock import SystemClock
from footfall_gateway.influx.direct import DirectInflux
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.influx.sink import InfluxSink
from footfall_gateway.jetstream.address import ClusterAddress
from footfall_gateway.jetstream.connection import stay_connected
from footfall_gateway.jetstream.partition import SinksOf
from footfall_gateway.jetstream.worker import Worker
from footfall_gateway.mqtt.broker import cancelled_together
from footfall_gateway.mqtt.pseudonyms import KEY_FILE, Pseudonyms
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.outside import read_file
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.say import line
from footfall_gateway.service.running import Service
from footfall_gateway.service.signs import Reached
from footfall_gateway.service.vitals import Sign
from footfall_gateway.sessions.ready_run import interrupts
from footfall_gateway.sessions.sinks.base import Sink

LAST_WAIT_S: Final = 15.0
BEAT_S: Final = 5.0


async def work(address: ClusterAddress, partitions: int, service: Service, influx: InfluxSettings) -> None:
    """Be a worker until the user ends it."""
    vitals, clock = service.vitals, SystemClock()
    points = DirectInflux(influx, line)
    beat = partial(vitals.beat, "computing")
    worker = Worker(
        partitions,
        partial(_sinks, points, influx.with_names),
        _own_key(service.folder),
        line,
        software=version("footfall"),
        clock=clock,
        beat=beat,
    )
    cluster = Reached("the cluster")

    async def look_at_work() -> Sign:
        return Sign(worker.facts)

    async def look_at_left_out() -> Sign:
        return Sign(worker.left_out)

    async def look_at_influxdb() -> Sign:
        return Sign({"reached": points.is_reached})

    vitals.look_at("cluster", cluster.look)
    vitals.look_at("work", look_at_work)
    vitals.look_at("left_out", look_at_left_out)
    vitals.look_at("influxdb", look_at_influxdb)
    async with service.running():
        connected = stay_connected(
            address,
            cluster.noting(worker.run),
            name="footfall-process",
            clock=clock,
            random=Random(),
            say=line,
            meanwhile="What gateways send waits with them.",
        )
        with interrupts() as interrupted:
            line(f"Working on the cluster at {address}.")
            working = asyncio.ensure_future(connected)
            try:
                await cancelled_together(asyncio.shield(working), interrupted.wait(), _beating(beat))
                worker.leave()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LAST_WAIT_S):
                        await working
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
                points.close()


async def _beating(beat: Callable[[], None]) -> None:
    """Beat also while no node is there: then nothing is to be computed."""
    while True:
        beat()
        await asyncio.sleep(BEAT_S)


def _own_key(folder: Path) -> bytes:
    Pseudonyms.of(folder)  # made where it is not there
    return read_file(folder / KEY_FILE)


def _sinks(points: DirectInflux, with_names: bool, key: bytes) -> SinksOf:
    whose = str if with_names else Pseudonyms(key)

    def sinks_of(session: SessionKey, header: RecordingHeader) -> list[Sink]:
        return [InfluxSink(points, None, whose, line)]

    return sinks_of
