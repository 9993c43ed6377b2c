"""Inputs to begin with, of what Footfall itself and its virtual sensors make: `python scripts/fuzz.py --seeds`.

They lie in `seeds/DOOR/` as `made-…`; what was found lies beside them, under a name that says what it is.
"""

import gzip
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Final

import msgspec
import numpy as np

from coaching.test_plan_events import EVENTS, OPENING
from footfall_coaching.answers import Effort, Pain, PainSite, Phase, Shoe, Sign, SignNote
from footfall_coaching.message import Message
from footfall_coaching.plan_events import written
from footfall_coaching.run import DistanceSource, LegPart, Minute
from footfall_coaching.studies.allocation import drawn
from footfall_coaching.studies.file import Design
from footfall_coaching.studies.record import Day, begun, joined, withdrawn
from footfall_gateway import wire
from footfall_gateway.ble import paired
from footfall_gateway.ble.paired import PairedCompanion, PairedSensor
from footfall_gateway.devices import Wearing, capture2go, heart_rate, polar
from footfall_gateway.formats.fit.writing import export_fit
from footfall_gateway.influx.outbox import Outbox
from footfall_gateway.mqtt.held import BatchArrival, Checkpoint, EndArrival, HeaderArrival
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import Ack, End, HealthMessage, Status, encode_batch, encode_health, encode_json
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.mqtt.topics import Kind, SessionKey, status_topic
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recording import RecordingEvent, RecordingWriter
from footfall_gateway.store.database import KeptGain, Store
from footfall_gateway.store.run_course import written_minutes
from footfall_gateway.store.track import Placed, Track, packed
from footfall_gateway.virtual.conformance import Subject
from footfall_gateway.virtual.conformance.streams import arrivals, numbered
from footfall_processing.gait import Activity, Strike
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.results.running import results_of
from footfall_processing.session import Placement, Runner, Session, Side
from fuzzing.door import SEEDS, put, scratch
from fuzzing.files import COLUMNS
from fuzzing.messages import SESSIONS, session_header
from fuzzing.mutations import framed
from fuzzing.radio import BY_DOOR, characteristics_of
from gateway.devices.subjects import SUBJECTS
from gateway.hostile_files import HEADER, RECORDINGS, ROWS, SAMPLES, channel, message, record
from gateway.recordings_for_tests import header, packets, strides
from study_power import study_of

Seeds = Iterator[tuple[str, bytes]]

MOST_BYTES: Final = 16 * 1024
"""Of one seed; what makes larger ones is tried elsewhere."""
_PAGE_BYTES: Final = 512
_WHEN: Final = datetime(2026, 11, 21, 8, 15, tzinfo=UTC)


def notifications(heard: Iterable[RawPacket], characteristics: Sequence[str]) -> bytes:
    """Write notifications as an input."""
    frames, now_s = [], 1.0
    for packet in heard:
        later = min(max(round((packet.received_s - now_s + 1.0) * 1e3), 0), 0xEF)
        now_s = packet.received_s + 1.0
        frames.append((bytes([characteristics.index(packet.characteristic), later]), packet.data))
    return framed(frames)


def _heard(subject: Subject, n: int, seed: int) -> list[RawPacket]:
    random = Random(seed)
    samples = [numbered(subject.sensor, n)]
    if subject.packed is None or seed % 2:
        sent = subject.packets(subject.sensor, samples)
    else:
        sent = subject.packed(subject.sensor, samples, random)
    return [*arrivals(subject, subject.opening, random), *arrivals(subject, sent, random)]


def _radio() -> Iterator[tuple[str, str, bytes]]:
    for door, subject in BY_DOOR.items():
        name = door.replace("-straddling", "")
        if isinstance(subject, Subject):
            for at, (n, seed) in enumerate(((30, 1), (25, 2), (12, 3))):
                heard = [packet for packet in _heard(subject, n, seed) if len(packet.data) <= 255]
                data = notifications(heard, characteristics_of(subject.profile))[:800]
                yield name, f"{door.removeprefix(name) or '-'}{at}".strip("-"), data
        else:
            yield name, "0", notifications(subject.packets[:20], subject.profile.notifications)
    yield from (("radio-answers", f"{at}", bytes([at, 1, 0, 5]) + b"a b c" + _ANSWERS) for at in range(10))


_ANSWERS: Final = b"".join(
    bytes([len(answer)]) + answer
    for answer in (
        b'{"version":1,"id":"foot-left","placement":"foot","side":"left","rate_hz":200,"acc_range_g":16,"gyro_range_dps":2000}',
        b"Maker\0",
        b"1.2",
        b"\xf0\x01\x02\x00\x00\x00\x01\x34\x00\x01\x01\x10\x00\x02\x02\x08\x00\x10\x00",
        b"\xf0\x01\x05\x00\x00\x00\x01\x34\x00\x01\x01\x10\x00\x02\x01\xd0\x07",
        bytes(20),
        b"\x03\x80\x00\x00\x01",
        bytes(range(32)),
    )
)


def _recordings() -> Seeds:
    for at, (name, (make, _)) in enumerate(RECORDINGS.items()):
        data = make()
        if len(data) <= 8192:
            yield f"hostile-{at:02}-{name.replace(' ', '-')}", data
    path = scratch() / "seed.mcap"
    for at, count in enumerate((3, 40)):
        path.unlink(missing_ok=True)
        with RecordingWriter(path, header()) as writer:
            for packet in packets(count):
                writer.write(packet)
            writer.write_event(RecordingEvent(0.1, "note", "here", "foot-left"))
        yield f"whole-{at}", path.read_bytes()
        yield f"cut-{at}", path.read_bytes()[:-90]
    path.unlink()
    with RecordingWriter(path, session_header()) as writer:
        for subject in SUBJECTS[:3]:
            for packet in _heard(subject, 20, 1):
                writer.write(replace(packet, sensor_id=subject.profile.name))
    yield "sensors", path.read_bytes()


def _records() -> Seeds:
    packet = bytes([1, 1, 2, 0]) + bytes(2 * 8 * 4)
    yield (
        "messages",
        channel(2, b"/packets/a", b"footfall-packet", sensor_id="a", characteristic="footfall-samples")
        + (message(2, 10**9, packet) + message(2, 2 * 10**9, packet)),
    )
    yield "event", channel(3, b"/events", b"json") + message(3, 10**9, b'{"kind":"note","text":"x","sensor_id":"a"}')
    yield "schema", record(3, b"\1\0\0\0\0\0") + message(2, 5, b"")


def _headers() -> Seeds:
    yield "least", msgspec.json.encode(HEADER)
    for name, one in (("tests", header()), ("session", session_header())):
        session = replace(
            one.session, runner=Runner(70.0, 1.8), runner_name="Ann", shoe="Blue", started_utc=_WHEN, begin_s=1.5
        )
        yield name, encode_header(replace(one, session=session))
    for at, subject in enumerate(SUBJECTS[2:]):
        recorded = subject.recorded_sensor
        session = Session(f"run-{at}", _WHEN, (recorded.sensor,), "footfall")
        yield subject.name.replace(", ", "-").replace(" ", "-"), encode_header(RecordingHeader(session, (recorded,)))


def _csv() -> Seeds:
    few = b"\n".join(ROWS.splitlines()[:120]) + b"\n"
    yield "rows", COLUMNS + few
    yield "gyro", b"t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps\n" + few.replace(b"\n", b",0.0,1.5,-2\n")
    yield "by-line", COLUMNS + few.replace(b"1.0", b"+1.0")
    bursts = b"".join(b"%.3f,0.0,0.0,1.0\n" % (at // 8 * 8 / 200) for at in range(320))
    yield "bursts", COLUMNS + bursts
    for at, (name, (rows, _, _)) in enumerate(SAMPLES.items()):
        if len(rows) <= 4096:
            yield f"hostile-{at:02}-{name.replace(' ', '-')}", COLUMNS + rows


def _sidecars() -> Seeds:
    for at, (name, (_, sidecar, _)) in enumerate(SAMPLES.items()):
        if len(sidecar) <= 2048:
            yield f"hostile-{at:02}-{name.replace(' ', '-')}", sidecar
    yield (
        "all",
        (
            b'{"sensors": [{"id": "a", "placement": "foot", "side": "left", "rate_hz": 200, "acc_range_g": 16, '
            b'"gyro_range_dps": 2000, "length_gain": 1.02}], "started_utc": "2026-05-03T08:15:00Z"}'
        ),
    )


def _sensors_toml() -> Seeds:
    path = scratch() / "sensors-seed.toml"
    sensor = PairedSensor("AA:BB:CC:DD:EE:01", polar.NAME, Wearing("foot-left", Placement.FOOT, Side.LEFT))
    other = PairedSensor("AA:BB:CC:DD:EE:02", capture2go.NAME, Wearing("shin", Placement.SHANK))
    paired.save(path, {one.address: one for one in (sensor, other, PairedCompanion("AA:02", heart_rate.NAME, "strap"))})
    yield "paired", path.read_bytes()
    yield "dots", b"a" + b".a" * 32 + b" = 1"


def _database(fill: Callable[[Path], None]) -> bytes:
    """Return a file of small pages, so that it is short."""
    path = put("seed.sqlite", b"")
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("VACUUM")
    fill(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("VACUUM")
    return path.read_bytes()


def _fill_store(path: Path) -> None:
    with Store.open(path) as store:
        store.add_session(header("one"), Path("one.mcap"))
        store.add_strides("one", strides(3))
        windows, summary = results_of(list(strides(40)), header().session.sensors, 0.0)
        store.add_windows("one", windows[:1])
        store.finish_session("one", {"companions": {}, "strides": summary.sensors[0].strides})
        store.answers.note(Pain("", "one", _WHEN, Phase.DURING, PainSite.KNEE, Side.LEFT, 3))
        store.answers.note(Shoe("Ann", _WHEN, "Blue"))
        store.answers.note(SignNote("", "one", _WHEN, Sign.SWELLING), Effort("one", 4, 3))
        store.answers.tell(Message("ceiling", 1, "Ann", "one", _WHEN, "unknown", {"distances_m": {}}))
        store.plans.note("", _WHEN, *EVENTS[:2], EVENTS[7])
        store.plans.note_opening("", OPENING)
        store.log.rename("one", "Lake")
        store.log.went("one", 8000.0, DistanceSource.WATCH)
        store.tracks.keep("one", _track())
        store.keep_length_gain(KeptGain("Ann", Placement.FOOT, Side.LEFT, 1.02, 0.01, "one"))


def _track() -> Track:
    t_s, nothing = np.array([0.0, 1.0, 2.0, 30.0]), np.full(4, np.nan)
    cadence, places = np.full(4, 168.0), np.full(4, 47.3769)
    beats = np.array([99.0, 120.0, 121.0, np.nan])
    return Track(
        _WHEN, "running", "ab" * 32, Placed(-2.0, 1.001, 0.4), t_s, cadence, 3.0 * t_s, nothing, beats, places, places,
        nothing
    )  # fmt: skip


def _minutes() -> bytes:
    return written_minutes(
        [
            Minute(
                60.0 * number,
                60.0 * number + 60.0,
                150.0 * number,
                [
                    LegPart(side, Placement.FOOT, Activity.RUN, 80, 1, {"peak_acc_g": 8.5}, {Strike.REARFOOT: 1.0})
                    for side in Side
                ],
                {DistanceSource.TREADMILL: 2.5, DistanceSource.WATCH: 2.4} if number else {},
                1.5 if number else None,
                140.0 + number,
            )
            for number in range(2)
        ]
    )


def _fill_spool(path: Path) -> None:
    with closing(Spool.open(path)) as spool:
        spool.add_session("one", "Ann", encode_header(header("one")), Path("one.mcap"))
        spool.append("one", [tuple(packets(3)), tuple(packets(2))])
        spool.free("one", 1)


def _fill_inbox(path: Path) -> None:
    one, two = SessionKey("track", "Ann", "one"), SessionKey("track", "", "two")
    with closing(Inbox(path)) as inbox:
        batches = [encode_batch(sequence, tuple(packets(2))) for sequence in (1, 2)]
        inbox.take(
            [HeaderArrival(one, encode_header(header("one"))), EndArrival(one, End(9))], left_out={("a", "b"): 1}
        )
        inbox.take([BatchArrival(key, at, batch) for key in (one, two) for at, batch in enumerate(batches, start=1)])
        inbox.note_checkpoints([(inbox.sessions[one], Checkpoint(1, b"state"))])


def _fill_outbox(path: Path) -> None:
    with Outbox(path) as outbox:
        for at in range(3):
            outbox.put([f"stride,runner=a x=1 {at}", f"stride,runner=b x=2 {at}"])


def _databases() -> Iterator[tuple[str, str, bytes]]:
    store = _database(_fill_store)
    yield "store", "filled", store
    yield "run-minutes", "two", _minutes()
    yield "track", "short", packed(_track())
    broken = bytearray(store)
    broken[4 * _PAGE_BYTES : 5 * _PAGE_BYTES] = bytes(_PAGE_BYTES)
    yield "store-damaged", "page-lost", bytes(broken)
    yield "store-damaged", "cut", store[: len(store) // 2]
    yield "store-damaged", "begin-lost", bytes(100) + store[100:]
    for name, fill in (("spool", _fill_spool), ("inbox", _fill_inbox), ("outbox", _fill_outbox)):
        filled = _database(fill)
        yield name, "filled", filled
        yield (
            "store-damaged",
            f"{name}-page-lost",
            filled[: 3 * _PAGE_BYTES] + bytes(_PAGE_BYTES) + filled[4 * _PAGE_BYTES :],
        )


_KEY: Final = SessionKey("track", "ann", "20261121T081500Z-run")
_HEALTH: Final = SensorHealth("foot-left", 12.0, LinkState.STREAMING, 200.0, 900, 1, 0, 80)
_SAID: Final = (
    encode_health(HealthMessage(_HEALTH, 11.5)),
    encode_json(End(9, "ab" * 32)),
    encode_json(Ack(7, ended=False, reader="ab-1", digest="ab" * 32, refused="no")),
    encode_json(Status(online=True, software="footfall 1")),
)


def _messages() -> Iterator[tuple[str, str, bytes]]:
    for at, kind in enumerate(Kind):
        yield "mqtt-topic", f"{at}", str(_KEY.topic(kind, "foot/left")).encode()
    yield "mqtt-topic", "status", status_topic("track").encode()
    yield "mqtt-batch", "tests", encode_batch(3, tuple(packets(6)))
    yield "mqtt-batch", "empty", encode_batch(1, ())
    for at, said in enumerate(_SAID):
        yield "mqtt-json", f"{at}", bytes([at]) + said
    one = session_header()
    described = encode_header(replace(one, session=replace(one.session, id=SESSIONS[0])))
    heard = [replace(packet, sensor_id="footfall") for packet in _heard(SUBJECTS[0], 40, 1)]
    batch = encode_batch(1, heard)
    whole = _sent(Kind.SESSION, described) + _sent(Kind.RAW, batch)
    yield "mqtt-messages", "run", whole + _sent(Kind.HEALTH, _SAID[0]) + _sent(Kind.END, encode_json(End(1)))
    yield (
        "mqtt-messages",
        "stranger",
        whole + _sent(Kind.RAW, encode_batch(2, tuple(packets(2)))) + _sent(Kind.ACK, _SAID[2]),
    )
    yield (
        "mqtt-messages",
        "two",
        whole + _sent(Kind.RAW, encode_batch(1, heard[:1])) + _sent(Kind.RAW, batch, gateway=1),
    )
    of_all = b""
    for subject in SUBJECTS[:2]:
        of_all += notifications(_heard(subject, 20, 1), characteristics_of(subject.profile))
    yield "session", "footfall", of_all[:800]
    for at in (2, 6, 8):
        heard_too = [packet for packet in _heard(SUBJECTS[at], 40, 2) if len(packet.data) < 256]
        yield "session", f"{at}", notifications(heard_too, characteristics_of(SUBJECTS[at].profile))[:800]
    yield from (("checkpoint", f"{at}", bytes([at]) + Random(at).randbytes(24)) for at in range(4))
    for depth in range(3):
        yield "checkpoint-sealed", f"{depth}-as-it-was", bytes([depth])
        yield "checkpoint-sealed", f"{depth}-changed", bytes([depth, 9, depth, 4]) + Random(depth).randbytes(4)


def _sent(kind: Kind, payload: bytes, gateway: int = 0) -> bytes:
    return bytes([gateway + 6 * list(Kind).index(kind)]) + len(payload).to_bytes(2, "little") + payload


def _texts() -> Iterator[tuple[str, str, bytes]]:
    hostile = "foot-left\x1b[31m\u202e[/]\nfootfall: well\ud800 naïve ½ 走る".encode("utf-8", "surrogatepass")
    yield "shown-text", "0", hostile
    yield "shown-names", "0", hostile + b"\n" + hostile + b"2\n" + b"a" * 40 + b"\n" + b"a" * 41
    yield "points", "0", b'Ann Bee,=\\\0Blue "daily"\n1\0run one\0foot,left'
    summary: dict[str, object] = {
        "type": "summary",
        "companions": {"strap": {"heart_rate_bpm": {"n": 2, "mean": 120.5, "max": 131}}},
        "treadmills": {"belt": {"step_s": 10.0, "belt_mps": [None, 2.5], "slope_percent": [None, 1.0]}},
    }
    yield "json-line", "summary", wire.json_line(summary).encode()
    yield "json-line", "recording", wire.json_line(wire.recording_object(header())).encode()
    for at, text in enumerate(
        ("mqtt://box.local:1883", "http://127.0.0.1:8086", "t0ken", "track-1", "2026-05-03T08:15:00Z", "0aff")
    ):
        yield "addresses", f"{at}", bytes([at]) + text.encode()
    yield "secrets", "0", b"can't reach|box.local:1883/x"


def _fits() -> Seeds:
    path = scratch() / "seed.fit"
    path.unlink(missing_ok=True)
    export_fit(header().session, strides(12), path, Effort(header().session.id, 4, 3))
    plain = path.read_bytes()
    yield "run", plain
    yield "run-packed", gzip.compress(plain, mtime=0)


def _log_forms() -> Seeds:
    yield "pain", b"do=pain&token=0f&run=one&place=knee-left&phase=morning&morning=3&back=%2Ftoday"
    yield "run", b"do=run&run=one&during=2&after=0&place=shin-right&exertion=6&feeling=4&limp=yes&back=%2Fruns%2Fone"
    yield "shoe", b"do=shoe&name=Blue+daily&kind=minimal"
    yield "signs", b"do=signs&swelling=yes&fever=yes"


def _plan_events() -> Seeds:
    lines = [written(event).encode() for event in EVENTS]
    yield "programme", b"[%b]" % b",".join(lines[:2])
    yield "exercises", b"[%b]" % b",".join(lines[3:6])
    yield "try-out", b"[%b]" % b",".join(lines[7:13])
    yield "each", b"[%b]" % b",".join(lines)
    yield "one", lines[1]


def _orders() -> Seeds:
    yield "order", msgspec.json.encode(OPENING)


def _study_files() -> Seeds:
    text = (Path(__file__).parents[2] / "examples" / "study.yaml").read_text(encoding="utf-8")
    example = "".join(f"{line.partition(' #')[0].rstrip()}\n" for line in text.splitlines()[1:34]).encode()
    yield "example", example
    yield "parallel", example.replace(b"alternating", b"parallel").replace(b"block: 4", b"block: [4, 6]")
    yield "aliases", b"a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


def _study_records() -> Seeds:
    file, now = study_of(Design.ALTERNATING, 12, 4), datetime(2026, 6, 8, 18, 0, tzinfo=UTC)
    record = begun(drawn(file, bytes(range(32))), now)
    for name in ("Ada", "Bob", "Cleo"):
        record = joined(record, name, file.consent, (), now)
    days = tuple(Day(now + timedelta(days=at), at) for at in range(3))
    record = record.with_member(msgspec.structs.replace(record.member("Ada"), days=days))
    yield "followed", msgspec.json.encode(withdrawn(record, "Cleo", now))


def _requests() -> Seeds:
    for at, path in enumerate(
        ("/", "/events", "/plotly/plotly.min.js", "/../server.py", "/%2e%2e/view.py", "/live.js?x=1")
    ):
        yield f"get-{at}", f"GET {path} HTTP/1.1\r\nHost: localhost:8420\r\nConnection: close\r\n\r\n".encode()
    for at, path in enumerate(("/phone", "/access/footfall-authority.crt", "/access/footfall.webmanifest")):
        yield f"phone-{at}", f"GET {path} HTTP/1.1\r\nHost: localhost:8420\r\nConnection: close\r\n\r\n".encode()
    yield "range", b"GET / HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-10,5-20,-3\r\nIf-None-Match: *\r\n\r\n"
    yield "host", b"GET /events HTTP/1.1\r\nHost: rebound.example\r\nOrigin: http://a.example\r\n\r\n"
    yield "post", b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"
    yield (
        "two",
        b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /index.html HTTP/1.0\r\nHost: localhost\r\nCookie: a=b\r\n\r\n",
    )


def _arguments() -> Seeds:
    for at, args in enumerate(
        (
            {"shown": "x" * 100, "path": ["path", "a"], "number": 1.5, "text": "a", "runner": ["runner", 70.0]},
            {"sensor": {"id": "a", "side": None, "rate_hz": 200}, "name": "my run", "started_utc": ["moment", 1.7e9]},
            {"sensor": {"t_s": ["array", [0.0, 0.005]], "acc_g": ["array", [[0.0, 0.0, 1.0]] * 2], "gyro_dps": None}},
            {
                "number": ["complex", 1.0],
                "shown": ["huge", 4500],
                "path": [["tuple", [1]]],
                "text": ["text", b"\xed\xa0\x80"],
            },
            {
                "sensor": {"acc_g": ["masked", [[1.0]]], "t_s": ["half", [1.0]], "acc_range_g": ["array", 16]},
                "runner": 3,
            },
        )
    ):
        yield f"{at}", msgspec.msgpack.encode(args)


def made() -> Iterator[tuple[str, str, bytes]]:
    """Yield door, name and content of each seed."""
    of_one: tuple[tuple[str, Callable[[], Seeds]], ...] = (
        ("recording", _recordings),
        ("recording-records", _records),
        ("header", _headers),
        ("export-names", lambda: islice(_headers(), 3)),
        ("csv", _csv),
        ("csv-sidecar", _sidecars),
        ("fit", lambda: islice(_fits(), 1)),
        ("fit-file", _fits),
        ("sensors-toml", _sensors_toml),
        ("http", _requests),
        ("log-form", _log_forms),
        ("interface", _arguments),
        ("plan-events", _plan_events),
        ("try-out-order", _orders),
        ("study-file", _study_files),
        ("study-kept", _study_records),
    )
    for door, make in of_one:
        for name, data in make():
            yield door, name, data
    for several in (_radio, _databases, _messages, _texts):
        yield from several()


def write() -> None:
    """Write all made seeds anew; what was found stays."""
    for old in SEEDS.glob("*/made-*"):
        old.unlink()
    for door, name, data in made():
        folder = SEEDS / door
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"made-{name}").write_bytes(data)
