"""The device's clock on the session's axis: wraps, delays, drift and reboots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_processing.timing import DeviceClock

TICK_S = 1e-6
PERIOD = 2**32
HOURS_8_S = 8 * 3600.0


@given(
    start=st.integers(0, PERIOD - 1),
    steps_s=st.lists(st.tuples(st.floats(1e-3, HOURS_8_S), st.floats(0.0, 9.0)), max_size=6),
)
def test_times_are_those_of_the_device_however_late_packets_come(
    start: int, steps_s: list[tuple[float, float]]
) -> None:
    clock = DeviceClock(tick_s=TICK_S, bits=32)
    anchor = clock.read(start, received_s=100.0, span_s=0.09)
    assert anchor.restarted
    assert anchor.t_s == pytest.approx(99.91)
    elapsed = 0
    for step_s, delay_s in steps_s:
        elapsed += round(step_s / TICK_S)
        time = clock.read((start + elapsed) % PERIOD, received_s=100.0 + elapsed * TICK_S + delay_s, span_s=0.09)
        assert not time.restarted
        assert time.t_s == pytest.approx(99.91 + elapsed * TICK_S, abs=1e-6)


@pytest.mark.parametrize("drift", [-5e-4, 5e-4])
def test_drift_is_no_reboot(drift: float) -> None:
    clock = DeviceClock(tick_s=TICK_S, bits=32)
    clock.read(0, received_s=0.0, span_s=0.0)
    for hour in range(1, 25):
        ticks = round(hour * 3600.0 * (1.0 + drift) / TICK_S)
        time = clock.read(ticks % PERIOD, received_s=hour * 3600.0, span_s=0.0)
        assert not time.restarted
        assert time.t_s == pytest.approx(hour * 3600.0 * (1.0 + drift))


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
    assert clock.read(101_000, received_s=2.1, span_s=0.5).t_s == pytest.approx(1.9)


def test_it_anchors_again_when_told_that_the_clock_began_anew() -> None:
    clock = DeviceClock(tick_s=TICK_S, bits=32)
    clock.read(0, received_s=0.0, span_s=0.0)
    clock.forget()
    assert clock.read(0, received_s=1.0, span_s=0.1).t_s == pytest.approx(0.9)
