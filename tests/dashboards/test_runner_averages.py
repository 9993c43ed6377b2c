"""One average under one name: splits, numbers, pace and comparison agree, or say that they are of something else."""

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from dashboards.a_diary import NOW, ADiary, a_run
from dashboards.asked_pages import get, pages_of
from footfall_coaching.run import Minute, Run
from footfall_dashboards.live.pace import KM_M
from footfall_dashboards.runner.course import parts_of, value_of
from footfall_dashboards.runner.spoken import how_long, speed_of
from footfall_processing.gait import Activity
from footfall_processing.metrics.catalogue import CADENCE, CONTACT_TIME, PEAK_ACC, SPEED
from footfall_processing.session import Side

USUAL_G, SOFT_G = 8.0, 4.0


def half_walked() -> Run:
    """Run for five minutes, of which the first is half walked: few strides, slow and soft ones."""
    run = a_run("run", NOW - timedelta(days=1), 0.87)
    slow = next(minute for minute in run.minutes if any(leg.activity is Activity.RUN for leg in minute.legs))

    def begun(minute: Minute) -> Minute:
        if minute is not slow:
            legs = [replace(leg, medians={**leg.medians, PEAK_ACC.name: USUAL_G}) for leg in minute.legs]
            return replace(
                minute, legs=legs, distance_m=(minute.distance_m or 0.0) - 75.0 if minute.distance_m else 0.0
            )
        legs = [
            replace(
                leg, strides=leg.strides // 2, medians={**leg.medians, PEAK_ACC.name: SOFT_G, CONTACT_TIME.name: 0.3}
            )
            for leg in minute.legs
        ]
        return replace(minute, legs=legs, distance_m=(minute.distance_m or 0.0) - 75.0)

    minutes = [begun(minute) for minute in run.minutes]
    return replace(run, minutes=minutes, distance_m=minutes[-1].distance_m, running_s=run.running_s - 30.0)


def test_the_one_split_of_a_run_is_the_run() -> None:
    run = half_walked()
    (split,) = parts_of(run, (SPEED, PEAK_ACC, CONTACT_TIME, CADENCE), KM_M)
    for side in Side:
        assert split.values[SPEED.name, side] == pytest.approx(speed_of(run), rel=0.01)
        for metric in (PEAK_ACC, CONTACT_TIME, CADENCE):
            assert split.values[metric.name, side] == value_of(run, metric, side)


def test_pace_of_splits_adds_up_to_the_run_s_and_a_minute_weighs_by_its_strides() -> None:
    run = half_walked()
    splits = parts_of(run, (SPEED, PEAK_ACC), 400.0)
    assert len(splits) > 1
    assert sum(one.running_s for one in splits) == pytest.approx(run.running_s, rel=0.02)
    first = splits[0]
    assert first.values[SPEED.name, Side.LEFT] == pytest.approx((first.length_m or 0.0) / first.running_s)
    share = (USUAL_G - first.values[PEAK_ACC.name, Side.LEFT]) / (USUAL_G - SOFT_G)
    assert share == pytest.approx(30.0 / first.running_s, rel=0.1), "half a minute of running weighs half a minute"


async def test_a_run_s_length_says_whether_walking_and_pauses_are_in_it() -> None:
    run = a_run("run", NOW - timedelta(days=1), 6.0, pause_at_min=12)
    pages = pages_of(ADiary({"run": run}))
    running, whole = how_long(run.running_s), how_long(run.duration_s)
    assert running != whole
    for path in ("/today", "/plan", "/log"):
        assert f"{running} of running" in (await get(pages, path)).text
    assert f"{whole} in all" in (await get(pages, "/runs")).text
    assert f"{whole} in all, {running} of running" in (await get(pages, "/runs/run")).text


async def test_what_is_of_something_else_says_so() -> None:
    diary = ADiary({run.session_id: run for run in (half_walked(), a_run("other", NOW - timedelta(days=3), 6.0))})
    pages = pages_of(diary)

    async def words(path: str) -> str:
        return html.unescape(re.sub(r"<[^>]+>", " ", (await get(pages, path)).text))

    assert "Medians of all running strides of a leg." in await words("/runs/run")
    compared = await words("/runs/compare?a=run&b=other")
    assert "As it was run, at whatever speed. Pace is the way over the running time" in compared
    assert "(means of the first and the last third of these runs)" in await words("/trends")
