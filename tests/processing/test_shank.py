"""A sensor on the shin: strikes found, peaks along the tibia, tilt, over speeds, strike patterns and mountings."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from footfall_processing.estimators.shank.contact import CONTACT_USUAL, by_first_rise
from footfall_processing.estimators.shank.strike import rearfoot_or_not, time_to_surge
from footfall_processing.estimators.shank.swing import SWING, open_swing
from footfall_processing.gait import Activity, Impact, Stride, StrideFlag, Strike
from footfall_processing.pipeline import GaitPipeline, analyze
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Side
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING, RING_LENGTH
from footfall_processing.synthetic import (
    Leg,
    Loss,
    Runner,
    RunPlan,
    SensorSetup,
    SensorTrace,
    Site,
    StrideTruth,
    run,
    simulate,
    stand,
    walk,
    walk_backward,
    worn_sensor,
)
from footfall_processing.units import STANDARD_GRAVITY_MPS2

SPEEDS_MPS = (2.0, 3.0, 4.0, 5.0, 6.0)
STRIKES_DEG = (14.0, 3.0, -6.0)
SITE = Site.DISTAL_SHANK
PLAN_STAND_S, PLAN_RUN_S = 3.0, 15.0


def setup(
    name: str, rate_hz: float, rng: np.random.Generator, *, range_g: float = 100.0, lost: float = 0.0
) -> SensorSetup:
    sensor = worn_sensor(name, SITE, Side.LEFT, rate_hz=rate_hz, acc_range_g=range_g, gyro_range_dps=4000.0)
    mount = rng.normal(size=3)
    mount *= rng.uniform(0.0, 180.0) / np.linalg.norm(mount)
    return SensorSetup(sensor, SITE, mount_rotation_deg=tuple(mount), loss=Loss(lost, 1.5), samples_per_packet=10)


@cache
def worn(speed_mps: float, strike_deg: float) -> dict[str, tuple[SensorTrace, list[Stride]]]:
    """Strides of sensors that rode on the same run, mounted at random."""
    rng = np.random.default_rng(int(1000 * speed_mps + strike_deg))
    setups = [
        setup("200", 200.0, rng),
        setup("400", 400.0, rng),
        setup("lossy", 400.0, rng, lost=0.05),
        setup("clipping", 400.0, rng, range_g=8.0),
    ]
    leg = Leg(strike_angle_deg=strike_deg)
    plan = RunPlan((stand(PLAN_STAND_S), run(PLAN_RUN_S, speed_mps)))
    traces = simulate(plan, Runner(left=leg, right=leg), setups, seed=int(10 * speed_mps + strike_deg + 20))
    return {name: (trace, analyze([trace.setup.sensor], trace.blocks())) for name, trace in traces.items()}


def pairs(trace: SensorTrace, strides: list[Stride]) -> list[tuple[StrideTruth, Stride]]:
    """True strides and the ones found within 50 ms of them."""
    return [
        (truth, stride)
        for truth in trace.strides
        for stride in strides
        if abs(truth.initial_contact_s - stride.initial_contact_s) < 0.05
    ]


CASES = [(speed, strike) for speed in SPEEDS_MPS for strike in STRIKES_DEG]


@pytest.mark.parametrize("name", ["200", "400"])
def test_strikes_are_found_and_none_is_made_up(name: str) -> None:
    true = found = false = 0
    for case in CASES:
        trace, strides = worn(*case)[name]
        matched = pairs(trace, strides)
        true += len(trace.strides)
        found += len(matched)
        # the first step out of a stand is real, but no stride by the truth
        begin_s, end_s = trace.strides[0].initial_contact_s, trace.strides[-1].next_contact_s
        false += sum(begin_s - 0.05 < s.initial_contact_s < end_s - 0.05 for s in strides) - len(matched)
    assert true > 250
    assert found >= 0.995 * true
    assert false <= 0.001 * true


@pytest.mark.parametrize("share", [1.0, 1.4, 1.8])
def test_a_shank_that_is_thrown_forward_by_its_landing_still_strides(share: float) -> None:
    # at 5 m/s on the heel it turns as fast after contact as in the swing
    leg = Leg(strike_angle_deg=14.0)
    plan = RunPlan((stand(3.0), run(25.0, 5.0)))
    sensors = [setup("a", 200.0, np.random.default_rng(50))]
    trace = simulate(plan, Runner(left=leg, right=leg), sensors, seed=50034)["a"]
    contacts_s = np.array([truth.initial_contact_s for truth in trace.strides])
    blocks = []
    for block in trace.blocks():
        assert block.gyr_radps is not None
        after_s = block.t_s - contacts_s[np.maximum(np.searchsorted(contacts_s, block.t_s, "right") - 1, 0)]
        landing = np.where((after_s > 0.0) & (after_s < 0.08), np.sin(np.pi * after_s / 0.08) ** 2, 0.0)
        blocks.append(replace(block, gyr_radps=block.gyr_radps * (1.0 + (share - 1.0) * landing[:, None])))
    strides = analyze([trace.setup.sensor], blocks)
    assert len(pairs(trace, strides)) == len(trace.strides) > 30


def test_lost_packets_cost_no_strike_that_is_there() -> None:
    true = found = false = 0
    for case in CASES:
        trace, strides = worn(*case)["lossy"]
        t_s = np.concatenate([block.t_s for block in trace.blocks()])
        matched = pairs(trace, strides)
        # the end of the signal is a gap too: what follows a contact is not there
        gaps_s = np.append(t_s[:-1][np.diff(t_s) > 0.06], t_s[-1])
        for truth in trace.strides:
            if not np.any((gaps_s > truth.initial_contact_s - 0.4) & (gaps_s < truth.next_contact_s + 0.2)):
                true += 1
                found += any(pair[0] is truth for pair in matched)
        begin_s, end_s = trace.strides[0].initial_contact_s, trace.strides[-1].next_contact_s
        false += sum(begin_s - 0.05 < s.initial_contact_s < end_s - 0.05 for s in strides) - len(matched)
    assert true > 50
    assert found >= 0.995 * true
    assert false <= 0.001 * true


@pytest.mark.parametrize(("name", "within"), [("200", 5.0), ("400", 2.0)])
def test_peak_along_the_tibia_agrees_with_the_truth(name: str, within: float) -> None:
    off_percent = []
    for case in CASES:
        trace, strides = worn(*case)[name]
        for truth, stride in pairs(trace, strides):
            assert truth.peak_axial_acc_mps2 is not None
            assert stride.peak_tibial_acc_mps2 is not None
            off_percent.append(100.0 * (stride.peak_tibial_acc_mps2 / truth.peak_axial_acc_mps2 - 1.0))
    assert np.median(np.abs(off_percent)) < within
    assert abs(np.mean(off_percent)) < within


def test_every_clipped_strike_is_flagged_and_none_is_repaired() -> None:
    clipped = 0
    for case in CASES:
        trace, strides = worn(*case)["clipping"]
        samples, sensor = trace.samples, trace.setup.sensor
        assert sensor.acc_range_mps2 is not None
        for _, stride in pairs(trace, strides):
            inside = (samples.t_s >= stride.initial_contact_s) & (samples.t_s < stride.next_contact_s)
            if samples.acc_clipped[inside].any():
                clipped += 1
                assert StrideFlag.ACC_CLIPPED in stride.quality
                assert stride.peak_acc_mps2 is not None
                assert stride.peak_acc_mps2 <= np.sqrt(3.0) * sensor.acc_range_mps2
    assert clipped > 100


@pytest.mark.parametrize("strike_deg", STRIKES_DEG)
def test_impacts_and_strides_come_in_time(strike_deg: float) -> None:
    trace, _ = worn(3.0, strike_deg)["200"]
    pipeline = GaitPipeline([trace.setup.sensor])
    impact_lags_s: list[float] = []
    stride_lags_s: list[float] = []
    for block in trace.blocks():
        assert block.gyr_radps is not None
        for k in range(len(block.t_s)):
            one = slice(k, k + 1)
            sample = ImuBlock(
                block.sensor_id, block.t_s[one], block.acc_mps2[one], block.gyr_radps[one], block.quality[one]
            )
            for event in pipeline.push(sample):
                now_s = float(block.t_s[k])
                if isinstance(event, Impact):
                    impact_lags_s.append(now_s - event.t_s)
                elif isinstance(event, Stride) and StrideFlag.ALIGNED_LATER not in event.quality:
                    stride_lags_s.append(now_s - event.next_contact_s)
    assert np.percentile(impact_lags_s, 99) <= 0.0201
    # the first landings go by until the swing is known
    assert len(impact_lags_s) >= len(trace.strides) - 4
    assert max(stride_lags_s) <= 0.25


def shocked(peak_after_s: float, height_g: float, offset_s: float) -> float:
    """Error in dating a leg that is loaded by a shock alone, which peaks so long after contact."""
    ring = np.zeros(1, RING)[0]
    ring["end"] = 200
    edges_s = (np.arange(201) - 0.5) * CELL_S
    fine_s = np.linspace(edges_s[0], edges_s[-1], 200_001)
    contact_s = 0.5 + offset_s
    phase = np.clip((fine_s - contact_s) / (2.0 * peak_after_s), 0.0, 1.0)
    impulse = np.cumsum(1.0 + height_g * np.sin(np.pi * phase) ** 2) * (fine_s[1] - fine_s[0])
    ring["imu"][:200, 2] = STANDARD_GRAVITY_MPS2 * np.diff(np.interp(edges_s, fine_s, impulse)) / CELL_S
    swing = np.zeros(1, SWING)[0]
    open_swing(swing, contact_s / CELL_S - CONTACT_USUAL + 3.0, 5.0)
    by_first_rise(ring, np.array([0.0, 0.0, 1.0]), 0, swing)
    return float(swing["contact"] * CELL_S - contact_s)


@pytest.mark.parametrize("peak_after_s", [0.005, 0.010, 0.015, 0.025])
@pytest.mark.parametrize("height_g", [2.0, 6.0, 15.0])
def test_contact_is_where_a_shock_begins_however_sharp_it_is(peak_after_s: float, height_g: float) -> None:
    errors_s = [shocked(peak_after_s, height_g, offset_s) for offset_s in np.linspace(0.0, CELL_S, 6)]
    assert abs(np.mean(errors_s)) < 0.005
    assert np.std(errors_s) < 0.003


def without_content_above(cutoff_hz: float, block: ImuBlock, rate_hz: float) -> ImuBlock:
    """A run's or a walk's one block as a sensor tells it that lets nothing above the frequency through."""
    signals = np.column_stack(
        (block.acc_mps2, np.zeros_like(block.acc_mps2) if block.gyr_radps is None else block.gyr_radps)
    )
    spectrum = np.fft.rfft(signals, axis=0)
    spectrum[np.fft.rfftfreq(len(signals), 1.0 / rate_hz) > cutoff_hz] = 0.0
    signals = np.fft.irfft(spectrum, len(signals), axis=0)
    return replace(block, acc_mps2=signals[:, :3], gyr_radps=signals[:, 3:])


@pytest.mark.parametrize("speed_mps", [0.9, 1.4, 1.8])
def test_walking_needs_nothing_above_10_hz(speed_mps: float) -> None:
    made = replace(setup("a", 100.0, np.random.default_rng(7)), samples_per_packet=3000)
    trace = simulate(RunPlan((walk(25.0, speed_mps),)), Runner(), [made], seed=8)["a"]
    soft = [without_content_above(10.0, block, 100.0) for block in trace.blocks()]
    assert len(soft) == 1
    strides = analyze([made.sensor], soft)
    assert len(strides) >= len(trace.strides) - 1 > 15
    assert {stride.activity for stride in strides} == {Activity.WALK}


@pytest.mark.parametrize("speed_mps", [2.4, 3.6, 4.8])
def test_running_needs_nothing_above_12_hz(speed_mps: float) -> None:
    made = replace(setup("a", 100.0, np.random.default_rng(7)), samples_per_packet=2000)
    trace = simulate(RunPlan((run(12.0, speed_mps),)), Runner(), [made], seed=8)["a"]
    soft = [without_content_above(12.0, block, 100.0) for block in trace.blocks()]
    assert len(soft) == 1
    strides = analyze([made.sensor], soft)
    assert len(strides) >= len(trace.strides) - 1 > 11
    assert {stride.activity for stride in strides} == {Activity.RUN}


def backward_and_forward(plan: RunPlan) -> tuple[int, int, int, int]:
    """Steps back, of them found and flagged; steps forward, of them flagged."""
    trace = simulate(plan, Runner(), [setup("a", 200.0, np.random.default_rng(5))], seed=6)["a"]
    # backwards the toes land softly: contact is dated to some 0.1 s only
    flagged = [
        (truth.backward, StrideFlag.BACKWARD in stride.quality)
        for stride in analyze([trace.setup.sensor], trace.blocks())
        for truth in trace.strides
        if abs(truth.initial_contact_s - stride.initial_contact_s) < 0.2
    ]
    backward = sum(truth.backward for truth in trace.strides)
    return (
        backward,
        sum(true and flag for true, flag in flagged),
        len(trace.strides) - backward,
        sum(flag and not true for true, flag in flagged),
    )


def test_walking_backwards_is_flagged_where_a_stand_was_seen() -> None:
    backward, flagged, _, _ = backward_and_forward(RunPlan((stand(3.0), walk_backward(20.0, 1.2), stand(2.0))))
    assert backward > 12
    assert flagged >= 0.9 * backward


def test_a_few_steps_backwards_are_told_after_running() -> None:
    plan = RunPlan((stand(3.0), run(10.0, 3.0), stand(4.0), walk_backward(6.0, 1.2), stand(3.0), run(8.0, 3.0)))
    backward, flagged, forward_strides, wrongly_flagged = backward_and_forward(plan)
    assert flagged >= backward - 1 > 2
    assert forward_strides > 20
    assert wrongly_flagged == 0


def test_walking_backwards_is_soon_told_after_walking_forwards() -> None:
    plan = RunPlan((stand(3.0), walk(20.0, 1.3), stand(3.0), walk_backward(25.0, 1.2), stand(3.0), walk(15.0, 1.3)))
    backward, flagged, forward_strides, wrongly_flagged = backward_and_forward(plan)
    assert backward > 15
    assert flagged >= 0.85 * backward
    assert forward_strides > 20
    assert wrongly_flagged == 0


def test_strides_found_looking_back_when_the_sense_turns_round_say_so() -> None:
    plan = RunPlan((stand(3.0), walk(20.0, 1.3), stand(3.0), walk_backward(25.0, 1.2), stand(3.0), walk(15.0, 1.3)))
    trace = simulate(plan, Runner(), [setup("a", 200.0, np.random.default_rng(5))], seed=6)["a"]
    pipeline = GaitPipeline([trace.setup.sensor])
    later_s = []
    for block in trace.blocks():
        for event in pipeline.push(block):
            if isinstance(event, Stride):
                if StrideFlag.ALIGNED_LATER in event.quality:
                    later_s.append(event.initial_contact_s)
                else:
                    assert block.t_s[-1] - event.next_contact_s < 0.4
    # at first, when the steps go back, and when they go forward again
    for begin_s, end_s in ((3.0, 22.0), (26.0, 40.0), (54.0, 66.0)):
        assert any(begin_s < t_s < end_s for t_s in later_s)


def test_nothing_forwards_is_flagged_as_backwards() -> None:
    plan = RunPlan((stand(3.0), walk(10.0, 0.8), walk(10.0, 1.6), run(10.0, 2.2), run(10.0, 5.0), stand(2.0)))
    _, _, forward, flagged = backward_and_forward(plan)
    assert forward > 40
    assert flagged == 0


def surge(at_s: float, height: float) -> float:
    """Time that is read of a surge so long after contact, as high as this share of the rate before."""
    ring, rate_radps = np.zeros(1, RING)[0], np.zeros(RING_LENGTH)
    ring["end"] = 200
    contact = 99.4
    after_s = (np.arange(200) - contact) * CELL_S
    rate_radps[:200] = -4.0 - 4.0 * height * np.exp(-0.5 * ((after_s - at_s) / 0.015) ** 2)
    return time_to_surge(ring, rate_radps, contact)


@pytest.mark.parametrize(
    ("at_s", "strike"), [(0.020, None), (0.036, None), (0.042, Strike.REARFOOT), (0.055, Strike.REARFOOT)]
)
def test_a_late_surge_of_the_shank_is_a_rearfoot_strike_and_an_early_one_tells_nothing(
    at_s: float, strike: Strike | None
) -> None:
    assert surge(at_s, 0.6) == pytest.approx(at_s, abs=0.001)
    told, confidence = rearfoot_or_not(surge(at_s, 0.6))
    assert told is strike
    assert confidence is None if strike is None else confidence is not None and 0.8 <= confidence <= 0.88


def test_without_a_surge_no_strike_is_told() -> None:
    assert np.isnan(surge(0.020, 0.1))


def test_a_shank_never_tells_a_strike_that_is_not_so() -> None:
    for speed_mps, strike_deg in CASES:
        for stride in worn(speed_mps, strike_deg)["200"][1]:
            assert stride.strike is None or strike_deg > 8.0


@pytest.mark.parametrize("speed_mps", SPEEDS_MPS)
def test_tilt_at_contact_agrees_with_the_truth_where_a_stand_was_seen(speed_mps: float) -> None:
    trace, strides = worn(speed_mps, 14.0)["400"]
    off_deg = [
        np.rad2deg(stride.shank_tilt_rad - truth.shank_tilt_rad)
        for truth, stride in pairs(trace, strides)
        if stride.shank_tilt_rad is not None and truth.shank_tilt_rad is not None
    ]
    assert len(off_deg) > 10
    assert abs(np.median(off_deg)) < 3.0
