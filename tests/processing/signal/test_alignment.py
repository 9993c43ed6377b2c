"""Alignment from the gait alone: known within seconds wherever the signal begins, and followed when a strap slips."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from footfall_processing.gait import Stride, StrideFlag
from footfall_processing.pipeline import analyze
from footfall_processing.samples import FloatArray, ImuBlock
from footfall_processing.session import Side
from footfall_processing.synthetic import (
    Phase,
    Runner,
    RunPlan,
    SensorSetup,
    SensorTrace,
    Site,
    run,
    simulate,
    walk,
    worn_sensor,
)

SITES = {"foot": Site.INSTEP, "shank": Site.DISTAL_SHANK}


def made_run(kind: str, phase: Phase) -> tuple[SensorTrace, ImuBlock]:
    site = SITES[kind]
    setup = SensorSetup(worn_sensor("worn", site, Side.LEFT), site, mount_rotation_deg=(70.0, -110.0, 35.0))
    made = simulate(RunPlan((phase,)), Runner(), [setup], seed=21)["worn"]
    blocks = made.blocks()
    gyr_radps = np.concatenate([b.gyr_radps for b in blocks if b.gyr_radps is not None])
    t_s, acc_mps2 = (np.concatenate([getattr(b, name) for b in blocks]) for name in ("t_s", "acc_mps2"))
    return made, ImuBlock("worn", t_s, acc_mps2, gyr_radps, np.zeros(len(t_s), np.uint8))


def between(block: ImuBlock, begin_s: float, end_s: float) -> ImuBlock:
    keep = (block.t_s >= begin_s) & (block.t_s < end_s)
    assert block.gyr_radps is not None
    return ImuBlock("worn", block.t_s[keep], block.acc_mps2[keep], block.gyr_radps[keep], block.quality[keep])


@pytest.mark.parametrize("kind", ["foot", "shank"])
@pytest.mark.parametrize("phase", [walk(20.0, 1.4), run(20.0, 2.5), run(20.0, 3.5), run(20.0, 5.0)], ids=str)
@pytest.mark.parametrize("begin_s", [5.0, 5.23, 5.41, 5.67])
def test_ten_seconds_cut_out_of_a_run_give_all_their_whole_strides(kind: str, phase: Phase, begin_s: float) -> None:
    made, block = made_run(kind, phase)
    end_s = begin_s + 10.0
    strides = analyze([made.setup.sensor], [between(block, begin_s, end_s)])
    # the closing contact must have been felt, and what follows it for as long as a stance is judged
    whole = [t for t in made.strides if t.initial_contact_s > begin_s + 0.1 and t.next_contact_s < end_s - 0.3]
    found = [t for t in whole if any(abs(t.initial_contact_s - s.initial_contact_s) < 0.1 for s in strides)]
    assert len(found) >= len(whole) - 1
    assert len(strides) <= len(whole) + 2
    # those made before the axes were known come out once they are, and say so
    later = [StrideFlag.ALIGNED_LATER in s.quality for s in strides]
    assert later[0]
    assert not later[-1]
    assert later == sorted(later, reverse=True)


@pytest.mark.parametrize("kind", ["foot", "shank"])
def test_a_strap_that_slips_is_followed_and_flagged(kind: str) -> None:
    made, block = made_run(kind, run(90.0, 3.0))
    assert block.gyr_radps is not None
    steady = analyze([made.setup.sensor], [block])
    assert not [s for s in steady if StrideFlag.SENSOR_MOVED in s.quality]

    strides = analyze([made.setup.sensor], [slipping(made, block)])
    flagged = [s.initial_contact_s for s in strides if StrideFlag.SENSOR_MOVED in s.quality]
    assert flagged
    assert 30.0 < min(flagged) < 45.0
    assert len(strides) >= len(steady) - 1
    assert contact_times(strides)[-20:] == pytest.approx(contact_times(steady)[-20:], abs=0.015)


def test_nothing_is_said_of_the_strap_in_a_tight_curve() -> None:
    made, block = made_run("foot", run(60.0, 3.0))
    # from 25 s to 50 s the foot turns in swing by some 50° a stride: a circle 5 m wide
    curving = replace(block, gyr_radps=turning(block, 25.0, 50.0, np.deg2rad(120.0)))
    strides = analyze([made.setup.sensor], [slipping(made, curving)])
    flagged = [s.initial_contact_s for s in strides if StrideFlag.SENSOR_MOVED in s.quality]
    assert not [t_s for t_s in flagged if 28.0 < t_s < 50.0]
    # the runner goes straight on, and the sensor sits where the slip has left it
    assert flagged


def slipping(made: SensorTrace, block: ImuBlock) -> ImuBlock:
    """Return what a sensor measures that turns by 35° about the leg within five seconds, half a minute into the run."""
    assert block.gyr_radps is not None
    angle = np.deg2rad(35.0) * np.clip((block.t_s - 30.0) / 5.0, 0.0, 1.0)
    up = Rotation.from_rotvec(made.setup.mount_rotation_deg, degrees=True).inv().apply([0.0, 0.0, 1.0])
    turned = Rotation.from_rotvec(angle[:, None] * up)
    return replace(block, acc_mps2=turned.apply(block.acc_mps2.copy()), gyr_radps=turned.apply(block.gyr_radps.copy()))


def turning(block: ImuBlock, begin_s: float, end_s: float, rate_radps: float) -> FloatArray:
    """Return the angular rate of a foot that also turns about the vertical while it swings."""
    assert block.gyr_radps is not None
    interval_s = np.diff(block.t_s)[:, None]
    steps = Rotation.from_rotvec(0.5 * (block.gyr_radps[1:] + block.gyr_radps[:-1]) * interval_s)
    attitude = [Rotation.identity()]
    for step in steps:
        attitude.append(attitude[-1] * step)
    fixed = Rotation.concatenate(attitude)
    force = fixed.apply(block.acc_mps2.copy()).mean(axis=0)
    up = fixed.inv().apply(force / np.linalg.norm(force))
    swings = (block.t_s > begin_s) & (block.t_s < end_s) & (np.linalg.norm(block.gyr_radps, axis=1) > 3.5)
    return np.asarray(block.gyr_radps + np.where(swings, rate_radps, 0.0)[:, None] * up, dtype=np.float64)


def contact_times(strides: list[Stride]) -> list[float]:
    return [s.contact_time_s for s in strides if s.contact_time_s is not None]
