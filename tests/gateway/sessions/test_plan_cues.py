"""A run is cued as its runner's plan has it: by today's session, and in the blocks of a try-out that goes on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from random import Random
from typing import Final

import pytest

from dashboards.a_diary import NOW, RUNNER, a_run
from dashboards.a_plan import following
from footfall_coaching.answers import PainSite
from footfall_coaching.cues.asked import Asked
from footfall_coaching.cues.board import Board
from footfall_coaching.cues.cue import Cue as Given
from footfall_coaching.plan_events import PlanEvent
from footfall_coaching.programme.events import Ran
from footfall_coaching.try_out.events import Begun, Ended, PartBegun, PartDone, WarmedUp, Why
from footfall_coaching.try_out.plan import Cue, eight_blocks
from footfall_coaching.try_out.seal import draw
from footfall_gateway import wire
from footfall_gateway.clock import SteppedClock
from footfall_gateway.commands.cue_options import CueOptions
from footfall_gateway.devices import polar
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.sessions.plan_cues import FRESH, LOOK_S, PlanCues, may_ask
from footfall_gateway.sessions.sinks.cues import CueSink
from footfall_gateway.sessions.sinks.store import SharedStore
from footfall_gateway.store.database import Store
from footfall_gateway.virtual.made_up_sessions import keep_runs, session_of
from footfall_processing.errors import InputError
from footfall_processing.session import Side
from gateway.recordings_for_tests import header

STARTED: Final = (NOW + timedelta(minutes=5)).astimezone(UTC)
OPENING: Final = draw(eight_blocks(Cue.IMPACT, PainSite.KNEE, Side.LEFT), Random(3), bytes(32))


def the_run() -> RecordingHeader:
    plain = header("20270101T000000Z-run")
    return replace(plain, session=replace(plain.session, started_utc=STARTED, runner=None, runner_name=RUNNER))


class Seen:
    """An outlet that keeps the boards."""

    def __init__(self) -> None:
        self.boards: list[Board] = []

    def cue(self, cue: Given) -> None:
        """Take a cue; no run goes on here that would make any."""

    def board(self, board: Board | None) -> None:
        """Take how the cues stand."""
        assert board is not None, "a plan is followed here"
        self.boards.append(board)


class House:
    """A store with a runner who follows a programme, and a run that begins in it."""

    def __init__(self, path: Path, sessions: int) -> None:
        self.path = path
        self.clock = SteppedClock(STARTED)
        self.seen = Seen()
        made_up = following(NOW, sessions, days=10.0)
        with Store.open(path) as store:
            keep_runs(store, list(made_up.kept.values()), "tests")
            store.answers.note(*made_up.pains_told)
            store.plans.note(RUNNER, NOW - FRESH, *made_up.planned[RUNNER])

    def tell(self, *events: PlanEvent) -> None:
        """Tell steps as a page of another program does."""
        with Store.open(self.path) as store:
            store.plans.note(RUNNER, self.clock.utc_now(), *events)

    @contextlib.asynccontextmanager
    async def running(self, wished: Asked | None = None) -> AsyncIterator[CueSink]:
        """Begin the run, with what follows the plan."""
        async with SharedStore(self.path, print, self.clock) as store:
            plan = PlanCues(store, RUNNER, None if wished is None else lambda _: wished, zone=NOW.tzinfo)
            cues = CueSink(plan.ask, [self.seen], None, print, store.cued)
            await cues.open(the_run(), None)
            following = asyncio.create_task(plan.follow(cues, self.clock))
            yield cues
            following.cancel()
            await cues.close()

    async def looked(self) -> Board:
        """Return the board once the plan was looked at anew."""
        before = len(self.seen.boards)
        while len(self.seen.boards) == before:
            await self.clock.advance(LOOK_S)
        return self.seen.boards[-1]


async def test_a_session_of_the_programme_is_cued_without_being_asked_for(tmp_path: Path) -> None:
    house = House(tmp_path / "footfall.sqlite", 4)
    async with house.running():
        board = house.seen.boards[-1]
        assert board.now.startswith("Session 5 of 8: brisk walking")
        assert (board.quiet, [sensor_id for sensor_id, _ in board.legs]) == ("no sound in this part", ["foot-left"])


async def test_other_cues_take_the_place_of_the_session_and_it_is_said(tmp_path: Path) -> None:
    house = House(tmp_path / "footfall.sqlite", 4)
    async with house.running(Asked(heel_percent=40.0)):
        board = house.seen.boards[-1]
        assert (board.now, board.legs) == ("", ())
        (remark,) = board.remarks
        assert remark.startswith("Session 5 of 8 of your programme is due today. It is not cued")


async def test_a_try_out_is_followed_from_the_page_block_by_block_and_the_session_comes_back(tmp_path: Path) -> None:
    house = House(tmp_path / "footfall.sqlite", 4)
    async with house.running():
        house.tell(Begun(OPENING.plan, OPENING.seal), WarmedUp(2.9))
        assert (await house.looked()).now == "Between two blocks"
        house.tell(PartBegun(0, OPENING.order[0]))
        assert (await house.looked()).now.startswith("Block 1")
        house.tell(PartDone(0, {}, None, None))
        assert (await house.looked()).now == "Between two blocks"
        house.tell(Ended(Why.LEFT))
        assert (await house.looked()).now.startswith("Session 5 of 8")
        house.tell(Begun(OPENING.plan, OPENING.seal), WarmedUp(2.9), PartBegun(0, OPENING.order[0]))
        assert (await house.looked()).now.startswith("Block 1"), "the same order, begun again"


async def test_a_try_out_that_was_left_lying_silences_no_later_run_until_it_goes_on(tmp_path: Path) -> None:
    house = House(tmp_path / "footfall.sqlite", 4)
    with Store.open(house.path) as store:
        store.plans.note(RUNNER, STARTED - 2 * FRESH, Begun(OPENING.plan, OPENING.seal), WarmedUp(2.9))
    async with house.running():
        await house.clock.advance(3.0 * LOOK_S)
        assert house.seen.boards[-1].now.startswith("Session 5 of 8")
        house.tell(PartBegun(0, is_cued=True))
        assert (await house.looked()).now.startswith("Block 1")


@pytest.mark.parametrize("is_finished_first", [False, True])
async def test_how_long_the_cue_was_on_is_kept_whichever_ends_first(tmp_path: Path, *, is_finished_first: bool) -> None:
    house = House(tmp_path / "footfall.sqlite", 4)
    run = a_run("today", STARTED, 4.5, speed_mps=2.9)
    made_up = session_of(run, "tests")
    async with SharedStore(house.path, print, house.clock) as store:
        await store.begin(made_up.header, None)
        await store.add(run.session_id, made_up.windows)
        if not is_finished_first:
            await store.cued(run.session_id, 7.5)
        await store.finish(run.session_id, wire.summary_object(made_up.summary))
        if is_finished_first:
            await store.cued(run.session_id, 7.5)
        (told,) = [one for one in await store.plan_events(RUNNER) if isinstance(one, Ran) and one.session_id == "today"]
    assert told.cued_minutes == 7.5


async def test_a_sensor_whose_cues_leave_the_stance_is_named(tmp_path: Path) -> None:
    wish = CueOptions(cue=("impact",), target=("impact=6",)).wish()
    assert wish is not None
    soon = the_run()
    late = replace(soon, recorded_sensors=(replace(soon.recorded_sensors[0], profile=polar.PROFILE.name),))
    async with SharedStore(tmp_path / "footfall.sqlite", print) as store:
        plan = PlanCues(store, "", wish.asked, quick=True)
        assert (await plan.ask(soon)).why_not == ()
        (told,) = (await plan.ask(late)).why_not
    assert told.startswith(
        "Cues of foot-left come up to 215 ms after the landing, within the stride and not the stance"
    )


def test_short_packets_are_asked_for_where_the_plan_may_cue(tmp_path: Path) -> None:
    house = House(tmp_path / "footfall.sqlite", 4)
    assert may_ask(house.path, RUNNER, NOW)
    assert not may_ask(house.path, "Ben", NOW)
    assert not may_ask(tmp_path / "none.sqlite", RUNNER, NOW)
    house.tell(Begun(OPENING.plan, OPENING.seal))
    assert may_ask(house.path, RUNNER, NOW + timedelta(days=365)), "a try-out goes on"
    house.path.write_bytes(b"no store")
    assert not may_ask(house.path, RUNNER, NOW)


def test_cues_can_be_turned_off_whatever_the_plan_says() -> None:
    assert CueOptions(cue=("none",)).of_a_run() is None
    plan = CueOptions().of_a_run()
    assert plan is not None
    assert (plan.kinds, plan.follows_plan) == ((), True)
    with pytest.raises(InputError, match="goes with no other cue"):
        CueOptions(cue=("none", "impact")).of_a_run()
