"""What a reader should know of how the sensors' packets came, a line each; nothing of a session without trouble."""

from collections.abc import Mapping

from footfall_gateway.devices import DecoderCounts


def link_remarks(counts: Mapping[str, DecoderCounts]) -> tuple[str, ...]:
    """Say what was left out of the packets."""
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
    return tuple(lines)
