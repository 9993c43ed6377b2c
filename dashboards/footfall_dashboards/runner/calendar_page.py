"""A runner's calendar: how far to run at most, what the plan has for each day, and the question of the next morning."""

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
from footfall_coaching.plan import PlanItem
from footfall_coaching.plan_kept import plan_from
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
    planned: Sequence[PlanItem] = (),
) -> bytes:
    """Return the ceilings of the next days as iCalendar (RFC 5545): an event for each day that has one, all day long.

    Today's is under the light; those of the days to come say that they hold if it is green by then. An event of a day
    keeps its id, and so does one of the plan, whatever day that moves to: a calendar which takes the file again shows
    the newer one.

    Parameters
    ----------
    mornings
        On these it is asked how the run of the day before felt, with an alarm.
    today
        The address of the page that asks.
    way
        Tells distances.
    planned
        What the plan has: sessions of a programme, exercises, walks and checks, each all day long.
    """
    from icalendar import Calendar  # takes a tenth of a second, which only who asks for the calendar need wait

    calendar = Calendar()
    calendar.add("prodid", "-//Footfall//Plan//EN")
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
        summary = _at_most(ceiling, way(ceiling.limit_m), is_today=number == 0)
        words = ceiling.told(way) if number == 0 else f"{ceiling.told(way)} {AHEAD}"
        calendar.add_component(_all_day(f"{day:%Y%m%d}-ceiling-{whose}", day, summary, words, now))
    for item in planned:
        summary = f"{item.title}, {item.minutes} min"
        words = f"{item.words} As it stands if all before it is done, and the light stays green."
        calendar.add_component(_all_day(f"{item.key}-{whose}", item.day, summary, words, now))
    for day in mornings:
        calendar.add_component(_question(day, whose, now, today))
    return bytes(calendar.to_ical())


def _at_most(ceiling: Ceiling, limit: str, *, is_today: bool) -> str:
    if ceiling.is_stop:
        return "No run: the light is red"
    return f"At most {limit} in one run{'' if is_today else ', if the light is green'}"


def _all_day(uid: str, day: date, summary: str, words: str, now: datetime) -> "Event":
    from icalendar import Event  # as above

    event = Event()
    event.add("uid", f"{uid}@footfall")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", summary)
    event.add("description", words)
    event.add("transp", "TRANSPARENT")
    return event


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
        events, told = await diary.plan_events(runner), await diary.told(runner)
        planned = plan_from(events, runs, pains, signs, told, now).ahead if events else ()
        mornings = mornings_asked(runs, pains, now)
        content = calendar_of(runs, runner, now, mornings, today, pains, signs, way, planned)
        headers = {"content-disposition": 'attachment; filename="footfall.ics"'}
        return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)

    return [Route("/calendar.ics", calendar)]
