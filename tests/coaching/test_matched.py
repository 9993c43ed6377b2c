"""Values at one speed."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from coaching.history import run
from footfall_coaching.course import speeds_beside, told_speed
from footfall_coaching.matched import fit, matched, usual_speed_mps
from footfall_coaching.run import DistanceSource, LegPart, Minute, Run
from footfall_processing.gait import Activity
from footfall_processing.metrics.catalogue import CADENCE, PEAK_ACC, SPEED, STRIKE_ANGLE
from footfall_processing.session import Placement, Side

EXPONENT = 1.5


def course(
    days_ago: float,
    speeds: Sequence[float | None],
    level: float = 10.0,
    side: Side = Side.LEFT,
    strides: int = 80,
) -> Run:
    """Return a run whose impact goes with speed to the power of `EXPONENT`, without any noise."""

    def leg(speed: float | None, count: int) -> LegPart:
        at = 3.0 if speed is None else speed
        medians: Mapping[str, float] = {
            PEAK_ACC.name: level * (at / 3.0) ** EXPONENT,
            STRIKE_ANGLE.name: -5.0 + 2.0 * math.log(at / 3.0),
            CADENCE.name: 160.0,
            **({} if speed is None else {SPEED.name: speed}),
        }
        return LegPart(side, Placement.FOOT, Activity.RUN, count, 0, medians, {})

    minutes = tuple(
        Minute(60.0 * at, 60.0 * at + 60.0, None, (leg(speed, strides),)) for at, speed in enumerate(speeds)
    )
    known = [speed for speed in speeds if speed is not None]
    legs = (leg(float(np.median(known)) if known else None, strides * len(speeds)),)
    return dataclasses.replace(run(days_ago), legs=legs, minutes=minutes)


def test_a_watchs_speed_stands_for_that_which_shins_don_t_have() -> None:
    told = [course(days, [speed * factor for factor in (0.95, 1.0, 1.05, 1.0)]) for days, speed in ((2, 2.8), (1, 3.3))]
    runs = []
    for one in told:
        minutes = [
            dataclasses.replace(
                minute,
                speeds_mps={DistanceSource.WATCH: minute.legs[0].medians[SPEED.name]},
                legs=[
                    dataclasses.replace(
                        leg, medians={name: value for name, value in leg.medians.items() if name != SPEED.name}
                    )
                    for leg in minute.legs
                ],
            )
            for minute in one.minutes
        ]
        runs.append(dataclasses.replace(one, minutes=minutes))
    assert usual_speed_mps(runs) == pytest.approx(usual_speed_mps(told))
    found, own = matched(runs, PEAK_ACC.name), matched(told, PEAK_ACC.name)
    assert [one.session_id for one in found] == [one.session_id for one in own]
    assert [one.value for one in found] == pytest.approx([one.value for one in own])


def test_runs_of_different_speed_have_one_value_where_only_speed_differs() -> None:
    runs = [
        course(days, [speed * factor for factor in (0.95, 1.0, 1.05, 1.0)])
        for days, speed in ((3, 2.8), (2, 3.0), (1, 3.3))
    ]
    found = matched(runs, PEAK_ACC.name)
    usual = usual_speed_mps(runs)
    assert usual == pytest.approx(3.0)
    assert [one.session_id for one in found] == ["run-3", "run-2", "run-1"]
    assert [one.value for one in found] == pytest.approx([10.0] * 3)
    assert all(one.low <= one.value <= one.high for one in found)
    assert [one.value for one in matched(runs, STRIKE_ANGLE.name)] == pytest.approx([-5.0] * 3)


def test_a_run_far_from_the_usual_speed_or_without_speeds_is_left_out() -> None:
    usual = [course(days, [2.9, 3.0, 3.1, 3.0]) for days in (9, 8, 7)]
    others = [course(3, [4.5] * 6), course(2, [None] * 6), course(1, [3.0, 3.0]), course(0.5, [3.0] * 6, strides=10)]
    assert [one.session_id for one in matched([*usual, *others], PEAK_ACC.name)] == ["run-9", "run-8", "run-7"]


def test_where_speed_never_varies_only_minutes_at_it_are_used() -> None:
    runs = [course(days, [3.0] * 5, level) for days, level in ((2, 10.0), (1, 12.0))]
    assert [one.value for one in matched(runs, PEAK_ACC.name)] == pytest.approx([10.0, 12.0])


def test_legs_are_apart_and_the_more_frequent_place_of_the_sensors_decides() -> None:
    left, right = course(2, [2.9, 3.0, 3.1]), course(2, [2.9, 3.0, 3.1], 13.0, Side.RIGHT)
    both = dataclasses.replace(
        left,
        legs=(*left.legs, *right.legs),
        minutes=tuple(
            dataclasses.replace(a, legs=(*a.legs, *b.legs)) for a, b in zip(left.minutes, right.minutes, strict=True)
        ),
    )
    assert {one.side: round(one.value, 6) for one in matched([both], PEAK_ACC.name)} == {
        Side.LEFT: 10.0,
        Side.RIGHT: 13.0,
    }


def test_no_runs_have_no_usual_speed() -> None:
    assert usual_speed_mps([]) is None
    assert matched([], PEAK_ACC.name) == []
    assert matched([course(1, [None] * 5)], PEAK_ACC.name) == []


def test_interval_holds_what_it_says_where_minutes_are_alike() -> None:
    """In 95 of 100 runs the interval holds the run's level: blocks of two minutes share their scatter."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(200):
        groups = []
        for _ in range(12):
            blocks = np.repeat(0.04 * rng.standard_normal(20), 2)
            speeds = 0.05 * rng.standard_normal(40)
            groups.append((speeds, EXPONENT * speeds + blocks + 0.02 * rng.standard_normal(40)))
        line = fit(groups)
        xs, ys = groups[0]
        counting = 40 * (1.0 - line.alike) / (1.0 + line.alike)
        error = line.scatter / math.sqrt(counting)
        held += abs(float(ys.mean()) - line.slope * float(xs.mean())) <= 1.96 * error
    assert 180 <= held <= 198


def on_a_belt(days_ago: float, speeds: Sequence[float], level: float = 10.0, hill_minutes: int = 0) -> Run:
    """Return a run with sensors that tell no speed, on a treadmill; its last minutes uphill, landing a fifth softer."""
    bare = course(days_ago, speeds, level)
    minutes = []
    for number, (minute, speed) in enumerate(zip(bare.minutes, speeds, strict=True)):
        is_hill = number >= len(speeds) - hill_minutes
        (leg,) = minute.legs
        medians = {name: value for name, value in leg.medians.items() if name != SPEED.name}
        medians[PEAK_ACC.name] *= 0.8 if is_hill else 1.0
        told = {DistanceSource.TREADMILL: speed, DistanceSource.WATCH: 9.0}
        minutes.append(
            dataclasses.replace(
                minute,
                legs=(dataclasses.replace(leg, medians=medians),),
                speeds_mps=told,
                slope_percent=4.0 if is_hill else 1.0,
            )
        )
    mean = float(np.mean(speeds))
    way_m = mean * 60.0 * len(speeds)
    return dataclasses.replace(bare, legs=(), minutes=tuple(minutes), distance_m=way_m, running_s=60.0 * len(speeds))


def test_shins_on_a_treadmill_are_held_at_its_speed() -> None:
    # from run to run faster, as impact rises that says nothing of how the runner lands
    steady = [2.8, 2.9, 3.0, 2.9, 2.8, 3.0]
    runs = [on_a_belt(9 - n, [speed * 1.03**n for speed in steady]) for n in range(5)]
    plain = [np.median([minute.legs[0].medians[PEAK_ACC.name] for minute in run.minutes]) for run in runs]
    assert plain[-1] / plain[0] == pytest.approx(1.03 ** (4 * EXPONENT))
    values = [one.value for one in matched(runs, PEAK_ACC.name)]
    assert len(values) == 5
    assert values == pytest.approx([values[0]] * 5, rel=1e-9)


def test_minutes_on_a_slope_are_not_held_against_level_ones() -> None:
    steady = [2.9, 3.0, 3.1, 3.0, 2.9, 3.1]
    level = [on_a_belt(days, steady) for days in (5, 4, 3)]
    hilly = on_a_belt(2, steady, hill_minutes=3)
    only_hill = on_a_belt(1, steady, hill_minutes=6)
    found = matched([*level, hilly, only_hill], PEAK_ACC.name)
    assert [one.session_id for one in found] == ["run-5", "run-4", "run-3", "run-2"]
    assert [one.value for one in found] == pytest.approx([found[0].value] * 4, rel=1e-9)


def test_own_sensors_tell_a_minutes_speed_before_a_treadmill_and_that_before_a_watch() -> None:
    (minute, *_) = course(1, [3.0]).minutes
    bare = dataclasses.replace(minute, legs=())
    watch, belt = {DistanceSource.WATCH: 2.0}, {DistanceSource.TREADMILL: 2.5}
    assert told_speed(bare) is None
    assert told_speed(dataclasses.replace(bare, speeds_mps=watch)) == (2.0, DistanceSource.WATCH)
    assert told_speed(dataclasses.replace(bare, speeds_mps=watch | belt)) == (2.5, DistanceSource.TREADMILL)
    assert told_speed(dataclasses.replace(minute, speeds_mps=watch | belt)) == (3.0, DistanceSource.SENSORS)


def test_a_treadmill_stands_beside_own_sensors_over_the_minutes_that_both_tell() -> None:
    both = course(1, [3.0, 3.2, 4.0])
    told = [{DistanceSource.TREADMILL: 3.1}, {DistanceSource.TREADMILL: 3.3}, {}]
    minutes = [dataclasses.replace(one, speeds_mps=said) for one, said in zip(both.minutes, told, strict=True)]
    beside = speeds_beside(dataclasses.replace(both, minutes=minutes), DistanceSource.TREADMILL)
    assert beside == pytest.approx((3.1, 3.2))
    assert speeds_beside(both, DistanceSource.TREADMILL) is None
