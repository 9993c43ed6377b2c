"""The log of runs as pages ask for it: runs, what runners change and tell, the bin."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from footfall_coaching.answers import Effort, Pain, PainSite, Phase, Shoe, ShoeKind, Sign, SignNote
from footfall_coaching.message import Message
from footfall_coaching.run import DistanceSource, Run
from footfall_dashboards.runner.diary import Diary
from footfall_gateway import wire
from footfall_gateway.data_folder import make_folders, recording_path, store_path
from footfall_gateway.persons.bin import diary_of
from footfall_gateway.recordings.recording import RecordingWriter
from footfall_gateway.store.database import Store, StoreError
from footfall_processing.errors import FootfallError
from footfall_processing.gait import Activity, Stride, Strike
from footfall_processing.results.running import results_of
from footfall_processing.session import Side
from gateway.recordings_for_tests import LEFT, header, packets

BEGAN: Final = datetime(2026, 11, 21, 8, 15, tzinfo=UTC)
ANN, BEN = "Ann", "Ben"


def ran(folder: Path, session_id: str, runner: str = ANN, began: datetime | None = BEGAN, minutes: int = 3) -> None:
    """Keep a run of so many minutes, a stride a second, the first minute walked, with its recording."""
    make_folders(folder)
    one = header(session_id)
    one = replace(one, session=replace(one.session, started_utc=began, runner_name=runner))
    strides = [
        Stride(
            LEFT.id,
            Side.LEFT,
            Activity.WALK if n < 60 else Activity.RUN,
            float(n),
            n + 0.3,
            n + 0.9,
            peak_acc_mps2=80.0 + n // 60,
            strike=Strike.MIDFOOT if n >= 60 else None,
            strike_confidence=0.9 if n >= 60 else None,
            stride_length_m=2.0,
        )
        for n in range(60 * minutes)
    ]
    windows, summary = results_of(strides, one.session.sensors, one.session.begin_s)
    path = recording_path(folder, session_id)
    with RecordingWriter(path, one) as writer:
        for packet in packets(4):
            writer.write(packet)
    with Store.open(store_path(folder)) as store:
        store.add_session(one, path)
        store.add({session_id: [*strides, *windows]})
        store.finish_session(session_id, wire.summary_object(summary))


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Diary]:
    async with diary_of(folder) as diary:
        yield diary


def asked(folder: Path, ask: Callable[[Diary], Coroutine[Any, Any, None]]) -> None:
    """Ask a diary in an event loop of its own."""

    async def run() -> None:
        async with opened(folder) as diary:
            await ask(diary)

    asyncio.run(run())


def test_a_run_is_told_without_what_was_walked(tmp_path: Path) -> None:
    ran(tmp_path, "one")
    ran(tmp_path, "undated", began=None)
    ran(tmp_path, "later", began=BEGAN + timedelta(days=1))
    ran(tmp_path, "bens", BEN)

    async def ask(diary: Diary) -> None:
        assert await diary.runners() == [ANN, BEN]
        runs = await diary.runs(ANN)
        assert [run.session_id for run in runs] == ["later", "one", "undated"]
        assert await diary.run("nothing") is None
        (run,) = [run for run in runs if run.session_id == "one"]
        assert (run.started_utc, run.distance_m, run.walking_m) == (BEGAN, 240.0, 120.0)
        assert (run.distance_source, run.is_demo, run.title) == (DistanceSource.SENSORS, False, "")
        assert run.running_s == pytest.approx(0.9 * 120)
        assert run.walking_s == pytest.approx(0.9 * 60)
        assert [minute.distance_m for minute in run.minutes] == [0.0, 120.0, 240.0]
        assert [leg.activity for minute in run.minutes for leg in minute.legs] == ["walk", "run", "run"]
        (leg,) = run.minutes[2].legs
        assert leg.medians["peak_acc_g"] > run.minutes[1].legs[0].medians["peak_acc_g"]
        assert (leg.strides, leg.strikes[Strike.MIDFOOT]) == (60, 1.0)
        assert await diary.run("one") == run

    asked(tmp_path, ask)


def test_a_short_run_is_looked_at_by_ten_seconds_and_stays_what_was_set_right(tmp_path: Path) -> None:
    ran(tmp_path, "short")
    ran(tmp_path, "long", minutes=7)

    async def ask(diary: Diary) -> None:
        await diary.rename("short", "Round the lake")
        await diary.went("short", 250.0, DistanceSource.TOLD)
        long, short = await diary.run("long"), await diary.run("short")
        assert long is not None
        assert short is not None
        assert await diary.closer(long) is long
        closer = await diary.closer(short)
        assert replace(closer, minutes=short.minutes) == short
        assert [minute.begin_s for minute in closer.minutes] == pytest.approx([10.0 * n for n in range(18)])
        assert closer.minutes[-1].end_s == pytest.approx(180.0)
        for minute in short.minutes:
            within = [one for one in closer.minutes if minute.begin_s <= one.begin_s < minute.end_s]
            assert sum(leg.strides for one in within for leg in one.legs) == sum(leg.strides for leg in minute.legs)
        unknown = replace(short, session_id="nobody's")
        assert await diary.closer(unknown) is unknown

    asked(tmp_path, ask)


def test_what_is_set_right_stays_when_a_session_comes_once_more(tmp_path: Path) -> None:
    ran(tmp_path, "one")
    moved = BEGAN - timedelta(days=400)

    async def change(diary: Diary) -> None:
        await diary.rename("one", " Round the lake ")
        await diary.redate("one", moved)
        await diary.wore("one", "Blue")
        await diary.went("one", 8200.0, DistanceSource.WATCH)
        with pytest.raises(FootfallError, match="above 0 and up to 1000 km"):
            await diary.went("one", -1.0, DistanceSource.TOLD)
        with pytest.raises(FootfallError, match="one line"):
            await diary.rename("one", "two\nlines")
        with pytest.raises(StoreError, match="has no session"):
            await diary.rename("another", "x")

    def told(run: Run | None) -> tuple[object, ...]:
        assert run is not None
        return run.title, run.started_utc, run.shoe, run.distance_m, run.distance_source

    async def ask(diary: Diary) -> None:
        assert told(await diary.run("one")) == ("Round the lake", moved, "Blue", 8200.0, DistanceSource.WATCH)

    asked(tmp_path, change)
    with Store.open(store_path(tmp_path)) as store:
        stored = store.session("one")
        assert (stored.header.session.started_utc, stored.header.session.shoe) == (moved, "Blue")
        one = header("one")
        store.add_session(replace(one, session=replace(one.session, started_utc=BEGAN, runner_name=ANN)))
    asked(tmp_path, ask)

    async def leave_it_to_the_sensors(diary: Diary) -> None:
        await diary.went("one", None, DistanceSource.TOLD)
        await diary.rename("one", "")
        assert told(await diary.run("one")) == ("", moved, "Blue", 240.0, DistanceSource.SENSORS)

    asked(tmp_path, leave_it_to_the_sensors)


def test_answers_take_the_place_of_those_before_on_the_same_thing(tmp_path: Path) -> None:
    ran(tmp_path, "one")

    def pain(level: int, phase: Phase = Phase.DURING, of: str = "one", hours: float = 0.0, site: bool = True) -> Pain:
        at, side = (PainSite.KNEE, Side.LEFT) if site else (None, None)
        return Pain(ANN, of, BEGAN + timedelta(hours=hours), phase, at, side, level)

    async def ask(diary: Diary) -> None:
        await diary.note(pain(3), pain(2, Phase.AFTER), pain(1, Phase.MORNING, hours=24))
        await diary.note(pain(4))
        assert [(p.phase, p.level) for p in await diary.pains(ANN)] == [("after", 2), ("during", 4), ("morning", 1)]
        nothing = pain(0, site=False)
        await diary.note(nothing)
        assert [p for p in await diary.pains(ANN) if p.phase is Phase.DURING] == [nothing]
        await diary.note(pain(5))
        assert [p.level for p in await diary.pains(ANN) if p.phase is Phase.DURING] == [5]
        mornings = [pain(level, Phase.MORNING, "", hours) for level, hours in ((1, 48), (2, 50), (3, 72))]
        await diary.note(*mornings)
        assert [p for p in await diary.pains(ANN) if not p.session_id] == mornings[1:]
        sign = SignNote(ANN, "one", BEGAN, Sign.SWELLING)
        await diary.note(sign, sign, Effort("one", 3, None), Effort("one", 4, 5))
        assert (await diary.signs(ANN), await diary.efforts(ANN)) == ([sign], [Effort("one", 4, 5)])
        shoes = [Shoe(ANN, BEGAN, "Blue"), Shoe(ANN, BEGAN + timedelta(days=1), "Thin", ShoeKind.MINIMAL)]
        await diary.note(*reversed(shoes))
        assert await diary.shoes(ANN) == shoes
        with pytest.raises(StoreError, match="has no session"):
            await diary.note(Shoe(ANN, BEGAN, "Red"), replace(pain(1), runner_name=BEN))
        assert await diary.shoes(ANN) == shoes, "all or none"

    asked(tmp_path, ask)


def test_a_run_that_gets_a_name_takes_along_what_was_told_of_it(tmp_path: Path) -> None:
    for one in ("one", "two"):
        ran(tmp_path, one, "")

    def told(name: str, of: str) -> Message:
        return Message("light", 1, name, of, BEGAN, "Green.", {"pain": 2})

    async def ask(diary: Diary) -> None:
        pains = [Pain("", of, BEGAN, Phase.DURING, PainSite.KNEE, Side.LEFT, 2) for of in ("one", "two", "")]
        signs = [SignNote("", "one", BEGAN, Sign.SWELLING)]
        await diary.note(*pains, *signs, Effort("one", 4, 3), Shoe("", BEGAN, "Red", ShoeKind.MINIMAL))
        await diary.tell(told("", "one"))
        await diary.wore("one", "Red")
        await diary.ran("one", f" {ANN} ")
        assert [run.session_id for run in await diary.runs(ANN)] == ["one"]
        assert [run.session_id for run in await diary.runs("")] == ["two"]
        assert await diary.pains(ANN) == [replace(pains[0], runner_name=ANN)]
        assert [pain.session_id for pain in await diary.pains("")] == ["", "two"]
        assert await diary.signs(ANN) == [replace(signs[0], runner_name=ANN)]
        assert (await diary.efforts(ANN), await diary.efforts("")) == ([Effort("one", 4, 3)], [])
        await diary.tell(told(ANN, "one"))
        assert (await diary.told(ANN), await diary.told("")) == ([told(ANN, "one")], []), "told once"
        assert [(shoe.name, shoe.kind) for shoe in await diary.shoes(ANN)] == [("Red", ShoeKind.MINIMAL)]
        await diary.note(Effort("one", 5, 3), replace(pains[0], runner_name=ANN, level=3))
        await diary.ran("two", ANN)
        assert await diary.runners() == [ANN], "what was told without a run goes along with the last one"
        assert len(await diary.pains(ANN)) == 3
        await diary.ran("one", BEN)
        assert [await diary.runners(), len(await diary.pains(BEN)), await diary.shoes(BEN)] == [[ANN, BEN], 1, []]
        for name in ("x" * 513, "\x1b[2J"):
            with pytest.raises(FootfallError, match="a runner's name is one line"):
                await diary.ran("one", name)

    asked(tmp_path, ask)


def test_the_ledger_keeps_each_message_once_and_whole(tmp_path: Path) -> None:
    message = Message("above", 1, ANN, "one", BEGAN, "6.00 km: above", {"b": [1.5, None], "a": {"x": "é"}})

    async def ask(diary: Diary) -> None:
        await diary.tell(message, replace(message, told_utc=BEGAN + timedelta(hours=1)))
        await diary.tell(replace(message, version=2))
        told = await diary.told(ANN)
        assert list(told) == [message, replace(message, version=2)]
        assert told[0].key == message.key
        assert await diary.told(BEN) == []

    asked(tmp_path, ask)


def test_what_lies_in_the_bin_counts_nowhere_and_is_gone_once_it_is_emptied(tmp_path: Path) -> None:
    for session_id, runner in (("one", ANN), ("two", ANN), ("bens", BEN)):
        ran(tmp_path, session_id, runner)
    knee = Pain(ANN, "one", BEGAN, Phase.DURING, PainSite.KNEE, Side.LEFT, 3)

    async def ask(diary: Diary) -> None:
        await diary.note(knee)
        await diary.discard("one")
        assert [run.session_id for run in await diary.runs(ANN)] == ["two"]
        assert [run.session_id for run in await diary.bin(ANN)] == ["one"]
        assert await diary.pains(ANN) == []
        await diary.bring_back("one")
        assert await diary.pains(ANN) == [knee]
        for session_id in ("one", "bens"):
            await diary.discard(session_id)
        await diary.empty_bin(ANN)
        assert await diary.run("one") is None
        assert [run.session_id for run in await diary.bin(BEN)] == ["bens"]

    asked(tmp_path, ask)
    assert not recording_path(tmp_path, "one").exists()
    assert recording_path(tmp_path, "bens").exists()
    for path in tmp_path.glob("footfall.sqlite*"):
        assert b'"session_id":"one"' not in path.read_bytes()
    with Store.open(store_path(tmp_path)) as store:
        assert {one.header.session.id for one in store.sessions(with_bin=True)} == {"two", "bens"}


def test_strides_of_a_run_that_goes_on_are_told_from_a_moment_on(tmp_path: Path) -> None:
    ran(tmp_path, "over")
    one = header("going")
    began = BEGAN + timedelta(hours=1)
    strides = [Stride(LEFT.id, Side.LEFT, Activity.RUN, float(n), n + 0.3, n + 0.9) for n in range(20)]
    with Store.open(store_path(tmp_path)) as store:
        store.add_session(replace(one, session=replace(one.session, started_utc=began, runner_name=ANN)), None)
        store.add({"going": strides})

    async def ask(diary: Diary) -> None:
        assert await diary.strides_from(BEN, began) is None
        assert await diary.strides_from(ANN, began + timedelta(seconds=60)) is None, "none since"
        held = await diary.strides_from(ANN, began + timedelta(seconds=12.5))
        assert held is not None
        assert (held[0], [stride.initial_contact_s for stride in held[1]]) == (12.5, [13.0 + n for n in range(7)])

    asked(tmp_path, ask)
