"""What Home Assistant is told at a real broker: fields as its documentation asks, templates on real messages."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from footfall_coaching.answers import Pain, PainSite, Phase
from footfall_gateway.data_folder import store_path
from footfall_gateway.errors import SettingsError
from footfall_gateway.mqtt import listeners
from footfall_gateway.mqtt.broker import Arrived, BrokerAddress
from footfall_gateway.mqtt.home_assistant import (
    FILE,
    PREFIX,
    HomeAssistant,
    announced,
    announced_of,
    checked_prefix,
    discovery_payload,
    discovery_topic,
)
from footfall_gateway.mqtt.listeners import told_listeners
from footfall_gateway.mqtt.payloads import HealthMessage, Status, encode_health, encode_json
from footfall_gateway.mqtt.pseudonyms import Pseudonyms
from footfall_gateway.mqtt.retained import clear_retained
from footfall_gateway.mqtt.topics import Kind, SessionKey, parse, status_topic, this_gateway
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.sessions.sinks.base import SessionEnd
from footfall_gateway.sessions.sinks.store import SharedStore, StoreSink
from footfall_gateway.store.database import Store
from footfall_processing.gait import Activity, Stride
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.results.running import results_of
from footfall_processing.session import Side
from gateway.mqtt.ends import Heard, listening
from gateway.recordings_for_tests import LEFT, SHIN, header
from servers import Server

BEGAN = datetime(2026, 11, 21, 8, 15, tzinfo=UTC)
NAME = "Zoë Müller"
RIGHT = replace(SHIN, side=Side.RIGHT)
# https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload, and of each platform its own page
REQUIRED = {"platform", "unique_id", "state_topic"}
ALLOWED = {
    "sensor": {
        *("availability", "device_class", "entity_category", "expire_after", "icon", "json_attributes_template"),
        *("json_attributes_topic", "name", "options", "state_class", "suggested_display_precision"),
        *("unit_of_measurement", "value_template"),
    },
    "binary_sensor": {"device_class", "entity_category", "name", "value_template"},
}
UNITS = {"battery": "%", "distance": "km"}
"""Of the classes that we use: units that Home Assistant takes."""


def session() -> RecordingHeader:
    one = header("on-the-lake")
    return replace(one, session=replace(one.session, started_utc=BEGAN, runner_name=NAME, sensors=(LEFT, RIGHT)))


def strides() -> list[Stride]:
    """Thirteen seconds of running: the left foot, and a shin that knows how it lands along the bone."""
    return [
        Stride(
            sensor.id, sensor.side, Activity.RUN, at_s, at_s + 0.25, at_s + 0.7,
            peak_acc_mps2=98.0665, peak_tibial_acc_mps2=None if sensor is LEFT else 78.4532,
            stride_length_m=2.1 if sensor is LEFT else None, confidence=0.9,
        )
        for number in range(20)
        for sensor, at_s in ((LEFT, 0.7 * number), (RIGHT, 0.7 * number + 0.35))
    ]  # fmt: skip


@asynccontextmanager
async def told(
    mosquitto: Server, folder: Path, *, is_wanted: bool = True, prefix: str = PREFIX, apart: bool = True
) -> AsyncIterator[tuple[Heard, RecordingHeader]]:
    """Tell a whole run at the broker as `live` does; hear all of it."""
    broker = BrokerAddress.parse(f"mqtt://127.0.0.1:{mosquitto.port}")
    home = HomeAssistant(folder, print, is_wanted=is_wanted, prefix=prefix)
    about = session()
    windows, summary = results_of(strides(), about.session.sensors, 0.0)
    async with (
        listening(mosquitto, "#", "home-assistant") as heard,
        SharedStore(store_path(folder), print) as shared,
        told_listeners(broker, folder, print, shared, home, apart=apart) as sink,
    ):
        kept = StoreSink(shared)
        for one in (kept, sink):
            await one.open(about, None)
            await one.write([*strides(), *windows])
            await one.finish(SessionEnd(summary))
        await heard.until(lambda message: message.topic.endswith("/summary"))
        yield heard, about


def messages(heard: Heard) -> list[Arrived]:
    return [item for item in heard.all if isinstance(item, Arrived)]


def rendered(template: str, payload: bytes) -> str:
    """Render a template as Home Assistant does: on the message's JSON, in a sandbox, where what is missing is empty."""
    environment = ImmutableSandboxedEnvironment(undefined=jinja2.Undefined)
    return environment.from_string(template).render(value=payload.decode(), value_json=json.loads(payload)).strip()


def states(component: Mapping[str, Any], said: list[tuple[str, bytes]]) -> list[str]:
    """Return what a component's state becomes, message by message; an empty one changes nothing."""
    wanted = component["state_topic"].split("/")
    found = []
    for topic, payload in said:
        levels = topic.split("/")
        if len(levels) == len(wanted) and all(a in ("+", b) for a, b in zip(wanted, levels, strict=True)):
            found.append(rendered(component["value_template"], payload))
    assert found, f"nothing is ever told on {component['state_topic']}"
    return [state for state in found if state]


@pytest.mark.broker
@pytest.mark.parametrize("is_wanted", [True, False])
async def test_listeners_are_told_all_together_and_each_by_itself_only_where_it_is_wanted(
    mosquitto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_wanted: bool
) -> None:
    monkeypatch.setattr(listeners, "MOST_TOGETHER_BYTES", 8000)
    told_so: dict[bool, list[Arrived]] = {}
    for apart in (True, False):
        (tmp_path / str(apart)).mkdir()
        async with told(mosquitto, tmp_path / str(apart), is_wanted=is_wanted, apart=apart) as (heard, _):
            told_so[apart] = [one for one in messages(heard) if parse(one.topic) is not None and not one.retained]
    kinds = {apart: {topic.kind for one in found if (topic := parse(one.topic))} for apart, found in told_so.items()}
    assert kinds[True] == {Kind.NEWS, Kind.STRIDE, Kind.WINDOW, Kind.SUMMARY}
    assert kinds[False] == kinds[True] - {Kind.STRIDE} - ({Kind.WINDOW} if not is_wanted else set())
    together = {
        apart: [item for one in found if one.topic.endswith("/news") for item in json.loads(one.payload)]
        for apart, found in told_so.items()
    }
    single = [json.loads(one.payload) for one in told_so[True] if "/stride/" in one.topic or "/window/" in one.topic]
    assert together[True] == together[False] == single
    news = [one.payload for one in told_so[False] if one.topic.endswith("/news")]
    assert len(news) > 1, "cut, as brokers take no message of any size"
    assert max(map(len, news)) < 8100, "with what stands between"


@pytest.mark.broker
async def test_a_run_is_announced_and_every_template_reads_what_is_really_told(
    mosquitto: Server, tmp_path: Path
) -> None:
    with Store.open(store_path(tmp_path)) as store:
        store.answers.note(Pain(NAME, "", datetime.now(UTC), Phase.MORNING, PainSite.KNEE, Side.LEFT, 8))
    async with told(mosquitto, tmp_path) as (heard, _):
        came = messages(heard)
    (announcement,) = [message for message in came if message.topic.startswith("homeassistant/")]
    pseudonym = Pseudonyms.of(tmp_path)(NAME)
    assert announcement.topic == discovery_topic("homeassistant", this_gateway(), pseudonym)
    assert "Zo" not in announcement.topic
    assert b"Zo" not in announcement.payload
    device = json.loads(announcement.payload)
    check_device(device)
    # `live` has no gateway that would tell of itself and its sensors
    components = device["components"]
    said = [(message.topic, message.payload) for message in came]
    read = {one["name"]: states(one, said) for one in components.values()}
    now = {name: set(found) for name, found in read.items()}
    assert now["Cadence"] == {"171"}
    assert (now["Impact, left foot"], now["Impact, right shin"]) == ({"10.0"}, {"8.0"})
    assert now["Contact time, left foot"] == {"250"}
    assert read["Last run"] == ["0.042"]
    assert read["Light"] == ["red"]
    assert "unknown" in read["Where the last run stands"][0]
    assert read["Ceiling of the last run"] == [], "there was no run before"
    stand = next(one for one in components.values() if one["name"] == "Where the last run stands")
    (summary,) = [message.payload for message in came if message.topic.endswith("/summary")]
    assert json.loads(rendered(stand["json_attributes_template"], summary))["distance_m"] == pytest.approx(42.0)
    assert (tmp_path / FILE).read_text() == f"{announcement.topic}\n"
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def check_device(device: dict[str, Any]) -> None:
    """Hold a payload against what the documentation requires, and against what it knows at all."""
    assert device["device"]["identifiers"], "a device is known by its identifiers"
    assert device["device"]["name"]
    assert device["origin"]["name"] == "footfall", "the origin must be named"
    assert set(device) == {"device", "origin", "components", "qos"}
    ids = [one["unique_id"] for one in device["components"].values()]
    assert len(set(ids)) == len(ids)
    for name, one in device["components"].items():
        assert set(one) >= REQUIRED, name
        assert set(one) - REQUIRED <= ALLOWED[one["platform"]], name
        if one.get("device_class") in UNITS:
            assert one["unit_of_measurement"] == UNITS[one["device_class"]]
        if one.get("device_class") == "enum":
            assert one["options"]
            assert "unit_of_measurement" not in one
            assert "state_class" not in one
        if one.get("state_class"):
            assert one["unit_of_measurement"]


def test_a_gateways_sensors_and_itself_are_read_off_what_it_says() -> None:
    odd = replace(LEFT, id="sock +/#", side=None)
    key = SessionKey("track.1", "r-abc", "20261121T081500Z-ab12")
    device = json.loads(discovery_payload(key.gateway, key.runner, (odd, RIGHT)))
    check_device(device)
    by_name = {one["name"]: one for one in device["components"].values()}
    assert {"Battery, sock +/#", "Battery, right shin", "Gateway"} <= set(by_name)
    health = SensorHealth(odd.id, 5.0, LinkState.STREAMING, 200.0, 100, 0, 0, 83, 0, 0)
    unknown = replace(health, battery_percent=None)
    said = [(str(key.topic(Kind.HEALTH, odd.id)), encode_health(HealthMessage(one, None))) for one in (health, unknown)]
    assert states(by_name["Battery, sock +/#"], said) == ["83"]
    for online, state, availability in ((True, "ON", "online"), (False, "OFF", "offline")):
        status = encode_json(Status(online=online, software="footfall"))
        assert states(by_name["Gateway"], [(status_topic(key.gateway), status)]) == [state]
        (available,) = by_name["Cadence"]["availability"]
        assert available["topic"] == status_topic(key.gateway)
        assert rendered(available["value_template"], status) == availability
    # each topic stands for one runner's sessions of one gateway alone
    for one in by_name.values():
        assert one["state_topic"].startswith("footfall/1/track.1/")
        example = one["state_topic"].replace("/r-abc/+/", "/r-abc/one/").replace("/window/+", "/window/x")
        assert one["name"] == "Gateway" or parse(example) is not None


@pytest.mark.broker
async def test_what_was_announced_is_withdrawn_once_it_is_not_wanted(mosquitto: Server, tmp_path: Path) -> None:
    async with told(mosquitto, tmp_path):
        (topic,) = announced(tmp_path)
    async with told(mosquitto, tmp_path, is_wanted=False) as (heard, _):
        came = messages(heard)
    mine = [message.payload for message in came if message.topic == topic]
    assert mine[-1] == b"", "it is cleared"
    (summary,) = [message.payload for message in came if message.topic.endswith("/summary")]
    assert "light" not in json.loads(summary), "what hurts is told to nobody who was not asked for"
    assert announced(tmp_path) == frozenset()
    assert not (tmp_path / FILE).exists()
    async with listening(mosquitto, topic, "later") as later, told(mosquitto, tmp_path, is_wanted=False):
        assert [one for one in messages(later) if one.topic == topic and one.payload] == []


@pytest.mark.broker
async def test_what_was_announced_under_another_prefix_is_withdrawn(mosquitto: Server, tmp_path: Path) -> None:
    async with told(mosquitto, tmp_path):
        (before,) = announced(tmp_path)
    async with told(mosquitto, tmp_path, prefix="house/ha") as (heard, _):
        came = messages(heard)
    assert [message.payload for message in came if message.topic == before][-1] == b"", "it is cleared"
    (now,) = announced(tmp_path)
    assert now == before.replace("homeassistant/", "house/ha/")
    assert [message.payload for message in came if message.topic == now][-1] != b""


@pytest.mark.broker
async def test_who_is_removed_is_withdrawn_too(mosquitto: Server, tmp_path: Path) -> None:
    async with told(mosquitto, tmp_path) as (_, about):
        key = SessionKey(this_gateway(), Pseudonyms.of(tmp_path)(NAME), about.session.id)
    mine = announced_of(tmp_path, [key])
    assert len(mine) == 1
    assert announced_of(tmp_path, [replace(key, runner="r-other")]) == frozenset()
    address = BrokerAddress.parse(f"mqtt://127.0.0.1:{mosquitto.port}")
    await asyncio.to_thread(clear_retained, address, [key], mine)
    async with listening(mosquitto, "homeassistant/#", "later") as later, told(mosquitto, tmp_path):
        assert [one.payload for one in messages(later) if one.retained and one.topic in mine] == []


@pytest.mark.parametrize("prefix", ["", "a/#", "+", "/a", "a/", "a" * 101, "a\0", "a\nb", "a\u2028b", "$SYS"])
def test_what_begins_no_topic_is_no_prefix(prefix: str) -> None:
    with pytest.raises(SettingsError, match="home_assistant_prefix"):
        checked_prefix(prefix)
