"""Bytes of Polar's measurement data (PMD) service, both ways and pure: settings, frames, answers.

After Polar's own SDK, https://github.com/polarofficial/polar-ble-sdk, folder `.../ble/model/gatt/client/pmd`
(PmdSetting, PmdControlPointResponse, PmdDataFrame, AccData, GyrData, BlePMDClient):

- A command to the control point is answered by an indication, ``F0 <command> <type> <status> <more> <parameters>``.
- Settings are ``<id> <count> <values>``; a started stream answers with the factor that turns codes into units.
- A frame is ``<type> <u64 ns of the last sample> <frame type> <samples>``, the samples plain or as deltas.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from footfall_gateway.devices.kit.stamped import Stream
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray

TICK_S: Final = 1e-9
"""The clock in a frame counts nanoseconds."""
FEATURES: Final = 0x0F
"""First byte of the features."""
RESPONSE: Final = 0xF0
"""First byte of an answer."""

HEADER: Final = struct.Struct("<BQB")
TYPE_MASK: Final = 0x3F
_CHANNELS: Final = 3


class Measurement(IntEnum):
    """What can be started."""

    ACC = 2
    GYRO = 5
    SDK_MODE = 9


class Command(IntEnum):
    """What the control point takes."""

    GET_SETTINGS = 1
    START = 2
    STOP = 3
    GET_SDK_MODE_SETTINGS = 4


class SettingId(IntEnum):
    """What can be set; range in g or °/s."""

    RATE_HZ = 0
    RESOLUTION_BITS = 1
    RANGE = 2
    RANGE_MILLI = 3
    CHANNELS = 4
    FACTOR = 5


_SETTING_BYTES: Final[Mapping[int, int]] = MappingProxyType(
    {
        SettingId.RATE_HZ: 2,
        SettingId.RESOLUTION_BITS: 2,
        SettingId.RANGE: 2,
        SettingId.RANGE_MILLI: 4,
        SettingId.CHANNELS: 1,
        SettingId.FACTOR: 4,
    }
)
_STREAMS: Final[Mapping[int, Stream]] = MappingProxyType({Measurement.ACC: Stream.ACC, Measurement.GYRO: Stream.GYR})


def decode_settings(data: bytes) -> dict[SettingId, tuple[int, ...]]:
    """Read settings: the values on offer of each; a factor as the bits of its float.

    Raises
    ------
    InputError
        When they are cut off, or one is unknown.
    """
    settings: dict[SettingId, tuple[int, ...]] = {}
    offset = 0
    while offset < len(data):
        size = _SETTING_BYTES.get(data[offset])
        count = data[offset + 1] if offset + 1 < len(data) else 0
        if size is None or count == 0 or offset + 2 + size * count > len(data):
            raise InputError(f"settings {data.hex(' ')} are not readable from byte {offset} on")
        values = range(offset + 2, offset + 2 + size * count, size)
        settings[SettingId(data[offset])] = tuple(int.from_bytes(data[at : at + size], "little") for at in values)
        offset += 2 + size * count
    return settings


def encode_settings(settings: Mapping[SettingId, tuple[int, ...]]) -> bytes:
    """Write settings, in the order of their ids."""
    return b"".join(
        bytes([setting, len(settings[setting])])
        + b"".join(value.to_bytes(_SETTING_BYTES[setting], "little") for value in settings[setting])
        for setting in sorted(settings)
    )


def factor_setting(factor: float) -> tuple[int, ...]:
    """Write a factor as the value of its setting."""
    return (int.from_bytes(struct.pack("<f", factor), "little"),)


def decode_deltas(data: bytes, *, value_bytes: int) -> NDArray[np.int64]:
    """Unpack delta-coded samples: a first sample, then runs of ``<bits per delta> <samples> <deltas>``.

    Deltas are packed from the lowest bit up, in two's complement, and add up from sample to sample.

    Returns
    -------
    Codes, shape (n, 3).

    Raises
    ------
    InputError
        When the bytes are not exactly such samples.
    """
    offset = _CHANNELS * value_bytes
    if len(data) < offset:
        raise InputError("a compressed frame is shorter than its first sample")
    rows = [np.frombuffer(data, dtype=f"<i{value_bytes}", count=_CHANNELS).astype(np.int64).reshape(1, _CHANNELS)]
    while offset < len(data):
        if offset + 2 > len(data):
            raise InputError("a compressed frame is cut off")
        width, count = data[offset], data[offset + 1]
        offset += 2
        size = math.ceil(width * count * _CHANNELS / 8)
        if not 1 <= width <= 32 or count == 0 or offset + size > len(data):
            raise InputError(f"a compressed frame can't hold {count} deltas of {width} bits")
        bits = np.unpackbits(np.frombuffer(data, np.uint8, size, offset), bitorder="little")
        deltas = bits[: width * count * _CHANNELS].reshape(-1, width) @ (
            np.int64(1) << np.arange(width, dtype=np.int64)
        )
        deltas -= (deltas >> (width - 1)) << width
        rows.append(deltas.reshape(count, _CHANNELS))
        offset += size
    return np.cumsum(np.concatenate(rows), axis=0)


def encode_deltas(codes: NDArray[np.int64], *, value_bytes: int = 2) -> bytes:
    """Pack up to 256 samples in one run, with deltas as narrow as they can be."""
    head: bytes = codes[0].astype(f"<i{value_bytes}").tobytes()
    deltas = np.diff(codes, axis=0)
    if not len(deltas):
        return head
    width = max(int(np.maximum(deltas, ~deltas).max()).bit_length() + 1, 1)
    bits = (deltas.reshape(-1, 1) >> np.arange(width)) & 1
    return head + bytes([width, len(deltas)]) + np.packbits(bits.astype(np.uint8), bitorder="little").tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One notification: its stream, the clock at its last sample in ns, and values in g or °/s, shape (n, 3)."""

    stream: Stream
    stamp_ns: int
    values: FloatArray


def decode_frame(data: bytes, factors: Mapping[Stream, float]) -> Frame | None:
    """Read a notification; `None` when it holds another measurement.

    Parameters
    ----------
    data
        The bytes.
    factors
        What the sensor answered to each start.

    Raises
    ------
    InputError
        When the bytes are not exactly one frame of samples, or a compressed one whose factor is not known.
    """
    if len(data) <= HEADER.size:
        raise InputError(f"a frame of {len(data)} bytes holds nothing")
    kind, stamp_ns, frame_type = HEADER.unpack_from(data)
    content = data[HEADER.size :]
    stream = _STREAMS.get(kind & TYPE_MASK)
    if stream is None:
        return None
    factor = factors.get(stream, math.nan)
    match (stream, frame_type):
        case (Stream.ACC, 0x00 | 0x01 | 0x02):
            values = _plain(content, frame_type + 1) * 1e-3
        case (Stream.ACC | Stream.GYR, 0x80):
            values = decode_deltas(content, value_bytes=2).astype(np.float64) * factor
        case (Stream.ACC, 0x81):
            values = decode_deltas(content, value_bytes=2).astype(np.float64) * (factor * 1e-3)
        case (Stream.GYR, 0x81):
            patterns = decode_deltas(content, value_bytes=4).astype(np.uint32).view(np.float32)
            with np.errstate(invalid="ignore"):
                values = patterns.astype(np.float64) * factor
        case _:
            raise InputError(f"{stream.name} frames of type 0x{frame_type:02x} are not known")
    if not np.isfinite(values).all():
        raise InputError("a frame holds what is not a number, or came before its factor")
    return Frame(stream, stamp_ns, values)


def _plain(content: bytes, value_bytes: int) -> FloatArray:
    if len(content) % (_CHANNELS * value_bytes):
        raise InputError(f"{len(content)} bytes are no whole samples")
    values = [
        int.from_bytes(content[at : at + value_bytes], "little", signed=True)
        for at in range(0, len(content), value_bytes)
    ]
    return np.array(values, dtype=np.float64).reshape(-1, _CHANNELS)


def start_factor(data: bytes) -> tuple[Stream, float] | None:
    """Read the factor from the answer to a start, 1 where it names none; `None` when it is another answer.

    Raises
    ------
    InputError
        When the answer is not readable.
    """
    if len(data) < 4 or data[0] != RESPONSE or data[1] != Command.START or data[3] != 0:
        return None
    stream = _STREAMS.get(data[2] & TYPE_MASK)
    if stream is None:
        return None
    bits = decode_settings(data[5:]).get(SettingId.FACTOR, factor_setting(1.0))
    (factor,) = struct.unpack("<f", bits[0].to_bytes(4, "little"))
    if not (math.isfinite(factor) and factor > 0.0):
        raise InputError(f"a factor of {factor:g} makes no sense")
    return stream, factor
