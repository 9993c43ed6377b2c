"""The 200 Hz grid: a segment's integral, its bridged losses, its peaks and its flags."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray, SampleQuality
from footfall_processing.session import Placement, Sensor
from footfall_processing.signal.grid import (
    BRIDGED_LOSS_S,
    CELL_S,
    GRID_STATE,
    feed,
    next_cell,
    parabola_at,
    parabola_shift,
    start_grid,
)


@compiled
def _drain(grid: Record, t_s: FloatArray, raw: FloatArray, cells: FloatArray, begins: FloatArray) -> tuple[int, int]:
    n = segments = 0
    for i in range(len(t_s)):
        if feed(grid, t_s[i], raw[i], 0):
            begins[segments] = t_s[i]
            segments += 1
        while next_cell(grid):
            cells[n, :6] = grid.cell
            cells[n, 6] = grid.cell_peak_norm_mps2
            cells[n, 7] = grid.cell_quality
            n += 1
    return n, segments


def run_grid(
    t_s: FloatArray, raw: FloatArray, rate_hz: float, acc_limit_mps2: float | None = None
) -> tuple[FloatArray, FloatArray]:
    """Cells (mean of six channels, peak norm, quality) and the beginnings of the segments."""
    state = np.zeros(1, GRID_STATE)
    start_grid(state, Sensor("foot", Placement.FOOT, None, rate_hz, acc_range_mps2=acc_limit_mps2))
    cells = np.zeros((int((t_s[-1] - t_s[0]) / CELL_S) + 5, 8))
    begins = np.zeros(len(t_s))
    n, segments = _drain(state[0], t_s, raw, cells, begins)
    return cells[:n], begins[:segments]


@pytest.mark.parametrize("rate_hz", [100.0, 200.0, 204.8, 416.0, 1000.0])
def test_slow_signal_survives_any_rate(rate_hz: float) -> None:
    t_s = np.arange(0.0, 10.0, 1.0 / rate_hz) + 3.0
    raw = np.column_stack([10.0 * np.sin(2.0 * np.pi * f * t_s) for f in (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)])
    cells, _ = run_grid(t_s, raw, rate_hz)
    centres_s = 3.0 + np.arange(len(cells)) * CELL_S
    expected = np.column_stack([10.0 * np.sin(2.0 * np.pi * f * centres_s) for f in (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)])
    assert np.abs(cells[1:, :6] - expected[1:]).max() < 0.1


@given(seed=st.integers(0, 2**32 - 1), rate_hz=st.floats(50.0, 1000.0))
def test_integral_of_the_straight_lines_is_kept(seed: int, rate_hz: float) -> None:
    rng = np.random.default_rng(seed)
    t_s = np.cumsum(rng.uniform(0.6, 1.4, 200)) / rate_hz
    raw = rng.normal(0.0, 20.0, (200, 6))
    cells, _ = run_grid(t_s, raw, rate_hz)
    end_s = t_s[0] + (len(cells) - 0.5) * CELL_S
    knots_s = np.append(t_s[t_s < end_s], end_s)
    lines = np.column_stack([np.interp(knots_s, t_s, raw[:, axis]) for axis in range(6)])
    integral = np.trapezoid(lines, knots_s, axis=0)
    widths_s = np.full(len(cells), CELL_S)
    widths_s[0] = 0.5 * CELL_S
    assert np.allclose(widths_s @ cells[:, :6], integral, rtol=0.0, atol=1e-9 * np.abs(raw).max() * len(raw))


def test_short_loss_is_bridged_and_flagged_and_long_loss_starts_a_segment() -> None:
    t_s = np.arange(400) / 200.0
    raw = np.ones((400, 6))
    kept = np.ones(400, bool)
    kept[100:107] = False  # half of cell 99 is bridged too
    cells, begins = run_grid(t_s[kept], raw[kept], 200.0)
    lost = np.flatnonzero(cells[:, 7].astype(int) & int(SampleQuality.AFTER_LOSS))
    assert len(begins) == 1
    assert lost.min() == 99
    assert lost.max() == 107
    kept[107 : 100 + int(BRIDGED_LOSS_S * 200) + 1] = False
    _, begins = run_grid(t_s[kept], raw[kept], 200.0)
    assert len(begins) == 2


def test_peak_between_samples_is_found_to_two_percent_at_200_hz() -> None:
    errors = []
    for phase in np.linspace(0.0, 1.0, 21):
        t_s = (np.arange(60) + phase) / 200.0
        shock = 100.0 * np.sin(np.pi * np.clip((t_s - 0.1) / 0.03, 0.0, 1.0))
        cells, _ = run_grid(t_s, np.outer(shock, [1.0, 0, 0, 0, 0, 0]), 200.0)
        errors.append(cells[:, 6].max() / 100.0 - 1.0)
    assert np.abs(errors).max() < 0.02


def test_clipped_peak_is_flagged_and_not_raised() -> None:
    t_s = np.arange(100) / 200.0
    acc = np.minimum(200.0 * np.exp(-(((t_s - 0.25) / 0.01) ** 2)), 156.9)
    raw = np.column_stack([acc, *[np.zeros(100)] * 5])
    cells, _ = run_grid(t_s, raw, 200.0, acc_limit_mps2=156.9)
    assert cells[:, 6].max() == 156.9
    assert (cells[:, 7].astype(int) & int(SampleQuality.ACC_CLIPPED)).any()


def test_flat_top_is_flagged_without_a_stated_range() -> None:
    t_s = np.arange(100) / 200.0
    top = np.minimum(200.0 * np.exp(-(((t_s - 0.25) / 0.02) ** 2)), 80.0)
    raw = np.column_stack([top, *[t_s] * 5])
    cells, _ = run_grid(t_s, raw, 200.0)
    assert (cells[:, 7].astype(int) & int(SampleQuality.ACC_CLIPPED)).any()


@given(a=st.floats(-100, 100), x=st.floats(-0.5, 0.5), height=st.floats(-50, 50))
def test_parabola_is_exact_for_a_parabola(a: float, x: float, height: float) -> None:
    curvature = -abs(a) - 0.1
    before, middle, after = (curvature * (k - x) ** 2 + height for k in (-1.0, 0.0, 1.0))
    shift = parabola_shift(before, middle, after)
    assert parabola_at(before, middle, after, shift) == pytest.approx(height, abs=1e-9 * (1 + abs(a) + abs(height)))
