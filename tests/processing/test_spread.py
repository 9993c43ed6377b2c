"""The middle and spread of many values: exact while few, bounded when many, and the same in any order."""

import math
import random
from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_processing.errors import InputError
from footfall_processing.metrics.catalogue import STRIDE_METRICS, Metric
from footfall_processing.metrics.exact_sum import ExactSum
from footfall_processing.results.spread import MOST_STEPS, Spread, finest_step, middle_and_spread
from footfall_processing.state import PlainState

RANGE = (0.1, 1.5)
PLAUSIBLE = st.lists(st.floats(0.1, 1.5), min_size=2, max_size=300)
WILD = st.lists(st.floats(-1e60, 1e60) | st.floats(-2.0, 3.0), min_size=2, max_size=300)


def spread_of(values: list[float], *, counted: bool = True) -> Spread:
    spread = Spread(RANGE)
    spread.add(values)
    if counted:
        spread.count()
    return spread


def stored(spread: Spread) -> Spread:
    state: PlainState = msgspec.msgpack.decode(msgspec.msgpack.encode(spread.state()))
    again = Spread(RANGE)
    again.restore(state)
    return again


@given(WILD)
def test_a_sum_is_exact_however_it_is_put_together(values: list[float]) -> None:
    whole, parts = ExactSum(), ExactSum(ExactSum(values[::2]).parts())
    for value in values:
        whole.add(value)
    parts.add_all(values[1::2])
    assert whole.fraction() == sum(map(Fraction, values))
    assert whole.parts() == parts.parts()
    assert whole.rounded() == math.fsum(values)
    assert len(whole.parts()) <= 40


@given(PLAUSIBLE)
def test_few_values_are_held_and_exact(values: list[float]) -> None:
    found = spread_of(values, counted=False).summary(ratio_scale=True)
    assert found == middle_and_spread(sorted(values), ratio_scale=True)
    assert found.sd == float(np.std(sorted(values), ddof=1))


@given(PLAUSIBLE)
def test_counts_are_within_a_step_of_the_values(values: list[float]) -> None:
    spread = spread_of(values)
    found, exact = spread.summary(ratio_scale=True), middle_and_spread(sorted(values), ratio_scale=True)
    assert (found.n, found.mean) == (exact.n, exact.mean)
    assert found.sd == pytest.approx(exact.sd, rel=1e-9, abs=1e-15)
    for name in ("median", "p10", "p90"):
        assert abs(getattr(found, name) - getattr(exact, name)) <= spread.step


@pytest.mark.parametrize("metric", STRIDE_METRICS.values(), ids=lambda metric: metric.name)
def test_a_day_s_median_is_within_two_percent_of_the_standard_deviation(metric: Metric) -> None:
    low, high = metric.valid_range
    middle, sd = 0.5 * (low + high), (high - low) / 40.0
    chance = random.Random(metric.name)
    values = [chance.gauss(middle, sd) for _ in range(65_000)]
    spread = Spread(metric.valid_range)
    for k in range(0, len(values), 500):
        spread.add(values[k : k + 500])
        spread.count()
    found, exact = (
        spread.summary(ratio_scale=False),
        middle_and_spread(sorted(values), ratio_scale=False),
    )
    assert spread.step <= 0.13 * sd
    for name in ("median", "p10", "p90"):
        assert getattr(found, name) == pytest.approx(getattr(exact, name), abs=0.02 * sd)


@given(WILD, st.randoms(use_true_random=False), st.integers(1, 20))
def test_order_cuts_and_storing_change_nothing(values: list[float], chance: random.Random, cut: int) -> None:
    whole = spread_of(values)
    shuffled = sorted(values, key=lambda _: chance.random())
    parts = Spread(RANGE)
    for k in range(0, len(shuffled), cut):
        parts.add(shuffled[k : k + cut])
        parts.count()
        parts = stored(parts)
    assert parts.state() == whole.state()
    assert parts.summary(ratio_scale=True) == whole.summary(ratio_scale=True)


@given(WILD, WILD, st.booleans(), st.booleans())
def test_merging_is_as_if_all_had_been_in_one(
    first: list[float], second: list[float], first_counted: bool, second_counted: bool
) -> None:
    one, other = spread_of(first, counted=first_counted), spread_of(second, counted=second_counted)
    before = other.state()
    one.merge(other)
    assert other.state() == before, "the one that is taken in stays as it is"
    assert one.state() == spread_of(first + second, counted=first_counted or second_counted).state()


@given(st.integers(0, 2**32), st.sampled_from([0.01, 3.0, 1e30]))
def test_counts_stay_small_whatever_comes(seed: int, scale: float) -> None:
    chance = random.Random(seed)
    spread = spread_of([chance.uniform(-scale, scale) * chance.lognormvariate(0.0, 5.0) for _ in range(5000)])
    assert len(msgspec.msgpack.encode(spread.state())) <= 5 * MOST_STEPS + 200


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e6))
def test_the_finest_step_is_a_power_of_two_and_fine(low: float, width: float) -> None:
    step = finest_step((low, low + width))
    assert math.frexp(step)[0] == 0.5
    assert step <= width / 10_000.0


@pytest.mark.parametrize(
    "broken",
    [
        None,
        {},
        {"held": b"12345"},
        {"held": np.array([math.nan]).tobytes()},
        {"held": bytes(8 * 100_000)},
        {"doublings": 0, "counts": [1, 0], "total": [], "squares": [], "ends": [0.0, 1.0]},
        {"doublings": 0, "counts": [70_000, 1], "total": [], "squares": [], "ends": [0.0, 1.0]},
        {"doublings": 0, "counts": [1] * 1000, "total": [], "squares": [], "ends": [0.0, 1.0]},
        {"doublings": 0, "counts": [1, 1], "total": [], "squares": [], "ends": [0.0]},
        {"doublings": -1, "counts": [1, 1], "total": [], "squares": [], "ends": [0.0, 1.0]},
        {"doublings": 0, "counts": [1, 1], "total": ["1"], "squares": [], "ends": [0.0, 1.0]},
    ],
)
def test_a_broken_state_is_refused(broken: PlainState) -> None:
    with pytest.raises(InputError, match="compute the session anew"):
        Spread(RANGE).restore(broken)
