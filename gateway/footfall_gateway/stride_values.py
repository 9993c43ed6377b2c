"""A stride's metrics, worked out once for all who keep or tell them: store, InfluxDB, listeners."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from footfall_processing.gait import Stride
from footfall_processing.metrics.catalogue import metric_values

KEPT: Final = 1024
"""The strides of some hundred runners between two hand-outs."""


@lru_cache(KEPT)
def stride_values(stride: Stride) -> Mapping[str, float | None]:
    """Return what `metric_values` does."""
    return MappingProxyType(metric_values(stride))
