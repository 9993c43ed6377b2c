"""A runner's length gain from known distances."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import least_squares

from footfall_processing.errors import InputError
from footfall_processing.gait import Activity
from footfall_processing.pipeline import analyze
from footfall_processing.results.calibration import (
    OUTLIER_SDS,
    PRIOR_SD,
    KnownLength,
    LengthGain,
    length_gain,
    robust_mean,
)
from footfall_processing.session import Side
from footfall_processing.synthetic import Runner, RunPlan, SensorSetup, Site, run, simulate, stand, worn_sensor


def stretch(gain: float, known_m: float = 400.0, sd: float = 0.002) -> KnownLength:
    return KnownLength(known_m / gain, known_m, sd * known_m)


def test_nothing_known_leaves_lengths_as_they_are() -> None:
    assert length_gain([]) == LengthGain(1.0, PRIOR_SD)


@given(gain=st.floats(0.9, 1.1), laps=st.integers(1, 12))
def test_laps_of_a_track_give_the_gain(gain: float, laps: int) -> None:
    fitted = length_gain([stretch(gain)] * laps)
    assert fitted.factor == pytest.approx(gain, abs=0.001)
    assert fitted.sd < 0.0035


@given(
    laps=st.lists(st.tuples(st.floats(0.8, 1.2), st.floats(0.001, 0.1)), min_size=1, max_size=8),
)
def test_the_fit_is_scipy_s(laps: list[tuple[float, float]]) -> None:
    ratio, sd = np.array(laps).T
    wanted = least_squares(
        lambda gain: (ratio - gain) / sd, [float(np.median(ratio))], loss="soft_l1", f_scale=OUTLIER_SDS, gtol=1e-12
    )
    assert robust_mean(ratio, sd) == pytest.approx(wanted.x[0], abs=1e-5)


def test_uncertainty_is_what_it_says() -> None:
    random = np.random.default_rng(3)
    wrong_by = []
    for _ in range(400):
        gain = 1.0 + 0.03 * random.standard_normal()
        laps = [
            KnownLength(400.0 / gain * (1.0 + 0.01 * random.standard_normal()), 400.0, 0.01 * 400.0) for _ in range(6)
        ]
        fitted = length_gain(laps)
        wrong_by.append((fitted.factor - gain) / fitted.sd)
    assert abs(np.mean(wrong_by)) < 0.15
    assert 0.75 < np.std(wrong_by) < 1.2


def test_one_wrong_lap_barely_counts() -> None:
    laps = [stretch(1.03 + 0.002 * k) for k in (-2, -1, 0, 1, 2)]
    assert length_gain([*laps, stretch(1.2)]).factor == pytest.approx(1.03, abs=0.01)


def test_scatter_beyond_what_was_stated_widens_the_uncertainty() -> None:
    calm = length_gain([stretch(g) for g in (1.02, 1.021, 1.019, 1.02)])
    scattered = length_gain([stretch(g) for g in (0.98, 1.06, 1.0, 1.04)])
    assert scattered.sd > 3.0 * calm.sd


def test_a_doubtful_truth_hardly_moves_the_gain() -> None:
    assert length_gain([stretch(1.2, sd=0.2)]).factor == pytest.approx(1.01, abs=0.01)


def test_an_impossible_gain_is_refused() -> None:
    with pytest.raises(InputError, match=r"1\.99 times what was measured"):
        length_gain([stretch(2.0)])
    with pytest.raises(InputError, match="must be above 0"):
        KnownLength(0.0, 400.0, 1.0)
    with pytest.raises(InputError, match="length gain"):
        replace(worn_sensor("foot-left", Site.INSTEP, Side.LEFT), length_gain=3.0)


def test_the_gain_learnt_from_a_distance_makes_lengths_true() -> None:
    sensor = worn_sensor("foot-left", Site.INSTEP, Side.LEFT)
    plan = RunPlan((stand(2.0), run(20.0, 3.6), stand(2.0)))
    made = simulate(plan, Runner(), [SensorSetup(sensor, Site.INSTEP)], seed=2)["foot-left"]
    strides = [s for s in analyze([sensor], made.blocks()) if s.activity is Activity.RUN]
    lengths_m = [s.stride_length_m for s in strides if s.stride_length_m is not None]
    measured_m = sum(lengths_m)
    calibrated = replace(sensor, length_gain=length_gain([KnownLength(measured_m, 1.04 * measured_m, 0.1)]).factor)
    after = [s for s in analyze([calibrated], made.blocks()) if s.activity is Activity.RUN]
    assert sum(s.stride_length_m or 0.0 for s in after) == pytest.approx(1.04 * measured_m, rel=1e-3)
    assert [s.initial_contact_s for s in after] == [s.initial_contact_s for s in strides]
    assert after[3].speed_mps == pytest.approx(1.04 * (strides[3].speed_mps or 0.0), rel=1e-3)
