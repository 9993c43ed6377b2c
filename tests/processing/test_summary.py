"""Session summaries: who is counted, and what stays empty."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.summary import MIN_STRIDES, summarize

LEFT = Sensor("foot-left", Placement.FOOT, Side.LEFT, 200.0)
RIGHT = Sensor("foot-right", Placement.FOOT, Side.RIGHT, 200.0)


def running(sensor: Sensor, count: int, contact_time_s: float, peak_acc_mps2: float) -> list[Stride]:
    return [
        Stride(
            sensor_id=sensor.id,
            side=sensor.side,
            activity=Activity.RUN,
            initial_contact_s=0.7 * k,
            toe_off_s=0.7 * k + contact_time_s,
            next_contact_s=0.7 * (k + 1),
            peak_acc_mps2=peak_acc_mps2,
            strike=Strike.REARFOOT if k % 4 else Strike.MIDFOOT,
        )
        for k in range(count)
    ]


def test_balance_is_the_left_share() -> None:
    summary = summarize(running(LEFT, 20, 0.24, 60.0) + running(RIGHT, 20, 0.26, 40.0), [LEFT, RIGHT])
    assert summary.balance["contact_time_s"] == pytest.approx(48.0)
    assert summary.balance["peak_acc_g"] == pytest.approx(60.0)
    assert summary.duration_s == pytest.approx(14.0)


def test_with_sensors_on_feet_and_shins_balance_compares_like_with_like() -> None:
    left_shin = replace(LEFT, id="shank-left", placement=Placement.SHANK)
    right_shin = replace(RIGHT, id="shank-right", placement=Placement.SHANK)
    strides = running(LEFT, 20, 0.24, 60.0) + running(RIGHT, 20, 0.26, 40.0)
    strides += running(left_shin, 20, 0.30, 50.0) + running(right_shin, 20, 0.30, 50.0)
    summary = summarize(strides, [LEFT, RIGHT, left_shin, right_shin])
    assert summary.balance["contact_time_s"] == pytest.approx(48.0)
    assert not summarize(strides, [LEFT, right_shin]).balance


def test_too_few_strides_give_no_averages_and_no_balance() -> None:
    summary = summarize(running(LEFT, MIN_STRIDES - 1, 0.24, 60.0) + running(RIGHT, 20, 0.26, 40.0), [LEFT, RIGHT])
    left = next(s for s in summary.sensors if s.sensor_id == LEFT.id)
    assert left.strides == MIN_STRIDES - 1
    assert not left.metrics
    assert not left.strikes
    assert not summary.balance


def test_clipped_peaks_are_counted_and_left_out() -> None:
    strides = running(LEFT, 20, 0.24, 60.0)
    strides[:5] = [replace(s, peak_acc_mps2=156.9, quality=(StrideFlag.ACC_CLIPPED,)) for s in strides[:5]]
    (left,) = summarize(strides, [LEFT]).sensors
    assert left.clipped_strides == 5
    assert left.metrics["peak_acc_g"].n == 15
    assert left.metrics["peak_acc_g"].p90 < 7.0
    assert left.metrics["contact_time_s"].n == 20


def test_low_confidence_strides_are_counted_but_not_averaged() -> None:
    strides = running(LEFT, 20, 0.24, 60.0)
    strides[0] = replace(strides[0], toe_off_s=0.6, quality=(StrideFlag.LOW_CONFIDENCE,))
    (left,) = summarize(strides, [LEFT]).sensors
    assert left.strides == 20
    assert left.metrics["contact_time_s"].n == 19


def test_nothing_in_nothing_out() -> None:
    summary = summarize([], [LEFT, RIGHT])
    assert summary.duration_s == 0.0
    assert not summary.sensors


@given(order=st.permutations(range(24)))
def test_order_does_not_matter(order: list[int]) -> None:
    strides = running(LEFT, 12, 0.24, 60.0) + running(RIGHT, 12, 0.25, 50.0)
    assert summarize([strides[k] for k in order], [LEFT, RIGHT]) == summarize(strides, [LEFT, RIGHT])
