"""A runner's history: sums hold every run once, changes are found with their interval."""

import base64
import csv
import hashlib
import io
import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.a_diary import HOSTILE, NOW, ADiary, Legs, a_run, three_months
from dashboards.asked_pages import ZONE, get, pages_of
from footfall_coaching.counted import counted
from footfall_coaching.run import Run
from footfall_dashboards.live.pace import KM_M
from footfall_dashboards.runner.charts import Point
from footfall_dashboards.runner.course import balance, parts_of, time_at, way_at
from footfall_dashboards.runner.history import AtUsual, by_week, sums
from footfall_dashboards.runner.raw_data import runs_csv
from footfall_dashboards.runner.report import MOST_BYTES, policy, report_of, style
from footfall_dashboards.runner.report_changes import rows_of
from footfall_dashboards.runner.report_extra import as_pdf, as_png
from footfall_dashboards.runner.spoken import Spoken
from footfall_dashboards.runner.trend_charts import Window
from footfall_processing.metrics.catalogue import CADENCE, PEAK_ACC, SPEED
from footfall_processing.metrics.version import METRICS_VERSION

LOCAL_NOW = NOW.astimezone(ZONE)


def bare(number: int, days_ago: float, distance_m: float | None) -> Run:
    run = a_run(f"bare-{number}", NOW - timedelta(days=days_ago), 0.5)
    return Run(**{name: getattr(run, name) for name in Run.__slots__} | {"distance_m": distance_m})


@given(
    st.lists(st.tuples(st.floats(0.0, 700.0), st.one_of(st.none(), st.floats(1.0, 4e4))), max_size=20),
    st.sampled_from([30, 90, 365, 700]),
)
def test_weeks_and_months_hold_each_run_once(runs: list[tuple[float, float | None]], days: int) -> None:
    begin = LOCAL_NOW - timedelta(days=days)
    found = sums([bare(number, *one) for number, one in enumerate(runs)], begin, LOCAL_NOW)
    for before, after in pairwise(found):
        assert before.end == after.begin
    first, last = found[0].begin, LOCAL_NOW.date()
    inside = [
        metres for ago, metres in runs if first <= (LOCAL_NOW - timedelta(days=ago)).astimezone(ZONE).date() <= last
    ]
    assert sum(one.runs for one in found) == len(inside)
    assert sum(one.without_distance for one in found) == inside.count(None)
    assert sum(one.distance_m for one in found) == pytest.approx(sum(metres or 0.0 for metres in inside))


def test_the_splits_of_a_run_hold_all_of_its_way_and_skip_pauses() -> None:
    run = a_run("run", NOW, 6.4, pause_at_min=12)
    parts = parts_of(run, (SPEED,), KM_M)
    assert sum(part.length_m or 0.0 for part in parts) == pytest.approx(run.distance_m, rel=1e-6)
    assert [part.label for part in parts][:6] == ["1", "2", "3", "4", "5", "6"]
    assert parts[-1].label.startswith("+0.")
    assert sum(part.running_s for part in parts) == pytest.approx(run.running_s, rel=0.02)
    for part in parts:
        assert way_at(run, part.end_s) - way_at(run, part.begin_s) == pytest.approx(part.length_m)


@given(st.floats(0.0, 6000.0))
def test_time_and_way_belong_together(way_m: float) -> None:
    run = a_run("run", NOW, 6.0)
    assert way_at(run, time_at(run, way_m)) == pytest.approx(min(way_m, run.distance_m or 0.0), abs=1e-6)


def test_legs_are_even_within_the_error_and_told_apart_beyond_it() -> None:
    even = balance(a_run("even", NOW, 8.0, legs=Legs(8.1, 8.0)), PEAK_ACC)
    apart = balance(a_run("apart", NOW, 8.0, legs=Legs(10.4, 8.0)), PEAK_ACC)
    assert even is not None
    assert even.words().startswith("Even, within the error")
    assert apart is not None
    assert apart.words("harder").startswith("Left 2")
    assert balance(a_run("clips", NOW, 8.0, legs=Legs(right_clips=True)), PEAK_ACC) is None


def test_what_was_planted_is_found_within_its_interval() -> None:
    runs = list(three_months().kept.values())
    window = Window(LOCAL_NOW - timedelta(days=90), LOCAL_NOW, Spoken(ZONE))
    rows = rows_of(runs, (PEAK_ACC, CADENCE), window, AtUsual(runs, window.begin))
    assert [(row.metric, row.leg) for row in rows] == [(PEAK_ACC, "Left"), (PEAK_ACC, "Right"), (CADENCE, "Both")]
    right, cadence = rows[1], rows[2]
    assert right.low <= -0.18 * right.first <= right.high
    assert cadence.low <= 4.0 <= cadence.high
    assert all(row.is_seen for row in rows)


def test_of_very_many_runs_a_picture_shows_their_weeks() -> None:
    points = [Point(3600.0 * 24 * number, float(number), number - 1.0, number + 1.0) for number in range(500)]
    weeks = by_week(points)
    assert len(weeks) <= 73
    assert all(week.low is not None and week.y is not None and week.y - week.low < 0.5 for week in weeks[1:-1])
    assert by_week(points[:100]) == points[:100]


async def test_the_report_is_one_small_file_whose_policy_lets_nothing_but_its_style() -> None:
    diary = three_months()
    answer = await get(pages_of(diary), "/report/page?save=1")
    assert len(answer.text.encode()) <= MOST_BYTES
    assert "<script" not in answer.text
    assert not re.search(r'(?:src|href)="(?!data:)', answer.text)
    inside = answer.text.partition("<style>")[2].partition("</style>")[0]
    assert inside == style()
    digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
    assert answer.headers["content-security-policy"] == policy()
    assert f"style-src 'sha256-{digest}'" in policy()
    assert 'filename="footfall-report-2026-11-20.html"' in answer.headers["content-disposition"]


async def test_the_numbers_inside_the_report_are_those_beside_it() -> None:
    report = await report_of(three_months(), "", LOCAL_NOW, Spoken(ZONE))
    coded = re.findall(r'href="data:text/csv;base64,([^"]+)"', report.html)
    assert [base64.b64decode(one).decode() for one in coded] == [report.runs_csv, report.pains_csv]
    rows = list(csv.DictReader(io.StringIO(report.runs_csv)))
    assert {row["side"] for row in rows} == {"left", "right"}
    spike = next(row for row in rows if row["session_id"].endswith("-096") and row["activity"] == "run")
    assert float(spike["peak_acc_g_at_usual_speed_low"]) < float(spike["peak_acc_g_at_usual_speed"])
    assert not any(row["session_id"].startswith("demo") for row in rows)
    assert len(list(csv.DictReader(io.StringIO(report.pains_csv)))) > 100


async def test_pages_that_hold_runs_against_each_other_tell_which_another_version_worked_out() -> None:
    diary = three_months()
    for number, (name, run) in enumerate(diary.kept.items()):
        diary.kept[name] = replace(run, metrics_version=METRICS_VERSION - (number % 2))
    of = f"of these {len(counted(diary.kept.values()))} runs were worked out by an older version of the metrics"
    assert of in (await get(pages_of(diary), "/trends?days=all")).text
    assert "runs were worked out by an older version" in (await report_of(diary, "", LOCAL_NOW, Spoken(ZONE))).html
    two = [run.session_id for run in diary.kept.values() if run.legs][:2]
    compared = await get(pages_of(diary), f"/runs/compare?a={two[0]}&b={two[1]}")
    assert "1 of these 2 runs was worked out by an older version" in compared.text


def test_no_text_becomes_a_formula_in_a_table() -> None:
    run = a_run("run", NOW, 3.0, title='=HYPERLINK("x")', shoe="@x")
    (row, *_) = csv.DictReader(io.StringIO(runs_csv([run], [], "peak_acc_g")))
    assert (row["title"], row["shoe"]) == ('\'=HYPERLINK("x")', "'@x")


@pytest.mark.pango
async def test_the_report_becomes_pdf_and_png() -> None:
    diary = ADiary()
    for number in range(24):
        run = a_run(f"run-{number}", NOW - timedelta(days=3.6 * number + 1), 3.0, title=HOSTILE)
        diary.kept[run.session_id] = run
    report = await report_of(diary, "", LOCAL_NOW, Spoken(ZONE))
    pdf, png = as_pdf(report), as_png(report)
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) in (0, 2), "0 where the page tree is compressed"
    assert png.startswith(b"\x89PNG")
