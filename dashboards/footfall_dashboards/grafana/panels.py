"""Panels of each kind, dressed alike: numbers, curves, weeks, lengths, a run's course, rows."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, TypeVar

from grafana_foundation_sdk.builders import barchart, bargauge, common, stat, table, timeseries, trend
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    GraphDrawStyle,
    GraphGradientMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
)

from footfall_dashboards.grafana.influxql import DATA_SOURCE, SIDE_ALIAS, Target, has, nested, select
from footfall_dashboards.grafana.looks import BOTH_LEGS, FOOT_STRIKES, NEEDS_FOOT, SERIES_COLORS, Look
from footfall_processing.gait import Strike
from footfall_processing.session import Side

AnyPanel = TypeVar("AnyPanel", stat.Panel, barchart.Panel, bargauge.Panel, table.Panel, timeseries.Panel, trend.Panel)

Drawn: TypeAlias = Literal["line", "line and points", "points"]
"""How a curve is drawn; points alone for runs, between which nothing is known."""

Properties: TypeAlias = Sequence[DynamicConfigValue]

AVERAGE: Final = "mean of 5 runs"
AS_LINE: Final[Properties] = (
    DynamicConfigValue("custom.drawStyle", "line"),
    DynamicConfigValue("custom.lineWidth", 2),
    DynamicConfigValue("custom.showPoints", "never"),
)
AS_DASHES: Final[Properties] = (
    *AS_LINE,
    DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [6, 6]}),
    DynamicConfigValue("color", {"mode": "fixed", "fixedColor": "#7A7D87"}),
)


def _dressed(panel: AnyPanel, title: str, description: str, look: Look, targets: Iterable[Target]) -> AnyPanel:
    """Give a panel what each must have."""
    panel = panel.title(title).description(description).datasource(DATA_SOURCE).unit(look.unit).decimals(look.decimals)
    panel = panel.no_value("needs a foot sensor" if NEEDS_FOOT in description else "no data yet")
    for target in targets:
        panel = panel.with_target(target)
    if look.low is not None:
        panel = panel.min(look.low)
    if look.high is not None:
        panel = panel.max(look.high)
    if look.steps:
        steps = [Threshold(value=value, color=color) for value, color in look.steps]
        panel = panel.thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
        panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    else:
        panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.FIXED).fixed_color(BOTH_LEGS))
    return panel


def _colored_series(panel: AnyPanel, targets: Iterable[Target]) -> AnyPanel:
    """Give legs and strike patterns their colours, by the names that Grafana gives their series."""
    asked = [target.build() for target in targets]
    for name, color in SERIES_COLORS.items():
        fixed = [DynamicConfigValue("color", {"mode": "fixed", "fixedColor": color})]
        for alias in dict.fromkeys(query.alias for query in asked):
            of_tags = alias.replace(SIDE_ALIAS, name)
            if SIDE_ALIAS in alias and name in _LEGS:
                panel = panel.override_by_name(of_tags, fixed) if "$" not in of_tags else panel
            elif alias == name:
                panel = panel.override_by_name(name, fixed)
        if any(f'AS "{name}"' in query.query for query in asked):
            panel = panel.override_by_name(name, fixed)
    return panel


_LEGS: Final = frozenset(side.value for side in Side)


def numbers(
    title: str,
    description: str,
    look: Look,
    targets: Sequence[Target],
    *,
    width: int = 6,
    height: int = 5,
    sparkline: bool = False,
    field: str = "",
    over: str = "",
    nothing: str = "",
) -> stat.Panel:
    """Show the last value of each series, or of one field of a table, in large type.

    With `over`, such as `15s`, it is of so long a time before now, whatever the dashboard's time range; `nothing` says
    what it means when there is no value.
    """
    panel = (
        _dressed(stat.Panel(), title, description, look, targets)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields(f"/^{field}$/" if field else ""))
        .graph_mode(BigValueGraphMode.AREA if sparkline else BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.VALUE)
        .height(height)
        .span(width)
    )
    if over:
        panel = panel.time_from(over).hide_time_override(True)
    if nothing:
        panel = panel.no_value(nothing)
    return panel if look.steps else _colored_series(panel, targets)


def curves(
    title: str,
    description: str,
    look: Look,
    targets: Sequence[Target],
    *,
    width: int = 12,
    drawn: Drawn = "line",
    stacked: bool = False,
    by_limit: bool = False,
    least_interval: str = "",
    gap_ms: int | None = None,
    series: Mapping[str, Properties] = MappingProxyType({}),
) -> timeseries.Panel:
    """Show series over time.

    Parameters
    ----------
    by_limit
        Each point has the colour of the limits between which it lies, not of its series.
    least_interval
        The least that `$__interval` becomes, such as `5s`.
    gap_ms
        A longer time without points interrupts the line; it must be longer than `$__interval` in any usual range.
    series
        How some series differ, by their names.
    """
    panel = (
        _dressed(timeseries.Panel(), title, description, look, targets)
        .draw_style(GraphDrawStyle.POINTS if drawn == "points" else GraphDrawStyle.LINE)
        .show_points(VisibilityMode.ALWAYS if "points" in drawn else VisibilityMode.AUTO)
        .point_size(7)
        .line_width(1)
        .fill_opacity(70 if stacked else 0)
        .legend(_legend())
        .tooltip(_tooltip())
        .height(8)
        .span(width)
    )
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    if look.soft is not None:
        panel = panel.axis_soft_min(look.soft[0]).axis_soft_max(look.soft[1])
    if look.steps:
        panel = panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED))
    if by_limit:
        panel = panel.gradient_mode(GraphGradientMode.SCHEME)
    elif any("$" in target.build().alias.replace(SIDE_ALIAS, "") for target in targets):
        # as many series as there are sensors, or places that hurt
        panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
    if least_interval:
        panel = panel.interval(least_interval)
    if gap_ms is not None:
        panel = panel.insert_nulls(float(gap_ms))
    panel = _colored_series(panel, targets)
    for name, properties in series.items():
        panel = panel.override_by_name(name, list(properties))
    return panel


def by_week(
    title: str, description: str, look: Look, targets: Sequence[Target], *, width: int = 12, stacked: bool = False
) -> barchart.Panel:
    """Show bars for each week, side by side or stacked.

    Not a time series: that draws one leg's bars over the other's, and cuts the week that has just begun.
    """
    panel = (
        _dressed(barchart.Panel(), title, description, look, targets)
        .with_transformation(DataTransformerConfig("joinByField", options={"byField": "Time", "mode": "outer"}))
        .orientation(VizOrientation.VERTICAL)
        .x_field("Time")
        .x_tick_label_spacing(80)
        .x_tick_label_max_length(20)
        .show_value(VisibilityMode.NEVER)
        .group_width(0.8)
        .bar_width(0.95)
        .fill_opacity(80)
        .line_width(0)
        .stacking(StackingMode.NORMAL if stacked else StackingMode.NONE)
        .legend(_legend())
        .tooltip(_tooltip())
        .override_by_name("Time", [DynamicConfigValue("unit", "time:D MMM YYYY")])
        .height(8)
        .span(width)
    )
    return _colored_series(panel, targets)


def lengths(
    title: str, description: str, look: Look, targets: Sequence[Target], *, width: int = 12, height: int = 8
) -> bargauge.Panel:
    """Show the last value of each series as a bar from nought; the leg stands at the end of each name."""
    panel = (
        _dressed(bargauge.Panel(), title, description, look, targets)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .display_mode(BarGaugeDisplayMode.BASIC)
        .orientation(VizOrientation.HORIZONTAL)
        .show_unfilled(False)
        .height(height)
        .span(width)
    )
    for side in Side:
        fixed = {"mode": "fixed", "fixedColor": SERIES_COLORS[side.value]}
        panel = panel.override_by_regexp(f"/, {side.value}$/", [DynamicConfigValue("color", fixed)])
    return panel


def along_run(
    title: str, description: str, look: Look, targets: Sequence[Target], *, width: int = 12, stacked: bool = False
) -> trend.Panel:
    """Show series over a run's minutes, whatever the dashboard's time range: each query's first column is `minute`."""
    panel = (
        _dressed(trend.Panel(), title, description, look, targets)
        .with_transformation(DataTransformerConfig("organize", options={"excludeByName": {"Time": True}}))
        .with_transformation(DataTransformerConfig("joinByField", options={"byField": "minute", "mode": "outer"}))
        .x_field("minute")
        .show_points(VisibilityMode.NEVER if stacked else VisibilityMode.ALWAYS)
        .span_nulls(True)  # by kilometre each leg has begins of its own, and the other's are empty
        .line_width(1)
        .fill_opacity(70 if stacked else 0)
        .legend(_legend())
        .tooltip(_tooltip())
        .height(8)
        .span(width)
    )
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    panel = panel.override_by_name("minute", column("suffix: min", 0))
    return _colored_series(panel, targets)


def rows(
    title: str,
    description: str,
    look: Look,
    targets: Sequence[Target],
    columns: Mapping[str, Properties],
    *,
    hidden: Sequence[str] = (),
    width: int = 24,
    height: int = 9,
) -> table.Panel:
    """Show a table, newest row first; `columns` says how some of its columns differ, and these come first, in order.

    Grafana gives the columns of tags in no fixed order: a table with tags must name them all.
    """
    order = {name: position for position, name in enumerate(columns)}
    organized = {"excludeByName": dict.fromkeys(hidden, True), "indexByName": order}
    panel = (
        _dressed(table.Panel(), title, description, look, targets)
        .with_transformation(DataTransformerConfig("organize", options=organized))
        .override_by_field_type("number", [_LEFT_EMPTY])
        .height(height)
        .span(width)
    )
    for name, properties in columns.items():
        if properties:
            panel = panel.override_by_name(name, list(properties))
    return panel


_LEFT_EMPTY: Final = DynamicConfigValue("noValue", "–")


def column(
    unit: str, decimals: int | None = None, steps: Sequence[tuple[float | None, str]] = ()
) -> list[DynamicConfigValue]:
    """Say how a table's column is shown: its unit, digits, and the colours of its cells."""
    shown = [DynamicConfigValue(id_val="unit", value=unit)]
    if decimals is not None:
        shown.append(DynamicConfigValue(id_val="decimals", value=decimals))
    if steps:
        thresholds = {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in steps]}
        shown.append(DynamicConfigValue(id_val="thresholds", value=thresholds))
        shown.append(DynamicConfigValue(id_val="color", value={"mode": "thresholds"}))
        shown.append(DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}))
    return shown


def named(name: str) -> DynamicConfigValue:
    """Call a table's column something else."""
    return DynamicConfigValue("displayName", name)


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
        .calcs([])
    )


def _tooltip() -> common.VizTooltipOptions:
    return common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.NONE)


def strike_targets(measurement: str, conditions: Sequence[str], interval: str, fill: str) -> list[Target]:
    """Ask for the share of each strike pattern in each interval, of all strides whose pattern is known."""
    share = 'sum("landed") / sum("strides")'
    return [
        Target(
            nested(
                share,
                select(
                    f'"{strike.value}_percent" * "strides" AS "landed", "strides"',
                    measurement,
                    [*conditions, has(f"{Strike.MIDFOOT.value}_percent")],  # every sensor that tells a pattern has it
                ),
                [interval],
                fill,
            ),
            ref_id=ref_id,
            alias=strike.value,
        )
        for ref_id, strike in zip("ABC", FOOT_STRIKES, strict=True)
    ]
