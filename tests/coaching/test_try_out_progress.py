"""Where a test stands: every prefix of its events says so, red stops it, and its seal is opened at the end."""

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coaching.try_outs import EIGHT, SPEED_MPS, next_event, opening_of, run_on, run_whole, whatever
from footfall_coaching.answers import PainSite, Sign
from footfall_coaching.try_out.events import (
    AnyEvent,
    Begun,
    ElsewherePain,
    Ended,
    Opened,
    PainTold,
    PartBegun,
    PartCut,
    PartDone,
    Paused,
    Resumed,
    WarmedUp,
    Why,
)
from footfall_coaching.try_out.orders import orders_of
from footfall_coaching.try_out.plan import Cue, Plan, across_runs, recall_check
from footfall_coaching.try_out.progress import Progress, Step, after, interrupted, kept_progress, progress_of
from footfall_coaching.try_out.seal import Opening
from footfall_processing.errors import InputError
from footfall_processing.session import Side

PLANS = (EIGHT, across_runs("tape", PainSite.KNEE, Side.LEFT), recall_check(Cue.IMPACT))


def kept(events: Iterable[AnyEvent]) -> list[AnyEvent]:
    """Return events as they come back from where they are kept."""
    return [msgspec.json.decode(msgspec.json.encode(event), type=AnyEvent) for event in events]


def no_pain(progress: Progress, _: Opening) -> AnyEvent | None:
    return PainTold(0) if progress.step is Step.ASK_PAIN else None


@given(plan=st.sampled_from(PLANS), seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_any_prefix_says_where_it_stands_and_can_be_taken_up_again(plan: Plan, seed: int) -> None:
    opening = opening_of(plan, seed)
    calm = whatever(seed)

    def choose(progress: Progress, own: Opening) -> AnyEvent | None:
        event = calm(progress, own)
        return PainTold(0) if isinstance(event, PainTold) and plan.site is None else event or no_pain(progress, own)

    progress, events = run_whole(opening, choose)
    again = kept(events)
    assert progress_of(again) == progress
    assert progress.opening == (None if progress.stays_sealed else opening)
    so_far = progress_of(again[:1])
    for count, event in enumerate(again[1:], start=1):
        assert progress_of(again[:count]) == so_far
        so_far = after(so_far, event)
    cut = progress_of(again[: 1 + seed % len(again)])
    taken_up = progress_of([*again[: 1 + seed % len(again)], *interrupted(cut)])
    assert not taken_up.is_running
    done, _ = run_on(taken_up, opening, no_pain)
    assert done.step is Step.NOTHING
    assert [part.is_cued for part in done.parts] == list(opening.order[: len(done.parts)])
    if done.ended is Why.COMPLETE:
        assert len(done.parts) == plan.parts


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_nothing_is_run_after_red_and_every_part_was_revealed_as_it_began(seed: int) -> None:
    _, events = run_whole(opening_of(seed=seed), whatever(seed))
    red = next((at for at, event in enumerate(events) if isinstance(event, PainTold) and event.level > 5), None)
    if red is not None:
        assert not any(isinstance(event, PartBegun | PartDone) for event in events[red:])
    begun_at = [at for at, event in enumerate(events) if isinstance(event, PartBegun)]
    done_at = [at for at, event in enumerate(events) if isinstance(event, PartDone | PartCut)]
    assert all(begin < end for begin, end in zip(begun_at, done_at, strict=False))


def test_a_test_that_goes_well() -> None:
    opening = opening_of()
    progress, events = run_whole(opening)
    assert progress.ended is Why.COMPLETE
    assert len(events) == 1 + 2 + 8 * 3 + 2
    assert [part.pain for part in progress.parts] == [1 if cued else 2 for cued in opening.order]
    assert progress.step is Step.NOTHING


def until(step: Step, parts: int = 0) -> tuple[Progress, Opening]:
    """Return a test that stands so, with so many parts over."""
    opening = opening_of()
    progress = progress_of([Begun(EIGHT, opening.seal)])
    while progress.step is not step or len(progress.parts) != parts:
        progress = after(progress, next_event(progress, opening))
    return progress, opening


@pytest.mark.parametrize(
    ("told", "stopped_by"),
    [
        (PainTold(2), ""),
        (PainTold(4), ""),
        (PainTold(5), "rose sharply"),
        (PainTold(6), "rose sharply"),
        (PainTold(0, signs=(Sign.LIMP,)), "a limp"),
        (PainTold(0, (ElsewherePain(PainSite.CALF, Side.LEFT, 6),)), "left calf"),
        (PainTold(0, (ElsewherePain(PainSite.CALF, Side.LEFT, 5),)), ""),
    ],
)
def test_red_stops_it(told: PainTold, stopped_by: str) -> None:
    progress, opening = until(Step.ASK_PAIN, 1)
    assert progress.warm_pain == 2
    progress = after(progress, told)
    assert (progress.step is Step.END) is bool(stopped_by)
    assert stopped_by in progress.stopped_by
    assert progress.parts[0].pain == told.level
    if stopped_by:
        assert progress.over is Why.RED
        with pytest.raises(InputError, match="can't come now"):
            after(progress, PartBegun(1, opening.order[1]))


def test_pain_stops_it_between_parts_too_but_a_test_across_runs_waits_for_the_light() -> None:
    progress, opening = until(Step.RUN_PART)
    progress = after(progress, PartCut(0, "the knee"))
    assert after(progress, PainTold(7)).over is Why.RED
    across = opening_of(PLANS[1])
    runs = progress_of([Begun(across.plan, across.seal), PartBegun(0, across.order[0]), PartDone(0, {}, None, None)])
    runs = after(runs, PainTold(7))
    assert runs.over is None
    assert runs.step is Step.BEGIN_PART
    assert opening.plan.site is PainSite.KNEE


def test_a_part_that_failed_is_run_again_as_it_was_drawn_and_left_out_after_three_goes() -> None:
    progress, opening = until(Step.RUN_PART, 1)
    drawn = opening.order[1]
    progress = after(progress, PartDone(1, {"left": 9.0}, 166.0, 1.06 * SPEED_MPS))
    assert progress.step is Step.BEGIN_PART
    assert progress.again == "speed was +6 % off the warm-up's"
    with pytest.raises(InputError, match="as it was drawn"):
        after(progress, PartBegun(1, not drawn))
    for why in ("a road", "a sensor"):
        progress = after(after(progress, PartBegun(1, drawn)), PartCut(1, why))
    assert progress.parts[1].is_left_out
    assert (progress.step, progress.goes, progress.again) == (Step.BEGIN_PART, 0, "")
    near = after(after(progress, PartBegun(2, opening.order[2])), PartDone(2, {}, None, 0.96 * SPEED_MPS))
    assert near.step is Step.ASK_PAIN


def test_it_ends_once_too_many_are_left_out_for_anything_to_be_found() -> None:
    opening = opening_of()

    def choose(progress: Progress, _: Opening) -> AnyEvent | None:
        at = len(progress.parts)
        is_first = opening.order.index(opening.order[at]) == at if at < 8 else False
        return PartCut(at, "a road") if progress.step is Step.RUN_PART and is_first else None

    progress, _ = run_whole(opening, choose)  # without one of each, 3 and 3 are left
    assert progress.ended is Why.TOO_FEW
    assert sum(part.is_left_out for part in progress.parts) == 2
    assert progress.parts[-1].is_left_out


def test_group_and_seal_are_kept_to() -> None:
    progress, opening = until(Step.BEGIN_PART)
    others = [tuple(order) for order in orders_of((8,)).tolist() if tuple(order) != opening.order]
    with pytest.raises(InputError, match="not the one that was sealed"):
        progress.cue_of_next(Opening(EIGHT, others[0], opening.nonce))
    with pytest.raises(InputError, match="no part begins"):
        until(Step.RUN_PART)[0].cue_of_next(opening)
    across = opening_of(PLANS[1])
    runs = progress_of([Begun(across.plan, across.seal)])
    for part in range(2):
        runs = after(after(after(runs, PartBegun(part, True)), PartDone(part, {}, None, None)), PainTold(0))
    with pytest.raises(InputError, match="as many parts with the cue"):
        after(runs, PartBegun(2, True))
    ended, opening = until(Step.OPEN, 8)
    with pytest.raises(InputError, match="not that of the seal"):
        after(ended, Opened(others[0], opening.nonce))


@pytest.mark.parametrize(
    "event",
    [
        WarmedUp(3.0),
        PartBegun(3, True),
        PartDone(0, {}, None, None),
        PartCut(0, "a road"),
        Resumed(),
        Ended(Why.COMPLETE),
        Ended(Why.RED),
        Ended(Why.SURE),
        Opened((True,), ""),
        Begun(EIGHT, ""),
    ],
)
def test_events_that_do_not_follow_are_refused(event: AnyEvent) -> None:
    progress, _ = until(Step.BEGIN_PART)
    with pytest.raises(InputError):
        after(progress, event)


def test_events_begin_with_the_seal_and_pain_is_told_from_0_to_10() -> None:
    for events in ([], [WarmedUp(3.0)]):
        with pytest.raises(InputError, match="begin with the seal"):
            progress_of(events)
    progress, _ = until(Step.ASK_PAIN)
    with pytest.raises(InputError, match="from 0"):
        after(progress, PainTold(11))
    check = opening_of(recall_check(Cue.IMPACT))
    with pytest.raises(InputError, match="of no place"):
        after(progress_of([Begun(check.plan, check.seal), WarmedUp(None)]), PainTold(3))


def test_a_recall_check_may_end_once_it_is_sure() -> None:
    check = opening_of(recall_check(Cue.IMPACT))

    def choose(progress: Progress, _: Opening) -> AnyEvent | None:
        if progress.ended is None and len(progress.parts) == 2 and progress.step is Step.BEGIN_PART:
            return Ended(Why.SURE)
        return no_pain(progress, check)

    progress, _ = run_whole(check, choose)
    assert (progress.ended, len(progress.parts)) == (Why.SURE, 2)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), parts=st.integers(0, 8))
def test_an_event_that_is_missing_ends_a_test_and_one_told_twice_changes_nothing(
    data: st.DataObject, parts: int
) -> None:
    opening = opening_of(EIGHT, 3)
    events: list[AnyEvent] = [Begun(opening.plan, opening.seal), Paused(), Resumed(), WarmedUp(3.0), PainTold(3)]
    for part, is_cued in enumerate(opening.order[:parts]):
        if not part % 3:
            events += [PartBegun(part, is_cued), PartCut(part, "a road")]
        events += [PartBegun(part, is_cued), PartDone(part, {}, None, 3.0), PainTold(2)]
    if parts == 8:
        events += [Ended(Why.COMPLETE), Opened(opening.order, opening.nonce)]
    whole = progress_of(events)
    assert kept_progress(events) == whole
    at = data.draw(st.integers(1, len(events) - 1))
    assert kept_progress([*events[: at + 1], *events[at:]]) == whole
    missing = kept_progress([*events[:at], *events[at + 1 :]])
    assert missing.ended is Why.LOST or at >= len(events) - 3 or isinstance(events[at], PartCut | Paused | Resumed)
    with pytest.raises(InputError, match="begin with the seal"):
        kept_progress(events[1:])
