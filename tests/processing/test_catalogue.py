"""The catalogue is whole, and its page is current."""

import sys
from pathlib import Path

import pytest

from footfall_processing.gait import Activity, Stride
from footfall_processing.metrics.catalogue import STRIDE_METRICS, Metric, metric_values
from footfall_processing.metrics.session_catalogue import SESSION_METRICS, SessionMetric
from footfall_processing.metrics.support import why_unsupported
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.units import STANDARD_GRAVITY_MPS2

SUFFIXES = ("_s", "_spm", "_factor", "_g", "_deg", "_dps", "_m", "_mps", "_kn_per_m")
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("metric", STRIDE_METRICS.values(), ids=lambda metric: metric.name)
def test_every_metric_says_where_it_comes_from_and_how_wrong_it_may_be(metric: Metric) -> None:
    assert metric.label
    assert metric.definition.endswith(".")
    assert metric.source
    assert metric.known_error
    assert metric.sites
    low, high = metric.valid_range
    assert low < high
    assert metric.name.endswith(SUFFIXES), "names carry their unit"
    assert metric.decimals in range(4)


@pytest.mark.parametrize("metric", SESSION_METRICS.values(), ids=lambda metric: metric.name)
def test_every_metric_of_a_session_says_what_it_needs_and_where_it_ends(metric: SessionMetric) -> None:
    assert metric.definition.endswith(".")
    assert all((metric.label, metric.unit, metric.source, metric.needs, metric.known_error, metric.limits))


def test_metrics_are_given_in_outside_units() -> None:
    stride = Stride(
        "foot-left", None, Activity.RUN, 1.0, 1.25, 1.7, peak_acc_mps2=5.0 * STANDARD_GRAVITY_MPS2, stride_length_m=2.1
    )
    values = metric_values(stride)
    assert values["peak_acc_g"] == pytest.approx(5.0)
    assert values["cadence_spm"] == pytest.approx(120.0 / 0.7)
    assert values["contact_time_s"] == pytest.approx(0.25)
    assert values["flight_time_s"] == pytest.approx(0.1)
    assert values["duty_factor"] == pytest.approx(0.25 / 0.7)
    assert values["speed_mps"] == pytest.approx(3.0)
    assert values["foot_strike_angle_deg"] is None
    assert values["vertical_stiffness_kn_per_m"] is None


def test_swing_is_the_rest_of_the_stride() -> None:
    stride = Stride("foot-left", None, Activity.WALK, 1.0, 1.65, 2.0)
    values = metric_values(stride)
    assert values["swing_time_s"] == pytest.approx(0.35)
    assert values["flight_time_s"] is None, "both feet are on the ground at times in walking"
    assert values["vertical_oscillation_m"] is None
    no_toe_off = metric_values(Stride("foot-left", None, Activity.WALK, 1.0, None, 2.0))
    assert no_toe_off["swing_time_s"] is None


def test_angles_leave_in_degrees_and_stiffness_in_kilonewtons_per_metre() -> None:
    stride = Stride(
        "foot-left",
        Side.LEFT,
        Activity.RUN,
        1.0,
        1.25,
        1.7,
        pronation_excursion_rad=0.2,
        peak_eversion_rate_radps=5.0,
        shank_tilt_rad=-0.1,
        vertical_stiffness_npm=25_200.0,
        leg_stiffness_npm=9_540.0,
    )
    values = metric_values(stride)
    assert values["pronation_excursion_deg"] == pytest.approx(11.459, abs=1e-3)
    assert values["peak_eversion_rate_dps"] == pytest.approx(286.479, abs=1e-3)
    assert values["shank_tilt_deg"] == pytest.approx(-5.730, abs=1e-3)
    assert values["vertical_stiffness_kn_per_m"] == pytest.approx(25.2)
    assert values["leg_stiffness_kn_per_m"] == pytest.approx(9.54)


def test_people_read_durations_in_milliseconds_and_oscillation_in_centimetres() -> None:
    contact_time, oscillation = STRIDE_METRICS["contact_time_s"], STRIDE_METRICS["vertical_oscillation_m"]
    assert (contact_time.shown(0.25), contact_time.shown_unit) == (250.0, "ms")
    assert oscillation.shown(0.072) == pytest.approx(7.2)
    assert oscillation.shown_unit == "cm"
    assert STRIDE_METRICS["peak_acc_g"].shown(5.0) == 5.0
    assert STRIDE_METRICS["peak_acc_g"].shown_unit == "g"


@pytest.mark.parametrize(
    ("sensor", "reason"),
    [
        (Sensor("a", Placement.FOOT, None, 200.0), "needs to know its side, left or right"),
        (Sensor("a", Placement.SHANK, Side.LEFT, 200.0), "needs a foot sensor"),
        (Sensor("a", Placement.FOOT, Side.LEFT, 50.0), "needs 90 Hz or more; this sensor gives 50 Hz"),
        (Sensor("a", Placement.FOOT, Side.LEFT, 200.0), None),
    ],
)
def test_why_a_sensor_can_not_tell_pronation(sensor: Sensor, reason: str | None) -> None:
    assert why_unsupported(STRIDE_METRICS["pronation_excursion_deg"], sensor) == reason


def test_the_page_of_metrics_is_what_the_catalogue_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import metrics_table

    assert metrics_table.PAGE.read_text(encoding="utf-8") == metrics_table.page(), (
        f"run `{Path(sys.executable).name} scripts/metrics_table.py`"
    )
