"""What a stored session's signals have shown: its strides alone don't tell it, so it is taken from the kept summary."""

from collections.abc import Iterable, Mapping

import msgspec

from footfall_processing.gait import Stride, StrideFlag
from footfall_processing.results.axes import with_axes
from footfall_processing.results.clocks import with_clocks
from footfall_processing.results.summary import SessionSummary


def with_kept_signals(
    summary: SessionSummary, strides: Iterable[Stride], kept: Mapping[str, object] | None
) -> SessionSummary:
    """Say of a summary that was made anew from stored strides what the session's own said of axes and clocks.

    `kept` is what `finish_session` was given; of a session that was cut off there is none, and flags of its strides
    tell at least whose axes disagree. What rests on either is left out, as in the session's own.
    """
    axes, clocks = (
        msgspec.convert((kept or {}).get(name, {}), dict[str, str]) for name in ("axes_disagree", "clocks_differ")
    )
    for stride in strides:
        if StrideFlag.AXES_DISAGREE in stride.quality:
            axes.setdefault(stride.sensor_id, "`footfall analyze` of its recording says how")
    return with_clocks(with_axes(summary, axes), clocks)
