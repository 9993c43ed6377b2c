"""Pain that is told days after a run stands on the run's day, wherever days are shown."""

import csv
import html
import io
import re
from datetime import timedelta

from dashboards.a_diary import NOW, RUNNER, ADiary, a_run
from dashboards.asked_pages import ZONE, get, pages_of
from footfall_coaching.answers import Pain, PainSite, Phase, Sign, SignNote
from footfall_dashboards.runner.history import worst_by_day
from footfall_dashboards.runner.log_page import recent_run
from footfall_dashboards.runner.report import report_of
from footfall_dashboards.runner.spoken import Spoken
from footfall_processing.session import Side

LOCAL_NOW = NOW.astimezone(ZONE)
THEN = NOW - timedelta(days=10)


def a_late_answer() -> ADiary:
    """Return a log with a run of ten days ago and one of today, a demo, and pain of the first told just now."""
    diary = ADiary()
    for run in (
        a_run("then", THEN, 6.0),
        a_run("today", NOW - timedelta(hours=3), 6.0),
        a_run("demo", NOW - timedelta(days=1), 2.0, is_demo=True),
    ):
        diary.kept[run.session_id] = run
    told = [("then", Phase.DURING, 5), ("then", Phase.MORNING, 4), ("demo", Phase.DURING, 9)]
    diary.pains_told = [Pain(RUNNER, of, NOW, phase, PainSite.KNEE, Side.LEFT, level) for of, phase, level in told]
    diary.pains_told.append(Pain(RUNNER, "today", NOW, Phase.DURING, None, None, 0))
    diary.signs_told = [SignNote(RUNNER, "then", NOW, Sign.LIMP)]
    return diary


async def test_the_log_shows_it_on_the_run_s_day_with_that_day_s_light() -> None:
    page = html.unescape((await get(pages_of(a_late_answer()), "/log")).text)
    days = {
        one[1]: one[0]
        for one in re.findall(r"(<h3>(?:(?!</h3>).)*?(\w{3} \d+ \w{3})</h3>.*?)(?=<h3>|</section>)", page, re.S)
    }
    assert list(days) == ["Fri 20 Nov", "Wed 11 Nov", "Tue 10 Nov"]
    assert "Left knee: 5 in the run" in days["Tue 10 Nov"]
    assert "Left knee: 4" in days["Wed 11 Nov"]
    assert "Left knee" not in days["Fri 20 Nov"]
    assert "limp" in days["Tue 10 Nov"].lower()
    assert ["Red" in row for row in days.values()] == [False, True, True]
    assert "Green" in days["Fri 20 Nov"]


async def test_trends_report_and_table_count_it_on_that_day_and_no_demo_s() -> None:
    diary = a_late_answer()
    begin = LOCAL_NOW - timedelta(days=90)
    worst = worst_by_day(diary.kept.values(), diary.pains_told, begin, LOCAL_NOW)
    assert {day.isoformat(): level for day, level in worst.items()} == {
        "2026-11-10": 5,
        "2026-11-11": 4,
        "2026-11-20": 0,
    }
    report = await report_of(diary, RUNNER, LOCAL_NOW, Spoken(ZONE))
    rows = list(csv.DictReader(io.StringIO(report.pains_csv)))
    assert [(row["felt_on"], row["session_id"]) for row in rows] == [
        ("2026-11-10", "then"),
        ("2026-11-11", "then"),
        ("2026-11-20", "today"),
    ]
    assert all(row["noted_utc"].startswith("2026-11-20") for row in rows)
    assert "Tue 10 Nov 2026: limp" in report.html
    assert "last on 10 Nov" in report.html


def test_a_run_whose_date_is_to_come_does_not_hide_the_last_one() -> None:
    last, ahead = a_run("last", NOW - timedelta(hours=3), 8.0), a_run("ahead", NOW + timedelta(days=1), 8.0)
    assert recent_run([ahead, last], NOW) == last
