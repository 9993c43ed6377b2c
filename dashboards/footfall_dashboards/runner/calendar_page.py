"""A runner's calendar: how far to run at most on each of the next days, and the question of the next morning."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from footfall_coaching.answers import Pain, SignNote
from footfall_coaching.how_far import how_far
from footfall_coaching.load import Ceiling, Way, km, room_of
from footfall_coaching.run import Run
from footfall_coaching.today import mornings_asked
from footfall_dashboards.runner.asking import runner_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.html import link
from footfall_dashboards.runner.spoken import spoken_to

if TYPE_CHECKING:
    from icalendar import Event

DAYS: Final = 14
ASKED_AT: Final = time(7, 30)
"""When the morning's question rings, on the runner's clock."""
ASKED_FOR: Final = timedelta(minutes=10)
AHEAD: Final = (
    "As it stands if you don't run before, and only if the light is green by then: look at the page Today that morning."
)


def calendar_of(
    runs: Sequence[Run],
    runner: str,
    now: datetime,
    mornings: Sequence[date] = (),
    today: str = "",
    pains: Sequence[Pain] = (),
    signs: Sequence[SignNote] = (),
    way: Way = km,
) -> bytes:
    """Return the ceilings of the next days as iCalendar (RFC 5545): an event for each day that has one, all day long.

    Today's is under the light; those of the days to come say that they hold if it is green by then. An event of a day
    keeps its id, so that a calendar which takes the file again shows the newer ceiling.

    Parameters
    ----------
    mornings
        On these it is asked how the run of the day before felt, with an alarm.
    today
        The address of the page that asks.
    way
        Tells distances.
    """
    from icalendar import Calendar, Event  # takes a tenth of a second, which only who asks for the calendar need wait

    calendar = Calendar()
    calendar.add("prodid", "-//Footfall//Ceilings//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Footfall")
    whose = sha256(runner.encode()).hexdigest()[:16]
    for number in range(DAYS):
        day = now.date() + timedelta(days=number)
        if number == 0:
            ceiling = how_far(runs, pains, signs, now).ceiling
        else:
            ceiling = room_of(runs, datetime.combine(day, time(), now.tzinfo))
        if ceiling.limit_m is None:
            continue
        event = Event()
        event.add("uid", f"{day:%Y%m%d}-ceiling-{whose}@footfall")
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("summary", _at_most(ceiling, way(ceiling.limit_m), is_today=number == 0))
        event.add("description", ceiling.told(way) if number == 0 else f"{ceiling.told(way)} {AHEAD}")
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    for day in mornings:
        calendar.add_component(_question(day, whose, now, today))
    return bytes(calendar.to_ical())


def _at_most(ceiling: Ceiling, limit: str, *, is_today: bool) -> str:
    if ceiling.is_stop:
        return "No run: the light is red"
    return f"At most {limit} in one run{'' if is_today else ', if the light is green'}"


def _question(day: date, whose: str, now: datetime, today: str) -> "Event":
    words = "After yesterday’s run: does anything hurt this morning?"
    begin = datetime.combine(day, ASKED_AT, now.tzinfo).astimezone(UTC)
    from icalendar import Alarm, Event  # as above

    event = Event()
    event.add("uid", f"{day:%Y%m%d}-morning-{whose}@footfall")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", begin)
    event.add("dtend", begin + ASKED_FOR)
    event.add("summary", words)
    event.add("description", f"Say so on the page Today: {today}" if today else "Say so on the page Today.")
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", words)
    alarm.add("trigger", timedelta())
    event.add_component(alarm)
    return event


def routes(diary: Diary, local_now: Callable[[], datetime]) -> list[BaseRoute]:
    """Return the calendar's route."""

    async def calendar(request: Request) -> Response:
        runner, now = runner_of(request), local_now()
        runs, pains, signs = await diary.runs(runner), await diary.pains(runner), await diary.signs(runner)
        way = spoken_to(request, now.tzinfo or UTC).distance
        today = urljoin(str(request.base_url), unescape(link("/today", runner)))
        content = calendar_of(runs, runner, now, mornings_asked(runs, pains, now), today, pains, signs, way)
        headers = {"content-disposition": 'attachment; filename="footfall.ics"'}
        return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)

    return [Route("/calendar.ics", calendar)]
