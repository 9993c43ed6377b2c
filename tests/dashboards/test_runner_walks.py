"""A session without running is a walk: it is in no sum and no ceiling, and is called what it is."""

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from coaching.history import newest_first
from dashboards.a_diary import NOW, RUNNER, ADiary, a_run
from dashboards.asked_pages import get, pages_of
from footfall_coaching.answers import Pain, PainSite, Phase
from footfall_coaching.how_far import how_far
from footfall_coaching.light import light_of
from footfall_coaching.light_rule import Colour
from footfall_coaching.run import DistanceSource, Run
from footfall_processing.gait import Activity
from footfall_processing.session import Side


def a_walk() -> Run:
    """Walk for a while with a sensor on each foot."""
    run = a_run("walk", NOW - timedelta(hours=3), 2.0)
    minutes = [
        replace(m, distance_m=0.0, legs=[leg for leg in m.legs if leg.activity is Activity.WALK]) for m in run.minutes
    ]
    return replace(
        run,
        running_s=0.0,
        walking_s=run.duration_s,
        distance_m=None,
        distance_source=None,
        walking_m=1500.0,
        minutes=[minute for minute in minutes if minute.legs],
        legs=[leg for leg in run.legs if leg.activity is Activity.WALK],
    )


async def words_of(diary: ADiary, path: str) -> str:
    answer = await get(pages_of(diary), path)
    assert answer.status == 200
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


async def test_a_walk_alone_is_no_run_anywhere() -> None:
    diary = ADiary({"walk": a_walk()})
    told = {path: await words_of(diary, path) for path in ("/today", "/plan", "/trends", "/runs", "/runs/walk", "/log")}
    assert "No run yet" in told["/today"]
    assert "no run in the last 30 days" in told["/today"]
    assert "of unknown distance" not in told["/plan"]
    assert "in 1 run" not in told["/trends"]
    assert "Walk of Fri 20 Nov 2026" in told["/runs"]
    assert "a walk, no run" in told["/runs"]
    assert "1 walk." in told["/runs"]
    assert "few strides" not in told["/runs/walk"]
    assert "A walk: no running was found in it" in told["/runs/walk"]
    assert "walked 1.50 km" in told["/log"]
    for words in told.values():
        assert "shins" not in words
        assert "0:00" not in words.replace("10:00", "")
    assert "How was it?" not in told["/runs/walk"]


@pytest.mark.parametrize("source", [DistanceSource.TOLD, DistanceSource.WATCH])
def test_who_says_how_far_was_run_makes_a_run_of_it(source: DistanceSource) -> None:
    assert not a_walk().is_run
    assert replace(a_walk(), distance_m=4000.0, distance_source=source).is_run


def test_the_last_run_is_the_last_one_that_was_run_and_a_sore_walk_counts_as_a_day_without() -> None:
    runs = newest_first([a_run("run", NOW - timedelta(days=2), 6.0), a_walk()])
    sore = Pain(RUNNER, "run", NOW - timedelta(days=2), Phase.DURING, PainSite.KNEE, Side.LEFT, 4)
    ceiling = how_far(runs, [sore], [], NOW).ceiling
    assert (ceiling.light, ceiling.limit_m, ceiling.without_distance) == (Colour.AMBER, runs[1].distance_m, 0)
    walked_sore = replace(sore, session_id="walk", noted_utc=NOW, level=7)
    light = light_of(runs, [replace(sore, level=0, site=None, side=None), walked_sore], [], NOW)
    assert light.colour is Colour.RED
    assert light.reason == "The last day without a run: pain 7 of 10 in the walk (left knee)."
