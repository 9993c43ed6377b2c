"""The traffic light, by the rule of `light_rule`."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.history import NOW, felt, morning, noted, run
from footfall_coaching.answers import Pain, PainSite, Phase, Sign
from footfall_coaching.how_far import how_far
from footfall_coaching.ledger import remake
from footfall_coaching.light import light_of, light_of_run, todays_light
from footfall_coaching.light_rule import (
    SEEN_AT_ONCE,
    STOPPING,
    Colour,
    TodaysLightFirst,
    TodaysLightSecond,
    TodaysLightThird,
)
from footfall_coaching.message import Message
from footfall_coaching.run import DistanceSource
from footfall_processing.session import Side

TODAY = run(0.2)


@pytest.mark.parametrize(
    ("level", "colour"),
    [(0, Colour.GREEN), (2, Colour.GREEN), (3, Colour.AMBER), (5, Colour.AMBER), (6, Colour.RED), (10, Colour.RED)],
)
def test_pain_in_the_run_by_its_level(level: int, colour: Colour) -> None:
    assert light_of_run(TODAY, [felt(TODAY, level)], []).colour is colour


@pytest.mark.parametrize(
    ("level", "colour"), [(1, Colour.GREEN), (2, Colour.AMBER), (3, Colour.AMBER), (4, Colour.RED)]
)
def test_a_morning_is_held_against_those_of_days_without_a_run(level: int, colour: Colour) -> None:
    own = [morning(5, 1), morning(4, 1), morning(3, 9), morning(50, 9)]  # a median, of the last weeks
    assert light_of_run(TODAY, [*own, felt(TODAY, level, Phase.MORNING, hours_after=13)], []).colour is colour


def test_a_morning_is_held_against_those_of_the_same_place() -> None:
    next_morning = felt(TODAY, 2, Phase.MORNING, hours_after=13)
    assert light_of_run(TODAY, [morning(3, 2, knee=False), next_morning], []).colour is Colour.AMBER
    assert light_of_run(TODAY, [morning(3, 2), next_morning], []).colour is Colour.GREEN


def test_what_is_usual_is_said_only_where_it_was_told() -> None:
    sore = felt(TODAY, 6, Phase.MORNING, hours_after=13)
    assert light_of_run(TODAY, [sore], []).reason == "Pain 6 of 10 in the morning (right knee)."
    assert light_of_run(TODAY, [morning(3, 0), sore], []).reason.endswith("(right knee), usually 0.")
    assert light_of([], [morning(0.4, 4)], [], NOW).reason.endswith("in the morning (right knee).")


def test_what_the_first_version_took_for_usual_is_made_again() -> None:
    pain = {"phase": "morning", "site": "hip", "side": "right", "level": 6, "own_morning": 0.0, "settling_told": False}
    felt_then = {"days_ago": 0, "of_run": True, "pains": [pain], "signs": []}
    message = Message("light", 1, "Ada", "", NOW, "", {"felt": [felt_then], "last_run_open": False})
    assert "pain 6 of 10 in the morning (right hip), usually 0." in remake(message)


def test_pain_that_has_not_settled_in_an_hour_is_amber_and_before_that_is_not() -> None:
    assert light_of_run(TODAY, [felt(TODAY, 1, Phase.AFTER, hours_after=0.2)], []).colour is Colour.GREEN
    late = light_of_run(TODAY, [felt(TODAY, 1, Phase.AFTER, hours_after=1.0)], [])
    assert late.colour is Colour.AMBER
    assert "not settled after an hour" in late.reason


@pytest.mark.parametrize("sign", [*STOPPING, *SEEN_AT_ONCE])
def test_signs_are_red_and_some_are_seen_at_once(sign: Sign) -> None:
    light = light_of_run(TODAY, [felt(TODAY, 0)], [noted(sign, TODAY)])
    assert light.colour is Colour.RED
    assert light.action.startswith("Stop")
    assert bool(light.see_somebody) == (sign in SEEN_AT_ONCE)
    today = light_of([TODAY], [], [noted(sign, None, 0.01)], NOW)
    assert today.colour is Colour.RED
    assert bool(today.see_somebody) == (sign in SEEN_AT_ONCE)


def test_every_sign_has_its_words() -> None:
    assert {*STOPPING, *SEEN_AT_ONCE} == set(Sign)


def test_nothing_told_is_unknown() -> None:
    assert light_of_run(TODAY, [], []).colour is Colour.UNKNOWN
    assert light_of([TODAY], [], [], NOW).colour is Colour.UNKNOWN
    old = run(20)
    assert light_of([old], [felt(old, 5)], [], NOW).colour is Colour.UNKNOWN


def test_today_is_the_latest_run_unless_nothing_was_told_of_it() -> None:
    runs = [run(4), run(2)]
    green, amber = felt(runs[0], 0), felt(runs[0], 4)
    assert light_of(runs, [amber, felt(runs[1], 1)], [], NOW).colour is Colour.GREEN
    assert light_of(runs, [amber], [], NOW).colour is Colour.AMBER
    assert light_of(runs, [green], [], NOW).colour is Colour.UNKNOWN


def test_quiet_mornings_since_a_red_run_make_it_amber_never_green() -> None:
    hard = run(4)
    assert light_of([hard], [felt(hard, 7)], [], NOW).colour is Colour.RED
    assert light_of([hard], [felt(hard, 7), morning(2, 4)], [], NOW).colour is Colour.RED
    assert light_of([hard], [felt(hard, 7), morning(2, 0)], [], NOW).colour is Colour.AMBER


def test_a_walk_with_some_steps_run_for_a_bus_lets_go_of_no_red() -> None:
    hard = run(1)
    bus = replace(run(0.2, 15.0, "bus"), running_s=5.0, walking_s=1800.0)
    told = [felt(hard, 8), felt(bus, 0)]
    assert light_of([hard, bus], told, [], NOW).colour is Colour.AMBER
    assert how_far([hard, bus], told, [], NOW).ceiling.limit_m == hard.distance_m, "it is not the last run"
    for real in (
        replace(bus, running_s=90.0),
        replace(bus, walking_s=4.0),
        replace(bus, distance_source=DistanceSource.TOLD, distance_m=3000.0),
    ):
        assert light_of([hard, real], told, [], NOW).colour is Colour.GREEN


def test_quiet_mornings_since_a_red_day_make_it_amber_until_the_next_run() -> None:
    easy = run(6)
    told = [felt(easy, 0), morning(3, 8), morning(1, 0)]
    assert light_of([easy], told[:2], [], NOW).colour is Colour.RED
    light = light_of([easy], told, [], NOW)
    assert light.colour is Colour.AMBER
    assert light.reason == (
        "The last red day without a run: pain 8 of 10 in the morning (right knee). "
        "Since then: nothing hurt in the morning."
    )
    swollen = light_of([easy], [told[0], told[2]], [noted(Sign.SWELLING, days_ago=2.0)], NOW)
    assert swollen.colour is Colour.AMBER
    assert "doctor" in swollen.see_somebody
    after = run(0.5)
    assert light_of([easy, after], [*told, felt(after, 0)], [], NOW).colour is Colour.GREEN
    told_today = todays_light([easy], told, [], NOW)
    assert TodaysLightFirst(told_today.felt).light.colour is Colour.GREEN, "as it was told then"


@pytest.mark.parametrize("sign", list(Sign))
def test_a_sign_told_on_a_day_stays_red_over_a_run_of_that_day_that_felt_well(sign: Sign) -> None:
    later = run(0.1)
    told = [noted(sign, days_ago=0.3)]
    light = light_of([later], [felt(later, 0)], told, NOW)
    assert light.colour is Colour.RED
    assert light.reason == f"Earlier on the day of the last run: {({**SEEN_AT_ONCE, **STOPPING})[sign]}."
    assert ("doctor" in light.see_somebody) == (sign in SEEN_AT_ONCE)
    told_today = todays_light([later], [felt(later, 0)], told, NOW)
    assert TodaysLightSecond(told_today.felt).light.colour is Colour.GREEN, "as it was told then"
    day_later = run(0.1)
    assert light_of([day_later], [felt(day_later, 0)], [noted(sign, days_ago=1.1)], NOW).colour is Colour.GREEN
    earlier = run(0.3, name="earlier")
    limped = [noted(sign, earlier)]
    both = light_of([earlier, later], [felt(later, 0)], limped, NOW)
    assert both.colour is Colour.RED


def test_the_achilles_tendon_is_called_so_and_old_messages_keep_their_words() -> None:
    sore = [replace(morning(0.4, 4), site=PainSite.ACHILLES, side=Side.LEFT)]
    told = todays_light([], sore, [], NOW)
    assert "(left Achilles tendon)" in told.words
    assert "(left achilles)" in TodaysLightSecond(told.felt).words


@pytest.mark.parametrize(("phase", "when"), [(Phase.DURING, "in the run"), (Phase.AFTER, "after the run")])
def test_pain_of_a_run_that_is_not_in_the_log_is_no_day_s_without_a_run(phase: Phase, when: str) -> None:
    sore = replace(morning(0.4, 4), phase=phase)
    told = todays_light([], [sore], [], NOW)
    assert told.light.reason.startswith(f"A run that is not in the log: pain 4 of 10 {when}")
    assert TodaysLightThird(told.felt).light.reason.startswith("The last day without a run: pain 4 of 10")
    red = [replace(morning(2, 8), phase=phase), morning(0.5, 0)]
    assert light_of([], red, [], NOW).reason.startswith("The last red run, which is not in the log: pain 8 of 10")
    walk = light_of([], [morning(0.4, 4)], [], NOW)
    assert walk.reason.startswith("The last day without a run: ")


def test_a_bad_morning_without_a_run_counts() -> None:
    easy = run(4)
    told = [felt(easy, 0), morning(1, 4)]
    assert light_of([easy], told, [], NOW).colour is Colour.RED


def test_three_of_six_runs_send_to_a_physiotherapist() -> None:
    runs = [run(12 - 2 * number) for number in range(6)]
    levels = [3, 0, 6, 0, 0, 4]
    pains = [felt(one, level) for one, level in zip(runs, levels, strict=True)]
    assert "3 of the last 6 runs" in light_of(runs, pains, [], NOW).see_somebody
    assert light_of(runs, [felt(runs[0], 0), *pains[1:]], [], NOW).see_somebody == ""
    green_now = [*pains[:5], felt(runs[5], 0)]
    assert light_of(runs, green_now, [], NOW).see_somebody == ""


@pytest.mark.parametrize(("levels", "sent"), [((3, 3, 4), True), ((4, 2, 4), False), ((4, 3, 3), False)])
def test_two_weeks_without_a_fall_send_to_a_physiotherapist(levels: tuple[int, ...], sent: bool) -> None:
    pains = [morning(days, level) for days, level in zip((16, 8, 1), levels, strict=True)]
    assert ("two weeks" in light_of([], pains, [], NOW).see_somebody) is sent


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10), st.sampled_from(Phase)), max_size=12))
def test_light_is_told_whatever_the_answers_and_their_order(told: list[tuple[int, int, Phase]]) -> None:
    runs = {days: run(days + 0.5) for days, _, _ in told}
    pains: list[Pain] = [felt(runs[days], level, phase) for days, level, phase in told]
    light = light_of(runs.values(), pains, [], NOW)
    assert light.reason
    assert light.action
    assert light.colour is Colour.UNKNOWN or light_of(list(runs.values())[::-1], pains[::-1], [], NOW) == light
    if (
        any(pain.level > 5 and days == min(runs) for pain, (days, _, _) in zip(pains, told, strict=True))
        and min(runs) < 13
    ):
        assert light.colour is Colour.RED
