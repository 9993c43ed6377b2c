"""*Session*: one run by kilometre, minute or five minutes, left against right, with its drift."""

from collections.abc import Sequence
from typing import Final

from grafana_foundation_sdk.builders import stat, table, trend
from grafana_foundation_sdk.builders.dashboard import CustomVariable, Dashboard, Row
from grafana_foundation_sdk.models.dashboard import VariableOption

from footfall_dashboards.grafana.frame import new_dashboard
from footfall_dashboards.grafana.influxql import (
    OF_ONE_SENSOR,
    OF_PLACEMENT,
    OF_RUNNER,
    OF_SESSION,
    ON_FOOT,
    RUNNING,
    SIDE_ALIAS,
    WHOLE,
    Target,
    has,
    placement_variable,
    runner_variable,
    select,
    tag_variable,
)
from footfall_dashboards.grafana.looks import (
    COLORS_OF_LEGS,
    FOOT_STRIKES,
    GRAFANA_UNITS,
    IMPACT,
    NEEDS_FOOT,
    NO_LIMIT,
    STRIKE_PATTERN,
    Look,
    described,
    described_impact,
    impact_variable,
    look_of,
    on_foot_only,
)
from footfall_dashboards.grafana.panels import along_run, column, numbers, rows
from footfall_processing.gait import Strike
from footfall_processing.metrics.catalogue import (
    CADENCE,
    CONTACT_TIME,
    DRIFTING,
    PEAK_ACC,
    PEAK_TIBIAL_ACC,
    SPEED,
    STRIKE_ANGLE,
    Metric,
)
from footfall_processing.metrics.session_catalogue import SESSION_METRICS
from footfall_processing.session import Side

UID: Final = "footfall-session"

_RUN: Final = [OF_RUNNER, OF_SESSION, RUNNING]
_BOTH: Final = [OF_RUNNER, OF_SESSION, WHOLE]
_HERE: Final = [*_RUN, OF_PLACEMENT]
_ONE: Final = [*_RUN, OF_ONE_SENSOR]
_SPLIT: Final = "\"window\" = '$split'"
_IMPACT_LOOK: Final = Look("accG", 1)
_SHARE: Final = SESSION_METRICS["left_share_percent"]
_DRIFT: Final = SESSION_METRICS["drift"]


def session() -> Dashboard:
    """Make the dashboard."""
    sessions = tag_variable(
        "session", "Session", "Which run; the newest comes first.", "session", [OF_RUNNER], newest_first=True
    )
    return (
        new_dashboard(UID, "Session", "One run, whatever the time range: choose it above.", "now-12w/w")
        .with_variable(runner_variable("session"))
        .with_variable(sessions)
        .with_variable(placement_variable("window"))
        .with_variable(impact_variable())
        .with_variable(_split_variable())
        .with_row(Row("The whole run"))
        .with_panel(
            numbers(
                "Begin",
                "When the session began, in the time zone that Grafana shows; its name above has it in UTC.",
                Look("time:ddd D MMM YYYY, HH:mm", 0),
                [Target(select('"duration_s"', "session", _BOTH), as_table=True)],
                width=4,
                height=4,
                field="Time",
            )
        )
        .with_panel(
            _number(
                "Distance",
                f"Sum of the strides' lengths while running; stretches without data are missing. {NEEDS_FOOT}",
                Look("lengthm", 2),
                select('max("total_distance_m")', "session", _BOTH),
            )
        )
        .with_panel(
            _number(
                "Duration",
                "From the first stride to the last, pauses and walking included.",
                Look("dthms", 0),
                select('max("duration_s")', "session", _BOTH),
            )
        )
        .with_panel(
            _number(
                "Pace",
                "Time for a kilometre at the median speed of running, hours:minutes:seconds. "
                f"Error: {SPEED.known_error} {NEEDS_FOOT}",
                Look("dthms", 0),
                select(f'1000 / mean("{SPEED.name}")', "session", _RUN),
            )
        )
        .with_panel(
            _number(
                "Cadence",
                described(CADENCE, "Median over the run."),
                look_of(CADENCE),
                select(f'mean("{CADENCE.name}")', "session", _HERE),
            )
        )
        .with_panel(
            _number(
                "Left share of contact time",
                f"{_SHARE.definition} {_SHARE.limits} Needs a sensor on each leg.",
                Look("percent", 1),
                select(f'mean("{CONTACT_TIME.name}_left_share_percent")', "session", _BOTH),
            )
        )
        .with_panel(_whole("Impact", described_impact(), _IMPACT_LOOK, IMPACT, _HERE))
        .with_panel(_whole_of(CONTACT_TIME))
        .with_panel(_whole_of(STRIKE_ANGLE))
        .with_row(Row("How it changed along the run"))
        .with_panel(along_run("Impact", described_impact(), _IMPACT_LOOK, _legs(IMPACT)))
        .with_panel(_along(CONTACT_TIME))
        .with_panel(_along(CADENCE))
        .with_panel(_along(SPEED, "It moves all the other numbers: read them beside it."))
        .with_panel(_along(STRIKE_ANGLE, width=8))
        .with_panel(_strikes(Side.LEFT))
        .with_panel(_strikes(Side.RIGHT))
        .with_row(Row("Drift and splits"))
        .with_panel(_drift_table())
        .with_panel(_split_table())
    )


def _split_variable() -> CustomVariable:
    choices = [("5 minutes", "5min"), ("Kilometre", "1km"), ("Minute", "1min")]
    return (
        CustomVariable("split")
        .label("Cut by")
        .description("How the run is cut; by kilometre needs a foot sensor.")
        .values(", ".join(f"{text} : {value}" for text, value in choices))
        .options([VariableOption(selected=not n, text=text, value=value) for n, (text, value) in enumerate(choices)])
        .current(VariableOption(selected=True, text=choices[0][0], value=choices[0][1]))
    )


def _number(title: str, description: str, look: Look, query: str) -> stat.Panel:
    return numbers(title, description, look, [Target(query, alias=title.lower())], width=4, height=4)


def _whole(title: str, description: str, look: Look, field: str, where: Sequence[str]) -> stat.Panel:
    return numbers(
        title,
        description,
        look,
        [Target(select(f'mean("{field}")', "session", where, ["side"]), alias=SIDE_ALIAS)],
        width=8,
        height=4,
    )


def _whole_of(metric: Metric) -> stat.Panel:
    where = [*_RUN, ON_FOOT] if on_foot_only(metric) else _HERE
    told = described(metric, "Median over the run.", COLORS_OF_LEGS, NO_LIMIT)
    return _whole(metric.label, told, look_of(metric), metric.name, where)


def _along(metric: Metric, *more: str, width: int = 12) -> trend.Panel:
    # of shins there are rows without a value: with none at all, Grafana would say that it misses the field `minute`
    return along_run(
        f"{metric.label} (foot sensor)" if on_foot_only(metric) else metric.label,
        described(metric, "Medians of the stretches chosen under «Cut by».", *more, COLORS_OF_LEGS, NO_LIMIT),
        look_of(metric),
        _legs(metric.name),
        width=width,
    )


def _legs(field: str) -> list[Target]:
    """Ask for a metric's medians along the run, one query a leg."""
    where = [*_HERE, _SPLIT]
    return [
        Target(
            select(
                f'"begin_s" / 60 AS "minute", "{field}" AS "{side.value}"',
                "window",
                [*where, f"\"side\" = '{side.value}'"],
            ),
            ref_id=ref_id,
            as_table=True,
        )
        for ref_id, side in zip("AB", Side, strict=True)
    ]


def _strikes(side: Side) -> trend.Panel:
    where = [*_HERE, _SPLIT, f"\"side\" = '{side.value}'"]
    return along_run(
        f"Strike pattern, {side.value}",
        STRIKE_PATTERN,
        Look("percent", 0, low=0.0, high=100.0),
        [
            Target(
                select(
                    f'"begin_s" / 60 AS "minute", "{strike.value}_percent" AS "{strike.value}"',
                    "window",
                    [*where, has(f"{Strike.MIDFOOT.value}_percent")],
                ),
                ref_id,
                as_table=True,
            )
            for ref_id, strike in zip("ABC", FOOT_STRIKES, strict=True)
        ],
        width=8,
        stacked=True,
    )


def _drift_table() -> table.Panel:
    fields = ", ".join(f'"{m.name}_drift_per_10min" * {m.display_scale:g} AS "{m.label}"' for m in DRIFTING)
    return rows(
        "Drift in ten minutes",
        f"{_DRIFT.definition} {_DRIFT.limits} Needs five minutes of running with a sensor that has the metric.",
        Look("none", 2),
        [Target(select(f'"sensor" AS "Sensor", {fields}', "session", _ONE), as_table=True)],
        {"Sensor": (), **{m.label: column(f"suffix: {m.shown_unit}", m.decimals + 1) for m in DRIFTING}},
        hidden=["Time"],
        height=5,
    )


def _split_table() -> table.Panel:
    shown = [SPEED, CADENCE, CONTACT_TIME, PEAK_ACC, PEAK_TIBIAL_ACC, STRIKE_ANGLE]
    fields = ", ".join(f'"{metric.name}" AS "{metric.label}"' for metric in shown)
    where = [*_RUN, _SPLIT]
    what = f'"begin_s" AS "From", "sensor" AS "Sensor", "strides" AS "Strides", {fields}'
    return rows(
        "Splits",
        "Medians of each stretch and sensor, as chosen under «Cut by». Metrics with fewer than ten strides in a "
        "stretch, or which the sensor does not give, stay empty.",
        Look("none", 0),
        [Target(select(what, "window", where), as_table=True)],
        {
            "From": column("dthms"),
            "Sensor": (),
            "Strides": (),
            **{m.label: column(GRAFANA_UNITS[m.unit], m.decimals) for m in shown},
        },
        hidden=["Time"],
    )
