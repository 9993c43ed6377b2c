"""What was told of a run hangs on the run's day, however late it was told."""

import dataclasses
from datetime import date, timedelta, timezone

import pytest

from coaching.history import DAY, NOW, felt, morning, noted, run
from footfall_coaching.answers import PainSite, Phase, Shoe, ShoeKind, Sign
from footfall_coaching.felt_when import FeltWhen
from footfall_coaching.how_far import how_far
from footfall_coaching.ledger import Afterwards
from footfall_coaching.light import light_of
from footfall_coaching.light_rule import Colour
from footfall_coaching.load_rule import RunAbove
from footfall_coaching.programme.from_log import lights_of
from footfall_coaching.run import Run
from footfall_coaching.shoes import minimal_share
from footfall_coaching.told import message_of

SORE, LATEST = run(10, name="sore"), run(0.2, name="latest")
LATE_H = 9.9 * 24.0
"""Told today, of the run of ten days ago."""


def test_pain_of_a_run_is_of_its_day_and_the_morning_of_the_next() -> None:
    when = FeltWhen([SORE], NOW.tzinfo)
    told = [felt(SORE, 5, phase, hours_after=LATE_H) for phase in Phase]
    assert [when.day(pain) for pain in told] == [date(2026, 6, 5), date(2026, 6, 5), date(2026, 6, 6)]
    assert when.day(noted(Sign.LIMP, SORE)) == date(2026, 6, 5)
    assert when.day(morning(3, 1)) == date(2026, 6, 12)
    # told at once, it counts at once; told late, from the end of the day on which it was felt
    at_once = felt(SORE, 5)
    assert when.moment(at_once) == at_once.noted_utc
    assert [when.moment(pain).day for pain in told] == [6, 6, 7]


def test_days_are_those_of_the_runner_s_clock() -> None:
    far = timezone(timedelta(hours=14))
    when = FeltWhen([SORE], far)  # 18:00 UTC there is 8:00 of the next day
    assert when.day(felt(SORE, 5)) == date(2026, 6, 6)
    assert when.day(felt(SORE, 5, Phase.MORNING)) == date(2026, 6, 7)


def test_a_late_answer_changes_the_light_of_its_own_day_and_not_that_of_a_later_run() -> None:
    runs, pains = [SORE, LATEST], [felt(SORE, 5, hours_after=LATE_H), felt(LATEST, 0)]
    assert light_of(runs, pains, [], NOW - 9 * DAY).colour is Colour.AMBER
    assert light_of(runs, pains, [], NOW).colour is Colour.GREEN


def test_what_came_after_a_warning_is_what_was_felt_after_it() -> None:
    runs = [SORE, run(4), LATEST]
    warned = message_of(RunAbove(1.0, {}), "Ada", "", NOW - 5 * DAY)
    late = felt(SORE, 6, hours_after=LATE_H)
    assert Afterwards(runs, [late], NOW).of(warned).worst_pain is None
    assert Afterwards(runs, [late, felt(runs[1], 1)], NOW).of(warned).worst_pain == 1


def test_a_minimal_shoe_s_week_is_the_one_in_which_the_foot_hurt() -> None:
    thin = Shoe("Ada", NOW - 60 * DAY, "Thin", ShoeKind.MINIMAL)
    runs = [dataclasses.replace(run(days), shoe=thin.name) for days in (20, 10, 2)]
    late = felt(runs[0], 4, hours_after=18 * 24.0, knee=False)
    assert late.site is PainSite.SHIN
    rule = minimal_share([thin], runs, [late], NOW)
    assert rule is not None
    assert [week.hurt for week in (*rule.weeks, rule.this_week)] == [True, False, False]


def test_what_was_told_of_a_demo_counts_nowhere() -> None:
    demo = run(0.1, name="demo", is_demo=True)
    when = FeltWhen([demo, LATEST], NOW.tzinfo)
    assert [when.counts(felt(one, 3)) for one in (demo, LATEST)] == [False, True]
    warned = message_of(RunAbove(1.0, {}), "Ada", "", NOW - DAY)
    assert Afterwards([demo], [felt(demo, 3)], NOW).of(warned).worst_pain is None


ODD = {
    "no date": dataclasses.replace(LATEST, session_id="odd", started_utc=None),
    "a date to come": dataclasses.replace(LATEST, session_id="odd", started_utc=NOW + DAY),
    "no running": dataclasses.replace(LATEST, session_id="odd", running_s=0.0, distance_m=None),
}


@pytest.mark.parametrize("odd", [*ODD.values(), None], ids=[*ODD, "cut off"])
def test_pain_told_of_what_is_no_run_of_the_past_makes_the_light_of_its_day(odd: Run | None) -> None:
    runs = [run(3), *([] if odd is None else [odd])]
    told = dataclasses.replace(felt(LATEST, 8), session_id="odd")
    pains = [felt(runs[0], 0), told]
    light = light_of(runs, pains, [], NOW)
    assert light.colour is Colour.RED
    assert "pain 8 of 10 in the " in light.reason
    assert how_far(runs, pains, [], NOW).ceiling.is_stop
    assert lights_of(NOW - DAY, runs, pains, [], NOW)[-1].colour is Colour.RED
    if odd is not None:
        demo = [runs[0], dataclasses.replace(odd, is_demo=True)]
        assert light_of(demo, pains, [], NOW).colour is Colour.GREEN
        assert not how_far(demo, pains, [], NOW).ceiling.is_stop
        assert lights_of(NOW - DAY, demo, pains, [], NOW)[-1].colour is Colour.GREEN
