"""A worker that was paused, and wakes when another has taken its sessions over, harms nothing."""

import asyncio
import time
from pathlib import Path

import pytest

import fleet
from footfall_gateway.jetstream.address import ClusterAddress
from gateway.command_line import FEET
from servers_influx import Influx
from servers_nats import Nats

pytestmark = [pytest.mark.nats, pytest.mark.influx]


async def test_a_worker_that_wakes_up_changes_nothing_any_more(cluster: Nats, influxdb: Influx, tmp_path: Path) -> None:
    runs = fleet.Runs.of(FEET, runners=4, duration_s=60.0)
    sent, last = fleet.Sent(), len(runs.batches)
    workers = [fleet.worker(cluster.url, tmp_path / name, influxdb.settings) for name in ("first", "second")]
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            await asyncio.to_thread(worker.wait_for, "Waiting for gateways")
        address = ClusterAddress.parse(cluster.url)
        sending = asyncio.create_task(fleet.send(runs, address, tmp_path, sent, speed=2.0))
        await fleet.until(
            lambda: all(f".{number}" in {s[-2:] for _, s, q in sent.answered if q} for number in range(4)), sending
        )
        fleet.pause(workers[0])
        await fleet.gone_on(sent, time.monotonic(), last, sending)
        assert not sending.done(), "it was paused before all was sent"
        fleet.wake(workers[0])
        await sending
        for worker in workers:
            await asyncio.to_thread(worker.interrupt)
    finally:
        for worker in workers:
            worker.kill()
    assert fleet.compare(runs, influxdb).is_whole
    said = [line for worker in workers for line in worker.said().splitlines() if "session complete" in line]
    assert len(said) >= 4
