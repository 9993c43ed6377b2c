"""What a study came to, over all runners, and what is said of what was changed since."""

import hashlib
import math
from dataclasses import replace
from datetime import timedelta
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.history import NOW
from coaching.studies import ADA, PARALLEL, of, one_of
from footfall_coaching.studies.course import (
    standings_of,
)
from footfall_coaching.studies.file import Design, Measure
from footfall_coaching.studies.inputs import with_inputs
from footfall_coaching.studies.measured import History
from footfall_coaching.studies.record import Opened, Record, forgotten, withdrawn
from footfall_coaching.studies.result import Analysis, analysis_of
from footfall_coaching.studies.together import Stratum, together
from footfall_coaching.try_out import orders
from footfall_coaching.try_out.permutation import difference
from study_power import NOTHING, World, played, study_of


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


def test_runs_that_are_binned_or_redated_once_it_is_opened_are_said() -> None:
    record = of(ADA, "Bea", file=PARALLEL)
    days = [one_of(-day, 1) for day in (1, 2, 3)]
    history = History([one for one, _ in days], [pain for _, pain in days], ())
    histories = {ADA: history, "Bea": history}
    at = NOW + timedelta(days=4)
    opened = with_inputs(Opened(at, "a look", ""), record, standings_of(record, histories, at), histories)
    record = msgspec.convert(msgspec.to_builtins(msgspec.structs.replace(record, opened=opened)), Record)
    assert set(opened.inputs) == {"1", "2"}

    def told(kept: Record, known: dict[str, History]) -> str:
        return " ".join(analysis_of(kept, standings_of(kept, known, at), known).words)

    assert "when it was opened" not in told(record, histories)
    binned = History(history.runs[:2], history.pains, ())
    redated = History([*history.runs[:2], replace(days[2][0], started_utc=NOW - timedelta(days=60))], history.pains, ())
    for changed_ in (binned, redated):
        assert "Of 1 runner it is made of other runs or values" in told(record, {ADA: changed_, "Bea": history})
    both = {ADA: binned, "Bea": redated}
    assert "Of 2 runners it is made of other runs or values" in told(record, both)
    old = msgspec.structs.replace(record, opened=Opened(at, "a look", ""))
    assert "when it was opened" not in told(old, both), "nobody kept what it was made of"
    gone = forgotten(withdrawn(record, "Bea", at + timedelta(days=1)), [ADA])
    assert gone.opened is not None
    assert set(gone.opened.inputs) == {"2"}
    assert "when it was opened" not in told(gone, both), "nothing of them is used"
    later = replace(days[2][1], level=9, noted_utc=at + timedelta(days=1))
    retold = {ADA: History(history.runs, [*history.pains[:2], later], ()), "Bea": history}
    assert "1 answer about its runs was told or changed" in told(record, retold)
    assert "when it was opened" not in told(record, retold), "that is said already"


@pytest.mark.parametrize("inputs", [{"1": "x"}, {"1": "A" * 64}, {str(n): "0" * 64 for n in range(501)}])
def test_digests_that_are_none_are_refused(inputs: dict[str, str]) -> None:
    kept = {**msgspec.to_builtins(of(ADA)), "opened": {"at": NOW, "reason": "", "ended": "", "inputs": inputs}}
    with pytest.raises(msgspec.ValidationError, match="inputs"):
        msgspec.convert(kept, Record)
