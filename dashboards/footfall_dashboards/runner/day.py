"""What a runner's day comes to, read from the log."""

from collections.abc import Sequence
from datetime import datetime

from starlette.requests import Request

from footfall_coaching.answers import Pain
from footfall_coaching.run import Run
from footfall_coaching.today import Today, today_of
from footfall_dashboards.runner.asking import may_note
from footfall_dashboards.runner.diary import Diary


async def day_of(
    request: Request, diary: Diary, runner: str, now: datetime
) -> tuple[Today, Sequence[Run], Sequence[Pain]]:
    """Read what the day comes to, and keep in the ledger what its runner is told."""
    runs, pains = await diary.runs(runner), await diary.pains(runner)
    signs, efforts, shoes = await diary.signs(runner), await diary.efforts(runner), await diary.shoes(runner)
    today = today_of(runs, pains, signs, efforts, shoes, now, diary.courses)
    if may_note(request, runner):
        await diary.tell(*today.told)
    return today, runs, pains
