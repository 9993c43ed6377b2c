"""The catalogue is whole, and its page is current."""

import sys
from pathlib import Path

import pytest

from footfall_processing.gait import Activity, Stride
from footfall_processing.metrics.catalogue import STRIDE_METRICS, Metric, metric_values
from footfall_processing.units import STANDARD_GRAVITY_MPS2

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


def test_the_page_of_metrics_is_what_the_catalogue_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import metrics_table

    assert metrics_table.PAGE.read_text(encoding="utf-8") == metrics_table.page(), (
        f"run `{Path(sys.executable).name} scripts/metrics_table.py`"
    )
