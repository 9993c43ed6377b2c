"""Session summaries: who is counted, and what stays empty."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.results.summary import MIN_STRIDES, Missing, SessionSummary, summarize
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.units import STANDARD_GRAVITY_MPS2

LEFT = Sensor("foot-left", Placement.FOOT, Side.LEFT, 200.0)
RIGHT = Sensor("foot-right", Placement.FOOT, Side.RIGHT, 200.0)


def running(sensor: Sensor, count: int, contact_time_s: float, peak_acc_mps2: float) -> list[Stride]:
    return [
        Stride(
            sensor_id=sensor.id,
            side=sensor.side,
            activity=Activity.RUN,
            initial_contact_s=0.7 * k,
            toe_off_s=0.7 * k + contact_time_s,
            next_contact_s=0.7 * (k + 1),
            peak_acc_mps2=peak_acc_mps2,
            strike=Strike.REARFOOT if k % 4 else Strike.MIDFOOT,
        )
        for k in range(count)
    ]


def later(stride: Stride, by_s: float) -> Stride:
    toe_off_s = None if stride.toe_off_s is None else stride.toe_off_s + by_s
    begin_s, end_s = stride.initial_contact_s + by_s, stride.next_contact_s + by_s
    return replace(stride, initial_contact_s=begin_s, toe_off_s=toe_off_s, next_contact_s=end_s)


def test_balance_is_the_left_share() -> None:
    summary = summarize(running(LEFT, 20, 0.24, 60.0) + running(RIGHT, 20, 0.26, 40.0), [LEFT, RIGHT])
    assert summary.balance["contact_time_s"] == pytest.approx(48.0)
    assert summary.balance["peak_acc_g"] == pytest.approx(60.0)
    assert summary.duration_s == pytest.approx(14.0)


def test_with_sensors_on_feet_and_shins_balance_compares_like_with_like() -> None:
    left_shin = replace(LEFT, id="shank-left", placement=Placement.SHANK)
    right_shin = replace(RIGHT, id="shank-right", placement=Placement.SHANK)
    strides = running(LEFT, 20, 0.24, 60.0) + running(RIGHT, 20, 0.26, 40.0)
    strides += running(left_shin, 20, 0.30, 50.0) + running(right_shin, 20, 0.30, 50.0)
    summary = summarize(strides, [LEFT, RIGHT, left_shin, right_shin])
    assert summary.balance["contact_time_s"] == pytest.approx(48.0)
    assert not summarize(strides, [LEFT, right_shin]).balance


def test_too_few_strides_give_no_averages_and_no_balance() -> None:
    summary = summarize(running(LEFT, MIN_STRIDES - 1, 0.24, 60.0) + running(RIGHT, 20, 0.26, 40.0), [LEFT, RIGHT])
    left = next(s for s in summary.sensors if s.sensor_id == LEFT.id)
    assert left.strides == MIN_STRIDES - 1
    assert not left.metrics
    assert not left.strikes
    assert not summary.balance


@pytest.mark.parametrize(
    ("placement", "told"),
    [
        (Placement.FOOT, {Strike.REARFOOT: 1.0, Strike.MIDFOOT: 0.0, Strike.FOREFOOT: 0.0}),
        (Placement.SHANK, {Strike.REARFOOT: 1.0, Strike.NON_REARFOOT: 0.0}),
    ],
)
def test_shares_are_of_the_patterns_that_the_site_can_tell(placement: Placement, told: dict[Strike, float]) -> None:
    sensor = replace(LEFT, placement=placement)
    strides = [replace(stride, strike=Strike.REARFOOT) for stride in running(sensor, 20, 0.24, 60.0)]
    assert summarize(strides, [sensor]).sensors[0].strikes == told


def test_clipped_peaks_are_counted_and_left_out() -> None:
    strides = running(LEFT, 20, 0.24, 60.0)
    strides[:5] = [replace(s, peak_acc_mps2=156.9, quality=(StrideFlag.ACC_CLIPPED,)) for s in strides[:5]]
    (left,) = summarize(strides, [LEFT]).sensors
    assert left.clipped_strides == 5
    assert left.metrics["peak_acc_g"].n == 15
    assert left.metrics["peak_acc_g"].p90 < 7.0
    assert left.metrics["contact_time_s"].n == 20


def test_low_confidence_strides_are_counted_but_not_averaged() -> None:
    strides = running(LEFT, 20, 0.24, 60.0)
    strides[0] = replace(strides[0], toe_off_s=0.6, quality=(StrideFlag.LOW_CONFIDENCE,))
    (left,) = summarize(strides, [LEFT]).sensors
    assert left.strides == 20
    assert left.metrics["contact_time_s"].n == 19


def test_symmetry_index_and_difference_go_with_the_balance() -> None:
    summary = summarize(running(LEFT, 20, 0.24, 60.0) + running(RIGHT, 20, 0.26, 40.0), [LEFT, RIGHT])
    assert summary.symmetry_index_percent["contact_time_s"] == pytest.approx(-8.0)
    assert summary.left_minus_right["contact_time_s"] == pytest.approx(-0.02)
    assert summary.balance["swing_time_s"] == pytest.approx(100.0 * 0.46 / 0.90)
    assert "foot_strike_angle_deg" not in summary.balance


def test_angles_have_a_difference_and_no_share() -> None:
    strides = [
        replace(stride, foot_strike_angle_rad=0.3 if stride.side is Side.LEFT else -0.1)
        for stride in running(LEFT, 20, 0.24, 60.0) + running(RIGHT, 20, 0.26, 40.0)
    ]
    summary = summarize(strides, [LEFT, RIGHT])
    assert summary.left_minus_right["foot_strike_angle_deg"] == pytest.approx(math.degrees(0.4))
    assert "foot_strike_angle_deg" not in summary.balance
    assert summary.sensors[0].metrics["foot_strike_angle_deg"].cv_percent is None


def test_step_times_of_both_feet() -> None:
    right = [
        replace(s, initial_contact_s=s.initial_contact_s + 0.34, toe_off_s=None, next_contact_s=s.next_contact_s + 0.34)
        for s in running(RIGHT, 20, 0.26, 40.0)
    ]
    summary = summarize(running(LEFT, 20, 0.24, 60.0) + right, [LEFT, RIGHT])
    steps = summary.step_times[Activity.RUN]
    assert steps[Side.RIGHT].median == pytest.approx(0.34)
    assert steps[Side.LEFT].median == pytest.approx(0.36)
    assert summary.balance["step_time_s"] == pytest.approx(100.0 * 0.36 / 0.70)
    assert not summarize(right, [RIGHT]).step_times


def test_spread_from_stride_to_stride() -> None:
    strides = running(LEFT, 20, 0.24, 60.0)
    strides[:10] = [replace(s, toe_off_s=s.initial_contact_s + 0.26) for s in strides[:10]]
    (left,) = summarize(strides, [LEFT]).sensors
    contact_time = left.metrics["contact_time_s"]
    assert contact_time.sd == pytest.approx(0.01 * math.sqrt(20 / 19))
    assert contact_time.cv_percent == pytest.approx(100.0 * 0.01 * math.sqrt(20 / 19) / 0.25)


def test_distance_says_of_how_many_strides_it_is() -> None:
    strides = [replace(s, stride_length_m=2.5) for s in running(LEFT, 16, 0.24, 60.0)]
    strides[0] = replace(strides[0], stride_length_m=None)
    (left,) = summarize(strides, [LEFT]).sensors
    assert left.distance_m == pytest.approx(37.5)
    assert left.distance_strides == 15


def test_the_shock_index_is_of_peaks_within_the_range_and_withheld_where_many_are_beyond() -> None:
    strides = running(LEFT, 17, 0.24, 5.0 * STANDARD_GRAVITY_MPS2)
    clipped = [replace(s, peak_acc_mps2=156.9, quality=(StrideFlag.ACC_CLIPPED,)) for s in strides[:1]]
    (left,) = summarize(strides[1:], [LEFT]).sensors
    assert dict(left.shock_index_g) == {"peak_acc_g": pytest.approx(10.0)}, "16 peaks of 5 g: 5 x 16^(1/4)"
    (left,) = summarize(clipped + running(LEFT, 40, 0.24, 60.0)[1:], [LEFT]).sensors
    assert left.peak_sum_g["peak_acc_g"] == pytest.approx(39 * 60.0 / STANDARD_GRAVITY_MPS2)
    (left,) = summarize(clipped + strides[1:], [LEFT]).sensors
    assert not left.shock_index_g
    assert not left.peak_sum_g


def test_what_has_no_average_says_why() -> None:
    def why(strides: list[Stride]) -> dict[str, Missing]:
        (left,) = summarize(strides, [LEFT]).sensors
        return {name: reason for name, reason in left.missing.items() if name in ("flight_time_s", "peak_acc_g")}

    strides = running(LEFT, 20, 0.24, 60.0)
    assert why(strides) == {}
    assert set(why(strides[:9]).values()) == {Missing.FEW_STRIDES}
    assert why([replace(s, activity=Activity.WALK) for s in strides]) == {"flight_time_s": Missing.NOT_RUNNING}
    assert why([replace(s, peak_acc_mps2=None) for s in strides]) == {"peak_acc_g": Missing.WITHHELD}
    assert why([replace(s, quality=(StrideFlag.ACC_CLIPPED,)) for s in strides]) == {"peak_acc_g": Missing.CLIPPED}
    doubted = [replace(s, quality=(StrideFlag.LOW_CONFIDENCE,)) for s in strides]
    assert set(why(doubted).values()) == {Missing.DOUBTED}
    (left,) = summarize(strides, [LEFT]).sensors
    assert "vertical_stiffness_kn_per_m" not in left.missing, "nobody said how heavy the runner is"
    assert "peak_tibial_acc_g" not in left.missing, "no foot sensor can"


def test_legs_are_compared_over_the_steps_that_both_were_measured_in() -> None:
    """The right sensor came on half-way, where the runner had slowed down: both legs are the same there."""
    quick = running(LEFT, 60, 0.22, 80.0)
    slow = [later(stride, 42.0) for stride in running(LEFT, 60, 0.30, 50.0)]
    right = [replace(later(stride, 0.35), sensor_id=RIGHT.id, side=RIGHT.side) for stride in slow]
    summary = summarize(quick + slow + right, [LEFT, RIGHT])
    assert summary.balance["contact_time_s"] == pytest.approx(50.0)
    assert summary.balance["peak_acc_g"] == pytest.approx(50.0)
    assert summary.is_even("contact_time_s")
    apart = summarize(quick + right, [LEFT, RIGHT])
    assert not apart.balance
    assert not apart.left_minus_right


def test_a_clipped_peak_in_one_leg_leaves_the_other_s_out_too() -> None:
    left, right = running(LEFT, 40, 0.24, 60.0), [later(s, 0.1) for s in running(RIGHT, 40, 0.24, 60.0)]
    harder = [replace(stride, peak_acc_mps2=90.0) for stride in left[:20]] + left[20:]
    cut = [replace(stride, quality=(StrideFlag.ACC_CLIPPED,)) for stride in right[:21]] + right[21:]
    summary = summarize(harder + cut, [LEFT, RIGHT])
    assert summary.balance["peak_acc_g"] == pytest.approx(50.0)
    assert summary.balance["contact_time_s"] == pytest.approx(50.0)


def test_a_difference_within_the_error_of_measurement_is_even() -> None:
    def contact(left_s: float, right_s: float, count: int = 40) -> SessionSummary:
        rights = [later(stride, 0.1) for stride in running(RIGHT, count, right_s, 60.0)]
        return summarize(running(LEFT, count, left_s, 60.0) + rights, [LEFT, RIGHT])

    assert contact(0.2505, 0.2500).is_even("contact_time_s")
    assert contact(0.2525, 0.2475).is_even("contact_time_s"), "5 ms are within what two sensors differ by"
    assert not contact(0.265, 0.235).is_even("contact_time_s")
    assert contact(0.25, 0.25).balance_error_percent["contact_time_s"] == pytest.approx(0.25 * 1.96 * 4.0)
    scattered = [
        replace(s, toe_off_s=s.initial_contact_s + (0.2, 0.33)[k % 2])
        for k, s in enumerate(running(LEFT, 20, 0.2, 60.0))
    ]
    loose = summarize(scattered + running(RIGHT, 20, 0.25, 61.0), [LEFT, RIGHT])
    assert loose.balance_error_percent["contact_time_s"] > 0.25 * 1.96 * 4.0, "few strides that differ say less"


def test_a_tiring_runner_s_impact_drifts() -> None:
    strides = [
        replace(s, peak_acc_mps2=60.0 + 0.01 * s.initial_contact_s, stride_length_m=2.1)
        for s in running(LEFT, 900, 0.24, 60.0)
    ]
    (left,) = summarize(strides, [LEFT]).sensors
    impact = left.drift["peak_acc_g"]
    assert impact.per_10_min.slope == pytest.approx(6.0 / STANDARD_GRAVITY_MPS2)
    assert impact.per_km is not None
    assert impact.per_km.slope == pytest.approx(10.0 / 3.0 / STANDARD_GRAVITY_MPS2)
    assert left.drift["contact_time_s"].per_10_min.slope == pytest.approx(0.0, abs=1e-9)
    assert not summarize(strides[:300], [LEFT]).sensors[0].drift


def test_one_signal_given_for_both_feet_is_told_and_not_compared() -> None:
    # played again through two sensors, their clocks differ by some milliseconds
    both = running(LEFT, 20, 0.24, 60.0) + [later(stride, 0.003) for stride in running(RIGHT, 20, 0.24, 60.0)]
    summary = summarize(both, [LEFT, RIGHT])
    assert summary.one_signal == {LEFT.id: RIGHT.id, RIGHT.id: LEFT.id}
    assert not any((summary.balance, summary.balance_error_percent, summary.left_minus_right, summary.step_times))
    # by as little as a bit of each stride
    moved = [
        later(s, 0.0) if s.side is Side.LEFT else replace(s, peak_acc_mps2=math.nextafter(60.0, 0.0)) for s in both
    ]
    assert not summarize(moved, [LEFT, RIGHT]).one_signal
    assert "contact_time_s" in summarize(moved, [LEFT, RIGHT]).balance


def test_nothing_in_nothing_out() -> None:
    summary = summarize([], [LEFT, RIGHT])
    assert summary.duration_s == 0.0
    assert not summary.sensors


@given(order=st.permutations(range(24)))
def test_order_does_not_matter(order: list[int]) -> None:
    strides = running(LEFT, 12, 0.24, 60.0) + running(RIGHT, 12, 0.25, 50.0)
    assert summarize([strides[k] for k in order], [LEFT, RIGHT]) == summarize(strides, [LEFT, RIGHT])
