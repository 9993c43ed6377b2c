"""Small pictures and tables for the terminal."""

from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway import console
from footfall_processing.metrics.catalogue import STRIDE_METRICS

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200)


def test_bars_go_from_the_least_to_the_greatest() -> None:
    assert console.bars([1.0, 2.0, 3.0, 8.0]) == "▁▂▃█"
    assert console.bars([5.0, 5.0]) == "▁▁"
    assert console.bars([]) == ""


def test_stretches_are_means_of_equal_parts() -> None:
    assert console.stretches([1.0, 3.0, 10.0, 20.0], 2) == [2.0, 15.0]
    assert console.stretches([1.0, 3.0], 40) == [1.0, 3.0]
    assert console.stretches([], 40) == []


@given(NUMBERS, st.integers(1, 60))
def test_a_picture_is_as_wide_as_asked_and_stays_within_the_values(values: list[float], width: int) -> None:
    means = console.stretches(values, width)
    assert len(console.bars(means)) == min(width, len(values))
    slack = 1e-9 * max(1.0, *map(abs, values))
    assert min(values) - slack <= min(means) <= max(means) <= max(values) + slack


def test_a_metric_is_written_with_the_catalogue_s_decimals_or_a_dash() -> None:
    impact = STRIDE_METRICS["peak_acc_g"]
    assert console.format_metric(impact, 12.345) == "12.3"
    assert console.format_metric(impact, None) == console.MISSING
    assert console.label_with_unit(impact) == "Impact [g]"
    assert console.label_with_unit(STRIDE_METRICS["duty_factor"]) == "Duty factor"
    contact_time = STRIDE_METRICS["contact_time_s"]
    assert (console.label_with_unit(contact_time), console.format_metric(contact_time, 0.2414)) == (
        "Contact time [ms]",
        "241",
    )
