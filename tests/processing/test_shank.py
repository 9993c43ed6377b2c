"""A sensor on the shin: strikes found, peaks along the tibia, tilt, over speeds, strike patterns and mountings."""

from functools import cache

import numpy as np
import pytest

from footfall_processing.gait import Impact, Stride, StrideFlag
from footfall_processing.pipeline import GaitPipeline, analyze
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Side
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
    worn_sensor,
)

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


def test_lost_packets_cost_no_strike_that_is_there() -> None:
    true = found = false = 0
    for case in CASES:
        trace, strides = worn(*case)["lossy"]
        t_s = np.concatenate([block.t_s for block in trace.blocks()])
        matched = pairs(trace, strides)
        gaps_s = t_s[:-1][np.diff(t_s) > 0.06]
        for truth in trace.strides:
            if not np.any((gaps_s > truth.initial_contact_s - 0.4) & (gaps_s < truth.next_contact_s + 0.2)):
                true += 1
                found += any(pair[0] is truth for pair in matched)
        begin_s, end_s = trace.strides[0].initial_contact_s, trace.strides[-1].next_contact_s
        false += sum(begin_s - 0.05 < s.initial_contact_s < end_s - 0.05 for s in strides) - len(matched)
    assert true > 50
    assert found >= 0.99 * true
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
                elif StrideFlag.ALIGNED_LATER not in event.quality:
                    stride_lags_s.append(now_s - event.next_contact_s)
    # a peak that comes with the end of the swing waits for the swing's end to be told
    assert np.median(impact_lags_s) <= 0.026
    assert max(stride_lags_s) <= 0.25


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
