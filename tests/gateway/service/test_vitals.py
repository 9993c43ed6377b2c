"""Who is alive, who is ready, and for whom the watchdog is told: over a real datagram socket, on a clock of our own."""

import asyncio
import contextlib
import os
import socket
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from footfall_gateway.clock import SteppedClock
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.mqtt import processor as processor_module
from footfall_gateway.mqtt.held import Arrival, BatchArrival, HeaderArrival
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.left_out import LeftOut
from footfall_gateway.mqtt.processor import Processor
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.service import signs
from footfall_gateway.service.signs import Reached, look_at_disk, why_not_writable
from footfall_gateway.service.systemd import ServiceManager
from footfall_gateway.service.vitals import BEAT_S, OVERDUE_S, Sign, Vitals
from footfall_gateway.store.patience import Patience
from footfall_gateway.store.sqlite_file import PassingError
from footfall_processing.errors import InputError
from gateway.command_line import FEET
from gateway.mqtt.ends import batches
from programs import PATIENCE_S

T = TypeVar("T")
WATCHED = {"WATCHDOG_USEC": "120000000"}


class Systemd:
    """systemd's end of the socket."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        """All that came since the last time."""
        lines = []
        with contextlib.suppress(BlockingIOError):
            while True:
                lines.append(self._socket.recv(4096).decode())
        return lines

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    is_path = request.param == "path"
    listening = Systemd(str(tmp_path / "notify") if is_path else f"@footfall-test-{os.getpid()}-{id(request)}")
    yield listening
    listening.close()


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(datetime(2026, 11, 30, tzinfo=UTC))


def test_the_service_manager_hears_each_word(systemd: Systemd) -> None:
    manager = ServiceManager.of({"NOTIFY_SOCKET": systemd.address, **WATCHED, "WATCHDOG_PID": str(os.getpid())})
    manager.ready()
    manager.alive()
    manager.status("two\nlines \x1b of mqtt://anna:geheim@box")
    manager.status("two\nlines \x1b of mqtt://anna:geheim@box")
    manager.stopping()
    assert systemd.heard() == [
        "READY=1",
        "WATCHDOG=1",
        r"STATUS=two\nlines \x1b of mqtt://…@box",
        "STOPPING=1",
    ]


@pytest.mark.parametrize(
    "watched", [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "x"}, {**WATCHED, "WATCHDOG_PID": str(os.getpid() + 1)}]
)
def test_without_a_watchdog_of_ours_none_is_told(systemd: Systemd, watched: dict[str, str]) -> None:
    manager = ServiceManager.of({"NOTIFY_SOCKET": systemd.address, **watched})
    manager.alive()
    assert (manager.watchdog_s, systemd.heard()) == (None, [])


def test_a_service_manager_that_is_gone_harms_nobody(systemd: Systemd, tmp_path: Path) -> None:
    for address in ("", str(tmp_path / "nobody"), "@footfall-nobody"):
        ServiceManager(address, 1.0).alive()
    manager = ServiceManager(systemd.address, 1.0)
    for _ in range(2000):  # more than its queue takes, and it does not read
        manager.alive()


async def test_the_watchdog_is_told_by_loops_that_turn_and_not_while_one_is_stuck(
    systemd: Systemd, clock: SteppedClock
) -> None:
    vitals = Vitals("gateway", clock=clock, manager=ServiceManager.of({"NOTIFY_SOCKET": systemd.address, **WATCHED}))
    turning = asyncio.create_task(vitals.turn())
    stuck = asyncio.Event()

    async def packets() -> AsyncIterator[int]:
        yield 1
        yield 2
        await asyncio.Event().wait()  # nothing comes any more

    async def record() -> None:
        async for packet in vitals.each("recording", packets()):
            if packet == 2:
                await stuck.wait()

    recording = asyncio.create_task(record())
    await clock.advance(OVERDUE_S)
    assert systemd.heard().count("WATCHDOG=1") >= 2
    assert (await vitals.report()).live
    await clock.advance(10.0 * BEAT_S)
    before = systemd.heard()
    assert before[-1] == "STATUS=recording is stuck"
    await clock.advance(10.0 * OVERDUE_S)
    report = await vitals.report()
    assert (report.live, report.ready, report.stuck, systemd.heard()) == (False, False, ["recording"], [])

    stuck.set()  # it waits for packets again, however long
    await clock.advance(10.0 * OVERDUE_S)
    assert systemd.heard().count("WATCHDOG=1") >= 5  # its queue is no longer
    assert (await vitals.report()).live
    for task in (recording, turning):
        task.cancel()
    await asyncio.gather(recording, turning, return_exceptions=True)


class WatchedDisk(DiskThread):
    """A disk that tells when one task asks something of it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.asking: asyncio.Task[None] | None = None
        self.asked = asyncio.Event()

    async def call(self, function: Callable[..., T], *arguments: object) -> T:
        if self.asking is not None and asyncio.current_task() is self.asking:
            self.asked.set()
        return await super().call(function, *arguments)


async def test_the_processor_s_loop_turns_when_idle_and_not_while_its_disk_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor_module, "TURN_S", 0.001)
    beats, turned = 0, asyncio.Event()

    def beat() -> None:
        nonlocal beats
        beats += 1
        turned.set()

    async def until_it_turns() -> None:
        turned.clear()
        async with asyncio.timeout(PATIENCE_S):
            await turned.wait()

    disk, released = WatchedDisk("inbox"), threading.Event()
    inbox = await disk.call(Inbox, tmp_path / "inbox.sqlite")
    processor = Processor(inbox, disk, lambda *_: [], lambda _: None, beat=beat)
    computing = asyncio.create_task(processor.compute())
    for _ in range(3):
        await until_it_turns()

    run = Recording.open(FEET)
    key = SessionKey("track", "", run.header.session.id)
    first = next(iter(batches(run, 1.0)))
    held: list[Arrival] = [HeaderArrival(key, encode_header(run.header)), BatchArrival(key, 1, first)]
    # its thread does one after the other: when there is work, it hangs already
    disk.asking = computing
    taking = asyncio.create_task(disk.call(lambda: inbox.take(held, now_s=0.0, left_out={})))
    hanging = asyncio.create_task(disk.call(released.wait))
    await taking
    async with asyncio.timeout(PATIENCE_S):
        await disk.asked.wait()
    stopped_at = beats
    for _ in range(1000):
        await asyncio.sleep(0)
    assert beats == stopped_at

    released.set()
    await hanging
    await until_it_turns()
    computing.cancel()
    await asyncio.gather(computing, return_exceptions=True)
    await disk.call(inbox.close)
    disk.close()


async def test_a_report_has_what_was_seen_and_survives_what_can_t_be_seen(clock: SteppedClock) -> None:
    vitals = Vitals("process", "footfall 0.2.0", clock=clock)

    async def all_well() -> Sign:
        return Sign({"sessions": 2})

    async def in_trouble() -> Sign:
        return Sign({"reached": False}, "the broker has not been reached for 3 s")

    async def fails() -> Sign:
        raise InputError("/home/anna/secret")

    vitals.look_at("inbox", all_well)
    assert (await vitals.report()).ready
    vitals.look_at("broker", in_trouble)
    vitals.look_at("disk", fails)
    report = await vitals.report()
    assert (report.live, report.ready) == (True, False)
    assert report.signs == {"inbox": {"sessions": 2}, "broker": {"reached": False}}
    assert report.troubles == {
        "broker": "the broker has not been reached for 3 s",
        "disk": "can't be looked at (InputError)",
    }


async def test_a_line_counts_as_reached_while_work_goes_on_over_it(clock: SteppedClock) -> None:
    reached, going, over = Reached("the broker", clock), asyncio.Event(), asyncio.Event()

    async def work(_: str) -> None:
        going.set()
        await over.wait()
        raise InputError("lost")

    assert (await reached.look()).trouble == "the broker has not been reached for 0 s"
    working = asyncio.ensure_future(reached.noting(work)("a connection"))
    await going.wait()
    await clock.advance(7.0)
    sign = await reached.look()
    assert (sign.facts["reached"], sign.facts["for_s"], sign.trouble) == (True, 7.0, "")
    over.set()
    with pytest.raises(InputError):
        await working
    await clock.advance(2.0)
    assert (await reached.look()).trouble == "the broker has not been reached for 2 s"


async def test_a_file_that_another_program_holds_and_a_full_disk_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "footfall.sqlite"
    look = look_at_disk(tmp_path, {"store": path})
    assert (await look()).trouble == ""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("CREATE TABLE t (x)")
        assert why_not_writable(path) == ""
        monkeypatch.setattr(signs, "PATIENCE_S", 0.0)
        holder.execute("BEGIN IMMEDIATE")
        sign = await look()
        assert (sign.facts["writable"], sign.trouble) == (
            False,
            "the store can't be written (database is locked)",
        )
        holder.execute("ROLLBACK")
    monkeypatch.setattr(signs, "RESERVE_BYTES", 1 << 62)
    assert "the disk is full" in (await look()).trouble
    path.write_bytes(b"no database" * 100)
    assert why_not_writable(path) == "file is not a database"
    assert str(tmp_path) not in (await look()).trouble


def test_what_was_left_out_is_counted_by_kind_and_names_nobody() -> None:
    left_out = LeftOut(lambda _: None)
    for gateway in ("anna-s-phone", "box"):
        left_out.note(gateway, "unreadable raw", "…")
    left_out.note("", "too fast", "…")
    left_out.fresh()  # what was written to the disk still counts
    assert left_out.by_kind() == {"unreadable raw": 2, "too fast": 1}


async def test_who_waits_for_a_file_that_is_held_is_at_work_and_not_stuck(clock: SteppedClock) -> None:
    vitals = Vitals("process", clock=clock)
    patience = Patience(lambda _: None, clock, waits="{}", goes_on="")
    patience.on_refusal = lambda: vitals.beat("computing")
    held = True

    async def write() -> None:
        if held:
            raise PassingError("database is locked")

    vitals.beat("computing")
    waiting = asyncio.create_task(patience.until_done(write))
    await clock.advance(5.0 * OVERDUE_S)
    assert (await vitals.report()).live
    held = False
    await clock.advance(10.0)
    await waiting
    await clock.advance(2.0 * OVERDUE_S)
    assert not (await vitals.report()).live
