"""How long red stops a plan: until the light was told to be green on two days, with no amber between them."""

from datetime import date
from typing import Final, TypeAlias

from footfall_coaching.light_rule import Colour

GREEN_DAYS: Final = 2

Stop: TypeAlias = tuple[date, ...] | None
"""`None` while nothing stops; after red, the days on which the light has been green since."""


def stop_after(stop: Stop, colour: Colour, day: date, *, is_answered: bool = True) -> Stop:
    """Return what stops after a light was told; green makes a green day where something was answered on it."""
    if colour is Colour.RED:
        return ()
    if stop is None or colour is Colour.UNKNOWN or (colour is Colour.GREEN and not is_answered):
        return stop
    if colour is Colour.AMBER:
        return ()
    greens = stop if day in stop else (*stop, day)
    return None if len(greens) >= GREEN_DAYS else greens
