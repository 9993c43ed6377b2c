"""Small pictures and tables for the terminal."""

import io
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from footfall_gateway import console
from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.results.summary import summarize
from footfall_processing.results.windows import WINDOW_KINDS, cut_into_windows
from footfall_processing.session import Placement, Sensor, Side

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
            stride_length_m=2.1 if k >= 4 * number else None,
        )
        for number, sensor in enumerate(sensors)
        for k in range(900)
    ]
    text = io.StringIO()
    Console(width=120, file=text, highlight=False).print(
        console.render_summary(summarize(strides, sensors), sensors, strides)
    )
    shown = text.getvalue()
    assert re.search(r"Distance \[km\] +│ +1\.89 │ +1\.88 \(of 896 strides\)", shown)
    assert re.search(r"Left share \[%\].*Right share \[%\].*Symmetry index \[%\]", shown)
    # 244.5 and 264.5 ms
    assert re.search(r"Contact time +│ +48\.0 ± \d\.\d │ +52\.0 │ +-7\.9 │ +differ", shown)
    assert re.search(r"Step time +│ +50\.0 ± 1\.5 │ +50\.0 │ +[+-]0\.0 │ +even", shown)
    assert "Even: within the error of measurement (±) the left share is 50 %." in shown
    # 1e-5 s a stride of 0.7 s are 8.6 ms in ten minutes
    assert re.search(r"Contact time \[ms\] +│ +\+8\.6 \(\+8\.6 to \+8\.6\)", shown)


def test_what_is_left_out_is_said_with_its_cause_and_long_ids_are_cut() -> None:
    sensor = Sensor("the-left-one-that-i-lent-to-my-brother-0001", Placement.FOOT, Side.LEFT, 200.0)
    other = Sensor("the-left-one-that-i-lent-to-my-brother-0002", Placement.FOOT, None, 200.0)
    begins_s = [0.7 * k for k in range(20)]
    clipped = (StrideFlag.ACC_CLIPPED,)
    strides = [
        Stride(one.id, one.side, Activity.RUN, begin_s, None, begin_s + 0.7, peak_acc_mps2=150.0, quality=clipped)
        for one in (sensor, other)
        for begin_s in begins_s
    ]
    out = Console(file=io.StringIO(), width=400)
    with out.capture() as capture:
        out.print(console.render_summary(summarize(strides, (sensor, other)), (sensor, other), strides))
    shown = capture.get()
    both = "the-left-one-th…her-0001, the-left-one-th…her-0002"
    assert f"{both}: no impact while running: landings went beyond the sensor's range." in shown
    assert f"{both}: no shock index while running: the hardest landings are not known." in shown
    assert "contact time, swing time" in shown
    assert ": not clear in most strides." in shown
    assert "brother" not in shown
    assert "Over the session" in shown
    assert not re.search(r"Impact.*[▁▂▃▄▅▆▇█]", shown), "clipped peaks are no picture"


@pytest.mark.parametrize(
    ("rejected", "measured_s", "blamed"),
    [
        ({}, None, "nobody walked"),
        ({"foot": 0}, 60.0, "nobody walked"),
        ({"foot": 7}, 60.0, "packets that break"),
        ({}, 0.1, "0.1 s of samples are too short; record 5 s or more"),
    ],
)
def test_nobody_is_blamed_where_the_recording_is_to_blame(
    rejected: dict[str, int], measured_s: float | None, blamed: str
) -> None:
    sensor = Sensor("foot", Placement.FOOT, Side.LEFT, 200.0)
    out = Console(file=io.StringIO(), width=200)
    with out.capture() as capture:
        out.print(console.render_summary(summarize([], (sensor,)), (sensor,), [], (), rejected, measured_s))
    assert blamed in capture.get()


@pytest.mark.parametrize(("told", "said"), [(0, "in 12 of 12"), (9, "in 3 of 12"), (12, None)])
def test_a_shin_without_a_strike_says_what_that_means(told: int, said: str | None) -> None:
    sensor = Sensor("shin", Placement.SHANK, Side.LEFT, 200.0)
    strides = [
        Stride(
            "shin", Side.LEFT, Activity.RUN, 0.7 * k, None, 0.7 * (k + 1), strike=Strike.REARFOOT if k < told else None
        )
        for k in range(12)
    ]
    out = Console(file=io.StringIO(), width=200)

    def shown(sensor: Sensor) -> str:
        with out.capture() as capture:
            out.print(console.render_summary(summarize(strides, (sensor,)), (sensor,), strides))
        return capture.get()

    note = "strides while running: a shin tells only a heel that clearly lands first; the others may be any."
    assert (f"shin: no strike pattern {said} {note}" in shown(sensor)) if said else note not in shown(sensor)
    assert note not in shown(replace(sensor, has_gyro=False)), "then it is the gyroscope that is missing"
    assert note not in shown(replace(sensor, placement=Placement.FOOT))


def test_windows_without_strides_say_why() -> None:
    sensor = Sensor("foot", Placement.FOOT, Side.LEFT, 200.0)
    strides = [
        Stride(sensor.id, sensor.side, Activity.RUN, at_s, at_s + 0.25, at_s + 0.7)
        for begin_s in (0.0, 41.0)
        for at_s in (begin_s + 0.7 * k for k in range(14))
    ]

    def shown(kind: str, found: list[Stride], *, stored: bool = True, has_gyro: bool = True) -> str:
        own = replace(sensor, has_gyro=has_gyro)
        windows = cut_into_windows(found, [own], WINDOW_KINDS[kind]) if stored else []
        out = Console(file=io.StringIO(), width=200)
        with out.capture() as capture:
            out.print(console.render_windows(windows, [own], kind, found, "standing from {} to {}".format))
        return capture.get()

    assert re.search(r"0:10–0:40 +│ Standing from 10.0 to 40.0 +│ +– │ +– │", shown("10s", strides))
    assert "No windows: no strides were found." in shown("10s", [])
    assert "No kilometres: all lengths are withheld." in shown("1km", strides)
    assert "No kilometres: stride length needs a gyroscope." in shown("1km", strides, has_gyro=False)
    assert "were not kept when it was recorded" in shown("10s", strides, stored=False)


def notes_on(*sensors: Sensor, roll_rad: float) -> str:
    """Return the summary of sensors whose first rolls as a right foot does, and the second as a left one."""
    strides = [
        Stride(s.id, s.side, Activity.RUN, 0.7 * k, None, 0.7 * (k + 1), stance_roll_rad=sign * roll_rad)
        for s, sign in zip(sensors, (1.0, -1.0), strict=False)
        for k in range(20)
    ]
    out = Console(file=io.StringIO(), width=200)
    with out.capture() as capture:
        out.print(console.render_summary(summarize(strides, sensors), sensors, strides))
    return capture.get()


def test_a_side_that_nobody_said_is_told_with_its_confidence_or_not_at_all() -> None:
    unsaid = Sensor("pod", Placement.FOOT, None, 200.0)
    assert "pod: probably the right leg (confidence 0.90, by its movement)." in notes_on(unsaid, roll_rad=0.4)
    assert "pod: probably the left leg" in notes_on(unsaid, roll_rad=-0.4)
    assert "pod: the side was not said, and its movement does not tell it." in notes_on(unsaid, roll_rad=0.05)


def test_swapped_sides_and_calibrations_are_said() -> None:
    right = Sensor("a", Placement.FOOT, Side.RIGHT, 200.0, length_gain=1.05)
    left = Sensor("b", Placement.FOOT, Side.LEFT, 200.0)
    swapped = notes_on(right, left, roll_rad=-0.4)
    assert "a, b: the sides may be swapped" in swapped
    assert "a: stride lengths are calibrated: multiplied by 1.050." in swapped
    assert "swapped" not in notes_on(right, left, roll_rad=0.4)
