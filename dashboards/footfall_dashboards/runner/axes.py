"""Axes of charts: round numbers, minutes, kilometres, paces and dates, a few of each."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

FEW: Final = 5
"""About how many ticks an axis has."""
DAY_S: Final = 86400.0


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis spans, in its own unit, and which of its values are written beside it."""

    label: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]

    def part(self, value: float) -> float:
        """Return where a value lies between the ends: 0 at the low one, 1 at the high one."""
        return (value - self.low) / (self.high - self.low)


def numbers(label: str, values: Sequence[float], *, least_span: float = 1.0, from_zero: bool = False) -> Axis:
    """Return an axis that holds all values, with ends that are ticks.

    Parameters
    ----------
    least_span
        So much it spans at the least, so that chance does not look like change.
    """
    low, high = (min(values), max(values)) if values else (0.0, least_span)
    if from_zero:
        low = min(0.0, low)
    lack = least_span - (high - low)
    if lack > 0.0:
        low, high = (low, high + lack) if from_zero else (low - lack / 2.0, high + lack / 2.0)
    step = _round_step((high - low) / (FEW - 1))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = [(number * step, f"{number * step:.{places}f}".replace("-", "−")) for number in range(first, last + 1)]
    return Axis(label, first * step, last * step, ticks)


def minutes(begin_s: float, end_s: float) -> Axis:
    """Return an axis of session time, which is told in minutes."""
    end_s = max(end_s, begin_s + 60.0)
    step_s = next((60.0 * m for m in (1, 2, 5, 10, 15, 20, 30, 60) if (end_s - begin_s) / (60.0 * m) <= 6.0), 7200.0)
    first, last = math.ceil(begin_s / step_s - 1e-9), math.floor(end_s / step_s + 1e-9)
    return Axis("min", begin_s, end_s, [(n * step_s, f"{n * step_s / 60.0:.0f}") for n in range(first, last + 1)])


def distances(label: str, begin: float, end: float) -> Axis:
    """Return an axis of the way, in the unit that its label names."""
    end = max(end, begin + 0.1)
    step = next((s for s in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0) if (end - begin) / s <= 6.0), 20.0)
    first, last = math.ceil(begin / step - 1e-9), math.floor(end / step + 1e-9)
    return Axis(label, begin, end, [(n * step, f"{n * step:g}") for n in range(first, last + 1)])


def paces(label: str, speeds_mps: Sequence[float], length_m: float) -> Axis:
    """Return an axis of speed, told as time for `length_m`; faster is higher."""
    low, high = (min(speeds_mps), max(speeds_mps)) if speeds_mps else (2.5, 3.5)
    low, high = 0.97 * low, 1.03 * high
    slow_s, fast_s = length_m / low, length_m / high
    steps = (300.0, 120.0, 60.0, 30.0, 15.0, 10.0, 5.0, 2.0)
    step_s = next((s for s in steps if slow_s // s - -(-fast_s // s) >= 2.0), 1.0)
    paces_s = [n * step_s for n in range(math.ceil(fast_s / step_s), math.floor(slow_s / step_s) + 1)]
    return Axis(label, low, high, [(length_m / pace_s, clock(pace_s)) for pace_s in reversed(paces_s)])


def dates(begin: datetime, end: datetime, zone: tzinfo) -> Axis:
    """Return an axis of days, in seconds since the epoch, with the first days of months or years as ticks."""
    days = (end - begin).total_seconds() / DAY_S
    first = begin.astimezone(zone)
    ticks: list[tuple[float, str]] = []
    if days <= 35.0:
        when = datetime(first.year, first.month, first.day, tzinfo=zone)
        while when <= end:
            if when >= begin:
                ticks.append((when.timestamp(), f"{when.day} {when:%b}"))
            when += timedelta(days=7)
    else:
        every = next((m for m in (1, 2, 3, 6, 12) if days / 30.44 / m <= 5.0), 24)
        year, month = first.year, 1
        while (when := datetime(year, month, 1, tzinfo=zone)) <= end:
            if when >= begin:
                named = f"{when:%Y}" if every >= 12 or (month == 1 and days > 180.0) else f"{when:%b}"
                ticks.append((when.timestamp(), named))
            year, month = (year + (month - 1 + every) // 12, (month - 1 + every) % 12 + 1)
    return Axis("", begin.timestamp(), max(end.timestamp(), begin.timestamp() + DAY_S), ticks)


def clock(seconds: float) -> str:
    """Return minutes and seconds: `5:30`."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def placed(axis: Axis, begin: float, end: float) -> Callable[[float], float]:
    """Return what puts a value of the axis on a drawing, from `begin` for its low end to `end`."""
    return lambda value: begin + (end - begin) * axis.part(value)


def _round_step(least: float) -> float:
    """Return the least round step from `least` on: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-9)))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= least * (1.0 - 1e-9))
