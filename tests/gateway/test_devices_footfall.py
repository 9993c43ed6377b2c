"""The open Footfall profile: every byte round trips, nothing malformed gets through."""

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from footfall_gateway.devices import PROFILES, footfall
from footfall_gateway.devices.footfall import SamplesPacket
from footfall_gateway.devices.kit import standard
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_gateway.virtual.models.footfall import FootfallModel, quickly
from footfall_gateway.virtual.timed_packets import TimedPacket
from footfall_processing.errors import InputError
from footfall_processing.samples import SampleQuality
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "footfall-gatt-profile.md"
US_PER_WRAP = 2**32
INTERVAL_NS = 5_000_000
PACKET_US = 19 * 5000


def sensor(*, rate_hz: float = 200.0, has_gyro: bool = True) -> Sensor:
    return Sensor(
        id="foot-left",
        placement=Placement.FOOT,
        side=Side.LEFT,
        sampling_rate_hz=rate_hz,
        acc_range_mps2=16 * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=2000 * RADIANS_PER_DEGREE if has_gyro else None,
        has_gyro=has_gyro,
    )


def decoder(sensor_: Sensor | None = None) -> footfall.FootfallDecoder:
    return footfall.FootfallDecoder(RecordedSensor(sensor_ or sensor(), footfall.NAME))


def numbered(index: int, *, device_time_us: int | None = None, sequence: int | None = None, epoch: int = 0) -> bytes:
    """Make the packet of this index: its codes count the samples, so any loss or repetition shows."""
    count = np.arange(19 * index, 19 * (index + 1), dtype=np.int64) % 30_000
    codes = np.repeat(count[:, None], 3, axis=1).astype(np.int16)
    return footfall.encode_samples(
        SamplesPacket(
            sequence=index if sequence is None else sequence,
            device_time_us=index * PACKET_US if device_time_us is None else device_time_us,
            interval_ns=INTERVAL_NS,
            acc_range_g=16,
            gyro_range_dps=2000,
            acc=codes,
            gyr=-codes,
            clock_epoch=epoch,
        )
    )


def received(received_s: float, data: bytes) -> RawPacket:
    return RawPacket(received_s, "foot-left", footfall.SAMPLES, data)


@st.composite
def packets(draw: st.DrawFn) -> SamplesPacket:
    has_gyro = draw(st.booleans())
    n = draw(st.integers(1, footfall.samples_per_packet(has_gyro=has_gyro)))
    return SamplesPacket(
        sequence=draw(st.integers(0, 0xFFFF)),
        device_time_us=draw(st.integers(0, 0xFFFF_FFFF)),
        interval_ns=draw(st.integers(100_000, 100_000_000)),
        acc_range_g=draw(st.integers(1, 255)),
        gyro_range_dps=draw(st.integers(1, 0xFFFF)) if has_gyro else None,
        acc=draw(arrays(np.int16, (n, 3))),
        gyr=draw(arrays(np.int16, (n, 3))) if has_gyro else None,
        clock_epoch=draw(st.integers(0, 15)),
    )


@given(packets())
def test_every_packet_survives_the_wire(packet: SamplesPacket) -> None:
    data = footfall.encode_samples(packet)
    back = footfall.decode_samples(data)
    assert len(data) <= footfall.MAX_PACKET_BYTES
    for name in ("sequence", "device_time_us", "interval_ns", "acc_range_g", "gyro_range_dps", "clock_epoch"):
        assert getattr(back, name) == getattr(packet, name)
    assert np.array_equal(back.acc, packet.acc)
    assert (back.gyr is None) == (packet.gyr is None)
    if back.gyr is not None and packet.gyr is not None:
        assert np.array_equal(back.gyr, packet.gyr)


@given(packets(), st.integers(0, 243))
def test_no_truncated_packet_gives_samples(packet: SamplesPacket, length: int) -> None:
    data = footfall.encode_samples(packet)
    rate_hz = 1e9 / packet.interval_ns
    cut = decoder(sensor(rate_hz=rate_hz, has_gyro=packet.gyr is not None))
    assert cut.push([received(1.0, data[: min(length, len(data) - 1)])]) == []
    assert cut.counts.rejected_packets == 1


@given(st.binary(max_size=300), st.floats(allow_nan=True, allow_infinity=False))
@example(numbered(0), float("nan"))
def test_noise_never_raises(data: bytes, received_s: float) -> None:
    victim = decoder()
    assert sum(len(block) for block in victim.push([received(received_s, data)])) == victim.counts.received_samples


@pytest.mark.parametrize(
    "change",
    [
        {"acc_range_g": 0},
        {"acc_range_g": 256},
        {"gyro_range_dps": None},
        {"gyro_range_dps": 0x10000},
        {"interval_ns": 99_999},
        {"clock_epoch": 16},
        {"acc": np.zeros((0, 3), dtype=np.int16)},
        {"acc": np.zeros((20, 3), dtype=np.int16)},
        {"gyr": np.zeros((18, 3), dtype=np.int16)},
        {"gyr": None},
    ],
)
def test_a_packet_that_does_not_fit_the_profile_is_not_made(change: dict[str, Any]) -> None:
    with pytest.raises((InputError, ValueError)):
        footfall.encode_samples(replace(footfall.decode_samples(numbered(0)), **change))


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        pytest.param(0, b"\x00", id="version 0"),
        pytest.param(0, b"\x02", id="version 2"),
        *(pytest.param(1, bytes([1 << bit]), id=f"flag bit {bit}") for bit in (0, 1, 2, 3)),
        pytest.param(8, (99_999).to_bytes(4, "little"), id="interval too short"),
        pytest.param(8, (100_000_001).to_bytes(4, "little"), id="interval too long"),
        pytest.param(8, (7_000_000).to_bytes(4, "little"), id="interval of another sensor"),
        pytest.param(12, b"\x00", id="no samples"),
        pytest.param(12, b"\x12", id="fewer samples than bytes"),
        pytest.param(12, b"\x14", id="more samples than bytes"),
        pytest.param(13, b"\x00", id="no accelerometer range"),
        pytest.param(14, b"\x00\x00", id="no gyroscope range"),
    ],
)
def test_each_broken_rule_costs_the_packet(offset: int, value: bytes) -> None:
    data = bytearray(numbered(0))
    data[offset : offset + len(value)] = value
    victim = decoder()
    assert victim.push([received(1.0, bytes(data))]) == []
    assert victim.counts.rejected_packets == 1


def test_packets_that_overlap_are_rejected() -> None:
    overlapping = decoder()
    overlapping.push([received(0.1, numbered(0))])
    assert overlapping.push([received(0.2, numbered(1, device_time_us=PACKET_US - 5000))]) == []
    assert overlapping.counts.rejected_packets == 1
    assert len(overlapping.push([received(0.3, numbered(2))])) == 1


def example_bytes(name: str) -> bytes:
    match = re.search(rf"```hex {name}\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None
    return bytes.fromhex(match[1])


def test_the_documented_example_decodes_as_documented() -> None:
    data = example_bytes("samples")
    packet = footfall.decode_samples(data)
    assert (packet.sequence, packet.clock_epoch) == (258, 3)
    assert (packet.device_time_us, packet.interval_ns) == (4_294_966_296, 4_882_813)
    assert footfall.encode_samples(packet) == data

    (block,) = decoder(sensor(rate_hz=204.8)).push([received(10.0, data)])
    assert block.t_s == pytest.approx([10.0 - 1 / 204.8, 10.0], abs=1e-9)
    assert block.acc_mps2 / STANDARD_GRAVITY_MPS2 == pytest.approx(np.array([[0, 0, 1], [-16, 0.5, 15.9995]]), abs=1e-4)
    assert block.gyr_radps is not None
    assert block.gyr_radps / RADIANS_PER_DEGREE == pytest.approx(
        np.array([[0, -0.0610, 0.0610], [1000, 0, -1000]]), abs=1e-4
    )
    assert block.quality.tolist() == [SampleQuality.GOOD, SampleQuality.ACC_CLIPPED]


def test_the_documented_accelerometer_only_example_decodes_as_documented() -> None:
    described = replace(sensor(rate_hz=97.13, has_gyro=False), acc_range_mps2=8 * STANDARD_GRAVITY_MPS2)
    (block,) = decoder(described).push([received(1.0, example_bytes("accelerometer-only"))])
    assert block.gyr_radps is None
    assert block.acc_mps2.tolist() == [[0.0, STANDARD_GRAVITY_MPS2, 0.0]]


def test_the_documented_uuids_are_the_ones_in_use() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for uuid in (footfall.SERVICE, footfall.SAMPLES, footfall.DESCRIPTION, footfall.CONTROL):
        assert f"`{uuid}`" in text


def test_the_documented_description_is_read() -> None:
    match = re.search(r"```json description\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None
    assert footfall.decode_description(match[1].encode()) == sensor(rate_hz=204.8)


@pytest.mark.parametrize("has_gyro", [True, False])
@pytest.mark.parametrize("rate_hz", [97.13, 204.8, 1000.0])
def test_a_description_survives_the_wire(rate_hz: float, has_gyro: bool) -> None:
    described = sensor(rate_hz=rate_hz, has_gyro=has_gyro)
    assert footfall.decode_description(footfall.encode_description(described)) == described


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"version":1}',
        b'{"version":2,"id":"a","placement":"foot","side":null,"rate_hz":200,"acc_range_g":16,"gyro_range_dps":null}',
        b'{"version":1,"id":"a","placement":"wrist","side":null,"rate_hz":200,"acc_range_g":16,"gyro_range_dps":null}',
        b'{"version":1,"id":"","placement":"foot","side":null,"rate_hz":200,"acc_range_g":16,"gyro_range_dps":null}',
        b'{"version":1,"id":"a","placement":"foot","side":null,"rate_hz":0,"acc_range_g":16,"gyro_range_dps":null}',
        b'{"version":1,"id":"a","placement":"foot","side":null,"rate_hz":200,"acc_range_g":0,"gyro_range_dps":null}',
        b'{"version":1,"id":"a","placement":"foot","side":null,"rate_hz":200,"acc_range_g":16,"gyro_range_dps":-1}',
    ],
)
def test_a_senseless_description_is_refused_in_one_line(text: bytes) -> None:
    with pytest.raises(InputError) as refusal:
        footfall.decode_description(text)
    assert "\n" not in str(refusal.value)


def test_sample_times_follow_the_device_and_not_the_arrival() -> None:
    late = decoder()
    delays_s = [0.0, 0.3, 0.02, 0.9, 0.1]
    blocks = [
        block
        for index, delay_s in enumerate(delays_s)
        for block in late.push([received(5.09 + index * 0.095 + delay_s, numbered(index))])
    ]
    times_s = np.concatenate([block.t_s for block in blocks])
    assert times_s == pytest.approx(5.0 + np.arange(len(times_s)) * 0.005, abs=1e-9)


def test_an_absence_of_several_wraps_is_bridged() -> None:
    away = decoder()
    away.push([received(0.1, numbered(0))])
    packets_away = 3 * US_PER_WRAP // PACKET_US
    (block,) = away.push(
        [
            received(
                0.1 + packets_away * 0.095 + 2.0,
                numbered(
                    packets_away,
                    device_time_us=packets_away * PACKET_US % US_PER_WRAP,
                    sequence=packets_away & 0xFFFF,
                ),
            )
        ]
    )
    assert block.t_s[0] == pytest.approx(0.01 + packets_away * 0.095, abs=1e-6)
    assert block.quality[0] == SampleQuality.AFTER_LOSS
    assert away.counts.lost_samples == 19 * (packets_away - 1)


def test_a_sensor_that_paused_has_lost_nothing() -> None:
    paused = decoder()
    paused.push([received(0.1, numbered(0))])
    (block,) = paused.push([received(3.1, numbered(1, device_time_us=3_000_000))])
    assert block.quality[0] == SampleQuality.AFTER_LOSS
    assert paused.counts.lost_samples == 0


@pytest.mark.parametrize(("epoch", "device_time_us"), [(1, 30_000), (1, 2_000_000), (0, 900_000_000)])
def test_a_rebooted_sensor_goes_on(epoch: int, device_time_us: int) -> None:
    rebooted = decoder()
    rebooted.push([received(0.1, numbered(0))])
    rebooted.push([received(0.2, numbered(1))])
    (first,) = rebooted.push([received(4.0, numbered(0, device_time_us=device_time_us, epoch=epoch))])
    (second,) = rebooted.push([received(4.1, numbered(1, device_time_us=device_time_us + PACKET_US, epoch=epoch))])
    assert first.t_s[-1] == pytest.approx(4.0)
    assert first.quality[0] == SampleQuality.AFTER_LOSS
    assert second.t_s[0] - first.t_s[-1] == pytest.approx(0.005, abs=1e-9)


def test_a_packet_that_contradicts_the_description_is_rejected() -> None:
    gyroless = decoder(sensor(has_gyro=False))
    slow = decoder(sensor(rate_hz=100.0))
    for victim in (gyroless, slow):
        assert victim.push([received(0.1, numbered(0))]) == []
        assert victim.counts.rejected_packets == 1


@st.composite
def streams(draw: st.DrawFn) -> list[RawPacket]:
    """Packets as a bad link delivers them: lost, doubled, late, damaged, clipped, of new ranges, after a reboot."""
    indices = [index for index in range(30) for _ in range(draw(st.sampled_from([1, 1, 1, 0, 2])))]
    stream = []
    for arrival, index in enumerate(indices):
        at = draw(st.sampled_from([index, index, index, max(0, index - 2)]))
        rebooted = draw(st.booleans()) and index > 20
        packet = footfall.decode_samples(numbered(at, epoch=1 if rebooted else 0))
        full_scale = np.full_like(packet.acc, draw(st.sampled_from([-32768, -32767, 32766, 32767])))
        packet = replace(
            packet,
            acc_range_g=draw(st.sampled_from([16, 16, 8])),
            gyro_range_dps=draw(st.sampled_from([2000, 2000, 500])),
            interval_ns=draw(st.sampled_from([INTERVAL_NS, INTERVAL_NS, 4_990_000])),
            acc=full_scale if draw(st.integers(0, 9)) == 0 else packet.acc,
            gyr=full_scale if draw(st.integers(0, 9)) == 0 else packet.gyr,
        )
        data = footfall.encode_samples(packet)
        if draw(st.integers(0, 9)) == 0:
            data = data[: draw(st.integers(0, len(data)))]
        stream.append(received(0.1 * (arrival + 1), data))
    return stream


def samples_and_counts(decoder_: footfall.FootfallDecoder, groups: Iterable[list[RawPacket]]) -> tuple[object, ...]:
    """All bits that come out of packets, whatever block they are in."""
    blocks = [block for group in groups for block in decoder_.push(group)]
    columns = [(block.t_s, block.acc_mps2, block.gyr_radps, block.quality) for block in blocks]
    joined = [np.concatenate([c for c in column if c is not None]) for column in zip(*columns, strict=True)]
    return ([(column.dtype, column.shape, column.tobytes()) for column in joined], decoder_.counts)


@given(streams(), st.data())
def test_however_packets_are_grouped_the_samples_are_bit_identical(
    stream: list[RawPacket], data: st.DataObject
) -> None:
    one_by_one = samples_and_counts(decoder(), [[packet] for packet in stream])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    edges = [0, *cuts, len(stream)]
    groups = [stream[begin:end] for begin, end in pairwise(edges)]
    assert samples_and_counts(decoder(), groups) == one_by_one
    assert samples_and_counts(decoder(), [stream]) == one_by_one


def test_the_profile_is_registered_and_recognised() -> None:
    profile = PROFILES["footfall"]
    assert profile.matches(None, (standard.BATTERY_SERVICE, footfall.SERVICE))
    assert not profile.matches("Footfall foot-left", (standard.BATTERY_SERVICE,))
    assert replace(profile, services=(), name_prefixes=("Move",)).matches("Movesense 12", ())


def test_in_quick_mode_packets_last_30_ms_at_most_and_hold_the_same_samples() -> None:
    model = FootfallModel(sensor())
    full = [TimedPacket(0.095 * (n + 1), footfall.SAMPLES, numbered(n)) for n in (0, 1, 4, 5, 6)]
    playing = quickly(model, sensor(), iter(full))
    sent = [next(playing)]
    model.write(footfall.CONTROL, footfall.START_QUICK)
    sent += [next(playing) for _ in range(8)]
    model.write(footfall.CONTROL, footfall.START_STREAMING)
    sent += playing
    read = [footfall.decode_samples(packet.data) for packet in sent]
    assert [len(one.acc) for one in read] == [19, 6, 6, 6, 1, 6, 6, 6, 1, 19, 19]
    assert all(a.due_s < b.due_s for a, b in pairwise(sent))
    as_they_were = [footfall.decode_samples(packet.data) for packet in full]
    assert np.array_equal(np.vstack([one.acc for one in read]), np.vstack([one.acc for one in as_they_were]))
    decoded = decoder()
    times_s = [
        float(t_s)
        for packet in sent
        for block in decoded.push([RawPacket(packet.due_s, "foot-left", footfall.SAMPLES, packet.data)])
        for t_s in block.t_s
    ]
    assert len(times_s) == 5 * 19
    assert decoded.counts.lost_samples == 2 * 19, "two packets were missing before the fourth"
    assert decoded.counts.duplicate_packets == decoded.counts.rejected_packets == 0


@given(rate_hz=st.floats(10.0, 10_000.0), has_gyro=st.booleans())
def test_quick_packets_hold_one_sample_or_more_and_last_30_ms(rate_hz: float, has_gyro: bool) -> None:
    n = footfall.samples_per_quick_packet(rate_hz, has_gyro=has_gyro)
    assert 1 <= n <= footfall.samples_per_packet(has_gyro=has_gyro)
    assert n == 1 or n / rate_hz <= footfall.QUICK_PACKET_S + 1e-9
