"""Eight sensors for hours through bleak's own BlueZ code: what is lost, what it costs, whether memory grows.

The sensors and a BlueZ of our own on a private D-Bus play in a process of their own, at several times their speed;
measured is the gateway's process: links, decoding, health and recording. Linux only, with dbus-daemon.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import numpy as np

from footfall_gateway.ble.hub import SensorHub
from footfall_gateway.ble.link import LinkTiming
from footfall_gateway.clock import ScaledClock, SystemClock
from footfall_gateway.devices import footfall
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.recording import RecordingWriter
from footfall_gateway.virtual.models.footfall import footfall_sensor
from footfall_gateway.virtual.playback import Playback
from footfall_gateway.virtual.timed_packets import TimedPacket
from footfall_processing.session import Placement, Sensor, Session
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2
from measure import Measurement, as_json, show

SENSORS: Final = 8
PACKET_S: Final = 0.095
PACKET_US: Final = 95_000
INTERVAL_NS: Final = 5_000_000
SAMPLES_PER_PACKET: Final = 19
PATIENT_S: Final = 3600.0
SETTLED: Final = 0.25
"""Memory is compared from this share of the time on: buffers and caches are full by then."""


def packets(duration_s: float, seed: int) -> Iterator[TimedPacket]:
    """Make a 200 Hz sensor's notifications; their codes are noise, their sequence tells them apart."""
    codes = np.random.default_rng(seed).integers(-20_000, 20_000, (SAMPLES_PER_PACKET, 6), dtype=np.int16)
    for number in range(round(duration_s / PACKET_S)):
        packet = footfall.SamplesPacket(
            number & 0xFFFF, number * PACKET_US & 0xFFFF_FFFF, INTERVAL_NS, 16, 2000, codes[:, :3], codes[:, 3:]
        )
        yield TimedPacket((number + 1) * PACKET_S, footfall.SAMPLES, footfall.encode_samples(packet))


def play(duration_s: float, speed: float, pipe: Connection) -> None:
    """Be the sensors and BlueZ, in a process of their own."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from gateway.fake_bluez import fake_bluez

    async def playing() -> None:
        sensors = [
            footfall_sensor(
                Sensor(
                    id=f"sensor-{number}",
                    placement=Placement.SHANK,
                    side=None,
                    sampling_rate_hz=200.0,
                    acc_range_mps2=16 * STANDARD_GRAVITY_MPS2,
                    gyro_range_radps=2000 * RADIANS_PER_DEGREE,
                ),
                packets(duration_s, number),
                address=f"C0:00:00:00:00:{number:02X}",
            )
            for number in range(SENSORS)
        ]
        async with Playback(sensors, speed=speed, clock=SystemClock()) as playback, fake_bluez(sensors, playback.clock):
            pipe.send(os.environ["DBUS_SYSTEM_BUS_ADDRESS"])
            await playback.finished()
            pipe.send({f"sensor-{number}": sensor.sent_packets for number, sensor in enumerate(sensors)})
            # The gateway disconnects in its own time.
            await asyncio.get_running_loop().run_in_executor(None, pipe.recv)

    asyncio.run(playing())


@dataclass
class Taken:
    """What the gateway took of one sensor."""

    packets: int = 0
    doubled: int = 0
    next_sequence: int = 0


@dataclass
class Result:
    """What came of it."""

    taken: dict[str, Taken] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    cpu_s: float = 0.0
    simulated_s: float = 0.0
    memory_bytes: list[int] = field(default_factory=list)


def memory_bytes() -> int:
    """Return the memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def take(speed: float, pipe: Connection, folder: Path) -> Result:
    """Be the gateway: find, connect, decode, record."""
    result = Result()
    clock = ScaledClock(SystemClock(), speed)
    timing = LinkTiming(silent_s=2.0 * speed, give_up_s=6.0 * speed)
    async with SensorHub(clock=clock, timing=timing) as hub:
        found = await hub.find(SENSORS, timeout_s=PATIENT_S)
        result.taken = {one.sensor.id: Taken() for one in found}
        session = Session("bench", hub.start(), tuple(one.sensor for one in found), "footfall")
        begun_cpu_s, begun_s, look_s = time.process_time(), clock.now_s(), 0.0

        async def end() -> None:
            result.sent = await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
            await hub.stop()

        ending = asyncio.create_task(end())
        with RecordingWriter(folder / "bench.mcap", RecordingHeader(session, found)) as writer:
            async for packet in hub.packets():
                writer.write(packet)
                _count(result.taken[packet.sensor_id], footfall.decode_samples(packet.data).sequence)
                if packet.received_s >= look_s:
                    result.memory_bytes.append(memory_bytes())
                    look_s += 60.0
        await ending
        result.cpu_s, result.simulated_s = time.process_time() - begun_cpu_s, clock.now_s() - begun_s
    pipe.send(None)
    return result


def _count(taken: Taken, sequence: int) -> None:
    # Further on than half the counter's range is a step back: a packet for the second time.
    if (sequence - taken.next_sequence) & 0xFFFF >= 0x8000:
        taken.doubled += 1
        return
    taken.packets += 1
    taken.next_sequence = (sequence + 1) & 0xFFFF


def measure(hours: float, speed: float) -> list[Measurement]:
    """Play and take."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    player = context.Process(target=play, args=(3600.0 * hours, speed, theirs))
    player.start()
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = ours.recv()
    with tempfile.TemporaryDirectory() as folder:
        result = asyncio.run(take(speed, ours, Path(folder)))
    player.join()
    settled = result.memory_bytes[round(SETTLED * len(result.memory_bytes)) :]
    lost = sum(result.sent[name] - taken.packets for name, taken in result.taken.items())
    doubled = sum(taken.doubled for taken in result.taken.values())
    return [
        Measurement("sensors", SENSORS, ""),
        Measurement("played", result.simulated_s / 3600.0, "h", at_least=hours),
        Measurement("samples delivered", float(SAMPLES_PER_PACKET * sum(result.sent.values())), ""),
        Measurement("samples lost by the gateway", float(SAMPLES_PER_PACKET * lost), "", at_most=0.0),
        Measurement("samples doubled", float(SAMPLES_PER_PACKET * doubled), "", at_most=0.0),
        Measurement("gateway's processor time", 100.0 * result.cpu_s / result.simulated_s, "% of a core", at_most=25.0),
        Measurement("memory at the end", settled[-1] / 2**20, "MiB"),
        Measurement("memory growth, last three quarters", (settled[-1] - settled[0]) / 2**20, "MiB", at_most=2.0),
    ]


def main() -> None:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=2.0, help="how long the sensors play, in their own time")
    parser.add_argument("--speed", type=float, default=20.0, help="how many times as fast")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    arguments = parser.parse_args()
    found = measure(arguments.hours, arguments.speed)
    show("Eight sensors over BlueZ", found)
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(found), indent=2) + "\n")


if __name__ == "__main__":
    main()
