"""Numbers as runners speak them: minutes a kilometre or a mile, kilometres, days."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from starlette.requests import Request

METRES_A_MILE: Final = 1609.344
PACE_COOKIE: Final = "footfall-pace"
SLOWEST_MPS: Final = 0.2
"""Below this nobody moves, and a pace would be hours."""


class Pace(StrEnum):
    """Of what a pace is told in minutes; its value as it is written."""

    KM = "min/km"
    MILE = "min/mile"

    @property
    def metres(self) -> float:
        """How far that is."""
        return 1000.0 if self is Pace.KM else METRES_A_MILE


def pace_of(request: Request) -> Pace:
    """Return the pace that this browser chose."""
    return Pace.MILE if request.cookies.get(PACE_COOKIE) == Pace.MILE.name.lower() else Pace.KM


def pace_words(speed_mps: float | None, pace: Pace, *, unit: bool = True) -> str:
    """Return a speed as a pace: `5:40 min/km`; a dash where there is none."""
    if speed_mps is None or speed_mps < SLOWEST_MPS:
        return "–"
    seconds = round(pace.metres / speed_mps)
    return f"{seconds // 60}:{seconds % 60:02d}" + (f" {pace.value}" if unit else "")


def km_words(distance_m: float | None) -> str:
    """Return a distance: two decimals below 10 km and one above; a dash where it is not known."""
    if distance_m is None:
        return "–"
    km = distance_m / 1000.0
    return f"{km:.2f} km" if round(km, 2) < 10.0 else f"{km:.1f} km"


def duration_words(duration_s: float) -> str:
    """Return a duration to the second: `42:07`, or `1:02:03` from an hour on."""
    whole = round(duration_s)
    hours, minutes, seconds = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def day_words(when: datetime, now: datetime) -> str:
    """Return a day, both moments being on the runner's clock: today, yesterday, a weekday within a week, or a date."""
    days = (now.date() - when.date()).days
    if days == 0:
        return "today"
    if days == 1:
        return "yesterday"
    if 1 < days < 7:
        return f"{when:%A}"
    return f"{when:%a} {when.day} {when:%b}" + ("" if when.year == now.year else f" {when.year}")
