"""*Session*: one run by kilometre, minute or five minutes, left against right, with its drift."""

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
    RUNNING,
    SIDE_ALIAS,
    WHOLE,
    Target,
    placement_variable,
    runner_variable,
    select,
    tag_variable,
)
from footfall_dashboards.grafana.panels import (
    COLORS_OF_LEGS,
    GRAFANA_UNITS,
    IMPACT,
    NO_LIMIT,
    STRIKE_PATTERN,
    Look,
    along_run,
    column,
    described,
    described_impact,
    impact_variable,
    look_of,
    numbers,
    rows,
)
from footfall_processing.gait import Strike
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.metrics.session_catalogue import SESSION_METRICS
from footfall_processing.session import Side
from footfall_processing.summary import DRIFTING_METRICS

UID: Final = "footfall-session"

_RUN: Final = [OF_RUNNER, OF_SESSION, RUNNING]
_BOTH: Final = [OF_RUNNER, OF_SESSION, WHOLE]
_HERE: Final = [*_RUN, OF_PLACEMENT]
_ONE: Final = [*_RUN, OF_ONE_SENSOR]
_SPLIT: Final = "\"window\" = '$split'"
_CADENCE: Final = STRIDE_METRICS["cadence_spm"]
_CONTACT: Final = STRIDE_METRICS["contact_time_s"]
_SPEED: Final = STRIDE_METRICS["speed_mps"]
_STRIKE: Final = STRIDE_METRICS["foot_strike_angle_deg"]
_SHARE: Final = SESSION_METRICS["left_share_percent"]
_DRIFT: Final = SESSION_METRICS["drift"]


def session() -> Dashboard:
    """Make the dashboard."""
    sessions = tag_variable(
        "session", "Session", "Which run; the newest comes first.", "session", [OF_RUNNER], newest_first=True
    )
    return (
        new_dashboard(UID, "Session", "One run, whatever the time range: choose it above.", "now-90d")
        .with_variable(runner_variable("session"))
        .with_variable(sessions)
        .with_variable(placement_variable("window"))
        .with_variable(impact_variable())
        .with_variable(_split_variable())
        .with_row(Row("The whole run"))
        .with_panel(
            numbers(
                "Distance",
                "Sum of the strides' lengths while running. Needs a foot sensor; stretches without data are missing.",
                Look("lengthm", 2),
                [Target(select('max("total_distance_m")', "session", _BOTH), alias="distance")],
                width=4,
            )
        )
        .with_panel(
            numbers(
                "Strides",
                "Strides found while running, per leg, also those left out of the averages.",
                Look("none", 0),
                [Target(select('max("strides")', "session", _HERE, ["side"]), alias=SIDE_ALIAS)],
                width=4,
            )
        )
        .with_panel(_whole("Impact", described_impact(), Look("accG", 1), IMPACT))
        .with_panel(
            _whole("Contact time", described(_CONTACT, COLORS_OF_LEGS, NO_LIMIT), look_of(_CONTACT), _CONTACT.name)
        )
        .with_panel(
            numbers(
                "Cadence",
                described(_CADENCE, "Median over the run."),
                look_of(_CADENCE),
                [Target(select(f'mean("{_CADENCE.name}")', "session", _HERE), alias="cadence")],
                width=4,
            )
        )
        .with_panel(
            numbers(
                "Left share of contact time",
                f"{_SHARE.definition} {_SHARE.limits} Needs a sensor on each leg.",
                Look("percent", 1),
                [
                    Target(
                        select('mean("contact_time_s_left_share_percent")', "session", _BOTH),
                        alias="left share",
                    )
                ],
                width=4,
            )
        )
        .with_row(Row("How it changed along the run"))
        .with_panel(along_run("Impact", described_impact(), Look("accG", 1), _legs(IMPACT)))
        .with_panel(
            along_run(
                "Contact time",
                described(_CONTACT, COLORS_OF_LEGS, NO_LIMIT),
                look_of(_CONTACT),
                _legs(_CONTACT.name),
            )
        )
        .with_panel(
            along_run("Cadence", described(_CADENCE, COLORS_OF_LEGS, NO_LIMIT), look_of(_CADENCE), _legs(_CADENCE.name))
        )
        .with_panel(
            along_run(
                "Speed",
                described(_SPEED, "It moves all the other numbers: read them beside it. Needs a foot sensor."),
                look_of(_SPEED),
                _legs(_SPEED.name, anywhere=True),
            )
        )
        .with_panel(
            along_run(
                "Foot strike angle",
                described(_STRIKE, "Needs a foot sensor.", COLORS_OF_LEGS, NO_LIMIT),
                look_of(_STRIKE),
                _legs(_STRIKE.name, anywhere=True),
                width=8,
            )
        )
        .with_panel(_strikes(Side.LEFT))
        .with_panel(_strikes(Side.RIGHT))
        .with_row(Row("Drift and splits"))
        .with_panel(_drift_table())
        .with_panel(_split_table())
    )


def _split_variable() -> CustomVariable:
    choices = [("Kilometre", "1km"), ("5 minutes", "5min"), ("Minute", "1min")]
    return (
        CustomVariable("split")
        .label("Cut by")
        .description("How the run is cut; by kilometre needs a foot sensor.")
        .values(", ".join(f"{text} : {value}" for text, value in choices))
        .options([VariableOption(selected=not n, text=text, value=value) for n, (text, value) in enumerate(choices)])
        .current(VariableOption(selected=True, text=choices[0][0], value=choices[0][1]))
    )


def _whole(title: str, description: str, look: Look, field: str) -> stat.Panel:
    return numbers(
        title,
        description,
        look,
        [Target(select(f'mean("{field}")', "session", _HERE, ["side"]), alias=SIDE_ALIAS)],
        width=4,
    )


def _legs(field: str, *, anywhere: bool = False) -> list[Target]:
    """Ask for a metric's medians along the run, one query a leg; `anywhere` for metrics of one placement only."""
    where = [OF_RUNNER, OF_SESSION, RUNNING, _SPLIT, *([] if anywhere else [OF_PLACEMENT])]
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
    shares = ", ".join(f'"{strike.value}_percent" AS "{strike.value}"' for strike in Strike)
    where = [OF_RUNNER, OF_SESSION, RUNNING, _SPLIT, OF_PLACEMENT, f"\"side\" = '{side.value}'"]
    return along_run(
        f"Strike pattern, {side.value}",
        STRIKE_PATTERN,
        Look("percent", 0, low=0.0, high=100.0),
        [Target(select(f'"begin_s" / 60 AS "minute", {shares}', "window", where), as_table=True)],
        width=8,
        stacked=True,
    )


def _drift_table() -> table.Panel:
    shown = [STRIDE_METRICS[name] for name in DRIFTING_METRICS]
    fields = ", ".join(f'"{metric.name}_drift_per_10min" AS "{metric.label}"' for metric in shown)
    return rows(
        "Drift in ten minutes",
        f"{_DRIFT.definition} {_DRIFT.limits} Needs five minutes of running with a sensor that has the metric.",
        Look("none", 2),
        [Target(select(f'"sensor" AS "Sensor", {fields}', "session", _ONE), as_table=True)],
        {metric.label: column(GRAFANA_UNITS[metric.unit]) for metric in shown},
        hidden=["Time"],
        height=5,
    )


def _split_table() -> table.Panel:
    shown = [
        STRIDE_METRICS[name] for name in (_SPEED.name, _CADENCE.name, _CONTACT.name, "peak_acc_g", "peak_tibial_acc_g")
    ]
    fields = ", ".join(f'"{metric.name}" AS "{metric.label}"' for metric in shown)
    where = [OF_RUNNER, OF_SESSION, RUNNING, _SPLIT]
    what = f'"begin_s" AS "From", "sensor" AS "Sensor", "strides" AS "Strides", {fields}'
    return rows(
        "Splits",
        "Medians of each stretch and sensor, as chosen under «Cut by». Metrics with fewer than ten strides in a "
        "stretch, or which the sensor does not give, stay empty.",
        Look("none", 0),
        [Target(select(what, "window", where), as_table=True)],
        {"From": column("dthms"), **{m.label: column(GRAFANA_UNITS[m.unit], m.decimals) for m in shown}},
        hidden=["Time"],
    )
