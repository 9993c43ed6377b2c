"""Capture2Go: packages with a checksum and a time, which may straddle notifications and come late."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway.devices import capture2go
from footfall_gateway.devices.protocols.capture2go import (
    ErrorFlag,
    Package,
    PackageStream,
    SamplesPackage,
    SensorState,
    encode_measurement_mode,
    encode_package,
    encode_samples,
)
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_gateway.virtual.models.base import RefusedError
from footfall_gateway.virtual.models.capture2go import (
    PACKAGE_ERROR,
    UNKNOWN_COMMAND,
    WRONG_STATE,
    Capture2GoModel,
    capture2go_sensor,
    packets,
    straddling_packets,
)
from footfall_gateway.virtual.sensor import Faults
from footfall_gateway.virtual.timed_packets import TimedPacket
from footfall_processing.errors import InputError
from footfall_processing.samples import SampleQuality
from gateway.devices.driver_runs import (
    WEARING,
    as_packets,
    check_blocks,
    connected,
    counting_samples,
    decode,
    quality,
    run_driver,
    sample_numbers,
    times,
    worn_imu,
)

ADDRESS = "C2:60:00:00:00:01"
SENSOR = worn_imu(200.0, acc_range_mps2=16 * 9.81)
RECORDED = RecordedSensor(SENSOR, capture2go.NAME)
FIRST_S = 1000.0


def arrivals(timed: list[TimedPacket], delay_s: float = 0.02) -> list[RawPacket]:
    return as_packets((p.due_s - FIRST_S + delay_s, p.characteristic, p.data) for p in timed)


def whole(count: int) -> list[RawPacket]:
    return arrivals(list(packets(SENSOR, [counting_samples(SENSOR, count, first_s=FIRST_S)])))


def straddling(count: int) -> list[RawPacket]:
    return arrivals(list(straddling_packets(SENSOR, [counting_samples(SENSOR, count, first_s=FIRST_S)])))


def package(time_ns: int, acc: int = 0, gyr: int = 0, error_flags: int = 0) -> bytes:
    codes = np.zeros((2, 8, 3), dtype=np.int16)
    codes[0, 3, 1], codes[1, 5, 2] = acc, gyr
    samples = SamplesPackage(time_ns, acc=codes[0], gyr=codes[1], error_flags=error_flags)
    return encode_package(Package.SAMPLES_200_HZ, encode_samples(samples))


def notification(data: bytes, received_s: float = 0.0, real_time: int = 0) -> RawPacket:
    return RawPacket(received_s, SENSOR.id, capture2go.TX, bytes((0xFF - real_time,)) + data)


def test_a_package_is_framed_as_the_protocol_says() -> None:
    # Start byte, checksum of header and payload, payload size, header; all little-endian.
    assert (
        encode_package(Package.START_STREAMING) == b"\x02" + struct.pack("<I", zlib.crc32(b"\x50\x01")) + b"\0\x50\x01"
    )
    # The reflected CRC-32 of every library, by its published check value.
    assert zlib.crc32(b"123456789") == 0xCBF43926
    assert len(package(0)) == 8 + 115
    assert package(-2)[6:16] == b"\x31\x02" + struct.pack("<q", -2)


def test_the_measurement_mode_asks_for_packed_samples_without_magnetometer() -> None:
    mode = encode_measurement_mode()
    assert len(mode) == 30
    # Field offsets of DataMeasurementMode: fullPackedMode 200 Hz, a status each second, disableMagData.
    assert {index: value for index, value in enumerate(mode) if value} == {10: 1, 14: 1, 29: 1}


def test_how_the_stream_is_cut_makes_no_difference_to_the_samples() -> None:
    stream = b"".join(packet.data[1:] for packet in whole(160))
    for size in (1, 7, 8, 9, 122, 123, 124, 243):
        cut = [notification(stream[at : at + size], at * 1e-5) for at in range(0, len(stream), size)]
        assert sample_numbers(SENSOR, decode(RECORDED, cut)).tolist() == list(range(160))


def test_real_time_packages_come_before_the_stream() -> None:
    stream = b"".join(packet.data[1:] for packet in whole(32))
    other = encode_package(0x0287, bytes(30))
    received = [
        notification(stream[:100]),
        notification(other + stream[100:150], real_time=1),
        notification(other + other + stream[150:], real_time=2),
    ]
    assert sample_numbers(SENSOR, decode(RECORDED, received)).tolist() == list(range(32))


@pytest.mark.parametrize("real_time", [1, 3, 4, 255])
def test_a_wrong_number_of_real_time_packages_is_rejected(real_time: int) -> None:
    decoder = capture2go.Capture2GoDecoder(RECORDED)
    assert decoder.push([notification(bytes(20), real_time=real_time)]) == []
    assert decoder.counts.rejected_packets == 1


def test_a_lost_notification_costs_the_packages_it_held_a_part_of() -> None:
    received = straddling(800)
    del received[10]
    decoder = capture2go.Capture2GoDecoder(RECORDED)
    blocks = [block for one in received for block in decoder.push([one])]
    numbers = sample_numbers(SENSOR, blocks)
    missing = sorted(set(range(800)) - set(numbers.tolist()))
    # 243 bytes touch at most three packages of 123.
    assert missing == list(range(missing[0], missing[0] + len(missing)))
    assert 8 <= len(missing) <= 24
    assert decoder.counts.lost_samples == len(missing)
    assert decoder.counts.rejected_packets == 1
    assert np.flatnonzero(quality(blocks)).tolist() == [missing[0]]
    assert quality(blocks)[missing[0]] == SampleQuality.AFTER_LOSS


def test_half_a_package_does_not_hold_back_the_next() -> None:
    # Clearing the sensor's buffer "can cause partial packages to be sent".
    stream = PackageStream()
    assert stream.feed(b"\xff" + package(0)[:50]) == []
    acknowledged = encode_package(Package.STOPPED_STREAMING_AND_CLEARED_BUFFER)
    assert stream.feed(b"\xff" + acknowledged) == [(Package.STOPPED_STREAMING_AND_CLEARED_BUFFER, b"")]


def test_samples_that_the_sensor_kept_for_a_minute_keep_their_time() -> None:
    prompt = whole(20_000)
    # From second 20 to second 80 nothing arrives; then all that was kept, a package each millisecond.
    late: list[RawPacket] = []
    for p in prompt:
        at_s = max(p.received_s, late[-1].received_s + 0.001 if late else 0.0)
        late.append(RawPacket(80.0 if 20.0 < at_s < 80.0 else at_s, p.sensor_id, p.characteristic, p.data))
    expected, blocks = decode(RECORDED, prompt), decode(RECORDED, late)
    assert sample_numbers(SENSOR, blocks).tolist() == list(range(20_000))
    np.testing.assert_allclose(times(blocks), times(expected), atol=1e-3)
    assert not quality(blocks).any()


def test_the_sensors_own_flags_are_heeded() -> None:
    def marks(*packages: bytes) -> tuple[list[int], capture2go.Capture2GoDecoder]:
        decoder = capture2go.Capture2GoDecoder(RECORDED)
        blocks = [b for i, p in enumerate(packages) for b in decoder.push([notification(p, 0.04 * i)])]
        return (quality(blocks).tolist() if blocks else []), decoder

    acc, gyr = int(SampleQuality.ACC_CLIPPED), int(SampleQuality.GYR_CLIPPED)
    assert marks(package(0, acc=32767, gyr=-32768))[0] == [0, 0, 0, acc, 0, gyr, 0, 0]
    assert marks(package(0, acc=30000, gyr=-30000))[0] == [0] * 8
    clipped = int(ErrorFlag.ACC_CLIPPING | ErrorFlag.GYR_CLIPPING)
    assert marks(package(0, acc=30000, gyr=-30000, error_flags=clipped))[0] == [0, 0, 0, acc, 0, gyr, 0, 0]
    gap = package(40_000_000, error_flags=int(ErrorFlag.TIME_GAP))
    assert marks(package(0), gap)[0] == [0] * 8 + [int(SampleQuality.AFTER_LOSS)] + [0] * 7
    nothing, decoder = marks(package(0, error_flags=int(ErrorFlag.PROCESSING_ISSUE)))
    assert (nothing, decoder.counts.rejected_packets) == ([], 1)


@given(st.lists(st.tuples(st.floats(0.0, 1e5), st.binary(max_size=260)), max_size=20))
def test_nothing_that_arrives_breaks_the_decoder(values: list[tuple[float, bytes]]) -> None:
    received = as_packets((at, capture2go.TX, data) for at, data in sorted(values))
    check_blocks(SENSOR, decode(RECORDED, received))


@pytest.mark.parametrize("state", [SensorState.IDLE, SensorState.STREAMING])
async def test_a_sensor_says_what_it_is_and_rests_until_it_is_started(state: SensorState) -> None:
    model = Capture2GoModel(state=state)
    async with connected(capture2go_sensor([], address=ADDRESS, model=model), capture2go.PROFILE) as peer:
        recorded = await capture2go.describe(peer, WEARING)
        assert recorded.sensor == SENSOR
        assert recorded.settings == {"serial": "1234ab", "hardware": "1", "firmware": "1.0.0"}
        assert model.state is SensorState.IDLE
        assert await capture2go.battery(peer) == 64
        await capture2go.start(peer, recorded)
        assert model.streaming
        with pytest.raises(InputError, match="footfall pair"):
            await capture2go.describe(peer, None)


async def test_a_sensor_that_records_by_itself_is_left_alone() -> None:
    model = Capture2GoModel(state=SensorState.RECORDING)
    async with connected(capture2go_sensor([], address=ADDRESS, model=model), capture2go.PROFILE) as peer:
        with pytest.raises(InputError, match="recording by itself"):
            await capture2go.describe(peer, WEARING)
        assert model.state is SensorState.RECORDING


async def test_a_refusal_is_told_as_one() -> None:
    model = Capture2GoModel(state=SensorState.RECORDING)
    async with connected(capture2go_sensor([], address=ADDRESS, model=model), capture2go.PROFILE) as peer:
        with pytest.raises(ConnectionError, match="refuses command 0x0150: error 0xfb"):
            await capture2go.start(peer, RECORDED)


def test_the_virtual_sensor_refuses_nonsense() -> None:
    model = Capture2GoModel()

    def refusal(data: bytes) -> int:
        ((_, answer),) = model.write(capture2go.RX, data)
        ((header, content),) = PackageStream().feed(answer)
        assert header == Package.ERROR
        return content[0]

    assert refusal(b"\x02nonsense") == PACKAGE_ERROR
    assert refusal(encode_package(Package.SET_MEASUREMENT_MODE, bytes(29))) == PACKAGE_ERROR
    assert refusal(encode_package(Package.START_STREAMING)) == WRONG_STATE
    assert refusal(encode_package(0x0999)) == UNKNOWN_COMMAND
    with pytest.raises(RefusedError):
        model.write(capture2go.TX, encode_package(Package.GET_STATUS))
    with pytest.raises(RefusedError):
        model.read(capture2go.TX)


async def test_a_whole_run_with_a_dropped_link(way: str) -> None:
    source = [counting_samples(SENSOR, 1600)]
    virtual_sensor = capture2go_sensor(packets(SENSOR, source), address=ADDRESS, faults=Faults(drops_s=(3.0,)))
    result = await run_driver(virtual_sensor, way)
    assert result.recorded_sensor.sensor == SENSOR
    assert result.recorded_sensor.profile == capture2go.NAME
    blocks = result.blocks()
    numbers = sample_numbers(SENSOR, blocks)
    assert len(numbers) == 8 * virtual_sensor.sent_packets
    assert numbers[-1] == 1599
    (gap,) = np.flatnonzero(np.diff(numbers) != 1)
    assert np.flatnonzero(quality(blocks)).tolist() == [gap + 1]
    assert result.health.battery_percent == 64
    assert result.health.lost_samples == numbers[-1] - numbers[0] + 1 - len(numbers)
