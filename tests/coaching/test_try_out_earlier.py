"""Tests of a question that was tested before: in which order, and what is told of those before."""

from dataclasses import replace

import pytest

from coaching.try_outs import EIGHT, opening_of, run_on, run_whole
from footfall_coaching.answers import PainSite
from footfall_coaching.try_out.earlier import EarlierTest, count_words, earlier_of, sealed_for
from footfall_coaching.try_out.events import AnyEvent, Begun, Ended, PainTold, Why
from footfall_coaching.try_out.orders import orders_of
from footfall_coaching.try_out.plan import Cue, Kind, Plan, across_runs, eight_blocks, recall_check, ten_blocks
from footfall_coaching.try_out.progress import Progress, Step, begun
from footfall_coaching.try_out.result import result_of
from footfall_coaching.try_out.seal import Opening
from footfall_processing.session import Side

TAPE = across_runs("tape", PainSite.KNEE, Side.RIGHT)


def left_after(parts: int, plan: Plan = EIGHT, seed: int = 1) -> Progress:
    """Return a test that was left after so many parts."""

    def choose(progress: Progress, _: Opening) -> AnyEvent | None:
        is_there = len(progress.parts) == parts and progress.step in (Step.BEGIN_PART, Step.WARM_UP)
        return Ended(Why.LEFT) if is_there else None

    opening = opening_of(plan, seed)
    return run_on(begun(Begun(plan, opening.seal)), opening, choose)[0]


@pytest.mark.parametrize("parts", [0, 1, 5, 7])
def test_a_test_that_was_left_keeps_its_order_for_the_next_one_of_the_same(parts: int) -> None:
    left = left_after(parts)
    assert (left.ended, left.step, left.opening) == (Why.LEFT, Step.NOTHING, None)
    assert sealed_for([left], EIGHT) is left
    assert sealed_for([left], eight_blocks(Cue.CADENCE, PainSite.KNEE, Side.RIGHT)) is None
    assert sealed_for([left], eight_blocks(Cue.IMPACT, PainSite.KNEE, Side.LEFT)) is None
    assert sealed_for([left], ten_blocks(Cue.IMPACT, PainSite.KNEE, Side.RIGHT)) is None, "it has other orders"
    whole, _ = run_whole(opening_of())
    assert sealed_for([left, whole], EIGHT) is None, "the order is opened, and known"
    assert sealed_for([whole, left_after(parts, seed=2)], EIGHT) is not None


def test_a_name_that_is_written_otherwise_is_the_same_question() -> None:
    left = left_after(3, TAPE)
    other = replace(TAPE, condition="  Tape ")
    assert sealed_for([left], other) is left
    assert earlier_of([left], eight_blocks(Cue.CONDITION, PainSite.KNEE, Side.RIGHT, "TAPE")) == (
        EarlierTest(Kind.RUNS, 12, 3, Why.LEFT),
    )
    assert earlier_of([left], replace(TAPE, condition="insoles")) == ()


def test_a_check_is_no_try_out() -> None:
    assert earlier_of([left_after(3)], recall_check(Cue.IMPACT)) == ()
    check = recall_check(Cue.IMPACT)
    opening = opening_of(check)

    def choose(progress: Progress, _: Opening) -> AnyEvent | None:
        if progress.step is Step.ASK_PAIN:
            return PainTold(0)
        return Ended(Why.LEFT) if progress.step is Step.BEGIN_PART and progress.parts else None

    left = run_on(begun(Begun(check, opening.seal)), opening, choose)[0]
    assert left.opening == opening, "whose next one is of another day, and drawn anew"
    assert sealed_for([left], check) is None


def test_a_result_of_a_test_that_was_left_rests_on_the_parts_that_were_run_whatever_the_others_are() -> None:
    left = left_after(6)
    result = result_of(left)
    assert result.earlier == ()
    known = [part.is_cued for part in left.parts]
    for order in orders_of((8,)):
        if list(order[:6]) == known:
            same = replace(result, order=tuple(map(bool, order)))
            assert same.words == result.words
    assert "you left it" in result.words


def test_all_that_were_begun_are_told_and_what_so_many_find_by_chance() -> None:
    assert count_words(()) == "This was your first try-out of this."
    kinds = [
        EarlierTest(Kind.BLOCKS, 8, 0, Why.LEFT),
        EarlierTest(Kind.BLOCKS, 8, 5, Why.LEFT),
        EarlierTest(Kind.RUNS, 12, 12, Why.COMPLETE),
        EarlierTest(Kind.BLOCKS, 10, 3, Why.RED),
        EarlierTest(Kind.BLOCKS, 10, 4, Why.TOO_FEW),
        EarlierTest(Kind.BLOCKS, 10, 4, Why.LOST),
    ]
    assert count_words(kinds[:1]) == (
        "This was your second try-out of this. Begun before: one that you left before its first block."
    )
    assert count_words(kinds) == (
        "This was your seventh try-out of this. Begun before: one that you left before its first block; one that you "
        "left after 5 of 8 blocks; one that was run to its end, 12 runs; one that pain or a sign stopped after 3 of 10 "
        "blocks; one that ended after 4 of 10 blocks, as too many were left out; one that can't be read any more. The "
        "chance is that of one test by itself: of 6, one or more find something that isn't there in up to 26 of 100 "
        "cases."
    )
    assert "your 12th try-out" in count_words(kinds[:1] * 11)
