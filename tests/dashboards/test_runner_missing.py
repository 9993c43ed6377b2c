"""Where a number is missing, the page says which reason holds."""

import html
import re
from dataclasses import replace
from datetime import timedelta

from dashboards.a_diary import NOW, ADiary, Legs, a_run
from dashboards.asked_pages import get, pages_of
from footfall_coaching.run import DistanceSource, Run
from footfall_processing.session import Placement, Side


async def trends(*runs: Run) -> str:
    answer = await get(pages_of(ADiary({run.session_id: run for run in runs})), "/trends")
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.text))


def short(number: int) -> Run:
    """Run for two minutes: both feet are measured, and speeds are known."""
    run = a_run(f"short-{number}", NOW - timedelta(days=number + 1), 0.35)
    return replace(run, minutes=run.minutes[:3])


async def test_too_few_minutes_are_not_called_an_unknown_speed_or_a_missing_sensor() -> None:
    words = await trends(short(0), short(1), short(2))
    assert "No run has 3 minutes near the usual speed, so this holds faster and slower runs alike" in words
    assert "Left and right: unknown; no run has 3 minutes in which both legs have an impact." in words
    assert "Speed is unknown" not in words


async def test_shins_without_a_distance_know_no_speed_and_with_one_that_of_the_whole() -> None:
    shins = a_run("shins", NOW - timedelta(days=1), 5.0, legs=Legs(placement=Placement.SHANK))
    assert "Speed is unknown, so" in await trends(shins)
    words = await trends(replace(shins, distance_m=5000.0, distance_source=DistanceSource.TOLD))
    assert "The speed of whole runs is known, that of their minutes is not, so" in words
    assert "Foot strike: unknown; a foot sensor on each shoe tells it." in words


async def test_one_leg_takes_a_second_sensor_and_an_old_run_is_none_of_this_time() -> None:
    run = a_run("left", NOW - timedelta(days=1), 5.0)
    left = [leg for leg in run.legs if leg.side is Side.LEFT]
    minutes = [replace(m, legs=[leg for leg in m.legs if leg.side is Side.LEFT]) for m in run.minutes]
    words = await trends(replace(run, legs=left, minutes=minutes))
    assert "Left and right: unknown; that takes a sensor on each leg, in the same place." in words
    words = await trends(a_run("old", NOW - timedelta(days=200), 5.0))
    assert "Left and right: unknown; no runs in this time." in words
    assert "Foot strike: unknown; no runs in this time." in words
