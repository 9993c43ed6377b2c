"""The way into a real InfluxDB: whole, once only, through restarts of it and of us."""

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import forked
from conftest import REPOSITORY
from footfall_gateway.influx.outbox import Outbox
from footfall_gateway.influx.points import lines_of, lines_of_all
from footfall_gateway.influx.sender import InfluxSender
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.influx.writer import InfluxError, InfluxWriter
from footfall_gateway.store.sqlite_file import StoreError
from footfall_processing.metrics.catalogue import metric_values
from footfall_processing.results.summary import summarize
from footfall_processing.results.windows import WINDOW_KINDS, cut_into_windows
from gateway.influx.lines import parse
from gateway.influx.test_points import FULL, named
from gateway.recordings_for_tests import header, strides
from servers_influx import Influx

pytestmark = pytest.mark.influx
MANY = 3000


def ignore(text: str) -> None:
    """Nothing to say to anyone."""


async def send(influxdb: Influx, path: Path, count: int) -> None:
    """Write a session as a run does: strides as they come, then its summary."""
    given = list(strides(count))
    windows = cut_into_windows(given, header().session.sensors, WINDOW_KINDS["10s"])
    async with InfluxSender(path, influxdb.settings, ignore) as sink:
        for begin in range(0, count, 50):
            await sink.write(lines_of_all(given[begin : begin + 50], header()))
        await sink.write(lines_of_all(windows, header()))
        await sink.write(lines_of_all([summarize(given, header().session.sensors)], header()))
        await sink.drain()
        assert await sink.waiting() == 0


async def test_every_field_comes_back_as_it_was_written(influxdb: Influx, tmp_path: Path) -> None:
    given = [FULL, *strides(300)]
    async with InfluxSender(tmp_path / "outbox.sqlite", influxdb.settings, pytest.fail) as sink:
        await sink.write(lines_of_all(given, header()))
        await sink.drain()
    rows = {(row["sensor"], row["time"]): row for row in influxdb.query("SELECT * FROM stride")}
    assert len(rows) == len(given)
    for stride in given:
        line = parse(lines_of(stride, header())[0])
        row = rows[stride.sensor_id, line.time_ns]
        assert {name: row[name] for name, value in metric_values(stride).items() if value is not None} == {
            name: value for name, value in metric_values(stride).items() if value is not None
        }
        assert {name: row[name] for name in (*line.tags, *line.fields)} == {**line.tags, **line.fields}


async def test_writing_a_session_again_changes_nothing(influxdb: Influx, tmp_path: Path) -> None:
    def held() -> dict[str, list[dict[str, object]]]:
        return {name: influxdb.query(f"SELECT * FROM {name}") for name in ("stride", "window", "session", "load")}

    await send(influxdb, tmp_path / "first.sqlite", 600)
    first = held()
    assert len(first["stride"]) == 600
    assert len(first["session"]) == len(first["load"]) + 1
    await send(influxdb, tmp_path / "second.sqlite", 600)
    assert held() == first


async def test_nothing_is_lost_or_doubled_when_influxdb_is_killed_while_we_write(
    influxdb: Influx, tmp_path: Path
) -> None:
    chance = random.Random(5)
    moments = sorted(chance.sample(range(0, MANY, 10), 6))
    said: list[str] = []
    away = asyncio.Event()

    def say(text: str) -> None:
        said.append(text)
        if "Points wait in" in text:
            away.set()

    given = list(strides(MANY))
    async with InfluxSender(tmp_path / "outbox.sqlite", influxdb.settings, say) as sink:
        for begin in range(0, MANY, 10):
            await sink.write(lines_of_all(given[begin : begin + 10], header()))
            if begin in moments[::2]:
                await asyncio.to_thread(influxdb.server.kill)
            elif begin in moments[1::2]:
                await away.wait()
                await asyncio.to_thread(influxdb.server.start)
        await sink.drain()
    assert influxdb.count("stride", "stride_time_s") == MANY
    times = [row["time"] for row in influxdb.query("SELECT stride_time_s FROM stride")]
    assert times == [parse(lines_of(stride, header())[0]).time_ns for stride in given]
    assert said[-2:] == ["InfluxDB is back.", "InfluxDB has all that waited."]


async def test_points_wait_on_the_disk_while_influxdb_is_away_and_go_when_it_is_back(
    influxdb: Influx, tmp_path: Path
) -> None:
    path = tmp_path / "outbox.sqlite"
    influxdb.server.kill()
    async with InfluxSender(path, influxdb.settings, ignore) as sink:
        await sink.write(lines_of_all(list(strides(100)), header()))
        assert await sink.waiting() == 100
    influxdb.server.start()
    async with InfluxSender(path, influxdb.settings, pytest.fail) as sink:
        await sink.drain()
    assert influxdb.count("stride", "stride_time_s") == 100


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda settings: replace(settings, token="wrong"), "token is not accepted: check FOOTFALL_INFLUX_TOKEN_FILE"),
        (lambda settings: replace(settings, bucket="nowhere"), "no such bucket or organisation"),
        (lambda settings: replace(settings, url="http://127.0.0.1:9"), "can't be reached"),
    ],
)
def test_what_a_user_can_mend_is_said_without_the_token(
    influxdb: Influx, spoil: Callable[[InfluxSettings], InfluxSettings], complaint: str
) -> None:
    settings = spoil(influxdb.settings)
    with InfluxWriter(settings) as writer, pytest.raises(InfluxError, match=complaint) as raised:
        writer.write(lines_of(FULL, header()))
    assert influxdb.settings.token not in str(raised.value)
    assert "wrong" not in str(raised.value)
    assert "\n" not in str(raised.value)


async def test_a_point_that_influxdb_refuses_holds_up_no_other(influxdb: Influx, tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    (good,) = lines_of(FULL, header())
    bad = "stride,sensor=x stride_time_s=oops 1"
    others = [lines_of(stride, header())[0] for stride in strides(40)]
    with Outbox(path) as outbox:
        outbox.put([*others[:20], bad, *others[20:], good])
    said: list[str] = []
    async with InfluxSender(path, influxdb.settings, said.append) as sink:
        await sink.drain()
    assert influxdb.count("stride", "stride_time_s") == 41
    with Outbox(path) as outbox:
        ((line, reason),) = outbox.refused()
    assert line == bad
    assert "invalid" in reason
    assert len(said) == 1


async def test_points_before_the_retention_are_influxdb_s_to_drop(influxdb: Influx, tmp_path: Path) -> None:
    influxdb.query("ALTER RETENTION POLICY autogen ON footfall DURATION 30d SHARD DURATION 1d DEFAULT")
    async with InfluxSender(tmp_path / "outbox.sqlite", influxdb.settings, pytest.fail) as sink:
        started = header().session.started_utc
        assert started is not None
        long_ago = replace(header(), session=replace(header().session, started_utc=started.replace(year=2020)))
        await sink.write(lines_of_all(list(strides(50)), long_ago))
        await sink.drain()
    assert influxdb.count("stride", "stride_time_s") == 0


async def test_many_runners_write_at_once(influxdb: Influx, tmp_path: Path) -> None:
    async with InfluxSender(tmp_path / "outbox.sqlite", influxdb.settings, pytest.fail) as sink:
        async with asyncio.TaskGroup() as tasks:
            for runner in range(30):
                for begin in range(0, 40, 4):
                    some = list(strides(40))[begin : begin + 4]
                    tasks.create_task(sink.write(lines_of_all(some, named(f"runner-{runner}", "blue"))))
        await sink.drain()
    assert influxdb.count("stride", "stride_time_s") == 30 * 40


async def test_a_disk_that_refuses_is_an_error_for_everyone_who_writes(influxdb: Influx, tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    async with InfluxSender(path, influxdb.settings, ignore) as sink:
        with sqlite3.connect(path) as other_program:
            other_program.execute("CREATE TRIGGER full BEFORE INSERT ON batch BEGIN SELECT RAISE(ABORT, 'full'); END")
        other_program.close()
        writing = [sink.write(lines_of_all([FULL], header())) for _ in range(3)]
        outcomes = await asyncio.gather(*writing, return_exceptions=True)
    assert [isinstance(outcome, StoreError) for outcome in outcomes] == [True] * 3


WRITE_A_SESSION = f"""
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {str(REPOSITORY / "tests")!r})
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.settings import load
from footfall_gateway.influx.sender import InfluxSender
from footfall_gateway.influx.points import lines_of_all
from gateway.recordings_for_tests import header, strides

async def write():
    settings = InfluxSettings.of(load().settings)
    async with InfluxSender(Path(sys.argv[1]), settings, print) as sink:
        for stride in strides(500):
            await sink.write(lines_of_all([stride], header()))
            print(stride.initial_contact_s, flush=True)
        await sink.drain()

asyncio.run(write())
"""


@pytest.mark.parametrize("lines", [1, 40, 200, 450])
def test_nothing_is_lost_or_doubled_when_the_writer_is_killed(influxdb: Influx, tmp_path: Path, lines: int) -> None:
    environment = {
        **os.environ,
        "FOOTFALL_INFLUX_URL": influxdb.url,
        "FOOTFALL_INFLUX_TOKEN": influxdb.settings.token,
    }
    command = [sys.executable, "-c", WRITE_A_SESSION, str(tmp_path / "outbox.sqlite")]
    with forked.popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writing:
        assert writing.stdout is not None
        for _ in range(lines):
            assert writing.stdout.readline()
        writing.kill()
    assert forked.run(command, env=environment).returncode == 0
    times = [row["time"] for row in influxdb.query("SELECT stride_time_s FROM stride")]
    assert times == [parse(lines_of(stride, header())[0]).time_ns for stride in strides(500)]
