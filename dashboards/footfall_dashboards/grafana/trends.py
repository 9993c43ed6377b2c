"""*Trends*: weeks to years of one runner: load, impact at one speed, cadence, strikes, spikes, pain, shoes."""

from typing import Final

from grafana_foundation_sdk.builders.dashboard import CustomVariable, Dashboard, Row
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, VariableOption

from footfall_dashboards.grafana.frame import new_dashboard
from footfall_dashboards.grafana.influxql import (
    IN_TIME,
    OF_PLACEMENT,
    OF_RUNNER,
    OF_SHOE,
    RUNNING,
    SIDE_ALIAS,
    WEEK,
    WHOLE,
    Target,
    placement_variable,
    runner_variable,
    select,
    shoe_variable,
)
from footfall_dashboards.grafana.panels import (
    AMBER,
    COLORS_OF_LEGS,
    GREEN,
    IMPACT,
    NO_LIMIT,
    RED,
    STRIKE_PATTERN,
    Look,
    column,
    curves,
    described,
    described_impact,
    impact_variable,
    look_of,
    numbers,
    rows,
    strike_targets,
)
from footfall_dashboards.grafana.session import UID as SESSION_UID
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.metrics.session_catalogue import SESSION_METRICS

UID: Final = "footfall-trends"

_SPEED_BAND_MPS: Final = 0.25
_HERE: Final = [OF_RUNNER, OF_SHOE, OF_PLACEMENT, RUNNING, IN_TIME]
_WHOLE: Final = [OF_RUNNER, OF_SHOE, WHOLE, IN_TIME]
_AT_SPEED: Final = [
    *_HERE,
    "\"window\" = '1min'",
    f'"speed_mps" > $speed - {_SPEED_BAND_MPS}',
    f'"speed_mps" < $speed + {_SPEED_BAND_MPS}',
]
_CADENCE: Final = STRIDE_METRICS["cadence_spm"]
_CONTACT: Final = STRIDE_METRICS["contact_time_s"]
_SHARE: Final = SESSION_METRICS["left_share_percent"]

SPIKE_STEPS: Final = ((None, GREEN), (1.1, AMBER), (2.0, RED))
SPIKE: Final = (
    "A run more than a tenth longer than the longest of the 30 days before went with more injuries (Frandsen et al. "
    "2025, 5205 runners: hazard ratio 1.64 up to 30 % longer, 1.52 up to twice as long, 2.28 beyond). Green up to 1.1, "
    "orange up to 2, red beyond. It concerns groups of runners, not this runner's knee."
)
PAIN_STEPS: Final = ((None, GREEN), (2.5, AMBER), (5.5, RED))

_LINK_TO_SESSION: Final = {
    "title": "Open the run",
    "url": f"/d/{SESSION_UID}?var-runner=${{runner:percentencode}}&var-session=${{__value.text}}",
}


def trends() -> Dashboard:
    """Make the dashboard."""
    return (
        new_dashboard(UID, "Trends", "Months and years of one runner.", "now-90d")
        .with_variable(runner_variable("session"))
        .with_variable(shoe_variable())
        .with_variable(placement_variable("window"))
        .with_variable(impact_variable())
        .with_variable(_speed_variable())
        .with_row(Row("How much"))
        .with_panel(
            curves(
                "Distance a week",
                "Distance run in each week from Monday. Context only: in the same cohort the week-to-week change told "
                "nothing of injury (Frandsen et al. 2025); see the single runs below. Needs a foot sensor.",
                Look("lengthm", 1),
                [Target(select('sum("total_distance_m")', "session", _WHOLE, [WEEK], "none"), alias="distance")],
                bars=True,
            )
        )
        .with_panel(
            curves(
                "Load of each leg a week",
                "Sum of the impact peaks of all running strides in each week from Monday, in g: strides times their "
                "mean peak. Made of accelerations of a sensor; not the load of a tissue. Compare only the same "
                f"sensor, place and strap. {COLORS_OF_LEGS}",
                Look("accG", 0),
                [Target(select('sum("peak_acc_sum_g")', "load", _HERE, [WEEK, "side"], "none"), alias=SIDE_ALIAS)],
                bars=True,
            )
        )
        .with_panel(
            curves(
                "Each run, and the longest of the 30 days before it",
                f"{SPIKE} Needs a foot sensor.",
                Look("lengthm", 1),
                [
                    Target(select('"total_distance_m"', "session", _WHOLE), alias="this run"),
                    Target(select('"longest_30d_m"', "session", _WHOLE), "B", alias="longest of 30 days before"),
                ],
                points=True,
            )
        )
        .with_panel(
            curves(
                "This run over the longest of the 30 days before",
                SPIKE,
                Look("none", 2, SPIKE_STEPS, low=0.0),
                [Target(select('"over_longest_30d"', "session", _WHOLE), alias="ratio")],
                points=True,
            )
        )
        .with_row(Row("How"))
        .with_panel(
            curves(
                "Impact at one speed",
                f"{described_impact()} Mean of the minutes run at the speed chosen above (± {_SPEED_BAND_MPS} m/s), "
                "each week: impact rises with speed, so a trend of it means something only at one speed. Needs a "
                "foot sensor.",
                Look("accG", 2),
                [Target(select(f'mean("{IMPACT}")', "window", _AT_SPEED, [WEEK, "side"], "none"), alias=SIDE_ALIAS)],
                points=True,
            )
        )
        .with_panel(
            curves(
                "Cadence",
                described(_CADENCE, "Median of each run. It rises with speed.", COLORS_OF_LEGS, NO_LIMIT),
                look_of(_CADENCE),
                [_each_run(_CADENCE.name)],
                points=True,
            )
        )
        .with_panel(
            curves(
                "Contact time",
                described(_CONTACT, "Median of each run. It falls with speed.", COLORS_OF_LEGS, NO_LIMIT),
                look_of(_CONTACT),
                [_each_run(_CONTACT.name)],
                points=True,
            )
        )
        .with_panel(
            curves(
                "Left share of contact time",
                f"{_SHARE.definition} {_SHARE.limits} The alert «change in asymmetry» compares with the runner's own "
                "last 90 days. Needs a sensor on each leg.",
                Look("percent", 1),
                [Target(select('"contact_time_s_left_share_percent"', "session", _WHOLE), alias="left share")],
                points=True,
            )
        )
        .with_panel(
            curves(
                "Strike pattern",
                f"{STRIKE_PATTERN} Mean of each week's runs.",
                Look("percent", 0, low=0.0, high=100.0),
                strike_targets("session", _HERE, WEEK),
                bars=True,
                stacked=True,
            )
        )
        .with_panel(
            curves(
                "Pain",
                "What the runner noted, 0 (none) to 10 (the worst thinkable), the worst of each day and place. Lines "
                "at the borders of the pain-monitoring model (Thomeé 1997): up to 2 safe, 3 to 5 acceptable, above "
                "that too much. Pain that does not settle: see a physiotherapist.",
                Look("none", 0, PAIN_STEPS, low=0.0, high=10.0),
                [
                    Target(
                        select(
                            'max("level")', "pain", [OF_RUNNER, OF_SHOE, IN_TIME], ["time(1d)", "site", "side"], "none"
                        ),
                        alias="$tag_side $tag_site",
                    )
                ],
                points=True,
            )
        )
        .with_row(Row("Shoes and runs"))
        .with_panel(
            numbers(
                "Distance in each shoe",
                "Distance run in each shoe within the time range. Not coloured: no distance is known at which a shoe "
                "is worn out. Needs a foot sensor.",
                Look("lengthm", 1),
                [
                    Target(
                        select('sum("total_distance_m")', "session", [OF_RUNNER, WHOLE, IN_TIME], ["shoe"]),
                        alias="$tag_shoe",
                    )
                ],
                width=12,
            )
        )
        .with_panel(
            numbers(
                "Runs in each shoe",
                "How many runs within the time range were made in each shoe.",
                Look("none", 0),
                [
                    Target(
                        select('count("duration_s")', "session", [OF_RUNNER, WHOLE, IN_TIME], ["shoe"]),
                        alias="$tag_shoe",
                    )
                ],
                width=12,
            )
        )
        .with_panel(
            rows(
                "Runs",
                "Every run in the time range; its name opens it. Columns stay empty where no sensor gives them.",
                Look("none", 0),
                [
                    Target(
                        select(
                            '"session" AS "Session", "shoe" AS "Shoe", "total_distance_m" AS "Distance", '
                            '"duration_s" AS "Duration", "total_strides" AS "Strides", '
                            '"contact_time_s_left_share_percent" AS "Left share", "over_longest_30d" AS "Spike"',
                            "session",
                            _WHOLE,
                        )
                        + " ORDER BY time DESC",
                        as_table=True,
                    )
                ],
                {
                    "Session": [DynamicConfigValue("links", [_LINK_TO_SESSION])],
                    "Distance": column("lengthm", 1),
                    "Duration": column("dthms"),
                    "Left share": column("percent", 1),
                    "Spike": column("none", 2, SPIKE_STEPS),
                },
            )
        )
    )


def _each_run(field: str) -> Target:
    return Target(select(f'mean("{field}")', "session", _HERE, ["time(1h)", "side"], "none"), alias=SIDE_ALIAS)


def _speed_variable() -> CustomVariable:
    speeds = ("2.0", "2.5", "3.0", "3.5", "4.0", "4.5")
    return (
        CustomVariable("speed")
        .label("At speed (m/s)")
        .description("Impact is compared at this speed.")
        .values(", ".join(speeds))
        .options([VariableOption(selected=value == "3.0", text=value, value=value) for value in speeds])
        .current(VariableOption(selected=True, text="3.0", value="3.0"))
    )
