"""What a store says of a run is held to what runs are like, so that no damaged one spoils the pages of the others."""

from dataclasses import replace
from datetime import datetime
from math import inf, nan
from typing import Any

import pytest

from coaching.history import run
from footfall_coaching.run import DistanceSource, LegPart, Minute, Watch
from footfall_gateway.errors import OutsideError
from footfall_gateway.store.run_log import Edit
from footfall_gateway.store.run_record import read, written
from footfall_processing.gait import Activity
from footfall_processing.session import Placement

WATCH = Watch(8000.0, None, 1.0, 140.0, None)
LEG = LegPart(None, Placement.FOOT, Activity.RUN, 100, 0, {"cadence_spm": 168.0}, {})


@pytest.mark.parametrize(
    "wrong",
    [
        *({name: value} for name in ("duration_s", "running_s", "walking_s") for value in (nan, inf, -1.0, 1e300)),
        *({name: value} for name in ("distance_m", "walking_m") for value in (nan, inf, -1.0, 1e300)),
        {"started_utc": datetime.fromisoformat("0001-01-01T00:00:00Z")},
        {"started_utc": datetime.fromisoformat("9999-12-31T23:59:59Z")},
        {"watch": replace(WATCH, distance_m=inf)},
        {"watch": replace(WATCH, heart_rate_bpm=nan)},
        {"legs": [replace(LEG, medians={"cadence_spm": nan})]},
    ],
    ids=str,
)
def test_a_record_that_no_run_has_is_refused(wrong: dict[str, Any]) -> None:
    right = replace(run(1), watch=WATCH, legs=[LEG])
    row = written(right)
    assert read(row.digest, row.minutes).distance_m == right.distance_m
    row = written(replace(right, **wrong))
    with pytest.raises(OutsideError):
        read(row.digest, row.minutes)


def test_minutes_keep_what_of_them_was_walked_backwards() -> None:
    minutes = [Minute(0.0, 60.0, None, [LEG], backward_s=40.0), Minute(60.0, 120.0, None, [LEG])]
    for kept in (minutes, minutes[1:]):
        row = written(replace(run(1), minutes=kept))
        assert list(read(row.digest, row.minutes).minutes) == kept


@pytest.mark.parametrize("distance_m", [inf, -inf, -5.0, 0.0, 1e300])
def test_a_changed_distance_that_nobody_could_say_is_refused(distance_m: float) -> None:
    with pytest.raises(OutsideError):
        Edit.of(["", None, None, distance_m, DistanceSource.TOLD.value, None, None])
