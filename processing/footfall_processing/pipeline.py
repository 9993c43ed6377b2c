"""From blocks to strides: the one path that live, replay and batch share."""

from collections.abc import Iterable, Sequence

from footfall_processing.gait import Impact, Stride
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor


class GaitPipeline:
    """All sensors of a session: push blocks in any interleaving, get impacts (at once) and strides (final).

    The events of a sensor depend on its own samples alone, so interleaving and block size change nothing.

    Parameters
    ----------
    sensors
        The session's sensors; a block of an unknown sensor is an `InputError`.
    """

    latency_s: float = 0.5

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self._sensors = {sensor.id: sensor for sensor in sensors}

    def push(self, item: ImuBlock) -> list[Stride | Impact]:
        """Take a block of one sensor; return what became final, in order of time."""
        raise NotImplementedError

    def flush(self) -> list[Stride | Impact]:
        """End of the session: return the strides that can still be completed."""
        raise NotImplementedError


def analyze(sensors: Sequence[Sensor], blocks: Iterable[ImuBlock]) -> list[Stride]:
    """Push all blocks, flush, and return the strides ordered by initial contact, then sensor id."""
    pipeline = GaitPipeline(sensors)
    events = [event for block in blocks for event in pipeline.push(block)]
    events += pipeline.flush()
    strides = [event for event in events if isinstance(event, Stride)]
    return sorted(strides, key=lambda stride: (stride.initial_contact_s, stride.sensor_id))
