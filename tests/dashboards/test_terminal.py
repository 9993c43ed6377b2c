"""The terminal shows in short what the page shows."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from io import StringIO

import msgspec
from rich.console import Console

from dashboards.made_up_run import FEET, run_of
from footfall_coaching.cues.board import Board
from footfall_dashboards import terminal
from footfall_dashboards.live import LiveView
from footfall_dashboards.live.cues import CueBoard
from footfall_dashboards.live.told import Update
from footfall_dashboards.live.view import SWAPPED
from footfall_processing.companions import Companion, CompanionReading
from footfall_processing.gait import Doing, NowDoing, Stride
from footfall_processing.session import Side


async def first_update(view: LiveView) -> Update:
    updates: AsyncIterator[bytes | None] = view.updates(heartbeat_s=60.0)
    news = await anext(updates)
    assert news is not None
    return msgspec.json.decode(news, type=Update)


def drawn(update: Update, view: LiveView, *, has_keys: bool = True) -> str:
    console = Console(file=StringIO(), width=100)
    with console.capture() as capture:
        console.print(terminal.render(update, view.heading, has_keys=has_keys))
    return capture.get()


async def test_every_cell_and_sensor_of_the_page_is_in_the_terminal() -> None:
    view = LiveView(FEET, title="a run")
    for event in run_of(FEET, 20.0):
        view.write(event)
    update = await first_update(view)
    text = drawn(update, view)
    for leg in view.heading.legs:
        assert leg["title"] in text
        assert str(update.strides[leg["key"]]) in text
        for row in view.heading.rows:
            assert row["label"] in text
            assert update.cells[leg["key"]][row["key"]].text in text
    for card in update.sensors:
        assert card.name in text
        assert card.state in text
        assert card.rate in text
    assert update.elapsed in text
    assert update.balance
    assert update.balance[0].left in text


async def test_heart_rate_is_in_the_terminal_too() -> None:
    view = LiveView(FEET, companions=(Companion("strap", "Heart rate"),))
    view.write(CompanionReading("strap", 1.0, {"heart_rate_bpm": 148.0}))
    assert "Heart rate: 148 /min" in drawn(await first_update(view), view)


async def test_the_key_that_mutes_is_named_where_keys_are_listened_to() -> None:
    view = LiveView(FEET)
    cues = CueBoard()
    cues.show(Board(quiet="walking"))
    update = replace(await first_update(view), cues=cues.told(0, {}, miles=False))
    assert "Quiet: walking. M: mute" in drawn(update, view)
    without = drawn(update, view, has_keys=False)
    assert "Quiet: walking." in without
    assert "M:" not in without


async def test_before_the_first_stride_there_are_dashes() -> None:
    view = LiveView(FEET)
    text = drawn(await first_update(view), view)
    assert "Waiting" in text
    assert "–" in text


async def test_what_is_done_and_what_to_check_is_said() -> None:
    crossed = tuple(replace(s, side=Side.RIGHT if s.side is Side.LEFT else Side.LEFT) for s in FEET)
    unsaid = tuple(replace(s, side=None) for s in FEET)
    for sensors, said in ((crossed, SWAPPED), (unsaid, "probably right (0.90)")):
        view = LiveView(sensors)
        for event in run_of(sensors, 20.0):
            if isinstance(event, Stride):
                event = replace(event, stance_roll_rad=0.4 if event.sensor_id == "foot-right" else -0.4)
            view.write(event)
        view.write(NowDoing(sensors[0].id, 20.0, Doing.STAIRS))
        text = " ".join(drawn(await first_update(view), view).split())
        assert said in text
        assert "Stairs" in text


async def test_following_ends_with_the_view() -> None:
    view = LiveView(FEET)
    console = Console(file=StringIO(), width=100, force_terminal=True)
    following = asyncio.create_task(terminal.follow(view, console))
    for event in run_of(FEET, 5.0):
        view.write(event)
    view.end()
    await following
