"""Where a sensor's values end: any limit on any axis is found, and no resolution, loop or rest is taken for one."""

from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FlagArray, FloatArray, SampleQuality
from footfall_processing.session import Placement, Sensor
from footfall_processing.signal.limits import LIMITS, NOISE_MPS2, NOISE_RADPS, clipped_bits, has_to_tell, start_limits

RATE_HZ: Final = 200.0
PEAKS: Final = 60
SAMPLES_A_PEAK: Final = 140
SEEDS: Final = 20
ACC, GYR = int(SampleQuality.ACC_CLIPPED), int(SampleQuality.GYR_CLIPPED)

steps = st.floats(0.0005, 0.012)
"""Share of the greatest value that the sensor tells apart: 16 bits of a wide range down to 0.1 g of ±8 g."""
axes = st.integers(0, 5)
signs = st.sampled_from([-1.0, 1.0])
seeds = st.integers(0, 2**32 - 1)


@compiled
def _run(limits: Record, raw: FloatArray, bits: FlagArray) -> None:
    for i in range(len(raw)):
        before, two_before = raw[max(i - 1, 0)], raw[max(i - 2, 0)]
        if has_to_tell(limits, raw[i], before, i == 0):
            bits[i] = clipped_bits(limits, raw[i], before, two_before, i == 0)


def flagged(raw: FloatArray, acc_range_mps2: float | None = None) -> FlagArray:
    """Quality bits of each sample of a sensor, of which only the accelerometer's range may be known."""
    limits = np.zeros(1, LIMITS)
    start_limits(limits, Sensor("foot", Placement.FOOT, None, RATE_HZ, acc_range_mps2=acc_range_mps2))
    bits = np.zeros(len(raw), np.uint8)
    _run(limits[0], raw, bits)
    return bits


def landings(seed: int, axis: int, sign: float) -> FloatArray:
    """Six noisy channels, one of which swings and lands: broad peaks and sharp ones, no two alike."""
    rng = np.random.default_rng(seed)
    at = np.arange(PEAKS * SAMPLES_A_PEAK) % SAMPLES_A_PEAK
    peak = np.arange(PEAKS * SAMPLES_A_PEAK) // SAMPLES_A_PEAK
    heights, widths, begins = (rng.uniform(*limits, PEAKS) for limits in ((60.0, 120.0), (1.5, 4.0), (40.0, 41.0)))
    swing = 40.0 * np.sin(2.0 * np.pi * (at + rng.uniform(0.0, 1.0, PEAKS)[peak]) / SAMPLES_A_PEAK)
    shock = heights[peak] * np.exp(-0.5 * ((at - begins[peak]) / widths[peak]) ** 2)
    raw = rng.normal(0.0, 0.3, (len(at), 6))
    raw[:, axis] += sign * (swing + shock)
    return raw


@given(seed=seeds, axis=axes, sign=signs, step=steps, turned=st.booleans())
def test_no_resolution_is_taken_for_a_limit(seed: int, axis: int, sign: float, step: float, turned: bool) -> None:
    raw = landings(seed, axis, sign)
    step *= np.abs(raw).max()
    raw = np.rint(raw / step) * step
    if turned:  # the same signal on many axes
        raw = raw + np.roll(raw, 1, axis=1) - np.roll(raw, 2, axis=1)
    assert not flagged(raw).any()


@given(
    seed=seeds,
    axis=axes,
    sign=signs,
    step=steps.filter(lambda step: step < 0.003),
    share=st.floats(0.4, 0.8),
    told=st.booleans(),
)
def test_any_limit_is_found_on_any_axis(
    seed: int, axis: int, sign: float, step: float, share: float, told: bool
) -> None:
    raw = landings(seed, axis, sign)
    greatest = np.abs(raw[:, axis]).max()
    step *= greatest
    end = round(share * greatest / step) * step
    beyond = sign * np.rint(raw[:, axis] / step) * step > end
    raw = np.rint(raw / step) * step
    raw[beyond, axis] = sign * end
    bits = flagged(raw, acc_range_mps2=1.1 * end if told else None)
    expected = ACC if axis < 3 else GYR
    assert set(np.unique(bits)) <= {0, expected}
    late = np.arange(len(raw)) >= 20 * SAMPLES_A_PEAK
    assert (bits[beyond & late] == expected).all()
    # the sample after a stop is flagged once, when the end becomes known
    at_end = sign * raw[:, axis] >= end - 2.0 * max(step, NOISE_MPS2 if axis < 3 else NOISE_RADPS)
    assert np.count_nonzero(bits[~at_end]) <= 1


@pytest.mark.parametrize("share", [0.4, 0.6, 0.8])
def test_a_limit_under_noise_is_found(share: float) -> None:
    found = 0
    for seed in range(SEEDS):
        axis, sign = seed % 3, 1.0 - 2.0 * (seed % 2)
        raw = landings(seed, axis, sign)
        end = share * np.abs(raw[:, axis]).max()
        clipped = sign * raw[:, axis] > end
        raw[clipped, axis] = sign * end
        raw[:, :3] += np.random.default_rng(seed).normal(0.0, 0.03, (len(raw), 3))  # 3 mg
        bits = flagged(raw, acc_range_mps2=2.0 * end)
        late = np.arange(len(raw)) >= 30 * SAMPLES_A_PEAK
        if np.count_nonzero(bits[clipped & late]) > 0.5 * np.count_nonzero(clipped & late):
            found += 1
        # the sample after a stop is flagged each time that the end becomes known, or known better
        assert np.count_nonzero(bits[sign * raw[:, axis] < end - 0.3]) <= 4
    # a stop is weighed by chance, so the noise of a few hides it
    assert found >= 0.9 * SEEDS


@given(seed=seeds, axis=axes, sign=signs)
def test_what_one_signal_holds_is_no_limit(seed: int, axis: int, sign: float) -> None:
    raw = landings(seed, axis, sign)
    slow = slice(0, 3) if axis < 3 else slice(3, 6)
    raw[:, slow] = raw[::4, slow].repeat(4, axis=0)
    assert not flagged(raw).any()


@given(seed=seeds, axis=axes, sign=signs, times=st.integers(2, 6))
def test_a_recording_played_again_has_no_limit(seed: int, axis: int, sign: float, times: int) -> None:
    raw = landings(seed, axis, sign)
    assert not flagged(np.tile(raw[: 10 * SAMPLES_A_PEAK], (times, 1))).any()


def test_rest_is_no_limit_and_one_flat_top_of_a_fine_sensor_is() -> None:
    rng = np.random.default_rng(3)
    raw = np.rint(rng.normal(0.0, 0.6, (4000, 6)))
    raw[:, 2] += 10.0
    assert not flagged(raw).any()
    raw = landings(3, 0, 1.0)[:SAMPLES_A_PEAK]
    top = raw[:, 0].max()
    assert not flagged(raw).any()
    raw[:, 0] = raw[:, 0].clip(max=0.6 * top)
    assert flagged(raw).any()


def test_the_stated_range_counts_from_the_first_sample() -> None:
    raw = landings(5, 1, -1.0)
    end = -raw[:, 1].min()
    bits = flagged(raw, acc_range_mps2=end)
    assert bits[np.argmin(raw[:, 1])] == ACC
    assert (bits[raw[:, 1] > -0.99 * end] == 0).all()
