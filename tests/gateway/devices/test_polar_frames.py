"""Polar's frames and settings: the SDK's own vectors, and that what is encoded can be read."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from footfall_gateway.devices.kit.stamped import Stream
from footfall_gateway.devices.protocols import polar as polar_frames
from footfall_gateway.devices.protocols.polar import SettingId

unhex = bytes.fromhex


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


@given(arrays(np.int64, st.tuples(st.integers(1, 256), st.just(3)), elements=st.integers(-32768, 32767)))
def test_deltas_survive_the_wire(codes: NDArray[np.int64]) -> None:
    data = polar_frames.encode_deltas(codes)
    assert np.array_equal(polar_frames.decode_deltas(data, value_bytes=2), codes)
