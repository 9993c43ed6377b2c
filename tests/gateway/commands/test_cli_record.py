"""`footfall record` and `footfall live` with one's own sensors, over bleak's own BlueZ code."""

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest

import forked
from footfall_gateway.ble import paired
from footfall_gateway.ble.paired import PairedCompanion, PairedSensor
from footfall_gateway.clock import SystemClock
from footfall_gateway.data_folder import store_path
from footfall_gateway.devices import Wearing, footfall, heart_rate
from footfall_gateway.devices.heart_rate import HeartRateMeasurement
from footfall_gateway.recordings.decoding import decode
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.companions import CompanionReader
from footfall_gateway.store.database import Store
from footfall_gateway.virtual.models.footfall import footfall_sensor
from footfall_gateway.virtual.models.standard import companion_sensor, heart_rate_model, heart_rate_packets
from footfall_gateway.virtual.playback import Playback
from footfall_gateway.virtual.sensor import VirtualSensor
from footfall_gateway.virtual.timed_packets import from_blocks
from footfall_processing.pipeline import analyze
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Placement, Side
from forked import COMMAND
from gateway.command_line import RECORDINGS, environment
from gateway.recorded_so_far import on_disk, until_recorded
from killing import Footfall
from programs import PATIENCE_S
from servers import Server

pytestmark = pytest.mark.bluez

SPEED = 2.0
REPEATS = 20
SILENCE_S = "15"
"""Longer than sensors take to be connected again on a computer that is full of other work."""


def address(number: int) -> str:
    return f"C0:00:00:00:00:0{number}"


def over_and_over(blocks: Sequence[ImuBlock], interval_s: float) -> Iterator[ImuBlock]:
    """Repeat a recording, so that sensors outlast any start of a program."""
    period_s = float(blocks[-1].t_s[-1] - blocks[0].t_s[0]) + interval_s
    for count in range(REPEATS):
        for block in blocks:
            yield replace(block, t_s=block.t_s + count * period_s)


@pytest.fixture
def sensors() -> list[VirtualSensor]:
    recording = Recording.open(RECORDINGS / "shin-pair.mcap")
    blocks = list(decode(recording))
    made = []
    for number, recorded in enumerate(recording.header.recorded_sensors):
        own = [block for block in blocks if block.sensor_id == recorded.sensor.id]
        packets = from_blocks(recorded.sensor, over_and_over(own, 1.0 / recorded.sensor.sampling_rate_hz))
        made.append(footfall_sensor(recorded.sensor, packets, address=address(number)))
    return made


@pytest.fixture
def sensors_file(tmp_path: Path) -> Path:
    path = tmp_path / "sensors.toml"
    known = {
        address(number): PairedSensor(address(number), footfall.NAME, Wearing(f"shin-{side}", Placement.SHANK, side))
        for number, side in enumerate(Side)
    }
    paired.save(path, known)
    return path


@contextlib.asynccontextmanager
async def on_air(sensors: list[VirtualSensor]) -> AsyncIterator[Playback]:
    from gateway.fake_bluez import fake_bluez

    async with Playback(sensors, speed=SPEED, clock=SystemClock()) as playback, fake_bluez(sensors, playback.clock):
        yield playback


Start: TypeAlias = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the command with these arguments; nothing that was started outlives the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        process = forked.popen(
            [*COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(COLUMNS="200"),
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with process:
            process.kill()


async def ended(process: subprocess.Popen[bytes]) -> tuple[int | None, str, str]:
    out, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE_S)
    return process.returncode, out.decode(), err.decode()


def both(packets: int) -> dict[str, int]:
    return dict.fromkeys(("shin-left", "shin-right"), packets)


async def test_a_run_is_recorded_under_the_names_that_its_owner_gave(
    start: Start, sensors: list[VirtualSensor], sensors_file: Path, tmp_path: Path
) -> None:
    async with on_air(sensors):
        process = start("record", "--sensors-file", str(sensors_file), "--data-dir", str(tmp_path))
        await until_recorded(tmp_path, sensors, both(80))
        process.send_signal(signal.SIGINT)
        code, out, _ = await ended(process)
    assert code == 0
    assert "Looking for shin-left, shin-right." in out
    (path,) = (tmp_path / "recordings").iterdir()
    assert f"strides: {path}" in out
    recording = Recording.open(path)
    assert not recording.truncated
    worn = {(one.sensor.id, one.sensor.placement, one.sensor.side) for one in recording.header.recorded_sensors}
    assert worn == {(f"shin-{side}", Placement.SHANK, side) for side in Side}
    assert all(not sensor.advertising or sensor.commands[-1][1] == footfall.STOP_STREAMING for sensor in sensors)


async def test_a_session_goes_on_after_the_recorder_was_killed(
    start: Start, sensors: list[VirtualSensor], sensors_file: Path, tmp_path: Path
) -> None:
    arguments = ("record", "--sensors-file", str(sensors_file), "--data-dir", str(tmp_path))
    async with on_air(sensors):
        process = start(*arguments)
        await until_recorded(tmp_path, sensors, both(100))
        process.kill()
        process.wait()
        (path,) = (tmp_path / "recordings").iterdir()
        before = list(Recording.open(path))
        # BlueZ keeps the sensors connected; they stream to nobody until somebody takes the connections over.
        process = start(*arguments)
        await until_recorded(tmp_path, sensors, {name: count + 30 for name, count in on_disk(tmp_path).items()})
        process.send_signal(signal.SIGINT)
        code, out, err = await ended(process)
    assert code == 0
    assert f"Going on with session {path.stem}, which broke off." in out + err
    assert list((tmp_path / "recordings").iterdir()) == [path]
    recording = Recording.open(path)
    assert not recording.truncated
    packets = list(recording)
    assert packets[: len(before)] == before
    for one in recording.header.recorded_sensors:
        own = [packet for packet in packets if packet.sensor_id == one.sensor.id]
        numbers = [footfall.decode_samples(packet.data).sequence for packet in own]
        assert numbers == sorted(set(numbers))
    received_s = [packet.received_s for packet in packets]
    assert received_s == sorted(received_s)


@pytest.mark.broker
async def test_a_gateway_that_was_killed_goes_on_and_every_stride_comes_out_once(
    sensors: list[VirtualSensor], sensors_file: Path, mosquitto: Server, tmp_path: Path
) -> None:
    at = ("--broker", f"mqtt://127.0.0.1:{mosquitto.port}")
    there, here = tmp_path / "there", tmp_path / "here"
    places = ("--sensors-file", str(sensors_file), "--data-dir", str(there))
    processor = Footfall("process", *at, "--data-dir", str(here))
    gateway = Footfall("gateway", *at, *places, "--name", "track", "--silence", SILENCE_S)
    try:
        async with on_air(sensors):
            processor.start()
            gateway.start()
            await until_recorded(there, sensors, both(250))  # the runner stands still at first
            gateway.kill()
            gateway.start()
            await until_recorded(there, sensors, {name: count + 50 for name, count in on_disk(there).items()})
            for sensor in sensors:
                sensor.leave_range()
            await asyncio.to_thread(processor.wait_for, "is complete")
    finally:
        gateway.kill()
        processor.kill()
    assert "which broke off. --new begins anew." in gateway.said()
    (path,) = (there / "recordings").iterdir()
    recording = Recording.open(path)
    assert not recording.truncated
    session = recording.header.session
    with Store.open(store_path(here)) as store:
        (stored,) = store.sessions()
        assert stored.header == recording.header
        assert stored.summary is not None
        strides = store.strides(session.id)
    assert strides == analyze(session.sensors, decode(recording), session.runner)
    assert strides


async def test_a_heart_rate_strap_goes_along_also_after_the_recorder_was_killed(
    start: Start, sensors: list[VirtualSensor], sensors_file: Path, tmp_path: Path
) -> None:
    beats = [HeartRateMeasurement(100 + n % 100) for n in range(600)]
    strap = companion_sensor(heart_rate_model(), heart_rate_packets(beats), address=address(9), name="Strap")
    known = dict(paired.load(sensors_file))
    paired.save(sensors_file, {**known, address(9): PairedCompanion(address(9), heart_rate.NAME, "chest")})
    arguments = ("record", "--sensors-file", str(sensors_file), "--data-dir", str(tmp_path))
    async with on_air([*sensors, strap]):
        process = start(*arguments)
        await until_recorded(tmp_path, [*sensors, strap], {**both(80), "chest": 3})
        process.kill()
        process.wait()
        (path,) = (tmp_path / "recordings").iterdir()
        cut_off = Recording.open(path)
        before = list(CompanionReader(cut_off.header).push(cut_off))
        process = start(*arguments)
        await until_recorded(tmp_path, sensors, {name: count + 3 for name, count in on_disk(tmp_path).items()})
        process.send_signal(signal.SIGINT)
        code, out, _ = await ended(process)
    assert code == 0
    assert "Looking for shin-left, shin-right, chest." in out
    recording = Recording.open(path)
    (companion,) = recording.header.companions
    assert (companion.id, companion.profile, companion.address) == ("chest", "heart-rate", address(9))
    readings = list(CompanionReader(recording.header).push(recording))
    assert readings[: len(before)] == before
    assert len(readings) > len(before) > 0
    rates = [reading.values["heart_rate_bpm"] for reading in readings]
    assert rates == sorted(set(rates))


async def test_a_loss_is_told_and_recorded(
    start: Start, sensors: list[VirtualSensor], sensors_file: Path, tmp_path: Path
) -> None:
    async with on_air(sensors):
        process = start("record", "--sensors-file", str(sensors_file), "--data-dir", str(tmp_path))
        await until_recorded(tmp_path, sensors, both(40))
        sensors[0].drop_link()
        assert process.stderr is not None
        told = b""
        while b"shin-left: back again." not in told:
            line = await asyncio.to_thread(process.stderr.readline)
            assert line, told
            told += line
        await until_recorded(tmp_path, sensors, both(80))
        process.send_signal(signal.SIGINT)
        code, _, _ = await ended(process)
    assert code == 0
    assert b"footfall: shin-left: lost; searching for it.\n" in told
    (path,) = (tmp_path / "recordings").iterdir()
    states = [event.text for event in Recording.open(path).events() if event.sensor_id == "shin-left"]
    assert states[:1] == ["connecting"] or states[:1] == ["streaming"]
    assert [state for state in states if state in ("lost", "streaming")][-2:] == ["lost", "streaming"]
    assert states[-1] == "finished"


async def test_the_run_begins_without_a_sensor_that_is_not_there(
    start: Start, sensors: list[VirtualSensor], sensors_file: Path, tmp_path: Path
) -> None:
    sensors[1].leave_range()
    places = ("--sensors-file", str(sensors_file), "--data-dir", str(tmp_path))
    async with on_air(sensors):
        process = start("live", "--no-browser", "--port", "0", "--seconds", "15", "--duration", "5", *places)
        code, out, err = await ended(process)
    assert code == 0
    assert "Without shin-right: not heard." in out + err
    assert "The page: http://127.0.0.1:" in out
    assert "shin-left: impacts: good." in out + err
    assert "needs a foot sensor" in out + err


async def test_without_paired_sensors_there_is_one_line_that_says_what_to_do(start: Start, tmp_path: Path) -> None:
    process = start("live", "--sensors-file", str(tmp_path / "none.toml"), "--data-dir", str(tmp_path))
    code, out, err = await ended(process)
    assert (code, out) == (2, "")
    assert err == "footfall: no sensors are paired yet: see what is near with `footfall scan`, then `footfall pair`\n"
