"""What may be said of sensors whose gyroscope and accelerometer disagree."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, TypeVar

from footfall_processing.gait import Stride, StrideFlag
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.results.summary import SessionSummary
from footfall_processing.results.tally import ORIENTED, unoriented, without
from footfall_processing.results.windows import Window

EventT = TypeVar("EventT")

_CARRIED: Final[dict[str, Any]] = {
    **{m.measured.carried: None for m in STRIDE_METRICS.values() if m.oriented and m.measured is not None},
    **dict.fromkeys(("strike", "strike_confidence", "stance_roll_rad", "leg_stiffness_npm")),
}
"""The fields of a stride that rest on how the sensor is turned, and what stands in them instead."""


def with_axes(summary: SessionSummary, axes_disagree: Mapping[str, str]) -> SessionSummary:
    """Say of which sensors the axes disagree, and leave out what rests on their orientation.

    Strides from before it was known are in the summary too, so it is not enough that later ones do not carry it.
    """
    if not axes_disagree:
        return summary
    return replace(
        summary,
        sensors=tuple(unoriented(part) if part.sensor_id in axes_disagree else part for part in summary.sensors),
        balance=without(summary.balance, ORIENTED),
        balance_error_percent=without(summary.balance_error_percent, ORIENTED),
        symmetry_index_percent=without(summary.symmetry_index_percent, ORIENTED),
        left_minus_right=without(summary.left_minus_right, ORIENTED),
        side_guesses=MappingProxyType({k: v for k, v in summary.side_guesses.items() if k not in axes_disagree}),
        sides_may_be_swapped=False,
        axes_disagree=MappingProxyType(dict(axes_disagree)),
    )


def without_orientation(event: EventT, axes_disagree: Mapping[str, str]) -> EventT:
    """Leave out of a stride or window, which may be from before it was known, what rests on orientation."""
    if isinstance(event, Stride) and event.sensor_id in axes_disagree:
        flags = {*event.quality, StrideFlag.AXES_DISAGREE}
        return replace(event, **_CARRIED, quality=tuple(flag for flag in StrideFlag if flag in flags))
    if isinstance(event, Window) and event.summary.sensor_id in axes_disagree:
        return replace(event, summary=unoriented(event.summary))
    return event
