"""Movesense: payloads in parts, two subscriptions joined, and whole runs."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from footfall_gateway.devices import movesense
from footfall_gateway.devices.kit.stamped import Stream
from footfall_gateway.devices.movesense import PLANS, Plan, Reference
from footfall_gateway.devices.protocols.movesense import (
    Assembly,
    Notification,
    decode_block,
    encode_block,
    encode_data,
)
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_gateway.virtual.models.movesense import MovesenseModel, movesense_sensor, packets
from footfall_gateway.virtual.sensor import Faults
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray, ImuBlock, SampleQuality
from footfall_processing.session import Sensor
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2
from gateway.devices.driver_runs import WEARING, run_driver, times, worn_imu

ADDRESS = "0C:8C:DC:00:00:01"
TWO_STREAMS, TOGETHER, ACC_ONLY = PLANS
AFTER_LOSS = int(SampleQuality.AFTER_LOSS)


def sensor(plan: Plan = TWO_STREAMS) -> Sensor:
    return worn_imu(float(plan.rate_hz), acc_range_mps2=8 * STANDARD_GRAVITY_MPS2, has_gyro=plan.has_gyro)


def decoder(plan: Plan = TWO_STREAMS) -> movesense.MovesenseDecoder:
    settings = MappingProxyType({"resources": " ".join(plan.resources.values())})
    return movesense.MovesenseDecoder(RecordedSensor(sensor(plan), movesense.NAME, settings=settings))


def numbered(count: int, plan: Plan = TWO_STREAMS, *, rate_error: float = 0.0) -> ImuBlock:
    """Make samples that count themselves: 0.01 m/s² and 0.1 °/s a sample."""
    number = np.arange(count, dtype=np.float64)[:, None]
    acc_mps2 = 0.01 * number * [1.0, -1.0, 0.5]
    gyr_radps = 0.1 * RADIANS_PER_DEGREE * number * [-1.0, 0.5, 1.0]
    t_s = 0.123 + number[:, 0] / (plan.rate_hz * (1 + rate_error))
    return ImuBlock("any", t_s, acc_mps2, gyr_radps, np.zeros(count, dtype=np.uint8))


def numbers(blocks: Sequence[ImuBlock], *, within: float = 1e-3) -> list[int]:
    """Tell which samples came; the angular rate is of the same moment, within this share of a sample."""
    if not blocks:
        return []
    acc_mps2 = np.concatenate([block.acc_mps2 for block in blocks])
    found = np.rint(acc_mps2[:, 0] / 0.01).astype(np.int64)
    sent = numbered(int(found.max()) + 1)
    assert np.abs(acc_mps2 - sent.acc_mps2[found]).max() <= 1e-5
    if blocks[0].gyr_radps is not None and sent.gyr_radps is not None:
        gyr_radps = np.concatenate([block.gyr_radps for block in blocks if block.gyr_radps is not None])
        assert np.abs(gyr_radps - sent.gyr_radps[found]).max() <= within * 0.1 * RADIANS_PER_DEGREE
    return [int(number) for number in found]


def sent_packets(
    count: int, plan: Plan = TWO_STREAMS, *, rate_error: float = 0.0, per_block: int | None = None
) -> list[RawPacket]:
    timed = packets(sensor(plan), [numbered(count, plan, rate_error=rate_error)], plan=plan, per_block=per_block)
    return [RawPacket(packet.due_s + 0.02, WEARING.sensor_id, packet.characteristic, packet.data) for packet in timed]


SENT = sent_packets(800)


def decode(victim: movesense.MovesenseDecoder, received: Iterable[RawPacket]) -> list[ImuBlock]:
    return [block for packet in received for block in victim.push([packet])]


def quality(blocks: Sequence[ImuBlock]) -> list[int]:
    return [int(bits) for block in blocks for bits in block.quality]


def triples(count: int, first: float) -> FloatArray:
    return first + np.arange(3 * count, dtype=np.float64).reshape(count, 3)


def test_a_documented_block_is_150_and_46_bytes_one_array_after_the_other() -> None:
    payload = encode_block(1000, triples(8, 0.0), triples(8, 100.0))
    first, second = encode_data(99, payload)
    assert (first[:2], len(first)) == (b"\x02\x63", 152)
    assert (second[:2], len(second)) == (b"\x03\x63", 48)
    assert first[2:6] == (1000).to_bytes(4, "little")
    stamp_ms, batches = decode_block(first[2:] + second[2:], (Stream.ACC, Stream.GYR))
    assert stamp_ms == 1000
    assert batches[Stream.ACC].tolist() == triples(8, 0.0).tolist()
    assert batches[Stream.GYR] == pytest.approx(triples(8, 100.0) * RADIANS_PER_DEGREE)


@pytest.mark.parametrize("per_block", [1, 2, 5, 12, 16, 25, 40])
@pytest.mark.parametrize("plan", PLANS, ids=["acc + gyro", "IMU6", "acc"])
def test_blocks_of_any_length_are_put_together(plan: Plan, per_block: int) -> None:
    victim = decoder(plan)
    blocks = decode(victim, sent_packets(400, plan, per_block=per_block))
    found = numbers(blocks)
    assert found == list(range(len(found)))
    # The end of the last block is only known when the next begins, if it is not as long as the firmware's.
    assert len(found) >= 400 - 2 * per_block
    assert victim.counts.rejected_packets == 0
    assert not any(quality(blocks))


@pytest.mark.parametrize("rate_error", [0.0, -0.05, 0.04])
def test_samples_come_through_at_their_true_times(rate_error: float) -> None:
    blocks = decode(decoder(), sent_packets(4000, rate_error=rate_error))
    assert numbers(blocks) == list(range(4000))
    t_s = times(blocks)
    true_s = numbered(4000, rate_error=rate_error).t_s
    late_s = t_s - true_s
    # What arrives first sets the session's time; the sensor's stamps are whole milliseconds.
    assert np.abs(late_s[800:] - np.median(late_s)).max() < 0.7e-3
    assert np.diff(t_s)[800:] == pytest.approx(np.diff(true_s).mean(), rel=0.05)
    assert (np.diff(t_s) > 0.0).all()


@pytest.mark.parametrize("lost", ["first part", "second part", "both"])
@pytest.mark.parametrize("reference", [Reference.ACC, Reference.GYRO])
def test_a_lost_part_costs_its_block_and_no_other(lost: str, reference: Reference) -> None:
    sent = sent_packets(1600)
    own = [index for index, packet in enumerate(sent) if packet.data[1] == reference]
    doomed = {"first part": own[80:81], "second part": own[81:82], "both": own[80:82]}[lost]
    victim = decoder()
    blocks = decode(victim, [packet for index, packet in enumerate(sent) if index not in doomed])
    found = numbers(blocks, within=0.3)
    assert found == [*range(640), *range(656, 1600)]
    assert [index for index, bits in enumerate(quality(blocks)) if bits & AFTER_LOSS] == [640]
    assert victim.counts.lost_samples == 16
    assert victim.counts.rejected_packets == (0 if lost == "both" else 1)


@given(st.sets(st.integers(40, 199), max_size=40))
def test_whatever_packets_are_lost_the_gaps_are_marked_and_counted(lost: set[int]) -> None:
    victim = decoder()
    blocks = decode(victim, [packet for index, packet in enumerate(SENT) if index not in lost])
    found = numbers(blocks, within=0.3)
    steps = np.diff(found)
    assert (steps > 0).all()
    marked = [index for index, bits in enumerate(quality(blocks)) if bits & AFTER_LOSS]
    assert marked == (np.flatnonzero(steps > 1) + 1).tolist()
    assert victim.counts.lost_samples == (steps - 1).sum()


def test_a_long_loss_wrap_and_late_packets() -> None:
    sent = sent_packets(3200)
    shift_ms = 2**32 - 2_360_905 - 5000
    wrapped = [
        replace(
            p,
            data=p.data[:2]
            + ((int.from_bytes(p.data[2:6], "little") + shift_ms) % 2**32).to_bytes(4, "little")
            + p.data[6:],
        )
        if p.data[0] == Notification.DATA
        else p
        for p in sent
    ]
    received = wrapped[:400] + wrapped[600:604] + wrapped[396:400] + wrapped[604:]
    victim = decoder()
    blocks = decode(victim, received)
    assert numbers(blocks, within=0.3) == [*range(1600), *range(2400, 3200)]
    assert np.diff(times(blocks))[1599] == pytest.approx(801 / 208, abs=2e-3)
    assert victim.counts.lost_samples == 800
    assert victim.counts.duplicate_packets == 4


def test_the_two_subscriptions_may_arrive_in_any_turn() -> None:
    sent = sent_packets(1600)
    of = {ref: [p for p in sent if p.data[1] == ref] for ref in (Reference.ACC, Reference.GYRO)}
    one_second = 26
    turns = [
        packet
        for start in range(0, len(of[Reference.ACC]), one_second)
        for ref in (Reference.GYRO, Reference.ACC)
        for packet in of[ref][start : start + one_second]
    ]
    together, apart = decode(decoder(), sent), decode(decoder(), turns)
    assert numbers(apart) == numbers(together) == list(range(1600))
    assert not any(quality(apart))


def test_what_stands_at_the_end_of_the_range_is_marked() -> None:
    block = numbered(64)
    acc_mps2 = block.acc_mps2.copy()
    acc_mps2[20, 2] = 7.998 * STANDARD_GRAVITY_MPS2
    acc_mps2[21, 2] = 7.9 * STANDARD_GRAVITY_MPS2
    timed = packets(sensor(), [replace(block, acc_mps2=acc_mps2)], plan=TWO_STREAMS)
    blocks = decode(decoder(), [RawPacket(p.due_s, WEARING.sensor_id, p.characteristic, p.data) for p in timed])
    clipped = [index for index, bits in enumerate(quality(blocks)) if bits & int(SampleQuality.ACC_CLIPPED)]
    assert clipped == [20]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x02", id="no reference"),
        pytest.param(b"\x02\x07" + bytes(196), id="not subscribed"),
        pytest.param(b"\x05\x01" + bytes(196), id="unknown type"),
        pytest.param(b"\x03\x01" + bytes(46), id="a part without its beginning"),
        pytest.param(b"\x02\x01" + bytes(4) + b"\xff" * 192, id="not numbers"),
        pytest.param(b"\x02\x01" + bytes(4) + b"\x00\x00\x80\x7f" * 48, id="infinity"),
        pytest.param(b"\x02\x01" + bytes(4) + b"\x01\x00\x80\x7f" * 48, id="a signalling not-a-number"),
        pytest.param(b"\x02\x01" + bytes(4) + b"\x00\x00\x80\x43" * 48, id="26 g"),
    ],
)
def test_each_broken_rule_costs_the_packet(data: bytes) -> None:
    victim = decoder()
    assert victim.push([RawPacket(1.0, WEARING.sensor_id, movesense.DATA, data)]) == []
    assert victim.counts.rejected_packets == 1
    sent = sent_packets(320)
    assert len(numbers(decode(victim, sent))) >= 304


def test_angular_rate_that_was_not_asked_for_is_rejected() -> None:
    settings = MappingProxyType({"resources": "/Meas/Gyro/208"})
    victim = movesense.MovesenseDecoder(RecordedSensor(sensor(ACC_ONLY), movesense.NAME, settings=settings))
    assert decode(victim, sent_packets(64)) == []
    assert victim.counts.received_samples == 0


def test_results_and_other_characteristics_are_none_of_its_business() -> None:
    victim = decoder()
    assert victim.push([RawPacket(1.0, WEARING.sensor_id, movesense.DATA, b"\x01\x01\xc8\x00")]) == []
    assert victim.push([RawPacket(1.0, WEARING.sensor_id, "00002a19-0000-1000-8000-00805f9b34fb", b"\x50")]) == []
    assert victim.counts.rejected_packets == 0


def test_a_payload_that_is_cut_at_a_full_part_is_not_taken_for_a_short_one() -> None:
    # A firmware with longer parts: one of 184 bytes holds 15 whole samples, it looks like a block.
    assembly = Assembly(12, 104.0)
    begun = [round(k * 16e3 / 104).to_bytes(4, "little") + bytes([k]) * 180 for k in range(5)]
    for kind, part, whole in [(2, begun[0], []), (3, b"a" * 12, []), (2, begun[1], [begun[0] + b"a" * 12])]:
        assert assembly.take(kind, part, received_s=1.0) == whole
    assert assembly.take(3, b"b" * 12, received_s=1.0) == [begun[1] + b"b" * 12]
    assert assembly.take(2, begun[2], received_s=1.0) == []
    with pytest.raises(InputError, match="cut off"):
        assembly.take(2, begun[3], received_s=1.0)
    # What it cut off may still come, and look like its own end: it is whole once the next one begins.
    assert assembly.take(3, b"d" * 12, received_s=1.0) == []
    assert assembly.take(2, begun[4], received_s=1.0) == [begun[3] + b"d" * 12]


@pytest.mark.parametrize("plan", [TWO_STREAMS, TOGETHER], ids=["acc + gyro", "IMU6"])
def test_an_end_and_the_next_beginning_both_lost_leave_no_block_that_never_was(plan: Plan) -> None:
    sent, own = sent_packets(1600, plan), len(plan.references) * 2
    for first in (own * 20 + 1, own * 21 - 1):
        # What is lost runs from the end of one payload to the beginning of the same subscription's next.
        for lost in (range(first, first + own), (first, first + own - 1)):
            victim = decoder(plan)
            blocks = decode(victim, [packet for index, packet in enumerate(sent) if index not in lost])
            found, size = numbers(blocks, within=0.3), plan.rate_hz // 13
            assert found == [*range(size * 20), *range(size * 22, 1600)]
            assert victim.counts.lost_samples == 2 * size


def test_parts_that_come_apart_are_whole_when_nothing_is_missing() -> None:
    sent = sent_packets(800)
    apart = [replace(packet, received_s=packet.received_s + (0.06 if packet.data[0] == 3 else 0.0)) for packet in sent]
    victim = decoder()
    found = numbers(decode(victim, sorted(apart, key=lambda packet: packet.received_s)))
    assert found == list(range(784))
    assert victim.counts.rejected_packets == 0


def check_sane(blocks: Sequence[ImuBlock]) -> None:
    for block in blocks:
        assert np.abs(block.acc_mps2).max() <= 1.06 * 16 * STANDARD_GRAVITY_MPS2
        assert block.gyr_radps is not None
        assert np.abs(block.gyr_radps).max() <= 1.21 * 2000 * RADIANS_PER_DEGREE
    for before, after in itertools.pairwise(blocks):
        assert before.t_s[-1] < after.t_s[0]


@given(
    st.lists(
        st.builds(
            lambda head, rest: bytes(head) + rest,
            st.tuples(st.integers(0, 5), st.integers(0, 3)),
            st.binary(max_size=200),
        ),
        max_size=12,
    )
)
@example([b"\x02\x01" + bytes(150), b"\x02\x01" + bytes(196)])
def test_noise_never_raises(noise: list[bytes]) -> None:
    victim = decoder()
    check_sane([b for data in noise for b in victim.push([RawPacket(1.0, WEARING.sensor_id, movesense.DATA, data)])])


@pytest.mark.parametrize("plan", [TWO_STREAMS, TOGETHER], ids=["acc + gyro", "IMU6"])
async def test_a_whole_run_with_a_link_that_breaks(way: str, plan: Plan) -> None:
    size = plan.rate_hz // 13
    count = 16 * plan.rate_hz // 13 * 9
    timed = list(packets(sensor(plan), [numbered(count, plan)], plan=plan))
    faults = Faults(drops_s=(5.0,), battery_percent=64.0)
    virtual = movesense_sensor(MovesenseModel(plan), timed, address=ADDRESS, faults=faults)
    run = await run_driver(virtual, way)
    assert run.recorded_sensor.sensor == sensor(plan)
    assert run.health.battery_percent == 64
    data = [packet.data for packet in run.packets if packet.data[0] != Notification.COMMAND_RESULT]
    assert len(data) == virtual.sent_packets
    assert len(set(data)) == len(data)
    assert virtual.unheard_packets > 0
    blocks = run.blocks()
    found = numbers(blocks, within=0.3)
    missing = sorted(set(range(count)) - set(found))
    assert found == sorted(set(found))
    # One gap of whole blocks, in which what was not heard lies.
    assert missing == list(range(missing[0], missing[-1] + 1))
    assert len(missing) % size == 0
    assert len(missing) <= size * (virtual.unheard_packets / (4 if plan is TWO_STREAMS else 2) + 2)
    assert [found[index] for index, bits in enumerate(quality(blocks)) if bits & AFTER_LOSS] == [missing[-1] + 1]
    assert (run.health.received_samples, run.health.lost_samples) == (len(found), len(missing))
