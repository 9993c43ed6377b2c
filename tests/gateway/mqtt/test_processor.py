"""What the processor makes of what it is sent, over a real broker."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from footfall_gateway.data_folder import inbox_path
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.errors import GatewayError
from footfall_gateway.mqtt import computing
from footfall_gateway.mqtt import processor as processor_module
from footfall_gateway.mqtt.broker import Connection
from footfall_gateway.mqtt.held import BatchArrival, EndArrival, HeaderArrival, Held
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import (
    Ack,
    End,
    HealthMessage,
    decode_batch,
    decode_json,
    encode_batch,
    encode_health,
    encode_json,
)
from footfall_gateway.mqtt.processor import Processor
from footfall_gateway.mqtt.topics import ROOT, Kind, SessionKey
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.analysis import analyze_session
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.events import Event
from footfall_gateway.sessions.sinks.base import SensorReport, Sink
from footfall_processing.gait import Stride
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.results.summary import SessionSummary
from gateway.command_line import FEET
from gateway.mqtt.ends import Heard, HeardSink, batches, connected, listening, processing
from programs import PATIENCE_S
from servers import Server

pytestmark = pytest.mark.broker

RUN = Recording.open(FEET)
KEY = SessionKey("track", "Ann", RUN.header.session.id)
HEADER = encode_header(RUN.header)
BATCHES = list(batches(RUN, 20.0))
LAST_S = decode_batch(BATCHES[-1]).packets[-1].received_s


async def send_run(gateway: Connection) -> None:
    await gateway.publish(KEY.topic(Kind.SESSION), HEADER, retain=True)
    for batch in BATCHES:
        await gateway.publish(KEY.topic(Kind.RAW), batch)


async def send_empty_run(gateway: Connection, session_id: str) -> None:
    header = replace(RUN.header, session=replace(RUN.header.session, id=session_id))
    key = SessionKey("track", "Ann", session_id)
    await gateway.publish(key.topic(Kind.SESSION), encode_header(header), retain=True)
    await gateway.publish(key.topic(Kind.END), encode_json(End(0)), retain=True)


async def tell_health(gateway: Connection, newest_packet_s: float | None, sensor_id: str = "foot-left") -> None:
    health = SensorHealth(sensor_id, LAST_S + 1.0, LinkState.STREAMING, 200.0, 900, 0, 0, None)
    message = encode_health(HealthMessage(health, newest_packet_s))
    await gateway.publish(KEY.topic(Kind.HEALTH, sensor_id), message)


async def lag_told(heard: Heard, gateway: Connection, newest_packet_s: float | None) -> float:
    await tell_health(gateway, newest_packet_s)
    async for item in heard:
        if isinstance(item, SensorReport):
            return item.lag_s
    raise AssertionError("no report")


async def test_lag_is_what_the_gateway_has_and_is_not_computed_yet(mosquitto: Server, tmp_path: Path) -> None:
    heard = Heard()
    async with processing(mosquitto, tmp_path, heard), connected(mosquitto, "gateway") as gateway:
        await gateway.publish(KEY.topic(Kind.SESSION), HEADER, retain=True)
        assert await lag_told(heard, gateway, 3600.0) == 3600.0, "an hour waits at the gateway"
        await send_run(gateway)
        lags = [await lag_told(heard, gateway, LAST_S + 0.4)]
        while lags[-1] > 0.5:
            lags.append(await lag_told(heard, gateway, LAST_S + 0.4))
        assert lags == sorted(lags, reverse=True)
        assert lags[-1] == pytest.approx(0.4)
        assert await lag_told(heard, gateway, 2.0) == 0.0, "silent, while the other sensor sent on"
        assert await lag_told(heard, gateway, None) == 0.0, "has never sent anything"


async def test_reports_of_companions_keep_no_strides_from_the_database(mosquitto: Server, tmp_path: Path) -> None:
    heard = Heard()
    async with processing(mosquitto, tmp_path, heard), connected(mosquitto, "gateway") as gateway:
        await gateway.publish(KEY.topic(Kind.SESSION), HEADER, retain=True)
        for batch in BATCHES:
            await tell_health(gateway, 1.0, "strap")
            await gateway.publish(KEY.topic(Kind.RAW), batch)
        await gateway.publish(KEY.topic(Kind.END), encode_json(End(len(BATCHES))), retain=True)
        complete = await heard.until_said("is complete")
    strides = sum(isinstance(item, Stride) for item in heard.all)
    assert strides > 10
    assert complete.endswith(f"is complete: {strides} strides.")
    assert heard.said == [complete]


async def test_after_a_restart_a_session_rests_until_more_comes_of_it(
    mosquitto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CHECKPOINT_BATCHES", "CATCHING_UP_BATCHES"):
        monkeypatch.setattr(computing, name, 1000)
    heard = Heard()
    async with connected(mosquitto, "gateway") as gateway:
        async with processing(mosquitto, tmp_path, heard):
            await send_run(gateway)
            while await lag_told(heard, gateway, LAST_S) > 0.0:
                pass
        strides = {item for item in heard.all if isinstance(item, Stride)}
        assert len(strides) > 10

        again = Heard()
        async with processing(mosquitto, tmp_path, again):
            await send_empty_run(gateway, "another")
            complete = await again.until_said("is complete")
            assert [item for item in again.all if not isinstance(item, SessionSummary)] == [complete]
            assert await lag_told(again, gateway, LAST_S) == LAST_S, "it begins anew"
            while await lag_told(again, gateway, LAST_S) > 0.0:
                pass
        assert {item for item in again.all if isinstance(item, Stride)} == strides
        assert again.said == [complete]


async def test_what_belongs_to_no_session_is_left_out_and_said(mosquitto: Server, tmp_path: Path) -> None:
    heard = Heard()
    async with processing(mosquitto, tmp_path, heard), connected(mosquitto, "gateway") as gateway:
        other = SessionKey("track", "Ann", "other")
        await gateway.publish(other.topic(Kind.SESSION), HEADER)
        await gateway.publish(other.topic(Kind.RAW), encode_batch(2**64 - 1, []))
        await gateway.publish(other.topic(Kind.END), b'{"version":1,"last_sequence":-1}')
        await send_empty_run(gateway, "another")
        await heard.until_said("is complete")
    assert [text for text in heard.said if "left out" in text] == heard.said[:3]
    assert f"{other.topic(Kind.SESSION)}: left out: describes another session" in heard.said


async def test_a_session_belongs_to_the_gateway_that_sent_it_first(mosquitto: Server, tmp_path: Path) -> None:
    heard = Heard()
    other = replace(KEY, gateway="box")
    async with processing(mosquitto, tmp_path, heard) as inbox, connected(mosquitto, "gateway") as gateway:
        await gateway.publish(KEY.topic(Kind.SESSION), HEADER, retain=True)
        await gateway.publish(KEY.topic(Kind.RAW), BATCHES[0])
        async with listening(mosquitto, str(other.topic(Kind.ACK)), "listener") as acks:
            await gateway.publish(other.topic(Kind.RAW), BATCHES[1])
            ack = decode_json((await acks.until(lambda ack: True)).payload, Ack)
        assert (ack.sequence, ack.ended, ack.digest) == (0, False, "")
        assert "it is a session of gateway track" in ack.refused
        assert f"Session {KEY.session_id} of box: left out: {ack.refused}" in heard.said
        assert list(inbox.sessions) == [KEY]


async def test_a_session_whose_gateway_is_gone_can_be_ended(mosquitto: Server, tmp_path: Path) -> None:
    heard = Heard()
    end = encode_json(End(len(BATCHES)))
    async with connected(mosquitto, "gateway") as gateway:
        async with processing(mosquitto, tmp_path, heard):
            await gateway.publish(KEY.topic(Kind.SESSION), HEADER, retain=True)
            await gateway.publish(KEY.topic(Kind.END), end, retain=True)
            for batch in BATCHES[:30]:
                await gateway.publish(KEY.topic(Kind.RAW), batch)
            while await lag_told(heard, gateway, LAST_S) > LAST_S - 14.0:
                pass
        inbox = Inbox(inbox_path(tmp_path))
        with pytest.raises(
            GatewayError, match=f"other is no session that waits for its rest; these do: {KEY.session_id}"
        ):
            inbox.end_unfinished("other")
        inbox.end_unfinished(KEY.session_id)
        inbox.close()

        again = Heard()
        async with processing(mosquitto, tmp_path, again), listening(mosquitto, str(KEY.topic(Kind.ACK)), "l") as acks:
            await again.until_said("is complete")
            await gateway.publish(KEY.topic(Kind.RAW), BATCHES[30])
            ack = await acks.until(lambda ack: not ack.retained)
            assert (decode_json(ack.payload, Ack).sequence, decode_json(ack.payload, Ack).ended) == (30, True)
    assert {item for item in again.all if isinstance(item, Stride)} > {i for i in heard.all if isinstance(i, Stride)}


async def test_a_second_processor_is_noticed(mosquitto: Server, tmp_path: Path) -> None:
    one, other = Heard(), Heard()
    (tmp_path / "other").mkdir()
    async with (
        processing(mosquitto, tmp_path, one),
        processing(mosquitto, tmp_path / "other", other, "other"),
        connected(mosquitto, "gateway") as gateway,
    ):
        await send_run(gateway)
        await one.until_said("Another footfall process is at this broker")
        await other.until_said("Another footfall process is at this broker")


async def kept_nothing(session_id: str) -> int:
    """Be a store from a backup of before the session."""
    return 0


def fail_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the next packets break the engine, as a state that makes no sense would."""
    take = SessionEngine.take

    def broken(engine: SessionEngine, packets: Sequence[RawPacket]) -> list[Event]:
        monkeypatch.setattr(SessionEngine, "take", take)
        raise IndexError("out of range")

    monkeypatch.setattr(SessionEngine, "take", broken)


@pytest.mark.parametrize("checkpoint", ["as it was", "of another version", "ahead of the store", "misleading"])
async def test_a_restart_goes_on_from_a_checkpoint_that_it_can_believe(
    mosquitto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkpoint: str
) -> None:
    monkeypatch.setattr(computing, "CHECKPOINT_BATCHES", 10)
    heard = Heard()
    async with connected(mosquitto, "gateway") as gateway:
        async with processing(mosquitto, tmp_path, heard):
            await gateway.publish(KEY.topic(Kind.SESSION), HEADER, retain=True)
            for begin in range(0, len(BATCHES), 5):  # computed a few at a time, so that there are checkpoints between
                for batch in BATCHES[begin : begin + 5]:
                    await gateway.publish(KEY.topic(Kind.RAW), batch)
                newest_s = decode_batch(batch).packets[-1].received_s
                while await lag_told(heard, gateway, newest_s) > 0.0:
                    pass
        if checkpoint == "of another version":
            with contextlib.closing(sqlite3.connect(inbox_path(tmp_path), isolation_level=None)) as inbox:
                assert inbox.execute("UPDATE checkpoint SET state = x'00'").rowcount == 1
        if checkpoint == "misleading":
            fail_once(monkeypatch)
        again = Heard()
        kept = kept_nothing if checkpoint == "ahead of the store" else None
        forgotten: list[str] = []

        async def forget(session_id: str) -> None:
            forgotten.append(session_id)

        async with processing(mosquitto, tmp_path, again, kept_strides=kept, forget_results=forget):
            await gateway.publish(KEY.topic(Kind.END), encode_json(End(len(BATCHES))), retain=True)
            await again.until_said("is complete")
    first = [item for item in heard.all if isinstance(item, Stride)]
    second = [item for item in again.all if isinstance(item, Stride)]
    wanted = analyze_session(RUN.header, [packet for batch in BATCHES for packet in decode_batch(batch).packets])
    assert set(first) | set(second) == set(wanted.strides)
    assert forgotten == ([] if checkpoint == "as it was" else [KEY.session_id]), "nothing is left of another version"
    why = {"of another version": "is none, is cut off", "ahead of the store": "and the store has 0"}
    if checkpoint in why:
        assert f"Computed anew from the first batch: session {KEY.session_id}: the checkpoint" in again.said[0]
        assert why[checkpoint] in again.said[0]
    if checkpoint == "as it was":
        assert 0 < len(second) < len(first) / 2
    else:
        assert set(second) == set(wanted.strides)
    (summary,) = (item for item in again.all if isinstance(item, SessionSummary))
    assert summary == wanted.end.summary


class ToldOnce(HeardSink):
    """A sink that must not be told twice, as people who listen."""

    repeatable = False


async def test_what_comes_again_after_a_restart_is_not_told_again(
    mosquitto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batches that listeners were told of, and those that came meanwhile, are computed together after a kill."""
    monkeypatch.setattr(computing, "CHECKPOINT_BATCHES", 12)
    heard, again = Heard(), Heard()
    for one in (heard, again):
        monkeypatch.setattr(one, "sinks_of", lambda *_, one=one: [ToldOnce(one)])
    async with connected(mosquitto, "gateway") as gateway, processing(mosquitto, tmp_path, heard):
        await gateway.publish(KEY.topic(Kind.SESSION), HEADER, retain=True)
        for batch in BATCHES[:30]:
            await gateway.publish(KEY.topic(Kind.RAW), batch)
            while await lag_told(heard, gateway, decode_batch(batch).packets[-1].received_s) > 0.0:
                pass
    with contextlib.closing(Inbox(inbox_path(tmp_path))) as inbox:
        held = inbox.sessions[KEY]
        checkpoint = inbox.checkpoint(held)
        assert checkpoint is not None
        assert checkpoint.sequence < held.announced_sequence == 30
        inbox.take([BatchArrival(KEY, at, batch) for at, batch in enumerate(BATCHES[30:], start=31)])
        inbox.take([EndArrival(KEY, End(len(BATCHES)))])
    async with processing(mosquitto, tmp_path, again):
        await again.until_said("is complete")
    wanted = analyze_session(RUN.header, [packet for batch in BATCHES for packet in decode_batch(batch).packets])
    told = [item for one in (heard, again) for item in one.all if isinstance(item, Stride)]
    assert sorted(map(repr, told)) == sorted(map(repr, wanted.strides))


async def test_a_checkpoint_is_kept_though_nothing_comes_any_more(
    mosquitto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computing, "CHECKPOINT_BATCHES", 10)
    monkeypatch.setattr(processor_module, "TURN_S", 0.05)
    heard, kept = Heard(), asyncio.Event()
    keep_noted, loop = Inbox.keep_noted, asyncio.get_running_loop()

    def noticed(inbox: Inbox) -> None:
        keep_noted(inbox)
        with contextlib.closing(sqlite3.connect(inbox_path(tmp_path))) as other:
            if other.execute("SELECT sequence FROM checkpoint").fetchall():
                loop.call_soon_threadsafe(kept.set)

    monkeypatch.setattr(Inbox, "keep_noted", noticed)
    async with connected(mosquitto, "gateway") as gateway, processing(mosquitto, tmp_path, heard):
        await send_run(gateway)
        await asyncio.wait_for(kept.wait(), PATIENCE_S)


async def test_more_sessions_than_fit_rest_between_their_batches_and_lose_nothing(
    mosquitto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor_module, "MOST_SENSORS", len(RUN.header.recorded_sensors))
    restored: list[str] = []
    restore = SessionEngine.restore

    def counted(engine: SessionEngine, state: bytes) -> None:
        restored.append("")
        restore(engine, state)

    monkeypatch.setattr(SessionEngine, "restore", counted)
    heard = Heard()
    headers = [replace(RUN.header, session=replace(RUN.header.session, id=f"run-{number}")) for number in (1, 2, 3)]
    keys = [SessionKey("track", "Ann", header.session.id) for header in headers]

    async def close(_: HeardSink) -> None:
        heard.take("closed")

    monkeypatch.setattr(HeardSink, "close", close)
    async with processing(mosquitto, tmp_path, heard), connected(mosquitto, "gateway") as gateway:
        for key, header in zip(keys, headers, strict=True):
            await gateway.publish(key.topic(Kind.SESSION), encode_header(header), retain=True)
        for batch in BATCHES:
            for key in keys:
                await gateway.publish(key.topic(Kind.RAW), batch)
        for _ in keys[1:]:
            await heard.until_said("closed")
        for key in keys:
            await gateway.publish(key.topic(Kind.END), encode_json(End(len(BATCHES))), retain=True)
        summaries = []
        async for item in heard:
            summaries += [item] if isinstance(item, SessionSummary) else []
            if len(summaries) == len(keys):
                break
    assert restored, "some rested"
    alone = SessionEngine(RUN.header)
    alone.take([packet for batch in BATCHES for packet in decode_batch(batch).packets])
    alone.end()
    assert summaries == [alone.summary()] * len(keys)


async def test_a_session_that_breaks_its_decoder_is_set_aside_and_holds_up_no_other(
    mosquitto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = SessionEngine.take

    def break_one(engine: SessionEngine, packets: Sequence[RawPacket]) -> list[Event]:
        if engine.header.session.id == KEY.session_id:
            raise IndexError("a driver's mistake")
        return take(engine, packets)

    monkeypatch.setattr(SessionEngine, "take", break_one)
    heard = Heard()
    async with processing(mosquitto, tmp_path, heard), connected(mosquitto, "gateway") as gateway:
        await send_run(gateway)
        said = await heard.until_said("is set aside")
        assert f"Session {KEY.session_id} of track is set aside: IndexError: a driver's mistake. All that came" in said
        await send_empty_run(gateway, "another")
        await heard.until_said("another of track is complete")


DEEP = b'{"version":1,"header_version":1,"x":' + b"[" * 5000 + b"]" * 5000 + b"}"
HOSTILE = {
    "session": DEEP,
    "end": DEEP,
    "ack": DEEP,
    "health/foot-left": DEEP,
    "raw": b"\x94\x01" + b"\x91" * 5000,
}


async def test_nothing_that_comes_over_the_wire_ends_a_processor(mosquitto: Server, tmp_path: Path) -> None:
    """Retained, it comes at every start again, and is not even read."""

    async def publish_all(gateway: Connection) -> None:
        for kind, payload in HOSTILE.items():
            await gateway.publish(f"{ROOT}/track/Ann/hostile/{kind}", payload, retain=True)
        for kind in ("raw", "session"):
            await gateway.publish(f"{ROOT}/track/Ann/half-a-pair-%ED%A0%80/{kind}", BATCHES[0], retain=True)

    async with connected(mosquitto, "gateway") as gateway:
        await publish_all(gateway)
        for number in range(2):
            heard = Heard()
            async with processing(mosquitto, tmp_path, heard):
                await publish_all(gateway)
                await gateway.publish(f"{ROOT}/track/Ann/hostile/ack", DEEP)
                await gateway.publish(f"{ROOT}/track/Ann/hostile/end", b'{"version":1,"last_sequence":1e400}')
                await send_empty_run(gateway, f"good-{number}")
                await heard.until_said(f"good-{number} of track is complete")
    with contextlib.closing(sqlite3.connect(inbox_path(tmp_path))) as inbox:
        counted = dict(inbox.execute("SELECT what, messages FROM left_out WHERE gateway = 'track'"))
    assert {f"unreadable {kind.split('/')[0]}" for kind in HOSTILE} <= counted.keys()
    assert counted["unreadable raw"] == 2, "once each time that it was sent"


async def test_batches_are_acknowledged_together_and_the_end_at_once(mosquitto: Server, tmp_path: Path) -> None:
    heard = Heard()
    async with (
        processing(mosquitto, tmp_path, heard),
        connected(mosquitto, "gateway") as gateway,
        listening(mosquitto, str(KEY.topic(Kind.ACK)), "listener") as listener,
    ):
        await send_run(gateway)
        acks = [decode_json((await listener.until(lambda ack: True)).payload, Ack)]
        while acks[-1].sequence < len(BATCHES):
            acks.append(decode_json((await listener.until(lambda ack: True)).payload, Ack))
        assert not any(ack.ended for ack in acks)
        await gateway.publish(KEY.topic(Kind.END), encode_json(End(len(BATCHES))), retain=True)
        last = decode_json((await listener.until(lambda ack: True)).payload, Ack)
        assert (last.sequence, last.ended) == (len(BATCHES), True)
    sequences = [ack.sequence for ack in acks]
    assert sequences == sorted(sequences)
    assert len({ack.reader for ack in acks} | {last.reader}) == 1


async def test_what_is_retained_begins_no_session_and_its_gateway_is_asked(mosquitto: Server, tmp_path: Path) -> None:
    """A broker that crashed has the description again of a session that is over, and whose runner may be forgotten."""
    heard = Heard()
    async with connected(mosquitto, "gateway") as gateway:
        await send_empty_run(gateway, "over")
        key = SessionKey("track", "Ann", "over")
        async with listening(mosquitto, str(key.topic(Kind.ACK)), "listener") as acks:
            async with processing(mosquitto, tmp_path, heard) as inbox:
                ack = decode_json((await acks.until(lambda ack: True)).payload, Ack)
                assert (ack.sequence, ack.ended, ack.digest, ack.refused) == (0, False, "", "")
                assert inbox.sessions == {}
                await send_empty_run(gateway, "over")
                await heard.until_said("is complete")
            async with processing(mosquitto, tmp_path, heard):
                ack = decode_json((await acks.until(lambda ack: b'"ended":true' in ack.payload)).payload, Ack)
    assert ack.digest != ""


def whole(inbox: Inbox, session_id: str) -> Held:
    """Have a session in the inbox of which nothing comes any more, and nothing is computed yet."""
    key = SessionKey("track", "Ann", session_id)
    header = replace(RUN.header, session=replace(RUN.header.session, id=session_id))
    assert inbox.take([HeaderArrival(key, encode_header(header)), EndArrival(key, End(0))]) == []
    return inbox.sessions[key]


def leave_waiting(inbox: Inbox) -> None:
    """Leave sessions behind, each to be computed at the next start for a reason of its own."""
    whole(inbox, "ended")
    inbox.set_aside(whole(inbox, "of another version"), "not known", "1.0")
    inbox.set_aside(whole(inbox, "tried again"), "not known", "2.0")
    inbox.try_again("tried again")
    key = SessionKey("track", "Ann", "ended by hand")
    header = replace(RUN.header, session=replace(RUN.header.session, id=key.session_id))
    assert inbox.take([HeaderArrival(key, encode_header(header))]) == []
    inbox.end_unfinished(key.session_id)
    inbox.set_aside(whole(inbox, "as before"), "not known", "2.0")
    assert inbox.take([HeaderArrival(replace(key, session_id="not whole"), HEADER)]) == []


async def test_what_waits_in_the_inbox_is_computed_without_a_broker(tmp_path: Path) -> None:
    """Nothing that comes later has to wake it."""
    heard = Heard()
    disk = DiskThread("inbox")
    inbox = Inbox(inbox_path(tmp_path))
    leave_waiting(inbox)
    processor = Processor(inbox, disk, heard.sinks_of, heard.take, software="2.0")
    computing = asyncio.create_task(processor.compute())
    done = {await heard.until_said("is complete") for _ in range(4)}
    computing.cancel()
    await asyncio.gather(computing, return_exceptions=True)
    inbox.close()
    disk.close()
    assert done == {
        f"Session {session_id} of track is complete: 0 strides."
        for session_id in ("ended", "of another version", "tried again", "ended by hand")
    }
    assert [key.session_id for key in inbox.unfinished()] == ["as before", "not whole"]


class RefusingSink(HeardSink):
    """Can't take a session's date."""

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        raise OverflowError("date value out of range")


async def test_a_session_that_is_set_aside_stays_so_until_an_update(mosquitto: Server, tmp_path: Path) -> None:
    def refuse_one(key: SessionKey, header: RecordingHeader) -> list[Sink]:
        return [RefusingSink(heard)] if key.session_id == "poison" else [HeardSink(heard)]

    heard = Heard()
    heard.sinks_of = refuse_one  # type: ignore[method-assign]
    async with connected(mosquitto, "gateway") as gateway:
        async with processing(mosquitto, tmp_path, heard):
            await send_empty_run(gateway, "poison")
            said = await heard.until_said("is set aside")
            assert "poison of track is set aside: OverflowError: date value out of range" in said
            await send_empty_run(gateway, "good")
            await heard.until_said("good of track is complete")
        again = Heard()
        async with processing(mosquitto, tmp_path, again) as inbox:
            await send_empty_run(gateway, "better")
            await again.until_said("better of track is complete")
            assert [inbox.sessions[key].aside for key in inbox.unfinished()] == [
                "OverflowError: date value out of range"
            ]
            assert not any("poison" in text for text in again.said)
        async with processing(mosquitto, tmp_path, again, software="2.0"):
            await again.until_said("poison of track is complete")
