"""A run in a sentence, its stretches, and what two runs differ in."""

import dataclasses
from collections.abc import Sequence

import pytest

from coaching.history import run
from footfall_coaching.legs import balance_of
from footfall_coaching.run import LegPart, Minute, Run
from footfall_coaching.sentence import (
    LITTLE_RUNNING,
    cool_down_of,
    differences,
    like_runs,
    pauses_of,
    sentence_alone,
    sentence_of,
    warm_up_of,
)
from footfall_processing.gait import Activity
from footfall_processing.metrics.catalogue import CADENCE, PEAK_ACC, SPEED
from footfall_processing.session import Placement, Side
from planted_months import PLANTS, months


def leg(side: Side, impact_g: float, speed_mps: float | None = 3.0, activity: Activity = Activity.RUN) -> LegPart:
    medians = {PEAK_ACC.name: impact_g, CADENCE.name: 160.0}
    if speed_mps is not None:
        medians[SPEED.name] = speed_mps
    return LegPart(side, Placement.FOOT, activity, 80, 0, medians, {})


def going(minutes: Sequence[Sequence[LegPart]], days_ago: float = 1.0) -> Run:
    return dataclasses.replace(
        run(days_ago),
        legs=(leg(Side.LEFT, 14.0), leg(Side.RIGHT, 14.0)),
        minutes=tuple(Minute(60.0 * at, 60.0 * at + 60.0, None, tuple(legs)) for at, legs in enumerate(minutes)),
    )


def test_a_leg_that_rose_is_named_and_the_other_stayed() -> None:
    lefts = (14.0, 14.2, 13.9, 18.0, 20.0, 23.0, 24.0, 24.1, 24.0)
    told = sentence_of(going([(leg(Side.LEFT, left), leg(Side.RIGHT, 14.0)) for left in lefts]), [])
    assert told == "The left leg rose from 14.0 to 24.0 g from the first third to the last, the right stayed."


def test_a_first_run_is_even_within_the_error_or_one_leg_is_named() -> None:
    even = going([(leg(Side.LEFT, 14.5), leg(Side.RIGHT, 14.0))] * 6)
    assert sentence_of(even, []).startswith("Both legs landed evenly, within the error of measurement")
    uneven = going([(leg(Side.LEFT, 14.0), leg(Side.RIGHT, 17.0))] * 6)
    assert sentence_of(uneven, []).startswith("Your right leg landed 19 % harder than the left;")


def test_legs_are_compared_over_the_same_minutes_or_not_at_all() -> None:
    apart = going([(leg(Side.LEFT, 14.0),)] * 5 + [(leg(Side.RIGHT, 20.0),)] * 5)
    assert balance_of(apart, PEAK_ACC) is None
    assert "Too little was measured" in sentence_of(apart, [])
    some = going([(leg(Side.LEFT, 30.0),)] * 5 + [(leg(Side.LEFT, 14.0), leg(Side.RIGHT, 14.0))] * 4)
    found = balance_of(some, PEAK_ACC)
    assert found is not None
    assert found.index_percent == 0.0
    few = dataclasses.replace(leg(Side.RIGHT, 20.0), strides=60)
    lost = going([(leg(Side.LEFT, 14.0), few)] * 5)
    assert balance_of(lost, PEAK_ACC) is None, "a quarter of the right leg's strides is missing: others than the left's"


def test_a_run_is_told_against_the_runs_before_it() -> None:
    runs = months(PLANTS["nothing"][0], 1)
    assert "like your" in sentence_of(runs[-1], runs) or "leg landed" in sentence_of(runs[-1], runs)
    softer = dataclasses.replace(
        runs[-1],
        minutes=tuple(
            dataclasses.replace(
                minute,
                legs=tuple(
                    dataclasses.replace(
                        one,
                        medians={
                            name: 0.5 * value if name.startswith("peak") else value
                            for name, value in one.medians.items()
                        },
                    )
                    for one in minute.legs
                ),
            )
            for minute in runs[-1].minutes
        ),
    )
    told = sentence_of(softer, [*runs[:-1], softer])
    assert "left leg landed" in told
    assert "softer than in your" in told


def test_without_anything_measured_nothing_is_made_up() -> None:
    assert sentence_of(run(1), []).startswith("Too little was measured")
    walk = dataclasses.replace(run(1), running_s=0.0)
    assert sentence_of(walk, []) == "No running was found in this session."
    bus = dataclasses.replace(run(1), running_s=5.0, walking_s=900.0)
    assert sentence_of(bus, []) == LITTLE_RUNNING


def test_pauses_warm_up_and_cool_down_are_recognised() -> None:
    slow, fast = (leg(Side.LEFT, 14.0, 2.4),), (leg(Side.LEFT, 14.0, 3.0),)
    walked = (leg(Side.LEFT, 5.0, None, Activity.WALK),)
    course = going([walked, slow, *[fast] * 5, (), walked, *[fast] * 5, slow])
    assert warm_up_of(course) == (0.0, 120.0)
    assert cool_down_of(course) == (840.0, 900.0)
    assert pauses_of(course) == [(420.0, 540.0)]
    steady = going([fast] * 9)
    assert (warm_up_of(steady), cool_down_of(steady), pauses_of(steady)) == (None, None, [])
    assert (warm_up_of(run(1)), cool_down_of(run(1)), pauses_of(run(1))) == (None, None, [])


def test_what_was_walked_is_known_to_seconds_and_without_speed() -> None:
    walked, ran = (leg(Side.LEFT, 5.0, None, Activity.WALK),), (leg(Side.LEFT, 14.0, None),)

    def of(part: LegPart, seconds: float) -> LegPart:
        return dataclasses.replace(part, strides=round(seconds / 0.75))

    into = (of(walked[0], 45.0), of(ran[0], 15.0))
    course = going([walked, walked, into, *[ran] * 6, into, walked, (of(walked[0], 30.0),)])
    assert warm_up_of(course) == (0.0, 165.0)
    assert cool_down_of(course) == (555.0, 690.0)
    stray = (of(walked[0], 58.0), of(ran[0], 1.5))
    assert warm_up_of(going([walked, stray, walked, *[ran] * 9])) == (0.0, 180.0), "two strides are no running"
    paused = going([*[ran] * 4, (of(ran[0], 30.0),), walked, (of(walked[0], 15.0), of(ran[0], 45.0)), *[ran] * 4])
    assert pauses_of(paused) == [(270.0, 375.0)]
    assert (warm_up_of(paused), cool_down_of(paused)) == (None, None)
    most = going([*[walked] * 7, *[ran] * 6])
    assert warm_up_of(most) is None, "more walked than run"


def test_a_walk_backwards_is_no_cool_down() -> None:
    fast, walked = (leg(Side.LEFT, 14.0, 3.0),), (leg(Side.LEFT, 5.0, None, Activity.WALK),)
    course = going([*[fast] * 9, *[walked] * 2, *[walked] * 6])
    back = [dataclasses.replace(one, backward_s=60.0 if at >= 11 else 0.0) for at, one in enumerate(course.minutes)]
    assert cool_down_of(dataclasses.replace(course, minutes=back)) == (540.0, 660.0)
    back[11] = dataclasses.replace(back[11], backward_s=40.0)
    assert cool_down_of(dataclasses.replace(course, minutes=back)) == (540.0, 680.0)
    alone = dataclasses.replace(course, minutes=[dataclasses.replace(one, backward_s=60.0) for one in back[9:]])
    assert (warm_up_of(alone), cool_down_of(alone), pauses_of(alone)) == (None, None, [])


def test_two_runs_and_two_groups_are_held_side_by_side() -> None:
    a, b = (going([(leg(Side.LEFT, g), leg(Side.RIGHT, 14.0))] * 6, days) for g, days in ((14.0, 3), (12.0, 2)))
    told = {one.label: one.words for one in differences([a], [b])}
    assert told["Impact, left"] == "12.0 against 14.0 g, at the same speed: −14 %."
    assert told["Impact, right"] == "14.0 against 14.0 g, at the same speed: the same."
    assert told["Speed"] == "As fast."
    group = months(PLANTS["impact 20 % less"][0], 3)
    of_groups = {one.label: one.words for one in differences(group[20:40], group[-12:])}
    assert " to " in of_groups["Peak tibial acceleration, left"]
    assert of_groups["Cadence, left"].endswith("no difference beyond what your runs differ by anyhow.")
    assert differences([], []) == []


def test_like_runs_are_as_far_and_as_fast() -> None:
    one, far = run(1, 8000.0), run(3, 15_000.0)
    near = dataclasses.replace(run(2, 9000.0), running_s=4000.0)
    assert like_runs(one, [one, near, far, run(4, None), run(5, is_demo=True)]) == [near]
    assert like_runs(run(1, None), [near]) == []


def by_ten_seconds(
    lefts: Sequence[float], rights: Sequence[float] = (), speeds_mps: Sequence[float | None] | None = None
) -> Run:
    """A run of less than two minutes, with its course by ten seconds."""
    speeds = [3.0] * len(lefts) if speeds_mps is None else speeds_mps
    pieces = []
    for at, (left, speed_mps) in enumerate(zip(lefts, speeds, strict=True)):
        legs = [leg(Side.LEFT, left, speed_mps)] + [leg(Side.RIGHT, one, speed_mps) for one in rights[at : at + 1]]
        few = tuple(dataclasses.replace(one, strides=13) for one in legs)
        pieces.append(Minute(10.0 * at, 10.0 * at + 10.0, None, few))
    return dataclasses.replace(run(1), minutes=tuple(pieces))


def test_a_short_run_is_told_by_its_course_of_ten_seconds() -> None:
    short = run(1)
    lefts, rights = (14.1, 14.5, 14.3, 17.0, 19.0, 21.0, 23.8, 24.1, 24.3), (14.0, 14.3, 13.9) * 3
    told = sentence_of(short, [], by_ten_seconds(lefts, rights))
    assert told.startswith("The left leg rose from 14.3 to 24.1 g from the first third to the last, the right stayed")
    assert ", at much the same speed; against the right, the left landed 2 % harder at first and 52 % harder" in told
    faster = by_ten_seconds(lefts, lefts, [2.0 + 0.2 * at for at in range(9)])
    assert sentence_of(short, [], faster).endswith("from the first third to the last, as you ran 55 % faster.")
    assert sentence_of(short, [], by_ten_seconds(lefts, (), [None] * 9)).endswith("; your speed is unknown.")
    scattered = by_ten_seconds((14.0, 18.0, 13.0, 19.0, 14.0, 18.5, 14.2, 19.0, 17.0), (16.0, 15.0, 17.0) * 3)
    assert sentence_of(short, [], scattered).startswith("Both legs landed evenly")


def test_why_a_short_run_tells_nothing_is_said() -> None:
    alone = by_ten_seconds((14.0, 14.1, 13.9, 14.0))
    alone = dataclasses.replace(alone, legs=(leg(Side.LEFT, 14.0),))
    assert sentence_of(run(1), [], alone).endswith(": only one leg has a sensor.")
    clipped = dataclasses.replace(leg(Side.LEFT, 14.0), clipped_strides=70, medians={})
    beyond = dataclasses.replace(run(1), legs=(clipped,), minutes=(Minute(0.0, 10.0, None, (clipped,)),))
    assert sentence_of(run(1), [], beyond).endswith(": most landings went beyond the sensor's range.")


def test_a_run_alone_is_told_without_what_is_usual() -> None:
    even, uneven = (going([(leg(Side.LEFT, 14.5), leg(Side.RIGHT, right))] * 6) for right in (14.0, 18.0))
    assert sentence_alone(even) == "Both legs landed evenly, within the error of measurement."
    assert sentence_alone(uneven) == "Your right leg landed 22 % harder than the left."
    assert sentence_alone(run(1), by_ten_seconds((14.0, 14.2, 14.1, 20.0, 20.1, 20.3))).startswith("The left leg rose")
    assert sentence_alone(run(1)) == "Too little was measured to tell how impact went."
    assert sentence_alone(dataclasses.replace(run(1), running_s=0.0)) == ""


@pytest.mark.parametrize(
    ("impacts", "told"),
    [
        ((10.0,), "Too little was measured"),
        ((10.0, 11.4), "Too little was measured"),
        ((10.0, 20.0), "The left leg rose from 10.0 to 20.0 g from the first minute to the last."),
    ],
)
def test_a_short_run_is_told_by_its_minutes_where_these_are_far_apart(impacts: Sequence[float], told: str) -> None:
    assert sentence_of(going([(leg(Side.LEFT, impact),) for impact in impacts]), []).startswith(told)
