"""The ceiling for today, and where a run stands."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.history import DAY, NOW, felt, run
from footfall_coaching.answers import Phase
from footfall_coaching.how_far import how_far
from footfall_coaching.how_far import stand_of as stand_under_light
from footfall_coaching.ledger import remake
from footfall_coaching.light_rule import Colour
from footfall_coaching.load import MOST_RATIO, SAME_WAY, Stand, room_of
from footfall_coaching.message import Message
from footfall_coaching.run import Run


def stand_of(one: Run, runs: list[Run]) -> Stand:
    """Return where a run stands of which nothing was told."""
    return stand_under_light(one, runs, [], [], NOW.tzinfo)


def test_ceiling_is_a_tenth_above_the_longest_of_thirty_days() -> None:
    runs = [run(31, 20_000.0), run(29, 10_000.0), run(2, 6000.0), run(1, 30_000.0, is_demo=True)]
    runs.append(dataclasses.replace(run(3, 40_000.0, "undated"), started_utc=None))
    ceiling = room_of(runs, NOW)
    assert (ceiling.longest_m, ceiling.longest_session_id, ceiling.unknown) == (10_000.0, "run-29", "")
    assert ceiling.limit_m == pytest.approx(11_000.0)
    assert ceiling.words == (
        "Ceiling for today: 11.0 km, which is 1.10 × your longest run of the last 30 days (10.0 km)."
    )


def test_thirty_days_to_the_second_still_count_and_the_run_itself_does_not() -> None:
    assert room_of([run(30, 9000.0)], NOW).longest_m == 9000.0
    assert room_of([run(30.001, 9000.0)], NOW).longest_m is None
    assert room_of([run(0, 9000.0)], NOW).longest_m is None


def test_ceiling_is_unknown_and_says_why() -> None:
    assert "no run in the last 30 days" in room_of([run(40)], NOW).words
    shins = room_of([run(3, None), run(5, None)], NOW)
    assert shins.limit_m is None
    assert "has a distance. Say how far you ran" in shins.words


def test_runs_without_a_distance_are_told_beside_a_ceiling() -> None:
    assert room_of([run(3, None), run(5, 5000.0)], NOW).words.endswith(
        "5.50 km, which is 1.10 × your longest run of the last 30 days (5.00 km). 1 run has no distance, and may have "
        "been longer."
    )


def test_one_message_above_the_ceiling_however_far() -> None:
    usual = [run(9, 10_000.0), run(4, 8000.0)]
    told = [stand_of(run(0, ratio * 10_000.0), usual) for ratio in (1.0, 1.1, 1.2, 1.5, 3.0)]
    assert [stand.is_above for stand in told] == [False, False, True, True, True]
    above = {stand.words.split(". ", 1)[1] for stand in told[2:]}
    assert len(above) == 1
    assert "about 3 injuries came in 1,000 runs" in above.pop()
    assert told[0].words == "10.0 km: within the ceiling of 11.0 km, 1.00 × your longest run of the 30 days before."


def test_a_run_stands_against_the_room_of_its_own_day() -> None:
    runs = [run(40, 12_000.0), run(20, 10_000.0), run(2, 30_000.0)]
    stand = stand_of(runs[1], runs)
    assert stand.ratio == pytest.approx(10 / 12)
    assert not stand.is_above


@pytest.mark.parametrize("runs", [[], [run(3, None)]])
def test_where_a_run_stands_is_unknown_without_a_ceiling(runs: list[Run]) -> None:
    stand = stand_of(run(0), runs)
    assert stand.ratio is None
    assert not stand.is_above
    assert "unknown" in stand.words


def test_without_a_distance_or_a_date_nothing_is_made_up() -> None:
    assert "unknown" in stand_of(run(0, None), [run(3)]).words
    assert "Give it a date" in stand_of(dataclasses.replace(run(0), started_utc=None), [run(3)]).words


@given(st.lists(st.tuples(st.floats(0.01, 60.0), st.one_of(st.none(), st.floats(1.0, 1e5))), max_size=20))
def test_ceiling_is_that_of_the_longest_whatever_the_order(found: list[tuple[float, float | None]]) -> None:
    runs = [run(days, metres, f"{number}") for number, (days, metres) in enumerate(found)]
    ceiling = room_of(runs, NOW)
    recent = [one.distance_m for one in runs if one.started_utc and one.started_utc >= NOW - 30 * DAY]
    longest = max((metres for metres in recent if metres is not None), default=None)
    assert ceiling.longest_m == longest
    assert ceiling.limit_m == (None if longest is None else MOST_RATIO * longest)
    assert room_of(runs[::-1], NOW).limit_m == ceiling.limit_m
    assert (ceiling.limit_m is None) == bool(ceiling.unknown)


def test_on_red_there_is_no_run_and_no_number_to_be_taken_for_an_offer() -> None:
    runs = [run(20, 10_000.0), run(2, 8000.0)]
    ceiling = how_far(runs, [felt(runs[1], 7)], [], NOW).ceiling
    assert (ceiling.limit_m, ceiling.is_stop) == (0.0, True)
    assert ceiling.words == "Stop: no run today, as the light is red."
    late = stand_under_light(run(0, 3000.0), runs, [felt(runs[1], 7)], [], NOW.tzinfo)
    assert late.is_above
    assert late.words == "3.00 km. The light is red for this run, which says: no run today."


def test_on_amber_the_last_run_is_the_ceiling_though_an_earlier_one_was_longer() -> None:
    runs = [run(20, 10_000.0), run(2, 8000.0)]
    sore = [felt(runs[0], 4, Phase.AFTER), felt(runs[1], 4)]
    ceiling = how_far(runs, sore, [], NOW).ceiling
    assert ceiling.limit_m == 8000.0
    assert ceiling.words == (
        "Ceiling for today: 8.00 km, as far as your last run: "
        "the light is amber, so repeat that one or make it shorter."
    )
    above = [
        stand_under_light(run(0, 8000.0 * k), runs, sore, [], NOW.tzinfo).is_above for k in (1.0, 1.02, SAME_WAY + 0.01)
    ]
    assert above == [False, False, True]
    unknown = how_far([*runs, run(1, None)], [*sore, felt(run(1), 3)], [], NOW).ceiling
    assert unknown.limit_m is None
    assert "amber" in unknown.words


def test_a_run_stands_under_the_light_of_its_beginning() -> None:
    runs = [run(2, 8000.0), run(0.5, 8000.0)]
    told_after = [felt(runs[1], 7), felt(runs[0], 7, hours_after=40.0)]
    assert stand_under_light(runs[1], runs, told_after, [], NOW.tzinfo).ceiling.light is Colour.UNKNOWN
    assert how_far(runs, told_after, [], NOW).ceiling.is_stop


def test_what_the_first_version_told_is_made_again_by_it() -> None:
    shins: dict[str, object] = {"distances_m": {"run-3": None}}
    words = (
        "Ceiling for today: unknown: no run of the last 30 days has a distance; sensors on the shins alone don't tell "
        "it. Say how far you ran, or wear a sensor on a foot."
    )
    assert remake(Message("ceiling", 1, "Ada", "", NOW, words, shins)) == words
    inputs: dict[str, object] = {"distance_m": 25_000.0, "distances_m": {"a": 10_000.0}}
    assert remake(Message("run-above-ceiling", 1, "Ada", "", NOW, "", inputs)).startswith(
        "25.0 km: above the ceiling of 11.0 km, 2.50 × your longest run of the 30 days before. In a study"
    )
