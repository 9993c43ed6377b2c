"""How numbers look: units, colours, and what panels say of them, from the metric catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from grafana_foundation_sdk.builders.dashboard import CustomVariable
from grafana_foundation_sdk.models.dashboard import VariableOption

from footfall_processing.gait import Strike
from footfall_processing.metrics.catalogue import PEAK_ACC, PEAK_TIBIAL_ACC, Metric
from footfall_processing.session import Placement

GRAFANA_UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "": "none",
        "s": "s",
        "m": "lengthm",
        "m/s": "velocityms",
        "g": "accG",
        "°": "degree",
        "°/s": "rotdegs",
        "steps/min": "suffix: steps/min",
        "kN/m": "suffix: kN/m",
        "%": "percent",
    }
)
"""Grafana's name for each unit of the catalogue; it turns 0.241 s into 241 ms by itself."""

SERIES_COLORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "left": "#5794F2",
        "right": "#FF9830",
        "rearfoot": "#8F3BB8",
        "midfoot": "#37B0A5",
        "forefoot": "#FADE2A",
    }
)
"""Blue is left and orange is right, as on the live page; a strike pattern keeps its colour too."""

FOOT_STRIKES: Final = (Strike.REARFOOT, Strike.MIDFOOT, Strike.FOREFOOT)
"""What a pattern is made of; a shank sensor tells no more than that some strides were rearfoot."""

BOTH_LEGS: Final = "#B7BAC4"
"""Grey is what is of both legs, or of neither: green, amber and red are kept for limits."""

GREEN: Final = "green"
AMBER: Final = "orange"
RED: Final = "red"

IMPACT: Final = "$impact"
"""The field that the variable `impact` names."""

COLORS_OF_LEGS: Final = "Blue is left, orange is right."
STRIKE_PATTERN: Final = (
    "Share of strides that land on the rearfoot (violet), midfoot (teal) or forefoot (yellow; Altman & Davis 2012, "
    "doi:10.1016/j.gaitpost.2011.09.104). Needs a foot sensor. No pattern is better than another."
)
NEEDS_FOOT: Final = "Needs a foot sensor."
NO_LIMIT: Final = "Coloured by leg only: there is no agreed limit, so compare with the runner's own usual."


@dataclass(frozen=True, slots=True)
class Look:
    """How a number is shown.

    Parameters
    ----------
    unit, decimals
        Grafana's unit, and the digits after the point.
    steps
        From which value on it has which colour, lowest first; the first colour is for all below. Empty for no colours.
    low, high
        The axis' or the share's ends, where they are fixed.
    soft
        Ends that the axis has at least, so that a small change does not look like a large one.
    """

    unit: str
    decimals: int
    steps: tuple[tuple[float | None, str], ...] = ()
    low: float | None = None
    high: float | None = None
    soft: tuple[float, float] | None = None


def look_of(metric: Metric) -> Look:
    """Show a metric as the catalogue says."""
    return Look(GRAFANA_UNITS[metric.unit], metric.decimals)


def on_foot_only(metric: Metric) -> bool:
    """Whether no sensor on the shank gives it."""
    return Placement.SHANK not in metric.sites


def described(metric: Metric, *more: str) -> str:
    """Say what a metric is, how sure it is and what it does not mean."""
    needs = NEEDS_FOOT if on_foot_only(metric) else ""
    told = (metric.definition, metric.limits, f"Error: {metric.known_error}", needs, *more)
    return " ".join(text for text in told if text)


def described_impact() -> str:
    """Say what both impacts are: the panel shows the one chosen above."""
    return (
        f"{PEAK_ACC.definition} With «along the shin»: "
        f"{PEAK_TIBIAL_ACC.definition} {COLORS_OF_LEGS} {NO_LIMIT} "
        "Compare only the same sensor, place, strap and sampling rate."
    )


def impact_variable() -> CustomVariable:
    """Which peak is shown as impact."""
    choices = [("In any direction", PEAK_ACC.name), ("Along the shin", PEAK_TIBIAL_ACC.name)]
    return (
        CustomVariable("impact")
        .label("Impact")
        .description("The peak in any direction (every sensor), or along the shin (shank sensors with a gyroscope).")
        .values(", ".join(f"{text} : {value}" for text, value in choices))
        .options([VariableOption(selected=not n, text=text, value=value) for n, (text, value) in enumerate(choices)])
        .current(VariableOption(selected=True, text=choices[0][0], value=choices[0][1]))
    )
