"""How far a number may be off, in words for whoever reads it: what was measured, and what the catalogue knows besides.

The figures are those of "What you may expect" in docs/validation.md; a test holds them to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from footfall_processing.metrics.catalogue import (
    CADENCE,
    CONTACT_TIME,
    PEAK_ACC,
    PEAK_TIBIAL_ACC,
    SPEED,
    STRIDE_LENGTH,
    STRIKE_ANGLE,
    Metric,
)
from footfall_processing.session import Placement


@dataclass(frozen=True, slots=True)
class Expected:
    """How far a runner's mean is off: typically, and where 95 of 100 new runners lie.

    Parameters
    ----------
    typical, low, high
        As docs/validation.md writes them; of peaks the model's mean error and its standard deviation, without `high`.
    """

    typical: str
    low: str = ""
    high: str = ""
    unit: str = ""


EXPECTED: Final[Mapping[tuple[str, Placement], Expected]] = {
    (CADENCE.name, Placement.FOOT): Expected("0.03", unit="steps/min"),
    (CADENCE.name, Placement.SHANK): Expected("0.10", unit="steps/min"),
    (CONTACT_TIME.name, Placement.FOOT): Expected("3.6", "−8.6", "10.1", "ms"),
    (CONTACT_TIME.name, Placement.SHANK): Expected("5.2", "−14.5", "12.9", "ms"),
    (STRIKE_ANGLE.name, Placement.FOOT): Expected("1.6", "−4.2", "4.5", "°"),
    (STRIDE_LENGTH.name, Placement.FOOT): Expected("1.3", "−3.4", "3.6", "cm"),
    (SPEED.name, Placement.FOOT): Expected("0.018", "−0.047", "0.049", "m/s"),
    (PEAK_ACC.name, Placement.FOOT): Expected("−5.3", "3.8", unit="%"),
    (PEAK_ACC.name, Placement.SHANK): Expected("−2.5", "1.2", unit="%"),
    (PEAK_TIBIAL_ACC.name, Placement.SHANK): Expected("−3.2", "1.6", unit="%"),
}


def short_error(metric: Metric, placement: Placement) -> str:
    """Say in a few words how far a runner's mean is typically off; that nobody knows, where nobody does."""
    found = EXPECTED.get((metric.name, placement))
    if found is None:
        return "not known"
    if metric.is_peak:
        return f"{found.typical} ± {found.low} % (model)"
    unit = found.unit if found.unit == "°" else f" {found.unit}"
    return f"± {found.typical}{unit}"


def error_words(metric: Metric, placement: Placement) -> str:
    """Say how far a metric may be off, and where it does not hold."""
    found = EXPECTED.get((metric.name, placement))
    told = []
    if found is not None and metric.is_peak:
        told.append(
            f"Held against a model runner, it reads {found.typical} % on average (standard deviation {found.low} %); "
            "no people were measured."
        )
    elif found is not None:
        unit = found.unit if found.unit == "°" else f" {found.unit}"
        told.append(f"A runner's mean is typically off by {found.typical}{unit}")
        told[0] += f"; 95 of 100 runners lie within {found.low} and {found.high}{unit}." if found.high else "."
        told.append("The error stays much the same for one runner, so changes are seen better than that.")
    if not metric.known_error.startswith("See docs/"):
        told.append(metric.known_error)
    if metric.limits:
        told.append(metric.limits)
    return " ".join(told) or "How far it may be off is not known."
