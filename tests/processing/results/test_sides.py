"""Left or right by movement alone: told where the movement tells it, and never against evidence too thin."""

import math
from dataclasses import replace

import numpy as np
import pytest

from footfall_processing.compiled import Record
from footfall_processing.estimators.stance_roll import UNKNOWN_ROLL, stance_roll_deg
from footfall_processing.gait import Activity, Stride, StrideFlag
from footfall_processing.pipeline import analyze
from footfall_processing.results.sides import (
    LEAST_CONFIDENCE,
    MIN_SIDE_STRIDES,
    MOST_CONFIDENCE,
    SideGuess,
    guess_side,
    may_be_swapped,
)
from footfall_processing.results.summary import summarize
from footfall_processing.samples import FloatArray
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING
from footfall_processing.synthetic import Runner, RunPlan, SensorSetup, Site, run, simulate, stand, walk, worn_sensor

AHEAD = np.array([1.0, 0.0, 0.0])
LEFT = Sensor("foot-left", Placement.FOOT, Side.LEFT, 200.0)
RIGHT = Sensor("foot-right", Placement.FOOT, Side.RIGHT, 200.0)


def signal(rate_radps: FloatArray) -> Record:
    ring = np.zeros(1, RING)[0]
    ring["end"] = len(rate_radps)
    ring["imu"][: len(rate_radps), 3] = rate_radps
    return ring


def test_the_stance_roll_is_the_second_half_less_the_first() -> None:
    rate = np.zeros(120)
    rate[20:40] = -math.radians(10.0) / (20 * CELL_S)
    rate[40:60] = math.radians(15.0) / (20 * CELL_S)
    assert stance_roll_deg(signal(rate), 20.0, 60.0, AHEAD) == 25
    assert stance_roll_deg(signal(-rate), 20.0, 60.0, AHEAD) == -25
    assert stance_roll_deg(signal(rate + 0.5), 20.0, 60.0, AHEAD) == 25, "drift falls out"
    assert stance_roll_deg(signal(100.0 * rate), 20.0, 60.0, AHEAD) == 127


def test_without_the_whole_stance_there_is_no_roll() -> None:
    assert stance_roll_deg(signal(np.ones(50)), 20.0, 60.0, AHEAD) == UNKNOWN_ROLL
    assert stance_roll_deg(signal(np.ones(50)), 20.0, 23.0, AHEAD) == UNKNOWN_ROLL


def test_legs_are_mirror_images_and_shins_roll_the_other_way_than_feet() -> None:
    rolls = [math.radians(20.0)] * 12
    mirrored = [-roll for roll in rolls]
    right = guess_side(Placement.FOOT, rolls)
    left = guess_side(Placement.FOOT, mirrored)
    assert right is not None
    assert left is not None
    assert (right.side, left.side) == (Side.RIGHT, Side.LEFT)
    assert right.confidence == left.confidence == MOST_CONFIDENCE
    assert guess_side(Placement.SHANK, rolls) == left


def test_weak_or_little_evidence_tells_nothing() -> None:
    assert guess_side(Placement.FOOT, [math.radians(20.0)] * (MIN_SIDE_STRIDES - 1)) is None
    assert guess_side(Placement.FOOT, [math.radians(6.0)] * 50) is None
    told = guess_side(Placement.FOOT, [math.radians(9.0)] * 50)
    assert told is not None
    assert LEAST_CONFIDENCE <= told.confidence < 0.85


def test_sides_are_swapped_only_if_both_sensors_say_so() -> None:
    left, right = SideGuess(Side.LEFT, 0.9), SideGuess(Side.RIGHT, 0.9)
    assert may_be_swapped([LEFT, RIGHT], {LEFT.id: right, RIGHT.id: left})
    assert not may_be_swapped([LEFT, RIGHT], {LEFT.id: left, RIGHT.id: right})
    assert not may_be_swapped([LEFT, RIGHT], {LEFT.id: right})
    assert not may_be_swapped([LEFT, RIGHT], {LEFT.id: right, RIGHT.id: right})
    assert not may_be_swapped([RIGHT], {RIGHT.id: left})
    shin = replace(RIGHT, id="shin", placement=Placement.SHANK)
    assert not may_be_swapped([LEFT, shin], {LEFT.id: right, shin.id: left}), "like with like only"


def test_strides_left_out_of_averages_tell_no_side() -> None:
    stride = Stride(RIGHT.id, Side.RIGHT, Activity.RUN, 0.0, 0.25, 0.7, stance_roll_rad=0.4)
    strides = [replace(stride, initial_contact_s=0.7 * k, next_contact_s=0.7 * (k + 1)) for k in range(12)]
    assert summarize(strides, [RIGHT]).side_guesses[RIGHT.id].side is Side.RIGHT
    doubtful = [replace(stride, quality=(StrideFlag.BACKWARD,)) for stride in strides]
    assert not summarize(doubtful, [RIGHT]).side_guesses


@pytest.mark.parametrize("seed", [1, 2])
def test_the_synthetic_runner_s_feet_are_told_in_any_mounting(seed: int) -> None:
    plan = RunPlan((stand(2.0), walk(6.0, 1.4), run(12.0, 3.0), stand(2.0)))
    worn = [worn_sensor(f"foot-{side.value}", Site.INSTEP, side, rate_hz=200.0) for side in Side]
    traces = simulate(plan, Runner(), [SensorSetup(sensor, Site.INSTEP) for sensor in worn], seed=seed)
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    blocks = [
        replace(b, acc_mps2=b.acc_mps2 @ turn, gyr_radps=None if b.gyr_radps is None else b.gyr_radps @ turn)
        for sensor in worn
        for b in traces[sensor.id].blocks()
    ]
    unsaid = [replace(sensor, side=None) for sensor in worn]
    summary = summarize(analyze(unsaid, blocks), unsaid)
    assert {id_: guess.side for id_, guess in summary.side_guesses.items()} == {
        "foot-left": Side.LEFT,
        "foot-right": Side.RIGHT,
    }
    assert not summary.balance, "a guess relabels nothing"

    crossed = [replace(s, side=Side.RIGHT if s.side is Side.LEFT else Side.LEFT) for s in worn]
    assert summarize(analyze(crossed, blocks), crossed).sides_may_be_swapped
    assert not summarize(analyze(worn, blocks), worn).sides_may_be_swapped
