"""The one way from a session's packets to its strides that the public interface takes."""

from collections.abc import Iterable

from footfall_gateway.recordings.packets import RawPacket, RecordingHeader
from footfall_processing.gait import Stride


def strides_of(header: RecordingHeader, packets: Iterable[RawPacket]) -> list[Stride]:
    """Decode all packets and run them through the pipeline; strides ordered by initial contact, then sensor."""
    from footfall_gateway.recordings.recording import decode_packets
    from footfall_processing.pipeline import analyze as analyze_blocks

    session = header.session
    return analyze_blocks(session.sensors, decode_packets(header, packets), session.runner)
