"""Speed as runners speak it: minutes for a kilometre or a mile, as each browser chose."""

from typing import Final

from starlette.requests import Request

KM_M: Final = 1000.0
MILE_M: Final = 1609.344
UNIT_COOKIE: Final = "footfall-unit"
"""`mile` for miles; anything else, and none, for kilometres."""
STANDING_MPS: Final = 0.3
"""Below this nobody moves, and a pace would be hours."""


def is_miles(request: Request) -> bool:
    """Tell whether a browser asked for miles."""
    return request.cookies.get(UNIT_COOKIE) == "mile"


def mi(distance_m: float) -> str:
    """Return a distance in miles: two decimals below 10, one above."""
    value = distance_m / MILE_M
    return f"{value:.{2 if round(value, 2) < 10.0 else 1}f} mi"


def pace_unit(*, miles: bool) -> str:
    """Return the unit of a pace."""
    return "min/mile" if miles else "min/km"


def pace(speed_mps: float, *, miles: bool) -> str:
    """Return a speed as a pace without its unit: `5:40`; a dash for who stands."""
    if speed_mps < STANDING_MPS:
        return "–"
    seconds = round((MILE_M if miles else KM_M) / speed_mps)
    return f"{seconds // 60}:{seconds % 60:02d}"
