"""Runs of one virtual sensor through the whole gateway, over the in-process radio or bleak's own BlueZ code."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from bleak import BleakClient
from numpy.typing import NDArray

from footfall_gateway.ble.hub import SensorHub
from footfall_gateway.ble.link import LinkTiming
from footfall_gateway.ble.peer import BlePeer
from footfall_gateway.ble.scanner import Backends
from footfall_gateway.clock import SystemClock
from footfall_gateway.devices import PROFILES, DeviceProfile, Wearing
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_gateway.virtual.playback import Playback
from footfall_gateway.virtual.radio import VirtualRadio
from footfall_gateway.virtual.sensor import VirtualSensor
from footfall_processing.health import SensorHealth
from footfall_processing.samples import FloatArray, ImuBlock
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

SPEED = 4.0
PATIENT_S = 60.0
LINK_TIMING = LinkTiming(silent_s=1.0, give_up_s=2.0)
WEARING = Wearing("shank-left", Placement.SHANK, Side.LEFT)


def worn_imu(rate_hz: float, *, acc_range_mps2: float = 16 * STANDARD_GRAVITY_MPS2, has_gyro: bool = True) -> Sensor:
    """Return a sensor worn as `WEARING` says, with ±2000 °/s where it has a gyroscope."""
    return Sensor(
        WEARING.sensor_id,
        WEARING.placement,
        WEARING.side,
        rate_hz,
        acc_range_mps2=acc_range_mps2,
        gyro_range_radps=2000 * RADIANS_PER_DEGREE if has_gyro else None,
        has_gyro=has_gyro,
    )


@dataclass(frozen=True)
class DriverRun:
    """What a gateway made of a run."""

    recorded_sensor: RecordedSensor
    packets: tuple[RawPacket, ...]
    health: SensorHealth

    def blocks(self) -> list[ImuBlock]:
        """Decode what was recorded."""
        return decode(self.recorded_sensor, self.packets)


async def run_driver(sensor: VirtualSensor, way: str) -> DriverRun:
    """Take a whole run of one sensor, to the last packet; `way` is "in-process" or "bluez"."""
    async with contextlib.AsyncExitStack() as stack:
        playback = await stack.enter_async_context(Playback([sensor], speed=SPEED, clock=SystemClock()))
        backends = playback.radio.backends()
        if way == "bluez":
            # Imported here, as D-Bus is not there on macOS.
            from gateway.fake_bluez import fake_bluez

            await stack.enter_async_context(fake_bluez([sensor], playback.clock))
            backends = Backends()
        wearings = {sensor.address: WEARING}
        hub = await stack.enter_async_context(
            SensorHub(clock=playback.clock, backends=backends, wearings=wearings, timing=LINK_TIMING)
        )
        (recorded_sensor,) = await hub.find(1, timeout_s=PATIENT_S)
        hub.start()

        async def end() -> None:
            await playback.finished()
            await hub.stop()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(end())
            packets = [packet async for packet in hub.packets()]
        hub.decode(packets)
        (health,) = hub.health()
    return DriverRun(recorded_sensor, tuple(packets), health)


def decode(recorded_sensor: RecordedSensor, packets: Iterable[RawPacket]) -> list[ImuBlock]:
    """Decode packets with a new decoder."""
    decoder = PROFILES[recorded_sensor.profile].decoder(recorded_sensor)
    return [block for packet in packets for block in decoder.push([packet])]


def counting_samples(sensor: Sensor, count: int, *, first_s: float = 0.0) -> ImuBlock:
    """Make samples that all differ: the codes of acceleration and angular rate count them, the latter downwards."""
    assert sensor.acc_range_mps2 is not None
    assert sensor.gyro_range_radps is not None
    codes = np.arange(count, dtype=np.float64)[:, None] * np.array([1.0, -1.0, 0.5])
    codes[:, 2] = np.floor(codes[:, 2])
    t_s = first_s + np.arange(count) / sensor.sampling_rate_hz
    acc_mps2 = codes * (sensor.acc_range_mps2 / 32768.0)
    gyr_radps = -codes * (sensor.gyro_range_radps / 32768.0)
    return ImuBlock(sensor.id, t_s, acc_mps2, gyr_radps, np.zeros(count, dtype=np.uint8))


def sample_numbers(sensor: Sensor, blocks: Sequence[ImuBlock], *, gyro_codes: float = 0.51) -> NDArray[np.int64]:
    """Tell which of the `counting_samples` these are; each must have come through whole.

    Angular rates may be off by `gyro_codes`: by half a code for rounding, by more where they were timed apart.
    """
    if not blocks:
        return np.empty(0, dtype=np.int64)
    assert sensor.acc_range_mps2 is not None
    assert sensor.gyro_range_radps is not None
    acc_codes = np.concatenate([block.acc_mps2 for block in blocks]) * (32768.0 / sensor.acc_range_mps2)
    numbers = np.rint(acc_codes[:, 0]).astype(np.int64)
    expected = counting_samples(sensor, int(numbers.max()) + 1)
    gyr_radps = [block.gyr_radps for block in blocks if block.gyr_radps is not None]
    assert expected.gyr_radps is not None
    # Within half a code: nothing is rounded on the way but to codes and to floats.
    np.testing.assert_allclose(acc_codes, expected.acc_mps2[numbers] * (32768.0 / sensor.acc_range_mps2), atol=0.51)
    np.testing.assert_allclose(
        np.concatenate(gyr_radps), expected.gyr_radps[numbers], atol=gyro_codes * sensor.gyro_range_radps / 32768.0
    )
    return numbers


def times(blocks: Sequence[ImuBlock]) -> FloatArray:
    """Times of all samples."""
    return np.concatenate([block.t_s for block in blocks])


def quality(blocks: Sequence[ImuBlock]) -> NDArray[np.uint8]:
    """Quality of all samples."""
    return np.concatenate([block.quality for block in blocks])


def as_packets(values: Iterable[tuple[float, str, bytes]], sensor_id: str = WEARING.sensor_id) -> list[RawPacket]:
    """Make packets of arrivals, characteristics and values."""
    return [RawPacket(received_s, sensor_id, characteristic, data) for received_s, characteristic, data in values]


def check_blocks(sensor: Sensor, blocks: Sequence[ImuBlock]) -> None:
    """Check what every decoder promises, whatever came in: time increases, values are within the sensor's reach."""
    assert sensor.acc_range_mps2 is not None
    assert sensor.gyro_range_radps is not None
    for block in blocks:
        assert np.abs(block.acc_mps2).max() <= 1.25 * sensor.acc_range_mps2
        assert block.gyr_radps is not None
        assert np.abs(block.gyr_radps).max() <= 1.25 * sensor.gyro_range_radps
    for before, after in itertools.pairwise(blocks):
        assert before.t_s[-1] < after.t_s[0]


@contextlib.asynccontextmanager
async def connected(sensor: VirtualSensor, profile: DeviceProfile) -> AsyncIterator[BlePeer]:
    """Be connected to a sensor and subscribed to its notifications, as its driver expects it."""
    clock = SystemClock()
    client = BleakClient(sensor.address, backend=VirtualRadio([sensor], clock).backends().client)
    peer = BlePeer(client, sensor.address, sensor.name, clock, lambda _characteristic, _data: None)
    async with client:
        await peer.subscribe(profile.notifications)
        yield peer
