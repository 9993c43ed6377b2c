"""Whether two groups of runs differ by more than chance, and by how much."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from footfall_coaching.student_t import quantile, tail


@dataclass(frozen=True, slots=True)
class Shift:
    """How much higher the mean of later values is than that of earlier ones.

    Parameters
    ----------
    mean
        The difference.
    half_width
        Of its 95 % interval.
    p_value
        How often chance alone makes a difference as large, to either side.
    """

    mean: float
    half_width: float
    p_value: float


def shift(earlier: Sequence[float], later: Sequence[float]) -> Shift:
    """Compare two groups of at least two values by Welch's test, which takes neither spread for the other's.

    Welch 1947, doi:10.1093/biomet/34.1-2.28. Each value is one run: runs are independent, the strides of a run are not.
    """
    parts = [variance(values) / len(values) for values in (earlier, later)]
    mean, squared = fmean(later) - fmean(earlier), sum(parts)
    if squared == 0.0:
        return held_against(mean, 0.0, 1.0)
    freedom = squared**2 / sum(
        part**2 / (len(values) - 1) for part, values in zip(parts, (earlier, later), strict=True)
    )
    return held_against(mean, math.sqrt(squared), freedom)


def held_against(mean: float, error: float, freedom: float) -> Shift:
    """Return a difference of means with its interval and chance, by Student's t."""
    if error == 0.0:
        return Shift(mean, 0.0, 1.0 if mean == 0.0 else 0.0)
    return Shift(mean, half_width(error, freedom), 2.0 * tail(abs(mean) / error, freedom))


def half_width(error: float, freedom: float) -> float:
    """Return half of the 95 % interval of a mean with a standard error, by Student's t."""
    return error * quantile(0.025, freedom)


def percent(log_ratio: float) -> float:
    """Return the logarithm of a ratio as a change in percent."""
    return 100.0 * math.expm1(log_ratio)


def signed(value: float) -> str:
    """Return a change as a whole number with its sign; none before 0."""
    whole = round(value)
    return f"{whole:+d}".replace("-", "−") if whole else "0"
