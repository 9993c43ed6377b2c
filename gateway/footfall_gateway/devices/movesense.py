"""Movesense sensors over their GATT SensorData protocol, which their stock firmware speaks from version 2.3 on.

After Movesense's own library, https://github.com/alexisduque/movesense-device-lib (a mirror of the official one):
`samples/gatt_sensordata_app/GATTSensorDataClient.cpp`, its Python client, and `movesense-api/meas/{acc,gyro,imu}.yaml`;
answers of the stock firmware after https://github.com/sensein/movesense-py (`docs/movesense-api.md`, `sensor.py`).

- A command is ``<command> <reference> <data>``: subscribe and get take the path of a resource.
- A notification is ``<type> <reference> <payload>``: the result of a command, or data of a subscription. A payload of
  more than 150 bytes comes in parts, none of which is numbered.
- A payload is the sensor's clock at its first sample, u32 ms, then float32 triples, in m/s² or °/s. Acceleration and
  angular rate together (IMU6) are one array after the other.

IMU6 at 208 Hz is longer than the published firmware can send, so acceleration and angular rate are two subscriptions,
joined on time. The protocol can't set the range of the accelerometer: it is read where the firmware tells it, and
taken for 8 g where not.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

import numpy as np

from footfall_gateway.devices.kit.base import (
    DecoderCounts,
    DeviceProfile,
    PacketwiseDecoder,
    Peer,
    Wearing,
    require_wearing,
)
from footfall_gateway.devices.kit.stamped import Stamped, StampedImu, Stream
from footfall_gateway.devices.kit.standard import device_information
from footfall_gateway.packets import RawPacket, RecordedSensor, Setting
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray, ImuBlock
from footfall_processing.session import Sensor
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

NAME: Final = "movesense-gsp"
PRODUCT: Final = "Movesense sensor"

SERVICE: Final = "34802252-7185-4d5d-b431-630e7050e8f0"
COMMAND: Final = "34800001-7185-4d5d-b431-630e7050e8f0"
DATA: Final = "34800002-7185-4d5d-b431-630e7050e8f0"

ACC_CONFIGURATION: Final = "/Meas/Acc/Config"
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

_KIND: Final = f"{NAME} 1"
_ASSEMBLY: Final = "parts of payloads 1"
_BELIEVED_ACC_RANGE_G: Final = 8
_ACC_RANGES_G: Final = (2, 4, 8, 16)
_GYRO_RANGE_DPS: Final = 2000
# What no setting of the chip measures; its "2000 °/s" are 70 m°/s a code, 2294 °/s.
_MOST_MPS2: Final = 1.05 * max(_ACC_RANGES_G) * STANDARD_GRAVITY_MPS2
_MOST_RADPS: Final = 1.2 * _GYRO_RANGE_DPS * RADIANS_PER_DEGREE

_STAMP: Final = struct.Struct("<I")
_TRIPLE_BYTES: Final = 12


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


class Reference(IntEnum):
    """Our names for subscriptions and commands, by which notifications are told apart."""

    ACC = 1
    GYRO = 2
    IMU6 = 3
    CONFIGURATION = 4


# Apart from the session's, so that no late answer is taken for another.
_TRIAL: Final = 0x10

_RESOURCES: Final = MappingProxyType(
    {Reference.ACC: "/Meas/Acc/", Reference.GYRO: "/Meas/Gyro/", Reference.IMU6: "/Meas/IMU6/"}
)
_STREAMS: Final = MappingProxyType(
    {Reference.ACC: (Stream.ACC,), Reference.GYRO: (Stream.GYR,), Reference.IMU6: (Stream.ACC, Stream.GYR)}
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to subscribe to, and at which rate."""

    references: tuple[Reference, ...]
    rate_hz: int

    @property
    def resources(self) -> dict[Reference, str]:
        """Paths of the resources."""
        return {reference: f"{_RESOURCES[reference]}{self.rate_hz}" for reference in self.references}

    @property
    def has_gyro(self) -> bool:
        """Whether there will be angular rate."""
        return self.references != (Reference.ACC,)


PLANS: Final = (
    Plan((Reference.ACC, Reference.GYRO), 208),
    Plan((Reference.IMU6,), 104),
    Plan((Reference.ACC,), 208),
)
"""What is tried, in this order, until the sensor grants it."""


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
    if body <= 0 or body % (_TRIPLE_BYTES * len(streams)):
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


class Assembly:
    """Puts the parts of one subscription's payloads together.

    A payload says neither how long it is nor how many parts it has. It is whole when it is as long as expected, else
    when the next one begins; then its length is expected from there on.

    When the end of one payload and the beginning of the next are both lost, what is left looks whole. The firmware
    sends the parts of a payload right after each other: one whose parts came apart is believed only when the next
    payload's time shows that none is missing between them.

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
            if self._payload is not None:
                # After a part that is full, another one is missing.
                broken = self._last_part >= self._part_bytes or not (self._sound or self._goes_on(self._payload, part))
                if not broken:
                    whole.append(self._payload)
                    self._expected = len(self._payload)
            self._payload = part
            self._begun_s, self._sound = received_s, True
        elif self._payload is None:
            self._expected = 0
            raise InputError("a part without its beginning")
        else:
            self._part_bytes = max(self._part_bytes, self._last_part)
            self._payload += part
            self._sound = self._sound and follows and received_s - self._begun_s <= TOGETHER_S
        self._last_part = len(part)
        if len(self._payload) > LONGEST_PAYLOAD:
            # A beginning was lost, and nothing tells which parts belong to it.
            self._payload, broken = None, True
        elif self._sound and len(self._payload) == self._expected:
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
        }

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of a subscription."""
        stored = Stored.of_kind(state, _ASSEMBLY)
        self._payload = stored.data("payload", most=LONGEST_PAYLOAD) if stored.has("payload") else None
        self._expected, self._part_bytes = stored.whole("expected"), stored.whole("part_bytes")
        self._last_part, self._begun_s = stored.whole("last_part"), stored.number("begun_s")
        self._sound = stored.flag("sound")

    def _goes_on(self, payload: bytes, following: bytes) -> bool:
        """Tell whether the payload that begins with `following` is the next one after `payload`."""
        if min(len(payload), len(following)) < _STAMP.size:
            return False
        step_ms = (_STAMP.unpack_from(following)[0] - _STAMP.unpack_from(payload)[0]) % (1 << 32)
        span_ms = (len(payload) - _STAMP.size) // self._sample_bytes * 1e3 / self._rate_hz
        return bool(abs(step_ms - span_ms) < 0.5 * span_ms)


def _succeeded(answer: bytes) -> bool:
    """Tell whether a result is one of success, in HTTP's numbers; one firmware writes failures high byte first."""
    return len(answer) >= 4 and 200 <= int.from_bytes(answer[2:4], "little") < 300


async def _subscribe(peer: Peer, reference: int, path: str) -> bool:
    """Subscribe; a firmware that does not answer says so by its first data."""

    def accepts(answer: bytes) -> bool:
        kinds = (Notification.COMMAND_RESULT, Notification.DATA)
        return len(answer) >= 2 and answer[0] in kinds and answer[1] == reference

    command = bytes([Command.SUBSCRIBE, reference]) + path.encode()
    try:
        answer = await peer.ask(COMMAND, command, answer_on=DATA, accepts=accepts)
    except TimeoutError:
        return False
    return answer[0] == Notification.DATA or _succeeded(answer)


async def _grants(peer: Peer, plan: Plan) -> bool:
    """Try a plan, and undo it."""
    granted: list[int] = []
    for reference, path in plan.resources.items():
        if await _subscribe(peer, _TRIAL + reference, path):
            granted.append(_TRIAL + reference)
    for trial in granted:
        await peer.write(COMMAND, bytes([Command.UNSUBSCRIBE, trial]))
    return len(granted) == len(plan.references)


async def _acc_range_g(peer: Peer) -> int | None:
    """Ask for the accelerometer's range; `None` when the firmware does not tell."""

    def accepts(answer: bytes) -> bool:
        return answer[:2] == bytes([Notification.COMMAND_RESULT, Reference.CONFIGURATION])

    command = bytes([Command.GET, Reference.CONFIGURATION]) + ACC_CONFIGURATION.encode()
    try:
        answer = await peer.ask(COMMAND, command, answer_on=DATA, accepts=accepts)
    except TimeoutError:
        return None
    return answer[4] if _succeeded(answer) and len(answer) == 5 and answer[4] in _ACC_RANGES_G else None


async def describe(peer: Peer, wearing: Wearing | None) -> RecordedSensor:
    """Find out what a connected sensor grants.

    Raises
    ------
    InputError
        When its firmware does not speak the protocol, it grants nothing, or nobody said where it is worn.
    """
    wearing = require_wearing(wearing, PRODUCT, peer.address)
    if not (peer.has(COMMAND) and peer.has(DATA)):
        raise InputError(f"{PRODUCT} {peer.address} does not speak SensorData: update its firmware to 2.3 or later")
    acc_range_g = await _acc_range_g(peer)
    for plan in PLANS:
        if await _grants(peer, plan):
            break
    else:
        raise InputError(f"{PRODUCT} {peer.address} grants no measurement: restart it, and close other apps")
    settings: dict[str, Setting] = {
        **await device_information(peer),
        "resources": " ".join(plan.resources.values()),
        "acc_range_known": acc_range_g is not None,
    }
    sensor = Sensor(
        id=wearing.sensor_id,
        placement=wearing.placement,
        side=wearing.side,
        sampling_rate_hz=float(plan.rate_hz),
        acc_range_mps2=(acc_range_g or _BELIEVED_ACC_RANGE_G) * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=_GYRO_RANGE_DPS * RADIANS_PER_DEGREE if plan.has_gyro else None,
        has_gyro=plan.has_gyro,
    )
    return RecordedSensor(sensor, NAME, peer.address, peer.name, MappingProxyType(settings))


def _subscriptions(recorded_sensor: RecordedSensor) -> dict[Reference, str]:
    """Return the paths that were granted."""
    paths = str(recorded_sensor.settings.get("resources", "")).split()
    return {ref: path for ref, beginning in _RESOURCES.items() for path in paths if path.startswith(beginning)}


async def start(peer: Peer, recorded_sensor: RecordedSensor) -> None:
    """Let the sensor stream.

    Raises
    ------
    ConnectionRefusedError
        When it does not grant now what it did.
    """
    for reference, path in _subscriptions(recorded_sensor).items():
        if not await _subscribe(peer, reference, path):
            raise ConnectionRefusedError(f"{PRODUCT} {peer.address} does not grant {path}")


async def stop(peer: Peer, recorded_sensor: RecordedSensor) -> None:
    """End the streams."""
    for reference in _subscriptions(recorded_sensor):
        await peer.write(COMMAND, bytes([Command.UNSUBSCRIBE, reference]))


class MovesenseDecoder(PacketwiseDecoder):
    """Notifications to blocks in SI, on the session's axis."""

    def __init__(self, recorded_sensor: RecordedSensor) -> None:
        sensor = recorded_sensor.sensor
        self._imu = StampedImu(sensor, tick_s=TICK_S, bits=32, stamped=Stamped.FIRST)
        self._assemblies = {
            int(reference): Assembly(_TRIPLE_BYTES * len(_STREAMS[reference]), sensor.sampling_rate_hz)
            for reference in _subscriptions(recorded_sensor)
        }
        self._last_reference = 0
        self._last_data = b""

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far."""
        return self._imu.counts

    def _take(self, packet: RawPacket) -> list[ImuBlock]:
        """Decode the next notification; duplicates, late and malformed ones give nothing and are counted."""
        if packet.characteristic != DATA or packet.data[:1] == bytes([Notification.COMMAND_RESULT]):
            return []
        if packet.data and packet.data == self._last_data:
            # Each block has its own time: the same bytes are the same notification.
            return self._imu.drop_repeat()
        self._last_data = packet.data if len(packet.data) <= LONGEST_NOTIFICATION else b""
        kind, reference = (packet.data[0], packet.data[1]) if len(packet.data) > 1 else (0, 0)
        assembly = self._assemblies.get(reference)
        if assembly is None or not Notification.DATA <= kind <= Notification.DATA_PART3:
            return self._imu.reject()
        follows, self._last_reference = reference == self._last_reference, reference
        blocks: list[ImuBlock] = []
        try:
            for payload in assembly.take(kind, packet.data[2:], received_s=packet.received_s, follows=follows):
                stamp_ms, batches = decode_block(payload, _STREAMS[Reference(reference)])
                blocks += self._imu.push(stamp_ms, batches, received_s=packet.received_s)
        except InputError:
            self._imu.reject()
        return blocks

    def state(self) -> PlainState:
        """Return what there is to be stored; see `Decoder`."""
        assemblies: dict[str, PlainState] = {
            str(reference): assembly.state() for reference, assembly in self._assemblies.items()
        }
        return {
            "kind": _KIND,
            "imu": self._imu.state(),
            "assemblies": {"kind": _KIND, **assemblies},
            "last_reference": self._last_reference,
            "last_data": self._last_data,
        }

    def restore(self, state: PlainState) -> None:
        """Go on from what another decoder left; see `Decoder`."""
        stored = Stored.of_kind(state, _KIND)
        self._imu.restore(stored.part("imu"))
        assemblies = Stored.of_kind(stored.part("assemblies"), _KIND)
        for reference, assembly in self._assemblies.items():
            assembly.restore(assemblies.part(str(reference)))
        self._last_reference = stored.whole("last_reference", most=0xFF)
        self._last_data = stored.data("last_data", most=LONGEST_NOTIFICATION)


PROFILE: Final = DeviceProfile(
    name=NAME,
    product=PRODUCT,
    decoder=MovesenseDecoder,
    name_prefixes=("Movesense",),
    notifications=(DATA,),
    describe=describe,
    start=start,
    stop=stop,
)
"""Movesense sensors with the SensorData protocol."""
