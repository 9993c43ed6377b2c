"""Events of a plan: each is written and read again whole, and what can't be one is refused in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.history import NOW
from coaching.programme_history import BEGUN, START
from footfall_coaching.answers import PainSite, Sign
from footfall_coaching.exercises.catalogue import CATALOGUE
from footfall_coaching.exercises.events import Done, ExercisesBegun, ExercisesDone, ExercisesGivenUp, WalkedBackwards
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.plan_events import (
    PlanEvent,
    exercise_events,
    moment_of,
    programme_events,
    read,
    session_of,
    try_outs,
    written,
)
from footfall_coaching.plan_kept import plan_from
from footfall_coaching.programme.events import GivenUp, Ran
from footfall_coaching.programme.state import Hold
from footfall_coaching.try_out import events as try_out
from footfall_coaching.try_out.plan import Cue, eight_blocks
from footfall_coaching.try_out.seal import draw
from footfall_processing.errors import InputError
from footfall_processing.session import Side

PLAN: Final = eight_blocks(Cue.IMPACT, PainSite.KNEE, Side.LEFT)
OPENING: Final = draw(PLAN, Random(3), bytes(32))
EVENTS: Final[tuple[PlanEvent, ...]] = (
    BEGUN,
    Ran(NOW, "one", 15.0, 14.5, 0.0),
    GivenUp(NOW),
    ExercisesBegun(NOW, Track.HIP, with_backward_walking=True),
    ExercisesDone(NOW, "exercises-1", {next(iter(CATALOGUE)): Done(True, 2, 3)}),
    WalkedBackwards(NOW, 5.0),
    ExercisesGivenUp(NOW),
    try_out.Begun(PLAN, OPENING.seal),
    try_out.WarmedUp(None),
    try_out.PartBegun(0, is_cued=True),
    try_out.PartCut(0, "a road"),
    try_out.PartDone(0, {"left": 8.25}, 168.0, 2.9),
    try_out.PainTold(3, (try_out.ElsewherePain(PainSite.CALF, Side.LEFT, 1),), (Sign.LIMP,)),
    try_out.Paused(),
    try_out.Resumed(),
    try_out.Ended(try_out.Why.LEFT),
    try_out.Opened(OPENING.order, OPENING.nonce),
)


@pytest.mark.parametrize(
    "event", EVENTS, ids=lambda event: f"{type(event).__module__.split('.')[-2]} {type(event).__name__}"
)
def test_every_event_is_written_on_one_line_and_read_again(event: PlanEvent) -> None:
    line = written(event)
    assert "\n" not in line
    assert read(line) == event
    moment = moment_of(event)
    assert moment is None or moment.tzinfo is not None


def test_events_are_told_apart_by_what_they_are_of() -> None:
    again = try_out.Begun(PLAN, "of another one")
    told = (*EVENTS, again, try_out.WarmedUp(2.9))
    assert programme_events(told) == list(EVENTS[:3])
    assert exercise_events(told) == list(EVENTS[3:7])
    assert try_outs(told) == [list(EVENTS[7:]), [again, try_out.WarmedUp(2.9)]]
    assert [session_of(event) for event in EVENTS[:5]] == ["", "one", "", "", "exercises-1"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "can't be read"),
        ('{"of":"programme"}', "missing required field"),
        ('{"of":"diet","kind":"begun","inputs":{}}', "Invalid enum value 'diet'"),
        ('{"of":"try-out","kind":"begun","inputs":{},"more":1}', "unknown field"),
        ('{"of":"try-out","kind":"flown","inputs":{}}', "Invalid value 'flown'"),
        ('{"of":"exercises","kind":"flown","inputs":{}}', "newer Footfall"),
        ('{"of":"programme","kind":"light","inputs":{"at_utc":"2026-06-15T08:00:00Z","colour":"red"}}', "is not kept"),
        ('{"of":"exercises","kind":"light","inputs":{"at_utc":"2026-06-15T08:00:00Z","colour":"red"}}', "is not kept"),
        ('{"of":"programme","kind":"given-up","inputs":{"at_utc":"2026-06-15T08:00:00"}}', "no time zone"),
        (written(BEGUN).replace('"speed_mps":3.0', '"speed_mps":0.0'), "usual speed of 0 m/s"),
        (written(BEGUN).replace('"value":8.0', '"value":-8.0'), "baseline of -8"),
        (written(EVENTS[1]).replace("14.5", "1e300"), "0 to 1440 minutes"),
        (written(EVENTS[5]).replace("5.0", "-5.0"), "minutes to walk"),
        (written(EVENTS[7]).replace("[8]", "[1000000000]"), "too many to look at"),
        (written(EVENTS[11]).replace("8.25", "0"), "above 0"),
    ],
)
def test_what_can_be_no_event_is_refused_in_words(line: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        read(line)


@given(st.sampled_from(EVENTS), st.data())
def test_a_line_that_was_damaged_gives_an_event_or_one_error(event: PlanEvent, data: st.DataObject) -> None:
    line = written(event)
    begin = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(begin, min(len(line), begin + 8)))
    damaged = line[:begin] + data.draw(st.sampled_from(["", "null", "-1", "1e400", "[[", '"', "\ud800"])) + line[end:]
    try:
        again = read(damaged)
    except InputError:
        return
    assert read(written(again)) == again


def test_moments_keep_their_zone_as_the_same_moment() -> None:
    event = GivenUp(datetime(2026, 6, 15, 8, tzinfo=UTC))
    assert read(written(event).replace("08:00:00Z", "10:00:00+02:00")) == event


def test_what_is_ended_or_begun_anew_is_so_although_the_clock_was_set_back_between() -> None:
    hour = timedelta(hours=1)
    begun, again = replace(BEGUN, at_utc=START + 3 * hour), replace(BEGUN, at_utc=START, percent=70.0)
    ended = GivenUp(START + hour)
    told: list[PlanEvent] = [begun, ended]
    state = plan_from(told, [], [], [], [], START + 9 * hour).programme
    assert state is not None
    assert state.over is Hold.GIVEN_UP
    anew = plan_from([begun, again], [], [], [], [], START + 9 * hour).programme
    assert anew is not None
    assert anew.begun.percent == 70.0
    exercises: list[PlanEvent] = [ExercisesBegun(START + 2 * hour, Track.HIP), ExercisesGivenUp(START)]
    stopped = plan_from(exercises, [], [], [], [], START + 9 * hour).exercises
    assert stopped is not None
    assert stopped.over is not None
