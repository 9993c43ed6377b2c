"""Left against right: worked examples, and the laws of the indices."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_processing.gait import Activity, Stride
from footfall_processing.metrics.symmetry import left_share_percent, step_pairs, symmetry_index_percent

VALUES = st.floats(1e-3, 1e3)


def strides(sensor_id: str, contacts_s: list[float]) -> list[Stride]:
    return [Stride(sensor_id, None, Activity.RUN, begin_s, None, end_s) for begin_s, end_s in pairwise(contacts_s)]


def step_times_s(left: list[Stride], right: list[Stride]) -> tuple[list[float], list[float]]:
    steps_s = [pair.steps_s for pair in step_pairs(left, right) if pair.steps_s is not None]
    return [left_s for left_s, _ in steps_s], [right_s for _, right_s in steps_s]


def test_a_left_leg_at_240_ms_and_a_right_at_260_ms() -> None:
    assert left_share_percent(0.24, 0.26) == pytest.approx(48.0)
    assert symmetry_index_percent(0.24, 0.26) == pytest.approx(-8.0)


@given(VALUES, VALUES)
def test_changing_the_legs_turns_the_sign(left: float, right: float) -> None:
    one, other = symmetry_index_percent(left, right), symmetry_index_percent(right, left)
    assert one is not None
    assert other is not None
    assert one == -other
    assert -200.0 <= one <= 200.0


@given(VALUES, VALUES)
def test_share_and_index_say_the_same(left: float, right: float) -> None:
    share, index = left_share_percent(left, right), symmetry_index_percent(left, right)
    assert share is not None
    assert index == pytest.approx(4.0 * (share - 50.0), abs=1e-9)


@pytest.mark.parametrize(("left", "right"), [(0.0, 0.0), (-3.0, 5.0)])
def test_what_has_no_share_gets_none(left: float, right: float) -> None:
    assert left_share_percent(left, right) is None
    assert symmetry_index_percent(left, right) is None


def test_steps_are_told_from_the_other_foot_s_contact() -> None:
    left = strides("left", [0.0, 0.70, 1.40, 2.10])
    right = strides("right", [0.34, 1.04, 1.74])
    left_s, right_s = step_times_s(left, right)
    assert right_s == pytest.approx([0.34, 0.34, 0.34])
    assert left_s == pytest.approx([0.36, 0.36, 0.36])


def test_a_missed_contact_gives_no_step() -> None:
    left = strides("left", [0.0, 0.70, 1.40, 2.10])
    left_s, right_s = step_times_s(left, strides("right", [0.34, 1.74]))
    assert left_s == pytest.approx([0.36, 0.36])
    assert right_s == pytest.approx([0.34, 0.34])
    assert step_times_s(left, strides("right", [0.1, 0.8])) == ([], []), "a seventh of a stride is no step"
    assert step_times_s(left, []) == ([], [])


@given(st.lists(st.floats(0.55, 0.9), min_size=2, max_size=8), st.floats(0.3, 0.7))
def test_the_steps_of_a_stride_add_up_to_it(stride_times_s: list[float], share: float) -> None:
    contacts_s = [0.0]
    for stride_time_s in stride_times_s:
        contacts_s.append(contacts_s[-1] + stride_time_s)
    left = strides("left", contacts_s)
    right = strides("right", [s.initial_contact_s + share * s.stride_time_s for s in left])
    for stride, left_s, right_s in zip(left, *step_times_s(left, right), strict=True):
        assert left_s + right_s == pytest.approx(stride.stride_time_s)


def test_a_stride_is_paired_with_the_one_that_begins_in_it() -> None:
    left = strides("left", [0.0, 0.70, 1.40, 2.10])
    right = strides("right", [0.34, 1.04, 1.74])
    assert [(pair.left, pair.right) for pair in step_pairs(left, right)] == [
        (left[0], right[0]),
        (left[1], right[1]),
        (left[2], None),
    ], "the last right contact begins no stride that is known"
    late = strides("right", [0.0, 0.70, 1.40])
    assert [pair.right for pair in step_pairs(left, late)] == [late[1], None], (
        "clocks that are off pair values all the same"
    )
