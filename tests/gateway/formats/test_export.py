"""Import and export lose nothing: the same numbers come out, and reading them again gives the same blocks."""

import csv
import importlib
import itertools
import json
import math
import struct
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall_gateway.devices import footfall, samples
from footfall_gateway.formats import ExportError, export_csv, export_motion_bids, export_parquet
from footfall_gateway.formats.export_files import LONGEST_STEM_BYTES, file_stems
from footfall_gateway.formats.outside_units import in_unit
from footfall_gateway.formats.samples_csv import COLUMNS, import_csv
from footfall_gateway.packets import RawPacket, RecordedSensor, RecordingHeader
from footfall_gateway.recordings.decoding import decode
from footfall_gateway.recordings.header import decode_header
from footfall_gateway.recordings.recording import Recording, RecordingWriter
from footfall_processing.samples import FloatArray
from footfall_processing.session import Placement, Sensor, Session, Side
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

RECORDINGS = Path(__file__).parents[3] / "recordings"
STARTED = datetime(2026, 11, 21, 8, 15, tzinfo=UTC)


def sensor(sensor_id: str, *, has_gyro: bool = True, placement: Placement = Placement.FOOT) -> Sensor:
    return Sensor(
        id=sensor_id,
        placement=placement,
        side=Side.LEFT,
        sampling_rate_hz=200.0,
        acc_range_mps2=16 * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=2000 * RADIANS_PER_DEGREE if has_gyro else None,
        has_gyro=has_gyro,
    )


def footfall_packets(sensor_id: str, *, has_gyro: bool, count: int = 60, seed: int = 5) -> Iterator[RawPacket]:
    """Send what a Footfall sensor does: standing, then codes all over the range; two packets are lost on the way."""
    generator = np.random.default_rng(seed)
    n = footfall.samples_per_packet(has_gyro=has_gyro)
    for number in range(count):
        spread = 20 if number < count // 2 else 9000
        acc = generator.integers(-spread, spread, (n, 3)) + np.array([0, 0, 2048])
        gyr = generator.integers(-32768, 32767, (n, 3))
        if number in (20, 21):
            continue
        yield RawPacket(
            received_s=(number + 1) * n / 200.0 + 0.03,
            sensor_id=sensor_id,
            characteristic=footfall.SAMPLES,
            data=footfall.encode_samples(
                footfall.SamplesPacket(
                    sequence=number,
                    device_time_us=number * n * 5000,
                    interval_ns=5_000_000,
                    acc_range_g=16,
                    gyro_range_dps=2000 if has_gyro else None,
                    acc=acc.astype(np.int16),
                    gyr=gyr.astype(np.int16) if has_gyro else None,
                )
            ),
        )


def record_footfall(path: Path, *, started_utc: datetime | None = STARTED) -> Recording:
    foot, shin = sensor("foot left/1"), sensor("shank", has_gyro=False, placement=Placement.SHANK)
    header = RecordingHeader(
        Session("20261121T081500Z", started_utc, (foot, shin), "footfall 0.1.0"),
        (RecordedSensor(foot, "footfall", address="AA:BB", name="Pod"), RecordedSensor(shin, "footfall")),
    )
    packets = itertools.chain(footfall_packets(foot.id, has_gyro=True), footfall_packets(shin.id, has_gyro=False))
    with RecordingWriter(path, header) as writer:
        for packet in sorted(packets, key=lambda packet: packet.received_s):
            writer.write(packet)
    return Recording.open(path)


def tables(recording: Recording) -> dict[str, FloatArray]:
    """Time and SI values of each sensor, one row a sample."""
    rows = defaultdict(list)
    for block in decode(recording):
        parts = [block.t_s[:, np.newaxis], block.acc_mps2]
        rows[block.sensor_id].append(np.hstack(parts if block.gyr_radps is None else [*parts, block.gyr_radps]))
    return {sensor_id: np.concatenate(parts) for sensor_id, parts in rows.items()}


def same(left: dict[str, FloatArray], right: dict[str, FloatArray]) -> bool:
    return left.keys() == right.keys() and all(np.array_equal(left[key], right[key]) for key in left)


def test_a_recording_survives_csv_bit_for_bit(tmp_path: Path) -> None:
    recording = record_footfall(tmp_path / "run.mcap")
    paths = export_csv(recording, tmp_path / "out")
    assert [path.name for path in paths] == ["foot-left-1.csv", "shank.csv"]
    header = import_csv(paths, tmp_path / "again.mcap")
    again = Recording.open(tmp_path / "again.mcap")

    before = tables(recording)
    assert before["foot left/1"].shape == (58 * 19, 7)
    assert np.diff(before["foot left/1"][:, 0]).max() > 0.19, "the lost packets leave a gap"
    assert same(tables(again), before)
    assert header.session.sensors == recording.header.session.sensors
    assert header.session.started_utc == STARTED
    assert again.header == header

    twice = export_csv(again, tmp_path / "out2")
    assert [path.read_bytes() for path in twice] == [path.read_bytes() for path in paths]


def small_numbers(low: float, high: float) -> st.SearchStrategy[float]:
    """Short decimals as loggers write them, and any double."""
    decimals = st.integers(math.ceil(low * 10_000), math.floor(high * 10_000)).map(lambda number: number / 10_000)
    return st.one_of(st.floats(low, high), decimals)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            small_numbers(0.0041, 0.0059) | st.just(1.5),
            *[small_numbers(-0.1, 0.1)] * 2,
            small_numbers(0.9, 1.1),
            *[small_numbers(-2000, 2000)] * 3,
        ),
        min_size=2,
        max_size=40,
    ),
    begin_s=small_numbers(-1e6, 1e6),
    has_gyro=st.booleans(),
)
def test_imported_numbers_come_out_as_they_went_in(
    rows: list[tuple[float, ...]], begin_s: float, has_gyro: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("round")
    t_s = np.cumsum([begin_s, *[row[0] for row in rows]])[:-1]
    columns = COLUMNS if has_gyro else COLUMNS[:4]
    table = [[float(t), *row[1:]][: len(columns)] for t, row in zip(t_s, rows, strict=True)]
    rate_hz = float(1 / np.median(np.diff(t_s)))
    source = folder / "a.csv"
    source.write_text("\n".join([",".join(columns), *(",".join(map(repr, row)) for row in table), ""]))
    described = {"id": "a", "placement": "shank", "rate_hz": max(rate_hz, 10.0), "acc_range_g": 15.9}
    source.with_suffix(".json").write_text(json.dumps({"sensors": [described]}))
    if not 10 <= rate_hz <= 1000:
        return

    import_csv([source], folder / "a.mcap")
    (out,) = export_csv(Recording.open(folder / "a.mcap"), folder / "out")

    with out.open() as file:
        assert [tuple(next(csv.reader(file)))] == [columns]
        assert [[float(field) for field in row] for row in csv.reader(file)] == table
    assert json.loads(out.with_suffix(".json").read_text()) == {"sensors": [described]}


@given(code=st.integers(-32768, 32767), full_scale=st.sampled_from([2, 4, 8, 16, 125, 250, 500, 1000, 2000, 4000]))
def test_codes_come_back_from_si_exactly(code: int, full_scale: int) -> None:
    for factor in (STANDARD_GRAVITY_MPS2, RADIANS_PER_DEGREE):
        value = code * (full_scale / 32768)
        (again,) = in_unit(np.array([value * factor]), factor).tolist()
        assert again * factor == value * factor
        if full_scale in (16, 2000):
            assert again == value, "the number that the sensor meant, with no digits added"


def test_parquet_holds_the_same_numbers_and_says_their_units(tmp_path: Path) -> None:
    recording = record_footfall(tmp_path / "run.mcap")
    csv_paths = export_csv(recording, tmp_path / "csv")
    paths = export_parquet(recording, tmp_path / "parquet")
    assert [path.stem for path in paths] == [path.stem for path in csv_paths]
    for csv_path, path in zip(csv_paths, paths, strict=True):
        table = pq.read_table(path)
        expected = np.loadtxt(csv_path, delimiter=",", skiprows=1)
        assert np.array_equal(np.column_stack([column.to_numpy() for column in table.columns]), expected)
        assert table.column_names == csv_path.read_text().split("\n")[0].split(",")
        units = [table.schema.field(name).metadata[b"unit"].decode() for name in table.column_names]
        assert units == ["s", "g", "g", "g", "deg/s", "deg/s", "deg/s"][: len(units)]
        assert decode_header(table.schema.metadata[b"footfall.header"]) == recording.header


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = record_footfall(tmp_path / "run.mcap")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExportError, match="pip install"):
        export_parquet(recording, tmp_path / "out")


def test_exports_do_not_load_pyarrow_for_others() -> None:
    module = importlib.import_module("footfall_gateway.formats.parquet")
    assert "pa" not in vars(module)


def test_motion_bids_has_what_the_standard_requires(tmp_path: Path) -> None:
    recording = record_footfall(tmp_path / "run.mcap")
    root = tmp_path / "bids"
    paths = export_motion_bids(recording, root, subject="anna", task="intervals")
    assert [str(path.relative_to(root)) for path in paths] == [
        "sub-anna/motion/sub-anna_task-intervals_tracksys-footleft1_motion.tsv",
        "sub-anna/motion/sub-anna_task-intervals_tracksys-shank_motion.tsv",
    ]
    description = json.loads((root / "dataset_description.json").read_text())
    assert {"Name", "BIDSVersion", "DatasetType"} <= description.keys()
    assert (root / "participants.tsv").read_text() == "participant_id\nsub-anna\n"
    scans = (root / "sub-anna" / "sub-anna_scans.tsv").read_text().splitlines()
    assert scans[0] == "filename\tacq_time"
    for path, scan, table in zip(paths, scans[1:], tables(recording).values(), strict=True):
        assert scan == f"motion/{path.name}\t2026-11-21T08:15:00.000000Z"
        assert np.array_equal(np.loadtxt(path, delimiter="\t"), table), "SI, no header line, gaps stay gaps"
        fields = json.loads(path.with_suffix(".json").read_text())
        assert {"TaskName", "SamplingFrequency"} <= fields.keys()
        assert fields["SamplingFrequencyEffective"] == pytest.approx(200 * 58 / 60, rel=0.01)
        channels = path.with_name(path.name.replace("_motion.tsv", "_channels.tsv")).read_text().splitlines()
        rows = [dict(zip(channels[0].split("\t"), line.split("\t"), strict=True)) for line in channels[1:]]
        assert list(rows[0]) == ["name", "component", "type", "tracked_point", "units", "reference_frame"]
        assert len(rows) == table.shape[1] == fields["MotionChannelCount"]
        kinds = [row["type"] for row in rows]
        assert kinds == ["LATENCY", *["ACCEL"] * 3, *["GYRO"] * fields["GYROChannelCount"]]
        levels = json.loads(path.with_name(path.name.replace("_motion.tsv", "_channels.json")).read_text())
        assert {row["reference_frame"] for row in rows[1:]} == set(levels["reference_frame"]["Levels"])


def test_motion_bids_refuses_labels_that_the_standard_does_not_allow(tmp_path: Path) -> None:
    recording = record_footfall(tmp_path / "run.mcap")
    with pytest.raises(ExportError, match="subject label 'a_b'"):
        export_motion_bids(recording, tmp_path / "bids", subject="a_b")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    recording = record_footfall(tmp_path / "run.mcap")
    for export in (export_csv, export_parquet, export_motion_bids):
        export(recording, tmp_path / export.__name__)
        with pytest.raises(ExportError, match="exists already and is not overwritten"):
            export(recording, tmp_path / export.__name__)


def test_an_unwritable_folder_gets_one_line(tmp_path: Path) -> None:
    recording = record_footfall(tmp_path / "run.mcap")
    (tmp_path / "file").write_text("")
    for export in (export_csv, export_parquet, export_motion_bids):
        with pytest.raises(ExportError, match=r"file.* can't be written \(Not a directory\)"):
            export(recording, tmp_path / "file" / "out")


def test_sensors_without_samples_are_left_out_and_like_names_kept_apart(tmp_path: Path) -> None:
    described = tuple(sensor(sensor_id) for sensor_id in ("a b", "a-b", "A/B", "silent"))
    header = RecordingHeader(
        Session("s", None, described, "footfall"), tuple(RecordedSensor(one, samples.NAME) for one in described)
    )
    with RecordingWriter(tmp_path / "run.mcap", header) as writer:
        for number, one in enumerate(described[:3]):
            table = samples.Samples(np.array([0.5 + number]), np.full((1, 3), 0.1), np.zeros((1, 3)))
            writer.write(RawPacket(1.0, one.id, samples.NAME, samples.encode(table)))
            writer.write(RawPacket(1.0, one.id, samples.NAME, struct.pack("<H", 7)))
    recording = Recording.open(tmp_path / "run.mcap")
    paths = export_csv(recording, tmp_path / "out")
    assert [path.name for path in paths] == ["a-b.csv", "a-b-2.csv", "A-B-3.csv"]
    assert [path.read_text().splitlines()[1].split(",")[0] for path in paths] == ["0.5", "1.5", "2.5"]
    assert len(export_motion_bids(recording, tmp_path / "bids")) == 3


def test_a_sensor_s_name_stays_readable_and_its_own_in_any_script() -> None:
    def stems(*ids: str, ascii_only: bool = False) -> list[str]:
        return [*file_stems([replace(sensor("x"), id=id_) for id_ in ids], ascii_only=ascii_only).values()]

    assert stems("левая-нога", "правая-нога", "左足", "बायाँ पैर") == ["левая-нога", "правая-нога", "左足", "बायाँ-पैर"]
    assert stems("foot left/1", "foot-left 1", "FOOT:left:1") == ["foot-left-1", "foot-left-1-2", "FOOT-left-1-3"]
    assert stems("../..", "🦶") == ["foot-left", "foot-left-2"], "no letter, no digit: after where it is worn"
    assert stems("foot-left", "левая-нога", "左足", ascii_only=True) == ["footleft", "footleft2", "footleft3"]
    assert stems("é", "e\u0301") == ["é", "é-2"], "one name to a file system"
    long = ["左" * 90 + end for end in "12"]
    assert len(set(stems(*long))) == 2
    assert all(len(stem.encode()) <= LONGEST_STEM_BYTES for stem in stems(*long))
    assert stems(*long)[0].startswith("左左左")


@given(st.lists(st.text(max_size=300), min_size=1, max_size=5, unique=True))
def test_no_two_sensors_share_a_file(ids: list[str]) -> None:
    sensors = [replace(sensor("x"), id=id_) for id_ in ids if id_]
    for ascii_only in (False, True):
        stems = file_stems(sensors, ascii_only=ascii_only)
        assert stems.keys() == {one.id for one in sensors}
        assert len({stem.casefold() for stem in stems.values()}) == len(sensors)
        for stem in stems.values():
            assert 0 < len(stem.encode()) <= LONGEST_STEM_BYTES + 3
            assert not set('/\\:*?"<>|\0\n') & set(stem)
            assert stem.strip("-.") == stem
            assert not ascii_only or (stem.isascii() and stem.isalnum())


@pytest.mark.parametrize("path", sorted(RECORDINGS.glob("*.mcap")), ids=lambda path: path.stem)
def test_curated_recordings_survive_csv_bit_for_bit(path: Path, tmp_path: Path) -> None:
    recording = Recording.open(path)
    import_csv(export_csv(recording, tmp_path / "out"), tmp_path / "again.mcap")
    assert same(tables(Recording.open(tmp_path / "again.mcap")), tables(recording))
