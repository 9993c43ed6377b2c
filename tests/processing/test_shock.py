"""The shock index: a worked example and its laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_processing.metrics.shock import shock_index, shock_of

PEAKS = st.lists(st.floats(0.5, 60.0), min_size=1, max_size=40)


def index_of(peaks: list[float]) -> float:
    return shock_index(sum(map(shock_of, peaks)))


def test_a_hundred_impacts_of_5_g_and_one_of_10_g() -> None:
    """100 x 5^4 + 10^4 = 72,500, whose fourth root is 16.409."""
    assert index_of([5.0] * 100 + [10.0]) == pytest.approx(16.409, abs=1e-3)


def test_nothing_gives_nothing() -> None:
    assert index_of([]) == 0.0


@given(st.floats(0.5, 60.0), st.integers(1, 500))
def test_it_grows_with_the_fourth_root_of_equal_impacts(peak: float, count: int) -> None:
    assert index_of([peak] * count) == pytest.approx(peak * count**0.25)


@given(PEAKS, st.floats(0.1, 10.0))
def test_it_is_in_proportion_to_the_peaks(peaks: list[float], factor: float) -> None:
    assert index_of([factor * peak for peak in peaks]) == pytest.approx(factor * index_of(peaks))


@given(PEAKS, PEAKS)
def test_parts_of_a_session_add_by_their_fourth_powers(first: list[float], second: list[float]) -> None:
    parts = (index_of(first) ** 4 + index_of(second) ** 4) ** 0.25
    assert index_of(first + second) == pytest.approx(parts)
