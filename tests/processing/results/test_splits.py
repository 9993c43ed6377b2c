"""Minutes and kilometres as people read them, both legs in a row."""

from dataclasses import replace

import pytest

from footfall_processing.gait import Activity, Stride, StrideFlag
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.results.splits import (
    Split,
    rows_left_out,
    shown_label,
    shown_medians,
    shown_metrics,
    shown_reasons,
    shown_stretch,
    splits,
)
from footfall_processing.results.windows import WINDOW_KINDS, cut_into_windows
from footfall_processing.session import Placement, Sensor, Side

RIGHT = Sensor("a", Placement.FOOT, Side.RIGHT, 200.0)
LEFT = Sensor("b", Placement.FOOT, Side.LEFT, 200.0)
CONTACT_TIME = STRIDE_METRICS["contact_time_s"]
IMPACT = STRIDE_METRICS["peak_acc_g"]


def strides(sensor: Sensor, duration_s: float, contact_time_s: float, length_m: float | None = 2.1) -> list[Stride]:
    return [
        Stride(
            sensor.id,
            sensor.side,
            Activity.RUN,
            0.7 * k,
            0.7 * k + contact_time_s,
            0.7 * (k + 1),
            stride_length_m=length_m,
        )
        for k in range(round(duration_s / 0.7))
    ]


def later(stride: Stride, by_s: float) -> Stride:
    begin_s, end_s = stride.initial_contact_s + by_s, stride.next_contact_s + by_s
    return replace(stride, initial_contact_s=begin_s, toe_off_s=begin_s + 0.26, next_contact_s=end_s)


def rows(kind: str, *legs: list[Stride]) -> list[Split]:
    return splits(cut_into_windows([s for leg in legs for s in leg], [RIGHT, LEFT], WINDOW_KINDS[kind]), [RIGHT, LEFT])


def test_a_minute_holds_both_legs_left_first() -> None:
    first, second = rows("1min", strides(RIGHT, 119.0, 0.260), strides(LEFT, 119.0, 0.240))
    assert (shown_label(first), shown_label(second)) == ("1", "2")
    assert first.medians["contact_time_s"] == pytest.approx((0.240, 0.260))
    assert shown_medians(first, CONTACT_TIME) == "240 / 260"
    assert first.medians["speed_mps"] == pytest.approx((3.0,)), "of the runner, not of a leg"
    assert [metric.name for metric in shown_metrics([first])] == ["speed_mps", "cadence_spm", "contact_time_s"]


def test_a_leg_with_too_few_strides_keeps_its_place() -> None:
    first, second = rows("1min", strides(RIGHT, 119.0, 0.260), strides(LEFT, 63.0, 0.240))
    assert shown_medians(first, CONTACT_TIME) == "240 / 260"
    assert shown_medians(second, CONTACT_TIME) == "– / 260"
    assert shown_medians(second, IMPACT) == "–", "nobody measured it"


def test_what_is_missing_says_why() -> None:
    soft, hard = strides(RIGHT, 60.0, 0.260), strides(RIGHT, 60.0, 0.260)
    soft = [replace(one, peak_acc_mps2=60.0) for one in soft]
    hard = [replace(later(one, 60.2), peak_acc_mps2=157.0, quality=(StrideFlag.ACC_CLIPPED,)) for one in hard]
    found = rows("1min", soft + hard)
    assert shown_reasons(found) == ["Impact, –: landings went beyond the sensor's range, in 1 row."]
    far = [later(one, 240.0) for one in soft]
    assert shown_reasons(rows("1min", soft + far)) == []
    assert rows_left_out(rows("1min", soft + far)) == [(1, 3)]
    assert shown_stretch(found[0], 1, 3) == "2–4"
    both = rows("1min", soft + far, strides(LEFT, 60.0, 0.240))
    assert shown_reasons(both) == ["Contact time, –: no strides, in 1 row."]


def test_ten_seconds_without_strides_have_a_time() -> None:
    found = rows("10s", [later(one, 31.0) for one in strides(RIGHT, 20.0, 0.260)])
    assert rows_left_out(found) == [(0, 2)]
    assert shown_stretch(found[0], 0, 2) == "0:00–0:30"


def test_kilometres_count_from_one_and_need_lengths() -> None:
    kilometres = rows("1km", strides(RIGHT, 700.0, 0.260))
    assert [shown_label(row) for row in kilometres] == ["1", "2", "3"]
    assert kilometres[1].begin_s == pytest.approx(1000.0 / 3.0, abs=0.7)
    assert not rows("1km", strides(RIGHT, 700.0, 0.260, length_m=None))


def test_ten_seconds_are_named_by_their_time_and_walking_stands_apart() -> None:
    walked = [replace(s, activity=Activity.WALK) for s in strides(RIGHT, 65.0, 0.260)[70:]]
    found = rows("10s", strides(RIGHT, 65.0, 0.260)[:70] + walked)
    assert shown_label(found[-1]) == "1:00–1:10"
    assert found[-1].activity is Activity.WALK
    assert {row.activity for row in found if row.index == 4} == set(Activity)
