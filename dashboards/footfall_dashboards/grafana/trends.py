"""*Trends*: weeks to years of one runner: load, impact at one speed, cadence, strikes, spikes, pain, shoes."""

from typing import Final

from grafana_foundation_sdk.builders import barchart, bargauge, table, timeseries
from grafana_foundation_sdk.builders.dashboard import CustomVariable, Dashboard, Row
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, VariableOption

from footfall_coaching.load import CEILING, CONTEXT, MOST_RATIO
from footfall_dashboards.grafana.frame import data_link, new_dashboard
from footfall_dashboards.grafana.influxql import (
    DAY,
    IN_TIME,
    OF_PLACEMENT,
    OF_RUNNER,
    OF_SHOE,
    ON_FOOT,
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
from footfall_dashboards.grafana.looks import (
    AMBER,
    COLORS_OF_LEGS,
    GREEN,
    IMPACT,
    NEEDS_FOOT,
    NO_LIMIT,
    RED,
    STRIKE_PATTERN,
    Look,
    described,
    described_impact,
    impact_variable,
    look_of,
)
from footfall_dashboards.grafana.panels import (
    AS_DASHES,
    AS_LINE,
    AVERAGE,
    by_week,
    column,
    curves,
    lengths,
    named,
    rows,
    strike_targets,
)
from footfall_dashboards.grafana.session import UID as SESSION_UID
from footfall_processing.metrics.catalogue import CADENCE, CONTACT_TIME, PEAK_ACC, SPEED
from footfall_processing.metrics.session_catalogue import SESSION_METRICS
from footfall_processing.session import Side

UID: Final = "footfall-trends"

_SPEED_BAND_MPS: Final = 0.25
_HERE: Final = [OF_RUNNER, OF_SHOE, OF_PLACEMENT, RUNNING, IN_TIME]
_WHOLE: Final = [OF_RUNNER, OF_SHOE, WHOLE, IN_TIME]
_IN_ANY_SHOE: Final = [OF_RUNNER, WHOLE, IN_TIME]
_AT_SPEED: Final = [
    RUNNING,
    ON_FOOT,
    "\"window\" = '1min'",
    f'"{SPEED.name}" > $speed - {_SPEED_BAND_MPS}',
    f'"{SPEED.name}" < $speed + {_SPEED_BAND_MPS}',
    IN_TIME,
]
_EACH_RUN: Final = "time(1h)"
"""An interval that no two runs share."""
_IMPACT_LOOK: Final = Look("accG", 1)
_SHARE: Final = SESSION_METRICS["left_share_percent"]
_LEFT_SHARE: Final = f"{CONTACT_TIME.name}_left_share_percent"

SPIKE_STEPS: Final = ((None, GREEN), (MOST_RATIO, AMBER))
SPIKE: Final = (
    f"{CEILING} Orange: above {MOST_RATIO:.2f} × that longest run. {CONTEXT} "
    "Needs a foot sensor, or a distance that the runner tells."
)
PAIN_STEPS: Final = ((None, GREEN), (2.5, AMBER), (5.5, RED))
WEEKS: Final = (
    "Weeks begin on Monday in the time zone that Grafana shows; the first is cut where the time range begins."
)
AT_SPEED: Final = (
    f"Mean of the minutes run at the speed chosen above (± {_SPEED_BAND_MPS} m/s): impact rises with speed, so it can "
    "be compared only at one speed. Of foot sensors, which alone know the speed."
)


def trends() -> Dashboard:
    """Make the dashboard."""
    return (
        new_dashboard(
            UID,
            "Trends",
            "Months and years of one runner. Weeks and days need a named time zone or the browser's: InfluxDB does "
            "not know the one that Grafana calls utc.",
            "now-12w/w",
        )
        .with_variable(runner_variable("session"))
        .with_variable(shoe_variable())
        .with_variable(placement_variable("window"))
        .with_variable(impact_variable())
        .with_variable(_speed_variable())
        .with_row(Row("How much, and what hurt"))
        .with_panel(_distance())
        .with_panel(_load())
        .with_panel(_runs_and_longest())
        .with_panel(_over_longest())
        .with_panel(_pain())
        .with_row(Row("How"))
        .with_panel(_impact_at_speed())
        .with_panel(
            _run_by_run(
                "Impact of each run",
                f"{described_impact()} Median of each run, at whatever speed it was.",
                _IMPACT_LOOK,
                IMPACT,
                by_leg=True,
            )
        )
        .with_panel(
            _run_by_run(
                "Contact time",
                described(CONTACT_TIME, "Median of each run. It falls with speed.", COLORS_OF_LEGS, NO_LIMIT),
                look_of(CONTACT_TIME),
                CONTACT_TIME.name,
                by_leg=True,
            )
        )
        .with_panel(
            _run_by_run(
                "Cadence",
                described(CADENCE, "Median of each run, of both legs together. It rises with speed."),
                look_of(CADENCE),
                CADENCE.name,
            )
        )
        .with_panel(
            _run_by_run(
                "Left share of contact time",
                f"{_SHARE.definition} {_SHARE.limits} The alert «change in asymmetry» compares with the runner's own "
                "last 90 days. Needs a sensor on each leg.",
                Look("percent", 1, soft=(48.0, 52.0)),
                _LEFT_SHARE,
            )
        )
        .with_panel(
            by_week(
                "Strike pattern",
                f"{STRIKE_PATTERN} Of all strides of both legs in each week. {WEEKS}",
                Look("percent", 0, low=0.0, high=100.0),
                strike_targets("session", _HERE, WEEK, "null"),
                stacked=True,
            )
        )
        .with_row(Row("Shoes and runs"))
        .with_panel(_shoes())
        .with_panel(_impact_of_shoes())
        .with_panel(_runs())
    )


def _distance() -> barchart.Panel:
    return by_week(
        "Distance a week",
        "Distance run in each week. Context only: in the same cohort the week-to-week change told nothing of injury "
        f"(Frandsen et al. 2025); see the single runs below. Needs a foot sensor. {WEEKS}",
        Look("lengthm", 1),
        [Target(select('sum("total_distance_m")', "session", _WHOLE, [WEEK], "0"), alias="distance")],
    )


def _load() -> barchart.Panel:
    return by_week(
        "Load of each leg a week",
        "Sum of the impact peaks of all running strides in each week, in thousands of g: strides times their mean "
        "peak. Made of accelerations of a sensor; not the load of a tissue. Compare only the same sensor, place and "
        f"strap. {COLORS_OF_LEGS} {WEEKS}",
        Look("suffix: thousand g", 0),
        [Target(select(f'sum("{PEAK_ACC.sum_name}") / 1000', "load", _HERE, [WEEK, "side"], "0"), alias=SIDE_ALIAS)],
    )


def _runs_and_longest() -> timeseries.Panel:
    longest = "longest of 30 days before"
    return curves(
        "Each run, and the longest before it",
        f"Points are runs; the dashed line is, for each, the longest of the 30 days before it. {SPIKE}",
        Look("lengthm", 1),
        [
            Target(select('"total_distance_m"', "session", _WHOLE), alias="run"),
            Target(select('"longest_30d_m"', "session", _WHOLE), "B", alias=longest),
        ],
        width=8,
        drawn="points",
        series={longest: AS_DASHES},
    )


def _over_longest() -> timeseries.Panel:
    return curves(
        "This run over the longest of the 30 days before",
        SPIKE,
        Look("none", 2, SPIKE_STEPS, low=0.0, soft=(0.0, 1.2)),
        [Target(select('"over_longest_30d"', "session", _WHOLE), alias="run over longest")],
        width=8,
        drawn="points",
        by_limit=True,
    )


def _pain() -> timeseries.Panel:
    worst = select('max("level")', "pain", [OF_RUNNER, OF_SHOE, IN_TIME], [DAY, "site", "side"], "none")
    return curves(
        "Pain",
        "What the runner noted, 0 (none) to 10 (the worst thinkable), the worst of each day and place. Lines at the "
        "borders of the pain-monitoring model (Thomeé 1997): up to 2 green, 3 to 5 amber (hold), above that red "
        "(stop). Pain that does not settle: see a physiotherapist.",
        Look("none", 0, PAIN_STEPS, low=0.0, high=10.0),
        [Target(worst, alias="$tag_side $tag_site")],
        width=8,
        drawn="points",
    )


def _impact_at_speed() -> timeseries.Panel:
    mean = select(f'mean("{PEAK_ACC.name}")', "window", [OF_RUNNER, OF_SHOE, *_AT_SPEED], [WEEK, "side"], "none")
    return curves(
        "Impact at one speed",
        described(PEAK_ACC, AT_SPEED, COLORS_OF_LEGS, NO_LIMIT, NEEDS_FOOT, WEEKS),
        _IMPACT_LOOK,
        [Target(mean, alias=SIDE_ALIAS)],
        drawn="line and points",
    )


def _run_by_run(title: str, description: str, look: Look, field: str, *, by_leg: bool = False) -> timeseries.Panel:
    """Show a point for each run, and the mean of five as a line."""
    both = field == _LEFT_SHARE
    where, groups = (_WHOLE if both else _HERE), [_EACH_RUN, *(["side"] if by_leg else [])]
    name = SIDE_ALIAS if by_leg else "run"
    means = [f"{side.value}, {AVERAGE}" for side in Side] if by_leg else [f"run, {AVERAGE}"]
    return curves(
        title,
        f"{description} Points are runs, the line is the mean of five.",
        look,
        [
            Target(select(f'mean("{field}")', "session", where, groups, "none"), alias=name),
            Target(
                select(f'moving_average(mean("{field}"), 5)', "session", where, groups, "none"),
                "B",
                alias=f"{name}, {AVERAGE}",
            ),
        ],
        drawn="points",
        series=dict.fromkeys(means, AS_LINE),
    )


def _shoes() -> table.Panel:
    return rows(
        "Shoes",
        "Runs and distance in each shoe within the time range. Not coloured: no distance is known at which a shoe is "
        "worn out. The distance needs a foot sensor.",
        Look("none", 0),
        [
            Target(
                select(
                    'count("duration_s") AS "Runs", sum("total_distance_m") AS "Distance", '
                    'sum("duration_s") AS "Duration"',
                    "session",
                    _IN_ANY_SHOE,
                    ["shoe"],
                ),
                as_table=True,
            )
        ],
        {
            "shoe": [named("Shoe")],
            "Runs": (),
            "Distance": column("lengthm", 1),
            "Duration": column("dthms"),
        },
        hidden=["Time"],
        width=12,
        height=8,
    )


def _impact_of_shoes() -> bargauge.Panel:
    mean = select(f'mean("{PEAK_ACC.name}")', "window", [OF_RUNNER, *_AT_SPEED], ["shoe", "side"])
    return lengths(
        "Impact at one speed, in each shoe",
        described(
            PEAK_ACC,
            AT_SPEED,
            "Shoes are worn on different days and grounds: look for large differences that last.",
            COLORS_OF_LEGS,
            NEEDS_FOOT,
        ),
        Look("accG", 1, low=0.0),
        [Target(mean, alias=f"$tag_shoe, {SIDE_ALIAS}")],
    )


def _runs() -> table.Panel:
    fields = (
        '"session" AS "Session", "shoe" AS "Shoe", "total_distance_m" AS "Distance", "duration_s" AS "Duration", '
        f'"total_strides" AS "Strides", "{_LEFT_SHARE}" AS "Left share", "over_longest_30d" AS "Over longest"'
    )
    return rows(
        "Runs",
        "Every run in the time range; its name opens it. Columns stay empty where no sensor gives them. «Over longest» "
        f"is its distance over the longest of the 30 days before. {SPIKE}",
        Look("none", 0),
        [Target(select(fields, "session", _WHOLE) + " ORDER BY time DESC", as_table=True)],
        {
            "Time": [named("Begin")],
            "Session": [DynamicConfigValue("links", [_LINK_TO_SESSION])],
            "Shoe": (),
            "Distance": column("lengthm", 1),
            "Duration": column("dthms"),
            "Strides": (),
            "Left share": column("percent", 1),
            "Over longest": column("none", 2, SPIKE_STEPS),
        },
    )


_LINK_TO_SESSION: Final = data_link(
    "Open the run",
    SESSION_UID,
    "runner=${runner:percentencode}",
    "session=${__value.text:percentencode}",
    "placement=${placement:percentencode}",
    "impact=${impact:percentencode}",
)


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
