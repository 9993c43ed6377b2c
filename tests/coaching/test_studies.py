"""Studies: fixed beforehand, drawn and hidden, followed by the rules, and tested over all runners."""

import hashlib
import hmac
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import combinations
from random import Random
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coaching.history import NOW, felt, morning, noted, run
from footfall_coaching.answers import Pain, PainSite, Phase, Sign
from footfall_coaching.light_rule import Colour
from footfall_coaching.run import Run
from footfall_coaching.studies.allocation import drawn
from footfall_coaching.studies.beforehand import design_words, power_words
from footfall_coaching.studies.course import (
    Status,
    StudyToday,
    standing_of,
    standings_of,
    today_of,
    why_not_join,
    why_over,
)
from footfall_coaching.studies.file import Consent, Design, Joining, Measure, Stopping, StudyFile
from footfall_coaching.studies.measured import NO_HISTORY, History, values_of
from footfall_coaching.studies.record import Day, Opened, Record, begun, forgotten, joined, with_file, withdrawn
from footfall_coaching.studies.result import Analysis, analysis_of, progress_words
from footfall_coaching.studies.together import Stratum, found_of_100, together
from footfall_coaching.try_out import orders
from footfall_coaching.try_out.permutation import difference
from footfall_processing.errors import InputError
from footfall_processing.session import Side
from study_power import NOTHING, World, played, study_of

ADA: Final = "Ada"
FILE: Final = StudyFile(
    footfall_study=1,
    study="tape",
    question="Does tape help?",
    organiser="Lake Runners",
    design=Design.ALTERNATING,
    conditions=("as usual", "with tape"),
    runs=4,
    block=2,
    runners=4,
    ends=date(2026, 12, 1),
    primary=Measure.PAIN,
    pain_of=PainSite.KNEE,
    consent=Consent("1", "I take part of my own will, and can leave at any time."),
)
PARALLEL: Final = msgspec.structs.replace(FILE, design=Design.PARALLEL, block=(2, 4), runners=12, runs=3)
SEEDS: Final = st.binary(min_size=32, max_size=32)
TOLD: Final = History([run(1.5)], [felt(run(1.5), 1)], ())


def changed(file: StudyFile, **fields: Any) -> StudyFile:
    """Return a file with other fields, checked."""
    return msgspec.convert({**msgspec.to_builtins(file), **_kebab(fields)}, StudyFile)


def _kebab(fields: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "-"): msgspec.to_builtins(value) for name, value in fields.items()}


def of(*runners: str, file: StudyFile = FILE, now: datetime = NOW) -> Record:
    """Return a study that runners have joined."""
    record = begun(drawn(file, bytes(range(32))), now)
    for name in runners:
        record = joined(record, name, file.consent, (), now)
    return record


# ---- Fixed beforehand


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"footfall_study": 2}, "footfall-study: is 2, and this Footfall reads 1"),
        ({"study": "Tape & knee"}, "study: give a name"),
        ({"question": " "}, "question: needs one line"),
        ({"conditions": ("as usual", "as usual")}, "conditions: are the same"),
        ({"block": 3}, "block: give even numbers from 2 to 12"),
        ({"block": ()}, "block: give even numbers"),
        ({"block": 14, "runs": 14}, "block: give even numbers"),
        ({"runs": 5}, "block: take one size that 5 runs can be cut into"),
        ({"block": (2, 4)}, "block: take one size"),
        ({"design": "parallel", "block": 4}, "runners: two blocks of runners are the least"),
        ({"runs": 60, "runners": 101}, "runners: times runs are more than 6,000"),
        ({"runners": 1}, "runs: with so few, even the clearest result comes by chance more often than 1 in 20"),
        ({"pain_of": None}, "pain-of: say whose pain counts"),
        ({"beside": ("pain",)}, "beside: names a measure twice"),
        ({"joining": {"light": "red"}}, "light: give green or amber"),
        ({"joining": {"least-pain": 2}}, "joining.least-pain: needs pain as the primary measure, and runs-before"),
        ({"joining": {"confirm": ["18\u202e"]}}, "confirm: needs one line"),
        ({"consent": {"version": "1", "text": "Yes."}}, "text: is what runners agree to"),
        ({"consent": {"version": "1", "text": "I agree to all of it, \u202eand more than that."}}, "can't be seen"),
        ({"assumed": {"run-to-run": 1e-300}}, "Expected `float` >= 0.001"),
        ({"runs": 10**30}, "Expected `int` <= 60|out of range"),
    ],
)
def test_a_file_that_can_t_be_a_study_is_refused_by_field(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        changed(FILE, **fields)


@pytest.mark.parametrize(("runs", "runners", "block"), [(60, 100, 12), (24, 70, 4), (12, 500, 2)])
def test_studies_of_as_many_runs_as_are_allowed_can_be_planned(runs: int, runners: int, block: int) -> None:
    assert changed(FILE, runs=runs, runners=runners, block=block).groups == (block,) * (runs // block)


def test_what_a_study_does_and_can_see_is_told_beforehand() -> None:
    file = changed(FILE, runs=8, block=4, runners=12, joining=Joining(runs_before=3, least_pain=1.0, confirm=("18",)))
    words = " ".join([*design_words(file), power_words(file)])
    for said in (
        "12 runners, each with 8 runs: 4 as usual and 4 with tape",
        "judged by pain of the knee in the run alone",
        "only on green days, with 3 runs of the last 6 weeks",
        "Its organiser confirms: 18.",
        "stops after 1 run with a red light",
        "2026-12-01",
        "1 less in ",
        "Of one runner alone, 1 less is found in 0.",
    ):
        assert said in words, words
    groups = changed(PARALLEL, runners=40, primary="impact", pain_of=None, stopping=Stopping(2, 3))
    words = " ".join([*design_words(groups), power_words(groups)])
    assert "half of them run as usual and half with tape, drawn as they join in blocks of 2 or 4" in words
    assert "the study stops once 3 runners stopped so" in words
    assert "from runner to runner by 25 %" in words


def test_more_runners_see_more_and_nothing_is_seen_in_5_of_100() -> None:
    seen = [found_of_100((4, 4), count, 0.6) for count in (4, 8, 16)]
    assert seen == sorted(seen)
    assert seen[0] + 30 < seen[-1]
    assert found_of_100((4, 4), 8, 0.0) <= 8
    assert found_of_100((4,) * 6, 1, 0.0, 0.0) <= 8


# ---- Drawn and hidden


@given(SEEDS, st.integers(1, 500))
def test_orders_are_balanced_in_every_block_and_made_again_by_the_rule(seed: bytes, number: int) -> None:
    file = msgspec.structs.replace(FILE, runs=12, block=4)
    order = drawn(file, seed).order_of(number)
    expected: list[bool] = []
    for block in (1, 2, 3):
        mac = hmac.digest(seed, f"runner {number} block {block}".encode(), hashlib.sha256)
        tried = list(combinations(range(4), 2))[int.from_bytes(mac, "big") % 6]
        expected += [place in tried for place in range(4)]
    assert list(order) == expected
    assert orders.is_one_of(order, file.groups)


@given(SEEDS, st.integers(1, 40))
def test_runners_of_a_parallel_study_are_balanced_block_by_block(seed: bytes, count: int) -> None:
    allocation = drawn(PARALLEL, seed)
    sizes, order = allocation.runners_in_blocks(count)
    assert set(sizes) <= {2, 4}
    assert orders.is_one_of(order, sizes)
    assert sum(sizes) - sizes[-1] < count <= sum(sizes)
    for number in range(1, count + 1):
        assert allocation.order_of(number) == (order[number - 1],) * PARALLEL.runs, "it does not go by who comes later"


@settings(max_examples=20)
@given(SEEDS, SEEDS)
def test_the_seal_holds_the_seed_and_all_that_is_fixed_and_gives_neither_away(one: bytes, other: bytes) -> None:
    allocation = drawn(FILE, one)
    assert hashlib.sha256(allocation.text.encode()).hexdigest() == allocation.seal
    assert (drawn(FILE, other).seal == allocation.seal) == (one == other)
    assert drawn(changed(FILE, ends=date(2026, 12, 2)), one).seal != allocation.seal
    assert drawn(changed(FILE, organiser="Others", consent=Consent("2", "x" * 50)), one).seal == allocation.seal


def test_all_orders_are_about_as_likely() -> None:
    counts = dict.fromkeys(map(tuple, orders.orders_of((4,)).tolist()), 0)
    allocation = drawn(msgspec.structs.replace(FILE, runs=4, block=4), bytes(32))
    for number in range(1, 1201):
        counts[allocation.order_of(number)] += 1
    assert all(140 <= count <= 260 for count in counts.values()), counts


def test_a_record_that_was_changed_by_hand_is_refused() -> None:
    kept = msgspec.to_builtins(of(ADA))
    with pytest.raises(msgspec.ValidationError, match="is not what was sealed"):
        msgspec.convert({**kept, "seed": "0" * 64}, Record)
    with pytest.raises(msgspec.ValidationError, match="not numbered as they joined"):
        msgspec.convert({**kept, "members": [{"number": 2, "runner": ADA}]}, Record)
    assert msgspec.convert(kept, Record) == of(ADA)
    with pytest.raises(InputError, match="64 digits of 0-9 and a-f"):
        drawn(FILE, b"short")


# ---- Who takes part


def test_a_file_may_change_whom_to_reach_and_a_new_text_and_nothing_else() -> None:
    record = of(ADA)
    newer = changed(FILE, organiser="Others", consent=Consent("2", "x" * 50))
    assert with_file(record, newer).file == newer
    with pytest.raises(InputError, match=r"^runs, pain-of: changed since the first runner joined on 2026-06-15"):
        with_file(record, changed(FILE, runs=6, pain_of=PainSite.HIP))
    with pytest.raises(InputError, match="is not what runners agreed to as version 1"):
        with_file(record, changed(FILE, consent=Consent("1", "y" * 50)))


def test_who_joins_once_is_not_drawn_again() -> None:
    record = of(ADA, "Bob")
    assert [one.number for one in record.members] == [1, 2]
    with pytest.raises(InputError, match="agreed to version 1 already"):
        joined(record, ADA, FILE.consent, (), NOW)
    again = joined(record, ADA, Consent("2", "x" * 50), ("18",), NOW)
    assert len(again.members) == 2
    assert [one.version for one in again.member(ADA).consents] == ["1", "2"]
    gone = withdrawn(record, ADA, NOW)
    assert not gone.member(ADA).takes_part
    with pytest.raises(InputError, match="nothing is drawn twice"):
        joined(gone, ADA, FILE.consent, (), NOW)
    with pytest.raises(InputError, match="already"):
        withdrawn(gone, ADA, NOW)
    with pytest.raises(InputError, match="'Cleo' has not joined"):
        record.member("Cleo")
    with pytest.raises(InputError, match="the study is full: 4 runners"):
        joined(of("a", "b", "c", "d"), "e", FILE.consent, (), NOW)
    with pytest.raises(InputError, match="is over: it was opened on 2026-06-15"):
        joined(msgspec.structs.replace(record, opened=Opened(NOW, "", "")), "Cleo", FILE.consent, (), NOW)
    without = forgotten(record, [ADA, ""])
    assert [(one.number, one.runner) for one in without.members] == [(1, ""), (2, "Bob")]
    assert ADA not in str(msgspec.to_builtins(without))


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


# ---- Followed


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


# ---- Tested


@given(st.lists(st.none() | st.floats(-5, 5), min_size=12, max_size=12), st.integers(0, 215))
def test_of_one_runner_it_is_the_try_outs_exact_test(values: list[float | None], place: int) -> None:
    groups = (4, 4, 4)
    order = tuple(bool(one) for one in orders.orders_of(groups)[place])
    ours, theirs = together([Stratum(tuple(values), order, groups)], "seed"), difference(values, order, groups)
    if theirs is None or ours is None:
        assert ours is theirs
        return
    for name in ("mean", "low", "high", "chance", "least_chance", "scatter"):
        assert math.isclose(getattr(ours, name), getattr(theirs, name), rel_tol=1e-6, abs_tol=1e-6), name


def strata(count: int, effect: float, seed: int) -> list[Stratum]:
    random, groups = Random(seed), (4, 4)
    found = []
    for _ in range(count):
        order, level = orders.drawn(groups, random), random.gauss(3.0, 2.0)
        found.append(Stratum(tuple(level + random.gauss(0.0, 0.7) + effect * one for one in order), order, groups))
    return found


def test_levels_of_runners_and_missing_runs_don_t_move_it_and_the_seal_makes_it_again() -> None:
    own = strata(8, -1.0, 1)
    found = together(own, "seal")
    assert found is not None
    assert found.is_found
    assert found.low <= -1.0 <= found.high
    assert found.chance < 0.001
    assert together(own, "seal") == found
    moved = [
        replace(one, values=tuple(None if value is None else value + 7.0 * at for value in one.values))
        for at, one in enumerate(own)
    ]
    shifted = together(moved, "seal")
    assert shifted is not None
    assert math.isclose(shifted.mean, found.mean, rel_tol=1e-9)
    assert shifted.chance == found.chance
    lost = [replace(own[0], values=(None,) * 8), *own[1:]]
    without = together(lost, "seal")
    assert without is not None
    others = together(own[1:], "seal")
    assert others is not None
    assert without.mean == pytest.approx(others.mean)
    assert together([replace(own[0], values=(None,) * 8)], "seal") is None


def test_a_planted_effect_is_found_and_told_and_dropouts_are_listed() -> None:
    found = played(study_of(Design.ALTERNATING), World(-0.7, -0.08), 1)
    assert [one.measure for one in found.results] == [Measure.PAIN, Measure.IMPACT]
    assert all(one.found is not None and one.found.is_found for one in found.results)
    assert "Pain of the knee in the run was 0." in found.results[0].words
    assert found.results[0].words.count("studies") == 1
    assert "withdrew, left out" in " ".join(found.words)
    assert hashlib.sha256(found.sealed_text.encode()).hexdigest() == found.seal
    assert found.words[-1].startswith("Runners knew which was which")


def test_nothing_planted_says_what_would_have_been_seen() -> None:
    found = played(study_of(Design.PARALLEL, 16, 4), NOTHING, 2)
    (pain, impact) = found.results
    assert pain.found is not None
    assert not pain.found.is_found
    assert "That does not show that it does nothing" in pain.words
    assert "The study is not judged by it." in impact.words
    assert {one.is_tried for one in found.runners} == {True, False}
    assert isinstance(found, Analysis)
    early = replace(found, opened=Opened(NOW, "no more runners", ""))
    assert "Opened before its end, on 2026-06-15, with 16 of 16 runners: no more runners." in early.words[0]


def test_of_too_little_nothing_is_said() -> None:
    record = msgspec.structs.replace(of(ADA, "Bob"), opened=Opened(NOW, "", "its last day was today"))
    analysis = analysis_of(record, standings_of(record, {}, NOW), {})
    assert analysis.results[0].words == (
        "Pain of the knee in the run: nothing can be said, too few runs or runners count (0)."
    )


def one_of(days_ago: float, level: int) -> tuple[Run, Pain]:
    ran = run(days_ago)
    return ran, felt(ran, level)


def test_in_a_parallel_study_nothing_counts_after_its_last_day_or_after_red() -> None:
    record = of(ADA, file=changed(PARALLEL, ends=NOW.date() + timedelta(days=5)))
    days = [one_of(-day, level) for day, level in ((1, 1), (2, 1), (7, 1))]
    history = History([one for one, _ in days], [pain for _, pain in days], ())
    late = NOW + timedelta(days=9)
    assert stands(record, history, late) == (Status.GOING, ("run--1", "run--2", None))
    days = [one_of(-day, level) for day, level in ((1, 1), (2, 7), (3, 1))]
    history = History([one for one, _ in days], [pain for _, pain in days], ())
    assert stands(record, history, late) == (Status.STOPPED, ("run--1", "run--2", None))


def test_what_is_told_or_who_leaves_once_it_is_opened_changes_nothing_unsaid() -> None:
    record = of(ADA, "Bea", file=PARALLEL)
    days = [one_of(-day, 1) for day in (1, 2, 3)]
    history = History([one for one, _ in days], [pain for _, pain in days], ())
    opened = Opened(NOW + timedelta(days=4), "a look", "")
    record = msgspec.structs.replace(record, opened=opened)
    histories = {ADA: history, "Bea": history}

    def told(kept: Record, known: dict[str, History]) -> Analysis:
        return analysis_of(kept, standings_of(kept, known, opened.at), known)

    before = told(record, histories)
    assert not any("Since it was opened" in words for words in before.words)
    later = replace(days[2][1], level=9, noted_utc=opened.at + timedelta(days=1))
    changed_ = History(history.runs, [*history.pains[:2], later], ())
    after = told(record, {ADA: changed_, "Bea": history})
    assert after.runners[0].runs in ((2, 0), (0, 2))
    assert after.runners[0].status is before.runners[0].status
    assert any("Since it was opened 1 answer about its runs was told or changed" in words for words in after.words)
    left = told(withdrawn(record, "Bea", opened.at + timedelta(days=1)), histories)
    assert any("Since it was opened 1 runner withdrew" in words for words in left.words)
