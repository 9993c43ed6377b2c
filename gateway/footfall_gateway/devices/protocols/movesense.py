"""Bytes of Movesense's SensorData protocol, both ways and pure: blocks of samples, and the parts that they come in.

After Movesense's own library, https://github.com/alexisduque/movesense-device-lib (a mirror of the official one):
`samples/gatt_sensordata_app/GATTSensorDataClient.cpp`, its Python client, and `movesense-api/meas/{acc,gyro,imu}.yaml`;
answers of the stock firmware after https://github.com/sensein/movesense-py (`docs/movesense-api.md`, `sensor.py`).

- A command is ``<command> <reference> <data>``: subscribe and get take the path of a resource.
- A notification is ``<type> <reference> <payload>``: the result of a command, or data of a subscription. A payload of
  more than 150 bytes comes in parts, none of which is numbered.
- A payload is the sensor's clock at its first sample, u32 ms, then float32 triples, in m/s² or °/s. Acceleration and
  angular rate together (IMU6) are one array after the other.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Final

import numpy as np

from footfall_gateway.devices.kit.stamped import Stream
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

TICK_S: Final = 1e-3
SLOWEST_HZ: Final = 13
"""At this rate a block holds one sample, at twice the rate two, and so on."""
PART_BYTES: Final = 150
TOGETHER_S: Final = 0.5 / SLOWEST_HZ
"""Parts that come within half the time of a block were sent together."""

LONGEST_NOTIFICATION: Final = 512
"""What Bluetooth allows for a value."""
LONGEST_PAYLOAD: Final = 2048
"""No firmware sends more at once: 80 samples of six axes."""
TRIPLE_BYTES: Final = 12
ACC_RANGES_G: Final = (2, 4, 8, 16)
GYRO_RANGE_DPS: Final = 2000

_ASSEMBLY: Final = "parts of payloads 1"
# What no setting of the chip measures; its "2000 °/s" are 70 m°/s a code, 2294 °/s.
_MOST_MPS2: Final = 1.05 * max(ACC_RANGES_G) * STANDARD_GRAVITY_MPS2
_MOST_RADPS: Final = 1.2 * GYRO_RANGE_DPS * RADIANS_PER_DEGREE

_STAMP: Final = struct.Struct("<I")


class Command(IntEnum):
    """What the sensor takes."""

    HELLO = 0
    SUBSCRIBE = 1
    UNSUBSCRIBE = 2
    GET = 4


class Notification(IntEnum):
    """What the sensor sends."""

    COMMAND_RESULT = 1
    DATA = 2
    DATA_PART2 = 3
    DATA_PART3 = 4


def encode_block(stamp_ms: int, *arrays: FloatArray) -> bytes:
    """Write a payload: one array, or several after each other, each of shape (n, 3) in m/s² or °/s."""
    return _STAMP.pack(stamp_ms & 0xFFFF_FFFF) + b"".join(array.astype("<f4").tobytes() for array in arrays)


def encode_data(reference: int, payload: bytes) -> Iterator[bytes]:
    """Write the notifications of a payload, in parts where it is long."""
    for start in range(0, len(payload), PART_BYTES):
        kind = min(Notification.DATA + start // PART_BYTES, Notification.DATA_PART3)
        yield bytes([kind, reference]) + payload[start : start + PART_BYTES]


def decode_block(payload: bytes, streams: tuple[Stream, ...]) -> tuple[int, dict[Stream, FloatArray]]:
    """Read a payload: the clock in ms, and values in SI of each stream, shape (n, 3).

    Raises
    ------
    InputError
        When it holds no whole samples, or values that no such sensor measures.
    """
    body = len(payload) - _STAMP.size
    if body <= 0 or body % (TRIPLE_BYTES * len(streams)):
        raise InputError(f"{len(payload)} bytes are no block of whole samples")
    (stamp_ms,) = _STAMP.unpack_from(payload)
    floats = np.frombuffer(payload, dtype="<f4", offset=_STAMP.size).reshape(len(streams), -1, 3)
    with np.errstate(invalid="ignore"):
        values = floats.astype(np.float64)
    units = {Stream.ACC: (1.0, _MOST_MPS2), Stream.GYR: (RADIANS_PER_DEGREE, _MOST_RADPS)}
    batches: dict[Stream, FloatArray] = {}
    for stream, array in zip(streams, values, strict=True):
        unit, most = units[stream]
        # Also what is not a number fails this.
        if not (np.abs(array) <= most / unit).all():
            raise InputError(f"a block of {stream.name} holds what no such sensor measures")
        batches[stream] = array * unit
    return stamp_ms, batches


def begins(notification: bytes) -> bool:
    """Tell whether a payload begins with this notification: its time makes it one of its kind."""
    return notification[:1] == bytes([Notification.DATA]) and len(notification) >= 2 + _STAMP.size


class Assembly:
    """Puts the parts of one subscription's payloads together.

    A payload says neither how long it is nor how many parts it has. It is whole when it is as long as expected, else
    when the next one begins; then its length is expected from there on.

    When the end of one payload and the beginning of the next are both lost, what is left looks whole. The firmware
    sends the parts of a payload right after each other: one whose parts came apart is believed only when the next
    payload's time shows that none is missing between them. A part may also come too late or too early, and looks
    like one of the payload beside its own: after one that was cut off, or a part without a beginning, only a payload
    whose parts came together is believed, and only when the next one's time fits.

    Parameters
    ----------
    sample_bytes, rate_hz
        Length of a sample, and how many come in a second.
    """

    def __init__(self, sample_bytes: int, rate_hz: float) -> None:
        self._sample_bytes = sample_bytes
        self._rate_hz = rate_hz
        self._expected = _STAMP.size + max(int(rate_hz) // SLOWEST_HZ, 1) * sample_bytes
        self._part_bytes = PART_BYTES
        self._payload: bytes | None = None
        self._last_part = 0
        self._begun_s = 0.0
        self._sound = True
        self._in_doubt = self._astray = False

    def take(self, kind: int, part: bytes, *, received_s: float, follows: bool = True) -> list[bytes]:
        """Take the next part; return payloads that are whole now, up to two.

        Parameters
        ----------
        kind, part
            Type and payload of the notification.
        received_s
            Its arrival.
        follows
            Whether the notification before was of this subscription too.

        Raises
        ------
        InputError
            When it belongs to nothing; also when the payload before it turns out to be broken.
        """
        whole: list[bytes] = []
        broken = False
        if kind == Notification.DATA:
            amiss = self._payload is not None and self._is_amiss(self._payload)
            if self._payload is not None:
                broken = amiss or not self._is_whole(self._payload, part)
                if not broken:
                    whole.append(self._payload)
                    self._expected = len(self._payload)
                elif _step_ms(self._payload, part) < 0:
                    # A late beginning: nothing tells whose parts come next.
                    self._payload = None
                    raise InputError("a payload that came late")
            self._payload = part
            self._begun_s, self._sound = received_s, True
            self._in_doubt, self._astray = amiss or self._astray, False
        elif self._payload is None:
            self._expected, self._astray = 0, True
            raise InputError("a part without its beginning")
        else:
            self._part_bytes = max(self._part_bytes, self._last_part)
            self._payload += part
            self._sound = self._sound and follows and received_s - self._begun_s <= TOGETHER_S
        self._last_part = len(part)
        if len(self._payload) > LONGEST_PAYLOAD:
            # A beginning was lost, and nothing tells which parts belong to it.
            self._payload, broken = None, True
        elif self._sound and not self._in_doubt and len(self._payload) == self._expected:
            whole.append(self._payload)
            self._payload = None
        if broken and not whole:
            raise InputError("a payload that was cut off")
        return whole

    def state(self) -> PlainState:
        """Return what there is to be stored: the parts so far, and how long payloads were."""
        return {
            "kind": _ASSEMBLY,
            "payload": self._payload,
            "expected": self._expected,
            "part_bytes": self._part_bytes,
            "last_part": self._last_part,
            "begun_s": self._begun_s,
            "sound": self._sound,
            "in_doubt": self._in_doubt,
            "astray": self._astray,
        }

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of a subscription."""
        stored = Stored.of_kind(state, _ASSEMBLY)
        self._payload = stored.data("payload", most=LONGEST_PAYLOAD) if stored.has("payload") else None
        self._expected, self._part_bytes = stored.whole("expected"), stored.whole("part_bytes")
        self._last_part, self._begun_s = stored.whole("last_part"), stored.number("begun_s")
        self._sound, self._in_doubt = stored.flag("sound"), stored.flag("in_doubt")
        self._astray = stored.flag("astray")

    def _is_amiss(self, payload: bytes) -> bool:
        """Tell whether a payload that ends here lacks its end, or may have got another's."""
        # After a part that is full, another one is missing.
        cut = self._last_part >= self._part_bytes or (len(payload) - _STAMP.size) % self._sample_bytes != 0
        return cut or (self._in_doubt and not self._sound)

    def _is_whole(self, payload: bytes, following: bytes) -> bool:
        """Tell whether a payload is to be believed, now that `following` begins the next one."""
        return (self._sound and not self._in_doubt) or self._goes_on(payload, following)

    def _goes_on(self, payload: bytes, following: bytes) -> bool:
        """Tell whether the payload that begins with `following` is the next one after `payload`."""
        step_ms = _step_ms(payload, following)
        span_ms = (len(payload) - _STAMP.size) // self._sample_bytes * 1e3 / self._rate_hz
        return bool(abs(step_ms - span_ms) < 0.5 * span_ms)


def _step_ms(payload: bytes, following: bytes) -> int:
    """Tell how much later a payload's time is than another's; 0 where one of them tells none."""
    if min(len(payload), len(following)) < _STAMP.size:
        return 0
    step = int(_STAMP.unpack_from(following)[0]) - int(_STAMP.unpack_from(payload)[0])
    return (step + (1 << 31)) % (1 << 32) - (1 << 31)
