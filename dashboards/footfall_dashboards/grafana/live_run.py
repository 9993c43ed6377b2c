"""*Live run*: each leg now and over the last quarter of an hour, every five seconds anew."""

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from footfall_dashboards.grafana.frame import new_dashboard
from footfall_dashboards.grafana.influxql import (
    IN_TIME,
    OF_PLACEMENT,
    OF_RUNNER,
    SIDE_ALIAS,
    TRUSTED,
    Target,
    placement_variable,
    runner_variable,
    select,
)
from footfall_dashboards.grafana.panels import (
    COLORS_OF_LEGS,
    IMPACT,
    NO_LIMIT,
    STRIKE_PATTERN,
    Look,
    curves,
    described,
    described_impact,
    impact_variable,
    look_of,
    numbers,
    strike_targets,
)
from footfall_processing.metrics.catalogue import STRIDE_METRICS

UID: Final = "footfall-live"

_NOW: Final = [OF_RUNNER, TRUSTED, IN_TIME]
_HERE: Final = [OF_RUNNER, OF_PLACEMENT, TRUSTED, IN_TIME]
_CADENCE: Final = STRIDE_METRICS["cadence_spm"]
_CONTACT: Final = STRIDE_METRICS["contact_time_s"]
_SPEED: Final = STRIDE_METRICS["speed_mps"]
_STRIKE: Final = STRIDE_METRICS["foot_strike_angle_deg"]


def live_run() -> Dashboard:
    """Make the dashboard."""
    return (
        new_dashboard(UID, "Live run", "A run while it happens, leg by leg.", "now-15m", "5s")
        .with_variable(runner_variable("stride"))
        .with_variable(placement_variable("stride"))
        .with_variable(impact_variable())
        .with_row(Row("Now: the last ten seconds"))
        .with_panel(numbers("Impact", described_impact(), Look("accG", 1), [_lately(IMPACT, "10s")], sparkline=True))
        .with_panel(
            numbers(
                "Contact time",
                described(_CONTACT, COLORS_OF_LEGS, NO_LIMIT),
                look_of(_CONTACT),
                [_lately(_CONTACT.name, "10s")],
                sparkline=True,
            )
        )
        .with_panel(
            numbers(
                "Cadence",
                described(_CADENCE, "Mean of the sensors."),
                look_of(_CADENCE),
                [Target(_mean(_CADENCE.name, "10s", []), alias="cadence")],
                sparkline=True,
            )
        )
        .with_panel(
            numbers(
                "Speed",
                described(_SPEED, "Needs a foot sensor. Mean of the sensors."),
                look_of(_SPEED),
                [Target(select(f'mean("{_SPEED.name}")', "stride", _NOW, ["time(10s)"], "none"), alias="speed")],
                sparkline=True,
            )
        )
        .with_row(Row("The last quarter of an hour"))
        .with_panel(curves("Impact", described_impact(), Look("accG", 1), [_lately(IMPACT, "$__interval")]))
        .with_panel(
            curves(
                "Contact time",
                described(_CONTACT, COLORS_OF_LEGS, NO_LIMIT),
                look_of(_CONTACT),
                [_lately(_CONTACT.name, "$__interval")],
            )
        )
        .with_panel(
            curves(
                "Cadence",
                described(_CADENCE, COLORS_OF_LEGS, NO_LIMIT),
                look_of(_CADENCE),
                [_lately(_CADENCE.name, "$__interval")],
            )
        )
        .with_panel(
            curves(
                "Foot strike angle",
                described(_STRIKE, "Needs a foot sensor.", COLORS_OF_LEGS, NO_LIMIT),
                look_of(_STRIKE),
                [
                    Target(
                        select(f'mean("{_STRIKE.name}")', "stride", _NOW, ["time($__interval)", "side"], "none"),
                        alias=SIDE_ALIAS,
                    )
                ],
            )
        )
        .with_panel(
            curves(
                "Strike pattern",
                f"{STRIKE_PATTERN} Half a minute at a time.",
                Look("percent", 0, low=0.0, high=100.0),
                strike_targets("window", [OF_RUNNER, OF_PLACEMENT, "\"window\" = '10s'", IN_TIME], "time(30s)"),
                stacked=True,
            )
        )
        .with_panel(
            curves(
                "Speed",
                described(_SPEED, "Needs a foot sensor.", COLORS_OF_LEGS),
                look_of(_SPEED),
                [
                    Target(
                        select(f'mean("{_SPEED.name}")', "stride", _NOW, ["time($__interval)", "side"], "none"),
                        alias=SIDE_ALIAS,
                    )
                ],
            )
        )
    )


def _mean(field: str, interval: str, tags: list[str]) -> str:
    return select(f'mean("{field}")', "stride", _HERE, [f"time({interval})", *tags], "none")


def _lately(field: str, interval: str) -> Target:
    return Target(_mean(field, interval, ["side"]), alias=SIDE_ALIAS)
