"""Start-up: whole commands on a 30-minute recording of two sensors, as a user waits for them."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from footfall_gateway.devices import footfall
from footfall_gateway.packets import RawPacket, RecordedSensor, RecordingHeader
from footfall_gateway.recordings.recording import RecordingWriter
from footfall_gateway.virtual.timed_packets import from_blocks
from footfall_processing.session import Session, Side
from measure import Measurement, main
from signals import blocks, tile

DURATION_S: Final = 1800.0
ROUNDS: Final = 5


def write_recording(path: Path, duration_s: float) -> None:
    """Record two sensors on the feet, in packets of the Footfall profile."""
    sensors = [tile("foot", side)[0] for side in (Side.LEFT, Side.RIGHT)]
    packets = [
        RawPacket(packet.due_s, sensor.id, packet.characteristic, packet.data)
        for sensor in sensors
        for packet in from_blocks(sensor, blocks("foot", duration_s, 1.0, side=sensor.side or Side.LEFT))
    ]
    session = Session("benchmark", None, tuple(sensors), "Footfall benchmarks")
    header = RecordingHeader(session, tuple(RecordedSensor(sensor, footfall.NAME) for sensor in sensors))
    with RecordingWriter(path, header, sync_interval_s=float("inf")) as writer:
        for packet in sorted(packets, key=lambda packet: packet.received_s):
            writer.write(packet)


def least_wall_s(command: Sequence[str | Path], bytecode: Path) -> float:
    """Wall time of a command, the least of several rounds after one that fills the caches.

    Python keeps its bytecode in the folder `bytecode`, as it does in an installation, whatever the environment says.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(bytecode)
    times = []
    for _ in range(ROUNDS + 1):
        begin_s = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment)
        times.append(time.perf_counter() - begin_s)
    return min(times[1:])


def measure() -> list[Measurement]:
    """`--version`, `analyze` on 30 minutes, and `analyze` on 3 s: all start-up."""
    footfall_command = [Path(sys.executable).with_name("footfall")]
    with tempfile.TemporaryDirectory() as folder:
        whole, short, bytecode = (Path(folder) / name for name in ("whole.mcap", "short.mcap", "bytecode"))
        write_recording(whole, DURATION_S)
        write_recording(short, 3.0)
        return [
            Measurement("footfall --version", least_wall_s([*footfall_command, "--version"], bytecode), "s"),
            Measurement(
                "analyze, 30 min", least_wall_s([*footfall_command, "analyze", whole], bytecode), "s", at_most=3.0
            ),
            Measurement(
                "analyze, start-up", least_wall_s([*footfall_command, "analyze", short], bytecode), "s", at_most=1.0
            ),
            Measurement("bare Python", least_wall_s([sys.executable, "-c", ""], bytecode), "s"),
        ]


if __name__ == "__main__":
    main("Start-up of the command line, two sensors on the feet", measure)
