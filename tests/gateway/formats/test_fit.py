"""A run as a FIT file says the same in every parser, and a watch's file is read, or refused with a reason."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import fitdecode
import numpy as np
import pytest
from fit_tool.fit_file import FitFile
from fit_tool.profile.messages.record_message import RecordMessage
from fit_tool.profile.messages.session_message import SessionMessage
from fit_tool.profile.profile_type import Sport

from footfall_coaching.answers import Effort
from footfall_gateway.errors import OutsideError
from footfall_gateway.formats import ExportError
from footfall_gateway.formats.fit import reading
from footfall_gateway.formats.fit.reading import FitError, read_fit
from footfall_gateway.formats.fit.seconds import HOLDS_S, seconds_of
from footfall_gateway.formats.fit.writing import export_fit
from footfall_gateway.store.track import Placed, Track
from footfall_processing.gait import Activity, Stride, Strike
from footfall_processing.metrics.catalogue import SPEED
from footfall_processing.session import Placement, Sensor, Session, Side
from footfall_processing.units import STANDARD_GRAVITY_MPS2
from gateway.a_watch import fit_bytes

Parsed = Callable[[Path, str], list[dict[str, Any]]]

STARTED = datetime(2026, 11, 21, 8, 15, 0, 300_000, tzinfo=UTC)
FEET = tuple(Sensor(f"foot-{side}", Placement.FOOT, side, 200.0) for side in Side)
SESSION = Session("run", STARTED, FEET, "footfall")
START_MS = round(1000.0 * STARTED.timestamp())
FIT_ZERO_MS = 631_065_600_000
"""FIT's zero; what is near it is no date, but the time since the watch was switched on."""
STRIDE_S, CONTACT_S, LENGTH_M = 0.72, 0.26, 2.2


def strides(count: int, *, walked: int = 0, clipped: int = -1) -> Iterator[Stride]:
    """Steps of both feet in turn, the first ones walked."""
    for number in range(count):
        at_s = 1.0 + 0.5 * STRIDE_S * number
        left = number % 2 == 0
        yield Stride(
            sensor_id=FEET[not left].id,
            side=FEET[not left].side,
            activity=Activity.WALK if number < walked else Activity.RUN,
            initial_contact_s=at_s,
            toe_off_s=at_s + CONTACT_S + (0.01 if left else 0.0),
            next_contact_s=at_s + STRIDE_S,
            peak_acc_mps2=(12.0 if left else 9.0) * STANDARD_GRAVITY_MPS2,
            strike=Strike.REARFOOT if left else Strike.FOREFOOT,
            stride_length_m=LENGTH_M,
            confidence=0.9,
            quality=(),
        )


def by_fitdecode(path: Path, name: str) -> list[dict[str, Any]]:
    with fitdecode.FitReader(str(path), check_crc=fitdecode.CrcCheck.RAISE) as reader:
        return [
            {field.name: field.value for field in frame.fields}
            for frame in reader
            if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == name
        ]


def by_fit_tool(path: Path, name: str) -> list[dict[str, Any]]:
    kind = {"record": RecordMessage, "session": SessionMessage}[name]
    found = []
    for record in FitFile.from_file(str(path)).records:
        message = record.message
        if isinstance(message, kind):
            values = {field.name: message.__getattribute__(field.name) for field in message.fields if field.size}
            own = {field.name: field.get_value(0) for field in message.developer_fields}
            moment = datetime.fromtimestamp(message.timestamp / 1000.0, UTC)
            found.append({**values, **own, "timestamp": moment})
    return found


@pytest.mark.parametrize("parsed", [by_fitdecode, by_fit_tool])
def test_every_field_reads_back_in_two_parsers(tmp_path: Path, parsed: Parsed) -> None:
    (path,) = export_fit(SESSION, strides(100), tmp_path / "run.fit", Effort("run", 4, 5))
    records = parsed(path, "record")
    middle = records[len(records) // 2]
    assert middle["cadence"] + middle["fractional_cadence"] == pytest.approx(60.0 / STRIDE_S, abs=0.01)
    assert middle["enhanced_speed"] == pytest.approx(LENGTH_M / STRIDE_S, abs=1e-3)
    assert middle["stance_time"] == pytest.approx(265.0, abs=0.1)
    assert middle["stance_time_percent"] == pytest.approx(100.0 * 0.265 / STRIDE_S, abs=0.01)
    assert middle["stance_time_balance"] == pytest.approx(100.0 * 0.27 / 0.53, abs=0.01)
    assert middle["step_length"] == pytest.approx(1100.0, abs=0.1)
    assert middle["vertical_ratio"] == pytest.approx(100.0 * middle["vertical_oscillation"] / 1100.0, abs=0.01)
    assert 40.0 < middle["vertical_oscillation"] < 120.0
    assert middle["impact_left"] == pytest.approx(12.0, abs=1e-5)
    assert middle["impact_right"] == pytest.approx(9.0, abs=1e-5)
    assert (middle["strike_left"], middle["strike_right"]) == (1, 3)
    distances_m = [record["distance"] for record in records]
    assert distances_m == sorted(distances_m)
    assert distances_m[-1] == pytest.approx(50 * LENGTH_M, abs=0.01)
    times = [record["timestamp"].replace(tzinfo=UTC) for record in records]
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(seconds=1)}
    assert times[0] == datetime(2026, 11, 21, 8, 15, 1, tzinfo=UTC)
    (session,) = parsed(path, "session")
    assert session["sport"] in ("running", Sport.RUNNING, Sport.RUNNING.value)
    assert session["total_distance"] == pytest.approx(50 * LENGTH_M, abs=0.01)
    assert (session["workout_rpe"], session["workout_feel"]) == (40, 100)


def test_a_walk_before_a_run_is_no_part_of_its_distance() -> None:
    seconds = seconds_of(strides(100, walked=20), FEET, STARTED, Activity.RUN)
    assert seconds[3].distance_m == 0.0
    assert seconds[-1].distance_m == pytest.approx(40 * LENGTH_M)


def test_pace_and_cadence_of_the_whole_are_those_of_running(tmp_path: Path) -> None:
    before = [
        replace(one, stride_length_m=1.2, next_contact_s=one.initial_contact_s + 1.1) for one in strides(40, walked=40)
    ]
    ran = [
        replace(
            one,
            initial_contact_s=one.initial_contact_s + 20.0,
            toe_off_s=None,
            next_contact_s=one.next_contact_s + 20.0,
        )
        for one in strides(200)
    ]
    (path,) = export_fit(SESSION, [*before, *ran], tmp_path / "run.fit")
    running_s = ran[-1].next_contact_s - ran[0].initial_contact_s
    for name in ("session", "lap"):
        (whole,) = by_fitdecode(path, name)
        assert whole["total_timer_time"] == pytest.approx(running_s, abs=2.0)
        assert whole["total_elapsed_time"] > whole["total_timer_time"] + 15.0
        assert whole["enhanced_avg_speed"] == pytest.approx(LENGTH_M / STRIDE_S, rel=0.03)
        cadence = whole.get("avg_running_cadence", whole.get("avg_cadence")) + whole["avg_fractional_cadence"]
        assert cadence == pytest.approx(60.0 / STRIDE_S, rel=0.01)
    (activity,) = by_fitdecode(path, "activity")
    assert activity["total_timer_time"] == whole["total_timer_time"]
    events = [event["event_type"] for event in by_fitdecode(path, "event")]
    assert (events[:3], events[-1]) == (["start", "stop", "start"], "stop_all")
    assert np.nanmax(read_fit(path).distance_m) == pytest.approx(100 * LENGTH_M, abs=0.01)


def test_a_second_without_a_stride_near_has_no_values() -> None:
    first = list(strides(10))
    later = [
        replace(
            one,
            initial_contact_s=one.initial_contact_s + 30.0,
            toe_off_s=None,
            next_contact_s=one.next_contact_s + 30.0,
        )
        for one in first
    ]
    seconds = seconds_of([*first, *later], FEET, STARTED, Activity.RUN)
    ended_s = first[-1].next_contact_s
    standing = [one for one in seconds if ended_s + HOLDS_S < one.session_s < later[0].initial_contact_s]
    assert len(standing) > 20
    assert all(not one.values and not one.legs for one in standing)
    assert SPEED.name in seconds[3].values


def test_what_we_write_we_read_with_the_cadence_of_both_feet(tmp_path: Path) -> None:
    (path,) = export_fit(SESSION, strides(100), tmp_path / "run.fit")
    packed = tmp_path / "run.fit.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for file in (path, packed):
        run = read_fit(file)
        assert run.started_utc == datetime(2026, 11, 21, 8, 15, 1, tzinfo=UTC)
        assert np.nanmedian(run.cadence_spm) == pytest.approx(120.0 / STRIDE_S, abs=0.02)
        assert np.nanmax(run.distance_m) == pytest.approx(50 * LENGTH_M, abs=0.01)
        assert np.all(np.isnan(run.heart_rate_bpm))
        assert (run.sport, run.left_out) == ("running", 0)


def test_what_is_no_whole_fit_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = export_fit(SESSION, strides(30), tmp_path / "run.fit")
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    bad = tmp_path / "bad.fit"
    for content in (
        b"",
        b"no fit",
        whole[: len(whole) // 2],
        bytes(flipped),
        gzip.compress(whole)[:-9],
        b"\x1f\x8b\x08",
    ):
        bad.write_bytes(content)
        with pytest.raises(FitError, match=r"bad\.fit"):
            read_fit(bad)
    monkeypatch.setattr(reading, "MOST_MESSAGES", 10)
    with pytest.raises(FitError, match="more than 10 messages"):
        read_fit(path)
    monkeypatch.setattr(reading, "MOST_BYTES", 1 << 20)
    bad.write_bytes(gzip.compress(bytes(4 << 20)))
    with pytest.raises(OutsideError, match="unpacks to more than 1 MiB"):
        read_fit(bad)


def test_a_watchs_heart_rate_and_places_go_out_and_come_back(tmp_path: Path) -> None:
    t_s = np.arange(-10.0, 60.0)
    nothing = np.full(70, np.nan)
    track = Track(
        STARTED, "running", "", Placed(), t_s, np.full(70, 170.0), 3.0 * (t_s + 10.0), np.full(70, 3.0),
        np.where(t_s > 20.0, 121.0, 120.0), 47.0 + 1e-4 * t_s, np.full(70, -8.5), nothing,
    )  # fmt: skip
    (path,) = export_fit(SESSION, strides(100), tmp_path / "feet.fit", track=track)
    feet = read_fit(path)
    assert np.nanmax(feet.distance_m) == pytest.approx(50 * LENGTH_M, abs=0.01), "strides' own"
    assert (np.nanmin(feet.heart_rate_bpm), np.nanmax(feet.heart_rate_bpm)) == (120.0, 121.0)
    at_s = feet.t_s + (feet.started_utc - STARTED).total_seconds()
    assert feet.latitude_deg == pytest.approx(47.0 + 1e-4 * at_s, abs=1e-4)
    assert feet.longitude_deg[0] == pytest.approx(-8.5, abs=1e-6)
    assert np.all(np.isnan(feet.altitude_m))
    shins = [replace(one, stride_length_m=None) for one in strides(100)]
    (path,) = export_fit(SESSION, shins, tmp_path / "shins.fit", track=track.without_places())
    run = read_fit(path)
    assert run.started_utc == STARTED.replace(microsecond=0) - timedelta(seconds=10)
    assert np.nanmax(run.distance_m) == pytest.approx(207.0, abs=1.0)
    assert np.nanmedian(run.speed_mps) == 3.0
    assert np.all(np.isnan(run.latitude_deg))
    (session,) = by_fitdecode(path, "session")
    assert (session["avg_heart_rate"], session["max_heart_rate"]) == (121, 121)
    (path,) = export_fit(replace(SESSION, sensors=()), [], tmp_path / "alone.fit", track=track)
    assert read_fit(path).distance_m[-1] == pytest.approx(207.0, abs=1.0)


ODD: tuple[tuple[str, list[dict[str, float]], int], ...] = (
    (
        "none of its 3 records has a date",
        [{"timestamp": FIT_ZERO_MS + 1000 * n, "heart_rate": 99} for n in range(3)],
        1,
    ),
    ("has no record of a run", [], 1),
    ("went back by 100 s", [{"timestamp": START_MS + 1000 * n, "heart_rate": 99} for n in (0, 200, 100)], 1),
    ("go over 365 days", [{"timestamp": START_MS + 86_400_000 * n, "heart_rate": 99} for n in (0, 365)], 1),
    ("several sports", [{"timestamp": START_MS, "heart_rate": 99}], 2),
)


@pytest.mark.parametrize(("words", "records", "sports"), ODD, ids=[words for words, *_ in ODD])
def test_odd_files_say_what_is_wrong(tmp_path: Path, words: str, records: list[dict[str, float]], sports: int) -> None:
    path = tmp_path / "odd.fit"
    path.write_bytes(fit_bytes(records, *(Sport.CYCLING, Sport.SWIMMING)[:sports]))
    with pytest.raises(FitError, match=rf"odd\.fit: .*{words}"):
        read_fit(path)


def test_of_several_sports_only_the_running_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "three.fit"
    records = [{"timestamp": START_MS + 1000 * n, "heart_rate": 100 + n} for n in range(60)]
    path.write_bytes(fit_bytes(records, Sport.CYCLING, (Sport.RUNNING, START_MS + 20_000, 15.0), Sport.SWIMMING))
    run = read_fit(path)
    assert (run.sport, run.heart_rate_bpm[0], run.heart_rate_bpm[-1]) == ("running", 119.0, 136.0)
    assert np.all(np.isnan(run.latitude_deg)), "indoors"


def test_pauses_and_records_twice_are_taken_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "pause.fit"
    path.write_bytes(fit_bytes([{"timestamp": START_MS + 1000 * n, "heart_rate": n} for n in (100, 101, 101, 99, 160)]))
    run = read_fit(path)
    assert list(run.t_s) == [0.0, 1.0, 2.0, 61.0]
    assert run.left_out == 0


def test_a_session_without_date_or_strides_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="has no date"):
        export_fit(replace(SESSION, started_utc=None), strides(10), tmp_path / "run.fit")
    with pytest.raises(ExportError, match="no strides"):
        export_fit(SESSION, [], tmp_path / "run.fit")
    export_fit(SESSION, strides(4), tmp_path / "run.fit")
    with pytest.raises(ExportError, match="not overwritten"):
        export_fit(SESSION, strides(4), tmp_path / "run.fit")
