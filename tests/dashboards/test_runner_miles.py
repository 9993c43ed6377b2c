"""Who chose miles is told miles by every sentence; the ledger keeps kilometres."""

import html
import re
from datetime import timedelta

import pytest
from icalendar import Calendar

from dashboards.a_diary import NOW, ADiary, a_run
from dashboards.asked_pages import ZONE, get, pages_of
from footfall_coaching.ledger import remake, told_again
from footfall_coaching.load import Ceiling, Stand, km
from footfall_dashboards.live import LiveView
from footfall_dashboards.live.pace import UNIT_COOKIE, mi
from footfall_gateway.virtual.months import made_up_months

MILES = f"{UNIT_COOKIE}=mile"
KM = re.compile(r"\d km\b")


def a_diary() -> ADiary:
    """Return months with minimal shoes, and a last run far beyond its ceiling."""
    months = made_up_months(NOW.astimezone(ZONE), "")
    runs = [*months.runs, a_run("spike", NOW - timedelta(hours=4), 30.0)]
    diary = ADiary({run.session_id: run for run in runs})
    diary.pains_told, diary.shoes_worn = list(months.pains), list(months.shoes)
    return diary


@pytest.mark.parametrize("path", ["/today", "/plan", "/log", "/trends", "/runs", "/runs/spike", "/runs/compare"])
async def test_no_page_in_miles_tells_kilometres(path: str) -> None:
    diary = a_diary()
    last = next(id_ for id_ in reversed(diary.kept) if id_ != "spike")
    address = f"{path}?a=spike&b={last}" if path == "/runs/compare" else path
    words = html.unescape(re.sub(r"<[^>]+>", " ", (await get(pages_of(diary), address, cookie=MILES)).text))
    assert KM.search(words) is None
    assert re.search(r"\d mi\b", words)


async def test_the_calendar_and_the_ledger() -> None:
    diary = a_diary()
    pages = pages_of(diary)
    answer = await get(pages, "/calendar.ics", cookie=MILES)
    for event in Calendar.from_ical(answer.text).events:
        assert KM.search(f"{event['summary']} {event['description']}") is None
    await get(pages, "/today", cookie=MILES)
    (above,) = (message for message in diary.ledger if message.rule == "run-above-ceiling")
    assert above.words == remake(above)
    assert KM.search(above.words)
    assert told_again(above, None) == above.words
    assert told_again(above, mi).startswith("18.")
    assert KM.search(told_again(above, mi)) is None


def test_the_live_page_tells_the_ceiling_in_the_unit_of_who_looks() -> None:
    ceiling = Ceiling(11_000.0, 10_000.0, "", "")
    view = LiveView((), ceiling=ceiling)
    assert view._stand() == ceiling.told(km)
    assert (
        view._stand(miles=True)
        == "Ceiling for today: 6.84 mi, which is 1.10 × your longest run of the last 30 days (6.21 mi)."
    )
    assert Stand(1609.344, ceiling).told(mi).startswith("1.00 mi: within the ceiling of 6.84 mi")
