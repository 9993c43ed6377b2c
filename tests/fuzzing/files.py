"""Files that people give: recordings, CSV with their sidecars, settings; and names that lead to files."""

import shutil
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Final

import msgspec
import numpy as np
from fitdecode.utils import compute_crc

from footfall_coaching.run import Run
from footfall_dashboards.runner.raw_data import minutes_csv
from footfall_gateway import wire
from footfall_gateway.ble import paired
from footfall_gateway.devices import samples
from footfall_gateway.errors import GatewayError
from footfall_gateway.formats import export_csv, export_motion_bids
from footfall_gateway.formats.fit.reading import MOST_RECORDS, read_fit
from footfall_gateway.formats.inputs import Input
from footfall_gateway.formats.samples_csv import read_samples, read_session
from footfall_gateway.outside import LONGEST_SESSION_S
from footfall_gateway.packets import RawPacket, RecordedSensor, RecordingHeader
from footfall_gateway.recordings.decoding import decode, decode_packets, decoders_of
from footfall_gateway.recordings.header import decode_header, encode_header
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.companions import CompanionReader
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.watch_files import track_of
from footfall_gateway.store.run_watch import with_watch
from footfall_gateway.store.track import Track, packed, read_track
from footfall_gateway.virtual.conformance.streams import heard
from footfall_processing.samples import ImuBlock
from fuzzing.door import Door, put, scratch
from fuzzing.mutations import Shape
from gateway.devices.subjects import SUBJECTS
from gateway.hostile_files import ROWS, SIDECAR, chunk, first_chunk, recording

_MOST_PACKETS: Final = 2000
COLUMNS: Final = b"t_s,ax_g,ay_g,az_g\n"


def take_recording(data: bytes) -> None:
    """Read a file as a recording, all that is in it."""
    opened = Recording.open(put("a.mcap", data))
    opened.losses()
    for packet in takewhile(lambda packet: packet.received_s >= 0.0, opened):
        assert packet.received_s <= min(opened.duration_s, LONGEST_SESSION_S)
    assert all(0.0 <= event.t_s <= LONGEST_SESSION_S for event in opened.events())
    check_header(opened.header)
    companions = CompanionReader(opened.header)
    for reading in companions.push(opened):
        assert all(np.isfinite(list(reading.values.values()))), "a companion's value is no number"
    check_order(decode(opened))


def take_records(data: bytes) -> None:
    """Read what stands in a chunk of a recording that has all else right, so that no checksum keeps it out."""
    take_recording(recording(first_chunk(), chunk(data)))


def take_fit(data: bytes) -> None:
    """Read bytes as a watch's run, as if its head and checksums were right, so that they keep nothing out."""
    body = data[12:-2]
    mended = bytes([12]) + data[1:4].ljust(3, b"\0") + len(body).to_bytes(4, "little") + b".FIT" + body
    take_fit_file(mended + compute_crc(mended).to_bytes(2, "little"))


def take_fit_file(data: bytes) -> None:
    """Read a file as a watch's run."""
    run = read_fit(put("a.fit", data))
    assert 0 < len(run.t_s) <= MOST_RECORDS
    assert np.all(np.diff(run.t_s) > 0.0), "times don't rise"
    for values in (run.cadence_spm, run.distance_m, run.speed_mps, run.heart_rate_bpm, run.latitude_deg):
        assert values.shape == run.t_s.shape
        assert not np.any(np.isinf(values)), "a value is no number"
    check_track(track_of(run))


def check_track(track: Track) -> None:
    """See that what a track tells of a run are numbers, and that it is kept as it is."""
    content = packed(track)
    assert packed(read_track(track.digest, content)) == content, "it reads back otherwise"
    nothing = Run("", None, 0.0, 0.0, 0.0, None, None, None, "", "", "", False, [], [])
    run = with_watch(nothing, track, is_alone=True)
    told = (run.duration_s, run.running_s, run.walking_s, run.distance_m, run.walking_m)
    assert all(value is None or 0.0 <= value < np.inf for value in told), "it tells no numbers"
    assert all(minute.end_s > minute.begin_s for minute in run.minutes)
    assert all(0.0 < speed < 50.0 for minute in run.minutes for speed in minute.speeds_mps.values())
    minutes_csv(run)


def check_order(blocks: Iterable[ImuBlock]) -> None:
    """See that each sensor's times go on; values are numbers, which every block sees to."""
    last_s: dict[str, float] = {}
    for block in blocks:
        assert block.t_s[0] > last_s.get(block.sensor_id, -np.inf), "time runs backwards"
        last_s[block.sensor_id] = float(block.t_s[-1])


def check_header(header: RecordingHeader) -> None:
    """See that a description that was read is written and read back, in all places where one is."""
    assert decode_header(encode_header(header)) == header, "it reads back otherwise"
    line = wire.json_line(wire.recording_object(header))
    assert line.isprintable(), "a line of JSON that is none"
    msgspec.json.decode(line)


def take_header(data: bytes) -> None:
    """Read a description, and compute a session of it, in which each sensor sends what its profile does."""
    header = decode_header(data)
    check_header(header)
    decoders_of(header)
    engine = SessionEngine(header)
    for recorded in header.recorded_sensors[:4]:
        engine.take([replace(packet, sensor_id=recorded.sensor.id) for packet in _sent().get(recorded.profile, ())])
    engine.end()
    wire.json_line(wire.summary_object(engine.summary(), engine.companions()))


@cache
def _sent() -> dict[str, list[RawPacket]]:
    return {subject.profile.name: heard(subject, Random(1), 20)[0] for subject in SUBJECTS}


def take_csv(data: bytes) -> None:
    """Import samples; each row that is taken comes out of the decoder."""
    put("a.json", SIDECAR)
    _take_samples(put("a.csv", data))


def take_sidecar(data: bytes) -> None:
    """Import samples with whatever describes them."""
    put("a.json", data)
    _take_samples(put("a.csv", COLUMNS + ROWS))


def _take_samples(path: Path) -> None:
    header, packets = read_session([path])
    check_header(header)
    blocks = list(decode_packets(header, packets))
    check_order(blocks)
    whole = read_samples(path).samples
    assert sum(map(len, blocks)) == len(whole.t_s), "rows are lost without a word"
    assert np.array_equal(np.concatenate([block.t_s for block in blocks]), whole.t_s), "times are others"


def take_names(data: bytes) -> None:
    """Export a session of hostile names, and read it back; no file lies elsewhere."""
    header = decode_header(data)
    recorded = tuple(
        RecordedSensor(replace(sensor, has_gyro=False), samples.NAME) for sensor in header.session.sensors[:3]
    )
    session = replace(header.session, sensors=tuple(one.sensor for one in recorded))
    header = RecordingHeader(session, recorded)
    rows = np.fromstring(ROWS.replace(b"\n", b",").rstrip(b","), sep=",").reshape(-1, 4)[:20]
    content = samples.encode(samples.Samples(rows[:, 0], rows[:, 1:], None))
    packets = [RawPacket(0.1, one.sensor.id, samples.NAME, content) for one in recorded]
    given = Input("names", header, packets, 0.1)
    folder = scratch() / "export"
    shutil.rmtree(folder, ignore_errors=True)
    tables = export_csv(given, folder / "csv")
    motions = export_motion_bids(given, folder / "bids")
    assert len(set(tables)) == len(set(motions)) == len(recorded), "two sensors in one file"
    assert {path.parent for path in tables} <= {folder / "csv"}, "a file lies elsewhere"
    assert {path.parents[2] for path in motions} <= {folder / "bids"}, "a file lies elsewhere"
    for path, one in zip(tables, recorded, strict=True):
        described = msgspec.json.decode(path.with_suffix(".json").read_bytes())["sensors"]
        assert [sensor["id"] for sensor in described] == [one.sensor.id], "a name is another"


def take_sensors_toml(data: bytes) -> None:
    """Read the owner's sensors, and write them again."""
    path = put("sensors.toml", data)
    found = paired.load(path)
    try:
        paired.save(path, found)
        assert paired.load(path) == found, "they read back otherwise"
    except GatewayError as error:
        raise AssertionError(f"what was read can't be written: {error}") from error


DOORS: Final = (
    Door("recording", "a recording, MCAP", take_recording, most_bytes=8192),
    Door("recording-records", "what stands in a chunk of a recording", take_records, most_bytes=4096),
    Door("header", "a recording's description, JSON", take_header, Shape.JSON),
    Door("csv", "samples, CSV", take_csv, Shape.TEXT, most_bytes=16_384),
    Door("csv-sidecar", "a sidecar, JSON", take_sidecar, Shape.JSON, most_bytes=2048),
    Door("export-names", "names of sensors that become files, JSON", take_names, Shape.JSON),
    Door("fit", "a watch's run, FIT, its length and checksums mended", take_fit, most_bytes=8192),
    Door("fit-file", "a watch's run as a file, FIT, also packed", take_fit_file, most_bytes=8192),
    Door("sensors-toml", "sensors.toml", take_sensors_toml, Shape.TEXT, most_bytes=2048),
)
