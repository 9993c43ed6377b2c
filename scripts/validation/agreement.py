"""Statistics of agreement: which strides belong together, and how far their numbers are apart."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from footfall_processing.samples import FloatArray

MATCH_WITHIN_S: Final = 0.1
LIMITS_IN_SD: Final = 1.96
"""95 % of normally distributed differences (Bland & Altman 1986, doi:10.1016/S0140-6736(86)90837-8)."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Differences "Footfall minus reference": mean, standard deviation, 95 % limits, mean and mean square sizes."""

    n: int
    bias: float
    sd: float
    mae: float
    rmse: float

    @property
    def lower(self) -> float:
        """Lower 95 % limit of agreement."""
        return self.bias - LIMITS_IN_SD * self.sd

    @property
    def upper(self) -> float:
        """Upper 95 % limit of agreement."""
        return self.bias + LIMITS_IN_SD * self.sd


def agreement(differences: Iterable[float]) -> Agreement:
    """Summarise differences; the standard deviation of fewer than two is NaN, all else of none too."""
    values = list(differences)
    bias = math.fsum(values) / max(len(values), 1)
    sd = math.sqrt(math.fsum((v - bias) ** 2 for v in values) / (len(values) - 1)) if len(values) > 1 else math.nan
    if not values:
        return Agreement(0, math.nan, math.nan, math.nan, math.nan)
    mae = math.fsum(abs(v) for v in values) / len(values)
    rmse = math.sqrt(math.fsum(v * v for v in values) / len(values))
    return Agreement(len(values), bias, sd, mae, rmse)


def match(reference_s: Sequence[float] | FloatArray, found_s: Sequence[float] | FloatArray) -> list[tuple[int, int]]:
    """Pair instants one to one, the nearest first, none further apart than `MATCH_WITHIN_S`.

    Returns
    -------
    list
        Pairs of an index into `reference_s` and one into `found_s`, in order of the reference.
    """
    apart = np.abs(np.subtract.outer(np.asarray(reference_s, float), np.asarray(found_s, float)))
    near = np.argwhere(apart <= MATCH_WITHIN_S)
    near = near[np.argsort(apart[near[:, 0], near[:, 1]], kind="stable")]
    taken_reference: set[int] = set()
    taken_found: set[int] = set()
    pairs = []
    for i, j in near.tolist():
        if i not in taken_reference and j not in taken_found:
            taken_reference.add(i)
            taken_found.add(j)
            pairs.append((i, j))
    return sorted(pairs)
