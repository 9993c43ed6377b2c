"""*Live run*: each leg now and over the last quarter of an hour, every five seconds anew."""

from typing import Final

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from footfall_dashboards.grafana.frame import new_dashboard
from footfall_dashboards.grafana.influxql import (
    IN_TIME,
    OF_PLACEMENT,
    OF_RUNNER,
    ON_FOOT,
    SIDE_ALIAS,
    TRUSTED,
    UNCLIPPED,
    Target,
    placement_variable,
    runner_variable,
    select,
)
from footfall_dashboards.grafana.looks import (
    COLORS_OF_LEGS,
    IMPACT,
    NO_LIMIT,
    STRIKE_PATTERN,
    Look,
    described,
    described_impact,
    impact_variable,
    look_of,
    on_foot_only,
)
from footfall_dashboards.grafana.panels import curves, numbers, strike_targets
from footfall_processing.metrics.catalogue import CADENCE, CONTACT_TIME, SPEED, STRIKE_ANGLE, Metric

UID: Final = "footfall-live"

_IMPACT_LOOK: Final = Look("accG", 1)

_STEP: Final = "5s"
"""Some seven strides of a leg, and the time between two refreshes."""
_NOW_S: Final = 15
_EMPTY: Final = (
    "Empty when there were no strides just now: a pause, or the sensor or a part of the chain is away or behind."
)
_PAUSE_MS: Final = 60_000
"""A longer time without strides is a pause, over which no line is drawn."""


def live_run() -> Dashboard:
    """Make the dashboard."""
    return (
        new_dashboard(UID, "Live run", "A run while it happens, leg by leg.", "now-15m", "5s")
        .with_variable(runner_variable("stride"))
        .with_variable(placement_variable("stride"))
        .with_variable(impact_variable())
        .with_row(Row(f"Now: the last {_NOW_S} seconds"))
        .with_panel(
            numbers(
                "Impact",
                f"{described_impact()} {_EMPTY}",
                _IMPACT_LOOK,
                [_mean(IMPACT, by_leg=True)],
                over=f"{_NOW_S}s",
                nothing="no strides",
            )
        )
        .with_panel(_now(CONTACT_TIME, by_leg=True))
        .with_panel(_now(CADENCE))
        .with_panel(_now(SPEED))
        .with_row(Row("The last quarter of an hour"))
        .with_panel(
            curves(
                "Impact",
                described_impact(),
                _IMPACT_LOOK,
                [_mean(IMPACT, "time($__interval)", by_leg=True)],
                least_interval=_STEP,
                gap_ms=_PAUSE_MS,
            )
        )
        .with_panel(_lately(CONTACT_TIME))
        .with_panel(_lately(CADENCE))
        .with_panel(_lately(SPEED))
        .with_panel(_lately(STRIKE_ANGLE))
        .with_panel(
            curves(
                "Strike pattern",
                f"{STRIKE_PATTERN} Both legs together, half a minute at a time.",
                Look("percent", 0, low=0.0, high=100.0),
                strike_targets("window", [OF_RUNNER, OF_PLACEMENT, "\"window\" = '10s'", IN_TIME], "time(30s)", "none"),
                stacked=True,
                gap_ms=_PAUSE_MS,
            )
        )
    )


def _now(metric: Metric, *, by_leg: bool = False) -> stat.Panel:
    told = (COLORS_OF_LEGS, NO_LIMIT) if by_leg else ("Mean of the sensors.",)
    return numbers(
        metric.label,
        described(metric, *told, _EMPTY),
        look_of(metric),
        [_mean(metric.name, by_leg=by_leg, on_foot=on_foot_only(metric), alias=metric.label.lower())],
        over=f"{_NOW_S}s",
        nothing="no strides of a foot sensor" if on_foot_only(metric) else "no strides",
    )


def _lately(metric: Metric) -> timeseries.Panel:
    return curves(
        metric.label,
        described(metric, COLORS_OF_LEGS, NO_LIMIT),
        look_of(metric),
        [_mean(metric.name, "time($__interval)", by_leg=True, on_foot=on_foot_only(metric))],
        least_interval=_STEP,
        gap_ms=_PAUSE_MS,
    )


def _mean(field: str, *intervals: str, by_leg: bool, on_foot: bool = False, alias: str = "") -> Target:
    """Ask for the mean of the strides that enter averages."""
    where = [OF_RUNNER, ON_FOOT if on_foot else OF_PLACEMENT, TRUSTED, IN_TIME]
    if field == IMPACT:
        where.insert(3, UNCLIPPED)
    groups = [*intervals, *(["side"] if by_leg else [])]
    query = select(f'mean("{field}")', "stride", where, groups, "none" if intervals else None)
    return Target(query, alias=SIDE_ALIAS if by_leg else alias)
