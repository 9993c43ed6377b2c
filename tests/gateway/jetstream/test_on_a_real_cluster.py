"""From gateways through three real nodes and several workers into InfluxDB, while any of them is killed."""

import asyncio
import math
import time
from pathlib import Path
from typing import Final

import pytest
from nats import connect

import fleet
from footfall_gateway.jetstream.address import ClusterAddress
from gateway.command_line import FEET
from killing import Footfall
from servers_influx import Influx
from servers_nats import Nats

TAKEOVER_S: Final = 5.0

pytestmark = [pytest.mark.nats, pytest.mark.influx]


def test_a_gateway_sends_a_run_and_a_worker_that_is_killed_goes_on_with_it(
    cluster: Nats, influxdb: Influx, tmp_path: Path
) -> None:
    worker = fleet.worker(cluster.url, tmp_path / "worker", influxdb.settings)
    gateway = Footfall(
        "gateway", "--uplink", cluster.url, "--data-dir", str(tmp_path / "gateway"), "--name", "track",
        "--replay", str(FEET), "--speed", "20",
    )  # fmt: skip
    try:
        worker.start()
        gateway.start()
        gateway.wait_for("has begun")
        worker.live_on(3.0)
        worker.kill()
        worker.start()
        assert gateway.wait() == 0, gateway.said()
        worker.interrupt()
    finally:
        gateway.kill()
        worker.kill()
    assert "Nothing waits to be sent any more." in gateway.said()
    assert influxdb.count("stride") == 282
    assert asyncio.run(_messages(cluster)) == 0


async def _messages(cluster: Nats) -> int:
    client = await connect(cluster.url.split(","))
    try:
        return (await client.jetstream().stream_info("footfall")).state.messages
    finally:
        await client.close()


@pytest.mark.parametrize("seed", [1, 2])
async def test_workers_and_nodes_that_are_killed_lose_and_double_nothing(
    cluster: Nats, influxdb: Influx, tmp_path: Path, seed: int
) -> None:
    runs = fleet.Runs.of(FEET, runners=4, duration_s=50.0)
    fire = await fleet.under_fire(runs, cluster, influxdb, tmp_path, seed=seed, kills=3, speed=4.0)
    compared = fleet.compare(runs, influxdb)
    assert fire.kills
    assert compared.is_whole, (fire, compared)


async def test_a_worker_that_is_killed_is_replaced_within_seconds(
    cluster: Nats, influxdb: Influx, tmp_path: Path
) -> None:
    runs = fleet.Runs.of(FEET, runners=4, duration_s=100.0)
    sent, last, gaps_s = fleet.Sent(), len(runs.batches), [math.inf]
    workers = [fleet.worker(cluster.url, tmp_path / name, influxdb.settings) for name in ("first", "second")]
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            await asyncio.to_thread(worker.wait_for, "Waiting for gateways")
        sending = asyncio.create_task(fleet.send(runs, ClusterAddress.parse(cluster.url), tmp_path, sent, speed=1.0))
        for turn in range(3):  # a computer that is busy with other things may hold up one
            if min(gaps_s) < TAKEOVER_S or sending.done():
                break
            await fleet.all_answered(sent, runs, sending)
            victim = workers[turn % 2]
            await asyncio.to_thread(victim.kill)
            gaps_s.append(await fleet.gone_on(sent, time.monotonic(), last, sending) or math.inf)
            await asyncio.to_thread(victim.start)
            await asyncio.to_thread(victim.wait_for, "Waiting for gateways")
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    finally:
        for worker in workers:
            worker.kill()
    assert min(gaps_s) < TAKEOVER_S, gaps_s
