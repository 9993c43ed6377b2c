"""The terminal shows in short what the page shows."""

import asyncio
from collections.abc import AsyncIterator
from io import StringIO

import msgspec
from rich.console import Console

from dashboards.made_up_run import FEET, run_of
from footfall_dashboards import terminal
from footfall_dashboards.live import LiveView
from footfall_dashboards.live.view import Update


async def first_update(view: LiveView) -> Update:
    updates: AsyncIterator[bytes | None] = view.updates(heartbeat_s=60.0)
    news = await anext(updates)
    assert news is not None
    return msgspec.json.decode(news, type=Update)


def drawn(update: Update, view: LiveView) -> str:
    console = Console(file=StringIO(), width=100)
    with console.capture() as capture:
        console.print(terminal.render(update, view.heading))
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


async def test_before_the_first_stride_there_are_dashes() -> None:
    view = LiveView(FEET)
    text = drawn(await first_update(view), view)
    assert "Waiting" in text
    assert "–" in text


async def test_following_ends_with_the_view() -> None:
    view = LiveView(FEET)
    console = Console(file=StringIO(), width=100, force_terminal=True)
    following = asyncio.create_task(terminal.follow(view, console))
    for event in run_of(FEET, 5.0):
        view.write(event)
    view.end()
    async with asyncio.timeout(10):
        await following
