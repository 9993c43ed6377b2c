"""Runs as long as one likes: a recording over and over, on clocks that go on."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from footfall_gateway.packets import RawPacket
from footfall_gateway.recordings.decoding import decode
from footfall_gateway.recordings.recording import Recording, RecordingWriter
from footfall_gateway.virtual.models.footfall import footfall_sensor
from footfall_gateway.virtual.sensor import VirtualSensor
from footfall_gateway.virtual.timed_packets import TimedPacket, from_blocks
from footfall_processing.samples import ImuBlock
from gateway.command_line import FEET


def _over_and_over(blocks: list[ImuBlock], period_s: float, duration_s: float) -> Iterator[ImuBlock]:
    begin_s = 0.0
    while begin_s < duration_s:
        for block in blocks:
            yield replace(block, t_s=block.t_s + begin_s)
        begin_s += period_s


def timed_packets(duration_s: float) -> dict[str, Iterator[TimedPacket]]:
    """Give what each foot's sensor sends; made as it is asked for."""
    recording = Recording.open(FEET)
    blocks = list(decode(recording))
    begin_s = min(float(block.t_s[0]) for block in blocks)
    end_s = max(float(block.t_s[-1]) for block in blocks)
    found = {}
    for recorded in recording.header.recorded_sensors:
        own = [block for block in blocks if block.sensor_id == recorded.sensor.id]
        period_s = end_s - begin_s + 1.0 / recorded.sensor.sampling_rate_hz
        found[recorded.sensor.id] = from_blocks(recorded.sensor, _over_and_over(own, period_s, duration_s))
    return found


def virtual_sensors(duration_s: float) -> list[VirtualSensor]:
    """Make both feet's sensors."""
    packets = timed_packets(duration_s)
    return [
        footfall_sensor(recorded.sensor, packets[recorded.sensor.id], address=f"C0:00:00:00:00:{number:02X}")
        for number, recorded in enumerate(Recording.open(FEET).header.recorded_sensors)
    ]


def long_recording(path: Path, duration_s: float) -> Path:
    """Write a recording of such a run."""
    header = Recording.open(FEET).header
    packets = sorted(
        (
            RawPacket(timed.due_s, sensor_id, timed.characteristic, timed.data)
            for sensor_id, sent in timed_packets(duration_s).items()
            for timed in sent
        ),
        key=lambda packet: packet.received_s,
    )
    with RecordingWriter(path, replace(header, session=replace(header.session, id=path.stem))) as writer:
        for packet in packets:
            writer.write(packet)
    return path
