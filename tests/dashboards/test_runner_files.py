"""What a runner takes along: files of a run are the runner's alone, and the calendar has the ceiling of the pages."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest_asyncio
from argon2.profiles import CHEAPEST
from icalendar import Calendar

from attacks.asking import Asked
from dashboards.a_diary import NOW, ADiary, a_run
from footfall_coaching.answers import Pain, Phase
from footfall_coaching.exercises.events import ExercisesBegun
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.load import LOOK_BACK, km, room_of
from footfall_coaching.plan import ItemKind, PlanItem
from footfall_coaching.today import mornings_asked
from footfall_dashboards.access import Door, PageServer
from footfall_dashboards.runner.calendar_page import DAYS, calendar_of
from footfall_dashboards.runner.downloads import FIT, STRIDES
from footfall_dashboards.runner.server import Surroundings, app
from footfall_gateway.accounts import AccountsFile

PASSWORD = "blue shoes at six"


class Named:
    """Files that tell of which run and kind they are."""

    async def content(self, session_id: str, file: str, *, with_places: bool) -> bytes:
        return f"{session_id} as {file}{'' if with_places else ' without places'}".encode()


def around() -> Surroundings:
    return Surroundings(clock=lambda: NOW, files=Named())


@pytest_asyncio.fixture
async def far(tmp_path: Path) -> AsyncIterator[Asked]:
    accounts = AccountsFile(tmp_path, CHEAPEST)
    for name in ("Ann", "Bo"):
        accounts.add(name, "runner", PASSWORD)
    accounts.add("Cy", "coach", PASSWORD)
    accounts.agree("Ann", "Cy")
    diary = ADiary({"ann-1": a_run("ann-1", NOW - timedelta(days=1), 8.0, runner_name="Ann")})
    door = Door(host="0.0.0.0", port=0, plain_http=True, accounts=accounts)
    async with PageServer(app(diary, around()), door) as server:
        yield Asked(server.port)


async def test_a_runs_files_are_their_runners_alone(far: Asked) -> None:
    for kind in (FIT, STRIDES):
        path = f"/runs/ann-1/{kind.file}"
        assert (await far.ask(path, accept="text/html")).status == 303
        mine = await far.ask(path, cookie=(await far.log_in("Ann", PASSWORD)).cookie)
        assert (mine.status, mine.body) == (200, f"ann-1 as {kind.file}")
        assert mine.headers["content-disposition"] == f'attachment; filename="footfall-{kind.file}"'
        coach = await far.ask(path, cookie=(await far.log_in("Cy", PASSWORD)).cookie)
        assert (coach.status, coach.body) == (200, f"ann-1 as {kind.file} without places")
        today = (await far.ask("/today", cookie=(await far.log_in("Ann", PASSWORD)).cookie)).body
        assert "Calendars can’t log in here" in today
        other = await far.ask(path, cookie=(await far.log_in("Bo", PASSWORD)).cookie)
        assert other.status == 403
        assert f"as {kind.file}" not in other.body
        assert (
            await far.ask(f"/runs/none/{kind.file}", cookie=(await far.log_in("Bo", PASSWORD)).cookie)
        ).status == 404


async def test_a_run_without_a_date_is_not_offered_as_fit() -> None:
    diary = ADiary({"old": a_run("old", None, 8.0), "new": a_run("new", NOW - timedelta(days=1), 8.0)})
    async with PageServer(app(diary, around()), Door(port=0)) as server:
        asked = Asked(server.port)
        assert "/runs/new/run.fit" in (await asked.ask("/runs/new")).body
        page = (await asked.ask("/runs/old")).body
        assert "run.fit" not in page
        assert "/runs/old/strides.csv" in page
        assert (await asked.ask("/runs/old/run.fit")).status == 404


def test_the_calendar_has_each_days_ceiling_until_no_run_is_left_to_tell_it() -> None:
    last = NOW - LOOK_BACK + timedelta(days=3)
    runs = [a_run("long", last, 10.0), a_run("short", NOW - timedelta(days=1), 5.0)]
    events = Calendar.from_ical(calendar_of(runs, "", NOW)).events
    assert [event.DTSTART for event in events] == [NOW.date() + timedelta(days=n) for n in range(DAYS)]
    assert all(event.duration == timedelta(days=1) for event in events)
    limit_m = room_of(runs, NOW).limit_m
    assert limit_m is not None
    assert events[0]["summary"] == f"At most {km(limit_m)} in one run"
    short_m = room_of(runs[1:], NOW).limit_m
    assert short_m is not None
    assert short_m < limit_m
    assert events[-1]["summary"] == f"At most {km(short_m)} in one run, if the light is green"
    assert len({str(event["uid"]) for event in events}) == DAYS
    assert Calendar.from_ical(calendar_of([], "", NOW)).events == []
    assert date(2026, 11, 20) == events[0].DTSTART
    berlin = NOW.astimezone(ZoneInfo("Europe/Berlin"))
    ran = [a_run("yesterday", NOW - timedelta(days=1), 5.0), a_run("today", NOW - timedelta(hours=2), 5.0)]
    answered = Pain("", "yesterday", NOW, Phase.MORNING, None, None, 0)
    for pains, days in (([], [20, 21]), ([answered], [21])):
        mornings = mornings_asked(ran, pains, berlin)
        asked = [
            event
            for event in Calendar.from_ical(calendar_of(ran, "", berlin, mornings, "http://h/today")).events
            if event.alarms.times
        ]
        assert [event.DTSTART for event in asked] == [datetime(2026, 11, day, 6, 30, tzinfo=UTC) for day in days]
        assert all("http://h/today" in str(event["description"]) for event in asked)


def test_what_is_planned_is_in_the_calendar_under_an_id_that_moves_with_it() -> None:
    item = PlanItem("impact-20261101-3", ItemKind.PROGRAMME, NOW.date(), "Softer landing: session 3", 24, "Run.", "x")
    ids = set()
    for days in (0, 2):
        moved = replace(item, day=NOW.date() + timedelta(days=days))
        (event,) = Calendar.from_ical(calendar_of([], "Ann", NOW, planned=[moved])).events
        assert (event.DTSTART, event.duration) == (moved.day, timedelta(days=1))
        assert str(event["summary"]) == "Softer landing: session 3, 24 min"
        assert str(event["description"]).startswith("Run. As it stands")
        ids.add(str(event["uid"]))
    assert len(ids) == 1
    (of_another,) = Calendar.from_ical(calendar_of([], "Bob", NOW, planned=[item])).events
    assert str(of_another["uid"]) not in ids


async def test_the_page_of_the_calendar_is_taken_by_calendars() -> None:
    diary = ADiary({"new": a_run("new", NOW - timedelta(days=1), 8.0)})
    await diary.note_plan("", ExercisesBegun(NOW - timedelta(days=1), Track.HIP))
    async with PageServer(app(diary, around()), Door(port=0)) as server:
        asked = Asked(server.port)
        answer = await asked.ask("/calendar.ics")
        for path in ("/today", "/plan"):
            assert f"<code>http://{asked.host}/calendar.ics</code>" in (await asked.ask(path)).body
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "SUMMARY:Exercises for the hip" in answer.body
    assert answer.body.startswith("BEGIN:VCALENDAR")
