"""What is not gait makes no strides; stairs are told apart; standing, walking, running and other are told at once."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from footfall_processing.gait import Activity, Doing, NowDoing, Stride, StrideFlag
from footfall_processing.pipeline import GaitPipeline, analyze
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Side
from footfall_processing.synthetic import (
    Runner,
    RunPlan,
    SensorSetup,
    Site,
    run,
    simulate,
    stand,
    walk,
    worn_sensor,
)
from footfall_processing.synthetic.other_motion import Movement, other_motion

MINUTES = 1.5
SITES = {"foot": Site.INSTEP, "shank": Site.DISTAL_SHANK}


def strides_of(movement: Movement, kind: str, seed: int = 11, minutes: float = MINUTES) -> list[Stride]:
    site = SITES[kind.removesuffix("-acc")]
    setup = SensorSetup(worn_sensor("worn", site, Side.LEFT), site, mount_rotation_deg=(20.0, -30.0, 50.0))
    blocks = other_motion(movement, setup, 60.0 * minutes, seed).blocks()
    sensor = setup.sensor
    if kind.endswith("-acc"):
        sensor = replace(sensor, has_gyro=False, gyro_range_radps=None)
        blocks = [ImuBlock(b.sensor_id, b.t_s, b.acc_mps2, None, b.quality) for b in blocks]
    return analyze([sensor], blocks)


NOT_GAIT = (Movement.PEDALLING, Movement.DRIVING, Movement.SHAKING, Movement.HANDLING)


@pytest.mark.parametrize("kind", ["foot", "shank", "foot-acc", "shank-acc"])
@pytest.mark.parametrize("movement", NOT_GAIT)
def test_other_movement_makes_next_to_no_strides(movement: Movement, kind: str) -> None:
    # a pedal makes some 80 turns a minute, a hand shakes faster: at most 1 in 40, or 1 in 20 by force alone, is taken
    a_minute = 4.0 if kind.endswith("-acc") else 2.0
    assert len(strides_of(movement, kind)) <= a_minute * MINUTES


def test_a_period_at_the_edge_of_the_search_is_none() -> None:
    # handled like this, a sensor's unrest is likest itself at the shortest lag sought
    assert len(strides_of(Movement.HANDLING, "shank-acc", seed=2, minutes=5.0)) < 20


@pytest.mark.parametrize("kind", ["foot", "shank", "foot-acc", "shank-acc"])
@pytest.mark.parametrize("movement", [Movement.JUMPING, Movement.ROPE_SKIPPING])
def test_jumping_on_the_spot_makes_no_strides(movement: Movement, kind: str) -> None:
    # hundreds of hops; where one rhythm begins, a few may pass for a stride by force alone
    assert len(strides_of(movement, kind)) <= (3 if kind.endswith("-acc") else 1)


@pytest.mark.parametrize("movement", [Movement.STAIRS_UP, Movement.STAIRS_DOWN])
def test_a_foot_tells_stairs(movement: Movement) -> None:
    strides = strides_of(movement, "foot")
    # a flight of eight strides takes some ten seconds
    assert len(strides) > 35.0 * MINUTES
    assert all(StrideFlag.STAIRS in stride.quality for stride in strides)


def test_a_shank_goes_down_stairs_and_does_not_run() -> None:
    strides = strides_of(Movement.STAIRS_DOWN, "shank")
    assert len(strides) > 25.0 * MINUTES
    assert all(stride.activity is Activity.WALK for stride in strides)


def test_the_same_seed_gives_the_same_movement() -> None:
    setup = SensorSetup(worn_sensor("worn", Site.INSTEP, Side.LEFT), Site.INSTEP)
    first, second = (other_motion(Movement.HANDLING, setup, 5.0, 3).samples.acc_mps2 for _ in range(2))
    np.testing.assert_array_equal(first, second)


def told_doing(pipeline: GaitPipeline, blocks: Iterable[ImuBlock]) -> list[NowDoing]:
    """Push blocks; return what was told of what is done from when on."""
    return [event for block in blocks for event in pipeline.push(block) if isinstance(event, NowDoing)]


@pytest.mark.parametrize("kind", ["foot", "shank"])
def test_present_activity_follows_within_two_strides(kind: str) -> None:
    setup = SensorSetup(worn_sensor("worn", SITES[kind], Side.LEFT), SITES[kind])
    plan = RunPlan((stand(5.0), walk(15.0, 1.4), run(15.0, 3.0), stand(8.0)))
    made = simulate(plan, Runner(), [setup], seed=5)["worn"]
    pipeline = GaitPipeline([setup.sensor])
    told = told_doing(pipeline, made.blocks())

    def during(begin_s: float, end_s: float) -> set[Doing]:
        """What the wearer did at the beginning, and what he was told to do from then on until the end."""
        before = [now.doing for now in told if now.t_s <= begin_s][-1:]
        return {*before, *(now.doing for now in told if begin_s < now.t_s < end_s)}

    assert during(3.0, 5.0) == {Doing.STANDING}
    # alignment takes its time once
    assert during(11.0, 20.0) == {Doing.WALKING}
    assert during(23.0, 34.5) == {Doing.RUNNING}
    # the runner slows down first
    assert during(40.5, 43.0) == {Doing.STANDING}


def test_pedalling_after_a_run_is_something_else() -> None:
    setup = SensorSetup(worn_sensor("worn", Site.INSTEP, Side.LEFT), Site.INSTEP)
    made = simulate(RunPlan((run(15.0, 3.0), stand(3.0))), Runner(), [setup], seed=5)["worn"]
    pipeline = GaitPipeline([setup.sensor])
    told = told_doing(pipeline, made.blocks())
    told += told_doing(
        pipeline,
        (
            ImuBlock(block.sensor_id, block.t_s + 18.05, block.acc_mps2, block.gyr_radps, block.quality)
            for block in other_motion(Movement.PEDALLING, setup, 20.0, 5).blocks()
        ),
    )
    assert told[-1].doing is Doing.OTHER
