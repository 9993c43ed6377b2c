"""The outbox keeps points in order until they are freed, through the death of its process."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

import forked
from footfall_gateway.influx.outbox import BATCH_POINTS, Outbox
from footfall_gateway.influx.sender import POINTS_GO_ON, POINTS_WAIT, InfluxSender
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.store import sqlite_file
from footfall_gateway.store.sqlite_file import StoreError
from gateway.troubles import held_by_another_program
from servers import free_port


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


def test_points_wait_in_order_until_they_are_freed(path: Path) -> None:
    given = [f"stride n={number} {number}" for number in range(2 * BATCH_POINTS + 7)]
    with Outbox(path) as outbox:
        outbox.put([])
        assert outbox.oldest() is None
        outbox.put(given[:10])
        outbox.put(given[10:])
    seen: list[str] = []
    with Outbox(path) as outbox:
        assert outbox.waiting() == len(given)
        while (some := outbox.oldest()) is not None:
            assert len(some.lines) <= BATCH_POINTS
            assert outbox.oldest() == some, "looking frees nothing"
            seen += some.lines
            outbox.free(some)
        assert outbox.waiting() == 0
    assert seen == given


async def test_an_outbox_that_is_held_for_a_while_gets_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "_BUSY_TIMEOUT_S", 0.0)
    away = InfluxSettings(f"http://127.0.0.1:{free_port()}", "token")
    said: list[str] = []
    async with InfluxSender(path, away, said.append) as sender:
        with held_by_another_program(path):
            writing = asyncio.create_task(sender.write(["one 1", "two 2"]))
            await sender.patience.refused()
        await writing
        assert await sender.waiting() == 2
    told = [text for text in said if "can't be reached" not in text]
    why = f"{path}: database is locked; close the other program that writes to it"
    assert told == [POINTS_WAIT.format(why), POINTS_GO_ON]


def test_what_came_meanwhile_is_not_freed(path: Path) -> None:
    with Outbox(path) as outbox:
        outbox.put(["first"])
        some = outbox.oldest()
        assert some is not None
        outbox.put(["second"])
        outbox.free(some, [("first", "too bad")])
        left = outbox.oldest()
        assert left is not None
        assert left.lines == ("second",)
        assert outbox.refused() == [("first", "too bad")]


def test_points_outlive_a_killed_process(path: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from footfall_gateway.influx.outbox import Outbox\n"
        "outbox = Outbox(Path(sys.argv[1]))\n"
        "for number in range(1000):\n"
        "    outbox.put([f'line {number}'])\n"
        "    print(number, flush=True)\n"
    )
    with forked.popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True, env=os.environ
    ) as writing:
        assert writing.stdout is not None
        said = [int(writing.stdout.readline()) for _ in range(50)]
        writing.kill()
        said += [int(line) for line in writing.stdout if line.endswith("\n")]
    with Outbox(path) as outbox:
        some = outbox.oldest()
    assert some is not None
    assert list(some.lines[: len(said)]) == [f"line {number}" for number in said], "what was said to be safe is there"


def test_another_program_s_file_is_left_alone(path: Path) -> None:
    path.write_text("something else altogether, and long enough to be looked at")
    with pytest.raises(StoreError, match=r"outbox\.sqlite"):
        Outbox(path)
