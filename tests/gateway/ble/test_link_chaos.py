"""A bad radio for a whole run: what the sensors delivered is recorded once, gaps are flagged, no stride spans one."""

import asyncio
import math
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest

from footfall_gateway.ble.hub import SensorHub
from footfall_gateway.clock import SystemClock
from footfall_gateway.devices import footfall
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.decoding import decode_packets
from footfall_gateway.recordings.recording import Recording, RecordingWriter
from footfall_gateway.virtual.models.footfall import footfall_sensor
from footfall_gateway.virtual.playback import FIRST_PACKET_S, Playback
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_gateway.virtual.timed_packets import from_recording
from footfall_processing.pipeline import analyze
from footfall_processing.samples import ImuBlock, SampleQuality
from footfall_processing.session import Session

RECORDINGS = Path(__file__).resolve().parents[3] / "recordings"
LONGEST_RECONNECT_S = 3.0
PACKET_S = 0.095


def chaos(random: Random, duration_s: float) -> Faults:
    """Break the link every 20 to 60 s, leave the air for a while, lose 5 % in bursts, fail to connect at first."""
    drops_s, t_s = [], random.uniform(3.0, 20.0)
    while t_s < duration_s:
        drops_s.append(t_s)
        t_s += random.uniform(20.0, 60.0)
    left_s = random.uniform(0.3, 0.6) * duration_s
    return Faults(
        loss_fraction=0.05,
        mean_burst_packets=3.0,
        drops_s=tuple(drops_s),
        absences_s=((left_s, left_s + random.uniform(1.0, 10.0)),),
        connect_errors=random.randrange(3),
        refused_commands=random.randrange(2),
    )


def virtual_sensors(random: Random) -> list[tuple[VirtualSensor, Faults]]:
    sensors: list[tuple[VirtualSensor, Faults]] = []
    for name in ("rearfoot-runner", "shin-pair"):
        recording = Recording.open(RECORDINGS / f"{name}.mcap")
        for recorded_sensor in recording.header.recorded_sensors:
            packets = list(from_recording(recorded_sensor, recording))
            faults = chaos(random, packets[-1].due_s)
            address = f"C0:00:00:00:00:{len(sensors):02X}"
            source = Random(random.random())
            made = footfall_sensor(recorded_sensor.sensor, packets, address=address, faults=faults, random=source)
            sensors.append((made, faults))
    return sensors


def returns_s(faults: Faults) -> list[float]:
    """When the sensor could be reached again: at once after a drop, unless it was about to leave."""
    drops_s = [
        drop_s
        for drop_s in faults.drops_s
        if not any(from_s - LONGEST_RECONNECT_S < drop_s < to_s for from_s, to_s in faults.absences_s)
    ]
    return [*drops_s, *(to_s for _, to_s in faults.absences_s)]


async def record(sensors: list[VirtualSensor], path: Path, random: Random) -> None:
    async with (
        Playback(sensors, speed=math.inf, clock=SystemClock()) as playback,
        SensorHub(clock=playback.clock, backends=playback.radio.backends(), random=random) as hub,
        asyncio.TaskGroup() as tasks,
    ):
        playback.throttle(hub.has_room)
        found = await hub.find(len(sensors), timeout_s=30.0)
        session = Session("chaos", hub.start(), tuple(one.sensor for one in found), "footfall")

        async def end() -> None:
            await playback.finished()
            await hub.stop()

        tasks.create_task(end())
        with RecordingWriter(path, RecordingHeader(session, found)) as writer:
            async for packet in hub.packets():
                writer.write(packet)


def gaps(blocks: list[ImuBlock], interval_s: float) -> Iterator[tuple[float, float, bool]]:
    """Find where samples are missing: from, to, and whether the first sample after it says so."""
    t_s = np.concatenate([block.t_s for block in blocks])
    quality = np.concatenate([block.quality for block in blocks])
    for before in np.flatnonzero(np.diff(t_s) > 1.5 * interval_s):
        yield float(t_s[before]), float(t_s[before + 1]), bool(quality[before + 1] & int(SampleQuality.AFTER_LOSS))


@pytest.mark.parametrize("seed", range(4))
async def test_a_bad_radio_costs_only_what_the_air_lost(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    sensors = virtual_sensors(random)
    path = tmp_path / "chaos.mcap"
    await record([one for one, _ in sensors], path, random)
    recording = Recording.open(path)
    packets = list(recording)
    blocks = list(decode_packets(recording.header, packets))
    strides = analyze(recording.header.session.sensors, blocks)
    assert len(strides) > 100
    for (virtual_sensor, faults), recorded_sensor in zip(sensors, recording.header.recorded_sensors, strict=True):
        sensor = recorded_sensor.sensor
        assert recorded_sensor.address == virtual_sensor.address
        own = [packet for packet in packets if packet.sensor_id == sensor.id]
        # Everything that was delivered is there once, in order: the sensor counts its packets.
        numbers = [footfall.decode_samples(packet.data).sequence for packet in own]
        assert len(numbers) == virtual_sensor.sent_packets > 0
        assert numbers == sorted(set(numbers))
        # Every gap is flagged, and no stride spans one.
        own_blocks = [block for block in blocks if block.sensor_id == sensor.id]
        found_gaps = list(gaps(own_blocks, 1.0 / sensor.sampling_rate_hz))
        assert len(found_gaps) >= len(faults.drops_s)
        assert all(flagged for _, _, flagged in found_gaps)
        for stride in strides:
            if stride.sensor_id == sensor.id:
                assert not any(
                    stride.initial_contact_s < to_s and from_s < stride.next_contact_s for from_s, to_s, _ in found_gaps
                )
        # After each drop and each absence, data are back within seconds.
        arrived_s = np.array([packet.received_s for packet in own])
        for back_s in returns_s(faults):
            if back_s < arrived_s[-1] - LONGEST_RECONNECT_S:
                first_s = arrived_s[arrived_s > back_s + FIRST_PACKET_S][0]
                assert first_s - back_s <= LONGEST_RECONNECT_S + 2 * PACKET_S
