"""The link from sensor to gateway, over the in-process radio and over bleak's own BlueZ code: all once."""

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from footfall_gateway.ble.hub import SensorHub, SensorsNotFoundError
from footfall_gateway.ble.link import LinkTiming
from footfall_gateway.ble.scanner import Backends
from footfall_gateway.clock import Clock, SystemClock
from footfall_gateway.devices import footfall
from footfall_gateway.errors import BluetoothError
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_gateway.virtual.models.footfall import footfall_sensor
from footfall_gateway.virtual.playback import Playback
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_gateway.virtual.timed_packets import TimedPacket
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from gateway.fake_bluez import FakeBluez

PACKET_S = 0.095
PATIENT_S = 600.0
LINK_TIMING = LinkTiming(silent_s=1.0, give_up_s=2.0)


def sensor(side: Side) -> Sensor:
    return Sensor(
        id=f"foot-{side}",
        placement=Placement.FOOT,
        side=side,
        sampling_rate_hz=200.0,
        acc_range_mps2=16 * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=2000 * RADIANS_PER_DEGREE,
    )


def counting_packets(count: int) -> list[TimedPacket]:
    """Make packets that all differ: the sequence number counts them."""
    codes = np.arange(57, dtype=np.int16).reshape(19, 3)
    return [
        TimedPacket(
            (index + 1) * PACKET_S,
            footfall.SAMPLES,
            footfall.encode_samples(
                footfall.SamplesPacket(index, index * 95_000, 5_000_000, 16, 2000, codes, codes, clock_epoch=1)
            ),
        )
        for index in range(count)
    ]


def pair(seconds: float, faults: Faults | None = None) -> list[VirtualSensor]:
    packets = counting_packets(round(seconds / PACKET_S))
    return [
        footfall_sensor(sensor(side), packets, address=f"C0:00:00:00:00:0{index}", faults=faults)
        for index, side in enumerate(Side)
    ]


@dataclass
class Run:
    """What a gateway made of a run."""

    recorded_sensors: tuple[RecordedSensor, ...] = ()
    packets: list[RawPacket] = field(default_factory=list)
    reports: list[tuple[SensorHealth, ...]] = field(default_factory=list)

    def indices(self, sensor_id: str) -> list[int]:
        """Which packets arrived, in order."""
        return [footfall.decode_samples(p.data).sequence for p in self.packets if p.sensor_id == sensor_id]

    def states(self, sensor_id: str) -> list[LinkState]:
        """List the link's states, without repetition."""
        states: list[LinkState] = []
        for health in (health for report in self.reports for health in report if health.sensor_id == sensor_id):
            if not states or states[-1] is not health.state:
                states.append(health.state)
        return states


async def run(sensors: Sequence[VirtualSensor], playback: Playback, backends: Backends) -> Run:
    """Take a whole run from both sensors, to the last packet."""
    result = Run()

    async with SensorHub(clock=playback.clock, backends=backends, timing=LINK_TIMING) as hub:
        result.recorded_sensors = await hub.find(len(sensors), timeout_s=PATIENT_S)
        hub.start()

        async def watch() -> None:
            async for report in hub.reports():
                result.reports.append(report)

        async def end() -> None:
            await playback.finished()
            await hub.stop()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(watch())
            tasks.create_task(end())
            async for packet in hub.packets():
                result.packets.append(packet)
                hub.decode([packet])
        result.reports.append(hub.health())
    return result


@pytest.fixture(params=["in-process", pytest.param("bluez", marks=pytest.mark.bluez)])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def fake(
    sensors: Sequence[VirtualSensor], clock: Clock, *, powered: bool = True, adapters: Sequence[str] = ("hci0",)
) -> AbstractAsyncContextManager["FakeBluez"]:
    # Imported here, as D-Bus is not there on macOS.
    from gateway.fake_bluez import fake_bluez

    return fake_bluez(sensors, clock, powered=powered, adapters=adapters)


@contextlib.asynccontextmanager
async def on_air(sensors: Sequence[VirtualSensor], way: str) -> AsyncIterator[tuple[Playback, Backends]]:
    """Put sensors on the air, either way."""
    async with contextlib.AsyncExitStack() as stack:
        if way == "in-process":
            playback = await stack.enter_async_context(Playback(sensors, speed=math.inf, clock=SystemClock()))
            yield playback, playback.radio.backends()
        else:
            playback, _ = await stack.enter_async_context(on_the_bus(sensors))
            yield playback, Backends()


@contextlib.asynccontextmanager
async def on_the_bus(
    sensors: Sequence[VirtualSensor], *, adapters: Sequence[str] = ("hci0",)
) -> AsyncIterator[tuple[Playback, "FakeBluez"]]:
    """Put sensors on the air behind BlueZ, at the pace at which the bus carries what they send."""
    playback = Playback(sensors, speed=math.inf, clock=SystemClock())
    async with fake(sensors, playback.clock, adapters=adapters) as bluez, playback:
        playback.throttle(bluez.settled)
        yield playback, bluez


async def test_two_sensors_stream_and_every_packet_arrives_once(way: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="footfall_gateway")
    sensors = pair(8.0, Faults(battery_percent=87.0, battery_drain_percent_per_h=900.0))
    async with on_air(sensors, way) as (playback, backends):
        result = await run(sensors, playback, backends)
    assert [r.sensor for r in result.recorded_sensors] == [sensor(Side.LEFT), sensor(Side.RIGHT)]
    assert [r.address for r in result.recorded_sensors] == [s.address for s in sensors]
    # The link tells of every failure: this run had none.
    assert [record for record in caplog.records if record.name.startswith("footfall_gateway")] == []
    for side, virtual_sensor in zip(Side, sensors, strict=True):
        sent = [packet.data for packet in counting_packets(round(8.0 / PACKET_S))]
        assert [p.data for p in result.packets if p.sensor_id == f"foot-{side}"] == sent
        assert virtual_sensor.sent_packets == len(sent)
        assert [data for _, data in virtual_sensor.commands] == [footfall.START_STREAMING, footfall.STOP_STREAMING]
    received_s = [packet.received_s for packet in result.packets]
    assert received_s == sorted(received_s)
    for health in result.reports[-1]:
        assert (health.received_samples, health.lost_samples) == (19 * round(8.0 / PACKET_S), 0)
        assert health.battery_percent == 85
        assert health.state is LinkState.FINISHED
    rates = [health.rate_hz for report in result.reports for health in report if health.rate_hz is not None]
    assert rates == pytest.approx([200.0] * len(rates), rel=0.005)
    assert rates


def check_exactly_once(result: Run, sensors: Sequence[VirtualSensor]) -> None:
    """Everything that the sensors handed to the link arrived, in order and once; the rest is counted as lost."""
    for side, virtual_sensor in zip(Side, sensors, strict=True):
        indices = result.indices(f"foot-{side}")
        assert len(indices) == virtual_sensor.sent_packets
        assert indices == sorted(set(indices))
        (health,) = (h for h in result.reports[-1] if h.sensor_id == f"foot-{side}")
        assert health.received_samples == 19 * len(indices)
        assert health.lost_samples == 19 * (indices[-1] - indices[0] + 1 - len(indices))


async def test_a_dropped_link_comes_back(way: str) -> None:
    sensors = pair(10.0, Faults(drops_s=(2.0, 5.0), connect_errors=1))
    async with on_air(sensors, way) as (playback, backends):
        result = await run(sensors, playback, backends)
    check_exactly_once(result, sensors)
    for side in Side:
        assert result.states(f"foot-{side}").count(LinkState.LOST) == 2
        assert result.indices(f"foot-{side}")[-1] == round(10.0 / PACKET_S) - 1


async def test_a_sensor_that_left_and_returned_streams_again(way: str) -> None:
    sensors = pair(12.0, Faults(absences_s=((2.0, 6.0),)))
    async with on_air(sensors, way) as (playback, backends):
        result = await run(sensors, playback, backends)
    check_exactly_once(result, sensors)
    for side, virtual_sensor in zip(Side, sensors, strict=True):
        assert virtual_sensor.unheard_packets >= 4.0 / PACKET_S - 1
        assert LinkState.LOST in result.states(f"foot-{side}")
        assert result.indices(f"foot-{side}")[-1] == round(12.0 / PACKET_S) - 1


async def test_a_frozen_link_is_noticed_closed_and_opened_again(way: str) -> None:
    sensors = pair(10.0, Faults(freezes_s=(2.0,)))
    async with on_air(sensors, way) as (playback, backends):
        result = await run(sensors, playback, backends)
    check_exactly_once(result, sensors)
    for side, virtual_sensor in zip(Side, sensors, strict=True):
        states = result.states(f"foot-{side}")
        assert states.index(LinkState.SILENT) < states.index(LinkState.LOST)
        assert virtual_sensor.lost_packets >= LINK_TIMING.give_up_s / PACKET_S - 2
        assert result.indices(f"foot-{side}")[-1] == round(10.0 / PACKET_S) - 1


async def test_a_start_that_fails_after_subscribing_doubles_nothing(way: str) -> None:
    sensors = pair(5.0, Faults(refused_commands=2))
    async with on_air(sensors, way) as (playback, backends):
        result = await run(sensors, playback, backends)
    check_exactly_once(result, sensors)
    for side in Side:
        assert result.indices(f"foot-{side}") == list(range(round(5.0 / PACKET_S)))


async def test_burst_loss_shows_in_the_health(way: str) -> None:
    sensors = pair(10.0, Faults(loss_fraction=0.2, mean_burst_packets=3.0))
    async with on_air(sensors, way) as (playback, backends):
        result = await run(sensors, playback, backends)
    check_exactly_once(result, sensors)
    assert all(virtual_sensor.lost_packets > 0 for virtual_sensor in sensors)
    assert all(health.loss_fraction > 0.02 for health in result.reports[-1])


async def test_missing_sensors_are_reported_in_one_line(way: str) -> None:
    sensors = pair(1.0)
    sensors[1].leave_range()
    async with (
        on_air(sensors, way) as (playback, backends),
        SensorHub(clock=playback.clock, backends=backends) as hub,
    ):
        await hub.find(1, timeout_s=PATIENT_S)
        with pytest.raises(SensorsNotFoundError, match="1 of 2 sensors found within 3 s"):
            await hub.find(2, timeout_s=3.0)


@pytest.mark.bluez
async def test_bluetooth_that_is_off_is_reported_in_one_line() -> None:
    clock = SystemClock()
    async with fake([], clock, powered=False):
        with pytest.raises(BluetoothError, match="switch it on"):
            async with SensorHub(clock=clock) as hub:
                await hub.find(1, timeout_s=3.0)


@pytest.mark.bluez
async def test_a_sensor_that_a_dead_program_left_connected_is_taken_over() -> None:
    sensors = pair(5.0)
    async with on_the_bus(sensors) as (playback, bluez):
        await bluez.leave_connected("hci0", sensors[0].address)
        assert not sensors[0].advertising
        result = await run(sensors, playback, Backends())
    check_exactly_once(result, sensors)
    for side in Side:
        assert result.indices(f"foot-{side}") == list(range(round(5.0 / PACKET_S)))


@pytest.mark.bluez
async def test_several_adapters_share_the_sensors() -> None:
    sensors = [*pair(5.0), *pair(5.0)]
    for number, virtual_sensor in enumerate(sensors):
        virtual_sensor.address = f"C0:00:00:00:01:0{number}"
    async with (
        on_the_bus(sensors, adapters=("hci0", "hci1")) as (playback, _),
        SensorHub(clock=playback.clock, backends=Backends(adapters=("hci0", "hci1"))) as hub,
    ):
        await hub.find(4, timeout_s=PATIENT_S)
        carried = hub.carried()
    # An adapter that is just connecting hears nothing, so the other one may take a third.
    assert sum(carried.values()) == 4
    assert min(carried.values()) >= 1


@pytest.mark.bluez
async def test_streams_come_back_when_the_adapter_was_pulled_out_and_put_in_again() -> None:
    sensors = pair(20.0)
    async with on_the_bus(sensors) as (playback, bluez):

        async def pull_out() -> None:
            await sensors[0].started.wait()
            await playback.clock.sleep(4.0)
            bluez.unplug("hci0")
            await playback.clock.sleep(5.0)
            bluez.plug("hci0")

        pulling = asyncio.create_task(pull_out())
        result = await run(sensors, playback, Backends())
        await pulling
    check_exactly_once(result, sensors)
    for side in Side:
        assert LinkState.LOST in result.states(f"foot-{side}")
        assert result.indices(f"foot-{side}")[-1] == round(20.0 / PACKET_S) - 1
