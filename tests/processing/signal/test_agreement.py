"""Gyroscope and accelerometer that measure different movements are told; the same axes, turned any way, are not."""

from functools import cache
from typing import Final

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.signal.agreement import (
    AGREEMENT,
    ARRANGEMENTS,
    CERTAIN,
    begin_agreement,
    disagreement,
    is_full,
    judge_window,
    start_agreement,
)
from footfall_processing.signal.ring import RING, RING_MASK
from footfall_processing.synthetic import (
    Imperfections,
    Runner,
    RunPlan,
    SensorSetup,
    Site,
    run,
    simulate,
    walk,
    worn_sensor,
)

SITES: Final = {"foot": Site.INSTEP, "shank": Site.DISTAL_SHANK}
arrangements = st.integers(1, len(ARRANGEMENTS) - 1)
rotations = st.integers(0, 2**32 - 1).map(lambda seed: Rotation.random(rng=np.random.default_rng(seed)))


@cache
def signal(site: str) -> tuple[FloatArray, FloatArray]:
    """Forces and rates of a foot or shin that runs, at 200 Hz: half a minute."""
    sensor = worn_sensor(site, SITES[site], Side.LEFT)
    plan = RunPlan((walk(6.0, 1.4), run(24.0, 3.2)))
    blocks = simulate(plan, Runner(), [SensorSetup(sensor, SITES[site], imperfections=Imperfections())], seed=5)[
        site
    ].blocks()
    rates = [block.gyr_radps for block in blocks if block.gyr_radps is not None]
    return np.concatenate([block.acc_mps2 for block in blocks]), np.concatenate(rates)


@compiled
def _feed(agreement: Record, ring: Record, imu: FloatArray, interval_s: float) -> None:
    begin_agreement(agreement, 0)
    for i in range(len(imu)):
        for axis in range(6):
            ring.imu[i & RING_MASK, axis] = imu[i, axis]
        ring.end += 1
        if is_full(agreement, ring):
            judge_window(agreement, ring, interval_s)


def judged(acc_mps2: FloatArray, gyr_radps: FloatArray, rate_hz: float = 200.0) -> tuple[str | None, float]:
    """What is told of the axes, and the greatest evidence against them."""
    agreement, ring = np.zeros(1, AGREEMENT), np.zeros(1, RING)
    start_agreement(agreement[0], Sensor("foot", Placement.FOOT, None, rate_hz))
    _feed(agreement[0], ring[0], np.column_stack([acc_mps2, gyr_radps]), 1.0 / rate_hz)
    return disagreement(agreement[0]), float(max(agreement["evidence"].max(), agreement["odd_gravity"][0]))


def measured_as(gyr_radps: FloatArray, arrangement: int) -> FloatArray:
    """The rates of a gyroscope whose axes, taken by this arrangement, are the accelerometer's."""
    axes, signs = ARRANGEMENTS[arrangement]
    measured = np.empty_like(gyr_radps)
    for i in range(3):
        measured[:, axes[i]] = signs[i] * gyr_radps[:, i]
    return measured


@pytest.mark.parametrize("site", SITES)
@settings(max_examples=10)
@given(turned=rotations)
def test_any_mounting_is_sound(site: str, turned: Rotation) -> None:
    acc_mps2, gyr_radps = signal(site)
    assert judged(turned.apply(acc_mps2), turned.apply(gyr_radps))[1] < 0.2 * CERTAIN


GENERAL: Final = "the angle between the two, a scale, an offset or the timing is wrong"


@pytest.mark.parametrize("site", SITES)
@settings(max_examples=5)
@given(turned=rotations, angle_deg=st.floats(35.0, 55.0), scale=st.sampled_from([0.5, 2.0]))
def test_what_is_no_exchange_of_axes_is_told_and_given_no_name(
    site: str, turned: Rotation, angle_deg: float, scale: float
) -> None:
    acc_mps2, gyr_radps = signal(site)
    main = np.linalg.eigh(gyr_radps.T @ gyr_radps)[1][:, 0]  # the axis about which the leg turns least
    for faulty in (scale * gyr_radps, np.roll(gyr_radps, 20, axis=0)):  # the latter 100 ms late
        assert judged(turned.apply(acc_mps2), turned.apply(faulty))[0] == GENERAL
    # some turns bring the axis of the swing to where an exchange of axes would: of a leg in one plane no more is known
    faulty = Rotation.from_rotvec(angle_deg * main, degrees=True).apply(gyr_radps)
    assert judged(turned.apply(acc_mps2), turned.apply(faulty))[0] is not None


@pytest.mark.parametrize("axis", range(3))
def test_a_dead_axis_is_told(axis: int) -> None:
    acc_mps2, gyr_radps = (part.copy() for part in signal("foot"))
    gyr_radps[:, axis] = 0.0
    assert judged(acc_mps2, gyr_radps)[0] == f"axis {'xyz'[axis]} of the gyroscope never changes"
    acc_mps2[:, axis] = 9.81
    assert (
        judged(acc_mps2, signal("foot")[1], rate_hz=50.0)[0] == f"axis {'xyz'[axis]} of the accelerometer never changes"
    )


def turning_kept(gyr_radps: FloatArray, arrangement: int) -> float:
    """How far the axis about which the leg turns most stays itself: the cosine between the two."""
    axis = np.linalg.eigh(gyr_radps.T @ gyr_radps)[1][:, 2]
    return float(axis @ measured_as(axis[None], arrangement)[0])


@pytest.mark.parametrize("site", SITES)
@settings(max_examples=15)
@given(arrangement=arrangements, turned=rotations)
def test_axes_that_move_the_legs_turning_are_told(site: str, arrangement: int, turned: Rotation) -> None:
    acc_mps2, gyr_radps = signal(site)
    # a leg that turns about one axis alone would not tell of the other two
    assume(turning_kept(turned.apply(gyr_radps), arrangement) < 0.45)
    told, evidence = judged(turned.apply(acc_mps2), measured_as(turned.apply(gyr_radps), arrangement))
    assert told is not None
    assert evidence >= CERTAIN


@pytest.mark.parametrize(
    ("arrangement", "words"),
    [
        (((0, 1, 2), (1, -1, 1)), "axis y of the gyroscope looks negated"),
        (((0, 1, 2), (-1, 1, -1)), "axis y of the accelerometer, or axes x and z of the gyroscope, look negated"),
        (((0, 1, 2), (-1, -1, -1)), "all axes of the gyroscope look negated, or two columns exchanged in both"),
        (((2, 1, 0), (1, 1, 1)), "x, y, z of the accelerometer seem to go with z, y, x of the gyroscope"),
        (
            ((2, 1, 0), (-1, -1, -1)),
            "x, y, z of the accelerometer seem to go with z, y, x of the gyroscope, or with these of the other sign",
        ),
    ],
)
def test_what_is_wrong_is_said_in_words_once_it_is_clear(
    arrangement: tuple[tuple[int, int, int], tuple[int, int, int]], words: str
) -> None:
    agreement = np.zeros(1, AGREEMENT)
    agreement["evidence"][0, ARRANGEMENTS.index(arrangement)] = 2.0 * CERTAIN
    agreement["opposed"] = 2
    assert disagreement(agreement[0]) is None
    agreement["disagree"] = True
    assert disagreement(agreement[0]) == words
    for kind, beside in (("evidence", 1.5 * CERTAIN), ("off", 1.0)):
        other = agreement.copy()
        other[kind] = np.maximum(other[kind], beside)
        assert disagreement(other[0]) == GENERAL
    agreement["evidence"][0, -1] = 3.0 * CERTAIN
    assert disagreement(agreement[0]) == GENERAL


def test_nothing_is_said_where_too_little_is_known() -> None:
    acc_mps2, gyr_radps = signal("foot")
    wrong = gyr_radps * [1.0, -1.0, 1.0]
    assert judged(acc_mps2[:1500], wrong[:1500])[0] is None
    assert judged(acc_mps2, 0.0 * wrong)[0] == "axes x, y and z of the gyroscope never change"
    assert judged(acc_mps2, wrong, rate_hz=50.0)[0] is None
