"""What of a watch's track was run: a ride home with the watch going on is no part of it."""

from datetime import UTC, datetime

import numpy as np
import pytest

from footfall_gateway.store.run_watch import ran_m_of
from footfall_gateway.store.track import Placed, Track

RUN, SPRINT, PRAM = (3.0, 168.0), (9.0, 210.0), (3.0, 0.0)
CAR, BUS = (11.0, 0.0), (6.0, 20.0)


def track_of(*parts: tuple[float, float], has_cadence: bool = True, has_speed: bool = True) -> Track:
    """Return a track of parts of ten minutes, each with a speed in m/s and a cadence."""
    speed_mps, cadence_spm = (np.repeat([part[which] for part in parts], 600).astype(float) for which in (0, 1))
    t_s = np.arange(len(speed_mps), dtype=float)
    nowhere = np.full(len(t_s), np.nan)
    return Track(
        datetime(2026, 5, 3, 8, 15, tzinfo=UTC),
        "running",
        "digest",
        Placed(),
        t_s,
        cadence_spm if has_cadence else nowhere,
        np.cumsum(speed_mps),
        speed_mps if has_speed else nowhere,
        *[nowhere] * 4,
    )


@pytest.mark.parametrize("has_speed", [True, False])
@pytest.mark.parametrize("ride", [CAR, BUS])
def test_a_ride_home_is_no_running(ride: tuple[float, float], has_speed: bool) -> None:
    track = track_of(RUN, ride, has_speed=has_speed)
    assert ran_m_of(track, track.t_s)[-1] == pytest.approx(1800.0, rel=0.01)


def test_without_cadence_what_nobody_runs_is_a_ride() -> None:
    track = track_of(RUN, CAR, has_cadence=False)
    assert ran_m_of(track, track.t_s)[-1] == pytest.approx(1800.0, rel=0.01)


@pytest.mark.parametrize("part", [RUN, SPRINT, PRAM])
def test_whoever_runs_is_not_riding(part: tuple[float, float]) -> None:
    track = track_of(part)
    assert ran_m_of(track, track.t_s)[-1] == pytest.approx(600.0 * part[0], rel=0.01)
