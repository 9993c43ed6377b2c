"""What a foot sensor's strides do not tell where they can't, and what confidence means."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from footfall_processing.gait import Activity, Stride, StrideFlag
from footfall_processing.pipeline import analyze
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Side
from footfall_processing.synthetic import (
    Leg,
    Runner,
    RunPlan,
    SensorSetup,
    SensorTrace,
    Site,
    run,
    simulate,
    stand,
    worn_sensor,
)


@cache
def trace(strike_angle_deg: float, speed_mps: float) -> SensorTrace:
    leg = Leg(strike_angle_deg=strike_angle_deg)
    sensor = worn_sensor("foot-left", Site.INSTEP, Side.LEFT, acc_range_g=32.0)
    plan = RunPlan((stand(2.0), run(15.0, speed_mps), stand(2.0)))
    return simulate(plan, Runner(left=leg, right=leg), [SensorSetup(sensor, Site.INSTEP)], seed=5)["foot-left"]


def running(made: SensorTrace, gyro_limit_dps: float | None = None, acc_limit_g: float | None = None) -> list[Stride]:
    """Strides of steady running, as a sensor with smaller ranges would have given them."""
    sensor, blocks = made.setup.sensor, made.blocks()
    if gyro_limit_dps is not None:
        limit = np.deg2rad(gyro_limit_dps)
        sensor = replace(sensor, gyro_range_radps=limit)
        blocks = [replace(block, gyr_radps=_pressed(block, limit)) for block in blocks]
    if acc_limit_g is not None:
        limit = acc_limit_g * 9.80665
        sensor = replace(sensor, acc_range_mps2=limit)
        blocks = [replace(block, acc_mps2=np.clip(block.acc_mps2, -limit, limit)) for block in blocks]
    strides = analyze([sensor], blocks)
    return [s for s in strides if s.activity is Activity.RUN and 4.5 < s.initial_contact_s < 16.0]


def _pressed(block: ImuBlock, limit: float) -> np.ndarray:
    assert block.gyr_radps is not None
    return np.clip(block.gyr_radps, -limit, limit)


@pytest.mark.parametrize("strike_angle_deg", [-10.0, -5.0, 3.0, 18.0])
@pytest.mark.parametrize("speed_mps", [2.5, 3.5, 4.5])
def test_no_way_of_landing_is_doubted_for_what_it_is(strike_angle_deg: float, speed_mps: float) -> None:
    strides = running(trace(strike_angle_deg, speed_mps))
    assert len(strides) >= 14
    assert all(s.confidence == 1.0 for s in strides)
    assert all(s.stride_length_m is not None for s in strides)


def nearest(strides: list[Stride], stride: Stride) -> Stride:
    return min(strides, key=lambda other: abs(other.initial_contact_s - stride.initial_contact_s))


@pytest.mark.parametrize("gyro_limit_dps", [400.0, 500.0, 600.0, 700.0])
@pytest.mark.parametrize("speed_mps", [3.5, 4.5, 5.2])
def test_what_a_clipped_rate_spoils_is_left_unknown(gyro_limit_dps: float, speed_mps: float) -> None:
    made = trace(12.0, speed_mps)
    whole, clipped = running(made), running(made, gyro_limit_dps)
    # so narrow a range also cuts off the turn over the toes, by which mid-stance is found
    most_deg = 3.0 if gyro_limit_dps == 400.0 else 1.5
    assert len(clipped) >= len(whole) - 1
    for stride in clipped:
        reference = nearest(whole, stride)
        if StrideFlag.GYR_CLIPPED not in stride.quality:
            assert stride.stride_length_m is not None
        if stride.stride_length_m is not None:
            assert stride.stride_length_m == pytest.approx(reference.stride_length_m, abs=0.07)
        if stride.contact_time_s is not None:
            assert stride.contact_time_s == pytest.approx(reference.contact_time_s, abs=0.012)
        if stride.foot_strike_angle_rad is not None:
            assert reference.foot_strike_angle_rad is not None
            assert stride.foot_strike_angle_rad == pytest.approx(
                reference.foot_strike_angle_rad, abs=np.deg2rad(most_deg)
            )
    if gyro_limit_dps == 400.0:
        assert all(s.stride_length_m is None for s in clipped)


def test_a_length_without_its_impact_is_left_unknown() -> None:
    made = trace(18.0, 4.5)
    whole, clipped = running(made), running(made, acc_limit_g=4.0)
    assert clipped
    for stride in clipped:
        reference = nearest(whole, stride)
        assert StrideFlag.ACC_CLIPPED in stride.quality
        if stride.stride_length_m is not None:
            assert stride.stride_length_m == pytest.approx(reference.stride_length_m, rel=0.06)
