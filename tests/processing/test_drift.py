"""Drift: a known slope is found, and what must not matter does not."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import theilslopes

from footfall_processing.metrics.drift import BLOCK_S, MOST_BLOCKS, Drift, DriftBlocks

TIMES_S = [0.7 * k for k in range(1300)]  # 15 minutes
SPEED_MPS = 3.0
WAY_M = [SPEED_MPS * t_s for t_s in TIMES_S]


def drift(times_s: Sequence[float], values: Sequence[float], ways_m: Sequence[float] | None) -> Drift | None:
    blocks = DriftBlocks()
    for time_s, value, way_m in zip(times_s, values, [0.0] * len(times_s) if ways_m is None else ways_m, strict=True):
        blocks.push(time_s, value, way_m)
    return blocks.drift(with_ways=ways_m is not None)


def noisy(slope_per_s: float, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return [8.0 + slope_per_s * t_s + chance.gauss(0.0, 0.5) for t_s in TIMES_S]


def test_a_straight_line_gives_its_slope() -> None:
    found = drift(TIMES_S, [8.0 + 0.002 * t_s for t_s in TIMES_S], WAY_M)
    assert found is not None
    assert found.per_10_min.slope == pytest.approx(1.2)
    assert found.per_km is not None
    assert found.per_km.slope == pytest.approx(0.002 * 1000.0 / SPEED_MPS)
    assert found.blocks == 31


@pytest.mark.parametrize("seed", range(5))
def test_slope_and_interval_are_scipy_s(seed: int) -> None:
    """Six values a block of 30 s, so that the blocks' medians are theirs."""
    chance = random.Random(seed)
    blocks = [chance.gauss(0.0, 1.0) + 0.05 * k for k in range(40)]
    times_s = [30.0 * k + 5.0 * n for k in range(40) for n in range(6)]
    found = drift(times_s, [value for value in blocks for _ in range(6)], None)
    expected = theilslopes(blocks, [30.0 * k + 12.5 for k in range(40)], 0.95)
    assert found is not None
    assert found.per_10_min.slope == pytest.approx(600.0 * expected.slope)
    assert found.per_10_min.low == pytest.approx(600.0 * expected.low_slope)
    assert found.per_10_min.high == pytest.approx(600.0 * expected.high_slope)


def test_the_interval_holds_the_slope_and_leaves_out_zero_where_there_is_drift() -> None:
    found = drift(TIMES_S, noisy(0.001), None)
    assert found is not None
    assert found.per_km is None
    assert 0.0 < found.per_10_min.low < 0.6 < found.per_10_min.high < 0.9


def test_the_interval_holds_zero_in_most_runs_without_drift() -> None:
    found = [drift(TIMES_S, noisy(0.0, seed), None) for seed in range(40)]
    inside = sum(f is not None and f.per_10_min.low <= 0.0 <= f.per_10_min.high for f in found)
    assert inside >= 34, "95 % of 40 are 38"


def test_a_stretch_of_hills_does_not_move_it() -> None:
    values = noisy(0.001)
    values[400:600] = [value + 6.0 for value in values[400:600]]
    found = drift(TIMES_S, values, None)
    assert found is not None
    assert found.per_10_min.slope == pytest.approx(0.6, abs=0.3)


@given(st.floats(0.0, 86_400.0))
def test_when_the_session_began_does_not_matter(shift_s: float) -> None:
    times_s, values = TIMES_S[:500], noisy(0.001)[:500]
    here, there = drift(times_s, values, None), drift([t_s + shift_s for t_s in times_s], values, None)
    assert here is not None
    assert there is not None
    # a stride at a block's border may change sides by rounding
    assert there.per_10_min.slope == pytest.approx(here.per_10_min.slope, rel=0.02)


@given(st.floats(-5.0, 5.0), st.floats(0.1, 10.0))
def test_it_follows_a_change_of_unit(offset: float, factor: float) -> None:
    values = noisy(0.001)[:500]
    plain, turned = (drift(TIMES_S[:500], v, None) for v in (values, [offset + factor * v for v in values]))
    assert plain is not None
    assert turned is not None
    assert turned.per_10_min.slope == pytest.approx(factor * plain.per_10_min.slope)


@pytest.mark.parametrize("count", [0, 1, 300, 380])
def test_too_short_a_run_has_none(count: int) -> None:
    assert drift(TIMES_S[:count], [8.0] * count, None) is None


def test_a_run_with_long_breaks_has_none_unless_enough_is_left() -> None:
    kept = [t_s for t_s in TIMES_S if t_s % 300.0 < 60.0]
    assert drift(kept, [8.0] * len(kept), None) is None


@pytest.mark.parametrize("hours", [1.9, 2.1, 5.0, 24.0])
def test_a_long_session_keeps_its_slope_in_a_bounded_number_of_blocks(hours: float) -> None:
    times_s = [3.0 * k for k in range(int(hours * 1200))]
    found = drift(times_s, [8.0 + 0.0002 * t_s for t_s in times_s], [SPEED_MPS * t_s for t_s in times_s])
    assert found is not None
    assert found.per_10_min.slope == pytest.approx(0.12)
    assert found.per_km is not None
    assert found.per_km.slope == pytest.approx(0.2 / SPEED_MPS)
    assert (found.blocks == hours * 3600.0 / BLOCK_S) == (hours < 2.0)
    assert found.blocks <= MOST_BLOCKS + 1


@given(st.integers(0, 1300), st.booleans())
def test_a_stored_drift_goes_on_as_if_there_had_been_no_break(at: int, with_ways: bool) -> None:
    values = noisy(0.001)
    blocks, other = DriftBlocks(), DriftBlocks()
    for row in zip(TIMES_S[:at], values, WAY_M, strict=False):
        blocks.push(*row)
    other.restore(blocks.state())
    for row in zip(TIMES_S[at:], values[at:], WAY_M[at:], strict=True):
        blocks.push(*row)
        other.push(*row)
    assert other.drift(with_ways=with_ways) == blocks.drift(with_ways=with_ways)
    assert other.state() == blocks.state()
