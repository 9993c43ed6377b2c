"""The sensor hub's own rules: who is let in, what is reported, what happens when the reader does not keep up."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from random import Random

import numpy as np
import pytest

from footfall_gateway.ble.hub import QUEUE_PACKETS, SensorHub, SensorsNotFoundError
from footfall_gateway.ble.link import LinkTiming
from footfall_gateway.clock import SteppedClock
from footfall_gateway.devices import PROFILES, Peer, Wearing, footfall
from footfall_gateway.owned_tasks import OwnedTasks
from footfall_gateway.packets import RecordedSensor
from footfall_gateway.virtual.models.footfall import footfall_sensor
from footfall_gateway.virtual.radio import VirtualRadio
from footfall_gateway.virtual.sensor import VirtualSensor
from footfall_gateway.virtual.timed_packets import TimedPacket
from footfall_processing.errors import InputError
from footfall_processing.health import LinkState
from footfall_processing.session import Placement, Sensor
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2


def virtual_sensor(sensor_id: str, address: str, packets: Sequence[TimedPacket] = ()) -> VirtualSensor:
    sensor = Sensor(
        id=sensor_id,
        placement=Placement.SHANK,
        side=None,
        sampling_rate_hz=200.0,
        acc_range_mps2=16 * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=2000 * RADIANS_PER_DEGREE,
    )
    return footfall_sensor(sensor, packets, address=address)


def sample_packets(count: int) -> list[TimedPacket]:
    still = np.zeros((19, 3), dtype=np.int16)
    return [
        TimedPacket(
            0.095 * (n + 1),
            footfall.SAMPLES,
            footfall.encode_samples(footfall.SamplesPacket(n, n * 95_000, 5_000_000, 16, 2000, still, still)),
        )
        for n in range(count)
    ]


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(datetime(2026, 11, 21, tzinfo=UTC))


async def found_within(hub: SensorHub, clock: SteppedClock, count: int) -> list[str]:
    """Find sensors while the clock goes on; return their ids."""
    finding = asyncio.create_task(hub.find(count, timeout_s=10.0))
    while not finding.done():
        await clock.step()
    return [recorded_sensor.sensor.id for recorded_sensor in finding.result()]


async def test_two_sensors_of_one_name_are_told_apart(clock: SteppedClock) -> None:
    sensors = [virtual_sensor("shank", f"C0:00:00:00:A1:0{n}") for n in range(2)]
    async with SensorHub(clock=clock, backends=VirtualRadio(sensors, clock).backends()) as hub:
        assert await found_within(hub, clock, 2) == ["shank", "shank-a101"]


@pytest.mark.parametrize(("offers", "command"), [(True, footfall.START_QUICK), (False, footfall.START_STREAMING)])
async def test_short_packets_are_asked_of_sensors_that_have_them(
    clock: SteppedClock, monkeypatch: pytest.MonkeyPatch, offers: bool, command: bytes
) -> None:
    monkeypatch.setattr(footfall, "encode_description", partial(footfall.encode_description, quick=offers))
    model = footfall.encode_description
    monkeypatch.setattr(footfall, "encode_description", lambda sensor, *, quick, log: model(sensor))
    sensor = virtual_sensor("foot", "C0:00:00:00:00:01", sample_packets(3))
    async with SensorHub(clock=clock, backends=VirtualRadio([sensor], clock).backends(), quick=True) as hub:
        await found_within(hub, clock, 1)
        hub.start()
        while not sensor.started.is_set():
            await clock.step()
        assert sensor.commands == [(footfall.CONTROL, command)]


async def test_a_sensor_without_a_description_is_left_out_and_named(clock: SteppedClock) -> None:
    odd, good = virtual_sensor("odd", "C0:00:00:00:00:01"), virtual_sensor("good", "C0:00:00:00:00:02")

    async def describe(peer: Peer, wearing: Wearing | None) -> RecordedSensor:
        if peer.address == odd.address:
            raise InputError(f"sensor {peer.address} has no description")
        return await footfall.describe(peer, wearing)

    async with SensorHub(
        clock=clock,
        backends=VirtualRadio([odd, good], clock).backends(),
        profiles={"footfall": replace(PROFILES["footfall"], describe=describe)},
    ) as hub:
        assert await found_within(hub, clock, 1) == ["good"]
        with pytest.raises(SensorsNotFoundError, match=r"C0:00:00:00:00:01 was left out: .* no description"):
            await found_within(hub, clock, 2)


async def test_only_what_was_paired_is_let_in_whatever_others_call_themselves(clock: SteppedClock) -> None:
    """Of two that say to be the same sensor, the one at the paired address is it; and not if it is another model."""
    mine, namesake = virtual_sensor("mine", "C0:00:00:00:00:01"), virtual_sensor("mine", "C0:00:00:00:00:02")
    worn = {mine.address: Wearing("foot-left", Placement.FOOT, None)}
    backends = VirtualRadio([namesake, mine], clock).backends()
    async with SensorHub(clock=clock, backends=backends, wearings=worn, models={mine.address: "footfall"}) as hub:
        assert await found_within(hub, clock, 1) == ["foot-left"]
        assert namesake.advertising
    for radio, models in (([namesake], {mine.address: "footfall"}), ([namesake, mine], {mine.address: "polar"})):
        backends = VirtualRadio(radio, clock).backends()
        async with SensorHub(clock=clock, backends=backends, wearings=worn, models=models) as hub:
            with pytest.raises(SensorsNotFoundError):
                await found_within(hub, clock, 1)
            assert all(sensor.advertising for sensor in radio), "nobody connected to it"


async def test_before_the_start_sensors_are_connected_but_silent(clock: SteppedClock) -> None:
    sensor = virtual_sensor("shank", "C0:00:00:00:00:01")
    async with SensorHub(clock=clock, backends=VirtualRadio([sensor], clock).backends()) as hub:
        await found_within(hub, clock, 1)
        assert not sensor.advertising
        assert not sensor.started.is_set()
        assert hub.start() == clock.utc_now()
        await clock.advance(0.1)
        assert sensor.started.is_set()
    assert sensor.advertising


async def test_device_information_travels_with_the_description(clock: SteppedClock) -> None:
    sensor = virtual_sensor("shank", "C0:00:00:00:00:01")
    async with SensorHub(clock=clock, backends=VirtualRadio([sensor], clock).backends()) as hub:
        finding = asyncio.create_task(hub.find(1, timeout_s=10.0))
        await clock.advance(1.0)
        (recorded_sensor,) = await finding
    assert recorded_sensor.settings == {"manufacturer": "Footfall", "model": "Virtual sensor", "firmware": "1"}


async def test_a_reader_that_stands_still_costs_packets_and_the_health_says_so(clock: SteppedClock) -> None:
    packets = sample_packets(QUEUE_PACKETS + 101)
    # The last one comes after the reader has caught up.
    packets[-1] = replace(packets[-1], due_s=packets[-1].due_s + 5.0)
    sensor = virtual_sensor("shank", "C0:00:00:00:00:01", packets)
    async with SensorHub(clock=clock, backends=VirtualRadio([sensor], clock).backends()) as hub:
        await found_within(hub, clock, 1)
        hub.start()
        await clock.advance(0.1)
        playing = asyncio.create_task(sensor.play(clock, origin_s=0.0))
        while sensor.sent_packets < len(packets) - 1:
            await clock.step()
        reading = hub.packets()
        kept = [await anext(reading) for _ in range(QUEUE_PACKETS)]
        assert [packet.data for packet in kept] == [packet.data for packet in packets[:QUEUE_PACKETS]]
        await clock.advance(6.0)
        await playing
        last = await anext(reading)
        assert last.data == packets[-1].data
        hub.decode([*kept, last])
        (health,) = hub.health()
        assert (health.received_samples, health.lost_samples) == (19 * (QUEUE_PACKETS + 1), 19 * 100)


def test_retries_come_ever_more_rarely_and_not_in_step() -> None:
    timing, random = LinkTiming(first_retry_s=0.5, last_retry_s=15.0), Random(1)
    for failures, longest_s in [(1, 0.5), (2, 1.0), (3, 2.0), (6, 15.0), (100, 15.0)]:
        waits_s = [timing.retry_s(failures, random) for _ in range(200)]
        assert longest_s / 2 <= min(waits_s) < 0.6 * longest_s
        assert 0.9 * longest_s < max(waits_s) <= longest_s


async def test_the_states_of_a_link_are_reported_as_they_change(clock: SteppedClock) -> None:
    sensor = virtual_sensor("shank", "C0:00:00:00:00:01", sample_packets(10))
    states: list[LinkState] = []

    async def watch(hub: SensorHub) -> None:
        async for (health,) in hub.reports():
            if not states or states[-1] is not health.state:
                states.append(health.state)

    async with SensorHub(clock=clock, backends=VirtualRadio([sensor], clock).backends()) as hub:
        await found_within(hub, clock, 1)
        watching = asyncio.create_task(watch(hub))
        hub.start()
        await clock.advance(0.1)
        playing = asyncio.create_task(sensor.play(clock, origin_s=0.0))
        await clock.advance(4.5)
        assert playing.done()
        sensor.leave_range()
        await clock.advance(1.0)
    await watching
    assert states == [
        LinkState.CONNECTING,
        LinkState.STREAMING,
        LinkState.SILENT,
        LinkState.LOST,
        LinkState.FINISHED,
    ]


async def test_an_error_of_the_body_leaves_owned_tasks_unwrapped() -> None:
    ended = asyncio.Event()

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def fail() -> None:
        async with OwnedTasks() as tasks:
            tasks.start(forever())
            await asyncio.sleep(0)
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await fail()
    assert ended.is_set()


async def test_a_crash_of_an_owned_task_ends_the_body() -> None:
    async def crash() -> None:
        raise KeyError("theirs")

    async def wait() -> None:
        async with OwnedTasks() as tasks:
            tasks.start(crash())
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as crashed:
        await wait()
    assert crashed.group_contains(KeyError, match="theirs")
