"""Batches with a stamp: every sample gets its time, whatever the rounding, the rate and the losses."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway.devices.kit.base import MOST_STATE_BYTES
from footfall_gateway.devices.kit.stamped import BatchTime, BatchTimes, Misplaced, Stamped, StampedImu, Stream
from footfall_processing.samples import FloatArray, ImuBlock, SampleQuality
from footfall_processing.session import Placement, Sensor
from footfall_processing.units import STANDARD_GRAVITY_MPS2

NOMINAL_S = 1 / 208
AFTER_LOSS = int(SampleQuality.AFTER_LOSS)


def stamp_of(first_s: float, count: int, interval_s: float, stamped: Stamped) -> float:
    return first_s if stamped is Stamped.FIRST else first_s + (count - 1) * interval_s


@pytest.mark.parametrize("stamped", Stamped)
@pytest.mark.parametrize("rate_error", [0.0, -0.06, 0.06])
def test_exact_stamps_give_exact_times_whatever_the_true_rate(stamped: Stamped, rate_error: float) -> None:
    interval_s, first_s = NOMINAL_S * (1 + rate_error), 5.0
    times = BatchTimes(NOMINAL_S, stamped, tick_s=1e-9)
    for index, count in enumerate([16, 16, 7, 23, 1, 40, 16, 12] * 20):
        place = times.place(stamp_of(first_s, count, interval_s, stamped), count)
        assert isinstance(place, BatchTime)
        assert not place.after_gap
        if index > 1:
            assert place.first_s == pytest.approx(first_s, abs=1e-9)
            assert place.interval_s == pytest.approx(interval_s, abs=1e-12)
        first_s += count * interval_s


def test_stamps_of_whole_milliseconds_are_smoothed() -> None:
    interval_s = NOMINAL_S * 1.03
    times = BatchTimes(NOMINAL_S, Stamped.FIRST, tick_s=1e-3)
    errors_s, last_s = [], -np.inf
    for index in range(2000):
        true_s = 0.01234 + 16 * index * interval_s
        place = times.place(math.floor(true_s * 1e3) / 1e3, 16)
        assert isinstance(place, BatchTime)
        assert not place.after_gap
        # Evenly spaced from batch to batch too, but at the beginning.
        if index > 0:
            assert place.first_s - last_s == pytest.approx(interval_s, rel=0.5 if index < 20 else 0.05)
        last_s = place.first_s + 15 * place.interval_s
        errors_s.append(place.first_s - true_s)
    # The sensor's rounding makes times half a millisecond early on average: that can't be known here.
    assert np.abs(np.array(errors_s[50:]) + 0.0005).max() < 0.0003


@pytest.mark.parametrize("stamped", Stamped)
@pytest.mark.parametrize("missing", [16, 32, 5000])
def test_a_lost_batch_is_a_gap_and_nothing_else_is(stamped: Stamped, missing: int) -> None:
    times, first_s, gaps = BatchTimes(NOMINAL_S, stamped, tick_s=1e-9), 0.0, []
    for index in range(60):
        if index == 30:
            first_s += missing * NOMINAL_S
        place = times.place(stamp_of(first_s, 16, NOMINAL_S, stamped), 16)
        assert isinstance(place, BatchTime)
        assert place.first_s == pytest.approx(first_s, abs=1e-9)
        gaps += [index] if place.after_gap else []
        first_s += 16 * NOMINAL_S
    assert gaps == [30]


@pytest.mark.parametrize("lost_batches", [1, 40])
@pytest.mark.parametrize("shift_s", [0.0, 0.0022])
def test_over_a_gap_rounded_stamps_are_smoothed_while_the_sensor_samples_on(lost_batches: int, shift_s: float) -> None:
    times = BatchTimes(NOMINAL_S, Stamped.FIRST, tick_s=1e-3)
    interval_s, errors_s = NOMINAL_S * 1.01, []
    for index in [*range(300), *range(300 + lost_batches, 320 + lost_batches)]:
        true_s = 16 * index * interval_s + (shift_s if index >= 300 else 0.0)
        place = times.place(math.floor(true_s * 1e3) / 1e3, 16)
        assert isinstance(place, BatchTime)
        assert place.after_gap is (index == 300 + lost_batches)
        errors_s.append(place.first_s - true_s + 0.0005)
    assert np.abs(errors_s[50:300]).max() < 0.0003
    # A sensor that was started anew samples at other moments: its stamps alone tell, to a millisecond.
    assert np.abs(errors_s[300:]).max() < (0.0003 if shift_s == 0.0 else 0.0007)


@pytest.mark.parametrize("stamped", Stamped)
def test_a_batch_lost_at_the_very_beginning_is_a_gap_too(stamped: Stamped) -> None:
    times = BatchTimes(NOMINAL_S, stamped, tick_s=1e-9)
    times.place(1.0, 16)
    place = times.place(1.0 + 32 * NOMINAL_S, 16)
    assert isinstance(place, BatchTime)
    assert place.after_gap


@pytest.mark.parametrize("stamped", Stamped)
def test_late_and_overlapping_batches_have_no_place(stamped: Stamped) -> None:
    times = BatchTimes(NOMINAL_S, stamped, tick_s=1e-9)
    for index in range(10):
        times.place(16 * index * NOMINAL_S, 16)
    assert times.place(16 * 9 * NOMINAL_S, 16) is Misplaced.LATE
    assert times.place(16 * 4 * NOMINAL_S, 16) is Misplaced.LATE
    assert times.place(16 * 9.5 * NOMINAL_S, 16) is Misplaced.OVERLAPPING
    assert isinstance(times.place(16 * 10 * NOMINAL_S, 16), BatchTime)


@given(st.lists(st.tuples(st.floats(-1.0, 3.0), st.integers(1, 300)), max_size=40), st.sampled_from(Stamped))
def test_times_never_run_backwards(batches: list[tuple[float, int]], stamped: Stamped) -> None:
    times, stamp_s, last_s = BatchTimes(NOMINAL_S, stamped, tick_s=1e-9), 0.0, -np.inf
    for step_s, count in batches:
        stamp_s += step_s
        place = times.place(stamp_s, count)
        if isinstance(place, BatchTime):
            assert place.first_s > last_s
            assert 0.4 * NOMINAL_S < place.interval_s < 1.2 * NOMINAL_S
            last_s = place.first_s + (count - 1) * place.interval_s


def imu(*, has_gyro: bool = True) -> StampedImu:
    sensor = Sensor(
        "shank",
        Placement.SHANK,
        None,
        208.0,
        acc_range_mps2=16 * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=35.0 if has_gyro else None,
        has_gyro=has_gyro,
    )
    return StampedImu(sensor, tick_s=1e-3, bits=32, stamped=Stamped.FIRST)


def values(index: int, sign: int = 1) -> FloatArray:
    """Make the values of a batch of 13, which lasts 62.5 ms: they count the samples."""
    return sign * np.repeat(np.arange(13 * index, 13 * index + 13, dtype=np.float64)[:, None] * 0.01, 3, axis=1)


def both(index: int) -> dict[Stream, FloatArray]:
    return {Stream.ACC: values(index), Stream.GYR: values(index, -1)}


def stamp(index: int, *, origin: int = 0) -> int:
    return (origin + round(62.5 * index)) % 2**32


def collect(blocks: list[ImuBlock]) -> list[int]:
    """Tell which samples came; angular rate is that of the same moment."""
    for block in blocks:
        assert block.gyr_radps is None or np.abs(block.gyr_radps + block.acc_mps2).max() < 0.006
    return [round(float(value) * 100) for block in blocks for value in block.acc_mps2[:, 0]]


def test_streams_are_joined_over_a_wrap_of_the_clock() -> None:
    joined, origin = imu(), 2**32 - 3000
    blocks = []
    for index in range(100):
        received_s = 1.0 + 0.0625 * (index + 1)
        for stream, batch in both(index).items():
            blocks += joined.push(stamp(index, origin=origin), {stream: batch}, received_s=received_s)
    assert collect(blocks) == list(range(1300))
    t_s = np.concatenate([block.t_s for block in blocks])
    assert t_s - t_s[0] == pytest.approx(np.arange(1300) / 208, abs=2e-3)
    assert joined.counts.received_samples == 1300
    assert joined.counts.lost_samples == 0


@pytest.mark.parametrize("lost_stream", [Stream.ACC, Stream.GYR, None])
def test_a_lost_batch_of_either_stream_is_counted_and_marked(lost_stream: Stream | None) -> None:
    lossy, blocks = imu(), []
    for index in range(40):
        for stream, batch in both(index).items():
            if not (index in (20, 21) and stream is (lost_stream or stream)):
                blocks += lossy.push(stamp(index), {stream: batch}, received_s=1.0 + 0.0625 * (index + 1))
    numbers = collect(blocks)
    assert numbers == [*range(13 * 20), *range(13 * 22, 13 * 40)]
    quality = np.concatenate([block.quality for block in blocks])
    assert np.flatnonzero(quality).tolist() == [13 * 20]
    assert quality[13 * 20] == AFTER_LOSS
    assert lossy.counts.lost_samples == 26


def test_what_a_slow_sensor_lost_is_counted_at_its_true_rate() -> None:
    slow = imu()
    for index in [*range(200), *range(500, 510)]:
        slow.push(round(62.5 * 1.05 * index), both(index), received_s=1.0 + 0.0625 * 1.05 * (index + 1))
    assert slow.counts.lost_samples == 300 * 13


def test_the_count_of_the_lost_does_not_depend_on_arrivals() -> None:
    late = imu()
    for index in range(20):
        late.push(stamp(index), both(index), received_s=1.5 + 0.0625 * index)
    # Over a gap, the session's time is corrected by the half second that the first packets came late.
    for index in range(120, 130):
        late.push(stamp(index), both(index), received_s=1.0 + 0.0625 * index)
    assert late.counts.lost_samples == 100 * 13


def test_a_sensor_that_was_switched_off_goes_on() -> None:
    rebooted, blocks = imu(), []
    for index in range(10):
        blocks += rebooted.push(stamp(index, origin=900_000), both(index), received_s=1.0 + 0.0625 * (index + 1))
    for index in range(10, 20):
        blocks += rebooted.push(stamp(index, origin=1000), both(index), received_s=20.0 + 0.0625 * (index + 1))
    assert collect(blocks) == list(range(260))
    t_s = np.concatenate([block.t_s for block in blocks])
    assert (np.diff(t_s) > 0.0).all()
    assert t_s[130] == pytest.approx(20.0 + 0.0625 * 10, abs=0.01)
    quality = np.concatenate([block.quality for block in blocks])
    assert np.flatnonzero(quality).tolist() == [130]
    assert rebooted.counts.lost_samples == 0


def test_batches_that_come_twice_count_once() -> None:
    doubled, blocks = imu(), []
    for arrival, index in enumerate([0, 0, 1, 2, 1, 3, 3, 4]):
        blocks += doubled.push(stamp(index), both(index), received_s=1.0 + 0.0625 * (arrival + 1))
    assert collect(blocks) == list(range(65))
    assert doubled.counts.duplicate_packets == 3
    assert doubled.counts.rejected_packets == 0


def test_an_accelerometer_alone_needs_no_partner() -> None:
    alone = imu(has_gyro=False)
    blocks = [b for i in range(5) for b in alone.push(stamp(i), {Stream.ACC: values(i)}, received_s=1.0 + 0.0625 * i)]
    assert collect(blocks) == list(range(65))
    assert all(block.gyr_radps is None for block in blocks)


def test_what_stands_at_the_end_of_its_range_is_marked() -> None:
    clipping = imu()
    acc, gyr = values(0), values(0)
    acc[3, 1] = -15.99 * STANDARD_GRAVITY_MPS2
    gyr[7, 2] = 34.99
    (block,) = clipping.push(0, {Stream.ACC: acc, Stream.GYR: gyr}, received_s=1.0)
    assert np.flatnonzero(block.quality & int(SampleQuality.ACC_CLIPPED)).tolist() == [3]
    assert np.flatnonzero(block.quality & int(SampleQuality.GYR_CLIPPED)).tolist() == [7]
    assert clipping.counts.clipped_samples == 2


@pytest.mark.parametrize("silent", Stream)
def test_the_state_stays_small_however_long_one_stream_is_silent(silent: Stream) -> None:
    one_sided, sizes = imu(), []
    for index in range(12_000):
        batches = {stream: batch for stream, batch in both(index).items() if stream is not silent or index < 10}
        # Stamps as close as they are taken: more samples than the sensor's rate in the time that streams are held.
        one_sided.push(round(0.88 * 62.5 * index) % 2**32, batches, received_s=1.0 + 0.055 * index)
        if index % 1000 == 999:
            sizes.append(len(msgspec.msgpack.encode(one_sided.state())))
    assert 10_000 < max(sizes) < MOST_STATE_BYTES
    assert max(sizes) - sizes[-1] < 1000


@pytest.mark.parametrize("received_s", [float("nan"), float("inf"), -1.0, 1e10])
def test_an_arrival_in_no_session_is_rejected(received_s: float) -> None:
    victim = imu()
    assert victim.push(0, both(0), received_s=received_s) == []
    assert victim.counts.rejected_packets == 1
