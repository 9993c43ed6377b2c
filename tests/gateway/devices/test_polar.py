"""Polar sensors: the SDK's own vectors, frames that are lost, doubled or broken, and whole runs."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from footfall_gateway.devices import PROFILES, polar, polar_frames
from footfall_gateway.devices.polar_frames import Command, Measurement, SettingId
from footfall_gateway.devices.stamped import Stream
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_gateway.virtual.models.base import RefusedError
from footfall_gateway.virtual.models.polar import H10, VERITY_SENSE, PolarHardware, PolarModel, packets, polar_sensor
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_processing.errors import InputError
from footfall_processing.samples import ImuBlock, SampleQuality
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2
from gateway.devices.driver_runs import WEARING, connected, run_driver, times

ADDRESS = "A0:9E:1A:00:00:01"


def sensor(*, has_gyro: bool = True) -> Sensor:
    return Sensor(
        WEARING.sensor_id,
        Placement.SHANK,
        Side.LEFT,
        208.0 if has_gyro else 200.0,
        acc_range_mps2=(16 if has_gyro else 8) * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=2000 * RADIANS_PER_DEGREE if has_gyro else None,
        has_gyro=has_gyro,
    )


def factor_answer(measurement: Measurement, factor: float) -> bytes:
    settings = polar_frames.encode_settings({SettingId.FACTOR: polar_frames.factor_setting(factor)})
    return bytes([0xF0, Command.START, measurement, 0, 0]) + settings


ACC_FACTOR, GYRO_FACTOR = float(np.float32(0.000488)), float(np.float32(0.07))
ANSWERS = [
    RawPacket(0.0, WEARING.sensor_id, polar.CONTROL, factor_answer(Measurement.ACC, ACC_FACTOR)),
    RawPacket(0.0, WEARING.sensor_id, polar.CONTROL, factor_answer(Measurement.GYRO, GYRO_FACTOR)),
]


def decoder(*, has_gyro: bool = True) -> polar.PolarDecoder:
    made = polar.PolarDecoder(RecordedSensor(sensor(has_gyro=has_gyro), polar.NAME))
    if has_gyro:
        for answer in ANSWERS:
            made.push([answer])
    return made


def numbered(count: int, *, has_gyro: bool = True) -> ImuBlock:
    """Make samples that count themselves: the x axis in steps of 2 mg, as angular rate in steps of 0.1 °/s."""
    number = np.arange(count, dtype=np.float64)[:, None]
    acc_mps2 = 0.002 * STANDARD_GRAVITY_MPS2 * number * [1.0, -1.0, 0.0] + [0.0, 0.0, STANDARD_GRAVITY_MPS2]
    gyr_radps = 0.1 * RADIANS_PER_DEGREE * number * [-1.0, 0.5, 1.0]
    t_s = number[:, 0] / sensor(has_gyro=has_gyro).sampling_rate_hz
    return ImuBlock("any", t_s, acc_mps2, gyr_radps if has_gyro else None, np.zeros(count, dtype=np.uint8))


def numbers(blocks: Sequence[ImuBlock]) -> list[int]:
    """Tell which samples came; each must be whole and right to half a code."""
    if not blocks:
        return []
    acc_mps2 = np.concatenate([block.acc_mps2 for block in blocks])
    found = np.rint(acc_mps2[:, 0] / (0.002 * STANDARD_GRAVITY_MPS2)).astype(np.int64)
    has_gyro = blocks[0].gyr_radps is not None
    sent = numbered(int(found.max()) + 1, has_gyro=has_gyro)
    code_mps2 = (ACC_FACTOR if has_gyro else 1e-3) * STANDARD_GRAVITY_MPS2
    assert np.abs(acc_mps2 - sent.acc_mps2[found]).max() <= 0.501 * code_mps2
    if sent.gyr_radps is not None:
        gyr_radps = np.concatenate([block.gyr_radps for block in blocks if block.gyr_radps is not None])
        assert np.abs(gyr_radps - sent.gyr_radps[found]).max() <= 0.501 * GYRO_FACTOR * RADIANS_PER_DEGREE
    return [int(number) for number in found]


def sent_packets(count: int, *, has_gyro: bool = True) -> list[RawPacket]:
    timed = packets(sensor(has_gyro=has_gyro), [numbered(count, has_gyro=has_gyro)])
    return [RawPacket(packet.due_s + 0.02, WEARING.sensor_id, packet.characteristic, packet.data) for packet in timed]


SENT = sent_packets(1000)


def decode(victim: polar.PolarDecoder, received: Iterable[RawPacket]) -> list[ImuBlock]:
    return [block for packet in received for block in victim.push([packet])]


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


# The vectors of AccDataTest, GyrDataTest, BlePmdClientParsersTest, PmdSettingTest (polarofficial/polar-ble-sdk).


def test_the_sdks_plain_acceleration() -> None:
    frame = polar_frames.decode_frame(unhex("02 0094357700000000 01 F7FFFFFFE703 F8FFFEFFE503"), {})
    assert frame is not None
    assert (frame.stream, frame.stamp_ns) == (Stream.ACC, 2_000_000_000)
    assert frame.values == pytest.approx(np.array([[-0.009, -0.001, 0.999], [-0.008, -0.002, 0.997]]))


def test_the_sdks_compressed_acceleration_of_type_0() -> None:
    content = unhex(
        "7107F06A9E8D 0A38 BE5CBEBA2F96B3EE4BE5ADFB42B9EBBE4CFEBA2F92BFEE4BE4B1FB12B9ECBD3C3EBB2F8FD3DE4BE3B5F7D2B8ED"
        "BD307E7B2F8BE3CE8BE2BAF7A2B8EEBC20BE7B2F88F3CECBE1BDEF52F8EFBC18FE3B2F8403BFCBE0C2EF32B8F0BB044EBC2E8113AF0B"
        "E0C6EFF2F7F1B9FC7DBC2E7D279F4BDFCAEBC2F7F2B8ECCD7C2E7B378F4BDECEE392F7F3B8E00DFD2D774B7FCBDDD2DF6237F5B7D44D"
        "BD2D745B6FCBDCD7D73237F6B5C88D7D2D716B4F4BDCDCD3F236F7B4BCDDFD2C6F7B3F4BDBE0CFD236F8B2B02DBE2C6C8F1FCBDAE3C7A276F9"
    )
    frame = polar_frames.decode_frame(unhex("02 0094357700000000 80") + content, {Stream.ACC: 2.44e-4})
    assert frame is not None
    assert frame.values.shape == (57, 3)
    assert frame.values[0] / 2.44e-4 == pytest.approx([1905, 27376, -29282])
    assert frame.values[1] / 2.44e-4 == pytest.approx([1905 + 190, 27376 - 105, -29282 - 85])
    # "validate data in range": 8 g.
    assert np.abs(frame.values).max() <= 8.0


def test_the_sdks_compressed_acceleration_of_type_1() -> None:
    frame = polar_frames.decode_frame(unhex("02 6500000000000000 81 F1FF1400F003 06 01 7B0F08"), {Stream.ACC: 1.0})
    assert frame is not None
    assert frame.values == pytest.approx(np.array([[-0.015, 0.020, 1.008], [-0.020, 0.017, 1.008]]))


def test_the_sdks_compressed_angular_rate_of_type_0() -> None:
    frame = polar_frames.decode_frame(unhex("05 FFFFFFFFFFFFFF7F 80 EAFF08000D00 03 01 DF00"), {Stream.GYR: 1.0})
    assert frame is not None
    assert (frame.stream, frame.stamp_ns) == (Stream.GYR, 9_223_372_036_854_775_807)
    assert frame.values.tolist() == [[-22, 8, 13], [-23, 11, 16]]


def test_the_sdks_compressed_angular_rate_of_type_1() -> None:
    data = unhex("05 0094357700000000 81 0000803F 00002041 0000A041 1C 01 0000A00100000 8CDCCEC0D".replace(" ", ""))
    frame = polar_frames.decode_frame(data, {Stream.GYR: 1.0})
    assert frame is not None
    bits = [[0x3F800000, 0x41200000, 0x41A00000], [0x3F800000 + 0x1A00000, 0x41200000 + 0x0800000, 0x3F8CCCCD]]
    floats = [[struct.unpack("<f", struct.pack("<I", value))[0] for value in row] for row in bits]
    assert frame.values.tolist() == floats


def test_the_sdks_runs_of_different_widths() -> None:
    content = unhex(
        "C9FF12001100030941FE2B0F9C0BBF15004F00041EF1EF00F0C123E4EDF4D1F1F1F5FF22DE3100F1FE21021F0E2B1F00E220000E02E1"
        "1E20FFF1F102C5D002E0E102030A312EFBBA902BAA0E23409E030414E3EFF30F021F01E00F049E13E2D004E222E2C20E200F2002FE00"
        "0F1C32EE030A890007087C00CE2FE83A9E03041E010011194F002F12FD13FF0E100000F1C012E4EF21000001F1FFFF0210102B510B4E"
        "31FC2EBF3114EC0E2F52EF030A069E040E02A888EEE0079A00040A1F211E4E2EFEC6C002EF030102EE11030AF8130000F040BFA5E700"
        "7600"
    )
    codes = polar_frames.decode_deltas(content, value_bytes=2)
    assert len(codes) == 1 + 9 + 30 + 10 + 20 + 10 + 30 + 10 + 10 + 10
    assert codes[:2].tolist() == [[-55, 18, 17], [-54, 18, 18]]


def test_the_sdks_settings() -> None:
    data = unhex("0001 3400 0101 1000 0204 F500 F401 E803 D007 0401 03")
    settings = polar_frames.decode_settings(data)
    assert settings == {
        SettingId.RATE_HZ: (52,),
        SettingId.RESOLUTION_BITS: (16,),
        SettingId.RANGE: (245, 500, 1000, 2000),
        SettingId.CHANNELS: (3,),
    }
    assert polar_frames.encode_settings(settings) == data
    with_milli = unhex("0302 FFFFFFFF FF000000 0101 0E00")
    assert polar_frames.decode_settings(with_milli) == {
        SettingId.RANGE_MILLI: (0xFFFFFFFF, 0xFF),
        SettingId.RESOLUTION_BITS: (14,),
    }


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("02 0094357700000000 01", id="no samples"),
        pytest.param("02 00943577", id="cut in the header"),
        pytest.param("02 0094357700000000 01 F7FFFFFFE7", id="half a sample"),
        pytest.param("02 0094357700000000 03 F7FFFFFFE703", id="unknown plain type"),
        pytest.param("02 0094357700000000 82 F7FFFFFFE703", id="unknown compressed type"),
        pytest.param("05 0094357700000000 00 F7FFFFFFE703", id="plain angular rate"),
        pytest.param("05 0094357700000000 80 EAFF08000D", id="cut in the first sample"),
        pytest.param("05 0094357700000000 80 EAFF08000D00 03", id="cut in the run's head"),
        pytest.param("05 0094357700000000 80 EAFF08000D00 03 01 DF", id="cut in the deltas"),
        pytest.param("05 0094357700000000 80 EAFF08000D00 00 01", id="deltas of no bits"),
        pytest.param("05 0094357700000000 80 EAFF08000D00 21 01" + 13 * "00", id="deltas too wide"),
    ],
)
def test_each_broken_rule_costs_the_frame(text: str) -> None:
    victim = decoder()
    assert victim.push([RawPacket(1.0, WEARING.sensor_id, polar.DATA, unhex(text))]) == []
    assert victim.counts.rejected_packets == 1


@given(arrays(np.int64, st.tuples(st.integers(1, 256), st.just(3)), elements=st.integers(-32768, 32767)))
def test_deltas_survive_the_wire(codes: NDArray[np.int64]) -> None:
    data = polar_frames.encode_deltas(codes)
    assert np.array_equal(polar_frames.decode_deltas(data, value_bytes=2), codes)


def test_frames_fit_into_a_notification() -> None:
    random = np.random.default_rng(1)
    noise = ImuBlock(
        "any",
        np.arange(500) / 208.0,
        random.choice([-16.0, 16.0], (500, 3)) * STANDARD_GRAVITY_MPS2,
        random.choice([-40.0, 40.0], (500, 3)),
        np.zeros(500, dtype=np.uint8),
    )
    assert max(len(packet.data) for packet in packets(sensor(), [noise])) <= 244


@pytest.mark.parametrize("has_gyro", [True, False])
def test_samples_come_through_within_half_a_code(has_gyro: bool) -> None:
    blocks = decode(decoder(has_gyro=has_gyro), sent_packets(2000, has_gyro=has_gyro))
    found = numbers(blocks)
    assert found == list(range(len(found)))
    assert len(found) >= 2000 - 35
    rate_hz = sensor(has_gyro=has_gyro).sampling_rate_hz
    assert np.diff(times(blocks)) == pytest.approx(1 / rate_hz, rel=3e-3)
    assert not any(block.quality.any() for block in blocks)


def test_lost_and_doubled_and_reordered_frames() -> None:
    sent = sent_packets(2000)
    received = sent[:30] + sent[31:60] + sent[58:59] + sent[60:70] + [sent[71], sent[70]] + sent[72:]
    victim = decoder()
    blocks = decode(victim, received)
    found = numbers(blocks)
    assert (np.diff(found) > 0).all()
    assert (np.diff(times(blocks)) > 0).all()
    quality = np.concatenate([block.quality for block in blocks])
    gaps = np.flatnonzero(np.diff(found) > 1) + 1
    assert np.flatnonzero(quality & int(SampleQuality.AFTER_LOSS)).tolist() == gaps.tolist()
    assert victim.counts.lost_samples == sum(found[gap] - found[gap - 1] - 1 for gap in gaps)
    assert victim.counts.duplicate_packets == 1
    assert victim.counts.rejected_packets == 0
    # The two streams took turns, so that reordering two neighbours harms neither.
    assert victim.counts.lost_samples <= 35


@given(st.sets(st.integers(0, 60)))
def test_whatever_frames_are_lost_the_gaps_are_marked_and_counted(lost: set[int]) -> None:
    victim = decoder()
    blocks = decode(victim, [packet for index, packet in enumerate(SENT) if index not in lost])
    found = numbers(blocks)
    steps = np.diff(found)
    assert (steps > 0).all()
    quality = [int(bits) for block in blocks for bits in block.quality]
    marked = [index for index, bits in enumerate(quality) if bits & int(SampleQuality.AFTER_LOSS)]
    assert marked == (np.flatnonzero(steps > 1) + 1).tolist()
    assert victim.counts.lost_samples == (steps - 1).sum()
    assert victim.counts.rejected_packets == 0
    if found:
        assert np.diff(times(blocks)) == pytest.approx(steps / 208, abs=1e-3)


def test_without_the_factor_nothing_is_made_up() -> None:
    victim = polar.PolarDecoder(RecordedSensor(sensor(), polar.NAME))
    received = sent_packets(500)
    assert decode(victim, received) == []
    assert victim.counts.rejected_packets > 0
    assert len(numbers(decode(victim, [*ANSWERS, *received]))) > 400


def test_clipped_samples_are_marked() -> None:
    block = numbered(40)
    acc_mps2 = block.acc_mps2.copy()
    acc_mps2[5, 1] = -30 * STANDARD_GRAVITY_MPS2
    assert block.gyr_radps is not None
    gyr_radps = block.gyr_radps.copy()
    gyr_radps[9, 0] = 60.0
    timed = packets(sensor(), [ImuBlock("any", block.t_s, acc_mps2, gyr_radps, block.quality)])
    blocks = decode(decoder(), [RawPacket(p.due_s, WEARING.sensor_id, p.characteristic, p.data) for p in timed])
    quality = np.concatenate([block.quality for block in blocks])
    assert np.flatnonzero(quality & int(SampleQuality.ACC_CLIPPED)).tolist() == [5]
    assert np.flatnonzero(quality & int(SampleQuality.GYR_CLIPPED)).tolist() == [9]


def test_decoding_again_gives_bit_identical_blocks() -> None:
    received = [*ANSWERS, *sent_packets(1000)]
    del received[20], received[31]
    first, again = decode(decoder(), received), decode(decoder(), received)
    assert len(first) == len(again)
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.t_s, other.t_s)
        assert np.array_equal(one.acc_mps2, other.acc_mps2)


def check_sane(blocks: Sequence[ImuBlock]) -> None:
    last_s = -np.inf
    for block in blocks:
        assert block.t_s[0] > last_s
        last_s = float(block.t_s[-1])
        assert np.abs(block.acc_mps2).max() <= 1.06 * 16 * STANDARD_GRAVITY_MPS2
        assert block.gyr_radps is not None
        assert np.abs(block.gyr_radps).max() <= 1.21 * 2000 * RADIANS_PER_DEGREE


@given(st.lists(st.tuples(st.sampled_from([polar.DATA, polar.CONTROL]), st.binary(max_size=244)), max_size=8))
@example([(polar.CONTROL, unhex("F00202000005010000C07F"))])
@example([(polar.CONTROL, unhex("F0020200"))])
@example([(polar.DATA, unhex("05 0094357700000000 81 0000C07F 0000807F 000080FF"))])
@example([(polar.DATA, unhex("05 0094357700000000 81 0100807F 010080FF 0100807F"))])
def test_noise_never_raises(noise: list[tuple[str, bytes]]) -> None:
    victim = decoder()
    check_sane([b for c, data in noise for b in victim.push([RawPacket(1.0, WEARING.sensor_id, c, data)])])


SOME = sent_packets(700)


@given(st.lists(st.tuples(st.integers(0, len(SOME) - 1), st.integers(0, 199), st.integers(0, 255)), max_size=12))
def test_mutated_frames_never_raise_nor_give_impossible_samples(edits: list[tuple[int, int, int]]) -> None:
    mutated = [bytearray(packet.data) for packet in SOME]
    for index, position, value in edits:
        mutated[index][position % len(mutated[index])] = value
    victim = decoder()
    received = [replace(packet, data=bytes(data)) for packet, data in zip(SOME, mutated, strict=True)]
    check_sane(decode(victim, received))


def test_other_measurements_and_characteristics_are_none_of_its_business() -> None:
    victim = decoder()
    assert victim.push([RawPacket(1.0, WEARING.sensor_id, polar.DATA, unhex("00 0094357700000000 00 112233"))]) == []
    assert victim.push([RawPacket(1.0, WEARING.sensor_id, "00002a37-0000-1000-8000-00805f9b34fb", b"\x00\x50")]) == []
    assert victim.push([RawPacket(1.0, WEARING.sensor_id, polar.CONTROL, unhex("F0030200"))]) == []
    assert victim.counts.rejected_packets == 0


@pytest.mark.parametrize(
    ("hardware", "described", "acc_start"),
    [
        (VERITY_SENSE, sensor(), "0001D000 01011000 02011000 040103"),
        # The SDK's documented start of an H10.
        (H10, sensor(has_gyro=False), "0001C800 01011000 02010800"),
    ],
    ids=["Verity Sense", "H10"],
)
async def test_the_widest_range_at_a_fit_rate_is_chosen(
    hardware: PolarHardware, described: Sensor, acc_start: str
) -> None:
    virtual = polar_sensor(hardware, [], address=ADDRESS)
    async with connected(virtual, polar.PROFILE) as peer:
        recorded = await polar.describe(peer, WEARING)
        assert recorded.sensor == described
        assert not virtual.started.is_set()
        await polar.start(peer, recorded)
        assert virtual.started.is_set()
        assert bytes([Command.START, Measurement.ACC]) + unhex(acc_start) in [data for _, data in virtual.commands]
        # Once more, as after an app that left it streaming.
        await polar.start(peer, recorded)
        await polar.stop(peer, recorded)
        again = await polar.describe(peer, WEARING)
    assert again == recorded
    assert recorded.settings["manufacturer"] == "Polar Electro Oy"


async def test_a_sensor_without_sdk_mode_settings_is_taken_as_it_is() -> None:
    old = PolarHardware("Polar Sense", VERITY_SENSE.normal, {Measurement.SDK_MODE: {}})
    async with connected(polar_sensor(old, [], address=ADDRESS), polar.PROFILE) as peer:
        recorded = await polar.describe(peer, WEARING)
    assert recorded.settings["sdk_mode"] is False
    assert recorded.sensor.sampling_rate_hz == 52.0
    assert recorded.sensor.acc_range_mps2 == 8 * STANDARD_GRAVITY_MPS2


class AnswersInParts(PolarModel):
    """Sends long parameters in two answers, as `more` in the first one says."""

    def write(self, characteristic: str, data: bytes) -> list[tuple[str, bytes]]:
        ((_, answer),) = super().write(characteristic, data)
        head, parameters = answer[:4], answer[5:]
        if len(parameters) < 2:
            return [(polar.CONTROL, answer)]
        return [(polar.CONTROL, head + b"\x01" + parameters[:7]), (polar.CONTROL, head + b"\x00" + parameters[7:])]


async def test_an_answer_in_parts_is_put_together() -> None:
    virtual = VirtualSensor(AnswersInParts(VERITY_SENSE), [], address=ADDRESS, name="Polar Sense 1")
    async with connected(virtual, polar.PROFILE) as peer:
        assert (await polar.describe(peer, WEARING)).sensor == sensor()


class InCharger(PolarModel):
    """Refuses everything."""

    def write(self, characteristic: str, data: bytes) -> list[tuple[str, bytes]]:
        return [(polar.CONTROL, bytes([0xF0, data[0], data[1], polar.IN_CHARGER]))]


async def test_a_sensor_in_its_charger_is_tried_again_later() -> None:
    virtual = VirtualSensor(InCharger(VERITY_SENSE), [], address=ADDRESS, name="Polar Sense 1")
    async with connected(virtual, polar.PROFILE) as peer:
        with pytest.raises(OSError, match="is in its charger"):
            await polar.describe(peer, WEARING)


async def test_a_sensor_that_nobody_wears_or_that_measures_nothing_is_refused() -> None:
    deaf = PolarHardware("Polar H9", {}, {})
    async with connected(polar_sensor(deaf, [], address=ADDRESS), polar.PROFILE) as peer:
        with pytest.raises(InputError, match="does not know where it is worn"):
            await polar.describe(peer, None)
        with pytest.raises(InputError, match="does not offer its acceleration"):
            await polar.describe(peer, WEARING)


async def test_a_sensor_that_does_not_start_is_tried_again_later() -> None:
    virtual = polar_sensor(H10, [], address=ADDRESS)
    async with connected(virtual, polar.PROFILE) as peer:
        recorded = await polar.describe(peer, WEARING)
        settings = {**recorded.settings, "acc_settings": "0001C80001011000020110 00".replace(" ", "")}
        beyond = RecordedSensor(recorded.sensor, recorded.profile, settings=MappingProxyType(settings))
        with pytest.raises(OSError, match="does not start ACC: status 9"):
            await polar.start(peer, beyond)


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("02", 4),
        ("0202", 4),
        ("0902", 1),
        ("0103", 2),
        ("0407", 3),
        ("0302", 12),
        ("0202 0001CF00 01011000 02011000 040103", 8),
        ("0202 00013400 01011000 02011000 040103", 9),
    ],
)
def test_the_virtual_sensor_refuses_nonsense_as_real_ones_do(command: str, status: int) -> None:
    ((characteristic, answer),) = PolarModel(VERITY_SENSE).write(polar.CONTROL, unhex(command))
    assert characteristic == polar.CONTROL
    assert (answer[0], answer[1], answer[3]) == (0xF0, unhex(command)[0], status)


def test_the_mode_is_not_changed_under_way() -> None:
    model = PolarModel(VERITY_SENSE)
    (_, started), *_ = model.write(polar.CONTROL, unhex("0202 00013400 01011000 02010800 040103"))
    assert started[3] == 0
    (_, refused), *_ = model.write(polar.CONTROL, unhex("0209"))
    assert refused[3] == 12
    with pytest.raises(RefusedError):
        model.write(polar.DATA, b"\x01")


@pytest.mark.parametrize(
    ("name", "is_polar"),
    [("Polar Sense 9A1B2C3D", True), ("Polar H10 12345678", True), ("Polar Vantage V3 1", False), ("Polar", False)],
)
def test_sensors_are_known_by_their_names(name: str, is_polar: bool) -> None:
    assert PROFILES[polar.NAME].matches(name, ()) is is_polar


@pytest.mark.parametrize("hardware", [VERITY_SENSE, H10], ids=["Verity Sense", "H10"])
async def test_a_whole_run_with_a_link_that_breaks(way: str, hardware: PolarHardware) -> None:
    has_gyro = hardware is VERITY_SENSE
    count = 2400
    timed = list(packets(sensor(has_gyro=has_gyro), [numbered(count, has_gyro=has_gyro)]))
    virtual = polar_sensor(hardware, timed, address=ADDRESS, faults=Faults(drops_s=(5.0,), battery_percent=64.0))
    run = await run_driver(virtual, way)
    assert run.recorded_sensor.sensor == sensor(has_gyro=has_gyro)
    assert run.health.battery_percent == 64
    data = [packet.data for packet in run.packets if packet.characteristic == polar.DATA]
    assert len(data) == virtual.sent_packets
    assert len(set(data)) == len(data)
    assert virtual.unheard_packets > 0
    blocks = run.blocks()
    found = numbers(blocks)
    assert (np.diff(found) > 0).all()
    gaps = np.flatnonzero(np.diff(found) > 1)
    assert len(gaps) == 1
    quality = np.concatenate([block.quality for block in blocks])
    assert np.flatnonzero(quality & int(SampleQuality.AFTER_LOSS)).tolist() == (gaps + 1).tolist()
    assert run.health.received_samples == len(found)
    # Whole samples are lost at most a frame beyond what was not heard, at the two edges of the gap and at the end.
    unheard = virtual.unheard_packets * 36 / (2 if has_gyro else 1)
    assert count - len(found) <= unheard + 3 * 36
