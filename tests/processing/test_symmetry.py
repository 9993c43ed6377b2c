"""Left against right: worked examples, and the laws of the indices."""

import random
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_processing.gait import Activity, Stride
from footfall_processing.metrics.symmetry import StepPairing, left_share_percent, symmetry_index_percent

VALUES = st.floats(1e-3, 1e3)


def strides(sensor_id: str, contacts_s: list[float]) -> list[Stride]:
    return [Stride(sensor_id, None, Activity.RUN, begin_s, None, end_s) for begin_s, end_s in pairwise(contacts_s)]


def step_times_s(left: list[Stride], right: list[Stride]) -> tuple[list[float], list[float]]:
    pairing = StepPairing()
    for stride in left:
        pairing.push_left(stride)
    for stride in right:
        pairing.push_right(stride)
    steps_s = pairing.waiting()
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


def _irregular(seed: int, count: int) -> list[float]:
    chance = random.Random(seed)
    return list(accumulate(chance.choice([0.3, 0.7, 0.7, 0.7, 1.5]) + chance.gauss(0.0, 0.05) for _ in range(count)))


@given(st.integers(0, 1000), st.lists(st.booleans(), max_size=120), st.integers(0, 150))
def test_how_the_feet_alternate_and_where_the_state_is_stored_does_not_matter(
    seed: int, left_first: list[bool], stored_at: int
) -> None:
    left, right = strides("left", _irregular(seed, 60)), strides("right", _irregular(seed + 1, 60))
    expected = list(zip(*step_times_s(left, right), strict=True))
    pairing = StepPairing()
    seen_s = {"left": float("-inf"), "right": float("-inf")}
    steps_s: list[tuple[float, float]] = []
    waiting = {True: list(left), False: list(right)}
    order = [waiting[is_left].pop(0) for is_left in left_first if waiting[is_left]] + waiting[True] + waiting[False]
    for k, stride in enumerate(order):
        (pairing.push_left if stride.sensor_id == "left" else pairing.push_right)(stride)
        seen_s[stride.sensor_id] = stride.initial_contact_s
        steps_s += pairing.final(seen_s["left"], seen_s["right"])
        if k == stored_at:
            state, pairing = pairing.state(), StepPairing()
            pairing.restore(state)
    assert steps_s + pairing.waiting() == expected
