"""Movella DOT: 60 samples a second, each with its own time."""

import struct

import numpy as np
import pytest

from footfall_gateway.devices import movella_dot
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_gateway.virtual.models.base import RefusedError
from footfall_gateway.virtual.models.movella_dot import MovellaDotModel, movella_dot_sensor, packets
from footfall_gateway.virtual.sensor import Faults
from footfall_processing.errors import InputError
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.samples import ImuBlock
from footfall_processing.units import STANDARD_GRAVITY_MPS2
from gateway.devices.driver_runs import (
    WEARING,
    as_packets,
    connected,
    counting_samples,
    decode,
    quality,
    run_driver,
    sample_numbers,
    worn_imu,
)

ADDRESS = "D4:22:CD:00:00:01"
SENSOR = worn_imu(60.0)
RECORDED = RecordedSensor(SENSOR, movella_dot.NAME)


def sent(count: int, *, first_s: float = 100.0) -> list[RawPacket]:
    """Make packets of `counting_samples`, each arriving 20 ms after its sample."""
    timed = packets(SENSOR, [counting_samples(SENSOR, count, first_s=first_s)])
    return as_packets((p.due_s - first_s + 0.02, p.characteristic, p.data) for p in timed)


def sample(time_us: int, acc: tuple[float, float, float] = (0.0, 0.0, 9.81), received_s: float = 0.0) -> RawPacket:
    data = movella_dot.encode_sample(movella_dot.RateQuantities(time_us, acc, (0.0, 0.0, 0.0)))
    return RawPacket(received_s, SENSOR.id, movella_dot.MEDIUM_PAYLOAD, data)


def test_a_notification_has_the_layout_of_the_specification() -> None:
    # Timestamp, acceleration, angular rate; unused bytes are zero (XD0506P, tables 15 and 17).
    data = bytes.fromhex("40420f00 0000803f 000000c0 00001d41 00000042 00007ac4 00000000") + bytes(12)
    expected = movella_dot.RateQuantities(1_000_000, (1.0, -2.0, 9.8125), (32.0, -1000.0, 0.0))
    assert movella_dot.decode_sample(data) == expected
    assert movella_dot.encode_sample(expected) == data
    assert movella_dot.decode_sample(data[:28]) == expected


def test_full_scale_is_marked() -> None:
    full = 16 * STANDARD_GRAVITY_MPS2
    marks = [
        int(quality(decode(RECORDED, [sample(0, (0.0, value, 0.0))]))[0])
        for value in (0.99 * full, full, -full, 1.1 * full)
    ]
    assert marks == [0, 1, 1, 1]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 300.0, -300.0])
def test_what_no_sensor_measures_is_rejected(value: float) -> None:
    data = struct.pack("<I6f", 0, 0.0, value, 0.0, 0.0, 0.0, 0.0)
    with pytest.raises(InputError):
        movella_dot.decode_sample(data)
    decoder = movella_dot.MovellaDotDecoder(RECORDED)
    assert decoder.push([RawPacket(0.0, SENSOR.id, movella_dot.MEDIUM_PAYLOAD, data)]) == []
    assert decoder.counts.rejected_packets == 1


async def test_a_sensor_says_what_it_is_and_that_it_needs_an_owners_word() -> None:
    virtual_sensor = movella_dot_sensor([], address=ADDRESS)
    async with connected(virtual_sensor, movella_dot.PROFILE) as peer:
        recorded = await movella_dot.describe(peer, WEARING)
        assert recorded.sensor == SENSOR
        assert recorded.settings["firmware"] == "2.0.0"
        assert recorded.settings["model"] == "XS-T02"
        assert await movella_dot.battery(peer) == 77
        with pytest.raises(InputError, match="footfall pair"):
            await movella_dot.describe(peer, None)


async def test_starting_sets_the_rate_once_and_leaves_other_settings_alone() -> None:
    model = MovellaDotModel(output_rate_hz=120)
    virtual_sensor = movella_dot_sensor([], address=ADDRESS, model=model)
    before = model.read(movella_dot.DEVICE_CONTROL)
    async with connected(virtual_sensor, movella_dot.PROFILE) as peer:
        await movella_dot.start(peer, RECORDED)
        assert (model.output_rate_hz, model.streaming) == (60, True)
        after = model.read(movella_dot.DEVICE_CONTROL)
        assert [i for i in range(32) if before[i] != after[i]] == [movella_dot.OUTPUT_RATE_AT]
        # As after a reconnect: it measures still, and nothing may be lost.
        count = len(virtual_sensor.commands)
        await movella_dot.start(peer, RECORDED)
        assert len(virtual_sensor.commands) == count


def test_the_virtual_sensor_refuses_nonsense() -> None:
    model = MovellaDotModel(output_rate_hz=120)
    for characteristic, data in (
        (movella_dot.CONTROL, movella_dot.START),
        (movella_dot.CONTROL, b"\x02\x01\x15"),
        (movella_dot.CONTROL, b"\x01\x01\xff"),
        (movella_dot.DEVICE_CONTROL, bytes(32)),
        (movella_dot.MEDIUM_PAYLOAD, b"\x00"),
    ):
        with pytest.raises(RefusedError):
            model.write(characteristic, data)


async def test_a_whole_run_with_a_dropped_link(way: str) -> None:
    source: list[ImuBlock] = [counting_samples(SENSOR, 480)]
    virtual_sensor = movella_dot_sensor(packets(SENSOR, source), address=ADDRESS, faults=Faults(drops_s=(3.0,)))
    result = await run_driver(virtual_sensor, way)
    assert result.recorded_sensor.sensor == SENSOR
    assert result.recorded_sensor.profile == movella_dot.NAME
    blocks = result.blocks()
    numbers = sample_numbers(SENSOR, blocks)
    assert len(numbers) == virtual_sensor.sent_packets
    assert numbers[-1] == 479
    (gap,) = np.flatnonzero(np.diff(numbers) != 1)
    assert (np.diff(numbers) > 0).all()
    assert np.flatnonzero(quality(blocks)).tolist() == [gap + 1]
    assert result.health.battery_percent == 77
    assert result.health.lost_samples == numbers[-1] - numbers[0] + 1 - len(numbers)


def test_sixty_hertz_is_too_slow_for_every_metric_of_impacts() -> None:
    impacts = [STRIDE_METRICS[name] for name in ("peak_acc_g", "peak_tibial_acc_g")]
    assert all(SENSOR.sampling_rate_hz < metric.min_rate_hz for metric in impacts)
