"""A stream that repeats each sample is its source's signal at its source's rate, whatever the stream's own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray
from footfall_processing.session import Placement, Sensor
from footfall_processing.signal.grid import GRID_STATE, feed, next_cell, start_grid
from footfall_processing.signal.held import RUNS


@compiled
def _cells(grid: Record, t_s: FloatArray, raw: FloatArray, cells: FloatArray) -> tuple[int, int]:
    n = segments = 0
    for i in range(len(t_s)):
        segments += feed(grid, t_s[i], raw[i], 0)
        while next_cell(grid):
            cells[n] = grid.cell
            n += 1
    return n, segments


def cells_of(t_s: FloatArray, raw: FloatArray, rate_hz: float) -> tuple[FloatArray, int, int]:
    """The cells, how many segments there were, and how often the stream was found to repeat each sample."""
    state = np.zeros(1, GRID_STATE)
    start_grid(state, Sensor("foot", Placement.FOOT, None, rate_hz))
    cells = np.zeros((int((t_s[-1] - t_s[0]) * 200.0) + 5, 6))
    n, segments = _cells(state[0], t_s, raw, cells)
    return cells[:n], segments, int(state["held"]["factor"][0])


def moving(seed: int, n: int) -> FloatArray:
    """Six channels that move, at their own pace."""
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.normal(0.0, 3.0, (n, 6)), axis=0)


@given(seed=st.integers(0, 2**32 - 1), times=st.integers(2, 8), source_hz=st.sampled_from([25.0, 50.0, 100.0]))
def test_a_held_stream_is_its_source(seed: int, times: int, source_hz: float) -> None:
    n = 60
    source = moving(seed, n)
    source[40:44] = source[40]  # rest: the same measured again and again
    t_s = np.arange(n) / source_hz
    stream_t_s = np.arange(n * times) / (source_hz * times)
    expected, _, factor = cells_of(t_s, source, source_hz)
    cells, segments, held = cells_of(stream_t_s, source.repeat(times, axis=0), source_hz * times)
    assert (factor, held, segments) == (1, times, 1)
    known = int((RUNS + 2) / source_hz * 200.0) + 1
    same = min(len(cells), len(expected))
    np.testing.assert_allclose(cells[known:same], expected[known:same], rtol=0.0, atol=1e-9)


@given(seed=st.integers(0, 2**32 - 1), times=st.integers(2, 8), slow=st.sampled_from([slice(0, 3), slice(3, 6)]))
def test_one_signal_that_is_held_decides_the_rate(seed: int, times: int, slow: slice) -> None:
    n = 40 * times
    stream = moving(seed, n)
    stream[:, slow] = stream[::times, slow].repeat(times, axis=0)
    t_s = np.arange(n) / 200.0
    cells, segments, held = cells_of(t_s, stream, 200.0)
    assert (held, segments) == (times, 1)
    expected, _, _ = cells_of(t_s[::times], stream[::times], 200.0 / times)
    known = (RUNS + 4) * times
    same = min(len(cells), len(expected))
    np.testing.assert_allclose(cells[known:same], expected[known:same], rtol=0.0, atol=1e-9)


@given(seed=st.integers(0, 2**32 - 1), step=st.floats(0.01, 4.0))
def test_what_repeats_now_and_then_is_not_held(seed: int, step: float) -> None:
    raw = np.rint(moving(seed, 400) / step) * step
    raw[100:200] = raw[100]
    raw[300:303] = raw[300]
    _, _, factor = cells_of(np.arange(400) / 200.0, raw, 200.0)
    assert factor == 1
