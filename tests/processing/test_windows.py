"""Windows: which stride belongs where, when a window is final, and that order and cuts change nothing."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_processing.gait import Activity, Stride
from footfall_processing.results.windows import WINDOW_KINDS, Window, WindowStage, cut_into_windows
from footfall_processing.session import Placement, Sensor, Side

LEFT = Sensor("foot-left", Placement.FOOT, Side.LEFT, 200.0)
RIGHT = Sensor("foot-right", Placement.FOOT, Side.RIGHT, 200.0)


def running(sensor: Sensor, count: int, begin_s: float = 0.0, length_m: float | None = 2.5) -> list[Stride]:
    return [
        Stride(
            sensor_id=sensor.id,
            side=sensor.side,
            activity=Activity.RUN,
            initial_contact_s=begin_s + 0.75 * k,
            toe_off_s=begin_s + 0.75 * k + 0.25,
            next_contact_s=begin_s + 0.75 * (k + 1),
            stride_length_m=length_m,
        )
        for k in range(count)
    ]


def windows(kind: str, strides: Sequence[Stride]) -> list[Window]:
    stage = WindowStage([LEFT, RIGHT], WINDOW_KINDS[kind])
    return [window for stride in strides for window in stage.push(stride)] + stage.flush()


def test_ten_seconds_hold_the_strides_that_begin_in_them() -> None:
    found = windows("10s", running(LEFT, 40))
    assert [(w.index, w.begin_s, w.end_s, w.summary.strides) for w in found] == [
        (0, 0.0, 10.0, 14),
        (1, 10.0, 20.0, 13),
        (2, 20.0, 30.0, 13),
    ]
    assert found[0].summary.metrics["contact_time_s"].median == pytest.approx(0.25)


def test_windows_count_from_the_first_sample() -> None:
    """Samples whose clock begins at 1,000,004 s, or before 0, have the windows of those that begin at 0."""
    for begin_s in (1_000_004.0, -33.0):
        strides = running(LEFT, 40, begin_s=begin_s + 1.0)
        found = cut_into_windows(strides, [LEFT], WINDOW_KINDS["10s"], begin_s)
        assert [(w.index, w.begin_s - begin_s, w.end_s - begin_s, w.summary.strides) for w in found] == [
            (0, 0.0, 10.0, 12),
            (1, 10.0, 20.0, 14),
            (2, 20.0, 30.0, 13),
            (3, 30.0, 40.0, 1),
        ]


def test_a_window_is_final_with_the_first_stride_after_it() -> None:
    stage = WindowStage([LEFT], WINDOW_KINDS["10s"])
    *within, after = running(LEFT, 15)
    assert [stage.push(stride) for stride in within] == [[]] * 14
    (window,) = stage.push(after)
    assert window.index == 0
    assert [w.index for w in stage.flush()] == [1]


def test_a_break_leaves_its_windows_out() -> None:
    found = windows("10s", running(LEFT, 13) + running(LEFT, 13, begin_s=60.0))
    assert [w.index for w in found] == [0, 6]


def test_a_kilometre_is_a_thousand_metres_of_strides() -> None:
    found = windows("1km", running(LEFT, 1000))
    assert [(w.index, w.summary.strides, w.summary.distance_m) for w in found] == [
        (0, 400, 1000.0),
        (1, 400, 1000.0),
        (2, 200, 500.0),
    ]
    assert found[1].begin_s == 300.0
    assert found[1].end_s == 600.0


def test_without_lengths_there_are_no_kilometres() -> None:
    assert windows("1km", running(LEFT, 100, length_m=None)) == []


def test_walking_and_running_in_one_window_are_kept_apart() -> None:
    strides = running(LEFT, 40)
    strides[:20] = [replace(stride, activity=Activity.WALK) for stride in strides[:20]]
    (walked, ran) = windows("1min", strides)
    assert (walked.summary.activity, walked.summary.strides) == (Activity.WALK, 20)
    assert (ran.summary.activity, ran.summary.strides) == (Activity.RUN, 20)


@pytest.mark.parametrize(("kind", "least"), [("10s", 5), ("1min", 10)])
def test_too_few_strides_are_counted_and_not_averaged(kind: str, least: int) -> None:
    (few,) = windows(kind, running(LEFT, least - 1))
    assert (few.summary.strides, dict(few.summary.metrics)) == (least - 1, {})
    (enough,) = windows(kind, running(LEFT, least))
    assert enough.summary.metrics["cadence_spm"].n == least


@given(st.lists(st.booleans(), max_size=80), st.sampled_from(["10s", "1min", "5min", "1km"]))
def test_how_two_sensors_strides_arrive_does_not_matter(left_first: list[bool], kind: str) -> None:
    left, right = running(LEFT, 30), running(RIGHT, 30, begin_s=0.37)
    mixed: list[Stride] = []
    waiting = {True: list(left), False: list(right)}
    for is_left in left_first:
        mixed += waiting[is_left][:1]
        del waiting[is_left][:1]
    mixed += waiting[True] + waiting[False]
    separate = windows(kind, left) + windows(kind, right)

    def order(window: Window) -> tuple[str, int]:
        return window.summary.sensor_id, window.index

    assert sorted(windows(kind, mixed), key=order) == sorted(separate, key=order)
