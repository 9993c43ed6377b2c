"""What a summary may say of sensors whose gyroscope and accelerometer measure in different axes."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeVar

from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.results.summary import SessionSummary
from footfall_processing.results.tally import SensorSummary

ValueT = TypeVar("ValueT")

_ORIENTED: Final = frozenset(metric.name for metric in STRIDE_METRICS.values() if metric.oriented)


def with_axes(summary: SessionSummary, axes_disagree: Mapping[str, str]) -> SessionSummary:
    """Say of which sensors the axes disagree, and leave out what rests on their orientation.

    Strides from before it was known are in the summary too, so it is not enough that later ones do not carry it.
    """
    if not axes_disagree:
        return summary
    return replace(
        summary,
        sensors=tuple(_unoriented(part) if part.sensor_id in axes_disagree else part for part in summary.sensors),
        balance=_without(summary.balance),
        balance_error_percent=_without(summary.balance_error_percent),
        symmetry_index_percent=_without(summary.symmetry_index_percent),
        left_minus_right=_without(summary.left_minus_right),
        side_guesses=MappingProxyType({k: v for k, v in summary.side_guesses.items() if k not in axes_disagree}),
        sides_may_be_swapped=False,
        axes_disagree=MappingProxyType(dict(axes_disagree)),
    )


def _unoriented(part: SensorSummary) -> SensorSummary:
    return replace(
        part,
        metrics=_without(part.metrics),
        strikes=MappingProxyType({}),
        distance_m=None,
        shock_index_g=_without(part.shock_index_g),
        drift=_without(part.drift),
        peak_sum_g=_without(part.peak_sum_g),
    )


def _without(values: Mapping[str, ValueT]) -> Mapping[str, ValueT]:
    return MappingProxyType({name: value for name, value in values.items() if name not in _ORIENTED})
