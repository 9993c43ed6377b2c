"""A disk that is full at each page that would be written, and one that is full for good under a whole program."""

import asyncio
import itertools
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from faults.effort import Tell, effort, tell
from footfall_gateway.clock import ScaledClock, SystemClock
from footfall_gateway.data_folder import recordings_folder, store_path
from footfall_gateway.influx.sender import InfluxSender
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.mqtt.held import Arrival, BatchArrival, HeaderArrival
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import decode_batch
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.mqtt.spooling import spool_run
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.packets import RawPacket
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recorder import Recorder
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.recordings.scan import RecordingError
from footfall_gateway.sessions.sinks.store import SharedStore, StoreSink
from footfall_gateway.store.database import Store
from footfall_gateway.store.patience import Patience, PatientDisk
from footfall_gateway.store.sqlite_file import StoreError
from footfall_processing.gait import Stride
from forked import COMMAND
from gateway.command_line import FEET, environment
from gateway.recordings_for_tests import header, packets, strides
from programs import PATIENCE_S
from servers import free_port

SESSION = header().session.id
HASTY = ScaledClock(SystemClock(), 1000.0)
ROOM = range(effort(2, 40))
"""Pages that there is room for."""
ItemT = TypeVar("ItemT")
UNLIMITED = 1_000_000_000


def limit(connection: sqlite3.Connection, more: int) -> None:
    """Have the file grow by so many pages at most: SQLite says then what it says of a full disk."""
    (now,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {now + more}")


async def full_store(folder: Path, room: int, said: list[str]) -> tuple[int, int]:
    """Return how much was given, and how much is there."""
    given = list(strides(400))
    async with SharedStore(folder / "store.sqlite", said.append, HASTY) as store:
        sink = StoreSink(store)
        await sink.open(header(), None)
        await sink.write(given[:10])
        connection = store._open_store._connection
        limit(connection, room)
        writing = asyncio.create_task(write_all(sink.write, given[10:]))
        await refused(store.patience)
        limit(connection, UNLIMITED)
        await writing
    with Store.open(folder / "store.sqlite") as reader:
        assert reader.strides(SESSION) == given
    return len(given), len(given)


async def refused(patience: Patience) -> None:
    """Return when there is no room any more; there is too little for all of it in any case."""
    async with asyncio.timeout(PATIENCE_S):
        await patience.refused()


async def write_all(write: Callable[[Sequence[ItemT]], Awaitable[None]], items: Sequence[ItemT]) -> None:
    for begin in range(0, len(items), 40):
        await write(items[begin : begin + 40])


async def full_outbox(folder: Path, room: int, said: list[str]) -> tuple[int, int]:
    away = InfluxSettings(f"http://127.0.0.1:{free_port()}", "token")
    given = [f"stride,sensor=left value={number} {number}" for number in range(12_000)]
    async with InfluxSender(folder / "outbox.sqlite", away, said.append, HASTY) as sender:
        await sender.write(given[:10])
        assert sender._outbox is not None
        connection = sender._outbox._connection
        limit(connection, room)
        writing = asyncio.create_task(write_all(sender.write, given[10:]))
        await refused(sender.patience)
        limit(connection, UNLIMITED)
        await writing
        return len(given), await sender.waiting()


async def full_spool(folder: Path, room: int, said: list[str]) -> tuple[int, int]:
    given = list(packets(2000))
    spool = Spool.open(folder / "spool.sqlite")
    disk = PatientDisk("spool", Patience(said.append, HASTY, waits="{}", goes_on=""))

    async def played() -> AsyncIterator[Sequence[RawPacket]]:
        for number, packet in enumerate(given):
            if number == 200:
                limit(spool._connection, room)
            if number == 1500:
                limit(spool._connection, UNLIMITED)
            yield [packet]

    async with Recorder(folder / "run.mcap", header(), said.append) as recorder:
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
    kept = [packet for _, payload in spool.batches(SESSION, 0, 5000) for packet in decode_batch(payload).packets]
    assert kept == given
    disk.close()
    spool.close()
    return len(given), len(kept)


async def full_inbox(folder: Path, room: int, said: list[str]) -> tuple[int, int]:
    """What was not acknowledged, a gateway sends again."""
    key = SessionKey("track", "Ann", SESSION)
    arrivals: list[Arrival] = [
        HeaderArrival(key, encode_header(header())),
        *(BatchArrival(key, number, number.to_bytes(4, "big") * 500) for number in range(1, 301)),
    ]
    inbox = Inbox(folder / "inbox.sqlite")
    inbox.take(arrivals[:5])
    acknowledged = inbox.safe([key])[key]
    limit(inbox._connection, room)
    try:
        for begin in range(5, len(arrivals), 5):
            inbox.take(arrivals[begin : begin + 5])
            acknowledged = inbox.safe([key])[key]
    except StoreError as error:
        said.append(str(error))
    inbox.close()
    again = Inbox(folder / "inbox.sqlite")
    held = again.sessions[key]
    assert acknowledged is not None
    assert held.safe_sequence >= acknowledged.sequence
    again.take(arrivals)
    kept = again.next_batches(held, 0, 1000).payloads
    assert kept == [arrival.payload for arrival in arrivals if isinstance(arrival, BatchArrival)]
    again.close()
    return len(arrivals) - 1, len(kept)


FILES = {"store": full_store, "outbox": full_outbox, "spool": full_spool, "inbox": full_inbox}


@pytest.mark.parametrize("file", FILES)
async def test_a_file_without_room_gets_all_once_there_is_some(
    tmp_path: Path, file: str, record_property: Tell
) -> None:
    given = kept = 0
    for room in ROOM:
        folder = tmp_path / str(room)
        folder.mkdir()
        said: list[str] = []
        more_given, more_kept = await FILES[file](folder, room, said)
        given, kept = given + more_given, kept + more_kept
        assert any("database or disk is full; free some space on the disk" in text for text in said), said
    tell(record_property, tries=len(ROOM), items=kept, lost=max(given - kept, 0), doubled=max(kept - given, 0))


ON_A_SMALL_DISK = """
mount -t tmpfs -o size={size}k none "$1" || exit 77
shift
"$@"
status=$?
cp -r {disk}/data {kept} 2>/dev/null
exit $status
"""


@pytest.mark.namespaces
def test_a_run_on_a_full_disk_tells_and_keeps_what_there_was_room_for(tmp_path: Path, record_property: Tell) -> None:
    def replay(size_kib: int) -> tuple[subprocess.CompletedProcess[str], Path]:
        disk, kept = tmp_path / "disk", tmp_path / f"kept-{size_kib}"
        disk.mkdir(exist_ok=True)
        script = ON_A_SMALL_DISK.format(size=size_kib, disk=disk, kept=kept)
        command = [*COMMAND, "replay", str(FEET), "--duration", "60", "--data-dir", str(disk / "data")]
        ended = subprocess.run(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(disk), *command],
            capture_output=True,
            text=True,
            env=environment(),
            check=False,
        )
        return ended, kept

    whole, kept = replay(100_000)
    assert whole.returncode == 0, whole.stderr
    (path,) = recordings_folder(kept).glob("*.mcap")
    wanted_packets = by_sensor(path)
    with Store.open(store_path(kept)) as store:
        wanted = store.strides(path.stem)
    most_kib = sum(file.stat().st_size for file in kept.rglob("*") if file.is_file()) // 1024
    sizes_kib = [round(most_kib * share) for share in effort((0.4,), tuple(number / 10 for number in range(1, 10)))]
    items = wrong = doubled = 0
    for size_kib in sizes_kib:
        ended, kept = replay(size_kib)
        assert ended.returncode == 2, ended.stderr
        assert "Traceback" not in ended.stderr
        assert ended.stderr.splitlines()[-1].startswith("footfall: ")
        for found in recordings_folder(kept).glob("*.mcap"):
            try:
                recorded = by_sensor(found)
            except RecordingError:  # there was no room for its header
                continue
            for sensor_id, sent in recorded.items():
                items += len(sent)
                wrong += sent != wanted_packets[sensor_id][: len(sent)]
        if store_path(kept).exists() and (stored := readable_strides(store_path(kept))) is not None:
            items += len(stored)
            wrong += sum(not any(is_same(stride, other) for other in wanted) for stride in stored)
            doubled += sum(is_same(one, other) for one, other in itertools.combinations(stored, 2))
        shutil.rmtree(kept, ignore_errors=True)
    tell(record_property, tries=len(sizes_kib), items=items, lost=wrong, doubled=doubled)


def by_sensor(path: Path) -> dict[str, list[bytes]]:
    """Return what each sensor sent, as far as it is recorded."""
    found: dict[str, list[bytes]] = {}
    for packet in Recording.open(path):
        found.setdefault(packet.sensor_id, []).append(packet.data)
    return found


def is_same(stride: Stride, other: Stride) -> bool:
    """Tell whether two runs' strides are one: playing begins a moment sooner or later."""
    return stride.sensor_id == other.sensor_id and abs(stride.initial_contact_s - other.initial_contact_s) < 0.2


def readable_strides(path: Path) -> list[Stride] | None:
    """Return all strides of a store; `None` where there was no room for a store."""
    if not path.stat().st_size:
        return None
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with Store.open(path) as store:
        return [stride for session in store.sessions() for stride in store.strides(session.header.session.id)]
