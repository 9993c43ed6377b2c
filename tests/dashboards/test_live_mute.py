"""Who mutes a run: its runner, and whoever uses this computer; whoever may watch it only watches."""

from dashboards.asked_pages import Somebody, send_body
from dashboards.made_up_run import FEET
from footfall_dashboards.live import LiveView
from footfall_dashboards.live.server import app


async def test_only_the_runner_mutes_a_run() -> None:
    muted: list[bool] = []

    def mute(*, on: bool) -> None:
        muted.append(on)

    view = LiveView(FEET, mute=mute)
    pages = app(lambda: view, "Ann")
    coach, ben = Somebody("Coach", frozenset({"Ann", "Coach"})), Somebody("Ben", frozenset({"Ben"}))
    assert [(await send_body(pages, "/mute", b"on", one)).status for one in (coach, ben)] == [403, 403]
    assert muted == []
    assert (await send_body(pages, "/mute", b"on", Somebody("Ann", frozenset({"Ann"})))).status == 204
    assert (await send_body(pages, "/mute", b"off")).status == 204
    assert (await send_body(pages, "/mute", b"\xff" * 99)).status == 400
    assert muted == [True, False]
