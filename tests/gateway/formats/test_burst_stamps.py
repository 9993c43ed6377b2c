"""Stamps of arrival: rows that come in bursts are timed evenly, and everything else is left as it is."""

import numpy as np
import pytest

from footfall_gateway.devices.samples import Samples
from footfall_gateway.formats.burst_stamps import even_times, largest_burst
from footfall_gateway.formats.plausibility import check_samples
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray
from gateway.devices.driver_runs import worn_imu

TRUE_S: FloatArray = np.arange(4000, dtype=np.float64) / 200.0


def stamped(apart_s: float, rows: int = 10) -> FloatArray:
    """Stamp rows when the last of their burst was measured, so far apart."""
    number = np.arange(len(TRUE_S))
    last = np.minimum(number // rows * rows + rows - 1, len(TRUE_S) - 1)
    return np.asarray(TRUE_S[last] + apart_s * (number % rows), dtype=np.float64)


@pytest.mark.parametrize("apart_s", [0.0, 0.0015])
def test_bursts_are_timed_evenly(apart_s: float) -> None:
    times_s = even_times(stamped(apart_s), 200.0)
    assert times_s is not None
    assert (np.diff(times_s) > 0.0).all()
    assert np.ptp((times_s - TRUE_S)[800:]) <= 0.01
    assert largest_burst(stamped(apart_s), 200.0) == 10


def test_a_gap_stays_a_gap() -> None:
    stamps_s = stamped(0.0) + np.where(TRUE_S >= 10.0, 5.0, 0.0)
    times_s = even_times(stamps_s, 200.0)
    assert times_s is not None
    assert np.diff(times_s).max() == pytest.approx(5.0, abs=0.1)


def test_a_clock_of_the_sensors_own_is_left_alone() -> None:
    jitter_s = np.random.default_rng(1).uniform(-0.002, 0.002, len(TRUE_S))
    for stamps_s in (TRUE_S, TRUE_S + jitter_s, TRUE_S * 1e3, TRUE_S[:100]):
        assert even_times(np.sort(stamps_s), 200.0) is None


def test_bursts_at_another_rate_are_refused_by_what_they_are() -> None:
    samples = Samples(stamped(0.0015), np.ones((len(TRUE_S), 3)), None)
    with pytest.raises(InputError, match=r"bursts of up to 10, 200\.\d samples a second on the whole, and .* 100 Hz"):
        check_samples("a.csv", worn_imu(100.0, has_gyro=False), samples)
