"""A whole day of one session through the engine, from packets on: memory, and the stored state; some minutes.

The sensors' own clocks, of 32 bits in microseconds, wrap twenty times meanwhile.
"""

import heapq
import time
from collections.abc import Iterator
from itertools import islice
from typing import Final

from day import HOURS, resident_mib
from footfall_gateway.devices import footfall
from footfall_gateway.packets import RawPacket, RecordedSensor, RecordingHeader
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.virtual.timed_packets import from_blocks
from footfall_processing.gait import Stride
from footfall_processing.session import Sensor, Session, Side
from measure import Measurement, main
from signals import blocks, tile

BATCH_PACKETS: Final = 100
"""Five seconds of two sensors."""
STATE_EVERY_S: Final = 600.0
MOST_STATE_KIB: Final = 256.0


def packets(sensor: Sensor) -> Iterator[RawPacket]:
    """Send a day of a foot: standing, walking, running, over and over."""
    for packet in from_blocks(sensor, blocks("foot", 3600.0 * HOURS, 1.0, side=sensor.side or Side.LEFT)):
        yield RawPacket(packet.due_s, sensor.id, packet.characteristic, packet.data)


def measure() -> list[Measurement]:
    """Push a day of packets; store the state now and then."""
    sensors = [tile("foot", side)[0] for side in (Side.LEFT, Side.RIGHT)]
    session = Session("day", None, tuple(sensors), "Footfall benchmarks")
    engine = SessionEngine(RecordingHeader(session, tuple(RecordedSensor(one, footfall.NAME) for one in sensors)))
    arriving = heapq.merge(*map(packets, sensors), key=lambda packet: packet.received_s)
    strides = largest = 0
    taking_s = first_mib = 0.0
    next_state_s = STATE_EVERY_S
    while batch := list(islice(arriving, BATCH_PACKETS)):
        begin_s = time.process_time()
        strides += sum(isinstance(event, Stride) for event in engine.take(batch))
        taking_s += time.process_time() - begin_s
        if engine.taken_s >= next_state_s:
            largest = max(largest, len(engine.state()))
            next_state_s += STATE_EVERY_S
            if first_mib == 0.0 and engine.taken_s >= 3600.0:
                first_mib = resident_mib()
    strides += sum(isinstance(event, Stride) for event in engine.end())
    summed_up = sum(part.strides for part in engine.summary().sensors)
    return [
        Measurement("strides of both feet", strides, "", at_least=1),
        Measurement("strides in the summary", summed_up, "", at_least=strides, at_most=strides),
        Measurement("memory after 1 h", first_mib, "MiB"),
        Measurement(f"what {HOURS} h take more", resident_mib() - first_mib, "MiB", at_most=4.0),
        Measurement("largest state of a sensor", largest / len(sensors) / 1024.0, "KiB", at_most=MOST_STATE_KIB),
        Measurement("the engine's share of a core", 100.0 * taking_s / (3600.0 * HOURS), "%"),
    ]


if __name__ == "__main__":
    main("A day of packets through the session engine", measure)
