"""CSV in: what is right is read exactly, what is wrong is refused in one line that names the place and the remedy."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway.devices import samples
from footfall_gateway.formats.plausibility import check_samples
from footfall_gateway.formats.samples_csv import COLUMNS, read_samples, read_session
from footfall_gateway.recordings.decoding import decode_packets
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray
from footfall_processing.session import Placement, Side
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

HEADER = ",".join(COLUMNS)


def describe(csv: Path, **changes: object) -> None:
    sensor = {
        "id": csv.stem,
        "placement": "foot",
        "side": "right",
        "rate_hz": 100,
        "acc_range_g": 16,
        "gyro_range_dps": 2000,
    }
    csv.with_suffix(".json").write_text(json.dumps({"sensors": [sensor | changes]}))


def running(rows: int = 1000, rate_hz: float = 100.0) -> FloatArray:
    """Something like a running foot: t_s, three axes of g, three of degrees a second; a quiet second first."""
    t_s = np.arange(rows) / rate_hz
    swing = np.sin(2 * np.pi * 1.4 * t_s) * (t_s > 1.0)
    stamp = 6.0 * np.clip(np.sin(2 * np.pi * 1.4 * t_s + 1.0), 0.7, None) * (t_s > 1.0) - 4.2 * (t_s > 1.0)
    return np.column_stack(
        [t_s, 0.1 + 0 * t_s, 1.2 * swing, 0.995 + stamp + np.abs(swing), 20 * swing, -350 * swing, 1 + 0 * t_s]
    )


def write(csv: Path, table: FloatArray, **changes: object) -> Path:
    lines = [",".join(f"{value:.6f}" for value in row) for row in table]
    csv.write_text("\n".join([",".join(COLUMNS[: table.shape[1]]), *lines, ""]))
    describe(csv, **changes)
    return csv


def test_numbers_are_read_bit_for_bit(tmp_path: Path) -> None:
    csv = write(tmp_path / "foot-right.csv", running())
    file = read_samples(csv)
    expected = [[float(field) for field in line.split(",")] for line in csv.read_text().splitlines()[1:]]
    assert np.array_equal(file.samples.t_s, [row[0] for row in expected])
    assert np.array_equal(file.samples.acc_g, [row[1:4] for row in expected])
    assert file.samples.gyro_dps is not None
    assert np.array_equal(file.samples.gyro_dps, [row[4:] for row in expected])
    assert (file.sensor.id, file.sensor.placement, file.sensor.side) == ("foot-right", Placement.FOOT, Side.RIGHT)
    assert file.sensor.acc_range_mps2 == 16 * STANDARD_GRAVITY_MPS2
    assert file.sensor.gyro_range_radps == 2000 * RADIANS_PER_DEGREE


@given(
    acc=st.lists(st.floats(-16, 16, allow_subnormal=True), min_size=3, max_size=30),
    style=st.sampled_from([repr, "{:+.17g}".format, "{:.9e}".format, " {:.3f} ".format]),
)
def test_any_notation_gives_what_python_reads(
    acc: list[float], style: Callable[[float], str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    csv = tmp_path_factory.mktemp("notation") / "a.csv"
    quiet = running(100)[:, :4]
    rows = [[repr(float(value)) for value in row] for row in quiet]
    for row, value in zip(rows, acc, strict=False):
        row[2] = style(value)
    csv.write_text("\n".join(["t_s,ax_g,ay_g,az_g", *(",".join(row) for row in rows)]) + "\n")
    describe(csv, acc_range_g=None)
    assert read_samples(csv).samples.acc_g[:, 1].tolist() == [float(row[2]) for row in rows]


def test_an_accelerometer_alone_needs_no_gyroscope_columns(tmp_path: Path) -> None:
    file = read_samples(write(tmp_path / "a.csv", running()[:, :4]))
    assert file.samples.gyro_dps is None
    assert not file.sensor.has_gyro
    assert file.sensor.gyro_range_radps is None


def test_line_ends_byte_order_mark_and_blank_last_lines_do_not_matter(tmp_path: Path) -> None:
    csv = write(tmp_path / "a.csv", running())
    plain = read_samples(csv).samples
    csv.write_bytes(b"\xef\xbb\xbf" + csv.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\r\n")
    other = read_samples(csv).samples
    assert np.array_equal(plain.t_s, other.t_s)
    assert np.array_equal(plain.acc_g, other.acc_g)


def test_several_files_are_one_session_on_one_time_axis(tmp_path: Path) -> None:
    left = write(tmp_path / "left.csv", running(450), side="left")
    late = running(400)
    late[:, 0] += 2.125
    late = np.delete(late, slice(200, 260), axis=0)
    right = write(tmp_path / "right.csv", late[:, :4], placement="shank", side=None)

    header, packets = read_session([left, right])

    assert [sensor.id for sensor in header.session.sensors] == ["left", "right"]
    assert header.session.started_utc is None
    assert [packet.received_s for packet in packets] == sorted(packet.received_s for packet in packets)
    assert {packet.characteristic for packet in packets} == {samples.NAME}
    blocks = list(decode_packets(header, packets))
    t_s = np.concatenate([block.t_s for block in blocks if block.sensor_id == "right"])
    assert np.array_equal(t_s, read_samples(right).samples.t_s)
    assert np.diff(t_s).max() == pytest.approx(0.61), "a gap stays a gap"
    assert len(np.concatenate([block.t_s for block in blocks if block.sensor_id == "left"])) == 450


def test_the_session_id_depends_on_content_alone(tmp_path: Path) -> None:
    first = write(tmp_path / "my run (1).csv", running())
    header, _ = read_session([first])
    assert read_session([first])[0] == header
    assert header.session.id.startswith("my-run-1-")
    describe(first, side="left")
    assert read_session([first])[0].session.id != header.session.id


def test_half_an_hour_is_read_well_under_a_second(tmp_path: Path) -> None:
    csv = write(tmp_path / "a.csv", running(36_000, 200.0), rate_hz=200)
    head, _, body = csv.read_bytes().partition(b"\n")
    csv.write_bytes(head + b"\n" + body * 10)
    began = time.process_time()
    with pytest.raises(InputError, match="line 36002, column t_s: time runs backwards"):
        read_samples(csv)
    assert time.process_time() - began < 2.0


def refuse(csv: Path, match: str) -> None:
    with pytest.raises(InputError, match=match) as raised:
        read_session([csv])
    text = str(raised.value)
    assert "\n" not in text
    assert text.startswith(str(csv.with_suffix("")))


@pytest.mark.parametrize(
    ("first_line", "match"),
    [
        ("t_s,ax_g,ay_g,az_g,gx_dps,gy_dps", r"line 1: column 'gz_dps' is missing"),
        ("t_s,ax,ay,az,gx,gy,gz", r"line 1: column 'ax' is not known; did you mean 'ax_g'\?"),
        ("time,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps", r"line 1: column 'time' is not known"),
        ("T_S,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps", r"did you mean 't_s'\?"),
        ("ax_g,ay_g,az_g,t_s,gx_dps,gy_dps,gz_dps", r"another order; the first line must be t_s,ax_g"),
        ("t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps,temp_c", r"line 1: column 'temp_c' is not known"),
        ("t_s;ax_g;ay_g;az_g", r"line 1: values are separated by ;; save with commas"),
        ('"t_s","ax_g","ay_g","az_g"', r"line 1: names stand in quotes; save without quotes"),
        ("0.0,0.1,0.2,0.9,1,2,3", r"line 1: has numbers where the column names belong"),
        ("t_s,ax_g,ay_g,az_g", r"line 2: has 7 values, not 4"),
    ],
)
def test_wrong_columns(tmp_path: Path, first_line: str, match: str) -> None:
    csv = write(tmp_path / "a.csv", running())
    csv.write_text(csv.read_text().replace(HEADER, first_line))
    refuse(csv, match)


@pytest.mark.parametrize(("separator", "name"), [(";", ";"), ("\t", "tabs")])
def test_a_spreadsheet_s_decimal_commas_are_named(tmp_path: Path, separator: str, name: str) -> None:
    csv = write(tmp_path / "a.csv", running())
    csv.write_text(csv.read_text().replace(",", separator).replace(".", ","))
    refuse(csv, rf"line 1: values are separated by {name} and numbers have decimal commas \(line 2: 0,0.*English")


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("0.18,0.1,abc,0.9,1,2,3", r"line 20, column ay_g: 'abc' is not a number"),
        ("0.18,0.1,0.2,,1,2,3", r"line 20, column az_g: has no value"),
        ("0.18,0.1,0.2,nan,1,2,3", r"line 20, column az_g: nan is not a measured value; remove the line"),
        ("0.18,0.1,0.2,0.9,1,-inf,3", r"line 20, column gy_dps: -inf is not a measured value"),
        ("0.18,0.1,0.2,0.9,1e999,2,3", r"line 20, column gx_dps: 1e999 is not a measured value"),
        ("0.18,0.1,0.2,0.9,1,2", r"line 20: has 6 values, not 7"),
        ("0.18,0.1,0.2,0.9,1,2,3,4", r"line 20: has 8 values, not 7"),
        ("0.18,0.1,0.2,0.9,1,2\n3", r"line 20: has 6 values, not 7"),
        ("0.18,0.1,0.2,0.9,1,2,3]", r"line 20, column gz_dps: '3\]' is not a number"),
        ("0.18,0.1,0.2,0.9,1,2,1_000", r"line 20, column gz_dps: '1_000' is not a number"),
        ('"0.18","0.1","0.2","0.9","1","2","3"', r'line 20, column t_s: "0.18" stands in quotes; save without quotes'),
        ("0,18,0,1,0,2,0,9,1,2,3", r"line 20: numbers have decimal commas \(0,18,0,1.*\); save with commas between"),
        ('"0,18","0,1","0,2","0,9","1","2","3"', r"line 20: numbers have decimal commas"),
        ("0,18;0,1;0,2;0,9;1;2;3", r"line 20: values are separated by semicolons, .* and numbers have decimal commas"),
        ("0.18;0.1;0.2;0.9;1;2;3", r"line 20: values are separated by semicolons, the column names by commas; save"),
        ("0.18\t0.1\t0.2\t0.9\t1\t2\t3", r"line 20: values are separated by tabs"),
        ("", r"line 20: is empty; remove it"),
        ("0.17,0.1,0.2,0.9,1,2,3", r"line 20, column t_s: time stands still at 0.17"),
        ("0.05,0.1,0.2,0.9,1,2,3", r"line 20, column t_s: time runs backwards from 0.17 to 0.05"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, match: str) -> None:
    csv = write(tmp_path / "a.csv", running())
    lines = csv.read_text().split("\n")
    lines[19] = line
    csv.write_text("\n".join(lines))
    refuse(csv, match)


def test_a_wrong_line_is_named_in_a_long_file(tmp_path: Path) -> None:
    csv = write(tmp_path / "a.csv", running(20_000))
    lines = csv.read_text().split("\n")
    lines[15_000] = lines[15_000].replace(",0.1", ",O.1", 1)
    csv.write_text("\n".join(lines))
    refuse(csv, r"line 15001, column ax_g: 'O.100000' is not a number")


@pytest.mark.parametrize(("dropped", "match"), [(3, "within this number"), (9, "within this line, after 6 of 7")])
def test_a_file_cut_off_in_its_last_line(tmp_path: Path, dropped: int, match: str) -> None:
    csv = write(tmp_path / "a.csv", running())
    csv.write_text(csv.read_text()[: -1 - dropped])
    refuse(csv, rf"line 1001.*{match}.*copy the file again")


def test_a_last_line_without_its_end_is_whole_when_all_digits_are_there(tmp_path: Path) -> None:
    csv = write(tmp_path / "a.csv", running())
    csv.write_text(csv.read_text()[:-1])
    assert len(read_samples(csv).samples.t_s) == 1000


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (HEADER.encode(), "holds no samples"),
        (HEADER.encode() + b"\n\n", "holds no samples"),
        (HEADER.encode() + b"\n0,0,0,1,0,0,0\n", "single sample"),
        (HEADER.encode("utf-16"), "is not plain text"),
        (bytes(range(1, 256)), "is not known"),
    ],
)
def test_files_without_samples(tmp_path: Path, content: bytes, match: str) -> None:
    csv = tmp_path / "a.csv"
    csv.write_bytes(content)
    describe(csv)
    refuse(csv, match)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    refuse(tmp_path / "a.csv", "can't be read.*No such file")


@pytest.mark.parametrize(
    ("columns", "factor", "match"),
    [
        (slice(1, 4), 9.80665, r"at rest the magnitude is 9.81, but.*m/s²; divide by 9.80665"),
        (slice(1, 4), 1000.0, r"at rest the magnitude is 1e\+03.*thousandths of g"),
        (slice(1, 4), 0.05, r"at rest the magnitude is 0.0.*gravity"),
        (slice(4, 7), RADIANS_PER_DEGREE, r"columns gx_dps.*reach only 6.11.*multiply by 57.29578"),
        (slice(4, 7), 0.0, r"if the gyroscope was off"),
        (slice(0, 1), 1000.0, r"column t_s: 0.1 samples a second.*milliseconds; give seconds"),
        (slice(0, 1), 2.0, r"column t_s: 50 samples a second, but the sidecar says 100 Hz; correct rate_hz"),
        (slice(0, 1), 0.5, r"column t_s: 200 samples a second, but the sidecar says 100 Hz"),
    ],
)
def test_wrong_units(tmp_path: Path, columns: slice, factor: float, match: str) -> None:
    table = running()
    table[:, columns] *= factor
    refuse(write(tmp_path / "a.csv", table, acc_range_g=None), match)


def test_wrong_units_without_a_second_of_rest(tmp_path: Path) -> None:
    table = running()[100:]
    table[:, 1:4] *= STANDARD_GRAVITY_MPS2
    refuse(write(tmp_path / "a.csv", table, acc_range_g=None), r"the median magnitude is 20.6.*m/s²")
    refuse(write(tmp_path / "b.csv", running()[100:] * [1, 0.1, 0.1, 0.1, 1, 1, 1]), r"gravity seems to be removed")


def test_a_link_that_loses_most_samples_has_no_wrong_rate(tmp_path: Path) -> None:
    table = running(3000)
    kept = np.random.default_rng(2).random(3000) < 0.3
    table[:, 0] += 5e8  # seconds since an epoch
    assert len(read_samples(write(tmp_path / "a.csv", table[kept])).samples.t_s) == np.count_nonzero(kept)


def test_values_beyond_the_stated_range(tmp_path: Path) -> None:
    refuse(write(tmp_path / "a.csv", running(), acc_range_g=2), r"beyond the sensor's ±2 g.*acc_range_g")


def test_standing_and_fast_running_are_plausible(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    still = np.column_stack([np.arange(500) / 100, generator.normal([0.1, 0.2, 0.97, 0, 0, 0], 0.005, (500, 6))])
    read_samples(write(tmp_path / "still.csv", still))
    fast = running(1000)[100:]
    fast[:, 1:4] *= 2.5
    read_samples(write(tmp_path / "fast.csv", fast))


@pytest.mark.parametrize(
    ("sidecar", "match"),
    [
        (None, r"has no sidecar a.json; write one beside it, such as \{"),
        ("", r"a.json: .*a sidecar looks like"),
        ("{", r"a.json: .*truncated; a sidecar looks like"),
        ("[]", r"a.json: Expected `object`"),
        ('{"sensors": []}', r"describes no sensors, but a.csv holds one"),
        ('{"sensors": [{"id": "a", "placement": "foot", "rate_hz": 1}, {"id": "b", "placement": "x", "rate_hz": 9}]}',
         r"describes 2 sensors"),
        ('{"sensors": [{"id": "a", "placement": "hip", "rate_hz": 100}]}',
         r"placement 'hip' is not known; use 'foot' or 'shank'"),
        ('{"sensors": [{"id": "a", "placement": "foot", "side": "Left", "rate_hz": 100}]}',
         r"side 'Left' is not known; use 'left' or 'right'"),
        ('{"sensors": [{"id": "a", "placement": "foot"}]}', r"missing required field `rate_hz`"),
        ('{"sensors": [{"id": "", "placement": "foot", "rate_hz": 100}]}', r"a sensor needs an id"),
        ('{"sensors": [{"id": "a", "placement": "foot", "rate_hz": "100"}]}', r"Expected `float`"),
        ('{"sensors": [{"id": "a", "placement": "foot", "rate_hz": 100, "acc_range_g": 0}]}', r"> 0.*acc_range_g"),
        ('{"sensors": [{"id": "a", "placement": "foot", "rate_hz": 2}]}', r"sampling rate 2.0 Hz is not within"),
    ],
)  # fmt: skip
def test_a_wrong_sidecar(tmp_path: Path, sidecar: str | None, match: str) -> None:
    csv = write(tmp_path / "a.csv", running())
    csv.with_suffix(".json").unlink()
    if sidecar is not None:
        csv.with_suffix(".json").write_text(sidecar)
    refuse(csv, match)


def test_two_files_of_one_sensor(tmp_path: Path) -> None:
    left = write(tmp_path / "left.csv", running(), id="foot")
    right = write(tmp_path / "right.csv", running(), id="foot")
    with pytest.raises(InputError, match=r"right.json: sensor id 'foot' is also that of left.csv"):
        read_session([left, right])
    with pytest.raises(InputError, match=r"also that of left.csv"):
        read_session([left, tmp_path / "left.csv"])
    with pytest.raises(InputError, match="name at least one"):
        read_session([])


@pytest.mark.shared
def test_real_recordings_are_plausible_and_in_other_units_refused(shared_data: Path) -> None:
    for csv in sorted(shared_data.glob("*/*.csv")):
        file = read_samples(csv)
        table = file.samples
        header, packets = read_session([csv])
        assert sum(len(block) for block in decode_packets(header, packets)) == len(table.t_s)
        with pytest.raises(InputError, match="m/s²"):
            check_samples(csv, file.sensor, replace(table, acc_g=table.acc_g * STANDARD_GRAVITY_MPS2))
        if table.gyro_dps is not None and "pyshoe" not in csv.parent.name:  # some of those hardly move
            with pytest.raises(InputError, match="rad/s"):
                check_samples(csv, file.sensor, replace(table, gyro_dps=table.gyro_dps * RADIANS_PER_DEGREE))


def test_the_documented_example_is_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "csv-format.md").read_text()
    csv = tmp_path / "NAME.csv"
    csv.write_text(text.split("```csv\n")[1].split("```")[0])
    csv.with_suffix(".json").write_text(text.split("```json\n")[1].split("```")[0])
    header, packets = read_session([csv])
    assert header.session.started_utc == datetime(2026, 11, 21, 8, 15, tzinfo=UTC)
    (block,) = decode_packets(header, packets)
    assert block.t_s.tolist() == [0.0, 0.005, 0.01]


def test_when_second_0_was_must_be_said_with_a_time_zone_and_alike(tmp_path: Path) -> None:
    left, right = write(tmp_path / "left.csv", running()), write(tmp_path / "right.csv", running())
    sidecar = json.loads(left.with_suffix(".json").read_text())
    left.with_suffix(".json").write_text(json.dumps(sidecar | {"started_utc": "2026-11-21T08:15:00Z"}))
    with pytest.raises(InputError, match=r"right.json: started_utc differs from that of left.csv"):
        read_session([left, right])
    left.with_suffix(".json").write_text(json.dumps(sidecar | {"started_utc": "2026-11-21T08:15:00"}))
    refuse(left, r"started_utc has no time zone; end it with Z")
