"""A runner's log for tests, written down in few words."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from footfall_coaching.answers import Pain, PainSite, Phase, Sign, SignNote
from footfall_coaching.run import DistanceSource, Run
from footfall_processing.session import Side

NOW: Final = datetime(2026, 6, 15, 18, 0, tzinfo=UTC)
DAY: Final = timedelta(days=1)


def run(days_ago: float, distance_m: float | None = 8000.0, name: str = "", *, is_demo: bool = False) -> Run:
    """Return a run of an hour that began so long before `NOW`."""
    return Run(
        name or f"run-{days_ago:g}",
        NOW - days_ago * DAY,
        3600.0,
        3600.0,
        0.0,
        distance_m,
        None if distance_m is None else DistanceSource.SENSORS,
        None,
        "Ada",
        "",
        "",
        is_demo,
        (),
        (),
    )


def felt(of: Run, level: int, phase: Phase = Phase.DURING, *, hours_after: float = 1.0, knee: bool = True) -> Pain:
    """Return how much the right knee, or the left shin, hurt, told so long after the run's end."""
    assert of.started_utc is not None
    told = of.started_utc + timedelta(seconds=of.duration_s, hours=hours_after)
    return _pain(of.session_id, told, phase, level, knee=knee)


def morning(days_ago: float, level: int, *, knee: bool = True) -> Pain:
    """Return how much it hurt on the morning of a day without a run."""
    told = (NOW - days_ago * DAY).replace(hour=7)
    return _pain("", told, Phase.MORNING, level, knee=knee)


def noted(sign: Sign, of: Run | None = None, days_ago: float = 0.0) -> SignNote:
    """Return a sign, told of a run or of a day."""
    return SignNote("Ada", "" if of is None else of.session_id, NOW - days_ago * DAY, sign)


def _pain(session_id: str, told: datetime, phase: Phase, level: int, *, knee: bool) -> Pain:
    if level == 0:
        return Pain("Ada", session_id, told, phase, None, None, 0)
    site, side = (PainSite.KNEE, Side.RIGHT) if knee else (PainSite.SHIN, Side.LEFT)
    return Pain("Ada", session_id, told, phase, site, side, level)


def newest_first(runs: Sequence[Run]) -> list[Run]:
    """Return runs as the log gives them."""
    return sorted(runs, key=lambda one: one.started_utc or NOW, reverse=True)
