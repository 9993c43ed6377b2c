"""Panels from the metric catalogue: unit, digits and description come from there, and each leg keeps its colour."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar

from grafana_foundation_sdk.builders import common, stat, table, timeseries, trend
from grafana_foundation_sdk.builders.dashboard import CustomVariable, FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    GraphDrawStyle,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    VariableOption,
)

from footfall_dashboards.grafana.influxql import DATA_SOURCE, SIDE_ALIAS, Target, select
from footfall_processing.gait import Strike
from footfall_processing.metrics.catalogue import STRIDE_METRICS, Metric
from footfall_processing.session import Side

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
        "midfoot": "#73BF69",
        "forefoot": "#FADE2A",
        "non_rearfoot": "#B5B560",
    }
)
"""Blue is left and orange is right, as on the live page; a strike pattern keeps its colour too."""

GREEN: Final = "green"
AMBER: Final = "orange"
RED: Final = "red"

IMPACT: Final = "$impact"
"""The field that the variable `impact` names."""

COLORS_OF_LEGS: Final = "Blue is left, orange is right."
STRIKE_PATTERN: Final = (
    "Share of strides that land on the rearfoot (violet), midfoot (green) or forefoot (yellow; Altman & Davis 2012, "
    "doi:10.1016/j.gaitpost.2011.09.104); a shank sensor tells only rearfoot from the others (olive). No pattern is "
    "better than another."
)
NO_LIMIT: Final = "Coloured by leg only: there is no agreed limit, so compare with the runner's own usual."

AnyPanel = TypeVar("AnyPanel", stat.Panel, table.Panel, timeseries.Panel, trend.Panel)


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
    """

    unit: str
    decimals: int
    steps: tuple[tuple[float | None, str], ...] = ()
    low: float | None = None
    high: float | None = None


def look_of(metric: Metric) -> Look:
    """Show a metric as the catalogue says."""
    return Look(GRAFANA_UNITS[metric.unit], metric.decimals)


def described(metric: Metric, *more: str) -> str:
    """Say what a metric is, how sure it is and what it does not mean."""
    return " ".join(text for text in (metric.definition, metric.limits, f"Error: {metric.known_error}", *more) if text)


def described_impact() -> str:
    """Say what both impacts are: the panel shows the one chosen above."""
    return (
        f"{STRIDE_METRICS['peak_acc_g'].definition} With «along the shin»: "
        f"{STRIDE_METRICS['peak_tibial_acc_g'].definition} {COLORS_OF_LEGS} {NO_LIMIT} "
        "Compare only the same sensor, place, strap and sampling rate."
    )


def impact_variable() -> CustomVariable:
    """Which peak is shown as impact."""
    metrics = (STRIDE_METRICS["peak_acc_g"], STRIDE_METRICS["peak_tibial_acc_g"])
    choices = [("In any direction", metrics[0].name), ("Along the shin", metrics[1].name)]
    return (
        CustomVariable("impact")
        .label("Impact")
        .description("The peak in any direction (every sensor), or along the shin (shank sensors with a gyroscope).")
        .values(", ".join(f"{text} : {value}" for text, value in choices))
        .options([VariableOption(selected=not n, text=text, value=value) for n, (text, value) in enumerate(choices)])
        .current(VariableOption(selected=True, text=choices[0][0], value=choices[0][1]))
    )


def _dressed(panel: AnyPanel, title: str, description: str, look: Look, targets: Iterable[Target]) -> AnyPanel:
    """Give a panel what each must have."""
    panel = panel.title(title).description(description).datasource(DATA_SOURCE).unit(look.unit).decimals(look.decimals)
    panel = panel.no_value("no data yet")
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
        panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
    return panel


def _colored_series(panel: AnyPanel, targets: Iterable[Target]) -> AnyPanel:
    asked = [target.build() for target in targets]
    by_leg = any(SIDE_ALIAS in query.alias for query in asked)
    names = {query.alias for query in asked} | {side.value for side in Side if by_leg}
    for name, color in SERIES_COLORS.items():
        if name in names or any(f'AS "{name}"' in query.query for query in asked):
            fixed = {"mode": "fixed", "fixedColor": color}
            panel = panel.override_by_name(name, [DynamicConfigValue(id_val="color", value=fixed)])
    return panel


def numbers(
    title: str, description: str, look: Look, targets: Sequence[Target], *, width: int = 6, sparkline: bool = False
) -> stat.Panel:
    """Show the last value of each series in large type."""
    panel = (
        _dressed(stat.Panel(), title, description, look, targets)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .graph_mode(BigValueGraphMode.AREA if sparkline else BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.VALUE)
        .height(5)
        .span(width)
    )
    return panel if look.steps else _colored_series(panel, targets)


def curves(
    title: str,
    description: str,
    look: Look,
    targets: Sequence[Target],
    *,
    width: int = 12,
    bars: bool = False,
    stacked: bool = False,
    points: bool = False,
) -> timeseries.Panel:
    """Show series over time: lines, bars, or points for runs that lie days apart."""
    panel = (
        _dressed(timeseries.Panel(), title, description, look, targets)
        .draw_style(GraphDrawStyle.BARS if bars else GraphDrawStyle.LINE)
        .show_points(VisibilityMode.ALWAYS if points else VisibilityMode.NEVER)
        .point_size(6)
        .line_width(0 if bars else 1)
        .fill_opacity(70 if bars or stacked else 0)
        .legend(_legend())
        .tooltip(_tooltip())
        .height(8)
        .span(width)
    )
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    if look.steps:
        panel = panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED))
        panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
    return _colored_series(panel, targets)


def along_run(
    title: str, description: str, look: Look, targets: Sequence[Target], *, width: int = 12, stacked: bool = False
) -> trend.Panel:
    """Show series over a run's minutes, whatever the dashboard's time range: each query's first column is `minute`."""
    panel = (
        _dressed(trend.Panel(), title, description, look, targets)
        .with_transformation(DataTransformerConfig("organize", options={"excludeByName": {"Time": True}}))
        .with_transformation(DataTransformerConfig("joinByField", options={"byField": "minute", "mode": "outer"}))
        .x_field("minute")
        .show_points(VisibilityMode.ALWAYS)
        .line_width(1)
        .fill_opacity(70 if stacked else 0)
        .legend(_legend())
        .tooltip(_tooltip())
        .height(8)
        .span(width)
    )
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    panel = panel.override_by_name("minute", [DynamicConfigValue(id_val="unit", value="suffix: min")])
    return _colored_series(panel, targets)


def rows(
    title: str,
    description: str,
    look: Look,
    targets: Sequence[Target],
    columns: Mapping[str, Sequence[DynamicConfigValue]],
    *,
    hidden: Sequence[str] = (),
    width: int = 24,
    height: int = 9,
) -> table.Panel:
    """Show a table, newest row first; `columns` says how some of its columns differ."""
    panel = (
        _dressed(table.Panel(), title, description, look, targets)
        .with_transformation(DataTransformerConfig("organize", options={"excludeByName": dict.fromkeys(hidden, True)}))
        .height(height)
        .span(width)
    )
    for name, properties in columns.items():
        panel = panel.override_by_name(name, list(properties))
    return panel


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


def strike_targets(measurement: str, conditions: Sequence[str], interval: str) -> list[Target]:
    """Ask for the share of each strike pattern in each interval."""
    return [
        Target(
            select(f'mean("{strike.value}_percent")', measurement, conditions, [interval], "none"),
            ref_id=ref_id,
            alias=strike.value,
        )
        for ref_id, strike in zip("ABCD", Strike, strict=True)
    ]
