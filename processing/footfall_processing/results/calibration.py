"""A runner's own length gain: what known distances or speeds say about the measured ones.

Stride lengths from a shoe carry an error that belongs to runner, shoe and mounting and stays much the same: a gain near
one. Personal calibration takes it out: the spread of the bias between runners fell from 0.11 to 0.01 m/s in Falbriard
et al. 2021, doi:10.3389/fspor.2021.585809. Known are a track's distance, a treadmill's speed, or GPS on open ground.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray
from footfall_processing.session import LENGTH_GAIN_LIMITS

PRIOR_SD: Final = 0.05
"""How far gains of runners lie from one another: what a runner's gain may be before anything is known of it."""

OUTLIER_SDS: Final = 1.5
"""Differences beyond this many standard deviations count with less than their square (soft L1 loss)."""


@dataclass(frozen=True, slots=True)
class KnownLength:
    """One stretch of which the truth is known.

    Parameters
    ----------
    measured_m
        Sum of stride lengths on the stretch, uncalibrated; or a measured mean speed in m/s.
    known_m
        The true distance; or the true speed.
    known_sd_m
        How sure the truth is, as a standard deviation: tape 0.1 %, treadmill 1 %, GPS 2 to 3 % of it.

    Raises
    ------
    InputError
        When a value is not above 0.
    """

    measured_m: float
    known_m: float
    known_sd_m: float

    def __post_init__(self) -> None:
        if not (self.measured_m > 0.0 and self.known_m > 0.0 and self.known_sd_m > 0.0):
            raise InputError(
                f"calibration over {self.known_m} m (± {self.known_sd_m}), measured as {self.measured_m} m: "
                "distances and their uncertainty must be above 0"
            )


@dataclass(frozen=True, slots=True)
class LengthGain:
    """What stride lengths are multiplied by, and the standard deviation of that factor."""

    factor: float = 1.0
    sd: float = PRIOR_SD

    def __post_init__(self) -> None:
        low, high = LENGTH_GAIN_LIMITS
        if not low <= self.factor <= high:
            raise InputError(
                f"what is known is {self.factor:.2f} times what was measured, and strides are never so far off "
                f"({low} to {high} times): check the distance or speed, and that it is of this run"
            )


def length_gain(stretches: Iterable[KnownLength]) -> LengthGain:
    """Fit the gain to all stretches at once; a wrong one among several barely moves it.

    The scatter between stretches, where it is larger than their stated uncertainty, widens the result's. With no
    stretch the gain is one, as unsure as runners differ.

    Raises
    ------
    InputError
        When the gain comes out beyond `session.LENGTH_GAIN_LIMITS`.
    """
    known = list(stretches)
    ratio = np.array([stretch.known_m / stretch.measured_m for stretch in known])
    sd = np.array([stretch.known_sd_m / stretch.measured_m for stretch in known])
    if not known:
        return LengthGain()

    factor = robust_mean(ratio, sd)
    weight = _weights(ratio, sd, factor)
    excess = float(np.sum(weight * (ratio - factor) ** 2) / max(len(known) - 1, 1))
    variance = max(1.0, excess) / float(weight.sum())
    # what is known of runners in general holds the gain until the stretches outweigh it
    prior = 1.0 / PRIOR_SD**2
    combined = 1.0 / (1.0 / variance + prior)
    return LengthGain(combined * (factor / variance + prior), float(np.sqrt(combined)))


def _weights(values: FloatArray, sd: FloatArray, mean: float) -> FloatArray:
    """Return what the loss leaves to each value, as one over its variance."""
    return 1.0 / (sd**2 * np.sqrt(1.0 + ((values - mean) / (OUTLIER_SDS * sd)) ** 2))


def robust_mean(values: FloatArray, sd: FloatArray) -> float:
    """Return where the soft L1 loss is least: its one minimum, between the values, where their pulls cancel."""
    low, high = float(values.min()), float(values.max())
    while low < (middle := 0.5 * (low + high)) < high:
        pull = float(np.sum(_weights(values, sd, middle) * (values - middle)))
        low, high = (middle, high) if pull > 0.0 else (low, middle)
    return high
