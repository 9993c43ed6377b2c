"""What may be set right of a run afterwards, in which bounds and words, whoever asks: pages or commands."""

from datetime import UTC, datetime, tzinfo
from typing import Final

from footfall_processing.errors import InputError
from footfall_processing.plain_number import plain_number
from footfall_processing.plain_text import shown

MOST_CHARACTERS: Final = 100
"""Of a title, or a shoe's name."""
FARTHEST_M: Final = 1_000_000.0
"""A distance beyond is a slip of the finger."""
EARLIEST_YEAR: Final = 1980


def line_from(text: str, what: str) -> str:
    """Return a line as it is kept, without blanks around it; letters of all scripts and emoji are text.

    Raises
    ------
    InputError
        When it is longer than `MOST_CHARACTERS`, or has what nobody sees.
    """
    line = text.strip()
    if len(line) > MOST_CHARACTERS:
        raise InputError(f"{what} has at most {MOST_CHARACTERS} characters, and this has {len(line)}")
    if shown(line) != line:
        raise InputError(f"{what} is one line, and this has characters that nobody sees; type it anew")
    return line


def distance_m_from(text: str, unit_m: float, unit: str) -> float | None:
    """Return a distance in metres from one in a unit that is so long, with a comma or a point; `None` from nothing.

    Raises
    ------
    InputError
        When it is no distance, or not above 0 and up to `FARTHEST_M`.
    """
    given = text.strip()
    if not given:
        return None
    number = plain_number(given)
    if number is None:
        raise InputError(f"{shown(given[:MOST_CHARACTERS])!r} is no distance in {unit}, such as 8.5")
    distance_m = number * unit_m
    if not 0.0 < distance_m <= FARTHEST_M:
        raise InputError(f"a distance is above 0 and up to {FARTHEST_M / unit_m:.0f} {unit}, and this is {given[:20]}")
    return distance_m


def beginning_from(text: str, zone: tzinfo, now: datetime) -> datetime:
    """Return when a run began, in UTC, from a date and time; without a zone it is the runner's clock.

    Of an hour that came twice, as clocks went back, it is the first one.

    Raises
    ------
    InputError
        When it is no date and time, was skipped as clocks went forward, or is not before `now`.
    """
    given = text.strip()
    try:
        when = datetime.fromisoformat(given)
        began_utc = (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(f"{shown(given[:MOST_CHARACTERS])!r} is no date and time, such as 2026-05-03T08:15") from None
    if when.tzinfo is None and began_utc.astimezone(zone).replace(tzinfo=None, fold=0) != when.replace(fold=0):
        raise InputError(
            f"{when:%H:%M} was skipped on {when:%Y-%m-%d}, as clocks went forward; give the time before or after"
        )
    if began_utc.year < EARLIEST_YEAR or began_utc > now:
        raise InputError(f"a run begins after {EARLIEST_YEAR} and before now, and this is {given}")
    return began_utc
