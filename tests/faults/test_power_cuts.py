"""Power is cut in the middle of a write: files end anywhere, in zeros or noise, or have a page that is half written."""

import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from faults.effort import Tell, effort, tell
from footfall_gateway.influx.outbox import Outbox
from footfall_gateway.mqtt.held import BatchArrival, HeaderArrival
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import decode_batch
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.store.database import Store
from gateway.recordings_for_tests import header, packets, strides

SESSION = header().session.id
KEY = SessionKey("track", "Ann", SESSION)
WRITES = 12
STEP_BYTES = effort(9973, 61)
"""From one cut to the next."""


@dataclass(frozen=True)
class Confirmed:
    """A write that was confirmed: how long the log was by then."""

    log_bytes: int


def write_store(path: Path) -> Generator[None, None, None]:
    given = list(strides(5 * WRITES))
    with Store.open(path) as store:
        store.add_session(header())
        for begin in range(0, len(given), 5):
            store.add_strides(SESSION, given[begin : begin + 5])
            yield


def read_store(path: Path) -> int:
    with Store.open(path) as store:
        if not store.sessions():
            return 0
        found = store.strides(SESSION)
    assert found == list(strides(len(found)))
    assert len(found) % 5 == 0, "a half of a write"
    return len(found) // 5


def write_spool(path: Path) -> Generator[None, None, None]:
    given = list(packets(4 * WRITES))
    spool = Spool.open(path)
    spool.add_session(SESSION, "Ann", b"{}", path)
    for begin in range(0, len(given), 4):
        spool.append(SESSION, [given[begin : begin + 2], given[begin + 2 : begin + 4]])
        yield
    spool.close()


def read_spool(path: Path) -> int:
    spool = Spool.open(path)
    found = [packet for _, payload in spool.batches(SESSION, 0, 1000) for packet in decode_batch(payload).packets]
    counted = [session.packets for session in spool.sessions()]
    spool.close()
    assert found == list(packets(len(found)))
    assert counted in ([], [len(found)])
    assert len(found) % 4 == 0, "a half of a write"
    return len(found) // 4


def write_inbox(path: Path) -> Generator[None, None, None]:
    inbox = Inbox(path)
    inbox.take([HeaderArrival(KEY, encode_header(header()))])
    for number in range(1, 2 * WRITES, 2):
        inbox.take([BatchArrival(KEY, more, b"batch %d" % more * 50) for more in (number, number + 1)])
        yield
    inbox.close()


def read_inbox(path: Path) -> int:
    inbox = Inbox(path)
    held = inbox.sessions.get(KEY)
    found = [] if held is None else inbox.next_batches(held, 0, 1000).payloads
    inbox.close()
    assert found == [b"batch %d" % number * 50 for number in range(1, len(found) + 1)]
    assert len(found) % 2 == 0, "a half of a write"
    return len(found) // 2


def write_outbox(path: Path) -> Generator[None, None, None]:
    with Outbox(path) as outbox:
        for number in range(WRITES):
            outbox.put([f"stride n={number} {number}", f"stride n={number} {number + 1}"])
            yield


def read_outbox(path: Path) -> int:
    with Outbox(path) as outbox:
        some = outbox.oldest()
    found = () if some is None else some.lines
    assert len(found) % 2 == 0, "a half of a write"
    return len(found) // 2


FILES: dict[str, tuple[Callable[[Path], Generator[None, None, None]], Callable[[Path], int]]] = {
    "store": (write_store, read_store),
    "spool": (write_spool, read_spool),
    "inbox": (write_inbox, read_inbox),
    "outbox": (write_outbox, read_outbox),
}


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def put(path: Path, content: bytes, log: bytes) -> None:
    """Lay files down as a power cut left them."""
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink()
    path.write_bytes(content)
    log_of(path).write_bytes(log)


def written(path: Path, write: Callable[[Path], Generator[None, None, None]]) -> tuple[bytes, bytes, list[int]]:
    """Write all; return file and log as they are before it is closed, and the log's length at each confirmation."""
    writing, confirmed = write(path), []
    for _ in writing:
        confirmed.append(log_of(path).stat().st_size)
        if len(confirmed) == WRITES:
            break
    content, log = path.read_bytes(), log_of(path).read_bytes()
    writing.close()
    return content, log, confirmed


def tails(length: int, chance: Random) -> Sequence[bytes]:
    """What a disk may have after the cut."""
    return b"", bytes(length), chance.randbytes(length)


@pytest.mark.parametrize("file", FILES)
def test_what_was_confirmed_is_there_wherever_power_was_cut(tmp_path: Path, file: str, record_property: Tell) -> None:
    write, read = FILES[file]
    content, log, confirmed = written(tmp_path / "written.sqlite", write)
    chance = Random(7)
    path = tmp_path / "cut.sqlite"
    tries = items = lost = 0
    cuts = sorted({*range(0, len(log), STEP_BYTES), *confirmed, *(at - 1 for at in confirmed), len(log)})
    for cut in cuts:
        for tail in tails(min(len(log) - cut, 8192), chance):
            put(path, content, log[:cut] + tail)
            found = read(path)
            tries += 1
            items += found
            lost += max(sum(at <= cut for at in confirmed) - found, 0)
    tell(record_property, tries=tries, items=items, lost=lost, doubled=0)


@pytest.mark.parametrize("file", FILES)
def test_a_page_that_is_half_written_is_mended_from_the_log(tmp_path: Path, file: str, record_property: Tell) -> None:
    """The log goes into the file now and then; it is kept until that is on the disk."""
    write, read = FILES[file]
    path = tmp_path / "written.sqlite"
    before, log, _ = written(path, write)
    put(path, before, log)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(FULL)")
        after = path.read_bytes()
    assert after != before
    torn = tmp_path / "torn.sqlite"
    tries = items = 0
    for cut in range(0, len(after), STEP_BYTES * 5):
        put(torn, after[:cut] + before[cut:] + bytes(max(len(after) - max(len(before), cut), 0)), log)
        found = read(torn)
        assert found == WRITES
        tries += 1
        items += found
    tell(record_property, tries=tries, items=items, lost=0, doubled=0)
