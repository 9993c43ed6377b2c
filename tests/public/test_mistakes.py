"""Mistakes that callers make: each is a `FootfallError` of one line that says what to give; nothing is left behind."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import footfall
from footfall import FootfallError, InputError, Recording, SensorSamples
from footfall_gateway.packets import RawPacket
from footfall_processing.estimators.registry import find_estimator
from footfall_processing.session import Runner
from gateway.command_line import RECORDINGS

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.just(10**5000),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.just("\udcff"),
    st.binary(),
    st.dates(),
    st.lists(st.one_of(st.integers(), st.text(), st.floats()), max_size=4),
    st.dictionaries(st.text(), st.integers(), max_size=2),
    st.sampled_from([object(), int, np.zeros(3), np.zeros((2, 3), complex), np.float32(200.0), np.datetime64(1, "s")]),
)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return footfall.read(RECORDINGS / "shin-pair.mcap")


@pytest.fixture(scope="module")
def shin(recording: Recording) -> SensorSamples:
    return recording.samples("shank-left")


changed: Any = replace
"""Typed as what takes anything, as users may give anything."""


def refused(call: Callable[[], object], match: str) -> None:
    with pytest.raises(FootfallError, match=match) as error:
        call()
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(field=st.sampled_from([field.name for field in fields(SensorSamples)]), value=ANYTHING)
def test_whatever_is_given_as_samples_is_taken_or_refused_in_a_line(
    shin: SensorSamples, field: str, value: object
) -> None:
    try:
        taken = changed(shin, **{field: value})
    except InputError as error:
        line = str(error)
    else:
        assert isinstance(taken.sensor().sampling_rate_hz, float)
        return
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize("kind", [int, np.float32, np.float64, np.int64, np.uint16, np.array])
def test_numbers_of_numpy_are_numbers(kind: Callable[[float], Any], shin: SensorSamples, tmp_path: Path) -> None:
    runner = Runner(kind(70), kind(2))
    given = replace(shin, rate_hz=kind(200), acc_range_g=kind(16), gyro_range_dps=kind(2000), length_gain=kind(1))
    plain = replace(shin, rate_hz=200.0, acc_range_g=16.0, gyro_range_dps=2000.0, length_gain=1.0)
    made = footfall.from_arrays(given, runner=runner)
    assert made.session == footfall.from_arrays(plain, runner=Runner(70.0, 2.0)).session
    made.write(tmp_path / "run.mcap")
    assert footfall.read(tmp_path / "run.mcap").session == made.session


def test_what_no_sensor_measures_is_refused(shin: SensorSamples) -> None:
    for name, unit in (("acc_g", "g"), ("gyro_dps", "°/s")):
        values = getattr(shin, name).copy()
        values[7, 1] = -1e300
        absurd = replace(shin, **{name: values})
        refused(partial(footfall.from_arrays, absurd), rf"{name}: .* 1e\+300, which no sensor measures; give {unit}$")


def test_what_is_no_samples_says_what_to_give(recording: Recording, shin: SensorSamples) -> None:
    from_arrays: Any = footfall.from_arrays
    refused(lambda: from_arrays(recording), r"<Recording .* is no SensorSamples: a recording is analysed as it is")
    refused(lambda: from_arrays([shin]), r"is no SensorSamples: put a star .* footfall.from_arrays\(\*samples\)")
    refused(lambda: from_arrays(None), r"None is no SensorSamples: make them with footfall.SensorSamples")
    refused(lambda: from_arrays(shin, name=None), "name is None; give a text such as 'my run'")
    refused(lambda: from_arrays(shin, started_utc=date(2026, 1, 1)), "give a datetime with its time zone")
    refused(lambda: from_arrays(shin, runner=70), r"runner is 70; give footfall.Runner\(mass_kg")
    refused(lambda: replace(shin, acc_g=shin.acc_g.astype(complex)), "acc_g is no array of numbers .*complex128")
    refused(lambda: changed(shin, t_s=[10**400]), "t_s is no array of numbers .*too large")
    refused(lambda: changed(shin, rate_hz="200"), "rate_hz is '200'; give a number")


def test_what_can_t_be_analysed_says_what_to_give(recording: Recording) -> None:
    analyze: Any = footfall.analyze
    refused(lambda: analyze("run.mcap"), r"'run.mcap' is no recording: take one from footfall.read")
    refused(lambda: analyze(None), "None is no recording")
    refused(lambda: analyze(recording, runner="me"), r"runner is 'me'; give footfall.Runner")
    refused(lambda: analyze(recording, estimators=[3]), "^3 is neither an Estimator nor the name of one; there is: acc")
    refused(lambda: analyze(recording, estimators=None), r"estimators is None; give names or rows, such as \['shank:")
    refused(lambda: analyze(recording, estimators="foo"), "there is no estimator 'foo'; there is: acc")


def test_a_single_estimator_needs_no_list(recording: Recording) -> None:
    wanted = "accelerometer"
    listed = footfall.analyze(recording, estimators=[wanted]).strides
    assert listed != footfall.analyze(recording).strides
    assert footfall.analyze(recording, estimators=wanted).strides == listed
    assert footfall.analyze(recording, estimators=find_estimator(wanted)).strides == listed


@pytest.mark.parametrize("path", [None, 3, "", "a\0b", "\ud800", b"run.mcap", [], object()])
def test_what_is_no_path_is_said(path: object, recording: Recording) -> None:
    table = footfall.Table({"n": np.zeros(3)})
    calls: list[Any] = [footfall.read, recording.write, recording.export, table.write_csv]
    for call in calls:
        refused(partial(call, path), "is no path: give one as text or pathlib.Path")
    export: Any = recording.export
    for form in ("parquet", "motion-bids"):
        refused(partial(export, path, form), "is no path")


def test_what_is_not_there_is_said_whatever_it_is(recording: Recording) -> None:
    loose: Any = recording
    refused(lambda: loose.samples([]), r"has no sensor \[\]; it has shank-left, shank-right")
    refused(lambda: loose.export("somewhere", []), r"can't export as \[\]; choose one of csv")
    table: Any = footfall.Table({"n": np.zeros(3)})
    refused(lambda: table[["n"]], r"the table has no column \['n'\]; it has n")
    made: Any = footfall.Table
    refused(lambda: made({"n": [1, 2]}), r"column 'n' of a table is \[1, 2\]; give a NumPy array of shape \(n,\)")
    refused(lambda: made(None), "give arrays by name")


class PulledOut(list[RawPacket]):
    """Packets from a disk that goes away after them."""

    def __iter__(self) -> Iterator[RawPacket]:
        yield from super().__iter__()
        raise FootfallError("the disk was pulled out")


def test_a_recording_that_can_t_be_written_leaves_nothing(shin: SensorSamples, tmp_path: Path) -> None:
    made = footfall.from_arrays(shin)
    half = Recording(replace(made._input, packets=PulledOut(list(made._input)[:1])))
    refused(lambda: half.write(tmp_path / "run.mcap"), "pulled out")
    assert list(tmp_path.iterdir()) == []
    made.write(tmp_path / "run.mcap")
    whole = (tmp_path / "run.mcap").read_bytes()
    refused(lambda: half.write(tmp_path / "run.mcap"), "exists already")
    assert (tmp_path / "run.mcap").read_bytes() == whole


def test_things_say_what_they_are(recording: Recording) -> None:
    assert repr(recording) == f"<Recording shin-pair.mcap: shank-left, shank-right; {recording.duration_s:.1f} s>"
    analysis = footfall.analyze(recording)
    assert repr(analysis) == (
        f"<Analysis of shin-pair.mcap: shank-left, shank-right; {recording.duration_s:.1f} s, "
        f"{len(analysis.strides)} strides>"
    )
    table = analysis.stride_table()
    assert repr(table) == f"<Table: {len(analysis.strides)} rows, {len(table.columns)} columns>"
