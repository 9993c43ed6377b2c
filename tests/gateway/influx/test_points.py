"""Line protocol: every field of the catalogue, exact times, and keys that a re-run gives again."""

import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point as LibraryPoint

from footfall_coaching.answers import Pain, PainSite, Phase, Shoe
from footfall_gateway.influx.points import GARMIN_FIELDS, Measurement, lines_of, pain_line, shoe_line
from footfall_gateway.influx.points import Item as Point
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.sessions.sinks.base import SensorReport
from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.metrics.catalogue import STRIDE_METRICS, metric_values
from footfall_processing.results.summary import MOST_CLIPPED, summarize
from footfall_processing.results.windows import WINDOW_KINDS, cut_into_windows
from footfall_processing.session import Side
from gateway.influx.lines import Line, parse
from gateway.recordings_for_tests import LEFT, header, strides

STARTED_NS = 1_795_248_900_123_456_000  # 2026-11-21T08:15:00.123456Z
FULL = Stride(
    sensor_id=LEFT.id,
    side=Side.LEFT,
    activity=Activity.RUN,
    initial_contact_s=12.345678901,
    toe_off_s=12.6,
    next_contact_s=13.05,
    peak_acc_mps2=120.0,
    peak_tibial_acc_mps2=80.0,
    foot_strike_angle_rad=0.2,
    strike=Strike.REARFOOT,
    strike_confidence=0.9,
    stride_length_m=2.4,
    pronation_excursion_rad=0.1,
    peak_eversion_rate_radps=5.0,
    shank_tilt_rad=0.05,
    vertical_stiffness_npm=25_000.0,
    leg_stiffness_npm=9000.0,
    confidence=0.95,
    quality=(StrideFlag.ACC_CLIPPED, StrideFlag.SAMPLES_LOST),
)
REPORT = SensorReport(SensorHealth("foot-left", 5.0, LinkState.STREAMING, 200.0, 900, 0, 0, 81), lag_s=0.5)


def line_of(item: Point, of: RecordingHeader | None = None) -> Line:
    (line,) = lines_of(item, of or header())
    return parse(line)


def named(runner_name: str, shoe: str) -> RecordingHeader:
    return replace(header(), session=replace(header().session, runner_name=runner_name, shoe=shoe))


def test_a_stride_carries_every_metric_of_the_catalogue_exactly() -> None:
    values = metric_values(FULL)
    assert set(values) == set(STRIDE_METRICS)
    assert None not in values.values(), "this stride has them all"
    line = line_of(FULL)
    assert {name: line.fields[name] for name in STRIDE_METRICS} == values
    assert line.measurement == "stride"
    assert line.fields["strike"] == "rearfoot"
    assert line.fields["quality"] == "acc_clipped samples_lost"
    assert line.fields["trusted"] == 1
    assert line.time_ns == STARTED_NS + 12_345_678_901


def test_what_a_stride_does_not_have_is_no_field() -> None:
    bare = Stride("shank-right", None, Activity.WALK, 1.0, None, 2.0)
    fields = line_of(bare).fields
    assert set(fields) == {
        "session",
        "stride_time_s",
        "cadence_spm",
        "initial_contact_s",
        "confidence",
        "trusted",
        "clipped",
    }


def test_tags_are_never_left_out() -> None:
    assert line_of(FULL).tags == {
        "runner": "unnamed",
        "shoe": "unknown",
        "sensor": "foot-left",
        "side": "left",
        "placement": "foot",
        "activity": "run",
    }
    assert line_of(Stride("shank-right", None, Activity.WALK, 1.0, None, 2.0)).tags["side"] == "unknown"
    tags = line_of(FULL, named(runner_name="Zoë, the = fast", shoe="blue daily")).tags
    assert tags["runner"] == "Zoë, the = fast"
    assert tags["shoe"] == "blue daily"


def test_a_time_zone_changes_no_time() -> None:
    elsewhere = header().session.started_utc
    assert elsewhere is not None
    tokyo = elsewhere.astimezone(timezone(timedelta(hours=9)))
    moved = replace(header(), session=replace(header().session, started_utc=tokyo))
    assert lines_of(FULL, moved) == lines_of(FULL, header())


def test_no_two_strides_of_an_hour_share_a_key() -> None:
    keys = {(line.time_ns, line.tags["sensor"]) for line in (line_of(stride) for stride in strides(10_000))}
    assert len(keys) == 10_000


def test_windows_carry_medians_and_garmin_grafana_s_names() -> None:
    steady = [
        replace(FULL, initial_contact_s=0.7 * i, toe_off_s=0.7 * i + 0.25, next_contact_s=0.7 * i + 0.7, quality=())
        for i in range(200)
    ]
    windows = cut_into_windows(steady, header().session.sensors, WINDOW_KINDS["1min"])
    lines = [line_of(window) for window in windows]
    assert [line.time_ns - STARTED_NS for line in lines] == [0, 60_000_000_000, 120_000_000_000]
    whole = lines[0].fields
    medians = {name: metric.median for name, metric in windows[0].summary.metrics.items()}
    assert set(medians) == set(STRIDE_METRICS)
    assert {name: whole[name] for name in medians} == medians
    assert whole["contact_time_s_sd"] == windows[0].summary.metrics["contact_time_s"].sd
    assert (whole["rearfoot_percent"], whole["forefoot_percent"]) == (100, 0)
    assert whole["Stance_Time"] == pytest.approx(250)
    assert whole["Cadence"] == pytest.approx(60 / 0.7)
    assert whole["Step_Length"] == pytest.approx(1200)
    assert {name for name, _ in GARMIN_FIELDS.values()} <= set(whole)
    kilometres = [line_of(w) for w in cut_into_windows(steady, header().session.sensors, WINDOW_KINDS["1km"])]
    assert "Speed" not in kilometres[0].fields, "garmin-grafana's points are seconds apart, not kilometres"


def test_a_session_has_a_point_and_a_load_for_each_leg_and_one_for_both() -> None:
    found = [*strides(90), *(replace(FULL, initial_contact_s=100.0 + i, quality=()) for i in range(20))]
    summary = summarize(found, header().session.sensors)
    lines = [parse(line) for line in lines_of(summary, header())]
    assert {line.time_ns for line in lines} == {STARTED_NS}
    sessions = {(line.tags["sensor"], line.tags["activity"]): line for line in lines if line.measurement == "session"}
    loads = {(line.tags["sensor"], line.tags["activity"]): line for line in lines if line.measurement == "load"}
    assert set(sessions) - set(loads) == {("both", "run")}
    assert sessions["both", "run"].fields["total_strides"] == len(found)
    ways_m = {part.activity: part.distance_m for part in summary.sensors if part.distance_m is not None}
    assert Activity.WALK in ways_m, "walking is no part of the way"
    assert sessions["both", "run"].fields["total_distance_m"] == ways_m[Activity.RUN]
    for key, line in loads.items():
        chosen = [stride for stride in found if (stride.sensor_id, stride.activity) == key]
        assert line.fields["strides"] == len(chosen)
        peaks_g = [peak for s in chosen if "acc_clipped" not in s.quality and (peak := metric_values(s)["peak_acc_g"])]
        few_clipped = sum("acc_clipped" in s.quality for s in chosen) <= MOST_CLIPPED * len(chosen)
        assert line.fields.get("peak_acc_sum_g") == (pytest.approx(sum(peaks_g)) if few_clipped else None)
        assert line.fields["moving_s"] == pytest.approx(sum(stride.stride_time_s for stride in chosen))
    without = [replace(s, stride_length_m=None) if number % 3 else s for number, s in enumerate(found)]
    few = [parse(line) for line in lines_of(summarize(without, header().session.sensors), header())]
    (both,) = (line for line in few if line.tags["sensor"] == "both")
    assert "total_distance_m" not in both.fields, "a third of the lengths is no distance, as in the log of runs"
    leg = next(part for part in summary.sensors if part.sensor_id == "foot-left" and part.activity is Activity.RUN)
    fields = sessions["foot-left", "run"].fields
    for name, metric in leg.metrics.items():
        assert (fields[name], fields[f"{name}_sd"]) == (metric.median, metric.sd)


def test_health_is_told_at_its_time() -> None:
    health = SensorHealth("foot-left", 5.0, LinkState.SILENT, 199.5, 900, 100, 3, 81)
    line = line_of(SensorReport(health, lag_s=0.625))
    assert line.time_ns == STARTED_NS + 5_000_000_000
    assert line.fields == {
        "state": "silent",
        "streaming": 0,
        "rate_hz": 199.5,
        "received_samples": 900,
        "lost_samples": 100,
        "clipped_samples": 3,
        "loss_percent": 10,
        "battery_percent": 81,
        "lag_s": 0.625,
    }
    assert "activity" not in line.tags


KNEE = Pain("", header().session.id, datetime(2026, 11, 21, 9, tzinfo=UTC), Phase.MORNING, PainSite.KNEE, Side.LEFT, 3)


def test_notes_are_points() -> None:
    pain = parse(pain_line(KNEE, header()))
    assert (pain.measurement, pain.fields, pain.time_ns) == ("pain", {"level": 3}, STARTED_NS)
    assert (pain.tags["site"], pain.tags["side"], pain.tags["phase"]) == ("knee", "left", "morning")
    noted = datetime(2026, 11, 21, 9, 15, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    shoe = parse(shoe_line(Shoe("", noted, "Blue daily")))
    assert (shoe.measurement, shoe.fields, shoe.time_ns) == ("shoe", {"worn": 1}, STARTED_NS)
    assert shoe.tags == {"runner": "unnamed", "shoe": "Blue daily"}


@pytest.mark.parametrize("item", [FULL, REPORT])
def test_a_session_without_a_date_has_no_points(item: Point) -> None:
    undated = replace(header(), session=replace(header().session, started_utc=None))
    with pytest.raises(InputError, match="has no date"):
        lines_of(item, undated)


def test_a_sensor_that_the_session_does_not_have_is_an_error() -> None:
    with pytest.raises(InputError, match="has no sensor 'hip'"):
        lines_of(replace(FULL, sensor_id="hip"), header())


def test_a_summary_without_peaks_has_a_load_all_the_same() -> None:
    quiet = [replace(FULL, peak_acc_mps2=None, peak_tibial_acc_mps2=None)]
    summary = summarize(quiet, header().session.sensors)
    assert summary.sensors[0].peak_sum_g == MappingProxyType({})
    loads = [line for line in map(parse, lines_of(summary, header())) if line.measurement == "load"]
    assert set(loads[0].fields) == {"session", "strides", "moving_s", "distance_m", "distance_strides"}
    assert loads[0].fields["moving_s"] == pytest.approx(FULL.stride_time_s)


text = st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"]), min_size=1)


@given(text, text, st.floats(allow_nan=False, allow_infinity=False))
def test_lines_are_those_that_the_library_writes(runner_name: str, shoe: str, peak_mps2: float) -> None:
    stride = replace(FULL, peak_acc_mps2=peak_mps2)
    line = parse(lines_of(stride, header())[0])
    (ours,) = lines_of(stride, named(runner_name, shoe))
    point: LibraryPoint = LibraryPoint("stride").time(line.time_ns)
    for name, tag in {**line.tags, "runner": runner_name, "shoe": shoe}.items():
        point.tag(name, tag)
    for name, value in line.fields.items():
        point.field(name, value)
    theirs = str(point.to_line_protocol())
    assert split(ours) == split(theirs)


def split(line: str) -> tuple[str, set[str]]:
    """Return a line's key, and its fields in any order, numbers as Python reads them."""
    start = re.search(r"(?<!\\) (?=[a-z_]+=)", line)
    assert start is not None
    fields = line[start.end() :].rpartition(" ")[0].split(",")
    return line[: start.start()], {re.sub(r"=(-?[0-9][^i]*)$", lambda m: f"={float(m[1])}", field) for field in fields}


def test_numbers_that_are_none_are_no_fields() -> None:
    line = line_of(replace(FULL, peak_acc_mps2=math.nan, stride_length_m=math.inf))
    assert {"peak_acc_g", "stride_length_m", "speed_mps"}.isdisjoint(line.fields)
    assert line_of(replace(FULL, peak_acc_mps2=np.float64(9.80665))).fields["peak_acc_g"] == 1.0


def test_a_backslash_ends_no_tag() -> None:
    assert line_of(FULL, named("anna\\", "blue")).tags["runner"] == "anna/"


def test_only_measurements_of_few_points_have_the_session_as_a_tag() -> None:
    windows = cut_into_windows([FULL] * 20, header().session.sensors, WINDOW_KINDS["1min"])
    items: list[Point] = [FULL, *windows, summarize([FULL] * 20, header().session.sensors), REPORT]
    lines = [parse(line) for item in items for line in lines_of(item, header())]
    assert {line.measurement for line in lines if "session" in line.tags} == {"session", "sensor_health"}
    assert {line.measurement for line in lines if "session" in line.fields} == {"stride", "window", "load"}
    assert {line.tags.get("session", line.fields.get("session")) for line in lines} == {header().session.id}


def test_a_quote_ends_no_field() -> None:
    (line,) = lines_of(FULL, replace(header(), session=replace(header().session, id='a "b"\\')))
    assert r'session="a \"b\"\\",' in line


def test_a_further_run_of_a_runner_costs_few_series() -> None:
    """InfluxDB 2 keeps one series for each set of tags and each field: a run may add 250, hundreds of runs a year."""

    def series_of(runs: int) -> set[tuple[str, frozenset[tuple[str, str]], str]]:
        found = set()
        right = replace(LEFT, id="foot-right", side=Side.RIGHT)
        for number in range(runs):
            session = replace(named("anna", "blue").session, id=f"run-{number}", sensors=(LEFT, right))
            of = replace(header(), session=session)
            both = [
                replace(FULL, sensor_id=leg.id, side=leg.side, activity=doing, quality=())
                for leg in session.sensors
                for doing in Activity
            ]
            given = [
                replace(one, initial_contact_s=2.0 * i, toe_off_s=2.0 * i + 0.2, next_contact_s=2.0 * i + 0.7)
                for i in range(60)
                for one in both
            ]
            items: list[Point] = [*given, summarize(given, session.sensors)]
            items += [
                window for kind in WINDOW_KINDS.values() for window in cut_into_windows(given, session.sensors, kind)
            ]
            reports = [SensorHealth(leg.id, 1.0, LinkState.STREAMING, 200.0, 9, 0, 0, 81) for leg in session.sensors]
            items += [SensorReport(health, 0.5) for health in reports]
            for line in (parse(line) for item in items for line in lines_of(item, of)):
                tags = frozenset(line.tags.items())
                found |= {(line.measurement, tags, name) for name in line.fields}
        return found

    one, two, three = (len(series_of(runs)) for runs in (1, 2, 3))
    assert two - one == three - two <= 250, (one, two - one)


def test_the_document_names_every_measurement_tag_and_foreign_field() -> None:
    document = (Path(__file__).parents[3] / "docs" / "influxdb.md").read_text()
    for name in (*Measurement, *WINDOW_KINDS, *(theirs for theirs, _ in GARMIN_FIELDS.values())):
        assert re.search(rf"\b{name}\b", document), name
    whole = summarize([FULL] * 20, header().session.sensors)
    for item in (FULL, REPORT, whole):
        for line in map(parse, lines_of(item, header())):
            metric = re.compile("|".join(f"({name})" for name in STRIDE_METRICS))
            for name in (*line.tags, *(field for field in line.fields if not metric.match(field))):
                described = re.sub("^(midfoot|forefoot|non_rearfoot)_", "rearfoot_", name)
                assert re.search(rf"\b{described}\b", document), name
