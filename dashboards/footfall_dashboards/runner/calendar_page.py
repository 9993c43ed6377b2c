"""The ceiling as a calendar: how far to run at most, on each of the next days, if none is run before."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from footfall_coaching.load import ceiling_of, km
from footfall_coaching.run import Run
from footfall_dashboards.runner.asking import runner_of
from footfall_dashboards.runner.diary import Diary

DAYS: Final = 14


def calendar_of(runs: Sequence[Run], runner: str, now: datetime) -> bytes:
    """Return the ceilings of the next days as iCalendar (RFC 5545): an event for each day that has one, all day long.

    An event of a day keeps its id, so that a calendar which takes the file again shows the newer ceiling.
    """
    from icalendar import Calendar, Event  # takes a tenth of a second, which only who asks for the calendar need wait

    calendar = Calendar()
    calendar.add("prodid", "-//Footfall//Ceilings//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Footfall: how far at most")
    whose = sha256(runner.encode()).hexdigest()[:16]
    for number in range(DAYS):
        day = now.date() + timedelta(days=number)
        ceiling = ceiling_of(runs, now if number == 0 else datetime.combine(day, time(), now.tzinfo))
        if ceiling.limit_m is None:
            continue
        event = Event()
        event.add("uid", f"{day:%Y%m%d}-ceiling-{whose}@footfall")
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("summary", f"At most {km(ceiling.limit_m)} in one run")
        event.add("description", f"{ceiling.words} As it stands if you don't run before.")
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def routes(diary: Diary, local_now: Callable[[], datetime]) -> list[BaseRoute]:
    """Return the calendar's route."""

    async def calendar(request: Request) -> Response:
        runner = runner_of(request)
        content = calendar_of(await diary.runs(runner), runner, local_now())
        headers = {"content-disposition": 'attachment; filename="footfall.ics"'}
        return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)

    return [Route("/calendar.ics", calendar)]
