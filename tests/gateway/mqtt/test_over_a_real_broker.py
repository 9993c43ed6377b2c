"""Gateway, a real Mosquitto and processor, as users run them; killed, too."""

import asyncio
import contextlib
import json
import re
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random

import msgspec
import pytest

from faults.effort import Tell, effort, tell
from footfall_gateway.clock import SystemClock
from footfall_gateway.data_folder import recordings_folder, store_path
from footfall_gateway.exit_status import ExitStatus
from footfall_gateway.mqtt.broker import Arrived, BrokerAddress, Connection, stay_connected
from footfall_gateway.mqtt.home_assistant import discovery_topic
from footfall_gateway.mqtt.pseudonyms import Pseudonyms
from footfall_gateway.mqtt.topics import OF_ONE_SENSOR, ROOT, Kind, parse, status_topic
from footfall_gateway.recordings.decoding import decode
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.store.database import Store
from footfall_processing.pipeline import analyze
from gateway.command_line import FEET, footfall
from gateway.troubles import files_limited
from killing import Footfall, run_under_fire
from programs import PATIENCE_S
from servers import Server, free_port
from servers import mosquitto as run_mosquitto

pytestmark = pytest.mark.broker

ACCESS_LIST = Path(__file__).resolve().parents[3] / "deploy" / "mosquitto" / "acl"

ODD_NAME = "$Zoë +1/#2\x01\ufffe %"
"""Written as it is, the broker would close the connection."""


class Heard(list[Arrived]):
    """What was published, as it comes."""

    def __init__(self) -> None:
        self._more = asyncio.Condition()

    async def take(self, several: list[Arrived]) -> None:
        async with self._more:
            self.extend(several)
            self._more.notify_all()

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S), self._more:
            await self._more.wait_for(condition)


@contextlib.asynccontextmanager
async def listening(
    port: int, heard: Heard, *, user: str | None = None, password: str | None = None
) -> AsyncIterator[None]:
    """Note all that is published."""
    there = asyncio.Event()
    complaints: list[str] = []

    async def listen(connection: Connection) -> None:
        await connection.subscribe(f"{ROOT}/#", "homeassistant/#")
        there.set()
        async for several in connection.messages():
            await heard.take(several)

    address = BrokerAddress.parse(f"mqtt://127.0.0.1:{port}", user=user, password=password)
    task = asyncio.create_task(
        stay_connected(
            address,
            listen,
            client_id="test",
            clock=SystemClock(),
            random=Random(1),
            say=complaints.append,
            meanwhile="",
        )
    )
    await there.wait()
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.influx
@pytest.mark.parametrize("seed", effort((1, 2), range(1, 5)))
def test_every_stride_comes_out_once_whatever_is_killed(tmp_path: Path, seed: int, record_property: Tell) -> None:
    kills, speed = effort((4, 20.0), (12, 4.0))
    outcome = run_under_fire(
        tmp_path, FEET, seed=seed, kills=kills, speed=speed, duration_s=60.0, longest_pause_s=3.6, database=True
    )
    assert outcome.is_whole, outcome
    assert outcome.strides > 50
    tell(
        record_property,
        tries=len(outcome.kills),
        items=outcome.strides,
        lost=outcome.lost + outcome.wrong_points,
        doubled=outcome.doubled,
    )


async def test_a_processor_that_comes_late_gets_everything_and_others_can_listen(
    mosquitto: Server, tmp_path: Path
) -> None:
    heard = Heard()
    at = ("--broker", f"mqtt://127.0.0.1:{mosquitto.port}")
    gateway = Footfall(
        "gateway", *at, "--data-dir", str(tmp_path / "there"), "--name", "track",
        "--replay", str(FEET), "--speed", "max", "--duration", "40",
    )  # fmt: skip
    processor = Footfall("process", *at, "--data-dir", str(tmp_path / "here"))
    try:
        async with listening(mosquitto.port, heard):
            gateway.start()
            await asyncio.to_thread(gateway.wait_for, "is over")
            processor.start()
            await asyncio.to_thread(processor.wait_for, "is complete")
            assert await asyncio.to_thread(gateway.wait) == 0, gateway.said()
            await heard.wait_until(lambda: [arrived.topic for arrived in heard].count(status_topic("track")) == 2)
    finally:
        gateway.kill()
        processor.kill()

    topics = [parse(arrived.topic) for arrived in heard]
    said: dict[Kind, list[bytes]] = {kind: [] for kind in Kind}
    for topic, arrived in zip(topics, heard, strict=True):
        if topic is not None and arrived.payload:
            said[topic.kind].append(arrived.payload)
    assert {kind for kind in Kind if not said[kind]} == {Kind.SOUND}, "which a run's own computer tells"
    statuses = [msgspec.json.decode(a.payload)["online"] for a in heard if a.topic == status_topic("track")]
    assert statuses == [True, False]
    with Store.open(store_path(tmp_path / "here")) as store:
        (session,) = store.sessions()
        strides = [msgspec.json.decode(payload) for payload in said[Kind.STRIDE]]
        keys = {(stride["sensor_id"], stride["initial_contact_s"]) for stride in strides}
        stored = store.strides(session.header.session.id)
        assert len(strides) == len(keys) == len(stored) > 50
        assert keys == {(stride.sensor_id, stride.initial_contact_s) for stride in stored}
        told = msgspec.json.decode(said[Kind.SUMMARY][0])
        del told["load"]
        assert session.summary == told


async def test_the_broker_says_that_a_gateway_is_gone(mosquitto: Server, tmp_path: Path) -> None:
    heard = Heard()
    gateway = Footfall(
        "gateway", "--broker", f"mqtt://127.0.0.1:{mosquitto.port}", "--data-dir", str(tmp_path),
        "--name", "track", "--replay", str(FEET),
    )  # fmt: skip
    try:
        async with listening(mosquitto.port, heard):

            def statuses() -> list[bool]:
                told = [arrived.payload for arrived in heard if arrived.topic == status_topic("track")]
                return [msgspec.json.decode(payload)["online"] for payload in told]

            gateway.start()
            await heard.wait_until(lambda: statuses() == [True])
            ended = await asyncio.to_thread(
                footfall, "gateway", "--data-dir", tmp_path, "--name", "other", "--replay", FEET
            )
            assert ended.status == ExitStatus.NOT_NOW
            assert "another footfall gateway uses this folder; choose another one with --data-dir" in ended.err
            gateway.kill()
            await heard.wait_until(lambda: statuses() == [True, False])
    finally:
        gateway.kill()


def test_a_full_disk_is_said_and_loses_nothing(mosquitto: Server, tmp_path: Path) -> None:
    """A limit on files' sizes stops spool and inbox as a full disk does, and leaves room for the smaller recording."""
    there, here = tmp_path / "there", tmp_path / "here"
    at = ("--broker", f"mqtt://127.0.0.1:{mosquitto.port}")
    gateway = Footfall(
        "gateway", *at, "--data-dir", str(there), "--name", "track",
        "--replay", str(FEET), "--speed", "10", "--duration", "60",
    )  # fmt: skip
    again = Footfall(
        "gateway", *at, "--data-dir", str(there), "--name", "track",
        "--replay", str(FEET), "--speed", "max", "--duration", "1",
    )  # fmt: skip
    processor = Footfall("process", *at, "--data-dir", str(here))
    try:
        with files_limited(400_000):
            gateway.start()
        assert gateway.wait() != 0
        assert re.search(r"SENDING STOPPED: \S+/spool\.sqlite: .*check the disk and the space on it", gateway.said())
        (path,) = recordings_folder(there).glob("*.mcap")
        recording = Recording.open(path)
        assert not recording.truncated
        assert recording.duration_s > 59.0

        again.start()
        again.wait_for("is over")
        with files_limited(100_000):
            processor.start()
        assert processor.wait() != 0
        assert re.search(r"inbox\.sqlite: .*check the disk and the space on it", processor.said())

        processor.start()
        processor.wait_for(f"{recording.header.session.id} of track is complete")
    finally:
        for program in (gateway, again, processor):
            program.kill()
    wanted = analyze(recording.header.session.sensors, decode(recording))
    with Store.open(store_path(here)) as store:
        assert store.strides(recording.header.session.id) == wanted
    assert len(wanted) > 50


def test_a_broker_that_is_not_there_or_refuses_is_said_once(tmp_path: Path) -> None:
    passwords = tmp_path / "none"
    passwords.touch(mode=0o600)
    with run_mosquitto(tmp_path, settings=("allow_anonymous false", f"password_file {passwords}")) as closed:
        for port, reason in ((free_port(), "can't be reached"), (closed.port, "does not let us in")):
            processor = Footfall(
                "process", "--broker", f"mqtt://127.0.0.1:{port}", "--data-dir", str(tmp_path / str(port))
            )
            try:
                processor.start()
                processor.wait_for(reason)
                said = processor.said()
                assert processor.status is None, said
                assert f"The broker at 127.0.0.1:{port} {reason}" in said
            finally:
                processor.kill()


async def test_our_access_list_lets_a_session_through_and_nothing_is_left_of_it_at_the_broker(tmp_path: Path) -> None:
    words = {user: f"secret-of-{user}" for user in ("box", "processor", "reader")}
    passwords = tmp_path / "passwords"
    passwords.write_text("".join(f"{user}:{word}\n" for user, word in words.items()))
    await asyncio.to_thread(subprocess.run, ["mosquitto_passwd", "-U", str(passwords)], check=True)
    settings = ("allow_anonymous false", f"password_file {passwords}", f"acl_file {ACCESS_LIST}")

    def command(user: str, *arguments: str) -> Footfall:
        (tmp_path / user).write_text(words[user])
        environment = {"FOOTFALL_MQTT_USER": user, "FOOTFALL_MQTT_PASSWORD_FILE": str(tmp_path / user)}
        return Footfall(*arguments, environment={**environment, "FOOTFALL_HOME_ASSISTANT": "true"})

    with run_mosquitto(tmp_path, settings=settings) as broker:
        at = ("--broker", f"mqtt://127.0.0.1:{broker.port}")
        processor = command("processor", "process", *at, "--data-dir", str(tmp_path / "here"))
        gateway = command(
            "box", "gateway", *at, "--data-dir", str(tmp_path / "there"),
            "--replay", str(FEET), "--speed", "max", "--duration", "30", "--runner", ODD_NAME,
        )  # fmt: skip
        misnamed = command(
            "box", "gateway", *at, "--data-dir", str(tmp_path / "elsewhere"), "--name", "other",
            "--replay", str(FEET), "--speed", "max", "--duration", "1",
        )  # fmt: skip
        no_processor = command("box", "process", *at, "--data-dir", str(tmp_path / "nowhere"))
        during = Heard()
        after = Heard()
        try:
            async with listening(broker.port, during, user="reader", password=words["reader"]):
                processor.start()
                gateway.start()
                await asyncio.to_thread(processor.wait_for, "is complete")
                assert await asyncio.to_thread(gateway.wait) == 0, gateway.said()
            async with listening(broker.port, after, user="processor", password=words["processor"]):
                await after.wait_until(lambda: bool(after))
            misnamed.start()
            no_processor.start()
            await asyncio.to_thread(misnamed.wait_for, "its access list does not allow it to this user")
            await asyncio.to_thread(no_processor.wait_for, "may not let this user do a processor's work")
        finally:
            no_processor.kill()
            misnamed.kill()
            gateway.kill()
            processor.kill()
    topics = [topic for topic in (parse(arrived.topic) for arrived in during) if topic is not None]
    assert {topic.kind for topic in topics} == set(Kind) - {Kind.SESSION, Kind.RAW, Kind.END, Kind.ACK, Kind.SOUND}
    (pseudonym,) = {topic.runner for topic in topics}
    assert re.fullmatch("r-[a-z2-7]{16}", pseudonym)
    assert pseudonym == Pseudonyms.of(tmp_path / "there")(ODD_NAME)
    assert "FOOTFALL_MQTT_USER says who we are" in no_processor.said()
    assert f"In topics the runner is {pseudonym}." in gateway.said()
    assert not any("Zo" in arrived.topic or b"Zo" in arrived.payload for arrived in during), "no name where it is read"
    assert {topic.gateway for topic in topics} == {"box"}, "called as its user is"
    assert {topic.sensor_id for topic in topics if topic.kind in OF_ONE_SENSOR} == {"foot-left", "foot-right"}
    assert [arrived.topic for arrived in after] == [status_topic("box")]
    (announced,) = [arrived for arrived in during if arrived.topic.startswith("homeassistant/")]
    assert announced.topic == discovery_topic("homeassistant", "box", pseudonym)
    device = json.loads(announced.payload)
    names = {one["name"] for one in device["components"].values()}
    assert {"Gateway", "Cadence", "Impact, left foot", "Battery, right foot", "Light"} <= names
    assert device["device"]["name"] == f"Footfall {pseudonym}"
