"""Checks after a programme: kept, lost but recalled, or lost, and what would tell more."""

import dataclasses
import json
import math
from datetime import date, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coaching.history import NOW
from coaching.try_outs import EIGHT, opening_of, run_whole
from footfall_coaching.told import message_of
from footfall_coaching.try_out.events import AnyEvent, PainTold, PartDone
from footfall_coaching.try_out.plan import Cue, recall_check
from footfall_coaching.try_out.progress import Progress, Step
from footfall_coaching.try_out.recall import (
    ASSUMED,
    RecallCheck,
    Verdict,
    Wanted,
    check_due,
    own_scatter,
    pairs_of,
)
from footfall_coaching.try_out.seal import Opening
from footfall_processing.errors import InputError
from try_out_power import checked


def check(*days: tuple[tuple[float, float], ...], after: float = 7.0, before_runs: int = 1) -> RecallCheck:
    """Return a check three months after a programme that took impact from 10 to `after`."""
    assumed = ASSUMED[Cue.IMPACT]
    return RecallCheck(3, Cue.IMPACT, 10.0, after, before_runs, 2, days, assumed.runs, assumed.blocks)


def test_lost_but_recalled_means_a_reminder() -> None:
    found = check(((9.8, 7.1),))
    assert (found.verdict, found.wanted) == (Verdict.RECALLED, Wanted.NOTHING)
    assert found.words == (
        "3 months after the programme: lost but recalled. Held against before the programme, impact is 2 % lower as "
        "you run now, and 29 % lower run as at its end; then it was 30 % lower. You can still do it: a reminder once "
        "a week is enough, not a new programme."
    )


def test_kept_and_lost() -> None:
    kept = check(((6.9, 6.8),), ((7.1, 7.0),), before_runs=6)
    assert (kept.verdict, kept.wanted) == (Verdict.KEPT, Wanted.NOTHING)
    assert "programme: kept. Held" in kept.words
    lost = check(((10.2, 10.1),), ((9.8, 9.9),), before_runs=6)
    assert (lost.verdict, lost.wanted) == (Verdict.LOST, Wanted.NOTHING)
    assert "it can be run again" in lost.words


def test_what_is_not_clear_says_what_would_tell_more() -> None:
    between = check(((8.4, 8.3),))
    assert between.wanted is Wanted.DAY
    assert "not clear yet" in between.words
    assert "another day" in between.words
    half = check(((9.5, 8.5),), after=8.0)
    assert half.wanted is Wanted.PAIR
    assert "two more blocks" in half.words
    assert check(((9.5, 8.5),) * 3, after=8.0).wanted is not Wanted.PAIR
    for_good = check(((8.4, 8.3),), ((8.4, 8.3),), ((8.4, 8.3),))
    assert for_good.wanted is Wanted.NOTHING


def test_of_a_programme_that_changed_little_only_recalling_can_be_told() -> None:
    little = check(((9.6, 9.5),), after=9.7)
    assert (little.verdict, little.wanted) == (None, Wanted.NOTHING)
    assert "changed too little" in little.words
    assert check(((10.0, 7.5),), after=9.7).verdict is Verdict.RECALLED
    assert check().verdict is None
    assert "nothing was measured" in check().words
    assert check().wanted is Wanted.PAIR


def test_cadence_rises_where_impact_falls() -> None:
    found = RecallCheck(1, Cue.CADENCE, 160.0, 172.0, 1, 2, (((160.5, 171.5),),), 0.012, 0.006)
    assert found.verdict is Verdict.RECALLED
    assert found.words.startswith("1 month after the programme: lost but recalled. Held against")
    assert "cadence is the same as you run now, and 7 % higher run as at its end" in found.words
    assert dataclasses.replace(found, after=150.0, days=(((160.0, 160.0),),)).verdict is None


@given(st.floats(0.5, 2.0), st.floats(0.5, 2.0), st.floats(0.6, 1.2), st.integers(1, 3))
@settings(max_examples=20)
def test_probabilities_are_some_and_units_do_not_matter(now: float, again: float, after: float, pairs: int) -> None:
    one = check(((10.0 * now, 10.0 * again),) * pairs, after=10.0 * after)
    assert sum(one.probabilities.values()) == pytest.approx(1.0)
    other = dataclasses.replace(one, before=98.0, after=98.0 * after, days=((((98.0 * now), 98.0 * again),) * pairs,))
    assert other.probabilities == pytest.approx(one.probabilities, abs=1e-6)
    read = msgspec.convert(json.loads(msgspec.json.encode(message_of(one, "Ada", "", NOW).inputs)), RecallCheck)
    assert read.words == one.words


@pytest.mark.parametrize("learned", [-0.32, -0.20])
def test_a_runner_who_only_recalls_is_told_so(learned: float) -> None:
    assert all(checked(Verdict.RECALLED, learned, seed).verdict is Verdict.RECALLED for seed in range(60))


def test_who_keeps_it_or_lost_it_is_hardly_ever_told_otherwise() -> None:
    told = [checked(kind, -0.25, seed).verdict for kind in (Verdict.KEPT, Verdict.LOST) for seed in range(30)]
    wrong = [
        one
        for one, kind in zip(told, [Verdict.KEPT] * 30 + [Verdict.LOST] * 30, strict=True)
        if one not in (None, kind)
    ]
    assert len(wrong) <= 2


def test_pairs_are_of_both_blocks_whichever_came_first() -> None:
    opening = opening_of(recall_check(Cue.IMPACT))

    def choose(progress: Progress, _: Opening) -> AnyEvent | None:
        part = len(progress.parts)
        if progress.step is Step.RUN_PART:
            legs = {} if part == 4 else {"left": 7.0 if progress.revealed else 10.0}
            return PartDone(part, legs, 172.0 if progress.revealed else 160.0, None)
        return PainTold(0) if progress.step is Step.ASK_PAIN else None

    progress, _ = run_whole(opening, choose)
    assert np.allclose(pairs_of(progress), [(10.0, 7.0)] * 2)
    cadence, _ = run_whole(opening_of(recall_check(Cue.CADENCE, 1)), choose)
    assert pairs_of(cadence) == ((160.0, 172.0),)
    with pytest.raises(InputError, match="only a recall check"):
        pairs_of(run_whole(opening_of(EIGHT))[0])


def test_own_scatter_counts_by_how_much_there_is_of_it() -> None:
    assumed = ASSUMED[Cue.IMPACT]
    none = own_scatter(Cue.IMPACT, [])
    assert (none.runs, none.blocks) == pytest.approx((assumed.runs, assumed.blocks))
    steady = own_scatter(Cue.IMPACT, [[9.0, 9.0, 9.0]] * 100)
    assert steady.runs < 0.3 * assumed.runs
    assert steady.blocks < 0.3 * assumed.blocks
    wild = own_scatter(Cue.IMPACT, [[9.0 * math.exp(sign * 0.2)] * 3 for sign in (-1.0, 1.0)] * 50)
    assert wild.runs == pytest.approx(0.2, rel=0.1)


@pytest.mark.parametrize(
    ("days", "done", "due"),
    [(29, [], None), (30, [], 1), (60, [1], None), (90, [1], 3), (95, [], 3), (180, [1, 3], 6), (400, [6], None)],
)
def test_checks_come_after_1_3_and_6_months(days: int, done: list[int], due: int | None) -> None:
    ended = date(2026, 3, 1)
    assert check_due(ended, done, ended + timedelta(days=days)) == due
