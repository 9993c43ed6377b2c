"""Small pictures and tables for the terminal."""

import io
import re

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from footfall_gateway import console
from footfall_processing.gait import Activity, Stride
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.summary import summarize

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


def test_a_long_run_shows_distance_symmetry_and_drift() -> None:
    sensors = [Sensor(f"foot-{side}", Placement.FOOT, side, 200.0) for side in Side]
    strides = [
        Stride(
            sensor_id=sensor.id,
            side=sensor.side,
            activity=Activity.RUN,
            initial_contact_s=0.7 * k + 0.35 * number,
            toe_off_s=0.7 * k + 0.35 * number + 0.24 + 0.02 * number + 1e-5 * k,
            next_contact_s=0.7 * (k + 1) + 0.35 * number,
            peak_acc_mps2=80.0,
            stride_length_m=2.1,
        )
        for number, sensor in enumerate(sensors)
        for k in range(900)
    ]
    text = io.StringIO()
    Console(width=120, file=text, highlight=False).print(
        console.render_summary(summarize(strides, sensors), sensors, strides)
    )
    shown = text.getvalue()
    assert re.search(r"Distance \[km\] +│ +1\.89 │ +1\.89", shown)
    assert re.search(r"Left share \[%\].*Right share \[%\].*Symmetry index \[%\]", shown)
    # 244.5 and 264.5 ms
    assert re.search(r"Contact time +│ +48\.0 │ +52\.0 │ +-7\.9", shown)
    assert re.search(r"Step time +│ +50\.0 │ +50\.0 │", shown)
    # 1e-5 s a stride of 0.7 s are 8.6 ms in ten minutes
    assert re.search(r"Contact time \[ms\] +│ +\+8\.6 \(\+8\.6 to \+8\.6\)", shown)
