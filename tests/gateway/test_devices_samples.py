"""Imported samples: bit-exact in their chunks, SI in their blocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from footfall_gateway.devices import PROFILES, samples
from footfall_gateway.devices.kit.base import Decoder
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_processing.errors import InputError
from footfall_processing.samples import SampleQuality
from footfall_processing.session import Placement, Sensor
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2


def decoder(*, has_gyro: bool = True) -> Decoder:
    sensor = Sensor(
        id="shank",
        placement=Placement.SHANK,
        side=None,
        sampling_rate_hz=100.0,
        acc_range_mps2=16 * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=2000 * RADIANS_PER_DEGREE if has_gyro else None,
        has_gyro=has_gyro,
    )
    return PROFILES[samples.NAME].decoder(RecordedSensor(sensor, samples.NAME))


def chunk(t_s: list[float], acc_g: float = 1.0, gyro_dps: float = 10.0) -> samples.Samples:
    shape = (len(t_s), 3)
    return samples.Samples(np.array(t_s), np.full(shape, acc_g), np.full(shape, gyro_dps))


def packet(data: bytes | samples.Samples) -> RawPacket:
    return RawPacket(0.0, "shank", samples.NAME, data if isinstance(data, bytes) else samples.encode(data))


any_float = st.floats(width=64)


@st.composite
def chunks(draw: st.DrawFn) -> samples.Samples:
    n = draw(st.integers(1, 30))
    return samples.Samples(
        t_s=draw(arrays(np.float64, n, elements=any_float)),
        acc_g=draw(arrays(np.float64, (n, 3), elements=any_float)),
        gyro_dps=draw(st.none() | arrays(np.float64, (n, 3), elements=any_float)),
    )


@given(chunks())
def test_every_value_survives_bit_for_bit(original: samples.Samples) -> None:
    back = samples.decode(samples.encode(original))
    assert back.t_s.tobytes() == original.t_s.tobytes()
    assert back.acc_g.tobytes() == original.acc_g.tobytes()
    assert (back.gyro_dps is None) == (original.gyro_dps is None)
    if back.gyro_dps is not None and original.gyro_dps is not None:
        assert back.gyro_dps.tobytes() == original.gyro_dps.tobytes()


@given(chunks(), st.data())
def test_nothing_malformed_gives_samples(original: samples.Samples, data: st.DataObject) -> None:
    encoded = samples.encode(original)
    cut = encoded[: data.draw(st.integers(0, len(encoded) - 1))]
    victim = decoder(has_gyro=original.gyro_dps is not None)
    assert victim.push([packet(cut)]) == []
    # Values of every kind come out of a file; what is not a signal must not become a block.
    for block in victim.push([packet(original)]):
        assert np.isfinite(block.acc_mps2).all()
        assert (np.diff(block.t_s) > 0).all()
    counts = victim.counts
    assert counts.rejected_packets == (1 if counts.received_samples else 2)


@given(st.binary(max_size=200))
def test_noise_never_raises(data: bytes) -> None:
    victim = decoder()
    assert sum(len(block) for block in victim.push([packet(data)])) == victim.counts.received_samples


def test_blocks_are_in_si_on_the_files_own_time_axis() -> None:
    (block,) = decoder().push([packet(chunk([1000.0, 1000.01]))])
    assert block.t_s.tolist() == [1000.0, 1000.01]
    assert block.acc_mps2[0, 0] == STANDARD_GRAVITY_MPS2
    assert block.gyr_radps is not None
    assert block.gyr_radps[0, 0] == 10.0 * RADIANS_PER_DEGREE
    assert block.quality.tolist() == [0, 0]


def test_gaps_are_counted_within_and_between_chunks() -> None:
    gappy = decoder()
    (first,) = gappy.push([packet(chunk([0.0, 0.01, 0.05]))])
    (second,) = gappy.push([packet(chunk([0.08, 0.09]))])
    assert [*first.quality, *second.quality] == [0, 0, SampleQuality.AFTER_LOSS, SampleQuality.AFTER_LOSS, 0]
    assert (gappy.counts.received_samples, gappy.counts.lost_samples) == (5, 3 + 2)


def test_the_ends_of_the_ranges_are_marked() -> None:
    clipping = decoder()
    (acc,) = clipping.push([packet(chunk([0.0], acc_g=-15.9995))])
    (gyr,) = clipping.push([packet(chunk([0.01], gyro_dps=1999.9))])
    assert (acc.quality[0], gyr.quality[0]) == (SampleQuality.ACC_CLIPPED, SampleQuality.GYR_CLIPPED)
    assert clipping.counts.clipped_samples == 2


def test_time_that_stands_still_between_chunks_is_rejected() -> None:
    stuck = decoder()
    assert len(stuck.push([packet(chunk([0.0, 0.01]))])) == 1
    assert stuck.push([packet(chunk([0.01, 0.02]))]) == []
    assert stuck.counts.rejected_packets == 1


def test_a_chunk_whose_columns_differ_in_length_is_not_made() -> None:
    with pytest.raises(InputError):
        samples.encode(samples.Samples(np.zeros(2), np.zeros((3, 3)), None))
    with pytest.raises(InputError):
        samples.encode(samples.Samples(np.zeros(0), np.zeros((0, 3)), None))


def test_however_chunks_are_grouped_the_blocks_are_the_same() -> None:
    stream = [packet(chunk(t_s)) for t_s in ([0.0, 0.01], [0.01, 0.02], [0.05, 0.06], [0.07, float("nan")], [0.08])]
    one_by_one, at_once = decoder(), decoder()
    singly = [block for each in stream for block in one_by_one.push([each])]
    assert len(singly) == 3
    for one, other in zip(singly, at_once.push(stream), strict=True):
        assert one.t_s.tobytes() == other.t_s.tobytes()
        assert one.acc_mps2.tobytes() == other.acc_mps2.tobytes()
        assert one.quality.tobytes() == other.quality.tobytes()
    assert one_by_one.counts == at_once.counts
