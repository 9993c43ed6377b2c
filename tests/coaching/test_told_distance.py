"""A distance that somebody says is held against running time and against what was measured."""

import dataclasses

import pytest

from coaching.history import run
from footfall_coaching.run import Minute
from footfall_coaching.told_distance import doubt_of

SHINS = run(1, None)
"""An hour of running."""
FEET = dataclasses.replace(SHINS, minutes=[Minute(0.0, 3600.0, 10_000.0, [])], distance_m=3000.0)
"""Ten kilometres by the sensors, whatever was said before."""


@pytest.mark.parametrize(
    ("distance_m", "doubt"),
    [
        (82_000.0, "82.0 km in 60 minutes of running is faster than anybody runs"),
        (30_001.0, "30.0 km in 60 minutes of running is faster than anybody runs"),
        (30_000.0, ""),
        (2000.0, ""),
        (1999.0, "2.00 km in 60 minutes of running is slower than anybody runs"),
        (None, ""),
    ],
)
def test_the_pace_is_one_that_people_run(distance_m: float | None, doubt: str) -> None:
    assert doubt_of(SHINS, distance_m) == doubt


@pytest.mark.parametrize(
    ("distance_m", "asked"), [(7500.0, False), (12_500.0, False), (7400.0, True), (12_600.0, True)]
)
def test_the_way_is_near_the_measured_one(distance_m: float, asked: bool) -> None:
    doubt = doubt_of(FEET, distance_m)
    assert bool(doubt) is asked
    assert not asked or doubt.endswith("is far from the 10.0 km that was measured")


def test_without_running_a_distance_is_asked_for_again() -> None:
    walk = dataclasses.replace(SHINS, running_s=0.0)
    assert "no running was found" in doubt_of(walk, 5000.0)
