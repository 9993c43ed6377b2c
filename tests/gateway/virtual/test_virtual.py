"""Virtual sensors: what they send is what they were given, at every speed, with the faults asked for and no others."""

import asyncio
import itertools
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway.ble import hub as hub_module
from footfall_gateway.ble.hub import SensorHub
from footfall_gateway.clock import ScaledClock, SteppedClock
from footfall_gateway.devices import footfall, samples
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_gateway.virtual.models.footfall import footfall_sensor
from footfall_gateway.virtual.playback import Playback
from footfall_gateway.virtual.sensor import BurstChannel, Faults
from footfall_gateway.virtual.timed_packets import TimedPacket, from_blocks, from_recording, with_known_ranges
from footfall_processing.errors import InputError
from footfall_processing.samples import ImuBlock, SampleQuality
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

ACC_CODE_MPS2 = 16 * STANDARD_GRAVITY_MPS2 / 32768
GYRO_CODE_RADPS = 2000 * RADIANS_PER_DEGREE / 32768


def sensor(rate_hz: float = 200.0, *, has_gyro: bool = True, id: str = "foot-left") -> Sensor:
    return Sensor(
        id=id,
        placement=Placement.FOOT,
        side=Side.LEFT,
        sampling_rate_hz=rate_hz,
        acc_range_mps2=16 * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=2000 * RADIANS_PER_DEGREE if has_gyro else None,
        has_gyro=has_gyro,
    )


def signal(t_s: np.ndarray[tuple[int], np.dtype[np.float64]], *, has_gyro: bool = True) -> ImuBlock:
    """Make a block of values that tell the samples apart."""
    ramp = np.stack([np.sin(3.0 * t_s), np.cos(5.0 * t_s), np.sin(7.0 * t_s)], axis=1)
    quality = np.zeros(len(t_s), dtype=np.uint8)
    return ImuBlock("foot-left", t_s, 100.0 * ramp, 20.0 * ramp if has_gyro else None, quality)


def cut(block: ImuBlock, at: Sequence[int]) -> list[ImuBlock]:
    edges = [0, *sorted(set(at) - {0, len(block)}), len(block)]
    return [
        ImuBlock(
            block.sensor_id,
            block.t_s[a:b].copy(),
            block.acc_mps2[a:b].copy(),
            None if block.gyr_radps is None else block.gyr_radps[a:b].copy(),
            block.quality[a:b].copy(),
        )
        for a, b in itertools.pairwise(edges)
    ]


def decoded(sent: Sequence[TimedPacket], described: Sensor) -> tuple[ImuBlock, footfall.FootfallDecoder]:
    """Decode what was sent, as one block."""
    decoder = footfall.FootfallDecoder(RecordedSensor(described, footfall.NAME))
    blocks = [
        block
        for packet in sent
        for block in decoder.push([RawPacket(packet.due_s, described.id, packet.characteristic, packet.data)])
    ]
    whole = ImuBlock(
        described.id,
        np.concatenate([block.t_s for block in blocks]),
        np.concatenate([block.acc_mps2 for block in blocks]),
        np.concatenate([block.gyr_radps for block in blocks if block.gyr_radps is not None])
        if described.has_gyro
        else None,
        np.concatenate([block.quality for block in blocks]),
    )
    return whole, decoder


@pytest.mark.parametrize("has_gyro", [True, False])
@pytest.mark.parametrize("rate_hz", [97.13, 200.0, 204.8, 1000.0])
def test_a_signal_survives_packing_to_half_a_code(rate_hz: float, has_gyro: bool) -> None:
    original = signal(3.0 + np.arange(1000) / rate_hz, has_gyro=has_gyro)
    described = sensor(rate_hz, has_gyro=has_gyro)
    back, decoder = decoded(list(from_blocks(described, [original])), described)
    assert decoder.counts.lost_samples == decoder.counts.rejected_packets == 0
    assert back.t_s == pytest.approx(original.t_s, abs=2e-6)
    assert np.abs(back.acc_mps2 - original.acc_mps2).max() <= 0.5001 * ACC_CODE_MPS2
    if back.gyr_radps is not None and original.gyr_radps is not None:
        assert np.abs(back.gyr_radps - original.gyr_radps).max() <= 0.5001 * GYRO_CODE_RADPS


@given(st.lists(st.integers(1, 199), max_size=8))
def test_packets_do_not_depend_on_how_the_blocks_are_cut(at: list[int]) -> None:
    original = signal(np.arange(200) / 200.0)
    assert list(from_blocks(sensor(), cut(original, at))) == list(from_blocks(sensor(), [original]))


def test_a_gap_in_the_signal_is_a_gap_in_the_packets() -> None:
    t_s = np.concatenate([np.arange(100), np.arange(180, 300)]) / 200.0
    original = signal(t_s)
    back, decoder = decoded(list(from_blocks(sensor(), [original])), sensor())
    assert back.t_s == pytest.approx(t_s, abs=2e-6)
    assert np.flatnonzero(back.quality & SampleQuality.AFTER_LOSS).tolist() == [100]
    assert decoder.counts.lost_samples == 80


def test_values_beyond_the_range_clip_and_say_so() -> None:
    loud = signal(np.arange(19) / 200.0)
    loud = ImuBlock(loud.sensor_id, loud.t_s.copy(), loud.acc_mps2 * 3.0, loud.gyr_radps, loud.quality.copy())
    back, decoder = decoded(list(from_blocks(sensor(), [loud])), sensor())
    beyond = (np.abs(loud.acc_mps2) > 16 * STANDARD_GRAVITY_MPS2).any(axis=1)
    assert (back.quality & SampleQuality.ACC_CLIPPED != 0).tolist() == beyond.tolist()
    assert decoder.counts.clipped_samples == beyond.sum() > 0


def test_what_is_clipped_in_an_imported_file_is_clipped_when_played() -> None:
    described = sensor(has_gyro=False)
    acc_g = np.zeros((100, 3))
    acc_g[[10, 20, 30], 0] = [15.99, -15.985, 15.9]
    imported = RawPacket(
        0.0, "foot-left", samples.NAME, samples.encode(samples.Samples(np.arange(100) / 200, acc_g, None))
    )
    played = list(from_recording(RecordedSensor(described, samples.NAME), [imported]))
    back, _ = decoded(played, described)
    assert np.flatnonzero(back.quality & SampleQuality.ACC_CLIPPED).tolist() == [10, 20]


def test_a_native_recording_is_played_verbatim() -> None:
    packets = [RawPacket(0.1 * n, "foot-left", footfall.SAMPLES, bytes([n])) for n in range(5)]
    others = [RawPacket(0.1, "foot-right", footfall.SAMPLES, b"x")]
    played = list(from_recording(RecordedSensor(sensor(), footfall.NAME), [*packets, *others]))
    assert played == [TimedPacket(p.received_s, p.characteristic, p.data) for p in packets]


def test_imported_samples_are_played_as_footfall_packets() -> None:
    t_s = 1000.0 + np.arange(100) / 200.0
    acc_g = np.tile([0.0, 0.0, 1.0], (100, 1))
    chunk = samples.encode(samples.Samples(t_s, acc_g, None))
    described = with_known_ranges(sensor(has_gyro=False))
    played = list(
        from_recording(RecordedSensor(described, samples.NAME), [RawPacket(0.0, "foot-left", samples.NAME, chunk)])
    )
    back, _ = decoded(played, described)
    assert back.t_s == pytest.approx(t_s, abs=2e-6)
    assert back.acc_mps2[:, 2] == pytest.approx(STANDARD_GRAVITY_MPS2)


def test_unknown_ranges_get_wide_ones_and_known_ones_stay() -> None:
    unknown = Sensor("shank", Placement.SHANK, None, 200.0)
    with pytest.raises(InputError, match="ranges"):
        list(from_blocks(unknown, [signal(np.arange(3) / 200.0)]))
    known = with_known_ranges(unknown)
    assert known.acc_range_mps2 is not None
    assert known.acc_range_mps2 > 50 * STANDARD_GRAVITY_MPS2
    assert with_known_ranges(sensor()) == sensor()


@pytest.mark.parametrize(("loss_fraction", "mean_burst_packets"), [(0.02, 1.0), (0.05, 4.0), (0.3, 10.0)])
def test_loss_comes_in_bursts_of_the_asked_size(loss_fraction: float, mean_burst_packets: float) -> None:
    channel = BurstChannel(loss_fraction, mean_burst_packets, Random(1))
    lost = np.array([channel.loses() for _ in range(200_000)])
    bursts = np.count_nonzero(np.diff(lost.astype(int), prepend=0) == 1)
    assert lost.mean() == pytest.approx(loss_fraction, rel=0.1)
    assert lost.sum() / bursts == pytest.approx(mean_burst_packets, rel=0.1)


class StallingClock(SteppedClock):
    """Real time as a busy computer sees it: once in a while, seconds have gone by in which it did nothing."""

    stalled_s = 0.0

    def now_s(self) -> float:
        return super().now_s() + self.stalled_s


async def play(
    speed: float, faults: Faults | None = None, seconds: float = 6.0, dawdle_turns: int = 1, stall_s: float = 0.0
) -> list[RawPacket]:
    """Play two sensors through the in-process radio, with a reader that dawdles; real time goes on in steps.

    With `stall_s`, the computer is held up for so long at every twentieth step.
    """
    real = StallingClock(datetime(2026, 1, 1, tzinfo=UTC))

    async def go_on() -> None:
        for number in itertools.count(1):
            if number % 20 == 0:
                real.stalled_s += stall_s
            await real.step()

    sensors = []
    for number, name in enumerate(("foot-left", "foot-right")):
        described = sensor(id=name)
        blocks = [signal(np.arange(round(seconds * 200)) / 200.0 + 0.02 * number)]
        sensors.append(
            footfall_sensor(described, from_blocks(described, blocks), address=f"C0::{number}", faults=faults)
        )
    received = []
    async with (
        Playback(sensors, speed=speed, clock=real) as playback,
        SensorHub(clock=playback.clock, backends=playback.radio.backends(), random=Random(1)) as hub,
        asyncio.TaskGroup() as tasks,
    ):
        going_on = tasks.create_task(go_on())
        playback.throttle(hub.has_room)
        await hub.find(2, timeout_s=10.0)
        hub.start()

        async def end() -> None:
            await playback.finished()
            await hub.stop()
            going_on.cancel()

        tasks.create_task(end())
        async for packet in hub.packets():
            received.append(packet)
            for _ in range(dawdle_turns):
                await asyncio.sleep(0)
    assert len(received) == sum(virtual_sensor.sent_packets for virtual_sensor in sensors)
    return received


async def test_infinite_speed_records_what_real_speed_records() -> None:
    fast, paced = await play(math.inf), await play(10.0)
    for name in ("foot-left", "foot-right"):
        one = [packet for packet in fast if packet.sensor_id == name]
        other = [packet for packet in paced if packet.sensor_id == name]
        assert [packet.data for packet in one] == [packet.data for packet in other]
        delays_s = np.array([p.received_s for p in other]) - [p.received_s for p in one]
        # A step of real time is ten times as long for the sensors.
        assert -0.2 < delays_s.min() < 0.5
        steps_s = np.diff([packet.received_s for packet in one])
        assert steps_s[:-1] == pytest.approx(0.095, abs=1e-6)


async def test_infinite_speed_twice_is_bit_identical_without_faults() -> None:
    assert await play(math.inf) == await play(math.inf)


async def test_infinite_speed_loses_nothing_to_a_slow_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "QUEUE_PACKETS", 200)
    assert len(await play(math.inf, seconds=60.0, dawdle_turns=100)) == 2 * math.ceil(60 * 200 / 19)


async def test_a_computer_that_is_held_up_plays_more_slowly_and_no_packet_arrives_late() -> None:
    """Arrival tells when a sensor's samples were taken: what arrives a minute late costs strides."""
    held_up, in_time = await play(20.0, stall_s=3.0), await play(math.inf)
    for name in ("foot-left", "foot-right"):
        late = [packet for packet in held_up if packet.sensor_id == name]
        wanted = [packet for packet in in_time if packet.sensor_id == name]
        assert [packet.data for packet in late] == [packet.data for packet in wanted]
        assert [p.received_s for p in late] == pytest.approx([p.received_s for p in wanted], abs=0.1)


async def test_at_infinite_speed_a_lost_link_costs_what_it_costs_in_real_time() -> None:
    received = await play(math.inf, Faults(drops_s=(2.0,)))
    for name in ("foot-left", "foot-right"):
        steps_s = np.diff([p.received_s for p in received if p.sensor_id == name])
        assert 0.2 < steps_s.max() < 1.5


async def test_a_stepped_clock_wakes_sleepers_in_order_and_at_their_time() -> None:
    clock = SteppedClock(datetime(2026, 1, 1, tzinfo=UTC))
    woken: list[tuple[float, float]] = []

    async def sleeper(duration_s: float) -> None:
        await clock.sleep(duration_s)
        woken.append((duration_s, clock.now_s()))

    async with asyncio.TaskGroup() as tasks:
        for duration_s in (0.3, 0.1, 0.2, 1.0):
            tasks.create_task(sleeper(duration_s))
        await asyncio.sleep(0)
        await clock.advance(0.5)
        assert woken == [(0.1, 0.1), (0.2, 0.2), (0.3, 0.3)]
        assert clock.utc_now() == datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)
        await clock.advance(0.5)


async def test_a_scaled_clock_runs_faster() -> None:
    real = SteppedClock(datetime(2026, 1, 1, tzinfo=UTC))
    scaled = ScaledClock(real, 10.0)
    sleeping = asyncio.create_task(scaled.sleep(5.0))
    await asyncio.sleep(0)
    await real.advance(0.5)
    assert sleeping.done()
    assert scaled.now_s() == pytest.approx(5.0)
