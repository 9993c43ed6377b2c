"""Polar sensors: frames that are lost, doubled or broken, modes and answers, and whole runs."""

from collections.abc import Iterable, Sequence
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from footfall_gateway.devices import PROFILES, polar
from footfall_gateway.devices.protocols import polar as polar_frames
from footfall_gateway.devices.protocols.polar import Command, Measurement, SettingId
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_gateway.virtual.models.base import RefusedError
from footfall_gateway.virtual.models.polar import H10, VERITY_SENSE, PolarHardware, PolarModel, packets, polar_sensor
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_processing.errors import InputError
from footfall_processing.samples import ImuBlock, SampleQuality
from footfall_processing.session import Sensor
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2
from gateway.devices.driver_runs import WEARING, connected, run_driver, times, worn_imu

ADDRESS = "A0:9E:1A:00:00:01"

unhex = bytes.fromhex


def sensor(*, has_gyro: bool = True) -> Sensor:
    return worn_imu(
        208.0 if has_gyro else 200.0,
        acc_range_mps2=(16 if has_gyro else 8) * STANDARD_GRAVITY_MPS2,
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
