"""Every decoder against packets that no sensor sends: nothing may leave it but samples within the sensor's reach.

For each sensor model a virtual sensor plays to a gateway; what arrived is then mutated and decoded, over and over: bits
flipped, bytes lost, added, copied from other packets, packets doubled, swapped and made up. Where the protocol has a
checksum, no sample may come out that did not go in.
"""

import argparse
import asyncio
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
from rich.progress import track

from footfall_gateway.ble.hub import SensorHub
from footfall_gateway.clock import SystemClock
from footfall_gateway.devices import COMPANION_PROFILES, PROFILES, Wearing, heart_rate, movesense, running_speed
from footfall_gateway.devices.heart_rate import HeartRateMeasurement
from footfall_gateway.devices.metamotion import CHIPS
from footfall_gateway.devices.running_speed import RunningMeasurement
from footfall_gateway.recordings.packets import RawPacket, RecordedCompanion, RecordedSensor
from footfall_gateway.virtual.models import capture2go, footfall, metamotion, movella_dot, polar, witmotion
from footfall_gateway.virtual.models import movesense as virtual_movesense
from footfall_gateway.virtual.models.standard import foot_pod_packets, heart_rate_packets
from footfall_gateway.virtual.playback import Playback
from footfall_gateway.virtual.sensor import VirtualSensor
from footfall_gateway.virtual.timed_packets import from_blocks
from footfall_processing.companions import (
    HEART_RATE,
    POD_CADENCE,
    POD_CADENCE_SENT,
    POD_DISTANCE,
    POD_SPEED,
    POD_STRIDE_LENGTH,
    RR_INTERVAL,
)
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Placement, Sensor
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2
from measure import Measurement, as_json, show

ADDRESS: Final = "C0:00:00:00:00:01"
WEARING: Final = Wearing("shank", Placement.SHANK)
PLAYED_S: Final = 10.0
CHECKED: Final = frozenset({"capture2go"})
"""Protocols with a checksum."""
SESSION_PACKETS: Final = 2000
"""A decoder is used for so long, then a new one: what it remembers is attacked too."""
REACH: Final = 1.25
"""Samples may stand this far beyond the stated range: codes do not end where ranges do."""

COMPANION_REACH: Final = {
    HEART_RATE: (20.0, 260.0),
    RR_INTERVAL: (0.2, 3.0),
    POD_SPEED: (0.0, 15.0),
    POD_CADENCE: (0.0, 2.0 * 0xFF),
    POD_CADENCE_SENT: (0.0, float(0xFF)),
    POD_STRIDE_LENGTH: (0.0, 0.01 * 0xFFFF),
    POD_DISTANCE: (0.0, 0.1 * 0xFFFF_FFFF),
}
"""What a companion may say at all; lengths and distances have no bound but their field's."""


@dataclass(frozen=True)
class Stream:
    """What arrived of a virtual sensor."""

    recorded_sensor: RecordedSensor
    packets: tuple[RawPacket, ...]


def sensor(rate_hz: float, acc_range_g: float = 16.0, *, has_gyro: bool = True) -> Sensor:
    """Describe a sensor."""
    return Sensor(
        WEARING.sensor_id,
        WEARING.placement,
        None,
        rate_hz,
        acc_range_mps2=acc_range_g * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=2000 * RADIANS_PER_DEGREE if has_gyro else None,
        has_gyro=has_gyro,
    )


def noise(of: Sensor) -> list[ImuBlock]:
    """Make samples all over the range, each of its own."""
    n = round(PLAYED_S * of.sampling_rate_hz)
    values = np.random.default_rng(1).uniform(-0.95, 0.95, (n, 6))
    assert of.acc_range_mps2 is not None
    gyr_radps = None if of.gyro_range_radps is None else values[:, 3:] * of.gyro_range_radps
    t_s = np.arange(n) / of.sampling_rate_hz
    return [ImuBlock(of.id, t_s, values[:, :3] * of.acc_range_mps2, gyr_radps, np.zeros(n, np.uint8))]


def virtual_sensors() -> dict[str, VirtualSensor]:
    """Make one of each model, and of each of its ways to send."""
    imu, verity, h10, dot = sensor(200.0), sensor(208.0), sensor(200.0, 8.0, has_gyro=False), sensor(60.0)
    made = {
        "footfall": footfall.footfall_sensor(imu, from_blocks(imu, noise(imu)), address=ADDRESS),
        "capture2go": capture2go.capture2go_sensor(capture2go.packets(imu, noise(imu)), address=ADDRESS),
        "movella_dot": movella_dot.movella_dot_sensor(movella_dot.packets(dot, noise(dot)), address=ADDRESS),
        "witmotion": witmotion.witmotion_sensor(witmotion.packets(imu, noise(imu)), address=ADDRESS),
        "polar, Verity Sense": polar.polar_sensor(
            polar.VERITY_SENSE, polar.packets(verity, noise(verity)), address=ADDRESS
        ),
        "polar, H10": polar.polar_sensor(polar.H10, polar.packets(h10, noise(h10)), address=ADDRESS),
    }
    for chip in CHIPS.values():
        packets = metamotion.packets(imu, noise(imu), chip)
        model = metamotion.MetaMotionModel(chip)
        made[f"metamotion, {chip.name}"] = metamotion.metamotion_sensor(packets, address=ADDRESS, model=model)
    for plan in movesense.PLANS[:2]:
        described = sensor(float(plan.rate_hz), 8.0)
        packets = virtual_movesense.packets(described, noise(described), plan=plan)
        made[f"movesense, {plan.rate_hz} Hz"] = virtual_movesense.movesense_sensor(
            virtual_movesense.MovesenseModel(plan), packets, address=ADDRESS
        )
    return made


async def stream(virtual_sensor: VirtualSensor) -> Stream:
    """Take all that a virtual sensor sends."""
    async with (
        Playback([virtual_sensor], speed=math.inf, clock=SystemClock()) as playback,
        SensorHub(clock=playback.clock, backends=playback.radio.backends(), wearings={ADDRESS: WEARING}) as hub,
        asyncio.TaskGroup() as tasks,
    ):
        playback.throttle(hub.has_room)
        (recorded_sensor,) = await hub.find(1, timeout_s=60.0)
        hub.start()

        async def end() -> None:
            await playback.finished()
            await hub.stop()

        tasks.create_task(end())
        return Stream(recorded_sensor, tuple([packet async for packet in hub.packets()]))


def mutated(packets: Sequence[RawPacket], at: int, random: Random) -> RawPacket:
    """Spoil one packet; sometimes only when it arrives, or not at all."""
    packet = packets[at]
    data, received_s = bytearray(packet.data), packet.received_s
    match random.randrange(9):
        case 0 | 1:
            for _ in range(random.randint(1, 8)):
                if data:
                    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        case 2:
            del data[random.randint(0, len(data)) :]
        case 3:
            del data[: random.randint(0, len(data))]
        case 4:
            data[random.randint(0, len(data)) : 0] = random.randbytes(random.randint(1, 40))
        case 5:
            other = packets[random.randrange(len(packets))].data
            cut = random.randint(0, min(len(other), len(data)))
            data[cut:] = other[cut:]
        case 6:
            data = bytearray(packets[max(0, at - random.randint(0, 5))].data)
        case 7:
            data = bytearray(random.randbytes(random.randint(0, 250)))
        case _:
            received_s = max(0.0, received_s + random.uniform(-20.0, 20.0))
    return RawPacket(received_s, packet.sensor_id, packet.characteristic, bytes(data))


def rows(block: ImuBlock) -> np.ndarray:
    """Return acceleration and angular rate of each sample."""
    return block.acc_mps2 if block.gyr_radps is None else np.hstack((block.acc_mps2, block.gyr_radps))


def fuzz(name: str, source: Stream, count: int, seed: int) -> list[Measurement]:
    """Decode `count` packets, half of them spoilt; an exception ends the benchmark."""
    random = Random(seed)
    profile = PROFILES[source.recorded_sensor.profile]
    described = source.recorded_sensor.sensor
    assert described.acc_range_mps2 is not None
    reach = REACH if source.recorded_sensor.settings.get("acc_range_known", True) else 2.0 * REACH
    limits = np.full(6 if described.has_gyro else 3, reach * described.acc_range_mps2)
    limits[3:] = REACH * (described.gyro_range_radps or 0.0)
    clean = profile.decoder(source.recorded_sensor)
    true = {row.tobytes() for packet in source.packets for block in clean.push([packet]) for row in rows(block)}
    samples = wrong = false = 0
    decoder, last_s, spoilt = profile.decoder(source.recorded_sensor), -math.inf, 0
    for number in track(range(2 * count), description=name, transient=True):
        at = number % len(source.packets)
        if number % SESSION_PACKETS == 0:
            decoder, last_s = profile.decoder(source.recorded_sensor), -math.inf
        packet = source.packets[at]
        if random.random() < 0.5 and spoilt < count:
            packet, spoilt = mutated(source.packets, at, random), spoilt + 1
        for block in decoder.push([packet]):
            values = rows(block)
            samples += len(block)
            fit = bool(np.all(np.abs(values) <= limits)) and bool(np.all(np.diff(block.t_s) > 0.0))
            wrong += not (fit and block.t_s[0] > last_s)
            last_s = float(block.t_s[-1])
            if profile.name in CHECKED:
                false += sum(row.tobytes() not in true for row in values)
    found = [
        Measurement(f"{name}: spoilt packets", float(spoilt), ""),
        Measurement(f"{name}: samples decoded", float(samples), "", at_least=1.0),
        Measurement(f"{name}: blocks out of order or out of reach", float(wrong), "", at_most=0.0),
    ]
    if profile.name in CHECKED:
        found.append(Measurement(f"{name}: samples that were never sent", float(false), "", at_most=0.0))
    return found


def companion_packets() -> dict[str, tuple[RawPacket, ...]]:
    """Make what companions send, by profile: every field of their packets, and every kind of value."""
    random = Random(1)
    beats = [
        HeartRateMeasurement(
            random.choice((random.randint(30, 220), random.randint(0, 0xFFFF))),
            tuple(random.randint(0, 2000) for _ in range(random.randint(0, 3))),
            random.choice((None, True, True, False)),
            random.choice((None, random.randint(0, 3000))),
        )
        for _ in range(500)
    ]
    steps = [
        RunningMeasurement(
            random.randint(0, 1800),
            random.randint(0, 255),
            random.choice((None, random.randint(50, 300))),
            random.choice((None, random.randint(0, 100_000))),
            running=True,
        )
        for _ in range(500)
    ]
    timed = {heart_rate.NAME: heart_rate_packets(beats), running_speed.NAME: foot_pod_packets(steps)}
    return {
        name: tuple(RawPacket(packet.due_s, name, packet.characteristic, packet.data) for packet in packets)
        for name, packets in timed.items()
    }


def fuzz_companion(name: str, packets: Sequence[RawPacket], count: int, seed: int) -> list[Measurement]:
    """Decode `count` spoilt packets of a companion and as many whole ones; an exception ends the benchmark."""
    random = Random(seed)
    decoder = COMPANION_PROFILES[name].decoder(RecordedCompanion(name, name))
    readings = wrong = 0
    for number in track(range(2 * count), description=name, transient=True):
        at = number // 2 % len(packets)
        packet = mutated(packets, at, random) if number % 2 else packets[at]
        for reading in decoder.push(packet):
            readings += 1
            wrong += not all(
                low <= value <= high for key, value in reading.values.items() for low, high in [COMPANION_REACH[key]]
            )
    return [
        Measurement(f"{name}: spoilt packets", float(count), ""),
        Measurement(f"{name}: readings", float(readings), "", at_least=1.0),
        Measurement(f"{name}: readings out of reach", float(wrong), "", at_most=0.0),
    ]


def main() -> None:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=1_000_000, help="spoilt packets for each model")
    parser.add_argument("--only", help="only models whose name contains this")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    arguments = parser.parse_args()
    found: list[Measurement] = []
    for name, virtual_sensor in virtual_sensors().items():
        if arguments.only is None or arguments.only in name:
            found += fuzz(name, asyncio.run(stream(virtual_sensor)), arguments.packets, arguments.seed)
    for name, packets in companion_packets().items():
        if arguments.only is None or arguments.only in name:
            found += fuzz_companion(name, packets, arguments.packets, arguments.seed)
    title = f"Decoders against spoilt packets, seed {arguments.seed}: no exception"
    show(title, found)
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(found), indent=2) + "\n")


if __name__ == "__main__":
    main()
