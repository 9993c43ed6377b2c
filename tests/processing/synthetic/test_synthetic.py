"""The synthetic runner is the truth of other tests; here it is held against mechanics and against its own truth."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import cumulative_trapezoid
from scipy.spatial.transform import Rotation

from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, Strike
from footfall_processing.samples import FloatArray, SampleQuality
from footfall_processing.session import Side
from footfall_processing.synthetic import (
    HARD_SHOE,
    IDEAL,
    SOFT_SHOE,
    Imperfections,
    Leg,
    Loss,
    Phase,
    Runner,
    RunPlan,
    SensorSetup,
    SensorTrace,
    Shoe,
    Site,
    run,
    simulate,
    stand,
    walk,
    walk_backward,
    worn_sensor,
)
from footfall_processing.synthetic.footfalls import footfalls
from footfall_processing.synthetic.motion import leg_motion
from footfall_processing.synthetic.sensor import felt
from footfall_processing.units import STANDARD_GRAVITY_MPS2

G = STANDARD_GRAVITY_MPS2


def setup(
    site: Site = Site.INSTEP, side: Side = Side.LEFT, flaws: Imperfections = IDEAL, **sensor: float
) -> SensorSetup:
    options = {"rate_hz": 500.0, "acc_range_g": 200.0, "gyro_range_dps": 4000.0} | sensor
    return SensorSetup(worn_sensor(f"{site}-{side}", site, side, **options), site, imperfections=flaws)


def simulate_one(plan: RunPlan, runner: Runner, sensor: SensorSetup, seed: int = 1) -> SensorTrace:
    return simulate(plan, runner, [sensor], seed)[sensor.sensor.id]


def rates(trace: SensorTrace) -> FloatArray:
    assert trace.samples.gyr_radps is not None
    return trace.samples.gyr_radps


def steady(trace: SensorTrace, activity: Activity) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Stride time, contact time, speed and resultant peak of the strides of an activity, the first two left out."""
    strides = [s for s in trace.strides if s.activity is activity][2:]
    columns = [(s.stride_time_s, s.contact_time_s, s.speed_mps, s.peak_acc_mps2) for s in strides]
    stride, contact, speed, peak = np.array(columns).T
    return stride, contact, speed, peak


EVERYTHING = RunPlan((stand(3), walk(8, 1.3), run(10, 3.0), run(8, 4.2), stand(5), walk_backward(8, 0.8), stand(3)))


def test_the_same_arguments_give_the_same_bits() -> None:
    sensors = [setup(flaws=Imperfections()), setup(Site.DISTAL_SHANK, Side.RIGHT, Imperfections())]
    first, second = (simulate(EVERYTHING, Runner(), sensors, seed=7) for _ in range(2))
    for name, trace in first.items():
        np.testing.assert_array_equal(trace.samples.acc_mps2, second[name].samples.acc_mps2)
        np.testing.assert_array_equal(rates(trace), rates(second[name]))
        assert trace.strides == second[name].strides


def test_another_sensor_changes_nothing_for_the_first() -> None:
    alone = simulate(EVERYTHING, Runner(), [setup(flaws=Imperfections())], seed=7)
    joined = simulate(EVERYTHING, Runner(), [setup(flaws=Imperfections()), setup(side=Side.RIGHT)], seed=7)
    np.testing.assert_array_equal(alone["instep-left"].samples.acc_mps2, joined["instep-left"].samples.acc_mps2)


def test_seeds_differ() -> None:
    first, second = (simulate_one(EVERYTHING, Runner(), setup(), seed) for seed in (1, 2))
    assert first.strides != second.strides


@pytest.mark.parametrize("site", list(Site))
def test_strapdown_integration_returns_the_length_of_each_stride(site: Site) -> None:
    plan = RunPlan((stand(3), walk(6, 1.4), run(8, 3.5), stand(3)))
    _, contacts = footfalls(plan, Runner(), np.random.default_rng(1))
    leg = leg_motion(Side.LEFT, Runner(), contacts[Side.LEFT], plan.duration_s)
    pose = leg.shank if site is Site.DISTAL_SHANK else leg.foot
    motion = felt(pose, setup(site))
    # From acceleration, angular rate and the first attitude alone, as any user of a sensor would.
    turns = Rotation.from_rotvec(0.5 * (motion.gyr_radps[1:] + motion.gyr_radps[:-1]) * np.diff(leg.t_s)[:, None])
    attitudes = np.empty((len(leg.t_s), 3, 3))
    attitudes[0] = pose.rotation()[0]
    for k, turn in enumerate(turns.as_matrix()):
        attitudes[k + 1] = attitudes[k] @ turn
    acc = np.einsum("nij,nj->ni", attitudes, motion.acc_mps2) - [0.0, 0.0, G]
    velocity = cumulative_trapezoid(acc, leg.t_s, axis=0, initial=0.0)
    position = cumulative_trapezoid(velocity, leg.t_s, axis=0, initial=0.0)
    assert np.abs(velocity[-1]).max() < 0.02
    strides = [(a, b) for a, b in pairwise(contacts[Side.LEFT]) if a.speed_mps and b.to_s < plan.duration_s]
    assert len(strides) > 12
    for before, after in strides:
        middles = [c.ic_s + 0.35 * (c.to_s - c.ic_s) for c in (before, after)]
        start, end = np.searchsorted(leg.t_s, middles)
        moved = position[end, 0] - position[start, 0]
        truly = (pose.origin_m + pose.rotation() @ site.offset_m)[[start, end], 0]
        assert moved == pytest.approx(truly[1] - truly[0], abs=0.01)
        if site is not Site.DISTAL_SHANK and before.kind is after.kind:
            assert moved == pytest.approx(after.x_m - before.x_m, abs=0.015)


@pytest.mark.parametrize("move", [walk(8, 1.4), run(8, 2.4), run(8, 4.5), walk_backward(8, 0.8)])
def test_the_sole_stays_above_the_ground_in_swing_and_on_it_in_stance(move: Phase) -> None:
    plan = RunPlan((stand(3), move, stand(4)))
    _, contacts = footfalls(plan, Runner(), np.random.default_rng(4))
    leg = leg_motion(Side.RIGHT, Runner(), contacts[Side.RIGHT], plan.duration_s)
    heel_m = leg.foot.origin_m[:, 2]
    ball_m = heel_m + 0.195 * np.sin(leg.foot.pitch)
    for before, after in pairwise(contacts[Side.RIGHT]):
        swing = (leg.t_s > before.to_s + 0.02) & (leg.t_s < after.ic_s - 0.02)
        assert min(heel_m[swing].min(), ball_m[swing].min()) > -0.01
    for contact in contacts[Side.RIGHT][1:-1]:
        stance = (leg.t_s > contact.ic_s) & (leg.t_s < contact.to_s)
        # Shoe and heel pad give by as much as two centimetres; the toes roll on when the ball has left.
        lowest = np.minimum(heel_m[stance], ball_m[stance])
        assert lowest.min() > -0.025
        assert lowest.max() < 0.05


def test_standing_reads_one_g_and_no_rotation() -> None:
    trace = simulate_one(RunPlan((stand(5),)), Runner(), setup())
    np.testing.assert_allclose(np.linalg.norm(trace.samples.acc_mps2, axis=1), G, rtol=1e-6)
    assert np.abs(rates(trace)).max() < 1e-5
    assert trace.strides == ()


def test_an_upright_sensor_measures_gravity_upwards() -> None:
    trace = simulate_one(RunPlan((stand(5),)), Runner(), setup(Site.DISTAL_SHANK))
    np.testing.assert_allclose(trace.samples.acc_mps2[500], [0.0, 0.0, G], atol=1e-3)


@pytest.mark.parametrize("speed_mps", [2.5, 3.5, 4.5])
def test_running_has_the_cadence_contact_and_speed_of_a_runner(speed_mps: float) -> None:
    trace = simulate_one(RunPlan((stand(3), run(20, speed_mps))), Runner(), setup())
    stride, contact, speed, _ = steady(trace, Activity.RUN)
    assert np.mean(120.0 / stride) == pytest.approx(166.0 + 7.0 * (speed_mps - 3.0), abs=2.0)
    assert np.mean(contact) == pytest.approx(0.44 / np.sqrt(speed_mps), rel=0.03)
    assert np.mean(speed) == pytest.approx(speed_mps, rel=0.01)
    assert 0.01 < np.std(stride) / np.mean(stride) * 3.0 < 0.12
    assert np.all(contact < 0.5 * stride)


def test_walking_has_double_support() -> None:
    trace = simulate_one(RunPlan((stand(3), walk(20, 1.4))), Runner(), setup())
    stride, contact, speed, _ = steady(trace, Activity.WALK)
    assert np.all(contact > 0.55 * stride)
    assert np.mean(speed) == pytest.approx(1.4, rel=0.01)


def test_peaks_of_truth_are_those_of_the_signal() -> None:
    trace = simulate_one(RunPlan((stand(3), run(15, 3.5))), Runner(), setup(Site.DISTAL_SHANK))
    t, acc = trace.samples.t_s, trace.samples.acc_mps2
    for s in trace.strides:
        stance = (t >= s.initial_contact_s) & (t <= s.toe_off_s)
        assert s.peak_acc_mps2 == pytest.approx(np.linalg.norm(acc[stance], axis=1).max(), rel=0.02)
        early = stance & (t <= s.initial_contact_s + 0.1)
        assert s.peak_axial_acc_mps2 == pytest.approx(acc[early, 2].max(), rel=0.02)


def test_foot_rates_have_two_peaks_of_a_running_foot() -> None:
    trace = simulate_one(RunPlan((stand(3), run(15, 3.5))), Runner(), setup())
    pitch_rate = -np.rad2deg(rates(trace)[:, 1])
    t = trace.samples.t_s
    for s in trace.strides[2:]:
        swing = pitch_rate[(t > s.initial_contact_s + 0.6 * s.contact_time_s) & (t < s.next_contact_s)]
        assert -800.0 < swing.min() < -350.0
        assert 450.0 < swing.max() < 1000.0
        assert swing.argmin() < swing.argmax()


def test_the_foot_is_nearly_still_in_mid_stance_of_walking() -> None:
    trace = simulate_one(RunPlan((stand(3), walk(15, 1.4))), Runner(), setup())
    t, gyr = trace.samples.t_s, np.rad2deg(np.linalg.norm(rates(trace), axis=1))
    for s in trace.strides:
        middle = (t > s.initial_contact_s + 0.3 * s.contact_time_s) & (t < s.initial_contact_s + 0.5 * s.contact_time_s)
        assert gyr[middle].min() < 15.0


def peak_and_axial(runner: Runner, speed_mps: float) -> tuple[float, float]:
    trace = simulate_one(RunPlan((stand(3), run(10, speed_mps))), runner, setup(Site.DISTAL_SHANK))
    axial = [s.peak_axial_acc_mps2 or 0.0 for s in trace.strides[2:]]
    return float(np.mean(steady(trace, Activity.RUN)[3])) / G, float(np.mean(axial)) / G


def test_impact_rises_with_speed_stiffness_and_landing_and_is_lower_on_the_forefoot() -> None:
    usual = Runner(variability=0.0)
    base, axial = peak_and_axial(usual, 3.0)
    assert 3.0 < axial < 9.0
    assert peak_and_axial(usual, 4.0)[0] > base
    assert peak_and_axial(replace(usual, shoe=HARD_SHOE), 3.0)[0] > base
    assert peak_and_axial(replace(usual, shoe=SOFT_SHOE.stiffened(2.0)), 3.0)[0] > base
    hard_landing = Leg(landing_factor=1.4)
    assert peak_and_axial(replace(usual, left=hard_landing), 3.0)[0] > base
    assert peak_and_axial(replace(usual, left=Leg(strike_angle_deg=-6.0)), 3.0)[0] < 0.8 * base


def test_fatigue_raises_the_impact_of_the_tiring_leg_only() -> None:
    runner = Runner(left=Leg(fatigue_landing_per_min=0.6))
    sensors = [setup(side=side) for side in Side]
    traces = simulate(RunPlan((stand(3), run(60, 3.0))), runner, sensors, seed=3)
    rise = {}
    for name, trace in traces.items():
        peaks = steady(trace, Activity.RUN)[3]
        rise[name] = float(np.mean(peaks[-12:]) / np.mean(peaks[:12]))
    assert rise["instep-left"] > 1.2
    assert rise["instep-right"] == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize(
    ("angle_deg", "strike"), [(15.0, Strike.REARFOOT), (4.0, Strike.MIDFOOT), (-8.0, Strike.FOREFOOT)]
)
def test_strike_angle_gives_its_class(angle_deg: float, strike: Strike) -> None:
    leg = Leg(strike_angle_deg=angle_deg)
    trace = simulate_one(RunPlan((stand(3), run(10, 3.0))), Runner(leg, leg, variability=0.0), setup())
    running = [s for s in trace.strides if s.activity is Activity.RUN]
    assert {s.strike for s in running} == {strike}
    np.testing.assert_allclose([np.rad2deg(s.strike_angle_rad) for s in running[1:]], angle_deg, atol=2.5)


def test_mounting_only_rotates() -> None:
    plain = setup()
    turned = replace(plain, mount_rotation_deg=(40.0, -70.0, 110.0))
    first, second = (simulate_one(EVERYTHING, Runner(), s) for s in (plain, turned))
    back = Rotation.from_rotvec(turned.mount_rotation_deg, degrees=True)
    np.testing.assert_allclose(back.apply(second.samples.acc_mps2), first.samples.acc_mps2, atol=1e-9)
    np.testing.assert_allclose(back.apply(rates(second)), rates(first), atol=1e-9)
    assert first.strides == second.strides


def test_range_clips_and_says_so_but_not_in_the_truth() -> None:
    plan = RunPlan((stand(3), run(10, 4.0)))
    wide, narrow = (
        simulate_one(plan, Runner(shoe=HARD_SHOE), setup(acc_range_g=g, gyro_range_dps=500.0)) for g in (100.0, 8.0)
    )
    samples = narrow.samples
    assert np.abs(samples.acc_mps2).max() < 8.0 * G
    assert np.abs(rates(narrow)).max() < np.deg2rad(500.0)
    flags = np.concatenate([block.quality for block in narrow.blocks()])
    np.testing.assert_array_equal(flags & SampleQuality.ACC_CLIPPED != 0, samples.acc_clipped)
    np.testing.assert_array_equal(flags & SampleQuality.GYR_CLIPPED != 0, samples.gyr_clipped)
    assert samples.acc_clipped.any()
    assert samples.gyr_clipped.any()
    assert narrow.strides == wide.strides


def test_values_are_whole_codes() -> None:
    sensor = setup(flaws=replace(IDEAL, quantised=True), acc_range_g=16.0, gyro_range_dps=2000.0)
    trace = simulate_one(RunPlan((stand(2), run(5, 3.0))), Runner(), sensor)
    codes = trace.samples.acc_mps2 / (16.0 * G / 32768)
    np.testing.assert_allclose(codes, np.round(codes), atol=1e-6)


def test_loss_takes_whole_packets_in_bursts_and_marks_what_follows() -> None:
    sensor = replace(setup(rate_hz=200.0), loss=Loss(fraction=0.1, burst_packets=4.0))
    trace = simulate_one(RunPlan((stand(3), run(200, 3.0))), Runner(), sensor)
    lost = trace.samples.packet_lost
    assert 0.06 < lost.mean() < 0.14
    bursts = np.flatnonzero(np.diff(lost.astype(int), prepend=0) == 1)
    assert 2.5 < lost.sum() / len(bursts) < 5.5
    blocks = trace.blocks()
    assert len(blocks) == np.count_nonzero(~lost)
    marked = [bool(block.quality[0] & SampleQuality.AFTER_LOSS) for block in blocks]
    gaps = [later.t_s[0] - before.t_s[-1] > 0.0051 for before, later in pairwise(blocks)]
    assert marked == [False, *gaps]


def test_a_fast_clock_stretches_signal_and_truth_alike() -> None:
    right, fast = (
        simulate_one(EVERYTHING, Runner(), setup(flaws=replace(IDEAL, clock_ppm=ppm))) for ppm in (0.0, 2000.0)
    )
    assert len(fast.samples.t_s) > len(right.samples.t_s)
    np.testing.assert_allclose(
        [s.initial_contact_s for s in fast.strides], [1.002 * s.initial_contact_s for s in right.strides]
    )


def test_steps_backwards_land_on_the_forefoot_and_are_marked() -> None:
    trace = simulate_one(EVERYTHING, Runner(), setup())
    back = [s for s in trace.strides if s.backward]
    assert len(back) >= 3
    assert all(s.strike is Strike.FOREFOOT and s.activity is Activity.WALK for s in back)
    assert all(s.speed_mps == pytest.approx(0.8, abs=0.25) for s in back[1:-1])


@pytest.mark.parametrize("seed", range(5))
def test_stops_starts_and_turns_of_gait_are_gentle(seed: int) -> None:
    traces = simulate(EVERYTHING, Runner(), [setup(side=side) for side in Side], seed)
    for trace in traces.values():
        norm = np.linalg.norm(trace.samples.acc_mps2, axis=1)
        between = np.ones(len(norm), dtype=bool)
        for s in trace.strides:
            if s.activity is Activity.RUN:
                between &= (trace.samples.t_s < s.initial_contact_s) | (trace.samples.t_s > s.next_contact_s)
        assert norm[between].max() < 15.0 * G


def test_senseless_settings_are_refused() -> None:
    with pytest.raises(InputError, match="speed"):
        walk(10, 4.0)
    with pytest.raises(InputError, match="lasts"):
        run(0.5, 3.0)
    with pytest.raises(InputError, match="site"):
        SensorSetup(worn_sensor("a", Site.INSTEP, Side.LEFT), Site.DISTAL_SHANK)
    with pytest.raises(InputError, match="unique"):
        simulate(EVERYTHING, Runner(), [setup(), setup()], seed=1)


def test_shoes_are_ordered_by_stiffness() -> None:
    assert isinstance(SOFT_SHOE.stiffened(1.5), Shoe)
    with pytest.raises(InputError):
        SOFT_SHOE.stiffened(0.0)
