"""Two streams into one: nothing invented, nothing held back, however the packets come."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway.devices.kit.joining import HOLD_S, JoinedSamples, StreamJoiner, StreamSamples
from footfall_processing.samples import FloatArray, SampleQuality

INTERVAL_S = 0.005
AFTER_LOSS = int(SampleQuality.AFTER_LOSS)
ACC_CLIPPED = int(SampleQuality.ACC_CLIPPED)
GYR_CLIPPED = int(SampleQuality.GYR_CLIPPED)


def times(indices: object, *, interval_s: float = INTERVAL_S, offset_s: float = 0.0) -> FloatArray:
    return np.asarray(indices, dtype=np.float64) * interval_s + offset_s


def stream(t_s: FloatArray, *, scale: float = 1.0, after_loss: Sequence[int] = (), clipped: int = 0) -> StreamSamples:
    """Make a stream whose values are straight lines in time, so that interpolation is exact."""
    quality = np.full(len(t_s), clipped, dtype=np.uint8)
    quality[list(after_loss)] |= AFTER_LOSS
    return StreamSamples(t_s, scale * np.outer(t_s, [1.0, -2.0, 3.0]), quality)


def part(samples: StreamSamples, start: int, stop: int) -> StreamSamples:
    return StreamSamples(samples.t_s[start:stop], samples.values[start:stop], samples.quality[start:stop])


def together(pieces: Sequence[JoinedSamples | None]) -> JoinedSamples:
    found = [piece for piece in pieces if piece is not None]
    return JoinedSamples(
        np.concatenate([np.empty(0), *(p.t_s for p in found)]),
        np.concatenate([np.empty((0, 3)), *(p.acc_mps2 for p in found)]),
        np.concatenate([np.empty((0, 3)), *(p.gyr_radps for p in found)]),
        np.concatenate([np.empty(0, dtype=np.uint8), *(p.quality for p in found)]),
    )


def join(acc: StreamSamples, gyr: StreamSamples) -> JoinedSamples:
    joiner = StreamJoiner(INTERVAL_S)
    return together([joiner.push_acc(acc), joiner.push_gyr(gyr)])


def test_samples_of_one_moment_are_paired_bit_for_bit() -> None:
    acc = stream(times(range(40)))
    random = np.random.default_rng(1)
    gyr = StreamSamples(acc.t_s + 0.0004 * random.uniform(-1, 1, 40), random.normal(size=(40, 3)), acc.quality)
    joined = join(acc, gyr)
    assert np.array_equal(joined.t_s, acc.t_s)
    assert np.array_equal(joined.acc_mps2, acc.values)
    assert np.array_equal(joined.gyr_radps, gyr.values)
    assert not joined.quality.any()


@pytest.mark.parametrize("offset_s", [0.0012, 0.0025, -0.0038])
@pytest.mark.parametrize("ratio", [1.0, 2.0, 0.51])
def test_between_two_moments_the_angular_rate_is_interpolated(offset_s: float, ratio: float) -> None:
    acc = stream(times(range(40)))
    gyr = stream(times(range(-1, 90), interval_s=INTERVAL_S * ratio, offset_s=offset_s), scale=7.0)
    joined = join(acc, gyr)
    assert len(joined.t_s) == np.count_nonzero((acc.t_s >= gyr.t_s[0]) & (acc.t_s <= gyr.t_s[-1]))
    # Within a tenth of the interval a neighbour stands for the moment.
    assert np.abs(joined.gyr_radps - 7.0 * joined.acc_mps2).max() <= 3 * 7.0 * 0.1 * INTERVAL_S
    assert not joined.quality.any()


@pytest.mark.parametrize("offset_s", [0.0, 0.002])
def test_a_gap_of_the_angular_rate_is_never_bridged(offset_s: float) -> None:
    acc = stream(times(range(60)))
    gyr_s = times(np.delete(np.arange(-1, 60), np.arange(21, 36)), offset_s=offset_s)
    joined = join(acc, stream(gyr_s, after_loss=[21]))
    missing = acc.t_s[~np.isin(acc.t_s, joined.t_s)]
    in_gap = (acc.t_s > gyr_s[20] + 1e-9) & (acc.t_s < gyr_s[21] - 1e-9)
    assert np.array_equal(missing, acc.t_s[in_gap])
    first_after = int(np.searchsorted(joined.t_s, missing[-1]))
    assert np.flatnonzero(joined.quality & AFTER_LOSS).tolist() == [first_after]


def test_a_gap_of_the_acceleration_is_marked_once() -> None:
    acc_s = times(np.delete(np.arange(60), np.arange(20, 35)))
    joined = join(stream(acc_s, after_loss=[20]), stream(times(range(60))))
    assert np.array_equal(joined.t_s, acc_s)
    assert np.flatnonzero(joined.quality).tolist() == [20]


def test_the_mark_of_a_loss_moves_on_to_the_first_whole_sample() -> None:
    acc_s = times(np.delete(np.arange(60), np.arange(20, 35)))
    gyr_s = times(np.delete(np.arange(60), np.arange(15, 38)))
    joined = join(stream(acc_s, after_loss=[20]), stream(gyr_s, after_loss=[15]))
    assert joined.t_s == pytest.approx(gyr_s)
    assert np.flatnonzero(joined.quality).tolist() == [15]


def test_what_is_clipped_on_either_side_stays_marked() -> None:
    t_s = times(range(10))
    gyr = stream(t_s + 0.002)
    gyr.quality[4] = GYR_CLIPPED
    joined = join(stream(t_s, clipped=ACC_CLIPPED), gyr)
    assert (joined.quality & ACC_CLIPPED != 0).all()
    assert np.flatnonzero(joined.quality & GYR_CLIPPED).tolist() == [3, 4]  # accelerations 4 and 5; 0 has no partner


def test_before_the_angular_rate_begins_nothing_was_lost() -> None:
    joined = join(stream(times(range(20))), stream(times(range(5, 20))))
    assert joined.t_s[0] == 5 * INTERVAL_S
    assert not joined.quality.any()


@pytest.mark.parametrize("silent", ["acc", "gyr"])
def test_a_silent_stream_holds_nothing_back_for_long(silent: str) -> None:
    joiner = StreamJoiner(INTERVAL_S)
    whole = stream(times(range(2000)))
    before = together([joiner.push_acc(part(whole, 0, 100)), joiner.push_gyr(part(whole, 0, 100))])
    speaks = joiner.push_acc if silent == "gyr" else joiner.push_gyr
    for start in range(100, 1900, 10):
        assert speaks(part(whole, start, start + 10)) is None
        held = [len(kept) for kept in (joiner._acc, joiner._gyr)]
        assert max(held) <= HOLD_S / INTERVAL_S + 2
    if silent == "gyr":
        after = joiner.push_gyr(stream(whole.t_s[1600:1900], after_loss=[0]))
    else:
        after = joiner.push_acc(stream(whole.t_s[1600:1900], after_loss=[0]))
    assert len(before.t_s) == 100
    assert after is not None
    assert np.array_equal(after.t_s, whole.t_s[1600:1900])
    assert np.flatnonzero(after.quality).tolist() == [0]


def test_a_stream_that_comes_back_within_the_time_loses_nothing() -> None:
    joiner = StreamJoiner(INTERVAL_S)
    whole = stream(times(range(500)))
    pieces = [joiner.push_acc(part(whole, start, start + 10)) for start in range(0, 390, 10)]
    pieces += [joiner.push_gyr(whole), joiner.push_acc(part(whole, 390, 500))]
    assert np.array_equal(together(pieces).t_s, whole.t_s)


def test_after_a_new_time_axis_nothing_old_is_joined() -> None:
    joiner = StreamJoiner(INTERVAL_S)
    whole = stream(times(range(100)))
    joiner.push_acc(whole)
    joiner.push_gyr(part(whole, 0, 50))
    joiner.forget()
    assert joiner.push_acc(part(whole, 0, 20)) is None
    again = joiner.push_gyr(part(whole, 0, 20))
    assert again is not None
    assert np.array_equal(again.t_s, whole.t_s[:20])
    assert np.flatnonzero(again.quality).tolist() == [0]


@st.composite
def streams(draw: st.DrawFn) -> StreamSamples:
    """Make up to 80 samples at uneven times, with gaps."""
    steps = draw(st.lists(st.sampled_from([0.7, 1.0, 1.0, 1.0, 1.3, 6.0]), min_size=1, max_size=80))
    t_s = times(draw(st.floats(0.0, 5.0)) + np.cumsum(steps))
    return stream(t_s, after_loss=[i for i, step in enumerate(steps) if step == 6.0 and i > 0])


@given(streams(), streams(), st.data())
def test_cuts_and_turns_of_the_packets_change_nothing(
    acc: StreamSamples, gyr: StreamSamples, data: st.DataObject
) -> None:
    joiner, pieces, at = StreamJoiner(INTERVAL_S), [], {"acc": 0, "gyr": 0}
    sides = {"acc": (acc, joiner.push_acc), "gyr": (gyr, joiner.push_gyr)}
    while waiting := [side for side, (samples, _) in sides.items() if at[side] < len(samples)]:
        side = data.draw(st.sampled_from(waiting))
        samples, push = sides[side]
        stop = data.draw(st.integers(at[side] + 1, len(samples)))
        pieces.append(push(part(samples, at[side], stop)))
        at[side] = stop
    in_pieces, at_once = together(pieces), join(acc, gyr)
    for name in ("t_s", "acc_mps2", "gyr_radps", "quality"):
        assert np.array_equal(getattr(in_pieces, name), getattr(at_once, name))
    assert (np.diff(at_once.t_s) > 0.0).all()
    assert np.isin(at_once.t_s, acc.t_s).all()
