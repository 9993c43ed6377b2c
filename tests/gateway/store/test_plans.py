"""What happened in plans is kept in its order, each of its runner; it follows the runs that it is told of."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from coaching.programme_history import BEGUN
from coaching.test_plan_events import EVENTS, OPENING
from footfall_coaching.answers import Pain, Phase
from footfall_coaching.plan_events import Of, line_of
from footfall_coaching.programme.events import Ran
from footfall_coaching.told import message_of
from footfall_coaching.try_out.plan import Cue
from footfall_coaching.try_out.recall import RecallCheck
from footfall_dashboards.runner.diary import Diary
from footfall_gateway.data_folder import store_path
from footfall_gateway.sessions.sinks.store import SharedStore
from footfall_gateway.store.database import Store
from footfall_gateway.store.sqlite_file import StoreError
from footfall_processing.gait import Activity, Stride, StrideFlag
from footfall_processing.session import Side
from gateway.recordings_for_tests import LEFT
from gateway.store.test_diary import ANN, BEGAN, BEN, asked, ran

OF_RUN: Final = Ran(BEGAN, "one", 15.0, 14.0, 0.0)


def test_events_are_kept_in_their_order_and_a_session_told_again_in_its_place(tmp_path: Path) -> None:
    async def ask(diary: Diary) -> None:
        assert await diary.plan_events(ANN) == []
        await diary.note_plan(ANN, *EVENTS)
        await diary.note_plan(BEN, EVENTS[0])
        longer = replace(OF_RUN, minutes=15.0)
        await diary.note_plan(ANN, longer, EVENTS[2])
        assert await diary.plan_events(ANN) == [EVENTS[0], longer, *EVENTS[2:], EVENTS[2]]
        assert await diary.plan_events(BEN) == [EVENTS[0]]
        assert await diary.runners() == [ANN, BEN]

    asked(tmp_path, ask)


def test_a_sealed_order_is_kept_apart_and_is_its_runner_s_own(tmp_path: Path) -> None:
    async def ask(diary: Diary) -> None:
        await diary.note_opening(ANN, OPENING)
        assert await diary.opening_of(ANN, OPENING.seal) == OPENING
        assert await diary.opening_of(BEN, OPENING.seal) is None
        assert await diary.opening_of(ANN, "another") is None
        assert await diary.plan_events(ANN) == []

    asked(tmp_path, ask)


def test_what_is_told_of_a_run_follows_it_into_the_bin_and_to_another_date(tmp_path: Path) -> None:
    ran(tmp_path, "one")
    ran(tmp_path, "bens", BEN)
    earlier = BEGAN - timedelta(days=2)

    async def ask(diary: Diary) -> None:
        await diary.note_plan(ANN, OF_RUN, EVENTS[4])
        with pytest.raises(StoreError, match="has no session 'bens'"):
            await diary.note_plan(ANN, EVENTS[0], replace(OF_RUN, session_id="bens"))
        await diary.discard("one")
        assert await diary.plan_events(ANN) == [EVENTS[4]]
        await diary.bring_back("one")
        await diary.redate("one", earlier)
        assert await diary.plan_events(ANN) == [replace(OF_RUN, at_utc=earlier), EVENTS[4]]
        await diary.discard("one")
        await diary.empty_bin(ANN)
        assert await diary.plan_events(ANN) == [EVENTS[4]]

    asked(tmp_path, ask)


def test_what_was_told_of_a_session_that_gives_way_is_of_the_other_one_unless_that_has_its_own(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        ran(tmp_path, name)
    damaged = replace(OF_RUN, session_id="three")
    with Store.open(store_path(tmp_path)) as store:
        store.plans.note(ANN, BEGAN, EVENTS[0], OF_RUN, EVENTS[4], damaged)
        store.log.give_way("one", "two", BEGAN)
        moved = replace(OF_RUN, session_id="two")
        assert store.plans.events(ANN) == [EVENTS[0], moved, EVENTS[4], damaged]
        store.log.bring_back("one")
        again = replace(OF_RUN, minutes=9.0)
        store.plans.note(ANN, BEGAN, again)
        store.log.give_way("one", "two", BEGAN)
        assert store.plans.events(ANN) == [EVENTS[0], moved, EVENTS[4], damaged], "it has its own"
        assert again in store.plans.events(ANN, with_bin=True), "and the other stays with its run"
    with closing(sqlite3.connect(store_path(tmp_path))) as connection, connection:
        connection.execute("UPDATE plan_event SET event = '{' WHERE session_id = 'three'")
    with Store.open(store_path(tmp_path)) as store:
        store.log.give_way("three", "one", BEGAN)
        assert moved in store.plans.events(ANN)


def test_what_follows_from_events_is_kept_with_them_or_not_at_all(tmp_path: Path) -> None:
    ran(tmp_path, "bens", BEN)
    message = message_of(RecallCheck(3, Cue.IMPACT, 10.0, 7.0, 3, 2, (((9.8, 7.1),),), 0.08, 0.043), ANN, "", BEGAN)
    with Store.open(store_path(tmp_path)) as store:
        with pytest.raises(StoreError, match="has no session 'bens'"):
            store.plans.note(ANN, BEGAN, EVENTS[0], replace(OF_RUN, session_id="bens"), told=[message])
        assert (store.plans.events(ANN), store.answers.told(ANN)) == ([], [])
        store.plans.note(ANN, BEGAN, EVENTS[0], told=[message])
        store.plans.note(ANN, BEGAN, told=[message])
        assert store.plans.events(ANN) == [EVENTS[0]]
        assert [one.key for one in store.answers.told(ANN)] == [message.key]


def test_a_damaged_event_is_left_out_and_said_and_hides_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Store.open(store_path(tmp_path)) as store:
        store.plans.note(ANN, BEGAN, *EVENTS)
        store.plans.note_opening(ANN, OPENING)
    with closing(sqlite3.connect(store_path(tmp_path))) as connection, connection:
        for number, text in ((1, "{}"), (2, "[" * 1000), (3, '"' + "x" * 100_000 + '"')):
            connection.execute("UPDATE plan_event SET event = ? WHERE number = ?", (text, number))
        connection.execute("UPDATE plan_event SET event = replace(event, '2026', '0001') WHERE number = 4")
        connection.execute("UPDATE opening SET opening = replace(opening, '[', '[1, ')")
    with Store.open(store_path(tmp_path)) as store:
        assert store.plans.events(ANN) == list(EVENTS[4:])
        assert store.plans.opening_of(ANN, OPENING.seal) is None
        rows = list(store.plans.rows(ANN))
        assert (len(rows), rows[0]["inputs"], rows[4]["session_id"]) == (len(EVENTS), "{}", "exercises-1")
    said = [record.getMessage() for record in caplog.records]
    assert [f"event {number} of a plan" in line for number, line in enumerate(said[:4], 1)] == [True] * 4
    assert "a sealed order" in said[4]
    assert all(len(line) < 500 for line in said)


def test_what_was_walked_backwards_is_a_part_of_the_run(tmp_path: Path) -> None:
    ran(tmp_path, "one")
    back = [
        Stride(LEFT.id, Side.LEFT, Activity.WALK, 200.0 + n, 200.3 + n, 201.0 + n, quality=(StrideFlag.BACKWARD,))
        for n in range(300)
    ]
    with Store.open(store_path(tmp_path)) as store:
        (run,) = store.log.runs(ANN)
        assert run.backward_s == 0.0
        store.add_strides("one", back)
        summary = store.session("one").summary
        assert summary is not None
        store.finish_session("one", summary)
        (run,) = store.log.runs(ANN)
        assert run.backward_s == pytest.approx(300.0)
    with closing(sqlite3.connect(store_path(tmp_path))) as connection, connection:
        connection.execute("UPDATE run SET version = 1, digest = x'80', stamp = 0")
    with Store.open(store_path(tmp_path)) as store:
        assert [one.backward_s for one in store.log.runs(ANN)] == [pytest.approx(300.0)]


def test_a_run_that_a_programme_asked_for_counts_as_its_session_once_it_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ran(tmp_path, "before", began=BEGAN - timedelta(days=3), minutes=12)
    ran(tmp_path, "one", minutes=10)
    ran(tmp_path, "bens", BEN, minutes=10)
    begun = replace(BEGUN, at_utc=BEGAN - timedelta(days=1), baseline=replace(BEGUN.baseline, speed_mps=2.0))
    said: list[str] = []

    async def finish_once_more() -> None:
        async with SharedStore(store_path(tmp_path), said.append) as shared:
            with Store.open(store_path(tmp_path)) as store:
                summaries = {name: store.session(name).summary for name in ("one", "bens", "before")}
            for name, summary in summaries.items():
                assert summary is not None
                await shared.finish(name, dict(summary))

    with Store.open(store_path(tmp_path)) as store:
        store.plans.note(ANN, BEGAN, begun)
        store.answers.note(Pain(ANN, "before", BEGAN - timedelta(days=2), Phase.MORNING, None, None, 0))
    asyncio.run(finish_once_more())
    with Store.open(store_path(tmp_path)) as store:
        (_, counted) = store.plans.events(ANN)
        assert isinstance(counted, Ran)
        assert counted.minutes == pytest.approx(8.1)
        assert replace(counted, minutes=0.0) == Ran(BEGAN, "one", 12.0, 0.0, 0.0)
        assert store.plans.events(BEN) == []
    assert said == ["This run counts as session 1 of 8 of your programme: 8 of 12 min run."]
    asyncio.run(finish_once_more())
    assert len(said) == 1
    with closing(sqlite3.connect(store_path(tmp_path))) as connection, connection:
        connection.execute("DELETE FROM plan_event WHERE session_id = 'one'")
        connection.execute("UPDATE pain SET phase = 'never'")
    asyncio.run(finish_once_more())
    assert len(said) == 1
    assert "can't be told" in caplog.text


def test_a_plan_goes_along_with_the_runs_that_get_a_name_and_counts_no_run_of_others(tmp_path: Path) -> None:
    ran(tmp_path, "one", "")
    with Store.open(store_path(tmp_path)) as store:
        store.plans.note(ANN, BEGAN, EVENTS[0])
        store.plans.note("", BEGAN, EVENTS[0], OF_RUN, *EVENTS[2:])
        store.plans.note_opening("", OPENING)
        assert OF_RUN in store.plans.events("")
        store.log.ran("one", BEN)
        assert store.plans.events("") == []
        assert store.plans.events(BEN) == [EVENTS[0], OF_RUN, *EVENTS[2:]]
        assert store.plans.opening_of(BEN, OPENING.seal) == OPENING
        store.log.ran("one", ANN)
        assert OF_RUN not in store.plans.events(BEN)
        store.log.ran("one", BEN)
        assert OF_RUN in store.plans.events(BEN)
        assert store.plans.events(ANN) == [EVENTS[0]]


def test_a_step_that_is_told_after_a_clock_was_set_back_is_the_latest(tmp_path: Path) -> None:
    with Store.open(store_path(tmp_path)) as store:
        assert store.plans.last_step_utc(ANN) is None
        test = [one for one in EVENTS if line_of(one).of is Of.TRY_OUT]
        for told_utc in (BEGAN, BEGAN - timedelta(hours=1)):
            store.plans.note(ANN, told_utc, test[0])
            assert store.plans.last_step_utc(ANN) == told_utc
