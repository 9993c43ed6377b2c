"""Pairs of shoes, and minimal ones brought in."""

import dataclasses

import pytest

from coaching.history import DAY, NOW, run
from footfall_coaching.answers import Pain, PainSite, Phase, Shoe, ShoeKind
from footfall_coaching.run import Run
from footfall_coaching.shoes import MinimalShare, ShareOfWeek, minimal_share, planned_percent, use_of
from footfall_processing.session import Side

BLUE = Shoe("Ada", NOW - 60 * DAY, "Blue")
THIN = Shoe("Ada", NOW - 30 * DAY, "Thin", ShoeKind.MINIMAL)


def worn(days_ago: float, shoe: str, hours: float = 1.0, distance_m: float | None = 5000.0) -> Run:
    return dataclasses.replace(run(days_ago, distance_m), shoe=shoe, running_s=hours * 3600.0)


def week(percent: float, distance_m: float = 20_000.0, *, hurt: bool = False) -> ShareOfWeek:
    return ShareOfWeek(percent, 100.0, distance_m, hurt)


def test_use_of_a_pair_counts_its_runs_demos_left_out() -> None:
    runs = [
        worn(70, "Blue"),
        worn(3, "Blue", distance_m=None),
        worn(2, "Thin"),
        dataclasses.replace(worn(1, "Blue"), is_demo=True),
    ]
    blue, thin = use_of([THIN, BLUE, dataclasses.replace(BLUE, since_utc=NOW - 90 * DAY)], runs)
    assert (blue.shoe.since_utc, blue.distance_m, blue.runs, blue.since) == (BLUE.since_utc, 5000.0, 2, NOW - 90 * DAY)
    assert (blue.without_distance, thin.without_distance) == (1, 0)
    assert (thin.distance_m, thin.runs, thin.since) == (5000.0, 1, THIN.since_utc)


def test_a_pair_that_runs_alone_name_is_a_pair_since_its_first_run() -> None:
    runs = [worn(5, "Red one"), worn(8, "Red one"), worn(4, ""), dataclasses.replace(worn(2, "Demo"), is_demo=True)]
    blue, red = use_of([BLUE], runs)
    assert (blue.shoe.name, red.shoe.name, red.distance_m, red.runs) == ("Blue", "Red one", 10_000.0, 2)
    assert red.since == red.shoe.since_utc == NOW - 8 * DAY


@pytest.mark.parametrize(("step", "percent"), [(1, 10.0), (2, 15.0), (6, 35.0), (7, 38.25), (26, 100.0), (40, 100.0)])
def test_plan_is_that_of_the_trial(step: int, percent: float) -> None:
    assert planned_percent(step) == pytest.approx(percent)


@pytest.mark.parametrize(
    ("weeks", "step"),
    [
        ([], 1),
        ([week(10)], 2),
        ([week(10), week(15)], 3),
        ([week(10), week(15, hurt=True)], 1),
        ([week(10, 36_000.0)], 1),
        ([week(0)], 1),
        ([week(planned_percent(step)) for step in range(1, 40)], 26),
    ],
)
def test_steps_are_taken_held_and_taken_back(weeks: list[ShareOfWeek], step: int) -> None:
    assert MinimalShare(weeks, week(0)).step == step


def test_words_say_the_share_and_why() -> None:
    assert (
        MinimalShare([week(10)], week(5)).words == "Minimal shoes: up to 15 % of this week's running time; so far 5 %."
    )
    assert "One step back" in MinimalShare([week(10, hurt=True)], week(5)).words
    assert "more than 35 km" in MinimalShare([week(10, 40_000.0)], week(5)).words
    assert "less than planned" in MinimalShare([week(0)], week(0)).words
    assert "71 kg" in MinimalShare([], week(0), 80.0).words


def test_weeks_are_counted_from_the_first_run_in_minimal_shoes() -> None:
    runs = [
        worn(16, "Blue", 3),
        worn(15, "Thin", 0.4),
        worn(14, "Blue", 3.6),
        worn(7, "Thin", 0.5),
        worn(6, "Blue", 4.5),
    ]
    pain = Pain("Ada", "run-7", NOW - 5 * DAY, Phase.DURING, PainSite.CALF, Side.LEFT, 3)
    rule = minimal_share([BLUE, THIN], runs, [], NOW)
    assert rule is not None
    assert [round(one.percent or 0.0) for one in rule.weeks] == [10, 10]
    assert rule.this_week.percent is None
    assert rule.step == 3
    hurt = minimal_share([BLUE, THIN], runs, [pain], NOW)
    assert hurt is not None
    assert hurt.step == 1
    assert minimal_share([BLUE], runs, [], NOW) is None
