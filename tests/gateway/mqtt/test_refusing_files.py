"""Spool, inbox and store that refuse for a while, as when another program holds them: it is said, nothing is lost."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from footfall_gateway.clock import SystemClock
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.mqtt.held import BatchArrival, EndArrival, HeaderArrival
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import End, decode_batch
from footfall_gateway.mqtt.processor import Processor
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.mqtt.spooling import TRY_AGAIN_S, spool_run
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.packets import RawPacket
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recorder import Recorder
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.analysis import analyze_session
from footfall_gateway.sessions.sinks.store import STORING_GOES_ON, SharedStore, StoreSink
from footfall_gateway.store import sqlite_file
from footfall_gateway.store.database import Store
from footfall_gateway.store.patience import Patience, PatientDisk
from footfall_gateway.store.sqlite_file import PassingError, StoreError
from gateway.command_line import FEET
from gateway.mqtt.ends import Heard, batches
from gateway.recordings_for_tests import header, packets
from gateway.troubles import files_limited, held_by_another_program

RUN = Recording.open(FEET)
KEY = SessionKey("track", "Ann", RUN.header.session.id)


@pytest.fixture(autouse=True)
def refuse_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "_BUSY_TIMEOUT_S", 0.0)


@pytest.mark.parametrize(("begin_s", "end_s"), [(0.0, 1.0), (4.0, 4.5), (4.0, 30.0), (59.0, 60.0), (30.0, 1e6)])
async def test_a_spool_that_is_held_for_a_while_gets_all_from_the_recording(
    tmp_path: Path, begin_s: float, end_s: float
) -> None:
    """Its rest is sent in the same run; of one that is held to the end, after the next start."""
    path = tmp_path / "spool.sqlite"
    given = list(packets(1500))
    said: list[str] = []
    spool = Spool.open(path)
    disk = PatientDisk("spool", Patience(pytest.fail, SystemClock(), waits="{}", goes_on=""))
    held = held_by_another_program(path)
    if begin_s == 0.0:
        held.__enter__()

    async def played() -> AsyncIterator[Sequence[RawPacket]]:
        holds = begin_s == 0.0
        for packet in given:
            if not holds and begin_s <= packet.received_s < end_s:
                holds = True
                held.__enter__()
            if holds and packet.received_s >= end_s:
                holds = False
                held.__exit__(None, None, None)
            yield [packet]

    async def take() -> None:
        async with Recorder(tmp_path / "run.mcap", header(), pytest.fail) as recorder:
            await spool_run(
                header(),
                played(),
                recorder=recorder,
                spool=spool,
                disk=disk,
                look_at=len,
                wake=lambda: None,
                say=said.append,
            )

    if end_s > given[-1].received_s:
        with pytest.raises(StoreError, match="database is locked"):
            await take()
        held.__exit__(None, None, None)
        assert len(said) == 1
    else:
        await take()
        assert said[1:] == ["Sending goes on: what was recorded meanwhile is on its way."]
        spooled = [
            p for _, payload in spool.batches(header().session.id, 0, 1000) for p in decode_batch(payload).packets
        ]
        assert spooled == list(Recording.open(tmp_path / "run.mcap")) == given
    assert said[0].startswith(f"SENDING STOPPED: {path}: database is locked; close the other program")
    assert said[0].endswith("The run goes on and is recorded; sending is tried again.")
    assert given[-1].received_s > 30.0 + TRY_AGAIN_S
    disk.close()
    spool.close()


def arrivals() -> list[HeaderArrival | BatchArrival | EndArrival]:
    payloads = list(batches(RUN, 20.0))
    return [
        HeaderArrival(KEY, encode_header(RUN.header)),
        *(BatchArrival(KEY, sequence, payload) for sequence, payload in enumerate(payloads, start=1)),
        EndArrival(KEY, End(len(payloads))),
    ]


def test_an_inbox_that_is_held_takes_nothing_and_then_all(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    with held_by_another_program(tmp_path / "inbox.sqlite"), pytest.raises(PassingError, match="database is locked"):
        inbox.take(arrivals())
    assert inbox.safe([KEY]) == {KEY: None}
    assert inbox.take(arrivals()) == []
    safe = inbox.safe([KEY])[KEY]
    assert safe is not None
    assert safe.ended
    inbox.close()


def test_an_inbox_that_has_no_room_in_the_midst_of_it_tells_nobody_that_anything_is_safe(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    first, *rest = arrivals()
    inbox.take([first])
    with files_limited(20_000), pytest.raises(StoreError, match="space on"):
        inbox.take(rest)
    for call in (
        lambda: inbox.safe([KEY]),
        lambda: inbox.take(rest),
        lambda: inbox.next_batches(inbox.sessions[KEY], 0, 9),
    ):
        with pytest.raises(StoreError, match="space on"):
            call()
    inbox.close()
    again = Inbox(tmp_path / "inbox.sqlite")
    safe = again.safe([KEY])[KEY]
    assert safe is not None
    assert (safe.sequence, safe.ended) == (0, False)
    assert again.take(rest) == []
    assert again.sessions[KEY].last_sequence is not None
    again.close()


async def test_a_processor_waits_for_a_store_that_is_held(tmp_path: Path) -> None:
    heard = Heard()
    path = tmp_path / "store.sqlite"
    inbox, disk = Inbox(tmp_path / "inbox.sqlite"), DiskThread("inbox")
    inbox.take(arrivals())
    async with SharedStore(path, heard.take) as store:
        processor = Processor(inbox, disk, lambda key, header: [StoreSink(store)], heard.take)
        with held_by_another_program(path):
            computing = asyncio.create_task(processor.compute())
            await heard.until_said("STORING WAITS")
        await heard.until_said("is complete")
        computing.cancel()
        await asyncio.gather(computing, return_exceptions=True)
    inbox.close()
    disk.close()
    sent = [packet for payload in batches(RUN, 20.0) for packet in decode_batch(payload).packets]
    with Store.open(path) as reader:
        assert reader.strides(KEY.session_id) == analyze_session(RUN.header, sent).strides
    assert STORING_GOES_ON in heard.said
