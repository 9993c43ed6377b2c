"""What a watch tells of a run, on its page, beside others and as a table."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

from dashboards.a_diary import NOW, ADiary, Legs, a_run
from dashboards.asked_pages import get, pages_of
from footfall_coaching.run import DistanceSource, Run, Watch
from footfall_dashboards.runner.course import has_way
from footfall_processing.session import Placement

SPEED_MPS = 3.0


def with_watch(run: Run, *, covers: float = 1.0) -> Run:
    """Let a watch go along: 3 m/s while there was running, and a heart that beats faster and faster."""
    way_m, minutes = 0.0, []
    for number, minute in enumerate(run.minutes):
        runs = not minute.legs or minute.legs[0].activity == "run"
        way_m += 60.0 * SPEED_MPS if runs else 0.0
        told = replace(minute, heart_rate_bpm=120.0 + number)
        if run.distance_m is None:
            told = replace(told, distance_m=way_m, speeds_mps={DistanceSource.WATCH: SPEED_MPS} if runs else {})
        minutes.append(told)
    watch = Watch(1.05 * way_m, way_m, covers, 140.0, 171.0)
    if run.distance_m is None and covers == 1.0:
        run = replace(run, distance_m=way_m, distance_source=DistanceSource.WATCH)
    return replace(run, minutes=minutes, watch=watch)


def a_diary() -> ADiary:
    shins = a_run("shins", NOW - timedelta(days=1), 8.0, legs=Legs(placement=Placement.SHANK))
    assert not has_way(shins)
    watched = with_watch(shins)
    return ADiary(
        {
            "shins": watched,
            "feet": with_watch(a_run("feet", NOW - timedelta(days=2), 8.0)),
            "part": replace(with_watch(shins, covers=0.6), session_id="part", started_utc=NOW - timedelta(days=4)),
            "alone": replace(
                watched,
                session_id="alone",
                started_utc=NOW - timedelta(days=3),
                legs=[],
                minutes=[
                    replace(minute, legs=[], speeds_mps={DistanceSource.WATCH: SPEED_MPS}) for minute in watched.minutes
                ],
            ),
        }
    )


async def test_shins_have_pace_splits_and_heart_rate_by_the_watch() -> None:
    text = (await get(pages_of(a_diary()), "/runs/shins")).text
    for part in (
        "by the watch", "Pace over the run", "Pace: 5:33 min/km all along.", "Heart rate over the run",
        "140 per min on average, 171 at most", 'scope="col">km<', ">5:33<",
    ):  # fmt: skip
        assert part in text, part
    assert "By the watch<" not in text, "its distance is the run's"


async def test_feet_keep_their_distance_and_have_the_watchs_beside_it() -> None:
    text = (await get(pages_of(a_diary()), "/runs/feet")).text
    assert "by the sensors" in text
    assert "% more than the sensors; " in text
    assert "with what it recorded before and after them" in text
    part = (await get(pages_of(a_diary()), "/runs/part")).text
    assert "it saw 60 % of the running" in part
    assert "add your watch" in part, "and the distance of the whole stays unknown"


async def test_a_run_that_a_watch_alone_recorded_says_what_is_not_known() -> None:
    app = pages_of(a_diary())
    text = (await get(app, "/runs/alone")).text
    assert "A watch alone recorded this run" in text
    assert "Pace: 5:33 min/km all along." in text
    for absent in ("too few strides", "Sensors and losses", "strides.csv", "Open one for what it is"):
        assert absent not in text
    for page in ("/runs", "/trends", "/today", "/plan", "/log", "/runs/compare?a=shins&b=like", "/runs/alone?by=time"):
        assert (await get(app, page)).status == 200
    assert (await get(app, "/runs/compare?run=alone&run=shins")).status in (200, 303)


async def test_minutes_as_a_table_have_the_watch_and_no_place() -> None:
    app = pages_of(a_diary())
    for session_id, side in (("shins", "left"), ("alone", "")):
        rows = list(csv.DictReader(io.StringIO((await get(app, f"/runs/{session_id}/minutes.csv")).text)))
        assert (rows[2]["side"], rows[2]["watch_mps"]) == (side, "3")
        assert float(rows[2]["heart_rate_bpm"]) > 120.0
        assert not any("latitude" in name or "longitude" in name for name in rows[0])
