"""A run that a programme asked for is one of its sessions by itself; one for the bus, or one too early, is none."""

from dataclasses import replace
from datetime import UTC

import pytest

from coaching.history import felt
from coaching.programme_history import BEGUN, at
from footfall_coaching.answers import Pain
from footfall_coaching.programme.events import GivenUp, Kept, Ran
from footfall_coaching.programme.from_log import events_of
from footfall_coaching.programme.recognised import Recognised, recognised
from footfall_coaching.programme.state import state_of
from footfall_coaching.run import Run


def a_run(days: float, minutes: float, name: str = "", *, is_demo: bool = False) -> Run:
    """Return a run so many days after the programme began, an hour later."""
    return Run(
        session_id=name or f"run-{days:g}",
        started_utc=at(days, 1.0),
        duration_s=60.0 * minutes + 600.0,
        running_s=60.0 * minutes,
        walking_s=300.0,
        distance_m=180.0 * minutes,
        distance_source=None,
        walking_m=None,
        runner_name="",
        shoe="",
        title="",
        is_demo=is_demo,
        legs=[],
        minutes=[],
    )


BEFORE = a_run(-3.0, 40.0, "before")


def found(run: Run, *runs: Run, kept: tuple[Kept, ...] = (BEGUN,), pains: tuple[Pain, ...] = ()) -> Recognised | None:
    return recognised(run, kept, [BEFORE, *runs, run], pains, [], UTC)


@pytest.mark.parametrize(("minutes", "is_one"), [(7.0, False), (7.5, True), (14.0, True), (40.0, True)])
def test_a_run_of_half_the_minutes_or_more_is_the_session_of_its_day(minutes: float, is_one: bool) -> None:
    run = a_run(1.0, minutes)
    one = found(run)
    assert (one is not None) == is_one
    if one is not None:
        assert one.ran == Ran(at(1.0, 1.0), run.session_id, 15.0, minutes, 0.0)
        assert one.words == f"This run counts as session 1 of 8 of your programme: {minutes:.0f} of 15 min run."


def test_no_session_is_seen_where_none_was_due() -> None:
    run = a_run(1.0, 20.0)
    assert found(run, kept=()) is None
    assert found(run, kept=(BEGUN, GivenUp(at(0.5)))) is None
    assert found(replace(run, started_utc=at(-0.5))) is None
    assert found(replace(run, started_utc=None)) is None
    assert found(a_run(1.0, 20.0, is_demo=True)) is None
    assert found(run, pains=(felt(BEFORE, 8),)) is None, "red holds it"
    assert found(run, a_run(0.2, 20.0), kept=(BEGUN, Ran(at(0.2, 1.0), "run-0.2", 15.0, 15.0, 0.0))) is None


def test_the_next_session_comes_once_the_one_before_was_green() -> None:
    first, second = a_run(1.0, 15.0), a_run(3.0, 17.0)
    kept = (BEGUN, Ran(at(1.0, 1.0), first.session_id, 15.0, 15.0, 0.0))
    same = found(second, first, kept=kept)
    assert same is not None
    assert (same.plan.step, same.ran.planned_minutes) == (1, 15.0)
    calm = felt(first, 0)
    onward = found(second, first, kept=kept, pains=(calm,))
    assert onward is not None
    assert (onward.plan.step, onward.ran.planned_minutes) == (2, 17.0)
    state = state_of(events_of([*kept, onward.ran], [BEFORE, first, second], [calm], [], at(3.5)), UTC)
    assert state is not None
    assert [(one.step, one.is_whole) for one in state.sessions] == [(1, True), (2, True)]


def test_what_was_told_of_a_run_already_stays_and_only_grows() -> None:
    run = a_run(1.0, 14.0)
    told = Ran(at(1.0, 1.0), run.session_id, 15.0, 12.0, 12.0)
    longer = found(run, kept=(BEGUN, told))
    assert longer is not None
    assert longer.ran == replace(told, minutes=14.0)
    assert found(run, kept=(BEGUN, longer.ran)) is None
    assert found(run, kept=(BEGUN, replace(told, minutes=15.0))) is None
