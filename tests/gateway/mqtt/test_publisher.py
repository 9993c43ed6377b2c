"""What a gateway makes of acknowledgements, over a real broker."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

import pytest

from footfall_gateway.clock import SystemClock
from footfall_gateway.mqtt import sending
from footfall_gateway.mqtt.broker import (
    Arrived,
    BrokerAddress,
    BrokerLostError,
    Connection,
    cancelled_together,
    stay_connected,
)
from footfall_gateway.mqtt.payloads import Ack, encode_batch, encode_json
from footfall_gateway.mqtt.sending import Sending
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.mqtt.topics import ROOT, Kind, SessionKey, parse, status_topic
from footfall_gateway.packets import RawPacket
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.sessions.ready_run import Place
from gateway.mqtt.ends import Heard, connected, listening, processing, publishing
from gateway.recordings_for_tests import header, packets
from programs import PATIENCE_S
from servers import Server
from servers import mosquitto as run_mosquitto

pytestmark = pytest.mark.broker

KEY = SessionKey("track", "Ann", "run-1")


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool.open(tmp_path / "spool.sqlite")
    yield spool
    spool.close()


def add_run(spool: Spool, tmp_path: Path) -> None:
    """Spool three batches of a run that is over."""
    spool.add_session(KEY.session_id, KEY.runner, b"{}", tmp_path / "run-1.mcap")
    spool.append(KEY.session_id, [[packet] for packet in packets(3)])
    spool.end(KEY.session_id)


def ack(spool: Spool, sequence: int, *, ended: bool = False) -> bytes:
    """Acknowledge as a processor does that has what was sent."""
    return encode_json(Ack(sequence, ended, "a", spool.digest(KEY.session_id, sequence)))


async def test_another_gateway_of_the_same_name_takes_nothing_away(
    mosquitto: Server, tmp_path: Path, spool: Spool
) -> None:
    said, others_said = Heard(), Heard()
    add_run(spool, tmp_path)
    (tmp_path / "other").mkdir()
    others = Spool.open(tmp_path / "other" / "spool.sqlite")
    async with (
        listening(mosquitto, f"{ROOT}/#", "listener") as heard,
        publishing(mosquitto, "track", spool, said) as publisher,
        publishing(mosquitto, "track", others, others_said, "other"),
        connected(mosquitto, "processor") as processor,
    ):
        await heard.until(lambda arrived: arrived.topic == str(KEY.topic(Kind.END)))
        complaining = asyncio.create_task(others_said.until_said("Session run-1"))
        while (
            not complaining.done()
        ):  # what is told before the other one listens it takes for retained, and believes not
            await processor.publish(KEY.topic(Kind.ACK), ack(spool, 1), retain=True)
            await asyncio.wait({complaining}, timeout=0.05)
        complaint = complaining.result()
        await processor.publish(KEY.topic(Kind.ACK), ack(spool, 2), retain=True)
        await processor.publish(KEY.topic(Kind.ACK), ack(spool, 3, ended=True), retain=True)
        await heard.until(lambda arrived: arrived.topic == str(KEY.topic(Kind.ACK)) and not arrived.payload)
        await publisher.drained()
    assert "Is another gateway called track, too? Give each its own --name." in complaint
    assert "footfall process --end run-1" in complaint
    assert (said.said, others_said.said) == ([], [complaint])
    messages = [item for item in heard.all if isinstance(item, Arrived)]
    cleared = [n for n, arrived in enumerate(messages) if parse(arrived.topic) and not arrived.payload]
    acknowledged = [n for n, arrived in enumerate(messages) if b'"ended":true' in arrived.payload]
    assert min(cleared) > acknowledged[0], "all that is retained stays until the processor has everything"
    others.close()


async def test_what_the_disk_refuses_to_let_go_is_let_go_later(mosquitto: Server, tmp_path: Path, spool: Spool) -> None:
    said = Heard()
    add_run(spool, tmp_path)
    last = ack(spool, 3, ended=True)
    other = sqlite3.connect(tmp_path / "spool.sqlite", isolation_level=None)
    async with publishing(mosquitto, "track", spool, said) as publisher, connected(mosquitto, "processor") as processor:
        other.execute("BEGIN IMMEDIATE")
        await processor.publish(KEY.topic(Kind.ACK), last)
        assert "close the other program that writes to it" in await said.until_said("spool.sqlite")
        other.execute("ROLLBACK")
        await processor.publish(KEY.topic(Kind.ACK), last)
        await publisher.drained()
    other.close()


async def test_a_session_that_was_ended_at_the_processor_is_let_go(
    mosquitto: Server, tmp_path: Path, spool: Spool
) -> None:
    said = Heard()
    add_run(spool, tmp_path)
    async with publishing(mosquitto, "track", spool, said) as publisher, connected(mosquitto, "processor") as processor:
        await processor.publish(KEY.topic(Kind.ACK), ack(spool, 1, ended=True), retain=True)
        await publisher.drained()
    (complaint,) = said.said
    assert "Session run-1: was ended at the processor after batch 1 of 3." in complaint
    assert complaint.endswith(f"Its recording has all: {tmp_path / 'run-1.mcap'}")


@pytest.mark.parametrize(
    ("forged", "complaint"),
    [
        (Ack(4, ended=False, reader="x", digest="00"), "left out: batch 4 is acknowledged, and 3 were made"),
        (Ack(3, ended=True, reader="x", digest="00"), "the processor has something else of it than was sent from here"),
        (Ack(0, ended=True, reader="x", digest="00"), "the processor has something else of it than was sent from here"),
        (Ack(0, ended=False, reader="x", digest="", refused="over a quota"), "refuses a part of it: over a quota"),
        (Ack(-1, ended=False, reader="x"), "left out: can't be read"),
        (b"[" * 5000, "left out: can't be read"),
    ],
)
async def test_a_forged_acknowledgement_lets_nothing_go_and_ends_nothing(
    mosquitto: Server, tmp_path: Path, spool: Spool, forged: Ack | bytes, complaint: str
) -> None:
    said = Heard()
    add_run(spool, tmp_path)
    topic = KEY.topic(Kind.ACK)
    payload = forged if isinstance(forged, bytes) else encode_json(forged)
    async with publishing(mosquitto, "track", spool, said) as publisher, connected(mosquitto, "forger") as forger:
        await forger.publish(topic, payload, retain=True)
        await said.until_said(complaint)
        assert len(spool.batches(KEY.session_id, 0, 10)) == 3
        await forger.publish(topic, ack(spool, 3, ended=True))
        await publisher.drained()


async def test_other_content_under_a_known_sequence_is_noticed_at_both_ends(
    mosquitto: Server, tmp_path: Path, spool: Spool
) -> None:
    """Somebody sends empty batches first, and an end that fits them."""
    said, heard = Heard(), Heard()
    add_run(spool, tmp_path)
    real = encode_header(header(KEY.session_id))
    spool.forget(KEY.session_id)
    spool.add_session(KEY.session_id, KEY.runner, real, tmp_path / "run-1.mcap")
    spool.append(KEY.session_id, [[packet] for packet in packets(3)])
    spool.end(KEY.session_id)
    async with processing(mosquitto, tmp_path, heard) as inbox, connected(mosquitto, "forger") as forger:
        for sequence in (1, 2):
            await forger.publish(KEY.topic(Kind.RAW), encode_batch(sequence, []))
        async with publishing(mosquitto, "track", spool, said):
            await said.until_said("has something else of it than was sent from here")
            await heard.until_said("batch 1 came with two different contents; the first is kept")
        assert inbox.sessions[KEY].aside
    assert len(spool.batches(KEY.session_id, 0, 10)) == 3
    assert not any("complete" in text for text in heard.said)


SAVES_WHEN_ASKED: Final = ("allow_anonymous true", "autosave_interval 3600")


async def save(broker: Server, folder: Path, connection: Connection, what: bytes) -> None:
    """Have the broker keep on the disk what it has retained now; there it stays until it is asked again."""
    kept = folder / "mosquitto.db"
    os.kill(broker.pid, signal.SIGUSR1)
    while not kept.exists() or what not in kept.read_bytes():
        await connection.publish("mark", b"")


async def until_all_before_is_heard(processor: Connection, said: Heard) -> None:
    """Return when the gateway has taken all that was sent to it so far."""
    other = SessionKey("track", "Ann", "mark")
    await processor.publish(other.topic(Kind.ACK), encode_json(Ack(0, ended=False, reader="a", digest="00")))
    await said.until_said("Session mark: waits for its rest")


async def test_an_acknowledgement_of_before_a_brokers_crash_is_not_believed(tmp_path: Path, spool: Spool) -> None:
    """Mosquitto has again what it had retained at its last save, up to 30 s ago."""
    said = Heard()
    add_run(spool, tmp_path)
    topic, old, newer = KEY.topic(Kind.ACK), ack(spool, 1), ack(spool, 2)
    with run_mosquitto(tmp_path, settings=SAVES_WHEN_ASKED) as broker:
        async with publishing(broker, "track", spool, said) as publisher:
            async with connected(broker, "processor") as processor:
                await processor.publish(topic, old, retain=True)
                await save(broker, tmp_path, processor, old)
                await processor.publish(topic, newer, retain=True)
                await until_all_before_is_heard(processor, said)
            assert len(spool.batches(KEY.session_id, 0, 10)) == 1
            await asyncio.to_thread(broker.kill)
            await asyncio.to_thread(broker.start)
            async with (
                listening(broker, f"{ROOT}/track/#", "listener") as heard,
                connected(broker, "processor") as processor,
            ):
                assert (await heard.until(lambda message: message.topic == str(topic))).payload == old
                await heard.until(lambda message: message.topic == status_topic("track") and not message.retained)
                before = [text for text in said.said if "mark" in text]
                await processor.publish(topic, ack(spool, 3, ended=True))
                await publisher.drained()
    assert [text for text in said.said if "broker" not in text] == before


@pytest.mark.parametrize(("sequence", "ended"), [(1, False), (3, True)])
async def test_nothing_is_let_go_of_or_said_by_what_is_retained(
    mosquitto: Server, tmp_path: Path, spool: Spool, sequence: int, ended: bool
) -> None:
    """Not even of what fits: the processor's disk may be an older one by now."""
    said = Heard()
    add_run(spool, tmp_path)
    other = SessionKey("track", "Ann", "not-here")
    async with connected(mosquitto, "processor") as processor:
        await processor.publish(KEY.topic(Kind.ACK), ack(spool, sequence, ended=ended), retain=True)
        await processor.publish(other.topic(Kind.ACK), ack(spool, 1), retain=True)
        async with publishing(mosquitto, "track", spool, said) as publisher:
            await until_all_before_is_heard(processor, said)
            assert len(spool.batches(KEY.session_id, 0, 10)) == 3
            assert len(said.said) == 1
            await processor.publish(KEY.topic(Kind.ACK), ack(spool, 3, ended=True), retain=True)
            await publisher.drained()


async def test_a_processor_that_lacks_the_description_is_sent_it_again(
    mosquitto: Server, tmp_path: Path, spool: Spool
) -> None:
    """It began to listen when the description was sent already; and what is over and known to nobody is cleared."""
    said = Heard()
    add_run(spool, tmp_path)
    over = SessionKey("track", "Ann", "over")
    async with (
        publishing(mosquitto, "track", spool, said),
        listening(mosquitto, f"{ROOT}/track/+/+/#", "listener") as heard,
        connected(mosquitto, "processor") as processor,
    ):
        await heard.until(lambda message: message.topic == str(KEY.topic(Kind.END)))
        await processor.publish(KEY.topic(Kind.ACK), encode_json(Ack(2, ended=False, reader="b", digest="")))
        again = [await heard.until(lambda message: "/ack" not in message.topic) for _ in range(5)]
        assert [message.topic.split("/")[5] for message in again] == ["session", "raw", "raw", "raw", "end"]
        await processor.publish(over.topic(Kind.SESSION), b"{}", retain=True)
        await processor.publish(over.topic(Kind.ACK), encode_json(Ack(0, ended=False, reader="b", digest="")))
        await heard.until(lambda message: message.topic == str(over.topic(Kind.SESSION)) and not message.payload)
    assert said.said == []


async def test_what_breaks_the_sending_ends_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise IndexError("a mistake")

    monkeypatch.setattr(sending, "stay_connected", broken)
    said = Heard()
    async with Sending(BrokerAddress("127.0.0.1", 1, tls=False), "track", Place(tmp_path, said.take)):
        await said.until_said("SENDING STOPPED: IndexError: a mistake. Runs are recorded all the same")


class Hurried(SystemClock):
    """Waits a twentieth of the time."""

    async def sleep(self, duration_s: float) -> None:
        await asyncio.sleep(duration_s / 20.0)


async def test_what_does_not_get_through_is_said_with_the_likely_cause(
    mosquitto: Server, tmp_path: Path, spool: Spool
) -> None:
    said = Heard()
    add_run(spool, tmp_path)
    async with (
        publishing(mosquitto, "track", spool, said, clock=Hurried()) as publisher,
        connected(mosquitto, "processor") as processor,
    ):
        assert "nobody listens there. Start `footfall process`" in await said.until_said("Nothing is acknowledged")
        await processor.publish(KEY.topic(Kind.ACK), ack(spool, 1))
        await said.until_said("is acknowledged again")
        await processor.subscribe(f"{ROOT}/#")
        told = await said.until_said("Nothing is acknowledged")
        assert "somebody listens at the broker, and no answer comes" in told
        assert "footfall/1/track/+/+/ack" in told
        await processor.publish(KEY.topic(Kind.ACK), ack(spool, 3, ended=True))
        await publisher.drained()


async def test_a_message_that_the_broker_does_not_take_is_said(tmp_path: Path, spool: Spool) -> None:
    said = Heard()
    add_run(spool, tmp_path)
    spool.append(KEY.session_id, [[RawPacket(9.0, "foot-left", "csv", bytes(5000))]])
    with run_mosquitto(tmp_path, settings=("allow_anonymous true", "max_packet_size 1000")) as broker:
        async with publishing(broker, "track", spool, said):
            told = await said.until_said("does not take")
    assert "this gateway's raw: it takes no message larger than 1000 bytes, and this one has 50" in told
    assert not any("reached" in text for text in said.said)


class Patience(SystemClock):
    """Notes how long one would wait, and does not."""

    def __init__(self) -> None:
        self.pauses_s: list[float] = []
        self.enough = asyncio.Event()

    async def sleep(self, duration_s: float) -> None:
        self.pauses_s.append(duration_s)
        if len(self.pauses_s) >= 6:
            self.enough.set()
        await asyncio.sleep(0)


async def test_a_broker_that_throws_us_out_is_asked_less_and_less(tmp_path: Path) -> None:
    clock, said = Patience(), Heard()

    async def work(connection: Connection) -> None:
        raise BrokerLostError("not you")

    with run_mosquitto(tmp_path) as broker:
        address = BrokerAddress("127.0.0.1", broker.port, tls=False)
        staying = stay_connected(
            address, work, client_id="a", clock=clock, random=Random(1), say=said.take, meanwhile=""
        )
        await asyncio.wait_for(cancelled_together(staying, clock.enough.wait()), PATIENCE_S)
    longest = [0.25 * 2.0**n for n in range(6)]
    assert all(0.5 * most <= pause <= most for pause, most in zip(clock.pauses_s, longest, strict=False))
    lost, again = said.said
    assert "can't be reached (not you)" in lost
    assert "lets us in, and ends the connection again within seconds (not you)" in again
