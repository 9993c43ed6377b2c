"""Recordings keep every packet, open after any cut, and say in one line why a file can't be read."""

import json
import math
import os
import random
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import IO

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mcap.reader import make_reader
from mcap.writer import Writer

from faults.effort import Tell, effort, tell
from footfall_gateway.devices import heart_rate
from footfall_gateway.packets import RawPacket, RecordedCompanion
from footfall_gateway.recordings.chunk_index import IndexOnDisk
from footfall_gateway.recordings.decoding import decode
from footfall_gateway.recordings.header import HEADER_VERSION, HeaderError, decode_header, encode_header
from footfall_gateway.recordings.recording import Recording, RecordingError, RecordingEvent, RecordingWriter
from footfall_gateway.sessions.companions import CompanionReader
from footfall_processing.session import Runner
from gateway.recordings_for_tests import header, packets


def record(path: Path, count: int, *, batch_interval_s: float = 0.5) -> list[RawPacket]:
    written = list(packets(count))
    with RecordingWriter(path, header(), batch_interval_s=batch_interval_s) as writer:
        for packet in written:
            writer.write(packet)
    return written


def test_packets_header_and_events_come_back_as_written(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    events = [RecordingEvent(1.5, "link", "lost", "foot-left"), RecordingEvent(2.0, "note", "hill begins")]
    written = list(packets(120))
    with RecordingWriter(path, header()) as writer:
        for packet in written[:60]:
            writer.write(packet)
        for event in events:
            writer.write_event(event)
        for packet in written[60:]:
            writer.write(packet)

    recording = Recording.open(path)

    assert recording.header == header()
    assert (recording.truncated, recording.damaged_chunks) == (False, 0)
    assert recording.duration_s == written[-1].received_s
    assert list(recording) == written
    assert list(recording) == written, "a recording can be read again"
    assert list(recording.events()) == events


def test_a_session_without_packets_is_a_recording(tmp_path: Path) -> None:
    record(tmp_path / "run.mcap", 0)
    recording = Recording.open(tmp_path / "run.mcap")
    assert list(recording) == []
    assert not recording.truncated


@given(received_s=st.floats(min_value=0.0, max_value=30 * 86_400.0))
@example(received_s=262144.1744592085)
def test_an_arrival_time_survives_its_nanoseconds(received_s: float) -> None:
    packet = RawPacket(received_s, "foot-left", "x", b"")
    half_ns = 5e-10 + math.ulp(received_s)  # no float lies nearer to the nanosecond
    assert packet.received_s == pytest.approx(received_s, rel=0.0, abs=half_ns)
    assert round(packet.received_s * 1_000_000_000) / 1_000_000_000 == packet.received_s


def test_time_before_the_session_is_refused(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "run.mcap", header()) as writer, pytest.raises(ValueError, match="before"):
        writer.write(RawPacket(-0.1, "foot-left", "x", b""))


def test_other_mcap_tools_can_read_it_by_its_index(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    written = record(path, 200)
    with path.open("rb") as file:
        reader = make_reader(file)
        summary = reader.get_summary()
        assert summary is not None
        assert summary.statistics is not None
        assert summary.statistics.message_count == 201
        assert len(summary.chunk_indexes) > 5
        assert {channel.topic for channel in summary.channels.values()} == {
            "/session",
            "/packets/foot-left",
            "/packets/shank-right",
        }
        schema, _, message = next(reader.iter_messages(topics="/session"))
        assert schema is not None
        described = json.loads(schema.data)["properties"].keys()
        assert described - {"runner", "runner_name", "shoe", "begin_s"} == json.loads(message.data).keys(), (
            "nobody said who ran"
        )
        late = list(reader.iter_messages(topics="/packets/foot-left", starting_at=4_000_000_000))
        assert [message.data for _, _, message in late] == [
            packet.data for packet in written if packet.sensor_id == "foot-left" and packet.received_s >= 4.0
        ]


def test_a_recording_cut_at_any_byte_gives_all_whole_batches(tmp_path: Path, record_property: Tell) -> None:
    path = tmp_path / "run.mcap"
    written = record(path, 100, batch_interval_s=0.2)
    whole = path.read_bytes()
    with path.open("rb") as file:
        summary = make_reader(file).get_summary()
    assert summary is not None
    first = summary.chunk_indexes[0]
    header_end = first.chunk_start_offset + first.chunk_length
    counts = []
    for length in range(0, len(whole), effort(23, 1)):
        cut = tmp_path / "cut.mcap"
        cut.write_bytes(whole[:length])
        if length < header_end:
            with pytest.raises(RecordingError, match=r"empty|not a Footfall recording|before its header"):
                Recording.open(cut)
            continue
        recording = Recording.open(cut)
        assert recording.truncated
        read = list(recording)
        assert read == written[: len(read)]
        counts.append(len(read))
    assert counts == sorted(counts), "more bytes never give fewer packets"
    assert counts[0] == 0
    assert counts[-1] == 100
    assert max(after - before for before, after in pairwise(counts)) <= 7, (
        "a batch of 0.2 s holds 6 packets, give or take one"
    )
    tell(record_property, tries=len(counts), items=sum(counts), lost=0, doubled=0)


def test_zeros_and_noise_after_a_power_cut_are_no_packets(tmp_path: Path, record_property: Tell) -> None:
    path = tmp_path / "run.mcap"
    written = record(path, 100)
    whole = path.read_bytes()
    tries = items = 0
    for length in range(len(whole) // 4, len(whole) * 3 // 4, effort(997, 17)):
        for tail in (bytes(5000), random.Random(length).randbytes(5000)):
            path.write_bytes(whole[:length] + tail)
            recording = Recording.open(path)
            read = list(recording)
            assert recording.truncated
            assert 0 < len(read) <= 100
            assert read == written[: len(read)]
            tries, items = tries + 1, items + len(read)
    tell(record_property, tries=tries, items=items, lost=0, doubled=0)


def test_a_flipped_bit_costs_one_chunk_and_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    written = record(path, 200)
    whole = bytearray(path.read_bytes())
    with path.open("rb") as file:
        summary = make_reader(file).get_summary()
    assert summary is not None
    header_chunk = summary.chunk_indexes[0]
    begin = header_chunk.chunk_start_offset + header_chunk.chunk_length
    generator = random.Random(3)
    damaged = 0
    for number in range(80):
        at = begin + 200 if number == 0 else generator.randrange(begin, len(whole))
        bit = 1 << generator.randrange(8)
        whole[at] ^= bit
        path.write_bytes(whole)
        whole[at] ^= bit
        recording = Recording.open(path)
        read = list(recording)
        assert set(read) <= set(written), "never a packet that was not sent"
        if recording.damaged_chunks and not recording.truncated:
            damaged += 1
            assert 180 <= len(read) < 200
    assert damaged > 20


def test_a_chunk_whose_kind_is_damaged_is_counted_too(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    written = record(path, 200)
    with path.open("rb") as file:
        summary = make_reader(file).get_summary()
    assert summary is not None
    whole = bytearray(path.read_bytes())
    whole[summary.chunk_indexes[5].chunk_start_offset] = 0x26
    path.write_bytes(whole)
    recording = Recording.open(path)
    assert (recording.truncated, recording.damaged_chunks) == (False, 1)
    assert 180 <= len([packet for packet in recording if packet in written]) < 200


def test_any_damage_gives_true_packets_or_one_line(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    written = set(record(path, 200))
    whole = path.read_bytes()
    generator = random.Random(11)
    outcomes = set()
    for _ in range(250):
        damaged = bytearray(whole)
        for _ in range(generator.choice([1, 4, 64])):
            damaged[generator.randrange(len(damaged))] = generator.choice([0, 1, 127, 255])
        damaged[generator.randrange(len(damaged)) :] = generator.randbytes(generator.choice([0, 0, 100]))
        path.write_bytes(damaged)
        try:
            recording = Recording.open(path)
        except RecordingError:
            outcomes.add("refused")
        else:
            outcomes.add("truncated" if recording.truncated else "whole")
            assert set(recording) <= written
    assert {"refused", "truncated"} <= outcomes


def test_what_is_not_a_recording_gets_one_line(tmp_path: Path) -> None:
    other = tmp_path / "other.mcap"
    with other.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2", library="robot")
        writer.finish()
    (tmp_path / "empty.mcap").write_bytes(b"")
    (tmp_path / "text.mcap").write_text("t_s,ax_g,ay_g,az_g\n0,0,0,1\n")
    for name, reason in {
        "other.mcap": "is not a Footfall recording",
        "text.mcap": "is not a Footfall recording",
        "empty.mcap": "is empty",
        "missing.mcap": "No such file",
        ".": "is a folder, not a file",
    }.items():
        with pytest.raises(RecordingError, match=reason) as raised:
            Recording.open(tmp_path / name)
        assert "\n" not in str(raised.value)
        assert str(tmp_path) in str(raised.value)


def test_a_header_keeps_the_runner_and_says_nothing_of_one_it_does_not_know() -> None:
    known = replace(header(), session=replace(header().session, runner=Runner(mass_kg=62.5, height_m=1.71)))
    assert decode_header(encode_header(known)) == known
    assert b"runner" not in encode_header(header())
    assert b"shoe" not in encode_header(header())
    named = replace(header(), session=replace(header().session, runner_name="Zoë", shoe="Blue daily"))
    assert decode_header(encode_header(named)) == named


def test_a_newer_header_is_refused_and_a_richer_one_read() -> None:
    fields = msgspec.json.decode(encode_header(header()))
    fields["weather"] = "a field of a later version"
    assert decode_header(msgspec.json.encode(fields)) == header()
    fields["header_version"] = HEADER_VERSION + 1
    with pytest.raises(HeaderError, match="update Footfall"):
        decode_header(msgspec.json.encode(fields))


@pytest.mark.parametrize(
    "change",
    [
        {"sensors": [{"id": "a"}]},
        {"sensors": [msgspec.json.decode(encode_header(header()))["sensors"][0]] * 2},
        {"header_version": "x"},
        {"started_utc": "yesterday"},
    ],
)
def test_a_damaged_header_is_refused(change: dict[str, object]) -> None:
    fields = msgspec.json.decode(encode_header(header())) | change
    with pytest.raises(HeaderError, match="damaged"):
        decode_header(msgspec.json.encode(fields))


def test_the_index_is_the_librarys_own_and_takes_no_memory_while_it_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[IndexOnDisk] = []
    put_into = IndexOnDisk.put_into

    def note(writer: Writer, file: IO[bytes]) -> None:
        made.append(put_into(writer, file))

    monkeypatch.setattr(IndexOnDisk, "put_into", note)
    record(tmp_path / "ours.mcap", 3000)
    (index,) = made
    assert index.chunks > 100, "the library told it of each"
    monkeypatch.setattr(IndexOnDisk, "put_into", lambda *_: None)
    record(tmp_path / "theirs.mcap", 3000)
    assert (tmp_path / "ours.mcap").read_bytes() == (tmp_path / "theirs.mcap").read_bytes()


def test_a_recording_that_is_removed_while_it_is_made_is_told(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "run.mcap", header())
    for packet in packets(100):
        writer.write(packet)
    (tmp_path / "run.mcap").unlink()
    with pytest.raises(RecordingError, match="it was removed while it was written"):
        writer.close()
    writer.close()


def test_an_existing_recording_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    written = record(path, 10)
    with pytest.raises(RecordingError, match="exists already"):
        RecordingWriter(path, header())
    assert list(Recording.open(path)) == written


def test_an_unwritable_place_gets_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"No such file or directory.*check the folder"):
        RecordingWriter(tmp_path / "missing" / "run.mcap", header())


RECORD_UNTIL_FULL = """
import resource, signal, sys
from pathlib import Path
from gateway.recordings_for_tests import header, packets
from footfall_gateway.recordings.recording import RecordingError, RecordingWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    with RecordingWriter(Path(sys.argv[1]), header()) as writer:
        for packet in packets(100_000):
            writer.write(packet)
except RecordingError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 20_000))
try:
    RecordingWriter(Path(sys.argv[1] + "2"), header())
except RecordingError as error:
    print(error)
print(Path(sys.argv[1] + "2").exists())
"""


def test_a_full_disk_gets_one_line_and_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    child = subprocess.run(
        [sys.executable, "-c", RECORD_UNTIL_FULL, path],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert child.stdout.splitlines() == [
        f"{path}: can't be written (File too large); check the folder and the space on the disk",
        f"{path}2: can't be written (File too large); check the folder and the space on the disk",
        "False",
    ]
    assert child.stderr == ""
    read = list(Recording.open(path))
    assert len(read) > 100
    assert read == list(packets(len(read)))


RECORD_FOREVER = """
import sys
from pathlib import Path
from gateway.recordings_for_tests import header, packets
from footfall_gateway.recordings.recording import RecordingWriter
with RecordingWriter(Path(sys.argv[1]), header(), batch_interval_s=float(sys.argv[2])) as writer:
    for number, packet in enumerate(packets(10_000_000)):
        writer.write(packet)
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()
"""


@pytest.mark.parametrize("batch_interval_s", [0.0, 0.5])
def test_kill_9_at_any_moment_loses_at_most_the_last_batch(tmp_path: Path, batch_interval_s: float) -> None:
    generator = random.Random(20261121)
    for trial in range(5):
        path = tmp_path / f"{trial}.mcap"
        with subprocess.Popen(
            [sys.executable, "-c", RECORD_FOREVER, path, str(batch_interval_s)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            assert child.stdout is not None
            seen = [child.stdout.readline() for _ in range(generator.randrange(1, 800))]
            child.send_signal(signal.SIGKILL)
            seen += child.stdout.readlines()
            confirmed = int([line for line in seen if line.endswith("\n")][-1])
        recording = Recording.open(path)
        read = list(recording)
        assert recording.truncated
        assert read == list(packets(len(read)))
        assert len(read) > confirmed - batch_interval_s / 0.04 - 1


def test_an_unknown_profile_or_sensor_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    known = header()
    strange = replace(known.recorded_sensors[0], profile="pod-3000")
    with RecordingWriter(path, replace(known, recorded_sensors=(strange,))):
        pass
    with pytest.raises(RecordingError, match="'pod-3000'"):
        list(decode(Recording.open(path)))

    other = tmp_path / "other.mcap"
    with RecordingWriter(other, known) as writer:
        writer.write(RawPacket(0.0, "hip", "x", b""))
    with pytest.raises(RecordingError, match="'hip'"):
        list(decode(Recording.open(other)))


STRAP = RecordedCompanion("strap", "heart-rate", "AA:BB", "Strap", MappingProxyType({"manufacturer": "Virtual"}))


def test_companions_are_kept_and_have_no_samples(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    with RecordingWriter(path, replace(header(), companions=(STRAP,))) as writer:
        writer.write(RawPacket(0.5, "strap", heart_rate.MEASUREMENT, b"\x00\x48"))
    recording = Recording.open(path)
    assert recording.header.companions == (STRAP,)
    assert list(decode(recording)) == []
    (reading,) = CompanionReader(recording.header).push(recording)
    assert (reading.t_s, dict(reading.values)) == (0.5, {"heart_rate_bpm": 72.0})


def test_a_recording_from_before_there_were_companions_opens() -> None:
    old = msgspec.json.decode(encode_header(header()))
    del old["companions"]
    assert decode_header(msgspec.json.encode(old)) == header()


def test_an_unknown_companion_is_named() -> None:
    with pytest.raises(RecordingError, match="'thermometer'"):
        CompanionReader(replace(header(), companions=(replace(STRAP, profile="thermometer"),)))


def test_the_documented_header_is_one() -> None:
    text = (Path(__file__).parents[3] / "docs" / "recording-format.md").read_text()
    documented = text.split("```json\n")[1].split("```")[0].encode()
    assert decode_header(documented).session.id == "20261121T081500Z"
    assert msgspec.json.decode(encode_header(decode_header(documented))) == msgspec.json.decode(documented)
