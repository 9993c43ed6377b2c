"""Where each runner of a study stands: who may join, what a day tells, what stops it, and when it is over."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import msgspec
import pytest

from coaching.history import NOW, felt, morning, noted, run
from coaching.studies import ADA, FILE, PARALLEL, TOLD, changed, of, one_of
from footfall_coaching.answers import Pain, Phase, Sign
from footfall_coaching.light_rule import Colour
from footfall_coaching.studies.course import (
    Status,
    StudyToday,
    standing_of,
    standings_of,
    today_of,
    why_not_join,
    why_over,
)
from footfall_coaching.studies.file import Consent, Joining, Measure, Stopping
from footfall_coaching.studies.measured import NO_HISTORY, History, values_of
from footfall_coaching.studies.record import Day, Record, with_file, withdrawn
from footfall_coaching.studies.result import analysis_of, progress_words
from footfall_processing.errors import InputError
from footfall_processing.session import Side


def test_who_may_join_goes_by_the_light_and_the_runs_before() -> None:
    assert why_not_join(FILE, NO_HISTORY, NOW) == "Tell first how the last run, or this morning, felt."
    assert why_not_join(FILE, TOLD, NOW) == ""
    red = History(TOLD.runs, [felt(run(1.5), 7)], ())
    assert why_not_join(FILE, red, NOW).startswith("Not on red")
    amber = History(TOLD.runs, [felt(run(1.5), 4)], ())
    assert why_not_join(FILE, amber, NOW).startswith("Not on amber")
    assert why_not_join(changed(FILE, joining=Joining(Colour.AMBER)), amber, NOW) == ""
    strict = changed(FILE, joining=Joining(runs_before=2, least_pain=1.5))
    assert why_not_join(strict, TOLD, NOW) == (
        "1 runs of the last six weeks have pain of the knee told, and 2 are needed to join."
    )
    two = History([run(1.5), run(3)], [felt(run(1.5), 1), felt(run(3), 1)], ())
    assert why_not_join(strict, two, NOW).startswith("Pain of the knee was 1.0 of 10 in the last six weeks, and 1.5")
    assert why_not_join(changed(FILE, ends=date(2026, 6, 14)), TOLD, NOW) == "The study ended on 2026-06-14."


def test_pain_is_of_the_worse_side_of_the_place_that_counts() -> None:
    one, two, three = run(1), run(2), run(3)
    left = replace(felt(one, 4), side=Side.LEFT)
    pains: list[Pain] = [felt(one, 2), left, felt(two, 3, knee=False), felt(three, 0)]
    assert values_of(FILE, Measure.PAIN, History([], pains, ())) == {"run-1": 4.0, "run-2": 0.0, "run-3": 0.0}


def told_on(record: Record, days_ago: float, part: int) -> Record:
    """Return a study in which Ada was told the condition of a part so long ago."""
    member = record.member(ADA)
    day = Day(NOW - timedelta(days=days_ago, hours=1), part)
    return record.with_member(msgspec.structs.replace(member, days=(*member.days, day)))


def stands(record: Record, history: History, now: datetime = NOW) -> tuple[Status, Sequence[str | None]]:
    one = standing_of(record, record.member(ADA), history, now)
    return one.status, one.parts


def test_the_first_run_after_the_condition_was_told_counts_and_a_day_without_is_taken_up_again() -> None:
    record = told_on(told_on(told_on(of(ADA, now=NOW - timedelta(days=20)), 9, 0), 7, 1), 5, 1)
    runs = [run(9), run(8.9, name="second"), run(8), run(7.2, name="too-early"), run(5)]
    history = History(runs, [felt(one, 1) for one in runs], ())
    assert stands(record, history) == (Status.GOING, ("run-9", "run-5", None, None))
    told = today_of(record, standings_of(record, {ADA: history}, NOW), ADA, history, NOW)
    condition = FILE.conditions[record.allocation.order_of(1)[2]]
    assert told.words == f"Run 3 of 4 of the study tape: today {condition}."
    record = told_on(told_on(told_on(record, 4, 2), 3, 2), 2, 2)
    assert standing_of(record, record.member(ADA), history, NOW).left_out == (2,)
    assert stands(told_on(record, 0.5, 3), History([run(0.45), *runs], history.pains, ()))[0] is Status.DONE


def test_each_day_tells_one_condition_and_the_same_again() -> None:
    now = NOW + timedelta(hours=1)
    record, history = of(ADA, now=NOW - timedelta(days=1)), TOLD
    told = today_of(record, standings_of(record, {ADA: history}, now), ADA, history, now)
    record = told_on(record, 0.0, 0)
    assert today_of(record, standings_of(record, {ADA: history}, now), ADA, history, now) == told
    ran = History([run(0), *history.runs], [felt(run(0), 1), *history.pains], ())
    later = NOW + timedelta(hours=3)
    again = today_of(record, standings_of(record, {ADA: ran}, later), ADA, ran, later)
    assert (again.condition, again.number) == ("", 2)
    assert again.words == "Run 2 of 4 of the study tape waits. Today's run is done; the next one is for another day."


def test_red_stops_a_runner_and_enough_of_these_the_study() -> None:
    file = changed(FILE, stopping=Stopping(1, 1))
    record = told_on(of(ADA, "Bob", file=file, now=NOW - timedelta(days=20)), 2, 0)
    history = History([run(2)], [felt(run(2), 1)], [noted(Sign.LIMP, run(2))])
    standings = standings_of(record, {ADA: history}, NOW)
    assert [one.status for one in standings] == [Status.STOPPED, Status.GOING]
    assert why_over(record, standings, NOW) == "1 of its runners stopped on red, and its limit is 1"
    with pytest.raises(InputError, match="the study tape is over: 1 of its runners stopped on red"):
        today_of(record, standings, "Bob", TOLD, NOW)
    mornings = [felt(run(2), 1), felt(run(2), 4, Phase.MORNING, hours_after=14.0), *(morning(day, 0) for day in (4, 5))]
    sore = History([run(2)], mornings, ())
    assert standing_of(record, record.member(ADA), sore, NOW).red == 1, "a morning far above the own"
    milder = told_on(of(ADA, now=NOW - timedelta(days=20)), 2, 0)
    with pytest.raises(InputError, match="over for you: it stopped for you, as runs were red"):
        today_of(milder, standings_of(milder, {ADA: history}, NOW), ADA, history, NOW)


def test_a_new_text_is_agreed_to_before_the_next_run() -> None:
    record = with_file(of(ADA), changed(FILE, consent=Consent("2", "x" * 50)))
    told = today_of(record, standings_of(record, {ADA: TOLD}, NOW), ADA, TOLD, NOW)
    assert isinstance(told, StudyToday)
    assert told.condition == ""
    assert "has a new version, 2" in told.why_not
    left = withdrawn(record, ADA, NOW)
    with pytest.raises(InputError, match="over for you: you left it"):
        today_of(left, standings_of(left, {}, NOW), ADA, TOLD, NOW)


def test_a_study_ends_when_all_are_done_or_after_its_last_day() -> None:
    record = of("a", "b", "c", "d")
    assert why_over(record, standings_of(record, {}, NOW), NOW) == ""
    for name in "abcd":
        record = withdrawn(record, name, NOW)
    assert why_over(record, standings_of(record, {}, NOW), NOW) == "all its runners are done"
    late = datetime(2026, 12, 2, tzinfo=NOW.tzinfo)
    assert why_over(of(ADA), standings_of(of(ADA), {}, late), late) == "its last day was 2026-12-01"
    assert "4 of 4 runners joined (4 withdrawn); 0 of 16 runs" in progress_words(record, standings_of(record, {}, NOW))
    with pytest.raises(InputError, match="once it is opened"):
        analysis_of(record, standings_of(record, {}, NOW), {})


def test_in_a_parallel_study_nothing_counts_after_its_last_day_or_after_red() -> None:
    record = of(ADA, file=changed(PARALLEL, ends=NOW.date() + timedelta(days=5)))
    days = [one_of(-day, level) for day, level in ((1, 1), (2, 1), (7, 1))]
    history = History([one for one, _ in days], [pain for _, pain in days], ())
    late = NOW + timedelta(days=9)
    assert stands(record, history, late) == (Status.GOING, ("run--1", "run--2", None))
    days = [one_of(-day, level) for day, level in ((1, 1), (2, 7), (3, 1))]
    history = History([one for one, _ in days], [pain for _, pain in days], ())
    assert stands(record, history, late) == (Status.STOPPED, ("run--1", "run--2", None))
