"""What is on the wire: topics and payloads, and the document that says so."""

import contextlib
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from footfall_coaching.cues.cue import CueKind, Sound, silence
from footfall_gateway import wire
from footfall_gateway.errors import GatewayError
from footfall_gateway.influx.points import UNNAMED_RUNNER
from footfall_gateway.mqtt.broker import BrokerAddress
from footfall_gateway.mqtt.payloads import (
    Ack,
    BatchCutter,
    End,
    HealthMessage,
    PayloadError,
    Status,
    decode_batch,
    decode_health,
    decode_json,
    encode_batch,
    encode_health,
    encode_json,
)
from footfall_gateway.mqtt.topics import (
    LONGEST_NAME,
    OF_ONE_SENSOR,
    ROOT,
    UNNAMED,
    Kind,
    SessionTopic,
    gateway_name,
    parse,
    status_topic,
    topics_of,
)
from footfall_gateway.packets import RawPacket
from footfall_gateway.recordings.header import decode_header
from footfall_processing.gait import Activity, Impact, Stride
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.results.summary import summarize
from footfall_processing.results.windows import WINDOW_KINDS, cut_into_windows
from footfall_processing.session import Placement, Sensor

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "mqtt.md"
CHARACTERISTIC = "0f7a0002-5f8a-4c0e-9f0b-6b1d3a5c7e90"

packets = st.builds(
    RawPacket,
    st.floats(0.0, 1e6),
    st.sampled_from(["foot-left", "foot-right", "heart"]),
    st.sampled_from([CHARACTERISTIC, "csv"]),
    st.binary(max_size=512),
)


@given(st.integers(1, 2**40), st.lists(packets, max_size=40))
def test_a_batch_that_is_read_back_is_equal(sequence: int, sent: list[RawPacket]) -> None:
    batch = decode_batch(encode_batch(sequence, sent))
    assert (batch.sequence, list(batch.packets)) == (sequence, sent)


@given(st.binary(max_size=200))
def test_anything_else_is_refused(payload: bytes) -> None:
    batch = encode_batch(7, [RawPacket(1.0, "a", "b", b"123")])
    for spoilt in (payload, batch[: len(payload) % len(batch)]):
        with pytest.raises(PayloadError):
            decode_batch(spoilt)


@given(st.binary(max_size=200) | st.sampled_from([encode_json(End(3)), encode_json(Ack(1, False, "r"))]))
def test_whatever_a_message_holds_it_is_read_or_refused(payload: bytes) -> None:
    for kind in (End, Ack, Status):
        with contextlib.suppress(PayloadError):
            assert isinstance(decode_json(payload, kind), kind)
    with contextlib.suppress(PayloadError):
        decode_health(payload)


@pytest.mark.parametrize(
    "packets",
    [[(1, 1, b"")], [(1, -1, b"")], [(-1, 0, b"")], [(2**63, 0, b"")], [(1.5, 0, b"")], [(1, 0, "text")]],
)
def test_a_packet_of_no_channel_or_no_time_is_refused(packets: list[object]) -> None:
    with pytest.raises(PayloadError):
        decode_batch(msgspec.msgpack.encode([1, 1, [("foot-left", "csv")], packets]))


@given(st.text(st.characters() | st.sampled_from("/%DAed0189+#")).map(lambda text: f"{ROOT}/track/{text}/raw"))
@example(f"{ROOT}/track/Ann/%ED%A0%80/raw")
@example(f"{ROOT}/track/Ann/{'x' * 2000}/raw")
def test_a_topic_is_a_session_s_or_none_and_can_be_written_as_text(topic: str) -> None:
    read = parse(topic)
    if read is not None:
        read.session_id.encode()


def test_a_newer_version_asks_for_an_update() -> None:
    newer = msgspec.msgpack.encode([2, 1, "whatever", 3.0])
    with pytest.raises(PayloadError, match="version 2, this Footfall reads up to 1; update Footfall"):
        decode_batch(newer)
    with pytest.raises(PayloadError, match="version 9"):
        decode_json(b'{"version":9,"last_sequence":"?"}', End)


@given(st.lists(st.integers(0, 512), min_size=1, max_size=3000))
def test_batches_hold_every_packet_once_and_stay_below_64_kib(sizes: list[int]) -> None:
    sent = [RawPacket(0.001 * n, "foot-left", CHARACTERISTIC, bytes(size)) for n, size in enumerate(sizes)]
    cutter = BatchCutter()
    batches = [*cutter.push(sent), *cutter.flush()]
    assert [packet for batch in batches for packet in batch] == sent
    assert all(len(encode_batch(2**40, batch)) <= 64 * 1024 for batch in batches)
    assert all(batch[-1].received_s - batch[0].received_s < 0.5 for batch in batches)


names = st.text(st.characters(codec="utf-8") | st.sampled_from("/+#%$~\0\x7f\ufffe\U0010ffffu"))
no_text = st.text(st.sampled_from("/\ud800\udfffu"))
short_names = names.filter(lambda name: len(name) <= LONGEST_NAME)


def topic_of(kind: Kind, runner: str, session_id: str, sensor_id: str) -> SessionTopic:
    return SessionTopic("track-1", runner, session_id, kind, sensor_id if kind in OF_ONE_SENSOR else "")


@given(st.sampled_from(Kind), short_names, names, short_names)
@example(Kind.STRIDE, UNNAMED, UNNAMED, UNNAMED)
@example(Kind.RAW, "", "", "")
@example(Kind.RAW, "$SYS/a", "%41", "")
def test_a_topic_is_read_back_whatever_the_names(kind: Kind, runner: str, session_id: str, sensor_id: str) -> None:
    topic = topic_of(kind, runner, session_id, sensor_id)
    assert parse(str(topic)) == topic


@given(st.sampled_from(Kind), names | no_text, names | no_text, names | no_text)
def test_a_topic_matches_its_filter_and_is_one_that_brokers_take(
    kind: Kind, runner: str, session_id: str, sensor_id: str
) -> None:
    topic = str(topic_of(kind, runner, session_id, sensor_id))
    assert re.fullmatch(topics_of(kind).replace("+", "[^/]+"), topic)
    assert not re.search(r"[\0-\x1f\x7f-\x9f+#]|/\$", topic)
    assert not any(ord(sign) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(sign) <= 0xFDEF for sign in topic)
    topic.encode()


@given(st.text(min_size=LONGEST_NAME + 1), st.text(min_size=LONGEST_NAME + 1))
def test_long_names_are_cut_and_stay_apart(one: str, other: str) -> None:
    topics = {name: str(topic_of(Kind.STRIDE, name, "run", name)) for name in (one, other, f"{one} the elder")}
    assert len(set(topics.values())) == len(topics)
    for topic in topics.values():
        read = parse(topic)
        assert read is not None
        assert (str(read), len(read.runner), len(read.sensor_id)) == (topic, LONGEST_NAME, LONGEST_NAME)


def test_usual_names_stand_as_they_are() -> None:
    for name in ("Ann", "Zoë Müller-Lüdenscheidt", "走る人", "foot-left", "a.b_c~1 (2)"):
        assert str(topic_of(Kind.CUE, name, "run-1", "foot-left")) == f"footfall/1/track-1/{name}/run-1/cue/foot-left"
    assert str(topic_of(Kind.RAW, "", "run-1", "")) == f"footfall/1/track-1/{UNNAMED_RUNNER}/run-1/raw"


@pytest.mark.parametrize(
    "topic",
    [
        "footfall/1/track/status",
        "footfall/2/track/Ann/run-1/raw",
        "footfall/1/track/run-1/raw",
        "footfall/1/track/Ann/run-1/raw/foot-left",
        "footfall/1/track/Ann/run-1/stride",
        "footfall/1/track/Ann/run-1/stride/foot/left",
        "footfall/1/track/Ann/run-1/other",
        "footfall/1/track/%FF/run-1/raw",
        "x",
        "",
    ],
)
def test_other_topics_are_no_session_s(topic: str) -> None:
    assert parse(topic) is None


@pytest.mark.parametrize("name", ["", "a/b", "+", "#", "a b", "-a", "x" * 65, "ü"])
def test_a_name_that_breaks_the_tree_is_refused(name: str) -> None:
    with pytest.raises(GatewayError, match="can't name a gateway"):
        gateway_name(name)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("mqtt://box.local", ("box.local", 1883, False, None)),
        ("mqtts://anna@box.local", ("box.local", 8883, True, "anna")),
        ("mqtt://127.0.0.1:1999/", ("127.0.0.1", 1999, False, None)),
    ],
)
def test_a_broker_s_address(url: str, wanted: tuple[object, ...]) -> None:
    address = BrokerAddress.parse(url)
    assert (address.host, address.port, address.tls, address.user) == wanted


@pytest.mark.parametrize("url", ["box.local", "http://box", "mqtt://", "mqtt://box/topic", "mqtt://[", ""])
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(GatewayError, match=r"no broker's address: give one such as mqtt://localhost:1883"):
        BrokerAddress.parse(url)


@pytest.mark.parametrize("port", ["0", "65536", "99999", "-1", "x"])
def test_what_is_no_port_is_said(port: str) -> None:
    with pytest.raises(GatewayError, match=rf"'mqtt://box:{port}': the port must be a number from 1 to 65535"):
        BrokerAddress.parse(f"mqtt://box:{port}")


def test_a_password_is_refused_in_the_address_and_never_shown() -> None:
    with pytest.raises(GatewayError, match="FOOTFALL_MQTT_PASSWORD_FILE"):
        BrokerAddress.parse("mqtt://anna:geheim@box")
    assert "geheim" not in repr(BrokerAddress.parse("mqtt://box", user="anna", password="geheim"))


def test_health_is_read_back() -> None:
    health = SensorHealth("foot-left", 12.5, LinkState.STREAMING, 200.1, 2500, 3, 0, None)
    for newest_packet_s in (None, 12.4375):
        message = HealthMessage(health, newest_packet_s)
        assert decode_health(encode_health(message)) == message


def test_the_document_shows_what_is_sent() -> None:
    """Each example of the document is read by the code that reads the wire, and says what the code would write."""
    text = DOCUMENT.read_text(encoding="utf-8")
    examples = dict(re.findall(r"^### `([a-z]+)`\n.*?^```(?:json|text)\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    assert set(examples) == {"status", *(kind.value for kind in Kind)}
    read = {name: example.encode() for name, example in examples.items()}
    for name, message in (
        ("status", Status(online=True, software="footfall 0.1.0")),
        ("end", End(3581, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")),
        ("ack", Ack(3579, False, "5c1f09aa-1", "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752")),
    ):
        assert decode_json(read[name], type(message)) == message
        assert msgspec.json.decode(encode_json(message)) == msgspec.json.decode(read[name])
    assert decode_header(read["session"]).session.id == "20261121T081500Z-ab12"
    health = decode_health(read["health"])
    assert health.health.state is LinkState.STREAMING
    assert msgspec.json.decode(encode_health(health)) == msgspec.json.decode(read["health"])

    batch = decode_batch(bytes.fromhex("".join(examples["raw"].split())))
    assert batch.sequence == 17
    assert batch.packets == (
        RawPacket(8.25, "foot-left", CHARACTERISTIC, b"\x01\x02\x03"),
        RawPacket(8.2525, "foot-right", CHARACTERISTIC, b"\x04"),
    )
    sensor = Sensor("a", Placement.FOOT, None, 200.0)
    stride = Stride("a", None, Activity.RUN, 1.0, None, 2.0)
    for name, written in (
        ("stride", wire.stride_object(stride)),
        ("cue", wire.impact_object(Impact("a", None, 1.0, 9.81, False))),
        ("sound", wire.sound_object(silence(CueKind.IMPACT, Sound.NOISE, 1.0))),
        ("window", wire.window_object(cut_into_windows([stride], [sensor], WINDOW_KINDS["10s"])[0])),
        ("summary", wire.summary_object(summarize([stride], [sensor]))),
    ):
        assert list(msgspec.json.decode(read[name])) == list(written)
    shown = dict(re.findall(r"^### `([a-z]+)`\n\n`(footfall/1/track-1/[^`]*)`", text, re.MULTILINE))
    assert shown.pop("status") == status_topic("track-1")
    topics = {name: parse(topic) for name, topic in shown.items()}
    assert {kind.value: (kind, "r-mzxw6ytboi3dgnrs") for kind in Kind} == {
        name: (topic.kind, topic.runner) for name, topic in topics.items() if topic is not None
    }
