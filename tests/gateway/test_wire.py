"""The JSON objects that leave Footfall."""

import json
from datetime import UTC, datetime

from footfall_gateway import wire
from footfall_gateway.packets import RecordedSensor, RecordingHeader
from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.metrics.spring_mass import vertical_oscillation_m
from footfall_processing.results.summary import summarize
from footfall_processing.session import Placement, Sensor, Session, Side
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

SENSOR = Sensor(
    "foot-right",
    Placement.FOOT,
    Side.RIGHT,
    200.0,
    acc_range_mps2=16 * STANDARD_GRAVITY_MPS2,
    gyro_range_radps=2000 * RADIANS_PER_DEGREE,
)
STRIDE = Stride(
    sensor_id="foot-right",
    side=Side.RIGHT,
    activity=Activity.RUN,
    initial_contact_s=10.0,
    toe_off_s=10.25,
    next_contact_s=10.75,
    peak_acc_mps2=8 * STANDARD_GRAVITY_MPS2,
    strike=Strike.MIDFOOT,
    strike_confidence=0.75,
    quality=(StrideFlag.ACC_CLIPPED, StrideFlag.ALIGNED_LATER),
)


def test_a_stride_has_every_metric_in_outside_units_and_null_for_what_it_lacks() -> None:
    stride = json.loads(wire.json_line(wire.stride_object(STRIDE)))
    assert stride == {
        "type": "stride",
        "sensor_id": "foot-right",
        "side": "right",
        "activity": "run",
        "initial_contact_s": 10.0,
        "toe_off_s": 10.25,
        "next_contact_s": 10.75,
        **dict.fromkeys(STRIDE_METRICS),
        "stride_time_s": 0.75,
        "cadence_spm": 160.0,
        "contact_time_s": 0.25,
        "swing_time_s": 0.5,
        "flight_time_s": 0.125,
        "duty_factor": 1 / 3,
        "peak_acc_g": 8.0,
        "vertical_oscillation_m": vertical_oscillation_m(0.25, 0.125),
        "strike": "midfoot",
        "strike_confidence": 0.75,
        "confidence": 1.0,
        "quality": ["acc_clipped", "aligned_later"],
    }


def test_a_sensor_is_described_in_the_sidecar_s_units() -> None:
    described = wire.sensor_object(SENSOR)
    assert (described["acc_range_g"], described["gyro_range_dps"]) == (16.0, 2000.0)
    unknown = wire.sensor_object(Sensor("pod", Placement.SHANK, None, 100.0, has_gyro=False))
    assert unknown == {
        "id": "pod",
        "placement": "shank",
        "side": None,
        "rate_hz": 100.0,
        "acc_range_g": None,
        "gyro_range_dps": None,
        "has_gyro": False,
        "length_gain": 1.0,
    }


def test_a_recording_of_unknown_date_says_null() -> None:
    session = Session("a", None, (SENSOR,), "footfall 0.1.0")
    header = RecordingHeader(session, (RecordedSensor(SENSOR, "footfall"),))
    assert wire.recording_object(header)["started_utc"] is None
    dated = RecordingHeader(Session("a", datetime(2026, 11, 21, 8, tzinfo=UTC), (SENSOR,), "x"), ())
    assert wire.recording_object(dated)["started_utc"] == "2026-11-21T08:00:00+00:00"


def test_a_summary_counts_all_strides_and_is_one_line() -> None:
    line = wire.json_line(wire.summary_object(summarize([STRIDE] * 12, [SENSOR])))
    assert "\n" not in line
    summary = json.loads(line)
    assert summary["type"] == "summary"
    assert summary["strides"] == 12
    (leg,) = summary["sensors"]
    assert leg["metrics"]["cadence_spm"]["median"] == 160.0
    assert leg["strike_shares"] == {"rearfoot": 0.0, "midfoot": 1.0, "forefoot": 0.0}
    assert "peak_acc_g" not in leg["metrics"], "clipped peaks are left out"
    assert leg["clipped_strides"] == 12
