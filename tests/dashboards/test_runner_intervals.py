"""What an interval holds is said where it is shown."""

import html
import re

from dashboards.a_diary import NOW, RUNNER, three_months
from dashboards.asked_pages import ZONE, get, pages_of
from footfall_dashboards.runner.report import report_of
from footfall_dashboards.runner.spoken import Spoken


async def test_the_interval_is_said_to_be_of_a_run_s_mean_and_not_to_hold_how_days_differ() -> None:
    diary = three_months()
    page = (await get(pages_of(diary), "/trends")).text
    report = (await report_of(diary, RUNNER, NOW.astimezone(ZONE), Spoken(ZONE))).html
    for shown in (page, report):
        words = html.unescape(re.sub(r"<[^>]+>", "", shown))
        assert "The shading is the 95 % interval of each run's own mean; how much one runner differs" in words
        assert "The shading is the 95 % interval." not in words
    assert "Low and high are the 95 % interval of a run's own mean; how much one runner differs" in html.unescape(
        report
    )
