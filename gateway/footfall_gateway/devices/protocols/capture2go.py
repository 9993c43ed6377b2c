"""Packages of the Capture2Go protocol, version 1, both ways and pure: framing, checksum, and what is in them.

Layouts: "Capture2Go Communication Protocol" (https://github.com/sensorstim/capture2go_sdk,
protocol/Capture2Go_Communication_Protocol.md and capture2go/parsing.py).
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from footfall_gateway.devices.kit.sample_intake import Int16Array
from footfall_processing.errors import InputError
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

SAMPLES_PER_PACKAGE: Final = 8

NO_REAL_TIME_PACKAGES: Final = 0xFF
"""First byte of a notification; each real-time package in it makes it one less."""
MAX_REAL_TIME_PACKAGES: Final = 3
ERROR: Final = struct.Struct("<BH")
"""Payload of an error: its code, and the command that caused it."""

_START_BYTE: Final = 0x02
_FRAME: Final = struct.Struct("<BIB")
_HEADER_BYTES: Final = 2
_MAX_PAYLOAD_BYTES: Final = 236
_STATUS: Final = struct.Struct("<qBB3h?BB")
_DEVICE_INFO: Final = struct.Struct("<H6s8s8s12s11s")
_SAMPLES: Final = struct.Struct("<q48s48sQhB")
_MODE: Final = struct.Struct("<q?BBBBBBBHBQ???")
_MODE_200_HZ: Final = 1
_STREAM: Final = "stream of packages 1"


class Package(IntEnum):
    """Headers: what a package holds."""

    GET_DEVICE_INFO = 0x0070
    DEVICE_INFO = 0x0071
    SET_MEASUREMENT_MODE = 0x0120
    MEASUREMENT_MODE = 0x0122
    START_STREAMING = 0x0150
    STARTED_STREAMING = 0x0151
    STOP_STREAMING = 0x0152
    STOPPED_STREAMING = 0x0153
    STOP_STREAMING_AND_CLEAR_BUFFER = 0x0158
    STOPPED_STREAMING_AND_CLEARED_BUFFER = 0x0159
    GET_STATUS = 0x0200
    STATUS = 0x0201
    SAMPLES_200_HZ = 0x0231
    ERROR = 0xFFFF


class SensorState(IntEnum):
    """What the sensor is doing, as its status says."""

    OFF = 0
    IDLE = 1
    STREAMING = 2
    RECORDING = 3


class ErrorFlag(IntEnum):
    """What the sensor says went wrong while it measured a package of samples."""

    TIME_GAP = 0x01
    GYR_CLIPPING = 0x02
    ACC_CLIPPING = 0x04
    PROCESSING_ISSUE = 0x10


@dataclass(frozen=True, slots=True, eq=False)
class SamplesPackage:
    """Eight samples.

    Parameters
    ----------
    time_ns
        The sensor's clock at the first sample.
    gyr, acc
        Codes, int16, shape (8, 3).
    error_flags
        Bits of `ErrorFlag`.
    """

    time_ns: int
    gyr: Int16Array
    acc: Int16Array
    error_flags: int = 0


def encode_package(header: int, payload: bytes = b"") -> bytes:
    """Frame a package: start byte, checksum, length, header, payload."""
    content = header.to_bytes(_HEADER_BYTES, "little") + payload
    return _FRAME.pack(_START_BYTE, zlib.crc32(content), len(payload)) + content


def encode_samples(samples: SamplesPackage) -> bytes:
    """Make the payload of a package of samples; the orientation in it stays zero."""
    gyr, acc = samples.gyr.astype("<i2").tobytes(), samples.acc.astype("<i2").tobytes()
    return _SAMPLES.pack(samples.time_ns, gyr, acc, 0, 0, samples.error_flags)


def decode_samples(payload: bytes) -> SamplesPackage:
    """Read the payload of a package of samples.

    Raises
    ------
    InputError
        When its length is wrong.
    """
    if len(payload) != _SAMPLES.size:
        raise InputError(f"a package of samples has {_SAMPLES.size} bytes, not {len(payload)}")
    time_ns, gyr, acc, _, _, error_flags = _SAMPLES.unpack(payload)
    return SamplesPackage(time_ns, _codes(gyr), _codes(acc), error_flags)


def _codes(data: bytes) -> Int16Array:
    return np.frombuffer(data, dtype="<i2").reshape(SAMPLES_PER_PACKAGE, 3).astype(np.int16)


def encode_measurement_mode() -> bytes:
    """Make the payload that asks for 200 Hz without magnetometer, at once, with a status each second, and no sync.

    Sensors need not be synchronised among themselves: each one's clock is related to the session by itself.
    """
    full_float, full_fixed, quaternions = False, 0, (0, 0, 0)
    status_interval_s, no_calibration, no_extension, no_sync, no_sync_id = 1, 0, 0, 0, 0
    keep_bias_estimation, keep_magnetic_rejection, no_magnetometer = False, False, True
    return _MODE.pack(
        *(0, full_float, full_fixed, _MODE_200_HZ, *quaternions, status_interval_s, no_calibration, no_extension),
        *(no_sync, no_sync_id, keep_bias_estimation, keep_magnetic_rejection, no_magnetometer),
    )


@dataclass(frozen=True, slots=True)
class Status:
    """What the sensor says of itself now and then: its state, one of `SensorState`, and the battery, 0 to 100."""

    state: int
    battery_percent: int


def encode_status(status: Status) -> bytes:
    """Make the payload of a status."""
    return _STATUS.pack(0, status.state, 0, 0, 0, 0, False, status.battery_percent, 0)


def decode_status(payload: bytes) -> Status:
    """Read the payload of a status.

    Raises
    ------
    InputError
        When its length is wrong.
    """
    if len(payload) != _STATUS.size:
        raise InputError(f"a status has {_STATUS.size} bytes, not {len(payload)}")
    _, state, _, _, _, _, _, battery, _ = _STATUS.unpack(payload)
    # While it charges, 128 is added.
    return Status(state, battery & 0x7F)


def encode_device_info(serial: str, hardware: str, firmware: str) -> bytes:
    """Make the payload of a device's information."""
    return _DEVICE_INFO.pack(1, serial.encode(), hardware.encode(), b"", firmware.encode(), b"")


def decode_device_info(payload: bytes) -> dict[str, str]:
    """Read the payload of a device's information: texts by name.

    Raises
    ------
    InputError
        When its length is wrong.
    """
    if len(payload) != _DEVICE_INFO.size:
        raise InputError(f"a device's information has {_DEVICE_INFO.size} bytes, not {len(payload)}")
    _, serial, hardware, _, firmware, _ = (
        field if isinstance(field, int) else field.rstrip(b"\0").decode(errors="replace")
        for field in _DEVICE_INFO.unpack(payload)
    )
    return {"serial": str(serial), "hardware": str(hardware), "firmware": str(firmware)}


def holds_a_time(notification: bytes) -> bool:
    """Tell whether a notification is too long for its like to come again: it holds a checksum of a time, or both."""
    return len(notification) > _FRAME.size + _HEADER_BYTES + _SAMPLES.size


class PackageStream:
    """Finds the packages in a sensor's notifications.

    A notification begins with real-time packages, whole ones; the rest of all notifications together is one stream of
    packages, which may straddle. Only what a checksum confirms is a package; after anything else, such as half a
    package, the next one is looked for.

    Attributes
    ----------
    broken_notifications
        How many notifications showed bytes that belong to no package.
    """

    def __init__(self) -> None:
        self.broken_notifications = 0
        self._buffer = bytearray()

    def feed(self, notification: bytes) -> list[tuple[int, bytes]]:
        """Take the next notification; return header and payload of each package that it completes."""
        packages: list[tuple[int, bytes]] = []
        count = NO_REAL_TIME_PACKAGES - notification[0] if notification else 0
        at = 1
        for _ in range(count):
            size = _package_size(notification, at)
            if count > MAX_REAL_TIME_PACKAGES or size is None or at + size > len(notification):
                # Where the stream goes on is not known.
                self.broken_notifications += 1
                self._buffer.clear()
                return packages
            packages.append(_content(notification, at, size))
            at += size
        self._buffer += notification[at:]
        skipped = False
        for package in self._take():
            if package is None:
                skipped = True
            else:
                packages.append(package)
        self.broken_notifications += skipped
        return packages

    def state(self) -> PlainState:
        """Return what there is to be stored: the beginning of a package."""
        return {"kind": _STREAM, "buffer": bytes(self._buffer)}

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of such a stream."""
        self._buffer[:] = Stored.of_kind(state, _STREAM).data(
            "buffer", most=_FRAME.size + _HEADER_BYTES + _MAX_PAYLOAD_BYTES
        )

    def _take(self) -> Iterator[tuple[int, bytes] | None]:
        """Take whole packages off the buffer's front; `None` for bytes that are none."""
        while self._buffer:
            size = _package_size(self._buffer, 0)
            if size is not None and size <= len(self._buffer):
                yield _content(self._buffer, 0, size)
                del self._buffer[:size]
                continue
            # What follows a whole package inside a beginning one shows that the latter will never be completed.
            skip = self._next_package(whole=size is not None)
            if skip == 0:
                return
            del self._buffer[:skip]
            yield None

    def _next_package(self, *, whole: bool) -> int:
        """Return where the next package begins, or the buffer's end; of `whole` ones 0 when there is none."""
        at = self._buffer.find(_START_BYTE, 1)
        while at > 0:
            size = _package_size(self._buffer, at)
            if size is not None and (not whole or at + size <= len(self._buffer)):
                return at
            at = self._buffer.find(_START_BYTE, at + 1)
        return 0 if whole else len(self._buffer)


def _package_size(data: bytes | bytearray, at: int) -> int | None:
    """Return how long the package is that begins here, or may do so; `None` when none does."""
    if data[at : at + 1] != bytes((_START_BYTE,)):
        return None
    if len(data) < at + _FRAME.size:
        return _FRAME.size + _HEADER_BYTES
    _, checksum, payload_bytes = _FRAME.unpack_from(data, at)
    if payload_bytes > _MAX_PAYLOAD_BYTES:
        return None
    size = _FRAME.size + _HEADER_BYTES + int(payload_bytes)
    if at + size <= len(data) and zlib.crc32(data[at + _FRAME.size : at + size]) != checksum:
        return None
    return size


def _content(data: bytes | bytearray, at: int, size: int) -> tuple[int, bytes]:
    header = int.from_bytes(data[at + _FRAME.size : at + _FRAME.size + _HEADER_BYTES], "little")
    return header, bytes(data[at + _FRAME.size + _HEADER_BYTES : at + size])
