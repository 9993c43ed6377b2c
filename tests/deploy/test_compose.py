"""The compose file, its secrets and the broker's rules; no engine runs here, so images are not started."""

import asyncio
import contextlib
import os
import re
import stat
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiomqtt
import pytest

from deploy.compose_file import COMPOSE, REPOSITORY, SERVICES
from deploy.deployed_broker import deployed_broker
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.mqtt.client import Client
from footfall_gateway.mqtt.home_assistant import discovery_topic
from footfall_gateway.mqtt.topics import OF_ONE_SENSOR, Kind, SessionTopic, status_topic
from footfall_gateway.persons.retention import Retention
from footfall_gateway.settings import load
from programs import PATIENCE_S

USERS: Final = ("box", "demo", "track-1", "processor", "reader")

GATEWAY_SAYS: Final = {Kind.SESSION, Kind.RAW, Kind.END, Kind.HEALTH, Kind.SOUND}


def made_env(folder: Path) -> dict[str, str]:
    path = folder / "secrets.env"
    subprocess.run([REPOSITORY / "scripts" / "make-env", path], check=True, capture_output=True)
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_make_env_gives_every_secret_and_never_a_second_time(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first, other = made_env(tmp_path), made_env(tmp_path / "other")
    asked = set(re.findall(r"\$\{(\w+)", (REPOSITORY / "docker-compose.yml").read_text()))
    assert asked == set(first)
    others = {"FOOTFALL_RUNNER", "FOOTFALL_MQTT_MORE_GATEWAYS", "FOOTFALL_INFLUX_RUNNERS"}
    others |= {"FOOTFALL_KEEP_RECORDINGS", "FOOTFALL_KEEP_SESSIONS", "FOOTFALL_HOME_ASSISTANT"}
    secrets = {name for name in first if name not in others and not name.endswith("_LISTEN")}
    assert all(len(first[name]) == 48 and first[name] != other[name] for name in secrets)
    path = tmp_path / "secrets.env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    again = subprocess.run([REPOSITORY / "scripts" / "make-env", path], capture_output=True, text=True)
    assert (again.returncode, path.read_text()) == (1, before)
    assert "is there already" in again.stderr

    path.write_text("".join(line for line in before.splitlines(keepends=True) if "_DEMO_" not in line))
    subprocess.run([REPOSITORY / "scripts" / "make-env", path], check=True, capture_output=True)
    assert sorted(re.sub("(DEMO_PASSWORD=).*", r"\1", path.read_text()).splitlines()) == sorted(
        re.sub("(DEMO_PASSWORD=).*", r"\1", before).splitlines()
    ), "an update adds what it needs"


def test_a_gateway_is_added_once(tmp_path: Path) -> None:
    made_env(tmp_path)
    path = tmp_path / "secrets.env"

    def add(name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([REPOSITORY / "scripts" / "add-gateway", name, path], capture_output=True, text=True)

    passwords = {name: add(name).stdout.split()[-1] for name in ("track-1", "track")}
    (line,) = [line for line in path.read_text().splitlines() if "MORE_GATEWAYS" in line]
    assert line.split("=")[1].strip('"').split() == [f"{name}:{password}" for name, password in passwords.items()]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    assert [add(name).returncode for name in ("track-1", "reader", "a:b", "")] == [1, 2, 2, 2]
    assert path.read_text() == before


@pytest.mark.compose
def test_docker_compose_takes_the_file(tmp_path: Path) -> None:
    command = ["docker-compose", "-f", str(REPOSITORY / "docker-compose.yml"), "config", "-q"]
    environment = {"PATH": os.environ["PATH"], **made_env(tmp_path)}
    checked = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
    without = subprocess.run(command, env={"PATH": os.environ["PATH"]}, cwd=tmp_path, capture_output=True, text=True)
    assert "run scripts/make-env first" in without.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_shut_in_and_pinned(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    (own,) = service["tmpfs"]
    assert own.startswith("/tmp:size="), "what is written there is memory: it has a bound"
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["pids_limit"] > 0
    assert int(service["user"].split(":")[0]) > 0
    digest = "" if "build" in service else r"@sha256:[0-9a-f]{64}"
    assert re.fullmatch(rf"[\w./-]+:\d+\.\d+\.\d+{digest}", service["image"]), "an exact version, by digest"
    for port in service.get("ports", []):
        assert port.startswith(
            (
                "127.0.0.1:",
                "${FOOTFALL_MQTT_LISTEN:-127.0.0.1}:",
                "${FOOTFALL_MQTT_TLS_LISTEN:-127.0.0.1}:",
                "${FOOTFALL_GRAFANA_LISTEN:-127.0.0.1}:",
            )
        )
    if not name.startswith("demo"):
        assert service["healthcheck"]["test"][0] == "CMD"


def test_influxdb_is_told_each_path_that_its_image_would_misread() -> None:
    service = SERVICES["influxdb"]
    kept = service["volumes"][0].split(":")[1]
    for name in ("INFLUXD_BOLT_PATH", "INFLUXD_ENGINE_PATH"):
        assert service["environment"][name].startswith(f"{kept}/")
    assert service["environment"]["INFLUXD_HTTP_BIND_ADDRESS"] == ":8086"


def test_what_is_mounted_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (REPOSITORY / source).exists()
                assert volume.endswith(":ro")
            elif not source.startswith("/"):
                assert source in COMPOSE["volumes"]


def test_the_processor_understands_its_environment() -> None:
    environment = SERVICES["processor"]["environment"]
    # as .env has it at first
    known = load({name: "" if value.endswith(":-}") else value for name, value in environment.items()}).settings
    settings = InfluxSettings.of(known)
    assert settings is not None
    assert not settings.with_names
    assert Retention.of(known) == Retention()
    database = SERVICES["influxdb"]["environment"]
    assert (
        settings.bucket
        == database["DOCKER_INFLUXDB_INIT_BUCKET"]
        == SERVICES["grafana"]["environment"]["FOOTFALL_INFLUX_BUCKET"]
    )
    assert settings.org == database["DOCKER_INFLUXDB_INIT_ORG"]
    assert SERVICES["processor"]["environment"]["FOOTFALL_MQTT_USER"] in USERS


@pytest.mark.parametrize("name", ["gateway", "demo"])
def test_a_gateway_is_called_as_its_user(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert environment["FOOTFALL_GATEWAY"] == environment["FOOTFALL_MQTT_USER"]
    assert environment["FOOTFALL_MQTT_USER"] in USERS


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[int]:
    with deployed_broker(tmp_path) as (port, _, _):
        yield port


def as_user(port: int, user: str, password: str | None = None) -> Client:
    return Client("127.0.0.1", port, username=user, password=password or f"of-{user}")


async def try_to_publish(port: int, user: str, topic: str) -> None:
    """Publish what may be barred, and return when the broker has looked at it; Mosquitto 2.0.11 then hangs up."""
    with contextlib.suppress(aiomqtt.MqttError):
        async with as_user(port, user) as client:
            await client.publish(topic, b"barred")
            await client.subscribe("the-answer-comes-after-it")


@pytest.mark.broker
async def test_the_broker_knows_its_users_only(broker: int, tmp_path: Path) -> None:
    assert not re.search(r"of-(box|track-1|processor|reader)|mine", (tmp_path / "passwords").read_text()), "hashed"
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("passwords", "acl")} == {0o600}
    wrong = [as_user(broker, "box", "wrong"), as_user(broker, "processor", "mine"), aiomqtt.Client("127.0.0.1", broker)]
    for client in wrong:
        with pytest.raises(aiomqtt.MqttError):
            async with client:
                pass


@pytest.mark.broker
async def test_the_broker_refuses_what_is_too_large_and_complains_of_no_setting(tmp_path: Path) -> None:
    topic = str(SessionTopic("box", "", "run-1", Kind.RAW))
    with deployed_broker(tmp_path) as (port, _, server):
        async with as_user(port, "processor") as listening:
            await listening.subscribe(topic, qos=1)
            async with as_user(port, "box") as gateway:
                await gateway.publish(topic, bytes(256 * 1024), qos=1)
            async with asyncio.timeout(PATIENCE_S):
                assert len((await anext(aiter(listening.messages))).payload) == 256 * 1024
            with pytest.raises(aiomqtt.MqttError):
                async with as_user(port, "box") as gateway:
                    await gateway.publish(topic, bytes(300_000), qos=1)
        said = server.said()
    assert "deprecated" not in said
    assert "message_size_limit" not in said


@pytest.mark.broker
@pytest.mark.parametrize("kind", Kind)
async def test_each_topic_goes_from_who_writes_it_to_who_reads_it(broker: int, kind: Kind) -> None:
    """What is allowed arrives; what is not allowed does not, though the same client's next message does."""
    topic = str(SessionTopic("box", "r-a / $", "run-1", kind, "foot-left" if kind in OF_ONE_SENSOR else ""))
    writer = "box" if kind in GATEWAY_SAYS else "processor"
    readers = {
        Kind.ACK: {"box", "processor"},
        Kind.SESSION: {"processor"},
        Kind.RAW: {"processor"},
        Kind.END: {"processor"},
        Kind.HEALTH: {"processor", "reader"},
    }.get(kind, {"reader"})
    # a gateway takes the retained acknowledgement away when it is done with a session
    barred = set(USERS) - {writer} - ({"box"} if kind is Kind.ACK else set())
    async with contextlib.AsyncExitStack() as stack:
        clients = {user: await stack.enter_async_context(as_user(broker, user)) for user in USERS}
        for client in clients.values():
            await client.subscribe(topic, qos=1)
        for user in sorted(barred):
            await try_to_publish(broker, user, topic)
        await clients[writer].publish(topic, b"allowed", qos=1)
        for user in readers:
            async with asyncio.timeout(PATIENCE_S):
                assert (await anext(aiter(clients[user].messages))).payload == b"allowed"
        for user, client in clients.items():
            if user not in readers:
                assert len(client.messages) == 0, user


@pytest.mark.broker
async def test_a_gateway_tells_its_status(broker: int) -> None:
    async with as_user(broker, "reader") as listening, as_user(broker, "box") as gateway:
        await listening.subscribe(status_topic("box"), qos=1)
        await try_to_publish(broker, "track-1", status_topic("box"))
        await gateway.publish(status_topic("box"), b"here", qos=1)
        async with asyncio.timeout(PATIENCE_S):
            assert (await anext(aiter(listening.messages))).payload == b"here"


@pytest.mark.broker
async def test_home_assistant_hears_from_the_processor_alone(broker: int) -> None:
    topic = discovery_topic("homeassistant", "box", "r-a")
    async with as_user(broker, "reader") as listening, as_user(broker, "processor") as processor:
        await listening.subscribe("homeassistant/#", qos=1)
        for user in ("reader", "box", "track-1"):
            await try_to_publish(broker, user, topic)
        await processor.publish(topic, b"a device", qos=1)
        async with asyncio.timeout(PATIENCE_S):
            assert (await anext(aiter(listening.messages))).payload == b"a device"


@pytest.mark.broker
async def test_nobody_is_a_gateway_but_who_is_one(broker: int) -> None:
    """The rules for gateways hold for every user; `processor` and `reader` are none."""
    async with as_user(broker, "processor") as listening:
        await listening.subscribe("footfall/1/#", qos=1)
        for user in ("reader", "processor", "track-1"):
            await try_to_publish(broker, user, str(SessionTopic(user, "", "run-1", Kind.RAW)))
        async with asyncio.timeout(PATIENCE_S):
            message = await anext(aiter(listening.messages))
        assert str(message.topic) == str(SessionTopic("track-1", "", "run-1", Kind.RAW))
