"""WitMotion: a stream of frames with nothing but their place to confirm them, and no time."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway.devices import witmotion
from footfall_gateway.devices.witmotion import FRAME_BYTES, ROUTES, FrameStream, Route
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_gateway.virtual.models.base import RefusedError
from footfall_gateway.virtual.models.witmotion import (
    FRAMES_PER_NOTIFICATION,
    WitMotionModel,
    packets,
    witmotion_sensor,
)
from footfall_gateway.virtual.sensor import Faults
from footfall_processing.errors import InputError
from footfall_processing.samples import SampleQuality
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2
from gateway.devices.driver_runs import (
    WEARING,
    as_packets,
    connected,
    counting_samples,
    decode,
    quality,
    run_driver,
    sample_numbers,
    times,
    worn_imu,
)

ADDRESS = "E1:00:00:00:00:01"
SENSOR = worn_imu(200.0)
RECORDED = RecordedSensor(SENSOR, witmotion.NAME)
NOTIFY = ROUTES[0].notify


def sent(count: int) -> list[RawPacket]:
    timed = packets(SENSOR, [counting_samples(SENSOR, count)])
    return as_packets((p.due_s + 0.02, p.characteristic, p.data) for p in timed)


def stream_of(count: int) -> bytes:
    return b"".join(packet.data for packet in sent(count))


def frame(*values: int) -> bytes:
    return b"\x55\x61" + struct.pack("<9h", *values, *(0,) * (9 - len(values)))


def one(data: bytes, received_s: float = 0.0) -> RawPacket:
    return RawPacket(received_s, SENSOR.id, NOTIFY, data)


def test_a_frame_has_the_makers_layout() -> None:
    # AxL AxH … × 16 g / 32768, then angular rate × 2000 °/s / 32768, then angles.
    (block,) = decode(RECORDED, [one(frame(2048, -2048, 32767, 16, -16384, 0, 1, 2, 3) * 2)])
    np.testing.assert_allclose(block.acc_mps2[0] / STANDARD_GRAVITY_MPS2, [1.0, -1.0, 16.0 * 32767 / 32768])
    assert block.gyr_radps is not None
    np.testing.assert_allclose(block.gyr_radps[0] / RADIANS_PER_DEGREE, [0.9765625, -1000.0, 0.0])
    assert block.quality[0] == SampleQuality.ACC_CLIPPED


def test_a_real_sensor_at_rest_reads_one_g() -> None:
    # What a WT901BLE68 sent (https://github.com/obedier/vib, analyze_wt901_data.py), but for its last four bytes.
    sent_frame = bytes.fromhex("556135ff59ff0a08000000000000b9fc") + bytes(4)
    (block,) = decode(RECORDED, [one(sent_frame * 2)])
    assert np.linalg.norm(block.acc_mps2[0]) == pytest.approx(STANDARD_GRAVITY_MPS2, rel=0.02)


@pytest.mark.parametrize(
    ("centivolts", "percent"),
    [(420, 100), (396, 100), (395, 90), (393, 90), (392, 75), (370, 20), (367, 10), (340, 5), (339, 0), (0, None)],
)
def test_the_battery_follows_the_makers_table(centivolts: int, percent: int | None) -> None:
    assert witmotion.battery_percent(centivolts) == percent


def test_commands_have_the_makers_bytes() -> None:
    assert witmotion.read_command(witmotion.BATTERY_REGISTER) == bytes.fromhex("ffaa276400")
    # SetRRate(200) of the maker's Android program.
    assert witmotion.write_command(witmotion.RATE_REGISTER, witmotion.FASTEST_RATE) == bytes.fromhex("ffaa030b00")
    assert witmotion.write_command(0x69, 0xB588) == witmotion.UNLOCK


def test_every_sample_survives_and_time_is_counted() -> None:
    blocks = decode(RECORDED, sent(2000))
    assert sample_numbers(SENSOR, blocks).tolist() == list(range(2000))
    assert not quality(blocks).any()
    np.testing.assert_allclose(times(blocks), np.arange(2000) * 0.005 + 0.02, atol=0.002)


@pytest.mark.parametrize("size", [1, 3, 19, 20, 21, 40, 61, 244])
def test_how_the_stream_is_cut_makes_no_difference_to_the_samples(size: int) -> None:
    stream = stream_of(200)
    cut = [one(stream[at : at + size], at * 1e-4) for at in range(0, len(stream), size)]
    assert sample_numbers(SENSOR, decode(RECORDED, cut)).tolist() == list(range(200))


def test_joining_in_the_middle_finds_the_frames_though_their_mark_occurs_in_data() -> None:
    mark = struct.unpack("<h", witmotion.SAMPLE)[0]
    misleading, others = frame(mark, 7, mark, 7, mark, 7), [frame(1), frame(2), frame(3)]
    for offset in range(1, FRAME_BYTES):
        stream = FrameStream()
        assert stream.feed(misleading[offset:] + b"".join(others)) == others
        assert stream.broken_notifications == 1


def test_answers_among_the_frames_are_no_samples() -> None:
    answer = witmotion.REGISTERS + b"\x64\0" + struct.pack("<8H", 388, *range(7))
    stream = stream_of(20)
    decoder = witmotion.WitMotionDecoder(RECORDED)
    blocks = decoder.push([one(stream[:200] + answer + stream[200:])])
    assert sample_numbers(SENSOR, blocks).tolist() == list(range(20))
    assert decoder.counts.rejected_packets == 0


def test_half_a_frame_from_before_a_lost_link_is_not_completed_by_another() -> None:
    stream = stream_of(30)
    decoder = witmotion.WitMotionDecoder(RECORDED)
    # Both halves are so cut that their frames line up.
    received = [one(stream[:205], 1.0), one(stream[305:], 1.4)]
    blocks = [block for packet in received for block in decoder.push([packet])]
    assert sample_numbers(SENSOR, blocks).tolist() == [*range(10), *range(16, 30)]
    # One for each half.
    assert decoder.counts.rejected_packets == 2


def test_a_gap_is_marked_and_counted() -> None:
    received = sent(4000)
    del received[200:260]
    decoder = witmotion.WitMotionDecoder(RECORDED)
    blocks = [block for packet in received for block in decoder.push([packet])]
    numbers = sample_numbers(SENSOR, blocks)
    (marked,) = np.flatnonzero(quality(blocks))
    assert quality(blocks)[marked] == SampleQuality.AFTER_LOSS
    assert numbers[marked] == 2600
    assert decoder.counts.lost_samples == pytest.approx(600, abs=4)
    np.testing.assert_allclose(times(blocks), numbers * 0.005 + 0.02, atol=0.01)


def test_a_silence_is_taken_for_a_gap_at_once() -> None:
    received = sent(4000)
    # Two fifths of a second: too short for its samples' number to tell at once.
    del received[300:308]
    blocks = decode(RECORDED, received)
    assert np.flatnonzero(quality(blocks))[0] == 3000


@given(st.integers(21, 244).filter(lambda n: n % FRAME_BYTES), st.data())
def test_a_lost_notification_costs_no_more_than_the_frames_around_it(size: int, data: st.DataObject) -> None:
    # With whole frames' worth in a notification, nothing but frames is lost: nothing can go wrong.
    stream = stream_of(200)
    cut = [one(stream[at : at + size], at * 1e-4) for at in range(0, len(stream), size)]
    lost = data.draw(st.integers(0, len(cut) - 1))
    blocks = decode(RECORDED, cut[:lost] + cut[lost + 1 :])
    numbers = set(sample_numbers(SENSOR, blocks).tolist())
    first, after = lost * size // FRAME_BYTES, -(-(lost + 1) * size // FRAME_BYTES)
    # The last one may wait for what confirms it.
    assert {*range(first - 1), *range(after + 1, 199)} <= numbers <= {*range(first), *range(after, 200)}


def test_other_characteristics_give_nothing() -> None:
    decoder = witmotion.WitMotionDecoder(RECORDED)
    assert decoder.push([RawPacket(0.0, SENSOR.id, ROUTES[1].notify, stream_of(10))]) == []
    assert decoder.counts.rejected_packets == 0


@pytest.mark.parametrize("route", ROUTES)
async def test_a_sensor_of_each_revision_says_what_it_is_and_stays_as_it_was(route: Route) -> None:
    model = WitMotionModel(route=route)
    before = dict(model.registers)
    virtual_sensor = witmotion_sensor([], address=ADDRESS, model=model)
    async with connected(virtual_sensor, witmotion.PROFILE) as peer:
        recorded = await witmotion.describe(peer, WEARING)
        assert await witmotion.battery(peer) == 75
    assert recorded.sensor == SENSOR
    assert recorded.settings == {"time": "counted", "characteristic": route.notify}
    assert model.registers == before
    assert witmotion.SAVE not in [data for _, data in virtual_sensor.commands]


async def test_starting_sets_the_fastest_rate_and_the_widest_band_once_and_for_good() -> None:
    model = WitMotionModel()
    virtual_sensor = witmotion_sensor([], address=ADDRESS, model=model)
    async with connected(virtual_sensor, witmotion.PROFILE) as peer:
        await witmotion.start(peer, RECORDED)
        model.power_cycle()
        assert model.registers[witmotion.RATE_REGISTER] == witmotion.FASTEST_RATE
        assert model.registers[witmotion.BANDWIDTH_REGISTER] == witmotion.WIDE_BANDWIDTH
        # After a reconnect nothing differs, and the sensor's flash is spared.
        await witmotion.start(peer, RECORDED)
    assert [data for _, data in virtual_sensor.commands].count(witmotion.SAVE) == 2


async def test_a_sensor_that_grants_100_hz_only_is_described_so() -> None:
    model = WitMotionModel(fastest_rate=0x09)
    model.registers[witmotion.RATE_REGISTER] = 0x09
    async with connected(witmotion_sensor([], address=ADDRESS, model=model), witmotion.PROFILE) as peer:
        recorded = await witmotion.describe(peer, WEARING)
        assert recorded.sensor.sampling_rate_hz == 100.0
        model.registers[witmotion.RATE_REGISTER] = 0x06
        with pytest.raises(ConnectionError, match="changed its rate"):
            await witmotion.start(peer, recorded)


async def test_other_products_are_refused_and_nobody_is_asked_twice() -> None:
    sensor = witmotion_sensor([], address=ADDRESS, name="WTVB01-BT50")
    async with connected(sensor, witmotion.PROFILE) as peer:
        with pytest.raises(InputError, match="vibration"):
            await witmotion.describe(peer, WEARING)
    sensor = witmotion_sensor([], address=ADDRESS)
    async with connected(sensor, witmotion.PROFILE) as peer:
        with pytest.raises(InputError, match="footfall pair"):
            await witmotion.describe(peer, None)
    assert sensor.commands == []


def test_the_virtual_sensor_ignores_what_it_was_not_unlocked_for() -> None:
    model = WitMotionModel()
    before = dict(model.registers)
    assert model.write(ROUTES[0].write, witmotion.write_command(witmotion.RATE_REGISTER, 0x0B)) == []
    assert model.write(ROUTES[0].write, b"nonsense") == []
    assert model.registers == before
    with pytest.raises(RefusedError):
        model.write(ROUTES[0].notify, witmotion.UNLOCK)
    with pytest.raises(RefusedError):
        model.read(ROUTES[0].notify)


async def test_a_whole_run_with_a_dropped_link(way: str) -> None:
    count = 2000
    virtual_sensor = witmotion_sensor(
        packets(SENSOR, [counting_samples(SENSOR, count)]), address=ADDRESS, faults=Faults(drops_s=(5.0,))
    )
    result = await run_driver(virtual_sensor, way)
    assert result.recorded_sensor.sensor == SENSOR
    blocks = result.blocks()
    numbers = sample_numbers(SENSOR, blocks)
    # It streams from the moment somebody listens: what it sent before the session began is not in it.
    before = numbers[0]
    assert len(numbers) == FRAMES_PER_NOTIFICATION * virtual_sensor.sent_packets - before
    assert numbers[-1] == count - 1
    (gap,) = np.flatnonzero(np.diff(numbers) != 1)
    assert quality(blocks)[gap + 1] == SampleQuality.AFTER_LOSS
    assert result.health.battery_percent == 75
