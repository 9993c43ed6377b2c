"""What is set up on a node, what is refused, and what is kept of sessions there."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from footfall_gateway.errors import GatewayError
from footfall_gateway.jetstream import stream
from footfall_gateway.jetstream.address import ClusterAddress
from footfall_gateway.jetstream.api import Api, NoJetStreamError
from footfall_gateway.jetstream.connection import Line, connected
from footfall_gateway.jetstream.pinned import Pinned
from footfall_gateway.jetstream.states import NEW, PART_BYTES, FencedError, States
from footfall_gateway.jetstream.stream import set_up
from footfall_gateway.jetstream.subjects import STATE, STREAM
from footfall_gateway.jetstream.uplink import JetStreamConnection
from footfall_gateway.mqtt.broker import RefusedError
from footfall_gateway.mqtt.payloads import encode_batch
from footfall_gateway.mqtt.topics import Kind, SessionKey
from gateway.recordings_for_tests import packets
from programs import PATIENCE_S
from servers_nats import Nats, nats

pytestmark = pytest.mark.nats
KEY = SessionKey("track.1", "r-abc", "20261121T081500Z-run")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Nats]:
    with nats(tmp_path, nodes=1) as node:
        yield node


@pytest.fixture
async def line(node: Nats) -> AsyncIterator[Line]:
    async with connected(ClusterAddress.parse(node.url), "test") as line:
        yield line


async def test_one_node_keeps_one_copy_and_the_number_of_partitions_stays(line: Line) -> None:
    assert (await set_up(line.client, 3)).replicas == 1
    assert (await set_up(line.client, 3)).partitions == 3
    with pytest.raises(GatewayError, match="set up with 3 partitions, and FOOTFALL_PARTITIONS says 4"):
        await set_up(line.client, 4)


async def test_an_old_server_and_one_without_jetstream_are_refused(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "OLDEST_SERVER", (99, 1))
    with pytest.raises(GatewayError, match=r"the NATS server is 2\.\d+\.\d+, and workers need 99\.1 or newer"):
        await set_up(line.client, 2)
    monkeypatch.undo()
    (tmp_path / "without").mkdir()
    with nats(tmp_path / "without", nodes=1, settings="jetstream: disabled\n") as without:
        async with connected(ClusterAddress.parse(without.url), "test") as other:
            with pytest.raises(NoJetStreamError, match="it has no JetStream, or it is off"):
                await set_up(other.client, 2)


async def test_without_a_stream_a_gateway_is_told_what_is_missing(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("footfall_gateway.jetstream.uplink.STREAMLESS_S", 0.3)
    with pytest.raises(RefusedError, match="no stream for gateways yet, which `footfall process --cluster` makes"):
        await JetStreamConnection(line).publish(KEY.topic(Kind.RAW), encode_batch(1, list(packets(2))))


async def test_a_batch_that_is_sent_again_is_there_once_and_all_of_a_session_is_purged(line: Line) -> None:
    await set_up(line.client, 3)
    uplink, api = JetStreamConnection(line), Api(line.client)
    other = SessionKey("track.1", "r-abc", "20261121T081500Z-run2")
    for _ in range(2):
        for key in (KEY, other):
            await uplink.publish(key.topic(Kind.RAW), encode_batch(1, list(packets(2))))
    subjects = await api.subjects(STREAM, "footfall.part.>")
    assert len(subjects) == 2
    (of_key,) = [subject for subject in subjects if subject.endswith("-run.raw")]
    assert (await api.ask(f"STREAM.INFO.{STREAM}"))["state"]["messages"] == 2
    last = await api.last(STREAM, of_key)
    assert last is not None
    assert [last] == await api.read(STREAM, of_key, 1, 10)
    assert await api.read(STREAM, of_key, last.sequence + 1, 10) == []
    await api.purge(STREAM, of_key)
    assert await api.last(STREAM, of_key) is None


async def test_a_record_is_replaced_only_by_who_knows_the_one_before(line: Line) -> None:
    await set_up(line.client, 1)
    ours, theirs = States(line.client), States(line.client)
    fresh = await ours.load(KEY)
    assert (fresh.record, fresh.revision) == (NEW, 0)
    large = msgspec.structs.replace(NEW, sequence=7, position=9, header=b"h", state=bytes(range(256)) * 5000)
    assert len(large.state) > 2 * PART_BYTES
    stored = await ours.keep(KEY, large, fresh)
    with pytest.raises(FencedError, match="another worker goes on with it"):
        await theirs.keep(KEY, large, fresh)
    again = await theirs.load(KEY)
    assert again.record.state == large.state
    assert (again.record.sequence, again.revision) == (7, stored.revision)
    small = msgspec.structs.replace(large, state=b"small")
    taken = await theirs.keep(KEY, small, again)
    with pytest.raises(FencedError):
        await ours.keep(KEY, small, stored)
    assert (await ours.load(KEY)).record.state == b"small"
    assert taken.revision > stored.revision
    # of the large one nothing is left
    assert len(await Api(line.client).subjects(f"KV_{STATE}", f"$KV.{STATE}.>")) == 1


async def test_all_workers_have_the_key_of_the_first(line: Line) -> None:
    await set_up(line.client, 1)
    assert await States(line.client).shared_key(b"a" * 32) == b"a" * 32
    assert await States(line.client).shared_key(b"b" * 32) == b"a" * 32


async def test_one_worker_at_a_time_is_given_a_partition(line: Line) -> None:
    await set_up(line.client, 1)
    uplink = JetStreamConnection(line)
    first, second = Pinned(line.client, 0), Pinned(line.client, 0)
    pulling = [asyncio.create_task(one.run()) for one in (first, second)]
    try:
        await uplink.publish(KEY.topic(Kind.RAW), encode_batch(1, list(packets(2))))
        async with asyncio.timeout(PATIENCE_S):
            while not (first.is_ours or second.is_ours):
                await asyncio.wait(pulling, timeout=0.05)
        holder, other = (first, second) if first.is_ours else (second, first)
        turn = await holder.turn(PATIENCE_S)
        assert turn.begun
        assert len(turn.messages) == 1
        assert (await other.turn(0.2)).messages == []
        await holder.give_back()
        await uplink.publish(KEY.topic(Kind.RAW), encode_batch(2, list(packets(2))))
        async with asyncio.timeout(PATIENCE_S):
            while not (first.is_ours or second.is_ours):
                await asyncio.wait(pulling, timeout=0.05)
        assert not (first.is_ours and second.is_ours)
    finally:
        for task in pulling:
            task.cancel()
        await asyncio.gather(*pulling, return_exceptions=True)
