"""What a reader should know of how the sensors' packets came, a line each; nothing of a session without trouble."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from footfall_gateway.devices import DecoderCounts
from footfall_processing.gait import Stride
from footfall_processing.session import Sensor


def link_remarks(
    sensors: Sequence[Sensor], counts: Mapping[str, DecoderCounts], strides: Sequence[Stride]
) -> tuple[str, ...]:
    """Say what was left out of the packets, and which legs never moved at the same time."""
    lines = []
    for sensor_id, seen in counts.items():
        if seen.duplicate_packets:
            lines.append(
                f"sensor {sensor_id}: {seen.duplicate_packets:,} of its packets came again; each was taken once"
            )
        if seen.rejected_packets:
            lines.append(
                f"sensor {sensor_id}: {seen.rejected_packets:,} of its packets break its protocol, and were left out"
            )
    return (*lines, *_never_together(sensors, strides))


def _never_together(sensors: Sequence[Sensor], strides: Sequence[Stride]) -> list[str]:
    spans_s: dict[str, tuple[float, float]] = {}
    for stride in strides:
        begin_s, end_s = spans_s.get(stride.sensor_id, (stride.initial_contact_s, stride.next_contact_s))
        spans_s[stride.sensor_id] = (min(begin_s, stride.initial_contact_s), max(end_s, stride.next_contact_s))
    lines = []
    for one, other in combinations((sensor for sensor in sensors if sensor.id in spans_s), 2):
        if one.placement is not other.placement or {one.side, other.side} & {None} or one.side is other.side:
            continue
        (begin_s, end_s), (other_begin_s, other_end_s) = spans_s[one.id], spans_s[other.id]
        if end_s < other_begin_s or other_end_s < begin_s:
            lines.append(
                f"sensors {one.id} and {other.id} have no stride at the same time ({begin_s:.1f} to {end_s:.1f} s, "
                f"{other_begin_s:.1f} to {other_end_s:.1f} s): their clocks differ, or they were worn one after the "
                "other; no step times are told"
            )
    return lines
