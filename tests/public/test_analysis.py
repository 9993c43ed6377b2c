"""A researcher's way: read or take arrays, analyse, get tables; the numbers are those of the command."""

import csv
import math
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import footfall
from footfall import Analysis, InputError, Recording, SensorSamples
from gateway.command_line import RECORDINGS
from gateway.command_line import footfall as command

SHINS = RECORDINGS / "shin-pair.mcap"


@pytest.fixture(scope="module")
def recording() -> Recording:
    return footfall.read(SHINS)


@pytest.fixture(scope="module")
def analysis(recording: Recording) -> Analysis:
    return footfall.analyze(recording)


def rows(table: footfall.Table) -> list[dict[str, Any]]:
    lists = {name: column.tolist() for name, column in table.columns.items()}
    return [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]


def test_the_example_comes_with_footfall() -> None:
    example = footfall.read(footfall.example_recording())
    assert example.name == "rearfoot-runner.mcap"
    assert [sensor.id for sensor in example.sensors] == ["foot-left", "foot-right"]
    assert example.remarks == ()
    assert footfall.example_recording().read_bytes() == (RECORDINGS / "rearfoot-runner.mcap").read_bytes()


def test_the_table_holds_the_numbers_of_the_command(analysis: Analysis) -> None:
    ended = command("analyze", SHINS, "--json")
    strides = [{**line, "quality": " ".join(line["quality"])} for line in ended.objects if line["type"] == "stride"]
    table = analysis.stride_table()
    assert len(table) == len(strides) > 100
    for row, stride in zip(rows(table), strides, strict=True):
        flags = set(row["quality"].split())
        assert row.pop("trusted") is not bool(flags & {"low_confidence", "backward", "stairs"})
        stride.pop("type")
        assert {name: None if value != value else value for name, value in row.items()} == stride


def test_columns_are_named_and_measured_as_in_the_catalogue(analysis: Analysis) -> None:
    table = analysis.stride_table()
    assert [name for name in table.columns if name in footfall.METRICS] == list(footfall.METRICS)
    assert table.units["contact_time_s"] == "s"
    assert table.units["peak_tibial_acc_g"] == "g"
    assert table["contact_time_s"].dtype == np.float64
    assert np.isnan(table["foot_strike_angle_deg"]).all(), "a shin can't tell it"
    with pytest.raises(ValueError, match="read-only"):
        table["contact_time_s"][0] = 1.0
    with pytest.raises(InputError, match=r"no column 'contact_time'; it has sensor_id, side"):
        table["contact_time"]


def test_summaries_have_a_row_for_each_metric(analysis: Analysis) -> None:
    table = analysis.summary_table()
    assert len(table) == sum(len(part.metrics) for part in analysis.summary.sensors) > 0
    for row in rows(table):
        part = next(
            part
            for part in analysis.summary.sensors
            if (part.sensor_id, part.activity.value) == (row["sensor_id"], row["activity"])
        )
        assert row["median"] == part.metrics[row["metric"]].median
        assert row["unit"] == footfall.METRICS[row["metric"]].unit


def test_windows_hold_all_strides(analysis: Analysis) -> None:
    windows = analysis.windows("10s")
    assert sum(window.summary.strides for window in windows) == len(analysis.strides)
    table = analysis.window_table("10s")
    assert len(table) == sum(len(window.summary.metrics) for window in windows) > 0
    assert set((table["end_s"] - table["begin_s"]).tolist()) == {10.0}
    with pytest.raises(InputError, match=r"no windows of '2min'; choose one of 10s, 1min, 5min, 1km"):
        analysis.windows("2min")  # type: ignore[arg-type]


def test_a_runner_s_body_gives_stiffness(recording: Recording, analysis: Analysis) -> None:
    assert np.isnan(analysis.stride_table()["vertical_stiffness_kn_per_m"]).all()
    known = footfall.analyze(recording, runner=footfall.Runner(mass_kg=70.0, height_m=1.75)).stride_table()
    assert np.isfinite(known["vertical_stiffness_kn_per_m"]).any()


def test_arrays_give_the_strides_of_the_file(recording: Recording, analysis: Analysis) -> None:
    arrays = [recording.samples(sensor.id) for sensor in recording.sensors]
    again = footfall.from_arrays(*arrays, name="my run", started_utc=datetime(2026, 11, 21, tzinfo=UTC))
    assert again.sensors == recording.sensors
    assert footfall.analyze(again).strides == analysis.strides
    assert again.session.id.startswith("my-run-")
    assert footfall.from_arrays(*arrays, name="my run").session.id == again.session.id
    other = replace(arrays[0], acc_g=arrays[0].acc_g + 1e-9)
    assert footfall.from_arrays(other, arrays[1], name="my run").session.id != again.session.id


def test_what_was_written_or_exported_reads_again(recording: Recording, analysis: Analysis, tmp_path: Path) -> None:
    arrays = footfall.from_arrays(*(recording.samples(sensor.id) for sensor in recording.sensors))
    arrays.write(tmp_path / "arrays.mcap")
    for again in (footfall.read(tmp_path / "arrays.mcap"), footfall.read(*arrays.export(tmp_path / "csv"))):
        assert footfall.analyze(again).strides == analysis.strides
    assert [path.suffix for path in recording.export(tmp_path / "parquet", "parquet")] == [".parquet"] * 2
    assert len(arrays.export(tmp_path / "bids", "motion-bids")) == 2
    with pytest.raises(footfall.FootfallError, match="exists already"):
        arrays.write(tmp_path / "arrays.mcap")
    with pytest.raises(footfall.FootfallError, match="exists already"):
        arrays.export(tmp_path / "csv")
    with pytest.raises(InputError, match="can't export as 'xlsx'; choose one of csv, parquet, motion-bids"):
        arrays.export(tmp_path / "xlsx", "xlsx")  # type: ignore[arg-type]


def test_frames_hold_the_columns(analysis: Analysis) -> None:
    table = analysis.stride_table()
    pandas, polars = table.to_pandas(), table.to_polars()
    assert list(pandas.columns) == polars.columns == list(table.columns)
    for name, column in table.columns.items():
        if column.dtype == np.float64:
            assert np.array_equal(pandas[name].to_numpy(), column, equal_nan=True)
            assert polars[name].to_list() == [None if math.isnan(value) else value for value in column]
        else:
            known = pandas[name].astype(object).where(pandas[name].notna(), None)
            assert known.tolist() == polars[name].to_list() == column.tolist()


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_missing_package_names_the_extra(analysis: Analysis, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    table = analysis.stride_table()
    with pytest.raises(footfall.FootfallError, match=rf"pip install 'footfall\[{package}\]'"):
        getattr(table, f"to_{package}")()


def test_a_table_is_written_in_full(analysis: Analysis, tmp_path: Path) -> None:
    table = analysis.stride_table()
    table.write_csv(tmp_path / "strides.csv")
    with (tmp_path / "strides.csv").open(newline="") as file:
        header, *lines = csv.reader(file)
    assert header == list(table.columns)
    assert len(lines) == len(table)
    contact_times_s = [float(line[header.index("contact_time_s")] or "nan") for line in lines]
    assert np.array_equal(contact_times_s, table["contact_time_s"], equal_nan=True)
    with pytest.raises(InputError, match="exists already"):
        table.write_csv(tmp_path / "strides.csv")
    with pytest.raises(InputError, match="can't be written"):
        table.write_csv(tmp_path / "none" / "strides.csv")


@pytest.fixture(scope="module")
def shin(recording: Recording) -> SensorSamples:
    return recording.samples("shank-left")


BROKEN: dict[str, tuple[dict[str, object], str]] = {
    "no samples": ({"t_s": [], "acc_g": np.empty((0, 3)), "gyro_dps": None}, "t_s holds no samples"),
    "times in two dimensions": ({"t_s": np.zeros((4, 2))}, r"t_s has shape \(4, 2\); give a time for each sample"),
    "no numbers": ({"t_s": ["a", "b"]}, "t_s is no array of numbers"),
    "no array": ({"acc_g": None}, "acc_g has shape"),
    "too few rows": ({"acc_g": np.zeros((4, 3))}, r"acc_g has shape \(4, 3\), but t_s has \d+ samples; give three"),
    "no such place": ({"placement": "thigh"}, "placement 'thigh' is not known; use foot or shank"),
    "no such side": ({"side": "both"}, "side 'both' is not known; use left or right, or None"),
    "no rate": ({"rate_hz": 0.0}, "sampling rate 0.0 Hz is not within"),
    "no range": ({"acc_range_g": -16.0}, "acc_range_g is -16.0; give the full scale, or None"),
    "no gain": ({"length_gain": 3.0}, "length gain 3 is not within"),
    "no id": ({"id": ""}, "a sensor needs an id"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_arrays_that_can_t_be_are_refused_at_once(shin: SensorSamples, case: str) -> None:
    changes, match = BROKEN[case]
    with pytest.raises(InputError, match=match) as refused:
        replace(shin, **changes)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


def test_transposed_arrays_are_told_so(shin: SensorSamples) -> None:
    with pytest.raises(InputError, match=r"sensor 'shank-left': acc_g has shape \(3, \d+\).*; transpose it"):
        replace(shin, acc_g=shin.acc_g.T)


@pytest.mark.parametrize(("name", "at"), [("t_s", "7"), ("acc_g", "7, 0"), ("gyro_dps", "7, 0")])
def test_what_is_no_number_is_named(shin: SensorSamples, name: str, at: str) -> None:
    values = getattr(shin, name).copy()
    values[7] = np.nan
    with pytest.raises(InputError, match=rf"{name}\[{at}\] is nan, and no measured value; leave lost samples out"):
        replace(shin, **{name: values})


def spoilt(shin: SensorSamples, **changes: Any) -> SensorSamples:
    return replace(shin, acc_range_g=None, gyro_range_dps=None, **changes)


def test_what_is_masked_is_no_value(shin: SensorSamples) -> None:
    masked = np.ma.masked_greater(shin.acc_g, 3.0)
    with pytest.raises(InputError, match=r"acc_g\[\d+, \d\] is nan, and no measured value"):
        replace(shin, acc_g=masked)


def test_times_and_units_that_can_t_be_are_refused(shin: SensorSamples) -> None:
    assert shin.gyro_dps is not None
    backwards = shin.t_s.copy()
    backwards[9] = backwards[7]
    refused = {
        r"t_s\[9\]: time runs backwards from": spoilt(shin, t_s=backwards),
        r"t_s: 0.2 samples a second, but rate_hz says 200 Hz; t_s looks like milliseconds; give seconds": spoilt(
            shin, t_s=shin.t_s * 1e3
        ),
        r"t_s: 200 samples a second, but rate_hz says 50 Hz; correct rate_hz": spoilt(shin, rate_hz=50.0),
        r"acc_g: .* it looks like m/s²; divide by 9.80665": spoilt(
            shin, acc_g=shin.acc_g * footfall.STANDARD_GRAVITY_MPS2
        ),
        r"acc_g: .* gravity seems to be removed": spoilt(
            shin, acc_g=shin.acc_g - shin.acc_g[:200].mean(axis=0), gyro_dps=None
        ),
        r"acc_g: values reach .* give g, and correct acc_range_g if it is wrong": replace(shin, acc_range_g=2.0),
        r"gyro_dps: .* if they are rad/s, multiply by 57.29578; .* leave gyro_dps out": spoilt(
            shin, gyro_dps=np.radians(shin.gyro_dps)
        ),
    }
    for match, given in refused.items():
        with pytest.raises(InputError, match=match) as error:
            footfall.from_arrays(given)
        assert str(error.value).startswith("sensor 'shank-left': ")
        assert "\n" not in str(error.value)


def test_sessions_that_can_t_be_are_refused(shin: SensorSamples, recording: Recording, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ids are not unique: shank-left, shank-left"):
        footfall.from_arrays(shin, shin)
    with pytest.raises(InputError, match="at least one sensor"):
        footfall.from_arrays()
    with pytest.raises(InputError, match="started_utc has no time zone"):
        footfall.from_arrays(shin, started_utc=datetime(2026, 11, 21))
    with pytest.raises(InputError, match="has no sensor 'hip'; it has shank-left, shank-right"):
        recording.samples("hip")
    with pytest.raises(InputError, match="name a recording to read"):
        footfall.read()
    with pytest.raises(footfall.FootfallError, match=r"none\.mcap"):
        footfall.read(tmp_path / "none.mcap")
