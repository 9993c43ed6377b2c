"""The device's clock on the session's axis: wraps, delays, drift and reboots."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray
from footfall_processing.signal.sample_clock import CountedTime, SampleClock
from footfall_processing.signal.timing import DeviceClock
from footfall_processing.state import PlainState

TICK_S = 1e-6
PERIOD = 2**32
HOURS_8_S = 8 * 3600.0


PACKET_S = 0.095


@given(start=st.integers(0, PERIOD - 1), delay_s=st.floats(0.0, 9.0), steps_s=st.lists(st.floats(1e-3, HOURS_8_S)))
def test_times_are_the_sensors_own_when_all_packets_take_as_long(
    start: int, delay_s: float, steps_s: list[float]
) -> None:
    clock = DeviceClock(tick_s=TICK_S, bits=32)
    anchor = clock.read(start, received_s=100.0 + delay_s, span_s=0.09)
    assert anchor.restarted
    elapsed = 0
    for step_s in steps_s:
        elapsed += round(step_s / TICK_S)
        received_s = 100.0 + elapsed * TICK_S + delay_s
        time = clock.read((start + elapsed) % PERIOD, received_s=received_s, span_s=0.09)
        assert not time.restarted
        assert time.t_s == pytest.approx(anchor.t_s + elapsed * TICK_S, abs=1e-6)


@given(delays_s=st.lists(st.floats(0.0, 9.0), min_size=2, max_size=200))
@example(delays_s=[7.0] + [0.0] * 100)
def test_no_delay_bends_time_by_more_than_clocks_differ(delays_s: list[float]) -> None:
    clock = DeviceClock(tick_s=TICK_S, bits=32)
    times_s = [
        clock.read(k * 95_000, received_s=k * PACKET_S + delay_s, span_s=0.09).t_s for k, delay_s in enumerate(delays_s)
    ]
    assert np.all(np.abs(np.diff(times_s) - PACKET_S) <= DeviceClock.MAX_SLEW * PACKET_S + 1e-9)


def test_time_does_not_run_backwards_over_a_gap_after_a_late_beginning() -> None:
    clock = DeviceClock(tick_s=TICK_S, bits=32)
    late = clock.read(0, received_s=8.0, span_s=0.0)
    after = clock.read(2_500_000, received_s=2.5, span_s=0.0)
    assert not after.restarted
    assert after.t_s > late.t_s


def test_a_first_packet_that_was_late_by_far_is_made_up_for_over_pauses() -> None:
    clock = DeviceClock(tick_s=TICK_S, bits=32)
    own_s = [k * PACKET_S + 8.0 * (k // 50) for k in range(200)]
    for k, moment_s in enumerate(own_s):
        late_s = 0.01 if k else 4.0
        time = clock.read(round(moment_s / TICK_S), received_s=moment_s + late_s, span_s=0.0)
    assert time.t_s == pytest.approx(own_s[-1] + 0.01, abs=1e-3)


@pytest.mark.parametrize("drift", [-5e-4, 5e-4])
def test_drift_is_no_reboot_and_is_known_over_an_absence(drift: float) -> None:
    clock = DeviceClock(tick_s=TICK_S, bits=32)
    minute_s = [float(second) for second in range(60)]
    for true_s in [*minute_s, *(hour * 3600.0 for hour in range(1, 25))]:
        time = clock.read(round(true_s * (1.0 + drift) / TICK_S) % PERIOD, received_s=true_s, span_s=0.0)
        assert time.restarted == (true_s == 0.0)
        if true_s > 60.0:
            assert time.t_s == pytest.approx(true_s, abs=0.01)


def arrivals_s(sent_s: FloatArray, random: np.random.Generator) -> FloatArray:
    """Let a radio deliver packets: 5 to 35 ms later, now and then none for half a second and then all at once."""
    arrived_s = sent_s + random.uniform(0.005, 0.035, len(sent_s))
    stall_s = 0.0
    while stall_s < sent_s[-1]:
        stall_s += random.exponential(20.0)
        stalled = (arrived_s >= stall_s) & (arrived_s < stall_s + random.uniform(0.05, 0.5))
        if stalled.any():
            arrived_s[stalled] = arrived_s[stalled].max()
    return np.maximum.accumulate(arrived_s)


def clock_error_s(drift: float, warming_s: float, random: np.random.Generator) -> FloatArray:
    """Read an hour of packets, 5 % of them lost; NaN where lost."""
    true_s: FloatArray = np.arange(0.0, 3600.0, PACKET_S, dtype=np.float64)
    ticks = (true_s * (1.0 + drift) + warming_s * (1.0 - np.exp(-true_s / 300.0))) / TICK_S
    clock = DeviceClock(tick_s=TICK_S, bits=32)
    read_s = np.full_like(true_s, np.nan)
    for k, received_s in enumerate(arrivals_s(true_s + 0.09, random)):
        if random.random() >= 0.05:
            read_s[k] = clock.read(int(ticks[k]) % PERIOD, received_s=received_s, span_s=0.09).t_s
    return read_s - true_s


@pytest.mark.parametrize("seed", range(2))
def test_left_and_right_agree_over_an_hour_of_drift_and_jitter(seed: int) -> None:
    random = np.random.default_rng(seed)
    apart_s = np.abs(clock_error_s(1e-4, 0.006, random) - clock_error_s(-1e-4, -0.006, random))
    settled = round(30.0 / PACKET_S)
    assert np.nanmax(apart_s[settled:]) <= 0.005
    assert np.nanmax(apart_s[:settled]) <= 0.035


def test_a_late_packet_is_placed_before_the_last_one() -> None:
    clock = DeviceClock(tick_s=TICK_S, bits=32)
    clock.read(PERIOD - 500_000, received_s=1.0, span_s=0.0)
    after_wrap = clock.read(500_000, received_s=2.0, span_s=0.0)
    before_wrap = clock.read(PERIOD - 100_000, received_s=2.1, span_s=0.0)
    assert [before_wrap.t_s, after_wrap.t_s] == pytest.approx([1.4, 2.0])


def test_a_clock_that_began_anew_anchors_again_and_never_earlier_than_told() -> None:
    clock = DeviceClock(tick_s=TICK_S, bits=32)
    clock.read(50_000_000, received_s=1.0, span_s=0.0)
    rebooted = clock.read(1_000, received_s=2.0, span_s=0.5, not_before_s=1.8)
    assert (rebooted.t_s, rebooted.restarted) == (1.8, True)
    assert clock.read(101_000, received_s=2.4, span_s=0.5).t_s == pytest.approx(1.9)


def test_it_anchors_again_when_told_that_the_clock_began_anew() -> None:
    clock = DeviceClock(tick_s=TICK_S, bits=32)
    clock.read(0, received_s=0.0, span_s=0.0)
    clock.forget()
    assert clock.read(0, received_s=1.0, span_s=0.1).t_s == pytest.approx(0.9)


def count(true_s: FloatArray, random: np.random.Generator, batch: int = 1) -> tuple[SampleClock, list[CountedTime]]:
    """Have a sensor of nominally 200 Hz counted; return the clock and the batches' times."""
    clock = SampleClock(0.005)
    last = arrivals_s(true_s[batch - 1 :: batch], random)
    return clock, [clock.read(batch, received_s=received_s) for received_s in last]


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("rate_error", [-0.03, 0.0, 0.03])
def test_counted_time_finds_rate_and_phase(rate_error: float, batch: int) -> None:
    true_s: FloatArray = np.arange(24_000, dtype=np.float64) * 0.005 * (1.0 + rate_error)
    clock, times = count(true_s, np.random.default_rng(1), batch)
    assert [time.restarted for time in times] == [True] + [False] * (len(times) - 1)
    error_s = np.array([time.t_s for time in times]) - true_s[: len(times) * batch : batch]
    assert np.abs(error_s[6000 // batch :]).max() <= 0.02
    assert clock.interval_s == pytest.approx(0.005 * (1.0 + rate_error), rel=0.005)


def test_a_long_loss_becomes_a_gap_in_counted_time() -> None:
    true_s: FloatArray = np.arange(24_000, dtype=np.float64) * 0.005
    heard = (true_s < 60.0) | (true_s > 60.5)
    _, times = count(true_s[heard], np.random.default_rng(2))
    restarts = [k for k, time in enumerate(times) if time.restarted]
    assert len(restarts) == 2
    assert 60.0 <= times[restarts[1]].t_s <= 63.0
    assert times[-1].t_s == pytest.approx(true_s[-1], abs=0.05)


def test_counted_time_begins_anew_after_a_silence() -> None:
    true_s: FloatArray = np.arange(24_000, dtype=np.float64) * 0.005
    heard = (true_s < 60.0) | (true_s > 75.0)
    _, times = count(true_s[heard], np.random.default_rng(3))
    (after,) = (time for time in times[1:] if time.restarted)
    assert after.t_s == pytest.approx(75.0, abs=0.1)


@given(st.lists(st.tuples(st.floats(0.0, 5.0), st.integers(1, 20)), min_size=1, max_size=300))
def test_counted_time_never_runs_backwards(batches: list[tuple[float, int]]) -> None:
    clock, received_s, last_s = SampleClock(0.005), 0.0, -np.inf
    for wait_s, samples in batches:
        received_s += wait_s
        first_s = clock.read(samples, received_s=received_s).t_s
        assert first_s > last_s
        last_s = first_s + (samples - 1) * clock.interval_s


@pytest.mark.parametrize(
    "late_s", [[(0.0, 0.5)], [(0.0, 3.0)], [(30.0, 32.0)], [(20.0 + 6 * k, 22.5 + 6 * k) for k in range(6)]]
)
@pytest.mark.parametrize("rate_error", [-0.03, 0.0, 0.05])
def test_no_packets_that_were_handed_over_late_bend_counted_time(
    rate_error: float, late_s: list[tuple[float, float]]
) -> None:
    """As by a computer under load: nothing comes for a while, then all at once."""
    true_s: FloatArray = np.arange(12_000, dtype=np.float64) * 0.005 * (1.0 + rate_error)
    received_s = arrivals_s(true_s[9::10], np.random.default_rng(4))
    for begin_s, end_s in late_s:
        received_s[(begin_s <= received_s) & (received_s < end_s)] = end_s
    clock, intervals_s = SampleClock(0.005), []
    for k, heard_s in enumerate(received_s):
        clock.read(10, received_s=heard_s)
        if true_s[10 * k] > 16.0:  # the rate is known
            intervals_s.append(clock.interval_s)
    assert np.abs(np.array(intervals_s) / (0.005 * (1.0 + rate_error)) - 1.0).max() < 0.01


arrivals_of_packets = st.lists(
    st.tuples(st.floats(0.0, 40.0), st.floats(-12.0, 12.0), st.floats(0.0, 0.2)), min_size=2, max_size=120
)


@given(arrivals_of_packets, st.data())
def test_a_device_clock_goes_on_from_its_state_to_the_last_bit(
    packets: list[tuple[float, float, float]], data: st.DataObject
) -> None:
    def clock() -> DeviceClock:
        return DeviceClock(tick_s=TICK_S, bits=32)

    whole, cut, own_s, received_s = clock(), data.draw(st.integers(0, len(packets))), 0.0, 0.0
    restored = clock()
    for index, (step_s, late_s, span_s) in enumerate(packets):
        if index == cut:
            state, restored = restored.state(), clock()
            restored.restore(state)
        own_s, received_s = own_s + step_s, max(received_s, own_s + late_s)
        ticks = round(own_s / TICK_S) % PERIOD
        expected = whole.read(ticks, received_s=received_s, span_s=span_s)
        assert restored.read(ticks, received_s=received_s, span_s=span_s) == expected


@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.integers(1, 40)), min_size=2, max_size=120), st.data())
def test_a_counted_clock_goes_on_from_its_state_to_the_last_bit(
    batches: list[tuple[float, int]], data: st.DataObject
) -> None:
    whole, restored, received_s = SampleClock(0.005), SampleClock(0.005), 0.0
    cut = data.draw(st.integers(0, len(batches)))
    for index, (wait_s, samples) in enumerate(batches):
        if index == cut:
            state, restored = restored.state(), SampleClock(0.005)
            restored.restore(state)
        received_s += wait_s
        expected = whole.read(samples, received_s=received_s)
        assert (restored.read(samples, received_s=received_s), restored.interval_s) == (expected, whole.interval_s)


def test_a_clocks_state_is_small_after_any_time() -> None:
    clock = DeviceClock(tick_s=TICK_S, bits=32)
    for second in range(3000):
        clock.read(second * 1_000_000 % PERIOD, received_s=second + 0.02, span_s=0.5)
    state = clock.state()
    assert isinstance(state, dict)
    assert isinstance(floor := state["floor"], dict)
    assert isinstance(least := floor["least"], bytes)
    assert 4000 < len(least) < 5000


@pytest.mark.parametrize(
    "make", [lambda: DeviceClock(tick_s=TICK_S, bits=32), lambda: SampleClock(0.005)], ids=["device", "counted"]
)
def test_a_foreign_state_of_a_clock_is_refused(make: Callable[[], DeviceClock | SampleClock]) -> None:
    used = make()
    if isinstance(used, DeviceClock):
        used.read(5, received_s=1.0, span_s=0.1)
    else:
        used.read(5, received_s=1.0)
    state = used.state()
    assert isinstance(state, dict)
    changed: list[PlainState] = [None, [], {}, {**state, "kind": "sundial 1"}]
    for name in state:
        changed += [{key: value for key, value in state.items() if key != name}]
        changed += [{**state, name: "noon"}, {**state, name: float("nan")}, {**state, name: True}]
    for foreign in changed:
        with pytest.raises(InputError):
            make().restore(foreign)
