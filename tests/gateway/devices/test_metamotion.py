"""MetaMotion: two streams of three samples a packet, timed by counting and joined."""

import math
from types import MappingProxyType

import numpy as np
import pytest

from footfall_gateway.devices import metamotion
from footfall_gateway.devices.metamotion import CHIPS, Chip
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_gateway.virtual.models.base import RefusedError
from footfall_gateway.virtual.models.metamotion import MetaMotionModel, metamotion_sensor, packets
from footfall_gateway.virtual.sensor import Faults
from footfall_processing.errors import InputError
from footfall_processing.samples import SampleQuality
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

ADDRESS = "F0:00:00:00:00:01"
SENSOR = worn_imu(200.0)
BMI160, BMI270 = CHIPS["BMI160"], CHIPS["BMI270"]
each_chip = pytest.mark.parametrize("chip", [BMI160, BMI270], ids=lambda chip: chip.name)


def recorded(chip: Chip) -> RecordedSensor:
    return RecordedSensor(SENSOR, metamotion.NAME, settings=MappingProxyType({"chip": chip.name}))


def sent(count: int, chip: Chip = BMI270) -> list[RawPacket]:
    timed = packets(SENSOR, [counting_samples(SENSOR, count)], chip)
    return as_packets((p.due_s + 0.02, p.characteristic, p.data) for p in timed)


def test_packets_hold_what_the_makers_tests_say() -> None:
    # test_accelerometer_bmi160.py and _bmi270.py, ±8 g: 4,096 codes a g.
    acc = metamotion.decode_packet(bytes.fromhex("031c62b7530de9fd16d04d0e57028affa1050a01"))
    expected_g = [[-4.539, 0.833, -0.131], [-2.995, 0.894, 0.146], [-0.029, 0.352, 0.065]]
    np.testing.assert_allclose(acc / 4096.0, expected_g, atol=0.0006)
    # test_gyro_bmi160.py, ±1000 °/s: 32.8 codes a °/s.
    gyro = metamotion.decode_packet(bytes.fromhex("13070915ad2608de8a1a0d2665e48d20ac2773ec"))
    expected_dps = [[164.177, 301.86, -265.122], [207.134, 296.982, -215.457], [254.055, 309.634, -152.591]]
    np.testing.assert_allclose(gyro / 32.8, expected_dps, atol=0.0006)


def test_commands_are_those_of_the_makers_tests() -> None:
    commands = {chip.name: [command.hex(" ") for command in metamotion.start_commands(chip)] for chip in CHIPS.values()}
    # 200 Hz and ±16 g; three samples a packet; sampling on; power on.
    assert {"03 03 29 0c", "03 1c 01", "03 02 01 00", "03 01 01"} < set(commands["BMI160"])
    assert {"13 03 29 00", "13 07 01", "13 02 01 00", "13 01 01"} < set(commands["BMI160"])
    assert {"03 03 a9 03", "03 05 01", "13 05 01"} < set(commands["BMI270"])
    # test_settings.py sets 750 ms to 1 s with latency and timeout; here 7.5 ms, none, and 6 s in steps of 10 ms.
    assert commands["BMI160"][0] == "11 09 06 00 06 00 00 00 58 02"


@each_chip
def test_every_sample_survives_and_time_is_counted(chip: Chip) -> None:
    blocks = decode(recorded(chip), sent(2100, chip))
    assert sample_numbers(SENSOR, blocks).tolist() == list(range(2100))
    assert not quality(blocks).any()
    np.testing.assert_allclose(times(blocks), np.arange(2100) * 0.005 + 0.02, atol=0.002)


def test_streams_that_arrive_apart_are_joined_on_their_times() -> None:
    # The sensor fills its angular rates a sample later: 5 ms.
    received = [
        RawPacket(p.received_s + (0.005 if p.data[0] == metamotion.GYROSCOPE else 0.0), *_rest(p)) for p in sent(3000)
    ]
    blocks = decode(recorded(BMI270), received)
    numbers = sample_numbers(SENSOR, blocks, gyro_codes=1.5)
    # Those before the first angular rate have none.
    assert numbers.tolist() == list(range(numbers[0], numbers[-1] + 1))
    assert (numbers[0], numbers[-1]) == (1, 2999)


def test_bursts_of_a_slow_connection_do_not_pull_the_streams_apart() -> None:
    # Each packet waits for the next of the moments at which the radio takes any, 50 ms apart.
    received = [RawPacket(math.ceil((p.received_s - 0.013) / 0.05) * 0.05 + 0.015, *_rest(p)) for p in sent(6000)]
    # Soon the angular rates go first.
    received[6:] = [p for pair in zip(received[7::2], received[6::2], strict=True) for p in pair]
    blocks = decode(recorded(BMI270), received)
    assert sample_numbers(SENSOR, blocks).tolist() == list(range(6000))
    assert not quality(blocks).any()


def _rest(packet: RawPacket) -> tuple[str, str, bytes]:
    return packet.sensor_id, packet.characteristic, packet.data


def test_full_scale_is_marked_for_either_stream() -> None:
    codes = np.zeros((3, 3), dtype=np.int16)
    high, low = codes.copy(), codes.copy()
    high[1, 2], low[2, 0] = 32767, -32768
    received = as_packets(
        [
            (0.0, metamotion.NOTIFY, metamotion.encode_packet(metamotion.ACCELEROMETER, 0x05, high)),
            (0.0, metamotion.NOTIFY, metamotion.encode_packet(metamotion.GYROSCOPE, 0x05, low)),
        ]
    )
    (block,) = decode(recorded(BMI270), received)
    assert block.quality.tolist() == [0, SampleQuality.ACC_CLIPPED, SampleQuality.GYR_CLIPPED]


def test_a_gap_is_marked_and_counted() -> None:
    received = sent(6000)
    del received[1000:1400]
    decoder = metamotion.MetaMotionDecoder(recorded(BMI270))
    blocks = [block for packet in received for block in decoder.push([packet])]
    numbers = sample_numbers(SENSOR, blocks, gyro_codes=3.0)
    (marked,) = np.flatnonzero(quality(blocks))
    assert quality(blocks)[marked] == SampleQuality.AFTER_LOSS
    assert 1500 + 600 <= numbers[marked] <= 1500 + 606
    assert decoder.counts.lost_samples == pytest.approx(600, abs=8)


def test_answers_and_packets_of_the_other_chip_give_nothing() -> None:
    decoder = metamotion.MetaMotionDecoder(recorded(BMI270))
    for data in (b"\x11\x8c\x63\x34\x10", b"\x03\x80\x04\x00", sent(3, BMI160)[0].data, b"", b"\x03"):
        assert decoder.push([RawPacket(0.0, SENSOR.id, metamotion.NOTIFY, data)]) == []
    assert decoder.push([RawPacket(0.0, SENSOR.id, metamotion.COMMAND, sent(3)[0].data)]) == []
    assert decoder.counts.rejected_packets == 0
    assert decoder.push([RawPacket(0.0, SENSOR.id, metamotion.NOTIFY, sent(3)[0].data[:-1])]) == []
    assert decoder.counts.rejected_packets == 1


@each_chip
async def test_a_sensor_says_which_chip_it_has_and_streams_packed(chip: Chip) -> None:
    model = MetaMotionModel(chip)
    async with connected(metamotion_sensor([], address=ADDRESS, model=model), metamotion.PROFILE) as peer:
        description = await metamotion.describe(peer, WEARING)
        assert description.sensor == SENSOR
        assert description.settings["chip"] == chip.name
        assert description.settings["time"] == "counted"
        assert description.settings["manufacturer"] == "MbientLab Inc"
        assert await metamotion.battery(peer) == 99
        await metamotion.start(peer, description)
        assert model.streaming
        await metamotion.stop(peer, description)
        assert not model.streaming


async def test_what_can_not_stream_is_refused_with_a_reason() -> None:
    old = MetaMotionModel(BMI160, sensor_revision=0)
    other = MetaMotionModel(Chip("BMA255", 3, 7, b"", b"", 0, 0, 0))
    for model, reason in ((old, "update it"), (other, "neither BMI160 nor BMI270")):
        async with connected(metamotion_sensor([], address=ADDRESS, model=model), metamotion.PROFILE) as peer:
            with pytest.raises(InputError, match=reason):
                await metamotion.describe(peer, WEARING)
    async with connected(metamotion_sensor([], address=ADDRESS), metamotion.PROFILE) as peer:
        with pytest.raises(InputError, match="footfall pair"):
            await metamotion.describe(peer, None)


async def test_an_old_firmware_is_not_asked_for_its_battery() -> None:
    model = MetaMotionModel(settings_revision=2)
    async with connected(metamotion_sensor([], address=ADDRESS, model=model), metamotion.PROFILE) as peer:
        assert await metamotion.battery(peer) is None


def test_the_virtual_sensor_ignores_and_refuses_nonsense() -> None:
    model = MetaMotionModel()
    assert model.write(metamotion.COMMAND, b"\x03") == []
    assert model.write(metamotion.COMMAND, b"\x03\x99") == []
    assert model.write(metamotion.COMMAND, b"\x55\x80") == [(metamotion.NOTIFY, b"\x55\x80")]
    with pytest.raises(RefusedError):
        model.write(metamotion.NOTIFY, b"\x03\x80")
    with pytest.raises(RefusedError):
        model.read(metamotion.NOTIFY)


async def test_a_whole_run_with_a_dropped_link(way: str) -> None:
    count = 2100
    virtual_sensor = metamotion_sensor(
        packets(SENSOR, [counting_samples(SENSOR, count)], BMI270), address=ADDRESS, faults=Faults(drops_s=(5.0,))
    )
    result = await run_driver(virtual_sensor, way)
    assert result.recorded_sensor.sensor == SENSOR
    arrived = [packet.data for packet in result.packets if len(packet.data) == metamotion.PACKET_BYTES]
    assert len(arrived) == virtual_sensor.sent_packets
    assert len(set(arrived)) == len(arrived)
    # Timed apart, the streams are joined within the jitter of their arrivals.
    blocks = result.blocks()
    numbers = sample_numbers(SENSOR, blocks, gyro_codes=10.0)
    assert (np.diff(numbers) > 0).all()
    (gap,) = np.flatnonzero(np.diff(numbers) > 10)
    assert quality(blocks)[gap + 1] & SampleQuality.AFTER_LOSS
    assert len(numbers) > 3 * len(arrived) / 2 - 40
    assert numbers[-1] > count - 10
    assert result.health.battery_percent == 99
